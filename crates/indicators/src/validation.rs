//! What a person should look at in the figures of a unit, by themselves and by the rules in
//! force. Nothing here refuses a figure: official reports break the rules too, and are kept as
//! they are.

use std::collections::BTreeSet;

use kit::{Actor, Error, Result};
use types::{
    decimal::Decimal,
    ids::{IndicatorId, UnitId, ValueId},
    percent::Percent,
    period::Period,
    quantity::{Content, Quantity, Value},
};

use crate::{
    indicator::{
        CollectionMode,
        standing::{Definitions, definitions},
    },
    reason::NOT_COMPARABLE,
    value::{
        IndicatorValue, Values, derived,
        issue::{Issue, Severity, of_quantity, without_evidence},
        store,
    },
};

mod by_rule;
mod fall;
mod jump;
mod parts;
mod place;
mod rpc;

use by_rule::Broken;

/// How far back the history of a figure is looked at.
const PERIODS_BACK: usize = 12;

/// Asks what to look at.
#[derive(Debug)]
pub(crate) struct Validate {
    unit: UnitId,
    period: Period,
    /// Those that are expected; none for those of this period and the one before.
    indicators: BTreeSet<IndicatorId>,
}

/// What is odd, what is missing, and how much is there.
#[derive(Debug)]
pub(crate) struct Report {
    /// By the figures themselves.
    issues: Vec<(ValueId, Issue)>,
    /// By the rules in force.
    broken: Vec<Broken>,
    missing: Vec<IndicatorId>,
    /// None when nothing is expected.
    completeness: Option<Percent>,
}

/// Looks through the figures of a unit and period.
pub(crate) async fn validate(values: &Values, actor: &Actor, validate: Validate) -> Result<Report> {
    values.access().require(actor, &validate.unit).await?;
    let (unit, period) = (validate.unit, validate.period);
    let before = period.previous().or_else(|| period.same_period_last_year());
    let history = history(&period);
    let asked: Vec<_> = history
        .iter()
        .chain(&before)
        .chain([&period])
        .copied()
        .collect();
    let broken = by_rule::broken(values, actor, (&unit, period), &validate.indicators).await?;
    let found = store::of_units(values.db().reader(), std::slice::from_ref(&unit), &asked).await?;
    let is_expected = |it: &IndicatorValue| {
        validate.indicators.is_empty() || validate.indicators.contains(&it.id.indicator)
    };
    let found = found.into_iter().filter(is_expected);
    let (figures, earlier): (Vec<_>, Vec<_>) = found.partition(|it| it.id.period == period);
    let is_asked =
        |it: &IndicatorId| validate.indicators.is_empty() || validate.indicators.contains(it);
    let db = values.db().reader();
    let (figures, computed) = derived::of_sheet(db, (&unit, period), figures, is_asked).await?;
    let expected = if validate.indicators.is_empty() {
        let just_before = earlier.iter().filter(|it| Some(it.id.period) == before);
        let seen = figures.iter().chain(just_before);
        seen.map(|it| it.id.indicator.clone()).collect()
    } else {
        validate.indicators
    };
    let ids: Vec<_> = expected.iter().collect();
    let derived: BTreeSet<_> = computed.values().map(|it| &it.id().indicator).collect();
    let looked_at: BTreeSet<_> = expected.iter().chain(derived).collect();
    let looked_at: Vec<_> = looked_at.into_iter().collect();
    let definitions = definitions(values.db().reader(), &looked_at).await?;
    if let Some(unknown) = ids.iter().find(|it| !definitions.knows(it)) {
        return Err(Error::reference("indicators", unknown));
    }
    // Nobody enters what does not count for the period, or is computed.
    let is_entered = |it: &&&IndicatorId| {
        let definition = definitions.for_period(it, &period);
        definition.is_some_and(|it| it.details.collection != CollectionMode::Derived)
    };
    let ids: Vec<_> = ids.iter().filter(is_entered).copied().collect();
    let present: BTreeSet<_> = figures.iter().map(|it| &it.id.indicator).collect();
    let missing: Vec<_> = ids
        .iter()
        .filter(|it| !present.contains(*it))
        .map(|it| (*it).clone())
        .collect();
    let mut issues = of_sheet(&figures, &earlier, &definitions);
    for computed in computed.values() {
        let id = computed.id();
        let own = computed.issues(definitions.manner(id));
        issues.extend(own.into_iter().map(|it| (id.clone(), it)));
    }
    Ok(Report {
        completeness: completeness(ids.len() - missing.len(), ids.len()),
        issues,
        broken,
        missing,
    })
}

/// Returns everything that is odd about the figures of a sheet, in their order. What came
/// before is looked at as far as it is given.
pub(crate) fn of_sheet(
    figures: &[IndicatorValue],
    earlier: &[IndicatorValue],
    definitions: &Definitions,
) -> Vec<(ValueId, Issue)> {
    let mut found = Vec::new();
    for figure in figures {
        let manner = definitions.manner(&figure.id);
        let mut issues = of_quantity(&figure.quantity, "quantity", manner);
        if let Some(definition) = definitions.for_period(&figure.id.indicator, &figure.id.period) {
            if definition.details.evidence_required {
                issues.extend(without_evidence(
                    &figure.id,
                    &figure.quantity,
                    &figure.evidence,
                    "evidence",
                ));
            }
            issues.extend(parts::of(figure, figures, definition));
            let of_this = |it: &&IndicatorValue| {
                it.id.indicator == figure.id.indicator && it.id.breakdown == figure.id.breakdown
            };
            let history: Vec<_> = earlier.iter().filter(of_this).collect();
            let (history, told) = comparable(figure, history, definitions);
            issues.extend(told);
            issues.extend(fall::of(figure, &history, definition));
            issues.extend(jump::of(figure, &history, definition));
        }
        found.extend(issues.into_iter().map(|it| (figure.id.clone(), it)));
    }
    found
}

