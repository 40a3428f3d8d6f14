use kit::migrations::{date, index, integer, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_targets"
    }
}

/// What units have to reach: the version in force, and every version there was.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let key = ["indicator_id", "unit_id", "period"];
        let targets = target().into_iter().chain([integer("update_micros")]);
        table(manager, "targets", &key, targets).await?;
        // Read by unit across indicators as well.
        index(manager, "targets", &["unit_id", "period"], false).await?;

        let key = ["indicator_id", "unit_id", "period", "revision"];
        let revisions = target()
            .into_iter()
            .chain([text("reason"), text("principal")]);
        table(manager, "target_revisions", &key, revisions).await
    }
}

/// Columns of a target, the same in both tables.
fn target() -> [ColumnDef; 9] {
    [
        text("indicator_id"),
        text("unit_id"),
        text("period"),
        integer("revision"),
        text("quantity"),
        text("document_number"),
        date("document_date"),
        integer("deleted"),
        integer("create_micros"),
    ]
}
