//! What may be said about a project for a period.

use chrono::NaiveDate;
use kit::{Error, Result};
use types::{
    percent::Percent,
    period::{Period, WindowRule},
    violations::Invalid,
};

use super::{CreateProgressEntry, Ground, ProgressEntry};
use crate::{
    entry::PROGRESS,
    project::Project,
    reason::{
        COMPLETION_FELL, PERIOD_BEFORE_PROJECT, PERIOD_NOT_BEGUN, PROGRESS_NEEDS_CORRECTION,
        PROJECT_ENDED,
    },
};

/// The period has begun, the project has begun by its end, and was not over before it.
pub(super) fn check(project: &Project, new: &CreateProgressEntry, today: NaiveDate) -> Result<()> {
    let period = new.said.period;
    let facts = || {
        [
            ("project", project.id.name()),
            ("period", period.to_string()),
        ]
    };
    if first_day(period) > today {
        let facts = [
            ("period", period.to_string()),
            ("start", first_day(period).to_string()),
        ];
        return Err(Error::rule(&PERIOD_NOT_BEGUN, facts));
    }
    let days = period.calendar();
    let start = project.content.start_period.calendar().start();
    if days.end().is_some_and(|end| start >= end) {
        return Err(Error::rule(&PERIOD_BEFORE_PROJECT, facts()));
    }
    if let Some(end) = project.standing.actual_end
        && end < first_day(period)
    {
        let [project, period] = facts();
        let facts = [project, period, ("end", end.to_string())];
        return Err(Error::rule(&PROJECT_ENDED, facts));
    }
    match new.said.as_of {
        Some(as_of) if as_of > today => Err(Invalid::field(
            "progress_entry.as_of_date",
            "OUT_OF_RANGE",
            format!("{as_of} is after today, {today}"),
            format!("ngày {as_of} sau ngày hôm nay, {today}"),
        )
        .into()),
        _ => Ok(()),
    }
}

/// Reports of a period begin to count before the calendar does, by the middle of the month
/// before (NĐ 09/2019/NĐ-CP, Điều 12).
fn first_day(period: Period) -> NaiveDate {
    let calendar = period.calendar().start();
    let window = WindowRule::decree_09_2019().window(period);
    window.map_or(calendar, |it| it.start().min(calendar))
}

/// What stands for a period is replaced only by an entry that names it, so that nobody
/// overwrites what he has not seen.
pub(super) fn names_what_stands(
    new: &CreateProgressEntry,
    standing: Option<&ProgressEntry>,
) -> Result<()> {
    let period = new.said.period;
    match (new.corrects, standing) {
        (None, None) => Ok(()),
        (Some(corrects), Some(standing)) if corrects == standing.number => Ok(()),
        (_, Some(standing)) => Err(Error::rule(
            &PROGRESS_NEEDS_CORRECTION,
            [
                ("period", period.to_string()),
                ("standing", standing.name()),
            ],
        )),
        (Some(corrects), None) => {
            let name = PROGRESS.name(&new.project, corrects);
            Err(Error::reference(
                "progress_entry.corrects",
                format!("{name} ({period})"),
            ))
        }
    }
}

/// A project goes forward from period to period; where it does not, somebody says why. A
/// correction downwards is a fall too, and so is a figure that a later one falls below.
pub(super) fn falls_with_a_reason(
    new: &CreateProgressEntry,
    completion: Option<Percent>,
    ground: &Ground,
) -> Result<()> {
    let Some(now) = completion.filter(|_| new.said.reason.is_empty()) else {
        return Ok(());
    };
    let earlier = [&ground.standing, &ground.before].into_iter().flatten();
    for entry in earlier {
        if let Some(before) = entry.completion.percent.filter(|it| now < *it) {
            return Err(fell(before, now, entry));
        }
    }
    match &ground.after {
        Some(entry) => match entry.completion.percent.filter(|it| *it < now) {
            Some(after) => Err(fell(now, after, entry)),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

fn fell(before: Percent, after: Percent, entry: &ProgressEntry) -> Error {
    let facts = [
        ("before", before.to_string()),
        ("after", after.to_string()),
        ("before_vi", before.to_vietnamese()),
        ("after_vi", after.to_vietnamese()),
        ("entry", entry.name()),
    ];
    Error::rule(&COMPLETION_FELL, facts)
}
