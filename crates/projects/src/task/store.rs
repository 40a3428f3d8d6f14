//! The task table; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::ids::{ProjectId, UnitId};

use super::{Content, Task, TaskProgress};
use crate::{choice, columns::AT_ONCE};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tasks")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) title: String,
        pub(super) assignee_unit: Option<String>,
        pub(super) due_date: Option<Date>,
        pub(super) due_text: String,
        pub(super) plan_period: Option<String>,
        pub(super) weight: i64,
        pub(super) progress: String,
        pub(super) result_text: String,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn active(task: &Task) -> row::ActiveModel {
    let content = &task.content;
    row::ActiveModel {
        project_id: Set(task.project.as_str().into()),
        number: Set(task.number),
        title: Set(content.title.clone()),
        assignee_unit: Set(content.assignee.as_ref().map(|it| it.as_str().into())),
        due_date: Set(content.due),
        due_text: Set(content.due_text.clone()),
        plan_period: Set(content.plan_period.map(|it| it.to_string())),
        weight: Set(content.weight),
        progress: Set(content.progress.as_word().into()),
        result_text: Set(content.result_text.clone()),
        create_micros: Set(task.create_time.timestamp_micros()),
        update_micros: Set(task.update_time.timestamp_micros()),
        version: Set(task.version),
    }
}

pub(super) async fn insert(db: &impl ConnectionTrait, task: &Task) -> Result<()> {
    row::Entity::insert(active(task))
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Writes a task over; the caller holds the lock of its project.
pub(super) async fn update(db: &impl ConnectionTrait, task: &Task) -> Result<()> {
    row::Entity::update_many()
        .set(active(task))
        .filter(row::Column::ProjectId.eq(task.project.as_str()))
        .filter(row::Column::Number.eq(task.number))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    number: i64,
) -> Result<Option<Task>> {
    let key = (project.as_str().to_owned(), number);
    let row = row::Entity::find_by_id(key).one(db).await?;
    row.map(Task::try_from).transpose()
}

pub(super) async fn count(db: &impl ConnectionTrait, project: &ProjectId) -> Result<u64> {
    let all = row::Entity::find().filter(row::Column::ProjectId.eq(project.as_str()));
    Ok(all.count(db).await?)
}

/// Returns the tasks of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    after: i64,
    limit: u64,
) -> Result<Vec<Task>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Task::try_from).collect()
}

/// Returns every task of these projects, of each the oldest first.
pub(crate) async fn of_projects(db: &impl ConnectionTrait, projects: &[&str]) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for part in projects.chunks(AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::ProjectId.is_in(part.iter().copied()))
            .order_by_asc(row::Column::Number)
            .all(db)
            .await?;
        for row in rows {
            tasks.push(Task::try_from(row)?);
        }
    }
    Ok(tasks)
}

impl TryFrom<row::Model> for Task {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let unit = row.assignee_unit.as_deref().map(UnitId::new).transpose();
        let period = row.plan_period.as_deref().map(str::parse).transpose();
        let word = &row.progress;
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            content: Content {
                title: row.title,
                assignee: unit.map_err(Error::internal)?,
                due: row.due_date,
                due_text: row.due_text,
                plan_period: period.map_err(Error::internal)?,
                weight: row.weight,
                progress: choice::from_word(&TaskProgress::ALL, TaskProgress::as_word, word)?,
                result_text: row.result_text,
            },
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl TaskProgress {
    fn as_word(self) -> &'static str {
        match self {
            Self::NotStarted => "not-started",
            Self::InProgress => "in-progress",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}
