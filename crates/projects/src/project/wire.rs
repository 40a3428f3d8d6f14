//! Projects from and to the wire.

use kit::etag;
use proto::{
    convert::{optional_date, timestamp},
    projects as pb,
};
use types::{
    decimal::Decimal,
    ids::{IndicatorId, UnitId},
    invalid::InvalidText,
    money::Money,
    text::fold,
    violations::Invalid,
};

use super::{
    Content, CreateProject, Filter, GetProject, ListProjects, MOST_PROJECTS, Measure, Method, Plan,
    Project, ProjectKind, Shown, State, UpdateProject,
    change::{self, Change},
    state::{
        ApproveProject, CancelProject, CompleteProject, ResumeProject, StartProject,
        SuspendProject, Verb,
    },
};
use crate::{
    choice,
    instrument::{FundingKind, Instrument, rpc::read_instrument},
    mask::Mask,
};

/// Most partner units and most indicators of one project.
const MOST_NAMES: usize = 50;

impl Content {
    /// Reads what a project says of itself; `field` is where it stands in the request.
    pub(super) fn read(field: &str, wire: pb::Project, bad: &mut Invalid) -> Option<Self> {
        let at = |name: &str| format!("{field}.{name}");
        let display_name = bad.line(at("display_name"), &wire.display_name, 500);
        let kind = ProjectKind::from_wire(&at("kind"), wire.kind, bad);
        let start_period = bad.required(at("start_period"), &wire.start_period);
        let objective = bad.lines(at("objective"), &wire.objective, 4000);
        let code = bad.optional_line(at("code"), &wire.code, 100);
        let program = bad.optional_line(at("program"), &wire.program, 500);
        let decree = read_instrument(&at("legal_instrument"), &wire.legal_instrument, bad);
        let partner_units = read_names(
            &at("partner_units"),
            &wire.partner_units,
            UnitId::from_name,
            bad,
        );
        let plan = Plan::read(
            field,
            &wire.plan_start_date,
            &wire.plan_end_date,
            &wire.deadline_text,
            bad,
        );
        let indicators = read_names(
            &at("indicators"),
            &wire.indicators,
            IndicatorId::from_name,
            bad,
        );
        let amount = read_estimate(&at("estimated_amount_vnd"), wire.estimated_amount_vnd, bad);
        let funding = read_funding(&at("funding_kind"), wire.funding_kind, bad);
        let measure = Measure::read(field, &wire, bad);
        Some(Self {
            display_name: display_name?,
            kind: kind?,
            start_period: start_period?,
            objective: objective?,
            code: code?,
            program: program?,
            legal_instrument: decree?.map(|it| it.id),
            partner_units: partner_units?,
            plan: plan?,
            indicators: indicators?,
            estimated_amount: amount?,
            funding_kind: funding?,
            measure: measure?,
        })
    }
}

/// Reads names, each once.
fn read_names<T: PartialEq>(
    field: &str,
    wire: &[String],
    read: impl Fn(&str) -> Result<T, InvalidText>,
    bad: &mut Invalid,
) -> Option<Vec<T>> {
    if !bad.at_most(field, wire.len(), MOST_NAMES) {
        return None;
    }
    let mut names = Vec::new();
    let mut is_good = true;
    for (place, name) in wire.iter().enumerate() {
        let field = format!("{field}[{place}]");
        match bad.take(field.clone(), read(name)) {
            Some(name) if names.contains(&name) => {
                bad.add(field, "DUPLICATE", "is named twice", "bị nêu hai lần");
                is_good = false;
            }
            Some(name) => names.push(name),
            None => is_good = false,
        }
    }
    is_good.then_some(names)
}

impl Plan {
    /// Reads planned days; the last one does not come before the first.
    pub(crate) fn read(
        field: &str,
        start: &str,
        end: &str,
        deadline_text: &str,
        bad: &mut Invalid,
    ) -> Option<Self> {
        let start = optional_date(&format!("{field}.plan_start_date"), start, bad);
        let end = optional_date(&format!("{field}.plan_end_date"), end, bad);
        let deadline = bad.optional_line(format!("{field}.deadline_text"), deadline_text, 300);
        if let (Some(Some(start)), Some(Some(end))) = (start, end)
            && end < start
        {
            bad.add(
                format!("{field}.plan_end_date"),
                "OUT_OF_RANGE",
                format!("{end} is before the first day, {start}"),
                format!("ngày {end} trước ngày bắt đầu, {start}"),
            );
            return None;
        }
        Some(Self {
            start: start?,
            end: end?,
            deadline_text: deadline?,
        })
    }
}

impl Measure {
    fn read(field: &str, wire: &pb::Project, bad: &mut Invalid) -> Option<Self> {
        let method = match wire.completion_method {
            0 => Some(Method::Estimate),
            sent => Method::from_wire(&format!("{field}.completion_method"), sent, bad),
        };
        let at = format!("{field}.planned_quantity");
        let planned = bad.optional::<Decimal>(at.clone(), &wire.planned_quantity);
        let unit = bad.optional_line(format!("{field}.quantity_unit"), &wire.quantity_unit, 50);
        let (method, planned, quantity_unit) = (method?, planned?, unit?);
        if planned.is_some_and(|it| it <= Decimal::ZERO) {
            let (en, vi) = ("has to be above 0", "phải lớn hơn 0");
            bad.add(at, "OUT_OF_RANGE", en, vi);
            return None;
        }
        if method == Method::Quantity && planned.is_none() {
            bad.missing(at);
            return None;
        }
        Some(Self {
            method,
            planned_quantity: planned,
            quantity_unit,
        })
    }
}

