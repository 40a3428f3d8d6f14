//! A total beside an earlier one.

use types::{
    decimal::Decimal,
    period::Period,
    quantity::{Content, Quantity, Value},
    ratio::Ratio,
};

use super::{Baseline, sheet::Total, tally::Coverage};
use crate::{
    formula::Number as Exact,
    indicator::{Accumulation, ValueKind, continuity::Break},
    value::fit::period_fits,
};

/// Digits after the comma of points and of growth.
const SCALE: u8 = 2;

/// How a total changed.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) period: Period,
    pub(crate) quantity: Option<Quantity>,
    pub(crate) coverage: Coverage,
    /// In the unit of measure.
    pub(crate) difference: Option<Decimal>,
    /// In percentage points, where the measure is a percentage.
    pub(crate) points: Option<Decimal>,
    /// The difference as a percentage of the earlier total.
    pub(crate) growth: Option<Decimal>,
    /// Why the two totals are only shown side by side.
    pub(crate) not_comparable: Option<Break>,
}

/// Returns the period a period is compared with, when there is one.
pub(crate) fn baseline(
    period: Period,
    baseline: Baseline,
    accumulation: Accumulation,
) -> Option<Period> {
    match baseline {
        Baseline::Previous => period.previous(),
        Baseline::SameLastYear => period.same_period_last_year(),
        Baseline::EndOfLastYear => {
            let year = period.year() - 1;
            let last = match period {
                Period::Month { .. } => Period::of_month(year, 12),
                Period::Quarter { .. } => Period::of_quarter(year, 4),
                Period::HalfYear { .. } => Period::of_half_year(year, 2),
                Period::NineMonths { .. } | Period::Year { .. } | Period::Span { .. } => {
                    Period::of_year(year)
                }
            };
            // Since the start of a year there is no second half.
            let last = last.ok().filter(|it| period_fits(it, accumulation));
            last.or_else(|| Period::of_year(year).ok())
        }
    }
    .filter(|it| period_fits(it, accumulation))
}

/// Compares a total with an earlier one.
pub(crate) fn compare(kind: ValueKind, now: &Total, period: Period, earlier: Total) -> Change {
    let numbers = measured(kind, now, &earlier);
    let is_percentage = kind == ValueKind::Ratio;
    let difference = numbers
        .as_ref()
        .and_then(|(now, before)| now.subtract(before));
    let growth = numbers
        .zip(difference.as_ref())
        .and_then(|((_, before), difference)| {
            if is_percentage || before.is_zero() || before.is_negative() {
                return None;
            }
            let share = difference.divide(&before)?;
            share.multiply(&Exact::from(100))?.to_decimal(SCALE)
        });
    let exact = |it: &Exact| it.to_exact_decimal(0).or_else(|| it.to_decimal(SCALE));
    Change {
        period,
        quantity: earlier.quantity,
        coverage: earlier.coverage,
        points: difference
            .as_ref()
            .filter(|_| is_percentage)
            .and_then(|it| it.to_decimal(SCALE)),
        difference: difference
            .as_ref()
            .filter(|_| !is_percentage)
            .and_then(exact),
        growth,
        not_comparable: None,
    }
}

impl Change {
    /// Leaves out how the total changed: the two only stand side by side.
    pub(crate) fn broken(self, why: Break) -> Self {
        Self {
            difference: None,
            points: None,
            growth: None,
            not_comparable: Some(why),
            ..self
        }
    }
}

/// Returns both totals as numbers that can be subtracted.
fn measured(kind: ValueKind, now: &Total, earlier: &Total) -> Option<(Exact, Exact)> {
    let (now, before) = (value(now)?, value(earlier)?);
    if let (Value::Ratio(now), Value::Ratio(before)) = (now, before) {
        return shares(kind, now, before);
    }
    Some((number(now)?, number(before)?))
}

