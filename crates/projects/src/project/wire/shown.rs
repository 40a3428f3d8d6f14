//! Projects as they are shown.

use kit::etag;
use proto::{convert::timestamp, projects as pb};
use types::{
    ids::{IndicatorId, UnitId},
    money::Money,
    violations::Invalid,
};

use super::super::{Method, Project, ProjectKind, Shown, State};
use crate::{
    choice,
    instrument::{FundingKind, Instrument},
};

impl From<Project> for pb::Project {
    fn from(project: Project) -> Self {
        let day = |day: Option<chrono::NaiveDate>| day.map(|it| it.to_string()).unwrap_or_default();
        let legal_instrument = project.instrument().map(Instrument::name);
        let (content, standing) = (project.content, project.standing);
        let decision =
            |id: Option<types::ids::DecisionId>| id.map(|it| it.name()).unwrap_or_default();
        Self {
            name: project.id.name(),
            display_name: content.display_name,
            kind: content.kind.to_wire().into(),
            owner_unit: project.owner_unit.name(),
            start_period: content.start_period.to_string(),
            ordinal: project.ordinal,
            objective: content.objective,
            code: content.code,
            program: content.program,
            legal_instrument: legal_instrument.unwrap_or_default(),
            partner_units: content.partner_units.iter().map(UnitId::name).collect(),
            plan_start_date: day(content.plan.start),
            plan_end_date: day(content.plan.end),
            deadline_text: content.plan.deadline_text,
            indicators: content.indicators.iter().map(IndicatorId::name).collect(),
            estimated_amount_vnd: content.estimated_amount.map(Money::vnd),
            funding_kind: content
                .funding_kind
                .map_or(pb::FundingKind::Unspecified, FundingKind::to_wire)
                .into(),
            completion_method: content.measure.method.to_wire().into(),
            planned_quantity: content
                .measure
                .planned_quantity
                .map(|it| it.to_string())
                .unwrap_or_default(),
            quantity_unit: content.measure.quantity_unit,
            state: standing.state.to_wire().into(),
            state_reason: standing.reason,
            approval_decision: decision(standing.approval_decision),
            closing_decision: decision(standing.closing_decision),
            actual_start_date: day(standing.actual_start),
            actual_end_date: day(standing.actual_end),
            create_time: Some(timestamp(project.create_time)),
            update_time: Some(timestamp(project.update_time)),
            etag: etag::of(project.version),
            ..Self::default()
        }
    }
}

impl From<Shown> for pb::Project {
    fn from(shown: Shown) -> Self {
        Self {
            completion_percent: shown
                .completion
                .map(|it| it.to_string())
                .unwrap_or_default(),
            latest_progress_entry: shown.latest_entry.unwrap_or_default(),
            procedure: shown.procedure.map(Into::into),
            deadline_date: shown.due.map(|it| it.to_string()).unwrap_or_default(),
            ..shown.project.into()
        }
    }
}

impl ProjectKind {
    pub(super) fn to_wire(self) -> pb::ProjectKind {
        match self {
            Self::Project => pb::ProjectKind::Project,
            Self::Task => pb::ProjectKind::Task,
            Self::Activity => pb::ProjectKind::Activity,
            Self::Procurement => pb::ProjectKind::Procurement,
        }
    }

    pub(super) fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}

impl Method {
    pub(crate) fn to_wire(self) -> pb::CompletionMethod {
        match self {
            Self::Estimate => pb::CompletionMethod::Estimate,
            Self::Quantity => pb::CompletionMethod::Quantity,
            Self::Milestones => pb::CompletionMethod::Milestones,
        }
    }

    pub(super) fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}

impl State {
    pub(super) fn to_wire(self) -> pb::ProjectState {
        match self {
            Self::Proposed => pb::ProjectState::Proposed,
            Self::Approved => pb::ProjectState::Approved,
            Self::InProgress => pb::ProjectState::InProgress,
            Self::Suspended => pb::ProjectState::Suspended,
            Self::Completed => pb::ProjectState::Completed,
            Self::Cancelled => pb::ProjectState::Cancelled,
        }
    }

    pub(super) fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
