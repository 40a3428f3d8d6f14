//! Requests for money from and to the wire.

use kit::etag;
use proto::{convert::timestamp, projects as pb};
use types::{
    ids::{DecisionId, Principal},
    money::Money,
    violations::Invalid,
};

use super::{
    AppraiseSupplementaryRequest, ApproveSupplementaryRequest, Asked, CreateSupplementaryRequest,
    GetSupplementaryRequest, Named, Outcome, RejectSupplementaryRequest,
    SubmitSupplementaryRequest, SupplementaryRequest, SupplementaryState,
    UpdateSupplementaryRequest,
};
use crate::{
    amount::{read_not_negative, read_positive},
    entry::{ALLOCATIONS, REQUESTS},
    project::ListEntries,
};

impl TryFrom<pb::CreateSupplementaryRequestRequest> for CreateSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::CreateSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let asked = request.supplementary_request.unwrap_or_default();
        let project = bad.required("parent", &request.parent);
        let asked = read_asked(&asked, &mut bad);
        let (Some(project), Some(asked)) = (project, asked) else {
            return Err(bad);
        };
        Ok(Self { project, asked })
    }
}

fn read_asked(wire: &pb::SupplementaryRequest, bad: &mut Invalid) -> Option<Asked> {
    let period = bad.required("supplementary_request.period", &wire.period);
    let amount = match wire.amount_vnd {
        None => Some(None),
        Some(vnd) => read_positive("supplementary_request.amount_vnd", vnd, bad).map(Some),
    };
    let field = "supplementary_request.justification";
    let justification = bad.lines(field, &wire.justification, 2000);
    Some(Asked {
        period: period?,
        amount: amount?,
        justification: justification?,
    })
}

impl Named {
    fn read(field: &str, name: &str, etag: String, bad: &mut Invalid) -> Option<Self> {
        let (project, number) = REQUESTS.read(field, name, bad)?;
        Some(Self {
            project,
            number,
            etag,
        })
    }
}

impl TryFrom<pb::GetSupplementaryRequestRequest> for GetSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::GetSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let named = Named::read("name", &request.name, String::new(), &mut bad);
        named.map(Self).ok_or(bad)
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

impl TryFrom<pb::UpdateSupplementaryRequestRequest> for UpdateSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::UpdateSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let wire = request.supplementary_request.unwrap_or_default();
        let field = "supplementary_request.name";
        let named = Named::read(field, &wire.name, wire.etag.clone(), &mut bad);
        let asked = read_asked(&wire, &mut bad);
        let (Some(named), Some(asked)) = (named, asked) else {
            return Err(bad);
        };
        Ok(Self { named, asked })
    }
}

impl TryFrom<pb::SubmitSupplementaryRequestRequest> for SubmitSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::SubmitSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let named = Named::read("name", &request.name, request.etag, &mut bad);
        named.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::AppraiseSupplementaryRequestRequest> for AppraiseSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::AppraiseSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let named = Named::read("name", &request.name, request.etag, &mut bad);
        let opinion = bad.lines("opinion", &request.opinion, 2000);
        if opinion.as_ref().is_some_and(String::is_empty) {
            bad.missing("opinion");
        }
        let field = "proposed_amount_vnd";
        let proposed = read_not_negative(field, request.proposed_amount_vnd, &mut bad);
        let (Some(named), Some(opinion), Some(proposed), true) =
            (named, opinion, proposed, bad.is_empty())
        else {
            return Err(bad);
        };
        Ok(Self {
            named,
            opinion,
            proposed,
        })
    }
}

impl TryFrom<pb::ApproveSupplementaryRequestRequest> for ApproveSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::ApproveSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let named = Named::read("name", &request.name, request.etag, &mut bad);
        let decision = bad.required("decision", &request.decision);
        let field = "approved_amount_vnd";
        let amount = read_positive(field, request.approved_amount_vnd, &mut bad);
        let line = bad.required("budget_line", &request.budget_line);
        let (Some(named), Some(decision), Some(amount), Some(line)) =
            (named, decision, amount, line)
        else {
            return Err(bad);
        };
        Ok(Self {
            named,
            decision,
            amount,
            line,
        })
    }
}

impl TryFrom<pb::RejectSupplementaryRequestRequest> for RejectSupplementaryRequest {
    type Error = Invalid;

    fn try_from(request: pb::RejectSupplementaryRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let named = Named::read("name", &request.name, request.etag, &mut bad);
        let reason = bad.line("reason", &request.reason, 1000);
        let (Some(named), Some(reason)) = (named, reason) else {
            return Err(bad);
        };
        Ok(Self { named, reason })
    }
}

impl From<SupplementaryRequest> for pb::SupplementaryRequest {
    fn from(request: SupplementaryRequest) -> Self {
        let amount = request.asked.amount;
        let appraisal = request.appraisal.as_ref();
        let wire = Self {
            name: request.name(),
            period: request.asked.period.to_string(),
            amount_vnd: amount.map(Money::vnd),
            amount_words_vi: amount.map(Money::to_words).unwrap_or_default(),
            justification: request.asked.justification.clone(),
            principal: request.principal.name(),
            state: request.state.to_wire().into(),
            appraiser: appraisal.map(|it| it.principal.name()).unwrap_or_default(),
            opinion: appraisal.map(|it| it.opinion.clone()).unwrap_or_default(),
            proposed_amount_vnd: appraisal.map(|it| it.proposed.vnd()),
            create_time: Some(timestamp(request.create_time)),
            update_time: Some(timestamp(request.update_time)),
            etag: etag::of(request.version),
            ..Self::default()
        };
        match &request.outcome {
            None => wire,
            Some(Outcome::Approved {
                decision,
                amount,
                allocation,
                principal,
            }) => Self {
                decision: DecisionId::name(decision),
                approved_amount_vnd: Some(amount.vnd()),
                allocation: ALLOCATIONS.name(&request.project, *allocation),
                decider: Principal::name(principal),
                ..wire
            },
            Some(Outcome::Rejected { reason, principal }) => Self {
                rejection_reason: reason.clone(),
                decider: Principal::name(principal),
                ..wire
            },
        }
    }
}

impl SupplementaryState {
    fn to_wire(self) -> pb::SupplementaryState {
        match self {
            Self::Draft => pb::SupplementaryState::Draft,
            Self::Submitted => pb::SupplementaryState::Submitted,
            Self::Appraised => pb::SupplementaryState::Appraised,
            Self::Approved => pb::SupplementaryState::Approved,
            Self::Rejected => pb::SupplementaryState::Rejected,
        }
    }
}
