//! The feed of what rights and totals depend on, as other services follow it: everything
//! there is, then every change.

use std::{
    collections::{BTreeSet, VecDeque},
    pin::Pin,
    time::Duration,
};

use futures_util::{Stream, stream};
use kit::{
    Db, Error, Result,
    access::{
        book::GrantFact,
        territory::{ActFact, LinkFact},
    },
    error::RESUME_TOKEN_EXPIRED,
};
use proto::{
    convert::validity,
    directory::{self as pb},
};
use tokio::{sync::watch, time::Instant};
use tonic::Status;
use types::ids::{ReorganizationId, RoleGrantId, UnitId};

use super::store;
use crate::{
    feed::{self, Changed, Place},
    mirror::Mirror,
    role::ROLES,
    unit::history::History,
};

/// What a follower receives.
pub(crate) type Messages =
    Pin<Box<dyn Stream<Item = std::result::Result<pb::WatchAccessResponse, Status>> + Send>>;

/// When nothing happens the follower is told so this often.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Commits of other processes are looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A stream ends after this time, so that followers spread over the servers anew.
const LONGEST_STREAM: Duration = Duration::from_secs(600);
/// Things of one message; far below the 4 MiB a message may have.
const PER_MESSAGE: usize = 500;
/// Links of one message; with the longest names some 800 KB.
const LINKS_PER_MESSAGE: usize = 4_000;

/// Lets others follow.
#[derive(Debug, Clone)]
pub(crate) struct Watchers {
    db: Db,
    mirror: Mirror,
    ending: watch::Sender<bool>,
}

/// One follower.
struct Watcher {
    db: Db,
    mirror: Mirror,
    ending: watch::Receiver<bool>,
    commits: watch::Receiver<u64>,
    place: Place,
    /// What is still to be told before the feed goes on.
    waiting: VecDeque<pb::WatchAccessResponse>,
    ends: Instant,
    heard: Instant,
    is_over: bool,
}

impl Watchers {
    pub(crate) fn new(db: Db, mirror: Mirror) -> Self {
        Self {
            db,
            mirror,
            ending: watch::Sender::new(false),
        }
    }

    /// Ends all streams: a server that stops must not wait for their followers.
    pub(crate) fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Begins at a place, or with everything there is when the token is empty.
    pub(crate) async fn watch(&self, token: &str) -> Result<Messages> {
        let (place, waiting) = if token.is_empty() {
            self.everything().await?
        } else {
            (self.place(token).await?, VecDeque::new())
        };
        let now = Instant::now();
        let watcher = Watcher {
            db: self.db.clone(),
            mirror: self.mirror.clone(),
            ending: self.ending.subscribe(),
            commits: self.db.commits(),
            place,
            waiting,
            ends: now + LONGEST_STREAM,
            // The first message comes at once, also when there is nothing to tell.
            heard: now.checked_sub(HEARTBEAT).unwrap_or(now),
            is_over: false,
        };
        Ok(Box::pin(stream::unfold(watcher, |mut it| async move {
            let next = it.next().await?;
            Some((next, it))
        })))
    }

    async fn place(&self, token: &str) -> Result<Place> {
        let place = Place::from_token(token)?;
        let now = self.mirror.look(|it| it.place.clone()).await?;
        if place.epoch != now.epoch || place.sequence > now.sequence {
            return Err(Error::out_of_range(&RESUME_TOKEN_EXPIRED, []));
        }
        Ok(place)
    }

    /// Returns everything there is, as of one place.
    async fn everything(&self) -> Result<(Place, VecDeque<pb::WatchAccessResponse>)> {
        let (place, trees, grants, acts) = self
            .mirror
            .look(|it| {
                let (grants, acts) = (it.book.grants(), it.book.acts());
                (it.place.clone(), it.forest.all(), grants, acts)
            })
            .await?;
        let mut messages = VecDeque::from([pb::WatchAccessResponse {
            begins_snapshot: true,
            roles: ROLES.iter().map(Into::into).collect(),
            ..Default::default()
        }]);
        for some in trees.chunks(PER_MESSAGE) {
            let units = some.iter().map(|it| watched(&it.history)).collect();
            messages.push_back(pb::WatchAccessResponse {
                units,
                ..Default::default()
            });
        }
        for some in grants.chunks(PER_MESSAGE) {
            let told = some.iter().map(|(id, fact)| granted(id, fact));
            messages.push_back(pb::WatchAccessResponse {
                role_grants: told.collect(),
                ..Default::default()
            });
        }
        for reorganizations in leading(&acts) {
            messages.push_back(pb::WatchAccessResponse {
                reorganizations,
                ..Default::default()
            });
        }
        Ok((place, messages))
    }
}

