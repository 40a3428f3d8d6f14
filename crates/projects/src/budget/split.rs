//! Splitting an amount exactly.

use kit::Result;
use types::{money::Money, violations::Invalid};

/// Most parts an amount is split into.
pub(super) const MOST_PARTS: usize = 500;

/// Asks for exact parts, in proportion to weights.
#[derive(Debug)]
pub(crate) struct SplitAmount {
    pub(crate) amount: Money,
    pub(crate) weights: Vec<u64>,
}

impl SplitAmount {
    /// Returns the parts; they add up to the amount.
    pub(crate) fn split(&self) -> Result<Vec<Money>> {
        let parts = self.amount.split_by_largest_remainder(&self.weights);
        let parts = parts.map_err(|it| Invalid::field("weights", it.reason, it.en, it.vi))?;
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fifty_million_over_twelve_months_lose_nothing() {
        let split = SplitAmount {
            amount: Money::new(50_000_000),
            weights: vec![1; 12],
        };
        let months = split.split().unwrap();
        assert_eq!(
            Money::checked_sum(months.clone()),
            Some(Money::new(50_000_000))
        );
        let months: Vec<_> = months.into_iter().map(Money::vnd).collect();
        assert_eq!(months[..8], [4_166_667; 8]);
        assert_eq!(months[8..], [4_166_666; 4]);
    }

    proptest! {
        #[test]
        fn parts_of_any_amount_over_any_units_add_up(
            vnd in any::<i64>(),
            weights in proptest::collection::vec(0..1_000_000_u64, 1..300),
        ) {
            let is_all_nothing = weights.iter().all(|it| *it == 0);
            let split = SplitAmount { amount: Money::new(vnd), weights };
            match split.split() {
                Ok(parts) => prop_assert_eq!(Money::checked_sum(parts), Some(split.amount)),
                Err(_) => prop_assert!(is_all_nothing),
            }
        }
    }
}
