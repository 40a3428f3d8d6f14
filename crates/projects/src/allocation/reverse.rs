//! Taking back what was entered wrongly: the whole of it, once, by a new entry.

use kit::{Actor, Error, Result, Tx};
use types::{date::vietnam_date, money::Money};

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
    /// Reverses a grant, a permission or a recall. What gives money back is done only where money
    /// may be given. Pairs are undone by another pair; what
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
        let source = taken.get(&entry.decision)?;
        // A recall that is reversed gives money back, as a grant does.
        let gives_back = entry.kind == AllocationKind::Recall;
        if gives_back {
            let days = budget_line::unit_days(&self.access, actor, &line.unit).await?;
            budget_line::goes_on(&line, days, vietnam_date(tx.now()))?;
        }
        let act = match (gives_back, source.kind.permits()) {
            (true, true) => Act::Permit,
            (true, false) => Act::Grant,
            (false, _) => Act::Lower,
        };
        let number = project::store::next_entry(&tx.db, &line.project).await?;
        money::allows(&tx.db, &line.project, act).await?;
        let before = budget_line::find(&tx.db, &line).await?;
        before.is_open()?;
        let is_alone = entry.counterpart.is_none() && entry.request.is_none();
        if !is_alone || entry.kind == AllocationKind::Reversal {
            return Err(not_reversible(&entry));
        }

        let size = Money::new(entry.amount.vnd().saturating_abs());
        let mut booked = taken.get(by)?;
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
        let totals = if gives_back {
            booked.give_back(|it| &mut it.recalled, size)?;
            match (source.kind.permits(), holding.is_void()) {
                (true, _) => before.totals.permit(size)?,
                (false, true) => before.totals.give_back_uncovered(size)?,
                (false, false) => {
                    let uncovered = budget_line::uncovered(&tx.db, &line).await?;
                    before.totals.grant(uncovered, size)?
                }
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
