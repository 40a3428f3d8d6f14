//! What items were answered, kept so that the same items are answered the same again.

use std::collections::BTreeSet;

use kit::{Error, Result};
use prost::Message;
use proto::{indicators as pb, shared::Disposition};
use sea_orm::ConnectionTrait;
use types::ids::{Principal, ValueId};

use super::{Sent, Session, store};
use crate::{
    reason::{INGEST_ITEM_CHANGED, INGEST_RECORD_EXPIRED},
    value::item::Outcome,
};

/// Bytes of the hash by which an item is known again: the first half of a SHA-256.
pub(super) const HASH_LENGTH: usize = 16;

/// What the items of one batch were answered.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) first_offset: i64,
    /// One hash after the other.
    pub(super) hashes: Vec<u8>,
    pub(super) answer: pb::IngestAck,
}

impl Record {
    pub(super) fn new(first_offset: i64, hashes: Vec<u8>, outcomes: Vec<Outcome>) -> Result<Self> {
        let mut answer = pb::IngestAck::default();
        for (offset, outcome) in (first_offset..).zip(outcomes) {
            let offset = i32::try_from(offset).map_err(Error::internal)?;
            let (result, current) = outcome.into_wire(offset);
            answer.results.push(result);
            answer.current_values.extend(current);
        }
        Ok(Self {
            first_offset,
            hashes,
            answer,
        })
    }

    /// Returns where the record ends.
    pub(super) fn end_offset(&self) -> i64 {
        let count = i64::try_from(self.answer.results.len()).unwrap_or(i64::MAX);
        self.first_offset.saturating_add(count)
    }

    /// Writes the answer as it is kept. Names are left out: the items say them again.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut kept = self.answer.clone();
        for result in &mut kept.results {
            result.name.clear();
        }
        kept.encode_to_vec()
    }

    /// Reads a record that was kept.
    pub(super) fn decode(first_offset: i64, hashes: Vec<u8>, answer: &[u8]) -> Result<Self> {
        let answer = pb::IngestAck::decode(answer).map_err(Error::internal)?;
        if hashes.len() != answer.results.len() * HASH_LENGTH {
            return Err(Error::internal(
                "a record of a batch does not fit its answer",
            ));
        }
        Ok(Self {
            first_offset,
            hashes,
            answer,
        })
    }
}

/// Answers items that were taken before, however they are cut into batches this time.
pub(super) async fn answered(
    db: &impl ConnectionTrait,
    principal: &Principal,
    session: &Session,
    items: &[(i64, Sent)],
) -> Result<pb::IngestAck> {
    let (Some((from, _)), Some((last, _))) = (items.first(), items.last()) else {
        return Ok(pb::IngestAck::default());
    };
    let records = store::records(db, principal, session, *from, last + 1).await?;
    replay(records, items, session.next_offset)
}

fn replay(records: Vec<Record>, items: &[(i64, Sent)], next_offset: i64) -> Result<pb::IngestAck> {
    let mut answer = pb::IngestAck::default();
    let mut shown: BTreeSet<String> = BTreeSet::new();
    let mut items = items.iter().peekable();
    for record in records {
        let places = record.first_offset..;
        let hashes = record.hashes.chunks(HASH_LENGTH);
        for ((place, mut result), hash) in places.zip(record.answer.results).zip(hashes) {
            let Some((_, sent)) = items.next_if(|(wanted, _)| *wanted == place) else {
                continue;
            };
            if sent.hash != hash {
                let facts = [("offset", place.to_string())];
                return Err(Error::rule(&INGEST_ITEM_CHANGED, facts));
            }
            result.name = sent.item.id.as_ref().map(ValueId::name).unwrap_or_default();
            if result.disposition() == Disposition::Rejected {
                shown.insert(result.name.clone());
            }
            answer.results.push(result);
        }
        let current = record.answer.current_values.into_iter();
        let current = current.filter(|it| shown.contains(&it.name));
        answer.current_values.extend(current);
    }
    if items.next().is_some() {
        let facts = [("next_offset", next_offset.to_string())];
        return Err(Error::out_of_range(&INGEST_RECORD_EXPIRED, facts));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use types::violations::Invalid;

    use super::*;
    use crate::value::item::{Disposition as Ours, Item};

    fn sent(place: i64) -> Sent {
        let id = format!("indicators/a{place}/values/huyen-minh-long.2022-h1");
        Sent {
            item: Item {
                path: format!("items[{place}]"),
                id: Some(id.parse().unwrap()),
                entry: Err(Invalid::default()),
            },
            hash: [u8::try_from(place).unwrap(); HASH_LENGTH],
        }
    }

    fn record(first: i64, count: i64) -> Record {
        let outcome = |place: i64| Outcome {
            name: sent(place).item.id,
            disposition: if place % 2 == 0 {
                Ours::Created
            } else {
                Ours::Rejected
            },
            issues: Vec::new(),
            current: None,
        };
        let places = first..first + count;
        let hashes = places.clone().flat_map(|it| sent(it).hash).collect();
        let record = Record::new(first, hashes, places.map(outcome).collect()).unwrap();
        Record::decode(first, record.hashes.clone(), &record.encode()).unwrap()
    }

    fn asked(from: i64, to: i64) -> Vec<(i64, Sent)> {
        (from..to).map(|it| (it, sent(it))).collect()
    }

    #[test]
    fn items_cut_otherwise_are_answered_as_they_were() {
        let records = || vec![record(4, 3), record(7, 4)];
        let answer = replay(records(), &asked(5, 10), 11).unwrap();
        let offsets: Vec<_> = answer.results.iter().map(|it| it.offset).collect();
        assert_eq!(offsets, [5, 6, 7, 8, 9]);
        assert_eq!(
            answer.results[1].name,
            "indicators/a6/values/huyen-minh-long.2022-h1"
        );
        assert_eq!(answer.results[1].disposition(), Disposition::Created);
        assert_eq!(answer.results[2].disposition(), Disposition::Rejected);
    }

    #[test]
    fn other_content_at_a_known_place_is_refused_and_what_is_forgotten_is_told() {
        let mut changed = asked(4, 7);
        changed[1].1.hash = [99; HASH_LENGTH];
        let refused = replay(vec![record(4, 3)], &changed, 7).unwrap_err();
        assert!(matches!(refused, Error::Rule(reason, _) if reason.code == "INGEST_ITEM_CHANGED"));
        let forgotten = replay(vec![record(4, 3)], &asked(2, 6), 7).unwrap_err();
        assert!(matches!(
            forgotten,
            Error::OutOfRange(reason, _) if reason.code == "INGEST_RECORD_EXPIRED"
        ));
    }
}
