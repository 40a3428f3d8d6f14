use kit::migrations::{date, date_null, index, integer, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_units"
    }
}

/// A unit, and apart from it everything about it that changes with time.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let units = [
            text("id"),
            text("kind"),
            date("start_date"),
            date_null("end_date"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "units", &["id"], units).await?;

        let names = [
            text("unit_id"),
            date("start_date"),
            date_null("end_date"),
            text("display_name"),
            text("short_name"),
            text("symbol"),
            text("place"),
            text("superior_organ"),
        ];
        table(manager, "unit_names", &["unit_id", "start_date"], names).await?;

        let parents = [
            text("unit_id"),
            date("start_date"),
            date_null("end_date"),
            text_null("parent_id"),
        ];
        table(manager, "unit_parents", &["unit_id", "start_date"], parents).await?;
        index(manager, "unit_parents", &["parent_id"], false).await?;

        let identifiers = [
            text("unit_id"),
            text("scheme"),
            text("value"),
            date("start_date"),
            date_null("end_date"),
        ];
        let key = ["unit_id", "scheme", "value", "start_date"];
        table(manager, "unit_identifiers", &key, identifiers).await?;
        index(manager, "unit_identifiers", &["scheme", "value"], false).await
    }
}
