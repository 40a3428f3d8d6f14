//! What is done with a project, from the wire.

use proto::{convert::optional_date, projects as pb};
use types::violations::Invalid;

use super::super::state::{
    ApproveProject, CancelProject, CompleteProject, ResumeProject, StartProject, SuspendProject,
    Verb,
};
use crate::instrument::rpc::read_instrument;

fn read_verb(name: &str, etag: String, bad: &mut Invalid) -> Option<Verb> {
    let id = bad.required("name", name);
    id.map(|id| Verb { id, etag })
}

fn required_day(field: &str, value: &str, bad: &mut Invalid) -> Option<chrono::NaiveDate> {
    let day = optional_date(field, value, bad)?;
    if day.is_none() {
        bad.missing(field);
    }
    day
}

/// Reads why something is done; at most 1000 characters.
fn required_reason(value: &str, bad: &mut Invalid) -> Option<String> {
    let reason = bad.lines("reason", value, 1000)?;
    if reason.is_empty() {
        bad.missing("reason");
        return None;
    }
    Some(reason)
}

impl TryFrom<pb::ApproveProjectRequest> for ApproveProject {
    type Error = Invalid;

    fn try_from(request: pb::ApproveProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = read_verb(&request.name, request.etag, &mut bad);
        let decision = bad.required("decision", &request.decision);
        let decree = read_instrument("legal_instrument", &request.legal_instrument, &mut bad);
        let (Some(verb), Some(decision), Some(legal_instrument)) = (verb, decision, decree) else {
            return Err(bad);
        };
        Ok(Self {
            verb,
            decision,
            legal_instrument,
        })
    }
}

impl TryFrom<pb::StartProjectRequest> for StartProject {
    type Error = Invalid;

    fn try_from(request: pb::StartProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = read_verb(&request.name, request.etag, &mut bad);
        let start = required_day("start_date", &request.start_date, &mut bad);
        let (Some(verb), Some(start)) = (verb, start) else {
            return Err(bad);
        };
        Ok(Self { verb, start })
    }
}

impl TryFrom<pb::SuspendProjectRequest> for SuspendProject {
    type Error = Invalid;

    fn try_from(request: pb::SuspendProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = read_verb(&request.name, request.etag, &mut bad);
        let reason = required_reason(&request.reason, &mut bad);
        let (Some(verb), Some(reason)) = (verb, reason) else {
            return Err(bad);
        };
        Ok(Self { verb, reason })
    }
}

impl TryFrom<pb::ResumeProjectRequest> for ResumeProject {
    type Error = Invalid;

    fn try_from(request: pb::ResumeProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = read_verb(&request.name, request.etag, &mut bad);
        verb.map(|verb| Self { verb }).ok_or(bad)
    }
}

impl TryFrom<pb::CompleteProjectRequest> for CompleteProject {
    type Error = Invalid;

    fn try_from(request: pb::CompleteProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = read_verb(&request.name, request.etag, &mut bad);
        let end = required_day("end_date", &request.end_date, &mut bad);
        let decision = bad.optional("decision", &request.decision);
        let (Some(verb), Some(end), Some(decision)) = (verb, end, decision) else {
            return Err(bad);
        };
        Ok(Self {
            verb,
            end,
            decision,
        })
    }
}

impl TryFrom<pb::CancelProjectRequest> for CancelProject {
    type Error = Invalid;

    fn try_from(request: pb::CancelProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = read_verb(&request.name, request.etag, &mut bad);
        let reason = required_reason(&request.reason, &mut bad);
        let decision = bad.optional("decision", &request.decision);
        let (Some(verb), Some(reason), Some(decision)) = (verb, reason, decision) else {
            return Err(bad);
        };
        Ok(Self {
            verb,
            reason,
            decision,
        })
    }
}

impl TryFrom<pb::HandOverProjectRequest> for crate::hand_over::HandOverProject {
    type Error = Invalid;

    fn try_from(request: pb::HandOverProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = read_verb(&request.name, request.etag, &mut bad);
        let to_unit = bad.required("new_owner_unit", &request.new_owner_unit);
        let effective = required_day("effective_date", &request.effective_date, &mut bad);
        let reason = required_reason(&request.reason, &mut bad);
        let (Some(verb), Some(to_unit), Some(effective), Some(reason)) =
            (verb, to_unit, effective, reason)
        else {
            return Err(bad);
        };
        Ok(Self {
            verb,
            to_unit,
            effective,
            reason,
        })
    }
}
