use kit::migrations::{add_columns, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0041_evidence"
    }
}

/// Documents that prove a figure, as JSON; empty for none. Figures so far have none.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["indicator_values", "indicator_value_revisions"] {
            add_columns(manager, table, [text("evidence").default("").take()]).await?;
        }
        Ok(())
    }
}
