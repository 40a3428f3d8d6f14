//! Slowing guesses down, without letting anybody keep another person out.
//!
//! Failures from each known device and from everywhere else are counted apart. A try is
//! counted as failed before its password is looked at, so that many at once are not more
//! than the same one after the other; a success takes the count back.

use std::{collections::BTreeSet, sync::Arc};

use aws_lc_rs::hmac;
use chrono::{DateTime, Duration, Utc};
use kit::{Db, Result, Tx, actor::hex, db::ledger::Action};
use sea_orm::ConnectionTrait;
use types::ids::UserId;

use super::device;
use crate::user;

mod store;

/// Failures after which a source is closed for a while.
const FAILURES_BEFORE_CLOSED: i64 = 5;
/// Failures after which only known devices get in, until the password is reset.
const FAILURES_IN_ALL: i64 = 100;
/// The first time a source is closed, and the longest.
const FIRST_CLOSED: Duration = Duration::minutes(15);
const LONGEST_CLOSED: Duration = Duration::hours(24);

/// Where tries come from that no device vouches for.
const STRANGERS: &str = "";
/// Where tries come from inside a living session.
const SESSIONS: &str = "sessions";
/// Accounts that stand for all the names nobody has.
const STAND_IN_DIGITS: usize = 4;

/// Counts tries in the database: all processes see them, and a restart forgets none.
#[derive(Clone)]
pub(super) struct Tries {
    db: Db,
    key: Arc<hmac::Key>,
}

/// A try that is counted as failed until it is forgiven.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Try {
    account: String,
    source: String,
}

/// Failures in a row from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Failures {
    count: i64,
    closed_until: DateTime<Utc>,
}

impl Failures {
    const NONE: Self = Self {
        count: 0,
        closed_until: DateTime::UNIX_EPOCH,
    };

    /// Counts one try more; none when the source is closed.
    fn another(self, from_strangers: bool, now: DateTime<Utc>) -> Option<Self> {
        let for_good = from_strangers && self.count >= FAILURES_IN_ALL;
        if for_good || now < self.closed_until {
            return None;
        }
        let count = self.count.saturating_add(1);
        Some(Self {
            count,
            closed_until: now + closed_for(count),
        })
    }
}

/// How long a source is closed after some failures in a row.
fn closed_for(failures: i64) -> Duration {
    let doubled = failures - FAILURES_BEFORE_CLOSED;
    if doubled < 0 {
        return Duration::zero();
    }
    let mut closed = FIRST_CLOSED;
    for _ in 0..doubled {
        closed = (closed * 2).min(LONGEST_CLOSED);
        if closed == LONGEST_CLOSED {
            break;
        }
    }
    closed
}

impl Tries {
    /// Reads the key behind the accounts of nobody, and makes it the first time.
    pub(super) async fn open(db: Db) -> Result<Self> {
        let key = store::key(&db).await?;
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &key));
        Ok(Self { db, key })
    }

    /// Counts a sign-in before its password is looked at; none when the source is closed.
    /// A name nobody has is counted like any other.
    pub(super) async fn sign_in(&self, user: &UserId, device_token: &str) -> Result<Option<Try>> {
        let method = "SessionService/SignIn";
        let tx = self.db.begin_as(user.as_str(), method, "sign-in").await?;
        let device = device::known(&tx.db, user, device_token, tx.now()).await?;
        let is_somebody = user::store::find(&tx.db, user).await?.is_some();
        let tried = Try {
            account: match is_somebody {
                true => user.as_str().to_owned(),
                false => self.stand_in(user),
            },
            source: device.map_or_else(|| STRANGERS.to_owned(), |it| it.id),
        };
        count(tx, tried).await
    }

    /// Counts a try inside a living session.
    pub(super) async fn in_session(&self, user: &UserId) -> Result<Option<Try>> {
        let method = "SessionService/ChangePassword";
        let tx = self.db.begin_as(user.as_str(), method, "change").await?;
        let tried = Try {
            account: user.as_str().to_owned(),
            source: SESSIONS.to_owned(),
        };
        count(tx, tried).await
    }

    /// Returns the account under which a name that nobody has is counted. There are few, so
    /// that made-up names do not fill the database, and nobody outside can tell which names
    /// share one.
    fn stand_in(&self, user: &UserId) -> String {
        let tag = hmac::sign(&self.key, user.as_str().as_bytes());
        format!("?{}", &hex(tag.as_ref())[..STAND_IN_DIGITS])
    }
}

