//! Where the figures of a unit stand on another date: along the links of reorganisations,
//! forward or backward. Pure functions.
//!
//! One day's links move history: what a predecessor holds goes along its links, a unit
//! without links keeps what it holds. A share says how much of a predecessor goes to a
//! successor; backward it says nothing, so that a unit goes back whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::atlas::{Atlas, Number};
use crate::formula::Number as Exact;

/// Where the figures of a unit stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Carried {
    /// Where they were: nothing leads elsewhere.
    Same,
    Moved(Moved),
}

/// Units to which figures go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Each with the share it gets, when it is published; none for what goes nowhere.
    pub(crate) ends: BTreeMap<Option<Number>, Option<Exact>>,
    /// The links on the way.
    pub(crate) links: BTreeSet<usize>,
}

/// Carries the figures of a unit from one day to another.
pub(crate) fn carry(atlas: &Atlas, unit: Number, from: NaiveDate, to: NaiveDate) -> Carried {
    let mut moved = Moved::default();
    let is_moved = if from <= to {
        forward(atlas, unit, (from, to), Some(&Exact::from(1)), &mut moved)
    } else {
        backward(atlas, unit, (from, to), &mut moved)
    };
    if is_moved {
        Carried::Moved(moved)
    } else {
        Carried::Same
    }
}

/// Follows a unit to its successors; tells whether something led on.
fn forward(
    atlas: &Atlas,
    unit: Number,
    (from, to): (NaiveDate, NaiveDate),
    share: Option<&Exact>,
    moved: &mut Moved,
) -> bool {
    let leading = atlas.leading(unit).iter();
    let mut later =
        leading.filter(|it| (from < atlas.link(**it).date) && atlas.link(**it).date <= to);
    let Some(first) = later.clone().next() else {
        moved.add(Some(unit), share.cloned());
        return false;
    };
    // A unit is divided by one act on a day.
    let date = atlas.link(*first).date;
    for index in later
        .by_ref()
        .take_while(|it| atlas.link(**it).date == date)
    {
        moved.links.insert(*index);
        let link = atlas.link(*index);
        let given = link.fact.share.map(Exact::from);
        let passed = share.zip(given).and_then(|(one, two)| one.multiply(&two));
        match link.successor {
            Some(successor) => {
                forward(atlas, successor, (date, to), passed.as_ref(), moved);
            }
            None => moved.add(None, passed),
        }
    }
    true
}

/// Follows a unit to what it came from; tells whether something led back.
fn backward(
    atlas: &Atlas,
    unit: Number,
    (from, to): (NaiveDate, NaiveDate),
    moved: &mut Moved,
) -> bool {
    let is_between = |it: &usize| to < atlas.link(*it).date && atlas.link(*it).date <= from;
    let coming = atlas.coming(unit).iter().copied();
    let coming: Vec<_> = coming.filter(is_between).collect();
    let begins = atlas.place(unit).validity.map(|it| it.start());
    let Some(date) = coming.last().map(|it| atlas.link(*it).date) else {
        let is_there = begins.is_some_and(|it| it <= to);
        moved.add(is_there.then_some(unit), None);
        return !is_there;
    };
    let Some(day_before) = date.pred_opt() else {
        return false;
    };
    let of_day = coming.iter().filter(|it| atlas.link(**it).date == date);
    for index in of_day {
        moved.links.insert(*index);
        backward(
            atlas,
            atlas.link(*index).predecessor,
            (day_before, to),
            moved,
        );
    }
    // A unit that took others in without a link to itself kept what it held.
    let leaves = |it: &usize| atlas.link(*it).date == date;
    let has_left = atlas.leading(unit).iter().any(leaves);
    if !has_left && begins.is_some_and(|it| it < date) {
        backward(atlas, unit, (day_before, to), moved);
    }
    true
}

impl Moved {
    fn add(&mut self, end: Option<Number>, share: Option<Exact>) {
        let sum = match self.ends.remove(&end) {
            None => share,
            Some(known) => known.zip(share).and_then(|(one, two)| one.add(&two)),
        };
        self.ends.insert(end, sum);
    }
}

#[cfg(test)]
mod tests {
    use kit::access::book::Book;
    use proptest::prelude::*;
    use proto::directory::UnitKind::{self, Commune};

    use super::{
        super::atlas::tests::{atlas, day, lead, minh_long, put, unit},
        *,
    };

    /// Writes where a unit's figures stand: `minh-long 1, - ?`.
    fn told(book: &Book, id: &str, from: &str, to: &str) -> String {
        let atlas = atlas(book);
        let number = atlas.number(&unit(id)).unwrap();
        match carry(&atlas, number, day(from), day(to)) {
            Carried::Same => "same".into(),
            Carried::Moved(moved) => {
                let end = |(end, share): (&Option<Number>, &Option<Exact>)| {
                    let end = end.map_or("-", |it| atlas.id(it).as_str());
                    let share = share.as_ref().map_or("?".into(), ToString::to_string);
                    format!("{end} {share}")
                };
                let ends: Vec<_> = moved.ends.iter().map(end).collect();
                ends.join(", ")
            }
        }
    }

