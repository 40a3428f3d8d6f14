use kit::migrations::{index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_machines"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let accounts = [
            text("id"),
            text("display_name"),
            text("owner_unit"),
            text("contact"),
            text("scopes"),
            text("allowed_networks"),
            integer("expire_micros"),
            text_null("disable_reason"),
            integer_null("last_use_micros"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "service_accounts", &["id"], accounts).await?;
        index(manager, "service_accounts", &["owner_unit"], false).await?;

        let keys = [
            text("id"),
            text("account_id"),
            text_null("public_jwk"),
            text_null("secret_sha256"),
            integer("expire_micros"),
            integer_null("last_use_micros"),
            integer_null("revoke_micros"),
            text_null("revoke_reason"),
            integer("create_micros"),
        ];
        table(manager, "service_account_keys", &["id"], keys).await?;
        index(manager, "service_account_keys", &["account_id"], false).await?;

        let assertions = [
            text("account_id"),
            text("jti_sha256"),
            integer("expire_micros"),
        ];
        let key = ["account_id", "jti_sha256"];
        table(manager, "used_assertions", &key, assertions).await?;
        index(manager, "used_assertions", &["expire_micros"], false).await?;

        let identities = [
            text("id"),
            text("user_id"),
            text("issuer"),
            text("subject"),
            integer("create_micros"),
        ];
        table(manager, "federated_identities", &["id"], identities).await?;
        index(manager, "federated_identities", &["user_id"], false).await?;
        let outside = ["issuer", "subject"];
        index(manager, "federated_identities", &outside, true).await
    }
}
