//! By what units are scored: criteria sets from draft to published revisions.
//!
//! A published revision never changes: a scorecard names the one it scores by. What the
//! issuer writes afterwards is the next one, and counts when it is published.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    ids::{CriteriaSetId, Principal},
    violations::Invalid,
};

pub(crate) mod content;
mod publishing;
mod requests;
pub(crate) mod rule;
pub(crate) mod rule_wire;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use content::Content;

/// A set, with what is written to be published next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CriteriaSet {
    pub(crate) id: CriteriaSetId,
    pub(crate) content: Content,
    /// Number of the newest revision, 0 before the first.
    pub(crate) revision: i64,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// A set as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Revision {
    pub(crate) id: RevisionId,
    pub(crate) content: Content,
    pub(crate) change_note: String,
    pub(crate) publisher: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// Identity of a revision: `criteriaSets/{criteria_set}/revisions/{revision}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RevisionId {
    pub(crate) set: CriteriaSetId,
    pub(crate) number: i64,
}

/// Adds a set.
#[derive(Debug)]
pub(crate) struct CreateCriteriaSet {
    id: CriteriaSetId,
    content: Content,
}

/// Changes what is published next.
#[derive(Debug)]
pub(crate) struct UpdateCriteriaSet {
    id: CriteriaSetId,
    change: wire::Change,
    etag: String,
}

/// Publishes what is written.
#[derive(Debug)]
pub(crate) struct PublishCriteriaSet {
    id: CriteriaSetId,
    change_note: String,
    etag: String,
}

/// Asks for sets.
#[derive(Debug)]
pub(crate) struct ListCriteriaSets {
    page_size: i32,
    page_token: String,
}

/// Asks for the revisions of a set.
#[derive(Debug)]
pub(crate) struct ListRevisions {
    id: CriteriaSetId,
    page_size: i32,
    page_token: String,
}

impl RevisionId {
    pub(crate) fn name(&self) -> String {
        format!("{}/revisions/{}", self.set, self.number)
    }
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct CriteriaSets {
    access: Access,
    pages: Pages,
    db: Db,
}

impl CriteriaSets {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Adds a set, as a draft, for the unit that issues it.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateCriteriaSet,
    ) -> Result<CriteriaSet> {
        self.access.require(actor, &new.content.issuer_unit).await?;
        let set = CriteriaSet {
            id: new.id,
            content: new.content,
            revision: 0,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &set).await?;
        tx.record(Action::Created, &set.id.name(), None, Some(&set))
            .await?;
        Ok(set)
    }

