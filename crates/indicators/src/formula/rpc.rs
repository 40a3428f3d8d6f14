//! Trying a formula: accept, compute, reply.

use std::collections::BTreeSet;

use kit::{Access, Actor, Db, Error, Result};
use proto::{
    convert::{issue, quantity_as},
    indicators as pb,
    shared::Severity,
};
use types::{
    ids::{IndicatorId, UnitId},
    period::Period,
    quantity::Style,
    violations::Invalid,
};

use super::{
    Formula,
    check::{self, Facts},
    derive::{Asked, Derived, derive, tried_as},
    read,
};
use crate::indicator::{
    Revision, read_missing, read_scale,
    standing::{Definitions, definitions},
    store,
};

/// Digits after the comma when nothing is said.
const USUAL_SCALE: u8 = 2;

/// Asks what a formula gives.
#[derive(Debug)]
pub(crate) struct TestFormula {
    formula: Formula,
    unit: UnitId,
    period: Period,
    scale: Option<u8>,
}

/// What a formula gives, and how it and what it takes are printed.
#[derive(Debug)]
pub(crate) struct Tested {
    derived: Derived,
    style: Style,
    definitions: Definitions,
}

/// The use case.
#[derive(Debug, Clone)]
pub(crate) struct Calculator {
    access: Access,
    db: Db,
}

impl Calculator {
    pub(crate) fn new(access: Access, db: Db) -> Self {
        Self { access, db }
    }

    /// Computes a formula for a unit and period; nothing is kept.
    pub(crate) async fn test(&self, actor: &Actor, test: TestFormula) -> Result<Tested> {
        self.access.require(actor, &test.unit).await?;
        let db = self.db.reader();
        let references = test.formula.references();
        let mut ids: Vec<_> = references.iter().map(|it| &it.indicator).collect();
        ids.sort();
        ids.dedup();
        let known = store::published(db, &ids).await?;
        // What counts for an earlier period may not count any more, and the other way round.
        let facts = |id: &IndicatorId| -> Option<Facts> {
            let known = known.get(id)?;
            let counting = known.for_period(&test.period);
            counting.or(known.revisions.last()).map(Revision::facts)
        };
        let gives = check::check(&test.formula, &facts).map_err(|problems| {
            let mut bad = Invalid::default();
            for problem in problems {
                problem.note("formula", &mut bad);
            }
            Error::from(bad)
        })?;
        let asked = Asked {
            formula: test.formula,
            kind: tried_as(gives),
            scale: test.scale.unwrap_or(USUAL_SCALE),
        };
        let derived = derive(db, &asked, &test.unit, test.period).await?;
        let taken: BTreeSet<_> = derived.inputs.iter().map(|it| &it.id.indicator).collect();
        let taken: Vec<_> = taken.into_iter().collect();
        let style = Style {
            scale: test.scale,
            as_parts: false,
        };
        Ok(Tested {
            definitions: definitions(db, &taken).await?,
            style,
            derived,
        })
    }
}

impl TryFrom<pb::TestFormulaRequest> for TestFormula {
    type Error = Invalid;

    fn try_from(request: pb::TestFormulaRequest) -> std::result::Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let missing = read_missing("missing_values", request.missing_values, &mut bad);
        let formula = missing.and_then(|it| read("formula", &request.formula, it, &mut bad));
        let unit = bad.required("unit", &request.unit);
        let period = bad.required("period", &request.period);
        let scale = read_scale("scale", request.scale, &mut bad);
        match (formula, unit, period, scale) {
            (Some(formula), Some(unit), Some(period), Some(scale)) => Ok(Self {
                formula,
                unit,
                period,
                scale,
            }),
            _ => Err(bad),
        }
    }
}

impl From<Tested> for pb::TestFormulaResponse {
    fn from(tested: Tested) -> Self {
        let (derived, definitions) = (tested.derived, tested.definitions);
        let warnings = derived.warnings.into_iter();
        let warnings = warnings.map(|it| (Severity::Warning, it));
        let failure = derived.failure.map(|it| (Severity::Error, it));
        let issues = warnings
            .chain(failure)
            .map(|(severity, it)| issue(severity, it.reason.code, "formula", it.en, it.vi));
        let inputs = derived.inputs.iter().map(|it| pb::FormulaInput {
            indicator_value: it.id.name(),
            quantity: it
                .quantity
                .as_ref()
                .map(|quantity| quantity_as(quantity, definitions.manner(&it.id).style)),
        });
        Self {
            quantity: derived
                .quantity
                .as_ref()
                .map(|it| quantity_as(it, tested.style)),
            inputs: inputs.collect(),
            issues: issues.collect(),
        }
    }
}
