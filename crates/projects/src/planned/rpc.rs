//! Planned work from and to the wire.

use proto::projects as pb;
use types::violations::Invalid;

use super::{ListPlannedWork, Work};
use crate::task::TaskProgress;

impl TryFrom<pb::ListPlannedWorkRequest> for ListPlannedWork {
    type Error = Invalid;

    fn try_from(request: pb::ListPlannedWorkRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("unit", &request.unit);
        let period = bad.required("period", &request.period);
        let (Some(unit), Some(period)) = (unit, period) else {
            return Err(bad);
        };
        Ok(Self { unit, period })
    }
}

impl From<Work> for pb::PlannedWork {
    fn from(it: Work) -> Self {
        let state = it
            .state
            .map_or(pb::TaskProgress::Unspecified, TaskProgress::to_wire);
        Self {
            project: it.project.name(),
            task: it.task.unwrap_or_default(),
            progress_entry: it.entry.unwrap_or_default(),
            text: it.text,
            plan_period: it.period.to_string(),
            deadline_text: it.deadline,
            state: state.into(),
            outcome_text: it.outcome,
            carried_over: it.carried_over,
            deadline_date: it.due.map(|it| it.to_string()).unwrap_or_default(),
        }
    }
}
