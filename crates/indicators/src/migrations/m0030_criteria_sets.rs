use kit::migrations::{integer, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0030_criteria_sets"
    }
}

/// By what units are scored: what is written, and every revision that was published.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sets = [
            text("id"),
            text("content"),
            integer("revision"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "criteria_sets", &["id"], sets).await?;
        let revisions = [
            text("criteria_set_id"),
            integer("number"),
            text("content"),
            text("change_note"),
            text("publisher"),
            integer("create_micros"),
        ];
        let key = ["criteria_set_id", "number"];
        table(manager, "criteria_set_revisions", &key, revisions).await
    }
}
