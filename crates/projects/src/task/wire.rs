//! Tasks from and to the wire.

use kit::{etag, mask::Mask};
use proto::{
    convert::{optional_date, timestamp},
    projects as pb,
};
use types::violations::Invalid;

use super::{
    Content, CreateTask, GetTask, Shown, Task, TaskProgress, UpdateTask,
    change::{self, Change},
};
use crate::{choice, entry::TASKS, project::ListEntries};

/// Largest weight of one task.
const MOST_WEIGHT: i32 = 10_000;

impl Content {
    pub(super) fn read(field: &str, wire: pb::Task, bad: &mut Invalid) -> Option<Self> {
        let at = |name: &str| format!("{field}.{name}");
        let title = bad.line(at("title"), &wire.title, 500);
        let assignee = bad.optional(at("assignee_unit"), &wire.assignee_unit);
        let due = optional_date(&at("due_date"), &wire.due_date, bad);
        let due_text = bad.optional_line(at("due_text"), &wire.due_text, 300);
        let plan_period = bad.optional(at("plan_period"), &wire.plan_period);
        let weight = (0..=MOST_WEIGHT).contains(&wire.weight);
        if !weight {
            bad.add(
                at("weight"),
                "OUT_OF_RANGE",
                format!("{} is not between 0 and {MOST_WEIGHT}", wire.weight),
                format!(
                    "{} không nằm trong khoảng từ 0 đến {MOST_WEIGHT}",
                    wire.weight
                ),
            );
        }
        let progress = match wire.progress {
            0 => Some(TaskProgress::NotStarted),
            sent => TaskProgress::from_wire(&at("progress"), sent, bad),
        };
        let result_text = bad.lines(at("result_text"), &wire.result_text, 4000);
        weight.then_some(())?;
        Some(Self {
            title: title?,
            assignee: assignee?,
            due: due?,
            due_text: due_text?,
            plan_period: plan_period?,
            weight: wire.weight.into(),
            progress: progress?,
            result_text: result_text?,
        })
    }
}

impl TryFrom<pb::CreateTaskRequest> for CreateTask {
    type Error = Invalid;

    fn try_from(request: pb::CreateTaskRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = bad.required("parent", &request.parent);
        let content = Content::read("task", request.task.unwrap_or_default(), &mut bad);
        let (Some(project), Some(content)) = (project, content) else {
            return Err(bad);
        };
        Ok(Self { project, content })
    }
}

impl TryFrom<pb::UpdateTaskRequest> for UpdateTask {
    type Error = Invalid;

    fn try_from(request: pb::UpdateTaskRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = request.task.unwrap_or_default();
        let named = TASKS.read("task.name", &sent.name, &mut bad);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, change::KNOWN, &change::OUTPUT, &mut bad);
        let (Some((project, number)), true) = (named, bad.is_empty()) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            number,
            change: Change { sent, mask },
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::GetTaskRequest> for GetTask {
    type Error = Invalid;

    fn try_from(request: pb::GetTaskRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let named = TASKS.read("name", &request.name, &mut bad);
        named
            .map(|(project, number)| Self { project, number })
            .ok_or(bad)
    }
}

impl TryFrom<pb::ListTasksRequest> for ListEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListTasksRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let Some(project) = bad.required("parent", &request.parent) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<Task> for pb::Task {
    fn from(task: Task) -> Self {
        let name = task.name();
        let content = task.content;
        Self {
            name,
            title: content.title,
            assignee_unit: content.assignee.map(|it| it.name()).unwrap_or_default(),
            due_date: content.due.map(|it| it.to_string()).unwrap_or_default(),
            due_text: content.due_text,
            plan_period: content
                .plan_period
                .map(|it| it.to_string())
                .unwrap_or_default(),
            weight: i32::try_from(content.weight).unwrap_or(MOST_WEIGHT),
            progress: content.progress.to_wire().into(),
            result_text: content.result_text,
            overdue: false,
            deadline_date: String::new(),
            create_time: Some(timestamp(task.create_time)),
            update_time: Some(timestamp(task.update_time)),
            etag: etag::of(task.version),
        }
    }
}

impl From<Shown> for pb::Task {
    fn from(shown: Shown) -> Self {
        Self {
            overdue: shown.overdue,
            deadline_date: shown.due.map(|it| it.to_string()).unwrap_or_default(),
            ..shown.task.into()
        }
    }
}

impl TaskProgress {
    pub(crate) fn to_wire(self) -> pb::TaskProgress {
        match self {
            Self::NotStarted => pb::TaskProgress::NotStarted,
            Self::InProgress => pb::TaskProgress::InProgress,
            Self::Done => pb::TaskProgress::Done,
            Self::Cancelled => pb::TaskProgress::Cancelled,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
