//! Which columns of a service name units, by the schema itself.

use std::collections::BTreeSet;

use kit::{Clock, Db, references::UnitColumn};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tempfile::TempDir;

/// A fresh SQLite database of its own, that goes away with it.
#[derive(Debug)]
pub struct Scratch {
    /// The database.
    pub db: Db,
    _folder: TempDir,
}

impl Scratch {
    /// Makes one.
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let url = kit::db::sqlite_url(&folder.path().join("scratch.db"));
        let db = Db::connect(&url, Clock::system()).await.unwrap();
        Self {
            db,
            _folder: folder,
        }
    }

    /// Returns the columns of text that are named after units, or hold a content in which units
    /// may be named, and are in neither list, and those of the lists that are not there.
    pub async fn unit_columns_beside(
        &self,
        looked_at: &[UnitColumn],
        left_out: &[(&str, &str)],
    ) -> Vec<String> {
        let select = "SELECT m.name AS tbl, c.name AS col FROM sqlite_master m, \
                      pragma_table_info(m.name) c \
                      WHERE m.type = 'table' AND lower(c.type) LIKE '%text%' ORDER BY 1, 2";
        let select = Statement::from_string(DatabaseBackend::Sqlite, select);
        let listed = looked_at.iter().map(|it| (it.table, it.column));
        let listed = listed.chain(left_out.iter().copied());
        let mut listed: BTreeSet<_> = listed
            .map(|(it, column)| format!("{it}.{column}"))
            .collect();
        let mut found = Vec::new();
        for row in self.db.reader().query_all_raw(select).await.unwrap() {
            let table: String = row.try_get("", "tbl").unwrap();
            let column: String = row.try_get("", "col").unwrap();
            let is_named_so = column.split('_').any(|it| it == "unit" || it == "units");
            let is_content = ["content", "body", "frame"].contains(&column.as_str());
            let name = format!("{table}.{column}");
            if !listed.remove(&name) && (is_named_so || is_content) {
                found.push(name);
            }
        }
        let missing = listed.into_iter().map(|it| format!("{it} is not there"));
        found.extend(missing);
        found
    }
}
