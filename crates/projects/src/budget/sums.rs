//! Sums of lines, and what follows from them.

use kit::{Error, Result};
use types::{
    decimal::Decimal,
    money::Money,
    quantity::{Absence, Quantity, Value},
    ratio::Ratio,
};

use crate::reason::SUM_TOO_LARGE;

/// Sums of some lines, wide enough for whatever there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) planned: i128,
    pub(crate) allocated: i128,
    pub(crate) permitted: i128,
    pub(crate) committed: i128,
    pub(crate) advanced: i128,
    pub(crate) paid: i128,
    pub(crate) settled: i128,
    pub(crate) uncovered: i128,
    /// Allocated and not spent on lines that are settled: it lapsed.
    pub(crate) lapsed: i128,
    /// Granted by the closing of its year, and disbursed by then: of the same lines.
    pub(crate) closed_allocated: i128,
    pub(crate) closed: i128,
    pub(crate) lines: i128,
}

impl Sums {
    /// Returns every amount, in the order that [`put`](Self::put) knows.
    pub(super) fn amounts(&self) -> [i128; 12] {
        [
            self.planned,
            self.allocated,
            self.permitted,
            self.committed,
            self.advanced,
            self.paid,
            self.settled,
            self.uncovered,
            self.lapsed,
            self.closed_allocated,
            self.closed,
            self.lines,
        ]
    }

    /// Sets the amount at a place.
    pub(super) fn put(&mut self, place: usize, amount: i128) {
        let amounts = [
            &mut self.planned,
            &mut self.allocated,
            &mut self.permitted,
            &mut self.committed,
            &mut self.advanced,
            &mut self.paid,
            &mut self.settled,
            &mut self.uncovered,
            &mut self.lapsed,
            &mut self.closed_allocated,
            &mut self.closed,
            &mut self.lines,
        ];
        if let Some(it) = amounts.into_iter().nth(place) {
            *it = amount;
        }
    }

    /// Adds other sums. A hundred thousand years of budgets fit.
    pub(super) fn add(&mut self, other: &Self) {
        let sums = self.amounts().into_iter().zip(other.amounts());
        for (place, (one, two)) in sums.enumerate() {
            self.put(place, one + two);
        }
    }

    /// Returns the share of what was assigned for a year by its closing that was disbursed by
    /// then (QĐ 11-QĐ/TU, II.6: disbursed ÷ assigned, closed on 15 December). Where nothing was
    /// assigned, or more was taken back by then than assigned, there is none, which is not 0;
    /// none either where more came back than went out.
    pub(super) fn ratio(&self) -> Result<Option<Quantity>> {
        if self.closed_allocated <= 0 {
            return Ok(Some(Quantity::absent(Absence::NotApplicable)));
        }
        if self.closed < 0 {
            return Ok(None);
        }
        let decimal = |it| Decimal::from_i64(narrow(it)?).map_err(|_| too_large());
        let parts = Some((decimal(self.closed)?, decimal(self.closed_allocated)?));
        let ratio = Ratio::new(parts, None).map_err(|_| too_large())?;
        Ok(Some(Quantity::value(Value::Ratio(ratio))))
    }
}

/// Takes a sum back to what the contract carries.
pub(super) fn narrow(sum: i128) -> Result<i64> {
    i64::try_from(sum).map_err(|_| too_large())
}

fn too_large() -> Error {
    let facts = [("limit", Money::new(i64::MAX).to_vietnamese())];
    Error::rule(&SUM_TOO_LARGE, facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(closed: i128, closed_allocated: i128) -> Option<String> {
        let sums = Sums {
            closed,
            closed_allocated,
            ..Sums::default()
        };
        sums.ratio().unwrap().map(|it| it.to_vietnamese())
    }

    #[test]
    fn a_unit_with_no_assigned_money_has_no_ratio_and_not_a_ratio_of_nothing() {
        assert_eq!(
            ratio(0, 0).as_deref(),
            Some(Absence::NotApplicable.to_vietnamese())
        );
        assert_eq!(
            ratio(10, -500).as_deref(),
            Some(Absence::NotApplicable.to_vietnamese())
        );
        assert_eq!(ratio(0, 500).as_deref(), Some("0%"));
        assert_eq!(ratio(425, 500).as_deref(), Some("85%"));
        assert_eq!(ratio(1, 3).as_deref(), Some("33,33%"));
        assert_eq!(ratio(600, 500).as_deref(), Some("120%"));
        assert_eq!(ratio(-1, 500), None);
    }

    #[test]
    fn a_sum_that_the_contract_cannot_carry_is_refused_and_not_cut_off() {
        let most = i128::from(i64::MAX);
        assert_eq!(narrow(most).unwrap(), i64::MAX);
        let Err(Error::Rule(reason, _)) = narrow(most + 1) else {
            panic!()
        };
        assert_eq!(reason.code, "SUM_TOO_LARGE");
        let sums = Sums {
            closed: 1,
            closed_allocated: most,
            ..Sums::default()
        };
        assert!(matches!(sums.ratio(), Err(Error::Rule(_, _))));
    }
}
