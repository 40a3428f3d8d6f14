//! How a figure came about: its versions, its parts, what it is computed from, and the
//! submissions that pin it.

use std::collections::BTreeSet;

use kit::{Actor, Error, Result};
use types::ids::ValueId;

use super::{
    IndicatorValue, Revision, Values,
    derived::{self, Listed, Told},
    issue::{Issue, Severity},
    lock::{self, Held},
    published::Beside,
    store,
};
use crate::{
    formula::derive::Input,
    indicator::standing::{Definitions, definitions},
    reason::FORMULA_COUNTED_AS_ZERO,
    validation,
};

/// Most versions, parts and locks that an explanation shows.
const REVISIONS_SHOWN: u64 = 100;
const PARTS_SHOWN: u64 = 500;
const LOCKS_SHOWN: u64 = 100;

/// Asks how a figure came about.
#[derive(Debug)]
pub(crate) struct ExplainValue {
    pub(crate) id: ValueId,
}

/// How a figure came about.
#[derive(Debug)]
pub(crate) struct Explanation {
    pub(crate) value: Listed,
    pub(crate) revisions: Vec<Revision>,
    pub(crate) parts: Vec<IndicatorValue>,
    pub(crate) issues: Vec<(ValueId, Issue)>,
    /// When it is derived.
    pub(crate) computation: Option<Computation>,
    /// The newest first.
    pub(crate) locks: Vec<Held>,
    /// Of its indicator, and of those it is computed from.
    pub(crate) definitions: Definitions,
}

/// What a figure is computed from.
#[derive(Debug)]
pub(crate) struct Computation {
    pub(crate) formula: String,
    pub(crate) inputs: Vec<Input>,
    pub(crate) missing: Vec<ValueId>,
}

impl Values {
    /// Says how a figure came about.
    pub(crate) async fn explain(
        &self,
        actor: &Actor,
        explain: ExplainValue,
    ) -> Result<Explanation> {
        self.access.require(actor, &explain.id.unit).await?;
        let db = self.db.reader();
        let reported = store::find(db, &explain.id).await?;
        match derived::told(db, &explain.id).await? {
            Some((computed, told)) => {
                self.explain_derived(&explain.id, computed, told, reported)
                    .await
            }
            None => {
                let missing = || Error::not_found("INDICATOR_VALUE", &explain.id);
                self.explain_reported(reported.ok_or_else(missing)?).await
            }
        }
    }

    async fn explain_reported(&self, value: IndicatorValue) -> Result<Explanation> {
        let db = self.db.reader();
        let revisions = store::revisions(db, &value, None, REVISIONS_SHOWN).await?;
        let parts = match value.id.breakdown {
            None => store::parts(db, &value.id, PARTS_SHOWN).await?,
            Some(_) => Vec::new(),
        };
        let locks = lock::store::of_figure(db, &value.id, LOCKS_SHOWN).await?;
        let definitions = definitions(db, &[&value.id.indicator]).await?;
        let figures = std::iter::once(&value).chain(&parts);
        let figures: Vec<_> = figures.cloned().collect();
        let issues = validation::of_sheet(&figures, &[], &definitions);
        Ok(Explanation {
            value: Listed::Figure(Box::new(value)),
            revisions,
            parts,
            issues,
            computation: None,
            locks,
            definitions,
        })
    }

    /// The versions are those of what was published.
    async fn explain_derived(
        &self,
        id: &ValueId,
        computed: Listed,
        told: Told,
        published: Option<IndicatorValue>,
    ) -> Result<Explanation> {
        let db = self.db.reader();
        let revisions = match &published {
            Some(published) => store::revisions(db, published, None, REVISIONS_SHOWN).await?,
            None => Vec::new(),
        };
        let value = match published {
            Some(published) => Listed::Beside(Box::new(Beside {
                computed,
                published,
            })),
            None => computed,
        };
        let parts = store::parts(db, id, PARTS_SHOWN).await?;
        let inputs = told.derived.inputs.iter().map(|it| &it.id.indicator);
        let known: BTreeSet<_> = inputs.chain([&id.indicator]).collect();
        let definitions = definitions(db, &known.into_iter().collect::<Vec<_>>()).await?;
        let warnings = told.derived.warnings.iter().map(|it| Issue {
            severity: Severity::Warning,
            code: FORMULA_COUNTED_AS_ZERO.code,
            field: "quantity".into(),
            en: it.en.clone(),
            vi: it.vi.clone(),
        });
        let own = value.issues(definitions.manner(id));
        let issues = own.into_iter().chain(warnings);
        let issues = issues.map(|it| (id.clone(), it)).collect();
        let reported = told.derived.reported.into_iter();
        let missing = reported.filter(|(_, there)| there.is_none());
        Ok(Explanation {
            value,
            revisions,
            parts,
            issues,
            computation: Some(Computation {
                formula: told.formula,
                inputs: told.derived.inputs,
                missing: missing.map(|(id, _)| id).collect(),
            }),
            locks: lock::store::of_figure(db, id, LOCKS_SHOWN).await?,
            definitions,
        })
    }
}
