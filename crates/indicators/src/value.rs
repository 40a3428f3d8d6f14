//! One figure of an indicator, a unit and a period, with every version of it.
//!
//! Figures are entered once and cited everywhere, so a change never overwrites: it makes
//! the next revision, and the earlier ones stay readable.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    ids::{IndicatorId, Principal, UnitId, ValueId},
    period::Period,
    quantity::Quantity,
    violations::Invalid,
};

use crate::indicator::{ValueKind, store::kinds};

mod check;
mod issue;
mod quantity_row;
pub(crate) mod rpc;
mod store;

use issue::Issue;

/// A figure as of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct IndicatorValue {
    id: ValueId,
    quantity: Quantity,
    note: String,
    source: Source,
    /// Who recorded this revision.
    principal: Principal,
    revision: i64,
    create_time: DateTime<Utc>,
    /// When this revision was recorded.
    update_time: DateTime<Utc>,
}

/// Where a figure came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Source {
    kind: SourceKind,
    resource: String,
    external_id: String,
    observe_time: Option<DateTime<Utc>>,
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
    value: IndicatorValue,
    reason: String,
}

/// Sets figures of one unit and period.
#[derive(Debug)]
pub(crate) struct UpsertValues {
    unit: UnitId,
    period: Period,
    items: Vec<Item>,
}

/// One item of a request. It is refused alone, so what is wrong with it is kept here.
#[derive(Debug)]
struct Item {
    indicator: Option<IndicatorId>,
    entry: std::result::Result<Entry, Invalid>,
}

/// A figure as it was sent.
#[derive(Debug)]
struct Entry {
    indicator: IndicatorId,
    quantity: Quantity,
    note: String,
    source: Source,
    reason: String,
}

/// What became of one item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    name: Option<ValueId>,
    disposition: Disposition,
    issues: Vec<Issue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disposition {
    Created,
    Updated,
    Unchanged,
    Rejected,
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

    /// Sets figures, each on its own: a bad item is refused and the others stand.
    pub(crate) async fn upsert(
        &self,
        tx: &Tx,
        actor: &Actor,
        upsert: UpsertValues,
    ) -> Result<Vec<Outcome>> {
        self.access.require(actor, &upsert.unit).await?;
        let (unit, period) = (&upsert.unit, &upsert.period);
        store::take_turn(&tx.db, unit, period).await?;
        let places = check::first_places(&upsert.items);
        let asked: Vec<_> = places.keys().collect();
        let kinds: BTreeMap<_, ValueKind> = kinds(&tx.db, &asked).await?.into_iter().collect();
        let known = store::find_many(&tx.db, unit, period, &asked).await?;
        let mut changes = Changes::default();
        let mut outcomes = Vec::with_capacity(upsert.items.len());
        for (index, item) in upsert.items.into_iter().enumerate() {
            let id = |indicator: &IndicatorId| ValueId {
                indicator: indicator.clone(),
                unit: unit.clone(),
                period: *period,
            };
            let name = item.indicator.as_ref().map(id);
            let (disposition, issues) = match check::checked(index, item, &places, &kinds) {
                Err(issues) => (Disposition::Rejected, issues),
                Ok((entry, issues)) => {
                    let (id, before) = (id(&entry.indicator), known.get(&entry.indicator));
                    let done = changes.take(id, entry, before, actor.principal(), tx.now());
                    (done, issues)
                }
            };
            outcomes.push(Outcome {
                name,
                disposition,
                issues,
            });
        }
        store::write(&tx.db, &changes.revisions).await?;
        changes.record(tx, unit, period).await?;
        Ok(outcomes)
    }

    /// Reads one figure.
    pub(crate) async fn get(&self, actor: &Actor, get: GetValue) -> Result<IndicatorValue> {
        self.access.require(actor, &get.id.unit).await?;
        let found = store::find(self.db.reader(), &get.id).await?;
        found.ok_or_else(|| Error::not_found("INDICATOR_VALUE", &get.id))
    }

    /// Lists the figures of a unit and period by indicator.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListValues,
    ) -> Result<(Vec<IndicatorValue>, String)> {
        self.access.require(actor, &list.unit).await?;
        let what = format!("values {} {}", list.unit, list.period);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let (db, after) = (self.db.reader(), page.after());
        let values = store::list(db, &list.unit, &list.period, after, page.limit()).await?;
        page.close(values, |it| it.id.indicator.as_str().to_owned())
    }

    /// Lists every version of a figure, the newest first.
    pub(crate) async fn list_revisions(
        &self,
        actor: &Actor,
        list: ListRevisions,
    ) -> Result<(Vec<Revision>, String)> {
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
        page.close(revisions, |it| it.value.revision.to_string())
    }
}

/// What one request changes.
#[derive(Debug, Default)]
struct Changes {
    revisions: Vec<Revision>,
    created: Vec<IndicatorValue>,
    replaced: Vec<IndicatorValue>,
    updated: Vec<IndicatorValue>,
}

