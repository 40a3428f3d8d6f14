//! Gathering what a scorecard is computed from: a few questions, however many units there are.

use std::collections::{BTreeMap, BTreeSet};

use kit::Result;
use sea_orm::ConnectionTrait;
use types::{
    ids::{IndicatorId, ScorecardId, UnitId},
    period::Period,
    quantity::Style,
};

use super::{
    Scorecard, Scorecards, UnitResult,
    outcome::{Outcome, Previous, Scorer, Weights},
    scoring::{Figures, Known, Remark, facts_of},
    store,
};
use crate::{
    criteria_set::{Content, content::Criterion},
    formula::derive::{Asked, asked, derive, with_inputs},
    indicator::{
        ValueKind,
        continuity::{Break, break_between},
        standing::Published,
    },
    ranking::Ranking,
    reason::NOT_COMPARABLE,
    value,
};

/// Units whose figures one question asks for.
const UNITS_PER_QUESTION: usize = 200;

type Cell = (IndicatorId, Period);

impl Scorecards {
    /// Computes the outcomes of results, in their order.
    pub(super) async fn outcomes(
        &self,
        db: &impl ConnectionTrait,
        scorecard: &Scorecard,
        content: &Content,
        results: &[UnitResult],
        weights: &Weights,
        ranking: Option<Ranking>,
    ) -> Result<Vec<Outcome>> {
        let needed = Needed::of(db, content, scorecard.period).await?;
        let units: Vec<_> = results.iter().map(|it| &it.unit).collect();
        let mut known = reported(db, &needed, &units).await?;
        for unit in &units {
            let figures = known.entry((*unit).clone()).or_default();
            compute_derived(db, &needed, unit, figures).await?;
        }
        let previous = match &scorecard.previous {
            Some(previous) => needed.previous(db, previous, scorecard.period).await?,
            None => Previous::default(),
        };
        let scored: Vec<_> = results
            .iter()
            .map(|it| {
                let figures = Figures {
                    unit: &it.unit,
                    period: scorecard.period,
                    kinds: &needed.kinds,
                    styles: &needed.styles,
                    breaks: &needed.breaks,
                    known: known.remove(&it.unit).unwrap_or_default(),
                };
                (&it.unit, figures, &it.entries)
            })
            .collect();
        let scorer = Scorer::new(content, weights, ranking.unwrap_or(content.ranking));
        Ok(scorer.score(&scored, &previous))
    }
}

/// The figures a set takes.
struct Needed {
    cells: BTreeSet<Cell>,
    /// Kinds of those whose indicator is in force for the period.
    kinds: BTreeMap<Cell, ValueKind>,
    styles: BTreeMap<Cell, Style>,
    derived: BTreeMap<Cell, Asked>,
    /// With everything that formulas lead to.
    published: BTreeMap<IndicatorId, Published>,
    /// Earlier figures that those of the period do not go on with.
    breaks: BTreeMap<Cell, Break>,
}

impl Needed {
    async fn of(db: &impl ConnectionTrait, content: &Content, period: Period) -> Result<Self> {
        let mut cells = Vec::new();
        let rules = content.criteria.iter().filter_map(Criterion::rule);
        rules.for_each(|it| it.takes(period, &mut cells));
        let cells: BTreeSet<Cell> = cells.into_iter().collect();
        let ids: BTreeSet<_> = cells.iter().map(|(id, _)| id.clone()).collect();
        let published = with_inputs(db, &ids).await?;
        let (mut kinds, mut derived) = (BTreeMap::new(), BTreeMap::new());
        let (mut breaks, mut styles) = (BTreeMap::new(), BTreeMap::new());
        for cell in &cells {
            if let Some(why) = break_between(&published, &cell.0, &cell.1, &period) {
                breaks.insert(cell.clone(), why);
            }
            let Some(published) = published.get(&cell.0) else {
                continue;
            };
            if let Some(revision) = published.for_period(&cell.1) {
                kinds.insert(cell.clone(), revision.definition.value_kind);
                styles.insert(cell.clone(), revision.definition.manner().style);
            }
            if let Some(asked) = asked(published, &cell.1) {
                derived.insert(cell.clone(), asked);
            }
        }
        Ok(Self {
            cells,
            kinds,
            styles,
            derived,
            published,
            breaks,
        })
    }

    /// Returns the places of an earlier scorecard. They are not compared with those of now
    /// when a figure that is scored does not go on with the one of then.
    async fn previous(
        &self,
        db: &impl ConnectionTrait,
        previous: &ScorecardId,
        period: Period,
    ) -> Result<Previous> {
        let ranks = ranks(db, previous).await?;
        let earlier = store::find(db, previous).await?.map(|it| it.period);
        let not_comparable = earlier.and_then(|earlier| {
            let scored = self.cells.iter().filter(|(_, it)| *it == period);
            let mut scored = scored.filter_map(|(id, _)| {
                let why = break_between(&self.published, id, &earlier, &period)?;
                Some(Remark::new(&NOT_COMPARABLE, &facts_of(&why, earlier)))
            });
            scored.next()
        });
        Ok(Previous {
            ranks,
            not_comparable,
        })
    }
}

/// Returns the figures that units reported.
async fn reported(
    db: &impl ConnectionTrait,
    needed: &Needed,
    units: &[&UnitId],
) -> Result<BTreeMap<UnitId, BTreeMap<Cell, Known>>> {
    let periods: BTreeSet<_> = needed.cells.iter().map(|(_, period)| *period).collect();
    let periods: Vec<_> = periods.into_iter().collect();
    let mut known: BTreeMap<UnitId, BTreeMap<Cell, Known>> = BTreeMap::new();
    for some in units.chunks(UNITS_PER_QUESTION) {
        let some: Vec<UnitId> = some.iter().map(|it| (*it).clone()).collect();
        for figure in value::store::of_units(db, &some, &periods).await? {
            let cell = (figure.id.indicator.clone(), figure.id.period);
            // A part of a figure is not the figure.
            if figure.id.breakdown.is_none() && needed.cells.contains(&cell) {
                let of_unit = known.entry(figure.id.unit).or_default();
                of_unit.insert(cell, Known::Figure(figure.quantity, figure.revision));
            }
        }
    }
    Ok(known)
}

async fn compute_derived(
    db: &impl ConnectionTrait,
    needed: &Needed,
    unit: &UnitId,
    figures: &mut BTreeMap<Cell, Known>,
) -> Result<()> {
    for (cell, asked) in &needed.derived {
        let derived = derive(db, asked, unit, cell.1).await?;
        let known = match (derived.quantity, derived.failure) {
            (Some(quantity), _) => Known::Figure(quantity, 0),
            (None, failure) => {
                let (en, vi) = failure.map(|it| (it.en, it.vi)).unwrap_or_default();
                Known::Failed(en, vi)
            }
        };
        figures.insert(cell.clone(), known);
    }
    Ok(())
}

/// Returns the places of an earlier scorecard.
async fn ranks(
    db: &impl ConnectionTrait,
    scorecard: &ScorecardId,
) -> Result<BTreeMap<UnitId, usize>> {
    let results = store::results(db, scorecard).await?;
    let ranked = results.into_iter().filter_map(|it| {
        let rank = it.rank()?;
        Some((it.unit, rank))
    });
    Ok(ranked.collect())
}
