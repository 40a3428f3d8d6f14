//! One indicator under the three views, side by side, with every difference explained by
//! the units that are counted otherwise and the links that make it so.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDate;
use kit::{Actor, Error, Result};
use types::{
    aggregate::Aggregation,
    ids::{IndicatorId, UnitId},
    period::Period,
    quantity::{Content, Value},
    validity::Validity,
};

use super::{
    Aggregates, Cell, Whose,
    atlas::{Atlas, Number},
    carry::{Carried, carry},
    column::States,
    columns::Need,
    members::{Grouping, Members, day_in},
    sheet::Sheet,
};
use crate::{
    feed::Place, formula::Number as Exact, indicator::CollectionMode, reason::COMPARISON_OF_DERIVED,
};

pub(crate) mod wire;

/// Asks for one indicator under the three views.
#[derive(Debug)]
pub(crate) struct CompareViews {
    pub(crate) indicator: IndicatorId,
    pub(crate) top: UnitId,
    pub(crate) kinds: BTreeSet<i32>,
    pub(crate) periods: Vec<Period>,
    pub(crate) date: Option<NaiveDate>,
}

/// The views, period by period.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) periods: Vec<SideBySide>,
    pub(crate) place: Place,
}

/// One period under the three views.
#[derive(Debug)]
pub(crate) struct SideBySide {
    pub(crate) as_was: Cell,
    pub(crate) as_now: (Cell, Difference),
    pub(crate) as_of: Option<(Cell, Difference)>,
}

/// Why one view differs from as-was.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What all lines make together, when all are known and the total is a sum.
    pub(crate) amount: Option<Amount>,
    pub(crate) lines: Vec<Line>,
}

/// A unit that is counted otherwise.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) unit: Number,
    pub(crate) amount: Option<Amount>,
    pub(crate) is_not_computable: bool,
    pub(crate) links: BTreeSet<usize>,
}

/// What is added to a total; for shares to numerator and denominator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) number: Exact,
    pub(crate) denominator: Option<Exact>,
}

/// How much of a unit is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Counted {
    Nothing,
    Whole,
    Part(Exact),
    /// Divided without a published share.
    Unknown,
}

impl Aggregates {
    /// Shows an indicator under the three views.
    pub(crate) async fn compare(
        &self,
        actor: &Actor,
        ask: CompareViews,
    ) -> Result<(Compared, Arc<Atlas>)> {
        let whose = Whose::Below(ask.top.clone());
        self.permit(actor, &whose).await?;
        let indicators = BTreeSet::from([ask.indicator.clone()]);
        let ground = self
            .ground(actor, &indicators, &whose, &ask.kinds, Grouping::Total)
            .await?;
        let today = self.db.clock().today();
        let dates = [None, Some(today)].into_iter();
        let dates = dates.chain(ask.date.map(Some));
        let mut sheets: Vec<_> = dates
            .map(|it| Sheet::new(&ground, it, States::ALL))
            .collect();
        let periods: Vec<_> = ask.periods.iter().map(|it| (*it, None)).collect();
        let group = ground.atlas.number(&ask.top);
        let mut needs: BTreeMap<Period, Need> = BTreeMap::new();
        for sheet in &mut sheets {
            sheet.plan([&ask.indicator].into_iter(), &periods);
            for (period, need) in sheet.needs([group].into_iter()) {
                needs.entry(period).or_default().join(need);
            }
        }
        let derived = ask.periods.iter().any(|it| {
            let definition = sheets[0].definition(&ask.indicator, it);
            definition.is_some_and(|it| it.details.collection == CollectionMode::Derived)
        });
        if derived {
            let facts = [("indicator", ask.indicator.name())];
            return Err(Error::rule(&COMPARISON_OF_DERIVED, facts));
        }
        // One set of columns for all views, so that they differ by the units alone.
        let (taken, place) = self.columns.take(&ground.atlas, &needs).await?;
        sheets.iter_mut().for_each(|it| it.take(taken.clone()));
        let mut compared = Compared {
            periods: Vec::new(),
            place,
        };
        for period in &ask.periods {
            let mut views = Vec::new();
            for sheet in &mut sheets {
                let total = sheet.total(&ask.indicator, *period, group);
                views.push(sheet.cell(&ask.indicator, *period, group, total));
            }
            let differ = |sheet: &Sheet| {
                let (was, other) = (&sheets[0], sheet);
                explain(&ground.atlas, (was, other), &ask.indicator, *period, group)
            };
            let mut differences = sheets.iter().skip(1).map(differ).collect::<Vec<_>>();
            let mut views = views.into_iter();
            let (Some(as_was), Some(as_now)) = (views.next(), views.next()) else {
                continue;
            };
            let as_of = views
                .next()
                .zip(differences.pop().filter(|_| sheets.len() == 3));
            let now = differences.pop().unwrap_or_default();
            compared.periods.push(SideBySide {
                as_was,
                as_now: (as_now, now),
                as_of,
            });
        }
        Ok((compared, ground.atlas.clone()))
    }
}

