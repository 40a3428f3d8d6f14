use kit::migrations::{add_columns, integer_null, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_key_rotation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [integer_null("sign_from_micros"), text_null("sealed_with")];
        add_columns(manager, "signing_keys", columns).await
    }
}
