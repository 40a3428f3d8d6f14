//! Requests for reorganisations from the wire.

use proto::{
    convert::{optional_date, unknown},
    directory as pb,
};
use types::{date, violations::Invalid};

use super::{
    ApplyReorganization, Content, CorrectLinks, CreateReorganization, Kind, Link,
    ListReorganizations, RevertReorganization, State, TraceLineage, lineage::Direction,
};

mod answer;
mod content;

use content::{MOST_LINKS, MOST_NEW_UNITS, read_change, read_kind, read_links, read_new_unit};

const KINDS: [(Kind, pb::ReorganizationKind); 6] = [
    (Kind::Merge, pb::ReorganizationKind::Merge),
    (Kind::Split, pb::ReorganizationKind::Split),
    (Kind::Rename, pb::ReorganizationKind::Rename),
    (Kind::Transfer, pb::ReorganizationKind::Transfer),
    (Kind::AbolishTier, pb::ReorganizationKind::AbolishTier),
    (Kind::Dissolve, pb::ReorganizationKind::Dissolve),
];

const STATES: [(State, pb::ReorganizationState); 3] = [
    (State::Draft, pb::ReorganizationState::Draft),
    (State::Applied, pb::ReorganizationState::Applied),
    (State::Reverted, pb::ReorganizationState::Reverted),
];

impl TryFrom<pb::CreateReorganizationRequest> for CreateReorganization {
    type Error = Invalid;

    fn try_from(request: pb::CreateReorganizationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = request.reorganization.unwrap_or_default();
        let field = |name: &str| format!("reorganization.{name}");
        let id = bad.take(
            "reorganization_id",
            request.reorganization_id.clone().try_into(),
        );
        let kind = read_kind(&field("kind"), sent.kind, &mut bad);
        let decision_number = bad.line(field("decision_number"), &sent.decision_number, 100);
        let date = bad.take(
            field("effective_date"),
            date::parse_iso(&sent.effective_date),
        );
        let source = bad.line(field("source"), &sent.source, 500);
        let links = read_links(&field("links"), &sent.links, &mut bad);
        bad.at_most(field("new_units"), sent.new_units.len(), MOST_NEW_UNITS);
        bad.at_most(field("changes"), sent.changes.len(), MOST_LINKS);
        let mut content = Content::default();
        for (index, it) in sent.new_units.iter().take(MOST_NEW_UNITS).enumerate() {
            let field = format!("reorganization.new_units[{index}]");
            content
                .new_units
                .extend(read_new_unit(&field, it, &mut bad));
        }
        for (index, it) in sent.changes.iter().take(MOST_LINKS).enumerate() {
            let field = format!("reorganization.changes[{index}]");
            content.changes.extend(read_change(&field, it, &mut bad));
        }
        if let Some(kind) = kind {
            fitting(kind, &links, &content, &mut bad);
        }
        match (id, kind, decision_number, date, source, bad.is_empty()) {
            (Some(id), Some(kind), Some(decision_number), Some(date), Some(source), true) => {
                Ok(Self {
                    id,
                    kind,
                    decision_number,
                    date,
                    source,
                    links,
                    content,
                })
            }
            _ => Err(bad),
        }
    }
}

/// Renaming links nothing; everything else but a transfer says what leads to what.
fn fitting(kind: Kind, links: &[Link], content: &Content, bad: &mut Invalid) {
    match kind {
        Kind::Rename if !links.is_empty() || !content.new_units.is_empty() => bad.add(
            "reorganization.kind",
            "KIND_MISMATCH",
            "a renaming has neither links nor new units",
            "đổi tên thì không có liên kết và không có đơn vị mới",
        ),
        Kind::Rename | Kind::Transfer if content.changes.is_empty() && links.is_empty() => {
            bad.missing("reorganization.changes");
        }
        Kind::Merge | Kind::Split | Kind::AbolishTier | Kind::Dissolve if links.is_empty() => {
            bad.missing("reorganization.links");
        }
        _ => {}
    }
}

impl TryFrom<pb::ListReorganizationsRequest> for ListReorganizations {
    type Error = Invalid;

    fn try_from(request: pb::ListReorganizationsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.optional("unit", &request.unit);
        let found = STATES
            .iter()
            .find(|(_, it)| i32::from(*it) == request.state);
        let state = found.map(|(state, _)| *state);
        if state.is_none() && request.state != 0 {
            unknown("state", request.state, &mut bad);
        }
        match unit {
            Some(unit) if bad.is_empty() => Ok(Self {
                unit,
                state,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ApplyReorganizationRequest> for ApplyReorganization {
    type Error = Invalid;

    fn try_from(request: pb::ApplyReorganizationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let Some(id) = id else { return Err(bad) };
        Ok(Self {
            id,
            etag: request.etag,
            validate_only: request.validate_only,
        })
    }
}

impl TryFrom<pb::RevertReorganizationRequest> for RevertReorganization {
    type Error = Invalid;

    fn try_from(request: pb::RevertReorganizationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let reason = bad.line("reason", &request.reason, 1_000);
        let (Some(id), Some(reason)) = (id, reason) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            etag: request.etag,
            reason,
        })
    }
}

impl TryFrom<pb::CorrectReorganizationLinksRequest> for CorrectLinks {
    type Error = Invalid;

    fn try_from(request: pb::CorrectReorganizationLinksRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let reason = bad.line("reason", &request.reason, 1_000);
        let removed = read_links("removed_links", &request.removed_links, &mut bad);
        let added = read_links("added_links", &request.added_links, &mut bad);
        if request.removed_links.is_empty() && request.added_links.is_empty() {
            bad.missing("added_links");
        }
        match (id, reason, bad.is_empty()) {
            (Some(id), Some(reason), true) => Ok(Self {
                id,
                etag: request.etag,
                reason,
                removed,
                added,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::TraceLineageRequest> for TraceLineage {
    type Error = Invalid;

    fn try_from(request: pb::TraceLineageRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("name", &request.name);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let direction = match request.direction() {
            pb::LineageDirection::Successors => Some(Direction::Successors),
            pb::LineageDirection::Predecessors => Some(Direction::Predecessors),
            pb::LineageDirection::Unspecified if request.direction == 0 => {
                bad.missing("direction");
                None
            }
            pb::LineageDirection::Unspecified => {
                unknown("direction", request.direction, &mut bad);
                None
            }
        };
        let (Some(unit), Some(as_of), Some(direction)) = (unit, as_of, direction) else {
            return Err(bad);
        };
        Ok(Self {
            unit,
            direction,
            as_of,
        })
    }
}
