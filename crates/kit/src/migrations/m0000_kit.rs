use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use super::{index, integer, table, text, text_null};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0000_kit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let answers = [
            text("principal"),
            text("method"),
            text("request_id"),
            text("content_sha256"),
            ColumnDef::new("response").binary().not_null().take(),
            integer("answer_micros"),
        ];
        table(
            manager,
            "answers",
            &["principal", "method", "request_id"],
            answers,
        )
        .await?;
        index(manager, "answers", &["answer_micros"], false).await?;

        let ledger = Table::create()
            .table("ledger")
            .col(
                ColumnDef::new("sequence")
                    .big_integer()
                    .not_null()
                    .auto_increment()
                    .primary_key(),
            )
            .col(integer("record_micros"))
            .col(text("principal"))
            .col(text("method"))
            .col(text("trace_id"))
            .col(text("action"))
            .col(text("name"))
            .col(text_null("before"))
            .col(text_null("after"))
            .col(text("content_sha256"))
            .take();
        manager.create_table(ledger).await?;
        index(manager, "ledger", &["name"], false).await?;

        append_only(manager, "ledger").await?;

        table(manager, "locks", &["name"], [text("name")]).await?;

        let secrets = [
            text("name"),
            ColumnDef::new("secret").binary().not_null().take(),
        ];
        table(manager, "secrets", &["name"], secrets).await
    }
}

/// Lets rows be inserted and read, and nothing else, whoever asks.
async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        let refuse = format!(
            "CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        );
        connection.execute_unprepared(&refuse).await?;
        let trigger = format!(
            "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        );
        connection.execute_unprepared(&trigger).await?;
        return Ok(());
    }
    for verb in ["UPDATE", "DELETE"] {
        let trigger = format!(
            "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} \
             BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        );
        connection.execute_unprepared(&trigger).await?;
    }
    Ok(())
}
