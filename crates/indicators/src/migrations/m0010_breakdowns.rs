use kit::migrations::{integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_breakdowns"
    }
}

/// A figure may count a part of the whole: the breakdown joins its key. Neither database
/// changes a key in place alike, so the tables are made anew with what was in them.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let key = ["unit_id", "period", "indicator_id", "breakdown"];
        let columns = figure().into_iter().chain([integer("create_micros")]);
        table(manager, "parted_values", &key, columns).await?;
        move_over(
            manager,
            "indicator_values",
            "parted_values",
            "create_micros",
        )
        .await?;

        let key = ["unit_id", "period", "indicator_id", "breakdown", "revision"];
        let columns = figure().into_iter().chain([text("reason")]);
        table(manager, "parted_value_revisions", &key, columns).await?;
        let (from, to) = ("indicator_value_revisions", "parted_value_revisions");
        move_over(manager, from, to, "reason").await
    }
}

/// Moves rows into the new table, which takes the place of the old one. Figures so far
/// count the whole.
async fn move_over(
    manager: &SchemaManager<'_>,
    from: &'static str,
    to: &'static str,
    last: &str,
) -> Result<(), DbErr> {
    let columns: Vec<_> = figure().iter().map(ColumnDef::get_column_name).collect();
    let kept: Vec<_> = columns.into_iter().filter(|it| it != "breakdown").collect();
    let kept = kept.join(", ");
    let copy = format!(
        "INSERT INTO {to} ({kept}, breakdown, {last}) SELECT {kept}, '', {last} FROM {from}"
    );
    manager.get_connection().execute_unprepared(&copy).await?;
    let old = Table::drop().table(from).take();
    manager.drop_table(old).await?;
    let renamed = Table::rename().table(to, from).take();
    manager.rename_table(renamed).await
}

/// Columns of a figure, the same in both tables.
fn figure() -> [ColumnDef; 23] {
    [
        text("unit_id"),
        text("period"),
        text("indicator_id"),
        text("breakdown"),
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
