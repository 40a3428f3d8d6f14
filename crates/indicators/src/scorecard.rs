//! Scoring units by a criteria set for a period: from figures and verified scores to points,
//! grades and places.
//!
//! A scorecard is computed as often as needed until it is published; then nothing in it
//! changes again. What a unit gives itself is a claim: it counts when it is verified, by the
//! unit the set names, and never by who entered it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    decimal::Decimal,
    document_number::DocumentNumber,
    ids::{Principal, ScorecardId, UnitId},
    period::Period,
};

use crate::{
    criteria_set::{Content, RevisionId, store as criteria_sets},
    ranking::Ranking,
    reason::{RESULTS_NOT_VERIFIED, SCORES_OUTDATED, STATE_NOT_ALLOWED},
};

mod change;
mod compute;
pub(crate) mod entry;
mod opening;
pub(crate) mod outcome;
mod result;
mod result_wire;
pub(crate) mod rpc;
mod scoring;
mod store;
mod wire;

use entry::Entries;
use outcome::{Outcome, Weights};

/// The scores of units for a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Scorecard {
    id: ScorecardId,
    display_name: String,
    owner_unit: UnitId,
    period: Period,
    revision: RevisionId,
    /// Below which unit those that are scored were found; none when they were named.
    scope_unit: Option<UnitId>,
    previous: Option<ScorecardId>,
    document_number: Option<DocumentNumber>,
    state: State,
    counts: Counts,
    compute_time: Option<DateTime<Utc>>,
    published: Option<Published>,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
    version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum State {
    Draft,
    Computed,
    Published,
}

/// How many units are scored, have a place, and lack scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Counts {
    units: i64,
    ranked: i64,
    incomplete: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Published {
    publisher: Principal,
    time: DateTime<Utc>,
}

/// What one unit has earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnitResult {
    scorecard: ScorecardId,
    unit: UnitId,
    /// Where it stands in the list, from 0.
    place: i64,
    state: ResultState,
    entries: Entries,
    /// Nothing before it is computed.
    outcome: Option<Outcome>,
    update_time: DateTime<Utc>,
    version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum ResultState {
    Draft,
    Submitted,
    Verified,
}

/// Opens a scorecard.
#[derive(Debug)]
pub(crate) struct CreateScorecard {
    id: ScorecardId,
    display_name: String,
    owner_unit: UnitId,
    period: Period,
    revision: RevisionId,
    who: Who,
    previous: Option<ScorecardId>,
    document_number: Option<DocumentNumber>,
}

/// Which units are scored.
#[derive(Debug)]
enum Who {
    Units(Vec<UnitId>),
    Below(UnitId),
}

/// Changes one scorecard as a whole.
#[derive(Debug)]
pub(crate) struct Step {
    id: ScorecardId,
    etag: String,
}

/// Asks what would be.
#[derive(Debug)]
pub(crate) struct TryScorecard {
    id: ScorecardId,
    weights: Weights,
    ranking: Option<Ranking>,
}

