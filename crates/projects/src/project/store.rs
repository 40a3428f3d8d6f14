//! The project table; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, ExprTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
    sea_query::Expr,
};
use types::ids::{ProjectId, UnitId};

use super::{Project, ProjectKind};
use crate::choice;

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
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, project: &Project) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(project.id.as_str().into()),
        display_name: Set(project.display_name.clone()),
        kind: Set(project.kind.as_word().into()),
        owner_unit: Set(project.owner_unit.as_str().into()),
        start_period: Set(project.start_period.to_string()),
        ordinal: Set(project.ordinal.into()),
        objective: Set(project.objective.clone()),
        last_entry: Set(0),
        create_micros: Set(project.create_time.timestamp_micros()),
        update_micros: Set(project.update_time.timestamp_micros()),
        version: Set(project.version),
    };
    // The id and the place were free a moment ago, so another caller has just come first.
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: &ProjectId) -> Result<Option<Project>> {
    let row = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(Project::try_from).transpose()
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

/// Returns the places of a unit's table that are taken.
pub(super) async fn ordinals(db: &impl ConnectionTrait, unit: &UnitId) -> Result<Vec<i32>> {
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

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: ProjectId::new(&row.id).map_err(Error::internal)?,
            display_name: row.display_name,
            kind: choice::from_word(&ProjectKind::ALL, ProjectKind::as_word, &row.kind)?,
            owner_unit: UnitId::new(&row.owner_unit).map_err(Error::internal)?,
            start_period: row.start_period.parse().map_err(Error::internal)?,
            ordinal: i32::try_from(row.ordinal).map_err(Error::internal)?,
            objective: row.objective,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl ProjectKind {
    fn as_word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Task => "task",
        }
    }
}
