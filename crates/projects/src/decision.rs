//! The documents by which money is granted, taken back, moved or settled.
//!
//! A draft does nothing; issuing is for good. A revoked or replaced decision does nothing
//! more, and nothing that was done by it is undone: what it granted shows as uncovered on the
//! lines it went to, until a decision that replaces it covers it.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    document_number::DocumentNumber,
    ids::{DecisionId, UnitId},
    money::Money,
    violations::Invalid,
};

use crate::project::state::not_after_today;

mod kind;
pub(crate) mod rpc;
mod rules;
pub(crate) mod store;

pub(crate) use kind::{DecisionKind, DecisionState};
pub(crate) use rules::takes_place_of;

/// A document about money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Decision {
    pub(crate) id: DecisionId,
    pub(crate) authority_unit: UnitId,
    pub(crate) subject: String,
    pub(crate) amount: Money,
    pub(crate) kind: DecisionKind,
    /// The decision whose place it takes when it is issued.
    pub(crate) replaces: Option<DecisionId>,
    pub(crate) state: DecisionState,
    /// A decision without it is a draft.
    pub(crate) issue: Option<Issue>,
    pub(crate) revocation: Option<Revocation>,
    pub(crate) used: Used,
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

/// How a decision was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Revocation {
    pub(crate) by: DecisionId,
    pub(crate) reason: String,
}

/// What was done by a decision so far; none of it passes the decision's amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Used {
    /// Granted, permitted, moved to or covered by it.
    pub(crate) granted: Money,
    /// Taken back, moved away or uncovered by it.
    pub(crate) recalled: Money,
    /// Settled by it.
    pub(crate) settled: Money,
}

/// What a decision says, as long as it is a draft.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) kind: DecisionKind,
    pub(crate) subject: String,
    pub(crate) amount: Money,
    pub(crate) replaces: Option<DecisionId>,
}

/// Drafts a decision.
#[derive(Debug)]
pub(crate) struct CreateDecision {
    pub(crate) id: DecisionId,
    pub(crate) authority_unit: UnitId,
    pub(crate) content: Content,
}

/// Changes a draft.
#[derive(Debug)]
pub(crate) struct UpdateDecision {
    pub(crate) id: DecisionId,
    pub(crate) content: Content,
    pub(crate) etag: String,
}

/// Asks for one decision.
#[derive(Debug)]
pub(crate) struct GetDecision {
    pub(crate) id: DecisionId,
}

/// Asks for the decisions of a unit.
#[derive(Debug)]
pub(crate) struct ListDecisions {
    pub(crate) authority_unit: UnitId,
    pub(crate) filter: Filter,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Which decisions are wanted; what is left out does not matter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Beginning of the number, without case, spaces and accents.
    pub(crate) number_key: String,
    pub(crate) kind: Option<DecisionKind>,
    pub(crate) state: Option<DecisionState>,
    pub(crate) issue_year: Option<i32>,
}

/// Issues a drafted decision.
#[derive(Debug)]
pub(crate) struct IssueDecision {
    pub(crate) id: DecisionId,
    pub(crate) issue: Issue,
    pub(crate) etag: String,
}

/// Records that a decision was revoked.
#[derive(Debug)]
pub(crate) struct RevokeDecision {
    pub(crate) id: DecisionId,
    pub(crate) revocation: Revocation,
    pub(crate) etag: String,
}