/// Asks for the scorecards of a unit.
#[derive(Debug)]
pub(crate) struct ListScorecards {
    owner_unit: UnitId,
    page_size: i32,
    page_token: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Scorecards {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Scorecards {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Reads one scorecard.
    pub(crate) async fn get(&self, actor: &Actor, id: &ScorecardId) -> Result<Scorecard> {
        self.found(actor, store::find(self.db.reader(), id).await?, id)
            .await
    }

    /// Lists the scorecards of a unit by name.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListScorecards,
    ) -> Result<(Vec<Scorecard>, String)> {
        self.access.require(actor, &list.owner_unit).await?;
        let what = format!("scorecards {}", list.owner_unit);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let db = self.db.reader();
        let found = store::list(db, &list.owner_unit, page.after(), page.limit()).await?;
        page.close(found, |it| it.id.as_str().to_owned())
    }

    /// Computes everything out of the figures there are now and what was verified.
    pub(crate) async fn compute(&self, tx: &Tx, actor: &Actor, step: Step) -> Result<Scorecard> {
        let before = self.locked(tx, actor, &step.id).await?;
        etag::check(&step.etag, before.version)?;
        before.is_not_published()?;
        let content = content(&tx.db, &before).await?;
        let results = store::results(&tx.db, &before.id).await?;
        let outcomes = self
            .outcomes(&tx.db, &before, &content, &results, &Weights::new(), None)
            .await?;
        let earlier: BTreeMap<_, _> = results
            .iter()
            .map(|it| (it.unit.clone(), it.clone()))
            .collect();
        let results = placed(results, outcomes);
        for result in &results {
            // Who reads one that came out the same may go on with it.
            if earlier.get(&result.unit) != Some(result) {
                store::update_result(&tx.db, &result.touched(tx.now())).await?;
            }
        }
        let summary: Vec<_> = results.iter().map(UnitResult::summary).collect();
        let name = format!("{}/results", before.id);
        tx.record(Action::Updated, &name, None, Some(&summary))
            .await?;
        let after = Scorecard {
            state: State::Computed,
            counts: counted(&results),
            compute_time: Some(tx.now()),
            ..before.touched(tx.now())
        };
        self.move_on(tx, &before, &after).await?;
        Ok(after)
    }

    /// Freezes what was computed, when it still is what figures and verification give.
    pub(crate) async fn publish(&self, tx: &Tx, actor: &Actor, step: Step) -> Result<Scorecard> {
        let before = self.locked(tx, actor, &step.id).await?;
        etag::check(&step.etag, before.version)?;
        if before.state != State::Computed {
            return Err(before.not_allowed("COMPUTED"));
        }
        let results = store::results(&tx.db, &before.id).await?;
        let waiting = results
            .iter()
            .filter(|it| it.state == ResultState::Submitted);
        let waiting = named(waiting);
        if !waiting.is_empty() {
            return Err(Error::rule(&RESULTS_NOT_VERIFIED, [("units", waiting)]));
        }
        let content = content(&tx.db, &before).await?;
        let outcomes = self
            .outcomes(&tx.db, &before, &content, &results, &Weights::new(), None)
            .await?;
        let pairs = results.iter().zip(&outcomes);
        let changed = pairs.filter(|(result, now)| result.outcome.as_ref() != Some(now));
        let changed = named(changed.map(|(result, _)| result));
        if !changed.is_empty() {
            let facts = [("name", before.id.name()), ("units", changed)];
            return Err(Error::rule(&SCORES_OUTDATED, facts));
        }
        let after = Scorecard {
            state: State::Published,
            published: Some(Published {
                publisher: actor.principal().clone(),
                time: tx.now(),
            }),
            ..before.touched(tx.now())
        };
        self.move_on(tx, &before, &after).await?;
        Ok(after)
    }

    /// Says what would be under other maxima or another ranking; keeps nothing.
    pub(crate) async fn try_out(
        &self,
        actor: &Actor,
        attempt: TryScorecard,
    ) -> Result<Vec<UnitResult>> {
        let scorecard = self.get(actor, &attempt.id).await?;
        let db = self.db.reader();
        let content = content(db, &scorecard).await?;
        wire::weights_fit(&content, &attempt.weights)?;
        let results = store::results(db, &scorecard.id).await?;
        let outcomes = self
            .outcomes(
                db,
                &scorecard,
                &content,
                &results,
                &attempt.weights,
                attempt.ranking,
            )
            .await?;
        let mut results = placed(results, outcomes);
        results.sort_by_key(|it| it.place);
        Ok(results)
    }

    async fn move_on(&self, tx: &Tx, before: &Scorecard, after: &Scorecard) -> Result<()> {
        store::update(&tx.db, after).await?;
        tx.record(Action::Moved, &after.id.name(), Some(before), Some(after))
            .await
    }

    /// Returns a scorecard whom nobody else changes until the end of the transaction, for who
    /// may do so for the unit that scores.
    async fn locked(&self, tx: &Tx, actor: &Actor, id: &ScorecardId) -> Result<Scorecard> {
        tx.lock(&id.name()).await?;
        self.found(actor, store::find(&tx.db, id).await?, id).await
    }

    async fn found(
        &self,
        actor: &Actor,
        found: Option<Scorecard>,
        id: &ScorecardId,
    ) -> Result<Scorecard> {
        let Some(found) = found else {
            let missing = Error::not_found("SCORECARD", id);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access.require(actor, &found.owner_unit).await?;
        Ok(found)
    }
}

/// Returns the set as it was published that a scorecard scores by.
async fn content(db: &impl sea_orm::ConnectionTrait, scorecard: &Scorecard) -> Result<Content> {
    let found = criteria_sets::find_revision(db, &scorecard.revision).await?;
    let found = found.ok_or_else(|| Error::internal("a published revision is gone"))?;
    Ok(found.content)
}

/// Gives each result its outcome and its place in the list: by rank, then by unit; those
/// without a place last.
fn placed(results: Vec<UnitResult>, outcomes: Vec<Outcome>) -> Vec<UnitResult> {
    let pairs = results.into_iter().zip(outcomes);
    let mut results: Vec<_> = pairs
        .map(|(result, outcome)| UnitResult {
            outcome: Some(outcome),
            ..result
        })
        .collect();
    results.sort_by(|one, other| {
        let key = |it: &UnitResult| (it.rank().unwrap_or(usize::MAX), it.unit.as_str().to_owned());
        key(one).cmp(&key(other))
    });
    for (place, result) in (0..).zip(&mut results) {
        result.place = place;
    }
    results
}

fn counted(results: &[UnitResult]) -> Counts {
    let count = |is: &dyn Fn(&Outcome) -> bool| {
        let outcomes = results.iter().filter_map(|it| it.outcome.as_ref());
        i64::try_from(outcomes.filter(|it| is(it)).count()).unwrap_or(i64::MAX)
    };
    Counts {
        units: count(&|_| true),
        ranked: count(&|it| it.place.is_some()),
        incomplete: count(&|it| it.missing > 0),
    }
}

fn named<'a>(results: impl Iterator<Item = &'a UnitResult>) -> String {
    const SHOWN: usize = 10;
    let names: Vec<_> = results.map(|it| format!("`{}`", it.unit)).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} (+{more})", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

impl UnitResult {
    fn name(&self) -> String {
        format!("{}/results/{}", self.scorecard, self.unit.as_str())
    }

