//! Pairs of entries that sum to 0: money that moves to another year or unit, and money that
//! comes under another decision.

use kit::{Actor, Error, Result, Tx, db::ledger::Action};
use types::{
    ids::{DecisionId, UnitId},
    money::Money,
    violations::Invalid,
};

use super::{Allocation, AllocationKind, Allocations, Holding, negative, repaid};
use crate::{
    budget_line::{self, BudgetLine, LineId},
    decision::{self, Decision, DecisionKind},
    project::{
        self,
        money::{self, Act},
    },
    reason::{DECISION_IN_FORCE, NOT_REPLACING},
};

/// Moves money of a line to another year or unit.
#[derive(Debug)]
pub(crate) struct MoveAllocation {
    pub(crate) line: LineId,
    pub(crate) decision: DecisionId,
    pub(crate) moved_by: Option<DecisionId>,
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
    pub(crate) moved_by: Option<DecisionId>,
    pub(crate) by: DecisionId,
    pub(crate) amount: Money,
    pub(crate) note: String,
}

impl Allocations {
    /// Moves money by a decision. What is committed or spent stays; the line there is opened
    /// when there is none. The money stays that of the decision that granted it, so that it
    /// loses its ground when that one ends, wherever it has gone.
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
        let held = (&request.decision, request.moved_by.as_ref());
        let found = self.pair(tx, actor, held, &request.by).await?;
        let mut by = found.by.clone();
        by.is_for(DecisionKind::moves)?;
        // Money that lost its ground is not moved away from where that shows.
        found.decision.is_issued()?;
        found.decision.is_for(|it| !it.permits())?;
        if let Some(moved_by) = &found.moved_by {
            moved_by.is_issued()?;
        }
        let days = budget_line::unit_days(&self.access, actor, &target.unit).await?;
        budget_line::goes_on(&target, days, by.issue_date()?)?;
        budget_line::exists_in(&target, days)?;

