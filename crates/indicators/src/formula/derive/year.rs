//! Periods before, and the year so far: which periods make it, and their figures together.

use types::{
    aggregate::{Aggregation, qualifiers::Side},
    period::Period,
    quantity::{Absence, Qualifier},
};

use super::super::{
    Number, Offset, Part,
    evaluate::{Figure, Outcome, both, outermost, total},
    result::computed,
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

/// Takes the parts of a year together by the rule of the indicator for periods; a missing one
/// leaves the year so far unknown. `of` tells the parts, whole or one side of them. Nothing
/// when it is too great.
pub(super) fn together(
    rule: Aggregation,
    of: &dyn Fn(Part) -> Option<Vec<Figure>>,
    part: Part,
    kind: ValueKind,
) -> Option<Figure> {
    let made = match rule {
        Aggregation::Sum => known(of(part)?).map(|it| total(&it)),
        Aggregation::Min => known(of(part)?).map(|it| outermost(Side::Least, &it)),
        Aggregation::Max => known(of(part)?).map(|it| outermost(Side::Greatest, &it)),
        Aggregation::RatioOfSums => {
            let (above, below) = (known(of(Part::Numerator)?), known(of(Part::Denominator)?));
            match (above, below) {
                (Ok(above), Ok(below)) => {
                    let (above, below) = (total(&above)?, total(&below)?);
                    let exact = (Outcome::Share(above.0, below.0), above.1);
                    return computed(&exact, part, kind);
                }
                (Err(absence), _) | (_, Err(absence)) => Err(absence),
            }
        }
        // Refused when the formula is published.
        Aggregation::Latest | Aggregation::CountTrue | Aggregation::None => {
            Err(Absence::NotApplicable)
        }
    };
    match made {
        Ok(made) => {
            let (number, qualifier) = made?;
            Some(whole(Outcome::Number(number), qualifier))
        }
        Err(absence) => Some(whole(Outcome::Absent(absence), Qualifier::Exact)),
    }
}

fn whole(outcome: Outcome, qualifier: Qualifier) -> Figure {
    Figure {
        outcome,
        qualifier,
        nothing: Outcome::Number(Number::zero()),
    }
}

/// Returns the numbers of figures, or why they are not all there.
fn known(figures: Vec<Figure>) -> Result<Vec<(Number, Qualifier)>, Absence> {
    let (mut numbers, mut why) = (Vec::new(), None);
    for figure in figures {
        match figure.outcome {
            Outcome::Number(number) => numbers.push((number, figure.qualifier)),
            Outcome::Absent(absence) => why = Some(why.map_or(absence, |it| both(it, absence))),
            Outcome::Truth(_) | Outcome::Share(..) => why = Some(Absence::NotApplicable),
        }
    }
    why.map_or(Ok(numbers), Err)
}

#[cfg(test)]
mod tests {
    use types::{
        quantity::{Content, Quantity, Value},
        ratio::Ratio,
    };

    use super::{super::super::result::figure, *};

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

    fn share(numerator: &str, denominator: &str) -> Quantity {
        let parts = (numerator.parse().unwrap(), denominator.parse().unwrap());
        Quantity::value(Value::Ratio(Ratio::new(Some(parts), None).unwrap()))
    }

    fn count(number: i64, qualifier: Qualifier) -> Quantity {
        Quantity::new(Content::Value(Value::Count(number)), qualifier, None).unwrap()
    }

    fn taken(
        rule: Aggregation,
        months: &[Option<&Quantity>],
        part: Part,
        kind: ValueKind,
    ) -> (Outcome, Qualifier) {
        let of = |part| Some(months.iter().map(|it| figure(*it, part, kind)).collect());
        let figure = together(rule, &of, part, kind).unwrap();
        (figure.outcome, figure.qualifier)
    }

    #[test]
    fn shares_of_a_year_add_up_as_sums_and_a_missing_month_leaves_it_unknown() {
        let (one, two) = (share("1", "2"), share("9", "10"));
        let taken = |months: &[Option<&Quantity>], part| {
            let rule = Aggregation::RatioOfSums;
            taken(rule, months, part, ValueKind::Ratio).0
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

    #[test]
    fn the_year_so_far_follows_the_rule_of_its_indicator() {
        let (one, two) = (count(7, Qualifier::MoreThan), count(5, Qualifier::Exact));
        let of = |rule| {
            let (outcome, qualifier) = taken(
                rule,
                &[Some(&one), Some(&two)],
                Part::Whole,
                ValueKind::Count,
            );
            let Outcome::Number(number) = outcome else {
                return "–".to_owned();
            };
            format!("{} {number}", qualifier.to_vietnamese())
        };
        assert_eq!(of(Aggregation::Sum), "trên 12");
        assert_eq!(of(Aggregation::Min), " 5");
        assert_eq!(of(Aggregation::Max), "trên 7");
        assert_eq!(of(Aggregation::None), "–");
    }
}
