use std::collections::{BTreeMap, BTreeSet};

use kit::migrations::{integer, table, text};
use sea_orm_migration::{async_trait, prelude::*, sea_orm::ConnectionTrait};
use serde::Deserialize;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0012_retired_units"
    }
}

/// Names of units that were taken back, which are never used again.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let retired = [
            text("unit_id"),
            text("reorganization_id"),
            integer("retire_micros"),
        ];
        table(manager, "retired_units", &["unit_id"], retired).await?;
        fill(manager).await
    }
}

#[derive(Deserialize)]
struct Content {
    new_units: Vec<NewUnit>,
}

#[derive(Deserialize)]
struct NewUnit {
    id: String,
}

/// Retires what was taken back before, unless somebody bears the name by now.
async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let reverted = Query::select()
        .columns(["id", "content", "revert_micros"])
        .from("reorganizations")
        .and_where(Expr::col("state").eq("reverted"))
        .take();
    let reverted = db.query_all(&reverted).await?;
    if reverted.is_empty() {
        return Ok(());
    }
    let living = Query::select().column("id").from("units").take();
    let mut taken = BTreeSet::new();
    for row in db.query_all(&living).await? {
        taken.insert(row.try_get::<String>("", "id")?);
    }
    let mut retired: BTreeMap<String, (String, i64)> = BTreeMap::new();
    for row in reverted {
        let by: String = row.try_get("", "id")?;
        let micros: Option<i64> = row.try_get("", "revert_micros")?;
        let content: String = row.try_get("", "content")?;
        let content: Content = serde_json::from_str(&content)
            .map_err(|error| DbErr::Custom(format!("reorganization `{by}`: {error}")))?;
        for unit in content.new_units {
            if !taken.contains(&unit.id) {
                retired.insert(unit.id, (by.clone(), micros.unwrap_or_default()));
            }
        }
    }
    let retired: Vec<_> = retired.into_iter().collect();
    for some in retired.chunks(2_000) {
        let mut insert = Query::insert()
            .into_table("retired_units")
            .columns(["unit_id", "reorganization_id", "retire_micros"])
            .take();
        for (unit, (by, micros)) in some {
            insert.values_panic([Expr::val(unit), Expr::val(by), Expr::val(*micros)]);
        }
        db.execute(&insert).await?;
    }
    Ok(())
}
