//! Keeping figures as they were sent.
//!
//! A lock is one attempt to send a report. It pins figures, each at the version the report
//! cites, and holds all of them or none. Several may pin one figure: it is free when none is
//! left that holds it, and accepted when one of them is. What a computed figure leads back
//! to is pinned with it, as far as it is there; otherwise it would change unseen.
//!
//! A lock that was released never holds anything again, even when it arrives after its
//! release: whoever gave it up no longer knows of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{Error, Result, Tx, db::ledger::Action};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    ids::{IndicatorId, Principal, UnitId, ValueId},
    period::Period,
    quantity::Quantity,
};
use uuid::Uuid;

use super::{Stage, ValueState, store as values};
use crate::{
    feed,
    formula::derive::{Computed, derive_all},
    indicator::store as indicators,
    reason::{LOCK_NOT_THERE, LOCK_RELEASED},
};

pub(crate) mod rpc;
pub(crate) mod store;

/// Most figures of one lock.
const MOST_PINS: usize = 5_000;

/// Locks the figures of a submission.
#[derive(Debug)]
pub(crate) struct LockValues {
    id: Uuid,
    submission: String,
    principal: Principal,
    /// What the report cites, each figure once.
    pins: BTreeMap<ValueId, Cited>,
}

/// A figure as a report cites it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cited {
    Revision(i64),
    Computed(Quantity),
}

/// Marks the figures of a lock as accepted.
#[derive(Debug)]
pub(crate) struct AcceptValues {
    id: Uuid,
    principal: Principal,
}

/// Releases a lock for good.
#[derive(Debug)]
pub(crate) struct ReleaseValues {
    id: Uuid,
    submission: String,
    principal: Principal,
    /// Figures that have to be looked at again.
    rejected: BTreeSet<ValueId>,
}

/// A lock without its pins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Lock {
    id: Uuid,
    submission: String,
    state: LockState,
    principal: Principal,
    lock_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum LockState {
    Released,
    Held,
    Accepted,
}

/// A lock as one figure knows it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) submission: String,
    pub(crate) state: LockState,
    pub(crate) revision: i64,
    pub(crate) lock_time: DateTime<Utc>,
}

/// What became of a lock.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Locked {
    /// So many figures are locked.
    All(usize),
    /// These are no longer what the report cites, and none is locked.
    Moved(Vec<ValueId>),
}

/// What the ledger keeps of a change of a lock.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    lock: &'a Lock,
    values: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<String>,
}

impl LockState {
    /// Returns how far the lock brings a figure.
    pub(crate) fn of_figure(self) -> ValueState {
        match self {
            Self::Released => ValueState::Draft,
            Self::Held => ValueState::Submitted,
            Self::Accepted => ValueState::Accepted,
        }
    }
}

/// Locks all figures of a submission, or none. Asked again, it says the same.
pub(crate) async fn lock(tx: &Tx, lock: LockValues) -> Result<Locked> {
    take_turn(tx, lock.id).await?;
    match store::find(&tx.db, lock.id).await? {
        Some(known) if known.state == LockState::Released => return Err(released(&known)),
        Some(known) => {
            let pinned = store::pins(&tx.db, known.id).await?;
            return Ok(Locked::All(pinned.len()));
        }
        None => {}
    }
    // What a computed figure leads back to may lie in other sheets, and all sheets are taken
    // together, in one order.
    let mut sheets: BTreeSet<_> = lock.pins.keys().map(sheet).collect();
    for computed in compute(&tx.db, &lock.pins).await?.values() {
        sheets.extend(computed.reported.iter().map(|(id, _)| sheet(id)));
    }
    let taken: Vec<_> = sheets
        .iter()
        .map(|(unit, period)| (unit, *period))
        .collect();
    values::take_turns(&tx.db, &taken).await?;
    let pins = match pins(&tx.db, &lock.pins, &sheets).await? {
        Ok(pins) => pins,
        Err(moved) => return Ok(Locked::Moved(moved)),
    };
    let held = Lock {
        id: lock.id,
        submission: lock.submission,
        state: LockState::Held,
        principal: lock.principal,
        lock_time: tx.now(),
        update_time: tx.now(),
    };
    store::insert(&tx.db, &held, &pins).await?;
    let pinned: BTreeSet<_> = pins.keys().cloned().collect();
    settle(&tx.db, &pinned, &BTreeSet::new()).await?;
    values::note_submitted(&tx.db, &pinned).await?;
    record(tx, Action::Created, &held, &pins, &BTreeSet::new()).await?;
    tell(tx, &pinned).await?;
    Ok(Locked::All(pins.len()))
}

