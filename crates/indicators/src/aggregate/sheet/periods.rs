//! The cell over all periods.

use types::{
    aggregate::{Aggregation, add_up},
    ids::IndicatorId,
    period::Period,
    quantity::{Content, Quantity, Value},
};

use super::{Cell, Sheet, Total, issues::warn};
use crate::{
    formula::{
        Part,
        evaluate::{self, Figure, Outcome},
        result::{computed, figure, quantity},
    },
    indicator::{Definition, continuity::Break},
    reason::{AGGREGATE_PERIODS_OVERLAP, AGGREGATE_PERIODS_UNFIT, NOT_COMPARABLE},
};

impl Sheet {
    /// Makes the cell over all periods, by the rule of the indicator for periods.
    pub(crate) fn over_periods(
        &mut self,
        indicator: &IndicatorId,
        periods: &[Period],
        totals: &[&Total],
    ) -> Cell {
        let mut total = Total {
            is_in_force: totals.iter().any(|it| it.is_in_force),
            ..Total::default()
        };
        let mut issues = Vec::new();
        for part in totals {
            total.coverage.add(&part.coverage);
            total.divided.extend(part.divided.iter().cloned());
        }
        let latest = periods.iter().max();
        let ground = self.ground();
        let definition = latest.and_then(|it| ground.definition(indicator, it));
        let rule = definition.map_or(Aggregation::None, |it| it.period_aggregation);
        let adds = matches!(
            rule,
            Aggregation::Sum | Aggregation::RatioOfSums | Aggregation::CountTrue
        );
        let overlap = overlapping(periods).filter(|_| adds);
        if let Some((one, other)) = overlap {
            let facts = [("period", one.to_string()), ("other", other.to_string())];
            issues.push(warn(&AGGREGATE_PERIODS_OVERLAP, "all_periods", &facts));
        } else if let Some((period, why)) = self.broken(indicator, rule, periods, totals) {
            let facts = [
                ("period", period.to_string()),
                ("period_vi", period.to_vietnamese()),
                ("cause_en", why.en),
                ("cause_vi", why.vi),
            ];
            issues.push(warn(&NOT_COMPARABLE, "all_periods", &facts));
        } else if total.divided.is_empty() {
            let by_period = periods.iter().zip(totals);
            let told = by_period.filter(|(_, it)| it.quantity.is_some());
            let told: Vec<_> = told.collect();
            let exact = definition.and_then(|it| exactly(it, rule, &told));
            let quantities = told.iter().map(|(period, it)| (**period, &it.quantity));
            match (exact, together(rule, quantities.collect())) {
                (Some(quantity), Ok(_)) => total.quantity = Some(quantity),
                (None, Ok(quantity)) => total.quantity = quantity,
                (_, Err(())) => {
                    let facts = [("indicator", indicator.name())];
                    issues.push(warn(&AGGREGATE_PERIODS_UNFIT, "all_periods", &facts));
                }
            }
        }
        Cell {
            period: None,
            style: definition.map(|it| it.manner().style).unwrap_or_default(),
            total,
            target: None,
            change: None,
            issues,
        }
    }

    /// Returns the period with whose figures later ones of the same row do not go on, and
    /// why; nothing where only the last of them is taken, or there is no total anyway.
    fn broken(
        &mut self,
        indicator: &IndicatorId,
        rule: Aggregation,
        periods: &[Period],
        totals: &[&Total],
    ) -> Option<(Period, Break)> {
        if matches!(rule, Aggregation::Latest | Aggregation::None) {
            return None;
        }
        // An absence adds nothing, so nothing is added across it.
        let has_value = |it: &Total| {
            let content = it.quantity.as_ref().map(Quantity::content);
            matches!(content, Some(Content::Value(_)))
        };
        let told = periods.iter().zip(totals);
        let told = told.filter(|(_, it)| has_value(it));
        let mut told: Vec<_> = told.map(|(period, _)| *period).collect();
        told.sort_unstable();
        // Whatever lies between two periods lies between two that follow each other.
        told.windows(2).find_map(|it| {
            let why = self.break_between(indicator, it[0], it[1])?;
            Some((it[0], why))
        })
    }

