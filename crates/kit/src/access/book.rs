//! Who may do what, decided in memory: the units with what is above them, and the grants.
//!
//! This is the one rule of access. The directory decides by it over its own tables,
//! every other service over its watched copy. It also knows what units are and how they
//! lead to each other: whoever adds up over them takes a [`Territory`] out of it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use chrono::NaiveDate;
use proto::directory::UnitKind;
use types::{
    ids::{Principal, ReorganizationId, RoleGrantId, UnitId},
    validity::Validity,
};

use super::{
    Reach,
    territory::{ActFact, Stamp, Territory},
};

/// A unit, as far as rights and totals depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFact {
    /// Days on which it exists.
    pub validity: Validity,
    /// What is above it, and on which days.
    pub parents: Vec<(Validity, Option<UnitId>)>,
    /// What it is, and on which days.
    pub kinds: Vec<(Validity, UnitKind)>,
}

/// A grant that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantFact {
    /// Who holds it.
    pub principal: Principal,
    /// Last part of the name of the role.
    pub role: String,
    /// The unit it is over; none = all units.
    pub scope: Option<UnitId>,
    /// Whether it also counts for the units below.
    pub include_subtree: bool,
    /// Days on which it counts.
    pub validity: Validity,
}

/// Asks whether somebody may do something today.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// What, as `<area>.<resource>.<verb>`.
    pub permission: &'a str,
    /// To which unit; none = to all units.
    pub unit: Option<&'a UnitId>,
    /// To it alone, or to everything below it too.
    pub reach: Reach,
    /// Today in Vietnam.
    pub today: NaiveDate,
}

/// Everything that rights depend on.
#[derive(Debug, Clone, Default)]
pub struct Book {
    roles: HashMap<String, HashSet<String>>,
    units: HashMap<UnitId, Arc<UnitFact>>,
    grants: HashMap<Principal, BTreeMap<RoleGrantId, GrantFact>>,
    holders: HashMap<RoleGrantId, Principal>,
    acts: BTreeMap<ReorganizationId, Arc<ActFact>>,
    /// Changes with the units and what leads from one to another.
    stamp: Stamp,
}

/// No tree is deeper; what goes on beyond is a circle.
const DEEPEST: usize = 64;

impl Book {
    /// Says what a role may do.
    pub fn put_role(&mut self, role: String, permissions: impl IntoIterator<Item = String>) {
        self.roles.insert(role, permissions.into_iter().collect());
    }

    /// Says when a unit exists and what is above it.
    pub fn put_unit(&mut self, unit: UnitId, fact: UnitFact) {
        self.units.insert(unit, Arc::new(fact));
        self.stamp = Stamp::next();
    }

    /// Forgets a unit.
    pub fn remove_unit(&mut self, unit: &UnitId) {
        self.units.remove(unit);
        self.stamp = Stamp::next();
    }

    /// Says how a reorganisation leads from units to units.
    pub fn put_act(&mut self, id: ReorganizationId, act: ActFact) {
        self.acts.insert(id, Arc::new(act));
        self.stamp = Stamp::next();
    }

    /// Forgets a reorganisation that was taken back.
    pub fn remove_act(&mut self, id: &ReorganizationId) {
        self.acts.remove(id);
        self.stamp = Stamp::next();
    }

    /// Returns a reorganisation.
    #[must_use]
    pub fn act(&self, id: &ReorganizationId) -> Option<&ActFact> {
        self.acts.get(id).map(Arc::as_ref)
    }

    /// Returns all reorganisations.
    #[must_use]
    pub fn acts(&self) -> Vec<(ReorganizationId, ActFact)> {
        let acts = self.acts.iter();
        acts.map(|(id, act)| (id.clone(), ActFact::clone(act)))
            .collect()
    }

    /// Returns which units there are now, for comparing with an earlier territory.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Returns the units and how they lead to each other.
    #[must_use]
    pub fn territory(&self) -> Territory {
        let units = self.units.iter();
        let units = units.map(|(id, fact)| (id.clone(), UnitFact::clone(fact)));
        let mut units: Vec<_> = units.collect();
        units.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Territory {
            stamp: self.stamp,
            units,
            acts: self.acts(),
        }
    }

    /// Adds a grant.
    pub fn put_grant(&mut self, id: RoleGrantId, fact: GrantFact) {
        self.remove_grant(&id);
        self.holders.insert(id.clone(), fact.principal.clone());
        let held = self.grants.entry(fact.principal.clone()).or_default();
        held.insert(id, fact);
    }

    /// Takes a grant away.
    pub fn remove_grant(&mut self, id: &RoleGrantId) {
        let Some(holder) = self.holders.remove(id) else {
            return;
        };
        if let Some(held) = self.grants.get_mut(&holder) {
            held.remove(id);
            if held.is_empty() {
                self.grants.remove(&holder);
            }
        }
    }

