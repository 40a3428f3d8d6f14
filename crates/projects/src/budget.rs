//! The money of many lines, added up.
//!
//! Every line counts for the unit that held it, under the tree of its own year, so a sum over
//! a reorganisation is that of the units there were.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{Access, Actor, Db, Error, Result, page::Pages};
use types::{
    decimal::Decimal,
    ids::{ProjectId, UnitId},
    quantity::{Absence, Quantity, Value},
    ratio::Ratio,
    validity::Validity,
};

use crate::{
    budget_line::{CostType, FundingSource},
    reason::SUM_TOO_LARGE,
};

pub(crate) mod closing;
pub(crate) mod rpc;
mod split;
mod store;
mod wire;

pub(crate) use split::SplitAmount;

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
    /// Other days than those of the closings in force.
    pub(crate) closing_days: Option<Validity>,
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

/// Sums of some lines, wide enough for whatever there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) planned: i128,
    pub(crate) allocated: i128,
    pub(crate) permitted: i128,
    pub(crate) committed: i128,
    pub(crate) advanced: i128,
    pub(crate) paid: i128,
    pub(crate) settled: i128,
    pub(crate) uncovered: i128,
    pub(crate) closed: i128,
    pub(crate) lines: i128,
}

/// A part of some sums: a group, and the unit and year whose tree decides whether it counts.
#[derive(Debug)]
struct Part {
    fiscal_year: i32,
    unit: UnitId,
    key: String,
    sums: Sums,
}

/// Sums in groups, and over all of them.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) rows: Vec<(String, Sums)>,
    pub(crate) total: Sums,
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
            "budget {:?} {} {} {} {:?} {:?} {:?}",
            ask.scope,
            ask.is_unit_alone,
            ask.first_year,
            ask.last_year,
            ask.group_by,
            ask.filter,
            ask.closing_days
        );
        let page = self.pages.page(ask.page_size, &ask.page_token, what)?;
        let trees = self.trees(&ask).await?;
        let units = trees.as_ref().map(|it| it.values().flatten().collect());
        let parts = store::parts(self.db.reader(), &ask, units).await?;
        let mut groups: BTreeMap<String, Sums> = BTreeMap::new();
        let mut total = Sums::default();
        for part in parts {
            // What is paid long before or after the years asked for is of their nearest one.
            let year = part.fiscal_year.clamp(ask.first_year - 1, ask.last_year);
            let is_within = match &trees {
                None => true,
                Some(trees) => trees.get(&year).is_some_and(|it| it.contains(&part.unit)),
            };
            if is_within {
                total.add(&part.sums);
                groups.entry(part.key).or_default().add(&part.sums);
            }
        }
        let mut rows: Vec<_> = match ask.group_by {
            None => Vec::new(),
            Some(_) => groups.into_iter().collect(),
        };
        if let Some(after) = page.after() {
            rows.retain(|(key, _)| key.as_str() > after);
        }
        let (rows, next_page_token) = page.close(rows, |(key, _)| key.clone())?;
        Ok(Summary {
            rows,
            total,
            next_page_token,
        })
    }

    /// Returns the units that count in each year; none stands for all. What is paid late in a
    /// year counts in the next closing, so the year before the first is looked at as well.
    async fn trees(
        &self,
        ask: &SummarizeBudget,
    ) -> Result<Option<BTreeMap<i32, BTreeSet<UnitId>>>> {
        let Some(scope) = &ask.scope else {
            return Ok(None);
        };
        let mut trees = BTreeMap::new();
        for year in ask.first_year - 1..=ask.last_year {
            let units = match ask.is_unit_alone {
                true => vec![scope.clone()],
                false => self.access.units_below(scope, calendar(year)?).await?,
            };
            trees.insert(year, units.into_iter().collect());
        }
        Ok(Some(trees))
    }
}

/// Returns the days of a calendar year.
fn calendar(year: i32) -> Result<Validity> {
    let first = |year| NaiveDate::from_ymd_opt(year, 1, 1);
    let start = first(year).ok_or_else(|| Error::internal("a year has a first day"))?;
    Validity::new(start, first(year + 1)).map_err(Error::internal)
}

impl Sums {
    /// Adds other sums. A hundred thousand years of budgets fit.
    fn add(&mut self, other: &Self) {
        self.planned += other.planned;
        self.allocated += other.allocated;
        self.permitted += other.permitted;
        self.committed += other.committed;
        self.advanced += other.advanced;
        self.paid += other.paid;
        self.settled += other.settled;
        self.uncovered += other.uncovered;
        self.closed += other.closed;
        self.lines += other.lines;
    }

    /// Returns the share of the assigned that was disbursed by the closing. Where nothing is
    /// assigned there is none, which is not 0; none either where more came back than went out.
    fn ratio(&self) -> Result<Option<Quantity>> {
        if self.allocated == 0 {
            return Ok(Some(Quantity::absent(Absence::NotApplicable)));
        }
        if self.closed < 0 {
            return Ok(None);
        }
        let decimal = |it| Decimal::from_i64(narrow(it)?).map_err(|_| too_large());
        let parts = Some((decimal(self.closed)?, decimal(self.allocated)?));
        let ratio = Ratio::new(parts, None).map_err(|_| too_large())?;
        Ok(Some(Quantity::value(Value::Ratio(ratio))))
    }
}

/// Takes a sum back to what the contract carries.
fn narrow(sum: i128) -> Result<i64> {
    i64::try_from(sum).map_err(|_| too_large())
}

fn too_large() -> Error {
    Error::rule(&SUM_TOO_LARGE, [])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(closed: i128, allocated: i128) -> Option<String> {
        let sums = Sums {
            closed,
            allocated,
            ..Sums::default()
        };
        sums.ratio().unwrap().map(|it| it.to_vietnamese())
    }

    #[test]
    fn a_unit_with_no_assigned_money_has_no_ratio_and_not_a_ratio_of_nothing() {
        assert_eq!(
            ratio(0, 0).as_deref(),
            Some(Absence::NotApplicable.to_vietnamese())
        );
        assert_eq!(ratio(0, 500).as_deref(), Some("0%"));
        assert_eq!(ratio(425, 500).as_deref(), Some("85%"));
        assert_eq!(ratio(1, 3).as_deref(), Some("33,33%"));
        assert_eq!(ratio(600, 500).as_deref(), Some("120%"));
        assert_eq!(ratio(-1, 500), None);
    }

    #[test]
    fn a_sum_that_the_contract_cannot_carry_is_refused_and_not_cut_off() {
        let most = i128::from(i64::MAX);
        assert_eq!(narrow(most).unwrap(), i64::MAX);
        let Err(Error::Rule(reason, _)) = narrow(most + 1) else {
            panic!()
        };
        assert_eq!(reason.code, "SUM_TOO_LARGE");
        let sums = Sums {
            closed: 1,
            allocated: most,
            ..Sums::default()
        };
        assert!(matches!(sums.ratio(), Err(Error::Rule(_, _))));
    }
}