impl Watcher {
    async fn next(&mut self) -> Option<std::result::Result<pb::WatchAccessResponse, Status>> {
        if self.is_over {
            return None;
        }
        let next = self.told().await;
        match next {
            Ok(Some(message)) => {
                self.heard = Instant::now();
                Some(Ok(message))
            }
            Ok(None) => None,
            Err(error) => {
                self.is_over = true;
                Some(Err(error.into()))
            }
        }
    }

    /// Waits for something to tell; nothing when the stream is at its end.
    async fn told(&mut self) -> Result<Option<pb::WatchAccessResponse>> {
        if let Some(message) = self.waiting.pop_front() {
            return Ok(Some(message));
        }
        loop {
            if *self.ending.borrow() || Instant::now() >= self.ends {
                return Ok(None);
            }
            self.commits.mark_unchanged();
            let head = self.mirror.look(|it| it.place.clone()).await?;
            if head != self.place {
                return self.changes(&head).await.map(Some);
            }
            if self.heard.elapsed() >= HEARTBEAT {
                return Ok(Some(self.at_place(&head)));
            }
            // Whichever comes first; all of them lead to another look.
            tokio::select! {
                _ = self.commits.changed() => {}
                _ = self.ending.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Returns an empty message that says where the follower stands.
    fn at_place(&self, head: &Place) -> pb::WatchAccessResponse {
        pb::WatchAccessResponse {
            caught_up: self.place == *head,
            resume_token: self.place.token(),
            ..Default::default()
        }
    }

    /// Returns the next changes up to the head.
    async fn changes(&mut self, head: &Place) -> Result<pb::WatchAccessResponse> {
        let expired = || Error::out_of_range(&RESUME_TOKEN_EXPIRED, []);
        if head.epoch != self.place.epoch || head.sequence < self.place.sequence {
            return Err(expired());
        }
        let db = self.db.reader();
        let limit = u64::try_from(PER_MESSAGE).map_err(Error::internal)?;
        let changes = feed::since(db, self.place.sequence, head.sequence, limit).await?;
        let changes = changes.ok_or_else(expired)?;
        let (mut units, mut grants) = (BTreeSet::new(), BTreeSet::new());
        let mut acts = BTreeSet::new();
        let before = self.place.token();
        for (sequence, changed) in changes {
            self.place.sequence = sequence;
            match changed {
                Changed::Unit(unit) => units.insert(unit),
                Changed::Grant(grant) => grants.insert(grant),
                Changed::Act(act) => acts.insert(act),
            };
        }
        let mut message = self.at_place(head);
        let mut counting = Vec::new();
        self.mirror
            .look(|it| {
                for act in &acts {
                    match it.book.act(act) {
                        Some(fact) => counting.push((act.clone(), fact.clone())),
                        None => message.removed_reorganizations.push(act.name()),
                    }
                }
                for unit in &units {
                    match it.forest.find(unit) {
                        Some(tree) => message.units.push(watched(&tree.history)),
                        None => message.removed_units.push(unit.name()),
                    }
                }
            })
            .await?;
        let standing = store::unrevoked(db, Some(&grants)).await?;
        let gone = grants.iter().filter(|it| !standing.contains_key(it));
        message.removed_role_grants = gone.map(RoleGrantId::name).collect();
        message.role_grants = standing
            .iter()
            .map(|(id, fact)| granted(id, fact))
            .collect();
        // What does not fit follows at once; the place moves on with the last of it.
        let mut parts = leading(&counting).into_iter();
        message.reorganizations = parts.next().unwrap_or_default();
        for reorganizations in parts {
            let next = pb::WatchAccessResponse {
                reorganizations,
                caught_up: message.caught_up,
                resume_token: message.resume_token.clone(),
                ..Default::default()
            };
            message.caught_up = false;
            message.resume_token.clone_from(&before);
            self.waiting
                .push_back(std::mem::replace(&mut message, next));
        }
        self.waiting.push_back(message);
        let first = self.waiting.pop_front();
        first.ok_or_else(|| Error::internal("a change has nothing to tell"))
    }
}

/// Returns reorganisations in messages of a bounded number of links; one with more goes on
/// in the next.
fn leading(acts: &[(ReorganizationId, ActFact)]) -> Vec<Vec<pb::WatchedReorganization>> {
    let mut messages = Vec::new();
    let (mut open, mut links) = (Vec::new(), 0);
    for (id, act) in acts {
        let mut parts = act.links.chunks(LINKS_PER_MESSAGE).peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            if links + part.len() > LINKS_PER_MESSAGE || open.len() == PER_MESSAGE {
                messages.push(std::mem::take(&mut open));
                links = 0;
            }
            links += part.len();
            open.push(pb::WatchedReorganization {
                name: id.name(),
                effective_date: act.date.to_string(),
                links: part.iter().map(link).collect(),
                is_continued: parts.peek().is_some(),
            });
            if parts.peek().is_none() {
                break;
            }
        }
    }
    if !open.is_empty() {
        messages.push(open);
    }
    messages
}

fn link(link: &LinkFact) -> pb::WatchedLink {
    let successor = link.successor.as_ref();
    pb::WatchedLink {
        predecessor_unit: link.predecessor.name(),
        successor_unit: successor.map(UnitId::name).unwrap_or_default(),
        share: link.share.map(|it| it.to_string()).unwrap_or_default(),
    }
}

/// Returns a grant as far as rights depend on it.
fn granted(id: &RoleGrantId, fact: &GrantFact) -> pb::RoleGrant {
    pb::RoleGrant {
        name: id.name(),
        principal: fact.principal.name(),
        role: format!("roles/{}", fact.role),
        scope_unit: fact.scope.as_ref().map(UnitId::name).unwrap_or_default(),
        include_subtree: fact.include_subtree,
        validity: Some(validity(&fact.validity)),
        ..Default::default()
    }
}

/// Returns a unit as far as rights and totals depend on it.
fn watched(history: &History) -> pb::WatchedUnit {
    let parents = history.parents.iter().map(|it| pb::WatchedParent {
        parent_unit: it.value.as_ref().map(UnitId::name).unwrap_or_default(),
        validity: Some(validity(&it.validity)),
    });
    let kinds = history.appearances.iter().map(|it| pb::WatchedKind {
        kind: it.value.kind.to_wire().into(),
        validity: Some(validity(&it.validity)),
    });
    pb::WatchedUnit {
        unit: history.id.name(),
        validity: Some(validity(&history.validity)),
        parents: parents.collect(),
        kinds: kinds.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(id: &str, links: usize) -> (ReorganizationId, ActFact) {
        let link = |number| LinkFact {
            predecessor: UnitId::new(&format!("xa-{number}")).unwrap(),
            successor: UnitId::new("xa-moi").ok(),
            share: "0.250000".parse().ok(),
        };
        let fact = ActFact {
            date: "2025-07-01".parse().unwrap(),
            links: (0..links).map(link).collect(),
        };
        (ReorganizationId::new(id).unwrap(), fact)
    }

    #[test]
    fn an_act_of_the_whole_country_goes_on_over_messages_and_small_ones_share_one() {
        let acts = [
            act("nho", 2),
            act("khong", 0),
            act("ca-nuoc", 2 * LINKS_PER_MESSAGE + 1),
            act("sau", 3),
        ];
        let messages = leading(&acts);
        let told: Vec<Vec<_>> = messages
            .iter()
            .map(|it| {
                let part = |it: &pb::WatchedReorganization| {
                    let id = it.name.trim_start_matches("reorganizations/").to_owned();
                    (id, it.links.len(), it.is_continued)
                };
                it.iter().map(part).collect()
            })
            .collect();
        let part = |id: &str, links, goes_on| (id.to_owned(), links, goes_on);
        let full = LINKS_PER_MESSAGE;
        let expected = [
            vec![part("nho", 2, false), part("khong", 0, false)],
            vec![part("ca-nuoc", full, true)],
            vec![part("ca-nuoc", full, true)],
            vec![part("ca-nuoc", 1, false), part("sau", 3, false)],
        ];
        assert_eq!(told, expected);
        assert_eq!(messages[0][0].links[0].share, "0.250000");
    }
}
