//! Whether a definition may be published: what it refers to is there, its formula fits, and
//! nothing leads back to itself.

use std::collections::{BTreeMap, BTreeSet};

use kit::{Error, Result};
use sea_orm::ConnectionTrait;
use types::{ids::IndicatorId, period::Period, violations::Invalid};

use super::{
    Comparison, Definition, Revision, ValueKind,
    standing::{Published, start},
    store,
};
use crate::{
    formula::{
        Problem,
        check::{self, Gives},
        cycle,
    },
    reason::{FORMULA_CIRCLE, FORMULA_INPUTS, FORMULA_RESULT_UNFIT, REVISION_TOO_EARLY},
    source_system,
};

/// The most indicators a formula leads to, at any distance; more are refused.
const MOST_INPUTS: usize = 1000;

/// Refuses a revision that may not be published.
pub(super) async fn allowed(
    db: &impl ConnectionTrait,
    revision: &Revision,
    published: &Published,
) -> Result<()> {
    let definition = &revision.definition;
    let mut bad = Invalid::default();
    definition.hold_together(&mut bad);
    definition.formula_reads(&mut bad);
    refers_to_what_is_there(db, definition, &mut bad).await?;
    bad.check()?;
    if let Some(newest) = published.revisions.last()
        && start(&revision.first_period) < start(&newest.first_period)
    {
        let facts = [("first_period", newest.first_period.to_string())];
        return Err(Error::rule(&REVISION_TOO_EARLY, facts));
    }
    computes(db, revision).await
}

async fn refers_to_what_is_there(
    db: &impl ConnectionTrait,
    definition: &Definition,
    bad: &mut Invalid,
) -> Result<()> {
    if let Some(source) = &definition.details.source_system
        && source_system::store::find(db, source).await?.is_none()
    {
        missing("indicator.source_system", &source.name(), bad);
    }
    let compared = definition.details.sets.iter().enumerate();
    let compared = compared.filter_map(|(index, it)| match &it.comparison {
        Comparison::With(other) => Some((index, other)),
        Comparison::Open | Comparison::Not(_) => None,
    });
    let compared: Vec<_> = compared.collect();
    let ids: Vec<_> = compared.iter().map(|(_, it)| *it).collect();
    let known = store::published(db, &ids).await?;
    for (index, other) in compared {
        if !known.contains_key(other) {
            let field = format!("indicator.indicator_sets[{index}].comparable_with");
            missing(&field, &other.name(), bad);
        }
    }
    Ok(())
}

fn missing(field: &str, name: &str, bad: &mut Invalid) {
    bad.add(
        field,
        "REFERENCE_NOT_FOUND",
        format!("`{name}` does not exist"),
        format!("`{name}` không tồn tại"),
    );
}

/// Refuses a formula that does not fit what it takes or what it has to give.
async fn computes(db: &impl ConnectionTrait, revision: &Revision) -> Result<()> {
    let Some(formula) = revision.definition.formula() else {
        return Ok(());
    };
    let ids: BTreeSet<_> = formula
        .references()
        .iter()
        .map(|it| &it.indicator)
        .collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let known = store::published(db, &ids).await?;
    let facts = |id: &IndicatorId| {
        if *id == revision.id {
            return Some(revision.facts());
        }
        let known = known.get(id)?;
        known
            .for_period(&revision.first_period)
            .map(Revision::facts)
    };
    let mut bad = Invalid::default();
    match check::check(&formula, &facts) {
        Err(problems) => {
            for problem in problems {
                problem.note("indicator.formula", &mut bad);
            }
        }
        Ok(gives) => gives_what_is_asked(revision.definition.value_kind, gives, &mut bad),
    }
    bad.check()?;
    leads_nowhere_back(db, revision).await
}

fn gives_what_is_asked(kind: ValueKind, gives: Gives, bad: &mut Invalid) {
    let asked = match kind {
        ValueKind::Count | ValueKind::Decimal | ValueKind::Money => Some(Gives::Number),
        ValueKind::Flag => Some(Gives::Truth),
        ValueKind::Ratio | ValueKind::Score | ValueKind::Rank => Some(Gives::Share),
        ValueKind::Choice | ValueKind::Text => None,
    };
    if asked != Some(gives) {
        let (kind_en, kind_vi) = kind.words();
        let facts = [
            ("kind_en", kind_en.to_owned()),
            ("kind_vi", kind_vi.to_owned()),
        ];
        Problem::new(&FORMULA_RESULT_UNFIT, 1, &facts).note("indicator.formula", bad);
    }
}

/// Refuses a formula that leads back to its own indicator over figures of one period, by
/// whatever revisions count from its first period on.
async fn leads_nowhere_back(db: &impl ConnectionTrait, revision: &Revision) -> Result<()> {
    let inputs = inputs(db, revision).await?;
    let Some(way) = cycle::find(&revision.id, &inputs) else {
        return Ok(());
    };
    let facts = [("way", cycle::written(&way))];
    let mut bad = Invalid::default();
    Problem::new(&FORMULA_CIRCLE, 1, &facts).note("indicator.formula", &mut bad);
    Err(bad.into())
}

/// Gathers what the formula takes, what that takes, and so on: one question for each step
/// away.
async fn inputs(db: &impl ConnectionTrait, revision: &Revision) -> Result<cycle::Inputs> {
    let own = revision.definition.formula();
    let own = own.map(|it| it.inputs_of_the_period()).unwrap_or_default();
    let mut open: BTreeSet<IndicatorId> = own.clone();
    let mut inputs = BTreeMap::from([(revision.id.clone(), own)]);
    while !open.is_empty() {
        open.retain(|it| !inputs.contains_key(it));
        // Beyond that nobody looked whether it leads back, so it is not published.
        if inputs.len() + open.len() > MOST_INPUTS + 1 {
            let facts = [("most", MOST_INPUTS.to_string())];
            let mut bad = Invalid::default();
            Problem::new(&FORMULA_INPUTS, 1, &facts).note("indicator.formula", &mut bad);
            return Err(bad.into());
        }
        let ids: Vec<_> = open.iter().collect();
        let published = store::published(db, &ids).await?;
        let mut next = BTreeSet::new();
        for id in &open {
            let found = published.get(id).cloned().unwrap_or_default();
            let takes = inputs_from(&found, &revision.first_period);
            next.extend(takes.iter().cloned());
            inputs.insert(id.clone(), takes);
        }
        open = next;
    }
    Ok(inputs)
}

/// Returns what the revisions take that count for some period from `first` on.
fn inputs_from(published: &Published, first: &Period) -> BTreeSet<IndicatorId> {
    let now = published.for_period(first).map_or(0, |it| it.number);
    let counting = published.revisions.iter().filter(|it| it.number >= now);
    let formulas = counting.filter_map(|it| it.definition.formula());
    formulas.flat_map(|it| it.inputs_of_the_period()).collect()
}
