//! Sums over the payments of a province.

use std::time::Instant;

use proto::projects as pb;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use crate::{
    RUNS,
    province::{DISBURSEMENTS, PROJECTS, Province, UNITS},
    spread, tell,
};

/// What the database itself says was paid and what was paid by the closing, from the entries.
const FLOOR: &str = "SELECT unit, CAST(SUM(amount_vnd) AS BIGINT) AS paid, \
     CAST(SUM(CASE WHEN disburse_date < '2022-12-16' THEN amount_vnd ELSE 0 END) AS BIGINT) \
     AS closed FROM disbursements WHERE fiscal_year = 2022 GROUP BY unit";

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

    let (floor, rows) = floor(&province).await;
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
        let mut last = None;
        for run in 0..=RUNS {
            let begun = Instant::now();
            let asked = province.receiver.ask(ask.clone());
            let answer = province.budget.summarize_budget(asked).await.unwrap();
            // The first one warms up.
            if run > 0 {
                times.push(begun.elapsed().as_secs_f64());
            }
            last = Some(answer.into_inner());
        }
        let last = last.unwrap();
        agree(&last, group_by, &rows);
        let (median, p99) = spread(times);
        tell(json!({
            "what": what, "database": database, "rows": last.rows.len(),
            "median_ms": median * 1e3, "p99_ms": p99 * 1e3, "aim_ms": 50,
            "floor": "one GROUP BY unit over the same disbursements", "floor_ms": floor * 1e3,
            "of_floor": median / floor, "equal_to_the_database": true,
        }));
    }
}

/// Sums by unit as the database itself makes them, and how long that takes.
async fn floor(province: &Province) -> (f64, Vec<(String, i64, i64)>) {
    let reader = province.db.reader();
    let mut times = Vec::new();
    let mut rows = Vec::new();
    for _ in 0..=RUNS {
        let begun = Instant::now();
        let statement = Statement::from_string(reader.get_database_backend(), FLOOR);
        rows = reader.query_all_raw(statement).await.unwrap();
        times.push(begun.elapsed().as_secs_f64());
    }
    let rows = rows.iter().map(|row| {
        let unit: String = row.try_get("", "unit").unwrap();
        let number = |name: &str| row.try_get::<i64>("", name).unwrap();
        (unit, number("paid"), number("closed"))
    });
    (spread(times).0, rows.collect())
}

/// Stops when the sums are not those of the database.
fn agree(
    answer: &pb::SummarizeBudgetResponse,
    group_by: pb::BudgetGrouping,
    rows: &[(String, i64, i64)],
) {
    let total = answer.total.as_ref().unwrap();
    let paid: i64 = rows.iter().map(|(_, paid, _)| paid).sum();
    let closed: i64 = rows.iter().map(|(_, _, closed)| closed).sum();
    assert_eq!(total.disbursed_amount_vnd, paid);
    assert_eq!(total.closed_disbursed_amount_vnd, closed);
    if group_by != pb::BudgetGrouping::Unit {
        return;
    }
    assert_eq!(answer.rows.len(), rows.len());
    for row in &answer.rows {
        let unit = row.key.strip_prefix("units/").unwrap();
        let (_, paid, closed) = rows.iter().find(|(it, ..)| it == unit).unwrap();
        let summary = row.summary.as_ref().unwrap();
        assert_eq!(summary.disbursed_amount_vnd, *paid);
        assert_eq!(summary.closed_disbursed_amount_vnd, *closed);
    }
}
