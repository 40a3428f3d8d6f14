//! Rules over a model of a few units.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate};
use types::ids::{ReorganizationId, UnitId};

use super::{
    Link,
    lineage::{DatedLink, Direction, trace},
    rules::{NewUnit, Plan, UnitChange, apply},
    share::Share,
};
use crate::unit::{
    UnitKind, UnitNames,
    history::{Appearance, Histories, History},
};

mod sequences;

fn unit(index: usize) -> UnitId {
    UnitId::new(&format!("u{index}")).unwrap()
}

fn day(number: u64) -> NaiveDate {
    let first = types::date::parse_iso("2022-01-01").unwrap();
    first.checked_add_days(Days::new(number)).unwrap()
}

fn appearance() -> Appearance {
    Appearance {
        kind: UnitKind::Commune,
        names: UnitNames::default(),
    }
}

/// u0 is a province, u1 and u2 stand under it, u3 and u4 under u1.
fn country() -> Histories {
    let parents = [None, Some(0), Some(0), Some(1), Some(1)];
    let history = |(index, parent): (usize, Option<usize>)| {
        let now = DateTime::UNIX_EPOCH;
        let id = unit(index);
        let known =
            History::beginning(id.clone(), day(0), appearance(), parent.map(unit), &[], now);
        (id, known.into())
    };
    parents.into_iter().enumerate().map(history).collect()
}

fn plan(date: u64) -> Plan {
    Plan {
        date: day(date),
        links: Vec::new(),
        new_units: Vec::new(),
        changes: Vec::new(),
        closed: BTreeSet::new(),
    }
}

fn link(from: usize, to: Option<usize>, share: &str) -> Link {
    Link {
        predecessor: unit(from),
        successor: to.map(unit),
        share: Share::read(share).ok(),
    }
}

fn new_unit(index: usize, parent: usize) -> NewUnit {
    NewUnit {
        id: unit(index),
        appearance: appearance(),
        parent: Some(unit(parent)),
        codes: Vec::new(),
    }
}

fn moved(index: usize, parent: usize) -> UnitChange {
    UnitChange {
        unit: unit(index),
        kind: None,
        names: UnitNames::default(),
        parent: Some(unit(parent)),
        to_the_top: false,
        codes: Vec::new(),
    }
}

fn refused(plan: &Plan) -> &'static str {
    let found = apply(&country(), plan, DateTime::UNIX_EPOCH).unwrap_err();
    found[0].reason.code
}

#[test]
fn what_contradicts_the_tree_is_refused() {
    let mut circle = plan(10);
    circle.changes = vec![moved(1, 3)];
    assert_eq!(refused(&circle), "LINEAGE_CIRCLE");

    let mut gap = plan(10);
    gap.links = vec![link(1, Some(2), "1")];
    assert_eq!(refused(&gap), "LINEAGE_GAP");

    let mut two_parents = plan(10);
    two_parents.changes = vec![moved(3, 2), moved(3, 0)];
    assert_eq!(refused(&two_parents), "TWO_PARENTS");

    let mut too_much = plan(10);
    too_much.links = vec![link(3, Some(4), "0.6"), link(3, Some(2), "0.5")];
    assert_eq!(refused(&too_much), "SHARE_ABOVE_ONE");

    let mut into_itself = plan(10);
    into_itself.links = vec![link(3, Some(4), "1"), link(4, Some(3), "1")];
    assert_eq!(refused(&into_itself), "UNIT_NOT_IN_FORCE");

    let mut unknown = plan(10);
    unknown.changes = vec![moved(3, 9)];
    assert_eq!(refused(&unknown), "LINEAGE_GAP");
}

#[test]
fn a_unit_that_has_already_ended_later_cannot_end_before() {
    let mut late = plan(20);
    late.links = vec![link(3, Some(4), "1")];
    let mut units = country();
    units.extend(apply(&units, &late, DateTime::UNIX_EPOCH).unwrap());
    let mut early = plan(10);
    early.links = vec![link(3, Some(2), "1")];
    let found = apply(&units, &early, DateTime::UNIX_EPOCH).unwrap_err();
    assert_eq!(found[0].reason.code, "LINEAGE_OVERLAP");
}

fn dated(date: u64, link: Link) -> DatedLink {
    DatedLink {
        date: day(date),
        reorganization: ReorganizationId::new(&format!("r{date}")).unwrap(),
        link,
    }
}

#[test]
fn shares_multiply_along_the_way_and_an_unknown_one_stays_unknown() {
    let links = [
        dated(10, link(3, Some(5), "0.25")),
        dated(10, link(3, Some(6), "0.75")),
        dated(20, link(5, Some(7), "0.5")),
        dated(20, link(5, Some(8), "")),
        dated(30, link(6, Some(7), "1")),
    ];
    let found = trace(&unit(3), &links, Direction::Successors, &BTreeMap::new());
    let shares: Vec<_> = found
        .ends
        .iter()
        .map(|(unit, share)| (unit.as_str(), share.map(|it| it.to_string())))
        .collect();
    assert_eq!(shares, [("u7", Some("0.875".into())), ("u8", None)]);
    assert_eq!(found.steps.iter().map(|it| it.depth).max(), Some(2));
}
