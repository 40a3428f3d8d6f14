//! A formula over the totals of what it takes.
//!
//! What a formula cannot do without it takes from the same units: a unit that has only some
//! of the figures of a period is left out of all of them and is listed, for a numerator of
//! one set of units over a denominator of another is no share of anything. Units of
//! different periods are not matched, because units end and merge between them, and neither
//! is what a formula can do without; there it is told when the units are not the same.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use types::{ids::IndicatorId, period::Period, validity::Validity};

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
        let (nobody, mut rests) = (Members::default(), HashMap::new());
        for input in planned.reported() {
            let (indicator, period) = (&input.0, input.1);
            let Some(definition) = self.definition(indicator, &period) else {
                continue;
            };
            let days = definition.window(&period);
            let members = self.members_on(&days, group).unwrap_or(&nobody);
            let (mut part, incomplete) = match left_out.get(&period) {
                Some(units) => {
                    let rest = rests.entry((period, days));
                    let rest = rest.or_insert_with(|| members.without(units));
                    let part = self.reported(indicator, definition, period, rest);
                    (part, members.all().count() - rest.all().count())
                }
                None => (self.reported(indicator, definition, period, members), 0),
            };
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
        let left_out =
            left_out.map(|(period, units)| Told::Incomplete(period, units.into_iter().collect()));
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
    /// without, and not all; also those that stand here only on the days that count for
    /// some of it. A single unit speaks for itself: what it lacks is told by the formula.
    fn incomplete(&self, planned: &Plan, group: Group) -> BTreeMap<Period, BTreeSet<Number>> {
        let mut needed: BTreeMap<Period, Vec<_>> = BTreeMap::new();
        for (indicator, period) in planned.needed() {
            if let Some(definition) = self.definition(&indicator, &period) {
                let column = self.columns.get(&(indicator, period));
                let days = definition.window(&period);
                let of_period = needed.entry(period).or_default();
                of_period.push((column, self.rule(definition), days));
            }
        }
        let mut left_out = BTreeMap::new();
        for (period, columns) in needed.into_iter().filter(|(_, it)| it.len() > 1) {
            let standing = Standing::of(self, columns.iter().map(|(_, _, days)| *days), group);
            if standing.everybody.len() <= 1 {
                continue;
            }
            let has_some = |unit: &Number| {
                let has = |(column, rule, days): &(Option<&_>, _, _)| {
                    standing.counts(*unit, days)
                        && column.is_some_and(|it: &std::sync::Arc<_>| is_counted(it, *unit, *rule))
                };
                let first = has(&columns[0]);
                columns.iter().skip(1).any(|it| has(it) != first)
            };
            let units = standing.everybody.iter().copied().filter(has_some);
            let units: BTreeSet<_> = units.collect();
            if !units.is_empty() {
                left_out.insert(period, units);
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

/// Who stands in a row on the days that count for some of the figures a formula takes.
struct Standing {
    everybody: Vec<Number>,
    /// By the days, where those of the figures differ; empty when all count the same.
    by_days: HashMap<Validity, BTreeSet<Number>>,
}

impl Standing {
    fn of(sheet: &Sheet, days: impl Iterator<Item = Validity>, group: Group) -> Self {
        let days: HashSet<_> = days.collect();
        let of = |days| sheet.members_on(days, group);
        let everybody = days.iter().filter_map(of).flat_map(Members::all);
        let mut everybody: Vec<_> = everybody.collect();
        if days.len() <= 1 {
            return Self {
                everybody,
                by_days: HashMap::new(),
            };
        }
        everybody.sort_unstable();
        everybody.dedup();
        let units = |it| of(it).into_iter().flat_map(Members::all).collect();
        Self {
            everybody,
            by_days: days.iter().map(|it| (*it, units(it))).collect(),
        }
    }

    fn counts(&self, unit: Number, days: &Validity) -> bool {
        let standing = self.by_days.get(days);
        self.by_days.is_empty() || standing.is_some_and(|it| it.contains(&unit))
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
