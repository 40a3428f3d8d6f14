//! Correcting which unit leads to which, after it was applied.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::ids::UnitId;

use super::{
    CorrectLinks, Correction, Link, Reorganization, Reorganizations, State,
    application::clash,
    find, first,
    lineage::DatedLink,
    rules::{Contradiction, Plan, check_links},
    store,
};
use crate::{
    reason::{LEADS_NOWHERE, LINK_UNKNOWN, LIVES_ON},
    unit::{self, history::Histories},
};

impl Reorganizations {
    /// Corrects the links. Units and their days stay as they are.
    pub(crate) async fn correct(
        &self,
        tx: &Tx,
        actor: &Actor,
        correct: CorrectLinks,
    ) -> Result<Reorganization> {
        self.access.require_everywhere(actor).await?;
        unit::store::hold_tree(&tx.db).await?;
        let before = find(&tx.db, &correct.id).await?;
        etag::check(&correct.etag, before.version)?;
        before.require_state(State::Applied)?;
        let units = unit::store::all(&tx.db).await?;
        let mut others = store::links_since(&tx.db, before.date).await?;
        others.retain(|it| it.reorganization != before.id);
        let (links, removed) = after(&units, &before, &correct.removed, &correct.added, &others)?;
        let mut corrected = before.clone();
        corrected.links = links;
        corrected.update_time = tx.now();
        corrected.version += 1;
        corrected.corrections.push(Correction {
            time: tx.now(),
            principal: actor.principal().name(),
            reason: correct.reason,
            removed,
            added: correct.added,
        });
        store::update(&tx.db, &corrected).await?;
        store::replace_links(&tx.db, &corrected).await?;
        tx.record(
            Action::Updated,
            &corrected.id.name(),
            Some(&before),
            Some(&corrected),
        )
        .await?;
        Ok(corrected)
    }
}

/// Returns the links after a correction, and those that go. `others` are the links of
/// everything else that was applied for the day or a later one.
pub(super) fn after(
    units: &Histories,
    before: &Reorganization,
    removed: &[Link],
    added: &[Link],
    others: &[DatedLink],
) -> Result<(Vec<Link>, Vec<Link>)> {
    let (mut links, gone) = without(&before.links, removed)?;
    links.extend(added.iter().cloned());
    let plan = Plan {
        links: added.to_vec(),
        ..before.plan()
    };
    let mut found = check_links(units, &Histories::new(), before.date, &links);
    found.extend(whole(units, before.date, &before.links, &links));
    found.extend(clash(others, &plan));
    if found.is_empty() {
        Ok((links, gone))
    } else {
        Err(first(found))
    }
}

/// Takes links out by their two units; returns what stays and what went.
fn without(links: &[Link], removed: &[Link]) -> Result<(Vec<Link>, Vec<Link>)> {
    let pair = |it: &Link| (it.predecessor.clone(), it.successor.clone());
    let out: BTreeSet<_> = removed.iter().map(pair).collect();
    let known: BTreeSet<_> = links.iter().map(pair).collect();
    if let Some((from, to)) = out.difference(&known).next() {
        let facts = [
            ("unit", from.name()),
            (
                "successor",
                to.as_ref().map(UnitId::name).unwrap_or_default(),
            ),
        ];
        return Err(Error::rule(&LINK_UNKNOWN, facts));
    }
    let (gone, stay) = links
        .iter()
        .cloned()
        .partition(|it| out.contains(&pair(it)));
    Ok((stay, gone))
}

/// A unit that ended still leads somewhere, and one that lives on still leads to itself.
fn whole(units: &Histories, day: NaiveDate, before: &[Link], after: &[Link]) -> Vec<Contradiction> {
    let date = || [("date", day.to_string())];
    let lives = |it: &UnitId| units.get(it).is_some_and(|it| it.validity.contains(day));
    let predecessors: BTreeSet<_> = after.iter().map(|it| &it.predecessor).collect();
    let to_itself: BTreeSet<_> = after
        .iter()
        .filter(|it| it.successor.as_ref() == Some(&it.predecessor))
        .map(|it| &it.predecessor)
        .collect();
    let living = predecessors
        .iter()
        .filter(|it| lives(it) && !to_itself.contains(*it))
        .map(|it| Contradiction::new(it, &LIVES_ON, date()));
    let ended: BTreeSet<_> = before.iter().map(|it| &it.predecessor).collect();
    let nowhere = ended
        .into_iter()
        .filter(|it| !lives(it) && !predecessors.contains(it))
        .map(|it| Contradiction::new(it, &LEADS_NOWHERE, date()));
    living.chain(nowhere).collect()
}
