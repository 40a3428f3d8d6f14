//! What is counted since the start of the year does not become less within it.

use crate::{
    indicator::{Accumulation, Definition},
    reason::YEAR_TO_DATE_FALLS,
    value::{
        IndicatorValue,
        fit::period_fits,
        issue::{Issue, Severity},
    },
};

/// Compares a figure with the latest one of the same year that ends earlier.
pub(super) fn of(
    figure: &IndicatorValue,
    history: &[&IndicatorValue],
    definition: &Definition,
) -> Option<Issue> {
    if definition.accumulation != Accumulation::YearToDate {
        return None;
    }
    let period = figure.id.period;
    let now = super::exact_number(&figure.quantity)?;
    let before = history.iter().filter(|it| {
        let other = it.id.period;
        other.year() == period.year()
            && other.months().1 < period.months().1
            && period_fits(&other, definition.accumulation)
    });
    let numbers = before.filter_map(|it| Some((it, super::exact_number(&it.quantity)?)));
    let (before, earlier) = numbers.max_by_key(|(it, _)| it.id.period.months().1)?;
    if !now.checked_sub(earlier)?.is_negative() {
        return None;
    }
    let facts = [
        ("value_en", now.to_string()),
        ("value_vi", now.to_vietnamese()),
        ("earlier_en", earlier.to_string()),
        ("earlier_vi", earlier.to_vietnamese()),
        ("earlier_period_vi", before.id.period.to_vietnamese()),
        ("earlier_period", before.id.period.to_string()),
    ];
    let (reason, field) = (&YEAR_TO_DATE_FALLS, "quantity".to_owned());
    Some(Issue::new(Severity::Warning, reason, field, &facts))
}

#[cfg(test)]
mod tests {
    use super::{
        super::samples::{count, defined},
        *,
    };

    fn told(
        accumulation: Accumulation,
        now: (&str, i64),
        before: &[(&str, i64)],
    ) -> Option<String> {
        let before: Vec<_> = before.iter().map(|(at, it)| count(at, *it)).collect();
        let history: Vec<_> = before.iter().collect();
        of(&count(now.0, now.1), &history, &defined(accumulation)).map(|it| it.vi)
    }

    #[test]
    fn nine_months_with_less_than_the_first_half_are_told() {
        use Accumulation::{InPeriod, YearToDate};
        let before = [("2022-q1", 50), ("2022-h1", 100), ("2021", 900)];
        let said = "lũy kế từ đầu năm là 90, thấp hơn 100 của 6 tháng đầu năm 2022";
        assert_eq!(
            told(YearToDate, ("2022-9m", 90), &before).as_deref(),
            Some(said)
        );
        assert_eq!(told(YearToDate, ("2022-9m", 100), &before), None);
        assert_eq!(told(YearToDate, ("2023-q1", 1), &before), None);
        assert_eq!(told(InPeriod, ("2022-9m", 90), &before), None);
        // What comes later says nothing about the first quarter.
        assert_eq!(told(YearToDate, ("2022-q1", 50), &[("2022-h1", 60)]), None);
    }
}
