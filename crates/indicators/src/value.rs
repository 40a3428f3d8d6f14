//! One figure of an indicator, a unit and a period, or of a part of it, with every version.
//!
//! Figures are entered once and cited everywhere, so a change never overwrites: it makes
//! the next revision, and the earlier ones stay readable.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, page::Pages};
use serde::Serialize;
use types::{
    ids::{Breakdown, IndicatorId, Principal, UnitId, ValueId},
    period::Period,
    quantity::Quantity,
};

pub(crate) mod batch;
mod check;
pub(crate) mod derived;
pub(crate) mod explanation;
pub(crate) mod fit;
pub(crate) mod ground;
pub(crate) mod issue;
pub(crate) mod item;
pub(crate) mod lock;
mod merge;
pub(crate) mod published;
mod quantity_row;
pub(crate) mod rpc;
pub(crate) mod store;
mod verdict;
pub(crate) mod wire;

use batch::{By, Checked};
use derived::Listed;
use ground::Ground;
use item::{Item, Outcome};

use crate::{
    evidence::Evidence,
    indicator::{
        Manner,
        standing::{Definitions, definitions},
    },
};

/// A figure as of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct IndicatorValue {
    pub(crate) id: ValueId,
    pub(crate) quantity: Quantity,
    pub(crate) note: String,
    /// Each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Source,
    /// Who recorded this revision.
    pub(crate) principal: Principal,
    pub(crate) revision: i64,
    pub(crate) create_time: DateTime<Utc>,
    /// When this revision was recorded.
    pub(crate) update_time: DateTime<Utc>,
    /// How far the figure has come; that of a version is told of the figure in force alone.
    pub(crate) stage: Stage,
}

/// A figure, and how its indicator has it printed and looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) value: IndicatorValue,
    pub(crate) manner: Manner,
}

/// How far a figure has come, and what keeps it there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub(crate) struct Stage {
    pub(crate) state: ValueState,
    /// The submission that locks it, the first one when several do; or whoever accepted it by
    /// itself.
    pub(crate) locked_by: Option<String>,
    /// The newest revision that was ever submitted or accepted.
    pub(crate) submitted_revision: Option<i64>,
    /// Why it was sent back by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub(crate) enum ValueState {
    /// Sent back because of this figure, and not changed since.
    Rejected,
    #[default]
    Draft,
    Submitted,
    Accepted,
}

/// Where a figure came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    pub(crate) resource: String,
    pub(crate) external_id: String,
    pub(crate) observe_time: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum SourceKind {
    Manual,
    Ingested,
    Imported,
    Derived,
    Consolidated,
}

/// One version of a figure, and why it took the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) value: IndicatorValue,
    pub(crate) reason: String,
}

/// Sets figures of one unit and period.
#[derive(Debug)]
pub(crate) struct UpsertValues {
    pub(crate) unit: UnitId,
    pub(crate) period: Period,
    pub(crate) items: Vec<Item>,
    pub(crate) validate_only: bool,
}

/// Asks for one figure.
#[derive(Debug)]
pub(crate) struct GetValue {
    id: ValueId,
}

/// Asks for the figures of a unit and period.
#[derive(Debug)]
pub(crate) struct ListValues {
    unit: UnitId,
    period: Period,
    page_size: i32,
    page_token: String,
}

/// Asks for the history of a figure.
#[derive(Debug)]
pub(crate) struct ListRevisions {
    id: ValueId,
    page_size: i32,
    page_token: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Values {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        Self { access, pages, db }
    }

    /// Looks at what has to be known before figures of a unit are set.
    pub(crate) async fn before_upsert(
        &self,
        actor: &Actor,
        upsert: &UpsertValues,
    ) -> Result<Ground> {
        self.access.require(actor, &upsert.unit).await?;
        let ids = upsert.items.iter().filter_map(|it| it.id.as_ref());
        self.ground(actor, ids).await
    }

    /// Sets figures, each on its own: a bad item is refused and the others stand.
    pub(crate) async fn upsert(
        &self,
        tx: &Tx,
        actor: &Actor,
        upsert: UpsertValues,
        ground: &Ground,
    ) -> Result<Vec<Outcome>> {
        self.access.require(actor, &upsert.unit).await?;
        let by = By {
            principal: actor.principal(),
            now: tx.now(),
        };
        let items = upsert.items.into_iter();
        let checked = items.map(|it| Checked::new(it, by.principal, ground));
        let batches = vec![checked.collect()];
        let (outcomes, changes) = batch::decide(&tx.db, by, batches).await?;
        changes.write(&tx.db).await?;
        changes.record(tx, &(upsert.unit, upsert.period)).await?;
        changes.tell(tx).await?;
        Ok(outcomes)
    }

    /// Reads one figure; that of a derived indicator is computed now, and what was published
    /// stands beside it.
    pub(crate) async fn get(&self, actor: &Actor, get: GetValue) -> Result<(Listed, Definitions)> {
        self.access.require(actor, &get.id.unit).await?;
        let value = self.read(&get.id).await?;
        let definitions = definitions(self.db.reader(), &[&get.id.indicator]).await?;
        Ok((value, definitions))
    }

