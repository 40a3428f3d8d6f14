//! The table of requests for money; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::{
    ids::{Principal, ProjectId},
    money::Money,
    period::Period,
};

use super::SupplementaryRequest;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "supplementary_requests")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) period: String,
        pub(super) amount_vnd: Option<i64>,
        pub(super) justification: String,
        pub(super) principal: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    request: &SupplementaryRequest,
) -> Result<()> {
    let row = row::ActiveModel {
        project_id: Set(request.project.as_str().into()),
        number: Set(request.number),
        period: Set(request.period.to_string()),
        amount_vnd: Set(request.amount.map(Money::vnd)),
        justification: Set(request.justification.clone()),
        principal: Set(request.principal.name()),
        create_micros: Set(request.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns the requests of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    after: i64,
    limit: u64,
) -> Result<Vec<SupplementaryRequest>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter()
        .map(SupplementaryRequest::try_from)
        .collect()
}

/// Returns what was asked for these projects in exactly one period.
pub(crate) async fn of_period(
    db: &impl ConnectionTrait,
    projects: &[&str],
    period: Period,
) -> Result<Vec<SupplementaryRequest>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(row::Column::Period.eq(period.to_string()))
        .all(db)
        .await?;
    rows.into_iter()
        .map(SupplementaryRequest::try_from)
        .collect()
}

impl TryFrom<row::Model> for SupplementaryRequest {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            period: row.period.parse().map_err(Error::internal)?,
            amount: row.amount_vnd.map(Money::new),
            justification: row.justification,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}
