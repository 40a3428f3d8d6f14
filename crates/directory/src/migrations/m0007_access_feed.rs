use kit::migrations::{integer, table, text};
use sea_orm_migration::{async_trait, prelude::*, sea_orm::ConnectionTrait};
use uuid::Uuid;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_access_feed"
    }
}

/// What has changed that rights depend on, and one row that counts it.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let head = [text("id"), text("epoch"), integer("sequence")];
        table(manager, "access_feed", &["id"], head).await?;
        let begin = Query::insert()
            .into_table("access_feed")
            .columns(["id", "epoch", "sequence"])
            .values_panic([
                Expr::val("access"),
                Expr::val(Uuid::now_v7().simple().to_string()),
                Expr::val(0_i64),
            ])
            .take();
        manager.get_connection().execute(&begin).await?;

        let changes = [integer("sequence"), text("kind"), text("key")];
        table(manager, "access_changes", &["sequence"], changes).await
    }
}
