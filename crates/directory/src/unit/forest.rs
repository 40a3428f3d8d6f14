//! All units with all their facts, in memory, so that reading one takes no query.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chrono::NaiveDate;
use types::{ids::UnitId, validity::Validity};

use super::{
    Unit, UnitKind, UnitNames,
    history::{Histories, History, on},
};

/// The units, each under its id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    units: BTreeMap<UnitId, Arc<Tree>>,
    /// Who was ever directly below a unit.
    below: HashMap<UnitId, BTreeSet<UnitId>>,
    /// Who ever bore a code.
    bearers: HashMap<Arc<(String, String)>, BTreeSet<UnitId>>,
}

/// A unit, and what a search looks through for each of its names.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) history: Arc<History>,
    search_keys: Vec<Arc<str>>,
}

/// Which units a list asks for.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) day: NaiveDate,
    /// Below which unit; none = everywhere.
    pub(crate) ancestor: Option<&'a UnitId>,
    pub(crate) children_only: bool,
    pub(crate) kind: Option<UnitKind>,
    /// Part of the name, folded; empty for all.
    pub(crate) search: &'a str,
    /// Scheme and value.
    pub(crate) code: Option<&'a (String, String)>,
    pub(crate) began_since: Option<NaiveDate>,
    pub(crate) ends_by: Option<NaiveDate>,
}

impl Forest {
    /// Returns a unit as it is to be put here; search keys of names that are known already
    /// are used again.
    pub(crate) fn tree(&self, history: impl Into<Arc<History>>) -> Tree {
        let history = history.into();
        let before = self.units.get(&history.id);
        let known = |names: &UnitNames| {
            let before = before?;
            let mut facts = before.history.appearances.iter();
            let index = facts.position(|it| it.value.names == *names)?;
            before.search_keys.get(index).cloned()
        };
        let names = history.appearances.iter().map(|it| &it.value.names);
        let search_keys = names.map(|it| known(it).unwrap_or_else(|| it.search_key().into()));
        Tree {
            search_keys: search_keys.collect(),
            history,
        }
    }

    /// Puts a unit in the place of what was known of it.
    pub(crate) fn put(&mut self, tree: Tree) {
        let id = tree.history.id.clone();
        // Most of what is put is known, and only ends.
        let known = self.units.get(&id);
        if known.is_some_and(|it| it.history.is_found_like(&tree.history)) {
            self.units.insert(id, Arc::new(tree));
            return;
        }
        self.remove(&id);
        let history = &tree.history;
        for parent in history.parents.iter().filter_map(|it| it.value.as_ref()) {
            let below = self.below.entry(parent.clone()).or_default();
            below.insert(id.clone());
        }
        for code in &history.identifiers {
            let key = (code.scheme.clone(), code.value.clone());
            self.bearers
                .entry(key.into())
                .or_default()
                .insert(id.clone());
        }
        self.units.insert(id, Arc::new(tree));
    }

    /// Forgets a unit, and returns what was known of it.
    pub(crate) fn remove(&mut self, id: &UnitId) -> Option<Arc<Tree>> {
        let tree = self.units.remove(id)?;
        let history = &tree.history;
        for parent in history.parents.iter().filter_map(|it| it.value.as_ref()) {
            if let Some(below) = self.below.get_mut(parent) {
                below.remove(id);
            }
        }
        for code in &history.identifiers {
            let key = (code.scheme.clone(), code.value.clone());
            if let Some(bearers) = self.bearers.get_mut(&key) {
                bearers.remove(id);
            }
        }
        Some(tree)
    }

    /// Returns all units, for whoever reads them at leisure.
    pub(crate) fn all(&self) -> Vec<Arc<Tree>> {
        self.units.values().cloned().collect()
    }

    /// Returns all units with all their facts.
    pub(crate) fn histories(&self) -> Histories {
        let units = self.units.iter();
        units
            .map(|(id, tree)| (id.clone(), tree.history.clone()))
            .collect()
    }

    /// Returns a unit with all its facts.
    pub(crate) fn find(&self, id: &UnitId) -> Option<&Arc<Tree>> {
        self.units.get(id)
    }

    /// Returns a unit as it is on a day; none when it does not exist then.
    pub(crate) fn on(&self, id: &UnitId, day: NaiveDate) -> Option<Unit> {
        self.units.get(id)?.history.unit_on(day)
    }

    /// Returns the units above one on a day, nearest first.
    pub(crate) fn ancestors(&self, id: &UnitId, day: NaiveDate) -> Vec<UnitId> {
        let mut above = Vec::new();
        let mut next = self.parent(id, day);
        while let Some(parent) = next {
            // Stores refuse circles; a damaged one must not hang a reader.
            if above.contains(parent) {
                break;
            }
            above.push(parent.clone());
            next = self.parent(parent, day);
        }
        above
    }

    fn parent(&self, id: &UnitId, day: NaiveDate) -> Option<&UnitId> {
        on(&self.units.get(id)?.history.parents, day)?.as_ref()
    }

    /// Returns the units directly below one on a day.
    fn children(&self, id: &UnitId, day: NaiveDate) -> impl Iterator<Item = &UnitId> {
        let below = self.below.get(id).into_iter().flatten();
        below.filter(move |it| self.parent(it, day) == Some(id))
    }

