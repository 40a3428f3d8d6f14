use std::collections::BTreeMap;

use kit::migrations::{add_columns, date_null, index, integer, text_null};
use sea_orm::ConnectionTrait;
use sea_orm_migration::{
    async_trait,
    prelude::*,
    sea_query::{Expr, Query},
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0030_money"
    }
}

/// Money keeps the decision that granted it when it moves, and the day from which it counts;
/// contracts reserve what they commit; permissions are used up; who wrote in a request is kept.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text_null("moved_by"),
            date_null("effective_date"),
            integer("repaid_vnd").default(0).take(),
        ];
        add_columns(manager, "allocations", columns).await?;
        let columns = [
            integer("repaid_vnd").default(0).take(),
            integer("contract_advanced_vnd").default(0).take(),
            integer("contract_paid_vnd").default(0).take(),
        ];
        add_columns(manager, "budget_lines", columns).await?;
        add_columns(manager, "supplementary_requests", [text_null("editors")]).await?;
        let db = manager.get_connection();
        for statement in [
            "UPDATE allocations SET effective_date = (SELECT MAX(decisions.issue_date) FROM decisions \
             WHERE decisions.id = allocations.decision_id OR decisions.id = allocations.by_decision)",
            "UPDATE supplementary_requests SET editors = principal",
        ] {
            db.execute_unprepared(statement).await?;
        }
        for (column, flow) in [
            (
                "contract_advanced_vnd",
                "CASE kind WHEN 'advance' THEN amount_vnd WHEN 'recovery' THEN -amount_vnd ELSE 0 END",
            ),
            (
                "contract_paid_vnd",
                "CASE kind WHEN 'payment' THEN amount_vnd ELSE 0 END",
            ),
        ] {
            let statement = format!(
                "UPDATE budget_lines SET {column} = (SELECT COALESCE(CAST(SUM({flow}) AS BIGINT), 0) \
                 FROM disbursements WHERE commitment IS NOT NULL \
                 AND disbursements.project_id = budget_lines.project_id \
                 AND disbursements.fiscal_year = budget_lines.fiscal_year \
                 AND disbursements.funding_source = budget_lines.funding_source \
                 AND disbursements.cost_type = budget_lines.cost_type \
                 AND disbursements.unit = budget_lines.unit)"
            );
            db.execute_unprepared(&statement).await?;
        }
        keep_origins(db).await?;
        index(manager, "decisions", &["replaces"], false).await
    }
}

/// A line, and the decision that moved money there.
type Place = (String, i64, String, String, String, String);

/// Money that was moved was that of the decision that moved it. It becomes again that of the one
/// that granted it: every entry is looked at in the order entered, the one that left before the
/// one that arrived.
async fn keep_origins(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let key = [
        "project_id",
        "fiscal_year",
        "funding_source",
        "cost_type",
        "unit",
    ];
    let moving = Query::select()
        .column("id")
        .from("decisions")
        .and_where(Expr::col("kind").eq("move-budget"))
        .take();
    let entries = Query::select()
        .columns(key)
        .columns(["number", "decision_id", "kind", "amount_vnd", "counterpart"])
        .from("allocations")
        .and_where(Expr::col("decision_id").in_subquery(moving))
        .order_by("project_id", Order::Asc)
        .order_by("number", Order::Asc)
        .take();
    // What each decision granted of what was moved to a line.
    let mut origins: BTreeMap<Place, BTreeMap<String, i64>> = BTreeMap::new();
    for row in db.query_all(&entries).await? {
        let text = |name: &str| row.try_get::<String>("", name);
        let (project, moved_by) = (text("project_id")?, text("decision_id")?);
        let number: i64 = row.try_get("", "number")?;
        let amount: i64 = row.try_get("", "amount_vnd")?;
        let counterpart: Option<i64> = row.try_get("", "counterpart")?;
        let place = (
            project.clone(),
            row.try_get("", "fiscal_year")?,
            text("funding_source")?,
            text("cost_type")?,
            text("unit")?,
            moved_by.clone(),
        );
        let held = origins.entry(place).or_default();
        let origin = match counterpart {
            Some(counterpart) if amount > 0 => granting(db, &project, counterpart).await?,
            // It leaves: out of what there is most of.
            _ => held
                .iter()
                .max_by_key(|(_, held)| **held)
                .map(|(origin, _)| origin.clone()),
        };
        let Some(origin) = origin else { continue };
        *held.entry(origin.clone()).or_default() += amount;
        let update = Query::update()
            .table("allocations")
            .value("decision_id", origin)
            .value("moved_by", moved_by)
            .and_where(Expr::col("project_id").eq(project))
            .and_where(Expr::col("number").eq(number))
            .take();
        db.execute(&update).await?;
    }
    Ok(())
}

/// Returns the decision of an entry as it is by now.
async fn granting(
    db: &SchemaManagerConnection<'_>,
    project: &str,
    number: i64,
) -> Result<Option<String>, DbErr> {
    let entry = Query::select()
        .column("decision_id")
        .from("allocations")
        .and_where(Expr::col("project_id").eq(project))
        .and_where(Expr::col("number").eq(number))
        .take();
    let row = db.query_one(&entry).await?;
    row.map(|it| it.try_get("", "decision_id")).transpose()
}
