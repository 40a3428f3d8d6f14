//! The project table; the only file that knows its columns.

use std::collections::BTreeSet;

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set,
    Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, LikeExpr},
};
use types::{
    ids::{DecisionId, IndicatorId, ProjectId, UnitId},
    money::Money,
    text::fold,
};

use super::{Content, Filter, Measure, Method, Plan, Project, ProjectKind, Standing, State};
use crate::{
    choice, columns,
    instrument::{self, FundingKind},
};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "projects")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) display_name: String,
        pub(super) kind: String,
        pub(super) owner_unit: String,
        pub(super) start_period: String,
        pub(super) ordinal: i64,
        pub(super) objective: String,
        pub(super) last_entry: i64,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
        pub(super) code: Option<String>,
        pub(super) program: Option<String>,
        pub(super) program_key: Option<String>,
        pub(super) search_key: Option<String>,
        pub(super) legal_instrument: Option<String>,
        pub(super) partner_units: Option<String>,
        pub(super) plan_start_date: Option<Date>,
        pub(super) plan_end_date: Option<Date>,
        pub(super) deadline_text: Option<String>,
        pub(super) indicators: Option<String>,
        pub(super) estimated_amount_vnd: Option<i64>,
        pub(super) funding_kind: Option<String>,
        pub(super) completion_method: Option<String>,
        pub(super) planned_units: Option<i64>,
        pub(super) planned_scale: Option<i64>,
        pub(super) quantity_unit: Option<String>,
        pub(super) state: Option<String>,
        pub(super) state_reason: Option<String>,
        pub(super) approval_decision: Option<String>,
        pub(super) approval_date: Option<Date>,
        pub(super) closing_decision: Option<String>,
        pub(super) actual_start_date: Option<Date>,
        pub(super) actual_end_date: Option<Date>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Everything but the id and the count of entries.
fn active(project: &Project) -> row::ActiveModel {
    let (content, standing) = (&project.content, &project.standing);
    let (units, scale) = columns::decimal(content.measure.planned_quantity);
    row::ActiveModel {
        display_name: Set(content.display_name.clone()),
        kind: Set(content.kind.as_word().into()),
        owner_unit: Set(project.owner_unit.as_str().into()),
        start_period: Set(content.start_period.to_string()),
        ordinal: Set(project.ordinal.into()),
        objective: Set(content.objective.clone()),
        create_micros: Set(project.create_time.timestamp_micros()),
        update_micros: Set(project.update_time.timestamp_micros()),
        version: Set(project.version),
        code: Set(Some(content.code.clone())),
        program: Set(Some(content.program.clone())),
        program_key: Set(Some(fold(&content.program))),
        search_key: Set(Some(search_key(&content.display_name, &content.code))),
        legal_instrument: Set(content.legal_instrument.map(Into::into)),
        partner_units: Set(Some(columns::list(
            content.partner_units.iter().map(UnitId::as_str),
        ))),
        plan_start_date: Set(content.plan.start),
        plan_end_date: Set(content.plan.end),
        deadline_text: Set(Some(content.plan.deadline_text.clone())),
        indicators: Set(Some(columns::list(
            content.indicators.iter().map(IndicatorId::as_str),
        ))),
        estimated_amount_vnd: Set(content.estimated_amount.map(Money::vnd)),
        funding_kind: Set(content.funding_kind.map(|it| it.as_word().into())),
        completion_method: Set(Some(content.measure.method.as_word().into())),
        planned_units: Set(units),
        planned_scale: Set(scale),
        quantity_unit: Set(Some(content.measure.quantity_unit.clone())),
        state: Set(Some(standing.state.as_word().into())),
        state_reason: Set(Some(standing.reason.clone())),
        approval_decision: Set(standing
            .approval_decision
            .as_ref()
            .map(|it| it.as_str().into())),
        approval_date: Set(standing.approval_date),
        closing_decision: Set(standing
            .closing_decision
            .as_ref()
            .map(|it| it.as_str().into())),
        actual_start_date: Set(standing.actual_start),
        actual_end_date: Set(standing.actual_end),
        ..Default::default()
    }
}

/// What a search looks through: title and code without case and accents.
pub(crate) fn search_key(display_name: &str, code: &str) -> String {
    fold(&format!("{display_name} {code}"))
}

