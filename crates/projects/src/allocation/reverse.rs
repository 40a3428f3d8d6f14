//! Taking back what was entered wrongly: the whole of it, once, by a new entry.

use kit::{Actor, Error, Result, Tx};
use types::money::Money;

use super::{
    Allocation, AllocationKind, Allocations, Holding, change, negative, not_reversible, store,
};
use crate::{
    budget_line::{self, BudgetLine, LineId},
    decision,
    project::{
        self,
        money::{self, Act},
    },
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
        let by = entry.by_decision.as_ref().unwrap_or(&entry.decision);
        self.known(tx, actor, field, by).await?;
        let ids = [&entry.decision, by].into_iter().chain(&entry.moved_by);
        let taken = decision::store::lock(&tx.db, ids).await?;
        let number = project::store::next_entry(&tx.db, &line.project).await?;
        money::allows(&tx.db, &line.project, Act::Lower).await?;
        let before = budget_line::find(&tx.db, &line).await?;
        before.is_open()?;
        let is_alone = entry.counterpart.is_none() && entry.request.is_none();
        if !is_alone || entry.kind == AllocationKind::Reversal {
            return Err(not_reversible(&entry));
        }

        let size = Money::new(entry.amount.vnd().saturating_abs());
        let mut booked = taken.get(by)?;
        let source = taken.get(&entry.decision)?;
        let moved_by = entry
            .moved_by
            .as_ref()
            .map(|it| taken.get(it))
            .transpose()?;
        let holding = Holding {
            line: &line,
            decision: &source,
            moved_by: moved_by.as_ref(),
        };
        let totals = if entry.kind == AllocationKind::Recall {
            booked.give_back(|it| &mut it.recalled, size)?;
            match source.kind.permits() {
                true => before.totals.permit(size)?,
                false => before.totals.grant(size)?,
            }
        } else {
            holding.has(tx, size).await?;
            booked.give_back(|it| &mut it.granted, size)?;
            let totals = before.totals.unrepay(entry.repaid);
            holding.less(tx, totals, size).await?
        };
        let after = BudgetLine {
            totals,
            ..before.next(tx)
        };
        let kind = AllocationKind::Reversal;
        let reversal = Allocation::new(tx, actor, number, holding, kind, negative(entry.amount))?;
        let allocation = Allocation {
            by_decision: entry.by_decision.clone(),
            effective: entry.effective,
            repaid: change(before.totals.repaid, totals.repaid),
            reverses: Some(entry.number),
            note,
            ..reversal
        };
        budget_line::store::save(&tx.db, &before, &after).await?;
        decision::store::book(&tx.db, &booked).await?;
        allocation.write(tx).await?;
        Ok(allocation)
    }
}
