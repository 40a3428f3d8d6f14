//! Money of a decision given to a line, or taken from it. Entries are never changed.
//!
//! An entry names the decision that granted the money, wherever the money has gone since, and
//! the one by which it was moved to the line. What a line holds of both is a `Holding`, the
//! sum of its entries; it is in force as long as both are. Where money leaves or comes under
//! another decision, the entry names the decision by which that is done as well.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    ids::{DecisionId, Principal, ProjectId, UnitId},
    money::Money,
};

use crate::{
    budget_line::{self, BudgetLine, LineId, ListLineEntries},
    decision::{self, Decision},
    entry::ALLOCATIONS,
    project::{
        self,
        money::{self, Act},
    },
    reason::ALLOCATION_NOT_REVERSIBLE,
};

mod holding;
mod pair;
mod reverse;
pub(crate) mod rpc;
pub(crate) mod store;

use holding::Holding;
pub(crate) use pair::{CoverAllocation, MoveAllocation};

/// Money of a decision given to a line, or taken from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Allocation {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) line: LineId,
    /// The decision that granted it.
    pub(crate) decision: DecisionId,
    /// The decision by which it was moved to the line; none where it was granted there.
    pub(crate) moved_by: Option<DecisionId>,
    /// The decision by which it leaves or comes, where that is another one.
    pub(crate) by_decision: Option<DecisionId>,
    /// Day from which it counts: that of the latest of the decisions of the money and of the
    /// one by which it leaves or comes. No money leaves before the day on which it came.
    pub(crate) effective: NaiveDate,
    pub(crate) kind: AllocationKind,
    /// Below 0 where money leaves the line.
    pub(crate) amount: Money,
    /// Part of a grant that took the place of what was spent ahead.
    pub(crate) repaid: Money,
    pub(crate) fiscal_year: i32,
    pub(crate) reverses: Option<i64>,
    /// The other entry of a pair.
    pub(crate) counterpart: Option<i64>,
    /// The request for money that it fulfils.
    pub(crate) request: Option<i64>,
    pub(crate) note: String,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum AllocationKind {
    Grant,
    Permit,
    Recall,
    Move,
    Cover,
    Reversal,
}

/// Allocates money, takes it back, or reverses an entry.
#[derive(Debug)]
pub(crate) struct CreateAllocation {
    pub(crate) line: LineId,
    pub(crate) what: What,
    pub(crate) note: String,
}

#[derive(Debug)]
pub(crate) enum What {
    /// Gives money of a decision, or lets the line spend ahead.
    Give { decision: DecisionId, amount: Money },
    /// Takes money of one decision back by another.
    Recall {
        decision: DecisionId,
        moved_by: Option<DecisionId>,
        by: DecisionId,
        /// Above 0.
        amount: Money,
    },
    /// Takes back what was entered wrongly.
    Reverse { number: i64 },
}