pub(super) async fn insert(db: &impl ConnectionTrait, project: &Project) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(project.id.as_str().into()),
        last_entry: Set(0),
        ..active(project)
    };
    // The id and the place were free a moment ago, so another caller has just come first.
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Writes a project over, if it is still as it was read.
pub(crate) async fn update(
    db: &impl ConnectionTrait,
    before: &Project,
    after: &Project,
) -> Result<()> {
    let written = row::Entity::update_many()
        .set(active(after))
        .filter(row::Column::Id.eq(before.id.as_str()))
        .filter(row::Column::Version.eq(before.version))
        .exec(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    match written.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Conflict),
    }
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: &ProjectId) -> Result<Option<Project>> {
    let row = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(Project::try_from).transpose()
}

/// Returns the projects of these names.
pub(crate) async fn find_all(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<&ProjectId>,
) -> Result<Vec<Project>> {
    let ids: Vec<_> = ids.iter().map(|it| it.as_str()).collect();
    let mut projects = Vec::with_capacity(ids.len());
    for part in ids.chunks(columns::AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::Id.is_in(part.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            projects.push(Project::try_from(row)?);
        }
    }
    Ok(projects)
}

/// Returns all projects of a unit in the order of its table.
pub(crate) async fn of_unit(db: &impl ConnectionTrait, unit: &UnitId) -> Result<Vec<Project>> {
    let rows = row::Entity::find()
        .filter(row::Column::OwnerUnit.eq(unit.as_str()))
        .order_by_asc(row::Column::Ordinal)
        .all(db)
        .await?;
    rows.into_iter().map(Project::try_from).collect()
}

/// Returns projects of these units after an id, in the order of their ids.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    units: &[UnitId],
    filter: &Filter,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Project>> {
    let mut found = Vec::new();
    // Databases take only so many values in one question; the first lines of all parts
    // together are among the first lines of each.
    for part in units.chunks(columns::AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::OwnerUnit.is_in(part.iter().map(UnitId::as_str)))
            .filter(condition(filter))
            .apply_if(after, |query, after| {
                query.filter(row::Column::Id.gt(after))
            })
            .order_by_asc(row::Column::Id)
            .limit(limit)
            .all(db)
            .await?;
        for row in rows {
            found.push(Project::try_from(row)?);
        }
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn condition(filter: &Filter) -> Condition {
    let mut all = Condition::all();
    if !filter.states.is_empty() {
        let words = filter.states.iter().map(|it| it.as_word());
        all = all.add(row::Column::State.is_in(words));
    }
    if !filter.kinds.is_empty() {
        let words = filter.kinds.iter().map(|it| it.as_word());
        all = all.add(row::Column::Kind.is_in(words));
    }
    if !filter.program.is_empty() {
        all = all.add(row::Column::ProgramKey.eq(filter.program.as_str()));
    }
    if !filter.search.is_empty() {
        all = all.add(holds(row::Column::SearchKey, &filter.search));
    }
    if let Some(indicator) = &filter.indicator {
        let word = columns::list([indicator.as_str()]);
        all = all.add(holds(row::Column::Indicators, &word));
    }
    all
}

/// The databases disagree on `LIKE` in the case of letters and on marks. Both sides are
/// folded here: lower case without marks, so that nothing is left to disagree on.
fn holds(column: row::Column, text: &str) -> Expr {
    const ESCAPE: char = '!';
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(character);
    }
    pattern.push('%');
    column.like(LikeExpr::new(pattern).escape(ESCAPE))
}

