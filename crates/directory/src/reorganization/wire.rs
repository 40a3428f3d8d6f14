//! Reorganisations to and from the wire.

use proto::{
    convert::{optional_date, timestamp, unknown},
    directory as pb,
};
use types::{date, ids::UnitId, violations::Invalid};

use super::{
    ApplyReorganization, Content, CorrectLinks, Correction, CreateReorganization, Kind, Link,
    ListReorganizations, Reorganization, RevertReorganization, State, TraceLineage,
    lineage::{Direction, Trace},
    rules::{NewUnit, UnitChange},
    share::Share,
};
use crate::unit::{UnitKind, UnitNames, history::Appearance};

/// Most links, and most changes, of one that is written by hand.
const MOST_LINKS: usize = 5_000;
const MOST_NEW_UNITS: usize = 1_000;
const MOST_CODES: usize = 20;

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

fn read_kind(field: &str, wire: i32, bad: &mut Invalid) -> Option<Kind> {
    let found = KINDS.iter().find(|(_, it)| i32::from(*it) == wire);
    match found {
        Some((kind, _)) => return Some(*kind),
        None if wire == 0 => bad.missing(field),
        None => unknown(field, wire, bad),
    }
    None
}

fn read_links(field: &str, sent: &[pb::LineageLink], bad: &mut Invalid) -> Vec<Link> {
    bad.at_most(field, sent.len(), MOST_LINKS);
    let mut links = Vec::new();
    for (index, it) in sent.iter().take(MOST_LINKS).enumerate() {
        let field = format!("{field}[{index}]");
        let predecessor = bad.required(format!("{field}.predecessor_unit"), &it.predecessor_unit);
        let successor = bad.optional(format!("{field}.successor_unit"), &it.successor_unit);
        let share = match it.share.as_str() {
            "" => Some(None),
            text => bad
                .take(format!("{field}.share"), Share::read(text))
                .map(Some),
        };
        if let (Some(predecessor), Some(successor), Some(share)) = (predecessor, successor, share) {
            links.push(Link {
                predecessor,
                successor,
                share,
            });
        }
    }
    links
}

fn read_new_unit(field: &str, it: &pb::NewUnit, bad: &mut Invalid) -> Option<NewUnit> {
    let id = bad.take(format!("{field}.unit_id"), UnitId::new(&it.unit_id));
    let kind = UnitKind::from_wire(&format!("{field}.kind"), it.kind, bad);
    let parent = bad.optional(format!("{field}.parent_unit"), &it.parent_unit);
    if it.display_name.is_empty() {
        bad.missing(format!("{field}.display_name"));
    }
    let texts = [
        &it.display_name,
        &it.short_name,
        &it.symbol,
        &it.place,
        &it.superior_organ,
    ];
    let names = read_names(field, texts, bad);
    let codes = read_codes(field, &it.identifiers, bad);
    Some(NewUnit {
        id: id?,
        appearance: Appearance {
            kind: kind?,
            names: names?,
        },
        parent: parent?,
        codes,
    })
}

fn read_change(field: &str, it: &pb::UnitChange, bad: &mut Invalid) -> Option<UnitChange> {
    let unit = bad.required(format!("{field}.unit"), &it.unit);
    let kind = match it.kind {
        0 => Some(None),
        wire => UnitKind::from_wire(&format!("{field}.kind"), wire, bad).map(Some),
    };
    let parent = bad.optional(format!("{field}.parent_unit"), &it.parent_unit);
    let texts = [
        &it.display_name,
        &it.short_name,
        &it.symbol,
        &it.place,
        &it.superior_organ,
    ];
    let names = read_names(field, texts, bad);
    let codes = read_codes(field, &it.identifiers, bad);
    Some(UnitChange {
        unit: unit?,
        kind: kind?,
        names: names?,
        parent: parent?,
        codes,
    })
}

fn read_names(field: &str, texts: [&String; 5], bad: &mut Invalid) -> Option<UnitNames> {
    let [display_name, short_name, symbol, place, superior_organ] = texts;
    let display_name = bad.optional_line(format!("{field}.display_name"), display_name, 200);
    let short_name = bad.optional_line(format!("{field}.short_name"), short_name, 100);
    let symbol = bad.optional_line(format!("{field}.symbol"), symbol, 30);
    let place = bad.optional_line(format!("{field}.place"), place, 100);
    let superior_organ = bad.optional_line(format!("{field}.superior_organ"), superior_organ, 200);
    Some(UnitNames {
        display_name: display_name?,
        short_name: short_name?,
        symbol: symbol?,
        place: place?,
        superior_organ: superior_organ?,
    })
}

