//! What a batch of items does to the figures in force: judged beside them, in memory, so
//! that a dry run and a real one give the same answers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{Result, Tx, db::ledger::Action, etag};
use sea_orm::ConnectionTrait;
use types::ids::{Principal, ValueId};

use super::{
    IndicatorValue, Revision, Stage, check,
    ground::Ground,
    issue::{self, Issue, Severity},
    item::{Disposition, Entry, Item, Outcome},
    merge::merged,
    quantity_row, store,
};
use crate::{
    feed,
    reason::{ITEMS_CONTRADICT, ITEMS_MERGED, VALUE_CHANGED},
};

/// Most items of a contradiction that are named.
const NAMED: usize = 5;

/// What a batch changes.
#[derive(Debug, Default)]
pub(crate) struct Changes(pub(crate) Vec<Change>);

/// One figure, as it was and as it is now.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) before: Option<IndicatorValue>,
    pub(crate) after: Revision,
}

/// Who changes figures, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) now: DateTime<Utc>,
}

/// Judges items beside the figures in force and writes what they change. The sheets are
/// taken first, so that nothing changes in between.
pub(crate) async fn apply(
    db: &impl ConnectionTrait,
    by: By<'_>,
    items: Vec<Item>,
    ground: &Ground,
) -> Result<(Vec<Outcome>, Changes)> {
    let ids: BTreeSet<_> = items.iter().filter_map(|it| it.id.clone()).collect();
    let sheets = ids.iter().map(|it| (it.unit.clone(), it.period)).collect();
    store::take_turns(db, &sheets).await?;
    let known = store::find_many(db, &ids.iter().collect()).await?;
    let (outcomes, changes) = judge(by, items, ground, &known);
    let revisions: Vec<_> = changes.0.iter().map(|it| &it.after).collect();
    store::write(db, &revisions).await?;
    Ok((outcomes, changes))
}

/// Says what becomes of each item, each on its own.
fn judge(
    by: By<'_>,
    items: Vec<Item>,
    ground: &Ground,
    known: &BTreeMap<ValueId, IndicatorValue>,
) -> (Vec<Outcome>, Changes) {
    let mut outcomes = Vec::with_capacity(items.len());
    let mut entries = Vec::with_capacity(items.len());
    let mut places: BTreeMap<ValueId, Vec<usize>> = BTreeMap::new();
    for (place, item) in items.into_iter().enumerate() {
        let refusals = check::refusals(&item, by.principal, ground);
        let entry = item.entry.ok().filter(|_| refusals.is_empty());
        if let (Some(id), true) = (&item.id, entry.is_some()) {
            places.entry(id.clone()).or_default().push(place);
        }
        entries.push((item.path, entry));
        outcomes.push(Outcome {
            name: item.id,
            disposition: Disposition::Rejected,
            issues: refusals,
            current: None,
        });
    }
    let mut changes = Changes::default();
    for (id, places) in places {
        let Some(entry) = together(&places, &entries, &mut outcomes) else {
            continue;
        };
        // There is a first one: a place stands here because its item can be taken.
        let first = places[0];
        let (path, outcome) = (&entries[first].0, &mut outcomes[first]);
        changes.take(by, id, entry, known, path, outcome);
    }
    (outcomes, changes)
}

/// Returns what all items about one figure say together. When they contradict each other
/// all of them are refused: nobody but the sender knows which is right.
fn together(
    places: &[usize],
    entries: &[(String, Option<Entry>)],
    outcomes: &mut [Outcome],
) -> Option<Entry> {
    let mut said = places.iter().filter_map(|it| entries[*it].1.as_ref());
    let first = said.next()?.clone();
    let entry = said.try_fold(first, |entry, other| merged(&entry, other));
    let is_merged = entry.is_some();
    let path = |place: usize| entries[place].0.clone();
    for place in places {
        let others = places.iter().filter(|it| *it != place).copied();
        let others: Vec<_> = others.take(NAMED).map(path).collect();
        if is_merged && *place == places[0] || others.is_empty() {
            continue;
        }
        let facts = [("fields", others.join(", ")), ("field", path(places[0]))];
        let (severity, reason) = if is_merged {
            outcomes[*place].disposition = Disposition::Unchanged;
            (Severity::Info, &ITEMS_MERGED)
        } else {
            (Severity::Error, &ITEMS_CONTRADICT)
        };
        let issue = Issue::new(severity, reason, path(*place), &facts);
        outcomes[*place].issues.push(issue);
    }
    entry
}

