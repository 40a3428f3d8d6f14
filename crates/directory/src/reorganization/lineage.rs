//! Following a unit through reorganisations, forward and backward. Pure functions.
//!
//! One day's links move history: what a predecessor holds goes along its links, a unit
//! without links keeps what it holds. Backward is the same table read the other way, so
//! A leads to B exactly when B comes from A.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use types::ids::{ReorganizationId, UnitId};

use super::{Link, share::Share};

/// A link of an applied reorganisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatedLink {
    pub(crate) date: NaiveDate,
    pub(crate) reorganization: ReorganizationId,
    pub(crate) link: Link,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Successors,
    Predecessors,
}

/// One link on the way, with the product of the shares so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) link: DatedLink,
    pub(crate) depth: i32,
    pub(crate) share: Option<Share>,
}

/// The way and where it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) steps: Vec<Step>,
    pub(crate) ends: Vec<(UnitId, Option<Share>)>,
}

#[derive(Clone, Copy)]
struct Held {
    share: Option<Share>,
    depth: i32,
}

/// Follows a unit through links. `begins` tells on which day a unit begins: looking
/// back, it holds nothing before.
pub(crate) fn trace(
    start: &UnitId,
    links: &[DatedLink],
    direction: Direction,
    begins: &BTreeMap<UnitId, NaiveDate>,
) -> Trace {
    let mut days: BTreeMap<NaiveDate, Vec<&DatedLink>> = BTreeMap::new();
    for link in links {
        days.entry(link.date).or_default().push(link);
    }
    let whole = Held {
        share: Some(Share::WHOLE),
        depth: 0,
    };
    let mut held = BTreeMap::from([(start.clone(), whole)]);
    let mut steps = Vec::new();
    let mut pass = |day: NaiveDate, links: &[&DatedLink]| {
        held = match direction {
            Direction::Successors => forward(&held, links, &mut steps),
            Direction::Predecessors => {
                let mut before = backward(&held, links, &mut steps);
                before.retain(|unit, _| begins.get(unit) != Some(&day));
                before
            }
        };
    };
    match direction {
        Direction::Successors => days.iter().for_each(|(day, links)| pass(*day, links)),
        Direction::Predecessors => days.iter().rev().for_each(|(day, links)| pass(*day, links)),
    }
    let ends = held.into_iter().map(|(unit, it)| (unit, it.share));
    Trace {
        ends: ends.collect(),
        steps,
    }
}

type Holding = BTreeMap<UnitId, Held>;

fn forward(held: &Holding, links: &[&DatedLink], steps: &mut Vec<Step>) -> Holding {
    let mut after = held.clone();
    for link in links {
        after.remove(&link.link.predecessor);
    }
    for link in links {
        if let Some(from) = held.get(&link.link.predecessor) {
            let passed = step(link, *from, steps);
            if let Some(successor) = &link.link.successor {
                add(&mut after, successor, passed);
            }
        }
    }
    after
}

fn backward(held: &Holding, links: &[&DatedLink], steps: &mut Vec<Step>) -> Holding {
    let mut before = held.clone();
    for link in links {
        before.remove(&link.link.predecessor);
    }
    for link in links {
        let to = link.link.successor.as_ref().and_then(|it| held.get(it));
        if let Some(to) = to {
            let passed = step(link, *to, steps);
            add(&mut before, &link.link.predecessor, passed);
        }
    }
    before
}

fn step(link: &DatedLink, held: Held, steps: &mut Vec<Step>) -> Held {
    let passed = Held {
        share: product(held.share, link.link.share),
        depth: held.depth + 1,
    };
    steps.push(Step {
        link: link.clone(),
        depth: passed.depth,
        share: passed.share,
    });
    passed
}

fn add(held: &mut Holding, unit: &UnitId, more: Held) {
    let sum = match held.get(unit) {
        None => more,
        Some(known) => Held {
            share: match (known.share, more.share) {
                (Some(one), Some(two)) => one.plus(two),
                _ => None,
            },
            depth: known.depth.max(more.depth),
        },
    };
    held.insert(unit.clone(), sum);
}

fn product(one: Option<Share>, two: Option<Share>) -> Option<Share> {
    one?.times(two?)
}

impl Trace {
    /// Returns every unit met on the way.
    #[cfg(test)]
    pub(super) fn met(&self) -> BTreeSet<UnitId> {
        let on_the_way = self.steps.iter().flat_map(|it| {
            let link = &it.link.link;
            link.successor.iter().chain([&link.predecessor])
        });
        on_the_way.cloned().collect()
    }
}

/// Returns every unit that links name.
pub(crate) fn units_of(links: &[DatedLink]) -> BTreeSet<&UnitId> {
    let mut units = BTreeSet::new();
    for it in links {
        units.insert(&it.link.predecessor);
        units.extend(&it.link.successor);
    }
    units
}
