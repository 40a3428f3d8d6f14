//! Steps from and to the wire.

use kit::{etag, mask::Mask};
use proto::{
    convert::{optional_date, timestamp},
    projects as pb,
};
use types::{ids::ProjectId, violations::Invalid};

use super::{
    CreateStep, ListSteps, SkipStep, Step, StepState, UpdateStep,
    change::{self, Change},
};
use crate::{entry::STEPS, instrument::Phase};

impl CreateStep {
    pub(super) fn read(project: ProjectId, wire: pb::Step, bad: &mut Invalid) -> Option<Self> {
        let phase = Phase::from_wire("step.phase", wire.phase, bad);
        let title = bad.line("step.title", &wire.title, 500);
        let plan_date = optional_date("step.plan_date", &wire.plan_date, bad);
        let actual_date = optional_date("step.actual_date", &wire.actual_date, bad);
        let reference = bad.optional_line("step.document_reference", &wire.document_reference, 300);
        Some(Self {
            project,
            phase: phase?,
            title: title?,
            required: wire.required,
            plan_date: plan_date?,
            actual_date: actual_date?,
            document_reference: reference?,
        })
    }
}

impl TryFrom<pb::CreateStepRequest> for CreateStep {
    type Error = Invalid;

    fn try_from(request: pb::CreateStepRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = bad.required("parent", &request.parent);
        let wire = request.step.unwrap_or_default();
        match project {
            Some(project) => Self::read(project, wire, &mut bad).ok_or(bad),
            None => Err(bad),
        }
    }
}

impl TryFrom<pb::UpdateStepRequest> for UpdateStep {
    type Error = Invalid;

    fn try_from(request: pb::UpdateStepRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = request.step.unwrap_or_default();
        let named = STEPS.read("step.name", &sent.name, &mut bad);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, change::KNOWN, &change::OUTPUT, &mut bad);
        let (Some((project, number)), true) = (named, bad.is_empty()) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            number,
            change: Change { sent, mask },
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::SkipStepRequest> for SkipStep {
    type Error = Invalid;

    fn try_from(request: pb::SkipStepRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let named = STEPS.read("name", &request.name, &mut bad);
        let reason = bad.lines("reason", &request.reason, 1000);
        let (Some((project, number)), Some(reason)) = (named, reason) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            number,
            reason,
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::ListStepsRequest> for ListSteps {
    type Error = Invalid;

    fn try_from(request: pb::ListStepsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = bad.required("parent", &request.parent);
        project.map(|project| Self { project }).ok_or(bad)
    }
}

impl From<Step> for pb::Step {
    fn from(step: Step) -> Self {
        let state = match step.state() {
            StepState::Open => pb::StepState::Open,
            StepState::Done => pb::StepState::Done,
            StepState::Skipped => pb::StepState::Skipped,
        };
        Self {
            name: step.name(),
            phase: step.phase.to_wire().into(),
            title: step.title,
            required: step.required,
            plan_date: step.plan_date.map(|it| it.to_string()).unwrap_or_default(),
            actual_date: step
                .actual_date
                .map(|it| it.to_string())
                .unwrap_or_default(),
            document_reference: step.document_reference,
            basis: step.basis,
            state: state.into(),
            skip_reason: step.skipped.map(|it| it.reason).unwrap_or_default(),
            create_time: Some(timestamp(step.create_time)),
            update_time: Some(timestamp(step.update_time)),
            etag: etag::of(step.version),
        }
    }
}
