//! Money that went out or came back. Entries are never changed: what went wrong is reversed
//! by a new one that names it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    ids::{Principal, ProjectId},
    money::Money,
    violations::Invalid,
};

use crate::{
    budget_line::{self, LineId, ListLineEntries},
    entry::DISBURSEMENTS,
    project,
};

mod ground;
mod judge;
pub(crate) mod rpc;
mod sent;
pub(crate) mod store;

pub(crate) use sent::{Disposition, Item, Outcome};

/// Money that went out or came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Disbursement {
    pub(crate) number: i64,
    pub(crate) line: LineId,
    pub(crate) kind: DisbursementKind,
    /// Above 0, and below 0 in a reversal.
    pub(crate) amount: Money,
    pub(crate) date: NaiveDate,
    /// Year in whose closing it counts.
    pub(crate) closing_year: i32,
    pub(crate) words: Words,
    /// The contract under which it is paid.
    pub(crate) commitment: Option<i64>,
    pub(crate) reverses: Option<i64>,
    /// Who sent it, when it was not typed.
    pub(crate) source: Option<Source>,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// What is written about a disbursement, and adds up to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Words {
    pub(crate) voucher_number: String,
    pub(crate) treasury_code: String,
    pub(crate) note: String,
}

/// The other system, and its key for the thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Source {
    pub(crate) system: String,
    pub(crate) external_id: String,
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum DisbursementKind {
    Advance,
    Payment,
    Recovery,
}

impl DisbursementKind {
    const ALL: [Self; 3] = [Self::Advance, Self::Payment, Self::Recovery];
}

/// What is to be entered.
#[derive(Debug, Clone)]
pub(crate) struct New {
    pub(crate) line: LineId,
    pub(crate) what: What,
    pub(crate) date: NaiveDate,
    pub(crate) words: Words,
    pub(crate) source: Option<Source>,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Flow {
        kind: DisbursementKind,
        /// Above 0.
        amount: Money,
        commitment: Option<i64>,
    },
    Reverse {
        number: i64,
    },
}

/// Enters one disbursement.
#[derive(Debug)]
pub(crate) struct CreateDisbursement(pub(crate) New);

/// Takes disbursements of another system.
#[derive(Debug)]
pub(crate) struct UpsertDisbursements {
    pub(crate) items: Vec<Item>,
    pub(crate) validate_only: bool,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Disbursements {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Disbursements {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Enters an advance, a payment, a recovery or a reversal.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateDisbursement,
    ) -> Result<Disbursement> {
        let new = new.0;
        budget_line::allowed(&self.access, actor, &tx.db, &new.line).await?;
        let days = self.days(actor, &[&new]).await?;
        let number = project::store::next_entry(&tx.db, &new.line.project).await?;
        let keys: Vec<_> = new.source.iter().collect();
        let known = store::sent(&tx.db, &keys).await?;
        // Which entry it was is not told: it may be of a project out of reach.
        if let Some(source) = known.keys().next() {
            let key = format!("{}/{}", source.system, source.external_id);
            return Err(Error::taken("DISBURSEMENT", key));
        }
        let mut ground = ground::Ground::load(&tx.db, &[&new]).await?;
        ground.days = days;
        let disbursement = ground.enter(tx, actor.principal(), &new, number)?;
        ground.write(tx).await?;
        Ok(disbursement)
    }

    /// Takes what another system sends, each item on its own and in the order sent.
    pub(crate) async fn upsert(
        &self,
        tx: &Tx,
        actor: &Actor,
        upsert: UpsertDisbursements,
    ) -> Result<Vec<Outcome>> {
        let readable: Vec<_> = upsert.items.iter().filter_map(Item::readable).collect();
        let units: BTreeSet<_> = readable.iter().map(|it| &it.line.unit).collect();
        let units: Vec<_> = units.into_iter().collect();
        if !units.is_empty() {
            let any: Vec<_> = units.iter().map(|it| Some(*it)).collect();
            self.access.require_any(actor, &any).await?;
        }
        let permitted = self.access.permitted(actor, &units).await?;
        let permitted = units.iter().zip(permitted).filter(|(_, it)| *it);
        let permitted: BTreeSet<_> = permitted.map(|(unit, _)| (*unit).clone()).collect();
        let within: Vec<_> = readable
            .into_iter()
            .filter(|it| permitted.contains(&it.line.unit))
            .collect();
        let days = self.days(actor, &within).await?;

        // The rows of the projects are taken in one order by everybody.
        let mut numbers = BTreeMap::new();
        let projects: BTreeSet<_> = within.iter().map(|it| &it.line.project).collect();
        for project in projects {
            project::store::hold(&tx.db, project).await?;
            if let Some(last) = project::store::last_entry(&tx.db, project).await? {
                numbers.insert(project.clone(), last);
            }
        }
        let mut ground = ground::Ground::load(&tx.db, &within).await?;
        ground.days = days;
        let keys: Vec<_> = within.iter().filter_map(|it| it.source.as_ref()).collect();
        let known = store::sent(&tx.db, &keys).await?;
        let permission = actor.permission()?.to_owned();
        let mut sending = sent::Sending {
            tx,
            principal: actor.principal(),
            permission,
            permitted,
            ground,
            known,
            numbers: numbers.clone(),
        };
        let outcomes: Vec<_> = upsert.items.iter().map(|it| sending.take(it)).collect();
        if upsert.validate_only {
            return Ok(outcomes);
        }
        for (project, last) in &sending.numbers {
            if numbers.get(project) != Some(last) {
                project::store::advance(&tx.db, project, *last).await?;
            }
        }
        sending.ground.write(tx).await?;
        Ok(outcomes)
    }

    /// Lists the disbursements of one project, or of one line of it, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListLineEntries,
    ) -> Result<(Vec<Disbursement>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("disbursements {} {:?}", project.id, list.line);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let line = list.line.as_ref();
        let disbursements = store::list(db, &project.id, line, after, page.limit()).await?;
        page.close(disbursements, |it| it.number.to_string())
    }

    /// Returns the days on which the units of some lines exist.
    async fn days(&self, actor: &Actor, news: &[&New]) -> Result<ground::Days> {
        let units: BTreeSet<_> = news.iter().map(|it| &it.line.unit).collect();
        let units: Vec<_> = units.into_iter().collect();
        let days = self.access.unit_days(actor, &units).await?;
        let units = units.into_iter().cloned();
        Ok(units.zip(days).collect())
    }
}

impl Disbursement {
    pub(crate) fn project(&self) -> &ProjectId {
        &self.line.project
    }

    pub(crate) fn name(&self) -> String {
        DISBURSEMENTS.name(&self.line.project, self.number)
    }

    /// Returns what it adds to the money that is out.
    pub(crate) fn flow(&self) -> Money {
        match self.kind {
            DisbursementKind::Advance | DisbursementKind::Payment => self.amount,
            DisbursementKind::Recovery => Money::new(self.amount.vnd().saturating_neg()),
        }
    }

    async fn record(&self, tx: &Tx) -> Result<()> {
        tx.record(Action::Created, &self.name(), None, Some(self))
            .await
    }
}

fn not_there(field: &str, name: &str) -> Error {
    Error::reference(field, name)
}

fn taken_by_reversal(field: &str) -> Invalid {
    let (en, vi) = (
        "follows from the entry that is reversed: leave it out",
        "được lấy từ bản ghi bị hủy: hãy để trống",
    );
    Invalid::field(field, "OUT_OF_RANGE", en, vi)
}
