//! The rules of a request for money: who may do what with it, and when it is still open.

use chrono::NaiveDate;
use kit::{Actor, Error, Result, Tx};
use types::{date::vietnam_date, ids::DecisionId, money::Money, violations::Invalid};

use super::{Outcome, SupplementaryRequest, SupplementaryState};
use crate::{
    entry::REQUESTS,
    reason::{APPROVED_BEYOND_ASKED, REQUEST_BY_SAME_PERSON, STATE_NOT_ALLOWED},
};

impl SupplementaryRequest {
    pub(crate) fn name(&self) -> String {
        REQUESTS.name(&self.project, self.number)
    }

    /// Returns the sum that was asked for, if one is named.
    pub(crate) fn amount(&self) -> Option<Money> {
        self.asked.amount
    }

    /// Returns the decision by which it became money.
    pub(crate) fn granted_by(&self) -> Option<&DecisionId> {
        match &self.outcome {
            Some(Outcome::Approved { decision, .. }) => Some(decision),
            Some(Outcome::Rejected { .. }) | None => None,
        }
    }

    /// Says whether it was still asked for at the end of a day in Vietnam: neither granted nor
    /// refused by then. One that is granted is closed as a whole, also when less was granted than
    /// asked: what is still needed is asked for anew. `granted` is the day of the decision.
    pub(crate) fn is_open_on(&self, day: NaiveDate, granted: Option<NaiveDate>) -> bool {
        match &self.outcome {
            None => self.state.was_asked(),
            Some(Outcome::Approved { .. }) => granted.is_some_and(|it| it > day),
            // A refusal is the last change of a request.
            Some(Outcome::Rejected { .. }) => vietnam_date(self.update_time) > day,
        }
    }

    /// Returns the request as the next version of itself, written by somebody.
    pub(super) fn edited(&self, tx: &Tx, actor: &Actor) -> Self {
        let mut next = self.next(tx);
        if !next.editors.contains(actor.principal()) {
            next.editors.push(actor.principal().clone());
        }
        next
    }

    pub(super) fn next(&self, tx: &Tx) -> Self {
        Self {
            update_time: tx.now(),
            version: self.version + 1,
            ..self.clone()
        }
    }

    pub(super) fn is_one_of(&self, allowed: &[SupplementaryState]) -> Result<()> {
        if allowed.contains(&self.state) {
            return Ok(());
        }
        let names: Vec<_> = allowed.iter().map(|it| it.as_name()).collect();
        Err(Error::rule(
            &STATE_NOT_ALLOWED,
            [
                ("name", self.name()),
                ("state", self.state.as_name().to_owned()),
                ("allowed_states", names.join(", ")),
            ],
        ))
    }

    /// Requires that no more is approved than is asked for; where no sum is named, any is.
    pub(super) fn is_not_less_than(&self, approved: Money) -> Result<()> {
        let Some(asked) = self.asked.amount.filter(|it| approved > *it) else {
            return Ok(());
        };
        let facts = [
            ("name", self.name()),
            ("approved", approved.to_vietnamese()),
            ("asked", asked.to_vietnamese()),
        ];
        Err(Error::rule(&APPROVED_BEYOND_ASKED, facts))
    }

    /// Whoever asks, or writes what is asked, does not say whether it is given.
    pub(super) fn is_by_another(&self, actor: &Actor) -> Result<()> {
        let principal = actor.principal();
        if !self.editors.contains(principal) {
            return Ok(());
        }
        let facts = [("name", self.name()), ("principal", principal.name())];
        Err(Error::rule(&REQUEST_BY_SAME_PERSON, facts))
    }
}

/// What was asked stays in the report of its period, so one sum that makes it overflow would
/// spoil the unit's table for good.
pub(super) fn can_be_added_up(
    earlier: &[SupplementaryRequest],
    asked: Option<Money>,
) -> Result<()> {
    let amounts = earlier.iter().filter_map(SupplementaryRequest::amount);
    if Money::checked_sum(amounts.chain(asked)).is_some() {
        return Ok(());
    }
    let most = Money::new(i64::MAX).to_vietnamese();
    Err(Invalid::field(
        "supplementary_request.amount_vnd",
        "OUT_OF_RANGE",
        format!("makes what is asked for in the period larger than {most}"),
        format!("làm tổng số tiền đề xuất trong kỳ vượt quá {most}"),
    )
    .into())
}
