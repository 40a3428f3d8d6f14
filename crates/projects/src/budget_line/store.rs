//! The table of lines; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, Condition, ExprTrait, QueryFilter, entity::prelude::*};
use types::{
    ids::{DecisionId, Principal, ProjectId, UnitId},
    money::Money,
};

use super::{BudgetLine, CostType, FundingSource, LineId, Settlement, Totals};
use crate::choice;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "budget_lines")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) fiscal_year: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) funding_source: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) cost_type: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit: String,
        pub(super) planned_vnd: Option<i64>,
        pub(super) note: String,
        pub(super) allocated_vnd: i64,
        pub(super) permitted_vnd: i64,
        pub(super) committed_vnd: i64,
        pub(super) advanced_vnd: i64,
        pub(super) paid_vnd: i64,
        pub(super) settled_vnd: Option<i64>,
        pub(super) settle_decision: Option<String>,
        pub(super) settle_principal: Option<String>,
        pub(super) settle_micros: Option<i64>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
        pub(super) repaid_vnd: i64,
        pub(super) contract_advanced_vnd: i64,
        pub(super) contract_paid_vnd: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) async fn insert(db: &impl ConnectionTrait, line: &BudgetLine) -> Result<()> {
    let row = row::ActiveModel {
        project_id: Set(line.id.project.as_str().into()),
        fiscal_year: Set(line.id.fiscal_year.into()),
        funding_source: Set(line.id.source.as_word().into()),
        cost_type: Set(line.id.cost_type.as_word().into()),
        unit: Set(line.id.unit.as_str().into()),
        create_micros: Set(line.create_time.timestamp_micros()),
        ..columns(line)
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("BUDGET_LINE", &line.id)))?;
    Ok(())
}

/// Writes a change, if the line is still as it was read.
pub(crate) async fn save(
    db: &impl ConnectionTrait,
    before: &BudgetLine,
    after: &BudgetLine,
) -> Result<()> {
    let written = row::Entity::update_many()
        .set(columns(after))
        .filter(on_line(&before.id))
        .filter(row::Column::Version.eq(before.version))
        .exec(db)
        .await?;
    if written.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// Everything about a line that may change.
fn columns(line: &BudgetLine) -> row::ActiveModel {
    let settlement = line.settlement.as_ref();
    row::ActiveModel {
        planned_vnd: Set(line.planned.map(Money::vnd)),
        note: Set(line.note.clone()),
        allocated_vnd: Set(line.totals.allocated.vnd()),
        permitted_vnd: Set(line.totals.permitted.vnd()),
        committed_vnd: Set(line.totals.committed.vnd()),
        advanced_vnd: Set(line.totals.advanced.vnd()),
        paid_vnd: Set(line.totals.paid.vnd()),
        repaid_vnd: Set(line.totals.repaid.vnd()),
        contract_advanced_vnd: Set(line.totals.contract_advanced.vnd()),
        contract_paid_vnd: Set(line.totals.contract_paid.vnd()),
        settled_vnd: Set(settlement.map(|it| it.amount.vnd())),
        settle_decision: Set(settlement.map(|it| it.decision.as_str().into())),
        settle_principal: Set(settlement.map(|it| it.principal.name())),
        settle_micros: Set(settlement.map(|it| it.settle_time.timestamp_micros())),
        update_micros: Set(line.update_time.timestamp_micros()),
        version: Set(line.version),
        ..Default::default()
    }
}

/// Tells the rows of one line. Every table of what is entered on lines has these columns.
pub(crate) fn on_line(id: &LineId) -> Condition {
    Condition::all()
        .add(Expr::col("project_id").eq(id.project.as_str()))
        .add(Expr::col("fiscal_year").eq(i64::from(id.fiscal_year)))
        .add(Expr::col("funding_source").eq(id.source.as_word()))
        .add(Expr::col("cost_type").eq(id.cost_type.as_word()))
        .add(Expr::col("unit").eq(id.unit.as_str()))
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: &LineId) -> Result<Option<BudgetLine>> {
    let row = row::Entity::find().filter(on_line(id)).one(db).await?;
    row.map(BudgetLine::try_from).transpose()
}

/// Returns the lines of a project.
pub(super) async fn of_project(
    db: &impl ConnectionTrait,
    project: &ProjectId,
) -> Result<Vec<BudgetLine>> {
    of_projects(db, &[project.as_str()]).await
}

/// Returns the lines of some projects, at most 500 of them.
pub(crate) async fn of_projects(
    db: &impl ConnectionTrait,
    projects: &[&str],
) -> Result<Vec<BudgetLine>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .all(db)
        .await?;
    rows.into_iter().map(BudgetLine::try_from).collect()
}

/// Makes a key of its columns, which are the same in every table of entries.
pub(crate) fn line_id(
    project: &str,
    fiscal_year: i64,
    source: &str,
    cost_type: &str,
    unit: &str,
) -> Result<LineId> {
    Ok(LineId {
        project: ProjectId::new(project).map_err(Error::internal)?,
        fiscal_year: i32::try_from(fiscal_year).map_err(Error::internal)?,
        source: choice::from_word(&FundingSource::ALL, FundingSource::as_word, source)?,
        cost_type: choice::from_word(&CostType::ALL, CostType::as_word, cost_type)?,
        unit: UnitId::new(unit).map_err(Error::internal)?,
    })
}

impl TryFrom<row::Model> for BudgetLine {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let settlement = match (
            row.settled_vnd,
            row.settle_decision,
            row.settle_principal,
            row.settle_micros,
        ) {
            (Some(vnd), Some(decision), Some(principal), Some(micros)) => Some(Settlement {
                decision: DecisionId::new(&decision).map_err(Error::internal)?,
                amount: Money::new(vnd),
                principal: Principal::from_name(&principal).map_err(Error::internal)?,
                settle_time: instant(micros)?,
            }),
            _ => None,
        };
        Ok(Self {
            id: line_id(
                &row.project_id,
                row.fiscal_year,
                &row.funding_source,
                &row.cost_type,
                &row.unit,
            )?,
            planned: row.planned_vnd.map(Money::new),
            note: row.note,
            totals: Totals {
                allocated: Money::new(row.allocated_vnd),
                permitted: Money::new(row.permitted_vnd),
                committed: Money::new(row.committed_vnd),
                advanced: Money::new(row.advanced_vnd),
                paid: Money::new(row.paid_vnd),
                repaid: Money::new(row.repaid_vnd),
                contract_advanced: Money::new(row.contract_advanced_vnd),
                contract_paid: Money::new(row.contract_paid_vnd),
            },
            settlement,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
