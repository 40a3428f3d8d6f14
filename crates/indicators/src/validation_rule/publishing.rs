//! Whether a rule may be published: what it names is there, and it says yes or no.

use std::collections::BTreeSet;

use kit::{Error, Result};
use sea_orm::ConnectionTrait;
use types::{aggregate::Aggregation, ids::IndicatorId, violations::Invalid};

use super::{Content, Revision, Test};
use crate::{
    formula::{
        Formula,
        check::{self, Gives},
    },
    indicator::{
        self, CollectionMode,
        standing::{Definitions, definitions, start},
    },
    reason::REVISION_TOO_EARLY,
};

/// Refuses a revision that may not be published.
pub(super) async fn allowed(
    db: &impl ConnectionTrait,
    revision: &Revision,
    newest: Option<&Revision>,
) -> Result<()> {
    if let Some(newest) = newest
        && start(&revision.first_period) < start(&newest.first_period)
    {
        let facts = [("first_period", newest.first_period.to_string())];
        return Err(Error::rule(&REVISION_TOO_EARLY, facts));
    }
    let mut bad = Invalid::default();
    match &revision.content.test {
        Test::Expression { formula, missing } => {
            let formula = Formula::parse(formula, *missing);
            let formula = formula.map_err(|it| Error::internal(it.en))?;
            let named = formula.references();
            let named: BTreeSet<_> = named.iter().map(|it| &it.indicator).collect();
            let named: Vec<_> = named.into_iter().collect();
            let known = definitions(db, &named).await?;
            says_yes_or_no(revision, &formula, &known, &mut bad);
            tolerates_a_comparison(&revision.content, &formula, &mut bad);
        }
        Test::UnitTotal(ids) => {
            let known = definitions(db, &ids.iter().collect::<Vec<_>>()).await?;
            for (index, id) in ids.iter().enumerate() {
                let field = format!("validation_rule.total_indicators[{index}]");
                adds_up(&field, revision, id, &known, &mut bad);
            }
        }
    }
    bad.check()?;
    Ok(())
}

fn says_yes_or_no(revision: &Revision, formula: &Formula, known: &Definitions, bad: &mut Invalid) {
    const FIELD: &str = "validation_rule.expression";
    let facts = |id: &IndicatorId| {
        let published = known.published.get(id)?;
        let counting = published.for_period(&revision.first_period);
        counting.map(indicator::Revision::facts)
    };
    match check::check(formula, &facts) {
        Ok(Gives::Truth) => {}
        Ok(_) => bad.add(
            FIELD,
            "RULE_SAYS_NOTHING",
            "has to say yes or no, as a comparison does",
            "phải cho kết quả có hoặc không, như một phép so sánh",
        ),
        Err(problems) => {
            for problem in problems {
                problem.note(FIELD, bad);
            }
        }
    }
}

/// Two sides of a comparison may lie apart; nothing else of a rule has two.
fn tolerates_a_comparison(content: &Content, formula: &Formula, bad: &mut Invalid) {
    if !content.tolerance.is_zero() && formula.within(content.tolerance).is_none() {
        bad.add(
            "validation_rule.tolerance",
            "TOLERANCE_NOT_ALLOWED",
            "is only allowed where the expression is one comparison of numbers other than `<>`",
            "chỉ áp dụng khi biểu thức là một phép so sánh hai số, trừ `<>`",
        );
    }
}

fn adds_up(
    field: &str,
    revision: &Revision,
    id: &IndicatorId,
    known: &Definitions,
    bad: &mut Invalid,
) {
    let Some(definition) = known.for_period(id, &revision.first_period) else {
        bad.add(
            field,
            "REFERENCE_NOT_FOUND",
            format!("`{id}` does not exist or is not published for the period"),
            format!("`{id}` không tồn tại hoặc chưa ban hành cho kỳ đó"),
        );
        return;
    };
    if definition.details.collection == CollectionMode::Derived {
        bad.add(
            field,
            "NOT_FOR_DERIVED",
            format!("`{id}` is computed from other indicators: name those"),
            format!("`{id}` được tính từ chỉ tiêu khác: hãy nêu các chỉ tiêu đó"),
        );
        return;
    }
    let rule = definition.unit_aggregation;
    if !matches!(rule, Aggregation::Sum | Aggregation::RatioOfSums) {
        bad.add(
            field,
            "AGGREGATION_NOT_ALLOWED",
            format!("figures of `{id}` are not added over units"),
            format!("số liệu của `{id}` không cộng theo đơn vị"),
        );
    }
}