/// Marks the figures of a lock as accepted.
pub(crate) async fn accept(tx: &Tx, accept: AcceptValues) -> Result<()> {
    take_turn(tx, accept.id).await?;
    let known = store::find(&tx.db, accept.id).await?;
    let known =
        known.ok_or_else(|| Error::rule(&LOCK_NOT_THERE, [("lock", accept.id.to_string())]))?;
    match known.state {
        LockState::Released => Err(released(&known)),
        LockState::Accepted => Ok(()),
        LockState::Held => {
            let none = BTreeSet::new();
            change(tx, known, LockState::Accepted, accept.principal, &none).await
        }
    }
}

/// Releases a lock for good. One that is not here yet is noted, so that it holds nothing
/// when it arrives.
pub(crate) async fn release(tx: &Tx, release: ReleaseValues) -> Result<()> {
    take_turn(tx, release.id).await?;
    match store::find(&tx.db, release.id).await? {
        Some(known) if known.state == LockState::Released => Ok(()),
        Some(known) => {
            let (principal, rejected) = (release.principal, &release.rejected);
            change(tx, known, LockState::Released, principal, rejected).await
        }
        None => {
            let lock = Lock {
                id: release.id,
                submission: release.submission,
                state: LockState::Released,
                principal: release.principal,
                lock_time: tx.now(),
                update_time: tx.now(),
            };
            store::insert(&tx.db, &lock, &BTreeMap::new()).await
        }
    }
}

/// Two calls about one lock wait here for each other.
async fn take_turn(tx: &Tx, id: Uuid) -> Result<()> {
    tx.lock(&format!("valueLocks/{id}")).await
}

fn released(lock: &Lock) -> Error {
    let submission = lock.submission.clone();
    Error::rule(&LOCK_RELEASED, [("submission", submission)])
}

async fn change(
    tx: &Tx,
    before: Lock,
    state: LockState,
    principal: Principal,
    rejected: &BTreeSet<ValueId>,
) -> Result<()> {
    let pins = store::pins(&tx.db, before.id).await?;
    let pinned: BTreeSet<_> = pins.keys().cloned().collect();
    let sheets: BTreeSet<_> = pinned.iter().map(|it| (&it.unit, it.period)).collect();
    let sheets: Vec<_> = sheets.into_iter().collect();
    values::take_turns(&tx.db, &sheets).await?;
    let after = Lock {
        state,
        principal,
        update_time: tx.now(),
        ..before
    };
    store::update(&tx.db, &after).await?;
    let rejected = rejected.intersection(&pinned).cloned().collect();
    settle(&tx.db, &pinned, &rejected).await?;
    record(tx, Action::Moved, &after, &pins, &rejected).await?;
    tell(tx, &pinned).await
}

/// Tells those who keep figures in memory how far they have come, as the last thing before
/// the commit.
async fn tell(tx: &Tx, figures: &BTreeSet<ValueId>) -> Result<()> {
    let sheets = figures.iter().map(|it| (&it.unit, it.period)).collect();
    feed::append(&tx.db, &sheets, tx.now()).await
}

async fn record(
    tx: &Tx,
    action: Action,
    lock: &Lock,
    pins: &BTreeMap<ValueId, i64>,
    rejected: &BTreeSet<ValueId>,
) -> Result<()> {
    let entry = Entry {
        lock,
        values: pins.iter().map(|(id, it)| format!("{id}@{it}")).collect(),
        rejected: rejected.iter().map(ValueId::name).collect(),
    };
    let name = format!("valueLocks/{}", lock.id);
    tx.record(action, &name, None, Some(&entry)).await
}

fn sheet(id: &ValueId) -> values::Sheet {
    (id.unit.clone(), id.period)
}