        let leaving = project::store::next_entry(&tx.db, &line.project).await?;
        let arriving = project::store::next_entry(&tx.db, &line.project).await?;
        money::allows(&tx.db, &line.project, Act::Move).await?;
        let before = budget_line::find(&tx.db, line).await?;
        before.is_open()?;
        let there = self.open(tx, target).await?;
        there.is_open()?;
        let here = found.holding(line);
        here.has(tx, amount).await?;
        by.spend(|it| &mut it.recalled, amount)?;
        by.spend(|it| &mut it.granted, amount)?;
        let from = BudgetLine {
            totals: here.less(tx, before.totals, amount).await?,
            ..before.next(tx)
        };
        let uncovered = budget_line::uncovered(&tx.db, &there.id).await?;
        let to = BudgetLine {
            totals: there.totals.grant(uncovered, amount)?,
            ..there.next(tx)
        };
        let kind = AllocationKind::Move;
        let out = Allocation::new(tx, actor, leaving, here, kind, negative(amount))?;
        let arrived = Holding {
            line: &to.id,
            decision: &found.decision,
            moved_by: Some(&by),
        };
        let into = Allocation {
            repaid: repaid(&there, &to),
            ..Allocation::new(tx, actor, arriving, arrived, kind, amount)?
        };
        budget_line::store::save(&tx.db, &before, &from).await?;
        budget_line::store::save(&tx.db, &there, &to).await?;
        write(tx, &by, (out, into), request.note).await
    }

    /// Puts money that an ended decision granted, or moved to the line, under the issued one
    /// that takes its place. So it is with a settled line too: its sums stay, and nothing else
    /// could give its money a ground again.
    pub(crate) async fn cover(
        &self,
        tx: &Tx,
        actor: &Actor,
        request: CoverAllocation,
    ) -> Result<(Allocation, Allocation)> {
        let (line, amount) = (&request.line, request.amount);
        budget_line::allowed(&self.access, actor, &tx.db, line).await?;
        let held = (&request.decision, request.moved_by.as_ref());
        let found = self.pair(tx, actor, held, &request.by).await?;
        let mut by = found.by.clone();
        let ended = found.ended(tx).await?;
        by.is_for(|it| ended.is_followed_by(it))?;
        if !ended.decision().is_void() {
            let names = [
                ("decision", ended.decision().id.name()),
                ("by_decision", by.id.name()),
            ];
            return Err(Error::rule(&DECISION_IN_FORCE, names));
        }

        let leaving = project::store::next_entry(&tx.db, &line.project).await?;
        let arriving = project::store::next_entry(&tx.db, &line.project).await?;
        money::allows(&tx.db, &line.project, Act::Lower).await?;
        let before = budget_line::find(&tx.db, line).await?;
        let here = found.holding(line);
        here.has(tx, amount).await?;
        by.spend(|it| &mut it.granted, amount)?;
        let covered = match ended {
            Ended::Granting(_) => Holding {
                decision: &by,
                ..here
            },
            Ended::Moving(_) => Holding {
                moved_by: Some(&by),
                ..here
            },
        };
        let after = before.next(tx);
        let kind = AllocationKind::Cover;
        let out = Allocation::new(tx, actor, leaving, here, kind, negative(amount))?;
        let into = Allocation::new(tx, actor, arriving, covered, kind, amount)?;
        budget_line::store::save(&tx.db, &before, &after).await?;
        write(tx, &by, (out, into), request.note).await
    }

    /// Finds and takes the decisions of a pair: that of the money, and the issued one by which
    /// it is done, which is the caller's own.
    async fn pair(
        &self,
        tx: &Tx,
        actor: &Actor,
        (decision, moved_by): (&DecisionId, Option<&DecisionId>),
        by: &DecisionId,
    ) -> Result<Found> {
        self.there(tx, actor, "decision", decision).await?;
        if let Some(moved_by) = moved_by {
            self.there(tx, actor, "moved_by_decision", moved_by).await?;
        }
        self.known(tx, actor, "by_decision", by).await?;
        let ids = [decision, by].into_iter().chain(moved_by);
        let taken = decision::store::lock(&tx.db, ids).await?;
        let found = Found {
            decision: taken.get(decision)?,
            moved_by: moved_by.map(|it| taken.get(it)).transpose()?,
            by: taken.get(by)?,
        };
        found.by.is_issued()?;
        Ok(found)
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

/// The decisions of a pair.
#[derive(Debug)]
struct Found {
    decision: Decision,
    moved_by: Option<Decision>,
    by: Decision,
}

/// The decision whose place another one takes.
#[derive(Debug, Clone, Copy)]
enum Ended<'a> {
    Granting(&'a Decision),
    Moving(&'a Decision),
}

impl Found {
    fn holding<'a>(&'a self, line: &'a LineId) -> Holding<'a> {
        Holding {
            line,
            decision: &self.decision,
            moved_by: self.moved_by.as_ref(),
        }
    }

    /// Tells which of the decisions of the money has its place taken.
    async fn ended(&self, tx: &Tx) -> Result<Ended<'_>> {
        let (by, granting) = (&self.by, &self.decision);
        if decision::takes_place_of(&tx.db, by, &granting.id).await? {
            return Ok(Ended::Granting(granting));
        }
        if let Some(moving) = &self.moved_by
            && decision::takes_place_of(&tx.db, by, &moving.id).await?
        {
            return Ok(Ended::Moving(moving));
        }
        let names = [
            ("decision", granting.id.name()),
            ("by_decision", by.id.name()),
        ];
        Err(Error::rule(&NOT_REPLACING, names))
    }
}

impl<'a> Ended<'a> {
    fn decision(self) -> &'a Decision {
        match self {
            Self::Granting(it) | Self::Moving(it) => it,
        }
    }

    /// Says whether a kind of decision does what this one did: what let a line spend ahead is
    /// covered by one that lets it do so too.
    fn is_followed_by(self, kind: DecisionKind) -> bool {
        match self {
            Self::Granting(it) => kind.gives() && kind.permits() == it.kind.permits(),
            Self::Moving(_) => kind.moves(),
        }
    }
}

/// Writes both entries of a pair, and what is done by the decision.
async fn write(
    tx: &Tx,
    by: &Decision,
    (out, into): (Allocation, Allocation),
    note: String,
) -> Result<(Allocation, Allocation)> {
    let out = Allocation {
        counterpart: Some(into.number),
        note: note.clone(),
        ..out.done_by(by)?
    };
    let into = Allocation {
        counterpart: Some(out.number),
        note,
        ..into.done_by(by)?
    };
    decision::store::book(&tx.db, by).await?;
    out.write(tx).await?;
    into.write(tx).await?;
    Ok((out, into))
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
            moved_by: None,
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
