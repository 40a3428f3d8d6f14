use kit::migrations::{add_columns, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0051_verdicts"
    }
}

/// Why a figure was sent back by itself. What is written anew has no such reason.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "indicator_values", [text_null("state_reason")]).await
    }
}
