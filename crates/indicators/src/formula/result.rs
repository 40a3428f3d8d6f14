//! Between figures and what a formula computes with.

use types::{
    money::Money,
    quantity::{Absence, Content, Qualifier, Quantity, Value},
    ratio::Ratio,
};

use super::{
    Number, Part, Problem, bounds,
    evaluate::{Figure, Outcome},
};
use crate::{
    indicator::ValueKind,
    reason::{FORMULA_NEGATIVE_SHARE, FORMULA_RESULT_LONG, FORMULA_RESULT_UNFIT},
};

/// Digits after the comma of a part of a share that does not end sooner.
const PART_SCALE: u8 = 6;

/// Takes a figure, or the part of it that is asked for, as a formula computes with it. A
/// figure that was not reported is missing as one that was not collected.
pub(crate) fn figure(quantity: Option<&Quantity>, part: Part, kind: ValueKind) -> Figure {
    let qualifier = quantity.map_or(Qualifier::Exact, Quantity::qualifier);
    let outcome = match quantity.map(Quantity::content) {
        None => Outcome::Absent(Absence::NotCollected),
        Some(Content::Absent(absence)) => Outcome::Absent(*absence),
        Some(Content::Value(value)) => match value {
            Value::Count(count) => Outcome::Number(Number::from(*count)),
            Value::Money(money) => Outcome::Number(Number::from(money.vnd())),
            Value::Decimal(decimal) => Outcome::Number(Number::from(*decimal)),
            Value::Flag(flag) => Outcome::Truth(*flag),
            Value::Ratio(ratio) => part_of(ratio, part, kind)
                .map_or(Outcome::Absent(Absence::NotCollected), Outcome::Number),
            Value::Choice(_) | Value::Text(_) => Outcome::Absent(Absence::NotApplicable),
        },
    };
    told(outcome, qualifier, part, kind)
}

/// Takes a figure that was computed, with all its digits; nothing when the part that is
/// asked for is too great.
pub(crate) fn computed(
    (outcome, qualifier): &(Outcome, Qualifier),
    part: Part,
    kind: ValueKind,
) -> Option<Figure> {
    let outcome = match outcome {
        Outcome::Share(numerator, denominator) => {
            let parts = (numerator.clone(), denominator.clone());
            Outcome::Number(number_of(parts, part, kind)?)
        }
        whole => whole.clone(),
    };
    Some(told(outcome, *qualifier, part, kind))
}

/// A bound of a share is taken as one of its numerator: of its denominator no direction is
/// known. The maximum of a score is exact.
fn told(outcome: Outcome, qualifier: Qualifier, part: Part, kind: ValueKind) -> Figure {
    let qualifier = match (&outcome, part, kind) {
        (Outcome::Absent(_), _, _) => Qualifier::Exact,
        (_, Part::Denominator, ValueKind::Score | ValueKind::Rank) => Qualifier::Exact,
        (_, Part::Denominator, _) => bounds::unsure(qualifier),
        (_, Part::Whole | Part::Numerator, _) => qualifier,
    };
    let nothing = match kind {
        ValueKind::Flag => Outcome::Truth(false),
        _ => Outcome::Number(Number::zero()),
    };
    Figure {
        outcome,
        qualifier,
        nothing,
    }
}

/// Returns the number that a share of these parts stands for.
pub(super) fn number_of(
    (numerator, denominator): (Number, Number),
    part: Part,
    kind: ValueKind,
) -> Option<Number> {
    match (part, kind) {
        (Part::Denominator, _) => Some(denominator),
        (Part::Numerator, _) | (Part::Whole, ValueKind::Score | ValueKind::Rank) => Some(numerator),
        (Part::Whole, _) => numerator.multiply(&Number::from(100))?.divide(&denominator),
    }
}

/// Returns the number a share stands for: its percentage, from its parts when they are
/// known; the points of a score, the place of a rank.
fn part_of(ratio: &Ratio, part: Part, kind: ValueKind) -> Option<Number> {
    match (ratio.parts(), part, kind) {
        (Some((numerator, denominator)), _, _) => {
            number_of((numerator.into(), denominator.into()), part, kind)
        }
        (None, _, ValueKind::Score | ValueKind::Rank)
        | (None, Part::Numerator | Part::Denominator, _) => None,
        (None, Part::Whole, _) => ratio.stated_percent().map(|it| it.decimal().into()),
    }
}

