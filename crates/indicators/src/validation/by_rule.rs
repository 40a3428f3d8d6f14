//! What the rules in force say about the figures of a unit and period.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kit::{Actor, Result};
use types::{
    decimal::Decimal,
    ids::{IndicatorId, UnitId, ValueId},
    period::Period,
    quantity::{Content as Known, Qualifier, Quantity, Value},
    validity::Validity,
};

use super::place::Place;
use crate::{
    formula::{
        Comparison, Formula, Offset, Problem, Reference,
        derive::{Asked, Cell, Plan, plan, with_inputs},
    },
    indicator::{
        ValueKind,
        standing::{Published, definitions},
    },
    reason::{RULE_NOT_COMPUTED, RULE_NOT_KEPT},
    validation_rule::{Content, Revision, Test, store},
    value::{
        self, Values,
        fit::window,
        issue::{Issue, Severity},
    },
};

mod totals;

/// Digits with which a side is told; it is compared exactly.
const TOLD_SCALE: u8 = 6;
/// Most figures of a finding that are named.
const MOST_NAMED: usize = 200;

/// Something that a rule says about figures.
#[derive(Debug)]
pub(super) struct Broken {
    /// The figure it is told of, then all it takes.
    pub(super) figures: Vec<ValueId>,
    pub(super) rule: String,
    pub(super) issue: Issue,
}

/// The unit and period that are looked at.
#[derive(Debug, Clone, Copy)]
struct Sheet<'a> {
    unit: &'a UnitId,
    period: Period,
}

/// Looks at the figures of a unit and period by every rule that counts for them and takes
/// one of these indicators; by all when none are named.
pub(super) async fn broken(
    values: &Values,
    actor: &Actor,
    (unit, period): (&UnitId, Period),
    only: &BTreeSet<IndicatorId>,
) -> Result<Vec<Broken>> {
    let (rules, revisions) = store::published(values.db().reader()).await?;
    let counting = rules.iter();
    let counting = counting.filter_map(|it| it.for_period(&revisions, &period));
    let mut counting: Vec<Revision> = counting.collect();
    if counting.is_empty() {
        return Ok(Vec::new());
    }
    let territory = values.access().territory().await?;
    let place = match Place::new(&territory, unit, &[window(&period)]) {
        None => Place::new(
            &territory,
            unit,
            &windows(values, &counting, &period).await?,
        ),
        usual => usual,
    };
    counting.retain(|it| concerns(&it.content, place.as_ref()));
    let sheet = Sheet { unit, period };
    let mut found = of_expressions(values, sheet, &counting, only).await?;
    if let Some(place) = &place {
        found.extend(totals::broken(values, actor, (sheet, place), &counting, only).await?);
    }
    Ok(found)
}

/// Returns the days that count for what the rules take: a unit may have figures by these
/// where it has no day among those that usually count.
async fn windows(values: &Values, rules: &[Revision], period: &Period) -> Result<Vec<Validity>> {
    let mut named = BTreeSet::new();
    for rule in rules {
        match &rule.content.test {
            Test::UnitTotal(ids) => named.extend(ids.iter().cloned()),
            Test::Expression { formula, missing } => {
                // What was published could be read.
                let taken = Formula::parse(formula, *missing).ok();
                let taken = taken.iter().flat_map(Formula::in_order);
                named.extend(taken.map(|it| it.indicator.clone()));
            }
        }
    }
    let named: Vec<_> = named.iter().collect();
    let definitions = definitions(values.db().reader(), &named).await?;
    let of = |id: &&IndicatorId| Some(definitions.for_period(id, period)?.window(period));
    Ok(named.iter().filter_map(of).collect())
}

/// Says whether a rule is for such a unit.
fn concerns(content: &Content, place: Option<&Place<'_>>) -> bool {
    let kinds = &content.unit_kinds;
    let of_kind = || {
        let kind = place.and_then(Place::kind);
        kind.is_some_and(|it| kinds.iter().any(|kind| kind == it.as_str_name()))
    };
    let in_scope = |scope: &UnitId| place.is_some_and(|it| it.is_within(scope));
    (kinds.is_empty() || of_kind()) && content.scope_unit.as_ref().is_none_or(in_scope)
}

/// A rule with its formula, and with the figures it takes as they are written.
struct Expressed<'a> {
    revision: &'a Revision,
    /// As it was written.
    formula: Formula,
    /// What is computed: with the tolerance in it.
    asked: Formula,
}

