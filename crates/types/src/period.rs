//! Reporting periods: names in the calendar. Which days count is a [`WindowRule`].

use std::{cmp::Ordering, ops::RangeInclusive};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    date::{FIRST_YEAR, LAST_YEAR},
    invalid::InvalidText,
    validity::Validity,
};

mod code;
mod window;

pub use window::WindowRule;

/// One reporting period (NĐ 09/2019/NĐ-CP, Điều 12), as its code names it.
///
/// Anyone may look into it; only the functions here and [`std::str::FromStr`] make one, so that every
/// period there is lies in the calendar of 1900 to 2199. Sorted by start, then by length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Period {
    /// A month, `2022-m06`.
    #[non_exhaustive]
    Month {
        /// Year.
        year: i32,
        /// Month, 1 to 12.
        month: u32,
    },
    /// A quarter, `2022-q3`.
    #[non_exhaustive]
    Quarter {
        /// Year.
        year: i32,
        /// Quarter, 1 to 4.
        quarter: u32,
    },
    /// Half a year, `2022-h1`. The second half counts July to December only.
    #[non_exhaustive]
    HalfYear {
        /// Year.
        year: i32,
        /// Half, 1 or 2.
        half: u32,
    },
    /// The first nine months, `2022-9m`.
    #[non_exhaustive]
    NineMonths {
        /// Year.
        year: i32,
    },
    /// A year, `2022`.
    #[non_exhaustive]
    Year {
        /// Year.
        year: i32,
    },
    /// Any two or more months of one year, `2022-m01-m05`.
    #[non_exhaustive]
    Span {
        /// Year.
        year: i32,
        /// First month, 1 to 11.
        first_month: u32,
        /// Last month, after the first.
        last_month: u32,
    },
}

impl Period {
    /// Makes a month.
    ///
    /// # Errors
    /// Tells which part is out of range, as all functions that make a period do.
    pub fn of_month(year: i32, month: u32) -> Result<Self, InvalidText> {
        number("month", "tháng", month, 1..=12)?;
        checked_year(year).map(|year| Self::Month { year, month })
    }

    /// Makes a quarter.
    ///
    /// # Errors
    /// Quarters are 1 to 4.
    pub fn of_quarter(year: i32, quarter: u32) -> Result<Self, InvalidText> {
        number("quarter", "quý", quarter, 1..=4)?;
        checked_year(year).map(|year| Self::Quarter { year, quarter })
    }

    /// Makes half a year.
    ///
    /// # Errors
    /// Halves are 1 and 2.
    pub fn of_half_year(year: i32, half: u32) -> Result<Self, InvalidText> {
        number("half", "nửa năm", half, 1..=2)?;
        checked_year(year).map(|year| Self::HalfYear { year, half })
    }

    /// Makes the first nine months of a year.
    ///
    /// # Errors
    /// The year has to be between 1900 and 2199.
    pub fn of_nine_months(year: i32) -> Result<Self, InvalidText> {
        checked_year(year).map(|year| Self::NineMonths { year })
    }

    /// Makes a year.
    ///
    /// # Errors
    /// The year has to be between 1900 and 2199.
    pub fn of_year(year: i32) -> Result<Self, InvalidText> {
        checked_year(year).map(|year| Self::Year { year })
    }

    /// Makes a span of months of one year.
    ///
    /// # Errors
    /// The last month has to come after the first: one month alone is a month.
    pub fn of_span(year: i32, first_month: u32, last_month: u32) -> Result<Self, InvalidText> {
        number("first month", "tháng đầu", first_month, 1..=11)?;
        number("last month", "tháng cuối", last_month, first_month + 1..=12)?;
        checked_year(year).map(|year| Self::Span {
            year,
            first_month,
            last_month,
        })
    }

    /// Returns the year that names the period.
    #[must_use]
    pub const fn year(&self) -> i32 {
        match *self {
            Self::Month { year, .. }
            | Self::Quarter { year, .. }
            | Self::HalfYear { year, .. }
            | Self::NineMonths { year }
            | Self::Year { year }
            | Self::Span { year, .. } => year,
        }
    }

    /// Returns the first and the last month.
    #[must_use]
    pub const fn months(&self) -> (u32, u32) {
        match *self {
            Self::Month { month, .. } => (month, month),
            Self::Quarter { quarter, .. } => (quarter * 3 - 2, quarter * 3),
            Self::HalfYear { half, .. } => (half * 6 - 5, half * 6),
            Self::NineMonths { .. } => (1, 9),
            Self::Year { .. } => (1, 12),
            Self::Span {
                first_month,
                last_month,
                ..
            } => (first_month, last_month),
        }
    }

    /// Returns the days of the calendar. A report usually counts other days: see [`WindowRule`].
    #[must_use]
    pub fn calendar(&self) -> Validity {
        let (first, last) = self.months();
        let after = match last {
            12 => first_day(self.year() + 1, 1),
            _ => first_day(self.year(), last + 1),
        };
        let start = first_day(self.year(), first);
        // The month after the last always begins after the first one.
        Validity::new(start, Some(after)).unwrap_or(Validity::starting(start))
    }

