use kit::migrations::{add_columns, index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_budget_lines"
    }
}

/// Lines of the budget, and allocations to them. What was allocated before stands on lines
/// of recurrent spending, the only kind that was entered then.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let lines = [
            text("project_id"),
            integer("fiscal_year"),
            text("funding_source"),
            text("cost_type"),
            text("unit"),
            integer_null("planned_vnd"),
            text("note"),
            integer("allocated_vnd"),
            integer("permitted_vnd"),
            integer("committed_vnd"),
            integer("advanced_vnd"),
            integer("paid_vnd"),
            integer_null("settled_vnd"),
            text_null("settle_decision"),
            text_null("settle_principal"),
            integer_null("settle_micros"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        let key = [
            "project_id",
            "fiscal_year",
            "funding_source",
            "cost_type",
            "unit",
        ];
        table(manager, "budget_lines", &key, lines).await?;
        index(manager, "budget_lines", &["fiscal_year", "unit"], false).await?;

        let columns = [
            text("cost_type").default("recurrent").take(),
            text("unit").default("").take(),
            text("kind").default("grant").take(),
            text_null("by_decision"),
            integer_null("reverses"),
            integer_null("counterpart"),
            integer_null("request_number"),
        ];
        add_columns(manager, "allocations", columns).await?;
        let db = manager.get_connection();
        for statement in [
            "UPDATE allocations SET unit = (SELECT owner_unit FROM projects \
             WHERE projects.id = allocations.project_id)",
            "UPDATE allocations SET kind = 'recall', by_decision = decision_id WHERE amount_vnd < 0",
            "INSERT INTO budget_lines (project_id, fiscal_year, funding_source, cost_type, unit, note, \
             allocated_vnd, permitted_vnd, committed_vnd, advanced_vnd, paid_vnd, create_micros, \
             update_micros, version) SELECT project_id, fiscal_year, funding_source, cost_type, unit, '', \
             CAST(SUM(amount_vnd) AS BIGINT), 0, 0, 0, 0, MIN(create_micros), MAX(create_micros), 1 \
             FROM allocations GROUP BY project_id, fiscal_year, funding_source, cost_type, unit",
        ] {
            db.execute_unprepared(statement).await?;
        }
        // An entry is reversed once; NULLs do not meet each other in either database.
        index(manager, "allocations", &["project_id", "reverses"], true).await
    }
}
