//! Figures that nobody enters: computed when they are read, by the formula that counts for
//! their period.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{Error, Result};
use sea_orm::ConnectionTrait;
use types::{
    ids::{IndicatorId, Principal, UnitId, ValueId},
    period::Period,
    quantity::Quantity,
};

use super::{
    IndicatorValue, Source, SourceKind, Stage, ValueState,
    issue::{Issue, Severity, of_quantity},
    published::Beside,
};
use crate::{
    formula::{
        Problem,
        derive::{Derived, Reported, asked, derive, derive_all},
    },
    indicator::{Manner, Revision, standing::Published, store},
    reason::VALUE_NOT_COMPUTED,
};

/// A figure that is derived and could not be computed.
#[derive(Debug)]
pub(crate) struct NotComputed {
    pub(crate) id: ValueId,
    pub(crate) source: Source,
    pub(crate) principal: Principal,
    pub(crate) time: DateTime<Utc>,
    pub(crate) issue: Issue,
}

/// A figure as it is shown.
#[derive(Debug)]
pub(crate) enum Listed {
    Figure(Box<IndicatorValue>),
    NotComputed(Box<NotComputed>),
    /// Computed, with what was published.
    Beside(Box<Beside>),
}

/// Puts what was published beside what is computed. What cannot be computed and was not
/// published is refused.
pub(super) fn beside(
    id: &ValueId,
    computed: Listed,
    published: Option<IndicatorValue>,
) -> Result<Listed> {
    match (computed, published) {
        (computed, Some(published)) => Ok(Listed::Beside(Box::new(Beside {
            computed,
            published,
        }))),
        (Listed::NotComputed(failed), None) => {
            let facts = [
                ("name", id.name()),
                ("cause_en", failed.issue.en),
                ("cause_vi", failed.issue.vi),
            ];
            Err(Error::rule(&VALUE_NOT_COMPUTED, facts))
        }
        (computed, None) => Ok(computed),
    }
}

/// What a figure was computed from.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) formula: String,
    pub(super) derived: Derived,
}

/// Computes a figure and tells from what; nothing when its indicator is not derived for
/// that period. A figure that was entered before it was derived is what was published, as
/// one that was entered later is: everything that takes the figure takes the computed one.
pub(super) async fn told(
    db: &impl ConnectionTrait,
    id: &ValueId,
) -> Result<Option<(Listed, Told)>> {
    // A formula takes whole figures, so it gives no part of one.
    if id.breakdown.is_some() {
        return Ok(None);
    }
    let published = store::published_one(db, &id.indicator).await?;
    let revision = published.for_period(&id.period);
    let (Some(revision), Some(asked)) = (revision, asked(&published, &id.period)) else {
        return Ok(None);
    };
    let derived = derive(db, &asked, &id.unit, id.period).await?;
    let (quantity, failure) = (derived.quantity.clone(), derived.failure.as_ref());
    let listed = listed(id.clone(), revision, quantity, failure, &derived.reported);
    let formula = asked.formula.to_string();
    Ok(Some((listed, Told { formula, derived })))
}

/// Computes the derived figures of a unit and period whose indicators `is_wanted` takes,
/// by indicator: those of which one reported figure is there at least, and those that were
/// published. Of the reported figures it returns those that are not of them.
pub(crate) async fn of_sheet(
    db: &impl ConnectionTrait,
    (unit, period): (&UnitId, Period),
    reported: Vec<IndicatorValue>,
    is_wanted: impl Fn(&IndicatorId) -> bool,
) -> Result<(Vec<IndicatorValue>, BTreeMap<IndicatorId, Listed>)> {
    let published = store::derived(db).await?.into_iter();
    let published = published.filter(|(id, it)| is_wanted(id) && asked(it, &period).is_some());
    let published: BTreeMap<IndicatorId, Published> = published.collect();
    let mut computed = derive_all(db, &published, unit, period).await?;
    let (mut sides, mut others) = (BTreeMap::new(), Vec::new());
    for figure in reported {
        let known = published.get(&figure.id.indicator);
        if figure.id.breakdown.is_none() && known.is_some() {
            sides.insert(figure.id.indicator.clone(), figure);
        } else {
            others.push(figure);
        }
    }
    let mut figures = BTreeMap::new();
    for (indicator, published) in published {
        let revision = published.for_period(&period);
        let (Some(revision), Some(computed)) = (revision, computed.remove(&indicator)) else {
            continue;
        };
        let side = sides.remove(&indicator);
        let is_there = side.is_some() || computed.reported.iter().any(|(_, there)| there.is_some());
        // What fails before figures are read does not know of any.
        let is_unknown = computed.failure.is_some() && computed.reported.is_empty();
        if !is_there && !is_unknown {
            continue;
        }
        let id = ValueId {
            indicator: indicator.clone(),
            unit: unit.clone(),
            period,
            breakdown: None,
        };
        let (quantity, failure) = (computed.quantity, computed.failure.as_ref());
        let listed = listed(id, revision, quantity, failure, &computed.reported);
        let listed = match side {
            Some(published) => Listed::Beside(Box::new(Beside {
                computed: listed,
                published,
            })),
            None => listed,
        };
        figures.insert(indicator, listed);
    }
    Ok((others, figures))
}

fn listed(
    id: ValueId,
    revision: &Revision,
    quantity: Option<Quantity>,
    failure: Option<&Problem>,
    reported: &[(ValueId, Option<Reported>)],
) -> Listed {
    let source = Source {
        kind: SourceKind::Derived,
        resource: revision.name(),
        external_id: String::new(),
        observe_time: None,
    };
    let Some(quantity) = quantity else {
        let (en, vi) = failure.map_or(("", ""), |it| (&it.en, &it.vi));
        return Listed::NotComputed(Box::new(NotComputed {
            id,
            source,
            principal: revision.publisher.clone(),
            time: revision.create_time,
            issue: Issue {
                severity: Severity::Warning,
                code: VALUE_NOT_COMPUTED.code,
                field: "quantity".into(),
                en: en.to_owned(),
                vi: vi.to_owned(),
            },
        }));
    };
    Listed::Figure(Box::new(IndicatorValue {
        id,
        quantity,
        note: String::new(),
        evidence: Vec::new(),
        source,
        // Whoever published the formula answers for what it gives; it has no versions.
        principal: revision.publisher.clone(),
        revision: 0,
        create_time: revision.create_time,
        update_time: revision.create_time,
        stage: Stage {
            state: state(reported),
            ..Stage::default()
        },
    }))
}

/// A computed figure has come as far as the least of the figures it leads back to.
fn state(reported: &[(ValueId, Option<Reported>)]) -> ValueState {
    let states = reported
        .iter()
        .filter_map(|(_, there)| Some(there.as_ref()?.state));
    states.min().unwrap_or_default()
}

impl Listed {
    pub(crate) fn id(&self) -> &ValueId {
        match self {
            Self::Figure(figure) => &figure.id,
            Self::NotComputed(failed) => &failed.id,
            Self::Beside(both) => &both.published.id,
        }
    }

    /// Returns what a person should look at.
    pub(crate) fn issues(&self, manner: Manner) -> Vec<Issue> {
        match self {
            Self::Figure(figure) => of_quantity(&figure.quantity, "quantity", manner),
            Self::NotComputed(failed) => vec![failed.issue.clone()],
            Self::Beside(both) => {
                let mut issues = both.computed.issues(manner);
                issues.extend(both.difference(manner));
                issues
            }
        }
    }
}
