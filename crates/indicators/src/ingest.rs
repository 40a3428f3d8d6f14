//! Figures that another system sends in bulk, in a session that outlives its line.
//!
//! The key of everything is (who sends, session, place in the session). What was taken is
//! kept with its answer for 7 days, so a sender that does not know how far it came sends
//! again and is answered the same: a figure is never taken twice and never lost.

use kit::{Actor, Error, Result, Tx, db::ledger::Action};
use proto::indicators as pb;
use serde::Serialize;
use tokio::sync::watch;
use types::ids::UnitId;
use uuid::Uuid;

use crate::{
    reason::{INGEST_OFFSET_GAP, INGEST_SESSION_REUSED, INGEST_TOTAL_MISMATCH},
    reconciliation::line,
    value::{
        Values,
        batch::{self, By, Changes},
        ground::Ground,
        item::{Disposition, Item, Outcome},
    },
};

mod dialogue;
mod record;
mod store;
mod wire;

use record::{HASH_LENGTH, Record};

/// Most items of one batch: two statements of a thousand rows for each of its tables.
const MOST_BATCH_ITEMS: usize = 2_000;
/// How many items may be on the way without an acknowledgement.
const CREDIT: i32 = 8_000;
/// Most items of a session; places are told as 32-bit numbers.
const MOST_ITEMS: i64 = 2_000_000_000;

/// Opens a session, or takes it up again.
#[derive(Debug)]
struct Open {
    session: Uuid,
    source_system: String,
    scope_unit: UnitId,
    validate_only: bool,
}

/// A session of a sender.
#[derive(Debug, Clone)]
struct Session {
    id: Uuid,
    source_system: String,
    /// Whether everything is judged and nothing kept.
    validate_only: bool,
    next_offset: i64,
    counts: Counts,
}

/// What became of the items of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    created: i64,
    updated: i64,
    unchanged: i64,
    rejected: i64,
}

/// A run of items.
#[derive(Debug)]
struct Batch {
    offset: i64,
    items: Vec<Sent>,
}

/// An item as it was sent, with the hash by which it is known again.
#[derive(Debug)]
struct Sent {
    item: Item,
    hash: [u8; HASH_LENGTH],
}

/// A batch beside what was taken before.
#[derive(Debug)]
struct Parted {
    /// Items that were taken before, with their places.
    known: Vec<(i64, Sent)>,
    /// Items that follow.
    new: Vec<Sent>,
}

/// What the ledger keeps of a batch. The figures stand in their versions; here is what ties
/// them to the session.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    source_system: &'a str,
    first_offset: i64,
    end_offset: i64,
    values: Vec<String>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Ingests {
    values: Values,
    ending: watch::Sender<bool>,
}

impl Ingests {
    pub(crate) fn new(values: Values) -> Self {
        Self {
            values,
            ending: watch::Sender::new(false),
        }
    }

    /// Ends all streams after the batch at hand: a server that stops must not wait for
    /// their senders, who go on elsewhere.
    pub(crate) fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Opens a session for who may write figures of its unit.
    async fn begin(&self, actor: &Actor, open: Open) -> Result<Session> {
        self.values
            .access()
            .require(actor, &open.scope_unit)
            .await?;
        let fresh = Session {
            id: open.session,
            source_system: open.source_system,
            validate_only: open.validate_only,
            next_offset: 0,
            counts: Counts::default(),
        };
        if fresh.validate_only {
            return Ok(fresh);
        }
        let tx = self.change(actor).await?;
        let session = store::open(&tx.db, actor.principal(), &fresh, tx.now()).await?;
        tx.commit().await?;
        if session.source_system != fresh.source_system {
            return Err(Error::rule(
                &INGEST_SESSION_REUSED,
                [
                    ("session_id", session.id.to_string()),
                    ("source_system", session.source_system),
                ],
            ));
        }
        Ok(session)
    }

    /// Takes a batch, and answers when it is committed. What was taken before is answered
    /// from the record; only what is new is written.
    async fn take(
        &self,
        actor: &Actor,
        session: &mut Session,
        batch: Batch,
    ) -> Result<pb::IngestAck> {
        let ids = batch.items.iter().filter_map(|it| it.item.id.as_ref());
        let ground = self.values.ground(actor, ids).await?;
        let tx = self.change(actor).await?;
        if session.validate_only {
            return rehearse(tx, actor, session, batch, &ground).await;
        }
        let principal = actor.principal();
        // Two lines of one session wait here for each other.
        let mut now = store::take_turn(&tx.db, principal, session, tx.now()).await?;
        let Parted { known, new } = batch.split(now.next_offset)?;
        let mut ack = record::answered(&tx.db, principal, &now, &known).await?;
        if !new.is_empty() {
            let first = now.next_offset;
            let hashes = new.iter().flat_map(|it| it.hash).collect();
            let items: Vec<_> = new.into_iter().map(|it| it.item).collect();
            let by = By {
                principal,
                now: tx.now(),
            };
            let (outcomes, changes) = batch::apply(&tx.db, by, items, &ground).await?;
            now.count(&outcomes);
            enter(&tx, &now, first, &changes).await?;
            let record = Record::new(first, hashes, outcomes)?;
            store::keep(&tx.db, principal, &now, &record, tx.now()).await?;
            ack.results.extend(record.answer.results);
            ack.current_values.extend(record.answer.current_values);
            changes.tell(&tx).await?;
        }
        tx.commit().await?;
        ack.next_offset = now.next_offset;
        *session = now;
        Ok(ack)
    }

