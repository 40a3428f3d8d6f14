//! Sums in SQL over the lines and their entries, whose key has the same columns in every
//! table.

use kit::{Error, Result};
use sea_orm::{
    Condition, ConnectionTrait, ExprTrait, QueryResult,
    sea_query::{Expr, Query, SelectStatement, SqliteQueryBuilder},
};
use types::ids::UnitId;

use super::{Grouping, Part, SummarizeBudget, Sums, View, closing};
use crate::{allocation, decision};

/// Databases take only so many values in one question; with more units all lines of the
/// years are summed, and those that do not count are left out afterwards.
const MOST_UNITS: usize = 500;

/// Sums of 64 bits may pass 64 bits, and the databases disagree on what happens then. So the
/// thousand millions and the rest are summed apart.
const BASE: i128 = 1_000_000_000;

/// Returns the sums by year, unit and group. `units` are those that can count.
pub(super) async fn parts(
    db: &impl ConnectionTrait,
    ask: &SummarizeBudget,
    units: Option<Vec<&UnitId>>,
) -> Result<Vec<Part>> {
    let mut units: Option<Vec<_>> = units.map(|it| it.iter().map(|it| it.as_str()).collect());
    if let Some(units) = &mut units {
        units.sort_unstable();
        units.dedup();
    }
    let units = units.filter(|it| it.len() <= MOST_UNITS);
    let units = units.as_deref();

    let mut lines = start("budget_lines", ask, units);
    let totals = [
        "planned_vnd",
        "allocated_vnd",
        "permitted_vnd",
        "committed_vnd",
        "advanced_vnd",
        "paid_vnd",
        "settled_vnd",
    ];
    for total in totals {
        sum(&mut lines, total, total);
    }
    let lapsed = "CASE WHEN settled_vnd IS NULL THEN 0 \
                  ELSE allocated_vnd - advanced_vnd - paid_vnd END";
    sum(&mut lines, lapsed, "lapsed_vnd");
    lines.expr_as(Expr::cust("CAST(COUNT(*) AS BIGINT)"), "line_count");
    let mut parts = Vec::new();
    for row in db.query_all(&lines).await? {
        let sums = Sums {
            planned: read(&row, "planned_vnd")?,
            allocated: read(&row, "allocated_vnd")?,
            permitted: read(&row, "permitted_vnd")?,
            committed: read(&row, "committed_vnd")?,
            advanced: read(&row, "advanced_vnd")?,
            paid: read(&row, "paid_vnd")?,
            settled: read(&row, "settled_vnd")?,
            lapsed: read(&row, "lapsed_vnd")?,
            lines: row.try_get::<i64>("", "line_count")?.into(),
            ..Sums::default()
        };
        parts.push(part(&row, ask, sums)?);
    }

    for select in [uncovered(ask, units), void_permissions(ask, units)] {
        for row in db.query_all(&select).await? {
            let uncovered = read(&row, "amount")?;
            let sums = Sums {
                uncovered,
                ..Sums::default()
            };
            parts.push(part(&row, ask, sums)?);
        }
    }

    for row in db.query_all(&closed_allocated(ask, units)?).await? {
        let closed_allocated = read(&row, "amount")?;
        let sums = Sums {
            closed_allocated,
            ..Sums::default()
        };
        parts.push(part(&row, ask, sums)?);
    }

    for row in db.query_all(&closed(ask, units)).await? {
        let closed = read(&row, "amount")?;
        let sums = Sums {
            closed,
            ..Sums::default()
        };
        parts.push(part(&row, ask, sums)?);
    }
    Ok(parts)
}

/// Selects what was granted by decisions that are not in force any more.
fn uncovered(ask: &SummarizeBudget, units: Option<&[&str]>) -> SelectStatement {
    let mut uncovered = start("allocations", ask, units);
    sum(&mut uncovered, "amount_vnd", "amount");
    uncovered.cond_where(allocation::store::is_void());
    let permissions = decision::store::permitting();
    let is_granted = Expr::col("decision_id").not_in_subquery(permissions);
    uncovered.and_where(is_granted).take()
}

/// Selects what was permitted by such decisions and is not used up: a permission in whose place
/// a grant has come needs no decision any more. That is told of each line alone.
fn void_permissions(ask: &SummarizeBudget, units: Option<&[&str]>) -> SelectStatement {
    let mut lines = start("budget_lines", ask, units);
    let words = |ids: SelectStatement| ids.to_string(SqliteQueryBuilder);
    let permitted = format!(
        "(SELECT CAST(COALESCE(SUM(entry.amount_vnd), 0) AS BIGINT) FROM allocations AS entry \
         WHERE entry.project_id = budget_lines.project_id \
         AND entry.fiscal_year = budget_lines.fiscal_year \
         AND entry.funding_source = budget_lines.funding_source \
         AND entry.cost_type = budget_lines.cost_type AND entry.unit = budget_lines.unit \
         AND entry.decision_id IN ({}) AND entry.decision_id IN ({}))",
        words(decision::store::permitting()),
        words(decision::store::void()),
    );
    let lacking =
        format!("CASE WHEN {permitted} > repaid_vnd THEN {permitted} - repaid_vnd ELSE 0 END");
    sum(&mut lines, &lacking, "amount");
    lines.and_where(Expr::col("permitted_vnd").gt(0)).take()
}

