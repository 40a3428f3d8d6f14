//! Periods before, and the year so far: which periods make it, and their figures together.

use types::{
    period::Period,
    quantity::{Absence, Quantity},
};

use super::super::{
    Number, Offset, Part,
    evaluate::{Figure, Outcome, both},
    result,
};
use crate::indicator::ValueKind;

/// Returns the period that is so far back; nothing when there is none.
pub(super) fn moved(period: Period, when: Offset) -> Option<Period> {
    match when {
        Offset::Same => Some(period),
        Offset::LastYear => period.same_period_last_year(),
        Offset::Back(steps) => (0..steps).try_fold(period, |it, _| it.previous()),
    }
}

/// Returns the periods of the same kind from the start of the year on; a period that counts
/// from there itself is alone, and one that does not and has no kind has none.
pub(super) fn parts_of_year(period: Period) -> Vec<Period> {
    if period.is_cumulative() {
        return vec![period];
    }
    let mut parts = vec![period];
    let mut first = period;
    while !first.is_cumulative() {
        match first.previous() {
            Some(before) => first = before,
            None => return Vec::new(),
        }
        parts.push(first);
    }
    parts.reverse();
    parts
}

/// Adds the parts of a year; a missing one leaves the year so far unknown. Shares add up as
/// numerators over denominators.
pub(super) fn together(
    quantities: &[Option<&Quantity>],
    part: Part,
    kind: ValueKind,
) -> Option<Figure> {
    if kind == ValueKind::Ratio {
        let sum = |part| sum(quantities, part, kind);
        let (numerator, denominator) = (sum(Part::Numerator)?, sum(Part::Denominator)?);
        return match (numerator.outcome, denominator.outcome, part) {
            (Outcome::Number(number), Outcome::Number(_), Part::Numerator)
            | (Outcome::Number(_), Outcome::Number(number), Part::Denominator) => {
                Some(whole(Outcome::Number(number)))
            }
            (Outcome::Number(numerator), Outcome::Number(denominator), Part::Whole) => {
                // Denominators are above 0, so their sum is.
                let percent = numerator
                    .multiply(&Number::from(100))?
                    .divide(&denominator)?;
                Some(whole(Outcome::Number(percent)))
            }
            (absent @ Outcome::Absent(_), _, _) | (_, absent, _) => Some(whole(absent)),
        };
    }
    sum(quantities, part, kind)
}

pub(super) fn whole(outcome: Outcome) -> Figure {
    Figure {
        outcome,
        nothing: Outcome::Number(Number::zero()),
    }
}

fn sum(quantities: &[Option<&Quantity>], part: Part, kind: ValueKind) -> Option<Figure> {
    let (mut total, mut why) = (Number::zero(), None);
    for quantity in quantities {
        match result::figure(*quantity, part, kind).outcome {
            Outcome::Number(number) => total = total.add(&number)?,
            Outcome::Absent(absence) => why = Some(why.map_or(absence, |it| both(it, absence))),
            Outcome::Truth(_) | Outcome::Share(..) => why = Some(Absence::NotApplicable),
        }
    }
    let outcome = why.map_or(Outcome::Number(total), Outcome::Absent);
    Some(whole(outcome))
}

#[cfg(test)]
mod tests {
    use types::{quantity::Value, ratio::Ratio};

    use super::*;

    fn period(code: &str) -> Period {
        code.parse().unwrap()
    }

    fn codes(code: &str) -> Vec<String> {
        let parts = parts_of_year(period(code));
        parts.iter().map(Period::to_string).collect()
    }

    #[test]
    fn a_year_so_far_is_made_of_periods_of_one_kind() {
        assert_eq!(codes("2022-m03"), ["2022-m01", "2022-m02", "2022-m03"]);
        assert_eq!(codes("2022-h2"), ["2022-h1", "2022-h2"]);
        for alone in ["2022-h1", "2022-9m", "2022", "2022-m01-m05"] {
            assert_eq!(codes(alone), [alone]);
        }
        assert_eq!(codes("2022-m03-m05"), Vec::<String>::new());
    }

    #[test]
    fn an_offset_goes_back_in_periods_of_one_kind() {
        let back = |code: &str, when| moved(period(code), when).map(|it| it.to_string());
        assert_eq!(back("2022-m01", Offset::Back(1)).unwrap(), "2021-m12");
        assert_eq!(back("2022-q1", Offset::Back(5)).unwrap(), "2020-q4");
        assert_eq!(back("2022-9m", Offset::LastYear).unwrap(), "2021-9m");
        assert_eq!(back("2022-9m", Offset::Back(1)), None);
    }

    #[test]
    fn shares_of_a_year_add_up_as_sums_and_a_missing_month_leaves_it_unknown() {
        let share = |n: &str, d: &str| {
            let parts = (n.parse().unwrap(), d.parse().unwrap());
            Quantity::value(Value::Ratio(Ratio::new(Some(parts), None).unwrap()))
        };
        let (one, two) = (share("1", "2"), share("9", "10"));
        let taken = |parts: &[Option<&Quantity>], part| {
            together(parts, part, ValueKind::Ratio).unwrap().outcome
        };
        let months = [Some(&one), Some(&two)];
        // 10 of 12, and not the mean of 50 and 90.
        let percent = Number::from(250).divide(&Number::from(3)).unwrap();
        assert_eq!(taken(&months, Part::Whole), Outcome::Number(percent));
        assert_eq!(
            taken(&months, Part::Denominator),
            Outcome::Number(Number::from(12))
        );
        let missing = taken(&[Some(&one), None], Part::Whole);
        assert_eq!(missing, Outcome::Absent(Absence::NotCollected));
    }
}
