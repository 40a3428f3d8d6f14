//! One pass over a column: everything a total and its coverage are made of.

use std::{cmp::Ordering, collections::BTreeMap};

use types::{
    aggregate::{
        Aggregation,
        qualifiers::{self, Side},
    },
    money::Money,
    quantity::{Absence, Qualifier, Quantity, Value},
    ratio::Ratio,
};

use super::{
    atlas::Number,
    column::{self, Column, MISSING, Mark, Numbers, STATED, Shape, States, UNKNOWN},
    members::{Divided, Members},
};
use crate::formula::{Number as Exact, derive::Exact as Exactly, evaluate::Outcome};

/// Digits after the comma of a part of a share that does not end sooner.
const PART_SCALE: u8 = 6;

/// How much of what was expected is in a total. `expected` is the sum of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    pub(crate) expected: u32,
    pub(crate) counted: u32,
    pub(crate) missing: u32,
    pub(crate) absent: BTreeMap<Absence, u32>,
    /// Units that stated a percentage without its numbers.
    pub(crate) without_parts: u32,
    /// Units that were divided, whose figure cannot be placed.
    pub(crate) divided: u32,
    /// Units that have some of the figures a formula takes and not all.
    pub(crate) incomplete: u32,
}

/// How the figures of an indicator are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) aggregation: Aggregation,
    /// Digits after the comma of what has to be rounded.
    pub(crate) scale: u8,
    /// Whether the row is one unit, whose own figure is shown as it is.
    pub(crate) is_own: bool,
    /// Figures of which states are counted.
    pub(crate) states: States,
}

/// A total with what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) quantity: Option<Quantity>,
    /// The same with all its digits, where the quantity had to be rounded.
    pub(crate) exact: Option<Exactly>,
    pub(crate) coverage: Coverage,
    /// Units of which nobody knows how much belongs here, with the place of each among the
    /// divided ones.
    pub(crate) unplaced: Vec<usize>,
    /// Pairs of units of which both are counted and one is below the other.
    pub(crate) counted_twice: Vec<(Number, Number)>,
    /// The total is too great to be written.
    pub(crate) is_too_great: bool,
}

/// What was added so far.
#[derive(Debug, Default)]
struct Sums {
    /// How many units have each mark.
    marks: Marks,
    number: i128,
    denominator: i128,
}

/// How many units have each mark, as it is seen; the last are those nothing was read of.
#[derive(Debug, Default)]
struct Marks([u32; 17]);

const MARKS: u8 = 16;

/// Adds up what the members reported.
pub(crate) fn tally(column: &Column, members: &Members, rule: Rule) -> Tally {
    let mut sums = Sums::default();
    sums.add(column, &members.living, rule.states);
    let mut ended = Sums::default();
    ended.add(column, &members.ended, rule.states);
    // Nobody waits for a unit that has ended.
    ended.marks.0[usize::from(MISSING)] = 0;
    let mut tally = Tally::default();
    let shares = divided(column, &members.divided, rule, &mut tally);
    sums.join(&ended);
    tally.cover(&sums.marks, rule);
    let is_counted = |unit: &Number| qualifier(column, *unit, rule.states).is_some();
    let both = |(one, other): &&(Number, Number)| is_counted(one) && is_counted(other);
    tally.counted_twice = members.nested.iter().filter(both).copied().collect();
    if !tally.unplaced.is_empty() {
        return tally;
    }
    match own(column, members, rule, &tally) {
        Some(own) => tally.quantity = Some(own),
        None => tally.close(column, members, &sums, rule, &shares),
    }
    tally
}

/// Looks at the units of which only a part belongs here; returns the parts that are known.
fn divided(
    column: &Column,
    units: &[Divided],
    rule: Rule,
    tally: &mut Tally,
) -> Vec<(Number, Exact)> {
    let mut shares = Vec::new();
    let is_shared = matches!(
        rule.aggregation,
        Aggregation::Sum | Aggregation::RatioOfSums
    );
    let coverage = &mut tally.coverage;
    for (place, divided) in units.iter().enumerate() {
        let mark = rule.states.seen(column.mark(divided.unit));
        match (mark, column::absence(mark), &divided.share) {
            (MISSING | UNKNOWN, ..) if divided.has_ended => continue,
            (MISSING | UNKNOWN, ..) => coverage.missing += 1,
            (STATED, ..) if rule.aggregation == Aggregation::RatioOfSums => {
                coverage.without_parts += 1;
            }
            (_, Some(absence), _) => *coverage.absent.entry(absence).or_default() += 1,
            (_, None, Some(share)) if is_shared => {
                coverage.counted += 1;
                shares.push((divided.unit, share.clone()));
            }
            (_, None, _) => {
                coverage.divided += 1;
                tally.unplaced.push(place);
            }
        }
        coverage.expected += 1;
    }
    shares
}

/// Returns the figure of the one unit that makes a row, whatever the rule: it speaks for
/// itself.
fn own(column: &Column, members: &Members, rule: Rule, tally: &Tally) -> Option<Quantity> {
    let is_one = rule.is_own && tally.coverage.expected == 1 && members.divided.is_empty();
    let is_seen = |it: &Number| rule.states.seen(column.mark(*it)) != MISSING;
    let mut units = members.all().filter(|it| is_one && is_seen(it));
    units.find_map(|it| column.quantity(it))
}