/// What is granted to a line, by people or through a request.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) line: LineId,
    pub(crate) decision: DecisionId,
    pub(crate) amount: Money,
    pub(crate) request: Option<i64>,
    pub(crate) note: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Allocations {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Allocations {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Enters an allocation. The caller needs the right over the unit that decided, as nobody
    /// spends another's decision, and over the unit that holds the line.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateAllocation,
    ) -> Result<Allocation> {
        let (line, note) = (new.line, new.note);
        match new.what {
            What::Give { decision, amount } => {
                let grant = Grant {
                    line,
                    decision,
                    amount,
                    request: None,
                    note,
                };
                self.give(tx, actor, grant).await
            }
            What::Recall {
                decision,
                moved_by,
                by,
                amount,
            } => {
                let recall = Recall {
                    line,
                    decision,
                    moved_by,
                    by,
                    amount,
                    note,
                };
                self.recall(tx, actor, recall).await
            }
            What::Reverse { number } => self.reverse(tx, actor, line, number, note).await,
        }
    }

    /// Gives money of an issued decision to a line, never beyond the decision's amount.
    pub(crate) async fn give(&self, tx: &Tx, actor: &Actor, grant: Grant) -> Result<Allocation> {
        budget_line::allowed(&self.access, actor, &tx.db, &grant.line).await?;
        self.known(tx, actor, "allocation.decision", &grant.decision)
            .await?;
        let days = budget_line::unit_days(&self.access, actor, &grant.line.unit).await?;
        let taken = decision::store::lock(&tx.db, [&grant.decision]).await?;
        let mut decision = taken.get(&grant.decision)?;
        decision.is_issued()?;
        // A request asks for money, and leave to spend ahead is none.
        match grant.request {
            Some(_) => decision.is_for(decision::DecisionKind::grants)?,
            None => decision.is_for(decision::DecisionKind::gives)?,
        }
        budget_line::goes_on(&grant.line, days, decision.issue_date()?)?;

        let number = project::store::next_entry(&tx.db, &grant.line.project).await?;
        let act = match decision.kind.permits() {
            true => Act::Permit,
            false => Act::Grant,
        };
        money::allows(&tx.db, &grant.line.project, act).await?;
        let before = budget_line::find(&tx.db, &grant.line).await?;
        before.is_open()?;
        decision.spend(|it| &mut it.granted, grant.amount)?;
        let (kind, totals) = match decision.kind.permits() {
            true => (AllocationKind::Permit, before.totals.permit(grant.amount)?),
            false => {
                let uncovered = budget_line::uncovered(&tx.db, &grant.line).await?;
                let totals = before.totals.grant(uncovered, grant.amount)?;
                (AllocationKind::Grant, totals)
            }
        };
        let after = BudgetLine {
            totals,
            ..before.next(tx)
        };
        let holding = Holding {
            line: &grant.line,
            decision: &decision,
            moved_by: None,
        };
        let allocation = Allocation {
            request: grant.request,
            repaid: repaid(&before, &after),
            note: grant.note,
            ..Allocation::new(tx, actor, number, holding, kind, grant.amount)?
        };
        budget_line::store::save(&tx.db, &before, &after).await?;
        decision::store::book(&tx.db, &decision).await?;
        allocation.write(tx).await?;
        Ok(allocation)
    }

    /// Takes money of one decision back by another, never below what is committed or spent.
    async fn recall(&self, tx: &Tx, actor: &Actor, recall: Recall) -> Result<Allocation> {
        let (line, amount) = (&recall.line, recall.amount);
        budget_line::allowed(&self.access, actor, &tx.db, line).await?;
        self.there(tx, actor, "allocation.decision", &recall.decision)
            .await?;
        if let Some(moved_by) = &recall.moved_by {
            let field = "allocation.moved_by_decision";
            self.there(tx, actor, field, moved_by).await?;
        }
        self.known(tx, actor, "allocation.by_decision", &recall.by)
            .await?;
        let ids = [&recall.decision, &recall.by];
        let ids = ids.into_iter().chain(&recall.moved_by);
        let taken = decision::store::lock(&tx.db, ids).await?;
        let mut by = taken.get(&recall.by)?;
        by.is_issued()?;
        by.is_for(decision::DecisionKind::takes_back)?;
        // An adjustment may also take back what it granted itself.
        let source = taken.get(&recall.decision)?;
        let moved_by = recall.moved_by.as_ref();
        let moved_by = moved_by.map(|it| taken.get(it)).transpose()?;
        let holding = Holding {
            line,
            decision: &source,
            moved_by: moved_by.as_ref(),
        };

        let number = project::store::next_entry(&tx.db, &line.project).await?;
        let before = budget_line::find(&tx.db, line).await?;
        before.is_open()?;
        holding.has(tx, amount).await?;
        by.spend(|it| &mut it.recalled, amount)?;
        let after = BudgetLine {
            totals: holding.less(tx, before.totals, amount).await?,
            ..before.next(tx)
        };
        let kind = AllocationKind::Recall;
        let allocation = Allocation {
            note: recall.note,
            ..Allocation::new(tx, actor, number, holding, kind, negative(amount))?
        };
        let allocation = allocation.done_by(&by)?;
        budget_line::store::save(&tx.db, &before, &after).await?;
        decision::store::book(&tx.db, &by).await?;
        allocation.write(tx).await?;
        Ok(allocation)
    }

    /// Lists the allocations of one project, or of one line of it, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListLineEntries,
    ) -> Result<(Vec<Allocation>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("allocations {} {:?}", project.id, list.line);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let line = list.line.as_ref();
        let allocations = store::list(db, &project.id, line, after, page.limit()).await?;
        page.close(allocations, |it| it.number.to_string())
    }

    /// Finds a decision that something is to be done by, within the caller's reach.
    async fn known(&self, tx: &Tx, actor: &Actor, field: &str, id: &DecisionId) -> Result<()> {
        let decision = self.there(tx, actor, field, id).await?;
        self.access.require(actor, &decision.authority_unit).await
    }

    /// Finds a decision whose money is taken: whoever takes it back has his own decision.
    async fn there(
        &self,
        tx: &Tx,
        actor: &Actor,
        field: &str,
        id: &DecisionId,
    ) -> Result<Decision> {
        match decision::store::find(&tx.db, id).await? {
            Some(decision) => Ok(decision),
            None => {
                let missing = Error::reference(field, id);
                Err(self.access.hide(actor, missing).await)
            }
        }
    }
}