/// Writes a result as a figure of its indicator: rounded here, once, a half away from zero.
///
/// # Errors
/// Tells a result that is too long or no figure of this kind.
pub(crate) fn quantity(
    outcome: Outcome,
    kind: ValueKind,
    scale: u8,
    qualifier: Qualifier,
) -> Result<Quantity, Problem> {
    let too_long = || Problem::new(&FORMULA_RESULT_LONG, 1, &[]);
    let value = match (outcome, kind) {
        (Outcome::Absent(absence), _) => return Ok(Quantity::absent(absence)),
        (Outcome::Number(number), ValueKind::Count) => {
            Value::Count(number.to_rounded_i64().ok_or_else(too_long)?)
        }
        (Outcome::Number(number), ValueKind::Money) => {
            Value::Money(Money::new(number.to_rounded_i64().ok_or_else(too_long)?))
        }
        (Outcome::Number(number), ValueKind::Decimal) => {
            Value::Decimal(number.to_decimal(scale).ok_or_else(too_long)?)
        }
        (Outcome::Truth(truth), ValueKind::Flag) => Value::Flag(truth),
        (
            Outcome::Share(numerator, denominator),
            ValueKind::Ratio | ValueKind::Score | ValueKind::Rank,
        ) => Value::Ratio(share(&numerator, &denominator)?),
        _ => {
            let (kind_en, kind_vi) = kind.words();
            let facts = [
                ("kind_en", kind_en.to_owned()),
                ("kind_vi", kind_vi.to_owned()),
            ];
            return Err(Problem::new(&FORMULA_RESULT_UNFIT, 1, &facts));
        }
    };
    Quantity::new(Content::Value(value), qualifier, None).map_err(|_| too_long())
}

fn share(numerator: &Number, denominator: &Number) -> Result<Ratio, Problem> {
    if numerator.is_negative() || denominator.is_negative() {
        return Err(Problem::new(&FORMULA_NEGATIVE_SHARE, 1, &[]));
    }
    let written = |it: &Number| it.to_exact_decimal(0).or_else(|| it.to_decimal(PART_SCALE));
    let parts = written(numerator).zip(written(denominator));
    let ratio = parts.and_then(|it| Ratio::new(Some(it), None).ok());
    ratio.ok_or_else(|| Problem::new(&FORMULA_RESULT_LONG, 1, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    fn shown(outcome: Outcome, kind: ValueKind, scale: u8) -> String {
        quantity(outcome, kind, scale, Qualifier::Exact)
            .unwrap()
            .to_vietnamese()
    }

    #[test]
    fn a_result_is_rounded_once_by_the_scale_of_its_indicator() {
        let third = number("2").divide(&number("3")).unwrap();
        assert_eq!(
            shown(Outcome::Number(third.clone()), ValueKind::Decimal, 2),
            "0,67"
        );
        assert_eq!(shown(Outcome::Number(third), ValueKind::Count, 2), "1");
        let half = Outcome::Number(number("2.5").negate());
        assert_eq!(shown(half, ValueKind::Count, 0), "-3");
        let share = Outcome::Share(number("9475"), number("15684"));
        assert_eq!(shown(share, ValueKind::Ratio, 2), "60,41%");
    }

    #[test]
    fn what_is_too_long_or_below_zero_is_told_and_never_cut() {
        let long = Outcome::Number(number("999999999999999999").add(&number("1")).unwrap());
        let told = quantity(long, ValueKind::Decimal, 0, Qualifier::Exact).unwrap_err();
        assert_eq!(told.reason.code, "FORMULA_RESULT_LONG");
        let below = Outcome::Share(number("1").negate(), number("2"));
        let told = quantity(below, ValueKind::Ratio, 2, Qualifier::Exact).unwrap_err();
        assert_eq!(told.reason.code, "FORMULA_NEGATIVE_SHARE");
    }

    #[test]
    fn a_share_counts_as_its_percentage_a_score_as_its_points_a_rank_as_its_place() {
        let parts = |n: &str, d: &str| {
            let parts = (n.parse().unwrap(), d.parse().unwrap());
            Quantity::value(Value::Ratio(Ratio::new(Some(parts), None).unwrap()))
        };
        let taken = |quantity: &Quantity, part, kind| figure(Some(quantity), part, kind).outcome;
        let half = parts("1", "2");
        let fifty = Outcome::Number(Number::from(50));
        assert_eq!(taken(&half, Part::Whole, ValueKind::Ratio), fifty);
        let score = parts("17.25", "20");
        let points = Outcome::Number(number("17.25"));
        assert_eq!(taken(&score, Part::Whole, ValueKind::Score), points);
        let rank = parts("3", "13");
        let place = Outcome::Number(Number::from(3));
        assert_eq!(taken(&rank, Part::Whole, ValueKind::Rank), place);
        let stated = Ratio::new(None, Some("99".parse().unwrap())).unwrap();
        let stated = Quantity::value(Value::Ratio(stated));
        let stated_whole = Outcome::Number(Number::from(99));
        assert_eq!(taken(&stated, Part::Whole, ValueKind::Ratio), stated_whole);
        let unknown = Outcome::Absent(Absence::NotCollected);
        assert_eq!(taken(&stated, Part::Numerator, ValueKind::Ratio), unknown);
    }
}
