//! The table of baselines; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, entity::prelude::*};
use types::ids::{DecisionId, Principal, ProjectId};

use super::Baseline;
use crate::project::Plan;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "baselines")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) plan_start_date: Option<Date>,
        pub(super) plan_end_date: Option<Date>,
        pub(super) deadline_text: String,
        pub(super) reason: String,
        pub(super) authority: String,
        pub(super) decision_id: Option<String>,
        pub(super) principal: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &Baseline) -> Result<()> {
    let row = row::ActiveModel {
        project_id: Set(it.project.as_str().into()),
        number: Set(it.number),
        plan_start_date: Set(it.plan.start),
        plan_end_date: Set(it.plan.end),
        deadline_text: Set(it.plan.deadline_text.clone()),
        reason: Set(it.reason.clone()),
        authority: Set(it.authority.clone()),
        decision_id: Set(it.decision.as_ref().map(|it| it.as_str().into())),
        principal: Set(it.principal.name()),
        create_micros: Set(it.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns the baselines of a project, the first first.
pub(super) async fn of_project(
    db: &impl ConnectionTrait,
    project: &ProjectId,
) -> Result<Vec<Baseline>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .order_by_asc(row::Column::Number)
        .all(db)
        .await?;
    rows.into_iter().map(Baseline::try_from).collect()
}

impl TryFrom<row::Model> for Baseline {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let decision = row.decision_id.as_deref().map(DecisionId::new).transpose();
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            plan: Plan {
                start: row.plan_start_date,
                end: row.plan_end_date,
                deadline_text: row.deadline_text,
            },
            reason: row.reason,
            authority: row.authority,
            decision: decision.map_err(Error::internal)?,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}