impl Changes {
    /// Takes a figure that was sent beside the one in force, and notes what it does.
    fn take(
        &mut self,
        by: By<'_>,
        id: ValueId,
        entry: Entry,
        known: &BTreeMap<ValueId, IndicatorValue>,
        path: &str,
        outcome: &mut Outcome,
    ) {
        let before = known.get(&id);
        let warnings = issue::of_quantity(&entry.quantity, &format!("{path}.quantity"));
        outcome.issues.extend(warnings);
        if before.is_some_and(|it| it.says(&entry)) {
            outcome.disposition = Disposition::Unchanged;
            return;
        }
        let current_etag = before.map(|it| etag::of(it.revision)).unwrap_or_default();
        if !entry.etag.is_empty() && entry.etag != current_etag {
            let facts = [("name", id.name()), ("current_etag", current_etag)];
            let field = format!("{path}.etag");
            outcome.issues = vec![Issue::new(Severity::Error, &VALUE_CHANGED, field, &facts)];
            outcome.current = before.cloned();
            return;
        }
        outcome.disposition = match before {
            Some(_) => Disposition::Updated,
            None => Disposition::Created,
        };
        let value = IndicatorValue {
            id,
            quantity: entry.quantity,
            note: entry.note,
            source: entry.source,
            principal: by.principal.clone(),
            revision: before.map_or(1, |it| it.revision + 1),
            create_time: before.map_or(by.now, |it| it.create_time),
            update_time: by.now,
            stage: Stage {
                submitted_revision: before.and_then(|it| it.stage.submitted_revision),
                ..Stage::default()
            },
        };
        // The first version takes the place of nothing, so it has no reason.
        let reason = before.map(|_| entry.reason).unwrap_or_default();
        self.0.push(Change {
            before: before.cloned(),
            after: Revision { value, reason },
        });
    }

    /// Tells those who keep figures in memory what changed. The last thing before the
    /// commit: everybody else who writes figures waits from here on.
    pub(crate) async fn tell(&self, tx: &Tx) -> Result<()> {
        let ids = self.0.iter().map(|it| &it.after.value.id);
        let sheets = ids.map(|it| (&it.unit, it.period)).collect();
        feed::append(&tx.db, &sheets, tx.now()).await
    }

    /// Enters the changes of one sheet into the ledger: two entries at most, because one
    /// for each figure would cost more than writing the figures.
    pub(super) async fn record(&self, tx: &Tx, sheet: &store::Sheet) -> Result<()> {
        let sheet = format!("indicators/-/values/{}.{}", sheet.0.as_str(), sheet.1);
        let (updated, created): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|it| it.before.is_some());
        let after = |some: &[&Change]| -> Vec<IndicatorValue> {
            some.iter().map(|it| it.after.value.clone()).collect()
        };
        if !created.is_empty() {
            tx.record(Action::Created, &sheet, None, Some(&after(&created)))
                .await?;
        }
        if !updated.is_empty() {
            let before = updated.iter().filter_map(|it| it.before.clone()).collect();
            tx.record(
                Action::Updated,
                &sheet,
                Some(&before),
                Some(&after(&updated)),
            )
            .await?;
        }
        Ok(())
    }
}

impl IndicatorValue {
    /// Says whether the figure is already what was sent, to the last written digit. When
    /// the other system looked again and saw the same, nothing has changed.
    fn says(&self, entry: &Entry) -> bool {
        let (ours, sent) = (&self.source, &entry.source);
        quantity_row::same_as_written(&self.quantity, &entry.quantity)
            && self.note == entry.note
            && ours.kind == sent.kind
            && ours.resource == sent.resource
            && ours.external_id == sent.external_id
    }
}

#[cfg(test)]
mod tests;
