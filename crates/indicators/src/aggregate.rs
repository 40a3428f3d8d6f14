//! Adding figures up over units and periods, across a tree of units that changed.
//!
//! An answer is made of columns held in memory, which the feed of figures brings up to
//! date first: what was committed is in it, whoever wrote it. Whose figures count is told
//! in [`members`], how they are added in [`tally`], and where a view carries them in
//! [`carry`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDate;
use kit::{Access, Actor, Db, Error, Result, page::Pages};
use types::{
    ids::{IndicatorId, UnitId},
    period::Period,
    quantity::{Quantity, Style},
};

use crate::{
    feed::Place,
    formula::derive::with_inputs,
    indicator::{
        Definition,
        continuity::{self, Break},
        standing::Published,
    },
    target::{self, standing::Judged},
    value::issue::Issue,
};

pub(crate) mod atlas;
pub(crate) mod carry;
pub(crate) mod change;
pub(crate) mod column;
pub(crate) mod columns;
mod comparison;
pub(crate) mod members;
pub(crate) mod rpc;
mod sheet;
pub(crate) mod tally;
mod tree;
mod wire;

use atlas::{Atlas, Atlases, Number};
use change::Change;
use column::States;
use columns::Columns;
use members::{Group, Grouping, Scope, Who};
use sheet::{Sheet, Total};

/// Asks for totals.
#[derive(Debug)]
pub(crate) struct AggregateValues {
    /// In order, each once.
    pub(crate) indicators: BTreeSet<IndicatorId>,
    pub(crate) whose: Whose,
    /// Kinds of the units that are counted, as on the wire; empty = all.
    pub(crate) kinds: BTreeSet<i32>,
    pub(crate) periods: Vec<Period>,
    pub(crate) grouping: Grouping,
    pub(crate) all_periods: bool,
    pub(crate) view: View,
    /// Figures of which states are counted.
    pub(crate) states: States,
    pub(crate) baseline: Option<Baseline>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Whose figures are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    Units(BTreeSet<UnitId>),
    Below(UnitId),
}

/// Under which tree of units figures are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Every figure under the tree of its own period.
    AtTheTime,
    Today,
    On(NaiveDate),
}

/// Which period a total is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Baseline {
    Previous,
    SameLastYear,
    EndOfLastYear,
}

/// One page of totals.
#[derive(Debug)]
pub(crate) struct Totals {
    pub(crate) rows: Vec<Row>,
    pub(crate) next_page_token: String,
    pub(crate) place: Place,
    pub(crate) date: Option<NaiveDate>,
}

/// One indicator of one group of units.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) indicator: IndicatorId,
    pub(crate) unit: Option<UnitId>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) all_periods: Option<Cell>,
}

/// One total.
#[derive(Debug)]
pub(crate) struct Cell {
    /// None for the cell over all periods.
    pub(crate) period: Option<Period>,
    /// How its figures are printed.
    pub(crate) style: Style,
    pub(crate) total: Total,
    pub(crate) target: Option<Target>,
    pub(crate) change: Option<Change>,
    pub(crate) issues: Vec<Issue>,
}

/// Where the unit of a row stands.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) order: Quantity,
    pub(crate) judged: Judged,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Aggregates {
    access: Access,
    pages: Pages,
    db: Db,
    atlases: Atlases,
    columns: Columns,
}

/// What everything in an answer is computed with.
pub(crate) struct Ground {
    pub(crate) atlas: Arc<Atlas>,
    pub(crate) published: Arc<BTreeMap<IndicatorId, Published>>,
    pub(crate) scope: Scope,
}

impl Ground {
    /// Returns the definition that counts for a period.
    pub(crate) fn definition(
        &self,
        indicator: &IndicatorId,
        period: &Period,
    ) -> Option<&Definition> {
        let revision = self.published.get(indicator)?.for_period(period)?;
        Some(&revision.definition)
    }

    /// Returns why figures of an indicator in two periods are not comparable.
    fn break_between(
        &self,
        indicator: &IndicatorId,
        one: &Period,
        other: &Period,
    ) -> Option<Break> {
        continuity::break_between(&self.published, indicator, one, other)
    }
}

