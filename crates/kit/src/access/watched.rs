//! The watched copy: what rights depend on, kept current by the directory's feed.
//!
//! A service decides by the copy, without a call. It refuses rather than guesses when it
//! has not heard from the directory for [`STALE_AFTER`], and asks the directory itself
//! before it refuses a caller.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use proto::directory::{
    self as pb, WatchAccessRequest, access_service_client::AccessServiceClient,
    unit_service_client::UnitServiceClient,
};
use tokio::{sync::watch, time::Instant};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use types::{
    date,
    ids::{ReorganizationId, RoleGrantId, RoleId, UnitId},
    validity::Validity,
};

use super::{
    Reach, Rights, ask,
    book::{Book, GrantFact, Question, UnitFact},
    territory::{ActFact, LinkFact, Territory},
};
use crate::{
    Actor, Clock, Error, Peer, Result, error::RESUME_TOKEN_EXPIRED, run::Background,
    service_key::ServiceKey,
};

/// A copy that was last known to be current longer ago than this decides nothing.
const STALE_AFTER: Duration = Duration::from_secs(30);
/// The directory says every two seconds that nothing happened; a silence this long means
/// that it cannot be heard.
const LONGEST_SILENCE: Duration = Duration::from_secs(8);
/// How long a call waits for the first copy after a start.
const FIRST_COPY: Duration = Duration::from_secs(5);
/// Units unknown to the copy that are asked for one by one in one question.
const MOST_ASKED: usize = 20;
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Rights by the watched copy; clones share it.
#[derive(Debug, Clone)]
pub struct Watched {
    copy: Arc<Copy>,
    directory: Peer,
    clock: Clock,
    _following: Arc<Background>,
}

#[derive(Debug)]
struct Copy {
    book: RwLock<Book>,
    /// The territory of the book, made when it is asked for.
    territory: Mutex<Arc<Territory>>,
    /// When the copy was last known to be current; none before it was complete once.
    current: watch::Sender<Option<Instant>>,
}

impl Watched {
    /// Starts to follow the feed. `asked` is where rights are asked for as a caller;
    /// `feed` is where the feed is read, with the key that makes this a service of the
    /// installation unless both are in one process.
    #[must_use]
    pub fn start(asked: Peer, feed: Peer, key: Option<ServiceKey>, clock: Clock) -> Self {
        let copy = Arc::new(Copy {
            book: RwLock::default(),
            territory: Mutex::new(Arc::new(Book::default().territory())),
            current: watch::Sender::new(None),
        });
        let following = Background::start(follow(copy.clone(), feed, key));
        Self {
            copy,
            directory: asked,
            clock,
            _following: Arc::new(following),
        }
    }
}

impl Watched {
    /// Asks the directory when a unit exists, as the caller.
    async fn ask_days(&self, actor: &Actor, unit: &UnitId) -> Result<Option<Validity>> {
        let get = pb::GetUnitRequest {
            name: unit.name(),
            as_of_date: String::new(),
        };
        let mut client = UnitServiceClient::new(self.directory.clone());
        match client.get_unit(actor.request(get)).await {
            Ok(answer) => days(answer.into_inner().validity.as_ref()).map(Some),
            Err(status) if matches!(status.code(), Code::NotFound | Code::PermissionDenied) => {
                Ok(None)
            }
            Err(status) => Err(status.into()),
        }
    }
}

