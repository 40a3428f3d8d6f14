//! Requests for more money. A request is never counted as money: it becomes money in the
//! moment it is approved, through the allocation that is made in the same transaction.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    ids::{DecisionId, Principal, ProjectId},
    money::Money,
    period::Period,
    violations::Invalid,
};

use crate::{
    allocation::{Allocations, Grant},
    budget_line::LineId,
    entry::REQUESTS,
    project::{
        self, ListEntries,
        money::{self, Act},
    },
};

pub(crate) mod rpc;
mod rules;
pub(crate) mod store;

use rules::can_be_added_up;

/// What a unit asks for a project in the report of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SupplementaryRequest {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) asked: Asked,
    pub(crate) state: SupplementaryState,
    pub(crate) appraisal: Option<Appraisal>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) principal: Principal,
    /// Everybody who entered, changed or submitted it, each once.
    pub(crate) editors: Vec<Principal>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What is asked, which may change as long as it is a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Asked {
    pub(crate) period: Period,
    /// A unit may ask without naming a sum.
    pub(crate) amount: Option<Money>,
    pub(crate) justification: String,
}

/// What those who advise on money think of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Appraisal {
    pub(crate) opinion: String,
    pub(crate) proposed: Money,
    pub(crate) principal: Principal,
}

/// What became of it, and who entered that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) enum Outcome {
    Approved {
        decision: DecisionId,
        amount: Money,
        /// Number of the allocation by which it became money.
        allocation: i64,
        principal: Principal,
    },
    Rejected {
        reason: String,
        principal: Principal,
    },
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum SupplementaryState {
    Draft,
    Submitted,
    Appraised,
    Approved,
    Rejected,
}

impl SupplementaryState {
    const ALL: [Self; 5] = [
        Self::Draft,
        Self::Submitted,
        Self::Appraised,
        Self::Approved,
        Self::Rejected,
    ];

    /// Says whether it was asked at some time: a report may have told of it.
    fn was_asked(self) -> bool {
        self != Self::Draft
    }

    fn as_name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted => "SUBMITTED",
            Self::Appraised => "APPRAISED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// Drafts a request.
#[derive(Debug)]
pub(crate) struct CreateSupplementaryRequest {
    pub(crate) project: ProjectId,
    pub(crate) asked: Asked,
}

/// Names one request and the version of it that the caller has seen.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) etag: String,
}

/// Asks for one request.
#[derive(Debug)]
pub(crate) struct GetSupplementaryRequest(pub(crate) Named);

/// Changes a draft.
#[derive(Debug)]
pub(crate) struct UpdateSupplementaryRequest {
    pub(crate) named: Named,
    pub(crate) asked: Asked,
}

/// Asks for money.
#[derive(Debug)]
pub(crate) struct SubmitSupplementaryRequest(pub(crate) Named);

/// Gives an opinion.
#[derive(Debug)]
pub(crate) struct AppraiseSupplementaryRequest {
    pub(crate) named: Named,
    pub(crate) opinion: String,
    pub(crate) proposed: Money,
}

/// Grants what was asked.
#[derive(Debug)]
pub(crate) struct ApproveSupplementaryRequest {
    pub(crate) named: Named,
    pub(crate) decision: DecisionId,
    pub(crate) amount: Money,
    pub(crate) line: LineId,
}

