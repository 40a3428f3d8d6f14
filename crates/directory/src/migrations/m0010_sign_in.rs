use kit::migrations::{index, integer, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_sign_in"
    }
}

/// Devices that are known by an earlier success, and the failures counted apart for each of
/// them and for everybody else.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let devices = [
            text("id"),
            text("user_id"),
            text("token_sha256"),
            text_null("previous_sha256"),
            integer("create_micros"),
            integer("last_use_micros"),
        ];
        table(manager, "known_devices", &["id"], devices).await?;
        index(manager, "known_devices", &["user_id"], false).await?;

        let tries = [
            text("account"),
            text("source"),
            integer("failures"),
            integer("closed_until_micros"),
        ];
        table(manager, "sign_in_tries", &["account", "source"], tries).await
    }
}
