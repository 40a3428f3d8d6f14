//! The rules of a decision: what can be done by it, and how much.

use chrono::NaiveDate;
use kit::{Error, Result, Tx};
use sea_orm::ConnectionTrait;
use types::{ids::DecisionId, money::Money};

use super::{Decision, DecisionKind, DecisionState, Used, store};
use crate::reason::{BUDGET_EXCEEDED, DECISION_KIND_UNFIT, DECISION_NOT_ISSUED, STATE_NOT_ALLOWED};

/// Says whether a decision takes the place of another: it replaces it, or one that does. An
/// issued decision was there before those that replace it, so the chain ends.
pub(crate) async fn takes_place_of(
    db: &impl ConnectionTrait,
    decision: &Decision,
    other: &DecisionId,
) -> Result<bool> {
    const MOST_STEPS: usize = 100;
    let mut replaced = decision.replaces.clone();
    for _ in 0..MOST_STEPS {
        let Some(id) = replaced else {
            return Ok(false);
        };
        if id == *other {
            return Ok(true);
        }
        let next = store::find(db, &id).await?;
        replaced = next.and_then(|it| it.replaces);
    }
    Ok(false)
}

impl Decision {
    /// Returns the decision as the next version of itself.
    pub(super) fn next(&self, tx: &Tx) -> Self {
        Self {
            update_time: tx.now(),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Requires a state for a verb: what a number was given to stays as it is.
    pub(super) fn is(&self, allowed: DecisionState) -> Result<()> {
        if self.state == allowed {
            return Ok(());
        }
        Err(Error::rule(
            &STATE_NOT_ALLOWED,
            [
                ("name", self.id.name()),
                ("state", self.state.as_name().to_owned()),
                ("allowed_states", allowed.as_name().to_owned()),
            ],
        ))
    }

    /// Requires that something can be done by it.
    pub(crate) fn is_issued(&self) -> Result<()> {
        if self.state == DecisionState::Issued {
            return Ok(());
        }
        Err(Error::rule(
            &DECISION_NOT_ISSUED,
            [
                ("decision", self.id.name()),
                ("state", self.state.as_name().to_owned()),
            ],
        ))
    }

    /// Returns the day of issue of a decision that is or was issued.
    pub(crate) fn issue_date(&self) -> Result<NaiveDate> {
        let issue = self.issue.as_ref();
        issue
            .map(|it| it.date)
            .ok_or_else(|| Error::internal("an issued decision has a day"))
    }

    /// Says whether it has ended: what it granted carries nothing any more.
    pub(crate) fn is_void(&self) -> bool {
        matches!(self.state, DecisionState::Revoked | DecisionState::Replaced)
    }

    /// Requires that its kind does what is wanted of it.
    pub(crate) fn is_for(&self, fits: impl Fn(DecisionKind) -> bool) -> Result<()> {
        if fits(self.kind) {
            return Ok(());
        }
        let kinds = DecisionKind::ALL.into_iter().filter(|it| fits(*it));
        let kinds: Vec<_> = kinds.map(DecisionKind::as_name).collect();
        Err(Error::rule(
            &DECISION_KIND_UNFIT,
            [
                ("decision", self.id.name()),
                ("kind", self.kind.as_name().to_owned()),
                ("allowed_kinds", kinds.join(", ")),
            ],
        ))
    }

    /// Adds to what was done by it, never beyond its amount. `pick` says to which sum.
    pub(crate) fn spend(
        &mut self,
        pick: impl Fn(&mut Used) -> &mut Money,
        asked: Money,
    ) -> Result<()> {
        let done = *pick(&mut self.used);
        let after = done.checked_add(asked).filter(|it| *it <= self.amount);
        if let Some(after) = after {
            *pick(&mut self.used) = after;
            return Ok(());
        }
        let available = self.amount.checked_sub(done).unwrap_or_default();
        let missing = asked.checked_sub(available).unwrap_or(asked);
        Err(Error::rule(
            &BUDGET_EXCEEDED,
            [
                ("decision", self.id.name()),
                ("amount", self.amount.to_vietnamese()),
                ("allocated", done.to_vietnamese()),
                ("asked", asked.to_vietnamese()),
                ("available", available.to_vietnamese()),
                ("missing", missing.to_vietnamese()),
            ],
        ))
    }

    /// Takes from what was done by it: an entry was reversed.
    pub(crate) fn give_back(
        &mut self,
        pick: impl Fn(&mut Used) -> &mut Money,
        amount: Money,
    ) -> Result<()> {
        let sum = pick(&mut self.used);
        let after = sum.checked_sub(amount).filter(|it| !it.is_negative());
        *sum = after.ok_or_else(|| Error::internal("more is reversed than was done"))?;
        Ok(())
    }
}
