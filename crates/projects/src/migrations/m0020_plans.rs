use kit::migrations::{
    add_columns, date, date_null, index, integer, integer_null, table, text, text_null,
};
use sea_orm::ConnectionTrait;
use sea_orm_migration::{
    async_trait,
    prelude::*,
    sea_query::{Expr, Query},
};

use crate::project::store::search_key;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_plans"
    }
}

/// States, plans and measures of projects; tasks, steps, baselines and hand-overs.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let content = [
            text_null("code"),
            text_null("program"),
            text_null("program_key"),
            text_null("search_key"),
            text_null("legal_instrument"),
            text_null("partner_units"),
            date_null("plan_start_date"),
            date_null("plan_end_date"),
            text_null("deadline_text"),
            text_null("indicators"),
            integer_null("estimated_amount_vnd"),
            text_null("funding_kind"),
            text_null("completion_method"),
            integer_null("planned_units"),
            integer_null("planned_scale"),
            text_null("quantity_unit"),
            text_null("state"),
            text_null("state_reason"),
            text_null("approval_decision"),
            date_null("approval_date"),
            text_null("closing_decision"),
            date_null("actual_start_date"),
            date_null("actual_end_date"),
        ];
        add_columns(manager, "projects", content).await?;
        fill_in(manager).await?;
        let said = [
            date_null("as_of_date"),
            text_null("method"),
            integer_null("done_units"),
            integer_null("done_scale"),
            integer_null("planned_units"),
            integer_null("planned_scale"),
            text_null("reason"),
            text_null("plan_period"),
            text_null("plan_text"),
        ];
        add_columns(manager, "progress_entries", said).await?;

        let key = ["project_id", "number"];
        let tasks = [
            text("project_id"),
            integer("number"),
            text("title"),
            text_null("assignee_unit"),
            date_null("due_date"),
            text("due_text"),
            text_null("plan_period"),
            integer("weight"),
            text("progress"),
            text("result_text"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "tasks", &key, tasks).await?;
        let steps = [
            text("project_id"),
            integer("number"),
            text("phase"),
            text("title"),
            integer("required"),
            date_null("plan_date"),
            date_null("actual_date"),
            text("document_reference"),
            text("basis"),
            text_null("skip_reason"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "steps", &key, steps).await?;
        let baselines = [
            text("project_id"),
            integer("number"),
            date_null("plan_start_date"),
            date_null("plan_end_date"),
            text("deadline_text"),
            text("reason"),
            text("authority"),
            text_null("decision_id"),
            text("principal"),
            integer("create_micros"),
        ];
        table(manager, "baselines", &key, baselines).await?;
        let hand_overs = [
            text("project_id"),
            integer("number"),
            text("from_unit"),
            integer("from_ordinal"),
            text("to_unit"),
            date("effective_date"),
            text("reason"),
            text("principal"),
            integer("create_micros"),
        ];
        table(manager, "hand_overs", &key, hand_overs).await?;
        index(manager, "hand_overs", &["from_unit"], false).await
    }
}

/// Gives the projects there are what they are searched and filtered by.
async fn fill_in(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let all = Query::select()
        .columns(["id", "display_name"])
        .from("projects")
        .take();
    for row in db.query_all(&all).await? {
        let id: String = row.try_get("", "id")?;
        let display_name: String = row.try_get("", "display_name")?;
        let fill = Query::update()
            .table("projects")
            .value("search_key", search_key(&display_name, ""))
            .value("program_key", "")
            .value("state", "proposed")
            .value("indicators", " ")
            .and_where(Expr::col("id").eq(id))
            .take();
        db.execute(&fill).await?;
    }
    Ok(())
}