/// Refuses what was asked.
#[derive(Debug)]
pub(crate) struct RejectSupplementaryRequest {
    pub(crate) named: Named,
    pub(crate) reason: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct SupplementaryRequests {
    access: Access,
    pages: Pages,
    db: Db,
    allocations: Allocations,
}

impl SupplementaryRequests {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db, allocations: &Allocations) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
            allocations: allocations.clone(),
        }
    }

    /// Drafts a request for money.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        let project = project::allowed(&self.access, actor, &tx.db, &new.project).await?;
        let number = project::store::next_entry(&tx.db, &project.id).await?;
        money::allows(&tx.db, &project.id, Act::Ask).await?;
        let request = SupplementaryRequest {
            project: project.id,
            number,
            asked: new.asked,
            state: SupplementaryState::Draft,
            appraisal: None,
            outcome: None,
            principal: actor.principal().clone(),
            editors: vec![actor.principal().clone()],
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &request).await?;
        tx.record(Action::Created, &request.name(), None, Some(&request))
            .await?;
        Ok(request)
    }

    /// Reads one request.
    pub(crate) async fn get(
        &self,
        actor: &Actor,
        get: GetSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        self.allowed(actor, self.db.reader(), &get.0).await
    }

    /// Lists what was asked for one project, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListEntries,
    ) -> Result<(Vec<SupplementaryRequest>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("requests {}", project.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let requests = store::list(db, &project.id, after, page.limit()).await?;
        page.close(requests, |it| it.number.to_string())
    }

    /// Changes a draft.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        let before = self.seen(tx, actor, &update.named).await?;
        before.is_one_of(&[SupplementaryState::Draft])?;
        project::store::hold(&tx.db, &before.project).await?;
        money::allows(&tx.db, &before.project, Act::Ask).await?;
        let after = SupplementaryRequest {
            asked: update.asked,
            ..before.edited(tx, actor)
        };
        write(tx, Action::Updated, &before, &after).await?;
        Ok(after)
    }

    /// Asks for the money.
    pub(crate) async fn submit(
        &self,
        tx: &Tx,
        actor: &Actor,
        submit: SubmitSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        let before = self.seen(tx, actor, &submit.0).await?;
        before.is_one_of(&[SupplementaryState::Draft])?;
        // Nobody else submits for the project until this change ends.
        project::store::hold(&tx.db, &before.project).await?;
        money::allows(&tx.db, &before.project, Act::Ask).await?;
        let ids = [before.project.as_str()];
        // The table of the year shows them together.
        let year = Period::of_year(before.asked.period.year()).map_err(Error::internal)?;
        let earlier = store::of_period(&tx.db, &ids, year).await?;
        can_be_added_up(&earlier, before.asked.amount)?;
        let after = SupplementaryRequest {
            state: SupplementaryState::Submitted,
            ..before.edited(tx, actor)
        };
        write(tx, Action::Moved, &before, &after).await?;
        Ok(after)
    }

    /// Says what those who advise on money think of it.
    pub(crate) async fn appraise(
        &self,
        tx: &Tx,
        actor: &Actor,
        appraise: AppraiseSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        let before = self.seen(tx, actor, &appraise.named).await?;
        before.is_one_of(&[SupplementaryState::Submitted])?;
        before.is_by_another(actor)?;
        project::store::hold(&tx.db, &before.project).await?;
        money::allows(&tx.db, &before.project, Act::Ask).await?;
        let after = SupplementaryRequest {
            state: SupplementaryState::Appraised,
            appraisal: Some(Appraisal {
                opinion: appraise.opinion,
                proposed: appraise.proposed,
                principal: actor.principal().clone(),
            }),
            ..before.next(tx)
        };
        write(tx, Action::Moved, &before, &after).await?;
        Ok(after)
    }

    /// Approves by an issued decision, never beyond the sum asked for, and allocates the approved amount by it in the same
    /// transaction: an approved request is always money, and never twice.
    pub(crate) async fn approve(
        &self,
        tx: &Tx,
        actor: &Actor,
        approve: ApproveSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        let before = self.seen(tx, actor, &approve.named).await?;
        before.is_one_of(&[SupplementaryState::Appraised])?;
        before.is_by_another(actor)?;
        if approve.line.project != before.project {
            let (en, vi) = (
                "is a line of another project than the request",
                "là dòng kinh phí của dự án khác với đề xuất",
            );
            return Err(Invalid::field("budget_line", "OUT_OF_RANGE", en, vi).into());
        }
        before.is_not_less_than(approve.amount)?;
        let grant = Grant {
            line: approve.line,
            decision: approve.decision.clone(),
            amount: approve.amount,
            request: Some(before.number),
            note: String::new(),
        };
        let allocation = self.allocations.give(tx, actor, grant).await?;
        let after = SupplementaryRequest {
            state: SupplementaryState::Approved,
            outcome: Some(Outcome::Approved {
                decision: approve.decision,
                amount: approve.amount,
                allocation: allocation.number,
                principal: actor.principal().clone(),
            }),
            ..before.next(tx)
        };
        write(tx, Action::Moved, &before, &after).await?;
        Ok(after)
    }

    /// Refuses what was asked.
    pub(crate) async fn reject(
        &self,
        tx: &Tx,
        actor: &Actor,
        reject: RejectSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        let before = self.seen(tx, actor, &reject.named).await?;
        before.is_one_of(&[SupplementaryState::Submitted, SupplementaryState::Appraised])?;
        before.is_by_another(actor)?;
        let after = SupplementaryRequest {
            state: SupplementaryState::Rejected,
            outcome: Some(Outcome::Rejected {
                reason: reject.reason,
                principal: actor.principal().clone(),
            }),
            ..before.next(tx)
        };
        write(tx, Action::Moved, &before, &after).await?;
        Ok(after)
    }

    /// Reads a request that a verb is about, in the version that the caller has seen.
    async fn seen(&self, tx: &Tx, actor: &Actor, named: &Named) -> Result<SupplementaryRequest> {
        let request = self.allowed(actor, &tx.db, named).await?;
        etag::check(&named.etag, request.version)?;
        Ok(request)
    }

    async fn allowed(
        &self,
        actor: &Actor,
        db: &impl ConnectionTrait,
        named: &Named,
    ) -> Result<SupplementaryRequest> {
        project::allowed(&self.access, actor, db, &named.project).await?;
        let found = store::find(db, &named.project, named.number).await?;
        found.ok_or_else(|| {
            let name = REQUESTS.name(&named.project, named.number);
            Error::not_found("SUPPLEMENTARY_REQUEST", name)
        })
    }
}

async fn write(
    tx: &Tx,
    action: Action,
    before: &SupplementaryRequest,
    after: &SupplementaryRequest,
) -> Result<()> {
    store::save(&tx.db, before, after).await?;
    tx.record(action, &after.name(), Some(before), Some(after))
        .await
}
