//! Taking an applied reorganisation back, while nobody has built on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::ids::UnitId;

use super::{
    Reorganization, Reorganizations, RevertReorganization, State, find, first, rules, store,
};
use crate::{
    grant,
    reason::{CHANGED_SINCE, NEW_UNIT_REFERRED_TO},
    service_account,
    unit::{self, history::Histories},
    user,
};

impl Reorganizations {
    /// Asks the other services whether they keep anything of the units that would go. One that
    /// cannot be taken back anyway is left to the change to refuse.
    pub(crate) async fn nobody_else_refers(
        &self,
        actor: &Actor,
        revert: &RevertReorganization,
    ) -> Result<()> {
        self.access.require_everywhere(actor).await?;
        let db = self.db.reader();
        if find(db, &revert.id).await?.state != State::Applied {
            return Ok(());
        }
        let gone: Vec<_> = store::begun_with(db, &revert.id).await?;
        self.neighbours.nobody_refers(actor, &gone).await
    }

    /// Takes an applied one back: its new units go, with their names for ever, everything
    /// else is as before.
    pub(crate) async fn revert(
        &self,
        tx: &Tx,
        actor: &Actor,
        revert: &RevertReorganization,
    ) -> Result<Reorganization> {
        self.access.require_everywhere(actor).await?;
        unit::store::hold_tree(&tx.db).await?;
        let applied = find(&tx.db, &revert.id).await?;
        etag::check(&revert.etag, applied.version)?;
        applied.require_state(State::Applied)?;
        let units = unit::store::all(&tx.db).await?;
        let kept = store::before(&tx.db, &applied.id).await?;
        let back = taken_back(&units, &applied, kept, tx.now())?;
        nobody_refers(tx, &applied, &back.gone).await?;
        unit::store::save(&tx.db, &units, &back.restored, &[], &back.gone).await?;
        unit::store::retire(&tx.db, &back.gone, &applied.id, tx.now()).await?;
        store::forget_before(&tx.db, &applied.id).await?;
        store::follow(&tx.db, &back.versions).await?;
        let reverted = Reorganization {
            state: State::Reverted,
            revert_time: Some(tx.now()),
            revert_reason: revert.reason.clone(),
            update_time: tx.now(),
            version: applied.version + 1,
            ..applied.clone()
        };
        store::update(&tx.db, &reverted).await?;
        tx.record(
            Action::Moved,
            &reverted.id.name(),
            Some(&applied),
            Some(&reverted),
        )
        .await?;
        Ok(reverted)
    }
}

/// What units are when an act is taken back.
#[derive(Default)]
pub(super) struct TakenBack {
    /// As they were before.
    pub(super) restored: Histories,
    pub(super) gone: BTreeSet<UnitId>,
    /// Of the restored: the version they had before, and the one they have now.
    pub(super) versions: BTreeMap<UnitId, (i64, i64)>,
}

/// Says what units are when an act is taken back. Nothing that was done since may have
/// built on it.
pub(super) fn taken_back(
    units: &Histories,
    applied: &Reorganization,
    kept: Vec<store::Before>,
    now: DateTime<Utc>,
) -> Result<TakenBack> {
    let mut back = TakenBack::default();
    for kept in kept {
        let known = units.get(&kept.unit);
        let Some(known) = known.filter(|it| it.version == kept.version_after) else {
            let facts = [
                ("unit", kept.unit.name()),
                ("reorganization", applied.id.name()),
            ];
            return Err(Error::rule(&CHANGED_SINCE, facts));
        };
        match kept.before {
            Some(mut history) => {
                let versions = (history.version, known.version + 1);
                history.version = known.version + 1;
                history.update_time = now;
                back.versions.insert(kept.unit.clone(), versions);
                back.restored.insert(kept.unit, Arc::new(history));
            }
            None => {
                back.gone.insert(kept.unit);
            }
        }
    }
    let goes = |it: &Option<UnitId>| it.as_ref().is_some_and(|it| back.gone.contains(it));
    let below = units.values().find(|it| {
        let changes = back.restored.contains_key(&it.id) || back.gone.contains(&it.id);
        !changes && it.parents.iter().any(|it| goes(&it.value))
    });
    if let Some(unit) = below {
        return Err(referred_to(applied, unit.id.name()));
    }
    let mut staying = units.clone();
    staying.retain(|id, _| !back.gone.contains(id));
    let found = rules::contradictions(&staying, &back.restored, applied.date);
    if found.is_empty() {
        Ok(back)
    } else {
        Err(first(found))
    }
}

fn referred_to(applied: &Reorganization, by: String) -> Error {
    let facts = [("by", by), ("reorganization", applied.id.name())];
    Error::rule(&NEW_UNIT_REFERRED_TO, facts)
}

/// A unit that goes must not be named by a grant, a person, a post, a machine or another
/// reorganisation that counts. A draft that names it can only be refused from now on.
async fn nobody_refers(tx: &Tx, applied: &Reorganization, gone: &BTreeSet<UnitId>) -> Result<()> {
    let gone: Vec<_> = gone.iter().cloned().collect();
    for some in gone.chunks(store::ROWS) {
        unit::store::hold_many(&tx.db, some).await?;
        if let Some(grant) = grant::store::one_on(&tx.db, some).await? {
            return Err(referred_to(applied, grant.name()));
        }
        if let Some(name) = user::store::one_in(&tx.db, some).await? {
            return Err(referred_to(applied, name));
        }
        if let Some(machine) = service_account::store::one_of(&tx.db, some).await? {
            return Err(referred_to(applied, machine.name()));
        }
        if let Some(other) = store::one_naming(&tx.db, &applied.id, some).await? {
            return Err(referred_to(applied, other.name()));
        }
    }
    Ok(())
}
