use kit::migrations::{index, integer, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0022_value_locks"
    }
}

/// Attempts to send reports, and the figures that each of them pins. Rows stay when a lock
/// is released: they say what was sent once.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let locks = [
            text("id"),
            text("submission"),
            text("state"),
            text("principal"),
            integer("lock_micros"),
            integer("update_micros"),
        ];
        table(manager, "value_locks", &["id"], locks).await?;

        let pins = [
            text("unit_id"),
            text("period"),
            text("indicator_id"),
            text("breakdown"),
            text("lock_id"),
            integer("revision"),
        ];
        let key = ["unit_id", "period", "indicator_id", "breakdown", "lock_id"];
        table(manager, "value_pins", &key, pins).await?;
        index(manager, "value_pins", &["lock_id"], false).await
    }
}
