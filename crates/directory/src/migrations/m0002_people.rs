use kit::migrations::{bytes, date, date_null, index, integer, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_people"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = [
            text("id"),
            text("display_name"),
            text_null("home_unit"),
            text_null("password_hash"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "users", &["id"], users).await?;

        let enrollments = [
            text("user_id"),
            text("secret_sha256"),
            integer("expire_micros"),
        ];
        table(manager, "enrollments", &["user_id"], enrollments).await?;

        let positions = [
            text("unit_id"),
            text("id"),
            text("user_id"),
            text("title"),
            text("signing_lines"),
            date("start_date"),
            date_null("end_date"),
            integer("create_micros"),
        ];
        table(manager, "positions", &["unit_id", "id"], positions).await?;

        let grants = [
            text("id"),
            text("principal"),
            text("role"),
            text_null("scope_unit"),
            ColumnDef::new("include_subtree")
                .boolean()
                .not_null()
                .take(),
            date("start_date"),
            date_null("end_date"),
            text("reason"),
            text("granted_by"),
            integer("create_micros"),
        ];
        table(manager, "role_grants", &["id"], grants).await?;
        index(manager, "role_grants", &["principal"], false).await?;
        index(manager, "role_grants", &["scope_unit"], false).await?;

        let keys = [
            text("kid"),
            bytes("pkcs8"),
            bytes("public_key"),
            integer("create_micros"),
        ];
        table(manager, "signing_keys", &["kid"], keys).await
    }
}
