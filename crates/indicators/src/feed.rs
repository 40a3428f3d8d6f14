//! Which figures have changed, for whoever keeps some of them in memory.
//!
//! A row says which sheet (the figures of a unit in a period) changed, not how: whoever
//! follows reads it as it is now. Rows are numbered in the transaction of the change, as
//! the last thing before its commit and under a lock that is held until then: numbers have
//! no gaps, stand in the order of the commits, and nobody waits for another's writing.

use chrono::{DateTime, Utc};
use types::{ids::UnitId, period::Period};

mod store;

pub(crate) use store::{append, head, since};

/// The feed reaches back this many changes; whoever is further behind reads everything
/// again. A month of all communes and their indicators is some 11.000.
pub(crate) const REACH: i64 = 200_000;

/// A place in the feed: everything up to it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which feed; another database has another.
    pub(crate) epoch: String,
    pub(crate) number: i64,
    /// When the change of that number was made; none before the first.
    pub(crate) time: Option<DateTime<Utc>>,
}

/// A sheet that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) unit: UnitId,
    pub(crate) period: Period,
}
