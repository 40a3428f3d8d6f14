//! Sums over the payments of a province.

use std::{collections::BTreeMap, time::Instant};

use proto::projects as pb;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::{
    RUNS,
    province::{DISBURSEMENTS, PROJECTS, Province, UNITS},
    spread, tell,
};

/// What the database itself says was paid and what was paid by the closing, from the entries,
/// by a column.
fn sums_by(column: &str) -> String {
    format!(
        "SELECT {column} AS node, CAST(SUM(amount_vnd) AS BIGINT) AS paid, \
         CAST(SUM(CASE WHEN disburse_date < '2022-12-16' THEN amount_vnd ELSE 0 END) AS BIGINT) \
         AS closed FROM disbursements WHERE fiscal_year = 2022 GROUP BY {column}"
    )
}

/// Sums of one node: its id, what was paid, and what was paid by the closing.
type Node = (String, i64, i64);

pub(crate) async fn measure(database: &str) {
    let mut province = Province::open().await;
    let begun = Instant::now();
    province.fill().await;
    tell(json!({
        "what": "projects, lines and allocations entered one by one", "database": database,
        "units": UNITS, "projects": PROJECTS, "calls": PROJECTS * 4 + UNITS,
        "seconds": begun.elapsed().as_secs_f64(),
    }));
    let times = province.pay().await;
    let seconds: f64 = times.iter().sum();
    let (median, p99) = spread(times);
    tell(json!({
        "what": "UpsertDisbursements, 500 a call, into 500 lines", "database": database,
        "disbursements": DISBURSEMENTS, "per_second": (DISBURSEMENTS as f64 / seconds).round(),
        "median_ms": median * 1e3, "p99_ms": p99 * 1e3,
    }));

    let (floor, units) = floor(&province, "unit").await;
    let (_, projects) = self::floor(&province, "project_id").await;
    let (_, sources) = self::floor(&province, "funding_source").await;
    assert_eq!((units.len(), projects.len()), (UNITS, PROJECTS));
    for (what, group_by) in [
        (
            "SummarizeBudget of the province, the total",
            pb::BudgetGrouping::Unspecified,
        ),
        (
            "SummarizeBudget of the province by unit",
            pb::BudgetGrouping::Unit,
        ),
        (
            "SummarizeBudget of the province by project",
            pb::BudgetGrouping::Project,
        ),
        (
            "SummarizeBudget of the province by source",
            pb::BudgetGrouping::FundingSource,
        ),
    ] {
        let ask = pb::SummarizeBudgetRequest {
            scope_unit: "units/tinh-quang-ngai".into(),
            fiscal_year: 2022,
            group_by: group_by.into(),
            page_size: 500,
            ..Default::default()
        };
        let mut times = Vec::new();
        for run in 0..=RUNS {
            let begun = Instant::now();
            let asked = province.receiver.ask(ask.clone());
            province.budget.summarize_budget(asked).await.unwrap();
            // The first one warms up.
            if run > 0 {
                times.push(begun.elapsed().as_secs_f64());
            }
        }
        let rows = agree(&mut province, ask, [&units, &projects, &sources]).await;
        let (median, p99) = spread(times);
        tell(json!({
            "what": what, "database": database, "rows": rows, "rows_of_a_page": rows.min(500),
            "median_ms": median * 1e3, "p99_ms": p99 * 1e3, "aim_ms": 50,
            "floor": "one GROUP BY unit over the same disbursements", "floor_ms": floor * 1e3,
            "of_floor": median / floor,
            "equal_to_the_database": "paid and closed, of the total and of every row",
        }));
    }
}

/// Sums as the database itself makes them, and how long that takes.
async fn floor(province: &Province, column: &str) -> (f64, Vec<Node>) {
    let reader = province.db.reader();
    let mut times = Vec::new();
    let mut rows = Vec::new();
    for _ in 0..=RUNS {
        let begun = Instant::now();
        let statement = Statement::from_string(reader.get_database_backend(), sums_by(column));
        rows = reader.query_all_raw(statement).await.unwrap();
        times.push(begun.elapsed().as_secs_f64());
    }
    let rows = rows.iter().map(|row| {
        let node: String = row.try_get("", "node").unwrap();
        let number = |name: &str| row.try_get::<i64>("", name).unwrap();
        (node, number("paid"), number("closed"))
    });
    (spread(times).0, rows.collect())
}

/// Reads all pages of an answer and returns how many rows they have; stops when the sums are
/// not those of the database.
async fn agree(
    province: &mut Province,
    ask: pb::SummarizeBudgetRequest,
    [units, projects, sources]: [&[Node]; 3],
) -> usize {
    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let page = pb::SummarizeBudgetRequest {
            page_token,
            ..ask.clone()
        };
        let page = province.receiver.ask(page);
        let answer = province.budget.summarize_budget(page).await.unwrap();
        let answer = answer.into_inner();
        let total = answer.total.unwrap();
        let paid: i64 = units.iter().map(|(_, paid, _)| paid).sum();
        let closed: i64 = units.iter().map(|(_, _, closed)| closed).sum();
        assert_eq!(total.disbursed_amount_vnd, paid);
        assert_eq!(total.closed_disbursed_amount_vnd, closed);
        rows.extend(answer.rows);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let (prefix, nodes) = match ask.group_by() {
        pb::BudgetGrouping::Unit => ("units/", units),
        pb::BudgetGrouping::Project => ("projects/", projects),
        pb::BudgetGrouping::FundingSource => ("FUNDING_SOURCE_", sources),
        // The total alone has no rows.
        _ => ("", [].as_slice()),
    };
    assert_eq!(rows.len(), nodes.len());
    let nodes: BTreeMap<_, _> = nodes
        .iter()
        .map(|(node, paid, closed)| (node.as_str(), (*paid, *closed)))
        .collect();
    for row in &rows {
        let node = row.key.strip_prefix(prefix).unwrap();
        // The database knows a source by its word.
        let node = match ask.group_by() {
            pb::BudgetGrouping::FundingSource => node.to_lowercase().replace('_', "-"),
            _ => node.to_owned(),
        };
        let node = node.as_str();
        let summary = row.summary.as_ref().unwrap();
        let told = (
            summary.disbursed_amount_vnd,
            summary.closed_disbursed_amount_vnd,
        );
        assert_eq!(told, nodes[node], "{node}");
    }
    rows.len()
}
