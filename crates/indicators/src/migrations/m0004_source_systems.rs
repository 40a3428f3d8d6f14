use kit::migrations::{integer, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_source_systems"
    }
}

/// The systems that figures are taken from.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let systems = [
            text("id"),
            text("display_name"),
            text("owner_unit_id"),
            text_null("connector_id"),
            text("description"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "source_systems", &["id"], systems).await
    }
}
