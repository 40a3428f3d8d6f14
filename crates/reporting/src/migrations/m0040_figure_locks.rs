use kit::migrations::{index, integer, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0040_figure_locks"
    }
}

/// Locks on figures that were asked for, and what is still to be told of them. Submissions
/// so far have none: their figures stay free.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let locks = [
            text("id"),
            text("request_id"),
            text("unit_id"),
            integer("number"),
            text("principal"),
            text("state"),
            text("rejected"),
            integer("untold"),
            integer("change_micros"),
        ];
        table(manager, "figure_locks", &["id"], locks).await?;
        let of_submission = ["request_id", "unit_id", "number"];
        index(manager, "figure_locks", &of_submission, false).await?;
        index(manager, "figure_locks", &["untold"], false).await?;
        index(manager, "figure_locks", &["state"], false).await
    }
}
