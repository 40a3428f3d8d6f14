//! Which unit has figures of which period. The rule is told in `indicator_value.proto`.

use types::{
    ids::UnitId,
    period::{Period, WindowRule},
    validity::Validity,
};

use crate::indicator::{Accumulation, Definition};

/// Returns the days a period usually counts (NĐ 09/2019/NĐ-CP, Điều 12), where no one
/// indicator is asked about. Every period lies in the calendar, so there are such days.
pub(crate) fn window(period: &Period) -> Validity {
    let rule = WindowRule::decree_09_2019();
    rule.window(*period).unwrap_or_else(|_| period.calendar())
}

/// Says whether a unit that exists on these days has figures of a period: on at least one
/// of the days that count by the rule of the indicator. For figures at a date it is the last
/// of them that decides.
pub(crate) fn existed(days: &Validity, period: &Period, definition: &Definition) -> bool {
    let window = definition.window(period);
    match (definition.accumulation, last_of(&window)) {
        (Accumulation::AtDate, Some(last)) => days.contains(last),
        _ => days.overlaps(&window),
    }
}

/// Returns the facts for `UNIT_NOT_IN_FORCE`: when the unit existed, and what the period
/// counts.
pub(crate) fn not_in_force(
    unit: &UnitId,
    period: &Period,
    days: &Validity,
    definition: &Definition,
) -> [(&'static str, String); 7] {
    let window = definition.window(period);
    let end = last_of(days);
    [
        ("unit", unit.name()),
        ("period", period.to_string()),
        ("start", days.start().to_string()),
        ("end_en", end.map_or("now".into(), |it| it.to_string())),
        ("end_vi", end.map_or("nay".into(), |it| it.to_string())),
        ("from", window.start().to_string()),
        (
            "to",
            last_of(&window).map_or(String::new(), |it| it.to_string()),
        ),
    ]
}

fn last_of(days: &Validity) -> Option<chrono::NaiveDate> {
    days.end().and_then(|it| it.pred_opt())
}

/// Says whether an indicator has figures of such a period. Since the start of the year is
/// counted up to the end of a period; a second half, or months that begin later, say that
/// they count something else.
pub(crate) fn period_fits(period: &Period, accumulation: Accumulation) -> bool {
    match (accumulation, period) {
        (Accumulation::YearToDate, Period::HalfYear { .. } | Period::Span { .. }) => {
            period.is_cumulative()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::Revision;

    fn counting(accumulation: Accumulation) -> Definition {
        Definition {
            accumulation,
            ..Revision::of_test().definition
        }
    }

    fn days(start: &str, end: Option<&str>) -> Validity {
        let day = |it: &str| it.parse().unwrap();
        Validity::new(day(start), end.map(day)).unwrap()
    }

    #[test]
    fn a_unit_that_ended_inside_the_period_still_has_its_figures_but_not_those_at_a_date() {
        // The districts ended on 1 July 2025; the window of the second half runs from
        // 15 June to 14 December, that of the first half to 14 June.
        let district = days("2022-01-01", Some("2025-07-01"));
        let commune = days("2025-07-01", None);
        let check = |unit: &Validity, code: &str, accumulation| {
            existed(unit, &code.parse().unwrap(), &counting(accumulation))
        };
        use Accumulation::{AtDate, InPeriod, YearToDate};
        for accumulation in [InPeriod, YearToDate] {
            assert!(check(&district, "2025-h2", accumulation));
            assert!(check(&commune, "2025-h2", accumulation));
            assert!(check(&district, "2025", accumulation));
            assert!(check(&commune, "2025", accumulation));
            assert!(!check(&district, "2025-q4", accumulation));
            assert!(!check(&commune, "2025-h1", accumulation));
        }
        assert!(check(&district, "2025-h1", AtDate));
        assert!(!check(&district, "2025-h2", AtDate));
        assert!(check(&commune, "2025-h2", AtDate));
        assert!(!check(&commune, "2025-h1", AtDate));
    }

    #[test]
    fn the_first_and_the_last_day_of_the_window_count() {
        let code = "2025-h1".parse().unwrap();
        let usual = counting(Accumulation::InPeriod);
        let check = |start, end| existed(&days(start, end), &code, &usual);
        assert!(check("2025-06-14", None));
        assert!(!check("2025-06-15", None));
        assert!(check("2020-01-01", Some("2024-12-16")));
        assert!(!check("2020-01-01", Some("2024-12-15")));
    }

    #[test]
    fn the_days_that_count_are_those_of_the_regime() {
        // The districts ended on 1 July 2025: in the first half by the calendar, and by the
        // decree in the second.
        let commune = days("2025-07-01", None);
        let district = days("2022-01-01", Some("2025-06-20"));
        let first_half = "2025-h1".parse().unwrap();
        let second_half = "2025-h2".parse().unwrap();
        let decree = counting(Accumulation::InPeriod);
        let mut calendar = counting(Accumulation::InPeriod);
        calendar.details.bounds.window = Some(WindowRule::calendar());
        assert!(existed(&district, &second_half, &decree));
        assert!(!existed(&district, &second_half, &calendar));
        assert!(!existed(&commune, &first_half, &calendar));
        let mut late = counting(Accumulation::AtDate);
        late.details.bounds.window = Some(WindowRule::new(0, 1, 1, 5).unwrap());
        assert!(existed(&commune, &first_half, &late));
        assert!(!existed(&district, &first_half, &late));
        let facts = not_in_force(
            &UnitId::new("xa-moi").unwrap(),
            &first_half,
            &commune,
            &calendar,
        );
        assert!(facts.contains(&("from", "2025-01-01".into())));
        assert!(facts.contains(&("to", "2025-06-30".into())));
    }

    #[test]
    fn since_the_start_of_the_year_has_no_second_half() {
        let fits = |code: &str, accumulation| period_fits(&code.parse().unwrap(), accumulation);
        for code in [
            "2025-m06",
            "2025-q3",
            "2025-h1",
            "2025-9m",
            "2025",
            "2025-m01-m05",
        ] {
            assert!(fits(code, Accumulation::YearToDate), "{code}");
        }
        for code in ["2025-h2", "2025-m02-m05"] {
            assert!(!fits(code, Accumulation::YearToDate), "{code}");
            assert!(fits(code, Accumulation::InPeriod), "{code}");
        }
    }
}
