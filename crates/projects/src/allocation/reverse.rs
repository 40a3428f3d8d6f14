//! Taking back what was entered wrongly: the whole of it, once, by a new entry.

use kit::{Actor, Error, Result, Tx};
use types::money::Money;

use super::{
    Allocation, AllocationKind, Allocations, holds, less, negative, not_reversible, store,
};
use crate::{
    budget_line::{self, BudgetLine, LineId},
    decision, project,
};

impl Allocations {
    /// Reverses a grant, a permission or a recall. Pairs are undone by another pair; what
    /// fulfilled a request stays, as the request is approved for good.
    pub(super) async fn reverse(
        &self,
        tx: &Tx,
        actor: &Actor,
        line: LineId,
        number: i64,
        note: String,
    ) -> Result<Allocation> {
        budget_line::allowed(&self.access, actor, &tx.db, &line).await?;
        let field = "allocation.reverses";
        let entry = store::find(&tx.db, &line.project, number).await?;
        let entry = entry.filter(|it| it.line == line).ok_or_else(|| {
            let name = crate::entry::ALLOCATIONS.name(&line.project, number);
            Error::reference(field, name)
        })?;
        let by = entry.by_decision.clone();
        let by = by.unwrap_or_else(|| entry.decision.clone());
        self.known(tx, actor, field, &by).await?;
        let mut taken = decision::store::lock(&tx.db, [&entry.decision, &by]).await?;
        let number = project::store::next_entry(&tx.db, &line.project).await?;
        let before = budget_line::find(&tx.db, &line).await?;
        before.is_open()?;
        let is_alone = entry.counterpart.is_none() && entry.request.is_none();
        if !is_alone || entry.kind == AllocationKind::Reversal {
            return Err(not_reversible(&entry));
        }

        let size = Money::new(entry.amount.vnd().saturating_abs());
        let mut booked = taken.take(&by)?;
        let source = match by == entry.decision {
            true => booked.clone(),
            false => taken.take(&entry.decision)?,
        };
        let totals = if entry.kind == AllocationKind::Recall {
            booked.give_back(|it| &mut it.recalled, size)?;
            match source.kind.permits() {
                true => before.totals.permit(size)?,
                false => before.totals.grant(size)?,
            }
        } else {
            holds(tx, &line, &source, size).await?;
            booked.give_back(|it| &mut it.granted, size)?;
            less(tx, &before, &source, size).await?
        };
        let after = BudgetLine {
            totals,
            ..before.next(tx)
        };
        let allocation = Allocation {
            by_decision: entry.by_decision.clone(),
            reverses: Some(entry.number),
            note,
            ..Allocation::new(
                tx,
                actor,
                &after,
                number,
                &source,
                AllocationKind::Reversal,
                negative(entry.amount),
            )
        };
        budget_line::store::save(&tx.db, &before, &after).await?;
        decision::store::book(&tx.db, &booked).await?;
        allocation.write(tx).await?;
        Ok(allocation)
    }
}
