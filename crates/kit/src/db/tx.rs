//! One change.

use chrono::{DateTime, Duration, Utc};
use prost::Message;
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use tokio::sync::watch;
use tonic::{Response, Status};

use super::{answers, ledger, locks};
use crate::{Result, actor::Repeat};

/// One change: its rows, its ledger entries and its answer are written together or not
/// at all. Inside it only store calls and the question for rights are awaited; figures
/// and names of other services are gathered before it begins.
#[derive(Debug)]
pub struct Tx {
    /// The transaction, for store functions.
    pub db: DatabaseTransaction,
    pub(super) now: DateTime<Utc>,
    pub(super) principal: String,
    pub(super) method: String,
    pub(super) trace_id: String,
    pub(super) repeat: Option<Repeat>,
    pub(super) commits: watch::Sender<u64>,
}

impl Tx {
    /// Returns the one instant of this change.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Waits for its turn among changes that name the same lock, until it is committed.
    /// SQLite has one writer at a time anyhow.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn lock(&self, name: &str) -> Result<()> {
        locks::lock(&self.db, name).await
    }

    /// Writes a ledger row: who, what, before, after.
    ///
    /// # Errors
    /// When the row cannot be written.
    pub async fn record<T: Serialize>(
        &self,
        action: ledger::Action,
        name: &str,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Result<()> {
        ledger::record(self, action, name, before, after).await
    }

    /// Keeps the answer for repeated calls, commits, and answers.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reply<M: Message>(self, message: M) -> std::result::Result<Response<M>, Status> {
        if let Some(repeat) = &self.repeat {
            answers::keep(&self, repeat, &message.encode_to_vec()).await?;
        }
        self.commit().await?;
        Ok(Response::new(message))
    }

    /// Takes everything back: the change was only tried.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn take_back(self) -> Result<()> {
        Ok(self.db.rollback().await?)
    }

    /// Commits a change that nobody waits for.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn commit(self) -> Result<()> {
        self.db.commit().await?;
        self.commits.send_modify(|count| *count += 1);
        Ok(())
    }

    pub(super) fn kept_since(&self) -> DateTime<Utc> {
        self.now - Duration::days(7)
    }
}
