//! The money of many lines, added up.
//!
//! As it was, every line counts for the unit that held it, under the tree of its own year, so a
//! sum over a reorganisation is that of the units there were. As it is now, it counts for the
//! unit of today to which the reorganisations lead ([`carry`]).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{Access, Actor, Db, Error, Result, page::Pages};
use types::{
    ids::{ProjectId, UnitId},
    validity::Validity,
};

use crate::budget_line::{CostType, FundingSource};

mod carry;
pub(crate) mod closing;
pub(crate) mod rpc;
mod split;
mod store;
mod sums;
mod wire;

use carry::{Lineage, Stands};
pub(crate) use split::SplitAmount;
pub(crate) use sums::Sums;
use sums::narrow;

/// Asks for sums.
#[derive(Debug)]
pub(crate) struct SummarizeBudget {
    /// None stands for all units.
    pub(crate) scope: Option<UnitId>,
    pub(crate) is_unit_alone: bool,
    pub(crate) first_year: i32,
    pub(crate) last_year: i32,
    pub(crate) group_by: Option<Grouping>,
    pub(crate) filter: Filter,
    /// Last day of another closing than the one in force.
    pub(crate) closing: Option<NaiveDate>,
    pub(crate) view: View,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Which lines are wanted; what is left out does not matter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) project: Option<ProjectId>,
    pub(crate) source: Option<FundingSource>,
    pub(crate) cost_type: Option<CostType>,
}

/// Under which units lines count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Those that held them, under the tree of each year.
    AsWas,
    /// Those of today.
    AsNow,
}

/// By what sums are broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    Unit,
    Project,
    Source,
    CostType,
    Year,
}

impl Grouping {
    const ALL: [Self; 5] = [
        Self::Unit,
        Self::Project,
        Self::Source,
        Self::CostType,
        Self::Year,
    ];
}

/// A part of some sums: a group, and the unit and year that decide whether it counts.
#[derive(Debug)]
struct Part {
    fiscal_year: i32,
    unit: UnitId,
    /// None where units make the groups.
    key: Option<String>,
    sums: Sums,
}

/// Money of a unit that cannot be placed among the units of today.
#[derive(Debug)]
pub(crate) struct Unplaced {
    pub(crate) unit: UnitId,
    /// The units it was divided among; none when nothing follows it.
    pub(crate) successors: BTreeSet<UnitId>,
    pub(crate) sums: Sums,
    /// Whether it is in the total, as all of those units are in the scope.
    pub(crate) is_in_total: bool,
}

/// Sums in groups, and over all of them.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) rows: Vec<(String, Sums)>,
    pub(crate) total: Sums,
    pub(crate) unplaced: Vec<Unplaced>,
    pub(crate) next_page_token: String,
}

/// The use case.
#[derive(Debug, Clone)]
pub(crate) struct Budgets {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Budgets {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Adds up the lines of a unit and everything below it.
    pub(crate) async fn summarize(&self, actor: &Actor, ask: SummarizeBudget) -> Result<Summary> {
        match (&ask.scope, ask.is_unit_alone) {
            (Some(unit), true) => self.access.require(actor, unit).await?,
            (scope, _) => self.access.require_subtree(actor, scope.as_ref()).await?,
        }
        let what = format!(
            "budget {:?} {} {} {} {:?} {:?} {:?} {:?}",
            ask.scope,
            ask.is_unit_alone,
            ask.first_year,
            ask.last_year,
            ask.group_by,
            ask.filter,
            ask.closing,
            ask.view
        );
        let page = self.pages.page(ask.page_size, &ask.page_token, what)?;
        let counted = match ask.view {
            View::AsWas => self.as_was(&ask).await?,
            View::AsNow => self.as_now(&ask).await?,
        };
        let mut rows: Vec<_> = match ask.group_by {
            None => Vec::new(),
            Some(_) => counted.groups.into_iter().collect(),
        };
        if let Some(after) = page.after() {
            rows.retain(|(key, _)| key.as_str() > after);
        }
        let (rows, next_page_token) = page.close(rows, |(key, _)| key.clone())?;
        Ok(Summary {
            rows,
            total: counted.total,
            unplaced: counted.unplaced.into_values().collect(),
            next_page_token,
        })
    }

    /// Counts every line for the unit that held it.
    async fn as_was(&self, ask: &SummarizeBudget) -> Result<Counted> {
        let trees = self.trees(ask).await?;
        let units = trees.as_ref().map(|it| it.values().flatten().collect());
        let parts = store::parts(self.db.reader(), ask, units).await?;
        let mut counted = Counted::default();
        for part in parts {
            let tree = trees.as_ref().map(|it| it.get(&part.fiscal_year));
            if tree.is_none_or(|it| it.is_some_and(|it| it.contains(&part.unit))) {
                let key = part.key.unwrap_or_else(|| part.unit.name());
                counted.add(key, &part.sums);
            }
        }
        Ok(counted)
    }

