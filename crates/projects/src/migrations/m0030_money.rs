use kit::migrations::{add_columns, date_null, index, integer, text_null};
use sea_orm::ConnectionTrait;
use sea_orm_migration::{async_trait, prelude::*};

mod origins;
mod permissions;

/// Columns that make the key of a line, in every table of entries.
const KEY: [&str; 5] = [
    "project_id",
    "fiscal_year",
    "funding_source",
    "cost_type",
    "unit",
];

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
        db.execute_unprepared("UPDATE supplementary_requests SET editors = principal")
            .await?;
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
        permissions::use_up(db).await?;
        origins::keep(db).await?;
        db.execute_unprepared(
            "UPDATE allocations SET effective_date = (SELECT MAX(decisions.issue_date) FROM decisions \
             WHERE decisions.id = allocations.decision_id OR decisions.id = allocations.by_decision \
             OR decisions.id = allocations.moved_by)",
        )
        .await?;
        index(manager, "decisions", &["replaces"], false).await
    }
}
