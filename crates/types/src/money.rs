//! Money: whole đồng, exact.

use serde::{Deserialize, Serialize};

use crate::{invalid::InvalidText, words};

/// An amount in whole Vietnamese đồng. There is no smaller unit and no other currency.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// No money at all. An amount that is not known is not this, it is absent.
    pub const ZERO: Self = Self(0);

    /// Makes an amount of whole đồng.
    #[must_use]
    pub const fn new(vnd: i64) -> Self {
        Self(vnd)
    }

    /// Returns the whole đồng.
    #[must_use]
    pub const fn vnd(self) -> i64 {
        self.0
    }

    /// Says whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Adds, or returns nothing when the sum does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Takes away, or returns nothing when the difference does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Adds up, or returns nothing when the sum does not fit.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        // Wider than the amounts, so that the order of the summands does not matter.
        let mut sum = 0_i128;
        for amount in amounts {
            sum = sum.checked_add(i128::from(amount.0))?;
        }
        i64::try_from(sum).ok().map(Self)
    }

    /// Splits in proportion to the weights, so that the parts always add up exactly.
    ///
    /// Every part is rounded towards zero; the đồng left over go, one each, to the largest
    /// remainders, and to the earlier one of two that are equal.
    ///
    /// # Errors
    /// At least one weight has to be above zero.
    pub fn split_by_largest_remainder(self, weights: &[u64]) -> Result<Vec<Self>, InvalidText> {
        let whole: u128 = weights.iter().copied().map(u128::from).sum();
        if whole == 0 {
            return Err(InvalidText::new(
                "OUT_OF_RANGE",
                "money can only be split over at least one weight above 0",
                "chỉ có thể phân chia số tiền khi có ít nhất một tỷ trọng lớn hơn 0",
            ));
        }
        let amount = u128::from(self.0.unsigned_abs());
        // At most 2^63 × (2^64 − 1), which fits.
        let shares = weights.iter().map(|&weight| amount * u128::from(weight));
        let mut parts: Vec<u128> = shares.clone().map(|share| share / whole).collect();
        let left_over = amount - parts.iter().sum::<u128>();

        let mut by_remainder: Vec<(u128, usize)> = shares
            .enumerate()
            .map(|(index, share)| (share % whole, index))
            .collect();
        by_remainder.sort_by_key(|&(remainder, index)| (std::cmp::Reverse(remainder), index));
        // Fewer are left over than there are remainders above zero, so a weight of 0
        // never gets anything.
        for ((_, index), _) in by_remainder.into_iter().zip(0..left_over) {
            if let Some(part) = parts.get_mut(index) {
                *part += 1;
            }
        }
        parts.into_iter().map(|part| self.with_sign(part)).collect()
    }

    fn with_sign(self, magnitude: u128) -> Result<Self, InvalidText> {
        let signed = i128::try_from(magnitude)
            .ok()
            .map(|it| if self.is_negative() { -it } else { it })
            .and_then(|it| i64::try_from(it).ok());
        signed.map(Self).ok_or_else(|| {
            InvalidText::new("OUT_OF_RANGE", "the amount is too large", "số tiền quá lớn")
        })
    }

    /// Writes the amount in figures: "368.000.000 đồng".
    #[must_use]
    pub fn to_vietnamese(self) -> String {
        format!("{} đồng", grouped(self.0))
    }

    /// Writes the amount in millions, as tables do: "1.250 triệu đồng". Returns nothing when
    /// that would not be exact.
    #[must_use]
    pub fn to_millions(self) -> Option<String> {
        const MILLION: i64 = 1_000_000;
        (self.0 % MILLION == 0).then(|| format!("{} triệu đồng", grouped(self.0 / MILLION)))
    }

    /// Writes the amount in words, as it stands in brackets after the figures:
    /// "Một trăm năm mươi mốt triệu đồng chẵn".
    #[must_use]
    pub fn to_words(self) -> String {
        let words = words::number_in_words(self.0);
        let mut letters = words.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        let capital: String = first.chain(letters).collect();
        // There is nothing below the đồng, so every amount is "chẵn".
        format!("{capital} đồng chẵn")
    }
}

// Groups thousands by dots.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_decision_of_the_district_is_written_out() {
        let granted = Money::new(151_000_000);
        assert_eq!(granted.to_vietnamese(), "151.000.000 đồng");
        assert_eq!(granted.to_words(), "Một trăm năm mươi mốt triệu đồng chẵn");
        assert_eq!(Money::new(368_000_000).to_vietnamese(), "368.000.000 đồng");
        assert_eq!(Money::new(-5).to_vietnamese(), "-5 đồng");
        assert_eq!(Money::new(-1_000).to_vietnamese(), "-1.000 đồng");
        assert_eq!(Money::new(-1_000).to_words(), "Âm một nghìn đồng chẵn");
        assert_eq!(Money::ZERO.to_words(), "Không đồng chẵn");
        assert_eq!(
            Money::new(i64::MIN).to_vietnamese(),
            "-9.223.372.036.854.775.808 đồng"
        );
    }

    #[test]
    fn a_table_in_millions_never_hides_a_dong() {
        let millions = |vnd| Money::new(vnd).to_millions();
        assert_eq!(millions(1_250_000_000).as_deref(), Some("1.250 triệu đồng"));
        assert_eq!(millions(0).as_deref(), Some("0 triệu đồng"));
        assert_eq!(millions(1_250_000_001), None);
    }

    #[test]
    fn fifty_dong_over_twelve_months_lose_nothing() {
        let months = Money::new(50).split_by_largest_remainder(&[1; 12]).unwrap();
        assert_eq!(Money::checked_sum(months.clone()), Some(Money::new(50)));
        let dong: Vec<_> = months.into_iter().map(Money::vnd).collect();
        assert_eq!(dong, [5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
    }

    #[test]
    fn nothing_is_split_over_nobody() {
        for weights in [&[][..], &[0, 0]] {
            let refused = Money::new(50).split_by_largest_remainder(weights);
            assert_eq!(refused.unwrap_err().reason, "OUT_OF_RANGE");
        }
        let all = Money::new(i64::MIN).split_by_largest_remainder(&[0, u64::MAX]);
        assert_eq!(all.unwrap(), [Money::ZERO, Money::new(i64::MIN)]);
    }

    #[test]
    fn sums_that_do_not_fit_are_refused() {
        let most = Money::new(i64::MAX);
        let one = Money::new(1);
        assert_eq!(most.checked_add(one), None);
        assert_eq!(Money::new(i64::MIN).checked_sub(one), None);
        assert_eq!(Money::checked_sum([most, one]), None);
        assert_eq!(Money::checked_sum([most, one, Money::new(-1)]), Some(most));
        assert_eq!(Money::checked_sum([]), Some(Money::ZERO));
    }

    proptest! {
        #[test]
        fn the_parts_always_add_up(
            vnd in any::<i64>(),
            weights in proptest::collection::vec(prop_oneof![0..5_u64, any::<u64>()], 1..40),
        ) {
            let money = Money::new(vnd);
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let parts = money.split_by_largest_remainder(&weights).unwrap();
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(Money::checked_sum(parts.iter().copied()), Some(money));
            let whole: i128 = weights.iter().copied().map(i128::from).sum();
            for (part, &weight) in parts.iter().zip(&weights) {
                prop_assert!(weight > 0 || *part == Money::ZERO);
                // No part is a whole đồng away from its exact share.
                let fair = i128::from(vnd) * i128::from(weight) / whole;
                prop_assert!((i128::from(part.vnd()) - fair).abs() <= 1);
            }
        }
    }
}
