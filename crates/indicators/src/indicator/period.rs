//! What a period is, for people: its days and its names.

use types::{
    period::{Period, WindowRule},
    validity::Validity,
};

use super::Definition;

/// What a period is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) calendar: Validity,
    /// The days that are counted.
    pub(crate) window: Option<Validity>,
    pub(crate) vietnamese: String,
    pub(crate) english: String,
    pub(crate) previous: Option<Period>,
    pub(crate) same_last_year: Option<Period>,
}

/// Describes a period, by the definition of an indicator or else as most regimes do (NĐ
/// 09/2019/NĐ-CP, Điều 12).
pub(crate) fn describe(period: Period, definition: Option<&Definition>) -> Described {
    let usual = || WindowRule::decree_09_2019().window(period).ok();
    Described {
        calendar: period.calendar(),
        window: definition.map(|it| it.window(&period)).or_else(usual),
        vietnamese: period.to_vietnamese(),
        english: english(period),
        previous: period.previous(),
        same_last_year: period.same_period_last_year(),
    }
}

fn english(period: Period) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let name = |month: u32| {
        let index = usize::try_from(month).unwrap_or(1).saturating_sub(1);
        MONTHS.get(index).copied().unwrap_or_default()
    };
    match period {
        Period::Month { year, month, .. } => format!("{} {year}", name(month)),
        Period::Quarter { year, quarter, .. } => format!("quarter {quarter} of {year}"),
        Period::HalfYear { year, half: 1, .. } => format!("first half of {year}"),
        Period::HalfYear { year, .. } => format!("second half of {year}"),
        Period::NineMonths { year, .. } => format!("first nine months of {year}"),
        Period::Year { year, .. } => format!("year {year}"),
        Period::Span {
            year,
            first_month,
            last_month,
            ..
        } => format!("{} to {} {year}", name(first_month), name(last_month)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Described {
        describe(code.parse().unwrap(), None)
    }

    #[test]
    fn the_first_half_is_named_counted_and_compared() {
        let half = of("2022-h1");
        assert_eq!(half.vietnamese, "6 tháng đầu năm 2022");
        assert_eq!(half.english, "first half of 2022");
        assert_eq!(half.calendar.start().to_string(), "2022-01-01");
        let window = half.window.unwrap();
        assert_eq!(window.start().to_string(), "2021-12-15");
        assert_eq!(window.end().unwrap().to_string(), "2022-06-15");
        assert_eq!(half.previous.unwrap().to_string(), "2021-h2");
        assert_eq!(half.same_last_year.unwrap().to_string(), "2021-h1");
    }

    #[test]
    fn every_kind_of_period_has_an_english_name() {
        for (code, name) in [
            ("2022-m06", "June 2022"),
            ("2022-q3", "quarter 3 of 2022"),
            ("2022-h2", "second half of 2022"),
            ("2022-9m", "first nine months of 2022"),
            ("2022", "year 2022"),
            ("2022-m01-m05", "January to May 2022"),
        ] {
            assert_eq!(of(code).english, name);
        }
        assert_eq!(of("2022-9m").previous, None);
    }
}
