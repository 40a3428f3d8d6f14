//! What is asked about rules, read from the wire.

use kit::mask::Mask;
use proto::indicators as pb;
use types::{ids::ValidationRuleId, period::Period, violations::Invalid};

use super::{Content, Retired, wire::Change};

const LONGEST_NOTE: usize = 1000;
const LONGEST_REASON: usize = 500;

/// Adds a rule.
#[derive(Debug)]
pub(crate) struct CreateValidationRule {
    pub(super) id: ValidationRuleId,
    pub(super) content: Content,
}

/// Changes what is published next.
#[derive(Debug)]
pub(crate) struct UpdateValidationRule {
    pub(super) id: ValidationRuleId,
    pub(super) change: Change,
    pub(super) etag: String,
}

/// Publishes what is written.
#[derive(Debug)]
pub(crate) struct PublishValidationRule {
    pub(super) id: ValidationRuleId,
    pub(super) first_period: Period,
    pub(super) change_note: String,
    pub(super) etag: String,
}

/// Ends a rule.
#[derive(Debug)]
pub(crate) struct RetireValidationRule {
    pub(super) id: ValidationRuleId,
    pub(super) retired: Retired,
    pub(super) etag: String,
}

/// Asks for one rule, as it is written or as it counts for a period.
#[derive(Debug)]
pub(crate) struct GetValidationRule {
    pub(super) id: ValidationRuleId,
    pub(super) period: Option<Period>,
}

/// Asks for rules, as they are written or as they count for a period.
#[derive(Debug)]
pub(crate) struct ListValidationRules {
    pub(super) period: Option<Period>,
    pub(super) page_size: i32,
    pub(super) page_token: String,
}

/// Asks for the revisions of a rule.
#[derive(Debug)]
pub(crate) struct ListRevisions {
    pub(super) id: ValidationRuleId,
    pub(super) page_size: i32,
    pub(super) page_token: String,
}

impl TryFrom<pb::CreateValidationRuleRequest> for CreateValidationRule {
    type Error = Invalid;

    fn try_from(request: pb::CreateValidationRuleRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = ValidationRuleId::new(&request.validation_rule_id);
        let id = bad.take("validation_rule_id", id);
        let wire = request.validation_rule.unwrap_or_default();
        let content = Content::from_wire(&wire, &mut bad);
        match (id, content, bad.is_empty()) {
            (Some(id), Some(content), true) => Ok(Self { id, content }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::GetValidationRuleRequest> for GetValidationRule {
    type Error = Invalid;

    fn try_from(request: pb::GetValidationRuleRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let period = bad.optional("period", &request.period);
        match (id, period) {
            (Some(id), Some(period)) => Ok(Self { id, period }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ListValidationRulesRequest> for ListValidationRules {
    type Error = Invalid;

    fn try_from(request: pb::ListValidationRulesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.optional("period", &request.period) {
            Some(period) => Ok(Self {
                period,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            None => Err(bad),
        }
    }
}

impl TryFrom<pb::UpdateValidationRuleRequest> for UpdateValidationRule {
    type Error = Invalid;

    fn try_from(request: pb::UpdateValidationRuleRequest) -> Result<Self, Invalid> {
        /// Fields that only we write.
        const OUTPUT: [&str; 10] = [
            "name",
            "state",
            "revision",
            "first_period",
            "last_period",
            "retire_reason",
            "has_unpublished_changes",
            "create_time",
            "update_time",
            "etag",
        ];
        let mut bad = Invalid::default();
        let sent = request.validation_rule.unwrap_or_default();
        let id = bad.required("validation_rule.name", &sent.name);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, &Change::FIELDS, &OUTPUT, &mut bad);
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                change: Change { sent, mask },
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::PublishValidationRuleRequest> for PublishValidationRule {
    type Error = Invalid;

    fn try_from(request: pb::PublishValidationRuleRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let first_period = bad.required("first_period", &request.first_period);
        let change_note = bad.lines("change_note", &request.change_note, LONGEST_NOTE);
        if change_note.as_ref().is_some_and(String::is_empty) {
            bad.missing("change_note");
        }
        match (id, first_period, change_note, bad.is_empty()) {
            (Some(id), Some(first_period), Some(change_note), true) => Ok(Self {
                id,
                first_period,
                change_note,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::RetireValidationRuleRequest> for RetireValidationRule {
    type Error = Invalid;

    fn try_from(request: pb::RetireValidationRuleRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let last_period = bad.required("last_period", &request.last_period);
        let reason = bad.line("reason", &request.reason, LONGEST_REASON);
        match (id, last_period, reason) {
            (Some(id), Some(last_period), Some(reason)) => Ok(Self {
                id,
                retired: Retired {
                    last_period,
                    reason,
                },
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ListValidationRuleRevisionsRequest> for ListRevisions {
    type Error = Invalid;

    fn try_from(request: pb::ListValidationRuleRevisionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("parent", &request.parent) {
            Some(id) => Ok(Self {
                id,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            None => Err(bad),
        }
    }
}
