//! What a line holds of the money of one decision.

use kit::{Error, Result, Tx};
use types::{ids::DecisionId, money::Money};

use super::{store, sum};
use crate::{
    budget_line::{self, LineId, Totals, Uncovered},
    decision::Decision,
    reason::NOT_HELD,
};

/// Money of a line by the decision that granted it, and the one by which it was moved there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holding<'a> {
    pub(super) line: &'a LineId,
    pub(super) decision: &'a Decision,
    pub(super) moved_by: Option<&'a Decision>,
}

impl Holding<'_> {
    /// Says whether nothing carries it any more: what granted it, or what moved it here, ended.
    pub(super) fn is_void(&self) -> bool {
        self.decision.is_void() || self.moved_by.is_some_and(Decision::is_void)
    }

    /// Takes an amount of it from the totals of its line.
    pub(super) async fn less(&self, tx: &Tx, totals: Totals, amount: Money) -> Result<Totals> {
        // What was spent rests on the decisions in force. An ended one carries nothing, so what
        // it granted may go; what one in force granted must not leave the spent money on an
        // ended one.
        let uncovered = match self.is_void() {
            true => Uncovered::default(),
            false => budget_line::uncovered(&tx.db, self.line).await?,
        };
        match self.decision.kind.permits() {
            true => totals.forbid(self.line, uncovered, amount),
            false => totals.take_back(self.line, uncovered, amount),
        }
    }

    /// Requires that the line holds so much of it.
    pub(super) async fn has(&self, tx: &Tx, asked: Money) -> Result<()> {
        let moved_by = self.moved_by.map(|it| &it.id);
        let held = store::held(&tx.db, self.line, &self.decision.id, moved_by).await?;
        let held = sum(held)?;
        if asked <= held {
            return Ok(());
        }
        let missing = asked.checked_sub(held).unwrap_or(asked);
        let moved_by = moved_by.map_or_else(|| "–".to_owned(), DecisionId::name);
        Err(Error::rule(
            &NOT_HELD,
            [
                ("line", self.line.name()),
                ("decision", self.decision.id.name()),
                ("moved_by", moved_by),
                ("asked", asked.to_vietnamese()),
                ("available", held.to_vietnamese()),
                ("missing", missing.to_vietnamese()),
            ],
        ))
    }
}
