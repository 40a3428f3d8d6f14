//! The allocation table; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::{
    ids::{DecisionId, Principal, ProjectId},
    money::Money,
};

use super::{Allocation, Booking, FundingSource};
use crate::choice;

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
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, allocation: &Allocation) -> Result<()> {
    let row = row::ActiveModel {
        project_id: Set(allocation.project.as_str().into()),
        number: Set(allocation.number),
        decision_id: Set(allocation.decision.as_str().into()),
        amount_vnd: Set(allocation.amount.vnd()),
        fiscal_year: Set(allocation.fiscal_year.into()),
        funding_source: Set(allocation.funding_source.as_word().into()),
        note: Set(allocation.note.clone()),
        principal: Set(allocation.principal.name()),
        create_micros: Set(allocation.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns the allocations of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    after: i64,
    limit: u64,
) -> Result<Vec<Allocation>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Allocation::try_from).collect()
}

/// Returns what was booked on a decision, for which projects and years. The rows are added up
/// outside: the databases disagree on sums that pass 64 bits.
pub(crate) async fn of_decision(
    db: &impl ConnectionTrait,
    decision: &DecisionId,
) -> Result<Vec<Booking>> {
    let rows: Vec<(String, i64, i64)> = row::Entity::find()
        .select_only()
        .column(row::Column::ProjectId)
        .column(row::Column::FiscalYear)
        .column(row::Column::AmountVnd)
        .filter(row::Column::DecisionId.eq(decision.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(id, fiscal_year, vnd)| {
            Ok(Booking {
                project: ProjectId::new(&id).map_err(Error::internal)?,
                fiscal_year: i32::try_from(fiscal_year).map_err(Error::internal)?,
                amount: Money::new(vnd),
            })
        })
        .collect()
}

/// Returns every amount that was booked for a project.
pub(super) async fn amounts(db: &impl ConnectionTrait, project: &ProjectId) -> Result<Vec<Money>> {
    let rows: Vec<i64> = row::Entity::find()
        .select_only()
        .column(row::Column::AmountVnd)
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(Money::new).collect())
}

/// Returns the allocations of these projects for one budget year.
pub(crate) async fn of_year(
    db: &impl ConnectionTrait,
    projects: &[&str],
    fiscal_year: i32,
) -> Result<Vec<Allocation>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(row::Column::FiscalYear.eq(fiscal_year))
        .all(db)
        .await?;
    rows.into_iter().map(Allocation::try_from).collect()
}

impl TryFrom<row::Model> for Allocation {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let (all, word) = (FundingSource::ALL, row.funding_source);
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            decision: DecisionId::new(&row.decision_id).map_err(Error::internal)?,
            amount: Money::new(row.amount_vnd),
            fiscal_year: i32::try_from(row.fiscal_year).map_err(Error::internal)?,
            funding_source: choice::from_word(&all, FundingSource::as_word, &word)?,
            note: row.note,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}

impl FundingSource {
    fn as_word(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Province => "province",
            Self::District => "district",
            Self::Commune => "commune",
            Self::Socialised => "socialised",
            Self::Other => "other",
        }
    }
}
