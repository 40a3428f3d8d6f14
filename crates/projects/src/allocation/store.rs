//! The allocation table; the only file that knows its columns.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*, sea_query::Expr,
};
use types::{
    ids::{DecisionId, Principal, ProjectId},
    money::Money,
};

use super::{Allocation, AllocationKind};
use crate::{
    budget_line::{
        LineId, Uncovered,
        store::{line_id, on_line},
    },
    choice, decision,
    reason::ENTRY_REVERSED,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "allocations")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) decision_id: String,
        pub(super) amount_vnd: i64,
        pub(super) fiscal_year: i64,
        pub(super) funding_source: String,
        pub(super) note: String,
        pub(super) principal: String,
        pub(super) create_micros: i64,
        pub(super) cost_type: String,
        pub(super) unit: String,
        pub(super) kind: String,
        pub(super) by_decision: Option<String>,
        pub(super) reverses: Option<i64>,
        pub(super) counterpart: Option<i64>,
        pub(super) request_number: Option<i64>,
        pub(super) moved_by: Option<String>,
        pub(super) effective_date: Option<Date>,
        pub(super) repaid_vnd: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, allocation: &Allocation) -> Result<()> {
    let line = &allocation.line;
    let by = allocation.by_decision.as_ref();
    let row = row::ActiveModel {
        project_id: Set(allocation.project.as_str().into()),
        number: Set(allocation.number),
        decision_id: Set(allocation.decision.as_str().into()),
        amount_vnd: Set(allocation.amount.vnd()),
        fiscal_year: Set(line.fiscal_year.into()),
        funding_source: Set(line.source.as_word().into()),
        note: Set(allocation.note.clone()),
        principal: Set(allocation.principal.name()),
        create_micros: Set(allocation.create_time.timestamp_micros()),
        cost_type: Set(line.cost_type.as_word().into()),
        unit: Set(line.unit.as_str().into()),
        kind: Set(allocation.kind.as_word().into()),
        by_decision: Set(by.map(|it| it.as_str().into())),
        reverses: Set(allocation.reverses),
        counterpart: Set(allocation.counterpart),
        request_number: Set(allocation.request),
        moved_by: Set(allocation.moved_by.as_ref().map(|it| it.as_str().into())),
        effective_date: Set(Some(allocation.effective)),
        repaid_vnd: Set(allocation.repaid.vnd()),
    };
    // The number is new, so what is taken is the entry that is reversed.
    let reversed = || Error::rule(&ENTRY_REVERSED, [("entry", allocation.name())]);
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, reversed))?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    number: i64,
) -> Result<Option<Allocation>> {
    let row = row::Entity::find_by_id((project.as_str().to_owned(), number))
        .one(db)
        .await?;
    row.map(Allocation::try_from).transpose()
}

/// Returns the allocations of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    line: Option<&LineId>,
    after: i64,
    limit: u64,
) -> Result<Vec<Allocation>> {
    let mut rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit);
    if let Some(line) = line {
        rows = rows.filter(on_line(line));
    }
    let rows = rows.all(db).await?;
    rows.into_iter().map(Allocation::try_from).collect()
}

/// Returns what was entered on a line of the money of one decision that another, or none,
/// moved there. It is added up outside: the databases disagree on sums that pass 64 bits.
pub(super) async fn held(
    db: &impl ConnectionTrait,
    line: &LineId,
    decision: &DecisionId,
    moved_by: Option<&DecisionId>,
) -> Result<Vec<Money>> {
    let is_so_moved = match moved_by {
        Some(it) => row::Column::MovedBy.eq(it.as_str()),
        None => row::Column::MovedBy.is_null(),
    };
    let rows: Vec<i64> = row::Entity::find()
        .select_only()
        .column(row::Column::AmountVnd)
        .filter(on_line(line))
        .filter(row::Column::DecisionId.eq(decision.as_str()))
        .filter(is_so_moved)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(Money::new).collect())
}

/// Chooses entries of money that no decision in force carries: the one that granted it, or the
/// one that moved it to the line, has ended.
pub(crate) fn is_void() -> Condition {
    Condition::any()
        .add(Expr::col("decision_id").in_subquery(decision::store::void()))
        .add(Expr::col("moved_by").in_subquery(decision::store::void()))
}

