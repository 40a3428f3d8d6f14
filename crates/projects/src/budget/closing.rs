//! In which year's closing a disbursement counts.
//!
//! The days are data: a rule, in force from a year on. A regime that closes otherwise is one
//! line more here; sums up to another day are asked for with `closing_date`.

use chrono::{Datelike, NaiveDate};
use kit::{Error, Result};
use types::{
    period::{Period, WindowRule},
    validity::Validity,
};

/// When the books of a year are closed.
struct Closing {
    /// First budget year it is in force for.
    first_year: i32,
    rule: WindowRule,
}

/// The closings, the latest first. QĐ 11-QĐ/TU, II.6: closed on 15 December, that day
/// counted; what is paid after it belongs to the next closing. Earlier years are counted
/// alike, so that all can be compared.
const CLOSINGS: [Closing; 1] = [Closing {
    first_year: i32::MIN,
    rule: WindowRule {
        start_month_offset: -1,
        start_day: 16,
        end_month_offset: 0,
        end_day: 15,
    },
}];

/// Returns the days that count for the closing of a year.
pub(crate) fn days_of(year: i32) -> Result<Validity> {
    let closing = CLOSINGS.iter().find(|it| it.first_year <= year);
    let closing = closing.ok_or_else(|| Error::internal("no closing is in force"))?;
    let period: Period = year.to_string().parse().map_err(Error::internal)?;
    closing.rule.window(period).map_err(Error::internal)
}

/// Returns the year in whose closing a day counts. The years of the closings lie beside each
/// other, so it is that of the day or the one after.
pub(crate) fn year_of(day: NaiveDate) -> i32 {
    let is_within = |year| days_of(year).is_ok_and(|it| it.contains(day));
    match is_within(day.year()) {
        true => day.year(),
        false => day.year() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_paid_after_15_december_belongs_to_the_next_closing() {
        let year = |day: &str| year_of(day.parse().unwrap());
        assert_eq!(year("2022-12-15"), 2022);
        assert_eq!(year("2022-12-16"), 2023);
        assert_eq!(year("2022-12-31"), 2023);
        assert_eq!(year("2023-01-01"), 2023);
        let days = days_of(2022).unwrap();
        assert_eq!(days.start().to_string(), "2021-12-16");
        assert_eq!(days.end().unwrap().to_string(), "2022-12-16");
    }

    proptest! {
        #[test]
        fn every_day_counts_in_exactly_one_closing(days in 0..90_000_i32) {
            let day = NaiveDate::from_num_days_from_ce_opt(700_000 + days).unwrap();
            let year = year_of(day);
            for other in year - 2..=year + 2 {
                prop_assert_eq!(days_of(other).unwrap().contains(day), other == year);
            }
        }
    }
}
