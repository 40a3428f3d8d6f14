//! The stated figure of a unit beside the sum of those of the units just below it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kit::{Actor, Result};
use types::{
    decimal::Decimal,
    ids::{IndicatorId, UnitId, ValueId},
};

use super::{Broken, MOST_NAMED, Sheet, not_kept};
use crate::{
    indicator::standing::{Definitions, definitions},
    validation::{
        parts::{add, addends, written},
        place::{Children, Place},
    },
    validation_rule::{Content, Revision, Test},
    value::{IndicatorValue, Values, store},
};

/// Compares the figures of a unit with those below it, by the rules that ask for it.
pub(super) async fn broken(
    values: &Values,
    actor: &Actor,
    (sheet, place): (Sheet<'_>, &Place<'_>),
    rules: &[Revision],
    only: &BTreeSet<IndicatorId>,
) -> Result<Vec<Broken>> {
    let asked = rules.iter().filter_map(|rule| match &rule.content.test {
        Test::UnitTotal(ids) => Some((rule, ids)),
        Test::Expression { .. } => None,
    });
    let asked = asked.flat_map(|(rule, ids)| ids.iter().map(move |id| (rule, id)));
    let asked: Vec<_> = asked
        .filter(|(_, id)| only.is_empty() || only.contains(*id))
        .collect();
    let ids: BTreeSet<_> = asked.iter().map(|(_, id)| *id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let db = values.db().reader();
    let definitions = definitions(db, &ids.iter().copied().collect::<Vec<_>>()).await?;
    let below = Below::of(&ids, &definitions, sheet, place);
    let units: BTreeSet<_> = below.0.values().flat_map(Children::all).collect();
    let units: Vec<_> = units.into_iter().collect();
    // What the caller may not read is as good as not reported.
    let permitted = values.access().permitted(actor, &units).await?;
    let permitted = units.iter().zip(permitted).filter(|(_, may)| *may);
    let permitted: BTreeSet<&UnitId> = permitted.map(|(unit, _)| *unit).collect();
    let figures = below.figures(sheet);
    let readable = figures.iter();
    let readable = readable.filter(|it| it.unit == *sheet.unit || permitted.contains(&it.unit));
    let known = store::find_many(db, &readable.collect::<Vec<_>>()).await?;
    let found = asked.into_iter().filter_map(|(rule, id)| {
        let units = below.0.get(id)?;
        let of = |unit: &UnitId| sheet.figure(id, unit);
        let ended = units.ended.iter().map(of);
        let ended = ended.filter(|it| known.contains_key(it));
        let parts: Vec<_> = units.living.iter().map(of).chain(ended).collect();
        let numbers = compared(&rule.content, &known, &of(sheet.unit), &parts)?;
        let mut figures = vec![of(sheet.unit)];
        figures.extend(parts);
        figures.truncate(MOST_NAMED);
        Some(Broken {
            figures,
            rule: rule.name(),
            issue: not_kept(&rule.content, numbers),
        })
    });
    Ok(found.collect())
}

/// The units below, by indicator: each looks at them on the last day that counts for it.
struct Below(BTreeMap<IndicatorId, Children>);

impl Below {
    fn of(
        ids: &BTreeSet<&IndicatorId>,
        definitions: &Definitions,
        sheet: Sheet<'_>,
        place: &Place<'_>,
    ) -> Self {
        let below = ids.iter().filter_map(|id| {
            let definition = definitions.for_period(id, &sheet.period)?;
            let units = place.children(&definition.window(&sheet.period));
            let has_any = units.all().next().is_some();
            has_any.then(|| ((*id).clone(), units))
        });
        Self(below.collect())
    }

    fn figures(&self, sheet: Sheet<'_>) -> Vec<ValueId> {
        let mut figures = Vec::new();
        for (id, units) in &self.0 {
            figures.push(sheet.figure(id, sheet.unit));
            figures.extend(units.all().map(|it| sheet.figure(id, it)));
        }
        figures
    }
}

impl Sheet<'_> {
    /// Returns the whole figure of a unit in the period that is looked at.
    fn figure(&self, indicator: &IndicatorId, unit: &UnitId) -> ValueId {
        ValueId {
            indicator: indicator.clone(),
            unit: unit.clone(),
            period: self.period,
            breakdown: None,
        }
    }
}

/// Tells the total and the sum when they do not fit. As long as a unit below has reported
/// nothing exact, only a sum above the total is sure to be wrong.
fn compared(
    content: &Content,
    known: &HashMap<ValueId, IndicatorValue>,
    whole: &ValueId,
    below: &[ValueId],
) -> Option<[String; 2]> {
    let total = addends(&known.get(whole)?.quantity)??;
    let mut sum = vec![Decimal::ZERO; total.len()];
    let (mut units, mut reported, mut may_fall) = (0_u32, 0_u32, false);
    for id in below {
        units += 1;
        let Some(addend) = known.get(id).and_then(|it| addends(&it.quantity)) else {
            continue;
        };
        reported += 1;
        if let Some(addend) = addend {
            may_fall |= addend.iter().any(|it| it.is_negative());
            sum = add(&sum, &addend)?;
        }
    }
    let is_complete = units == reported;
    let is_off = |(sum, total): (&Decimal, &Decimal)| {
        let over = sum.checked_sub(*total)?;
        let apart = if over.is_negative() {
            // Others may still add what is missing.
            if !is_complete {
                return Some(false);
            }
            total.checked_sub(*sum)?
        } else {
            over
        };
        let beyond = apart.checked_sub(content.tolerance)?;
        Some(!beyond.is_negative() && !beyond.is_zero())
    };
    if reported == 0 || (!is_complete && may_fall) {
        return None;
    }
    let differs = sum.iter().zip(&total).any(|it| is_off(it).unwrap_or(true));
    differs.then(|| {
        let (total_en, sum_en) = (
            written(&total, |it| it.to_string()),
            written(&sum, |it| it.to_string()),
        );
        let total_vi = written(&total, Decimal::to_vietnamese);
        let sum_vi = written(&sum, Decimal::to_vietnamese);
        [
            format!(
                "{total_en} is stated, {reported} of {units} units below report {sum_en} together"
            ),
            format!(
                "đơn vị báo cáo {total_vi}, cộng {reported}/{units} đơn vị trực thuộc được {sum_vi}"
            ),
        ]
    })
}
