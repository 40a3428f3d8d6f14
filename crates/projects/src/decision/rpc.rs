//! Decisions from and to the wire.

use kit::etag;
use proto::{
    convert::{issue, timestamp},
    projects as pb, shared,
};
use types::{
    date, document_number::DocumentNumber, ids::DecisionId, money::Money, violations::Invalid,
};

use super::{
    Content, CreateDecision, Decision, DecisionKind, DecisionState, Filter, GetDecision, Issue,
    IssueDecision, ListDecisions, Revocation, RevokeDecision, Shown, UpdateDecision,
};
use crate::{
    amount::{read_positive, read_year},
    choice,
    reason::DECISION_NUMBER_REPEATED,
};

impl TryFrom<pb::CreateDecisionRequest> for CreateDecision {
    type Error = Invalid;

    fn try_from(request: pb::CreateDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let decision = request.decision.unwrap_or_default();
        let id = bad.take("decision_id", DecisionId::new(&request.decision_id));
        let authority = bad.required("decision.authority_unit", &decision.authority_unit);
        let content = read_content(&decision, &mut bad);
        let (Some(id), Some(authority_unit), Some(content)) = (id, authority, content) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            authority_unit,
            content,
        })
    }
}

fn read_content(decision: &pb::Decision, bad: &mut Invalid) -> Option<Content> {
    let kind = DecisionKind::from_wire("decision.kind", decision.kind, bad);
    let subject = bad.line("decision.abstract", &decision.r#abstract, 1000);
    let amount = read_positive("decision.amount_vnd", decision.amount_vnd, bad);
    let replaces = bad.optional("decision.replaces", &decision.replaces);
    Some(Content {
        kind: kind?,
        subject: subject?,
        amount: amount?,
        replaces: replaces?,
    })
}

impl TryFrom<pb::UpdateDecisionRequest> for UpdateDecision {
    type Error = Invalid;

    fn try_from(request: pb::UpdateDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let decision = request.decision.unwrap_or_default();
        let id = bad.required("decision.name", &decision.name);
        let content = read_content(&decision, &mut bad);
        let (Some(id), Some(content)) = (id, content) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            content,
            etag: decision.etag,
        })
    }
}

impl TryFrom<pb::GetDecisionRequest> for GetDecision {
    type Error = Invalid;

    fn try_from(request: pb::GetDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(|id| Self { id }).ok_or(bad)
    }
}

impl TryFrom<pb::ListDecisionsRequest> for ListDecisions {
    type Error = Invalid;

    fn try_from(request: pb::ListDecisionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("authority_unit", &request.authority_unit);
        let number: Option<Option<DocumentNumber>> =
            bad.optional("document_number", &request.document_number);
        let kind = match request.kind {
            0 => None,
            kind => DecisionKind::from_wire("kind", kind, &mut bad),
        };
        let state = match request.state {
            0 => None,
            state => DecisionState::from_wire("state", state, &mut bad),
        };
        let issue_year = match request.issue_year {
            0 => None,
            year => read_year("issue_year", year, &mut bad),
        };
        let (Some(authority_unit), Some(number), true) = (unit, number, bad.is_empty()) else {
            return Err(bad);
        };
        let number_key = number.map(|it| it.search_key()).unwrap_or_default();
        Ok(Self {
            authority_unit,
            filter: Filter {
                number_key,
                kind,
                state,
                issue_year,
            },
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::IssueDecisionRequest> for IssueDecision {
    type Error = Invalid;

    fn try_from(request: pb::IssueDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let number = bad.required("document_number", &request.document_number);
        let date = match request.issue_date.as_str() {
            "" => {
                bad.missing("issue_date");
                None
            }
            text => bad.take("issue_date", date::parse_iso(text)),
        };
        let (Some(id), Some(number), Some(date)) = (id, number, date) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            issue: Issue { number, date },
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::RevokeDecisionRequest> for RevokeDecision {
    type Error = Invalid;

    fn try_from(request: pb::RevokeDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let by = bad.required("revoking_decision", &request.revoking_decision);
        let reason = bad.line("reason", &request.reason, 1000);
        let (Some(id), Some(by), Some(reason)) = (id, by, reason) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            revocation: Revocation { by, reason },
            etag: request.etag,
        })
    }
}

impl From<Shown> for pb::Decision {
    fn from(shown: Shown) -> Self {
        let field = "document_number";
        let repeats = shown.namesakes.iter().map(|other| {
            let fill = |text: &str| text.replace("{other}", &other.name());
            let reason = &DECISION_NUMBER_REPEATED;
            let (en, vi) = (fill(reason.en), fill(reason.vi));
            issue(shared::Severity::Warning, reason.code, field, en, vi)
        });
        let issues = repeats.collect();
        Self {
            issues,
            ..shown.decision.into()
        }
    }
}

impl From<Decision> for pb::Decision {
    fn from(decision: Decision) -> Self {
        let (document_number, issue_date) = match decision.issue {
            None => Default::default(),
            Some(issue) => (issue.number.into(), issue.date.to_string()),
        };
        let (revoking_decision, revoke_reason) = match decision.revocation {
            None => Default::default(),
            Some(it) => (it.by.name(), it.reason),
        };
        Self {
            name: decision.id.name(),
            authority_unit: decision.authority_unit.name(),
            r#abstract: decision.subject,
            amount_vnd: decision.amount.vnd(),
            kind: decision.kind.to_wire().into(),
            replaces: decision.replaces.map(|it| it.name()).unwrap_or_default(),
            document_number,
            issue_date,
            state: decision.state.to_wire().into(),
            allocated_amount_vnd: decision.used.granted.vnd(),
            revoking_decision,
            revoke_reason,
            issues: Vec::new(),
            amount_words_vi: Money::to_words(decision.amount),
            recalled_amount_vnd: decision.used.recalled.vnd(),
            create_time: Some(timestamp(decision.create_time)),
            update_time: Some(timestamp(decision.update_time)),
            etag: etag::of(decision.version),
        }
    }
}

impl DecisionKind {
    fn to_wire(self) -> pb::DecisionKind {
        match self {
            Self::ApprovePolicy => pb::DecisionKind::ApprovePolicy,
            Self::ApproveProject => pb::DecisionKind::ApproveProject,
            Self::PlanCapital => pb::DecisionKind::PlanCapital,
            Self::AssignBudget => pb::DecisionKind::AssignBudget,
            Self::AdjustBudget => pb::DecisionKind::AdjustBudget,
            Self::SupplementBudget => pb::DecisionKind::SupplementBudget,
            Self::RecallBudget => pb::DecisionKind::RecallBudget,
            Self::ApproveSettlement => pb::DecisionKind::ApproveSettlement,
            Self::MoveBudget => pb::DecisionKind::MoveBudget,
            Self::AdvanceBudget => pb::DecisionKind::AdvanceBudget,
            Self::Other => pb::DecisionKind::Other,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}

impl DecisionState {
    fn to_wire(self) -> pb::DecisionState {
        match self {
            Self::Draft => pb::DecisionState::Draft,
            Self::Issued => pb::DecisionState::Issued,
            Self::Revoked => pb::DecisionState::Revoked,
            Self::Replaced => pb::DecisionState::Replaced,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
