//! Pairs of entries that sum to 0: money that moves to another year or unit, and money that
//! comes under another decision.

use kit::{Actor, Error, Result, Tx, db::ledger::Action};
use types::{
    ids::{DecisionId, UnitId},
    money::Money,
    violations::Invalid,
};

use super::{Allocation, AllocationKind, Allocations, holds, less, negative};
use crate::{
    budget_line::{self, BudgetLine, LineId},
    decision::{self, DecisionKind},
    project,
    reason::{DECISION_IN_FORCE, NOT_REPLACING},
};

/// Moves money of a line to another year or unit.
#[derive(Debug)]
pub(crate) struct MoveAllocation {
    pub(crate) line: LineId,
    pub(crate) decision: DecisionId,
    pub(crate) by: DecisionId,
    pub(crate) amount: Money,
    pub(crate) target_year: Option<i32>,
    pub(crate) target_unit: Option<UnitId>,
    pub(crate) note: String,
}

/// Puts money of a decision that ended under the one that replaces it.
#[derive(Debug)]
pub(crate) struct CoverAllocation {
    pub(crate) line: LineId,
    pub(crate) decision: DecisionId,
    pub(crate) by: DecisionId,
    pub(crate) amount: Money,
    pub(crate) note: String,
}

impl Allocations {
    /// Moves money by a decision. What is committed or spent stays; the line there is opened
    /// when there is none.
    pub(crate) async fn move_on(
        &self,
        tx: &Tx,
        actor: &Actor,
        request: MoveAllocation,
    ) -> Result<(Allocation, Allocation)> {
        let (line, amount) = (&request.line, request.amount);
        budget_line::allowed(&self.access, actor, &tx.db, line).await?;
        let target = target(&request)?;
        self.access.require(actor, &target.unit).await?;
        self.there(tx, actor, "decision", &request.decision).await?;
        self.known(tx, actor, "by_decision", &request.by).await?;
        let days = budget_line::unit_days(&self.access, actor, &target.unit).await?;
        let mut taken = decision::store::lock(&tx.db, [&request.decision, &request.by]).await?;
        let mut by = taken.take(&request.by)?;
        by.is_issued()?;
        by.is_for(DecisionKind::moves)?;
        // Money that came by a move may be moved on, by another decision or the same.
        let source = match request.decision == request.by {
            true => by.clone(),
            false => taken.take(&request.decision)?,
        };
        source.is_issued()?;
        source.is_for(|it| !it.permits())?;
        budget_line::exists_on(&target, days, by.issue_date()?)?;
        budget_line::exists_in(&target, days)?;

        let leaving = project::store::next_entry(&tx.db, &line.project).await?;
        let arriving = project::store::next_entry(&tx.db, &line.project).await?;
        let before = budget_line::find(&tx.db, line).await?;
        before.is_open()?;
        let there = self.open(tx, target).await?;
        there.is_open()?;
        holds(tx, line, &source, amount).await?;
        by.spend(|it| &mut it.recalled, amount)?;
        by.spend(|it| &mut it.granted, amount)?;
        let from = BudgetLine {
            totals: less(tx, &before, &source, amount).await?,
            ..before.next(tx)
        };
        let to = BudgetLine {
            totals: there.totals.grant(amount)?,
            ..there.next(tx)
        };
        let kind = AllocationKind::Move;
        let pair = |it: Allocation, other| Allocation {
            by_decision: Some(by.id.clone()),
            counterpart: Some(other),
            note: request.note.clone(),
            ..it
        };
        let out = Allocation::new(tx, actor, &from, leaving, &source, kind, negative(amount));
        let out = pair(out, arriving);
        let into = Allocation::new(tx, actor, &to, arriving, &by, kind, amount);
        let into = pair(into, leaving);
        budget_line::store::save(&tx.db, &before, &from).await?;
        budget_line::store::save(&tx.db, &there, &to).await?;
        decision::store::book(&tx.db, &by).await?;
        out.write(tx).await?;
        into.write(tx).await?;
        Ok((out, into))
    }

