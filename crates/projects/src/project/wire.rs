//! Projects from and to the wire.

use kit::mask::Mask;
use proto::{convert::optional_date, projects as pb};
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
    ProjectKind, State, UpdateProject,
    change::{self, Change},
};
use crate::{
    choice,
    instrument::{FundingKind, rpc::read_instrument},
};

mod shown;
mod verbs;

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
