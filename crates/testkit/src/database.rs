//! A fresh, empty database per test: a SQLite file, or a PostgreSQL database when
//! `TEST_DATABASE_URL` is set.

use std::{env, path::Path};

use kit::{Clock, Db, db::sqlite_url};
use sea_orm::{ConnectionTrait, Database};
use uuid::Uuid;

/// A database that goes away with the test.
#[derive(Debug)]
pub struct TestDb {
    url: String,
    postgres: Option<(String, String)>,
}

impl TestDb {
    /// Makes a fresh, empty database. Its SQLite file lies in `folder`.
    pub async fn fresh(folder: &Path, name: &str) -> Self {
        let Ok(server) = env::var("TEST_DATABASE_URL") else {
            return Self::embedded(folder, name);
        };
        let database = format!("test_{name}_{}", Uuid::now_v7().simple());
        let admin = Database::connect(&server).await.unwrap();
        admin
            .execute_unprepared(&kit::db::create_statement(&database))
            .await
            .unwrap();
        admin.close().await.unwrap();
        let (address, options) = server.split_once('?').unwrap_or((&server, ""));
        let (base, _) = address.rsplit_once('/').unwrap();
        let options = if options.is_empty() {
            String::new()
        } else {
            format!("?{options}")
        };
        Self {
            url: format!("{base}/{database}{options}"),
            postgres: Some((server, database)),
        }
    }

    /// Makes a SQLite file in `folder`, whatever else there is.
    #[must_use]
    pub fn embedded(folder: &Path, name: &str) -> Self {
        Self {
            url: sqlite_url(&folder.join(format!("{name}.db"))),
            postgres: None,
        }
    }

    /// Returns its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it.
    pub async fn open(&self, clock: Clock) -> Db {
        Db::connect(&self.url, clock).await.unwrap()
    }
}

impl Drop for TestDb {
    /// Drops the PostgreSQL database; SQLite files go with their folder.
    fn drop(&mut self) {
        let Some((server, database)) = self.postgres.take() else {
            return;
        };
        // A runtime may not be blocked on from within, hence the thread.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let admin = Database::connect(&server)
                    .await
                    .map_err(std::io::Error::other)?;
                let statement = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
                admin
                    .execute_unprepared(&statement)
                    .await
                    .map_err(std::io::Error::other)?;
                Ok::<_, std::io::Error>(())
            })
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("a test database was left behind");
        }
    }
}
