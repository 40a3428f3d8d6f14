use kit::migrations::{add_columns, index, integer_null, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_revocations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            integer_null("revoke_micros"),
            text_null("revoked_by"),
            text_null("revoke_reason"),
        ];
        add_columns(manager, "role_grants", columns).await?;
        index(manager, "role_grants", &["role"], false).await
    }
}
