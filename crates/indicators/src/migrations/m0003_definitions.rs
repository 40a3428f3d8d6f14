use kit::migrations::{add_columns, index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{
    async_trait,
    prelude::*,
    sea_query::{Expr, Query},
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_definitions"
    }
}

/// Drafts, published revisions that never change, and what formulas take.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let life = [
            text_null("details"),
            text_null("state"),
            integer_null("revision"),
            text_null("last_period"),
            text_null("retire_reason"),
        ];
        add_columns(manager, "indicators", life).await?;
        let own = [
            text("indicator_id"),
            integer("number"),
            text_null("details"),
            text("first_period"),
            text("change_note"),
            text("publisher"),
            integer("create_micros"),
        ];
        let revisions = DEFINITION.map(text).into_iter().chain(own);
        let key = ["indicator_id", "number"];
        table(manager, "indicator_revisions", &key, revisions).await?;

        let inputs = [text("indicator_id"), text("input_id")];
        let key = ["indicator_id", "input_id"];
        table(manager, "formula_inputs", &key, inputs).await?;
        index(manager, "formula_inputs", &["input_id"], false).await?;
        publish_what_there_is(manager).await
    }
}

/// Columns of a definition, the same in both tables.
const DEFINITION: [&str; 10] = [
    "display_name",
    "value_kind",
    "measure_unit",
    "accumulation",
    "unit_aggregation",
    "period_aggregation",
    "direction",
    "description",
    "owner_unit_id",
    "legal_basis",
];

/// Indicators from before there were drafts were in force for every period.
async fn publish_what_there_is(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let given = [
        "indicator_id",
        "number",
        "first_period",
        "change_note",
        "publisher",
        "create_micros",
    ];
    let mut old = Query::select();
    old.from("indicators")
        .column("id")
        .expr(Expr::value(1_i64))
        .expr(Expr::value("1900"))
        .expr(Expr::value(""))
        .expr(Expr::value("users/administrator"))
        .column("create_micros")
        .columns(DEFINITION);
    let mut first = Query::insert();
    first
        .into_table("indicator_revisions")
        .columns(given.into_iter().chain(DEFINITION))
        .select_from(old.take())
        .map_err(|error| DbErr::Migration(error.to_string()))?;
    manager.execute(first).await?;
    let mut state = Query::update();
    state
        .table("indicators")
        .value("state", "active")
        .value("revision", 1_i64);
    manager.execute(state).await
}
