//! The days on which something is true: `[start, end)`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::invalid::InvalidText;

/// The days from `start` up to but without `end`. Without an end it is still true.
///
/// Half open, so that what follows begins on the day that the one before ends
/// and no day is counted twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Validity {
    start: NaiveDate,
    end: Option<NaiveDate>,
}

impl Validity {
    /// Makes the days from `start` up to but without `end`.
    ///
    /// # Errors
    /// The end has to be after the start.
    pub fn new(start: NaiveDate, end: Option<NaiveDate>) -> Result<Self, InvalidText> {
        match end {
            Some(end) if end <= start => Err(InvalidText::new(
                "OUT_OF_RANGE",
                format!("the end `{end}` is not after the start `{start}`"),
                format!("ngày kết thúc “{end}” không sau ngày bắt đầu “{start}”"),
            )),
            _ => Ok(Self { start, end }),
        }
    }

    /// Makes the days from `start` on, without an end.
    #[must_use]
    pub const fn starting(start: NaiveDate) -> Self {
        Self { start, end: None }
    }

    /// Returns the first day.
    #[must_use]
    pub const fn start(&self) -> NaiveDate {
        self.start
    }

    /// Returns the first day that is no longer in it.
    #[must_use]
    pub const fn end(&self) -> Option<NaiveDate> {
        self.end
    }

    /// Says whether a day is in it.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.start <= date && self.end.is_none_or(|end| date < end)
    }

    /// Says whether some day is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.intersect(other).is_some()
    }

    /// Returns the days that are in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let end = match (self.end, other.end) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self::new(self.start.max(other.start), end).ok()
    }
}

// What serde reads before it is checked.
#[derive(Deserialize)]
struct Unchecked {
    start: NaiveDate,
    end: Option<NaiveDate>,
}

impl TryFrom<Unchecked> for Validity {
    type Error = InvalidText;

    fn try_from(read: Unchecked) -> Result<Self, InvalidText> {
        Self::new(read.start, read.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn some_days() -> impl Strategy<Value = Validity> {
        (0..300_i64, proptest::option::of(1..100_i64)).prop_map(|(from, length)| {
            let start = day("2025-01-01") + TimeDelta::days(from);
            Validity::new(start, length.map(|days| start + TimeDelta::days(days))).unwrap()
        })
    }

    #[test]
    fn a_district_ends_on_the_day_its_successors_begin() {
        let merger = day("2025-07-01");
        let district = Validity::new(day("1999-08-06"), Some(merger)).unwrap();
        let commune = Validity::starting(merger);
        assert!(district.contains(day("2025-06-30")));
        assert!(!district.contains(merger));
        assert!(commune.contains(merger));
        assert!(!district.overlaps(&commune));
        assert_eq!(district.intersect(&commune), None);
    }

    #[test]
    fn an_end_has_to_come_after_the_start() {
        let start = day("2025-07-01");
        for end in ["2025-07-01", "2025-06-30"] {
            let refused = Validity::new(start, Some(day(end))).unwrap_err();
            assert_eq!(refused.reason, "OUT_OF_RANGE");
        }
    }

    #[test]
    fn the_common_days_are_found() {
        let year = Validity::new(day("2022-01-01"), Some(day("2023-01-01"))).unwrap();
        let since_june = Validity::starting(day("2022-06-22"));
        let common = Validity::new(day("2022-06-22"), Some(day("2023-01-01"))).unwrap();
        assert_eq!(year.intersect(&since_june), Some(common));
        assert_eq!(common.end(), year.end());
        assert_eq!(common.start(), since_june.start());
    }

    proptest! {
        #[test]
        fn a_day_is_common_when_it_is_in_both(
            one in some_days(),
            two in some_days(),
            days in 0..420_i64,
        ) {
            let date = day("2025-01-01") + TimeDelta::days(days);
            let common = one.intersect(&two);
            prop_assert_eq!(common, two.intersect(&one));
            prop_assert_eq!(
                common.is_some_and(|it| it.contains(date)),
                one.contains(date) && two.contains(date)
            );
        }
    }
}