fn value(total: &Total) -> Option<&Value> {
    match total.quantity.as_ref()?.content() {
        Content::Value(value) => Some(value),
        Content::Absent(_) => None,
    }
}

fn number(value: &Value) -> Option<Exact> {
    match value {
        Value::Count(count) => Some((*count).into()),
        Value::Money(money) => Some(money.vnd().into()),
        Value::Decimal(decimal) => Some((*decimal).into()),
        Value::Ratio(_) | Value::Flag(_) | Value::Choice(_) | Value::Text(_) => None,
    }
}

/// Percentages are subtracted exactly; points and places only when they are of the same
/// maximum.
fn shares(kind: ValueKind, now: &Ratio, before: &Ratio) -> Option<(Exact, Exact)> {
    if kind == ValueKind::Ratio {
        return Some((percent(now)?, percent(before)?));
    }
    let ((now, most), (before, most_before)) = (now.parts()?, before.parts()?);
    (most == most_before).then(|| (now.into(), before.into()))
}

fn percent(ratio: &Ratio) -> Option<Exact> {
    match ratio.parts() {
        Some((numerator, denominator)) => Exact::from(numerator)
            .multiply(&Exact::from(100))?
            .divide(&Exact::from(denominator)),
        None => ratio.stated_percent().map(|it| it.decimal().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(value: Value) -> Total {
        Total {
            quantity: Some(Quantity::value(value)),
            ..Total::default()
        }
    }

    fn share(numerator: &str, denominator: &str) -> Total {
        let parts = (numerator.parse().unwrap(), denominator.parse().unwrap());
        total(Value::Ratio(Ratio::new(Some(parts), None).unwrap()))
    }

    fn text(decimal: Option<Decimal>) -> String {
        decimal.map_or("–".into(), Decimal::to_vietnamese)
    }

    #[test]
    fn percentages_change_by_points_and_counts_by_number_and_growth() {
        let period = "2021-h1".parse().unwrap();
        let compare = |kind, now: &Total, before| super::compare(kind, now, period, before);
        let online = compare(ValueKind::Ratio, &share("9475", "15684"), share("1", "2"));
        assert_eq!(text(online.points), "10,41");
        assert_eq!((online.difference, online.growth), (None, None));
        let count = |it| total(Value::Count(it));
        let certificates = compare(ValueKind::Count, &count(132), count(120));
        assert_eq!(text(certificates.difference), "12");
        assert_eq!(text(certificates.growth), "10,00");
        assert_eq!(certificates.points, None);
        let from_nothing = compare(ValueKind::Count, &count(132), count(0));
        assert_eq!(text(from_nothing.difference), "132");
        assert_eq!(from_nothing.growth, None);
        let score = compare(ValueKind::Score, &share("17.25", "20"), share("16", "20"));
        assert_eq!(text(score.difference), "1,25");
        let other = compare(ValueKind::Score, &share("17.25", "20"), share("16", "18"));
        assert_eq!(other.difference, None);
    }

    #[test]
    fn the_end_of_last_year_is_its_last_period_of_the_kind_or_the_year() {
        let end = |code: &str, accumulation| {
            let period = code.parse().unwrap();
            let end = baseline(period, Baseline::EndOfLastYear, accumulation);
            end.map(|it| it.to_string()).unwrap()
        };
        assert_eq!(end("2022-m05", Accumulation::AtDate), "2021-m12");
        assert_eq!(end("2022-q1", Accumulation::InPeriod), "2021-q4");
        assert_eq!(end("2022-h1", Accumulation::AtDate), "2021-h2");
        assert_eq!(end("2022-h1", Accumulation::YearToDate), "2021");
        assert_eq!(end("2022-9m", Accumulation::YearToDate), "2021");
        let none = baseline(
            "2022-9m".parse().unwrap(),
            Baseline::Previous,
            Accumulation::InPeriod,
        );
        assert_eq!(none, None);
    }
}
