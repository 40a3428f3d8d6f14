//! What must hold whatever is done to units, on every day.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use types::{ids::UnitId, validity::Validity};

use super::{Contradiction, began_before};
use crate::{
    reason::{
        IDENTIFIER_TAKEN, LINEAGE_CIRCLE, LINEAGE_GAP, LINK_TWICE, SHARE_ABOVE_ONE, TWO_PARENTS,
        UNIT_NOT_IN_FORCE,
    },
    reorganization::{Link, share::Share},
    unit::history::{self, Histories, History},
};

/// Checks links against the units they name: a predecessor was there the day before, a
/// successor is there on the day, and nobody gives more than he has.
pub(crate) fn check_links(
    units: &Histories,
    changed: &Histories,
    day: NaiveDate,
    links: &[Link],
) -> Vec<Contradiction> {
    if links.is_empty() {
        return Vec::new();
    }
    let all = index(units, changed);
    let find = |id: &UnitId| all.get(id).copied();
    let mut found = Vec::new();
    let mut pairs = HashSet::new();
    let mut given: HashMap<&UnitId, Share> = HashMap::new();
    for link in links {
        let from = &link.predecessor;
        if !pairs.insert((from, &link.successor)) {
            let to = link.successor.as_ref().map(UnitId::name);
            let more = [("successor", to.unwrap_or_default())];
            found.push(Contradiction::new(from, &LINK_TWICE, more));
        }
        let before = find(from)
            .filter(|it| began_before(it, day) && it.validity.end().is_none_or(|end| end >= day));
        let after = link.successor.as_ref();
        let missing = [
            before.is_none().then_some(from),
            after.filter(|it| find(it).is_none_or(|it| !it.validity.contains(day))),
        ];
        for unit in missing.into_iter().flatten() {
            let more = [("date", day.to_string())];
            found.push(Contradiction::new(unit, &UNIT_NOT_IN_FORCE, more));
        }
        if let Some(share) = link.share {
            let sum = given.entry(from).or_insert(Share::NOTHING);
            match sum.plus(share).filter(|it| it.at_most_one()) {
                Some(more) => *sum = more,
                None => {
                    let more = [("date", day.to_string())];
                    found.push(Contradiction::new(from, &SHARE_ABOVE_ONE, more));
                }
            }
        }
    }
    found
}

/// Checks what must hold on every day for units that changed and for those below them.
pub(crate) fn contradictions(
    units: &Histories,
    changed: &Histories,
    day: NaiveDate,
) -> Vec<Contradiction> {
    let all = index(units, changed);
    let is_changed: HashSet<_> = changed.keys().collect();
    let mut found = Vec::new();
    for history in changed.values() {
        found.extend(spans(history));
        found.extend(parents_in_force(history, &all));
    }
    let below = |it: &history::Fact<Option<UnitId>>| {
        it.value.as_ref().is_some_and(|it| is_changed.contains(it))
    };
    for history in units.values() {
        if history.parents.iter().any(below) && !is_changed.contains(&history.id) {
            found.extend(parents_in_force(history, &all));
        }
    }
    found.extend(circles(&all, changed, day));
    found.extend(codes(&all, changed));
    found
}

/// All units as they are after a change.
type All<'a> = HashMap<&'a UnitId, &'a History>;

fn index<'a>(units: &'a Histories, changed: &'a Histories) -> All<'a> {
    let all = units.iter().chain(changed);
    all.map(|(id, history)| (id, &**history)).collect()
}

/// At every instant of its life a unit has one name and one place in the tree.
fn spans(history: &History) -> Option<Contradiction> {
    let unbroken = |mut spans: Vec<Validity>| {
        spans.sort_by_key(Validity::start);
        let (first, last) = (spans.first()?, spans.last()?);
        let whole =
            first.start() == history.validity.start() && last.end() == history.validity.end();
        let joined = spans
            .windows(2)
            .all(|it| it[0].end() == Some(it[1].start()));
        (whole && joined).then_some(())
    };
    let appearances = history.appearances.iter().map(|it| it.validity).collect();
    let parents = history.parents.iter().map(|it| it.validity).collect();
    if unbroken(appearances).and(unbroken(parents)).is_some() {
        return None;
    }
    let date = history.validity.start().to_string();
    Some(Contradiction::new(
        &history.id,
        &TWO_PARENTS,
        [("date", date)],
    ))
}

fn parents_in_force(history: &History, all: &All<'_>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for fact in &history.parents {
        let Some(parent) = &fact.value else { continue };
        let validity = all.get(parent).map(|it| it.validity);
        let gap = match validity.and_then(|it| it.intersect(&fact.validity)) {
            None => Some(fact.validity.start()),
            Some(common) if common.start() > fact.validity.start() => Some(fact.validity.start()),
            Some(common) if common.end() != fact.validity.end() => common.end(),
            Some(_) => None,
        };
        if let Some(date) = gap {
            let more = [("date", date.to_string()), ("parent", parent.name())];
            found.push(Contradiction::new(&history.id, &LINEAGE_GAP, more));
        }
    }
    found
}

/// A new circle holds a changed unit, on the day itself or on a later day on which a
/// parent changes.
fn circles(all: &All<'_>, changed: &Histories, day: NaiveDate) -> Vec<Contradiction> {
    let starts = all.values().flat_map(|it| &it.parents);
    let starts = starts.map(|it| it.validity.start()).filter(|it| *it > day);
    let days: BTreeSet<_> = starts.chain([day]).collect();
    let mut found = Vec::new();
    for id in changed.keys() {
        for day in &days {
            let mut above = parent_on(all, id, *day);
            let mut steps = 0;
            while let Some(unit) = above {
                if unit == id || steps > all.len() {
                    let more = [("date", day.to_string())];
                    found.push(Contradiction::new(id, &LINEAGE_CIRCLE, more));
                    break;
                }
                steps += 1;
                above = parent_on(all, unit, *day);
            }
        }
    }
    found
}

fn parent_on<'a>(all: &All<'a>, unit: &UnitId, day: NaiveDate) -> Option<&'a UnitId> {
    history::on(&all.get(unit)?.parents, day)?.as_ref()
}

/// One code of a scheme is borne by one unit at a time.
fn codes(all: &All<'_>, changed: &Histories) -> Vec<Contradiction> {
    let asked: HashSet<_> = changed
        .values()
        .flat_map(|it| &it.identifiers)
        .map(|it| (&it.scheme, &it.value))
        .collect();
    let mut bearers: HashMap<_, Vec<(Validity, &UnitId)>> = HashMap::new();
    for (id, history) in all {
        for it in &history.identifiers {
            let code = (&it.scheme, &it.value);
            if asked.contains(&code) {
                bearers.entry(code).or_default().push((it.validity, id));
            }
        }
    }
    // Told in the order of the codes, whatever order they are looked at in.
    let mut found = BTreeSet::new();
    for (code, mut spans) in bearers {
        spans.sort_by_key(|it| (it.0.start(), it.1));
        for pair in spans.windows(2) {
            if pair[0].0.end().is_none_or(|end| pair[1].0.start() < end) {
                found.insert((code, pair[0].0.start(), pair[0].1));
            }
        }
    }
    let tell = |((scheme, value), _, unit): ((&String, &String), NaiveDate, &UnitId)| {
        let more = [("scheme", scheme.clone()), ("value", value.clone())];
        Contradiction::new(unit, &IDENTIFIER_TAKEN, more)
    };
    found.into_iter().map(tell).collect()
}
