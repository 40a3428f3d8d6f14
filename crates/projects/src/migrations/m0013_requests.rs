use kit::migrations::{add_columns, integer, integer_null, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_requests"
    }
}

/// The way of a request for money. What was asked before counts as submitted.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text("state").default("submitted").take(),
            text_null("appraiser"),
            text("opinion").default("").take(),
            integer_null("proposed_vnd"),
            text_null("decider"),
            text_null("decision_id"),
            integer_null("approved_vnd"),
            integer_null("allocation_number"),
            text("rejection_reason").default("").take(),
            integer("update_micros").default(0).take(),
            integer("version").default(1).take(),
        ];
        add_columns(manager, "supplementary_requests", columns).await?;
        let db = manager.get_connection();
        let begun = "UPDATE supplementary_requests SET update_micros = create_micros";
        db.execute_unprepared(begun).await?;
        Ok(())
    }
}