async fn of_expressions(
    values: &Values,
    sheet: Sheet<'_>,
    rules: &[Revision],
    only: &BTreeSet<IndicatorId>,
) -> Result<Vec<Broken>> {
    let expressed: Vec<_> = rules.iter().filter_map(Expressed::of).collect();
    let takes_one = |it: &&Expressed<'_>| {
        let mut taken = it.formula.in_order().into_iter();
        only.is_empty() || taken.any(|it| only.contains(&it.indicator))
    };
    let expressed: Vec<_> = expressed.iter().filter(takes_one).collect();
    let named = expressed.iter().flat_map(|it| it.formula.in_order());
    let named: BTreeSet<_> = named.map(|it| it.indicator.clone()).collect();
    let db = values.db().reader();
    let published = Arc::new(with_inputs(db, &named).await?);
    // The first pass says which figures are needed, the second computes with them.
    let mut plans = Vec::new();
    for rule in &expressed {
        plans.push(Planned::new(rule, &published, sheet.period));
    }
    let needed = plans.iter().filter_map(|it| it.as_ref().ok());
    let needed: BTreeSet<Cell> = needed.flat_map(Planned::reported).cloned().collect();
    let known = known(values, sheet, &needed, &published).await?;
    let mut found = Vec::new();
    for (rule, planned) in expressed.iter().zip(plans) {
        let told = match planned {
            Ok(mut planned) => planned.told(rule, &known, &published, sheet.period),
            Err(problem) => Some(not_computed(&problem)),
        };
        found.extend(told.map(|issue| rule.broken(sheet, issue)));
    }
    Ok(found)
}

/// Reads the figures that are needed and count for their periods.
async fn known(
    values: &Values,
    sheet: Sheet<'_>,
    needed: &BTreeSet<Cell>,
    published: &BTreeMap<IndicatorId, Published>,
) -> Result<BTreeMap<Cell, Quantity>> {
    let ids: BTreeSet<_> = needed.iter().map(|(id, _)| id).collect();
    let periods: BTreeSet<_> = needed.iter().map(|(_, period)| *period).collect();
    let found = value::quantities(values.db().reader(), sheet.unit, &ids, &periods).await?;
    let counts = |(id, period): &Cell| {
        let published = published.get(id);
        published.is_some_and(|it| it.for_period(period).is_some())
    };
    let mut found = found;
    found.retain(|cell, _| needed.contains(cell) && counts(cell));
    Ok(found)
}

impl<'a> Expressed<'a> {
    fn of(revision: &'a Revision) -> Option<Self> {
        let Test::Expression { formula, missing } = &revision.content.test else {
            return None;
        };
        // What was published could be read.
        let formula = Formula::parse(formula, *missing).ok()?;
        let tolerance = revision.content.tolerance;
        let asked = Some(tolerance).filter(|it| !it.is_zero());
        let asked = asked.and_then(|it| formula.within(it));
        Some(Self {
            revision,
            asked: asked.unwrap_or_else(|| formula.clone()),
            formula,
        })
    }

    fn broken(&self, sheet: Sheet<'_>, issue: Issue) -> Broken {
        let mut figures: Vec<ValueId> = Vec::new();
        for reference in self.formula.in_order() {
            let Some(period) = reference.period(sheet.period) else {
                continue;
            };
            let id = ValueId {
                indicator: reference.indicator.clone(),
                unit: sheet.unit.clone(),
                period,
                breakdown: None,
            };
            if !figures.contains(&id) {
                figures.push(id);
            }
        }
        figures.truncate(MOST_NAMED);
        Broken {
            figures,
            rule: self.revision.name(),
            issue,
        }
    }
}

/// A rule of which everything is known but the figures.
struct Planned {
    truth: Plan,
    sides: Option<Sides>,
}

/// The two sides of a comparison.
struct Sides {
    comparison: Comparison,
    left: Plan,
    right: Plan,
}

impl Planned {
    fn new(
        rule: &Expressed<'_>,
        published: &Arc<BTreeMap<IndicatorId, Published>>,
        period: Period,
    ) -> std::result::Result<Self, Problem> {
        let plan = |formula: &Formula, kind| {
            let asked = Asked {
                formula: formula.clone(),
                kind,
                scale: TOLD_SCALE,
            };
            plan(Arc::clone(published), asked, period)
        };
        let sides = match rule.formula.comparison() {
            Some(comparison) => Some(Sides {
                left: plan(&comparison.left, ValueKind::Decimal)?,
                right: plan(&comparison.right, ValueKind::Decimal)?,
                comparison,
            }),
            None => None,
        };
        Ok(Self {
            truth: plan(&rule.asked, ValueKind::Flag)?,
            sides,
        })
    }

    fn reported(&self) -> impl Iterator<Item = &Cell> {
        self.truth.reported().iter()
    }

