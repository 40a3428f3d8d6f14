use kit::migrations::{bytes, index, integer, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_ingest"
    }
}

/// Sessions in which other systems send figures, and what each of their batches was
/// answered.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sessions = [
            text("principal"),
            text("session_id"),
            text("source_system"),
            integer("next_offset"),
            integer("created_count"),
            integer("updated_count"),
            integer("unchanged_count"),
            integer("rejected_count"),
            integer("open_micros"),
            integer("touch_micros"),
        ];
        let key = ["principal", "session_id"];
        table(manager, "ingest_sessions", &key, sessions).await?;

        let batches = [
            text("principal"),
            text("session_id"),
            integer("first_offset"),
            integer("end_offset"),
            bytes("item_hashes"),
            bytes("answer"),
            integer("record_micros"),
        ];
        let key = ["principal", "session_id", "first_offset"];
        table(manager, "ingest_batches", &key, batches).await?;
        index(manager, "ingest_batches", &["record_micros"], false).await
    }
}