impl Changes {
    /// Takes a figure that was sent beside the one in force, and says what it does.
    fn take(
        &mut self,
        id: ValueId,
        entry: Entry,
        before: Option<&IndicatorValue>,
        principal: &Principal,
        now: DateTime<Utc>,
    ) -> Disposition {
        if before.is_some_and(|it| it.says(&entry)) {
            return Disposition::Unchanged;
        }
        let value = IndicatorValue {
            id,
            quantity: entry.quantity,
            note: entry.note,
            source: entry.source,
            principal: principal.clone(),
            revision: before.map_or(1, |it| it.revision + 1),
            create_time: before.map_or(now, |it| it.create_time),
            update_time: now,
        };
        // The first version takes the place of nothing, so it has no reason.
        let reason = before.map(|_| entry.reason).unwrap_or_default();
        self.revisions.push(Revision {
            value: value.clone(),
            reason,
        });
        match before {
            Some(before) => {
                self.replaced.push(before.clone());
                self.updated.push(value);
                Disposition::Updated
            }
            None => {
                self.created.push(value);
                Disposition::Created
            }
        }
    }

    /// Enters the changes into the ledger: two entries at most, because one for each
    /// figure would cost more than writing the figures.
    async fn record(&self, tx: &Tx, unit: &UnitId, period: &Period) -> Result<()> {
        let sheet = format!("indicators/-/values/{}.{period}", unit.as_str());
        if !self.created.is_empty() {
            tx.record(Action::Created, &sheet, None, Some(&self.created))
                .await?;
        }
        if !self.updated.is_empty() {
            let (before, after) = (Some(&self.replaced), Some(&self.updated));
            tx.record(Action::Updated, &sheet, before, after).await?;
        }
        Ok(())
    }
}

impl IndicatorValue {
    /// Says whether the figure is already what was sent, to the last written digit. When
    /// the other system looked again and saw the same, nothing has changed.
    fn says(&self, entry: &Entry) -> bool {
        let origin = |it: &Source| (it.kind, it.resource.clone(), it.external_id.clone());
        quantity_row::same_as_written(&self.quantity, &entry.quantity)
            && self.note == entry.note
            && origin(&self.source) == origin(&entry.source)
    }
}

#[cfg(test)]
mod tests {
    use types::quantity::{Content, Qualifier, Value};

    use super::*;

    fn entry(value: Value, reason: &str) -> Entry {
        Entry {
            indicator: IndicatorId::new("chung-thu-so").unwrap(),
            quantity: Quantity::new(Content::Value(value), Qualifier::Exact, None).unwrap(),
            note: String::new(),
            source: Source {
                kind: SourceKind::Manual,
                resource: String::new(),
                external_id: String::new(),
                observe_time: None,
            },
            reason: reason.to_owned(),
        }
    }

    fn take(entry: Entry, before: Option<&IndicatorValue>) -> (Disposition, Changes) {
        let id = "indicators/chung-thu-so/values/huyen-minh-long.2022-h1"
            .parse()
            .unwrap();
        let mut changes = Changes::default();
        let principal = Principal::from_name("users/can-bo").unwrap();
        let now = DateTime::from_timestamp_micros(1).unwrap();
        let disposition = changes.take(id, entry, before, &principal, now);
        (disposition, changes)
    }

    #[test]
    fn a_correction_is_the_next_revision_and_keeps_its_reason() {
        let (disposition, changes) = take(entry(Value::Count(132), "gõ thừa"), None);
        assert_eq!(disposition, Disposition::Created);
        assert_eq!(changes.revisions[0].value.revision, 1);
        assert_eq!(changes.revisions[0].reason, "");
        let first = &changes.created[0];
        let (disposition, changes) = take(entry(Value::Count(133), "rà soát lại"), Some(first));
        assert_eq!(disposition, Disposition::Updated);
        assert_eq!(changes.revisions[0].value.revision, 2);
        assert_eq!(changes.revisions[0].reason, "rà soát lại");
        assert_eq!(changes.replaced, std::slice::from_ref(first));
    }

    #[test]
    fn the_same_figure_is_no_change_unless_it_is_written_otherwise() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        let (_, changes) = take(entry(decimal("60.4"), ""), None);
        let first = &changes.created[0];
        assert_eq!(
            take(entry(decimal("60.4"), ""), Some(first)).0,
            Disposition::Unchanged
        );
        assert_eq!(
            take(entry(decimal("60.40"), ""), Some(first)).0,
            Disposition::Updated
        );
        let mut seen_again = entry(decimal("60.4"), "");
        seen_again.source.observe_time = DateTime::from_timestamp_micros(7);
        assert_eq!(take(seen_again, Some(first)).0, Disposition::Unchanged);
        let mut remarked = entry(decimal("60.4"), "");
        remarked.note = "ước tính".into();
        assert_eq!(take(remarked, Some(first)).0, Disposition::Updated);
    }
}