    /// Returns the same period one year before ("cùng kỳ").
    #[must_use]
    pub fn same_period_last_year(&self) -> Option<Self> {
        self.in_year(self.year() - 1)
    }

    /// Returns the period of the same kind just before. Spans and nine months have none.
    #[must_use]
    pub fn previous(&self) -> Option<Self> {
        self.moved(-1)
    }

    /// Returns the period of the same kind just after. Spans and nine months have none.
    #[must_use]
    pub fn next(&self) -> Option<Self> {
        self.moved(1)
    }

    /// Says whether all months of the other one are in this one.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        let ((first, last), (other_first, other_last)) = (self.months(), other.months());
        self.year() == other.year() && first <= other_first && other_last <= last
    }

    /// Says whether the period counts everything since the start of its year, so that "in the
    /// period" and "since the start of the year" are one figure: true of a first half, nine
    /// months and a year, never of a second half (NĐ 09/2019/NĐ-CP, Điều 12).
    #[must_use]
    pub const fn is_cumulative(&self) -> bool {
        self.months().0 == 1
    }

    /// Writes the period as reports do: "6 tháng đầu năm 2022".
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        match *self {
            Self::Month { year, month } => format!("tháng {month} năm {year}"),
            Self::Quarter { year, quarter } => {
                let roman = match quarter {
                    1 => "I",
                    2 => "II",
                    3 => "III",
                    _ => "IV",
                };
                format!("quý {roman} năm {year}")
            }
            Self::HalfYear { year, half: 1 } => format!("6 tháng đầu năm {year}"),
            Self::HalfYear { year, .. } => format!("6 tháng cuối năm {year}"),
            Self::NineMonths { year } => format!("9 tháng đầu năm {year}"),
            Self::Year { year } => format!("năm {year}"),
            Self::Span {
                year,
                first_month: 1,
                last_month,
            } => format!("{last_month} tháng đầu năm {year}"),
            Self::Span {
                year,
                first_month,
                last_month,
            } => format!("từ tháng {first_month} đến tháng {last_month} năm {year}"),
        }
    }

    fn in_year(self, year: i32) -> Option<Self> {
        match self {
            Self::Month { month, .. } => Self::of_month(year, month),
            Self::Quarter { quarter, .. } => Self::of_quarter(year, quarter),
            Self::HalfYear { half, .. } => Self::of_half_year(year, half),
            Self::NineMonths { .. } => Self::of_nine_months(year),
            Self::Year { .. } => Self::of_year(year),
            Self::Span {
                first_month,
                last_month,
                ..
            } => Self::of_span(year, first_month, last_month),
        }
        .ok()
    }

    fn moved(self, steps: i32) -> Option<Self> {
        // The place of a part in its year, counted on over the end of the year.
        let place = |part: u32, parts: i32| {
            let place = self.year() * parts + i32::try_from(part).ok()? - 1 + steps;
            let part = u32::try_from(place.rem_euclid(parts) + 1).ok()?;
            Some((place.div_euclid(parts), part))
        };
        match self {
            Self::Month { month, .. } => {
                place(month, 12).and_then(|(year, part)| Self::of_month(year, part).ok())
            }
            Self::Quarter { quarter, .. } => {
                place(quarter, 4).and_then(|(year, part)| Self::of_quarter(year, part).ok())
            }
            Self::HalfYear { half, .. } => {
                place(half, 2).and_then(|(year, part)| Self::of_half_year(year, part).ok())
            }
            Self::Year { year } => Self::of_year(year + steps).ok(),
            Self::NineMonths { .. } | Self::Span { .. } => None,
        }
    }

    // Two names of the same months, such as `2022-q1` and `2022-m01-m03`, differ by the last.
    fn order(self) -> (i32, u32, u32, bool) {
        let (first, last) = self.months();
        let span = matches!(self, Self::Span { .. });
        (self.year(), first, last, span)
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn first_day(year: i32, month: u32) -> NaiveDate {
    // Year and month were checked when the period was made, so there is such a day.
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default()
}

fn checked_year(year: i32) -> Result<i32, InvalidText> {
    if (FIRST_YEAR..=LAST_YEAR).contains(&year) {
        return Ok(year);
    }
    Err(InvalidText::new(
        "OUT_OF_RANGE",
        format!("the year {year} is not between {FIRST_YEAR} and {LAST_YEAR}"),
        format!("năm {year} không nằm trong khoảng từ {FIRST_YEAR} đến {LAST_YEAR}"),
    ))
}

fn number(en: &str, vi: &str, sent: u32, range: RangeInclusive<u32>) -> Result<(), InvalidText> {
    let (least, most) = (range.start(), range.end());
    if range.contains(&sent) {
        return Ok(());
    }
    Err(InvalidText::new(
        "OUT_OF_RANGE",
        format!("the {en} {sent} is not between {least} and {most}"),
        format!("{vi} {sent} không nằm trong khoảng từ {least} đến {most}"),
    ))
}

#[cfg(test)]
mod tests;
