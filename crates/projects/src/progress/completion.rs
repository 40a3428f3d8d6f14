//! How much of a project is done: by what somebody says, by quantity done over quantity
//! planned, or by the weight of the tasks that are done. What a project finds by a method
//! nobody may say otherwise; the parts are kept beside the percentage.

use kit::Result;
use serde::Serialize;
use types::{decimal::Decimal, percent::Percent, violations::Invalid};

use super::{CreateProgressEntry, Ground};
use crate::{
    project::{Method, Project},
    task::{Task, TaskProgress},
};

/// How much is done, with its parts where it was found from parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Completion {
    pub(crate) percent: Option<Percent>,
    pub(crate) done: Option<Decimal>,
    pub(crate) planned: Option<Decimal>,
}

/// Digits of a percentage that is found from parts.
const SCALE: u8 = 2;

/// Finds the completion by the method the project declares.
pub(super) fn of(
    project: &Project,
    new: &CreateProgressEntry,
    ground: &Ground,
) -> Result<Completion> {
    let measure = &project.content.measure;
    let found = match measure.method {
        Method::Estimate => Completion {
            percent: new.percent,
            ..Completion::default()
        },
        Method::Quantity => {
            let planned = measure.planned_quantity;
            let parts = new.done.zip(planned);
            Completion {
                percent: parts.and_then(|(done, planned)| share(done, planned)),
                done: new.done,
                planned: new.done.and(planned),
            }
        }
        Method::Milestones => by_milestones(&ground.tasks),
    };
    let mut bad = Invalid::default();
    if measure.method != Method::Quantity && new.done.is_some() {
        bad.add(
            "progress_entry.done_quantity",
            "NOT_APPLICABLE",
            "the project does not find its completion by quantity",
            "dự án không xác định mức độ hoàn thành theo khối lượng",
        );
    }
    if new.percent.is_some_and(|sent| found.percent != Some(sent)) {
        let (en, vi) = match found.percent {
            Some(found) => (found.to_string(), found.to_vietnamese()),
            None => ("not measured".to_owned(), "chưa xác định".to_owned()),
        };
        bad.add(
            "progress_entry.completion_percent",
            "COMPUTED",
            format!("is found by the method of the project: {en}; leave it out"),
            format!("được xác định theo phương pháp của dự án: {vi}; hãy để trống"),
        );
    }
    Ok(bad.check().map(|()| found)?)
}

/// Returns a share of at most 100 percent: more than was planned is no more than all.
fn share(done: Decimal, planned: Decimal) -> Option<Percent> {
    let whole = Percent::of(planned, planned, SCALE)?;
    Percent::of(done, planned, SCALE).map(|it| it.min(whole))
}

/// Adds up the weights of tasks. One that was given up counts neither way; without any
/// weight there is nothing to measure by.
fn by_milestones(tasks: &[Task]) -> Completion {
    let counted = tasks
        .iter()
        .filter(|it| it.content.progress != TaskProgress::Cancelled);
    // At most 500 tasks of at most 10000 each.
    let weight = |it: &Task| it.content.weight;
    let planned: i64 = counted.clone().map(weight).sum();
    let done: i64 = counted
        .filter(|it| it.content.progress == TaskProgress::Done)
        .map(weight)
        .sum();
    let number = |it| Decimal::from_i64(it).ok();
    let (Some(done), Some(planned), true) = (number(done), number(planned), planned > 0) else {
        return Completion::default();
    };
    Completion {
        percent: share(done, planned),
        done: Some(done),
        planned: Some(planned),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use types::ids::ProjectId;

    use super::*;
    use crate::task;

    fn task(weight: i64, progress: TaskProgress) -> Task {
        Task {
            project: ProjectId::new("hop-khong-giay").unwrap(),
            number: 1,
            content: task::Content {
                title: "Lắp đặt".into(),
                assignee: None,
                due: None,
                due_text: String::new(),
                plan_period: None,
                weight,
                progress,
                result_text: String::new(),
            },
            create_time: DateTime::UNIX_EPOCH,
            update_time: DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    fn written(completion: Completion) -> (String, String, String) {
        let decimal = |it: Option<Decimal>| it.map(|it| it.to_string()).unwrap_or_default();
        let percent = completion.percent.map(|it| it.to_string());
        (
            percent.unwrap_or_default(),
            decimal(completion.done),
            decimal(completion.planned),
        )
    }

    #[test]
    fn milestones_count_by_weight_and_what_was_given_up_does_not_count() {
        use TaskProgress::{Cancelled, Done, InProgress, NotStarted};
        let parts = |tasks: &[(i64, TaskProgress)]| {
            let tasks: Vec<_> = tasks
                .iter()
                .map(|(weight, it)| task(*weight, *it))
                .collect();
            written(by_milestones(&tasks))
        };
        let owned = |(percent, done, planned): (&str, &str, &str)| {
            (percent.to_owned(), done.to_owned(), planned.to_owned())
        };
        let some = [
            (30, Done),
            (50, InProgress),
            (10, NotStarted),
            (60, Cancelled),
        ];
        assert_eq!(parts(&some), owned(("33.33", "30", "90")));
        assert_eq!(
            parts(&[(5, Done), (0, NotStarted)]),
            owned(("100.00", "5", "5"))
        );
        assert_eq!(parts(&[(5, NotStarted)]), owned(("0.00", "0", "5")));
        // Nothing to measure by is not nothing done.
        assert_eq!(parts(&[]), owned(("", "", "")));
        assert_eq!(parts(&[(0, Done), (9, Cancelled)]), owned(("", "", "")));
    }

    #[test]
    fn more_than_was_planned_is_no_more_than_all() {
        let share = |done: &str, planned: &str| {
            let share = share(done.parse().unwrap(), planned.parse().unwrap());
            share.unwrap().to_string()
        };
        assert_eq!(share("3", "5"), "60.00");
        assert_eq!(share("2.5", "3"), "83.33");
        assert_eq!(share("7", "5"), "100.00");
        assert_eq!(share("0", "5"), "0.00");
    }
}
