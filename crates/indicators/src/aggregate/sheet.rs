//! One answer under way: whose figures count in which period, the columns they stand in,
//! and the formulas over them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::NaiveDate;
use types::{
    ids::{IndicatorId, UnitId},
    period::Period,
    quantity::{Quantity, Style},
    validity::Validity,
};

use super::{
    Baseline, Cell, Ground,
    atlas::Number,
    change,
    column::{Shape, States},
    columns::{Need, Taken},
    members::{Group, Grouping, Members, Selection, Who, select},
    tally::{Coverage, Rule, Tally, tally},
};
use crate::{
    formula::{
        Problem,
        derive::{self, Exact, Plan, plan},
    },
    indicator::{CollectionMode, Definition, continuity::Break},
    value::fit::window,
};

mod derived;
mod issues;
mod periods;

pub(super) use issues::not_comparable;

/// A total with what it is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Total {
    pub(crate) quantity: Option<Quantity>,
    /// The same with all its digits, where the quantity is rounded.
    pub(crate) exact: Option<Exact>,
    pub(crate) coverage: Coverage,
    /// Units that were divided and keep the total from being computed.
    pub(crate) divided: Vec<Unplaced>,
    pub(crate) problems: Vec<Told>,
    pub(crate) is_in_force: bool,
}

/// A unit whose figure cannot be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unplaced {
    pub(crate) unit: Number,
    pub(crate) indicator: IndicatorId,
    pub(crate) period: Period,
    pub(crate) quantity: Option<Quantity>,
    pub(crate) style: Style,
    pub(crate) links: BTreeSet<usize>,
}

/// How many units have a figure that a formula takes.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) input: (IndicatorId, Period),
    pub(crate) counted: u32,
    pub(crate) expected: u32,
}

/// Something to tell about a total.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    TooGreat,
    CountedTwice(Vec<(Number, Number)>),
    /// These units have some of the figures a formula takes for a period and not all, and
    /// are left out.
    Incomplete(Period, Vec<Number>),
    /// The figures a formula takes come from more units in one place than in another.
    Uneven(Share, Share),
    /// A formula counted a missing figure as 0.
    Formula(Problem),
    /// A formula gave nothing.
    Failed(Problem),
}

/// One answer under way.
pub(crate) struct Sheet {
    ground: Arc<Ground>,
    date: Option<NaiveDate>,
    states: States,
    /// By the days that count for an indicator and period.
    selections: HashMap<Validity, Selection>,
    plans: BTreeMap<(IndicatorId, Period), Result<Plan, Problem>>,
    /// Columns that are looked at: reported indicators by period.
    wanted: BTreeMap<Period, BTreeMap<IndicatorId, Shape>>,
    columns: Taken,
    /// Why the figures of two periods do not go on with each other, as far as it was asked.
    breaks: BTreeMap<(IndicatorId, Period, Period), Option<Break>>,
}

impl Sheet {
    pub(crate) fn new(ground: &Arc<Ground>, date: Option<NaiveDate>, states: States) -> Self {
        Self {
            ground: ground.clone(),
            date,
            states,
            selections: HashMap::new(),
            plans: BTreeMap::new(),
            wanted: BTreeMap::new(),
            columns: Taken::new(),
            breaks: BTreeMap::new(),
        }
    }

    /// Returns the rows there are in some periods: those of the days that usually count, and
    /// of those that count for what is asked.
    pub(crate) fn groups(
        &mut self,
        indicators: &BTreeSet<IndicatorId>,
        periods: &[Period],
    ) -> BTreeSet<Group> {
        let mut days: HashSet<_> = periods.iter().map(window).collect();
        for indicator in indicators {
            days.extend(periods.iter().map(|it| self.days(indicator, it)));
        }
        let mut groups = BTreeSet::new();
        for days in days {
            groups.extend(self.selected(days).keys().copied());
        }
        groups
    }

    fn selected(&mut self, days: Validity) -> &Selection {
        let (ground, date) = (&self.ground, self.date);
        let selection = self.selections.entry(days);
        selection.or_insert_with(|| select(&ground.atlas, &ground.scope, &days, date))
    }

    /// Returns the days that count for an indicator and period.
    pub(crate) fn days(&self, indicator: &IndicatorId, period: &Period) -> Validity {
        let definition = self.definition(indicator, period);
        definition.map_or_else(|| window(period), |it| it.window(period))
    }

