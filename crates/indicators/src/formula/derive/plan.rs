//! A formula over figures that are known otherwise: everything but them is found out once, and
//! then it is computed as often as there are figures.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use types::{aggregate::Aggregation, ids::IndicatorId, period::Period, quantity::Quantity};

use super::{Asked, Cell, Exact, Problem, Sheet, Steps, answer::counted_as_zero};
use crate::indicator::standing::Published;

/// A formula of which everything is known but the figures.
#[derive(Debug)]
pub(crate) struct Plan {
    sheet: Sheet,
    asked: Asked,
    period: Period,
}

/// Prepares a formula for a period. `published` has everything it leads to.
pub(crate) fn plan(
    published: Arc<BTreeMap<IndicatorId, Published>>,
    asked: Asked,
    period: Period,
) -> std::result::Result<Plan, Problem> {
    let mut sheet = Sheet {
        published,
        ..Sheet::default()
    };
    let mut open = vec![(asked.formula.clone(), period)];
    while !open.is_empty() {
        open = sheet.next(&open)?;
    }
    Ok(Plan {
        sheet,
        asked,
        period,
    })
}

impl Plan {
    /// Returns the figures it takes that are reported, those of formulas of formulas too.
    pub(crate) fn reported(&self) -> &BTreeSet<Cell> {
        &self.sheet.reported
    }

    /// Returns the reported figures without which there surely is no result, those of
    /// formulas of formulas too.
    pub(crate) fn needed(&self) -> BTreeSet<Cell> {
        let (mut open, mut seen) = (vec![(&self.asked.formula, self.period)], BTreeSet::new());
        let mut needed = BTreeSet::new();
        while let Some((formula, period)) = open.pop() {
            for reference in formula.needed() {
                let cells = self.sheet.cells(reference, period);
                // Of the year so far the latest figure may be enough.
                let is_one_enough =
                    cells.len() > 1 && self.sheet.rule(&cells) == Aggregation::Latest;
                for cell in cells.into_iter().filter(|_| !is_one_enough) {
                    match self.sheet.derived.get_key_value(&cell) {
                        Some((cell, asked)) if seen.insert(cell) => {
                            open.push((&asked.formula, cell.1));
                        }
                        Some(_) => {}
                        None => {
                            needed.insert(cell);
                        }
                    }
                }
            }
        }
        needed
    }

    /// Computes it with these figures; `exact` has those that are rounded where they are
    /// shown, with all their digits. Tells what was counted as 0.
    pub(crate) fn compute(
        &mut self,
        known: BTreeMap<Cell, Quantity>,
        exact: BTreeMap<Cell, Exact>,
    ) -> std::result::Result<Given, Problem> {
        let sheet = &mut self.sheet;
        sheet.known = known;
        sheet.exact = exact;
        sheet.failed.clear();
        sheet.steps = Steps::default();
        sheet.compute_all()?;
        let made = sheet.evaluate(&self.asked, self.period)?;
        Ok(Given {
            quantity: made.quantity,
            exact: made.exact,
            warnings: made.counted.iter().map(counted_as_zero).collect(),
        })
    }
}

/// What a plan gives.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) quantity: Quantity,
    pub(crate) exact: Exact,
    /// What was counted as 0.
    pub(crate) warnings: Vec<Problem>,
}
