//! Settlements from the wire.

use proto::projects as pb;
use types::violations::Invalid;

use super::SettleBudgetLine;
use crate::amount::read_not_negative;

impl TryFrom<pb::SettleBudgetLineRequest> for SettleBudgetLine {
    type Error = Invalid;

    fn try_from(request: pb::SettleBudgetLineRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let decision = bad.required("decision", &request.decision);
        let amount = read_not_negative("amount_vnd", request.amount_vnd, &mut bad);
        let (Some(id), Some(decision), Some(amount)) = (id, decision, amount) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            decision,
            amount,
            etag: request.etag,
        })
    }
}
