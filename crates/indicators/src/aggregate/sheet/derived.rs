//! A formula over the totals of what it takes.
//!
//! What a formula cannot do without it takes from the same units: a unit that has only some
//! of the figures of a period is left out of all of them and is listed, for a numerator of
//! one set of units over a denominator of another is no share of anything. Units of
//! different periods are not matched, because units end and merge between them, and neither
//! is what a formula can do without; there it is told when the units are not the same.

use std::collections::{BTreeMap, BTreeSet};

use types::{ids::IndicatorId, period::Period};

use super::{Group, Members, Number, Plan, Share, Sheet, Told, Total};
use crate::aggregate::tally::is_counted;

impl Sheet {
    /// Computes a formula over the totals of its inputs.
    pub(super) fn derived(
        &mut self,
        indicator: &IndicatorId,
        period: Period,
        group: Group,
    ) -> Total {
        let key = (indicator.clone(), period);
        let mut total = Total {
            is_in_force: true,
            ..Total::default()
        };
        let Some(planned) = self.plans.remove(&key) else {
            return total;
        };
        let planned = match planned {
            Ok(mut planned) => {
                self.compute(&mut planned, group, &mut total);
                Ok(planned)
            }
            Err(problem) => {
                total.problems.push(Told::Failed(problem.clone()));
                Err(problem)
            }
        };
        self.plans.insert(key, planned);
        total
    }

    fn compute(&self, planned: &mut Plan, group: Group, total: &mut Total) {
        let left_out = self.incomplete(planned, group);
        let (mut known, mut exact) = (BTreeMap::new(), BTreeMap::new());
        let mut shares = Vec::new();
        for input in planned.reported() {
            let (indicator, period) = (&input.0, input.1);
            let Some(definition) = self.definition(indicator, &period) else {
                continue;
            };
            let mut part = match left_out.get(&period) {
                Some((_, members)) => self.reported(indicator, definition, period, members),
                None => {
                    let nobody = Members::default();
                    let members = self.members(period, group).unwrap_or(&nobody);
                    self.reported(indicator, definition, period, members)
                }
            };
            let incomplete = left_out.get(&period).map_or(0, |(units, _)| units.len());
            let incomplete = u32::try_from(incomplete).unwrap_or(u32::MAX);
            part.coverage.incomplete = incomplete;
            part.coverage.expected += incomplete;
            if let Some(quantity) = part.quantity {
                known.insert(input.clone(), quantity);
            }
            if let Some(digits) = part.exact {
                exact.insert(input.clone(), digits);
            }
            total.divided.extend(part.divided);
            total.problems.extend(part.problems);
            shares.push(Share {
                input: input.clone(),
                counted: part.coverage.counted,
                expected: part.coverage.expected,
            });
            let is_first = shares.len() == 1;
            if is_first || part.coverage.is_weaker_than(&total.coverage) {
                total.coverage = part.coverage;
            }
        }
        let left_out = left_out.into_iter();
        let left_out = left_out.map(|(period, (units, _))| Told::Incomplete(period, units));
        total.problems.extend(left_out);
        total.problems.extend(self.uneven(shares));
        if !total.divided.is_empty() {
            return;
        }
        match planned.compute(known, exact) {
            Ok(given) => {
                total.quantity = Some(given.quantity);
                total.exact = Some(given.exact);
                let warnings = given.warnings.into_iter();
                total.problems.extend(warnings.map(Told::Formula));
            }
            Err(problem) => total.problems.push(Told::Failed(problem)),
        }
    }

    /// Returns the units of each period that have some of what the formula cannot do
    /// without, and not all, with the members that are left. A single unit speaks for
    /// itself: what it lacks is told by the formula.
    fn incomplete(&self, planned: &Plan, group: Group) -> BTreeMap<Period, (Vec<Number>, Members)> {
        let mut needed: BTreeMap<Period, Vec<_>> = BTreeMap::new();
        for (indicator, period) in planned.needed() {
            if let Some(definition) = self.definition(&indicator, &period) {
                let column = self.columns.get(&(indicator, period));
                let of_period = needed.entry(period).or_default();
                of_period.push((column, self.rule(definition)));
            }
        }
        let mut left_out = BTreeMap::new();
        for (period, columns) in needed.into_iter().filter(|(_, it)| it.len() > 1) {
            let Some(members) = self.members(period, group) else {
                continue;
            };
            if members.all().count() == 1 {
                continue;
            }
            let has_some = |unit: &Number| {
                let has = |(column, rule): &(Option<&_>, _)| {
                    column.is_some_and(|it: &std::sync::Arc<_>| is_counted(it, *unit, *rule))
                };
                let first = has(&columns[0]);
                columns.iter().skip(1).any(|it| has(it) != first)
            };
            let units: Vec<_> = members.all().filter(has_some).collect();
            if !units.is_empty() {
                let rest = members.without(&units.iter().copied().collect());
                left_out.insert(period, (units, rest));
            }
        }
        left_out
    }

    /// Tells when what a formula takes does not come from equally many of its units.
    fn uneven(&self, shares: Vec<Share>) -> Option<Told> {
        // What a single unit lacks is told by the formula.
        if shares.iter().all(|it| it.expected <= 1) {
            return None;
        }
        let part = |it: &Share| (u64::from(it.counted), u64::from(it.expected.max(1)));
        let by_part = |one: &&Share, other: &&Share| {
            let ((a, b), (c, d)) = (part(one), part(other));
            (a * d).cmp(&(c * b))
        };
        let (least, most) = (
            shares.iter().min_by(by_part)?,
            shares.iter().max_by(by_part)?,
        );
        let differs = by_part(&least, &most) == std::cmp::Ordering::Less;
        differs.then(|| Told::Uneven(least.clone(), most.clone()))
    }
}

impl Members {
    /// Returns the members without some units.
    fn without(&self, units: &BTreeSet<Number>) -> Self {
        let stays = |it: &Number| !units.contains(it);
        Self {
            living: self.living.iter().copied().filter(stays).collect(),
            ended: self.ended.iter().copied().filter(stays).collect(),
            divided: self
                .divided
                .iter()
                .filter(|it| stays(&it.unit))
                .cloned()
                .collect(),
            nested: self
                .nested
                .iter()
                .copied()
                .filter(|(one, other)| stays(one) && stays(other))
                .collect(),
        }
    }
}
