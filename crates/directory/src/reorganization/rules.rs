//! What a reorganisation does to units and what it may not do. Pure functions over an
//! in-memory model: nothing here knows a database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Error, Reason};
use serde::{Deserialize, Serialize};
use types::ids::UnitId;

use super::Link;
use crate::{
    reason::{LINEAGE_OVERLAP, TWO_PARENTS, UNIT_ID_TAKEN, UNIT_NOT_IN_FORCE},
    unit::{
        UnitKind, UnitNames,
        history::{self, Appearance, Histories, History},
    },
};

mod checks;

pub(crate) use checks::{check_links, contradictions};

/// A unit that begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewUnit {
    pub(crate) id: UnitId,
    pub(crate) appearance: Appearance,
    pub(crate) parent: Option<UnitId>,
    /// Scheme and value.
    pub(crate) codes: Vec<(String, String)>,
}

/// What changes for a unit that lives on; what is not there stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnitChange {
    pub(crate) unit: UnitId,
    pub(crate) kind: Option<UnitKind>,
    /// Every empty name stays as it is.
    pub(crate) names: UnitNames,
    pub(crate) parent: Option<UnitId>,
    /// Nothing is above it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) to_the_top: bool,
    pub(crate) codes: Vec<(String, String)>,
}

/// All that happens on one day.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) date: NaiveDate,
    pub(crate) links: Vec<Link>,
    pub(crate) new_units: Vec<NewUnit>,
    pub(crate) changes: Vec<UnitChange>,
    /// Units that end although no link tells what follows.
    pub(crate) closed: BTreeSet<UnitId>,
}

/// Why a plan cannot be, and for which unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contradiction {
    pub(crate) unit: UnitId,
    pub(crate) reason: &'static Reason,
    pub(crate) facts: BTreeMap<&'static str, String>,
}

impl Contradiction {
    pub(crate) fn new<const N: usize>(
        unit: &UnitId,
        reason: &'static Reason,
        more: [(&'static str, String); N],
    ) -> Self {
        let mut facts = BTreeMap::from(more);
        facts.insert("unit", unit.name());
        Self {
            unit: unit.clone(),
            reason,
            facts,
        }
    }
}

impl From<Contradiction> for Error {
    fn from(it: Contradiction) -> Self {
        Self::Rule(it.reason, it.facts)
    }
}

impl Plan {
    /// Returns every unit that is named beside the new ones.
    pub(crate) fn names(&self) -> impl Iterator<Item = &UnitId> {
        let links = self.links.iter();
        let linked = links.flat_map(|it| [Some(&it.predecessor), it.successor.as_ref()]);
        let changes = self.changes.iter();
        let changed = changes.flat_map(|it| [Some(&it.unit), it.parent.as_ref()]);
        let above = self.new_units.iter().map(|it| it.parent.as_ref());
        linked.chain(changed).chain(above).flatten()
    }

    /// Returns the units that end: predecessors without a link to themselves.
    pub(crate) fn closing(&self) -> BTreeSet<&UnitId> {
        let living: BTreeSet<_> = self
            .links
            .iter()
            .filter(|it| it.successor.as_ref() == Some(&it.predecessor))
            .map(|it| &it.predecessor)
            .collect();
        let predecessors = self.links.iter().map(|it| &it.predecessor);
        predecessors
            .filter(|it| !living.contains(it))
            .chain(&self.closed)
            .collect()
    }
}

/// Returns the units that a plan changes, as they are afterwards.
///
/// # Errors
/// Every contradiction that was found.
pub(crate) fn apply(
    units: &Histories,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<Histories, Vec<Contradiction>> {
    let mut work = Work {
        units,
        plan,
        changed: Histories::new(),
        found: Vec::new(),
    };
    work.close();
    work.create(now);
    work.change();
    for history in work.changed.values_mut() {
        let history = Arc::make_mut(history);
        if units.contains_key(&history.id) {
            history.version += 1;
            history.update_time = now;
        }
    }
    let linked = check_links(units, &work.changed, plan.date, &plan.links);
    work.found.extend(linked);
    if work.found.is_empty() {
        work.found = contradictions(units, &work.changed, plan.date);
    }
    if work.found.is_empty() {
        Ok(work.changed)
    } else {
        Err(work.found)
    }
}

struct Work<'a> {
    units: &'a Histories,
    plan: &'a Plan,
    changed: Histories,
    found: Vec<Contradiction>,
}

impl Work<'_> {
    fn refuse<const N: usize>(
        &mut self,
        unit: &UnitId,
        reason: &'static Reason,
        more: [(&'static str, String); N],
    ) {
        self.found.push(Contradiction::new(unit, reason, more));
    }

    fn close(&mut self) {
        let day = self.plan.date;
        for id in self.plan.closing() {
            let known = self.units.get(id);
            let Some(known) = known.filter(|it| began_before(it, day) && it.validity.contains(day))
            else {
                self.refuse(id, &UNIT_NOT_IN_FORCE, [("date", day.to_string())]);
                continue;
            };
            if known.changes_after(day) {
                self.refuse(id, &LINEAGE_OVERLAP, [("date", day.to_string())]);
                continue;
            }
            let mut history = History::clone(known);
            history.close(day);
            self.changed.insert(id.clone(), Arc::new(history));
        }
    }

    fn create(&mut self, now: DateTime<Utc>) {
        for new in &self.plan.new_units {
            if self.units.contains_key(&new.id) || self.changed.contains_key(&new.id) {
                self.refuse(&new.id, &UNIT_ID_TAKEN, []);
                continue;
            }
            let history = History::beginning(
                new.id.clone(),
                self.plan.date,
                new.appearance.clone(),
                new.parent.clone(),
                &new.codes,
                now,
            );
            self.changed.insert(new.id.clone(), Arc::new(history));
        }
    }

    fn change(&mut self) {
        let day = self.plan.date;
        let mut named = BTreeSet::new();
        let new: BTreeSet<_> = self.plan.new_units.iter().map(|it| &it.id).collect();
        for wanted in &self.plan.changes {
            let id = &wanted.unit;
            let twice = !named.insert(id);
            if twice || new.contains(id) {
                self.refuse(id, &TWO_PARENTS, [("date", day.to_string())]);
                continue;
            }
            let history = match self.changed.get(id) {
                // It ends on this very day.
                Some(_) => None,
                None => self.units.get(id).filter(|it| it.validity.contains(day)),
            };
            let Some(mut history) = history.map(|it| History::clone(it)) else {
                self.refuse(id, &UNIT_NOT_IN_FORCE, [("date", day.to_string())]);
                continue;
            };
            wanted.carry_out(&mut history, day);
            self.changed.insert(id.clone(), Arc::new(history));
        }
    }
}

impl UnitChange {
    fn carry_out(&self, history: &mut History, day: NaiveDate) {
        if let Some(now) = history::on(&history.appearances, day) {
            let next = Appearance {
                kind: self.kind.unwrap_or(now.kind),
                names: now.names.replaced_by(&self.names),
            };
            if next != *now {
                history::change(&mut history.appearances, day, next);
            }
        }
        let above = history::on(&history.parents, day);
        if (self.parent.is_some() || self.to_the_top) && above != Some(&self.parent) {
            history::change(&mut history.parents, day, self.parent.clone());
        }
        for (scheme, value) in &self.codes {
            history.recode(day, scheme, value);
        }
    }
}

fn began_before(history: &History, day: NaiveDate) -> bool {
    history.validity.start() < day
}
