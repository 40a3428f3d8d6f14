//! Whatever is applied, taken back and corrected, in whatever order: properties of all
//! sequences.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use types::ids::{ReorganizationId, UnitId};

use super::{day, link, moved, new_unit, plan};
use crate::{
    reorganization::{
        Content, CreateReorganization, Kind, Link, Reorganization, State,
        application::clash,
        correction,
        lineage::{DatedLink, Direction, Trace, trace},
        reversal::taken_back,
        rules::{Plan, apply},
        store::Before,
    },
    unit::history::{self, Histories, History},
};

/// Days after the last on which anything can happen.
const DAYS: u64 = 80;

/// What is tried next: days since the last try, what, with which units or acts, and a
/// share.
type Try = (u64, u8, [usize; 3], &'static str);

fn some_try() -> impl Strategy<Value = Try> {
    let share = prop_oneof![Just(""), Just("0.5"), Just("1")];
    (0..4_u64, 0..11_u8, [0..99_usize, 0..99, 0..99], share)
}

/// An act that was applied, with what the units were before.
#[derive(Clone)]
struct Act {
    applied: Reorganization,
    before: Histories,
    after: Histories,
}

/// Everything that was done, with what the use cases know of it.
struct Past {
    units: Histories,
    acts: Vec<Act>,
    /// The number of the next unit; no name comes twice.
    next: usize,
    retired: BTreeSet<UnitId>,
    reverted: usize,
    corrected: usize,
}

impl Past {
    fn new() -> Self {
        let units = super::country();
        Self {
            next: units.len(),
            units,
            acts: Vec::new(),
            retired: BTreeSet::new(),
            reverted: 0,
            corrected: 0,
        }
    }

    fn in_force(&self) -> impl Iterator<Item = &Act> {
        let applied = |it: &&Act| it.applied.state == State::Applied;
        self.acts.iter().filter(applied)
    }

    fn links(&self) -> Vec<DatedLink> {
        let dated = |it: &Act| {
            let (date, id) = (it.applied.date, it.applied.id.clone());
            let dated = move |link: &Link| DatedLink {
                date,
                reorganization: id.clone(),
                link: link.clone(),
            };
            it.applied.links.iter().map(dated).collect::<Vec<_>>()
        };
        self.in_force().flat_map(dated).collect()
    }

    /// Applies a plan unless it contradicts something.
    fn apply(&mut self, plan: &Plan) {
        if clash(&self.links(), plan).is_some() {
            return;
        }
        let Ok(changed) = apply(&self.units, plan, DateTime::UNIX_EPOCH) else {
            return;
        };
        let new = CreateReorganization {
            id: ReorganizationId::new(&format!("r{}", self.acts.len())).unwrap(),
            kind: Kind::Merge,
            decision_number: String::new(),
            date: plan.date,
            source: String::new(),
            links: plan.links.clone(),
            content: Content {
                new_units: plan.new_units.clone(),
                changes: plan.changes.clone(),
            },
        };
        let mut applied = Reorganization::draft(new, DateTime::UNIX_EPOCH);
        applied.state = State::Applied;
        let known = changed.keys().filter_map(|id| self.units.get_key_value(id));
        let before = known.map(|(id, it)| (id.clone(), it.clone())).collect();
        self.next += plan.new_units.len();
        self.units.extend(changed.clone());
        self.acts.push(Act {
            applied,
            before,
            after: changed,
        });
    }

    /// Takes an act back unless somebody has built on it.
    fn revert(&mut self, index: usize) {
        let Some(act) = self.acts.get(index).cloned() else {
            return;
        };
        if act.applied.state != State::Applied {
            return;
        }
        let kept = |(unit, after): (&UnitId, &Arc<History>)| Before {
            unit: unit.clone(),
            version_after: after.version,
            before: act.before.get(unit).map(|it| History::clone(it)),
        };
        let kept = act.after.iter().map(kept).collect();
        let now = DateTime::UNIX_EPOCH;
        let Ok(back) = taken_back(&self.units, &act.applied, kept, now) else {
            return;
        };
        let others = self.in_force().filter(|it| it.applied.id != act.applied.id);
        let mut links = others.flat_map(|it| &it.applied.links);
        let names = |it: &Link| {
            let successor = it.successor.as_ref();
            let goes = |it: &UnitId| back.gone.contains(it);
            goes(&it.predecessor) || successor.is_some_and(goes)
        };
        if links.any(names) {
            return;
        }
        drop(links);
        self.units.retain(|id, _| !back.gone.contains(id));
        self.units.extend(back.restored);
        self.retired.extend(back.gone);
        for (unit, (before, now)) in back.versions {
            let after = self
                .acts
                .iter_mut()
                .filter_map(|it| it.after.get_mut(&unit));
            for history in after.filter(|it| it.version == before) {
                Arc::make_mut(history).version = now;
            }
        }
        self.acts[index].applied.state = State::Reverted;
        self.reverted += 1;
    }

    /// Corrects the links of an act: one goes, another comes.
    fn correct(&mut self, index: usize, wanted: Try) {
        let Some(act) = self.acts.get(index) else {
            return;
        };
        if act.applied.state != State::Applied || act.applied.links.is_empty() {
            return;
        }
        let (date, id) = (act.applied.date, act.applied.id.clone());
        let (_, what, [_, from, to], share) = wanted;
        let everybody: Vec<_> = self.units.keys().cloned().collect();
        let old = &act.applied.links[from % act.applied.links.len()];
        let predecessor = if what % 2 == 0 {
            old.predecessor.clone()
        } else {
            everybody[from % everybody.len()].clone()
        };
        let added = Link {
            predecessor,
            successor: Some(everybody[to % everybody.len()].clone()),
            share: super::Share::read(share).ok(),
        };
        let mut others = self.links();
        others.retain(|it| it.date >= date && it.reorganization != id);
        let removed = [old.clone()];
        let added = [added];
        let after = correction::after(&self.units, &act.applied, &removed, &added, &others);
        if let Ok((links, _)) = after {
            self.acts[index].applied.links = links;
            self.corrected += 1;
        }
    }
}

/// Makes a plan with units that live on the day; it may still contradict something.
fn plan_for(past: &Past, date: u64, (_, what, pick, share): Try) -> Plan {
    let lives = |it: &&Arc<History>| it.validity.contains(day(date));
    let living: Vec<usize> = past
        .units
        .values()
        .filter(lives)
        .map(|it| it.id.as_str()[1..].parse().unwrap())
        .collect();
    if living.is_empty() {
        return plan(date);
    }
    let [a, b, above] = pick.map(|it| living[it % living.len()]);
    let (one, two) = (past.next, past.next + 1);
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

/// Does what does not contradict.
fn live_through(tries: &[Try]) -> Past {
    let mut past = Past::new();
    let mut date = 0;
    for wanted in tries {
        // Now and then an act is entered late, for a day before others.
        date = if wanted.2[2] % 9 == 0 {
            date / 2
        } else {
            date + wanted.0
        }
        .max(1);
        // The last act more often than one before it: that one is built on.
        let last = past.acts.len().saturating_sub(1);
        let act = last.saturating_sub(wanted.2[0] % 4);
        match wanted.1 {
            7 | 8 => past.revert(act),
            9 | 10 => past.correct(act, *wanted),
            _ => past.apply(&plan_for(&past, date, *wanted)),
        }
    }
    past
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

fn sequence() -> impl Strategy<Value = Vec<Try>> {
    prop::collection::vec(some_try(), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig {
        // More with PROPTEST_CASES.
        cases: ProptestConfig::default().cases.max(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn at_every_instant_a_unit_has_one_parent_and_none_stands_above_itself(
        tries in sequence(),
    ) {
        let units = live_through(&tries).units;
        for number in 0..DAYS {
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
    fn a_leads_to_b_exactly_when_b_comes_from_a(tries in sequence()) {
        let past = live_through(&tries);
        let (units, links) = (&past.units, past.links());
        for number in [5, 15, 25, 45, DAYS] {
            let as_of = day(number);
            let reach = |id: &UnitId, direction| follow(units, &links, id, direction, as_of).met();
            let forward: BTreeMap<_, _> = units
                .keys()
                .map(|it| (it, reach(it, Direction::Successors)))
                .collect();
            for b in units.keys() {
                let back = reach(b, Direction::Predecessors);
                for a in units.keys().filter(|it| *it != b) {
                    prop_assert_eq!(
                        forward[a].contains(b), back.contains(a), "{} to {} by {}", a, b, as_of
                    );
                }
            }
        }
    }

    #[test]
    fn acts_taken_back_last_to_first_lead_back_to_the_beginning(tries in sequence()) {
        let only_acts: Vec<_> = tries.into_iter().filter(|it| it.1 < 7).collect();
        let mut past = live_through(&only_acts);
        for index in (0..past.acts.len()).rev() {
            past.revert(index);
            prop_assert_eq!(past.acts[index].applied.state, State::Reverted);
        }
        for history in past.units.values_mut() {
            Arc::make_mut(history).version = 1;
        }
        prop_assert_eq!(past.units, super::country());
    }

    #[test]
    fn what_is_taken_back_at_once_leaves_nothing_but_its_retired_names(
        tries in sequence(), one_more in some_try(), date in 1..40_u64,
    ) {
        let mut past = live_through(&tries);
        let facts = |past: &Past| {
            let mut units = past.units.clone();
            for history in units.values_mut() {
                Arc::make_mut(history).version = 0;
            }
            (units, past.links())
        };
        let (before, acts) = (facts(&past), past.acts.len());
        let plan = plan_for(&past, date, one_more);
        past.apply(&plan);
        if past.acts.len() > acts {
            past.revert(acts);
            prop_assert_eq!(past.acts[acts].applied.state, State::Reverted);
            prop_assert_eq!(facts(&past), before);
            prop_assert!(plan.new_units.iter().all(|it| past.retired.contains(&it.id)));
        }
        prop_assert!(past.units.keys().all(|it| !past.retired.contains(it)));
    }
}

#[test]
fn the_sequences_do_take_back_and_correct() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let (mut applied, mut reverted, mut corrected) = (0, 0, 0);
    for _ in 0..400 {
        let tries = sequence().new_tree(&mut runner).unwrap().current();
        let past = live_through(&tries);
        applied += past.acts.len();
        reverted += past.reverted;
        corrected += past.corrected;
    }
    assert!(
        applied > 400 && reverted > 100 && corrected > 20,
        "{applied} {reverted} {corrected}"
    );
}