    /// Counts every line for the unit of today to which the reorganisations lead.
    async fn as_now(&self, ask: &SummarizeBudget) -> Result<Counted> {
        let today = self.db.clock().today();
        let days = Validity::new(today, today.succ_opt()).map_err(Error::internal)?;
        let tree: Option<BTreeSet<_>> = match &ask.scope {
            None => None,
            Some(scope) if ask.is_unit_alone => Some([scope.clone()].into()),
            Some(scope) => {
                let units = self.access.units_below(scope, days).await?;
                Some(units.into_iter().collect())
            }
        };
        // What was the scope's own, and cannot be placed, is told as well.
        let trees = self.trees(ask).await?;
        let was_within = |part: &Part| {
            let tree = trees.as_ref().map(|it| it.get(&part.fiscal_year));
            tree.is_none_or(|it| it.is_some_and(|it| it.contains(&part.unit)))
        };
        let is_within = |unit: &UnitId| tree.as_ref().is_none_or(|it| it.contains(unit));
        let territory = self.access.territory().await?;
        let lineage = Lineage::of(&territory, today);
        let parts = store::parts(self.db.reader(), ask, None).await?;
        let mut known: BTreeMap<(UnitId, i32), Stands> = BTreeMap::new();
        let mut counted = Counted::default();
        for part in parts {
            let place = (part.unit.clone(), part.fiscal_year);
            let stands = known.entry(place);
            let stands = stands.or_insert_with(|| lineage.stands(&part.unit, part.fiscal_year));
            let stands = &*stands;
            let key = |unit: &UnitId| part.key.clone().unwrap_or_else(|| unit.name());
            match stands {
                Stands::Whole(unit) if is_within(unit) => counted.add(key(unit), &part.sums),
                Stands::Whole(_) => {}
                Stands::Parts(parts) => {
                    let split = carry::split(&part.sums, parts)?;
                    let within = parts.iter().zip(split);
                    for ((unit, _), sums) in within.filter(|((unit, _), _)| is_within(unit)) {
                        counted.add(key(unit), &sums);
                    }
                }
                Stands::Unknown(successors) => {
                    let all_within = match successors.is_empty() {
                        true => tree.is_none(),
                        false => successors.iter().all(is_within),
                    };
                    if all_within || successors.iter().any(is_within) || was_within(&part) {
                        counted.add_unplaced(&part, successors, all_within);
                    }
                }
            }
        }
        Ok(counted)
    }

    /// Returns the units that count in each year; none stands for all.
    async fn trees(
        &self,
        ask: &SummarizeBudget,
    ) -> Result<Option<BTreeMap<i32, BTreeSet<UnitId>>>> {
        let Some(scope) = &ask.scope else {
            return Ok(None);
        };
        let mut trees = BTreeMap::new();
        for year in ask.first_year..=ask.last_year {
            let units = match ask.is_unit_alone {
                true => vec![scope.clone()],
                false => self.access.units_below(scope, calendar(year)?).await?,
            };
            trees.insert(year, units.into_iter().collect());
        }
        Ok(Some(trees))
    }
}

/// What has been added up so far.
#[derive(Debug, Default)]
struct Counted {
    groups: BTreeMap<String, Sums>,
    total: Sums,
    unplaced: BTreeMap<UnitId, Unplaced>,
}

impl Counted {
    fn add(&mut self, key: String, sums: &Sums) {
        self.total.add(sums);
        self.groups.entry(key).or_default().add(sums);
    }

    /// Adds money of a unit that cannot be placed. Where all units it may stand with are in the
    /// scope, it is in the total and in every group but theirs.
    fn add_unplaced(&mut self, part: &Part, successors: &BTreeSet<UnitId>, is_in_total: bool) {
        if is_in_total {
            self.total.add(&part.sums);
            if let Some(key) = &part.key {
                let group = self.groups.entry(key.clone()).or_default();
                group.add(&part.sums);
            }
        }
        let unplaced = self.unplaced.entry(part.unit.clone());
        let unplaced = unplaced.or_insert_with(|| Unplaced {
            unit: part.unit.clone(),
            successors: successors.clone(),
            sums: Sums::default(),
            is_in_total,
        });
        unplaced.sums.add(&part.sums);
    }
}

/// Returns the days of a calendar year.
fn calendar(year: i32) -> Result<Validity> {
    let first = |year| NaiveDate::from_ymd_opt(year, 1, 1);
    let start = first(year).ok_or_else(|| Error::internal("a year has a first day"))?;
    Validity::new(start, first(year + 1)).map_err(Error::internal)
}
