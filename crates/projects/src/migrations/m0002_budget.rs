use kit::migrations::{date_null, index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_budget"
    }
}

/// Decisions that grant money, what was allocated by them, and what is asked for.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let decisions = [
            text("id"),
            text("authority_unit"),
            text("subject"),
            integer("amount_vnd"),
            text_null("document_number"),
            text_null("number_key"),
            date_null("issue_date"),
            integer_null("issue_year"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "decisions", &["id"], decisions).await?;
        // Drafts have no number yet; NULLs do not meet each other in either database.
        let number = ["authority_unit", "issue_year", "number_key"];
        index(manager, "decisions", &number, true).await?;

        let allocations = [
            text("project_id"),
            integer("number"),
            text("decision_id"),
            integer("amount_vnd"),
            integer("fiscal_year"),
            text("funding_source"),
            text("note"),
            text("principal"),
            integer("create_micros"),
        ];
        table(
            manager,
            "allocations",
            &["project_id", "number"],
            allocations,
        )
        .await?;
        index(manager, "allocations", &["decision_id"], false).await?;

        let requests = [
            text("project_id"),
            integer("number"),
            text("period"),
            integer_null("amount_vnd"),
            text("justification"),
            text("principal"),
            integer("create_micros"),
        ];
        table(
            manager,
            "supplementary_requests",
            &["project_id", "number"],
            requests,
        )
        .await?;
        index(
            manager,
            "supplementary_requests",
            &["project_id", "period"],
            false,
        )
        .await
    }
}
