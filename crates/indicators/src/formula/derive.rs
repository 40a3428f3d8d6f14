//! Computing figures from figures: everything an answer needs is read first, level by
//! level, then computed in memory.
//!
//! A derived figure that another formula takes counts with all its digits: it is rounded
//! where it is shown, and nowhere on the way.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kit::Result;
use sea_orm::ConnectionTrait;
use types::{
    aggregate::Aggregation,
    ids::{IndicatorId, UnitId},
    period::Period,
    quantity::{Absence, Content, Qualifier, Quantity},
};

use super::{
    Formula, Part, Problem, Reference,
    evaluate::{Figure, Outcome, Steps},
    result,
};
use crate::{
    indicator::{Accumulation, Revision, ValueKind, standing::Published, store},
    reason::{FORMULA_CIRCLE, FORMULA_INPUT, FORMULA_OVERFLOW},
    value,
};

mod answer;
mod plan;
mod year;

pub(crate) use answer::{Computed, Derived, Input, Reported};
pub(crate) use plan::{Plan, plan};
use year::{moved, parts_of_year, together};

/// What is computed, and as a figure of which kind.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) formula: Formula,
    pub(crate) kind: ValueKind,
    pub(crate) scale: u8,
}

/// One figure, of whom is asked about.
pub(crate) type Cell = (IndicatorId, Period);

/// Computes a formula for a unit and period.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn derive(
    db: &impl ConnectionTrait,
    asked: &Asked,
    unit: &UnitId,
    period: Period,
) -> Result<Derived> {
    let mut sheet = Sheet::default();
    let open = vec![(asked.formula.clone(), period)];
    if let Err(failure) = sheet.gather(db, open).await? {
        return Ok(Derived::failed(failure));
    }
    sheet.read(db, unit).await?;
    if let Err(failure) = sheet.compute_all() {
        return Ok(Derived::failed(failure));
    }
    Ok(sheet.answer(asked, unit, period))
}

/// Computes the figures of a unit and period of those indicators that are derived then, all
/// in one go; one by one when one of them keeps the others from being computed.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn derive_all(
    db: &impl ConnectionTrait,
    published: &BTreeMap<IndicatorId, Published>,
    unit: &UnitId,
    period: Period,
) -> Result<BTreeMap<IndicatorId, Computed>> {
    let derived = published.iter().filter_map(|(id, published)| {
        let asked = asked(published, &period)?;
        Some(((id.clone(), period), asked))
    });
    let derived: BTreeMap<Cell, Asked> = derived.collect();
    let open = derived.values().map(|it| (it.formula.clone(), period));
    let open = open.collect();
    let mut sheet = Sheet {
        published: Arc::new(published.clone()),
        // Together they may take as many steps as each alone.
        steps: Steps::of_many(derived.len()),
        derived: derived.clone(),
        ..Sheet::default()
    };
    let mut all = BTreeMap::new();
    if sheet.gather(db, open).await?.is_ok() {
        sheet.read(db, unit).await?;
        if sheet.compute_all().is_ok() {
            for cell in derived.into_keys() {
                let computed = sheet.computed(&cell, unit);
                all.insert(cell.0, computed);
            }
            return Ok(all);
        }
    }
    for (cell, asked) in derived {
        let alone = derive(db, &asked, unit, period).await?;
        all.insert(cell.0, alone.into());
    }
    Ok(all)
}

/// Returns what is computed for an indicator and period, when it is derived.
pub(crate) fn asked(published: &Published, period: &Period) -> Option<Asked> {
    let definition = &published.for_period(period)?.definition;
    Some(Asked {
        formula: definition.formula()?,
        kind: definition.value_kind,
        scale: definition.scale(),
    })
}

/// Returns what was published of some indicators, and of everything their formulas lead
/// to: two questions for each step of the way.
pub(crate) async fn with_inputs(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<IndicatorId>,
) -> Result<BTreeMap<IndicatorId, Published>> {
    let mut known = BTreeMap::new();
    let (mut open, mut asked) = (ids.clone(), ids.clone());
    while !open.is_empty() {
        let found = store::published(db, &open.iter().collect::<Vec<_>>()).await?;
        let revisions = found.values().flat_map(|it| &it.revisions);
        let formulas: Vec<_> = revisions.filter_map(|it| it.definition.formula()).collect();
        let taken = formulas.iter().flat_map(Formula::references);
        let taken = taken.map(|it| it.indicator.clone());
        open = taken.filter(|it| asked.insert(it.clone())).collect();
        known.extend(found);
    }
    Ok(known)
}

/// A result with all its digits, and how near it is to the truth.
pub(crate) type Exact = (Outcome, Qualifier);

/// One result.
#[derive(Debug)]
struct Made {
    quantity: Quantity,
    exact: Exact,
    counted: Vec<Reference>,
}

