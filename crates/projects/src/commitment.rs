//! Contracts, and annexes that change their amount. Entries are never changed.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    document_number::DocumentNumber,
    ids::{Principal, ProjectId},
    money::Money,
};

use crate::{
    budget_line::{self, BudgetLine, Contract, LineId, ListLineEntries},
    entry::COMMITMENTS,
    project::{
        self,
        money::{self, Act},
        state::not_after_today,
    },
};

pub(crate) mod rpc;
pub(crate) mod store;

/// A contract, or an annex to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Commitment {
    pub(crate) number: i64,
    pub(crate) line: LineId,
    pub(crate) contract_number: DocumentNumber,
    pub(crate) partner: String,
    /// Below 0 in an annex that lowers the contract.
    pub(crate) amount: Money,
    pub(crate) sign_date: NaiveDate,
    /// The contract that an annex belongs to.
    pub(crate) amends: Option<i64>,
    pub(crate) note: String,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// Enters a contract or an annex.
#[derive(Debug)]
pub(crate) struct CreateCommitment {
    pub(crate) line: LineId,
    pub(crate) contract_number: DocumentNumber,
    pub(crate) partner: String,
    pub(crate) amount: Money,
    pub(crate) sign_date: NaiveDate,
    pub(crate) amends: Option<i64>,
    pub(crate) note: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Commitments {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Commitments {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Enters a contract, never beyond what the line was allocated or permitted and has neither
    /// spent nor reserved for other contracts; or an annex, which lowers a contract never below
    /// what was paid under it.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateCommitment,
    ) -> Result<Commitment> {
        budget_line::allowed(&self.access, actor, &tx.db, &new.line).await?;
        if !new.amount.is_negative() {
            let days = budget_line::unit_days(&self.access, actor, &new.line.unit).await?;
            budget_line::exists_on(&new.line, days, new.sign_date)?;
        }
        not_after_today("commitment.sign_date", new.sign_date, tx)?;
        let number = project::store::next_entry(&tx.db, &new.line.project).await?;
        let act = match new.amount.is_negative() {
            true => Act::Lower,
            false => Act::Commit,
        };
        money::allows(&tx.db, &new.line.project, act).await?;
        let before = budget_line::find(&tx.db, &new.line).await?;
        before.is_open()?;
        let contract = match new.amends {
            Some(amends) => Some(contract(tx, &new.line, amends).await?),
            None => None,
        };
        let totals = match (contract, new.amount.is_negative()) {
            (Some(contract), true) => {
                let lowered = Money::new(new.amount.vnd().saturating_neg());
                before.totals.release(&new.line, contract, lowered)?
            }
            _ => {
                let uncovered = budget_line::uncovered(&tx.db, &new.line).await?;
                before.totals.commit(&new.line, uncovered, new.amount)?
            }
        };
        let after = BudgetLine {
            totals,
            ..before.next(tx)
        };
        let commitment = Commitment {
            number,
            line: new.line,
            contract_number: new.contract_number,
            partner: new.partner,
            amount: new.amount,
            sign_date: new.sign_date,
            amends: new.amends,
            note: new.note,
            principal: actor.principal().clone(),
            create_time: tx.now(),
        };
        budget_line::store::save(&tx.db, &before, &after).await?;
        store::insert(&tx.db, &commitment).await?;
        tx.record(Action::Created, &commitment.name(), None, Some(&commitment))
            .await?;
        Ok(commitment)
    }

    /// Lists the contracts of one project, or of one line of it, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListLineEntries,
    ) -> Result<(Vec<Commitment>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("commitments {} {:?}", project.id, list.line);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let line = list.line.as_ref();
        let commitments = store::list(db, &project.id, line, after, page.limit()).await?;
        page.close(commitments, |it| it.number.to_string())
    }
}

/// Reads a contract that an annex names, with what was paid under it.
async fn contract(tx: &Tx, line: &LineId, number: i64) -> Result<Contract> {
    let names = [(line.project.clone(), number)];
    let mut contracts = store::contracts(&tx.db, &names).await?;
    let found = contracts.remove(&names[0]).filter(|it| it.line == *line);
    let found = found.ok_or_else(|| {
        let name = COMMITMENTS.name(&line.project, number);
        Error::reference("commitment.amends", name)
    })?;
    Ok(found.contract)
}

/// A contract with its annexes, the line it is on, and what was paid under it.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) line: LineId,
    pub(crate) contract: Contract,
}

impl Commitment {
    pub(crate) fn project(&self) -> &ProjectId {
        &self.line.project
    }

    pub(crate) fn name(&self) -> String {
        COMMITMENTS.name(&self.line.project, self.number)
    }
}
