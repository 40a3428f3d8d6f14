use kit::migrations::{integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_values"
    }
}

/// The figure in force, every version of it, and one row per sheet (the figures of a
/// unit in a period) that writers of the sheet take turns on.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sheets = [text("unit_id"), text("period"), integer("version")];
        table(manager, "value_sheets", &["unit_id", "period"], sheets).await?;

        // The order of the key serves the sheet, which is read far more often than the
        // history of one figure.
        let key = ["unit_id", "period", "indicator_id"];
        let values = figure().into_iter().chain([integer("create_micros")]);
        table(manager, "indicator_values", &key, values).await?;

        let key = ["unit_id", "period", "indicator_id", "revision"];
        let revisions = figure().into_iter().chain([text("reason")]);
        table(manager, "indicator_value_revisions", &key, revisions).await
    }
}

/// Columns of a figure, the same in both tables.
fn figure() -> [ColumnDef; 22] {
    [
        text("unit_id"),
        text("period"),
        text("indicator_id"),
        integer("revision"),
        text("shape"),
        integer_null("a_units"),
        integer_null("a_scale"),
        integer_null("b_units"),
        integer_null("b_scale"),
        integer_null("stated_units"),
        integer_null("stated_scale"),
        text_null("absence"),
        text("qualifier"),
        text_null("choice"),
        text_null("published"),
        text("note"),
        text("source_kind"),
        text("source_resource"),
        text("source_external_id"),
        integer_null("source_observe_micros"),
        text("principal"),
        integer("update_micros"),
    ]
}
