//! What is measured, how, and how it adds up: definitions from draft to retirement.
//!
//! A published revision never changes: what its owner writes afterwards is the next one,
//! and counts when it is published. What counts for a period is [`standing`].

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    ids::{IndicatorId, Principal},
    period::Period,
    violations::Invalid,
};

use crate::reason::{
    INDICATOR_ENDS_EARLY, INDICATOR_IN_USE, INDICATOR_NOT_IN_FORCE, STATE_NOT_ALLOWED,
};

pub(crate) mod continuity;
pub(crate) mod definition;
mod period;
pub(crate) mod publishing;
pub(crate) mod rpc;
pub(crate) mod standing;
pub(crate) mod store;
mod wire;

pub(crate) use definition::{
    Accumulation, CollectionMode, Comparison, Definition, Details, Direction, Manner, SetEntry,
    ValueKind,
};
use standing::{Published, end, start};
pub(crate) use wire::{read_missing, read_scale, write_missing};

/// An indicator, with what is written to be published next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Indicator {
    pub(crate) id: IndicatorId,
    pub(crate) definition: Definition,
    pub(crate) state: State,
    /// Number of the newest revision, 0 before the first.
    pub(crate) revision: i64,
    pub(crate) retired: Option<Retired>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum State {
    Draft,
    Active,
    Retired,
}

/// How an indicator ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Retired {
    pub(crate) last_period: Period,
    pub(crate) reason: String,
}

/// A definition as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Revision {
    pub(crate) id: IndicatorId,
    pub(crate) number: i64,
    pub(crate) definition: Definition,
    pub(crate) first_period: Period,
    pub(crate) change_note: String,
    pub(crate) publisher: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// An indicator as it is shown: with a published revision, or with what comes next.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) indicator: Indicator,
    /// The revision that is shown; none = what is written.
    pub(crate) revision: Option<Revision>,
    pub(crate) is_changed: bool,
}

/// Adds an indicator.
#[derive(Debug)]
pub(crate) struct CreateIndicator {
    pub(crate) id: IndicatorId,
    pub(crate) definition: Definition,
}

/// Changes what is published next.
#[derive(Debug)]
pub(crate) struct UpdateIndicator {
    pub(crate) id: IndicatorId,
    pub(crate) change: wire::Change,
    pub(crate) etag: String,
}

/// Publishes what is written.
#[derive(Debug)]
pub(crate) struct PublishIndicator {
    pub(crate) id: IndicatorId,
    pub(crate) first_period: Period,
    pub(crate) change_note: String,
    pub(crate) etag: String,
}

/// Ends an indicator.
#[derive(Debug)]
pub(crate) struct RetireIndicator {
    pub(crate) id: IndicatorId,
    pub(crate) last_period: Period,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

/// Which text of a definition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Published,
    Next,
    /// What counts for a period.
    Of(Period),
}

/// Asks for one indicator.
#[derive(Debug)]
pub(crate) struct GetIndicator {
    pub(crate) id: IndicatorId,
    pub(crate) view: View,
}

/// Asks for indicators; no names stand for all.
#[derive(Debug)]
pub(crate) struct ListIndicators {
    pub(crate) ids: Vec<IndicatorId>,
    pub(crate) view: View,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Asks for one revision.
#[derive(Debug)]
pub(crate) struct GetRevision {
    pub(crate) id: IndicatorId,
    pub(crate) number: i64,
}

/// Asks for the revisions of an indicator.
#[derive(Debug)]
pub(crate) struct ListRevisions {
    pub(crate) id: IndicatorId,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Indicators {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Indicators {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        Self { access, pages, db }
    }

    /// Adds an indicator, as a draft, for the unit that answers for it.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateIndicator,
    ) -> Result<Shown> {
        self.access
            .require(actor, &new.definition.owner_unit)
            .await?;
        let indicator = Indicator {
            id: new.id,
            definition: new.definition,
            state: State::Draft,
            revision: 0,
            retired: None,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &indicator).await?;
        let name = indicator.id.name();
        tx.record(Action::Created, &name, None, Some(&indicator))
            .await?;
        Ok(indicator.shown(View::Next, &Published::default()))
    }

