//! Taking an applied reorganisation back, while nobody has built on it.

use std::collections::BTreeSet;

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::ids::UnitId;

use super::{
    Reorganization, Reorganizations, RevertReorganization, State, find, first, rules, store,
};
use crate::{
    grant,
    reason::{CHANGED_SINCE, NEW_UNIT_REFERRED_TO},
    unit::{self, history::Histories},
    user,
};

impl Reorganizations {
    /// Takes an applied one back: its new units go, everything else is as before.
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
        let mut units = unit::store::all(&tx.db).await?;
        let mut restored = Histories::new();
        let mut gone = BTreeSet::new();
        for kept in store::before(&tx.db, &applied.id).await? {
            let now = units.get(&kept.unit);
            let Some(now) = now.filter(|it| it.version == kept.version_after) else {
                let facts = [
                    ("unit", kept.unit.name()),
                    ("reorganization", applied.id.name()),
                ];
                return Err(Error::rule(&CHANGED_SINCE, facts));
            };
            match kept.before {
                Some(mut history) => {
                    history.version = now.version + 1;
                    history.update_time = tx.now();
                    restored.insert(kept.unit, history);
                }
                None => {
                    gone.insert(kept.unit);
                }
            }
        }
        for id in &gone {
            units.remove(id);
        }
        nobody_refers(tx, &applied, &units, &restored, &gone).await?;
        let found = rules::contradictions(&units, &restored, applied.date);
        if !found.is_empty() {
            return Err(first(found));
        }
        unit::store::save(&tx.db, &restored, &gone).await?;
        store::forget_before(&tx.db, &applied.id).await?;
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

/// A unit that goes must not be named by a grant, a person, a post, another
/// reorganisation or a unit below it.
async fn nobody_refers(
    tx: &Tx,
    applied: &Reorganization,
    units: &Histories,
    restored: &Histories,
    gone: &BTreeSet<UnitId>,
) -> Result<()> {
    let refuse = |by: String| {
        let facts = [("by", by), ("reorganization", applied.id.name())];
        Error::rule(&NEW_UNIT_REFERRED_TO, facts)
    };
    let below = units.values().find(|it| {
        let names = |parent: &Option<UnitId>| parent.as_ref().is_some_and(|it| gone.contains(it));
        !restored.contains_key(&it.id) && it.parents.iter().any(|it| names(&it.value))
    });
    if let Some(unit) = below {
        return Err(refuse(unit.id.name()));
    }
    let gone: Vec<_> = gone.iter().cloned().collect();
    for some in gone.chunks(store::ROWS) {
        unit::store::hold_many(&tx.db, some).await?;
        if let Some(grant) = grant::store::one_on(&tx.db, some).await? {
            return Err(refuse(grant.name()));
        }
        if let Some(name) = user::store::one_in(&tx.db, some).await? {
            return Err(refuse(name));
        }
        if let Some(other) = store::one_naming(&tx.db, &applied.id, some).await? {
            return Err(refuse(other.name()));
        }
    }
    Ok(())
}
