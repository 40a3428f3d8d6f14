//! How far a project has come by the end of a period. Entries are only ever added; the
//! one that stands for a period is the one that no other corrects.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    date::vietnam_date,
    decimal::Decimal,
    ids::{Principal, ProjectId},
    percent::Percent,
    period::Period,
};

use crate::{
    charge,
    disbursement::Source,
    entry::PROGRESS,
    project::{self, ListEntries, Method, Project},
    task,
};

pub(crate) mod batch;
mod completion;
pub(crate) mod rpc;
mod rules;
pub(crate) mod store;
mod warning;

pub(crate) use completion::Completion;

/// What was said about a project for one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProgressEntry {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) said: Said,
    /// How completion was found, as the project declared it then.
    pub(crate) method: Method,
    pub(crate) completion: Completion,
    pub(crate) corrects: Option<i64>,
    /// Who sent it, when it was not typed.
    pub(crate) source: Option<Source>,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// What a caller says about a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Said {
    pub(crate) period: Period,
    pub(crate) as_of: Option<NaiveDate>,
    pub(crate) health: Health,
    pub(crate) result_text: String,
    pub(crate) difficulty_text: String,
    pub(crate) note: String,
    /// Why completion falls.
    pub(crate) reason: String,
    pub(crate) plan: Option<PlanAhead>,
}

/// What is planned for a later period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PlanAhead {
    pub(crate) period: Period,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Health {
    NotStarted,
    OnTrack,
    AtRisk,
    Late,
    Blocked,
    Done,
}

/// Records progress for a period.
#[derive(Debug, Clone)]
pub(crate) struct CreateProgressEntry {
    pub(crate) project: ProjectId,
    pub(crate) said: Said,
    /// Completion as the caller sent it.
    pub(crate) percent: Option<Percent>,
    /// Quantity done as the caller sent it.
    pub(crate) done: Option<Decimal>,
    pub(crate) corrects: Option<i64>,
    pub(crate) source: Option<Source>,
}

/// An entry beside what it was entered into.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) entry: ProgressEntry,
    pub(crate) superseded: bool,
    pub(crate) warnings: Vec<warning::Warning>,
}

/// The newest that stands for a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Latest {
    pub(crate) entry: Option<String>,
    pub(crate) completion: Option<Percent>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Progress {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Records progress, or corrects what stands.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateProgressEntry,
    ) -> Result<Shown> {
        let project = project::locked(&self.access, tx, actor, &new.project).await?;
        let days = new.said.period.calendar();
        charge::in_charge(&self.access, actor, &project.owner_unit, days).await?;
        let keys: Vec<_> = new.source.iter().collect();
        if let Some(known) = store::sent(&tx.db, &keys).await?.into_values().next() {
            return Err(Error::taken("PROGRESS_ENTRY", known.name()));
        }
        let ground = Ground::read(&tx.db, &project, new.said.period).await?;
        rules::check(&project, &new, vietnam_date(tx.now()))?;
        rules::names_what_stands(&new, ground.standing.as_ref())?;
        let completion = completion::of(&project, &new, &ground)?;
        rules::falls_with_a_reason(&new, completion.percent, &ground)?;
        let entry = self.add(tx, actor, &project, new, completion).await?;
        Ok(Shown {
            warnings: warning::of(&project, &entry),
            superseded: false,
            entry,
        })
    }

    async fn add(
        &self,
        tx: &Tx,
        actor: &Actor,
        project: &Project,
        new: CreateProgressEntry,
        completion: Completion,
    ) -> Result<ProgressEntry> {
        let entry = ProgressEntry {
            number: project::store::next_entry(&tx.db, &project.id).await?,
            project: new.project,
            said: new.said,
            method: project.content.measure.method,
            completion,
            corrects: new.corrects,
            source: new.source,
            principal: actor.principal().clone(),
            create_time: tx.now(),
        };
        store::insert(&tx.db, &entry).await?;
        if let Some(source) = &entry.source {
            store::note(&tx.db, source, &entry).await?;
        }
        tx.record(Action::Created, &entry.name(), None, Some(&entry))
            .await?;
        Ok(entry)
    }

    /// Lists the progress of one project, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListEntries,
    ) -> Result<(Vec<Shown>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("progress {}", project.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let entries = store::list(db, &project.id, after, page.limit()).await?;
        let (entries, next) = page.close(entries, |it| it.number.to_string())?;
        let corrected = store::corrected(db, &project.id).await?;
        let shown = entries.into_iter().map(|entry| Shown {
            superseded: corrected.contains(&entry.number),
            warnings: Vec::new(),
            entry,
        });
        Ok((shown.collect(), next))
    }
}

/// What an entry is judged beside.
#[derive(Debug, Default)]
struct Ground {
    /// What stands for the same period.
    standing: Option<ProgressEntry>,
    /// The last measure before it, and the first one after it.
    before: Option<ProgressEntry>,
    after: Option<ProgressEntry>,
    /// Tasks of the project, where completion is found from them.
    tasks: Vec<task::Task>,
}

impl Ground {
    async fn read(db: &impl ConnectionTrait, project: &Project, period: Period) -> Result<Self> {
        let tasks = match project.content.measure.method {
            Method::Milestones => task::store::of_projects(db, &[project.id.as_str()]).await?,
            Method::Estimate | Method::Quantity => Vec::new(),
        };
        Ok(Self {
            standing: store::standing(db, &project.id, period).await?,
            before: store::measured_before(db, &project.id, period).await?,
            after: store::measured_after(db, &project.id, period).await?,
            tasks,
        })
    }
}

impl ProgressEntry {
    /// Says whether a caller sends what this entry says. What the project found by itself need
    /// not be sent.
    fn says(&self, new: &CreateProgressEntry) -> bool {
        let (percent, done) = (self.completion.percent, self.completion.done);
        let found = |sent: Option<Percent>| sent.is_none() || sent == percent;
        let measured = match self.method {
            Method::Estimate => new.percent == percent && new.done.is_none(),
            Method::Quantity => new.done == done && found(new.percent),
            Method::Milestones => new.done.is_none() && found(new.percent),
        };
        self.project == new.project && self.said == new.said && measured
    }

    pub(crate) fn name(&self) -> String {
        PROGRESS.name(&self.project, self.number)
    }

    /// Returns the result as it is printed: the words given, or those of the state.
    pub(crate) fn result(&self) -> &str {
        match self.said.result_text.as_str() {
            "" => self.said.health.to_vietnamese(),
            text => text,
        }
    }
}

impl Health {
    pub(crate) const ALL: [Self; 6] = [
        Self::NotStarted,
        Self::OnTrack,
        Self::AtRisk,
        Self::Late,
        Self::Blocked,
        Self::Done,
    ];

    /// Returns the words that reports print for the state.
    pub(crate) fn to_vietnamese(self) -> &'static str {
        match self {
            Self::NotStarted => "Chưa thực hiện",
            Self::OnTrack => "Đang thực hiện",
            Self::AtRisk => "Có nguy cơ chậm",
            Self::Late => "Chậm tiến độ",
            Self::Blocked => "Gặp vướng mắc",
            Self::Done => "Đã hoàn thành",
        }
    }
}

#[cfg(test)]
mod tests;
