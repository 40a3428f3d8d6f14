use kit::migrations::{date, index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_reporting"
    }
}

/// Columns that are asked for stand alone; the rest of a resource is one JSON text,
/// because it is always read and written whole.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let templates = [text("id"), text("content"), integer("create_micros")];
        table(manager, "templates", &["id"], templates).await?;

        let requests = [
            text("id"),
            text("title"),
            text("issuer_unit"),
            text("issuer_name"),
            text("template_id"),
            text("period"),
            integer("due_micros"),
            text("units"),
            text("document_number"),
            date("issue_date"),
            text("state"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "requests", &["id"], requests).await?;

        let reports = [
            text("request_id"),
            text("unit_id"),
            text("period"),
            text("frame"),
            text("state"),
            integer("latest_submission"),
            integer_null("submit_micros"),
            text("return_reason"),
            text("approved_sha256"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "reports", &["request_id", "unit_id"], reports).await?;

        let sections = [
            text("request_id"),
            text("unit_id"),
            text("key"),
            integer("ordinal"),
            text("body"),
            text("last_editor"),
            integer("update_micros"),
            integer("version"),
        ];
        table(
            manager,
            "sections",
            &["request_id", "unit_id", "key"],
            sections,
        )
        .await?;

        let editors = [text("request_id"), text("unit_id"), text("principal")];
        table(
            manager,
            "editors",
            &["request_id", "unit_id", "principal"],
            editors,
        )
        .await?;

        let submissions = [
            text("request_id"),
            text("unit_id"),
            integer("number"),
            text("state"),
            text("content"),
            text("content_sha256"),
            text("submitter"),
            integer("submit_micros"),
            text("timeliness"),
            text("return_reason"),
            text_null("number_key"),
            integer_null("number_year"),
        ];
        table(
            manager,
            "submissions",
            &["request_id", "unit_id", "number"],
            submissions,
        )
        .await?;

        let consolidations = [
            text("id"),
            text("request_id"),
            text("unit_id"),
            text("content"),
            text("content_sha256"),
            text("principal"),
            integer("create_micros"),
        ];
        table(manager, "consolidations", &["id"], consolidations).await?;
        index(manager, "consolidations", &["request_id"], false).await
    }
}
