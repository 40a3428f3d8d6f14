//! Working days: Monday to Friday, without public holidays, with the days off that are made up for.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The days on which offices are open.
///
/// Public holidays are days of the law and days that are announced each year (Bộ luật Lao động
/// 2019, Điều 112); a working day may be moved to a day of rest, which is then worked. Both are
/// data, never computed here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkingDays {
    days_off: BTreeSet<NaiveDate>,
    made_up: BTreeSet<NaiveDate>,
}

impl WorkingDays {
    /// Takes the days off and the days of rest that are worked instead.
    #[must_use]
    pub fn new(
        days_off: impl IntoIterator<Item = NaiveDate>,
        made_up: impl IntoIterator<Item = NaiveDate>,
    ) -> Self {
        Self {
            days_off: days_off.into_iter().collect(),
            made_up: made_up.into_iter().collect(),
        }
    }

    /// Says whether offices are open on a day.
    #[must_use]
    pub fn is_working(&self, day: NaiveDate) -> bool {
        let is_rest = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        self.made_up.contains(&day) || !is_rest && !self.days_off.contains(&day)
    }

    /// Counts the working days after one day, up to and with another; 0 when it is not later.
    #[must_use]
    pub fn between(&self, after: NaiveDate, until: NaiveDate) -> u32 {
        let days = after.iter_days().skip(1).take_while(|it| *it <= until);
        let count = days.filter(|it| self.is_working(*it)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Returns the n-th working day after a day; the day itself for 0. None beyond the calendar.
    #[must_use]
    pub fn after(&self, day: NaiveDate, count: u32) -> Option<NaiveDate> {
        let mut last = day;
        let mut left = count;
        while left > 0 {
            last = last.checked_add_days(Days::new(1))?;
            if self.is_working(last) {
                left -= 1;
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The end of April 2024: Monday 29 April is moved to Saturday 4 May, 30 April and 1 May are
    /// holidays.
    fn april_2024() -> WorkingDays {
        let off = ["2024-04-29", "2024-04-30", "2024-05-01"].map(day);
        WorkingDays::new(off, [day("2024-05-04")])
    }

    #[test]
    fn a_holiday_is_no_working_day_and_a_saturday_that_makes_up_for_one_is() {
        let days = april_2024();
        for (date, is_working) in [
            ("2024-04-26", true),
            ("2024-04-27", false),
            ("2024-04-29", false),
            ("2024-04-30", false),
            ("2024-05-02", true),
            ("2024-05-04", true),
            ("2024-05-05", false),
        ] {
            assert_eq!(days.is_working(day(date)), is_working, "{date}");
        }
    }

    #[test]
    fn a_report_due_before_the_holidays_and_sent_after_them_is_one_working_day_late() {
        let days = april_2024();
        assert_eq!(days.between(day("2024-04-26"), day("2024-05-01")), 0);
        assert_eq!(days.between(day("2024-04-26"), day("2024-05-02")), 1);
        assert_eq!(days.between(day("2024-04-26"), day("2024-05-06")), 4);
        assert_eq!(days.between(day("2024-05-06"), day("2024-04-26")), 0);
        assert_eq!(days.after(day("2024-04-26"), 1), Some(day("2024-05-02")));
        assert_eq!(days.after(day("2024-04-26"), 0), Some(day("2024-04-26")));
    }

    proptest! {
        #[test]
        fn the_nth_working_day_after_a_day_is_n_working_days_away(
            start in 0_u64..3_000,
            count in 1_u32..60,
            off in proptest::collection::btree_set(0_u64..3_200, 0..40),
            made_up in proptest::collection::btree_set(0_u64..3_200, 0..10),
        ) {
            let first = day("2020-01-01");
            let at = |it: u64| first.checked_add_days(Days::new(it)).unwrap();
            let days = WorkingDays::new(off.into_iter().map(at), made_up.into_iter().map(at));
            let start = at(start);
            let nth = days.after(start, count).unwrap();
            prop_assert!(days.is_working(nth));
            prop_assert_eq!(days.between(start, nth), count);
            prop_assert_eq!(days.between(start, nth.pred_opt().unwrap()), count - 1);
        }
    }
}
