//! A change to a task: the fields a caller names, put over what is there and read again by
//! the same rules as a new one.

use kit::mask::{Mask, is_set};
use proto::projects as pb;
use types::violations::Invalid;

use super::{Content, Task};

/// The fields a caller sent, and which of them count.
#[derive(Debug)]
pub(crate) struct Change {
    pub(super) sent: pb::Task,
    pub(super) mask: Mask,
}

/// Fields that only we write may be named and are passed over.
pub(super) const OUTPUT: [&str; 5] = ["name", "overdue", "create_time", "update_time", "etag"];

macro_rules! fields {
    ($($field:ident,)*) => {
        /// Fields a caller may change.
        pub(super) const KNOWN: &[&str] = &[$(stringify!($field)),*];

        fn overlaid(before: &Task, sent: pb::Task, mask: &Mask) -> pb::Task {
            let mut all = pb::Task::from(before.clone());
            $(if mask.takes(stringify!($field), is_set(&sent.$field)) {
                all.$field = sent.$field;
            })*
            all
        }
    };
}

fields! {
    title,
    assignee_unit,
    due_date,
    due_text,
    plan_period,
    weight,
    progress,
    result_text,
}

impl Change {
    pub(super) fn apply(self, before: &Task) -> Result<Content, Invalid> {
        let mut bad = Invalid::default();
        let all = overlaid(before, self.sent, &self.mask);
        Content::read("task", all, &mut bad).ok_or(bad)
    }
}