/// Everything one answer needs.
#[derive(Debug, Default)]
struct Sheet {
    published: Arc<BTreeMap<IndicatorId, Published>>,
    /// Figures that are computed.
    derived: BTreeMap<Cell, Asked>,
    /// Figures that are reported.
    reported: BTreeSet<Cell>,
    known: BTreeMap<Cell, Quantity>,
    /// Figures that are rounded where they are shown, as they are computed with.
    exact: BTreeMap<Cell, Exact>,
    /// What stands behind the reported figures that are there.
    there: BTreeMap<Cell, Reported>,
    failed: BTreeMap<Cell, Problem>,
    steps: Steps,
}

impl Sheet {
    /// Finds out which figures are needed, those of formulas of formulas too.
    async fn gather(
        &mut self,
        db: &impl ConnectionTrait,
        mut open: Vec<(Formula, Period)>,
    ) -> Result<std::result::Result<(), Problem>> {
        while !open.is_empty() {
            let ids: BTreeSet<IndicatorId> = open
                .iter()
                .flat_map(|(formula, _)| formula.references())
                .map(|it| it.indicator.clone())
                .filter(|it| !self.published.contains_key(it))
                .collect();
            let ids: Vec<_> = ids.iter().collect();
            let found = store::published(db, &ids).await?;
            Arc::make_mut(&mut self.published).extend(found);
            match self.next(&open) {
                Ok(next) => open = next,
                Err(too_many) => return Ok(Err(too_many)),
            }
        }
        Ok(Ok(()))
    }

    /// Notes the figures that formulas take, and returns the formulas among them.
    fn next(
        &mut self,
        open: &[(Formula, Period)],
    ) -> std::result::Result<Vec<(Formula, Period)>, Problem> {
        let mut next = Vec::new();
        for (formula, period) in open {
            for reference in formula.references() {
                for cell in self.cells(reference, *period) {
                    if self.derived.contains_key(&cell) || self.reported.contains(&cell) {
                        continue;
                    }
                    self.steps.take(1)?;
                    let published = self.published.get(&cell.0);
                    match published.and_then(|it| asked(it, &cell.1)) {
                        Some(asked) => {
                            next.push((asked.formula.clone(), cell.1));
                            self.derived.insert(cell, asked);
                        }
                        None => {
                            self.reported.insert(cell);
                        }
                    }
                }
            }
        }
        Ok(next)
    }

    fn in_force(&self, id: &IndicatorId, period: &Period) -> Option<&Revision> {
        self.published.get(id)?.for_period(period)
    }

    /// Returns the figures that a reference stands for: one, or the parts of a year so far.
    fn cells(&self, reference: &Reference, period: Period) -> Vec<Cell> {
        let Some(period) = moved(period, reference.when) else {
            return Vec::new();
        };
        let is_whole_year = reference.year_to_date && !self.runs_through(reference, &period);
        let periods = if is_whole_year {
            parts_of_year(period)
        } else {
            vec![period]
        };
        let cell = |period| (reference.indicator.clone(), period);
        periods.into_iter().map(cell).collect()
    }

    /// Says whether a figure runs from the start of the year as it stands, or does not count
    /// at all.
    fn runs_through(&self, reference: &Reference, period: &Period) -> bool {
        let revision = self.in_force(&reference.indicator, period);
        revision.is_none_or(|it| it.definition.accumulation == Accumulation::YearToDate)
    }

    /// Reads the reported figures, in one question.
    async fn read(&mut self, db: &impl ConnectionTrait, unit: &UnitId) -> Result<()> {
        let ids: BTreeSet<_> = self.reported.iter().map(|(id, _)| id).collect();
        let periods: BTreeSet<_> = self.reported.iter().map(|(_, period)| *period).collect();
        for figure in value::figures(db, unit, &ids, &periods).await? {
            let cell = (figure.id.indicator, figure.id.period);
            if self.in_force(&cell.0, &cell.1).is_none() || !self.reported.contains(&cell) {
                continue;
            }
            let reported = Reported {
                revision: figure.revision,
                state: figure.stage.state,
            };
            self.there.insert(cell.clone(), reported);
            self.known.insert(cell, figure.quantity);
        }
        Ok(())
    }

    /// Computes the derived figures, each after those it takes.
    fn compute_all(&mut self) -> std::result::Result<(), Problem> {
        let mut done: BTreeSet<Cell> = BTreeSet::new();
        for cell in self.derived.keys().cloned().collect::<Vec<_>>() {
            // The figures under way, each with whether those it takes were put before it.
            let mut way = vec![(cell, false)];
            while let Some((cell, is_ready)) = way.pop() {
                if done.contains(&cell) {
                    continue;
                }
                if is_ready {
                    self.compute(&cell);
                    done.insert(cell);
                    continue;
                }
                if way.iter().any(|(it, is_open)| *is_open && *it == cell) {
                    let facts = [("way", cell.0.as_str().to_owned())];
                    return Err(Problem::new(&FORMULA_CIRCLE, 1, &facts));
                }
                way.push((cell.clone(), true));
                let takes = self.taken_by(&cell).into_iter();
                way.extend(takes.filter(|it| !done.contains(it)).map(|it| (it, false)));
            }
        }
        Ok(())
    }