    /// Changes what is published next.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateCriteriaSet,
    ) -> Result<CriteriaSet> {
        let before = self.locked(tx, actor, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        let content = update.change.apply(&before.content)?;
        if content.issuer_unit != before.content.issuer_unit {
            self.access.require(actor, &content.issuer_unit).await?;
        }
        let after = CriteriaSet {
            content,
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &after).await?;
        let name = after.id.name();
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        Ok(after)
    }

    /// Looks at what has to be known before a set is published: whether the units that verify
    /// are there.
    pub(crate) async fn before_publish(
        &self,
        actor: &Actor,
        publish: &PublishCriteriaSet,
    ) -> Result<()> {
        let found = store::find(self.db.reader(), &publish.id).await?;
        let set = self.found(actor, found, &publish.id).await?;
        let named = |(index, it): (usize, &content::Criterion)| {
            let unit = it.verifier_unit.clone()?;
            Some((
                format!("criteria_set.criteria[{index}].verifier_unit"),
                unit,
            ))
        };
        let criteria = set.content.criteria.iter().enumerate();
        let named: Vec<_> = criteria.filter_map(named).collect();
        let units: Vec<_> = named.iter().map(|(_, unit)| unit).collect();
        let days = self.access.unit_days(actor, &units).await?;
        let mut bad = Invalid::default();
        for ((field, unit), days) in named.iter().zip(days) {
            if days.is_none() {
                bad.add(
                    field,
                    "REFERENCE_NOT_FOUND",
                    format!("`{unit}` does not exist"),
                    format!("`{unit}` không tồn tại"),
                );
            }
        }
        bad.check()?;
        Ok(())
    }

    /// Publishes what is written as the next revision, when nothing in it contradicts itself
    /// or the indicators.
    pub(crate) async fn publish(
        &self,
        tx: &Tx,
        actor: &Actor,
        publish: PublishCriteriaSet,
    ) -> Result<Revision> {
        let before = self.locked(tx, actor, &publish.id).await?;
        etag::check(&publish.etag, before.version)?;
        publishing::allowed(&tx.db, &before.content).await?;
        let after = CriteriaSet {
            revision: before.revision + 1,
            ..before.touched(tx.now())
        };
        let revision = Revision {
            id: RevisionId {
                set: publish.id,
                number: after.revision,
            },
            content: before.content.clone(),
            change_note: publish.change_note,
            publisher: actor.principal().clone(),
            create_time: tx.now(),
        };
        store::update(&tx.db, &after).await?;
        store::insert_revision(&tx.db, &revision).await?;
        let name = after.id.name();
        tx.record(Action::Moved, &name, Some(&before), Some(&after))
            .await?;
        tx.record(Action::Created, &revision.id.name(), None, Some(&revision))
            .await?;
        Ok(revision)
    }

    /// Reads one set; sets are common to all who are signed in.
    pub(crate) async fn get(&self, _actor: &Actor, id: &CriteriaSetId) -> Result<CriteriaSet> {
        let found = store::find(self.db.reader(), id).await?;
        found.ok_or_else(|| Error::not_found("CRITERIA_SET", id))
    }

    /// Lists sets by name.
    pub(crate) async fn list(
        &self,
        _actor: &Actor,
        list: ListCriteriaSets,
    ) -> Result<(Vec<CriteriaSet>, String)> {
        let what = "criteria sets".to_owned();
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let sets = store::list(self.db.reader(), page.after(), page.limit()).await?;
        page.close(sets, |it| it.id.as_str().to_owned())
    }

    /// Reads one revision.
    pub(crate) async fn get_revision(&self, _actor: &Actor, id: &RevisionId) -> Result<Revision> {
        let found = store::find_revision(self.db.reader(), id).await?;
        found.ok_or_else(|| Error::not_found("CRITERIA_SET_REVISION", id.name()))
    }

    /// Lists revisions, the newest first.
    pub(crate) async fn list_revisions(
        &self,
        actor: &Actor,
        list: ListRevisions,
    ) -> Result<(Vec<Revision>, String)> {
        self.get(actor, &list.id).await?;
        let what = format!("criteria set revisions {}", list.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let before = page.after().map(|it| it.parse().map_err(Error::internal));
        let db = self.db.reader();
        let revisions = store::revisions(db, &list.id, before.transpose()?, page.limit()).await?;
        page.close(revisions, |it| it.id.number.to_string())
    }

    /// Returns a set whom nobody else changes until the end of the transaction.
    async fn locked(&self, tx: &Tx, actor: &Actor, id: &CriteriaSetId) -> Result<CriteriaSet> {
        tx.lock(&id.name()).await?;
        self.found(actor, store::find(&tx.db, id).await?, id).await
    }

    /// Requires the right of the unit that issues a set.
    async fn found(
        &self,
        actor: &Actor,
        found: Option<CriteriaSet>,
        id: &CriteriaSetId,
    ) -> Result<CriteriaSet> {
        let Some(found) = found else {
            let missing = Error::not_found("CRITERIA_SET", id);
            return Err(self.access.hide(actor, missing).await);
        };
        let issuer = &found.content.issuer_unit;
        self.access.require(actor, issuer).await?;
        Ok(found)
    }
}

impl CriteriaSet {
    fn touched(&self, now: DateTime<Utc>) -> Self {
        Self {
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }
}
