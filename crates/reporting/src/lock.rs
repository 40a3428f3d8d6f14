//! Keeping the figures of a submission as they were sent.
//!
//! Figures lie in another database, and two databases do not commit together. So the figures
//! are locked there first, by a lock that was written down here before it was asked for; the
//! submission is only made when all of them are locked. Whatever goes wrong in between, what
//! is written down says which locks are nobody's, and the keeper releases them. There is no
//! submission without its locks, and no lock for long without its submission.
//!
//! What becomes of a submission later is written down with it and told when it is committed,
//! at once when the other side answers and by the keeper when it does not: until it is told,
//! figures stay locked, which is the harmless side.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use kit::{Actor, Db, Error, Inside, Result, Tx, run::Background};
use proto::{
    convert::quantity,
    indicators::{
        self as pb, value_lock_service_client::ValueLockServiceClient as ValueLockClient,
    },
};
use types::ids::{IndicatorId, Principal, ReportId};
use uuid::Uuid;

use crate::{placeholder::Figure, reason::FIGURES_MOVED, submission};

pub(crate) mod store;

/// Most figures that a refusal names.
const NAMED: usize = 5;
/// A lock that was asked for this long ago and has no submission belongs to nobody.
const LONGEST_SUBMIT: TimeDelta = TimeDelta::seconds(60);
/// A caller waits no longer for what can be told later.
const LONGEST_TELLING: Duration = Duration::from_secs(2);
/// The keeper gives each telling this long.
const LONGEST_CALL: Duration = Duration::from_secs(10);
/// The keeper looks this often, and less often while the other side does not answer.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Most tellings of one round.
const ROUND: u64 = 100;

/// A lock on the figures of one attempt to send a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) id: Uuid,
    pub(crate) report: ReportId,
    /// Number of the submission it is for.
    pub(crate) number: i64,
    /// Who brought it where it is.
    pub(crate) principal: Principal,
    pub(crate) state: LockState,
    /// Figures for which the report was sent back.
    pub(crate) rejected: Vec<String>,
    pub(crate) change_time: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockState {
    /// Asked for; its submission is not made yet.
    Asked,
    /// Its submission is made.
    Held,
    /// Its submission was accepted.
    Accepted,
    /// Its submission was sent back, or never made.
    Released,
}

/// The figures of a submission that is about to be made, locked.
#[derive(Debug)]
pub(crate) struct Taken {
    /// None when the report cites no figure.
    id: Option<Uuid>,
    number: i64,
    figures: BTreeMap<IndicatorId, Figure>,
}

/// The locks of this service. Clones share one keeper.
#[derive(Debug, Clone)]
pub(crate) struct Locks {
    indicators: Inside,
    db: Db,
    _keeper: Arc<Background>,
}

impl Locks {
    /// Starts to keep what was written down.
    pub(crate) fn start(indicators: &Inside, db: &Db) -> Self {
        let keeper = Background::start(keep(indicators.clone(), db.clone()));
        Self {
            indicators: indicators.clone(),
            db: db.clone(),
            _keeper: Arc::new(keeper),
        }
    }

    /// Locks the figures of a submission that is about to be made.
    ///
    /// # Errors
    /// `FIGURES_MOVED` when one of them is no longer what the report cites, Unavailable when
    /// they cannot be locked. Then none is locked, or none stays so.
    pub(crate) async fn take(
        &self,
        actor: &Actor,
        report: &ReportId,
        number: i64,
        figures: BTreeMap<IndicatorId, Figure>,
    ) -> Result<Taken> {
        if figures.is_empty() {
            let id = None;
            return Ok(Taken {
                id,
                number,
                figures,
            });
        }
        let lock = Lock {
            id: Uuid::now_v7(),
            report: report.clone(),
            number,
            principal: actor.principal().clone(),
            state: LockState::Asked,
            rejected: Vec::new(),
            change_time: self.db.clock().now(),
        };
        let tx = self.change(actor).await?;
        store::insert(&tx.db, &lock).await?;
        tx.commit().await?;
        let taken = Taken {
            id: Some(lock.id),
            number,
            figures,
        };
        let ask = pb::LockValuesRequest {
            lock_id: lock.id.to_string(),
            submission: lock.submission(),
            principal: lock.principal.name(),
            pins: taken.figures.values().map(pin).collect(),
        };
        let limit = actor.time_left().min(LONGEST_CALL);
        let ask = self.indicators.request(ask, actor.trace_id(), limit)?;
        let mut client = ValueLockClient::new(self.indicators.peer());
        match client.lock_values(ask).await {
            Ok(answer) => match answer.into_inner().moved_values.as_slice() {
                [] => Ok(taken),
                moved => {
                    self.give_up(actor, &taken).await;
                    Err(self::moved(moved))
                }
            },
            Err(status) => {
                // Whether it holds now is not known.
                self.give_up(actor, &taken).await;
                Err(status.into())
            }
        }
    }

