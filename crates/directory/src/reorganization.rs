//! Legal acts that change units, and the way of units through them.
//!
//! A draft counts for nothing. Applying it closes and opens validities in one
//! transaction; taking it back puts everything as it was, as long as nobody has built on
//! it. Which unit leads to which stays correctable, with the correction on record.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::{Deserialize, Serialize};
use types::ids::{ReorganizationId, UnitId};

use crate::{neighbour::Neighbourhood, reason::STATE_NOT_ALLOWED, unit};

mod application;
mod correction;
pub(crate) mod lineage;
mod reversal;
pub(crate) mod rpc;
pub(crate) mod rules;
pub(crate) mod share;
mod store;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use application::{elsewhere, insert_applied};
use rules::{Contradiction, NewUnit, Plan, UnitChange};
use share::Share;
pub(crate) use store::in_force;

/// One unit leads to another, or to none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) predecessor: UnitId,
    pub(crate) successor: Option<UnitId>,
    /// None when it is not known: never guessed.
    pub(crate) share: Option<Share>,
}

/// A legal act that changes units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Reorganization {
    pub(crate) id: ReorganizationId,
    pub(crate) kind: Kind,
    pub(crate) decision_number: String,
    pub(crate) date: NaiveDate,
    pub(crate) source: String,
    pub(crate) links: Vec<Link>,
    pub(crate) content: Content,
    pub(crate) state: State,
    pub(crate) apply_time: Option<DateTime<Utc>>,
    pub(crate) revert_time: Option<DateTime<Utc>>,
    pub(crate) revert_reason: String,
    pub(crate) corrections: Vec<Correction>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What is new and what changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) new_units: Vec<NewUnit>,
    pub(crate) changes: Vec<UnitChange>,
}

