use kit::migrations::{integer, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0050_validation_rules"
    }
}

/// What has to hold between figures: what is written, and every revision that was published.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rules = [
            text("id"),
            text("content"),
            integer("revision"),
            text_null("last_period"),
            text_null("retire_reason"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "validation_rules", &["id"], rules).await?;
        let revisions = [
            text("validation_rule_id"),
            integer("number"),
            text("content"),
            text("first_period"),
            text("change_note"),
            text("publisher"),
            integer("create_micros"),
        ];
        let key = ["validation_rule_id", "number"];
        table(manager, "validation_rule_revisions", &key, revisions).await
    }
}
