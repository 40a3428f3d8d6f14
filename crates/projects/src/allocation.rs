//! Money of a decision given to a project. Never changed; a recall is a negative one.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    ids::{DecisionId, Principal, ProjectId},
    money::Money,
    violations::Invalid,
};

use crate::{
    decision::{self, Decision},
    entry::ALLOCATIONS,
    project::{self, ListEntries},
    reason::{BUDGET_EXCEEDED, DECISION_NOT_ISSUED},
};

pub(crate) mod rpc;
pub(crate) mod store;

/// Money of a decision given to a project, or recalled from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Allocation {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) decision: DecisionId,
    pub(crate) amount: Money,
    pub(crate) fiscal_year: i32,
    pub(crate) funding_source: FundingSource,
    pub(crate) note: String,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum FundingSource {
    Central,
    Province,
    District,
    Commune,
    Socialised,
    Other,
}

/// Allocates money, or recalls it.
#[derive(Debug)]
pub(crate) struct CreateAllocation {
    pub(crate) project: ProjectId,
    pub(crate) decision: DecisionId,
    pub(crate) amount: Money,
    pub(crate) fiscal_year: i32,
    pub(crate) funding_source: FundingSource,
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

    /// Allocates money of an issued decision, never beyond its amount. The caller needs the
    /// right over the unit that decided, as nobody spends another's decision, and over the
    /// unit of the project, whose table he writes into.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateAllocation,
    ) -> Result<Allocation> {
        let Some(project) = project::store::find(&tx.db, &new.project).await? else {
            let missing = Error::not_found("PROJECT", &new.project);
            return Err(self.access.hide(actor, missing).await);
        };
        let Some(decision) = decision::store::find(&tx.db, &new.decision).await? else {
            let missing = Error::reference("allocation.decision", &new.decision);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access.require(actor, &project.owner_unit).await?;
        self.access.require(actor, &decision.authority_unit).await?;
        is_issued(&decision)?;
        // An issued decision does not change any more; what was allocated by it does.
        decision::store::lock(&tx.db, &decision.id).await?;
        let number = project::store::next_entry(&tx.db, &project.id).await?;
        let booked = store::of_decision(&tx.db, &decision.id).await?;
        Balance::read(&decision, &new, &booked)?.check(&new)?;
        let earlier = store::amounts(&tx.db, &project.id).await?;
        can_be_added_up(&earlier, new.amount)?;
        let allocation = Allocation {
            project: project.id,
            number,
            decision: decision.id,
            amount: new.amount,
            fiscal_year: new.fiscal_year,
            funding_source: new.funding_source,
            note: new.note,
            principal: actor.principal().clone(),
            create_time: tx.now(),
        };
        store::insert(&tx.db, &allocation).await?;
        tx.record(Action::Created, &allocation.name(), None, Some(&allocation))
            .await?;
        Ok(allocation)
    }

    /// Lists the allocations of one project, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListEntries,
    ) -> Result<(Vec<Allocation>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("allocations {}", project.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let allocations = store::list(db, &project.id, after, page.limit()).await?;
        page.close(allocations, |it| it.number.to_string())
    }
}

impl Allocation {
    pub(crate) fn name(&self) -> String {
        ALLOCATIONS.name(&self.project, self.number)
    }
}

impl FundingSource {
    const ALL: [Self; 6] = [
        Self::Central,
        Self::Province,
        Self::District,
        Self::Commune,
        Self::Socialised,
        Self::Other,
    ];
}

/// Adds amounts up exactly.
pub(crate) fn sum(amounts: impl IntoIterator<Item = Money>) -> Result<Money> {
    Money::checked_sum(amounts).ok_or_else(|| Error::internal("a sum of money does not fit"))
}

fn is_issued(decision: &Decision) -> Result<()> {
    match decision.issue {
        Some(_) => Ok(()),
        None => Err(Error::rule(
            &DECISION_NOT_ISSUED,
            [
                ("decision", decision.id.name()),
                ("state", decision.state().to_owned()),
            ],
        )),
    }
}

/// What was booked on a decision before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Booking {
    pub(crate) project: ProjectId,
    pub(crate) fiscal_year: i32,
    pub(crate) amount: Money,
}

/// What a decision has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Balance {
    /// Most it grants.
    amount: Money,
    /// Allocated by it to all projects.
    allocated: Money,
    /// Allocated by it to the project in question in that year, so much can be recalled.
    held: Money,
}

impl Balance {
    fn read(decision: &Decision, new: &CreateAllocation, booked: &[Booking]) -> Result<Self> {
        let own = booked
            .iter()
            .filter(|it| it.project == new.project && it.fiscal_year == new.fiscal_year);
        Ok(Self {
            amount: decision.amount,
            allocated: sum(booked.iter().map(|it| it.amount))?,
            held: sum(own.map(|it| it.amount))?,
        })
    }

    /// Returns the outermost amount that can be booked in the direction asked for; it is
    /// negative for a recall. Neither difference can overflow: both sums lie between 0
    /// and the amount.
    fn possible(self, asked: Money) -> Option<Money> {
        if asked.is_negative() {
            Money::ZERO.checked_sub(self.held)
        } else {
            self.amount.checked_sub(self.allocated)
        }
    }

    fn fits(self, asked: Money) -> bool {
        self.possible(asked).is_some_and(|possible| {
            if asked.is_negative() {
                asked >= possible
            } else {
                asked <= possible
            }
        })
    }

    fn check(self, new: &CreateAllocation) -> Result<()> {
        if self.fits(new.amount) {
            return Ok(());
        }
        let possible = self.possible(new.amount).unwrap_or(Money::ZERO);
        Err(Error::rule(
            &BUDGET_EXCEEDED,
            [
                ("decision", new.decision.name()),
                ("project", new.project.name()),
                ("amount", self.amount.to_vietnamese()),
                ("allocated", self.allocated.to_vietnamese()),
                ("asked", new.amount.to_vietnamese()),
                ("available", possible.to_vietnamese()),
            ],
        ))
    }
}

/// Keeps the whole turnover of a project within what can be added, so that no choice of
/// its allocations, whatever year or day it is asked for, can ever overflow.
fn can_be_added_up(earlier: &[Money], asked: Money) -> Result<()> {
    let sizes = earlier
        .iter()
        .chain([&asked])
        .map(|it| i128::from(it.vnd().unsigned_abs()));
    if i64::try_from(sizes.sum::<i128>()).is_ok() {
        return Ok(());
    }
    Err(Invalid::field(
        "allocation.amount_vnd",
        "OUT_OF_RANGE",
        "is too large to be added to what the project was allocated before",
        "quá lớn để cộng với số tiền dự án đã được phân bổ",
    )
    .into())
}

#[cfg(test)]
mod tests;
