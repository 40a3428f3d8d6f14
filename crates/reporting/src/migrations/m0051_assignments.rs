use kit::migrations::{add_columns, index, integer, integer_null, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0051_assignments"
    }
}

/// What every unit owes stands in a row of its own, with its own deadline; and the days off by
/// which working days are counted. Requests that were issued before get their rows here.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let assignments = [
            text("request_id"),
            text("unit_id"),
            integer("due_micros"),
            integer_null("original_due_micros"),
            integer("is_exempt"),
            text("reason"),
            text("stands_for"),
            text("replaced_by"),
            integer_null("remind_micros"),
            integer("version"),
        ];
        let key = ["request_id", "unit_id"];
        table(manager, "assignments", &key, assignments).await?;
        index(manager, "assignments", &["unit_id", "due_micros"], false).await?;
        index(manager, "assignments", &["due_micros"], false).await?;
        let of_issued = "INSERT INTO assignments (request_id, unit_id, due_micros, \
             original_due_micros, is_exempt, reason, stands_for, replaced_by, remind_micros, version) \
             SELECT reports.request_id, reports.unit_id, requests.due_micros, NULL, 0, '', '[]', '', \
             NULL, 1 FROM reports JOIN requests ON requests.id = reports.request_id";
        let connection = manager.get_connection();
        connection.execute_unprepared(of_issued).await?;
        let mut refuses_late = integer("refuses_late");
        let mut state_reason = text("state_reason");
        let columns = [
            refuses_late.default(0).take(),
            state_reason.default("").take(),
        ];
        add_columns(manager, "requests", columns).await?;
        index(manager, "requests", &["issuer_unit"], false).await?;
        index(manager, "reports", &["unit_id"], false).await?;
        let calendars = [integer("year"), text("content"), integer("version")];
        table(manager, "year_calendars", &["year"], calendars).await
    }
}
