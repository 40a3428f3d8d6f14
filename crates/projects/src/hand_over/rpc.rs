//! Hand-overs from and to the wire.

use proto::{convert::timestamp, projects as pb};
use types::violations::Invalid;

use super::{HandOver, ListHandOvers};

impl TryFrom<pb::ListHandOversRequest> for ListHandOvers {
    type Error = Invalid;

    fn try_from(request: pb::ListHandOversRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = bad.required("parent", &request.parent);
        project.map(|project| Self { project }).ok_or(bad)
    }
}

impl From<HandOver> for pb::HandOver {
    fn from(it: HandOver) -> Self {
        Self {
            from_unit: it.from_unit.name(),
            to_unit: it.to_unit.name(),
            effective_date: it.effective.to_string(),
            reason: it.reason,
            principal: it.principal.name(),
            create_time: Some(timestamp(it.create_time)),
        }
    }
}
