//! A change to a project: the fields a caller names, put over what is there and read again
//! by the same rules as a new one.

use kit::mask::{Mask, is_set};
use proto::projects as pb;
use types::violations::Invalid;

use super::{Content, Project};

/// The fields a caller sent, and which of them count.
#[derive(Debug)]
pub(crate) struct Change {
    pub(super) sent: pb::Project,
    pub(super) mask: Mask,
}

/// Fields that only we write may be named and are passed over.
pub(super) const OUTPUT: [&str; 13] = [
    "name",
    "state",
    "state_reason",
    "approval_decision",
    "closing_decision",
    "actual_start_date",
    "actual_end_date",
    "completion_percent",
    "latest_progress_entry",
    "procedure",
    "create_time",
    "update_time",
    "etag",
];

macro_rules! fields {
    ($($field:ident,)*) => {
        /// Fields a caller may change.
        pub(super) const KNOWN: &[&str] = &["owner_unit", $(stringify!($field)),*];

        fn overlaid(before: &Project, sent: pb::Project, mask: &Mask) -> pb::Project {
            let mut all = pb::Project::from(before.clone());
            $(if mask.takes(stringify!($field), is_set(&sent.$field)) {
                all.$field = sent.$field;
            })*
            all
        }
    };
}

fields! {
    display_name,
    kind,
    start_period,
    ordinal,
    objective,
    code,
    program,
    legal_instrument,
    partner_units,
    plan_start_date,
    plan_end_date,
    deadline_text,
    indicators,
    estimated_amount_vnd,
    funding_kind,
    completion_method,
    planned_quantity,
    quantity_unit,
}

impl Change {
    /// Returns the place that is asked for, 0 = the next one free, and the content.
    #[expect(
        clippy::option_option,
        reason = "unchanged and chosen by us are different answers"
    )]
    pub(super) fn apply(self, before: &Project) -> Result<(Option<Option<i32>>, Content), Invalid> {
        let mut bad = Invalid::default();
        let owner = self.sent.owner_unit.as_str();
        let is_other = !owner.is_empty() && owner != before.owner_unit.name();
        if is_other && self.mask.takes("owner_unit", true) {
            bad.add(
                "project.owner_unit",
                "IMMUTABLE",
                "cannot be changed here: hand the project over",
                "không sửa được tại đây: hãy bàn giao dự án",
            );
        }
        let is_placed = self.mask.takes("ordinal", self.sent.ordinal != 0);
        let all = overlaid(before, self.sent, &self.mask);
        let ordinal = super::wire::read_ordinal("project.ordinal", all.ordinal, &mut bad);
        let content = Content::read("project", all, &mut bad);
        match (ordinal, content) {
            (Some(ordinal), Some(content)) if bad.is_empty() => {
                Ok((is_placed.then_some(ordinal), content))
            }
            _ => Err(bad),
        }
    }
}
