//! The brakes: what a line may get, commit and spend, in numbers alone.
//!
//! Each rule takes the totals as they are and gives them as they are after one entry, or
//! refuses with what is possible and what is missing. Every total lies between 0 and
//! twice the limit of an amount, so no difference of two overflows.

use kit::{Error, Reason, Result};
use serde::Serialize;
use types::money::Money;

use super::LineId;
use crate::{
    amount::add,
    reason::{
        ADVANCES_EXCEEDED, COMMITMENT_EXCEEDED, CONTRACT_EXCEEDED, CONTRACT_PAID,
        DISBURSEMENT_EXCEEDED, RECALL_EXCEEDED,
    },
};

/// What was entered on a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    /// Granted, less what was taken back or moved away.
    pub(crate) allocated: Money,
    /// What it may commit and spend beyond that.
    pub(crate) permitted: Money,
    /// Committed by contracts and their annexes.
    pub(crate) committed: Money,
    /// Advanced and not recovered.
    pub(crate) advanced: Money,
    /// Paid for accepted work.
    pub(crate) paid: Money,
}

/// A contract with its annexes, and what was paid under it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Contract {
    pub(crate) amount: Money,
    pub(crate) advanced: Money,
    pub(crate) paid: Money,
}

/// Refuses what is beyond what is available, with the numbers.
fn within(reason: &'static Reason, line: &LineId, asked: Money, available: Money) -> Result<()> {
    if asked <= available {
        return Ok(());
    }
    // Nothing is possible where a line is already beyond its limit.
    let available = available.max(Money::ZERO);
    Err(Error::rule(
        reason,
        [
            ("line", line.name()),
            ("asked", asked.to_vietnamese()),
            ("available", available.to_vietnamese()),
            ("missing", minus(asked, available).to_vietnamese()),
        ],
    ))
}

/// Takes away; see the head of the file for why it fits.
fn minus(one: Money, other: Money) -> Money {
    Money::new(one.vnd().saturating_sub(other.vnd()))
}

fn plus(one: Money, other: Money) -> Money {
    Money::new(one.vnd().saturating_add(other.vnd()))
}

impl Totals {
    /// Returns the money that is out.
    pub(crate) fn disbursed(&self) -> Money {
        plus(self.advanced, self.paid)
    }

    /// Returns what is allocated and not spent; below 0 while the line spends ahead.
    pub(crate) fn remaining(&self) -> Money {
        minus(self.allocated, self.disbursed())
    }

    /// Returns the most that may be committed, and the most that may be spent.
    pub(crate) fn limit(&self, uncovered: Money) -> Money {
        minus(plus(self.allocated, self.permitted), uncovered)
    }

    /// Grants money.
    pub(crate) fn grant(self, amount: Money) -> Result<Self> {
        Ok(Self {
            allocated: add(self.allocated, amount)?,
            ..self
        })
    }

    /// Lets the line spend ahead.
    pub(crate) fn permit(self, amount: Money) -> Result<Self> {
        Ok(Self {
            permitted: add(self.permitted, amount)?,
            ..self
        })
    }

    /// Takes granted money away, never below what is committed or spent. `uncovered` of the
    /// rest carries nothing; it is none of the rest where the money itself is uncovered.
    pub(crate) fn take_back(self, line: &LineId, uncovered: Money, amount: Money) -> Result<Self> {
        self.may_lose(line, uncovered, amount, self.allocated)?;
        Ok(Self {
            allocated: minus(self.allocated, amount),
            ..self
        })
    }

    /// Takes a permission away, never below what is committed or spent.
    pub(crate) fn forbid(self, line: &LineId, uncovered: Money, amount: Money) -> Result<Self> {
        self.may_lose(line, uncovered, amount, self.permitted)?;
        Ok(Self {
            permitted: minus(self.permitted, amount),
            ..self
        })
    }

    fn may_lose(&self, line: &LineId, uncovered: Money, asked: Money, there: Money) -> Result<()> {
        let bound = self.committed.max(self.disbursed());
        let free = minus(self.limit(uncovered), bound);
        let available = free.min(there);
        within(&RECALL_EXCEEDED, line, asked, available)
    }

    /// Signs a contract, never beyond the limit.
    pub(crate) fn commit(self, line: &LineId, uncovered: Money, asked: Money) -> Result<Self> {
        let available = minus(self.limit(uncovered), self.committed);
        within(&COMMITMENT_EXCEEDED, line, asked, available)?;
        Ok(Self {
            committed: add(self.committed, asked)?,
            ..self
        })
    }

    /// Lowers a contract, never below what was paid under it.
    pub(crate) fn release(self, line: &LineId, contract: Contract, asked: Money) -> Result<Self> {
        let available = minus(contract.amount, contract.disbursed());
        within(&CONTRACT_PAID, line, asked, available)?;
        Ok(Self {
            committed: minus(self.committed, asked),
            ..self
        })
    }

    /// Pays in advance, never beyond the limit.
    pub(crate) fn advance(self, line: &LineId, uncovered: Money, amount: Money) -> Result<Self> {
        self.may_spend(line, uncovered, amount)?;
        Ok(Self {
            advanced: add(self.advanced, amount)?,
            ..self
        })
    }

    /// Pays, never beyond the limit.
    pub(crate) fn pay(self, line: &LineId, uncovered: Money, amount: Money) -> Result<Self> {
        self.may_spend(line, uncovered, amount)?;
        Ok(Self {
            paid: add(self.paid, amount)?,
            ..self
        })
    }

    fn may_spend(&self, line: &LineId, uncovered: Money, asked: Money) -> Result<()> {
        let available = minus(self.limit(uncovered), self.disbursed());
        within(&DISBURSEMENT_EXCEEDED, line, asked, available)
    }

    /// Takes an advance back, never beyond what is advanced.
    pub(crate) fn recover(self, line: &LineId, asked: Money) -> Result<Self> {
        within(&ADVANCES_EXCEEDED, line, asked, self.advanced)?;
        Ok(Self {
            advanced: minus(self.advanced, asked),
            ..self
        })
    }

    /// Takes back a payment that was entered wrongly.
    pub(crate) fn unpay(self, amount: Money) -> Self {
        Self {
            paid: minus(self.paid, amount),
            ..self
        }
    }
}

impl Contract {
    /// Returns the money that is out under it.
    pub(crate) fn disbursed(&self) -> Money {
        plus(self.advanced, self.paid)
    }

    /// Pays in advance under it, never beyond its amount.
    pub(crate) fn advance(self, line: &LineId, amount: Money) -> Result<Self> {
        self.may_pay(line, amount)?;
        Ok(Self {
            advanced: plus(self.advanced, amount),
            ..self
        })
    }

    /// Pays under it, never beyond its amount.
    pub(crate) fn pay(self, line: &LineId, amount: Money) -> Result<Self> {
        self.may_pay(line, amount)?;
        Ok(Self {
            paid: plus(self.paid, amount),
            ..self
        })
    }

    fn may_pay(&self, line: &LineId, asked: Money) -> Result<()> {
        let available = minus(self.amount, self.disbursed());
        within(&CONTRACT_EXCEEDED, line, asked, available)
    }

    /// Takes back an advance under it, never beyond what is advanced.
    pub(crate) fn recover(self, line: &LineId, asked: Money) -> Result<Self> {
        within(&ADVANCES_EXCEEDED, line, asked, self.advanced)?;
        Ok(Self {
            advanced: minus(self.advanced, asked),
            ..self
        })
    }

    /// Takes back a payment that was entered wrongly.
    pub(crate) fn unpay(self, amount: Money) -> Self {
        Self {
            paid: minus(self.paid, amount),
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
