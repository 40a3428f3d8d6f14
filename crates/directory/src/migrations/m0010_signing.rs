use kit::migrations::{
    add_columns, date, date_null, integer, integer_null, table, text, text_null,
};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_signing"
    }
}

/// How posts sign, and what is delegated from them. Posts of before, and those that an old
/// process still adds, have none of the new columns: the store reads them as they were meant.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let flag = |name| ColumnDef::new(name).boolean().null().take();
        let columns = [
            flag("is_head"),
            flag("can_sign"),
            text_null("signing_form"),
            text_null("end_reason"),
            integer_null("update_micros"),
            integer_null("version"),
        ];
        add_columns(manager, "positions", columns).await?;

        let delegations = [
            text("unit_id"),
            text("position_id"),
            text("id"),
            text("user_id"),
            text("title"),
            text("signing_form"),
            text("document_number"),
            date("document_date"),
            date("start_date"),
            date("end_date"),
            text("reason"),
            date_null("revoke_date"),
            text_null("revoke_reason"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        let key = ["unit_id", "position_id", "id"];
        table(manager, "signing_delegations", &key, delegations).await
    }
}
