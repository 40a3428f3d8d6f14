//! Baselines from and to the wire.

use proto::{convert::timestamp, projects as pb};
use types::violations::Invalid;

use super::{CreateBaseline, ListBaselines, Shown};
use crate::project::Plan;

impl TryFrom<pb::CreateBaselineRequest> for CreateBaseline {
    type Error = Invalid;

    fn try_from(request: pb::CreateBaselineRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let wire = request.baseline.unwrap_or_default();
        let project = bad.required("parent", &request.parent);
        let (start, end) = (&wire.plan_start_date, &wire.plan_end_date);
        let plan = Plan::read("baseline", start, end, &wire.deadline_text, &mut bad);
        if plan == Some(Plan::default()) {
            bad.missing("baseline.plan_end_date");
        }
        let reason = bad.lines("baseline.reason", &wire.reason, 1000);
        let authority = bad.optional_line("baseline.authority", &wire.authority, 300);
        let decision = bad.optional("baseline.decision", &wire.decision);
        let (Some(project), Some(plan), Some(reason), Some(authority), Some(decision), true) =
            (project, plan, reason, authority, decision, bad.is_empty())
        else {
            return Err(bad);
        };
        Ok(Self {
            project,
            plan,
            reason,
            authority,
            decision,
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::ListBaselinesRequest> for ListBaselines {
    type Error = Invalid;

    fn try_from(request: pb::ListBaselinesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = bad.required("parent", &request.parent);
        project.map(|project| Self { project }).ok_or(bad)
    }
}

impl From<Shown> for pb::Baseline {
    fn from(shown: Shown) -> Self {
        let it = shown.baseline;
        Self {
            name: it.name(),
            number: i32::try_from(it.number).unwrap_or(i32::MAX),
            plan_start_date: it.plan.start.map(|it| it.to_string()).unwrap_or_default(),
            plan_end_date: it.plan.end.map(|it| it.to_string()).unwrap_or_default(),
            deadline_text: it.plan.deadline_text,
            reason: it.reason,
            authority: it.authority,
            decision: it.decision.map(|it| it.name()).unwrap_or_default(),
            slip_days: shown.slip_days,
            total_slip_days: shown.total_slip_days,
            principal: it.principal.name(),
            create_time: Some(timestamp(it.create_time)),
        }
    }
}