impl Aggregates {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db, most_bytes: usize) -> Self {
        let atlases = Atlases::default();
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
            columns: Columns::new(db.clone(), atlases.clone(), most_bytes),
            atlases,
        }
    }

    /// Adds figures up, a page of rows at a time. The atlas names the units of the answer.
    pub(crate) async fn aggregate(
        &self,
        actor: &Actor,
        ask: AggregateValues,
    ) -> Result<(Totals, Arc<Atlas>)> {
        self.permit(actor, &ask.whose).await?;
        let ground = self
            .ground(actor, &ask.indicators, &ask.whose, &ask.kinds, ask.grouping)
            .await?;
        let date = self.date(ask.view);
        let mut sheet = Sheet::new(&ground, date, ask.states);
        let groups = sheet.groups(&ask.indicators, &ask.periods);
        let rows = Rows::of(&ground.atlas, &ask.indicators, groups);
        let page = self
            .pages
            .page(ask.page_size, &ask.page_token, ask.list())?;
        let limit = usize::try_from(page.limit()).map_err(Error::internal)?;
        let found = rows.after(page.after(), limit);
        let (rows, next_page_token) = page.close(found, |(indicator, group)| {
            let unit = group.map_or("", |it| ground.atlas.id(it).as_str());
            format!("{} {unit}", indicator.as_str())
        })?;
        sheet.plan(rows.iter().map(|it| &it.0), &ask.compared());
        let needs = sheet.needs(rows.iter().map(|it| it.1));
        let (taken, place) = self.columns.take(&ground.atlas, &needs).await?;
        sheet.take(taken);
        let orders = self.orders(&ground, &rows, &ask.periods).await?;
        let today = self.db.clock().today();
        // A country takes a while; the threads that answer others are kept free.
        let making = tokio::task::spawn_blocking(move || {
            let made = rows
                .into_iter()
                .map(|row| make(&mut sheet, &ask, &orders, row, today));
            made.collect()
        });
        let totals = Totals {
            rows: making.await.map_err(Error::internal)?,
            next_page_token,
            place,
            date,
        };
        Ok((totals, ground.atlas.clone()))
    }

    /// Requires the right on everything that is asked about.
    async fn permit(&self, actor: &Actor, whose: &Whose) -> Result<()> {
        match whose {
            Whose::Below(top) => self.access.require_subtree(actor, Some(top)).await,
            Whose::Units(units) => {
                for unit in units {
                    self.access.require(actor, unit).await?;
                }
                Ok(())
            }
        }
    }

    /// Looks units and indicators up.
    async fn ground(
        &self,
        actor: &Actor,
        indicators: &BTreeSet<IndicatorId>,
        whose: &Whose,
        kinds: &BTreeSet<i32>,
        grouping: Grouping,
    ) -> Result<Arc<Ground>> {
        let atlas = self.atlases.of(&*self.access.territory().await?);
        let number = |id: &UnitId| atlas.number(id).ok_or_else(|| Error::not_found("UNIT", id));
        let who = match whose {
            Whose::Below(top) => number(top).map(Who::Below),
            Whose::Units(units) => {
                let numbers = units.iter().map(number);
                numbers.collect::<Result<_>>().map(Who::Units)
            }
        };
        let who = match who {
            Ok(who) => who,
            Err(missing) => return Err(self.access.hide(actor, missing).await),
        };
        let published = with_inputs(self.db.reader(), indicators).await?;
        if let Some(missing) = indicators.iter().find(|it| !published.contains_key(it)) {
            return Err(Error::not_found("INDICATOR", missing));
        }
        Ok(Arc::new(Ground {
            atlas,
            published: Arc::new(published),
            scope: Scope {
                who,
                kinds: kinds.clone(),
                grouping,
            },
        }))
    }

    fn date(&self, view: View) -> Option<NaiveDate> {
        match view {
            View::AtTheTime => None,
            View::Today => Some(self.db.clock().today()),
            View::On(date) => Some(date),
        }
    }

    /// Reads what the units of some rows have to reach.
    async fn orders(
        &self,
        ground: &Ground,
        rows: &[(IndicatorId, Group)],
        periods: &[Period],
    ) -> Result<Orders> {
        let indicators: BTreeSet<_> = rows.iter().map(|it| &it.0).collect();
        let indicators: Vec<_> = indicators.into_iter().collect();
        let units: BTreeSet<_> = rows.iter().filter_map(|it| it.1).collect();
        let units: Vec<_> = units.iter().map(|it| ground.atlas.id(*it)).collect();
        if units.is_empty() {
            return Ok(Orders::new());
        }
        target::orders(self.db.reader(), &indicators, &units, periods).await
    }
}

