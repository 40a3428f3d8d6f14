//! The units in time by number, so that adding up over them takes no names.
//!
//! A unit keeps its number for as long as the program runs, also when the units change or
//! it is taken back: columns of figures are laid out by it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::NaiveDate;
use kit::access::territory::{LinkFact, Stamp, Territory};
use proto::directory::UnitKind;
use types::{
    ids::{ReorganizationId, UnitId},
    validity::Validity,
};

use super::tree::Tree;

/// The number of a unit.
pub(crate) type Number = u32;

/// Trees of this many days are kept.
const MOST_TREES: usize = 128;
/// No tree is deeper; what goes on beyond is a circle.
const DEEPEST: usize = 64;

/// All units and links as of one state of the directory.
#[derive(Debug)]
pub(crate) struct Atlas {
    stamp: Stamp,
    places: Vec<Place>,
    numbers: HashMap<UnitId, Number>,
    links: Vec<Link>,
    /// Links that lead from a unit, and to it, the earliest first.
    from: HashMap<Number, Vec<usize>>,
    to: HashMap<Number, Vec<usize>>,
    trees: Mutex<HashMap<NaiveDate, Arc<Tree>>>,
}

/// A unit.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) id: UnitId,
    /// None when the unit was taken back and is there no more.
    pub(crate) validity: Option<Validity>,
    parents: Vec<(Validity, Option<Number>)>,
    kinds: Vec<(Validity, UnitKind)>,
}

/// One unit leads to another on a day.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) act: ReorganizationId,
    pub(crate) date: NaiveDate,
    pub(crate) fact: LinkFact,
    pub(crate) predecessor: Number,
    pub(crate) successor: Option<Number>,
}

impl Atlas {
    /// Numbers the units; those that had a number keep it.
    fn of(territory: &Territory, before: Option<&Self>) -> Self {
        let known = before.map(|it| &it.places).into_iter().flatten();
        let mut places: Vec<_> = known.map(|it| Place::gone(it.id.clone())).collect();
        let mut numbers = before.map(|it| it.numbers.clone()).unwrap_or_default();
        for (id, _) in &territory.units {
            number(id, &mut numbers, &mut places);
        }
        for (id, fact) in &territory.units {
            let mut parents = Vec::with_capacity(fact.parents.len());
            for (days, parent) in &fact.parents {
                let parent = parent.as_ref();
                let parent = parent.map(|it| number(it, &mut numbers, &mut places));
                parents.push((*days, parent));
            }
            let place = number(id, &mut numbers, &mut places);
            if let Some(place) = places.get_mut(place as usize) {
                place.validity = Some(fact.validity);
                place.parents = parents;
                place.kinds.clone_from(&fact.kinds);
            }
        }
        let mut links = Vec::new();
        for (id, act) in &territory.acts {
            for fact in &act.links {
                let successor = fact.successor.as_ref();
                links.push(Link {
                    act: id.clone(),
                    date: act.date,
                    predecessor: number(&fact.predecessor, &mut numbers, &mut places),
                    successor: successor.map(|it| number(it, &mut numbers, &mut places)),
                    fact: fact.clone(),
                });
            }
        }
        links.sort_by_key(|it| it.date);
        let (mut from, mut to) = (HashMap::new(), HashMap::new());
        for (index, link) in links.iter().enumerate() {
            let leading: &mut Vec<usize> = from.entry(link.predecessor).or_default();
            leading.push(index);
            if let Some(successor) = link.successor {
                let coming: &mut Vec<usize> = to.entry(successor).or_default();
                coming.push(index);
            }
        }
        Self {
            stamp: territory.stamp,
            places,
            numbers,
            links,
            from,
            to,
            trees: Mutex::default(),
        }
    }

    /// Returns how many numbers are given.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns the number of a unit; none when it was never there.
    pub(crate) fn number(&self, id: &UnitId) -> Option<Number> {
        self.numbers.get(id).copied()
    }

    /// Returns a unit. Numbers come from here, so there is one.
    pub(crate) fn place(&self, number: Number) -> &Place {
        &self.places[number as usize]
    }