    /// Puts money that an ended decision granted under the issued one that replaces it.
    pub(crate) async fn cover(
        &self,
        tx: &Tx,
        actor: &Actor,
        request: CoverAllocation,
    ) -> Result<(Allocation, Allocation)> {
        let (line, amount) = (&request.line, request.amount);
        budget_line::allowed(&self.access, actor, &tx.db, line).await?;
        self.there(tx, actor, "decision", &request.decision).await?;
        self.known(tx, actor, "by_decision", &request.by).await?;
        let mut taken = decision::store::lock(&tx.db, [&request.decision, &request.by]).await?;
        let mut by = taken.take(&request.by)?;
        let source = match request.decision == request.by {
            true => by.clone(),
            false => taken.take(&request.decision)?,
        };
        by.is_issued()?;
        // What let the line spend ahead is covered by a decision that lets it do so too.
        by.is_for(|it| it.gives() && it.permits() == source.kind.permits())?;
        let names = [
            ("decision", source.id.name()),
            ("by_decision", by.id.name()),
        ];
        if by.replaces.as_ref() != Some(&source.id) {
            return Err(Error::rule(&NOT_REPLACING, names));
        }
        if !source.is_void() {
            return Err(Error::rule(&DECISION_IN_FORCE, names));
        }

        let leaving = project::store::next_entry(&tx.db, &line.project).await?;
        let arriving = project::store::next_entry(&tx.db, &line.project).await?;
        let before = budget_line::find(&tx.db, line).await?;
        before.is_open()?;
        holds(tx, line, &source, amount).await?;
        by.spend(|it| &mut it.granted, amount)?;
        let after = before.next(tx);
        let kind = AllocationKind::Cover;
        let pair = |it: Allocation, other| Allocation {
            by_decision: Some(by.id.clone()),
            counterpart: Some(other),
            note: request.note.clone(),
            ..it
        };
        let out = Allocation::new(tx, actor, &after, leaving, &source, kind, negative(amount));
        let out = pair(out, arriving);
        let into = Allocation::new(tx, actor, &after, arriving, &by, kind, amount);
        let into = pair(into, leaving);
        budget_line::store::save(&tx.db, &before, &after).await?;
        decision::store::book(&tx.db, &by).await?;
        out.write(tx).await?;
        into.write(tx).await?;
        Ok((out, into))
    }

    /// Reads the line money goes to, and opens it when there is none.
    async fn open(&self, tx: &Tx, id: LineId) -> Result<BudgetLine> {
        if let Some(line) = budget_line::store::find(&tx.db, &id).await? {
            return Ok(line);
        }
        let line = BudgetLine::open(id, tx);
        budget_line::store::insert(&tx.db, &line).await?;
        tx.record(Action::Created, &line.id.name(), None, Some(&line))
            .await?;
        Ok(line)
    }
}

/// Returns the line money goes to: another one, in the same year or the next.
fn target(request: &MoveAllocation) -> Result<LineId> {
    let line = &request.line;
    let year = request.target_year.unwrap_or(line.fiscal_year);
    let unit = request.target_unit.clone();
    let target = LineId {
        fiscal_year: year,
        unit: unit.unwrap_or_else(|| line.unit.clone()),
        ..line.clone()
    };
    if target == *line {
        return Err(same("target_unit"));
    }
    if year != line.fiscal_year && year != line.fiscal_year + 1 {
        let invalid = Invalid::field(
            "target_fiscal_year",
            "OUT_OF_RANGE",
            "is neither the year of the line nor the next",
            "không phải năm của dòng kinh phí hoặc năm kế tiếp",
        );
        return Err(invalid.into());
    }
    Ok(target)
}

fn same(field: &str) -> Error {
    let (en, vi) = (
        "is what it already is: name another year, unit or decision",
        "trùng với hiện tại: hãy nêu năm, đơn vị hoặc quyết định khác",
    );
    Invalid::field(field, "OUT_OF_RANGE", en, vi).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(year: Option<i32>, unit: Option<&str>) -> MoveAllocation {
        let line = "projects/a/budgetLines/2024.province.recurrent.huyen-minh-long";
        MoveAllocation {
            line: line.parse().unwrap(),
            decision: DecisionId::new("cap").unwrap(),
            by: DecisionId::new("chuyen").unwrap(),
            amount: Money::new(1),
            target_year: year,
            target_unit: unit.map(|it| UnitId::new(it).unwrap()),
            note: String::new(),
        }
    }

    #[test]
    fn money_goes_to_the_next_year_or_to_another_unit_and_never_back_in_time() {
        let name = |year, unit| target(&request(year, unit)).map(|it| it.name());
        assert_eq!(
            name(Some(2025), None).unwrap(),
            "projects/a/budgetLines/2025.province.recurrent.huyen-minh-long"
        );
        assert_eq!(
            name(None, Some("xa-minh-long")).unwrap(),
            "projects/a/budgetLines/2024.province.recurrent.xa-minh-long"
        );
        for (year, unit) in [
            (None, None),
            (Some(2024), Some("huyen-minh-long")),
            (Some(2023), None),
            (Some(2026), None),
        ] {
            assert!(matches!(name(year, unit), Err(Error::Invalid(_))));
        }
    }
}
