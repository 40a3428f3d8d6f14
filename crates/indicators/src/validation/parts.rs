//! Parts against the whole: an indicator whose figures add up over units also adds up over
//! the parts of one figure.

use std::collections::BTreeMap;

use types::{
    aggregate::Aggregation,
    decimal::Decimal,
    ids::Breakdown,
    quantity::{Absence, Content, Qualifier, Quantity, Value},
};

use crate::{
    indicator::Definition,
    reason::PARTS_DO_NOT_ADD_UP,
    value::{
        IndicatorValue,
        issue::{Issue, Severity},
    },
};

/// Compares a whole with its parts in the same sheet, for each way it is broken down.
pub(super) fn of(
    whole: &IndicatorValue,
    sheet: &[IndicatorValue],
    definition: &Definition,
) -> Vec<Issue> {
    let adds_up = matches!(
        definition.unit_aggregation,
        Aggregation::Sum | Aggregation::RatioOfSums
    );
    let (true, None, Some(Some(total))) = (adds_up, &whole.id.breakdown, addends(&whole.quantity))
    else {
        return Vec::new();
    };
    let mut axes: BTreeMap<&str, Option<Vec<Decimal>>> = BTreeMap::new();
    for part in sheet
        .iter()
        .filter(|it| it.id.indicator == whole.id.indicator)
    {
        let Some(axis) = part.id.breakdown.as_ref().map(Breakdown::axis) else {
            continue;
        };
        let zero = || Some(vec![Decimal::ZERO; total.len()]);
        let sum = axes.entry(axis).or_insert_with(zero);
        *sum = match (sum.take(), addends(&part.quantity)) {
            (Some(sum), Some(Some(part))) => add(&sum, &part),
            (sum, Some(None)) => sum,
            _ => None,
        };
    }
    let differs = |sum: &[Decimal]| {
        let rest = sum.iter().zip(&total).map(|(a, b)| a.checked_sub(*b));
        sum.len() != total.len() || rest.into_iter().any(|it| it.is_none_or(|it| !it.is_zero()))
    };
    let told = axes.into_iter().filter_map(|(axis, sum)| {
        let sum = sum.filter(|it| differs(it))?;
        let facts = [
            ("axis", axis.to_owned()),
            ("sum_en", written(&sum, |it| it.to_string())),
            ("sum_vi", written(&sum, Decimal::to_vietnamese)),
            ("whole_en", written(&total, |it| it.to_string())),
            ("whole_vi", written(&total, Decimal::to_vietnamese)),
        ];
        let (reason, field) = (&PARTS_DO_NOT_ADD_UP, "quantity".to_owned());
        Some(Issue::new(Severity::Warning, reason, field, &facts))
    });
    told.collect()
}

/// Returns the numbers of a figure that add up: one, or numerator and denominator. The
/// inner `None` stands for nothing to add, the outer one for a figure that is not known
/// exactly.
pub(super) fn addends(quantity: &Quantity) -> Option<Option<Vec<Decimal>>> {
    match quantity.content() {
        Content::Absent(Absence::NotArisen | Absence::NotApplicable | Absence::None) => Some(None),
        Content::Absent(_) => None,
        Content::Value(Value::Ratio(ratio)) if quantity.qualifier() == Qualifier::Exact => {
            let (numerator, denominator) = ratio.parts()?;
            Some(Some(vec![numerator, denominator]))
        }
        Content::Value(_) => super::exact_number(quantity).map(|it| Some(vec![it])),
    }
}

pub(super) fn add(sum: &[Decimal], part: &[Decimal]) -> Option<Vec<Decimal>> {
    if sum.len() != part.len() {
        return None;
    }
    let both = sum.iter().zip(part);
    both.map(|(a, b)| a.checked_add(*b)).collect()
}

pub(super) fn written(numbers: &[Decimal], write: impl Fn(Decimal) -> String) -> String {
    let written: Vec<_> = numbers.iter().map(|it| write(*it)).collect();
    written.join("/")
}

#[cfg(test)]
mod tests {
    use types::ratio::Ratio;

    use super::{
        super::samples::{count, defined, figure},
        *,
    };
    use crate::indicator::Accumulation;

    fn texts(sheet: &[IndicatorValue]) -> Vec<String> {
        let definition = defined(Accumulation::InPeriod);
        let issues = of(&sheet[0], sheet, &definition);
        issues.into_iter().map(|it| it.vi).collect()
    }

    #[test]
    fn parts_that_do_not_add_up_to_the_stated_total_are_told_by_what_is_broken_down() {
        let sheet = [
            count("2022-h1", 132),
            count("2022-h1.gioi-nam", 80),
            count("2022-h1.gioi-nu", 52),
            count("2022-h1.cap-huyen", 100),
            count("2022-h1.cap-xa", 30),
        ];
        let told = ["cộng các phân tổ theo `cap` được 130, tổng số là 132"];
        assert_eq!(texts(&sheet), told);
        assert!(of(&sheet[1], &sheet, &defined(Accumulation::InPeriod)).is_empty());
        let mut apart = defined(Accumulation::InPeriod);
        apart.unit_aggregation = Aggregation::Max;
        assert!(of(&sheet[0], &sheet, &apart).is_empty());
    }

    #[test]
    fn a_part_that_did_not_arise_adds_nothing_and_one_not_known_leaves_the_sum_open() {
        let with = |part| {
            texts(&[
                count("2022-h1", 132),
                count("2022-h1.gioi-nam", 80),
                figure("2022-h1.gioi-nu", part),
            ])
        };
        assert_eq!(with(Quantity::absent(Absence::NotArisen)).len(), 1);
        assert!(with(Quantity::absent(Absence::NotCollected)).is_empty());
        let more = Content::Value(Value::Count(40));
        let more = Quantity::new(more, Qualifier::MoreThan, None).unwrap();
        assert!(with(more).is_empty());
    }

    #[test]
    fn shares_add_up_as_numerators_and_denominators() {
        let share = |value: &str, a: &str, b: &str| {
            let parts = (a.parse().unwrap(), b.parse().unwrap());
            let ratio = Ratio::new(Some(parts), None).unwrap();
            figure(value, Quantity::value(Value::Ratio(ratio)))
        };
        let sheet = |denominator| {
            [
                share("2022-h1", "9475", "15684"),
                share("2022-h1.cap-huyen", "9000", "15000"),
                share("2022-h1.cap-xa", "475", denominator),
            ]
        };
        assert!(texts(&sheet("684")).is_empty());
        let told = ["cộng các phân tổ theo `cap` được 9.475/15.680, tổng số là 9.475/15.684"];
        assert_eq!(texts(&sheet("680")), told);
    }
}
