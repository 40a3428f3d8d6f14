//! What a unit has to reach in a period, by which document, and whether it has.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    document_number::DocumentNumber,
    ids::{IndicatorId, Principal, UnitId},
    period::Period,
    quantity::{Content, Quantity, Style},
    validity::Validity,
    violations::Invalid,
};

use crate::{
    formula::derive::{asked, derive},
    indicator::{self, Definition, Direction, ValueKind, store as indicators},
    reason::{TARGET_NEEDS_DIRECTION, TARGET_NOT_MEASURED, UNIT_NOT_IN_FORCE},
    value::{self, fit},
};

pub(crate) mod rpc;
pub(crate) mod standing;
mod store;

use standing::{Judged, Measure};

/// A target as of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Target {
    id: TargetId,
    content: Order,
    revision: i64,
    /// Taken back; its history stays.
    deleted: bool,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
}

/// Identity of a target: `indicators/{indicator}/targets/{unit}.{period}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TargetId {
    indicator: IndicatorId,
    unit: UnitId,
    period: Period,
}

/// What is to be reached, and who said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Order {
    quantity: Quantity,
    document_number: DocumentNumber,
    document_date: NaiveDate,
}

/// One version of a target, and why it took the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    target: Target,
    principal: Principal,
    reason: String,
}

/// Sets a target.
#[derive(Debug)]
pub(crate) struct CreateTarget {
    id: TargetId,
    content: Order,
}

/// Changes a target.
#[derive(Debug)]
pub(crate) struct UpdateTarget {
    id: TargetId,
    change: rpc::Change,
    reason: String,
    etag: String,
}

/// Takes a target back.
#[derive(Debug)]
pub(crate) struct DeleteTarget {
    id: TargetId,
    reason: String,
    etag: String,
}

/// Asks for targets of an indicator, of a unit or of both.
#[derive(Debug)]
pub(crate) struct ListTargets {
    indicator: Option<IndicatorId>,
    unit: Option<UnitId>,
    period: Option<Period>,
    page_size: i32,
    page_token: String,
}

/// Asks for the history of a target.
#[derive(Debug)]
pub(crate) struct ListRevisions {
    id: TargetId,
    page_size: i32,
    page_token: String,
}

/// Where a unit stands, and what was looked at.
#[derive(Debug)]
pub(crate) struct Evaluated {
    target: Target,
    quantity: Option<Quantity>,
    judged: Judged,
    last_day: Option<NaiveDate>,
    style: Style,
}

impl TargetId {
    fn name(&self) -> String {
        let (unit, period) = (self.unit.as_str(), &self.period);
        format!("{}/targets/{unit}.{period}", self.indicator)
    }
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Targets {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Looks up the days on which the unit of a new target exists, before anything is
    /// changed: the directory may have to be asked.
    pub(crate) async fn unit_days(
        &self,
        actor: &Actor,
        new: &CreateTarget,
    ) -> Result<Option<Validity>> {
        let days = self.access.unit_days(actor, &[&new.id.unit]).await?;
        Ok(days.into_iter().flatten().next())
    }

    /// Sets a target, as the unit that answers for the indicator, for a unit that exists on
    /// these days. One that was taken back may be set again; its history goes on.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateTarget,
        days: Option<Validity>,
    ) -> Result<Target> {
        self.owner(&tx.db, actor, &new.id.indicator).await?;
        let definition = in_force(&tx.db, &new.id).await?;
        exists(&new.id, &definition, days)?;
        can_be_reached(&new.id.indicator, &definition)?;
        fits(definition.value_kind, &new.content.quantity)?;
        tx.lock(&new.id.name()).await?;
        let before = store::find(&tx.db, &new.id).await?;
        if before.as_ref().is_some_and(|it| !it.deleted) {
            return Err(Error::taken("TARGET", new.id.name()));
        }
        let target = Target {
            id: new.id,
            content: new.content,
            revision: before.map_or(1, |it| it.revision + 1),
            deleted: false,
            create_time: tx.now(),
            update_time: tx.now(),
        };
        let revision = Revision {
            target: target.clone(),
            principal: actor.principal().clone(),
            reason: String::new(),
        };
        store::write(&tx.db, &revision).await?;
        tx.record(Action::Created, &target.id.name(), None, Some(&target))
            .await?;
        Ok(target)
    }

