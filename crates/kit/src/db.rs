//! SQLite and PostgreSQL behind one [`Db`], one database per service.

use std::{path::Path, time::Duration as StdDuration};

use prost::Message;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DbErr, SqlErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::watch;
use tonic::{Response, Status};

use crate::{Actor, Clock, Error, Result};

pub mod answers;
pub mod ledger;
mod locks;
pub mod times;
mod tx;

pub use tx::Tx;

/// Returns the statement that makes a PostgreSQL database fit for CDS: text is ordered
/// by code point, as SQLite orders it.
#[must_use]
pub fn create_statement(database: &str) -> String {
    format!(
        "CREATE DATABASE \"{database}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    )
}

/// A service's database. Clones share its connections.
///
/// Readers and writers have connections of their own: a change that reads through a
/// second connection while it is open can then never wait for itself.
#[derive(Debug, Clone)]
pub struct Db {
    readers: DatabaseConnection,
    writers: DatabaseConnection,
    clock: Clock,
    commits: watch::Sender<u64>,
}

/// Connections that read, and connections that write, per service.
const READERS: u32 = 8;
const WRITERS: u32 = 8;
/// SQLite has one writer at a time; the others queue here, in order, not in the file.
const EMBEDDED_WRITERS: u32 = 1;

/// How long a writer waits for the one before it.
const BUSY_TIMEOUT: StdDuration = StdDuration::from_secs(5);

/// Returns the URL of a SQLite file, which is made when it is not there.
#[must_use]
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

impl Db {
    /// Connects to `sqlite://…` or `postgres://…`.
    ///
    /// # Errors
    /// When the database is not there or cannot be opened; the text names the URL
    /// without its password.
    pub async fn connect(url: &str, clock: Clock) -> std::result::Result<Self, ConnectError> {
        let fail = |source| ConnectError {
            url: without_password(url),
            source,
        };
        let embedded = url.starts_with("sqlite:");
        let writers = if embedded { EMBEDDED_WRITERS } else { WRITERS };
        Ok(Self {
            writers: Database::connect(options(url, writers))
                .await
                .map_err(fail)?,
            readers: Database::connect(options(url, READERS))
                .await
                .map_err(fail)?,
            clock,
            commits: watch::Sender::new(0),
        })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When a migration fails, or when a PostgreSQL database orders text otherwise than
    /// by code point: lists are paged by id, and both databases must agree on order.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<()> {
        if !self.is_embedded() {
            self.require_plain_order().await?;
        }
        M::up(&self.writers, None).await.map_err(Error::internal)
    }

    async fn require_plain_order(&self) -> Result<()> {
        let question =
            "SELECT datcollate AS it FROM pg_database WHERE datname = current_database()";
        let question = Statement::from_string(DatabaseBackend::Postgres, question);
        let row = self.readers.query_one_raw(question).await?;
        let order: String = match row {
            Some(row) => row.try_get("", "it")?,
            None => return Err(Error::internal("the database does not know itself")),
        };
        match order.as_str() {
            "C" | "POSIX" | "C.UTF-8" | "C.utf8" => Ok(()),
            other => Err(Error::internal(format!(
                "the database orders text by `{other}`; create it with LC_COLLATE 'C'"
            ))),
        }
    }

    /// Returns how many migrations are waiting.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending<M: MigratorTrait>(&self) -> Result<usize> {
        let pending = M::get_pending_migrations_read_only(&self.readers).await;
        Ok(pending.map_err(Error::internal)?.len())
    }

    /// Says whether this is the embedded kind.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.readers.get_database_backend() == DatabaseBackend::Sqlite
    }

    /// Returns the connection to read with.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// Returns the connection for single statements that write outside a change.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writers
    }

    /// Returns the clock the service runs by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Counts the changes committed in this process, so that what is kept in memory knows
    /// when to look again.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Begins a change on behalf of a caller, or finds the answer it was given before.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED` when the id stood for other content.
    pub async fn begin(&self, actor: &Actor) -> Result<Begin> {
        let tx = self
            .begin_as(&actor.principal().name(), actor.method(), actor.trace_id())
            .await?;
        let Some(repeat) = &actor.repeat else {
            return Ok(Begin::First(tx));
        };
        if let Some(answer) = answers::claim(&tx, repeat).await? {
            repeat.check(&answer.content_sha256)?;
            // The right was asked for when the answer was given, to the same person.
            actor.note_decision();
            return Ok(Begin::Again(Answer(answer.response)));
        }
        Ok(Begin::First(Tx {
            repeat: Some(repeat.clone()),
            ..tx
        }))
    }

    /// Returns the answer this call was given before, for calls that ask other services
    /// before they begin: a repeated call must not depend on them again.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED` when the id stood for other content.
    pub async fn answered(&self, actor: &Actor) -> Result<Option<Answer>> {
        let Some(repeat) = &actor.repeat else {
            return Ok(None);
        };
        let principal = actor.principal().name();
        let kept = answers::find(&self.readers, &principal, actor.method(), repeat).await?;
        let Some(kept) = kept else {
            return Ok(None);
        };
        repeat.check(&kept.content_sha256)?;
        actor.note_decision();
        Ok(Some(Answer(kept.response)))
    }

    /// Begins a change of the system's own, such as the first administrator.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn begin_as(&self, principal: &str, method: &str, trace_id: &str) -> Result<Tx> {
        // IMMEDIATE takes SQLite's write lock at once, so writers queue instead of failing.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(Tx {
            db: self.writers.begin_with_options(options).await?,
            now: self.clock.now(),
            principal: principal.to_owned(),
            method: method.to_owned(),
            trace_id: trace_id.to_owned(),
            repeat: None,
            commits: self.commits.clone(),
        })
    }
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(StdDuration::from_secs(5))
        .connect_timeout(StdDuration::from_secs(5))
        .sqlx_logging(false)
        .statement_timeout(StdDuration::from_secs(30))
        .map_sqlx_postgres_opts(|postgres| {
            // A stalled process must not hold a key that others wait for.
            postgres.options([
                ("lock_timeout", "5s"),
                ("idle_in_transaction_session_timeout", "60s"),
            ])
        })
        .map_sqlx_sqlite_opts(|sqlite| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                // An acknowledged submission must survive a power cut.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
        });
    options
}

/// How a change begins.
#[derive(Debug)]
pub enum Begin {
    /// The call is new.
    First(Tx),
    /// The call was made before; this was the answer.
    Again(Answer),
}

/// An answer given before.
#[derive(Debug)]
pub struct Answer(Vec<u8>);

impl Answer {
    /// Gives the same answer again.
    ///
    /// # Errors
    /// Internal when the recorded answer cannot be read.
    pub fn reply<M: Message + Default>(self) -> std::result::Result<Response<M>, Status> {
        let message = M::decode(self.0.as_slice()).map_err(Error::internal)?;
        Ok(Response::new(message))
    }
}

/// Gives a broken uniqueness rule its meaning.
pub fn on_unique(error: DbErr, meaning: impl FnOnce() -> Error) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => meaning(),
        _ => error.into(),
    }
}

/// A database that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {url}: {source}")]
pub struct ConnectError {
    url: String,
    source: DbErr,
}

/// Returns a database URL fit for logs and messages.
#[must_use]
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_about_a_database_never_shows_its_password() {
        assert_eq!(
            without_password("postgres://cds:s3cret@db/cds"),
            "postgres://cds@db/cds"
        );
        assert_eq!(
            without_password("sqlite://data/x.db?mode=rwc"),
            "sqlite://data/x.db?mode=rwc"
        );
    }
}