/// Computes the cited figures that are derived.
async fn compute(
    db: &impl ConnectionTrait,
    pins: &BTreeMap<ValueId, Cited>,
) -> Result<BTreeMap<ValueId, Computed>> {
    let mut sheets: BTreeMap<(UnitId, Period), Vec<&IndicatorId>> = BTreeMap::new();
    for (id, cited) in pins {
        if matches!(cited, Cited::Computed(_)) {
            sheets.entry(sheet(id)).or_default().push(&id.indicator);
        }
    }
    let mut all = BTreeMap::new();
    for ((unit, period), ids) in sheets {
        let published = indicators::published(db, &ids).await?;
        for (indicator, computed) in derive_all(db, &published, &unit, period).await? {
            let id = ValueId {
                indicator,
                unit: unit.clone(),
                period,
                breakdown: None,
            };
            all.insert(id, computed);
        }
    }
    Ok(all)
}

/// Returns the reported figures to pin, each at its version, or else those that moved. The
/// sheets are taken, so that nothing changes any more.
async fn pins(
    db: &impl ConnectionTrait,
    cited: &BTreeMap<ValueId, Cited>,
    sheets: &BTreeSet<values::Sheet>,
) -> Result<std::result::Result<BTreeMap<ValueId, i64>, Vec<ValueId>>> {
    let reported = cited.iter();
    let reported = reported.filter(|(_, it)| matches!(it, Cited::Revision(_)));
    let reported: Vec<_> = reported.map(|(id, _)| id).collect();
    let known = values::find_many(db, &reported).await?;
    let computed = compute(db, cited).await?;
    let (mut pins, mut moved) = (BTreeMap::new(), Vec::new());
    for (id, cited) in cited {
        let is_same = match cited {
            Cited::Revision(revision) => {
                pins.insert(id.clone(), *revision);
                known.get(id).is_some_and(|it| it.revision == *revision)
            }
            Cited::Computed(quantity) => match computed.get(id) {
                Some(now) if now.quantity.as_ref() == Some(quantity) => {
                    pins.insert(id.clone(), 0);
                    for (behind, there) in &now.reported {
                        if let Some(there) = there {
                            pins.insert(behind.clone(), there.revision);
                        }
                    }
                    // A formula that was published just now may lead elsewhere.
                    now.reported
                        .iter()
                        .all(|(it, _)| sheets.contains(&sheet(it)))
                }
                _ => false,
            },
        };
        if !is_same {
            moved.push(id.clone());
        }
    }
    Ok(if moved.is_empty() {
        Ok(pins)
    } else {
        Err(moved)
    })
}

/// Says of figures how far they have come, by all locks that pin them.
async fn settle(
    db: &impl ConnectionTrait,
    figures: &BTreeSet<ValueId>,
    rejected: &BTreeSet<ValueId>,
) -> Result<()> {
    let held = store::held(db, figures).await?;
    let mut alike: BTreeMap<Stage, BTreeSet<&ValueId>> = BTreeMap::new();
    for id in figures {
        let locks = held.get(id).map_or(&[][..], Vec::as_slice);
        let stage = stage(locks, rejected.contains(id));
        alike.entry(stage).or_default().insert(id);
    }
    for (stage, ids) in alike {
        values::mark(db, &ids, &stage).await?;
    }
    Ok(())
}

/// Returns how far a figure has come by the locks that hold it, the oldest first.
fn stage(held: &[Held], is_rejected: bool) -> Stage {
    let free = if is_rejected {
        ValueState::Rejected
    } else {
        ValueState::Draft
    };
    let furthest = held.iter().map(|it| it.state.of_figure()).max();
    Stage {
        state: furthest.unwrap_or(free),
        locked_by: held.first().map(|it| it.submission.clone()),
        submitted_revision: None,
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(submission: &str, state: LockState) -> Held {
        Held {
            submission: submission.into(),
            state,
            revision: 1,
            lock_time: DateTime::from_timestamp_micros(1).unwrap(),
        }
    }

    #[test]
    fn a_figure_is_free_when_no_submission_is_left_that_holds_it() {
        let free = stage(&[], false);
        assert_eq!((free.state, free.locked_by), (ValueState::Draft, None));
        assert_eq!(stage(&[], true).state, ValueState::Rejected);
        let periodic = held("reports/a.x/submissions/1", LockState::Held);
        let thematic = held("reports/b.x/submissions/1", LockState::Accepted);
        let both = stage(&[periodic, thematic], true);
        assert_eq!(both.state, ValueState::Accepted);
        assert_eq!(both.locked_by.as_deref(), Some("reports/a.x/submissions/1"));
    }
}