    /// Changes a target; the one before stays in its history.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateTarget,
    ) -> Result<Target> {
        let before = self.locked(tx, actor, &update.id).await?;
        etag::check(&update.etag, before.revision)?;
        let content = update.change.apply(&before.content)?;
        let definition = in_force(&tx.db, &update.id).await?;
        fits(definition.value_kind, &content.quantity)?;
        let after = before.next(content, false, tx.now());
        self.write(tx, actor, &before, &after, update.reason)
            .await?;
        Ok(after)
    }

    /// Takes a target back; its history stays.
    pub(crate) async fn delete(&self, tx: &Tx, actor: &Actor, delete: DeleteTarget) -> Result<()> {
        let before = self.locked(tx, actor, &delete.id).await?;
        etag::check(&delete.etag, before.revision)?;
        let after = before.next(before.content.clone(), true, tx.now());
        self.write(tx, actor, &before, &after, delete.reason).await
    }

    async fn write(
        &self,
        tx: &Tx,
        actor: &Actor,
        before: &Target,
        after: &Target,
        reason: String,
    ) -> Result<()> {
        let revision = Revision {
            target: after.clone(),
            principal: actor.principal().clone(),
            reason,
        };
        store::write(&tx.db, &revision).await?;
        tx.record(Action::Updated, &after.id.name(), Some(before), Some(after))
            .await
    }

    /// Reads one target, for its unit or for who answers for the indicator.
    pub(crate) async fn get(&self, actor: &Actor, id: &TargetId) -> Result<Target> {
        self.reader(actor, id).await?;
        let found = store::find(self.db.reader(), id).await?;
        let found = found.filter(|it| !it.deleted);
        found.ok_or_else(|| Error::not_found("TARGET", id.name()))
    }

    /// Lists targets by name.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListTargets,
    ) -> Result<(Vec<Target>, String)> {
        let db = self.db.reader();
        let owner = match &list.indicator {
            Some(indicator) => owner_unit(db, indicator).await?,
            None => None,
        };
        let units: Vec<_> = [list.unit.as_ref(), owner.as_ref()]
            .into_iter()
            .flatten()
            .collect();
        let units: Vec<_> = units.into_iter().map(Some).collect();
        self.access.require_any(actor, &units).await?;
        let what = format!(
            "targets {:?} {:?} {:?}",
            list.indicator, list.unit, list.period
        );
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let targets = store::list(db, &list, page.after(), page.limit()).await?;
        page.close(targets, |it| store::place(&it.id))
    }

    /// Lists every version of a target, the newest first.
    pub(crate) async fn list_revisions(
        &self,
        actor: &Actor,
        list: ListRevisions,
    ) -> Result<(Vec<Revision>, String)> {
        self.reader(actor, &list.id).await?;
        let what = format!("target revisions {}", list.id.name());
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let before = page.after().map(|it| it.parse().map_err(Error::internal));
        let db = self.db.reader();
        if store::find(db, &list.id).await?.is_none() {
            return Err(Error::not_found("TARGET", list.id.name()));
        }
        let revisions = store::revisions(db, &list.id, before.transpose()?, page.limit()).await?;
        page.close(revisions, |it| it.target.revision.to_string())
    }

    /// Says whether a unit has reached its target, by the figure there is now.
    pub(crate) async fn evaluate(&self, actor: &Actor, id: &TargetId) -> Result<Evaluated> {
        let target = self.get(actor, id).await?;
        let db = self.db.reader();
        let published = indicators::published_one(db, &id.indicator).await?;
        let revision = published.for_period(&id.period);
        let revision =
            revision.ok_or_else(|| indicator::not_in_force(&id.indicator, &id.period))?;
        let quantity = match asked(&published, &id.period) {
            Some(asked) => derive(db, &asked, &id.unit, id.period).await?.quantity,
            None => {
                let (ids, periods) = ([&id.indicator].into(), [id.period].into());
                let found = value::quantities(db, &id.unit, &ids, &periods).await?;
                found.into_values().next()
            }
        };
        let definition = &revision.definition;
        let end = definition.window(&id.period).end();
        let today = self.db.clock().today();
        let (order, quantity_now) = (&target.content.quantity, quantity.as_ref());
        let judged = judge(definition, id.period, order, quantity_now, today);
        Ok(Evaluated {
            target,
            quantity,
            judged,
            last_day: end.and_then(|it| it.pred_opt()),
            style: definition.manner().style,
        })
    }

    /// Requires the method's right on the unit that answers for the indicator.
    async fn owner(
        &self,
        db: &impl ConnectionTrait,
        actor: &Actor,
        indicator: &IndicatorId,
    ) -> Result<()> {
        match owner_unit(db, indicator).await? {
            Some(owner) => self.access.require(actor, &owner).await,
            None => {
                let missing = Error::not_found("INDICATOR", indicator);
                Err(self.access.hide(actor, missing).await)
            }
        }
    }

    /// Requires the method's right on the unit of the target, or on the one that answers
    /// for the indicator.
    async fn reader(&self, actor: &Actor, id: &TargetId) -> Result<()> {
        let owner = owner_unit(self.db.reader(), &id.indicator).await?;
        let units: Vec<_> = [Some(&id.unit), owner.as_ref()]
            .into_iter()
            .flatten()
            .collect();
        let units: Vec<_> = units.into_iter().map(Some).collect();
        self.access.require_any(actor, &units).await
    }

    /// Returns a target whom nobody else changes until the end of the transaction.
    async fn locked(&self, tx: &Tx, actor: &Actor, id: &TargetId) -> Result<Target> {
        self.owner(&tx.db, actor, &id.indicator).await?;
        tx.lock(&id.name()).await?;
        let found = store::find(&tx.db, id).await?;
        let found = found.filter(|it| !it.deleted);
        found.ok_or_else(|| Error::not_found("TARGET", id.name()))
    }
}