    /// Prepares what is computed, and finds out which columns that takes.
    pub(crate) fn plan<'b>(
        &mut self,
        indicators: impl Iterator<Item = &'b IndicatorId>,
        periods: &[(Period, Option<Baseline>)],
    ) {
        let indicators: BTreeSet<_> = indicators.collect();
        for indicator in indicators {
            for (period, baseline) in periods {
                self.plan_one(indicator, *period);
                let accumulation = self.definition(indicator, period).map(|it| it.accumulation);
                let before = baseline.zip(accumulation);
                let before = before.and_then(|(it, how)| change::baseline(*period, it, how));
                if let Some(before) = before {
                    self.plan_one(indicator, before);
                }
            }
        }
    }

    fn plan_one(&mut self, indicator: &IndicatorId, period: Period) {
        let key = (indicator.clone(), period);
        if self.plans.contains_key(&key) {
            return;
        }
        let published = self.ground.published.clone();
        let known = published.get(indicator);
        let Some(asked) = known.and_then(|it| derive::asked(it, &period)) else {
            self.want(indicator, period);
            return;
        };
        let planned = plan(published, asked, period);
        if let Ok(planned) = &planned {
            for (input, of) in planned.reported().clone() {
                self.want(&input, of);
            }
        }
        self.plans.insert(key, planned);
    }

    fn want(&mut self, indicator: &IndicatorId, period: Period) {
        let Some(definition) = self.definition(indicator, &period) else {
            return;
        };
        let (shape, days) = (Shape::of(definition.value_kind), definition.window(&period));
        let wanted = self.wanted.entry(period).or_default();
        wanted.insert(indicator.clone(), shape);
        self.selected(days);
    }

    /// Returns what has to be in the columns for some rows.
    pub(crate) fn needs(&self, groups: impl Iterator<Item = Group>) -> BTreeMap<Period, Need> {
        let groups: BTreeSet<_> = groups.collect();
        let need = |(period, indicators): (&Period, &BTreeMap<IndicatorId, Shape>)| {
            let days: HashSet<_> = indicators.keys().map(|it| self.days(it, period)).collect();
            let selections = days.iter().filter_map(|it| self.selections.get(it));
            let rows = selections.flatten();
            let rows = rows.filter(|(group, _)| groups.contains(group));
            let mut units: Vec<_> = rows.flat_map(|(_, members)| members.all()).collect();
            units.sort_unstable();
            units.dedup();
            let need = Need {
                units,
                indicators: indicators.clone(),
            };
            (*period, need)
        };
        self.wanted.iter().map(need).collect()
    }

    /// Takes the columns that were needed.
    pub(crate) fn take(&mut self, columns: Taken) {
        self.columns = columns;
    }

    pub(crate) fn ground(&self) -> Arc<Ground> {
        self.ground.clone()
    }

    pub(crate) fn date(&self) -> Option<NaiveDate> {
        self.date
    }

    /// Returns whose figures make a row of an indicator.
    pub(crate) fn members(
        &self,
        indicator: &IndicatorId,
        period: Period,
        group: Group,
    ) -> Option<&Members> {
        self.members_on(&self.days(indicator, &period), group)
    }

    fn members_on(&self, days: &Validity, group: Group) -> Option<&Members> {
        self.selections.get(days)?.get(&group)
    }

    /// Makes the cell of a total that is compared with nothing.
    pub(crate) fn cell(
        &self,
        indicator: &IndicatorId,
        period: Period,
        group: Group,
        total: Total,
    ) -> Cell {
        Cell {
            period: Some(period),
            style: self.style(indicator, &period),
            issues: self.issues(indicator, period, group, &total),
            total,
            target: None,
            change: None,
        }
    }

    pub(crate) fn unit(&self, number: Number) -> &UnitId {
        self.ground.atlas.id(number)
    }

    pub(crate) fn definition(
        &self,
        indicator: &IndicatorId,
        period: &Period,
    ) -> Option<&Definition> {
        self.ground.definition(indicator, period)
    }

    /// Returns how figures of an indicator and period are printed.
    fn style(&self, indicator: &IndicatorId, period: &Period) -> Style {
        let definition = self.definition(indicator, period);
        definition.map(|it| it.manner().style).unwrap_or_default()
    }

    /// Returns what a unit reported.
    pub(crate) fn figure(
        &self,
        indicator: &IndicatorId,
        period: Period,
        unit: Number,
    ) -> Option<Quantity> {
        let column = self.columns.get(&(indicator.clone(), period))?;
        column.quantity(unit)
    }

    /// Returns the total of a row in a period.
    pub(crate) fn total(&mut self, indicator: &IndicatorId, period: Period, group: Group) -> Total {
        let ground = self.ground.clone();
        let Some(definition) = ground.definition(indicator, &period) else {
            return Total::default();
        };
        if definition.details.collection == CollectionMode::Derived {
            return self.derived(indicator, period, group);
        }
        let nobody = Members::default();
        let members = self.members(indicator, period, group).unwrap_or(&nobody);
        self.reported(indicator, definition, period, members)
    }

    fn rule(&self, definition: &Definition) -> Rule {
        Rule {
            aggregation: definition.unit_aggregation,
            scale: definition.scale(),
            is_own: self.is_own(),
            states: self.states,
        }
    }

    fn reported(
        &self,
        indicator: &IndicatorId,
        definition: &Definition,
        period: Period,
        members: &Members,
    ) -> Total {
        let rule = self.rule(definition);
        let column = self.columns.get(&(indicator.clone(), period));
        let tally = column.map_or_else(Tally::default, |it| tally(it, members, rule));
        let unplaced = |place: &usize| {
            let divided = members.divided.get(*place)?;
            Some(Unplaced {
                unit: divided.unit,
                indicator: indicator.clone(),
                period,
                quantity: column.and_then(|it| it.quantity(divided.unit)),
                style: definition.manner().style,
                links: divided.links.clone(),
            })
        };
        let mut problems = Vec::new();
        if tally.is_too_great {
            problems.push(Told::TooGreat);
        }
        if !tally.counted_twice.is_empty() {
            problems.push(Told::CountedTwice(tally.counted_twice));
        }
        Total {
            quantity: tally.quantity,
            exact: tally.exact,
            coverage: tally.coverage,
            divided: tally.unplaced.iter().filter_map(unplaced).collect(),
            problems,
            is_in_force: true,
        }
    }

    /// Says whether a row is one unit, whose own figure is shown.
    fn is_own(&self) -> bool {
        let scope = &self.ground.scope;
        let is_single = matches!(&scope.who, Who::Units(units) if units.len() == 1);
        scope.grouping == Grouping::ByUnit || is_single
    }
}