    fn break_between(
        &mut self,
        indicator: &IndicatorId,
        one: Period,
        other: Period,
    ) -> Option<Break> {
        let ground = &self.ground;
        let known = self.breaks.entry((indicator.clone(), one, other));
        let found = known.or_insert_with(|| ground.break_between(indicator, &one, &other));
        found.clone()
    }
}

/// Returns two periods that share a month.
fn overlapping(periods: &[Period]) -> Option<(Period, Period)> {
    let shares = |one: &Period, other: &Period| {
        let ((first, last), (other_first, other_last)) = (one.months(), other.months());
        one.year() == other.year() && first <= other_last && other_first <= last
    };
    let mut pairs = periods.iter().enumerate();
    pairs.find_map(|(place, one)| {
        let mut later = periods.iter().skip(place + 1);
        later.find(|it| shares(one, it)).map(|it| (*one, *it))
    })
}

/// Adds totals that are rounded where they are shown with all their digits, so that the sum is
/// rounded once; nothing when none of them is, or they are not added.
fn exactly(
    definition: &Definition,
    rule: Aggregation,
    totals: &[(&Period, &&Total)],
) -> Option<Quantity> {
    if totals.iter().all(|(_, it)| it.exact.is_none()) {
        return None;
    }
    let kind = definition.value_kind;
    let sum = |part: Part| {
        let figures = totals.iter().map(|(_, it)| match &it.exact {
            Some(exact) => computed(exact, part, kind),
            None => Some(figure(it.quantity.as_ref(), part, kind)),
        });
        let mut numbers = Vec::new();
        for figure in figures {
            match figure? {
                Figure {
                    outcome: Outcome::Number(number),
                    qualifier,
                    ..
                } => numbers.push((number, qualifier)),
                // What did not arise in one period adds nothing to the others.
                Figure {
                    outcome: Outcome::Absent(_),
                    ..
                } => {}
                _ => return None,
            }
        }
        evaluate::total(&numbers).filter(|_| !numbers.is_empty())
    };
    let (outcome, qualifier) = match rule {
        Aggregation::Sum => {
            let (number, qualifier) = sum(Part::Whole)?;
            (Outcome::Number(number), qualifier)
        }
        Aggregation::RatioOfSums => {
            let (above, qualifier) = sum(Part::Numerator)?;
            (Outcome::Share(above, sum(Part::Denominator)?.0), qualifier)
        }
        _ => return None,
    };
    quantity(outcome, kind, definition.scale(), qualifier).ok()
}

/// Takes the totals of periods together; nothing to tell when there are none.
fn together(
    rule: Aggregation,
    mut totals: Vec<(Period, &Option<Quantity>)>,
) -> Result<Option<Quantity>, ()> {
    if rule == Aggregation::Latest {
        let latest = totals.iter().max_by_key(|(period, _)| end(period));
        return Ok(latest.and_then(|(_, it)| (*it).clone()));
    }
    let is_absent = |it: &Option<Quantity>| {
        let content = it.as_ref().map(Quantity::content);
        matches!(content, Some(Content::Absent(_)))
    };
    // What did not arise in one period adds nothing to the others.
    if !totals.iter().all(|(_, it)| is_absent(it)) {
        totals.retain(|(_, it)| !is_absent(it));
    }
    // Over units yes was counted already; counts are added.
    let is_count = |(_, it): &(Period, &Option<Quantity>)| {
        let content = it.as_ref().map(Quantity::content);
        matches!(content, Some(Content::Value(Value::Count(_))))
    };
    let rule = match rule {
        Aggregation::CountTrue if totals.iter().all(is_count) => Aggregation::Sum,
        rule => rule,
    };
    let items: Vec<_> = totals.into_iter().map(|(_, it)| it.clone()).collect();
    let made = add_up(rule, &items).map_err(|_| ())?;
    Ok(made.quantity)
}

/// Returns when a period ends, and of those that end together the longest last.
fn end(period: &Period) -> (i32, u32, i64) {
    let (first, last) = period.months();
    (period.year(), last, -i64::from(first))
}
