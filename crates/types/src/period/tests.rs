//! Stories of periods.

use super::*;
use chrono::Datelike;
use proptest::prelude::*;

fn period(code: &str) -> Period {
    code.parse().unwrap()
}

/// Any period there is.
pub(super) fn any_period() -> impl Strategy<Value = Period> {
    (FIRST_YEAR..=LAST_YEAR).prop_flat_map(|year| {
        let made = |made: Result<Period, InvalidText>| made.unwrap();
        prop_oneof![
            (1..=12_u32).prop_map(move |month| made(Period::of_month(year, month))),
            (1..=4_u32).prop_map(move |quarter| made(Period::of_quarter(year, quarter))),
            (1..=2_u32).prop_map(move |half| made(Period::of_half_year(year, half))),
            Just(made(Period::of_nine_months(year))),
            Just(made(Period::of_year(year))),
            (1..=11_u32, 0..11_u32).prop_map(move |(first, more)| {
                made(Period::of_span(year, first, (first + 1 + more).min(12)))
            }),
        ]
    })
}

#[test]
fn the_report_of_minh_long_is_about_the_first_half_of_2022() {
    let half = period("2022-h1");
    assert_eq!(
        half,
        Period::HalfYear {
            year: 2022,
            half: 1
        }
    );
    assert_eq!(half.to_vietnamese(), "6 tháng đầu năm 2022");
    assert_eq!(half.months(), (1, 6));
    assert_eq!(half.calendar().start().to_string(), "2022-01-01");
    assert_eq!(half.calendar().end().unwrap().to_string(), "2022-07-01");
    assert_eq!(half.same_period_last_year(), Some(period("2021-h1")));
    assert_eq!(half.previous(), Some(period("2021-h2")));
    assert_eq!(half.next(), Some(period("2022-h2")));
    assert!(half.contains(&period("2022-q2")));
    assert!(!half.contains(&period("2022-q3")));
    assert!(!half.contains(&period("2021-q2")));
}

#[test]
fn periods_are_named_as_reports_name_them() {
    for (code, name) in [
        ("2022", "năm 2022"),
        ("2022-h2", "6 tháng cuối năm 2022"),
        ("2022-9m", "9 tháng đầu năm 2022"),
        ("2022-q1", "quý I năm 2022"),
        ("2022-q3", "quý III năm 2022"),
        ("2022-q4", "quý IV năm 2022"),
        ("2022-m06", "tháng 6 năm 2022"),
        ("2022-m01-m05", "5 tháng đầu năm 2022"),
        ("2022-m03-m05", "từ tháng 3 đến tháng 5 năm 2022"),
    ] {
        assert_eq!(period(code).to_vietnamese(), name);
        assert_eq!(period(code).to_string(), code);
    }
}

#[test]
fn the_second_half_does_not_count_the_first() {
    for code in ["2022", "2022-9m", "2022-h1", "2022-m01-m05"] {
        assert!(period(code).is_cumulative(), "{code}");
    }
    for code in ["2022-h2", "2022-q3", "2022-m06", "2022-m03-m05"] {
        assert!(!period(code).is_cumulative(), "{code}");
    }
}

#[test]
fn neighbours_cross_the_new_year_and_stop_at_the_edge() {
    assert_eq!(period("2022-m12").next(), Some(period("2023-m01")));
    assert_eq!(period("2022-q1").previous(), Some(period("2021-q4")));
    assert_eq!(period("2022").next(), Some(period("2023")));
    for alone in ["2022-9m", "2022-m01-m05"] {
        assert_eq!(period(alone).next(), None);
        assert_eq!(period(alone).previous(), None);
        assert!(period(alone).same_period_last_year().is_some());
    }
    assert_eq!(period("1900-m01").previous(), None);
    assert_eq!(period("1900-h2").same_period_last_year(), None);
    assert_eq!(period("2199-q4").next(), None);
    assert_eq!(period("2199").next(), None);
}

#[test]
fn only_one_code_names_a_period() {
    for sent in [
        "",
        "22",
        "2022-",
        "2022-H1",
        "2022h1",
        "2022-m6",
        "2022-m006",
        "2022-q03",
        "2022-6m",
        "2022-m01..m05",
        "2022-m01-05",
        "2022-m01-m05-m06",
        " 2022",
        "2022-q٣",
        "+022",
        "2022-m-m",
    ] {
        assert_eq!(
            sent.parse::<Period>().unwrap_err().reason,
            "PATTERN",
            "{sent}"
        );
    }
    for sent in [
        "1899",
        "2200-h1",
        "2022-h0",
        "2022-h3",
        "2022-q5",
        "2022-m00",
        "2022-m13",
        "2022-m05-m05",
        "2022-m05-m01",
        "2022-m12-m13",
        "2022-m00-m05",
        "0000",
    ] {
        assert_eq!(
            sent.parse::<Period>().unwrap_err().reason,
            "OUT_OF_RANGE",
            "{sent}"
        );
    }
}

#[test]
fn periods_sort_by_start_then_by_length() {
    let sorted = [
        "2021",
        "2022-m01",
        "2022-m01-m02",
        "2022-q1",
        "2022-m01-m03",
        "2022-h1",
        "2022-9m",
        "2022",
        "2022-m02",
        "2022-q2",
        "2022-h2",
        "2023-m01",
    ]
    .map(period);
    let mut mixed = sorted;
    mixed.reverse();
    mixed.sort();
    assert_eq!(mixed, sorted);
}

proptest! {
    #[test]
    fn every_code_reads_back(one in any_period(), two in any_period()) {
        prop_assert_eq!(period(&one.to_string()), one);
        prop_assert_eq!(one.cmp(&two) == Ordering::Equal, one == two);
    }

    #[test]
    fn neighbours_touch(period in any_period()) {
        if let Some(next) = period.next() {
            prop_assert_eq!(period.calendar().end(), Some(next.calendar().start()));
            prop_assert_eq!(next.previous(), Some(period));
            prop_assert!(period < next);
        }
    }

    #[test]
    fn the_calendar_is_the_months(period in any_period()) {
        let (first, last) = period.months();
        let days = period.calendar();
        prop_assert_eq!((days.start().year(), days.start().month()), (period.year(), first));
        let last_day = days.end().unwrap().pred_opt().unwrap();
        prop_assert_eq!((last_day.year(), last_day.month()), (period.year(), last));
    }

    #[test]
    fn no_text_panics(sent in "\\PC{0,14}") {
        let _ = sent.parse::<Period>();
    }
}
