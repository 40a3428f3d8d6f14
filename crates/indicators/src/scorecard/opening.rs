//! Opening a scorecard: which units are scored is decided once, then.

use std::collections::BTreeSet;

use kit::{Actor, Error, Result, Tx, db::ledger::Action};
use sea_orm::ConnectionTrait;
use types::{
    ids::{ScorecardId, UnitId},
    period::WindowRule,
    validity::Validity,
    violations::Invalid,
};

use super::{
    Counts, CreateScorecard, Entries, ResultState, Scorecard, Scorecards, State, UnitResult, Who,
    store,
};
use crate::{
    criteria_set::{Revision, store as criteria_sets, wire::LEVELS},
    reason::PREVIOUS_SCORECARD_UNFIT,
};

/// The most units of one scorecard.
pub(super) const MOST_UNITS: usize = 1000;

/// The units that are scored, and by what.
#[derive(Debug)]
pub(crate) struct Prepared {
    units: Vec<UnitId>,
}

impl Scorecards {
    /// Finds the units that are scored, before the change begins: the directory is asked.
    pub(crate) async fn before_create(
        &self,
        actor: &Actor,
        new: &CreateScorecard,
    ) -> Result<Prepared> {
        self.access.require(actor, &new.owner_unit).await?;
        let db = self.db.reader();
        let revision = revision_of(db, new).await?;
        let days = days_of(new);
        let (units, field) = match &new.who {
            Who::Units(units) => (units.clone(), "scorecard.units"),
            Who::Below(scope) => {
                let kinds = revision.content.levels.iter();
                let kinds = kinds.filter_map(|level| {
                    let found = LEVELS.iter().find(|(it, _)| it == level);
                    found.map(|(_, kind)| *kind)
                });
                let kinds: Vec<_> = kinds.collect();
                let day = days.end().and_then(|it| it.pred_opt());
                let day = day.unwrap_or_else(|| days.start());
                self.access.require_subtree(actor, Some(scope)).await?;
                let units = self.access.units_of_kinds(scope, &kinds, day).await?;
                (units, "scorecard.scope_unit")
            }
        };
        let units: BTreeSet<UnitId> = units.into_iter().collect();
        let units: Vec<_> = units.into_iter().collect();
        let mut bad = Invalid::default();
        if units.is_empty() {
            bad.add(
                field,
                "NOTHING_TO_SCORE",
                "no unit of the level the set is for stands below it in the period",
                "không có đơn vị nào thuộc cấp áp dụng của bộ tiêu chí trong kỳ",
            );
        }
        bad.at_most(field, units.len(), MOST_UNITS);
        bad.check()?;
        self.may_be_scored(actor, &units, days, field).await?;
        Ok(Prepared { units })
    }

    /// Requires the right over every unit, and that it exists in the period.
    async fn may_be_scored(
        &self,
        actor: &Actor,
        units: &[UnitId],
        days: Validity,
        field: &str,
    ) -> Result<()> {
        let asked: Vec<_> = units.iter().collect();
        let permitted = self.access.permitted(actor, &asked).await?;
        let known = self.access.unit_days(actor, &asked).await?;
        let mut bad = Invalid::default();
        for ((unit, is_permitted), exists) in units.iter().zip(permitted).zip(known) {
            if !is_permitted {
                bad.add(
                    field,
                    "UNIT_NOT_PERMITTED",
                    format!("you may not score `{unit}`, or it does not exist"),
                    format!("không có quyền chấm điểm `{unit}`, hoặc đơn vị không tồn tại"),
                );
            } else if !exists.is_some_and(|it| it.overlaps(&days)) {
                bad.add(
                    field,
                    "UNIT_NOT_IN_FORCE",
                    format!("`{unit}` does not exist in the period"),
                    format!("`{unit}` không tồn tại trong kỳ"),
                );
            }
        }
        bad.check()?;
        Ok(())
    }

    /// Opens a scorecard, with an empty result for each unit.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateScorecard,
        prepared: Prepared,
    ) -> Result<Scorecard> {
        self.access.require(actor, &new.owner_unit).await?;
        let (scope_unit, units) = match new.who {
            Who::Below(scope) => (Some(scope), prepared.units),
            Who::Units(_) => (None, prepared.units),
        };
        let scorecard = Scorecard {
            id: new.id,
            display_name: new.display_name,
            owner_unit: new.owner_unit,
            period: new.period,
            revision: new.revision,
            scope_unit,
            previous: new.previous,
            document_number: new.document_number,
            state: State::Draft,
            counts: Counts {
                units: i64::try_from(units.len()).unwrap_or(i64::MAX),
                ..Counts::default()
            },
            compute_time: None,
            published: None,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        if let Some(previous) = &scorecard.previous {
            goes_before(&tx.db, &scorecard, previous).await?;
        }
        store::insert(&tx.db, &scorecard).await?;
        let results = units.into_iter().zip(0..).map(|(unit, place)| UnitResult {
            scorecard: scorecard.id.clone(),
            unit,
            place,
            state: ResultState::Draft,
            entries: Entries::default(),
            outcome: None,
            update_time: tx.now(),
            version: 1,
        });
        let results: Vec<_> = results.collect();
        store::insert_results(&tx.db, &results).await?;
        let name = scorecard.id.name();
        tx.record(Action::Created, &name, None, Some(&(&scorecard, &results)))
            .await?;
        Ok(scorecard)
    }
}

async fn revision_of(db: &impl ConnectionTrait, new: &CreateScorecard) -> Result<Revision> {
    let found = criteria_sets::find_revision(db, &new.revision).await?;
    let name = || new.revision.name();
    found.ok_or_else(|| Error::reference("scorecard.criteria_set_revision", name()))
}

/// Returns the days the period usually counts.
fn days_of(new: &CreateScorecard) -> Validity {
    let window = WindowRule::decree_09_2019().window(new.period);
    window.unwrap_or_else(|_| new.period.calendar())
}

/// Places are compared with those of an earlier period, by the same set.
pub(super) async fn goes_before(
    db: &impl ConnectionTrait,
    now: &Scorecard,
    previous: &ScorecardId,
) -> Result<()> {
    let found = store::find(db, previous).await?;
    let fits = found.is_some_and(|it| {
        it.state == State::Published
            && it.revision.set == now.revision.set
            && it.owner_unit == now.owner_unit
            && it.period < now.period
    });
    if fits {
        return Ok(());
    }
    let facts = [("name", previous.name())];
    Err(Error::rule(&PREVIOUS_SCORECARD_UNFIT, facts))
}
