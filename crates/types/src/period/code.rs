//! The code of a period, as it is sent and stored.

use std::{fmt, str::FromStr};

use super::Period;
use crate::invalid::InvalidText;

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Month { year, month } => write!(formatter, "{year}-m{month:02}"),
            Self::Quarter { year, quarter } => write!(formatter, "{year}-q{quarter}"),
            Self::HalfYear { year, half } => write!(formatter, "{year}-h{half}"),
            Self::NineMonths { year } => write!(formatter, "{year}-9m"),
            Self::Year { year } => write!(formatter, "{year}"),
            Self::Span {
                year,
                first_month,
                last_month,
            } => write!(formatter, "{year}-m{first_month:02}-m{last_month:02}"),
        }
    }
}

impl FromStr for Period {
    type Err = InvalidText;

    fn from_str(sent: &str) -> Result<Self, InvalidText> {
        let malformed = || {
            let sent = InvalidText::excerpt(sent);
            InvalidText::new(
                "PATTERN",
                format!(
                    "`{sent}` is not a period such as `2022`, `2022-h1`, `2022-9m`, `2022-q3`, \
                     `2022-m06` or `2022-m01-m05`"
                ),
                format!(
                    "“{sent}” không phải là kỳ báo cáo như “2022”, “2022-h1”, “2022-9m”, \
                     “2022-q3”, “2022-m06” hoặc “2022-m01-m05”"
                ),
            )
        };
        let (year, part) = match sent.split_once('-') {
            Some((year, part)) => (year, Some(part)),
            None => (sent, None),
        };
        let year = digits(year, 4)
            .and_then(|year| i32::try_from(year).ok())
            .ok_or_else(malformed)?;
        let Some(part) = part else {
            return Self::of_year(year);
        };
        if part == "9m" {
            return Self::of_nine_months(year);
        }
        if let Some(quarter) = part.strip_prefix('q') {
            return Self::of_quarter(year, digits(quarter, 1).ok_or_else(malformed)?);
        }
        if let Some(half) = part.strip_prefix('h') {
            return Self::of_half_year(year, digits(half, 1).ok_or_else(malformed)?);
        }
        let months = part.strip_prefix('m').ok_or_else(malformed)?;
        if let Some((first, last)) = months.split_once("-m") {
            let first = digits(first, 2).ok_or_else(malformed)?;
            let last = digits(last, 2).ok_or_else(malformed)?;
            return Self::of_span(year, first, last);
        }
        Self::of_month(year, digits(months, 2).ok_or_else(malformed)?)
    }
}

impl TryFrom<String> for Period {
    type Error = InvalidText;

    fn try_from(sent: String) -> Result<Self, InvalidText> {
        sent.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

// Exactly that many digits, so that every period has one code only.
fn digits(text: &str, count: usize) -> Option<u32> {
    if text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}
