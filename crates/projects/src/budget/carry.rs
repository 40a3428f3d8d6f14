//! Where the money of a unit stands today: along the links of reorganisations. Pure functions.
//!
//! Money of a year stands with its unit as that one was at the end of the year, or at its own
//! end. From there it goes along the links of later days: whole where there is one successor, by
//! the published shares where there are several. Where they are not published nobody knows, and
//! nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{
    Error, Result,
    access::territory::{LinkFact, Territory},
};
use types::{decimal::Decimal, ids::UnitId, money::Money};

use super::{Sums, narrow};

/// The links of reorganisations up to today.
#[derive(Debug)]
pub(super) struct Lineage<'a> {
    territory: &'a Territory,
    today: NaiveDate,
    /// Links that lead from a unit, the earliest first.
    leading: BTreeMap<&'a UnitId, Vec<(NaiveDate, &'a LinkFact)>>,
}

/// Where money stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stands {
    Whole(UnitId),
    /// In parts, in proportion to the weights.
    Parts(Vec<(UnitId, u64)>),
    /// With some of these, or with nobody.
    Unknown(BTreeSet<UnitId>),
}

/// A share of the whole; none where it is not published.
type Share = Option<Fraction>;

/// An exact share: so many of ten to a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction {
    units: i128,
    scale: u32,
}

/// Beyond so many digits shares are not told apart from unknown ones.
const MOST_DIGITS: u32 = 18;

impl<'a> Lineage<'a> {
    pub(super) fn of(territory: &'a Territory, today: NaiveDate) -> Self {
        let mut leading: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (_, act) in &territory.acts {
            for link in act.links.iter().filter(|_| act.date <= today) {
                let links = leading.entry(&link.predecessor).or_default();
                links.push((act.date, link));
            }
        }
        for links in leading.values_mut() {
            links.sort_by_key(|(date, _)| *date);
        }
        Self {
            territory,
            today,
            leading,
        }
    }

    /// Tells where the money of a unit for a budget year stands today.
    pub(super) fn stands(&self, unit: &UnitId, year: i32) -> Stands {
        let end_of_year = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(self.today);
        let fact = self.territory.unit(unit);
        let last_day = fact.and_then(|it| it.validity.end()?.pred_opt());
        let from = last_day.map_or(end_of_year, |it| it.min(end_of_year));
        let mut ends = BTreeMap::new();
        self.follow(unit, from, Some(Fraction::WHOLE), &mut ends);
        let units: BTreeSet<_> = ends.keys().flatten().cloned().collect();
        match (ends.len(), units.first()) {
            (1, Some(only)) => Stands::Whole(only.clone()),
            _ => match weights(&ends) {
                Some(parts) => Stands::Parts(parts),
                None => Stands::Unknown(units),
            },
        }
    }

    fn follow(
        &self,
        unit: &UnitId,
        from: NaiveDate,
        share: Share,
        ends: &mut BTreeMap<Option<UnitId>, Share>,
    ) {
        let links = self.leading.get(unit).into_iter().flatten();
        let mut later = links.filter(|(date, _)| *date > from).peekable();
        let Some(date) = later.peek().map(|(date, _)| *date) else {
            add(ends, Some(unit.clone()), share);
            return;
        };
        // A unit is divided by one act on a day.
        for (_, link) in later.take_while(|(it, _)| *it == date) {
            let given = link.share.and_then(Fraction::of);
            let passed = share.zip(given).and_then(|(one, two)| one.times(two));
            match &link.successor {
                Some(successor) => self.follow(successor, date, passed, ends),
                None => add(ends, None, passed),
            }
        }
    }
}

/// Adds a share of the same successor, found on another way.
fn add(ends: &mut BTreeMap<Option<UnitId>, Share>, end: Option<UnitId>, share: Share) {
    let sum = match ends.remove(&end) {
        None => share,
        Some(known) => known.zip(share).and_then(|(one, two)| one.plus(two)),
    };
    ends.insert(end, sum);
}

/// Returns the shares as weights, when all are published and make the whole.
fn weights(ends: &BTreeMap<Option<UnitId>, Share>) -> Option<Vec<(UnitId, u64)>> {
    let mut parts = Vec::with_capacity(ends.len());
    let mut sum = Fraction { units: 0, scale: 0 };
    for (end, share) in ends {
        let (end, share) = (end.as_ref()?, (*share)?);
        sum = sum.plus(share)?;
        parts.push((end.clone(), share));
    }
    let scale = parts.iter().map(|(_, share)| share.scale).max()?;
    if sum.raised(scale.max(sum.scale))? != Fraction::WHOLE.raised(scale.max(sum.scale))? {
        return None;
    }
    let parts = parts.into_iter().map(|(unit, share)| {
        let weight = u64::try_from(share.raised(scale)?).ok()?;
        Some((unit, weight))
    });
    parts.collect()
}

impl Fraction {
    const WHOLE: Self = Self { units: 1, scale: 0 };

    fn of(share: Decimal) -> Option<Self> {
        let found = Self {
            units: share.units().into(),
            scale: share.scale().into(),
        };
        (found.scale <= MOST_DIGITS).then_some(found)
    }