    #[test]
    fn the_communes_of_minh_long_are_carried_over_the_reform_and_back() {
        let book = minh_long();
        let (before, after) = ("2024-12-14", "2025-12-14");
        assert_eq!(told(&book, "long-mon", before, after), "minh-long 1");
        assert_eq!(told(&book, "long-hiep", before, after), "minh-long ?");
        assert_eq!(told(&book, "long-hiep", before, "2025-06-30"), "same");
        assert_eq!(told(&book, "quang-ngai", before, after), "same");
        assert_eq!(told(&book, "tra-bong-h", before, after), "- ?");
        let divided = told(&book, "tra-bui", before, after);
        assert!(divided.contains("tra-giang ?") && divided.contains("ca-dam ?"));
        let back = told(&book, "son-mai", after, before);
        assert!(back.contains("long-mai ?") && back.contains("long-son ?"));
        assert_eq!(told(&book, "tra-giang", after, before), "tra-bui ?");
    }

    #[test]
    fn shares_are_multiplied_along_the_way_and_added_where_ways_meet() {
        let mut book = Book::default();
        for id in ["a", "b", "c", "d"] {
            put(&mut book, (id, Commune, "", "2020-01-01", ""));
        }
        lead(
            &mut book,
            "x",
            "2022-01-01",
            &[("a", "b", "0.6"), ("a", "c", "0.4")],
        );
        lead(
            &mut book,
            "y",
            "2023-01-01",
            &[("b", "d", "0.5"), ("b", "b", "0.5")],
        );
        lead(&mut book, "z", "2024-01-01", &[("c", "d", "1")]);
        assert_eq!(told(&book, "a", "2021-01-01", "2022-06-01"), "b 0.6, c 0.4");
        assert_eq!(told(&book, "a", "2021-01-01", "2025-01-01"), "b 0.3, d 0.7");
        // The history of a day is moved by the acts after it.
        assert_eq!(told(&book, "a", "2022-01-01", "2025-01-01"), "same");
    }

    #[test]
    fn a_unit_that_took_another_in_goes_back_to_both_and_a_new_one_to_nothing() {
        let mut book = Book::default();
        put(&mut book, ("a", Commune, "", "2020-01-01", "2022-01-01"));
        put(&mut book, ("b", Commune, "", "2020-01-01", ""));
        put(&mut book, ("c", Commune, "", "2023-01-01", ""));
        lead(&mut book, "x", "2022-01-01", &[("a", "b", "1")]);
        assert_eq!(told(&book, "b", "2023-06-01", "2021-01-01"), "a ?, b ?");
        assert_eq!(told(&book, "c", "2023-06-01", "2021-01-01"), "- ?");
        assert_eq!(told(&book, "c", "2023-06-01", "2023-02-01"), "same");
    }

    proptest! {
        /// However units are merged and divided: forward with full shares nothing is lost
        /// and nothing comes about.
        #[test]
        fn shares_of_all_successors_make_the_whole(
            steps in proptest::collection::vec((0_usize..6, 0_usize..6, 0_usize..6, 1_i64..10), 1..12),
        ) {
            let ids = ["a", "b", "c", "d", "e", "f"];
            let mut book = Book::default();
            for id in ids {
                put(&mut book, (id, UnitKind::Commune, "", "2000-01-01", ""));
            }
            for (year, (from, one, two, tenths)) in steps.iter().enumerate() {
                let date = format!("{}-01-01", 2001 + year);
                let (one_share, two_share) = (format!("0.{tenths}"), format!("0.{}", 10 - tenths));
                let (from, one, two) = (ids[*from], ids[*one], ids[*two]);
                if one == two {
                    lead(&mut book, &format!("x{year}"), &date, &[(from, one, "1")]);
                } else {
                    let links = [(from, one, one_share.as_str()), (from, two, two_share.as_str())];
                    lead(&mut book, &format!("x{year}"), &date, &links);
                }
            }
            let atlas = atlas(&book);
            for id in ids {
                let number = atlas.number(&unit(id)).unwrap();
                let carried = carry(&atlas, number, day("2000-06-01"), day("2030-01-01"));
                if let Carried::Moved(moved) = carried {
                    let mut sum = Exact::zero();
                    for share in moved.ends.values() {
                        sum = sum.add(share.as_ref().unwrap()).unwrap();
                    }
                    prop_assert_eq!(sum, Exact::from(1));
                }
            }
        }
    }
}
