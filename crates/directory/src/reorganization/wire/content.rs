//! What a reorganisation contains, from the wire.

use proto::{convert::unknown, directory as pb};
use types::{ids::UnitId, violations::Invalid};

use super::KINDS;
use crate::{
    reorganization::{
        Kind, Link,
        rules::{NewUnit, UnitChange},
        share::Share,
    },
    unit::{UnitKind, UnitNames, history::Appearance, scheme},
};

/// Most links, and most changes, of one that is written by hand.
pub(super) const MOST_LINKS: usize = 5_000;
pub(super) const MOST_NEW_UNITS: usize = 1_000;
const MOST_CODES: usize = 20;

pub(super) fn read_kind(field: &str, wire: i32, bad: &mut Invalid) -> Option<Kind> {
    let found = KINDS.iter().find(|(_, it)| i32::from(*it) == wire);
    match found {
        Some((kind, _)) => return Some(*kind),
        None if wire == 0 => bad.missing(field),
        None => unknown(field, wire, bad),
    }
    None
}

pub(super) fn read_links(field: &str, sent: &[pb::LineageLink], bad: &mut Invalid) -> Vec<Link> {
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

pub(super) fn read_new_unit(field: &str, it: &pb::NewUnit, bad: &mut Invalid) -> Option<NewUnit> {
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

pub(super) fn read_change(
    field: &str,
    it: &pb::UnitChange,
    bad: &mut Invalid,
) -> Option<UnitChange> {
    let unit = bad.required(format!("{field}.unit"), &it.unit);
    let kind = match it.kind {
        0 => Some(None),
        wire => UnitKind::from_wire(&format!("{field}.kind"), wire, bad).map(Some),
    };
    let parent = bad.optional(format!("{field}.parent_unit"), &it.parent_unit);
    if it.moves_to_top && !it.parent_unit.is_empty() {
        bad.add(
            format!("{field}.parent_unit"),
            "MUST_BE_EMPTY",
            "a unit that moves to the top has no unit above it",
            "đơn vị trở thành cấp cao nhất thì không có cấp trên",
        );
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
    Some(UnitChange {
        unit: unit?,
        kind: kind?,
        names: names?,
        parent: parent?,
        to_the_top: it.moves_to_top,
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
        let Some((scheme, value)) = scheme::read_code(&field, it, bad) else {
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