    /// Returns the name of a unit.
    pub(crate) fn id(&self, number: Number) -> &UnitId {
        &self.place(number).id
    }

    /// Returns all numbers.
    pub(crate) fn all(&self) -> impl Iterator<Item = Number> {
        (0..).take(self.places.len())
    }

    /// Returns a link.
    pub(crate) fn link(&self, index: usize) -> &Link {
        &self.links[index]
    }

    /// Returns the links that lead from a unit, the earliest first.
    pub(crate) fn leading(&self, number: Number) -> &[usize] {
        self.from.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Returns the links that lead to a unit, the earliest first.
    pub(crate) fn coming(&self, number: Number) -> &[usize] {
        self.to.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Returns what is above a unit on a day, nearest first.
    pub(crate) fn above(&self, number: Number, day: NaiveDate) -> impl Iterator<Item = Number> {
        let parent = move |it: &Number| self.place(*it).parent_on(day);
        std::iter::successors(parent(&number), parent).take(DEEPEST)
    }

    /// Returns the units of a day as a tree.
    pub(crate) fn tree(&self, day: NaiveDate) -> Arc<Tree> {
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tree) = trees.get(&day) {
            return tree.clone();
        }
        if trees.len() >= MOST_TREES {
            trees.clear();
        }
        let tree = Arc::new(Tree::of(self, day));
        trees.insert(day, tree.clone());
        tree
    }
}

/// Returns the number of a unit, a new one when it has none.
fn number(id: &UnitId, numbers: &mut HashMap<UnitId, Number>, places: &mut Vec<Place>) -> Number {
    if let Some(known) = numbers.get(id) {
        return *known;
    }
    // A country has some 15.000.
    let next = Number::try_from(places.len()).unwrap_or(Number::MAX);
    numbers.insert(id.clone(), next);
    places.push(Place::gone(id.clone()));
    next
}

impl Place {
    fn gone(id: UnitId) -> Self {
        Self {
            id,
            validity: None,
            parents: Vec::new(),
            kinds: Vec::new(),
        }
    }

    /// Says whether the unit exists on a day.
    pub(crate) fn exists_on(&self, day: NaiveDate) -> bool {
        self.validity.is_some_and(|it| it.contains(day))
    }

    /// Returns what the unit is on a day.
    pub(crate) fn kind_on(&self, day: NaiveDate) -> Option<UnitKind> {
        on(&self.kinds, day)
    }

    /// Returns everything the unit ever was.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = UnitKind> {
        self.kinds.iter().map(|(_, kind)| *kind)
    }

    /// Returns what is above the unit on a day.
    pub(crate) fn parent_on(&self, day: NaiveDate) -> Option<Number> {
        on(&self.parents, day).flatten()
    }
}

fn on<T: Copy>(facts: &[(Validity, T)], day: NaiveDate) -> Option<T> {
    let found = facts.iter().find(|(days, _)| days.contains(day));
    found.map(|(_, fact)| *fact)
}

/// The atlas of now; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Atlases(Arc<Mutex<Option<Arc<Atlas>>>>);