/// Names of targets, and what has to be reached.
type Orders = BTreeMap<(IndicatorId, UnitId, Period), (String, Quantity)>;

/// Makes one row.
fn make(
    sheet: &mut Sheet,
    ask: &AggregateValues,
    orders: &Orders,
    (indicator, group): (IndicatorId, Group),
    today: NaiveDate,
) -> Row {
    let ground = sheet.ground();
    let unit = group.map(|it| sheet.unit(it).clone());
    let mut cells = Vec::with_capacity(ask.periods.len());
    for period in &ask.periods {
        let total = sheet.total(&indicator, *period, group);
        let definition = ground.definition(&indicator, period);
        let order = unit.as_ref().and_then(|unit| {
            let key = (indicator.clone(), unit.clone(), *period);
            orders.get(&key)
        });
        let target = definition.zip(order).map(|(definition, (name, order))| {
            let figure = total.quantity.as_ref();
            Target {
                name: name.clone(),
                order: order.clone(),
                judged: target::judge(definition, *period, order, figure, today),
            }
        });
        let kind = definition.map(|it| (it.value_kind, it.accumulation));
        let change = ask
            .baseline
            .zip(kind)
            .and_then(|(baseline, (kind, counted))| {
                let before = change::baseline(*period, baseline, counted)?;
                let earlier = sheet.total(&indicator, before, group);
                let change = change::compare(kind, &total, before, earlier);
                Some(match ground.break_between(&indicator, &before, period) {
                    Some(why) => change.broken(why),
                    None => change,
                })
            });
        let mut issues = sheet.issues(&indicator, *period, group, &total);
        issues.extend(change.as_ref().and_then(sheet::not_comparable));
        cells.push(Cell {
            period: Some(*period),
            style: definition.map(|it| it.manner().style).unwrap_or_default(),
            issues,
            total,
            target,
            change,
        });
    }
    let all_periods = ask.all_periods.then(|| {
        let totals: Vec<_> = cells.iter().map(|it| &it.total).collect();
        sheet.over_periods(&indicator, &ask.periods, &totals)
    });
    Row {
        indicator,
        unit,
        cells,
        all_periods,
    }
}

impl AggregateValues {
    /// Returns the periods that are looked at, those compared with too.
    fn compared(&self) -> Vec<(Period, Option<Baseline>)> {
        let periods = self.periods.iter();
        periods.map(|it| (*it, self.baseline)).collect()
    }

    /// Says which list a page belongs to.
    fn list(&self) -> String {
        let Self {
            indicators,
            whose,
            kinds,
            periods,
            grouping,
            all_periods,
            view,
            states,
            baseline,
            ..
        } = self;
        format!(
            "aggregates {indicators:?} {whose:?} {kinds:?} {periods:?} {grouping:?} \
             {all_periods} {view:?} {states:?} {baseline:?}"
        )
    }
}

/// All rows there are, in the order of indicators and units.
struct Rows<'a> {
    atlas: &'a Atlas,
    indicators: &'a BTreeSet<IndicatorId>,
    groups: Vec<Group>,
}

impl<'a> Rows<'a> {
    fn of(
        atlas: &'a Atlas,
        indicators: &'a BTreeSet<IndicatorId>,
        groups: BTreeSet<Group>,
    ) -> Self {
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|it| it.map(|it| atlas.id(it)));
        Self {
            atlas,
            indicators,
            groups,
        }
    }

    /// Returns the rows after a place, at most so many.
    fn after(&self, place: Option<&str>, limit: usize) -> Vec<(IndicatorId, Group)> {
        let (first, last) = place.and_then(|it| it.split_once(' ')).unwrap_or_default();
        let id = |group: &Group| group.map_or("", |it: Number| self.atlas.id(it).as_str());
        let indicators = self.indicators.iter().filter(|it| it.as_str() >= first);
        let rows = indicators.flat_map(|indicator| {
            // The rest of the indicator the page before ended with, then all of the others.
            let begins = place.is_some() && indicator.as_str() == first;
            let done = if begins {
                self.groups.partition_point(|it| id(it) <= last)
            } else {
                0
            };
            let groups = self.groups.get(done..).unwrap_or_default().iter();
            groups.map(|it| (indicator.clone(), *it))
        });
        rows.take(limit).collect()
    }
}
