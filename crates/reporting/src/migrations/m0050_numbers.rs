use kit::migrations::{add_columns, integer, table, text};
use sea_orm_migration::{async_trait, prelude::*};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0050_numbers"
    }
}

/// Which report of a unit bears which number in which year, and who approved a report. Numbers
/// that were given so far are taken over; of two reports that bear the same one, which could
/// happen, the first by name keeps it, and both stay as they were sent.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let numbers = [
            text("unit_id"),
            integer("year"),
            text("number_key"),
            text("request_id"),
        ];
        let key = ["unit_id", "year", "number_key"];
        table(manager, "document_numbers", &key, numbers).await?;
        let taken_over = "INSERT INTO document_numbers (unit_id, year, number_key, request_id) \
             SELECT unit_id, number_year, LTRIM(number_key, '0'), MIN(request_id) \
             FROM submissions \
             WHERE number_key IS NOT NULL AND number_year IS NOT NULL \
             GROUP BY unit_id, number_year, LTRIM(number_key, '0')";
        let connection = manager.get_connection();
        connection.execute_unprepared(taken_over).await?;
        let mut approved_by = text("approved_by");
        add_columns(manager, "reports", [approved_by.default("").take()]).await
    }
}
