//! The tasks of a project: who does what by when, and how far it has come. Their weights
//! make the completion of a project that is found by milestones.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    date::vietnam_date,
    ids::{ProjectId, UnitId},
    period::Period,
    violations::Invalid,
};

use crate::{
    charge,
    deadline::{self, Events},
    entry::TASKS,
    project::{self, ListEntries, Project},
    reason::TASKS_FULL,
};

mod change;
pub(crate) mod rpc;
pub(crate) mod store;
mod wire;

/// A project has at most so many tasks, so that its completion can be found from all.
const MOST_TASKS: u64 = 500;

/// A piece of work of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Task {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) content: Content,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What is said of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Content {
    pub(crate) title: String,
    /// None = the unit in charge of the project.
    pub(crate) assignee: Option<UnitId>,
    pub(crate) due: Option<NaiveDate>,
    pub(crate) due_text: String,
    pub(crate) plan_period: Option<Period>,
    pub(crate) weight: i64,
    pub(crate) progress: TaskProgress,
    pub(crate) result_text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum TaskProgress {
    NotStarted,
    InProgress,
    Done,
    Cancelled,
}

/// Adds a task.
#[derive(Debug)]
pub(crate) struct CreateTask {
    pub(crate) project: ProjectId,
    pub(crate) content: Content,
}

/// Changes a task.
#[derive(Debug)]
pub(crate) struct UpdateTask {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) change: change::Change,
    pub(crate) etag: String,
}

/// Asks for one task.
#[derive(Debug)]
pub(crate) struct GetTask {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
}

/// A task as it stands today.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) task: Task,
    /// The day it is due, as far as it is known.
    pub(crate) due: Option<NaiveDate>,
    pub(crate) overdue: bool,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Tasks {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Adds a task to a project.
    pub(crate) async fn create(&self, tx: &Tx, actor: &Actor, new: CreateTask) -> Result<Shown> {
        let project = project::locked(&self.access, tx, actor, &new.project).await?;
        let today = charge::only(vietnam_date(tx.now()));
        charge::in_charge(&self.access, actor, &project.owner_unit, today).await?;
        self.assignee_exists(actor, &new.content).await?;
        if store::count(&tx.db, &project.id).await? >= MOST_TASKS {
            let facts = [
                ("project", project.id.name()),
                ("most", MOST_TASKS.to_string()),
            ];
            return Err(Error::rule(&TASKS_FULL, facts));
        }
        let number = project::store::next_entry(&tx.db, &project.id).await?;
        let task = Task {
            project: project.id.clone(),
            number,
            content: new.content,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &task).await?;
        tx.record(Action::Created, &task.name(), None, Some(&task))
            .await?;
        self.shown_one(&tx.db, &project, task).await
    }

    /// Changes a task.
    pub(crate) async fn update(&self, tx: &Tx, actor: &Actor, update: UpdateTask) -> Result<Shown> {
        let project = project::locked(&self.access, tx, actor, &update.project).await?;
        let before = store::find(&tx.db, &project.id, update.number).await?;
        let before = before.ok_or_else(|| missing(&project.id, update.number))?;
        etag::check(&update.etag, before.version)?;
        let today = charge::only(vietnam_date(tx.now()));
        charge::in_charge(&self.access, actor, &project.owner_unit, today).await?;
        let content = update.change.apply(&before)?;
        if content.assignee != before.content.assignee {
            self.assignee_exists(actor, &content).await?;
        }
        let after = Task {
            content,
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::update(&tx.db, &after).await?;
        let name = after.name();
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        self.shown_one(&tx.db, &project, after).await
    }

    /// Reads one task.
    pub(crate) async fn get(&self, actor: &Actor, get: GetTask) -> Result<Shown> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &get.project).await?;
        let found = store::find(db, &project.id, get.number).await?;
        let task = found.ok_or_else(|| missing(&project.id, get.number))?;
        self.shown_one(db, &project, task).await
    }

    /// Lists the tasks of a project, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListEntries,
    ) -> Result<(Vec<Shown>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("tasks {}", project.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let tasks = store::list(db, &project.id, after, page.limit()).await?;
        let (tasks, next) = page.close(tasks, |it| it.number.to_string())?;
        Ok((self.shown(db, &project, tasks).await?, next))
    }

    async fn shown_one(
        &self,
        db: &impl ConnectionTrait,
        project: &Project,
        task: Task,
    ) -> Result<Shown> {
        let mut shown = self.shown(db, project, vec![task]).await?;
        shown.pop().ok_or_else(|| Error::internal("a task is gone"))
    }

    /// Puts beside tasks of a project what its events and the day say of them.
    async fn shown(
        &self,
        db: &impl ConnectionTrait,
        project: &Project,
        tasks: Vec<Task>,
    ) -> Result<Vec<Shown>> {
        let today = vietnam_date(self.db.clock().now());
        let waits = tasks
            .iter()
            .any(|it| deadline::waits_for_money(&it.content.due_text));
        let events = deadline::events_of(db, &[(project, waits)], today).await?;
        let events = events.get(&project.id).copied().unwrap_or_default();
        let shown = tasks.into_iter().map(|it| it.shown(today, &events));
        Ok(shown.collect())
    }

    async fn assignee_exists(&self, actor: &Actor, content: &Content) -> Result<()> {
        let Some(unit) = &content.assignee else {
            return Ok(());
        };
        let mut bad = Invalid::default();
        if self.access.unit_days(actor, &[unit]).await? == [None] {
            charge::no_such_unit("task.assignee_unit".into(), unit, &mut bad);
        }
        Ok(bad.check()?)
    }
}

fn missing(project: &ProjectId, number: i64) -> Error {
    Error::not_found("TASK", TASKS.name(project, number))
}

impl Task {
    pub(crate) fn name(&self) -> String {
        TASKS.name(&self.project, self.number)
    }

    fn shown(self, today: NaiveDate, events: &Events) -> Shown {
        let due = deadline::day(&self.content.due_text, self.content.due, events);
        let overdue = self.content.is_open() && due.is_some_and(|due| due < today);
        Shown {
            task: self,
            due,
            overdue,
        }
    }
}

impl Content {
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.progress, TaskProgress::Done | TaskProgress::Cancelled)
    }
}

impl TaskProgress {
    pub(crate) const ALL: [Self; 4] = [
        Self::NotStarted,
        Self::InProgress,
        Self::Done,
        Self::Cancelled,
    ];

    /// Returns the words that reports print for it.
    pub(crate) fn to_vietnamese(self) -> &'static str {
        match self {
            Self::NotStarted => "Chưa thực hiện",
            Self::InProgress => "Đang thực hiện",
            Self::Done => "Đã hoàn thành",
            Self::Cancelled => "Không thực hiện nữa",
        }
    }
}