    /// Returns the units at a larger scale.
    fn raised(self, scale: u32) -> Option<i128> {
        let more = scale.checked_sub(self.scale)?;
        self.units.checked_mul(10_i128.checked_pow(more)?)
    }

    fn times(self, other: Self) -> Option<Self> {
        let found = Self {
            units: self.units.checked_mul(other.units)?,
            scale: self.scale + other.scale,
        };
        (found.scale <= MOST_DIGITS).then_some(found)
    }

    fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let units = self.raised(scale)?.checked_add(other.raised(scale)?)?;
        Some(Self { units, scale })
    }
}

/// Splits the sums of one line so that the parts add up exactly, each amount by largest
/// remainder.
pub(super) fn split(sums: &Sums, parts: &[(UnitId, u64)]) -> Result<Vec<Sums>> {
    let weights: Vec<_> = parts.iter().map(|(_, weight)| *weight).collect();
    let mut split = vec![Sums::default(); parts.len()];
    for (place, amount) in sums.amounts().into_iter().enumerate() {
        let amount = Money::new(narrow(amount)?);
        let amounts = amount.split_by_largest_remainder(&weights);
        let amounts = amounts.map_err(Error::internal)?;
        for (part, amount) in split.iter_mut().zip(amounts) {
            part.put(place, amount.vnd().into());
        }
    }
    Ok(split)
}

#[cfg(test)]
mod tests {
    use kit::access::{
        book::{Book, UnitFact},
        territory::ActFact,
    };
    use types::{ids::ReorganizationId, validity::Validity};

    use super::*;

    fn unit(id: &str) -> UnitId {
        UnitId::new(id).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Communes before and after 1 July 2025: one merged, one divided by shares, one divided
    /// without, one that nothing follows.
    fn book() -> Book {
        let mut book = Book::default();
        let (old, new) = ("2022-01-01", "2025-07-01");
        for (ids, start, end) in [
            (["long-mai", "ba-ba", "tra-bui", "het"], old, Some(new)),
            (["minh-long", "son-mai", "tra-giang", "ca-dam"], new, None),
        ] {
            for id in ids {
                let validity = Validity::new(day(start), end.map(day)).unwrap();
                let fact = UnitFact {
                    validity,
                    parents: vec![(validity, None)],
                    kinds: Vec::new(),
                };
                book.put_unit(unit(id), fact);
            }
        }
        let link = |from: &str, to: &str, share: &str| LinkFact {
            predecessor: unit(from),
            successor: (!to.is_empty()).then(|| unit(to)),
            share: (!share.is_empty()).then(|| share.parse().unwrap()),
        };
        let fact = ActFact {
            date: day(new),
            links: vec![
                link("long-mai", "minh-long", ""),
                link("ba-ba", "minh-long", "0.3"),
                link("ba-ba", "son-mai", "0.70"),
                link("tra-bui", "tra-giang", ""),
                link("tra-bui", "ca-dam", ""),
                link("het", "", ""),
            ],
        };
        book.put_act(ReorganizationId::new("nq-1677").unwrap(), fact);
        book
    }

    #[test]
    fn money_goes_whole_or_by_published_shares_and_else_nobody_knows() {
        let territory = book().territory();
        let lineage = Lineage::of(&territory, day("2026-01-10"));
        let stands = |id: &str, year| lineage.stands(&unit(id), year);
        assert_eq!(stands("long-mai", 2024), Stands::Whole(unit("minh-long")));
        // The year in which it ended.
        assert_eq!(stands("long-mai", 2025), Stands::Whole(unit("minh-long")));
        assert_eq!(stands("minh-long", 2025), Stands::Whole(unit("minh-long")));
        let parts = vec![(unit("minh-long"), 30), (unit("son-mai"), 70)];
        assert_eq!(stands("ba-ba", 2025), Stands::Parts(parts));
        let either = BTreeSet::from([unit("ca-dam"), unit("tra-giang")]);
        assert_eq!(stands("tra-bui", 2025), Stands::Unknown(either));
        assert_eq!(stands("het", 2025), Stands::Unknown(BTreeSet::new()));
        // Before the day it is as it was.
        let before = Lineage::of(&territory, day("2025-06-30"));
        let here = before.stands(&unit("tra-bui"), 2025);
        assert_eq!(here, Stands::Whole(unit("tra-bui")));
    }

    #[test]
    fn parts_of_a_line_add_up_to_it() {
        let sums = Sums {
            allocated: 1_001,
            paid: 333,
            lines: 1,
            ..Sums::default()
        };
        let parts = [(unit("minh-long"), 30), (unit("son-mai"), 70)];
        let split = split(&sums, &parts).unwrap();
        let allocated: Vec<_> = split.iter().map(|it| it.allocated).collect();
        assert_eq!(allocated, [300, 701]);
        let paid: Vec<_> = split.iter().map(|it| it.paid).collect();
        assert_eq!(paid, [100, 233]);
        assert_eq!(split[0].lines + split[1].lines, 1);
    }
}
