//! What a batch of items does to the figures in force: judged beside them, in memory, so
//! that a dry run and a real one give the same answers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kit::{Reason, Result, Tx, db::ledger::Action, etag};
use sea_orm::ConnectionTrait;
use types::{
    ids::{Breakdown, IndicatorId, Principal, UnitId, ValueId},
    period::Period,
};

use super::{
    IndicatorValue, Revision, Shown, Stage, check,
    ground::Ground,
    issue::{self, Issue, Severity},
    item::{Disposition, Entry, Item, Outcome},
    merge::merged,
    quantity_row, store,
};
use crate::{
    evidence, feed,
    indicator::{CollectionMode, Manner},
    reason::{
        ITEMS_CONTRADICT, ITEMS_MERGED, RATIO_PARTS_MISSING, REASON_REQUIRED, VALUE_CHANGED,
        VALUE_LOCKED,
    },
};

/// Facts of the text of a reason.
type Facts = Vec<(&'static str, String)>;

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

/// An item with everything it is refused for before it is laid beside the figure in force.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) item: Item,
    refusals: Vec<Issue>,
    manner: Manner,
    /// Whether a figure without evidence is told of.
    needs_evidence: bool,
    /// Whether it stands beside a computed figure.
    is_beside: bool,
}

impl Checked {
    pub(crate) fn new(item: Item, principal: &Principal, ground: &Ground) -> Self {
        let refusals = check::refusals(&item, principal, ground);
        let (manner, needs_evidence) = check::looked_at(&item, ground);
        let is_beside = is_beside(&item, ground);
        Self {
            item,
            refusals,
            manner,
            needs_evidence,
            is_beside,
        }
    }

    /// The figure it sets, if it can be taken so far.
    fn figure(&self) -> Option<&ValueId> {
        let is_good = self.refusals.is_empty() && self.item.entry.is_ok();
        self.item.id.as_ref().filter(|_| is_good)
    }
}

/// Says whether the figure of an item is computed, so that the item is what was published.
fn is_beside(item: &Item, ground: &Ground) -> bool {
    let id = item.id.as_ref();
    let definition = id.and_then(|it| ground.definitions.for_period(&it.indicator, &it.period));
    definition.is_some_and(|it| it.details.collection == CollectionMode::Derived)
}

/// Judges items beside the figures in force. Their sheets are taken first, so that nothing
/// changes until what they change is written. Batches follow each other as if each had been
/// written before the next.
pub(crate) async fn decide(
    db: &impl ConnectionTrait,
    by: By<'_>,
    batches: Vec<Vec<Checked>>,
) -> Result<(Vec<Outcome>, Changes)> {
    let mut figures: Vec<_> = batches
        .iter()
        .flatten()
        .filter_map(Checked::figure)
        .collect();
    figures.sort_by(|one, other| in_table(one).cmp(&in_table(other)));
    figures.dedup();
    let mut sheets: Vec<_> = figures.iter().map(|it| (&it.unit, it.period)).collect();
    sheets.dedup();
    let there = store::take_turns(db, &sheets).await?;
    figures.retain(|it| {
        let periods = there.get(&it.unit);
        periods.is_some_and(|periods| periods.contains(&it.period))
    });
    let known = store::find_many(db, &figures).await?;
    Ok(judge(by, batches, &known))
}

/// Where an item stands among all, in which batch, and how its figure is looked at.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: usize,
    batch: usize,
    manner: Manner,
    needs_evidence: bool,
    is_beside: bool,
}

/// An item that can be taken: where it was sent, and what it says.
type Said = (String, Option<Entry>);

/// Says what becomes of each item, each on its own. Changes come in the order in which the
/// figures lie in their table.
fn judge(
    by: By<'_>,
    batches: Vec<Vec<Checked>>,
    known: &HashMap<ValueId, IndicatorValue>,
) -> (Vec<Outcome>, Changes) {
    let count = batches.iter().map(Vec::len).sum();
    let (mut ids, mut said) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut outcomes, mut places) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (batch, items) in batches.into_iter().enumerate() {
        for checked in items {
            if checked.figure().is_some() {
                places.push(Place {
                    at: ids.len(),
                    batch,
                    manner: checked.manner,
                    needs_evidence: checked.needs_evidence,
                    is_beside: checked.is_beside,
                });
            }
            let item = checked.item;
            ids.push(item.id);
            said.push((item.path, item.entry.ok()));
            outcomes.push(Outcome {
                name: None,
                disposition: Disposition::Rejected,
                issues: checked.refusals,
                current: None,
            });
        }
    }
    let figure = |it: &Place| ids[it.at].as_ref();
    let in_table = |it: &Place| figure(it).map(in_table);
    // Items of one figure stay in the order in which they came.
    places.sort_by(|one, other| in_table(one).cmp(&in_table(other)));
    let mut changes = Changes::default();
    for of_figure in places.chunk_by(|one, next| figure(one) == figure(next)) {
        // There is a first one, and a figure: it stands here because it can be taken.
        let Some(id) = figure(&of_figure[0]) else {
            continue;
        };
        let before = known.get(id);
        let first_change = changes.0.len();
        for of_batch in of_figure.chunk_by(|one, next| one.batch == next.batch) {
            let Some(entry) = together(of_batch, &mut said, &mut outcomes) else {
                continue;
            };
            let first = of_batch[0].at;
            let (path, outcome) = (&said[first].0, &mut outcomes[first]);
            if of_batch[0].needs_evidence {
                let field = format!("{path}.evidence");
                let unproved =
                    issue::without_evidence(id, &entry.quantity, &entry.evidence, &field);
                outcome.issues.extend(unproved);
            }
            // What an earlier batch wrote is in force for this one.
            let written = changes.0[first_change..].last();
            let before = written.map(|it| &it.after.value).or(before);
            let manner = of_batch[0].manner;
            let change = take((by, manner), id, entry, before, path, outcome);
            if of_batch[0].is_beside {
                // The numbers are computed: nobody misses them.
                let missing = RATIO_PARTS_MISSING.code;
                outcome.issues.retain(|it| it.code != missing);
            }
            changes.0.extend(change);
        }
    }
    for (outcome, id) in outcomes.iter_mut().zip(ids) {
        outcome.name = id;
    }
    (outcomes, changes)
}

