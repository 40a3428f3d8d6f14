use kit::migrations::{add_columns, integer_null, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0021_value_states"
    }
}

/// How far a figure has come. Figures so far are drafts: no submission knew of locks. A
/// figure that is written names none of these columns, so that it is a draft by itself.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let stage = [
            text("state").default("draft").take(),
            text_null("locked_by"),
            integer_null("submitted_revision"),
        ];
        add_columns(manager, "indicator_values", stage).await
    }
}