/// Leaves out what a figure does not go on with, and tells it of the period just before.
fn comparable<'a>(
    figure: &IndicatorValue,
    history: Vec<&'a IndicatorValue>,
    definitions: &Definitions,
) -> (Vec<&'a IndicatorValue>, Option<Issue>) {
    let (id, period) = (&figure.id.indicator, figure.id.period);
    let Some(published) = definitions.published.get(id) else {
        return (history, None);
    };
    let before = period.previous().or_else(|| period.same_period_last_year());
    let mut told = None;
    let goes_on = |it: &&IndicatorValue| match published.break_between(&it.id.period, &period) {
        Some(why) if Some(it.id.period) == before => {
            let facts = [
                ("period", it.id.period.to_string()),
                ("period_vi", it.id.period.to_vietnamese()),
                ("cause_en", why.en),
                ("cause_vi", why.vi),
            ];
            let (severity, field) = (Severity::Info, "quantity".to_owned());
            told = Some(Issue::new(severity, &NOT_COMPARABLE, field, &facts));
            false
        }
        Some(_) => false,
        None => true,
    };
    (history.into_iter().filter(goes_on).collect(), told)
}

/// Returns the periods a figure is compared with: those before it, the same one of earlier
/// years, and all of its year that end earlier.
fn history(period: &Period) -> BTreeSet<Period> {
    let back = |step: fn(&Period) -> Option<Period>| {
        std::iter::successors(step(period), step).take(PERIODS_BACK)
    };
    let year = period.year();
    let of_year = (1..=12)
        .filter_map(|month| Period::of_month(year, month).ok())
        .chain((1..=4).filter_map(|quarter| Period::of_quarter(year, quarter).ok()))
        .chain((1..=12).filter_map(|last| Period::of_span(year, 1, last).ok()))
        .chain(Period::of_half_year(year, 1))
        .chain(Period::of_nine_months(year))
        .filter(|it| it.months().1 < period.months().1);
    back(Period::previous)
        .chain(back(Period::same_period_last_year))
        .chain(of_year)
        .collect()
}

fn completeness(present: usize, expected: usize) -> Option<Percent> {
    let count = |it: usize| Decimal::from_i64(i64::try_from(it).ok()?).ok();
    Percent::of(count(present)?, count(expected)?, 2)
}

/// Returns the number of a figure that can be compared with others of its kind: exact, and
/// not a share.
fn exact_number(quantity: &Quantity) -> Option<Decimal> {
    if quantity.qualifier() != types::quantity::Qualifier::Exact {
        return None;
    }
    match quantity.content() {
        Content::Value(Value::Count(count)) => Decimal::from_i64(*count).ok(),
        Content::Value(Value::Money(money)) => Decimal::from_i64(money.vnd()).ok(),
        Content::Value(Value::Decimal(decimal)) => Some(*decimal),
        _ => None,
    }
}

/// Figures to test with.
#[cfg(test)]
mod samples {
    use chrono::DateTime;
    use types::ids::Principal;

    use super::*;
    use crate::{
        indicator::{Accumulation, Definition, Revision},
        value::{Source, Stage},
    };

    pub(super) fn defined(accumulation: Accumulation) -> Definition {
        Definition {
            accumulation,
            ..Revision::of_test().definition
        }
    }

    pub(super) fn figure(value: &str, quantity: Quantity) -> IndicatorValue {
        let time = DateTime::from_timestamp_micros(1).unwrap();
        IndicatorValue {
            id: format!("indicators/ho-so/values/huyen-minh-long.{value}")
                .parse()
                .unwrap(),
            quantity,
            note: String::new(),
            evidence: Vec::new(),
            source: Source::by_hand(),
            principal: Principal::from_name("users/can-bo").unwrap(),
            revision: 1,
            create_time: time,
            update_time: time,
            stage: Stage::default(),
        }
    }

    pub(super) fn count(value: &str, count: i64) -> IndicatorValue {
        figure(value, Quantity::value(Value::Count(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_compared_with_what_came_before_it_and_nothing_later() {
        let period: Period = "2022-h1".parse().unwrap();
        let history = history(&period);
        let has = |code: &str| history.contains(&code.parse().unwrap());
        for code in [
            "2021-h2",
            "2021-h1",
            "2016-h2",
            "2022-m05",
            "2022-q1",
            "2022-m01-m05",
        ] {
            assert!(has(code), "{code}");
        }
        for code in [
            "2022-h1", "2022-m06", "2022-q2", "2022-h2", "2022", "2021-m05",
        ] {
            assert!(!has(code), "{code}");
        }
    }

    #[test]
    fn completeness_has_two_decimals_and_none_when_nothing_is_expected() {
        let shown = |present, expected| completeness(present, expected).map(|it| it.to_string());
        assert_eq!(shown(2, 3).as_deref(), Some("66.67"));
        assert_eq!(shown(0, 3).as_deref(), Some("0.00"));
        assert_eq!(shown(0, 0), None);
    }
}