#[async_trait]
impl Rights for Watched {
    async fn allowed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
        reach: Reach,
    ) -> Result<Vec<bool>> {
        self.copy.usable().await?;
        let today = self.clock.today();
        let book = self.copy.book.read();
        let book = book.unwrap_or_else(PoisonError::into_inner);
        let decide = |unit: &Option<&UnitId>| {
            book.allows(&Question {
                principal: actor.principal(),
                permission,
                unit: *unit,
                reach,
                today,
            })
        };
        Ok(units.iter().map(decide).collect())
    }

    async fn confirmed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
        reach: Reach,
    ) -> Result<Vec<bool>> {
        ask(&self.directory, actor, permission, units, reach).await
    }

    async fn unit_days(&self, actor: &Actor, units: &[&UnitId]) -> Result<Vec<Option<Validity>>> {
        self.copy.usable().await?;
        let mut days: Vec<_> = {
            let book = self.copy.book.read();
            let book = book.unwrap_or_else(PoisonError::into_inner);
            let known = |it: &&UnitId| book.unit(it).map(|it| it.validity);
            units.iter().map(known).collect()
        };
        // A unit that was made a moment ago may not have arrived yet.
        let unknown = (0..units.len()).filter(|place| days[*place].is_none());
        for place in unknown.take(MOST_ASKED).collect::<Vec<_>>() {
            days[place] = self.ask_days(actor, units[place]).await?;
        }
        Ok(days)
    }

    async fn units_below(&self, root: &UnitId, days: Validity) -> Result<Vec<UnitId>> {
        self.copy.usable().await?;
        let book = self.copy.book.read();
        Ok(book
            .unwrap_or_else(PoisonError::into_inner)
            .below(root, days))
    }

    async fn territory(&self) -> Result<Arc<Territory>> {
        self.copy.usable().await?;
        let book = self.copy.book.read();
        let book = book.unwrap_or_else(PoisonError::into_inner);
        // A directory of an older program tells no kinds: nothing is added up by guesses.
        let territory = self.copy.territory.lock();
        let mut territory = territory.unwrap_or_else(PoisonError::into_inner);
        if territory.stamp != book.stamp() {
            *territory = Arc::new(book.territory());
        }
        if territory.units.iter().any(|(_, it)| it.kinds.is_empty()) {
            tracing::warn!(
                "the directory does not tell what units are; it has to be brought up to date"
            );
            return Err(Error::Unavailable);
        }
        Ok(territory.clone())
    }
}

impl Copy {
    /// Waits for the first copy for a moment, and refuses to decide by a stale one.
    async fn usable(&self) -> Result<()> {
        let mut current = self.current.subscribe();
        let known = tokio::time::timeout(FIRST_COPY, current.wait_for(Option::is_some)).await;
        match known {
            Ok(Ok(since)) if is_fresh(*since, Instant::now()) => Ok(()),
            _ => Err(Error::Unavailable),
        }
    }
}

fn is_fresh(since: Option<Instant>, now: Instant) -> bool {
    since.is_some_and(|since| now.duration_since(since) <= STALE_AFTER)
}

