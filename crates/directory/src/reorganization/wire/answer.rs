//! Reorganisations and lineages to the wire.

use proto::{convert::timestamp, directory as pb};

use super::{KINDS, STATES};
use crate::reorganization::{
    Correction, Link, Reorganization,
    lineage::Trace,
    rules::{NewUnit, UnitChange},
    share::Share,
};

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
            moves_to_top: it.to_the_top,
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
