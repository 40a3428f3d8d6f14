use kit::migrations::{add_columns, integer_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0040_derived_revisions"
    }
}

/// Which revisions are computed, so that the figures of a sheet that nobody entered are
/// found without reading every definition. Revisions so far do not say it.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let derived = [integer_null("derived")];
        add_columns(manager, "indicator_revisions", derived).await
    }
}