/// Follows the feed for ever: after a break it goes on where it was, and begins anew
/// when the directory no longer knows where that is.
async fn follow(copy: Arc<Copy>, feed: Peer, key: Option<ServiceKey>) {
    let mut token = String::new();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let before = Instant::now();
        if let Err(status) = listen(&copy, &feed, key.as_ref(), &mut token).await {
            let reason = status.get_details_error_info().map(|it| it.reason);
            if reason.as_deref() == Some(RESUME_TOKEN_EXPIRED.code) {
                token.clear();
            }
            tracing::warn!(
                code = ?status.code(),
                "the feed of rights broke off; it is taken up again"
            );
        }
        // A feed that lasted was no failure to slow down for.
        if before.elapsed() > LONGEST_PAUSE {
            pause = SHORTEST_PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Listens until the feed ends or breaks.
async fn listen(
    copy: &Copy,
    feed: &Peer,
    key: Option<&ServiceKey>,
    token: &mut String,
) -> std::result::Result<(), Status> {
    let mut request = Request::new(WatchAccessRequest {
        resume_token: token.clone(),
    });
    if let Some(key) = key {
        request
            .metadata_mut()
            .insert("authorization", key.bearer()?);
    }
    let mut client = AccessServiceClient::new(feed.clone());
    let silence = || Status::new(Code::DeadlineExceeded, "the feed is silent");
    let opened = tokio::time::timeout(LONGEST_SILENCE, client.watch_access(request)).await;
    let mut messages = opened.map_err(|_| silence())??.into_inner();
    // A copy that is being made anew is used when it is complete, not before.
    let mut anew = None;
    // Units and what leads from one to another change together, so they count together.
    let mut waiting: Vec<pb::WatchAccessResponse> = Vec::new();
    let mut unfinished = Unfinished::default();
    loop {
        let next = tokio::time::timeout(LONGEST_SILENCE, messages.message()).await;
        let Some(message) = next.map_err(|_| silence())?? else {
            return Ok(());
        };
        if message.begins_snapshot {
            anew = Some(Book::default());
            (waiting, unfinished) = Default::default();
        }
        let (is_current, resume_token) = (message.caught_up, message.resume_token.clone());
        match &mut anew {
            Some(book) => {
                apply_rights(book, &message)?;
                apply_units(book, message, &mut unfinished)?;
            }
            None => {
                let book = copy.book.write();
                let mut book = book.unwrap_or_else(PoisonError::into_inner);
                // A right that was taken away waits for nothing.
                apply_rights(&mut book, &message)?;
                waiting.push(message);
                if is_current {
                    for message in waiting.drain(..) {
                        apply_units(&mut book, message, &mut unfinished)?;
                    }
                }
            }
        }
        if is_current {
            if let Some(book) = anew.take() {
                *copy.book.write().unwrap_or_else(PoisonError::into_inner) = book;
            }
            copy.current.send_replace(Some(Instant::now()));
        }
        if anew.is_none() && waiting.is_empty() {
            *token = resume_token;
        }
    }
}

/// Links of reorganisations that are told in several messages.
type Unfinished = HashMap<ReorganizationId, Vec<LinkFact>>;

/// Writes what the feed tells of units and reorganisations into a book.
fn apply_units(
    book: &mut Book,
    message: pb::WatchAccessResponse,
    unfinished: &mut Unfinished,
) -> Result<()> {
    for unit in message.units {
        let id: UnitId = unit.unit.parse().map_err(unreadable)?;
        let mut parents = Vec::with_capacity(unit.parents.len());
        for edge in &unit.parents {
            let parent = match edge.parent_unit.as_str() {
                "" => None,
                parent => Some(parent.parse().map_err(unreadable)?),
            };
            parents.push((days(edge.validity.as_ref())?, parent));
        }
        let mut kinds = Vec::with_capacity(unit.kinds.len());
        for kind in &unit.kinds {
            kinds.push((days(kind.validity.as_ref())?, kind.kind()));
        }
        let fact = UnitFact {
            validity: days(unit.validity.as_ref())?,
            parents,
            kinds,
        };
        book.put_unit(id, fact);
    }
    for unit in &message.removed_units {
        book.remove_unit(&unit.parse().map_err(unreadable)?);
    }
    for act in message.reorganizations {
        let id: ReorganizationId = act.name.parse().map_err(unreadable)?;
        let known = unfinished.entry(id.clone()).or_default();
        for link in &act.links {
            known.push(read_link(link)?);
        }
        if act.is_continued {
            continue;
        }
        let fact = ActFact {
            date: date::parse_iso(&act.effective_date).map_err(unreadable)?,
            links: unfinished.remove(&id).unwrap_or_default(),
        };
        book.put_act(id, fact);
    }
    for act in &message.removed_reorganizations {
        book.remove_act(&act.parse().map_err(unreadable)?);
    }
    Ok(())
}

fn read_link(link: &pb::WatchedLink) -> Result<LinkFact> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let successor = given(&link.successor_unit).map(|it| it.parse());
    let share = given(&link.share).map(|it| it.parse());
    Ok(LinkFact {
        predecessor: link.predecessor_unit.parse().map_err(unreadable)?,
        successor: successor.transpose().map_err(unreadable)?,
        share: share.transpose().map_err(unreadable)?,
    })
}

/// Writes what the feed tells of roles and grants into a book.
fn apply_rights(book: &mut Book, message: &pb::WatchAccessResponse) -> Result<()> {
    for role in &message.roles {
        let id: RoleId = role.name.parse().map_err(unreadable)?;
        book.put_role(id.as_str().to_owned(), role.permissions.iter().cloned());
    }
    for grant in &message.role_grants {
        let id: RoleGrantId = grant.name.parse().map_err(unreadable)?;
        let role: RoleId = grant.role.parse().map_err(unreadable)?;
        let scope = match grant.scope_unit.as_str() {
            "" => None,
            unit => Some(unit.parse().map_err(unreadable)?),
        };
        let fact = GrantFact {
            principal: grant.principal.parse().map_err(unreadable)?,
            role: role.as_str().to_owned(),
            scope,
            include_subtree: grant.include_subtree,
            validity: days(grant.validity.as_ref())?,
        };
        book.put_grant(id, fact);
    }
    for grant in &message.removed_role_grants {
        book.remove_grant(&grant.parse().map_err(unreadable)?);
    }
    Ok(())
}

fn days(wire: Option<&proto::shared::Validity>) -> Result<Validity> {
    let mut bad = types::violations::Invalid::default();
    let read = proto::convert::read_validity("validity", wire, &mut bad);
    read.ok_or_else(|| Error::internal("the feed of rights tells of unreadable days"))
}

fn unreadable(error: types::invalid::InvalidText) -> Error {
    Error::internal(format!("the feed of rights cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_decided_by_a_copy_that_is_older_than_the_stated_bound() {
        let now = Instant::now();
        assert!(!is_fresh(None, now));
        assert!(is_fresh(Some(now), now + STALE_AFTER));
        let late = now + STALE_AFTER + Duration::from_millis(1);
        assert!(!is_fresh(Some(now), late));
    }
}
