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
    feed::Told,
    mirror::{Mirror, Written},
    reason::{ALREADY_REORGANIZED, UNIT_ID_RETIRED, UNIT_TAKEN_BACK},
    unit::{self, forest::Tree, history::Histories},
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

/// Adds one that is applied at once, as imports do, and returns the copy as it is once that is
/// committed.
pub(crate) async fn insert_applied(
    tx: &Tx,
    units: &Histories,
    new: CreateReorganization,
    mirror: &Mirror,
) -> Result<std::result::Result<(Reorganization, Option<Written>), Vec<Contradiction>>> {
    let mut applied = Reorganization::draft(new, tx.now());
    let (told, trees) = match put_into_force(tx, units, &mut applied, Some(mirror)).await? {
        Ok(done) => done,
        Err(found) => return Ok(Err(found)),
    };
    let writing = async {
        let told = store::insert(&tx.db, &applied).await?;
        tx.record(Action::Created, &applied.id.name(), None, Some(&applied))
            .await?;
        Ok::<_, Error>(told)
    };
    let (act_told, written) = tokio::join!(writing, mirror.prepare(told, trees));
    let (act_told, written) = (act_told?, written?);
    let fact = store::fact(applied.date, applied.links.iter().cloned())?;
    let written = written.zip(act_told);
    let written = written.and_then(|(it, told)| it.with_act(applied.id.clone(), fact, told));
    Ok(Ok((applied, written)))
}

/// Changes the units, and keeps what they were before for the case that it is taken back. Says
/// where the feed tells of the units, and makes them ready for the copy.
async fn put_into_force(
    tx: &Tx,
    units: &Histories,
    draft: &mut Reorganization,
    mirror: Option<&Mirror>,
) -> Result<std::result::Result<(Told, Vec<Tree>), Vec<Contradiction>>> {
    let plan = draft.plan();
    let mut found = elsewhere(tx, Some(&draft.id), &plan).await?;
    found.extend(retired(tx, units, &plan).await?);
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
    let trees = match mirror {
        Some(mirror) => mirror.trees(&changed).await,
        None => Vec::new(),
    };
    let told = unit::store::save(&tx.db, units, &changed, &trees, &BTreeSet::new()).await?;
    store::keep_before(&tx.db, &draft.id, units, &changed).await?;
    draft.state = State::Applied;
    draft.apply_time = Some(tx.now());
    draft.update_time = tx.now();
    draft.version += 1;
    Ok(Ok((told, trees)))
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

/// Names are never used again, not even those of units that were taken back; and what was
/// drafted upon such a unit has nothing to stand on.
async fn retired(tx: &Tx, units: &Histories, plan: &Plan) -> Result<Vec<Contradiction>> {
    let new: BTreeSet<_> = plan.new_units.iter().map(|it| &it.id).collect();
    // A unit that is there was not taken back.
    let asked = plan.names().filter(|it| !units.contains_key(*it));
    let asked: BTreeSet<_> = asked.chain(new.iter().copied()).cloned().collect();
    let asked: Vec<_> = asked.into_iter().collect();
    let found = unit::store::retired_among(&tx.db, &asked).await?;
    let tell = |(unit, by): (&UnitId, &ReorganizationId)| {
        let more = [("reorganization", by.name())];
        let is_new = new.contains(unit);
        let reason = if is_new {
            &UNIT_ID_RETIRED
        } else {
            &UNIT_TAKEN_BACK
        };
        Contradiction::new(unit, reason, more)
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
