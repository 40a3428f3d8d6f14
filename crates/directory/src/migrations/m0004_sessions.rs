use kit::migrations::{
    add_columns, bytes_null, index, integer, integer_null, table, text, text_null,
};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_sessions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "users", [text_null("suspend_reason")]).await?;

        let sessions = [
            text("id"),
            text("user_id"),
            text("device"),
            integer("create_micros"),
            integer("last_use_micros"),
            integer("refresh_by_micros"),
            integer("expire_micros"),
            integer_null("end_micros"),
            text_null("end_reason"),
        ];
        table(manager, "sessions", &["id"], sessions).await?;
        index(manager, "sessions", &["user_id"], false).await?;

        let refresh_tokens = [
            text("token_sha256"),
            text("session_id"),
            integer_null("use_micros"),
            bytes_null("sealed_answer"),
        ];
        table(manager, "refresh_tokens", &["token_sha256"], refresh_tokens).await?;
        index(manager, "refresh_tokens", &["session_id"], false).await
    }
}
