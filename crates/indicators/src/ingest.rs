//! Figures that another system sends in bulk, in a session that outlives its line.
//!
//! The key of everything is (who sends, session, place in the session). What was taken is
//! kept with its answer for 7 days, so a sender that does not know how far it came sends
//! again and is answered the same: a figure is never taken twice and never lost.

use std::time::{Duration, Instant};

use kit::{Actor, Error, Result, Tx, db::ledger::Action};
use proto::indicators as pb;
use tokio::sync::watch;
use types::ids::{SourceSystemId, UnitId};
use uuid::Uuid;

use crate::{
    reason::{INGEST_OFFSET_GAP, INGEST_SESSION_REUSED, INGEST_TOTAL_MISMATCH},
    source_system,
    value::{
        Values,
        batch::{self, By, Checked},
        item::{Disposition, Item, Outcome},
    },
};

mod dialogue;
mod entry;
mod record;
mod store;
mod wire;

use entry::Entry;
use record::{Answer, HASH_LENGTH, Record};

/// Most items of one batch.
const MOST_BATCH_ITEMS: usize = 2_000;
/// Most items of the batches that are committed together.
const MOST_TOGETHER: usize = 8_000;
/// How many items may be on the way without an acknowledgement: as many as are written
/// together, and as many that are read and judged meanwhile.
const CREDIT: i32 = 16_000;
/// Most items of a session; places are told as 32-bit numbers.
const MOST_ITEMS: i64 = 2_000_000_000;
/// What was found out of rights, units and indicators before a batch had its turn counts
/// this long; then it is looked at again. A revoked right is gone within 5 seconds.
const GROUND_COUNTS: Duration = Duration::from_secs(1);

/// Opens a session, or takes it up again.
#[derive(Debug)]
struct Open {
    session: Uuid,
    source_system: SourceSystemId,
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

/// A run of items as it arrived.
#[derive(Debug)]
struct Batch {
    offset: i64,
    items: Vec<(Item, Hash)>,
}

/// The hash by which an item is known again.
type Hash = [u8; HASH_LENGTH];

/// A run of items with everything that can be said before it has its turn.
#[derive(Debug)]
struct Ready {
    offset: i64,
    items: Vec<Sent>,
    /// When rights, units and indicators were looked at.
    looked: Instant,
}

/// An item that waits for its turn.
#[derive(Debug)]
struct Sent {
    checked: Checked,
    hash: Hash,
}

/// Batches beside what was taken before.
#[derive(Debug)]
struct Parted {
    /// Items that were taken before, with their places.
    known: Vec<(i64, Sent)>,
    /// Items that follow, in the batches they came in.
    new: Vec<Vec<Sent>>,
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