/// Says whether a unit's figure is in a total by this rule.
pub(crate) fn is_counted(column: &Column, unit: Number, rule: Rule) -> bool {
    match rule.states.seen(column.mark(unit)) {
        MISSING | UNKNOWN => false,
        STATED => rule.aggregation != Aggregation::RatioOfSums,
        mark => column::absence(mark).is_none(),
    }
}

/// Returns the qualifier of what is seen of a unit's figure; nothing when there is no value.
fn qualifier(column: &Column, unit: Number, states: States) -> Option<Qualifier> {
    let is_seen = states.seen(column.mark(unit)) != MISSING;
    column.qualifier(unit).filter(|_| is_seen)
}

impl Sums {
    /// Adds what some units reported: numbers are 0 where there is no value. The national
    /// roll-up goes 40 million times through here.
    fn add(&mut self, column: &Column, units: &[Number], states: States) {
        let marks = column.marks();
        let is_share = column.shape() == Shape::Share;
        match (column.numbers(), column.denominators()) {
            (Numbers::Narrow(above), Numbers::Narrow(below)) if is_share => {
                for unit in units {
                    let index = *unit as usize;
                    if self.marks.count(marks, index, states) {
                        self.number += i128::from(above.get(index).copied().unwrap_or(0));
                        self.denominator += i128::from(below.get(index).copied().unwrap_or(0));
                    }
                }
            }
            (Numbers::Narrow(numbers), _) if !is_share => {
                for unit in units {
                    let index = *unit as usize;
                    if self.marks.count(marks, index, states) {
                        self.number += i128::from(numbers.get(index).copied().unwrap_or(0));
                    }
                }
            }
            (numbers, denominators) => {
                for unit in units {
                    let index = *unit as usize;
                    if self.marks.count(marks, index, states) {
                        self.number += numbers.get(index);
                        self.denominator += denominators.get(index);
                    }
                }
            }
        }
    }

    fn join(&mut self, other: &Self) {
        for (count, more) in self.marks.0.iter_mut().zip(&other.marks.0) {
            *count += more;
        }
        self.number += other.number;
        self.denominator += other.denominator;
    }
}

impl Marks {
    /// Counts what is seen of a unit; tells whether it may have a number.
    fn count(&mut self, marks: &[Mark], index: usize, states: States) -> bool {
        let mark = marks.get(index).copied().unwrap_or(UNKNOWN);
        let seen = states.seen(mark).min(MARKS);
        self.0[usize::from(seen)] += 1;
        seen != MISSING
    }

    /// Returns the marks there are, with how often.
    fn each(&self) -> impl Iterator<Item = (Mark, u32)> {
        let counts = (0..=MARKS).zip(self.0.iter().copied());
        counts.filter(|(_, count)| *count > 0)
    }
}

impl Tally {
    /// Counts who is in the total and who is not.
    fn cover(&mut self, marks: &Marks, rule: Rule) {
        let coverage = &mut self.coverage;
        for (mark, count) in marks.each() {
            coverage.expected += count;
            match (mark, column::absence(mark)) {
                (MISSING | MARKS..=Mark::MAX, _) => coverage.missing += count,
                (STATED, _) if rule.aggregation == Aggregation::RatioOfSums => {
                    coverage.without_parts += count;
                }
                (_, Some(absence)) => *coverage.absent.entry(absence).or_default() += count,
                (_, None) => coverage.counted += count,
            }
        }
    }

    /// Makes the total.
    fn close(
        &mut self,
        column: &Column,
        members: &Members,
        sums: &Sums,
        rule: Rule,
        shares: &[(Number, Exact)],
    ) {
        if self.coverage.counted == 0 {
            self.quantity = self.coverage.sole_absence().map(Quantity::absent);
            return;
        }
        let joined = sums.qualifier(column, members, rule);
        let made = match rule.aggregation {
            Aggregation::Sum | Aggregation::RatioOfSums if shares.is_empty() => {
                let value = column::value(column.shape(), sums.number, sums.denominator);
                value.map(|it| Quantity::computed(it, joined))
            }
            Aggregation::Sum | Aggregation::RatioOfSums => {
                let exact = with_shares(column, sums, shares);
                let value = exact
                    .as_ref()
                    .and_then(|it| rounded(it, column.shape(), rule));
                self.exact = exact.map(|it| (it, Qualifier::Estimated));
                value.map(|it| Quantity::computed(it, Qualifier::Estimated))
            }
            Aggregation::CountTrue => {
                let value = column::value(column.shape(), sums.number, 0);
                value.map(|it| Quantity::computed(it, qualifiers::counted(joined)))
            }
            Aggregation::Min => extreme(column, members, Side::Least, rule.states),
            Aggregation::Max => extreme(column, members, Side::Greatest, rule.states),
            // Even a single value is no total: one unit does not speak for all.
            Aggregation::Latest | Aggregation::None => return,
        };
        self.is_too_great = made.is_none();
        self.quantity = made;
    }
}

