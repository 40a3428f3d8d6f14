//! What a computed figure is told with: its result, and what it leads back to.

use std::collections::BTreeSet;

use types::{
    ids::{UnitId, ValueId},
    period::Period,
    quantity::Quantity,
};

use super::{Asked, Cell, Sheet};
use crate::{
    formula::{Formula, Problem, Reference},
    reason::FORMULA_COUNTED_AS_ZERO,
    value::ValueState,
};

/// What a formula gives for a unit and period, and out of what.
#[derive(Debug)]
pub(crate) struct Derived {
    /// Nothing when it could not be computed; then an issue says why.
    pub(crate) quantity: Option<Quantity>,
    /// The figures it takes.
    pub(crate) inputs: Vec<Input>,
    /// The reported figures it leads back to; nothing for one that was not reported.
    pub(crate) reported: Vec<(ValueId, Option<Reported>)>,
    pub(crate) warnings: Vec<Problem>,
    pub(crate) failure: Option<Problem>,
}

/// A figure that a formula takes.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) id: ValueId,
    /// Name of the indicator in that period.
    pub(crate) display_name: String,
    /// Nothing when it was not reported, or cannot be computed.
    pub(crate) quantity: Option<Quantity>,
    /// What it takes itself, when it is derived.
    pub(crate) takes: Vec<ValueId>,
}

/// A derived figure among others.
#[derive(Debug)]
pub(crate) struct Computed {
    /// Nothing when it could not be computed; then the failure says why.
    pub(crate) quantity: Option<Quantity>,
    /// The reported figures it leads back to; nothing for one that was not reported.
    pub(crate) reported: Vec<(ValueId, Option<Reported>)>,
    pub(crate) failure: Option<Problem>,
}

/// What stands behind a reported figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) revision: i64,
    pub(crate) state: ValueState,
}

impl Derived {
    /// What could not even be begun.
    pub(super) fn failed(failure: Problem) -> Self {
        Self {
            quantity: None,
            inputs: Vec::new(),
            reported: Vec::new(),
            warnings: Vec::new(),
            failure: Some(failure),
        }
    }
}

impl From<Derived> for Computed {
    fn from(derived: Derived) -> Self {
        Self {
            quantity: derived.quantity,
            reported: derived.reported,
            failure: derived.failure,
        }
    }
}

impl Sheet {
    pub(super) fn answer(mut self, asked: &Asked, unit: &UnitId, period: Period) -> Derived {
        let evaluated = self.evaluate(asked, period);
        let inputs = self.inputs(&asked.formula, period).into_iter();
        let inputs = inputs.map(|cell| self.input(cell, unit)).collect();
        let reported = self.behind(&asked.formula, period, unit);
        let (quantity, warnings, failure) = match evaluated {
            Ok(made) => {
                let warnings = made.counted.iter().map(counted_as_zero).collect();
                (Some(made.quantity), warnings, None)
            }
            Err(failure) => (None, Vec::new(), Some(failure)),
        };
        Derived {
            quantity,
            inputs,
            reported,
            warnings,
            failure,
        }
    }

    /// Returns one of the figures that were computed together.
    pub(super) fn computed(&self, cell: &Cell, unit: &UnitId) -> Computed {
        let formula = self.derived.get(cell).map(|it| &it.formula);
        let reported = formula.map(|it| self.behind(it, cell.1, unit));
        Computed {
            quantity: self.known.get(cell).cloned(),
            reported: reported.unwrap_or_default(),
            failure: self.failed.get(cell).cloned(),
        }
    }

    fn inputs(&self, formula: &Formula, period: Period) -> BTreeSet<Cell> {
        let references = formula.references().into_iter();
        references.flat_map(|it| self.cells(it, period)).collect()
    }

    fn input(&self, cell: Cell, unit: &UnitId) -> Input {
        let derived = self.derived.get(&cell);
        let takes = derived.map(|it| self.inputs(&it.formula, cell.1));
        let takes = takes.unwrap_or_default().into_iter();
        let revision = self.in_force(&cell.0, &cell.1);
        let display_name = revision.map(|it| it.definition.display_name.clone());
        Input {
            display_name: display_name.unwrap_or_default(),
            quantity: self.known.get(&cell).cloned(),
            takes: takes.map(|it| figure(it, unit)).collect(),
            id: figure(cell, unit),
        }
    }

    /// Follows the formulas down to the figures that are reported.
    fn behind(
        &self,
        formula: &Formula,
        period: Period,
        unit: &UnitId,
    ) -> Vec<(ValueId, Option<Reported>)> {
        let mut open = vec![(formula, period)];
        let (mut seen, mut reported) = (BTreeSet::new(), BTreeSet::new());
        while let Some((formula, period)) = open.pop() {
            for cell in self.inputs(formula, period) {
                if !seen.insert(cell.clone()) {
                    continue;
                }
                match self.derived.get(&cell) {
                    Some(asked) => open.push((&asked.formula, cell.1)),
                    None => {
                        reported.insert(cell);
                    }
                }
            }
        }
        let reported = reported.into_iter().map(|cell| {
            let there = self.there.get(&cell).copied();
            (figure(cell, unit), there)
        });
        reported.collect()
    }
}

fn figure((indicator, period): Cell, unit: &UnitId) -> ValueId {
    ValueId {
        indicator,
        unit: unit.clone(),
        period,
        breakdown: None,
    }
}

pub(super) fn counted_as_zero(reference: &Reference) -> Problem {
    let facts = [("reference", reference.to_string())];
    Problem::new(&FORMULA_COUNTED_AS_ZERO, 1, &facts)
}
