use sea_orm_migration::prelude::*;

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

        let secrets = [
            text("name"),
            ColumnDef::new("secret").binary().not_null().take(),
        ];
        table(manager, "secrets", &["name"], secrets).await
    }
}