    /// Gives a lock up whose submission was not made after all. What cannot be told now the
    /// keeper tells later.
    pub(crate) async fn give_up(&self, actor: &Actor, taken: &Taken) {
        let Some(id) = taken.id else { return };
        let given_up = async {
            let tx = self.change(actor).await?;
            store::release_asked(&tx.db, id, tx.now()).await?;
            tx.commit().await
        };
        match given_up.await {
            Ok(()) => self.tell(actor, &[id]).await,
            Err(error) => {
                tracing::warn!(?error, lock = %id, "a lock was not given up yet; it is in a minute");
            }
        }
    }

    /// Tells at once what became of locks, as far as the other side answers.
    pub(crate) async fn tell(&self, actor: &Actor, ids: &[Uuid]) {
        let told = async {
            for lock in store::untold(self.db.reader(), ids, ROUND).await? {
                tell(&self.indicators, &self.db, &lock, actor.trace_id()).await?;
            }
            Ok::<_, Error>(())
        };
        match tokio::time::timeout(LONGEST_TELLING, told).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(?error, "what became of a lock is told later"),
            Err(_) => tracing::warn!("what became of a lock is told later: no answer in time"),
        }
    }

    async fn change(&self, actor: &Actor) -> Result<Tx> {
        let principal = actor.principal().name();
        self.db
            .begin_as(&principal, actor.method(), actor.trace_id())
            .await
    }
}

impl Taken {
    /// Binds the lock to the submission that is made in this change.
    pub(crate) async fn hold(
        &self,
        tx: &Tx,
        number: i64,
        figures: &BTreeMap<IndicatorId, Figure>,
    ) -> Result<()> {
        // What is sent has to be what was locked.
        if self.number != number || self.figures != *figures {
            return Err(Error::Conflict);
        }
        match self.id {
            Some(id) => store::hold(&tx.db, id, tx.now()).await,
            None => Ok(()),
        }
    }
}

impl Lock {
    pub(crate) fn submission(&self) -> String {
        submission::name(&self.report, self.number)
    }
}

fn pin(figure: &Figure) -> pb::ValuePin {
    // A stored figure is known by its version; a computed one has none.
    let computed = (figure.revision == 0).then(|| quantity(&figure.quantity));
    pb::ValuePin {
        indicator_value: figure.name.clone(),
        revision: figure.revision,
        quantity: computed,
    }
}

fn moved(names: &[String]) -> Error {
    let named: Vec<_> = names.iter().take(NAMED).map(String::as_str).collect();
    Error::rule(
        &FIGURES_MOVED,
        [
            ("count", names.len().to_string()),
            ("figures", named.join(", ")),
        ],
    )
}

/// Tells what became of a lock, and notes that it was told. It may be told twice.
async fn tell(indicators: &Inside, db: &Db, lock: &Lock, trace_id: &str) -> Result<()> {
    let mut client = ValueLockClient::new(indicators.peer());
    let (lock_id, principal) = (lock.id.to_string(), lock.principal.name());
    match lock.state {
        LockState::Accepted => {
            let accept = pb::AcceptValuesRequest { lock_id, principal };
            let accept = indicators.request(accept, trace_id, LONGEST_CALL)?;
            client.accept_values(accept).await?;
        }
        LockState::Released => {
            let release = pb::ReleaseValuesRequest {
                lock_id,
                submission: lock.submission(),
                principal,
                rejected_values: lock.rejected.clone(),
            };
            let release = indicators.request(release, trace_id, LONGEST_CALL)?;
            client.release_values(release).await?;
        }
        LockState::Asked | LockState::Held => return Ok(()),
    }
    let tx = db.begin_as(NAME, "tell", trace_id).await?;
    store::note_told(&tx.db, lock).await?;
    tx.commit().await
}

/// Under which the keeper works; the person stands in the lock.
const NAME: &str = "reporting";

/// Gives up what nobody came back for, and tells what was not told, for ever.
async fn keep(indicators: Inside, db: Db) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        tokio::time::sleep(pause).await;
        pause = match round(&indicators, &db).await {
            Ok(()) => SHORTEST_PAUSE,
            Err(error) => {
                tracing::warn!(?error, "locks of figures are kept again in a moment");
                LONGEST_PAUSE.min(pause * 2)
            }
        };
    }
}

async fn round(indicators: &Inside, db: &Db) -> Result<()> {
    let trace_id = Uuid::now_v7().to_string();
    let now = db.clock().now();
    if store::has_abandoned(db.reader(), now - LONGEST_SUBMIT).await? {
        let tx = db.begin_as(NAME, "keep", &trace_id).await?;
        store::release_abandoned(&tx.db, now - LONGEST_SUBMIT, now).await?;
        tx.commit().await?;
    }
    let mut outcome = Ok(());
    for lock in store::untold(db.reader(), &[], ROUND).await? {
        // One that cannot be told does not keep the others waiting.
        if let Err(error) = tell(indicators, db, &lock, &trace_id).await {
            outcome = Err(error);
        }
    }
    outcome
}
