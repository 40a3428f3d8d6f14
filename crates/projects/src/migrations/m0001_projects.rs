use kit::migrations::{date, index, integer, integer_null, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_projects"
    }
}

/// Projects, and what was said about their progress.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let projects = [
            text("id"),
            text("display_name"),
            text("kind"),
            text("owner_unit"),
            text("start_period"),
            integer("ordinal"),
            text("objective"),
            integer("last_entry"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "projects", &["id"], projects).await?;
        index(manager, "projects", &["owner_unit", "ordinal"], true).await?;

        let entries = [
            text("project_id"),
            integer("number"),
            text("period"),
            date("period_end_date"),
            text("health"),
            integer_null("completion_units"),
            integer_null("completion_scale"),
            text("result_text"),
            text("difficulty_text"),
            text("note"),
            integer_null("corrects"),
            text("principal"),
            integer("create_micros"),
        ];
        table(
            manager,
            "progress_entries",
            &["project_id", "number"],
            entries,
        )
        .await?;
        index(
            manager,
            "progress_entries",
            &["project_id", "period"],
            false,
        )
        .await?;
        // An entry is corrected once; NULLs do not meet each other in either database.
        index(
            manager,
            "progress_entries",
            &["project_id", "corrects"],
            true,
        )
        .await
    }
}
