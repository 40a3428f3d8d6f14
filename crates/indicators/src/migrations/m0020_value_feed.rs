use kit::migrations::{integer, table, text};
use sea_orm_migration::{async_trait, prelude::*, sea_orm::ConnectionTrait};
use uuid::Uuid;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_value_feed"
    }
}

/// Which sheets of figures have changed, and one row that counts them.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let head = [text("id"), text("epoch"), integer("number")];
        table(manager, "value_feed", &["id"], head).await?;
        let begin = Query::insert()
            .into_table("value_feed")
            .columns(["id", "epoch", "number"])
            .values_panic([
                Expr::val("values"),
                Expr::val(Uuid::now_v7().simple().to_string()),
                Expr::val(0_i64),
            ])
            .take();
        manager.get_connection().execute(&begin).await?;

        let changes = [
            integer("number"),
            text("unit_id"),
            text("period"),
            integer("change_micros"),
        ];
        table(manager, "value_changes", &["number"], changes).await
    }
}
