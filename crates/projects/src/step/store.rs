//! The step table; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, PaginatorTrait, QueryFilter, QueryOrder, entity::prelude::*};
use types::ids::ProjectId;

use super::{Skipped, Step, StepState};
use crate::{choice, instrument::Phase};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "steps")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) phase: String,
        pub(super) title: String,
        pub(super) required: i64,
        pub(super) plan_date: Option<Date>,
        pub(super) actual_date: Option<Date>,
        pub(super) document_reference: String,
        pub(super) basis: String,
        pub(super) skip_reason: Option<String>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn active(step: &Step) -> row::ActiveModel {
    row::ActiveModel {
        project_id: Set(step.project.as_str().into()),
        number: Set(step.number),
        phase: Set(step.phase.as_word().into()),
        title: Set(step.title.clone()),
        required: Set(step.required.into()),
        plan_date: Set(step.plan_date),
        actual_date: Set(step.actual_date),
        document_reference: Set(step.document_reference.clone()),
        basis: Set(step.basis.clone()),
        skip_reason: Set(step.skipped.as_ref().map(|it| it.reason.clone())),
        create_micros: Set(step.create_time.timestamp_micros()),
        update_micros: Set(step.update_time.timestamp_micros()),
        version: Set(step.version),
    }
}

pub(super) async fn insert(db: &impl ConnectionTrait, step: &Step) -> Result<()> {
    row::Entity::insert(active(step))
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Writes a step over; the caller holds the lock of its project.
pub(super) async fn update(db: &impl ConnectionTrait, step: &Step) -> Result<()> {
    row::Entity::update_many()
        .set(active(step))
        .filter(row::Column::ProjectId.eq(step.project.as_str()))
        .filter(row::Column::Number.eq(step.number))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    number: i64,
) -> Result<Option<Step>> {
    let key = (project.as_str().to_owned(), number);
    let row = row::Entity::find_by_id(key).one(db).await?;
    row.map(Step::try_from).transpose()
}

pub(super) async fn count(db: &impl ConnectionTrait, project: &ProjectId) -> Result<u64> {
    let all = row::Entity::find().filter(row::Column::ProjectId.eq(project.as_str()));
    Ok(all.count(db).await?)
}

/// Returns all steps of a project, the oldest first.
pub(super) async fn of_project(
    db: &impl ConnectionTrait,
    project: &ProjectId,
) -> Result<Vec<Step>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .order_by_asc(row::Column::Number)
        .all(db)
        .await?;
    rows.into_iter().map(Step::try_from).collect()
}

/// Returns the required steps of a project that are neither done nor skipped.
pub(crate) async fn open_required(
    db: &impl ConnectionTrait,
    project: &ProjectId,
) -> Result<Vec<Step>> {
    let mut steps = of_project(db, project).await?;
    steps.retain(|it| it.required && it.state() == StepState::Open);
    Ok(steps)
}

impl TryFrom<row::Model> for Step {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            phase: choice::from_word(&Phase::ALL, Phase::as_word, &row.phase)?,
            title: row.title,
            required: row.required != 0,
            plan_date: row.plan_date,
            actual_date: row.actual_date,
            document_reference: row.document_reference,
            basis: row.basis,
            skipped: row.skip_reason.map(|reason| Skipped { reason }),
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
