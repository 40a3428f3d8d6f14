//! Settling a line: its final cost, approved by a decision. It closes the line.

use kit::{Access, Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::{ids::DecisionId, money::Money};

use crate::{
    budget_line::{self, BudgetLine, LineId, Settlement},
    decision::{self, DecisionKind},
    project::{
        self,
        money::{self, Act},
    },
    reason::{ADVANCES_OPEN, CONTRACTS_OPEN, LINE_UNCOVERED, SETTLEMENT_DIFFERS, SPENT_AHEAD},
};

pub(crate) mod rpc;

/// Settles a line.
#[derive(Debug)]
pub(crate) struct SettleBudgetLine {
    pub(crate) id: LineId,
    pub(crate) decision: DecisionId,
    pub(crate) amount: Money,
    pub(crate) etag: String,
}

/// The use case.
#[derive(Debug, Clone)]
pub(crate) struct Settlements {
    access: Access,
}

impl Settlements {
    pub(crate) fn new(access: &Access) -> Self {
        Self {
            access: access.clone(),
        }
    }

    /// Settles a line by an issued decision and closes it.
    pub(crate) async fn settle(
        &self,
        tx: &Tx,
        actor: &Actor,
        settle: SettleBudgetLine,
    ) -> Result<BudgetLine> {
        budget_line::allowed(&self.access, actor, &tx.db, &settle.id).await?;
        match decision::store::find(&tx.db, &settle.decision).await? {
            Some(it) => self.access.require(actor, &it.authority_unit).await?,
            None => {
                let missing = Error::reference("decision", &settle.decision);
                return Err(self.access.hide(actor, missing).await);
            }
        }
        let taken = decision::store::lock(&tx.db, [&settle.decision]).await?;
        let mut decision = taken.get(&settle.decision)?;
        decision.is_issued()?;
        decision.is_for(DecisionKind::settles)?;
        project::store::hold(&tx.db, &settle.id.project).await?;
        money::allows(&tx.db, &settle.id.project, Act::Settle).await?;
        let before = budget_line::find(&tx.db, &settle.id).await?;
        etag::check(&settle.etag, before.version)?;
        before.is_open()?;
        let uncovered = budget_line::uncovered(&tx.db, &settle.id).await?;
        let uncovered = before.totals.lacking(uncovered);
        can_be_settled(&before, uncovered, settle.amount)?;
        decision.spend(|it| &mut it.settled, settle.amount)?;
        let after = BudgetLine {
            settlement: Some(Settlement {
                decision: settle.decision,
                amount: settle.amount,
                principal: actor.principal().clone(),
                settle_time: tx.now(),
            }),
            ..before.next(tx)
        };
        budget_line::store::save(&tx.db, &before, &after).await?;
        decision::store::book(&tx.db, &decision).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        Ok(after)
    }
}

/// A line is settled when every advance came back, contracts are paid or lowered to what was
/// paid, all its money has a decision in force, what was spent is granted and no longer only
/// permitted, and what is approved is what was spent.
fn can_be_settled(line: &BudgetLine, uncovered: Money, asked: Money) -> Result<()> {
    if line.totals.advanced != Money::ZERO {
        let facts = [
            ("line", line.id.name()),
            ("advanced", line.totals.advanced.to_vietnamese()),
        ];
        return Err(Error::rule(&ADVANCES_OPEN, facts));
    }
    // Afterwards no contract is lowered on it any more.
    let reserved = line.totals.reserved();
    if reserved != Money::ZERO {
        let facts = [
            ("line", line.id.name()),
            ("reserved", reserved.to_vietnamese()),
        ];
        return Err(Error::rule(&CONTRACTS_OPEN, facts));
    }
    if uncovered != Money::ZERO {
        let facts = [
            ("line", line.id.name()),
            ("uncovered", uncovered.to_vietnamese()),
        ];
        return Err(Error::rule(&LINE_UNCOVERED, facts));
    }
    let spent = line.totals.disbursed();
    let granted = line.totals.allocated;
    if spent > granted {
        let missing = spent.checked_sub(granted).unwrap_or(spent);
        let facts = [
            ("line", line.id.name()),
            ("disbursed", spent.to_vietnamese()),
            ("allocated", granted.to_vietnamese()),
            ("missing", missing.to_vietnamese()),
        ];
        return Err(Error::rule(&SPENT_AHEAD, facts));
    }
    if asked != spent {
        let difference = Money::new(asked.vnd().saturating_sub(spent.vnd()));
        let facts = [
            ("line", line.id.name()),
            ("asked", asked.to_vietnamese()),
            ("disbursed", spent.to_vietnamese()),
            ("difference", difference.to_vietnamese()),
        ];
        return Err(Error::rule(&SETTLEMENT_DIFFERS, facts));
    }
    Ok(())
}
