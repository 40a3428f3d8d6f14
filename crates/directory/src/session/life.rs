//! How long a session lives.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use types::ids::UserId;

/// How long a session may rest, and how long it may last, for people and for those who
/// administer (`security.md` §1.2).
const IDLE: Duration = Duration::minutes(15);
const IDLE_ADMINISTRATOR: Duration = Duration::minutes(5);
const LASTING: Duration = Duration::hours(12);
const LASTING_ADMINISTRATOR: Duration = Duration::hours(8);
/// One sign-in of one person on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user: UserId,
    pub(crate) device: String,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) last_use_time: DateTime<Utc>,
    /// It is over when nobody has refreshed it by then.
    pub(crate) refresh_by: DateTime<Utc>,
    /// It is over then, however much it is used.
    pub(crate) expire_time: DateTime<Utc>,
    /// When and why it was ended before its time.
    pub(crate) end: Option<(DateTime<Utc>, String)>,
}

impl Session {
    pub(crate) fn name(&self) -> String {
        format!("{}/sessions/{}", self.user.name(), self.id)
    }

    pub(super) fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.end.is_none() && now < self.refresh_by && now < self.expire_time
    }

    /// Returns the session after a use: somebody who has come to administer meanwhile
    /// gets the shorter limits.
    pub(super) fn used(&self, administers: bool, now: DateTime<Utc>) -> Self {
        let (idle, lasting) = limits(administers);
        let expire_time = self.expire_time.min(self.create_time + lasting);
        Self {
            last_use_time: now,
            refresh_by: expire_time.min(now + idle),
            expire_time,
            ..self.clone()
        }
    }
}

/// Returns how long a session may rest, and how long it may last.
pub(super) fn limits(administers: bool) -> (Duration, Duration) {
    if administers {
        (IDLE_ADMINISTRATOR, LASTING_ADMINISTRATOR)
    } else {
        (IDLE, LASTING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(count: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(count)
    }

    fn session() -> Session {
        let begun = Session {
            id: "s".into(),
            user: UserId::new("can-bo").unwrap(),
            device: String::new(),
            create_time: minutes(0),
            last_use_time: minutes(0),
            refresh_by: minutes(0),
            expire_time: minutes(12 * 60),
            end: None,
        };
        begun.used(false, minutes(0))
    }

    #[test]
    fn a_session_rests_15_minutes_at_most_and_5_when_its_person_administers() {
        assert!(session().is_alive(minutes(14)));
        assert!(!session().is_alive(minutes(15)));
        let administering = session().used(true, minutes(1));
        assert!(administering.is_alive(minutes(5)));
        assert!(!administering.is_alive(minutes(6)));
    }

    #[test]
    fn a_session_lasts_12_hours_at_most_and_8_when_its_person_administers() {
        let long = session().used(false, minutes(12 * 60 - 1));
        assert_eq!(long.refresh_by, minutes(12 * 60));
        assert!(!long.is_alive(minutes(12 * 60)));
        let administering = session().used(true, minutes(8 * 60 - 1));
        assert!(!administering.is_alive(minutes(8 * 60)));
        // Ceasing to administer does not make a session longer again.
        let again = administering.used(false, minutes(8 * 60 - 1));
        assert!(!again.is_alive(minutes(8 * 60)));
    }
}
