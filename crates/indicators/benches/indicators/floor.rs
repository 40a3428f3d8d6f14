//! The floor: the rows that figures left in their table, merged into a table like it and by
//! nothing but the database, in one transaction. What a figure needs besides, its version, is
//! not in it.

use std::time::Instant;

use futures_util::TryStreamExt;
use indicators::Migrator;
use kit::{Clock, Db};
use sea_orm::{
    ConnectionTrait, Statement,
    sqlx::{
        AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection, query,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use tempfile::TempDir;
use testkit::TestDb;

use crate::server::Database;

const KEY: &str = "unit_id, period, indicator_id, breakdown";
const ROWS_PER_STATEMENT: usize = 1_000;

/// A table like the one of figures, and a look at that one.
pub(crate) struct Floor {
    from: Db,
    columns: Vec<String>,
    way: Way,
    _folder: TempDir,
    _database: TestDb,
}

enum Way {
    Sqlite(SqliteConnection),
    Postgres {
        from: PgConnection,
        to: PgConnection,
    },
}

/// What stands in one place of a table.
enum Cell {
    Number(Option<i64>),
    Text(String),
}

impl Floor {
    pub(crate) async fn open(database: &Database, url: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let from = Db::connect(url, Clock::system()).await.unwrap();
        let own = match &database.server {
            Some(_) => TestDb::fresh(folder.path(), "floor").await,
            None => TestDb::embedded(folder.path(), "floor"),
        };
        let db = own.open(Clock::system()).await;
        db.migrate::<Migrator>().await.unwrap();
        let way = match &database.server {
            Some(_) => Way::Postgres {
                from: PgConnection::connect(url).await.unwrap(),
                to: PgConnection::connect(own.url()).await.unwrap(),
            },
            None => Way::Sqlite(embedded(own.url()).await),
        };
        let columns = columns(&db).await;
        Self {
            from,
            columns,
            way,
            _folder: folder,
            _database: own,
        }
    }

    pub(crate) fn what(&self) -> &'static str {
        match self.way {
            Way::Sqlite(_) => {
                "the same rows of the one table of figures, upserted 1.000 a prepared statement in one transaction"
            }
            Way::Postgres { .. } => {
                "the same rows of the one table of figures, COPY into a temporary table and one merge"
            }
        }
    }

    /// Merges the figures of a year as they are now; returns how many rows a second.
    pub(crate) async fn merge(&mut self, year: usize) -> f64 {
        let of_year = format!("FROM indicator_values WHERE period LIKE '{year}-%' ORDER BY {KEY}");
        let columns = self.columns.join(", ");
        let taken = self.columns.iter().filter(|it| !KEY.contains(it.as_str()));
        let taken: Vec<_> = taken.map(|it| format!("{it} = excluded.{it}")).collect();
        let tail = format!("ON CONFLICT ({KEY}) DO UPDATE SET {}", taken.join(", "));
        match &mut self.way {
            Way::Sqlite(connection) => {
                let rows = read(&self.from, &format!("SELECT {columns} {of_year}")).await;
                let row = format!("({})", vec!["?"; self.columns.len()].join(","));
                let started = Instant::now();
                let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
                for some in rows.chunks(ROWS_PER_STATEMENT) {
                    let rows = vec![row.as_str(); some.len()].join(",");
                    let sql =
                        format!("INSERT INTO indicator_values ({columns}) VALUES {rows} {tail}");
                    let mut insert = query(AssertSqlSafe(sql));
                    for cell in some.iter().flatten() {
                        insert = match cell {
                            Cell::Number(number) => insert.bind(number),
                            Cell::Text(text) => insert.bind(text),
                        };
                    }
                    insert.execute(&mut *tx).await.unwrap();
                }
                tx.commit().await.unwrap();
                rows.len() as f64 / started.elapsed().as_secs_f64()
            }
            Way::Postgres { from, to } => {
                let copy = format!("COPY (SELECT {columns} {of_year}) TO STDOUT");
                let parts = from.copy_out_raw(&copy).await.unwrap();
                let rows: Vec<_> = parts.try_collect().await.unwrap();
                let started = Instant::now();
                let mut tx = to.begin().await.unwrap();
                let like = "CREATE TEMPORARY TABLE sent (LIKE indicator_values) ON COMMIT DROP";
                tx.execute(like).await.unwrap();
                let copy = format!("COPY sent ({columns}) FROM STDIN");
                let mut copy = tx.copy_in_raw(&copy).await.unwrap();
                for some in &rows {
                    copy.send(some.as_ref()).await.unwrap();
                }
                copy.finish().await.unwrap();
                let merge = format!(
                    "INSERT INTO indicator_values ({columns}) SELECT {columns} FROM sent \
                     ORDER BY {KEY} {tail}"
                );
                let merged = tx.execute(AssertSqlSafe(merge)).await.unwrap();
                tx.commit().await.unwrap();
                merged.rows_affected() as f64 / started.elapsed().as_secs_f64()
            }
        }
    }
}

async fn embedded(url: &str) -> SqliteConnection {
    let options: SqliteConnectOptions = url.parse().unwrap();
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    options.connect().await.unwrap()
}

/// Returns the columns of a figure in force.
async fn columns(db: &Db) -> Vec<String> {
    let backend = db.reader().get_database_backend();
    let question = if db.is_embedded() {
        "SELECT name FROM pragma_table_info('indicator_values')"
    } else {
        "SELECT column_name::text AS name FROM information_schema.columns \
         WHERE table_name = 'indicator_values' ORDER BY ordinal_position"
    };
    let rows = db
        .reader()
        .query_all_raw(Statement::from_string(backend, question));
    let rows = rows.await.unwrap();
    rows.iter()
        .map(|it| it.try_get("", "name").unwrap())
        .collect()
}

async fn read(db: &Db, question: &str) -> Vec<Vec<Cell>> {
    let backend = db.reader().get_database_backend();
    let rows = db
        .reader()
        .query_all_raw(Statement::from_string(backend, question));
    let rows = rows.await.unwrap();
    let cell = |row: &sea_orm::QueryResult, place| match row.try_get_by_index(place) {
        Ok(number) => Cell::Number(number),
        Err(_) => Cell::Text(row.try_get_by_index(place).unwrap()),
    };
    let width = rows[0].column_names().len();
    rows.iter()
        .map(|it| (0..width).map(|place| cell(it, place)).collect())
        .collect()
}