    /// Changes what is published next. What is in force stays so.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateIndicator,
    ) -> Result<Shown> {
        let before = self.locked(tx, actor, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        before.is_not_retired()?;
        let definition = update.change.apply(&before.definition)?;
        if definition.owner_unit != before.definition.owner_unit {
            self.access.require(actor, &definition.owner_unit).await?;
        }
        if before.revision > 0 && definition.value_kind != before.definition.value_kind {
            return Err(kind_is_fixed().into());
        }
        let after = Indicator {
            definition,
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &after).await?;
        tx.record(
            Action::Updated,
            &after.id.name(),
            Some(&before),
            Some(&after),
        )
        .await?;
        let published = store::published_one(&tx.db, &after.id).await?;
        Ok(after.shown(View::Next, &published))
    }

    /// Publishes what is written as the next revision.
    pub(crate) async fn publish(
        &self,
        tx: &Tx,
        actor: &Actor,
        publish: PublishIndicator,
    ) -> Result<(Revision, Published)> {
        // One at a time, or two formulas could come to lead to each other unseen.
        tx.lock("publish-indicators").await?;
        let before = self.locked(tx, actor, &publish.id).await?;
        etag::check(&publish.etag, before.version)?;
        before.is_not_retired()?;
        let mut published = store::published_one(&tx.db, &publish.id).await?;
        let revision = Revision {
            id: publish.id,
            number: before.revision + 1,
            definition: before.definition.clone(),
            first_period: publish.first_period,
            change_note: publish.change_note,
            publisher: actor.principal().clone(),
            create_time: tx.now(),
        };
        publishing::allowed(&tx.db, &revision, &published).await?;
        let after = Indicator {
            state: State::Active,
            revision: revision.number,
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &after).await?;
        store::insert_revision(&tx.db, &revision).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        tx.record(Action::Created, &revision.name(), None, Some(&revision))
            .await?;
        published.revisions.push(revision.clone());
        Ok((revision, published))
    }

    /// Ends an indicator after a period.
    pub(crate) async fn retire(
        &self,
        tx: &Tx,
        actor: &Actor,
        retire: RetireIndicator,
    ) -> Result<Shown> {
        tx.lock("publish-indicators").await?;
        let before = self.locked(tx, actor, &retire.id).await?;
        etag::check(&retire.etag, before.version)?;
        if before.state != State::Active {
            return Err(before.not_allowed("ACTIVE"));
        }
        let mut published = store::published_one(&tx.db, &retire.id).await?;
        if let Some(newest) = published.revisions.last()
            && end(&retire.last_period) < start(&newest.first_period)
        {
            let facts = [
                ("indicator", retire.id.name()),
                ("first_period", newest.first_period.to_string()),
            ];
            return Err(Error::rule(&INDICATOR_ENDS_EARLY, facts));
        }
        let users = store::users_of(&tx.db, &retire.id).await?;
        if !users.is_empty() {
            let users: Vec<_> = users.iter().map(IndicatorId::name).collect();
            let facts = [("indicator", retire.id.name()), ("users", users.join(", "))];
            return Err(Error::rule(&INDICATOR_IN_USE, facts));
        }
        let after = Indicator {
            state: State::Retired,
            retired: Some(Retired {
                last_period: retire.last_period,
                reason: retire.reason,
            }),
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &after).await?;
        store::forget_inputs(&tx.db, &after.id).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        published.last_period = Some(retire.last_period);
        Ok(after.shown(View::Published, &published))
    }

    /// Reads one indicator; definitions are common to all who are signed in.
    pub(crate) async fn get(&self, _actor: &Actor, get: GetIndicator) -> Result<Shown> {
        let db = self.db.reader();
        let found = store::find(db, &get.id).await?;
        let found = found.ok_or_else(|| Error::not_found("INDICATOR", &get.id))?;
        let published = store::published_one(db, &get.id).await?;
        if let View::Of(period) = get.view
            && published.for_period(&period).is_none()
        {
            return Err(not_in_force(&get.id, &period));
        }
        Ok(found.shown(get.view, &published))
    }

    /// Returns the definition that counts for a period.
    pub(crate) async fn in_force(
        &self,
        actor: &Actor,
        id: &IndicatorId,
        period: &Period,
    ) -> Result<Definition> {
        let get = GetIndicator {
            id: id.clone(),
            view: View::Of(*period),
        };
        let shown = self.get(actor, get).await?;
        let revision = shown.revision.ok_or_else(|| not_in_force(id, period))?;
        Ok(revision.definition)
    }

    /// Lists indicators by name; definitions are common to all who are signed in.
    pub(crate) async fn list(
        &self,
        _actor: &Actor,
        list: ListIndicators,
    ) -> Result<(Vec<Shown>, String)> {
        let ids: Vec<_> = list.ids.iter().map(IndicatorId::as_str).collect();
        let what = format!("indicators {} {:?}", ids.join(" "), list.view);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let db = self.db.reader();
        let found = store::list(db, &ids, page.after(), page.limit()).await?;
        let (found, next) = page.close(found, |it| it.id.as_str().to_owned())?;
        let ids: Vec<_> = found.iter().map(|it| &it.id).collect();
        let published = store::published(db, &ids).await?;
        let none = Published::default();
        let shown = found.iter().filter_map(|it| {
            let published = published.get(&it.id).unwrap_or(&none);
            match list.view {
                View::Of(period) if published.for_period(&period).is_none() => None,
                view => Some(it.clone().shown(view, published)),
            }
        });
        Ok((shown.collect(), next))
    }

    /// Reads one revision with all there are, which say how long it counts.
    pub(crate) async fn get_revision(
        &self,
        _actor: &Actor,
        get: GetRevision,
    ) -> Result<(Revision, Published)> {
        let published = store::published_one(self.db.reader(), &get.id).await?;
        let mut all = published.revisions.iter();
        let found = all.find(|it| it.number == get.number).cloned();
        let name = || format!("{}/revisions/{}", get.id, get.number);
        let found = found.ok_or_else(|| Error::not_found("INDICATOR_REVISION", name()))?;
        Ok((found, published))
    }

    /// Lists revisions, the newest first.
    pub(crate) async fn list_revisions(
        &self,
        _actor: &Actor,
        list: ListRevisions,
    ) -> Result<(Vec<Revision>, Published, String)> {
        let db = self.db.reader();
        if store::find(db, &list.id).await?.is_none() {
            return Err(Error::not_found("INDICATOR", &list.id));
        }
        let what = format!("indicator revisions {}", list.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let published = store::published_one(db, &list.id).await?;
        let before = page.after().map(|it| it.parse().map_err(Error::internal));
        let before: Option<i64> = before.transpose()?;
        let newest_first = published.revisions.iter().rev();
        let open = newest_first.filter(|it| before.is_none_or(|before| it.number < before));
        let (revisions, next) = page.close(open.cloned().collect(), |it| it.number.to_string())?;
        Ok((revisions, published, next))
    }

    /// Returns an indicator whom nobody else changes until the end of the transaction.
    async fn locked(&self, tx: &Tx, actor: &Actor, id: &IndicatorId) -> Result<Indicator> {
        store::lock(&tx.db, id).await?;
        let Some(found) = store::find(&tx.db, id).await? else {
            let missing = Error::not_found("INDICATOR", id);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access
            .require(actor, &found.definition.owner_unit)
            .await?;
        Ok(found)
    }
}

impl Indicator {
    fn touched(&self, now: DateTime<Utc>) -> Self {
        Self {
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }

    fn is_not_retired(&self) -> Result<()> {
        match self.state {
            State::Retired => Err(self.not_allowed("DRAFT, ACTIVE")),
            State::Draft | State::Active => Ok(()),
        }
    }

    fn not_allowed(&self, allowed_states: &str) -> Error {
        let state = match self.state {
            State::Draft => "DRAFT",
            State::Active => "ACTIVE",
            State::Retired => "RETIRED",
        };
        let facts = [
            ("name", self.id.name()),
            ("state", state.to_owned()),
            ("allowed_states", allowed_states.to_owned()),
        ];
        Error::rule(&STATE_NOT_ALLOWED, facts)
    }

    /// Shows one text of it.
    fn shown(self, view: View, published: &Published) -> Shown {
        let newest = published.revisions.last();
        let revision = match view {
            View::Published => newest,
            View::Next => None,
            View::Of(period) => published.for_period(&period),
        };
        let is_changed = newest.is_none_or(|it| it.definition != self.definition);
        Shown {
            revision: revision.cloned(),
            is_changed,
            indicator: self,
        }
    }
}

impl Revision {
    pub(crate) fn name(&self) -> String {
        format!("{}/revisions/{}", self.id, self.number)
    }
}

pub(crate) fn not_in_force(id: &IndicatorId, period: &Period) -> Error {
    let facts = [("indicator", id.name()), ("period", period.to_string())];
    Error::rule(&INDICATOR_NOT_IN_FORCE, facts)
}

/// Figures of two kinds under one name could never be read together.
fn kind_is_fixed() -> Invalid {
    Invalid::field(
        "indicator.value_kind",
        "IMMUTABLE",
        "cannot change once the indicator is published: make another one and say whether it can be compared",
        "không thể đổi sau khi ban hành: hãy tạo chỉ tiêu khác và ghi rõ có so sánh được hay không",
    )
}

#[cfg(test)]
impl Revision {
    /// A revision for tests to change.
    pub(crate) fn of_test() -> Self {
        Self {
            id: IndicatorId::new("chung-thu-so").unwrap(),
            number: 1,
            definition: Definition {
                display_name: "Chứng thư số đã cấp".into(),
                value_kind: ValueKind::Count,
                measure_unit: "chứng thư số".into(),
                accumulation: Accumulation::InPeriod,
                unit_aggregation: types::aggregate::Aggregation::Sum,
                period_aggregation: types::aggregate::Aggregation::Sum,
                direction: Direction::HigherIsBetter,
                description: String::new(),
                owner_unit: types::ids::UnitId::new("so-tttt").unwrap(),
                legal_basis: String::new(),
                details: Details::default(),
            },
            first_period: "2022-h1".parse().unwrap(),
            change_note: String::new(),
            publisher: Principal::from_name("users/chuyen-vien").unwrap(),
            create_time: DateTime::from_timestamp_micros(1).unwrap(),
        }
    }
}