/// Selects what was granted for each year by decisions issued up to its closing.
fn closed_allocated(ask: &SummarizeBudget, units: Option<&[&str]>) -> Result<SelectStatement> {
    let mut granted = start("allocations", ask, units);
    sum(&mut granted, "amount_vnd", "amount");
    granted.and_where(Expr::col("decision_id").not_in_subquery(decision::store::permitting()));
    let mut in_time = Condition::any();
    for year in ask.first_year..=ask.last_year {
        let end = match ask.closing {
            Some(day) => day.succ_opt(),
            None => closing::days_of(year)?.end(),
        };
        let of_year = Condition::all()
            .add(Expr::col("fiscal_year").eq(year))
            .add_option(end.map(|end| Expr::col("effective_date").lt(end)));
        in_time = in_time.add(of_year);
    }
    granted.cond_where(in_time);
    Ok(granted)
}

/// Selects what was disbursed of the money of each year up to its closing: from the sums that are
/// kept, or, for another day, from the entries.
fn closed(ask: &SummarizeBudget, units: Option<&[&str]>) -> SelectStatement {
    let Some(day) = ask.closing else {
        let mut kept = start("budget_closings", ask, units);
        sum(&mut kept, "disbursed_vnd", "amount");
        let in_time = Expr::col("closing_year").lte(Expr::col("fiscal_year"));
        return kept.and_where(in_time).take();
    };
    let mut entries = start("disbursements", ask, units);
    let flow = "CASE WHEN kind = 'recovery' THEN -amount_vnd ELSE amount_vnd END";
    sum(&mut entries, flow, "amount");
    // What is reversed is taken back from the day on which it counted.
    let counts_from = Expr::cust(
        "COALESCE((SELECT earlier.disburse_date FROM disbursements AS earlier \
         WHERE earlier.project_id = disbursements.project_id \
         AND earlier.number = disbursements.reverses), disbursements.disburse_date)",
    );
    entries.and_where(counts_from.lte(day));
    entries
}

/// Begins a question for sums by year, unit and group; for those of today by line, as a line
/// that is divided is divided alone.
fn start(table: &'static str, ask: &SummarizeBudget, units: Option<&[&str]>) -> SelectStatement {
    let mut select = Query::select();
    select
        .column("fiscal_year")
        .column("unit")
        .from(table)
        .group_by_col("fiscal_year")
        .group_by_col("unit")
        .and_where(Expr::col("fiscal_year").between(ask.first_year, ask.last_year));
    let group = column(ask.group_by);
    match group {
        Some(column) => {
            select.expr_as(Expr::col(column), "group_key");
        }
        None => {
            select.expr_as(Expr::cust("CAST('' AS TEXT)"), "group_key");
        }
    }
    let of_line = ["project_id", "funding_source", "cost_type"];
    let columns = of_line.into_iter();
    for column in columns.filter(|it| ask.view == View::AsNow || group == Some(*it)) {
        select.group_by_col(column);
    }
    let filter = &ask.filter;
    if let Some(project) = &filter.project {
        select.and_where(Expr::col("project_id").eq(project.as_str()));
    }
    if let Some(source) = filter.source {
        select.and_where(Expr::col("funding_source").eq(source.as_word()));
    }
    if let Some(cost_type) = filter.cost_type {
        select.and_where(Expr::col("cost_type").eq(cost_type.as_word()));
    }
    if let Some(units) = units {
        select.and_where(Expr::col("unit").is_in(units.iter().copied()));
    }
    select
}

/// Returns the column that makes the groups, where it is neither the unit nor the year.
fn column(group_by: Option<Grouping>) -> Option<&'static str> {
    match group_by {
        Some(Grouping::Project) => Some("project_id"),
        Some(Grouping::Source) => Some("funding_source"),
        Some(Grouping::CostType) => Some("cost_type"),
        Some(Grouping::Unit | Grouping::Year) | None => None,
    }
}

fn sum(select: &mut SelectStatement, what: &str, name: &'static str) {
    for (operator, part) in [("/", "high"), ("%", "low")] {
        let sum = format!("CAST(COALESCE(SUM(({what}) {operator} {BASE}), 0) AS BIGINT)");
        select.expr_as(Expr::cust(sum), format!("{name}_{part}"));
    }
}

fn read(row: &QueryResult, name: &str) -> Result<i128> {
    let part = |part: &str| row.try_get::<i64>("", &format!("{name}_{part}"));
    Ok(i128::from(part("high")?) * BASE + i128::from(part("low")?))
}

fn part(row: &QueryResult, ask: &SummarizeBudget, sums: Sums) -> Result<Part> {
    let fiscal_year: i64 = row.try_get("", "fiscal_year")?;
    let unit: String = row.try_get("", "unit")?;
    let group: String = row.try_get("", "group_key")?;
    let key = match ask.group_by {
        None => Some(String::new()),
        Some(Grouping::Unit) => None,
        Some(Grouping::Year) => Some(fiscal_year.to_string()),
        Some(Grouping::Project) => Some(format!("projects/{group}")),
        Some(Grouping::Source | Grouping::CostType) => {
            Some(super::wire::key(ask.group_by, &group)?)
        }
    };
    Ok(Part {
        fiscal_year: i32::try_from(fiscal_year).map_err(Error::internal)?,
        unit: UnitId::new(&unit).map_err(Error::internal)?,
        key,
        sums,
    })
}