    /// Returns all grants.
    #[must_use]
    pub fn grants(&self) -> Vec<(RoleGrantId, GrantFact)> {
        let held = self.grants.values().flatten();
        held.map(|(id, fact)| (id.clone(), fact.clone())).collect()
    }

    /// Returns what is known of a unit.
    #[must_use]
    pub fn unit(&self, unit: &UnitId) -> Option<&UnitFact> {
        self.units.get(unit).map(Arc::as_ref)
    }

    /// Returns the units that stood below a unit on some of these days, and the unit
    /// itself, by id. Where a unit stood is asked for on the last of its days among them.
    #[must_use]
    pub fn below(&self, root: &UnitId, days: Validity) -> Vec<UnitId> {
        let stood = |(unit, fact): &(&UnitId, &Arc<UnitFact>)| {
            let shared = fact.validity.intersect(&days);
            let last = shared.and_then(|it| it.end()).and_then(|it| it.pred_opt());
            *unit == root || last.is_some_and(|day| self.is_above(root, unit, day))
        };
        let found = self.units.iter().filter(stood);
        let mut found: Vec<_> = found.map(|(unit, _)| unit.clone()).collect();
        found.sort_unstable();
        found
    }

    /// Decides.
    #[must_use]
    pub fn allows(&self, question: &Question<'_>) -> bool {
        self.deciding(question).next().is_some()
    }