impl Target {
    fn next(&self, content: Order, deleted: bool, now: DateTime<Utc>) -> Self {
        Self {
            content,
            deleted,
            revision: self.revision + 1,
            update_time: now,
            ..self.clone()
        }
    }
}

/// Judges a figure by what has to be reached.
pub(crate) fn judge(
    definition: &Definition,
    period: Period,
    order: &Quantity,
    figure: Option<&Quantity>,
    today: NaiveDate,
) -> Judged {
    let measure = Measure {
        kind: definition.value_kind,
        direction: definition.direction,
    };
    // Nothing is due before the last day that counts is over.
    let end = definition.window(&period).end();
    let is_over = end.is_some_and(|end| today >= end);
    measure.judge(order, figure, is_over)
}

/// Returns the names of targets and what has to be reached, of some indicators, units and
/// periods.
pub(crate) async fn orders(
    db: &impl ConnectionTrait,
    indicators: &[&IndicatorId],
    units: &[&UnitId],
    periods: &[Period],
) -> Result<BTreeMap<(IndicatorId, UnitId, Period), (String, Quantity)>> {
    let found = store::of_units(db, indicators, units, periods).await?;
    let order = |it: Target| {
        let name = it.id.name();
        let key = (it.id.indicator, it.id.unit, it.id.period);
        (key, (name, it.content.quantity))
    };
    Ok(found.into_iter().map(order).collect())
}

async fn owner_unit(db: &impl ConnectionTrait, indicator: &IndicatorId) -> Result<Option<UnitId>> {
    let found = indicators::find(db, indicator).await?;
    Ok(found.map(|it| it.definition.owner_unit))
}

/// Returns the definition that counts for the period of a target.
async fn in_force(db: &impl ConnectionTrait, id: &TargetId) -> Result<Definition> {
    let published = indicators::published_one(db, &id.indicator).await?;
    let revision = published.for_period(&id.period);
    let revision = revision.ok_or_else(|| indicator::not_in_force(&id.indicator, &id.period))?;
    Ok(revision.definition.clone())
}

/// Refuses a target nobody could say of whether it is reached.
fn can_be_reached(id: &IndicatorId, definition: &Definition) -> Result<()> {
    if matches!(definition.value_kind, ValueKind::Choice | ValueKind::Text) {
        return Err(Error::rule(
            &TARGET_NOT_MEASURED,
            [("indicator", id.name())],
        ));
    }
    if definition.direction == Direction::Neutral {
        return Err(Error::rule(
            &TARGET_NEEDS_DIRECTION,
            [("indicator", id.name())],
        ));
    }
    Ok(())
}

/// Refuses a target of a unit that has no figures of its period.
fn exists(id: &TargetId, definition: &Definition, days: Option<Validity>) -> Result<()> {
    let Some(days) = days else {
        return Err(Error::reference("target.unit", id.unit.name()));
    };
    if fit::existed(&days, &id.period, definition) {
        return Ok(());
    }
    let facts = fit::not_in_force(&id.unit, &id.period, &days, definition);
    Err(Error::rule(&UNIT_NOT_IN_FORCE, facts))
}

fn fits(kind: ValueKind, quantity: &Quantity) -> std::result::Result<(), Invalid> {
    let (kind_en, kind_vi) = kind.words();
    match quantity.content() {
        // A share is told by its percentage alone, most of the time: 50%.
        Content::Value(value) if kind.takes(value) => Ok(()),
        _ => Err(Invalid::field(
            "target.quantity",
            "VALUE_KIND_MISMATCH",
            format!("has to be {kind_en}, as the figures of the indicator are"),
            format!("phải là {kind_vi}, cùng loại với số liệu của chỉ tiêu"),
        )),
    }
}