impl Sums {
    /// Returns what a sum of everything that is counted is called.
    fn qualifier(&self, column: &Column, members: &Members, rule: Rule) -> Qualifier {
        let marks = self.marks.each();
        let of_marks = marks.filter_map(|(mark, _)| column::qualifier(mark));
        let joined = of_marks.fold(Qualifier::Exact, qualifiers::joined);
        let is_summed = rule.aggregation == Aggregation::RatioOfSums;
        if is_summed || self.marks.0[usize::from(STATED)] == 0 {
            return joined;
        }
        let of_stated = members.all().filter_map(|it| {
            let is_stated = rule.states.seen(column.mark(it)) == STATED;
            column.qualifier(it).filter(|_| is_stated)
        });
        of_stated.fold(joined, qualifiers::joined)
    }
}

/// Adds the parts of divided units to a sum.
fn with_shares(column: &Column, sums: &Sums, shares: &[(Number, Exact)]) -> Option<Outcome> {
    let (mut number, mut denominator) = (
        Exact::from_wide(sums.number),
        Exact::from_wide(sums.denominator),
    );
    for (unit, share) in shares {
        let index = *unit as usize;
        let part = |it: &Numbers| Exact::from_wide(it.get(index)).multiply(share);
        number = number.add(&part(column.numbers())?)?;
        denominator = denominator.add(&part(column.denominators())?)?;
    }
    let million = Exact::from(1_000_000);
    match column.shape() {
        Shape::Count | Shape::Money => Some(Outcome::Number(number)),
        Shape::Decimal => Some(Outcome::Number(number.divide(&million)?)),
        Shape::Share => {
            let parts = (number.divide(&million)?, denominator.divide(&million)?);
            Some(Outcome::Share(parts.0, parts.1))
        }
        Shape::Flag | Shape::Choice | Shape::Text => None,
    }
}

/// Rounds a sum, once.
fn rounded(exact: &Outcome, shape: Shape, rule: Rule) -> Option<Value> {
    match (exact, shape) {
        (Outcome::Number(number), Shape::Count) => number.to_rounded_i64().map(Value::Count),
        (Outcome::Number(number), Shape::Money) => {
            let amount = number.to_rounded_i64()?;
            Some(Value::Money(Money::new(amount)))
        }
        (Outcome::Number(number), _) => number.to_decimal(rule.scale).map(Value::Decimal),
        (Outcome::Share(numerator, denominator), _) => {
            let written = |it: &Exact| it.to_exact_decimal(0).or_else(|| it.to_decimal(PART_SCALE));
            let parts = written(numerator).zip(written(denominator))?;
            Ratio::new(Some(parts), None).ok().map(Value::Ratio)
        }
        (Outcome::Truth(_) | Outcome::Absent(_), _) => None,
    }
}

/// Finds the least or greatest figure; nothing when the kind has no order.
fn extreme(column: &Column, members: &Members, side: Side, states: States) -> Option<Quantity> {
    if matches!(column.shape(), Shape::Flag | Shape::Choice | Shape::Text) {
        return None;
    }
    let outward = match side {
        Side::Least => Ordering::Less,
        Side::Greatest => Ordering::Greater,
    };
    let counted = || {
        let units = members.all();
        units.filter(|it| qualifier(column, *it, states).is_some())
    };
    let further = |best: Number, it: Number| {
        if column.compare(it, best) == outward {
            it
        } else {
            best
        }
    };
    let best = counted().reduce(further)?;
    let qualifiers = counted().map(|it| {
        let is_outermost = column.compare_values(it, best) == Ordering::Equal;
        (is_outermost, column.qualifier(it).unwrap_or_default())
    });
    let qualifier = qualifiers::outermost(side, qualifiers);
    let quantity = column.quantity(best)?;
    match quantity.content() {
        types::quantity::Content::Value(value) => {
            Some(Quantity::computed(value.clone(), qualifier))
        }
        types::quantity::Content::Absent(_) => None,
    }
}

impl Coverage {
    /// Returns the one absence that all units reported, if it is so.
    fn sole_absence(&self) -> Option<Absence> {
        let mut absences = self.absent.iter();
        let (absence, count) = absences.next()?;
        (*count == self.expected).then_some(*absence)
    }

    /// Adds the units of another total.
    pub(crate) fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.counted += other.counted;
        self.missing += other.missing;
        self.without_parts += other.without_parts;
        self.divided += other.divided;
        self.incomplete += other.incomplete;
        for (absence, count) in &other.absent {
            *self.absent.entry(*absence).or_default() += count;
        }
    }

    /// Says whether less of what was expected is in this one than in another.
    pub(crate) fn is_weaker_than(&self, other: &Self) -> bool {
        let told = |it: &Self| u64::from(it.expected - it.counted);
        let (one, two) = (
            u64::from(self.counted) * u64::from(other.expected),
            u64::from(other.counted) * u64::from(self.expected),
        );
        one < two || one == two && told(self) > told(other)
    }
}

#[cfg(test)]
mod tests;