    /// Returns the derived figures that a derived figure takes.
    fn taken_by(&self, cell: &Cell) -> BTreeSet<Cell> {
        let formula = self.derived.get(cell).map(|it| &it.formula);
        let references = formula.into_iter().flat_map(|it| it.references());
        references
            .flat_map(|it| self.cells(it, cell.1))
            .filter(|it| self.derived.contains_key(it))
            .collect()
    }

    fn compute(&mut self, cell: &Cell) {
        let Some(asked) = self.derived.get(cell).cloned() else {
            return;
        };
        match self.evaluate(&asked, cell.1) {
            Ok(made) => {
                self.known.insert(cell.clone(), made.quantity);
                self.exact.insert(cell.clone(), made.exact);
            }
            Err(problem) => {
                self.failed.insert(cell.clone(), problem);
            }
        }
    }

    fn evaluate(&mut self, asked: &Asked, period: Period) -> std::result::Result<Made, Problem> {
        let mut steps = std::mem::take(&mut self.steps);
        let figure = |reference: &Reference| self.figure(reference, period);
        let evaluated = asked.formula.evaluate(&mut steps, &figure);
        self.steps = steps;
        let evaluated = evaluated?;
        let (outcome, qualifier) = (evaluated.outcome, evaluated.qualifier);
        let quantity = result::quantity(outcome.clone(), asked.kind, asked.scale, qualifier)?;
        Ok(Made {
            quantity,
            exact: (outcome, qualifier),
            counted: evaluated.counted_as_zero,
        })
    }

    /// Takes the figure that a reference stands for.
    fn figure(
        &self,
        reference: &Reference,
        period: Period,
    ) -> std::result::Result<Figure, Problem> {
        let cells = self.cells(reference, period);
        for cell in &cells {
            if let Some(problem) = self.failed.get(cell) {
                let facts = [
                    ("indicator", cell.0.name()),
                    ("cause_en", problem.en.clone()),
                    ("cause_vi", problem.vi.clone()),
                ];
                return Err(Problem::new(&FORMULA_INPUT, problem.column, &facts));
            }
        }
        let kind = cells
            .iter()
            .find_map(|(id, period)| self.in_force(id, period))
            .map_or(ValueKind::Decimal, |it| it.definition.value_kind);
        let rule = self.rule(&cells);
        let taken = match cells.as_slice() {
            [] => Some(result::figure(None, reference.part, kind)),
            [one] => self.taken(one, reference.part, kind),
            many if rule == Aggregation::Latest => {
                match many.iter().rfind(|it| self.is_there(it)) {
                    Some(latest) => self.taken(latest, reference.part, kind),
                    None => Some(result::figure(None, reference.part, kind)),
                }
            }
            many => {
                let of = |part: Part| many.iter().map(|it| self.taken(it, part, kind)).collect();
                together(rule, &of, reference.part, kind)
            }
        };
        taken.ok_or_else(|| Problem::new(&FORMULA_OVERFLOW, 1, &[]))
    }

    /// Says whether there is a figure: a computed one is none where nothing was collected to
    /// compute it from.
    fn is_there(&self, cell: &Cell) -> bool {
        let nothing = Content::Absent(Absence::NotCollected);
        let is_computed = self.exact.contains_key(cell);
        let known = self.known.get(cell);
        known.is_some_and(|it| !is_computed || *it.content() != nothing)
    }

    /// Returns the rule for periods of the parts of a year: the one in force at its end.
    fn rule(&self, cells: &[Cell]) -> Aggregation {
        let mut newest_first = cells.iter().rev();
        let revision = newest_first.find_map(|(id, period)| self.in_force(id, period));
        revision.map_or(Aggregation::None, |it| it.definition.period_aggregation)
    }

    /// Takes one figure with all its digits; nothing when it is too great.
    fn taken(&self, cell: &Cell, part: Part, kind: ValueKind) -> Option<Figure> {
        match self.exact.get(cell) {
            Some(exact) => result::computed(exact, part, kind),
            None => Some(result::figure(self.known.get(cell), part, kind)),
        }
    }
}

/// Says which kind of figure a value is told as when a formula is only tried.
pub(crate) fn tried_as(gives: super::check::Gives) -> ValueKind {
    match gives {
        super::check::Gives::Number => ValueKind::Decimal,
        super::check::Gives::Truth => ValueKind::Flag,
        super::check::Gives::Share => ValueKind::Ratio,
    }
}
