//! The brakes: what a line may get, commit and spend, in numbers alone.
//!
//! Each rule takes the totals as they are and gives them as they are after one entry, or
//! refuses with what is possible and what is missing. What a contract commits is reserved for
//! it: nothing else is paid, signed or taken back from it. Every total lies between 0 and
//! twice the limit of an amount, so no difference of two overflows.

use kit::{Error, Reason, Result, error::Facts};
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
    /// What it may commit and spend beyond that, used up or not.
    pub(crate) permitted: Money,
    /// Part of what is permitted that is used up: later grants took the place of what was
    /// spent ahead by it.
    pub(crate) repaid: Money,
    /// Committed by contracts and their annexes.
    pub(crate) committed: Money,
    /// Advanced and not recovered.
    pub(crate) advanced: Money,
    /// Paid for accepted work.
    pub(crate) paid: Money,
    /// Part of what is advanced that went out under contracts.
    pub(crate) contract_advanced: Money,
    /// Part of what is paid that went out under contracts.
    pub(crate) contract_paid: Money,
}

/// A contract with its annexes, and what was paid under it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Contract {
    pub(crate) amount: Money,
    pub(crate) advanced: Money,
    pub(crate) paid: Money,
}

/// What of a line was granted and permitted by decisions that are not in force any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Uncovered {
    pub(crate) granted: Money,
    pub(crate) permitted: Money,
}

/// Whether money goes out, or comes back, under a contract: out of what is reserved for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Under {
    Contract,
    None,
}

/// Takes away; see the head of the file for why it fits.
fn minus(one: Money, other: Money) -> Money {
    Money::new(one.vnd().saturating_sub(other.vnd()))
}

fn plus(one: Money, other: Money) -> Money {
    Money::new(one.vnd().saturating_add(other.vnd()))
}

