//! Trying a formula: accept, compute, reply.

use kit::{Access, Actor, Db, Error, Result};
use proto::{
    convert::{issue, quantity},
    indicators as pb,
    shared::Severity,
};
use types::{
    ids::{IndicatorId, UnitId},
    period::Period,
    violations::Invalid,
};

use super::{
    Formula,
    check::{self, Facts},
    derive::{Asked, Derived, derive, tried_as},
    read,
};
use crate::indicator::{Revision, read_missing, read_scale, store};

/// Digits after the comma when nothing is said.
const USUAL_SCALE: u8 = 2;

/// Asks what a formula gives.
#[derive(Debug)]
pub(crate) struct TestFormula {
    formula: Formula,
    unit: UnitId,
    period: Period,
    scale: u8,
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
    pub(crate) async fn test(&self, actor: &Actor, test: TestFormula) -> Result<Derived> {
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
            scale: test.scale,
        };
        derive(db, &asked, &test.unit, test.period).await
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
                scale: scale.unwrap_or(USUAL_SCALE),
            }),
            _ => Err(bad),
        }
    }
}

impl From<Derived> for pb::TestFormulaResponse {
    fn from(derived: Derived) -> Self {
        let warnings = derived.warnings.into_iter();
        let warnings = warnings.map(|it| (Severity::Warning, it));
        let failure = derived.failure.map(|it| (Severity::Error, it));
        let issues = warnings
            .chain(failure)
            .map(|(severity, it)| issue(severity, it.reason.code, "formula", it.en, it.vi));
        let inputs = derived.inputs.iter().map(|it| pb::FormulaInput {
            indicator_value: it.id.name(),
            quantity: it.quantity.as_ref().map(quantity),
        });
        Self {
            quantity: derived.quantity.as_ref().map(quantity),
            inputs: inputs.collect(),
            issues: issues.collect(),
        }
    }
}
