use kit::migrations::{index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0031_scorecards"
    }
}

/// Scores of units for a period, and what each unit has earned.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let scorecards = [
            text("id"),
            text("display_name"),
            text("owner_unit_id"),
            text("period"),
            text("criteria_set_id"),
            integer("criteria_set_revision"),
            text_null("scope_unit_id"),
            text_null("previous_id"),
            text("document_number"),
            text("state"),
            integer("unit_count"),
            integer("ranked_count"),
            integer("incomplete_count"),
            integer_null("compute_micros"),
            text_null("publisher"),
            integer_null("publish_micros"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "scorecards", &["id"], scorecards).await?;
        index(manager, "scorecards", &["owner_unit_id", "id"], false).await?;

        let results = [
            text("scorecard_id"),
            text("unit_id"),
            integer("place"),
            text("state"),
            text("entries"),
            text_null("outcome"),
            integer("update_micros"),
            integer("version"),
        ];
        let key = ["scorecard_id", "unit_id"];
        table(manager, "scorecard_results", &key, results).await?;
        // Read in the order of the ranking, page by page.
        let ranking = ["scorecard_id", "place", "unit_id"];
        index(manager, "scorecard_results", &ranking, false).await
    }
}