/// Returns what lines of some projects hold of decisions that are not in force any more.
pub(crate) async fn uncovered(
    db: &impl ConnectionTrait,
    projects: &[&str],
) -> Result<BTreeMap<LineId, Uncovered>> {
    let mut by_line: BTreeMap<LineId, Uncovered> = BTreeMap::new();
    let permissions = decision::store::permitting;
    for is_permitted in [false, true] {
        let of_kind = match is_permitted {
            true => row::Column::DecisionId.in_subquery(permissions()),
            false => row::Column::DecisionId.not_in_subquery(permissions()),
        };
        let rows = row::Entity::find()
            .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
            .filter(is_void())
            .filter(of_kind)
            .all(db)
            .await?;
        for row in rows {
            let sums = by_line.entry(row.line()?).or_default();
            let sum = match is_permitted {
                true => &mut sums.permitted,
                false => &mut sums.granted,
            };
            *sum = super::sum([*sum, Money::new(row.amount_vnd)])?;
        }
    }
    Ok(by_line)
}

/// Returns the day from which the first money, or the first permission, of each line of some
/// projects counts. What was reversed was never given.
pub(crate) async fn first_days(
    db: &impl ConnectionTrait,
    projects: &[&str],
) -> Result<BTreeMap<LineId, NaiveDate>> {
    let reversed = row::Entity::find()
        .select_only()
        .column(row::Column::Reverses)
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(row::Column::Reverses.is_not_null());
    let mut gone = BTreeSet::new();
    let reversed = reversed.column(row::Column::ProjectId);
    let pairs: Vec<(Option<i64>, String)> = reversed.into_tuple().all(db).await?;
    for (number, project) in pairs {
        gone.extend(number.map(|it| (project, it)));
    }
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(row::Column::AmountVnd.gt(0))
        .filter(row::Column::Reverses.is_null())
        .all(db)
        .await?;
    let mut days: BTreeMap<LineId, NaiveDate> = BTreeMap::new();
    for row in rows {
        let Some(day) = row.effective_date else {
            continue;
        };
        let line = row.line()?;
        if gone.contains(&(row.project_id, row.number)) {
            continue;
        }
        let first = days.entry(line).or_insert(day);
        *first = Ord::min(day, *first);
    }
    Ok(days)
}

/// Returns the allocations of these projects for one budget year. What only lets a line spend
/// ahead is no money.
pub(crate) async fn of_year(
    db: &impl ConnectionTrait,
    projects: &[&str],
    fiscal_year: i32,
) -> Result<Vec<Allocation>> {
    let permissions = decision::store::permitting();
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(row::Column::FiscalYear.eq(fiscal_year))
        .filter(row::Column::DecisionId.not_in_subquery(permissions))
        .all(db)
        .await?;
    rows.into_iter().map(Allocation::try_from).collect()
}

impl row::Model {
    fn line(&self) -> Result<LineId> {
        line_id(
            &self.project_id,
            self.fiscal_year,
            &self.funding_source,
            &self.cost_type,
            &self.unit,
        )
    }
}

impl TryFrom<row::Model> for Allocation {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let by = row.by_decision.as_deref().map(DecisionId::new);
        let moved_by = row.moved_by.as_deref().map(DecisionId::new);
        let effective = row.effective_date;
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            line: row.line()?,
            decision: DecisionId::new(&row.decision_id).map_err(Error::internal)?,
            moved_by: moved_by.transpose().map_err(Error::internal)?,
            by_decision: by.transpose().map_err(Error::internal)?,
            effective: effective.ok_or_else(|| Error::internal("an allocation has a day"))?,
            kind: choice::from_word(&AllocationKind::ALL, AllocationKind::as_word, &row.kind)?,
            amount: Money::new(row.amount_vnd),
            repaid: Money::new(row.repaid_vnd),
            fiscal_year: i32::try_from(row.fiscal_year).map_err(Error::internal)?,
            reverses: row.reverses,
            counterpart: row.counterpart,
            request: row.request_number,
            note: row.note,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}

impl AllocationKind {
    fn as_word(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Permit => "permit",
            Self::Recall => "recall",
            Self::Move => "move",
            Self::Cover => "cover",
            Self::Reversal => "reversal",
        }
    }
}
