//! What a unit planned for a period, with what became of it: the tasks planned for it, the
//! plans in words of reports before, and the projects that were to end in it. What was
//! planned for a period before and is still open is carried over; what goes on all the time
//! is planned anew for every period.

use chrono::NaiveDate;
use kit::{Access, Actor, Db, Result};
use types::{
    date::{short, vietnam_date},
    ids::{ProjectId, UnitId},
    period::Period,
};

use crate::{
    deadline::{self, Events},
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
    /// The day it falls on, as far as it is known.
    pub(crate) due: Option<NaiveDate>,
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
        let mut facts: Vec<_> = projects
            .iter()
            .map(|project| Facts {
                project,
                entries: entries
                    .iter()
                    .filter(|it| it.project == project.id)
                    .collect(),
                tasks: tasks.iter().filter(|it| it.project == project.id).collect(),
                events: Events::default(),
            })
            .collect();
        let today = vietnam_date(self.db.clock().now());
        let waiting = facts.iter().map(|it| (it.project, it.waits_for_money()));
        let waiting: Vec<_> = waiting.collect();
        let events = deadline::events_of(db, &waiting, today).await?;
        for it in &mut facts {
            it.events = events.get(&it.project.id).copied().unwrap_or_default();
        }
        let work = facts.iter().flat_map(|it| it.planned_for(list.period));
        let mut work: Vec<_> = work.collect();
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
    events: Events,
}

impl Facts<'_> {
    fn waits_for_money(&self) -> bool {
        let tasks = self.tasks.iter();
        let words = tasks.map(|it| it.content.due_text.as_str());
        let mut words = words.chain([self.project.content.plan.deadline_text.as_str()]);
        words.any(deadline::waits_for_money)
    }

    fn planned_for(&self, period: Period) -> Vec<Work> {
        let mut work: Vec<_> = self.in_words(period).collect();
        if work.is_empty() {
            work.extend(self.carried_on(period));
        }
        if work.is_empty() {
            work.extend(self.to_end_in(period));
        }
        let tasks = self.tasks.iter();
        work.extend(tasks.filter_map(|it| planned_task(it, period, &self.events)));
        work
    }

    /// Plans that reports before told in words.
    fn in_words(&self, period: Period) -> impl Iterator<Item = Work> {
        let ahead = move |it: &&&ProgressEntry| {
            let plan = it.said.plan.as_ref();
            plan.is_some_and(|plan| {
                is_for(plan.period, period) && ends(it.said.period) < ends(period)
            })
        };
        let planned = self.entries.iter().filter(ahead);
        planned.filter_map(move |it| self.told(it, period))
    }

    /// The newest plan in words, when its period is over and nobody has said that it is done. A
    /// later plan takes its place; what goes on all the time is done for its period alone.
    fn carried_on(&self, period: Period) -> Option<Work> {
        let begin = period.calendar().start();
        let is_over = |it: Period| ends(it).is_some_and(|end| end <= begin);
        let planned = self.entries.iter().filter_map(|it| {
            let plan = it.said.plan.as_ref()?;
            is_over(plan.period).then_some((ends(plan.period), it.number, *it))
        });
        let (_, _, newest) = planned.max_by_key(|(end, number, _)| (*end, *number))?;
        if !self.project.stands_in(period) {
            return None;
        }
        let work = self.told(newest, period)?;
        if deadline::is_continuous(&self.project.content.plan.deadline_text) {
            return Some(work);
        }
        let since = self.entries.iter().filter(|it| {
            ends(it.said.period) > ends(newest.said.period) && is_over(it.said.period)
        });
        let last = since.max_by_key(|it| (ends(it.said.period), it.number));
        let is_done = last.is_some_and(|it| it.said.health == Health::Done);
        (!is_done).then_some(Work {
            carried_over: true,
            ..work
        })
    }

    /// A plan in words with what was said for the period.
    fn told(&self, entry: &ProgressEntry, period: Period) -> Option<Work> {
        let plan = entry.said.plan.as_ref()?;
        Some(Work {
            entry: Some(entry.name()),
            text: plan.text.clone(),
            period: plan.period,
            ..self.own(period)
        })
    }

    /// The project itself, when it was to end in the period, or before it and is still open, or
    /// goes on all the time.
    fn to_end_in(&self, period: Period) -> Option<Work> {
        let own = self.own(period);
        let begin = period.calendar().start();
        let ends_here = own.due.is_some_and(|it| period.calendar().contains(it));
        let goes_on = deadline::is_continuous(&self.project.content.plan.deadline_text)
            && self.project.stands_in(period);
        let carried_over = !goes_on && own.due.is_some_and(|it| it < begin) && self.is_open(period);
        (ends_here || goes_on || carried_over).then(|| Work {
            text: self.project.content.display_name.clone(),
            carried_over,
            ..own
        })
    }

    /// Says whether a project stands in a period and nobody said before it that it is done.
    fn is_open(&self, period: Period) -> bool {
        let is_closed = matches!(
            self.project.standing.state,
            State::Completed | State::Cancelled
        );
        let begin = Some(period.calendar().start());
        let before = self
            .entries
            .iter()
            .filter(|it| ends(it.said.period) <= begin);
        let last = before.max_by_key(|it| (ends(it.said.period), it.number));
        let is_done = last.is_some_and(|it| it.said.health == Health::Done);
        !is_closed && !is_done && self.project.stands_in(period)
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
        let plan = &self.project.content.plan;
        let words = said
            .map(|it| it.result())
            .or(state.map(TaskProgress::to_vietnamese));
        Work {
            project: self.project.id.clone(),
            task: None,
            entry: None,
            text: String::new(),
            period,
            deadline: deadline(&plan.deadline_text, plan.end),
            due: deadline::day(&plan.deadline_text, plan.end, &self.events),
            state,
            outcome: words.unwrap_or_default().to_owned(),
            carried_over: false,
        }
    }
}

/// Says whether what is planned for one period is planned for another: for a part of it, or for
/// a longer one it lies in ("6 tháng cuối năm" in a report of the third quarter).
fn is_for(planned: Period, period: Period) -> bool {
    period.contains(&planned) || planned.contains(&period)
}

fn ends(period: Period) -> Option<NaiveDate> {
    period.calendar().end()
}

/// A task that was planned for a period, or for one before and is still open, or goes on all
/// the time.
fn planned_task(task: &Task, period: Period, events: &Events) -> Option<Work> {
    let content = &task.content;
    let days = period.calendar();
    let due = deadline::day(&content.due_text, content.due, events);
    let (is_planned, is_late) = match (content.plan_period, due) {
        (Some(planned), _) => (is_for(planned, period), ends(planned) <= Some(days.start())),
        (None, Some(due)) => (days.contains(due), due < days.start()),
        (None, None) => (false, false),
    };
    let goes_on = deadline::is_continuous(&content.due_text) && content.is_open();
    let from = content.plan_period.map_or_else(
        || vietnam_date(task.create_time),
        |it| it.calendar().start(),
    );
    let is_planned = is_planned || goes_on && days.end().is_none_or(|end| from < end);
    let carried_over = !goes_on && is_late && content.is_open();
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
        due,
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
