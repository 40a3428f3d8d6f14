//! The documents that grant money. A draft grants nothing; issuing is for good.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    document_number::DocumentNumber,
    ids::{DecisionId, UnitId},
    money::Money,
};

use crate::{allocation, reason::STATE_NOT_ALLOWED};

pub(crate) mod rpc;
pub(crate) mod store;

/// A document that grants money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Decision {
    pub(crate) id: DecisionId,
    pub(crate) authority_unit: UnitId,
    pub(crate) subject: String,
    pub(crate) amount: Money,
    /// A decision without it is a draft.
    pub(crate) issue: Option<Issue>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What a document gets when it is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Issue {
    pub(crate) number: DocumentNumber,
    pub(crate) date: NaiveDate,
}

/// Drafts a decision.
#[derive(Debug)]
pub(crate) struct CreateDecision {
    pub(crate) id: DecisionId,
    pub(crate) authority_unit: UnitId,
    pub(crate) subject: String,
    pub(crate) amount: Money,
}

/// Asks for one decision.
#[derive(Debug)]
pub(crate) struct GetDecision {
    pub(crate) id: DecisionId,
}

/// Issues a drafted decision.
#[derive(Debug)]
pub(crate) struct IssueDecision {
    pub(crate) id: DecisionId,
    pub(crate) issue: Issue,
    pub(crate) etag: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Decisions {
    access: Access,
    db: Db,
}

impl Decisions {
    pub(crate) fn new(access: &Access, db: &Db) -> Self {
        Self {
            access: access.clone(),
            db: db.clone(),
        }
    }

    /// Drafts a decision.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateDecision,
    ) -> Result<Decision> {
        self.access.require(actor, &new.authority_unit).await?;
        let decision = Decision {
            id: new.id,
            authority_unit: new.authority_unit,
            subject: new.subject,
            amount: new.amount,
            issue: None,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &decision).await?;
        tx.record(Action::Created, &decision.id.name(), None, Some(&decision))
            .await?;
        Ok(decision)
    }

    /// Reads one decision, and how much was allocated by it.
    pub(crate) async fn get(&self, actor: &Actor, get: GetDecision) -> Result<(Decision, Money)> {
        let db = self.db.reader();
        let decision = self.allowed(actor, db, &get.id).await?;
        let booked = allocation::store::of_decision(db, &decision.id).await?;
        let allocated = allocation::sum(booked.into_iter().map(|it| it.amount))?;
        Ok((decision, allocated))
    }

    /// Issues a draft with its number and day.
    pub(crate) async fn issue(
        &self,
        tx: &Tx,
        actor: &Actor,
        issue: IssueDecision,
    ) -> Result<Decision> {
        let before = self.allowed(actor, &tx.db, &issue.id).await?;
        etag::check(&issue.etag, before.version)?;
        is_draft(&before)?;
        let after = Decision {
            issue: Some(issue.issue),
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::issue(&tx.db, &before, &after).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        Ok(after)
    }

    /// Reads a decision for a caller who holds the method's right on the unit that
    /// decides; it is known only from the row.
    async fn allowed(
        &self,
        actor: &Actor,
        db: &impl ConnectionTrait,
        id: &DecisionId,
    ) -> Result<Decision> {
        let Some(decision) = store::find(db, id).await? else {
            return Err(self
                .access
                .hide(actor, Error::not_found("DECISION", id))
                .await);
        };
        self.access.require(actor, &decision.authority_unit).await?;
        Ok(decision)
    }
}

impl Decision {
    /// Returns where the decision stands, as clients name it.
    pub(crate) fn state(&self) -> &'static str {
        match self.issue {
            None => "DRAFT",
            Some(_) => "ISSUED",
        }
    }
}

/// Only a draft can be issued: what a number was given to stays as it is.
fn is_draft(decision: &Decision) -> Result<()> {
    match decision.issue {
        None => Ok(()),
        Some(_) => Err(Error::rule(
            &STATE_NOT_ALLOWED,
            [
                ("name", decision.id.name()),
                ("state", decision.state().to_owned()),
                ("allowed_states", "DRAFT".to_owned()),
            ],
        )),
    }
}
