//! What items were answered, kept so that the same items are answered the same again.

use kit::{Error, Result};
use prost::Message;
use proto::{
    indicators as pb,
    shared::{Issue, ItemResult},
};
use sea_orm::ConnectionTrait;
use types::ids::{Principal, ValueId};

use super::{Sent, Session, store};
use crate::{
    reason::{INGEST_ITEM_CHANGED, INGEST_RECORD_EXPIRED},
    value::item::Outcome,
};

/// Bytes of the hash by which an item is known again: the first half of a SHA-256.
pub(super) const HASH_LENGTH: usize = 16;

/// What one item was answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) result: ItemResult,
    /// The figure in force, when the item knew an older one.
    pub(super) current: Option<pb::IndicatorValue>,
}

/// What items that were committed together were answered.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) first_offset: i64,
    /// One hash after the other.
    pub(super) hashes: Vec<u8>,
    pub(super) answers: Vec<Answer>,
}

/// Answers as they are kept: names and places are left out, the items say them again.
#[derive(Clone, PartialEq, Message)]
struct Kept {
    #[prost(message, repeated, tag = "3")]
    answers: Vec<KeptAnswer>,
}

#[derive(Clone, PartialEq, Message)]
struct KeptAnswer {
    #[prost(int32, tag = "3")]
    disposition: i32,
    #[prost(message, repeated, tag = "4")]
    issues: Vec<Issue>,
    #[prost(message, optional, tag = "5")]
    current: Option<pb::IndicatorValue>,
}

impl Record {
    pub(super) fn new(first_offset: i64, hashes: Vec<u8>, outcomes: Vec<Outcome>) -> Result<Self> {
        let mut answers = Vec::with_capacity(outcomes.len());
        for (offset, outcome) in (first_offset..).zip(outcomes) {
            let offset = i32::try_from(offset).map_err(Error::internal)?;
            let (result, current) = outcome.into_wire(offset);
            answers.push(Answer { result, current });
        }
        Ok(Self {
            first_offset,
            hashes,
            answers,
        })
    }

    /// Returns where the record ends.
    pub(super) fn end_offset(&self) -> i64 {
        let count = i64::try_from(self.answers.len()).unwrap_or(i64::MAX);
        self.first_offset.saturating_add(count)
    }

    /// Writes the answers as they are kept.
    pub(super) fn encode(&self) -> Vec<u8> {
        let kept = self.answers.iter().map(|it| KeptAnswer {
            disposition: it.result.disposition,
            issues: it.result.issues.clone(),
            current: it.current.clone(),
        });
        let answers = kept.collect();
        Kept { answers }.encode_to_vec()
    }

    /// Reads a record that was kept.
    pub(super) fn decode(first_offset: i64, hashes: Vec<u8>, answers: &[u8]) -> Result<Self> {
        let kept = Kept::decode(answers).map_err(Error::internal)?.answers;
        if hashes.len() != kept.len() * HASH_LENGTH {
            return Err(Error::internal(
                "a record of items does not fit their answers",
            ));
        }
        let mut answers = Vec::with_capacity(kept.len());
        for (offset, kept) in (first_offset..).zip(kept) {
            answers.push(Answer {
                result: ItemResult {
                    offset: i32::try_from(offset).map_err(Error::internal)?,
                    name: String::new(),
                    disposition: kept.disposition,
                    issues: kept.issues,
                },
                current: kept.current,
            });
        }
        Ok(Self {
            first_offset,
            hashes,
            answers,
        })
    }
}

/// Answers items that were taken before, however they are cut into batches this time.
pub(super) async fn answered(
    db: &impl ConnectionTrait,
    principal: &Principal,
    session: &Session,
    items: &[(i64, Sent)],
) -> Result<Vec<Answer>> {
    let (Some((from, _)), Some((last, _))) = (items.first(), items.last()) else {
        return Ok(Vec::new());
    };
    let records = store::records(db, principal, session, *from, last + 1).await?;
    replay(records, items, session.next_offset)
}