    /// Returns the grants by which somebody may do something.
    pub fn deciding<'a>(
        &'a self,
        question: &'a Question<'_>,
    ) -> impl Iterator<Item = &'a GrantFact> {
        let held = self.grants.get(question.principal).into_iter();
        held.flat_map(BTreeMap::values).filter(|grant| {
            grant.validity.contains(question.today)
                && self.carries(&grant.role, question.permission)
                && self.reaches(grant, question)
        })
    }

    fn carries(&self, role: &str, permission: &str) -> bool {
        self.roles
            .get(role)
            .is_some_and(|it| it.contains(permission))
    }

    /// Says whether a grant counts for the unit asked about, on the day asked about.
    #[must_use]
    pub fn reaches(&self, grant: &GrantFact, question: &Question<'_>) -> bool {
        if question.reach == Reach::Subtree && !grant.include_subtree {
            return false;
        }
        match (&grant.scope, question.unit) {
            (None, None) => grant.include_subtree,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(scope), Some(unit)) => {
                scope == unit || grant.include_subtree && self.is_above(scope, unit, question.today)
            }
        }
    }

    /// Says whether a unit is above another. A right over a unit that has ended is asked
    /// for on its last day, so that its records stay with those who were above it; over
    /// one that is still to come, on its first day.
    fn is_above(&self, above: &UnitId, unit: &UnitId, today: NaiveDate) -> bool {
        let Some(fact) = self.units.get(unit) else {
            return false;
        };
        let day = nearest(&fact.validity, today);
        let mut at = unit;
        for _ in 0..DEEPEST {
            let parent = self.units.get(at).and_then(|it| it.parent_on(day));
            match parent {
                Some(parent) if parent == above => return true,
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    }
}

impl UnitFact {
    fn parent_on(&self, day: NaiveDate) -> Option<&UnitId> {
        let found = self.parents.iter().find(|(days, _)| days.contains(day));
        found.and_then(|(_, parent)| parent.as_ref())
    }
}

/// Returns the day of a span that is nearest to a day.
fn nearest(validity: &Validity, day: NaiveDate) -> NaiveDate {
    let last = validity.end().and_then(|it| it.pred_opt());
    let day = day.max(validity.start());
    last.map_or(day, |last| day.min(last))
}

#[cfg(test)]
mod tests {
    use super::{super::territory::LinkFact, *};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn unit(id: &str) -> UnitId {
        UnitId::new(id).unwrap()
    }

    fn days(start: &str, end: Option<&str>) -> Validity {
        Validity::new(day(start), end.map(day)).unwrap()
    }

    /// Minh Long's tree over the reform: the district goes on 1 July 2025, and the
    /// commune that bears its name comes.
    fn book() -> Book {
        let mut book = Book::default();
        book.put_role("reporter".into(), ["values.update".to_owned()]);
        let until = days("2022-01-01", Some("2025-07-01"));
        let mut put = |id: &str, validity, parent: Option<&str>| {
            let fact = UnitFact {
                validity,
                parents: vec![(validity, parent.map(unit))],
                kinds: vec![(validity, UnitKind::Commune)],
            };
            book.put_unit(unit(id), fact);
        };
        put("tinh", days("2022-01-01", None), None);
        put("huyen", until, Some("tinh"));
        put("xa-cu", until, Some("huyen"));
        put("xa-moi", days("2025-07-01", None), Some("tinh"));
        book
    }

    fn grant(book: &mut Book, scope: Option<&str>, include_subtree: bool) -> RoleGrantId {
        let id = RoleGrantId::new("g1").unwrap();
        let fact = GrantFact {
            principal: "users/can-bo".parse().unwrap(),
            role: "reporter".into(),
            scope: scope.map(unit),
            include_subtree,
            validity: days("2022-01-01", Some("2027-01-01")),
        };
        book.put_grant(id.clone(), fact);
        id
    }

    fn allows(book: &Book, id: Option<&str>, reach: Reach, today: &str) -> bool {
        book.allows(&Question {
            principal: &"users/can-bo".parse().unwrap(),
            permission: "values.update",
            unit: id.map(unit).as_ref(),
            reach,
            today: day(today),
        })
    }

    #[test]
    fn a_grant_on_a_unit_alone_reaches_neither_what_is_above_nor_what_is_below() {
        let mut book = book();
        grant(&mut book, Some("huyen"), false);
        let on = |id| allows(&book, Some(id), Reach::Unit, "2024-06-01");
        assert_eq!(["tinh", "huyen", "xa-cu"].map(on), [false, true, false]);
        assert!(!allows(&book, Some("huyen"), Reach::Subtree, "2024-06-01"));
        assert!(!allows(&book, None, Reach::Unit, "2024-06-01"));
    }

    #[test]
    fn a_grant_with_the_subtree_reaches_everything_below_and_nothing_beside() {
        let mut book = book();
        grant(&mut book, Some("huyen"), true);
        let on = |id| allows(&book, Some(id), Reach::Subtree, "2024-06-01");
        let ids = ["tinh", "huyen", "xa-cu", "xa-moi"];
        assert_eq!(ids.map(on), [false, true, true, false]);
    }

    #[test]
    fn the_records_of_an_abolished_district_stay_with_those_who_were_above_it() {
        let mut book = book();
        grant(&mut book, Some("tinh"), true);
        let on = |id| allows(&book, Some(id), Reach::Unit, "2026-11-25");
        let ids = ["huyen", "xa-cu", "xa-moi"];
        assert_eq!(ids.map(on), [true, true, true]);
        // A grant over the district itself still reads what was below it.
        grant(&mut book, Some("huyen"), true);
        let on = |id| allows(&book, Some(id), Reach::Unit, "2026-11-25");
        assert_eq!(ids.map(on), [true, true, false]);
    }

    #[test]
    fn who_stood_below_a_unit_depends_on_the_days() {
        let book = book();
        let below = |root, start, end| {
            let found = book.below(&unit(root), days(start, Some(end)));
            found
                .iter()
                .map(|it| it.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        let before = below("tinh", "2023-12-15", "2024-06-15");
        assert_eq!(before, ["huyen", "tinh", "xa-cu"]);
        let after = below("tinh", "2025-07-15", "2025-12-15");
        assert_eq!(after, ["tinh", "xa-moi"]);
        let over = below("tinh", "2024-12-15", "2025-12-15");
        assert_eq!(over, ["huyen", "tinh", "xa-cu", "xa-moi"]);
        assert_eq!(below("xa-moi", "2025-07-15", "2025-12-15"), ["xa-moi"]);
        assert!(below("khong-co", "2025-07-15", "2025-12-15").is_empty());
    }

    #[test]
    fn a_territory_is_another_one_as_soon_as_a_unit_or_a_link_changes() {
        let mut book = book();
        let before = book.territory();
        assert_eq!(before.stamp, book.stamp());
        grant(&mut book, Some("tinh"), true);
        assert_eq!(before.stamp, book.stamp());
        let act = ActFact {
            date: day("2025-07-01"),
            links: vec![LinkFact {
                predecessor: unit("xa-cu"),
                successor: Some(unit("xa-moi")),
                share: None,
            }],
        };
        let id = ReorganizationId::new("sap-xep").unwrap();
        book.put_act(id.clone(), act.clone());
        let after = book.territory();
        assert_ne!(before.stamp, after.stamp);
        assert_eq!(after.acts, [(id.clone(), act)]);
        book.remove_act(&id);
        assert!(book.territory().acts.is_empty());
        assert_ne!(after.stamp, book.stamp());
    }

    #[test]
    fn a_right_counts_on_its_days_only_and_ends_when_it_is_taken_away() {
        let mut book = book();
        let id = grant(&mut book, None, true);
        assert!(allows(&book, None, Reach::Subtree, "2026-12-31"));
        assert!(!allows(&book, None, Reach::Subtree, "2027-01-01"));
        assert!(!allows(&book, Some("tinh"), Reach::Unit, "2021-12-31"));
        book.remove_grant(&id);
        assert!(!allows(&book, Some("tinh"), Reach::Unit, "2026-12-31"));
    }

    #[test]
    fn a_circle_in_a_damaged_copy_ends_in_a_refusal() {
        let mut book = book();
        let validity = days("2022-01-01", None);
        for (id, parent) in [("a", "b"), ("b", "a")] {
            let fact = UnitFact {
                validity,
                parents: vec![(validity, Some(unit(parent)))],
                kinds: Vec::new(),
            };
            book.put_unit(unit(id), fact);
        }
        grant(&mut book, Some("tinh"), true);
        assert!(!allows(&book, Some("a"), Reach::Unit, "2024-06-01"));
    }
}