    /// Sums a session up when everything has arrived.
    fn close(session: &Session, total_count: i64) -> Result<Counts> {
        let next_offset = session.next_offset.to_string();
        match total_count.cmp(&session.next_offset) {
            std::cmp::Ordering::Equal => Ok(session.counts),
            std::cmp::Ordering::Greater => Err(gap(session.next_offset)),
            std::cmp::Ordering::Less => Err(Error::rule(
                &INGEST_TOTAL_MISMATCH,
                [
                    ("total_count", total_count.to_string()),
                    ("next_offset", next_offset),
                ],
            )),
        }
    }

    async fn change(&self, actor: &Actor) -> Result<Tx> {
        let principal = actor.principal().name();
        let db = self.values.db();
        db.begin_as(&principal, actor.method(), actor.trace_id())
            .await
    }
}

/// Judges a batch and takes everything back.
async fn rehearse(
    tx: Tx,
    actor: &Actor,
    session: &mut Session,
    batch: Batch,
    ground: &Ground,
) -> Result<pb::IngestAck> {
    if batch.offset > session.next_offset {
        return Err(gap(session.next_offset));
    }
    let known = usize::try_from(session.next_offset - batch.offset).map_err(Error::internal)?;
    let by = By {
        principal: actor.principal(),
        now: tx.now(),
    };
    let items = batch.items.into_iter().map(|it| it.item).collect();
    let (outcomes, _) = batch::apply(&tx.db, by, items, ground).await?;
    tx.take_back().await?;
    session.count(outcomes.get(known..).unwrap_or_default());
    let mut ack = Record::new(batch.offset, Vec::new(), outcomes)?.answer;
    ack.next_offset = session.next_offset;
    Ok(ack)
}

/// Enters a batch into the ledger: one entry, with every figure that it changed.
async fn enter(tx: &Tx, session: &Session, first_offset: i64, changes: &Changes) -> Result<()> {
    if changes.0.is_empty() {
        return Ok(());
    }
    let written = changes.0.iter().map(|it| {
        let value = &it.after.value;
        let figure = line::figure(&value.quantity);
        format!("{}@{} {figure}", value.id, value.revision)
    });
    let entry = Entry {
        source_system: &session.source_system,
        first_offset,
        end_offset: session.next_offset,
        values: written.collect(),
    };
    let name = format!("ingestSessions/{}", session.id);
    tx.record(Action::Updated, &name, None, Some(&entry)).await
}

fn gap(next_offset: i64) -> Error {
    let next_offset = next_offset.to_string();
    Error::out_of_range(&INGEST_OFFSET_GAP, [("next_offset", next_offset)])
}

impl Session {
    /// Notes what became of the next items.
    fn count(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            let count = match outcome.disposition {
                Disposition::Created => &mut self.counts.created,
                Disposition::Updated => &mut self.counts.updated,
                Disposition::Unchanged => &mut self.counts.unchanged,
                Disposition::Rejected => &mut self.counts.rejected,
            };
            *count += 1;
            self.next_offset += 1;
        }
    }
}

impl Batch {
    /// Parts what was taken before, with its place, from what is new.
    fn split(self, next_offset: i64) -> Result<Parted> {
        if self.offset > next_offset {
            return Err(gap(next_offset));
        }
        let known = usize::try_from(next_offset - self.offset).map_err(Error::internal)?;
        let mut items = self.items;
        let new = items.split_off(known.min(items.len()));
        let known = (self.offset..).zip(items).collect();
        Ok(Parted { known, new })
    }
}

#[cfg(test)]
mod tests {
    use types::violations::Invalid;

    use super::*;

    fn batch(offset: i64, count: u8) -> Batch {
        let sent = |number| Sent {
            item: Item {
                path: String::new(),
                id: None,
                entry: Err(Invalid::default()),
            },
            hash: [number; HASH_LENGTH],
        };
        Batch {
            offset,
            items: (0..count).map(sent).collect(),
        }
    }

    fn parts(offset: i64, count: u8, next_offset: i64) -> (Vec<(i64, u8)>, Vec<u8>) {
        let Parted { known, new } = batch(offset, count).split(next_offset).unwrap();
        let known = known.iter().map(|(place, it)| (*place, it.hash[0]));
        (known.collect(), new.iter().map(|it| it.hash[0]).collect())
    }

    #[test]
    fn what_was_taken_before_is_parted_from_what_is_new() {
        assert_eq!(parts(10, 3, 10), (vec![], vec![0, 1, 2]));
        assert_eq!(parts(10, 3, 12), (vec![(10, 0), (11, 1)], vec![2]));
        assert_eq!(parts(10, 2, 900), (vec![(10, 0), (11, 1)], vec![]));
        assert!(matches!(
            batch(11, 1).split(10),
            Err(Error::OutOfRange(reason, facts))
                if reason.code == "INGEST_OFFSET_GAP" && facts["next_offset"] == "10"
        ));
    }

    #[test]
    fn a_session_is_summed_up_when_everything_has_arrived() {
        let session = Session {
            id: Uuid::nil(),
            source_system: "mot-cua".into(),
            validate_only: false,
            next_offset: 7,
            counts: Counts {
                created: 7,
                ..Counts::default()
            },
        };
        assert_eq!(Ingests::close(&session, 7).unwrap().created, 7);
        let early = Ingests::close(&session, 8).unwrap_err();
        assert!(matches!(early, Error::OutOfRange(..)));
        let wrong = Ingests::close(&session, 6).unwrap_err();
        assert!(matches!(wrong, Error::Rule(reason, _) if reason.code == "INGEST_TOTAL_MISMATCH"));
    }
}