/// Links taken out and put in after they were applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Correction {
    pub(crate) time: DateTime<Utc>,
    pub(crate) principal: String,
    pub(crate) reason: String,
    pub(crate) removed: Vec<Link>,
    pub(crate) added: Vec<Link>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Kind {
    Merge,
    Split,
    Rename,
    Transfer,
    AbolishTier,
    Dissolve,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum State {
    Draft,
    Applied,
    Reverted,
}

/// Adds a draft.
#[derive(Debug)]
pub(crate) struct CreateReorganization {
    pub(crate) id: ReorganizationId,
    pub(crate) kind: Kind,
    pub(crate) decision_number: String,
    pub(crate) date: NaiveDate,
    pub(crate) source: String,
    pub(crate) links: Vec<Link>,
    pub(crate) content: Content,
}

/// Asks for reorganisations.
#[derive(Debug)]
pub(crate) struct ListReorganizations {
    pub(crate) unit: Option<UnitId>,
    pub(crate) state: Option<State>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Puts a draft into force.
#[derive(Debug)]
pub(crate) struct ApplyReorganization {
    pub(crate) id: ReorganizationId,
    pub(crate) etag: String,
    pub(crate) validate_only: bool,
}

/// Takes an applied one back.
#[derive(Debug)]
pub(crate) struct RevertReorganization {
    pub(crate) id: ReorganizationId,
    pub(crate) etag: String,
    pub(crate) reason: String,
}

/// Corrects the links of an applied one.
#[derive(Debug)]
pub(crate) struct CorrectLinks {
    pub(crate) id: ReorganizationId,
    pub(crate) etag: String,
    pub(crate) reason: String,
    /// By their two units; shares are not looked at.
    pub(crate) removed: Vec<Link>,
    pub(crate) added: Vec<Link>,
}

/// Asks where a unit came from or what became of it.
#[derive(Debug)]
pub(crate) struct TraceLineage {
    pub(crate) unit: UnitId,
    pub(crate) direction: lineage::Direction,
    pub(crate) as_of: Option<NaiveDate>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Reorganizations {
    access: Access,
    pages: Pages,
    neighbours: Neighbourhood,
    db: Db,
}

impl Reorganizations {
    pub(crate) fn new(access: Access, pages: Pages, neighbours: Neighbourhood, db: Db) -> Self {
        Self {
            access,
            pages,
            neighbours,
            db,
        }
    }

    /// Adds a draft. What it names is looked up when it is applied: drafts are written
    /// before the units they build on are there.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateReorganization,
    ) -> Result<Reorganization> {
        self.access.require_everywhere(actor).await?;
        let draft = Reorganization::draft(new, tx.now());
        store::insert(&tx.db, &draft).await?;
        tx.record(Action::Created, &draft.id.name(), None, Some(&draft))
            .await?;
        Ok(draft)
    }

    /// Reads one. Legal acts are published, so every person who is known may.
    pub(crate) async fn get(&self, id: &ReorganizationId) -> Result<Reorganization> {
        find(self.db.reader(), id).await
    }

    /// Lists them without what they contain.
    pub(crate) async fn list(
        &self,
        list: ListReorganizations,
    ) -> Result<(Vec<Reorganization>, String)> {
        let what = format!("reorganizations {:?} {:?}", list.unit, list.state);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let found = store::list(self.db.reader(), &list, page.after(), page.limit()).await?;
        page.close(found, |it| it.id.as_str().to_owned())
    }

    /// Follows a unit through all applied reorganisations.
    pub(crate) async fn trace(&self, actor: &Actor, ask: TraceLineage) -> Result<lineage::Trace> {
        self.access.require(actor, &ask.unit).await?;
        let db = self.db.reader();
        let known = unit::store::life_of(db, &BTreeSet::from([&ask.unit])).await?;
        let Some(life) = known.get(&ask.unit) else {
            return Err(Error::not_found("UNIT", &ask.unit));
        };
        let as_of = ask.as_of.unwrap_or_else(|| self.db.clock().today());
        let mut links = store::links_around(db, &ask.unit, ask.direction).await?;
        links.retain(|it| it.date <= as_of);
        if ask.direction == lineage::Direction::Predecessors {
            // A unit that has ended is looked at as it was on its last day.
            links.retain(|it| life.end().is_none_or(|end| it.date < end));
        }
        let lives = unit::store::life_of(db, &lineage::units_of(&links)).await?;
        let mut begins: BTreeMap<_, _> = lives
            .iter()
            .map(|(id, it)| (id.clone(), it.start()))
            .collect();
        begins.insert(ask.unit.clone(), life.start());
        Ok(lineage::trace(&ask.unit, &links, ask.direction, &begins))
    }
}

async fn find(db: &impl sea_orm::ConnectionTrait, id: &ReorganizationId) -> Result<Reorganization> {
    let found = store::find(db, id).await?;
    found.ok_or_else(|| Error::not_found("REORGANIZATION", id))
}

fn first(found: Vec<Contradiction>) -> Error {
    let first = found.into_iter().next();
    first.map_or_else(
        || Error::internal("a refusal without a reason"),
        Error::from,
    )
}

impl Reorganization {
    fn draft(new: CreateReorganization, now: DateTime<Utc>) -> Self {
        Self {
            id: new.id,
            kind: new.kind,
            decision_number: new.decision_number,
            date: new.date,
            source: new.source,
            links: new.links,
            content: new.content,
            state: State::Draft,
            apply_time: None,
            revert_time: None,
            revert_reason: String::new(),
            corrections: Vec::new(),
            create_time: now,
            update_time: now,
            version: 1,
        }
    }

    fn plan(&self) -> Plan {
        Plan {
            date: self.date,
            links: self.links.clone(),
            new_units: self.content.new_units.clone(),
            changes: self.content.changes.clone(),
            closed: BTreeSet::new(),
        }
    }

    fn require_state(&self, state: State) -> Result<()> {
        if self.state == state {
            return Ok(());
        }
        let facts = [
            ("name", self.id.name()),
            ("state", self.state.word().to_owned()),
            ("allowed_states", state.word().to_owned()),
        ];
        Err(Error::rule(&STATE_NOT_ALLOWED, facts))
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Applied => "APPLIED",
            Self::Reverted => "REVERTED",
        }
    }
}
