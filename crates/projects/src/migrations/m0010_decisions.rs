use kit::migrations::{add_columns, index, integer, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_decisions"
    }
}

/// What a decision does with money, how much was done by it, and how it ends. A number that
/// is given twice is warned about, so it is no longer unique.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text("kind").default("assign-budget").take(),
            text("state").default("draft").take(),
            text_null("replaces"),
            text_null("revoked_by"),
            text("revoke_reason").default("").take(),
            integer("granted_vnd").default(0).take(),
            integer("recalled_vnd").default(0).take(),
            integer("settled_vnd").default(0).take(),
        ];
        add_columns(manager, "decisions", columns).await?;
        let db = manager.get_connection();
        for statement in [
            "UPDATE decisions SET state = 'issued' WHERE document_number IS NOT NULL",
            "UPDATE decisions SET granted_vnd = (SELECT COALESCE(CAST(SUM(amount_vnd) AS BIGINT), 0) \
             FROM allocations WHERE allocations.decision_id = decisions.id)",
        ] {
            db.execute_unprepared(statement).await?;
        }
        let number = ["authority_unit", "issue_year", "number_key"];
        let unique = Index::drop()
            .name(format!("decisions_{}", number.join("_")))
            .table("decisions")
            .to_owned();
        manager.drop_index(unique).await?;
        index(manager, "decisions", &number, false).await?;
        index(manager, "decisions", &["state"], false).await
    }
}