fn replay(records: Vec<Record>, items: &[(i64, Sent)], next_offset: i64) -> Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(items.len());
    let mut items = items.iter().peekable();
    for record in records {
        let places = record.first_offset..;
        let hashes = record.hashes.chunks(HASH_LENGTH);
        for ((place, mut answer), hash) in places.zip(record.answers).zip(hashes) {
            let Some((_, sent)) = items.next_if(|(wanted, _)| *wanted == place) else {
                continue;
            };
            if sent.hash != hash {
                let facts = [("offset", place.to_string())];
                return Err(Error::rule(&INGEST_ITEM_CHANGED, facts));
            }
            let id = sent.checked.item.id.as_ref();
            answer.result.name = id.map(ValueId::name).unwrap_or_default();
            answers.push(answer);
        }
    }
    if items.next().is_some() {
        let facts = [("next_offset", next_offset.to_string())];
        return Err(Error::out_of_range(&INGEST_RECORD_EXPIRED, facts));
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use proto::shared::Disposition;
    use types::violations::Invalid;

    use super::*;
    use crate::value::{
        batch::Checked,
        ground::Ground,
        item::{Disposition as Ours, Item},
    };

    fn sent(place: i64) -> Sent {
        let id = format!("indicators/a{place}/values/huyen-minh-long.2022-h1");
        let item = Item {
            path: format!("items[{place}]"),
            id: Some(id.parse().unwrap()),
            entry: Err(Invalid::default()),
        };
        let principal = Principal::from_name("serviceAccounts/mot-cua").unwrap();
        Sent {
            checked: Checked::new(item, &principal, &Ground::default()),
            hash: [u8::try_from(place).unwrap(); HASH_LENGTH],
        }
    }

    fn record(first: i64, count: i64) -> Record {
        let outcome = |place: i64| Outcome {
            name: sent(place).checked.item.id,
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
        let answers = replay(records(), &asked(5, 10), 11).unwrap();
        let results: Vec<_> = answers.iter().map(|it| &it.result).collect();
        let offsets: Vec<_> = results.iter().map(|it| it.offset).collect();
        assert_eq!(offsets, [5, 6, 7, 8, 9]);
        assert_eq!(
            results[1].name,
            "indicators/a6/values/huyen-minh-long.2022-h1"
        );
        assert_eq!(results[1].disposition(), Disposition::Created);
        assert_eq!(results[2].disposition(), Disposition::Rejected);
    }

    #[test]
    fn an_answer_comes_back_from_the_record_as_it_was_given() {
        let result = |offset, disposition: Disposition| ItemResult {
            offset,
            disposition: disposition.into(),
            ..Default::default()
        };
        let refused = ItemResult {
            issues: vec![Issue {
                code: "VALUE_CHANGED".into(),
                message_vi: "đã thay đổi".into(),
                ..Default::default()
            }],
            ..result(8, Disposition::Rejected)
        };
        let current = pb::IndicatorValue {
            name: "indicators/a8/values/huyen-minh-long.2022-h1".into(),
            revision: 3,
            ..Default::default()
        };
        let answers = vec![
            Answer {
                result: result(7, Disposition::Created),
                current: None,
            },
            Answer {
                result: refused,
                current: Some(current),
            },
        ];
        let record = Record {
            first_offset: 7,
            hashes: vec![0; 2 * HASH_LENGTH],
            answers: answers.clone(),
        };
        let kept = record.encode();
        let read = Record::decode(7, record.hashes.clone(), &kept).unwrap();
        assert_eq!(read.answers, answers);
        assert_eq!(read.end_offset(), 9);
        let unfit = Record::decode(7, vec![0; HASH_LENGTH], &kept);
        assert!(matches!(unfit, Err(Error::Internal(_))));
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