#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_estimate(field: &str, wire: Option<i64>, bad: &mut Invalid) -> Option<Option<Money>> {
    if wire.is_some_and(|it| it < 0) {
        bad.add(field, "OUT_OF_RANGE", "is below 0 đồng", "nhỏ hơn 0 đồng");
        return None;
    }
    Some(wire.map(Money::new))
}

#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_funding(field: &str, wire: i32, bad: &mut Invalid) -> Option<Option<FundingKind>> {
    match wire {
        0 => Some(None),
        sent => {
            choice::from_wire(&FundingKind::ALL, FundingKind::to_wire, field, sent, bad).map(Some)
        }
    }
}

impl TryFrom<pb::CreateProjectRequest> for CreateProject {
    type Error = Invalid;

    fn try_from(request: pb::CreateProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = request.project.unwrap_or_default();
        let id = bad.take(
            "project_id",
            types::ids::ProjectId::new(&request.project_id),
        );
        let owner_unit = bad.required("project.owner_unit", &project.owner_unit);
        let ordinal = read_ordinal("project.ordinal", project.ordinal, &mut bad);
        let content = Content::read("project", project, &mut bad);
        let (Some(id), Some(owner_unit), Some(ordinal), Some(content)) =
            (id, owner_unit, ordinal, content)
        else {
            return Err(bad);
        };
        Ok(Self {
            id,
            owner_unit,
            ordinal,
            content,
        })
    }
}

/// Reads a place in the table; 0 leaves the choice to us.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
pub(super) fn read_ordinal(field: &str, wire: i32, bad: &mut Invalid) -> Option<Option<i32>> {
    match wire {
        0 => Some(None),
        1..=MOST_PROJECTS => Some(Some(wire)),
        _ => {
            bad.add(
                field,
                "OUT_OF_RANGE",
                format!("{wire} is not between 1 and {MOST_PROJECTS}"),
                format!("{wire} không nằm trong khoảng từ 1 đến {MOST_PROJECTS}"),
            );
            None
        }
    }
}

impl TryFrom<pb::UpdateProjectRequest> for UpdateProject {
    type Error = Invalid;

    fn try_from(request: pb::UpdateProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = request.project.unwrap_or_default();
        let id = bad.required("project.name", &sent.name);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, change::KNOWN, &change::OUTPUT, &mut bad);
        let (Some(id), true) = (id, bad.is_empty()) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            change: Change { sent, mask },
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::GetProjectRequest> for GetProject {
    type Error = Invalid;

    fn try_from(request: pb::GetProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(|id| Self { id }).ok_or(bad)
    }
}

impl TryFrom<pb::ListProjectsRequest> for ListProjects {
    type Error = Invalid;

    fn try_from(request: pb::ListProjectsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let owner_unit = bad.required("owner_unit", &request.owner_unit);
        let mut states = Vec::new();
        if bad.at_most("states", request.states.len(), State::ALL.len()) {
            for (place, sent) in request.states.iter().enumerate() {
                states.extend(State::from_wire(
                    &format!("states[{place}]"),
                    *sent,
                    &mut bad,
                ));
            }
        }
        let mut kinds = Vec::new();
        if bad.at_most("kinds", request.kinds.len(), ProjectKind::ALL.len()) {
            for (place, sent) in request.kinds.iter().enumerate() {
                kinds.extend(ProjectKind::from_wire(
                    &format!("kinds[{place}]"),
                    *sent,
                    &mut bad,
                ));
            }
        }
        let program = bad.optional_line("program", &request.program, 500);
        let search = bad.optional_line("search", &request.search, 200);
        let indicator = bad.optional("indicator", &request.indicator);
        let (Some(owner_unit), Some(program), Some(search), Some(indicator), true) =
            (owner_unit, program, search, indicator, bad.is_empty())
        else {
            return Err(bad);
        };
        Ok(Self {
            owner_unit,
            include_subtree: request.include_subtree,
            filter: Filter {
                states,
                kinds,
                program: fold(&program),
                search: fold(&search),
                indicator,
            },
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

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
            ..shown.project.into()
        }
    }
}

impl ProjectKind {
    fn to_wire(self) -> pb::ProjectKind {
        match self {
            Self::Project => pb::ProjectKind::Project,
            Self::Task => pb::ProjectKind::Task,
            Self::Activity => pb::ProjectKind::Activity,
            Self::Procurement => pb::ProjectKind::Procurement,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
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

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}

impl State {
    fn to_wire(self) -> pb::ProjectState {
        match self {
            Self::Proposed => pb::ProjectState::Proposed,
            Self::Approved => pb::ProjectState::Approved,
            Self::InProgress => pb::ProjectState::InProgress,
            Self::Suspended => pb::ProjectState::Suspended,
            Self::Completed => pb::ProjectState::Completed,
            Self::Cancelled => pb::ProjectState::Cancelled,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
