//! Exact shares of a unit's history.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::{decimal::Decimal, invalid::InvalidText};

/// A share from 0 to 1 as an exact fraction. Products and sums that do not fit are not
/// computable rather than rounded: rounding happens once, in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Share {
    numerator: u128,
    denominator: u128,
}

const MILLION: u128 = 1_000_000;

impl Share {
    pub(crate) const NOTHING: Self = Self {
        numerator: 0,
        denominator: 1,
    };

    pub(crate) const WHOLE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// Reads a decimal above 0 and at most 1.
    pub(crate) fn read(text: &str) -> Result<Self, InvalidText> {
        let decimal: Decimal = text.parse()?;
        let places = 6 - u32::from(decimal.scale());
        let millionths = i128::from(decimal.units()) * 10_i128.pow(places);
        let millionths = i64::try_from(millionths).ok();
        millionths.and_then(Self::from_millionths).ok_or_else(|| {
            let sent = InvalidText::excerpt(text);
            InvalidText::new(
                "OUT_OF_RANGE",
                format!("`{sent}` is not above 0 and at most 1"),
                format!("“{sent}” không lớn hơn 0 và không quá 1"),
            )
        })
    }

    /// Reads it as it is kept.
    pub(crate) fn from_millionths(millionths: i64) -> Option<Self> {
        let numerator = u128::try_from(millionths).ok()?;
        (1..=MILLION)
            .contains(&numerator)
            .then(|| reduced(numerator, MILLION))
    }

    /// Writes it as it is kept, rounded half up.
    pub(crate) fn millionths(self) -> i64 {
        let whole = self.numerator / self.denominator;
        let rest = self.numerator % self.denominator;
        let doubled = rest
            .saturating_mul(2 * MILLION)
            .saturating_add(self.denominator);
        let part = doubled / self.denominator.saturating_mul(2);
        i64::try_from(whole * MILLION + part).unwrap_or(i64::MAX)
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let one = self.numerator.checked_mul(other.denominator)?;
        let two = other.numerator.checked_mul(self.denominator)?;
        let denominator = self.denominator.checked_mul(other.denominator)?;
        Some(reduced(one.checked_add(two)?, denominator))
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(other.numerator)?;
        let denominator = self.denominator.checked_mul(other.denominator)?;
        Some(reduced(numerator, denominator))
    }

    pub(crate) fn at_most_one(self) -> bool {
        self.numerator <= self.denominator
    }
}

fn reduced(numerator: u128, denominator: u128) -> Share {
    let (mut a, mut b) = (numerator, denominator);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Share {
        numerator: numerator / a,
        denominator: denominator / a,
    }
}

impl TryFrom<String> for Share {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::read(&text)
    }
}

impl From<Share> for String {
    fn from(share: Share) -> Self {
        share.to_string()
    }
}

/// At most six decimals, rounded half up.
impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millionths = self.millionths();
        let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
        formatter.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_above_0_and_at_most_1() {
        for bad in ["0", "-0.5", "1.000001", "2", "0,5", "", "1e-1"] {
            assert!(Share::read(bad).is_err(), "{bad}");
        }
        assert_eq!(Share::read("1").unwrap(), Share::WHOLE);
        assert_eq!(Share::read("0.250").unwrap().to_string(), "0.25");
    }

    #[test]
    fn products_are_exact_and_rounded_once() {
        let third = Share::read("0.333333").unwrap();
        let ninth = third.times(third).unwrap();
        assert_eq!(ninth.to_string(), "0.111111");
        let sum = third.plus(third).unwrap().plus(third).unwrap();
        assert_eq!(sum.to_string(), "0.999999");
        assert!(sum.at_most_one());
    }
}