/// Explains one view by another.
fn explain(
    atlas: &Atlas,
    (was, other): (&Sheet, &Sheet),
    indicator: &IndicatorId,
    period: Period,
    group: Option<Number>,
) -> Difference {
    let (before, after) = (
        counted(was.members(indicator, period, group)),
        counted(other.members(indicator, period, group)),
    );
    let days = was.days(indicator, &period);
    let rule = was.definition(indicator, &period);
    let is_sum = rule.is_some_and(|it| {
        matches!(
            it.unit_aggregation,
            Aggregation::Sum | Aggregation::RatioOfSums | Aggregation::CountTrue
        )
    });
    let mut difference = Difference::default();
    let units: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for unit in units {
        let of = |counted: &BTreeMap<Number, Counted>| {
            counted.get(unit).cloned().unwrap_or(Counted::Nothing)
        };
        let (one, two) = (of(&before), of(&after));
        let Some(figure) = was.figure(indicator, period, *unit).filter(|_| one != two) else {
            continue;
        };
        let Content::Value(value) = figure.content() else {
            continue;
        };
        let is_not_computable = one == Counted::Unknown || two == Counted::Unknown;
        let amount = Amount::of(value).filter(|_| is_sum && !is_not_computable);
        difference.lines.push(Line {
            unit: *unit,
            amount: amount.and_then(|it| it.times(&two.less(&one)?)),
            is_not_computable,
            links: links(atlas, *unit, &days, other.date()),
        });
    }
    difference.lines.sort_by_key(|it| atlas.id(it.unit));
    let nothing = Amount::nothing(is_share(was, indicator, period));
    difference.amount = difference
        .lines
        .iter()
        .try_fold(nothing, |sum, line| sum.add(line.amount.as_ref()?))
        .filter(|_| is_sum);
    difference
}

fn is_share(sheet: &Sheet, indicator: &IndicatorId, period: Period) -> bool {
    let definition = sheet.definition(indicator, &period);
    definition.is_some_and(|it| it.unit_aggregation == Aggregation::RatioOfSums)
}

/// Returns how much of each member is counted.
fn counted(members: Option<&Members>) -> BTreeMap<Number, Counted> {
    let mut counted = BTreeMap::new();
    if let Some(members) = members {
        for unit in members.living.iter().chain(&members.ended) {
            counted.insert(*unit, Counted::Whole);
        }
        for divided in &members.divided {
            let part = divided
                .share
                .clone()
                .map_or(Counted::Unknown, Counted::Part);
            counted.insert(divided.unit, part);
        }
    }
    counted
}

/// Returns the links on the way of a unit to a date.
fn links(atlas: &Atlas, unit: Number, days: &Validity, date: Option<NaiveDate>) -> BTreeSet<usize> {
    let way = day_in(atlas, unit, days).zip(date);
    match way.map(|(from, to)| carry(atlas, unit, from, to)) {
        Some(Carried::Moved(moved)) => moved.links,
        Some(Carried::Same) | None => BTreeSet::new(),
    }
}

impl Counted {
    /// Returns how much more is counted than in another view.
    fn less(&self, other: &Self) -> Option<Exact> {
        let share = |it: &Self| match it {
            Self::Nothing => Some(Exact::zero()),
            Self::Whole => Some(Exact::from(1)),
            Self::Part(share) => Some(share.clone()),
            Self::Unknown => None,
        };
        share(self)?.subtract(&share(other)?)
    }
}

impl Amount {
    fn nothing(is_share: bool) -> Self {
        Self {
            number: Exact::zero(),
            denominator: is_share.then(Exact::zero),
        }
    }

    /// Returns what a figure adds to a sum; nothing for one that cannot be added.
    fn of(value: &Value) -> Option<Self> {
        let plain = |number| {
            Some(Self {
                number,
                denominator: None,
            })
        };
        match value {
            Value::Count(count) => plain((*count).into()),
            Value::Money(money) => plain(money.vnd().into()),
            Value::Decimal(decimal) => plain((*decimal).into()),
            Value::Flag(flag) => plain(i64::from(*flag).into()),
            Value::Ratio(ratio) => ratio.parts().map(|(numerator, denominator)| Self {
                number: numerator.into(),
                denominator: Some(denominator.into()),
            }),
            Value::Choice(_) | Value::Text(_) => None,
        }
    }

    fn times(&self, share: &Exact) -> Option<Self> {
        let denominator = self.denominator.as_ref().map(|it| it.multiply(share));
        Some(Self {
            number: self.number.multiply(share)?,
            denominator: match denominator {
                Some(product) => Some(product?),
                None => None,
            },
        })
    }

    fn add(&self, other: &Self) -> Option<Self> {
        let denominator = match (&self.denominator, &other.denominator) {
            (Some(one), Some(two)) => Some(one.add(two)?),
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        Some(Self {
            number: self.number.add(&other.number)?,
            denominator,
        })
    }
}
