use kit::migrations::{integer, integer_null, table, text};
use sea_orm_migration::{async_trait, prelude::*, sea_orm::ConnectionTrait};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_suspensions"
    }
}

/// Since when and until when people were suspended.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let suspensions = [
            text("user_id"),
            integer("start_micros"),
            integer_null("end_micros"),
        ];
        table(
            manager,
            "suspensions",
            &["user_id", "start_micros"],
            suspensions,
        )
        .await?;
        fill(manager).await
    }
}

/// Who is suspended now has been so since the last change of him at the latest; what was over
/// before stands in the ledger alone.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let suspended = Query::select()
        .columns(["id", "update_micros"])
        .from("users")
        .and_where(Expr::col("suspend_reason").is_not_null())
        .take();
    let mut insert = Query::insert();
    insert
        .into_table("suspensions")
        .columns(["user_id", "start_micros"])
        .select_from(suspended)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    manager.get_connection().execute(&insert).await?;
    Ok(())
}
