//! Sessions and batches from the wire.

use prost::Message;
use proto::indicators as pb;
use sha2::{Digest, Sha256};
use types::violations::Invalid;
use uuid::Uuid;

use super::{
    Batch, CREDIT, Counts, Hash, MOST_BATCH_ITEMS, MOST_ITEMS, Open, Session, record::HASH_LENGTH,
};
use crate::value::{item::Item, wire::ForAll};

impl TryFrom<pb::IngestOpen> for Open {
    type Error = Invalid;

    fn try_from(open: pb::IngestOpen) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let session = Uuid::try_parse(&open.session_id).ok();
        if open.session_id.is_empty() {
            bad.missing("open.session_id");
        } else if session.is_none() {
            let field = "open.session_id";
            bad.add(field, "PATTERN", "is not a UUID", "không phải là UUID");
        }
        let system = bad.required("open.source_system", &open.source_system);
        let unit = bad.required("open.scope_unit", &open.scope_unit);
        match (session, system, unit) {
            (Some(session), Some(source_system), Some(scope_unit)) => Ok(Self {
                session,
                source_system,
                scope_unit,
                validate_only: open.validate_only,
            }),
            _ => Err(bad),
        }
    }
}

impl Batch {
    /// Reads a batch; what is bad in an item stays with it.
    pub(super) fn from_wire(batch: &pb::IngestBatch, source_system: &str) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        if batch.items.is_empty() {
            bad.missing("batch.items");
        }
        bad.at_most("batch.items", batch.items.len(), MOST_BATCH_ITEMS);
        let count = i64::try_from(batch.items.len()).unwrap_or(i64::MAX);
        let fits = |offset: i64| {
            offset
                .checked_add(count)
                .is_some_and(|end| end <= MOST_ITEMS)
        };
        if batch.offset < 0 || !fits(batch.offset) {
            bad.add(
                "batch.offset",
                "OUT_OF_RANGE",
                format!("does not lie between 0 and {MOST_ITEMS}"),
                format!("không nằm trong khoảng từ 0 đến {MOST_ITEMS}"),
            );
        }
        bad.check()?;
        let for_all = ForAll {
            sheet: None,
            source_system: Some(source_system.to_owned()),
        };
        let items = (batch.offset..).zip(&batch.items).map(|(place, wire)| {
            let item = Item::from_wire(format!("items[{place}]"), wire, &for_all);
            (item, hash(wire))
        });
        Ok(Self {
            offset: batch.offset,
            items: items.collect(),
        })
    }
}

fn hash(item: &pb::ValueItem) -> Hash {
    let whole = Sha256::digest(item.encode_to_vec());
    let mut hash = [0; HASH_LENGTH];
    hash.copy_from_slice(&whole[..HASH_LENGTH]);
    hash
}

impl From<&Session> for pb::IngestReady {
    fn from(session: &Session) -> Self {
        Self {
            next_offset: session.next_offset,
            credit: CREDIT,
            max_batch_items: i32::try_from(MOST_BATCH_ITEMS).unwrap_or(i32::MAX),
        }
    }
}

impl From<Counts> for pb::IngestSummary {
    fn from(counts: Counts) -> Self {
        Self {
            created_count: counts.created,
            updated_count: counts.updated,
            unchanged_count: counts.unchanged,
            rejected_count: counts.rejected,
        }
    }
}
