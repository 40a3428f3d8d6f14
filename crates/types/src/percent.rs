//! Shares on the scale from 0 to 100.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    decimal::{Decimal, divide_half_up, power_of_ten},
    invalid::InvalidText,
};

/// A share on the 0–100 scale. It may exceed 100 (a target overshot), never be below 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(Decimal);

impl Percent {
    /// Takes a number on the 0–100 scale.
    ///
    /// # Errors
    /// Refuses a number below 0.
    pub fn new(decimal: Decimal) -> Result<Self, InvalidText> {
        if decimal.is_negative() {
            return Err(InvalidText::new(
                "OUT_OF_RANGE",
                format!("`{decimal}` is below 0 percent"),
                format!("`{decimal}` nhỏ hơn 0%"),
            ));
        }
        Ok(Self(decimal))
    }

    /// Computes what share of the denominator the numerator is, half up at `scale`
    /// digits. There is none when the denominator is 0, when the share is below 0, and
    /// when it has too many digits.
    #[must_use]
    pub fn of(numerator: Decimal, denominator: Decimal, scale: u8) -> Option<Self> {
        let (numerator, denominator) = fraction(numerator, denominator, scale)?;
        Self::from_units(divide_half_up(numerator, denominator)?, scale)
    }

    /// Computes like [`Percent::of`], but cuts the remaining digits off.
    #[must_use]
    pub fn of_truncated(numerator: Decimal, denominator: Decimal, scale: u8) -> Option<Self> {
        let (numerator, denominator) = fraction(numerator, denominator, scale)?;
        Self::from_units(numerator / denominator, scale)
    }

    fn from_units(units: i128, scale: u8) -> Option<Self> {
        Self::new(Decimal::from_wide(units, scale)?).ok()
    }

    /// Returns the number.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }

    /// Writes the share in the Vietnamese way, without zeros at the end: `60,41%`.
    #[must_use]
    pub fn to_vietnamese(self) -> String {
        let written = self.0.to_vietnamese();
        let shown = if written.contains(',') {
            written.trim_end_matches('0').trim_end_matches(',')
        } else {
            &written
        };
        format!("{shown}%")
    }
}

/// Returns a fraction of whole numbers whose quotient is the percentage in units of
/// `scale`. At most 18 digits, 6 more to bring both to one scale, 2 for the percentage
/// and 6 of the scale: 32 digits, which fit.
fn fraction(numerator: Decimal, denominator: Decimal, scale: u8) -> Option<(i128, i128)> {
    if denominator.is_zero() || scale > 6 {
        return None;
    }
    let numerator = numerator.millionths() * 100 * power_of_ten(scale);
    let denominator = denominator.millionths();
    if denominator < 0 {
        Some((-numerator, -denominator))
    } else {
        Some((numerator, denominator))
    }
    .filter(|(numerator, _)| *numerator >= 0)
}

impl FromStr for Percent {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, InvalidText> {
        Self::new(text.parse()?)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl TryFrom<String> for Percent {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        text.parse()
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn of(numerator: &str, denominator: &str, scale: u8) -> String {
        Percent::of(decimal(numerator), decimal(denominator), scale)
            .unwrap()
            .to_string()
    }

    #[test]
    fn shares_of_the_seed_report() {
        assert_eq!(of("99", "100", 2), "99.00");
        // 15.684 of 25.963 files handled online.
        assert_eq!(of("15684", "25963", 2), "60.41");
        assert_eq!(of("86", "93", 2), "92.47");
        assert_eq!(of("3", "2", 0), "150");
        assert_eq!(of("0.5", "0.4", 1), "125.0");
        assert_eq!(of("1", "3", 6), "33.333333");
        assert_eq!(of("1", "200", 0), "1");
    }

    #[test]
    fn digits_can_be_cut_off() {
        let cut = Percent::of_truncated(decimal("86"), decimal("93"), 1).unwrap();
        assert_eq!(cut.to_vietnamese(), "92,4%");
    }

    #[test]
    fn there_is_no_share_of_nothing() {
        assert_eq!(Percent::of(decimal("0"), decimal("0.00"), 2), None);
        assert_eq!(Percent::of(decimal("-1"), decimal("2"), 2), None);
        assert_eq!(Percent::of(decimal("1"), decimal("2"), 7), None);
        let (most, least) = (decimal("999999999999999999"), decimal("0.000001"));
        assert_eq!(Percent::of(most, least, 6), None);
    }

    #[test]
    fn shares_are_printed_without_zeros_at_the_end() {
        for (wire, shown) in [
            ("99.00", "99%"),
            ("100", "100%"),
            ("60.41", "60,41%"),
            ("60.40", "60,4%"),
            ("1250", "1.250%"),
            ("0", "0%"),
        ] {
            assert_eq!(wire.parse::<Percent>().unwrap().to_vietnamese(), shown);
        }
    }

    #[test]
    fn a_share_below_zero_is_refused() {
        assert_eq!(
            "-0.1".parse::<Percent>().unwrap_err().reason,
            "OUT_OF_RANGE"
        );
        assert_eq!("99%".parse::<Percent>().unwrap_err().reason, "PATTERN");
    }

    proptest! {
        #[test]
        fn a_part_and_its_rest_make_the_whole(part in 0_i64..1_000_000, rest in 1_i64..1_000_000) {
            let whole = Decimal::from_i64(part + rest).unwrap();
            let share = |it| Percent::of(Decimal::from_i64(it).unwrap(), whole, 2).unwrap();
            let sum = share(part).decimal().checked_add(share(rest).decimal()).unwrap();
            // Each of the two may be rounded up by half a hundredth.
            prop_assert!(sum >= decimal("100") && sum <= decimal("100.01"), "{}", sum);
        }
    }
}
