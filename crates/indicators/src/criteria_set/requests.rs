//! What is asked about criteria sets, read from the wire.

use kit::mask::Mask;
use proto::indicators as pb;
use types::{ids::CriteriaSetId, violations::Invalid};

use super::{
    Content, CreateCriteriaSet, ListCriteriaSets, ListRevisions, PublishCriteriaSet,
    UpdateCriteriaSet,
    wire::{Change, FIELDS},
};

const LONGEST_NOTE: usize = 1000;

impl TryFrom<pb::CreateCriteriaSetRequest> for CreateCriteriaSet {
    type Error = Invalid;

    fn try_from(request: pb::CreateCriteriaSetRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = CriteriaSetId::new(&request.criteria_set_id);
        let id = bad.take("criteria_set_id", id);
        let wire = request.criteria_set.unwrap_or_default();
        let content = Content::from_wire(&wire, &mut bad);
        match (id, content, bad.is_empty()) {
            (Some(id), Some(content), true) => Ok(Self { id, content }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::UpdateCriteriaSetRequest> for UpdateCriteriaSet {
    type Error = Invalid;

    fn try_from(request: pb::UpdateCriteriaSetRequest) -> Result<Self, Invalid> {
        /// Fields that only we write.
        const OUTPUT: [&str; 7] = [
            "name",
            "state",
            "revision",
            "total_score",
            "create_time",
            "update_time",
            "etag",
        ];
        let mut bad = Invalid::default();
        let sent = request.criteria_set.unwrap_or_default();
        let id = bad.required("criteria_set.name", &sent.name);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, &FIELDS, &OUTPUT, &mut bad);
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                change: Change { sent, mask },
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::PublishCriteriaSetRequest> for PublishCriteriaSet {
    type Error = Invalid;

    fn try_from(request: pb::PublishCriteriaSetRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let change_note = bad.lines("change_note", &request.change_note, LONGEST_NOTE);
        if change_note.as_deref() == Some("") {
            bad.missing("change_note");
        }
        match (id, change_note, bad.is_empty()) {
            (Some(id), Some(change_note), true) => Ok(Self {
                id,
                change_note,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ListCriteriaSetsRequest> for ListCriteriaSets {
    type Error = Invalid;

    fn try_from(request: pb::ListCriteriaSetsRequest) -> Result<Self, Invalid> {
        Ok(Self {
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::ListCriteriaSetRevisionsRequest> for ListRevisions {
    type Error = Invalid;

    fn try_from(request: pb::ListCriteriaSetRevisionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("parent", &request.parent) {
            Some(id) => Ok(Self {
                id,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            None => Err(bad),
        }
    }
}