fn read_codes(field: &str, sent: &[pb::Identifier], bad: &mut Invalid) -> Vec<(String, String)> {
    let field = format!("{field}.identifiers");
    bad.at_most(&field, sent.len(), MOST_CODES);
    let mut codes: Vec<(String, String)> = Vec::new();
    for (index, it) in sent.iter().take(MOST_CODES).enumerate() {
        let field = format!("{field}[{index}]");
        let scheme = bad.line(format!("{field}.scheme"), &it.scheme, 30);
        let value = bad.line(format!("{field}.value"), &it.value, 35);
        let (Some(scheme), Some(value)) = (scheme, value) else {
            continue;
        };
        if codes.iter().any(|(known, _)| *known == scheme) {
            let en = format!("a second code of scheme `{scheme}`");
            let vi = format!("mã thứ hai của hệ thống `{scheme}`");
            bad.add(field, "DUPLICATE", en, vi);
        } else {
            codes.push((scheme, value));
        }
    }
    codes
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

impl From<Reorganization> for pb::Reorganization {
    fn from(it: Reorganization) -> Self {
        let kind = KINDS.iter().find(|(kind, _)| *kind == it.kind);
        let state = STATES.iter().find(|(state, _)| *state == it.state);
        Self {
            name: it.id.name(),
            kind: kind.map_or(0, |(_, wire)| (*wire).into()),
            decision_number: it.decision_number,
            effective_date: it.date.to_string(),
            source: it.source,
            links: it.links.into_iter().map(Into::into).collect(),
            new_units: it.content.new_units.into_iter().map(Into::into).collect(),
            changes: it.content.changes.into_iter().map(Into::into).collect(),
            state: state.map_or(0, |(_, wire)| (*wire).into()),
            apply_time: it.apply_time.map(timestamp),
            revert_time: it.revert_time.map(timestamp),
            revert_reason: it.revert_reason,
            corrections: it.corrections.into_iter().map(Into::into).collect(),
            create_time: Some(timestamp(it.create_time)),
            update_time: Some(timestamp(it.update_time)),
            etag: kit::etag::of(it.version),
        }
    }
}

impl From<Link> for pb::LineageLink {
    fn from(link: Link) -> Self {
        Self {
            predecessor_unit: link.predecessor.name(),
            successor_unit: link.successor.map(|it| it.name()).unwrap_or_default(),
            share: text(link.share),
        }
    }
}

fn text(share: Option<Share>) -> String {
    share.map(|it| it.to_string()).unwrap_or_default()
}

fn codes(codes: Vec<(String, String)>) -> Vec<pb::Identifier> {
    let code = |(scheme, value)| pb::Identifier {
        scheme,
        value,
        validity: None,
    };
    codes.into_iter().map(code).collect()
}

impl From<NewUnit> for pb::NewUnit {
    fn from(it: NewUnit) -> Self {
        let names = it.appearance.names;
        Self {
            unit_id: it.id.as_str().to_owned(),
            display_name: names.display_name,
            kind: it.appearance.kind.to_wire().into(),
            parent_unit: it.parent.map(|it| it.name()).unwrap_or_default(),
            short_name: names.short_name,
            symbol: names.symbol,
            place: names.place,
            superior_organ: names.superior_organ,
            identifiers: codes(it.codes),
        }
    }
}

impl From<UnitChange> for pb::UnitChange {
    fn from(it: UnitChange) -> Self {
        Self {
            unit: it.unit.name(),
            display_name: it.names.display_name,
            kind: it.kind.map_or(0, |it| it.to_wire().into()),
            parent_unit: it.parent.map(|it| it.name()).unwrap_or_default(),
            short_name: it.names.short_name,
            symbol: it.names.symbol,
            place: it.names.place,
            superior_organ: it.names.superior_organ,
            identifiers: codes(it.codes),
        }
    }
}

impl From<Correction> for pb::LinkCorrection {
    fn from(it: Correction) -> Self {
        Self {
            correct_time: Some(timestamp(it.time)),
            principal: it.principal,
            reason: it.reason,
            removed_links: it.removed.into_iter().map(Into::into).collect(),
            added_links: it.added.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Trace> for pb::TraceLineageResponse {
    fn from(trace: Trace) -> Self {
        let steps = trace.steps.into_iter().map(|it| pb::LineageStep {
            effective_date: it.link.date.to_string(),
            reorganization: it.link.reorganization.name(),
            link: Some(it.link.link.into()),
            depth: it.depth,
            share: text(it.share),
        });
        let ends = trace.ends.into_iter().map(|(unit, share)| pb::LineageEnd {
            unit: unit.name(),
            share: text(share),
        });
        Self {
            steps: steps.collect(),
            ends: ends.collect(),
        }
    }
}
