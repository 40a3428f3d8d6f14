//! The table of hand-overs; the only file that knows its columns.

use std::collections::BTreeSet;

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::{Principal, ProjectId, UnitId};

use super::HandOver;
use crate::columns::AT_ONCE;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "hand_overs")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) from_unit: String,
        pub(super) from_ordinal: i64,
        pub(super) to_unit: String,
        pub(super) effective_date: Date,
        pub(super) reason: String,
        pub(super) principal: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &HandOver) -> Result<()> {
    let row = row::ActiveModel {
        project_id: Set(it.project.as_str().into()),
        number: Set(it.number),
        from_unit: Set(it.from_unit.as_str().into()),
        from_ordinal: Set(it.from_ordinal.into()),
        to_unit: Set(it.to_unit.as_str().into()),
        effective_date: Set(it.effective),
        reason: Set(it.reason.clone()),
        principal: Set(it.principal.name()),
        create_micros: Set(it.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns how one project was passed on, the oldest first.
pub(super) async fn of_project(
    db: &impl ConnectionTrait,
    project: &ProjectId,
) -> Result<Vec<HandOver>> {
    of_projects(db, &[project.as_str()]).await
}

/// Returns how these projects were passed on, each in the order of its days.
pub(super) async fn of_projects(
    db: &impl ConnectionTrait,
    projects: &[&str],
) -> Result<Vec<HandOver>> {
    let mut found = Vec::new();
    for part in projects.chunks(AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::ProjectId.is_in(part.iter().copied()))
            .order_by_asc(row::Column::ProjectId)
            .order_by_asc(row::Column::Number)
            .all(db)
            .await?;
        for row in rows {
            found.push(HandOver::try_from(row)?);
        }
    }
    Ok(found)
}

/// Returns the projects that a unit passed on at some time.
pub(super) async fn projects_given_by(
    db: &impl ConnectionTrait,
    unit: &UnitId,
) -> Result<BTreeSet<ProjectId>> {
    let ids: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::ProjectId)
        .filter(row::Column::FromUnit.eq(unit.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    ids.iter()
        .map(|it| ProjectId::new(it).map_err(Error::internal))
        .collect()
}

impl TryFrom<row::Model> for HandOver {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            from_unit: UnitId::new(&row.from_unit).map_err(Error::internal)?,
            from_ordinal: i32::try_from(row.from_ordinal).map_err(Error::internal)?,
            to_unit: UnitId::new(&row.to_unit).map_err(Error::internal)?,
            effective: row.effective_date,
            reason: row.reason,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}
