//! Requests for money from and to the wire.

use proto::{convert::timestamp, projects as pb};
use types::{money::Money, violations::Invalid};

use super::{CreateSupplementaryRequest, SupplementaryRequest};
use crate::{decision::rpc::read_positive, project::ListEntries};

impl TryFrom<pb::CreateSupplementaryRequestRequest> for CreateSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::CreateSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let asked = request.supplementary_request.unwrap_or_default();
        let project = bad.required("parent", &request.parent);
        let period = bad.required("supplementary_request.period", &asked.period);
        let amount = match asked.amount_vnd {
            None => Some(None),
            Some(vnd) => read_positive("supplementary_request.amount_vnd", vnd, &mut bad).map(Some),
        };
        let field = "supplementary_request.justification";
        let justification = bad.lines(field, &asked.justification, 2000);
        let (Some(project), Some(period), Some(amount), Some(justification)) =
            (project, period, amount, justification)
        else {
            return Err(bad);
        };
        Ok(Self {
            project,
            period,
            amount,
            justification,
        })
    }
}

impl TryFrom<pb::ListSupplementaryRequestsRequest> for ListEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListSupplementaryRequestsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let Some(project) = bad.required("parent", &request.parent) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<SupplementaryRequest> for pb::SupplementaryRequest {
    fn from(request: SupplementaryRequest) -> Self {
        Self {
            name: request.name(),
            period: request.period.to_string(),
            amount_vnd: request.amount.map(Money::vnd),
            justification: request.justification,
            principal: request.principal.name(),
            create_time: Some(timestamp(request.create_time)),
        }
    }
}