    async fn read(&self, id: &ValueId) -> Result<Listed> {
        let db = self.db.reader();
        let reported = store::find(db, id).await?;
        match derived::told(db, id).await? {
            Some((computed, _)) => derived::beside(id, computed, reported),
            None => reported
                .map(|it| Listed::Figure(Box::new(it)))
                .ok_or_else(|| Error::not_found("INDICATOR_VALUE", id)),
        }
    }

    /// Lists the figures of a unit and period by indicator and breakdown, the computed ones
    /// among them.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListValues,
    ) -> Result<(Vec<Listed>, Definitions, String)> {
        self.access.require(actor, &list.unit).await?;
        let what = format!("values {} {}", list.unit, list.period);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let (db, after) = (self.db.reader(), page.after());
        // The whole comes first, so that a place without a breakdown lies before all parts.
        let after = after.map(|it| it.split_once('.').unwrap_or((it, "")));
        let values = store::list(db, &list.unit, &list.period, after, page.limit()).await?;
        // Beyond the last figure of a full page others may follow before a computed one.
        let is_full = u64::try_from(values.len()).is_ok_and(|it| it >= page.limit());
        let last = values.last().map(|it| it.id.indicator.clone());
        let last = last.filter(|_| is_full);
        let is_on_page = |it: &IndicatorId| {
            after.is_none_or(|(after, _)| it.as_str() > after)
                && last.as_ref().is_none_or(|last| it <= last)
        };
        let sheet = (&list.unit, list.period);
        let (values, listed) = derived::of_sheet(db, sheet, values, is_on_page).await?;
        let values = values.into_iter().map(|it| Listed::Figure(Box::new(it)));
        let mut listed: Vec<_> = listed.into_values().chain(values).collect();
        listed.sort_by_cached_key(|it| place(it.id()));
        let (listed, next) = page.close(listed, |it| {
            let (indicator, breakdown) = place(it.id());
            format!("{indicator}.{breakdown}")
        })?;
        let ids: BTreeSet<_> = listed.iter().map(|it| &it.id().indicator).collect();
        let definitions = definitions(db, &ids.into_iter().collect::<Vec<_>>()).await?;
        Ok((listed, definitions, next))
    }

    /// Lists every version of a figure, the newest first.
    pub(crate) async fn list_revisions(
        &self,
        actor: &Actor,
        list: ListRevisions,
    ) -> Result<(Vec<Revision>, Manner, String)> {
        self.access.require(actor, &list.id.unit).await?;
        let what = format!("revisions {}", list.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let before = page
            .after()
            .map(str::parse)
            .transpose()
            .map_err(Error::internal)?;
        let db = self.db.reader();
        let value = store::find(db, &list.id).await?;
        let value = value.ok_or_else(|| Error::not_found("INDICATOR_VALUE", &list.id))?;
        let revisions = store::revisions(db, &value, before, page.limit()).await?;
        let (revisions, next) = page.close(revisions, |it| it.value.revision.to_string())?;
        let definitions = definitions(db, &[&value.id.indicator]).await?;
        Ok((revisions, definitions.manner(&value.id), next))
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.pages
    }
}

/// Returns the place of a figure in a list; the whole comes before its parts.
fn place(id: &ValueId) -> (String, String) {
    let breakdown = id.breakdown.as_ref().map_or("", Breakdown::as_str);
    (id.indicator.as_str().to_owned(), breakdown.to_owned())
}

/// Returns the figures there are of a unit, indicators and periods, in one question. They
/// are the whole ones: a formula takes no part of a figure.
pub(crate) async fn quantities(
    db: &impl sea_orm::ConnectionTrait,
    unit: &UnitId,
    indicators: &BTreeSet<&IndicatorId>,
    periods: &BTreeSet<Period>,
) -> Result<BTreeMap<(IndicatorId, Period), Quantity>> {
    let found = figures(db, unit, indicators, periods).await?;
    let quantity = |it: IndicatorValue| ((it.id.indicator, it.id.period), it.quantity);
    Ok(found.into_iter().map(quantity).collect())
}

/// Returns the same as they stand, with their revisions and states.
pub(crate) async fn figures(
    db: &impl sea_orm::ConnectionTrait,
    unit: &UnitId,
    indicators: &BTreeSet<&IndicatorId>,
    periods: &BTreeSet<Period>,
) -> Result<Vec<IndicatorValue>> {
    if indicators.is_empty() {
        return Ok(Vec::new());
    }
    store::of_periods(db, unit, indicators, periods).await
}

impl Source {
    /// What a person typed.
    pub(crate) fn by_hand() -> Self {
        Self {
            kind: SourceKind::Manual,
            resource: String::new(),
            external_id: String::new(),
            observe_time: None,
        }
    }
}