    /// Opens a session for the machine that sends the figures of a system, and may write those
    /// of the unit.
    async fn begin(&self, actor: &Actor, open: Open) -> Result<Session> {
        self.values
            .access()
            .require(actor, &open.scope_unit)
            .await?;
        let db = self.values.db().reader();
        let field = "open.source_system";
        source_system::require_connector(db, actor, &open.source_system, field).await?;
        let fresh = Session {
            id: open.session,
            source_system: open.source_system.name(),
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

    /// Does with a batch what can be done before it has its turn, so that the database is
    /// waited for by nothing else.
    async fn look_at(&self, actor: &Actor, batch: Batch) -> Result<Ready> {
        let looked = Instant::now();
        let ids = batch.items.iter().filter_map(|(item, _)| item.id.as_ref());
        let ground = self.values.ground(actor, ids).await?;
        let items = batch.items.into_iter().map(|(item, hash)| Sent {
            checked: Checked::new(item, actor.principal(), &ground),
            hash,
        });
        Ok(Ready {
            offset: batch.offset,
            items: items.collect(),
            looked,
        })
    }

    /// Takes batches that follow each other, and answers each when all are committed. What
    /// was taken before is answered from the record; only what is new is written.
    async fn take(
        &self,
        actor: &Actor,
        session: &mut Session,
        batches: Vec<Ready>,
    ) -> Result<Vec<pb::IngestAck>> {
        let batches = self.look_again(actor, batches).await?;
        let tx = self.change(actor).await?;
        if session.validate_only {
            return rehearse(tx, actor, session, batches).await;
        }
        let principal = actor.principal();
        // Two lines of one session wait here for each other.
        let mut now = store::take_turn(&tx.db, principal, session, tx.now()).await?;
        let first = now.next_offset;
        let ends: Vec<_> = batches.iter().map(Ready::end).collect();
        let from = batches.first().map_or(first, |it| it.offset);
        let Parted { known, new } = part(batches, first)?;
        let mut answers = record::answered(&tx.db, principal, &now, &known).await?;
        if !new.is_empty() {
            let hashes = new.iter().flatten().flat_map(|it| it.hash).collect();
            let by = By {
                principal,
                now: tx.now(),
            };
            let checked = |batch: Vec<Sent>| batch.into_iter().map(|it| it.checked).collect();
            let new = new.into_iter().map(checked).collect();
            let (outcomes, changes) = batch::decide(&tx.db, by, new).await?;
            now.count(&outcomes);
            // While the database writes the figures, what is kept of them is made ready.
            let (written, (entry, record)) = tokio::join!(changes.write(&tx.db), async {
                let record = Record::new(first, hashes, outcomes);
                (Entry::of(&now, first, &changes), record)
            });
            written?;
            let record = record?;
            if let Some(entry) = entry {
                let name = format!("ingestSessions/{}", now.id);
                tx.record(Action::Updated, &name, None, Some(&entry))
                    .await?;
            }
            store::keep(&tx.db, principal, &now, &record, tx.now()).await?;
            answers.extend(record.answers);
            changes.tell(&tx).await?;
        }
        tx.commit().await?;
        *session = now;
        Ok(acknowledge(from, &ends, answers, first))
    }

    /// Looks at rights, units and indicators again when the batches waited for long.
    async fn look_again(&self, actor: &Actor, batches: Vec<Ready>) -> Result<Vec<Ready>> {
        let mut fresh = Vec::with_capacity(batches.len());
        for ready in batches {
            if ready.looked.elapsed() < GROUND_COUNTS {
                fresh.push(ready);
                continue;
            }
            let items = ready.items.into_iter();
            let batch = Batch {
                offset: ready.offset,
                items: items.map(|it| (it.checked.item, it.hash)).collect(),
            };
            fresh.push(self.look_at(actor, batch).await?);
        }
        Ok(fresh)
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

/// Judges batches and takes everything back. They come one by one: a batch of a dry run
/// stands on what is in force, not on what another one would have written.
async fn rehearse(
    tx: Tx,
    actor: &Actor,
    session: &mut Session,
    batches: Vec<Ready>,
) -> Result<Vec<pb::IngestAck>> {
    let mut acks = Vec::with_capacity(batches.len());
    let by = By {
        principal: actor.principal(),
        now: tx.now(),
    };
    for batch in batches {
        let (from, end, next) = (batch.offset, batch.end(), session.next_offset);
        if from > next {
            return Err(gap(next));
        }
        let known = usize::try_from(next - from).map_err(Error::internal)?;
        let checked = batch.items.into_iter().map(|it| it.checked).collect();
        let (outcomes, _) = batch::decide(&tx.db, by, vec![checked]).await?;
        session.count(outcomes.get(known..).unwrap_or_default());
        let answers = Record::new(from, Vec::new(), outcomes)?.answers;
        acks.extend(acknowledge(from, &[end], answers, next));
    }
    tx.take_back().await?;
    Ok(acks)
}

/// Cuts answers into the acknowledgements of the batches, which begin at a place and end at
/// these. Each says where to go on as if it had been taken alone.
fn acknowledge(from: i64, ends: &[i64], answers: Vec<Answer>, before: i64) -> Vec<pb::IngestAck> {
    let mut answers = (from..).zip(answers).peekable();
    let acknowledge = |end: &i64| {
        let mut ack = pb::IngestAck {
            next_offset: before.max(*end),
            credit: CREDIT,
            ..pb::IngestAck::default()
        };
        while let Some((_, answer)) = answers.next_if(|(place, _)| place < end) {
            ack.results.push(answer.result);
            ack.current_values.extend(answer.current);
        }
        ack
    };
    ends.iter().map(acknowledge).collect()
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

impl Ready {
    /// Where the next batch begins.
    fn end(&self) -> i64 {
        let count = i64::try_from(self.items.len()).unwrap_or(i64::MAX);
        self.offset.saturating_add(count)
    }
}

/// Parts what was taken before, with its place, from what is new. The batches follow each
/// other.
fn part(batches: Vec<Ready>, next_offset: i64) -> Result<Parted> {
    let (mut known, mut new) = (Vec::new(), Vec::new());
    for batch in batches {
        let (offset, end) = (batch.offset, batch.end());
        if new.is_empty() && offset > next_offset {
            return Err(gap(next_offset));
        }
        let before = (next_offset - offset).max(0);
        let before = usize::try_from(before).map_err(Error::internal)?;
        let mut items = batch.items;
        let rest = items.split_off(before.min(items.len()));
        known.extend((offset..).zip(items));
        if end > next_offset {
            new.push(rest);
        }
    }
    Ok(Parted { known, new })
}

#[cfg(test)]
mod tests;