    /// Returns units that are wanted, in order of their ids, beginning after one.
    pub(crate) fn list(&self, wanted: &Wanted<'_>, after: Option<&str>, limit: usize) -> Vec<Unit> {
        let matches = |id: &UnitId| {
            let is_after = after.is_none_or(|it| id.as_str() > it);
            let tree = self.units.get(id).filter(|_| is_after)?;
            tree.matches(wanted)
                .then(|| tree.history.unit_on(wanted.day))?
        };
        match (wanted.ancestor, wanted.code) {
            (None, None) => {
                let ids = self.units.keys();
                ids.filter_map(matches).take(limit).collect()
            }
            (None, Some(code)) => {
                let ids = self.bearers.get(code).into_iter().flatten();
                ids.filter_map(matches).take(limit).collect()
            }
            (Some(ancestor), _) => {
                let ids = self.below(ancestor, wanted.day, wanted.children_only);
                ids.into_iter().filter_map(matches).take(limit).collect()
            }
        }
    }

    /// Returns the units below one on a day, without itself, in order of their ids.
    fn below(&self, root: &UnitId, day: NaiveDate, children_only: bool) -> BTreeSet<&UnitId> {
        let mut found: BTreeSet<&UnitId> = self.children(root, day).collect();
        let mut level: Vec<&UnitId> = found.iter().copied().collect();
        while !children_only && !level.is_empty() {
            let deeper = level.iter().flat_map(|it| self.children(it, day));
            let deeper: Vec<_> = deeper.collect();
            level = deeper.into_iter().filter(|it| found.insert(it)).collect();
        }
        found
    }

    /// Returns who bears or bore a code, when, and under which name on the first day,
    /// oldest first.
    pub(crate) fn bearers(&self, scheme: &str, value: &str) -> Vec<(UnitId, String, Validity)> {
        let key = (scheme.to_owned(), value.to_owned());
        let bearers = self.bearers.get(&key).into_iter().flatten();
        let trees = bearers.filter_map(|id| self.units.get(id));
        let mut found: Vec<_> = trees
            .flat_map(|it| it.history.bearing(scheme, value))
            .collect();
        found.sort_by_key(|(_, _, days)| days.start());
        found
    }
}

impl Tree {
    /// Returns what a search looks through for a name, by its place among all names.
    pub(crate) fn search_key(&self, index: usize) -> Option<&str> {
        self.search_keys.get(index).map(|it| &**it)
    }

    fn matches(&self, wanted: &Wanted<'_>) -> bool {
        let facts = self.history.appearances.iter();
        let Some(index) = facts
            .clone()
            .position(|it| it.validity.contains(wanted.day))
        else {
            return false;
        };
        let appearance = &self.history.appearances[index].value;
        let is_kind = wanted.kind.is_none_or(|kind| kind == appearance.kind);
        let bears = wanted.code.is_none_or(|(scheme, value)| {
            self.history.code(scheme, wanted.day) == Some(value.as_str())
        });
        let days = &self.history.validity;
        let began = wanted.began_since.is_none_or(|it| days.start() >= it);
        let ends = wanted
            .ends_by
            .is_none_or(|it| days.end().is_some_and(|end| end <= it));
        is_kind && bears && began && ends && self.search_keys[index].contains(wanted.search)
    }
}

impl History {
    /// Says whether the same parents and codes lead to both.
    fn is_found_like(&self, other: &Self) -> bool {
        fn parents(it: &History) -> impl Iterator<Item = &Option<UnitId>> {
            it.parents.iter().map(|it| &it.value)
        }
        fn codes(it: &History) -> impl Iterator<Item = (&str, &str)> {
            let codes = it.identifiers.iter();
            codes.map(|it| (it.scheme.as_str(), it.value.as_str()))
        }
        parents(self).eq(parents(other)) && codes(self).eq(codes(other))
    }

    /// Returns the unit as it is on a day; none when it does not exist then.
    fn unit_on(&self, day: NaiveDate) -> Option<Unit> {
        if !self.validity.contains(day) {
            return None;
        }
        let appearance = on(&self.appearances, day)?;
        let borne = self
            .identifiers
            .iter()
            .filter(|it| it.validity.contains(day));
        let mut identifiers: Vec<_> = borne.cloned().collect();
        identifiers.sort_by(|a, b| (&a.scheme, &a.value).cmp(&(&b.scheme, &b.value)));
        Some(Unit {
            id: self.id.clone(),
            kind: appearance.kind,
            validity: self.validity,
            parent: on(&self.parents, day).cloned().flatten(),
            names: appearance.names.clone(),
            identifiers,
            create_time: self.create_time,
            update_time: self.update_time,
            version: self.version,
        })
    }

    /// Returns when the unit bears a code, with the name it has on the first of the days.
    fn bearing(
        &self,
        scheme: &str,
        value: &str,
    ) -> impl Iterator<Item = (UnitId, String, Validity)> {
        let codes = self.identifiers.iter();
        let borne = codes.filter(move |it| it.scheme == scheme && it.value == value);
        borne.map(|it| {
            let called = on(&self.appearances, it.validity.start());
            let name = called.map(|it| it.names.display_name.clone());
            (self.id.clone(), name.unwrap_or_default(), it.validity)
        })
    }
}

#[cfg(test)]
mod tests;