async fn count(tx: Tx, tried: Try) -> Result<Option<Try>> {
    let from_strangers = tried.source == STRANGERS;
    let failures = store::held(&tx.db, &tried).await?;
    let Some(failures) = failures.another(from_strangers, tx.now()) else {
        return Ok(None);
    };
    store::set(&tx.db, &tried, failures).await?;
    if from_strangers && failures.count == FAILURES_IN_ALL {
        let name = format!("{}/{}/signIn", UserId::COLLECTION, tried.account);
        let closed = "closed to unknown devices until the password is reset";
        tx.record(Action::Moved, &name, None, Some(&closed)).await?;
        tracing::warn!(user = tried.account, "sign-in is {closed}");
    }
    tx.commit().await?;
    if failures.count >= FAILURES_BEFORE_CLOSED {
        tracing::info!(
            user = tried.account,
            failures = failures.count,
            is_known_device = !from_strangers,
            "sign-in is closed for a while unless this try succeeds"
        );
    }
    Ok(Some(tried))
}

/// Forgets the failures of a source after a success.
pub(super) async fn forgive(tx: &Tx, tried: &Try) -> Result<()> {
    let sources = std::slice::from_ref(&tried.source);
    store::remove(&tx.db, &tried.account, Some(sources)).await
}

/// Forgets the failures from devices that are known no more.
pub(super) async fn forget(tx: &Tx, user: &UserId, devices: &[String]) -> Result<()> {
    store::remove(&tx.db, user.as_str(), Some(devices)).await
}

/// Forgets all failures of a person.
pub(super) async fn forgive_all(tx: &Tx, user: &UserId) -> Result<()> {
    store::remove(&tx.db, user.as_str(), None).await
}

/// Returns of which people sign-in is closed to strangers for good, by their ids.
pub(crate) async fn closed_to_strangers(
    db: &impl ConnectionTrait,
    users: &[&UserId],
) -> Result<BTreeSet<String>> {
    store::with_failures(db, users, STRANGERS, FAILURES_IN_ALL).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(count: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(count)
    }

    #[test]
    fn the_fifth_failure_closes_for_fifteen_minutes_and_each_further_one_for_twice_as_long() {
        assert_eq!(closed_for(4), Duration::zero());
        assert_eq!(closed_for(5), Duration::minutes(15));
        assert_eq!(closed_for(6), Duration::minutes(30));
        assert_eq!(closed_for(11), Duration::hours(16));
        assert_eq!(closed_for(12), Duration::hours(24));
        assert_eq!(closed_for(i64::MAX), Duration::hours(24));
    }

    #[test]
    fn a_closed_source_opens_again_after_its_time() {
        let mut failures = Failures::NONE;
        for _ in 0..5 {
            failures = failures.another(true, minutes(0)).unwrap();
        }
        assert_eq!(failures.another(true, minutes(14)), None);
        let sixth = failures.another(true, minutes(15)).unwrap();
        assert_eq!(sixth.closed_until, minutes(45));
    }

    #[test]
    fn after_a_hundred_failures_strangers_stay_out_and_known_devices_do_not() {
        let failures = Failures {
            count: 100,
            closed_until: minutes(0),
        };
        assert_eq!(failures.another(true, minutes(1_000_000)), None);
        assert!(failures.another(false, minutes(0)).is_some());
        let before = Failures {
            count: 99,
            ..failures
        };
        assert!(before.another(true, minutes(0)).is_some());
    }
}