/// Refuses what is beyond what is available, with the numbers.
fn within(
    reason: &'static Reason,
    line: &LineId,
    asked: Money,
    available: Money,
    more: &[(&'static str, Money)],
) -> Result<()> {
    if asked <= available {
        return Ok(());
    }
    // Nothing is possible where a line is already beyond its limit.
    let available = available.max(Money::ZERO);
    let mut facts = Facts::from([
        ("line", line.name()),
        ("asked", asked.to_vietnamese()),
        ("available", available.to_vietnamese()),
        ("missing", minus(asked, available).to_vietnamese()),
    ]);
    facts.extend(more.iter().map(|(name, it)| (*name, it.to_vietnamese())));
    Err(Error::Rule(reason, facts))
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

    /// Returns what contracts commit and is not paid under them yet.
    pub(crate) fn reserved(&self) -> Money {
        minus(
            self.committed,
            plus(self.contract_advanced, self.contract_paid),
        )
    }

    /// Returns the most that may be spent and committed.
    pub(crate) fn limit(&self, uncovered: Uncovered) -> Money {
        // A permission that is used up carries nothing any more, whether it is in force or not.
        let permitted = minus(self.permitted, self.repaid.max(uncovered.permitted));
        plus(
            minus(self.allocated, uncovered.granted),
            permitted.max(Money::ZERO),
        )
    }

    /// Returns what lacks a decision in force; a permission that is used up needs none.
    pub(crate) fn lacking(&self, uncovered: Uncovered) -> Money {
        let permitted = minus(uncovered.permitted, self.repaid);
        plus(uncovered.granted, permitted.max(Money::ZERO))
    }

    /// Returns what is spent or reserved.
    pub(crate) fn used(&self) -> Money {
        plus(self.disbursed(), self.reserved())
    }

    /// Returns what of the permission is in use: spent or reserved beyond what decisions in
    /// force allocated.
    fn ahead(&self, uncovered: Uncovered) -> Money {
        let ahead = minus(self.used(), minus(self.allocated, uncovered.granted));
        ahead
            .min(minus(self.permitted, self.repaid))
            .max(Money::ZERO)
    }

    /// Grants money. It first takes the place of what was spent ahead, which uses the
    /// permission for that up. Where money lost its decision, the permission carries what rested
    /// on it, and is used by that too.
    pub(crate) fn grant(self, uncovered: Uncovered, amount: Money) -> Result<Self> {
        Ok(Self {
            allocated: add(self.allocated, amount)?,
            repaid: plus(self.repaid, amount.min(self.ahead(uncovered))),
            ..self
        })
    }

    /// Gives money back whose decision ended. It carries nothing, so it takes the place of
    /// nothing that was spent ahead.
    pub(crate) fn give_back_uncovered(self, amount: Money) -> Result<Self> {
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

    /// Gives back what a grant used up of the permission, before that grant is reversed.
    pub(crate) fn unrepay(self, repaid: Money) -> Self {
        Self {
            repaid: minus(self.repaid, repaid).max(Money::ZERO),
            ..self
        }
    }

    /// Takes granted money away, never below what is committed or spent. `uncovered` of the
    /// rest carries nothing; it is none of the rest where the money itself is uncovered.
    pub(crate) fn take_back(
        self,
        line: &LineId,
        uncovered: Uncovered,
        amount: Money,
    ) -> Result<Self> {
        self.may_lose(line, uncovered, amount, self.allocated)?;
        Ok(Self {
            allocated: minus(self.allocated, amount),
            ..self
        })
    }

    /// Takes a permission away, never below what is committed or spent.
    pub(crate) fn forbid(self, line: &LineId, uncovered: Uncovered, amount: Money) -> Result<Self> {
        let there = minus(self.permitted, self.repaid);
        self.may_lose(line, uncovered, amount, there)?;
        Ok(Self {
            permitted: minus(self.permitted, amount),
            ..self
        })
    }

    fn may_lose(
        &self,
        line: &LineId,
        uncovered: Uncovered,
        asked: Money,
        there: Money,
    ) -> Result<()> {
        let available = minus(self.limit(uncovered), self.used()).min(there);
        let facts = self.facts(uncovered);
        within(&RECALL_EXCEEDED, line, asked, available, &facts)
    }

    /// Signs a contract, never beyond the limit.
    pub(crate) fn commit(self, line: &LineId, uncovered: Uncovered, asked: Money) -> Result<Self> {
        let available = minus(self.limit(uncovered), self.used());
        let facts = self.facts(uncovered);
        within(&COMMITMENT_EXCEEDED, line, asked, available, &facts)?;
        Ok(Self {
            committed: add(self.committed, asked)?,
            ..self
        })
    }

    /// Lowers a contract, never below what was paid under it.
    pub(crate) fn release(self, line: &LineId, contract: Contract, asked: Money) -> Result<Self> {
        let available = minus(contract.amount, contract.disbursed());
        let facts = contract.facts();
        within(&CONTRACT_PAID, line, asked, available, &facts)?;
        Ok(Self {
            committed: minus(self.committed, asked),
            ..self
        })
    }

    /// Pays in advance, never beyond the limit.
    pub(crate) fn advance(
        self,
        line: &LineId,
        uncovered: Uncovered,
        amount: Money,
        under: Under,
    ) -> Result<Self> {
        self.may_spend(line, uncovered, amount, under)?;
        Ok(Self {
            advanced: add(self.advanced, amount)?,
            contract_advanced: plus(self.contract_advanced, under.share(amount)),
            ..self
        })
    }

    /// Pays, never beyond the limit.
    pub(crate) fn pay(
        self,
        line: &LineId,
        uncovered: Uncovered,
        amount: Money,
        under: Under,
    ) -> Result<Self> {
        self.may_spend(line, uncovered, amount, under)?;
        Ok(Self {
            paid: add(self.paid, amount)?,
            contract_paid: plus(self.contract_paid, under.share(amount)),
            ..self
        })
    }

    /// What is paid under a contract was reserved for it; all else leaves the reserved alone.
    fn may_spend(
        &self,
        line: &LineId,
        uncovered: Uncovered,
        asked: Money,
        under: Under,
    ) -> Result<()> {
        let taken = match under {
            Under::Contract => self.disbursed(),
            Under::None => self.used(),
        };
        let available = minus(self.limit(uncovered), taken);
        let facts = self.facts(uncovered);
        within(&DISBURSEMENT_EXCEEDED, line, asked, available, &facts)
    }

    /// Takes an advance back, never beyond what is advanced. What was advanced under a contract
    /// comes back under it.
    pub(crate) fn recover(self, line: &LineId, asked: Money, under: Under) -> Result<Self> {
        let available = match under {
            Under::Contract => self.contract_advanced,
            Under::None => minus(self.advanced, self.contract_advanced),
        };
        within(&ADVANCES_EXCEEDED, line, asked, available, &[])?;
        Ok(Self {
            advanced: minus(self.advanced, asked),
            contract_advanced: minus(self.contract_advanced, under.share(asked)),
            ..self
        })
    }

    /// Takes back a payment that was entered wrongly.
    pub(crate) fn unpay(self, amount: Money, under: Under) -> Self {
        Self {
            paid: minus(self.paid, amount),
            contract_paid: minus(self.contract_paid, under.share(amount)),
            ..self
        }
    }

    /// Returns what limits the line, for refusals.
    fn facts(&self, uncovered: Uncovered) -> [(&'static str, Money); 3] {
        [
            ("limit", self.limit(uncovered)),
            ("disbursed", self.disbursed()),
            ("reserved", self.reserved()),
        ]
    }
}

impl Under {
    /// Returns what of an amount is a contract's.
    fn share(self, amount: Money) -> Money {
        match self {
            Self::Contract => amount,
            Self::None => Money::ZERO,
        }
    }
}

impl Contract {
    /// Returns the money that is out under it.
    pub(crate) fn disbursed(&self) -> Money {
        plus(self.advanced, self.paid)
    }

    /// Returns its amount and what is paid of it, for refusals.
    fn facts(&self) -> [(&'static str, Money); 2] {
        [("amount", self.amount), ("disbursed", self.disbursed())]
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
        within(&CONTRACT_EXCEEDED, line, asked, available, &self.facts())
    }

    /// Takes back an advance under it, never beyond what is advanced.
    pub(crate) fn recover(self, line: &LineId, asked: Money) -> Result<Self> {
        within(&ADVANCES_EXCEEDED, line, asked, self.advanced, &[])?;
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