/// Returns the places of a unit's table that are taken.
pub(crate) async fn ordinals(db: &impl ConnectionTrait, unit: &UnitId) -> Result<Vec<i32>> {
    let rows: Vec<i64> = row::Entity::find()
        .select_only()
        .column(row::Column::Ordinal)
        .filter(row::Column::OwnerUnit.eq(unit.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|it| i32::try_from(it).map_err(Error::internal))
        .collect()
}

/// Keeps everybody else from changing a project, and from adding to it, until the end of
/// the change.
pub(crate) async fn lock(db: &impl ConnectionTrait, id: &ProjectId) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::Version, Expr::col(row::Column::Version))
        .filter(row::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Counts one entry more under a project and returns its number. Until the change ends
/// nobody else adds to the project, so what is read about it now still holds when the
/// entry is written.
pub(crate) async fn next_entry(db: &impl ConnectionTrait, id: &ProjectId) -> Result<i64> {
    row::Entity::update_many()
        .col_expr(
            row::Column::LastEntry,
            Expr::col(row::Column::LastEntry).add(1),
        )
        .filter(row::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    let number: Option<i64> = row::Entity::find_by_id(id.as_str().to_owned())
        .select_only()
        .column(row::Column::LastEntry)
        .into_tuple()
        .one(db)
        .await?;
    number.ok_or_else(|| Error::internal(format!("`{id}` is gone")))
}

/// Keeps others from adding to a project until the change ends, without adding to it.
pub(crate) async fn hold(db: &impl ConnectionTrait, id: &ProjectId) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::LastEntry, Expr::col(row::Column::LastEntry))
        .filter(row::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the last number given under a project that is held; none when there is no such
/// project.
pub(crate) async fn last_entry(db: &impl ConnectionTrait, id: &ProjectId) -> Result<Option<i64>> {
    let number = row::Entity::find_by_id(id.as_str().to_owned())
        .select_only()
        .column(row::Column::LastEntry)
        .into_tuple()
        .one(db)
        .await?;
    Ok(number)
}

/// Notes the last number given under a project that is held.
pub(crate) async fn advance(db: &impl ConnectionTrait, id: &ProjectId, last: i64) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::LastEntry, Expr::value(last))
        .filter(row::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

impl TryFrom<row::Model> for Project {
    type Error = Error;

    // Rows from before there were plans and states have none of the later columns.
    fn try_from(row: row::Model) -> Result<Self> {
        let funding = row.funding_kind.as_deref();
        let funding =
            funding.map(|it| choice::from_word(&FundingKind::ALL, FundingKind::as_word, it));
        let method = row.completion_method.as_deref().unwrap_or("estimate");
        let state = row.state.as_deref().unwrap_or("proposed");
        let content = Content {
            display_name: row.display_name,
            kind: choice::from_word(&ProjectKind::ALL, ProjectKind::as_word, &row.kind)?,
            start_period: row.start_period.parse().map_err(Error::internal)?,
            objective: row.objective,
            code: row.code.unwrap_or_default(),
            program: row.program.unwrap_or_default(),
            legal_instrument: row.legal_instrument.as_deref().map(known).transpose()?,
            partner_units: columns::read_list(row.partner_units.as_deref(), UnitId::new)?,
            plan: Plan {
                start: row.plan_start_date,
                end: row.plan_end_date,
                deadline_text: row.deadline_text.unwrap_or_default(),
            },
            indicators: columns::read_list(row.indicators.as_deref(), IndicatorId::new)?,
            estimated_amount: row.estimated_amount_vnd.map(Money::new),
            funding_kind: funding.transpose()?,
            measure: Measure {
                method: choice::from_word(&Method::ALL, Method::as_word, method)?,
                planned_quantity: columns::read_decimal(row.planned_units, row.planned_scale)?,
                quantity_unit: row.quantity_unit.unwrap_or_default(),
            },
        };
        let standing = Standing {
            state: choice::from_word(&State::ALL, State::as_word, state)?,
            reason: row.state_reason.unwrap_or_default(),
            approval_decision: decision(row.approval_decision.as_deref())?,
            approval_date: row.approval_date,
            closing_decision: decision(row.closing_decision.as_deref())?,
            actual_start: row.actual_start_date,
            actual_end: row.actual_end_date,
        };
        Ok(Self {
            id: ProjectId::new(&row.id).map_err(Error::internal)?,
            owner_unit: UnitId::new(&row.owner_unit).map_err(Error::internal)?,
            ordinal: i32::try_from(row.ordinal).map_err(Error::internal)?,
            content,
            standing,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

fn known(id: &str) -> Result<&'static str> {
    let found = instrument::find(id).map(|it| it.id);
    found.ok_or_else(|| Error::internal(format!("the decree `{id}` is not in the book any more")))
}

fn decision(id: Option<&str>) -> Result<Option<DecisionId>> {
    id.map(|it| DecisionId::new(it).map_err(Error::internal))
        .transpose()
}

impl ProjectKind {
    fn as_word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Task => "task",
            Self::Activity => "activity",
            Self::Procurement => "procurement",
        }
    }
}

impl Method {
    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::Quantity => "quantity",
            Self::Milestones => "milestones",
        }
    }
}

impl State {
    fn as_word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::InProgress => "in-progress",
            Self::Suspended => "suspended",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}
