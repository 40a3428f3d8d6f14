//! A change to a step: the fields a caller names, put over what is there and read again by
//! the same rules as a new one.

use kit::mask::{Mask, is_set};
use proto::projects as pb;
use types::violations::Invalid;

use super::{CreateStep, Step};

/// The fields a caller sent, and which of them count.
#[derive(Debug)]
pub(crate) struct Change {
    pub(super) sent: pb::Step,
    pub(super) mask: Mask,
}

/// Fields that only we write may be named and are passed over.
pub(super) const OUTPUT: [&str; 8] = [
    "name",
    "required",
    "basis",
    "state",
    "skip_reason",
    "create_time",
    "update_time",
    "etag",
];

macro_rules! fields {
    ($($field:ident,)*) => {
        /// Fields a caller may change.
        pub(super) const KNOWN: &[&str] = &[$(stringify!($field)),*];

        fn overlaid(before: &Step, sent: pb::Step, mask: &Mask) -> pb::Step {
            let mut all = pb::Step::from(before.clone());
            $(if mask.takes(stringify!($field), is_set(&sent.$field)) {
                all.$field = sent.$field;
            })*
            all
        }
    };
}

fields! {
    phase,
    title,
    plan_date,
    actual_date,
    document_reference,
}

impl Change {
    pub(super) fn apply(self, before: &Step) -> Result<Step, Invalid> {
        let mut bad = Invalid::default();
        let all = overlaid(before, self.sent, &self.mask);
        let new = CreateStep::read(before.project.clone(), all, &mut bad).ok_or(bad)?;
        Ok(Step {
            phase: new.phase,
            title: new.title,
            plan_date: new.plan_date,
            actual_date: new.actual_date,
            document_reference: new.document_reference,
            ..before.clone()
        })
    }
}
