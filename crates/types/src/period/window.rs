//! Which days a reporting period counts.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Period, first_day};
use crate::{invalid::InvalidText, validity::Validity};

/// The cut-off rule of a reporting regime, as data: it differs between regimes, and an
/// issuer may set its own (NĐ 09/2019/NĐ-CP, Điều 12).
///
/// Offsets count months from the first month of a period (its start) and from its last
/// month (its end). Both days are counted, as the decree writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WindowRule {
    /// Months from the first month of the period to the month of the first day, −12 to 12.
    pub start_month_offset: i32,
    /// First day that counts, 1 to 28, so that every month has it.
    pub start_day: u32,
    /// Months from the last month of the period to the month of the last day, −12 to 12.
    pub end_month_offset: i32,
    /// Last day that counts, 1 to 31; the last of the month where a month is shorter.
    pub end_day: u32,
}

impl WindowRule {
    /// Makes a rule.
    ///
    /// # Errors
    /// Tells which part is out of range.
    pub fn new(
        start_month_offset: i32,
        start_day: u32,
        end_month_offset: i32,
        end_day: u32,
    ) -> Result<Self, InvalidText> {
        let rule = Self {
            start_month_offset,
            start_day,
            end_month_offset,
            end_day,
        };
        rule.check().map(|()| rule)
    }

    /// Returns the rule of NĐ 09/2019/NĐ-CP, Điều 12: from the 15th of the month before
    /// the period to the 14th of its last month.
    #[must_use]
    pub const fn decree_09_2019() -> Self {
        Self {
            start_month_offset: -1,
            start_day: 15,
            end_month_offset: 0,
            end_day: 14,
        }
    }

    /// Returns the rule of statistical regimes (TT 02/2019/TT-BTC): the days of the calendar.
    #[must_use]
    pub const fn calendar() -> Self {
        Self {
            start_month_offset: 0,
            start_day: 1,
            end_month_offset: 0,
            end_day: 31,
        }
    }

    /// Returns the days that count for a period.
    ///
    /// # Errors
    /// Tells which part of the rule is out of range, or that it leaves no day.
    pub fn window(&self, period: Period) -> Result<Validity, InvalidText> {
        self.check()?;
        let (first, last) = period.months();
        let start = month(period.year(), first, self.start_month_offset)
            .and_then(|month| month.checked_add_days(Days::new(u64::from(self.start_day) - 1)));
        let end = month(period.year(), last, self.end_month_offset).and_then(|month| {
            // The day after the last one that counts, at most the first of the next month.
            let after = month.checked_add_days(Days::new(u64::from(self.end_day)))?;
            Some(after.min(month.checked_add_months(Months::new(1))?))
        });
        match (start, end) {
            (Some(start), Some(end)) => Validity::new(start, Some(end)),
            _ => Err(InvalidText::new(
                "OUT_OF_RANGE",
                format!("the days of `{period}` are not in the calendar"),
                format!("số liệu của kỳ “{period}” nằm ngoài lịch"),
            )),
        }
    }

    fn check(&self) -> Result<(), InvalidText> {
        let wrong = |en: &str, vi: &str| Err(InvalidText::new("OUT_OF_RANGE", en, vi));
        if !(-12..=12).contains(&self.start_month_offset) {
            return wrong(
                "the start month offset is not between -12 and 12",
                "độ lệch tháng bắt đầu không nằm trong khoảng từ -12 đến 12",
            );
        }
        if !(1..=28).contains(&self.start_day) {
            return wrong(
                "the start day is not between 1 and 28",
                "ngày bắt đầu không nằm trong khoảng từ 1 đến 28",
            );
        }
        if !(-12..=12).contains(&self.end_month_offset) {
            return wrong(
                "the end month offset is not between -12 and 12",
                "độ lệch tháng kết thúc không nằm trong khoảng từ -12 đến 12",
            );
        }
        if !(1..=31).contains(&self.end_day) {
            return wrong(
                "the end day is not between 1 and 31",
                "ngày kết thúc không nằm trong khoảng từ 1 đến 31",
            );
        }
        Ok(())
    }
}

// The first day of a month that lies some months away.
fn month(year: i32, month: u32, offset: i32) -> Option<NaiveDate> {
    let day = first_day(year, month);
    let distance = Months::new(offset.unsigned_abs());
    if offset < 0 {
        day.checked_sub_months(distance)
    } else {
        day.checked_add_months(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::tests::any_period;
    use proptest::prelude::*;

    // The first and the last day, both counted, as the decree writes them.
    fn days(rule: WindowRule, code: &str) -> (String, String) {
        let window = rule.window(code.parse().unwrap()).unwrap();
        let last = window.end().unwrap().pred_opt().unwrap();
        (window.start().to_string(), last.to_string())
    }

    #[test]
    fn the_decree_closes_the_first_half_on_14_june() {
        let window = WindowRule::decree_09_2019()
            .window("2022-h1".parse().unwrap())
            .unwrap();
        assert_eq!(window.start().to_string(), "2021-12-15");
        assert_eq!(window.end().unwrap().to_string(), "2022-06-15");
        for (code, first, last) in [
            ("2022-m03", "2022-02-15", "2022-03-14"),
            ("2022-m01", "2021-12-15", "2022-01-14"),
            ("2022-q3", "2022-06-15", "2022-09-14"),
            ("2022-h2", "2022-06-15", "2022-12-14"),
            ("2022-9m", "2021-12-15", "2022-09-14"),
            ("2022", "2021-12-15", "2022-12-14"),
            ("1900", "1899-12-15", "1900-12-14"),
        ] {
            let counted = days(WindowRule::decree_09_2019(), code);
            assert_eq!(counted, (first.to_owned(), last.to_owned()), "{code}");
        }
    }

    #[test]
    fn a_statistical_regime_counts_the_calendar() {
        let counted = days(WindowRule::calendar(), "2024-m02");
        assert_eq!(counted, ("2024-02-01".to_owned(), "2024-02-29".to_owned()));
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused() {
        for (start_month, start_day, end_month, end_day) in [
            (0, 0, 0, 14),
            (0, 29, 0, 14),
            (0, 1, 0, 0),
            (0, 1, 0, 32),
            (-13, 1, 0, 31),
            (0, 1, i32::MIN, 31),
        ] {
            let refused = WindowRule::new(start_month, start_day, end_month, end_day);
            assert_eq!(refused.unwrap_err().reason, "OUT_OF_RANGE");
        }
        // Good parts, but nothing is left of a month.
        let backwards = WindowRule::new(0, 20, 0, 10).unwrap();
        assert!(backwards.window("2022-m06".parse().unwrap()).is_err());
        assert!(backwards.window("2022-q2".parse().unwrap()).is_ok());
    }

    proptest! {
        #[test]
        fn windows_touch_without_gap_or_overlap(
            period in any_period(),
            start_day in 2..=28_u32,
            offset in -3..3_i32,
        ) {
            let of_issuer = WindowRule::new(offset, start_day, offset + 1, start_day - 1).unwrap();
            for rule in [WindowRule::decree_09_2019(), WindowRule::calendar(), of_issuer] {
                let window = rule.window(period).unwrap();
                if let Some(next) = period.next() {
                    let next = rule.window(next).unwrap();
                    prop_assert_eq!(window.end(), Some(next.start()));
                    prop_assert!(!window.overlaps(&next));
                }
            }
        }

        #[test]
        fn the_calendar_rule_is_the_calendar(period in any_period()) {
            prop_assert_eq!(WindowRule::calendar().window(period).unwrap(), period.calendar());
        }
    }
}
