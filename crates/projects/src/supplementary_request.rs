//! Requests for more money. A request is never counted as money.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    ids::{Principal, ProjectId},
    money::Money,
    period::Period,
    violations::Invalid,
};

use crate::{
    entry::REQUESTS,
    project::{self, ListEntries},
};

pub(crate) mod rpc;
pub(crate) mod store;

/// What a unit asks for a project in the report of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SupplementaryRequest {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) period: Period,
    /// A unit may ask without naming a sum.
    pub(crate) amount: Option<Money>,
    pub(crate) justification: String,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// Asks for money.
#[derive(Debug)]
pub(crate) struct CreateSupplementaryRequest {
    pub(crate) project: ProjectId,
    pub(crate) period: Period,
    pub(crate) amount: Option<Money>,
    pub(crate) justification: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct SupplementaryRequests {
    access: Access,
    pages: Pages,
    db: Db,
}

impl SupplementaryRequests {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Asks for money for a project.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateSupplementaryRequest,
    ) -> Result<SupplementaryRequest> {
        let project = project::allowed(&self.access, actor, &tx.db, &new.project).await?;
        let number = project::store::next_entry(&tx.db, &project.id).await?;
        let ids = [project.id.as_str()];
        let earlier = store::of_period(&tx.db, &ids, new.period).await?;
        can_be_added_up(&earlier, new.amount)?;
        let request = SupplementaryRequest {
            project: project.id,
            number,
            period: new.period,
            amount: new.amount,
            justification: new.justification,
            principal: actor.principal().clone(),
            create_time: tx.now(),
        };
        store::insert(&tx.db, &request).await?;
        tx.record(Action::Created, &request.name(), None, Some(&request))
            .await?;
        Ok(request)
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
}

impl SupplementaryRequest {
    pub(crate) fn name(&self) -> String {
        REQUESTS.name(&self.project, self.number)
    }
}

/// Requests are never taken back, so one that makes the sum of a period overflow would
/// spoil the unit's table for good.
fn can_be_added_up(earlier: &[SupplementaryRequest], asked: Option<Money>) -> Result<()> {
    let amounts = earlier.iter().filter_map(|it| it.amount).chain(asked);
    if Money::checked_sum(amounts).is_some() {
        return Ok(());
    }
    Err(Invalid::field(
        "supplementary_request.amount_vnd",
        "OUT_OF_RANGE",
        "is too large to be added to what was asked for before",
        "quá lớn để cộng với số tiền đã đề xuất",
    )
    .into())
}
