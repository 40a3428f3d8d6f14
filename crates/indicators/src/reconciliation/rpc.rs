//! Questions for counts and hashes to and from the wire.

use proto::indicators as pb;
use types::violations::Invalid;

use super::{Of, Reconcile, Row};

const MOST_UNITS: usize = 200;

impl TryFrom<pb::ReconcileValuesRequest> for Reconcile {
    type Error = Invalid;

    fn try_from(request: pb::ReconcileValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let period = bad.required("period", &request.period);
        bad.at_most("units", request.units.len(), MOST_UNITS);
        let mut units = Vec::new();
        for (index, name) in request.units.iter().take(MOST_UNITS).enumerate() {
            units.extend(bad.required(format!("units[{index}]"), name));
        }
        // The page token is bound to the set, not to the order it was asked in.
        units.sort();
        units.dedup();
        let scope = bad.optional("scope_unit", &request.scope_unit);
        let of = match (scope, request.units.is_empty()) {
            (Some(Some(root)), true) => Some(Of::Subtree(root)),
            (Some(None), false) => Some(Of::Units(units)),
            (Some(Some(_)), false) => {
                let en = "is not allowed beside `units`";
                let vi = "không dùng cùng với `units`";
                bad.add("scope_unit", "NOT_ALLOWED", en, vi);
                None
            }
            (Some(None), true) => {
                bad.missing("units");
                None
            }
            (None, _) => None,
        };
        match (of, period, bad.is_empty()) {
            (Some(of), Some(period), true) => Ok(Self {
                of,
                period,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            _ => Err(bad),
        }
    }
}

impl From<Row> for pb::ReconcileRow {
    fn from(row: Row) -> Self {
        Self {
            unit: row.unit.name(),
            value_count: row.count,
            sha256: row.sha256,
        }
    }
}