impl Atlases {
    /// Returns the atlas of a territory.
    pub(crate) fn of(&self, territory: &Territory) -> Arc<Atlas> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.as_ref() {
            Some(known) if known.stamp == territory.stamp => known.clone(),
            before => {
                let atlas = Arc::new(Atlas::of(territory, before.map(AsRef::as_ref)));
                *held = Some(atlas.clone());
                atlas
            }
        }
    }

    /// Returns the newest atlas: every number there is stands in it.
    pub(crate) fn newest(&self) -> Option<Arc<Atlas>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use kit::access::{
        book::{Book, UnitFact},
        territory::ActFact,
    };

    use super::*;

    pub(crate) fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    pub(crate) fn unit(id: &str) -> UnitId {
        UnitId::new(id).unwrap()
    }

    /// Units of a test: id, kind, parent, first day, day after the last.
    pub(crate) type Row<'a> = (&'a str, UnitKind, &'a str, &'a str, &'a str);

    pub(crate) fn put(book: &mut Book, (id, kind, parent, start, end): Row<'_>) {
        let end = (!end.is_empty()).then(|| day(end));
        let validity = Validity::new(day(start), end).unwrap();
        let parent = (!parent.is_empty()).then(|| unit(parent));
        let fact = UnitFact {
            validity,
            parents: vec![(validity, parent)],
            kinds: vec![(validity, kind)],
        };
        book.put_unit(unit(id), fact);
    }

    pub(crate) fn lead(book: &mut Book, act: &str, date: &str, links: &[(&str, &str, &str)]) {
        let links = links.iter().map(|(from, to, share)| LinkFact {
            predecessor: unit(from),
            successor: (!to.is_empty()).then(|| unit(to)),
            share: (!share.is_empty()).then(|| share.parse().unwrap()),
        });
        let fact = ActFact {
            date: day(date),
            links: links.collect(),
        };
        book.put_act(ReorganizationId::new(act).unwrap(), fact);
    }

    /// Minh Long over the reform: the district goes on 1 July 2025, its five communes
    /// become two of the province; Trà Bùi, beside it, is divided.
    pub(crate) fn minh_long() -> Book {
        use UnitKind::{Commune, District, Province};
        let mut book = Book::default();
        let (old, new) = ("2022-01-01", "2025-07-01");
        put(&mut book, ("quang-ngai", Province, "", old, ""));
        put(&mut book, ("minh-long-h", District, "quang-ngai", old, new));
        put(&mut book, ("tra-bong-h", District, "quang-ngai", old, new));
        for id in ["long-son", "long-mai", "thanh-an", "long-mon", "long-hiep"] {
            put(&mut book, (id, Commune, "minh-long-h", old, new));
        }
        put(&mut book, ("tra-bui", Commune, "tra-bong-h", old, new));
        for id in ["minh-long", "son-mai", "tra-giang", "ca-dam"] {
            put(&mut book, (id, Commune, "quang-ngai", new, ""));
        }
        lead(
            &mut book,
            "nq-1677",
            new,
            &[
                ("long-hiep", "minh-long", ""),
                ("thanh-an", "minh-long", ""),
                ("long-mon", "minh-long", "1"),
                ("long-mai", "son-mai", ""),
                ("long-son", "son-mai", ""),
                ("tra-bui", "tra-giang", ""),
                ("tra-bui", "ca-dam", ""),
                ("minh-long-h", "minh-long", ""),
                ("minh-long-h", "son-mai", ""),
                ("tra-bong-h", "", ""),
            ],
        );
        book
    }

    pub(crate) fn atlas(book: &Book) -> Arc<Atlas> {
        Atlases::default().of(&book.territory())
    }

    #[test]
    fn a_unit_keeps_its_number_when_others_come_and_go() {
        let mut book = minh_long();
        let atlases = Atlases::default();
        let before = atlases.of(&book.territory());
        let number = |atlas: &Atlas, id| atlas.number(&unit(id)).unwrap();
        put(
            &mut book,
            ("an-phu", UnitKind::Ward, "quang-ngai", "2025-07-01", ""),
        );
        book.remove_unit(&unit("ca-dam"));
        let after = atlases.of(&book.territory());
        for place in &before.places {
            let id = place.id.as_str();
            assert_eq!(number(&before, id), number(&after, id));
        }
        assert_eq!(after.len(), before.len() + 1);
        assert!(after.place(number(&after, "ca-dam")).validity.is_none());
        assert!(Arc::ptr_eq(&after, &atlases.of(&book.territory())));
    }

    #[test]
    fn what_is_above_a_unit_depends_on_the_day() {
        let atlas = atlas(&minh_long());
        let above = |id, on| {
            let above = atlas.above(atlas.number(&unit(id)).unwrap(), day(on));
            above
                .map(|it| atlas.id(it).as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            above("long-hiep", "2024-12-14"),
            ["minh-long-h", "quang-ngai"]
        );
        assert_eq!(above("minh-long", "2025-12-14"), ["quang-ngai"]);
        assert!(above("minh-long", "2024-12-14").is_empty());
    }
}
