//! Putting units in order by what they have earned.
//!
//! What is compared is rounded first, once, as the set says: two units whose printed totals
//! are the same share a place. How far a place hangs on that rounding is told beside it: the
//! best and the worst place that are possible if every total is off by less than half a unit
//! of the last digit.

use serde::{Deserialize, Serialize};

use crate::formula::Number;

/// How units are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ranking {
    pub(crate) by: RankedBy,
    /// Digits after the comma before units are compared.
    pub(crate) scale: u8,
    pub(crate) ties: Ties,
    pub(crate) missing: MissingScores,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RankedBy {
    Points,
    /// Points of the maximum that is left for the unit.
    Percent,
}

/// What follows units that share a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ties {
    /// 1-2-2-4.
    Skip,
    /// 1-2-2-3.
    Dense,
}

/// Where units stand whose scores are not all known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MissingScores {
    NotRanked,
    /// They share the place after all others.
    Last,
    /// The set says that what is not known is 0.
    AsZero,
}

/// The place of a unit, and the places that are possible within the rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) rank: usize,
    pub(crate) best: usize,
    pub(crate) worst: usize,
}

impl Ranking {
    /// Returns the place of each unit, in the order in which the totals came; more is better.
    /// A unit whose total is not known has none, or the last one.
    pub(crate) fn places(&self, totals: &[Option<Number>]) -> Vec<Option<Place>> {
        let known: Vec<_> = totals.iter().flatten().collect();
        let order = Order::new(&known, self.scale);
        let last = match self.ties {
            Ties::Skip => known.len() + 1,
            Ties::Dense => order.distinct_above(None) + 1,
        };
        let place = |total: &Option<Number>| match (total, self.missing) {
            (Some(total), _) => Some(order.place(total, self.ties)),
            (None, MissingScores::Last) => Some(Place {
                rank: last,
                best: last,
                worst: last,
            }),
            // As zero there is no total that is not known.
            (None, MissingScores::NotRanked | MissingScores::AsZero) => None,
        };
        totals.iter().map(place).collect()
    }
}

/// Totals in order, rounded and as they are.
struct Order {
    exact: Vec<Number>,
    /// Each rounded total once.
    distinct: Vec<Number>,
    rounded: Vec<Number>,
    /// For each total, how many different ones there are at least from it on when all are
    /// moved by less than half a unit.
    fewest: Vec<usize>,
    unit: Number,
    scale: u8,
}

impl Order {
    fn new(totals: &[&Number], scale: u8) -> Self {
        let mut exact: Vec<Number> = totals.iter().map(|it| (*it).clone()).collect();
        exact.sort();
        let rounded: Vec<_> = exact.iter().map(|it| round(it, scale)).collect();
        let mut distinct = rounded.clone();
        distinct.dedup();
        let mut order = Self {
            fewest: vec![0; exact.len() + 1],
            exact,
            distinct,
            rounded,
            unit: unit(scale),
            scale,
        };
        // Totals less than a unit apart can come together; taken greedily, from the lowest of
        // a group, the groups are as few as can be.
        for index in (0..order.exact.len()).rev() {
            let next = order.surely_above(&order.exact[index]);
            order.fewest[index] = 1 + order.fewest[next];
        }
        order
    }

    /// Returns where the totals begin that are above this one whatever the rounding hides.
    fn surely_above(&self, total: &Number) -> usize {
        let bound = sum(total, &self.unit);
        self.exact.partition_point(|it| *it < bound)
    }

    /// Counts the different rounded totals above this one; of all, for none.
    fn distinct_above(&self, rounded: Option<&Number>) -> usize {
        let above = |rounded| self.distinct.partition_point(|it| it <= rounded);
        self.distinct.len() - rounded.map_or(0, above)
    }

    fn place(&self, total: &Number, ties: Ties) -> Place {
        let rounded = round(total, self.scale);
        let all = self.exact.len();
        let from = self.surely_above(total);
        let (rank, best) = match ties {
            Ties::Skip => {
                let above = all - self.rounded.partition_point(|it| *it <= rounded);
                (above + 1, all - from + 1)
            }
            Ties::Dense => (
                self.distinct_above(Some(&rounded)) + 1,
                self.fewest[from] + 1,
            ),
        };
        // All but itself and those that are surely below may come to stand above.
        let bound = sum(total, &self.unit.negate());
        let below = self.exact.partition_point(|it| *it <= bound);
        Place {
            rank,
            best,
            worst: all - below,
        }
    }
}

fn unit(scale: u8) -> Number {
    let units = 10_i64.pow(u32::from(scale));
    Number::from(1)
        .divide(&Number::from(units))
        .unwrap_or_else(Number::zero)
}

/// Totals are short numbers, so that neither a sum nor a rounding leaves what fits.
fn sum(one: &Number, other: &Number) -> Number {
    one.add(other).unwrap_or_else(|| one.clone())
}

fn round(total: &Number, scale: u8) -> Number {
    total.round(scale).unwrap_or_else(|| total.clone())
}

#[cfg(test)]
mod tests;