    /// Says what is wrong; nothing when the rule holds, and when a figure is missing or told
    /// as more or less than it is.
    fn told(
        &mut self,
        rule: &Expressed<'_>,
        known: &BTreeMap<Cell, Quantity>,
        published: &BTreeMap<IndicatorId, Published>,
        period: Period,
    ) -> Option<Issue> {
        let own = self.reported().filter_map(|it| known.get_key_value(it));
        let known: BTreeMap<_, _> = own.map(|(cell, it)| (cell.clone(), it.clone())).collect();
        // What it takes is reported, and reported figures are exact as they stand.
        let holds = match self.truth.compute(known.clone(), BTreeMap::new()) {
            Ok(given) => given.quantity,
            Err(problem) => return Some(not_computed(&problem)),
        };
        let is_broken = holds.content() == &Known::Value(Value::Flag(false))
            && holds.qualifier() == Qualifier::Exact;
        if !is_broken {
            return None;
        }
        let number = |reference: &Reference| {
            let cell = (reference.indicator.clone(), reference.period(period)?);
            let kind = published.get(&cell.0)?.for_period(&cell.1)?;
            let kind = kind.definition.value_kind;
            reference.number(known.get(&cell)?, kind)
        };
        let numbers = match &mut self.sides {
            Some(sides) => sides.told(&known, &number),
            None => None,
        };
        let numbers = numbers.unwrap_or_else(|| inputs(&rule.formula, &number));
        Some(not_kept(&rule.revision.content, numbers))
    }
}

impl Sides {
    /// Tells the numbers on both sides: `9 + 4 = 13, khác 12`.
    fn told(
        &mut self,
        known: &BTreeMap<Cell, Quantity>,
        number: &dyn Fn(&Reference) -> Option<Decimal>,
    ) -> Option<[String; 2]> {
        let left = value_of(&mut self.left, known)?;
        let right = value_of(&mut self.right, known)?;
        let Comparison {
            left: left_side,
            right: right_side,
            broken,
        } = &self.comparison;
        let told = |write: fn(Decimal) -> String, broken: &str, comma: &str| {
            let side = |formula: &Formula, value: Decimal| match formula.worked(number, write) {
                Some(worked) => format!("{worked} = {}", write(value)),
                None => write(value),
            };
            let (left, right) = (side(left_side, left), side(right_side, right));
            format!("{left}{comma} {broken} {right}")
        };
        Some([
            told(|it| it.to_string(), broken.0, ""),
            told(Decimal::to_vietnamese, broken.1, ","),
        ])
    }
}

/// Computes a side for telling it; nothing when it has no value.
fn value_of(side: &mut Plan, known: &BTreeMap<Cell, Quantity>) -> Option<Decimal> {
    let given = side.compute(known.clone(), BTreeMap::new()).ok()?;
    match given.quantity.content() {
        Known::Value(Value::Decimal(value)) => Some(shortened(*value)),
        _ => None,
    }
}

/// Leaves out the zeros at the end.
fn shortened(value: Decimal) -> Decimal {
    let short = (0..value.scale()).find_map(|scale| {
        let short = value.rescale_half_up(scale)?;
        value.checked_sub(short)?.is_zero().then_some(short)
    });
    short.unwrap_or(value)
}

/// Tells the figures that a rule takes, where it is no comparison.
fn inputs(formula: &Formula, number: &dyn Fn(&Reference) -> Option<Decimal>) -> [String; 2] {
    let told = |write: fn(Decimal) -> String| {
        let taken = formula.in_order().into_iter();
        let taken = taken.filter_map(|it| Some(format!("{it} = {}", write(number(it)?))));
        taken.collect::<Vec<_>>().join("; ")
    };
    [told(|it| it.to_string()), told(Decimal::to_vietnamese)]
}

fn not_kept(content: &Content, [numbers_en, numbers_vi]: [String; 2]) -> Issue {
    let facts = [
        ("message_en", content.message.clone()),
        ("message_vi", content.message_vi.clone()),
        ("numbers_en", numbers_en),
        ("numbers_vi", numbers_vi),
    ];
    let field = "quantity".to_owned();
    Issue::new(content.level.into(), &RULE_NOT_KEPT, field, &facts)
}

fn not_computed(problem: &Problem) -> Issue {
    let facts = [
        ("cause_en", problem.en.clone()),
        ("cause_vi", problem.vi.clone()),
    ];
    let field = "quantity".to_owned();
    Issue::new(Severity::Info, &RULE_NOT_COMPUTED, field, &facts)
}

impl Reference {
    /// Returns the period of the figure it stands for; of a year so far, where it ends.
    fn period(&self, period: Period) -> Option<Period> {
        match self.when {
            Offset::Same => Some(period),
            Offset::Back(back) => (0..back).try_fold(period, |it, _| it.previous()),
            Offset::LastYear => period.same_period_last_year(),
        }
    }

    /// Returns the number it takes out of a figure, when it is the figure of one period.
    fn number(&self, quantity: &Quantity, kind: ValueKind) -> Option<Decimal> {
        use crate::formula::{evaluate::Outcome, result};
        match result::figure(Some(quantity), self.part, kind).outcome {
            Outcome::Number(number) if !self.year_to_date => number
                .to_exact_decimal(0)
                .or_else(|| number.to_decimal(TOLD_SCALE)),
            _ => None,
        }
    }
}
