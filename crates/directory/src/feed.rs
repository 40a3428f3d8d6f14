//! What has changed that rights and totals depend on: units, reorganisations and grants.
//!
//! A row says which unit, reorganisation or grant changed, not how: whoever follows reads it as it is
//! now. Rows are numbered in the transaction of the change, under a lock that is held
//! until its commit: numbers have no gaps and stand in the order of the commits.

use kit::{Error, Result, error::RESUME_TOKEN_EXPIRED};
use types::ids::{ReorganizationId, RoleGrantId, UnitId};

mod store;

pub(crate) use store::{append, head, since};

/// The feed reaches back this many changes; whoever was away longer reads everything
/// again. An import of the whole country is some 14.000.
pub(crate) const REACH: i64 = 100_000;

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Changed {
    Unit(UnitId),
    Grant(RoleGrantId),
    Act(ReorganizationId),
}

/// Where changes were put into the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The end of the feed before them.
    pub(crate) after: Place,
    /// The last of them.
    pub(crate) up_to: Place,
}

/// A place in the feed: everything up to it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which feed; another database has another.
    pub(crate) epoch: String,
    pub(crate) sequence: i64,
}

impl Place {
    /// Writes the place as a token that only we read.
    pub(crate) fn token(&self) -> String {
        format!("{}.{}", self.epoch, self.sequence)
    }

    /// Reads a token.
    pub(crate) fn from_token(token: &str) -> Result<Self> {
        let read = || {
            let (epoch, sequence) = token.split_once('.')?;
            Some(Self {
                epoch: epoch.to_owned(),
                sequence: sequence.parse().ok().filter(|it| *it >= 0)?,
            })
        };
        read().ok_or(Error::out_of_range(&RESUME_TOKEN_EXPIRED, []))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_and_what_is_no_place_begins_anew() {
        let place = Place {
            epoch: "0190".into(),
            sequence: 42,
        };
        assert_eq!(Place::from_token(&place.token()).unwrap(), place);
        for bad in ["", "0190", "0190.", "0190.x", "0190.-1"] {
            let refused = Place::from_token(bad);
            assert!(matches!(refused, Err(Error::OutOfRange(..))), "{bad}");
        }
    }
}
