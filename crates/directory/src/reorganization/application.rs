//! Putting a reorganisation into force.

use std::collections::BTreeSet;

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::ids::{ReorganizationId, UnitId};

use super::{
    ApplyReorganization, CreateReorganization, Reorganization, Reorganizations, State, find, first,
    lineage::DatedLink,
    rules::{self, Contradiction, Plan},
    store,
};
use crate::{
    mirror::{Mirror, Written},
    reason::{ALREADY_REORGANIZED, UNIT_ID_RETIRED},
    unit::{self, history::Histories},
};

impl Reorganizations {
    /// Puts a draft into force.
    pub(crate) async fn apply(
        &self,
        tx: &Tx,
        actor: &Actor,
        apply: &ApplyReorganization,
    ) -> Result<Reorganization> {
        self.access.require_everywhere(actor).await?;
        unit::store::hold_tree(&tx.db).await?;
        let draft = find(&tx.db, &apply.id).await?;
        etag::check(&apply.etag, draft.version)?;
        draft.require_state(State::Draft)?;
        let units = unit::store::all(&tx.db).await?;
        let mut applied = draft.clone();
        if let Err(found) = put_into_force(tx, &units, &mut applied, None).await? {
            return Err(first(found));
        }
        store::update(&tx.db, &applied).await?;
        tx.record(
            Action::Moved,
            &applied.id.name(),
            Some(&draft),
            Some(&applied),
        )
        .await?;
        Ok(applied)
    }
}

/// Adds one that is applied at once, as imports do, and returns what it made of the units,
/// for a mirror to take over.
pub(crate) async fn insert_applied(
    tx: &Tx,
    units: &Histories,
    new: CreateReorganization,
    mirror: Option<&Mirror>,
) -> Result<std::result::Result<(Reorganization, Option<Written>), Vec<Contradiction>>> {
    let mut applied = Reorganization::draft(new, tx.now());
    let written = match put_into_force(tx, units, &mut applied, mirror).await? {
        Ok(written) => written,
        Err(found) => return Ok(Err(found)),
    };
    store::insert(&tx.db, &applied).await?;
    tx.record(Action::Created, &applied.id.name(), None, Some(&applied))
        .await?;
    Ok(Ok((applied, written)))
}

/// Changes the units, and keeps what they were before for the case that it is taken back.
async fn put_into_force(
    tx: &Tx,
    units: &Histories,
    draft: &mut Reorganization,
    mirror: Option<&Mirror>,
) -> Result<std::result::Result<Option<Written>, Vec<Contradiction>>> {
    let plan = draft.plan();
    let mut found = elsewhere(tx, Some(&draft.id), &plan).await?;
    found.extend(retired(tx, &plan).await?);
    let changed = match rules::apply(units, &plan, tx.now()) {
        Ok(changed) => changed,
        Err(more) => {
            found.extend(more);
            Histories::new()
        }
    };
    if !found.is_empty() {
        return Ok(Err(found));
    }
    let writing = async {
        let told = unit::store::save(&tx.db, units, &changed, &BTreeSet::new()).await?;
        store::keep_before(&tx.db, &draft.id, units, &changed).await?;
        Ok::<_, Error>(told)
    };
    let making = async {
        match mirror {
            Some(mirror) => Some(mirror.trees(&changed).await),
            None => None,
        }
    };
    let (told, trees) = tokio::join!(writing, making);
    let told = told?;
    draft.state = State::Applied;
    draft.apply_time = Some(tx.now());
    draft.update_time = tx.now();
    draft.version += 1;
    Ok(Ok(trees.map(|trees| Written { told, trees })))
}

/// On one day a unit's history is divided by one act, and a unit does not end before
/// what other acts lead to it or make of it.
pub(crate) async fn elsewhere(
    tx: &Tx,
    itself: Option<&ReorganizationId>,
    plan: &Plan,
) -> Result<Vec<Contradiction>> {
    let mut others = store::links_since(&tx.db, plan.date).await?;
    others.retain(|it| Some(&it.reorganization) != itself);
    Ok(clash(&others, plan).into_iter().collect())
}

/// Names are never used again, not even those of units that were taken back.
async fn retired(tx: &Tx, plan: &Plan) -> Result<Vec<Contradiction>> {
    let new: Vec<_> = plan.new_units.iter().map(|it| it.id.clone()).collect();
    let found = unit::store::retired_among(&tx.db, &new).await?;
    let tell = |(unit, by): (&UnitId, &ReorganizationId)| {
        let more = [("reorganization", by.name())];
        Contradiction::new(unit, &UNIT_ID_RETIRED, more)
    };
    Ok(found.iter().map(tell).collect())
}

pub(super) fn clash(others: &[DatedLink], plan: &Plan) -> Option<Contradiction> {
    let divided: BTreeSet<_> = plan.links.iter().map(|it| &it.predecessor).collect();
    let ending = plan.closing();
    let (other, unit) = others.iter().find_map(|it| {
        let (from, to) = (&it.link.predecessor, it.link.successor.as_ref());
        let twice = it.date == plan.date && divided.contains(from);
        let later = it.date > plan.date && ending.contains(from);
        let unit = match to.filter(|to| it.date >= plan.date && ending.contains(to)) {
            Some(to) => to,
            None if twice || later => from,
            None => return None,
        };
        Some((it, unit))
    })?;
    let more = [
        ("reorganization", other.reorganization.name()),
        ("date", other.date.to_string()),
    ];
    Some(Contradiction::new(unit, &ALREADY_REORGANIZED, more))
}