/// Takes money of one decision back by another.
#[derive(Debug)]
struct Recall {
    line: LineId,
    decision: DecisionId,
    moved_by: Option<DecisionId>,
    by: DecisionId,
    amount: Money,
    note: String,
}

impl Allocation {
    pub(crate) fn name(&self) -> String {
        ALLOCATIONS.name(&self.project, self.number)
    }

    /// Returns the unit that holds the line.
    pub(crate) fn unit(&self) -> &UnitId {
        &self.line.unit
    }

    /// Makes an entry of money that a line holds, or comes to hold.
    fn new(
        tx: &Tx,
        actor: &Actor,
        number: i64,
        holding: Holding<'_>,
        kind: AllocationKind,
        amount: Money,
    ) -> Result<Self> {
        let granted = holding.decision.issue_date()?;
        let effective = match holding.moved_by {
            Some(moved_by) => granted.max(moved_by.issue_date()?),
            None => granted,
        };
        Ok(Self {
            project: holding.line.project.clone(),
            number,
            line: holding.line.clone(),
            decision: holding.decision.id.clone(),
            moved_by: holding.moved_by.map(|it| it.id.clone()),
            by_decision: None,
            effective,
            kind,
            amount,
            repaid: Money::ZERO,
            fiscal_year: holding.line.fiscal_year,
            reverses: None,
            counterpart: None,
            request: None,
            note: String::new(),
            principal: actor.principal().clone(),
            create_time: tx.now(),
        })
    }

    /// Returns the entry as done by another decision: it counts from that one's day on.
    fn done_by(self, by: &Decision) -> Result<Self> {
        Ok(Self {
            by_decision: Some(by.id.clone()),
            effective: self.effective.max(by.issue_date()?),
            ..self
        })
    }

    async fn write(&self, tx: &Tx) -> Result<()> {
        store::insert(&tx.db, self).await?;
        tx.record(Action::Created, &self.name(), None, Some(self))
            .await
    }
}

impl AllocationKind {
    const ALL: [Self; 6] = [
        Self::Grant,
        Self::Permit,
        Self::Recall,
        Self::Move,
        Self::Cover,
        Self::Reversal,
    ];
}

/// Adds amounts up exactly.
pub(crate) fn sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money> {
    Money::checked_sum(amounts).ok_or_else(|| Error::internal("a sum of money does not fit"))
}

/// Returns an amount above 0 as one that leaves.
fn negative(amount: Money) -> Money {
    Money::new(amount.vnd().saturating_neg())
}

/// Returns what of a grant took the place of what was spent ahead.
fn repaid(before: &BudgetLine, after: &BudgetLine) -> Money {
    change(before.totals.repaid, after.totals.repaid)
}

/// Returns by how much a total changed. No total passes the limit of an amount.
fn change(before: Money, after: Money) -> Money {
    Money::new(after.vnd().saturating_sub(before.vnd()))
}

fn not_reversible(allocation: &Allocation) -> Error {
    Error::rule(
        &ALLOCATION_NOT_REVERSIBLE,
        [("allocation", allocation.name())],
    )
}
