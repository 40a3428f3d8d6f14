use kit::migrations::{integer, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_indicators"
    }
}

/// What is measured, how, and how it adds up.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indicators = [
            text("id"),
            text("display_name"),
            text("value_kind"),
            text("measure_unit"),
            text("accumulation"),
            text("unit_aggregation"),
            text("period_aggregation"),
            text("direction"),
            text("description"),
            text("owner_unit_id"),
            text("legal_basis"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "indicators", &["id"], indicators).await
    }
}
