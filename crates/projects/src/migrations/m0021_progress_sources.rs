use kit::migrations::{add_columns, integer, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0021_progress_sources"
    }
}

/// Who sent a progress entry, and every key under which what it says was sent.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let source = [text_null("source_system"), text_null("external_id")];
        add_columns(manager, "progress_entries", source).await?;
        // One entry may be sent under several keys, when a later one says what stands.
        let keys = [
            text("source_system"),
            text("external_id"),
            text("project_id"),
            integer("number"),
        ];
        let key = ["source_system", "external_id"];
        table(manager, "progress_keys", &key, keys).await
    }
}
