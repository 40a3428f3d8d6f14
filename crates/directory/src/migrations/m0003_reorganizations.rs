use ::types::text::fold;
use kit::migrations::{date, index, integer, integer_null, table, text, text_null};
use sea_orm_migration::{async_trait, prelude::*, sea_orm::ConnectionTrait};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_reorganizations"
    }
}

/// Kinds and search keys in time, reorganisations with their links, and one row that
/// whoever changes the tree holds until he is done.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["kind", "folded"] {
            let mut added = text(column).default("").take();
            let alter = Table::alter()
                .table("unit_names")
                .add_column(&mut added)
                .take();
            manager.alter_table(alter).await?;
        }
        fill(manager).await?;

        let reorganizations = [
            text("id"),
            text("kind"),
            text("decision_number"),
            date("effective_date"),
            text("source"),
            text("state"),
            // New units and changes: read and written as a whole.
            text("content"),
            integer_null("apply_micros"),
            integer_null("revert_micros"),
            text("revert_reason"),
            integer("create_micros"),
            integer("update_micros"),
            integer("version"),
        ];
        table(manager, "reorganizations", &["id"], reorganizations).await?;

        let links = [
            text("reorganization_id"),
            integer("position"),
            text("predecessor_id"),
            text_null("successor_id"),
            integer_null("share_millionths"),
        ];
        let key = ["reorganization_id", "position"];
        table(manager, "reorganization_links", &key, links).await?;
        index(manager, "reorganization_links", &["predecessor_id"], false).await?;
        index(manager, "reorganization_links", &["successor_id"], false).await?;

        let undo = [
            text("reorganization_id"),
            text("unit_id"),
            integer("version_after"),
            text_null("before"),
        ];
        let key = ["reorganization_id", "unit_id"];
        table(manager, "reorganization_undo", &key, undo).await?;

        let corrections = [
            text("reorganization_id"),
            integer("position"),
            integer("correct_micros"),
            text("principal"),
            text("reason"),
            text("removed"),
            text("added"),
        ];
        let key = ["reorganization_id", "position"];
        table(manager, "reorganization_corrections", &key, corrections).await?;

        table(
            manager,
            "unit_guard",
            &["id"],
            [text("id"), integer("version")],
        )
        .await?;
        let guard = Query::insert()
            .into_table("unit_guard")
            .columns(["id", "version"])
            .values_panic([Expr::val("units"), Expr::val(1_i64)])
            .take();
        manager.get_connection().execute(&guard).await?;
        Ok(())
    }
}

/// Gives the names that are there already their kind and search key. They were all made
/// by hand, one by one: catalogues came with this migration.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let kinds = "UPDATE unit_names SET kind = \
                 (SELECT units.kind FROM units WHERE units.id = unit_names.unit_id)";
    db.execute_unprepared(kinds).await?;
    let names = Query::select()
        .distinct()
        .columns(["display_name", "short_name"])
        .from("unit_names")
        .take();
    for row in db.query_all(&names).await? {
        let display_name: String = row.try_get("", "display_name")?;
        let short_name: String = row.try_get("", "short_name")?;
        let update = Query::update()
            .table("unit_names")
            .value("folded", fold(&format!("{display_name} {short_name}")))
            .and_where(Expr::col("display_name").eq(display_name))
            .and_where(Expr::col("short_name").eq(short_name))
            .take();
        db.execute(&update).await?;
    }
    Ok(())
}