/// Returns what all items of a batch about one figure say together. When they contradict
/// each other all of them are refused: nobody but the sender knows which is right.
fn together(places: &[Place], said: &mut [Said], outcomes: &mut [Outcome]) -> Option<Entry> {
    if let [alone] = places {
        return said[alone.at].1.take();
    }
    let mut entries = places.iter().filter_map(|it| said[it.at].1.as_ref());
    let first = entries.next()?.clone();
    let entry = entries.try_fold(first, |entry, other| merged(&entry, other));
    let is_merged = entry.is_some();
    let path = |place: &Place| said[place.at].0.clone();
    let first = &places[0];
    for place in places {
        if is_merged && place.at == first.at {
            continue;
        }
        let others = places.iter().filter(|it| it.at != place.at);
        let others: Vec<_> = others.take(NAMED).map(path).collect();
        let facts = [("fields", others.join(", ")), ("field", path(first))];
        let (severity, reason) = if is_merged {
            outcomes[place.at].disposition = Disposition::Unchanged;
            (Severity::Info, &ITEMS_MERGED)
        } else {
            (Severity::Error, &ITEMS_CONTRADICT)
        };
        let issue = Issue::new(severity, reason, path(place), &facts);
        outcomes[place.at].issues.push(issue);
    }
    entry
}

/// Where a figure lies among the rows of its table.
fn in_table(id: &ValueId) -> (&UnitId, Period, &IndicatorId, Option<&Breakdown>) {
    (&id.unit, id.period, &id.indicator, id.breakdown.as_ref())
}

/// Takes a figure that was sent beside the one in force, and says what it changes.
fn take(
    (by, manner): (By<'_>, Manner),
    id: &ValueId,
    entry: Entry,
    before: Option<&IndicatorValue>,
    path: &str,
    outcome: &mut Outcome,
) -> Option<Change> {
    let shown = |value: IndicatorValue| Shown { value, manner };
    let warnings = issue::of_quantity(&entry.quantity, &format!("{path}.quantity"), manner);
    outcome.issues.extend(warnings);
    if before.is_some_and(|it| it.says(&entry)) {
        outcome.disposition = Disposition::Unchanged;
        return None;
    }
    if let Some(before) = before
        && let Some((reason, field, facts)) = before.kept_from(&entry)
    {
        let field = format!("{path}{field}");
        outcome.issues = vec![Issue::new(Severity::Error, reason, field, &facts)];
        outcome.current = Some(shown(before.clone()));
        return None;
    }
    let current_etag = before.map(|it| etag::of(it.revision)).unwrap_or_default();
    if !entry.etag.is_empty() && entry.etag != current_etag {
        let facts = [("name", id.name()), ("current_etag", current_etag)];
        let field = format!("{path}.etag");
        outcome.issues = vec![Issue::new(Severity::Error, &VALUE_CHANGED, field, &facts)];
        outcome.current = before.cloned().map(shown);
        return None;
    }
    outcome.disposition = match before {
        Some(_) => Disposition::Updated,
        None => Disposition::Created,
    };
    let value = IndicatorValue {
        id: id.clone(),
        quantity: entry.quantity,
        note: entry.note,
        evidence: entry.evidence,
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
    Some(Change {
        before: before.cloned(),
        after: Revision { value, reason },
    })
}

impl Changes {
    /// Writes the figures, each with its version.
    pub(crate) async fn write(&self, db: &impl ConnectionTrait) -> Result<()> {
        let revisions: Vec<_> = self.0.iter().map(|it| &it.after).collect();
        store::write(db, &revisions).await
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
    /// Returns what keeps the figure from being changed: a submission that pins it, or that it
    /// was submitted once and nobody says why it changes. With the field it is told of.
    fn kept_from(&self, entry: &Entry) -> Option<(&'static Reason, &'static str, Facts)> {
        let name = ("name", self.id.name());
        if let Some(submission) = &self.stage.locked_by {
            let facts = vec![name, ("locked_by", submission.clone())];
            return Some((&VALUE_LOCKED, "", facts));
        }
        let was_submitted = self.stage.submitted_revision.is_some();
        let is_unsaid = was_submitted && entry.reason.is_empty();
        is_unsaid.then(|| (&REASON_REQUIRED, ".reason", vec![name]))
    }

    /// Says whether the figure is already what was sent, to the last written digit. When
    /// the other system looked again and saw the same, nothing has changed.
    fn says(&self, entry: &Entry) -> bool {
        let (ours, sent) = (&self.source, &entry.source);
        quantity_row::same_as_written(&self.quantity, &entry.quantity)
            && self.note == entry.note
            && evidence::same(&self.evidence, &entry.evidence)
            && ours.kind == sent.kind
            && ours.resource == sent.resource
            && ours.external_id == sent.external_id
    }
}

#[cfg(test)]
mod tests;
