//! What a unit planned for a period, with what became of it: the tasks planned for it, the
//! plans in words of reports before, and the projects that were to end in it. What was
//! planned for a period before and is still open is carried over.

use chrono::NaiveDate;
use kit::{Access, Actor, Db, Result};
use types::{
    date::short,
    ids::{ProjectId, UnitId},
    period::Period,
};

use crate::{
    hand_over,
    progress::{self, Health, ProgressEntry},
    project::{Project, State},
    task::{self, Task, TaskProgress},
};

mod rpc;

/// The answer has at most so many lines.
const MOST_LINES: usize = 1000;

/// Something that was planned, with its state now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) project: ProjectId,
    pub(crate) task: Option<String>,
    pub(crate) entry: Option<String>,
    pub(crate) text: String,
    pub(crate) period: Period,
    pub(crate) deadline: String,
    pub(crate) state: Option<TaskProgress>,
    pub(crate) outcome: String,
    pub(crate) carried_over: bool,
}

/// Asks for what was planned for a period.
#[derive(Debug)]
pub(crate) struct ListPlannedWork {
    pub(crate) unit: UnitId,
    pub(crate) period: Period,
}

/// The use case.
#[derive(Debug, Clone)]
pub(crate) struct PlannedWork {
    access: Access,
    db: Db,
}

impl PlannedWork {
    pub(crate) fn new(access: &Access, db: &Db) -> Self {
        Self {
            access: access.clone(),
            db: db.clone(),
        }
    }

    /// Lists what a unit planned for a period, in the order of its table.
    pub(crate) async fn list(&self, actor: &Actor, list: ListPlannedWork) -> Result<Vec<Work>> {
        self.access.require(actor, &list.unit).await?;
        let db = self.db.reader();
        let day = last_day(list.period);
        let projects = hand_over::of_unit_on(db, &list.unit, day).await?;
        let ids: Vec<_> = projects.iter().map(|it| it.id.as_str()).collect();
        let entries = progress::store::standing_of(db, &ids).await?;
        let tasks = task::store::of_projects(db, &ids).await?;
        let mut work = Vec::new();
        for project in &projects {
            let facts = Facts {
                project,
                entries: entries
                    .iter()
                    .filter(|it| it.project == project.id)
                    .collect(),
                tasks: tasks.iter().filter(|it| it.project == project.id).collect(),
            };
            work.extend(facts.planned_for(list.period));
        }
        work.truncate(MOST_LINES);
        Ok(work)
    }
}

/// The last day of a period in the calendar.
pub(crate) fn last_day(period: Period) -> NaiveDate {
    let days = period.calendar();
    let last = days.end().and_then(|it| it.pred_opt());
    last.unwrap_or(days.start())
}

/// What is known of one project; entries are those that stand.
struct Facts<'a> {
    project: &'a Project,
    entries: Vec<&'a ProgressEntry>,
    tasks: Vec<&'a Task>,
}

impl Facts<'_> {
    fn planned_for(&self, period: Period) -> Vec<Work> {
        let mut work: Vec<_> = self.in_words(period).collect();
        if work.is_empty() {
            work.extend(self.to_end_in(period));
        }
        let tasks = self.tasks.iter();
        work.extend(tasks.filter_map(|it| planned_task(it, period)));
        work
    }

    /// Plans that reports before told in words.
    fn in_words(&self, period: Period) -> impl Iterator<Item = Work> {
        let ahead = move |it: &&&ProgressEntry| {
            let plan = it.said.plan.as_ref();
            plan.is_some_and(|plan| period.contains(&plan.period) && it.said.period != period)
        };
        let planned = self.entries.iter().filter(ahead);
        planned.filter_map(move |it| {
            let plan = it.said.plan.as_ref()?;
            Some(Work {
                entry: Some(it.name()),
                text: plan.text.clone(),
                period: plan.period,
                ..self.own(period)
            })
        })
    }

    /// The project itself, when it was to end in the period.
    fn to_end_in(&self, period: Period) -> Option<Work> {
        let end = self.project.content.plan.end?;
        period.calendar().contains(end).then(|| Work {
            text: self.project.content.display_name.clone(),
            ..self.own(period)
        })
    }

    /// The project as it stands for a period: by its own entry, else by its state. What was
    /// said for another period does not answer for this one.
    fn own(&self, period: Period) -> Work {
        let said = self.entries.iter().find(|it| it.said.period == period);
        let state = match (said, self.project.standing.state) {
            (_, State::Cancelled) => Some(TaskProgress::Cancelled),
            (_, State::Completed) => Some(TaskProgress::Done),
            (Some(entry), _) => Some(match entry.said.health {
                Health::NotStarted => TaskProgress::NotStarted,
                Health::Done => TaskProgress::Done,
                Health::OnTrack | Health::AtRisk | Health::Late | Health::Blocked => {
                    TaskProgress::InProgress
                }
            }),
            (None, _) => None,
        };
        let words = said
            .map(|it| it.result())
            .or(state.map(TaskProgress::to_vietnamese));
        Work {
            project: self.project.id.clone(),
            task: None,
            entry: None,
            text: String::new(),
            period,
            deadline: deadline(
                &self.project.content.plan.deadline_text,
                self.project.content.plan.end,
            ),
            state,
            outcome: words.unwrap_or_default().to_owned(),
            carried_over: false,
        }
    }
}

/// A task that was planned for a period, or for one before and is still open.
fn planned_task(task: &Task, period: Period) -> Option<Work> {
    let content = &task.content;
    let days = period.calendar();
    let (is_planned, is_late) = match (content.plan_period, content.due) {
        (Some(planned), _) => {
            let end = planned.calendar().end();
            (period.contains(&planned), end <= Some(days.start()))
        }
        (None, Some(due)) => (days.contains(due), due < days.start()),
        (None, None) => (false, false),
    };
    let carried_over = is_late && content.is_open();
    if !is_planned && !carried_over {
        return None;
    }
    let words = content.progress.to_vietnamese();
    let outcome = match content.result_text.as_str() {
        "" => words.to_owned(),
        text => text.to_owned(),
    };
    Some(Work {
        project: task.project.clone(),
        task: Some(task.name()),
        entry: None,
        text: content.title.clone(),
        period: content.plan_period.unwrap_or(period),
        deadline: deadline(&content.due_text, content.due),
        state: Some(content.progress),
        outcome,
        carried_over,
    })
}

/// A deadline as it is written, or the day as documents write it.
pub(crate) fn deadline(words: &str, day: Option<NaiveDate>) -> String {
    match words {
        "" => day.map(short).unwrap_or_default(),
        words => words.to_owned(),
    }
}
