//! Rules over a model of a few units.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate};
use proptest::prelude::*;
use types::ids::{ReorganizationId, UnitId};

use super::{
    Link,
    lineage::{DatedLink, Direction, Trace, trace},
    rules::{NewUnit, Plan, UnitChange, apply},
    share::Share,
};
use crate::unit::{
    UnitKind, UnitNames,
    history::{self, Appearance, Histories, History},
};

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
        (id, known)
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

/// What is tried next: days since the last try, what, and with which units.
type Try = (u64, u8, [usize; 3], &'static str);

fn some_try() -> impl Strategy<Value = Try> {
    let share = prop_oneof![Just(""), Just("0.5"), Just("1")];
    (0..4_u64, 0..7_u8, [0..99_usize, 0..99, 0..99], share)
}

/// Makes a plan with units that live on the day; it may still contradict something.
fn plan_for(units: &Histories, date: u64, (_, what, pick, share): Try) -> Plan {
    let living: Vec<usize> = units
        .values()
        .filter(|it| it.validity.contains(day(date)))
        .map(|it| it.id.as_str()[1..].parse().unwrap())
        .collect();
    if living.is_empty() {
        return plan(date);
    }
    let [a, b, above] = pick.map(|it| living[it % living.len()]);
    let (one, two) = (units.len(), units.len() + 1);
    let mut plan = plan(date);
    match what {
        0 => {
            plan.links = vec![link(a, Some(one), share), link(b, Some(one), "1")];
            plan.new_units = vec![new_unit(one, above)];
        }
        1 => {
            plan.links = vec![link(a, Some(one), "0.5"), link(a, Some(two), share)];
            plan.new_units = vec![new_unit(one, above), new_unit(two, above)];
        }
        2 => plan.links = vec![link(a, Some(b), share)],
        3 => plan.links = vec![link(a, Some(a), "0.5"), link(a, Some(b), share)],
        4 => plan.changes = vec![moved(a, above), moved(b, above)],
        5 => plan.new_units = vec![new_unit(one, above)],
        _ => plan.links = vec![link(a, None, share)],
    }
    plan
}

/// Applies what does not contradict; returns the units and their links.
fn live_through(tries: &[Try]) -> (Histories, Vec<DatedLink>) {
    let mut units = country();
    let mut links: Vec<DatedLink> = Vec::new();
    let mut date = 0;
    for wanted in tries {
        // Now and then an act is entered late, for a day before others.
        date = if wanted.2[2] % 9 == 0 {
            date / 2
        } else {
            date + wanted.0
        }
        .max(1);
        let plan = plan_for(&units, date, *wanted);
        if super::clash(&links, &plan).is_some() {
            continue;
        }
        if let Ok(changed) = apply(&units, &plan, DateTime::UNIX_EPOCH) {
            units.extend(changed);
            links.extend(plan.links.iter().map(|it| DatedLink {
                date: plan.date,
                reorganization: ReorganizationId::new("r").unwrap(),
                link: it.clone(),
            }));
        }
    }
    (units, links)
}

/// Follows a unit as the use case does.
fn follow(
    units: &Histories,
    links: &[DatedLink],
    id: &UnitId,
    direction: Direction,
    as_of: NaiveDate,
) -> Trace {
    let end = units[id].validity.end();
    let backward = direction == Direction::Predecessors;
    let known: Vec<_> = links
        .iter()
        .filter(|it| it.date <= as_of && !(backward && end.is_some_and(|end| it.date >= end)))
        .cloned()
        .collect();
    let begins = units
        .iter()
        .map(|(id, it)| (id.clone(), it.validity.start()))
        .collect();
    trace(id, &known, direction, &begins)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn at_every_instant_a_unit_has_one_parent_and_none_stands_above_itself(
        tries in prop::collection::vec(some_try(), 1..20),
    ) {
        let (units, _) = live_through(&tries);
        for number in 0..45 {
            let today = day(number);
            for history in units.values() {
                let parents = history.parents.iter().filter(|it| it.validity.contains(today));
                let lives = history.validity.contains(today);
                prop_assert_eq!(parents.count(), usize::from(lives));
                let mut above = history::on(&history.parents, today).cloned().flatten();
                let mut steps = 0;
                while let Some(parent) = above {
                    prop_assert!(units[&parent].validity.contains(today));
                    steps += 1;
                    prop_assert!(steps <= units.len(), "a circle above {}", history.id);
                    above = history::on(&units[&parent].parents, today).cloned().flatten();
                }
            }
        }
    }

    #[test]
    fn a_leads_to_b_exactly_when_b_comes_from_a(
        tries in prop::collection::vec(some_try(), 1..20),
    ) {
        let (units, links) = live_through(&tries);
        for number in [5, 15, 25, 45] {
            let as_of = day(number);
            let reach = |id: &UnitId, direction| follow(&units, &links, id, direction, as_of).met();
            let forward: BTreeMap<_, _> = units
                .keys()
                .map(|it| (it, reach(it, Direction::Successors)))
                .collect();
            for b in units.keys() {
                let back = reach(b, Direction::Predecessors);
                for a in units.keys().filter(|it| *it != b) {
                    prop_assert_eq!(forward[a].contains(b), back.contains(a), "{} to {} by {}", a, b, as_of);
                }
            }
        }
    }
}
