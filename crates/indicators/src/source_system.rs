//! The systems that figures are taken from, and the machine of each that may write them.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    ids::{Principal, ServiceAccountId, SourceSystemId, UnitId},
    violations::Invalid,
};

use crate::reason::{INGEST_CONNECTOR_ONLY, REFERENCE_NOT_FOUND};

pub(crate) mod rpc;
pub(crate) mod store;

/// A system that figures are taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SourceSystem {
    pub(crate) id: SourceSystemId,
    pub(crate) content: Content,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What its owner says about a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Content {
    pub(crate) display_name: String,
    pub(crate) owner_unit: UnitId,
    /// The only machine that may write its indicators. The directory knows more of it.
    pub(crate) connector: Option<ServiceAccountId>,
    pub(crate) description: String,
}

/// Adds a source system.
#[derive(Debug)]
pub(crate) struct CreateSourceSystem {
    pub(crate) id: SourceSystemId,
    pub(crate) content: Content,
}

/// Changes a source system.
#[derive(Debug)]
pub(crate) struct UpdateSourceSystem {
    pub(crate) id: SourceSystemId,
    pub(crate) change: rpc::Change,
    pub(crate) etag: String,
}

/// Asks for one source system.
#[derive(Debug)]
pub(crate) struct GetSourceSystem {
    pub(crate) id: SourceSystemId,
}

/// Asks for source systems.
#[derive(Debug)]
pub(crate) struct ListSourceSystems {
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Requires that a system is registered and that its figures are the caller's to send.
pub(crate) async fn require_connector(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: &SourceSystemId,
    field: &str,
) -> Result<()> {
    let Some(system) = store::find(db, id).await? else {
        let (en, vi) = (REFERENCE_NOT_FOUND.en, REFERENCE_NOT_FOUND.vi);
        let named = |text: &str| text.replace("{name}", &id.name());
        return Err(Invalid::field(field, REFERENCE_NOT_FOUND.code, named(en), named(vi)).into());
    };
    let connector = system.content.connector.map(Principal::from);
    if connector.as_ref() == Some(actor.principal()) {
        return Ok(());
    }
    Err(Error::rule(
        &INGEST_CONNECTOR_ONLY,
        [
            ("principal", actor.principal().name()),
            ("source_system", id.name()),
        ],
    ))
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct SourceSystems {
    access: Access,
    pages: Pages,
    db: Db,
}

impl SourceSystems {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Adds a system for the unit that answers for it.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateSourceSystem,
    ) -> Result<SourceSystem> {
        self.access.require(actor, &new.content.owner_unit).await?;
        let system = SourceSystem {
            id: new.id,
            content: new.content,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &system).await?;
        tx.record(Action::Created, &system.id.name(), None, Some(&system))
            .await?;
        Ok(system)
    }

    /// Changes a system; who takes it over must be allowed to as well.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateSourceSystem,
    ) -> Result<SourceSystem> {
        store::lock(&tx.db, &update.id).await?;
        let Some(before) = store::find(&tx.db, &update.id).await? else {
            let missing = Error::not_found("SOURCE_SYSTEM", &update.id);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access
            .require(actor, &before.content.owner_unit)
            .await?;
        etag::check(&update.etag, before.version)?;
        let content = update.change.apply(&before.content)?;
        self.access.require(actor, &content.owner_unit).await?;
        let after = SourceSystem {
            content,
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::update(&tx.db, &after).await?;
        tx.record(
            Action::Updated,
            &after.id.name(),
            Some(&before),
            Some(&after),
        )
        .await?;
        Ok(after)
    }

    /// Reads one system; the register is common to all who are signed in.
    pub(crate) async fn get(&self, _actor: &Actor, get: GetSourceSystem) -> Result<SourceSystem> {
        let found = store::find(self.db.reader(), &get.id).await?;
        found.ok_or_else(|| Error::not_found("SOURCE_SYSTEM", &get.id))
    }

    /// Lists systems by name; the register is common to all who are signed in.
    pub(crate) async fn list(
        &self,
        _actor: &Actor,
        list: ListSourceSystems,
    ) -> Result<(Vec<SourceSystem>, String)> {
        let what = "source systems".to_owned();
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let systems = store::list(self.db.reader(), page.after(), page.limit()).await?;
        page.close(systems, |it| it.id.as_str().to_owned())
    }
}