/// A decision, and those of the same authority and year that bear its number too.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) decision: Decision,
    pub(crate) namesakes: Vec<DecisionId>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Decisions {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Decisions {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
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
        self.knows_replaced(tx, actor, &new.id, &new.content)
            .await?;
        let decision = Decision {
            id: new.id,
            authority_unit: new.authority_unit,
            subject: new.content.subject,
            amount: new.content.amount,
            kind: new.content.kind,
            replaces: new.content.replaces,
            state: DecisionState::Draft,
            issue: None,
            revocation: None,
            used: Used::default(),
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &decision).await?;
        tx.record(Action::Created, &decision.id.name(), None, Some(&decision))
            .await?;
        Ok(decision)
    }

    /// Changes a draft.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateDecision,
    ) -> Result<Decision> {
        let before = self.allowed(actor, &tx.db, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        before.is(DecisionState::Draft)?;
        self.knows_replaced(tx, actor, &update.id, &update.content)
            .await?;
        let content = update.content;
        let after = Decision {
            subject: content.subject,
            amount: content.amount,
            kind: content.kind,
            replaces: content.replaces,
            ..before.next(tx)
        };
        store::save(&tx.db, &before, &after).await?;
        tx.record(
            Action::Updated,
            &after.id.name(),
            Some(&before),
            Some(&after),
        )
        .await?;
        Ok(after)
    }

    /// Reads one decision.
    pub(crate) async fn get(&self, actor: &Actor, get: GetDecision) -> Result<Shown> {
        let db = self.db.reader();
        let decision = self.allowed(actor, db, &get.id).await?;
        let namesakes = store::namesakes(db, &decision).await?;
        Ok(Shown {
            decision,
            namesakes,
        })
    }

    /// Lists the decisions of one unit, ordered by name.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListDecisions,
    ) -> Result<(Vec<Decision>, String)> {
        self.access.require(actor, &list.authority_unit).await?;
        let what = format!("decisions {} {:?}", list.authority_unit, list.filter);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let decisions = store::list(
            self.db.reader(),
            &list.authority_unit,
            &list.filter,
            page.after(),
            page.limit(),
        )
        .await?;
        page.close(decisions, |it| it.id.as_str().to_owned())
    }

    /// Issues a draft with its number and day, which has come. The one it replaces does nothing more.
    pub(crate) async fn issue(
        &self,
        tx: &Tx,
        actor: &Actor,
        issue: IssueDecision,
    ) -> Result<Shown> {
        let draft = self.allowed(actor, &tx.db, &issue.id).await?;
        etag::check(&issue.etag, draft.version)?;
        let taken = store::lock(&tx.db, draft.replaces.iter().chain([&draft.id])).await?;
        let before = taken.get(&draft.id)?;
        etag::check(&issue.etag, before.version)?;
        before.is(DecisionState::Draft)?;
        not_after_today("issue_date", issue.issue.date, tx)?;
        let after = Decision {
            state: DecisionState::Issued,
            issue: Some(issue.issue),
            ..before.next(tx)
        };
        store::save(&tx.db, &before, &after).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        if let Some(id) = &after.replaces {
            let old = taken.get(id)?;
            replace(tx, &old).await?;
        }
        let namesakes = store::namesakes(&tx.db, &after).await?;
        Ok(Shown {
            decision: after,
            namesakes,
        })
    }

    /// Records that a decision was revoked. Nothing that was done by it is undone.
    pub(crate) async fn revoke(
        &self,
        tx: &Tx,
        actor: &Actor,
        revoke: RevokeDecision,
    ) -> Result<Decision> {
        let seen = self.allowed(actor, &tx.db, &revoke.id).await?;
        etag::check(&revoke.etag, seen.version)?;
        let by = &revoke.revocation.by;
        if *by == revoke.id {
            return Err(by_itself("revoking_decision").into());
        }
        if store::find(&tx.db, by).await?.is_none() {
            let missing = Error::reference("revoking_decision", by);
            return Err(self.access.hide(actor, missing).await);
        }
        // Allocations take the same row, so none is made by it in the same moment.
        let taken = store::lock(&tx.db, [&revoke.id, by]).await?;
        let (before, by) = (taken.get(&revoke.id)?, taken.get(by)?);
        etag::check(&revoke.etag, before.version)?;
        before.is(DecisionState::Issued)?;
        by.is_issued()?;
        let after = Decision {
            state: DecisionState::Revoked,
            revocation: Some(revoke.revocation),
            ..before.next(tx)
        };
        store::save(&tx.db, &before, &after).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        Ok(after)
    }

    /// Sees that what a decision replaces is there and within the caller's reach.
    async fn knows_replaced(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &DecisionId,
        content: &Content,
    ) -> Result<()> {
        let Some(replaced) = &content.replaces else {
            return Ok(());
        };
        if replaced == id {
            return Err(by_itself("decision.replaces").into());
        }
        match store::find(&tx.db, replaced).await? {
            Some(it) => self.access.require(actor, &it.authority_unit).await,
            None => {
                let missing = Error::reference("decision.replaces", replaced);
                Err(self.access.hide(actor, missing).await)
            }
        }
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

/// Lets a decision be replaced. One that was revoked before stays revoked, and may be covered
/// all the same.
async fn replace(tx: &Tx, old: &Decision) -> Result<()> {
    match old.state {
        DecisionState::Revoked => return Ok(()),
        _ => old.is_issued()?,
    }
    let after = Decision {
        state: DecisionState::Replaced,
        ..old.next(tx)
    };
    store::save(&tx.db, old, &after).await?;
    tx.record(Action::Moved, &after.id.name(), Some(old), Some(&after))
        .await
}

fn by_itself(field: &str) -> Invalid {
    let (en, vi) = ("is the decision itself", "chính là quyết định này");
    Invalid::field(field, "OUT_OF_RANGE", en, vi)
}

#[cfg(test)]
mod tests;