    /// Returns what the ledger keeps of each result when all are computed.
    fn summary(&self) -> Option<(&UnitId, Decimal, Decimal, Option<usize>)> {
        let outcome = self.outcome.as_ref()?;
        Some((&self.unit, outcome.points, outcome.maximum, self.rank()))
    }

    fn rank(&self) -> Option<usize> {
        let place = self.outcome.as_ref()?.place;
        place.map(|it| it.rank)
    }

    fn touched(&self, now: DateTime<Utc>) -> Self {
        Self {
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

impl Scorecard {
    fn touched(&self, now: DateTime<Utc>) -> Self {
        Self {
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }

    fn is_not_published(&self) -> Result<()> {
        match self.state {
            State::Published => Err(self.not_allowed("DRAFT, COMPUTED")),
            State::Draft | State::Computed => Ok(()),
        }
    }

    fn not_allowed(&self, allowed_states: &str) -> Error {
        let state = match self.state {
            State::Draft => "DRAFT",
            State::Computed => "COMPUTED",
            State::Published => "PUBLISHED",
        };
        let facts = [
            ("name", self.id.name()),
            ("state", state.to_owned()),
            ("allowed_states", allowed_states.to_owned()),
        ];
        Error::rule(&STATE_NOT_ALLOWED, facts)
    }
}
