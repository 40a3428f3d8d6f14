use kit::migrations::{date, index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0012_spending"
    }
}

/// Contracts, money that went out and came back, and its sums by the year that it closes in.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text("contract_number"),
            text("partner"),
            integer("amount_vnd"),
            date("sign_date"),
            integer_null("amends"),
        ];
        let columns = entry().into_iter().chain(columns);
        table(manager, "commitments", &["project_id", "number"], columns).await?;

        let columns = [
            text("kind"),
            integer("amount_vnd"),
            date("disburse_date"),
            integer("closing_year"),
            text("voucher_number"),
            text("treasury_code"),
            integer_null("commitment"),
            integer_null("reverses"),
            text_null("source_system"),
            text_null("external_id"),
        ];
        let columns = entry().into_iter().chain(columns);
        table(manager, "disbursements", &["project_id", "number"], columns).await?;
        // An entry is reversed once, and a system sends a thing once.
        index(manager, "disbursements", &["project_id", "reverses"], true).await?;
        let key = ["source_system", "external_id"];
        index(manager, "disbursements", &key, true).await?;
        index(manager, "disbursements", &["disburse_date"], false).await?;

        let closings = [
            text("project_id"),
            integer("fiscal_year"),
            text("funding_source"),
            text("cost_type"),
            text("unit"),
            integer("closing_year"),
            integer("disbursed_vnd"),
        ];
        let key = [
            "project_id",
            "fiscal_year",
            "funding_source",
            "cost_type",
            "unit",
            "closing_year",
        ];
        table(manager, "budget_closings", &key, closings).await?;
        index(manager, "budget_closings", &["closing_year", "unit"], false).await
    }
}

/// Columns of every entry of a line.
fn entry() -> [ColumnDef; 9] {
    [
        text("project_id"),
        integer("number"),
        integer("fiscal_year"),
        text("funding_source"),
        text("cost_type"),
        text("unit"),
        text("note"),
        text("principal"),
        integer("create_micros"),
    ]
}
