//! The one source of time.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, NaiveDate, Timelike, Utc};
use types::date::vietnam_date;

/// Tells the time. Everything that needs "now" takes a clock, so that tests and
/// rehearsals choose it.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Shifted(Duration),
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// Returns the system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::Shifted(Duration::zero()))
    }

    /// Returns the system's clock moved by some seconds, for a rehearsal of a past or
    /// future period. Processes with the same shift agree with each other.
    #[must_use]
    pub fn shifted(seconds: i64) -> Self {
        Self(Source::Shifted(Duration::seconds(seconds)))
    }

    /// Returns a clock that stands still until [`Clock::set`], for tests.
    #[must_use]
    pub fn standing_at(instant: DateTime<Utc>) -> Self {
        Self(Source::Set(Arc::new(Mutex::new(instant))))
    }

    /// Moves a standing clock and all its clones; a running one does not change.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Source::Set(now) = &self.0 {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = instant;
        }
    }

    /// Returns the present instant in whole microseconds, which both databases keep.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system for the time"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.0 {
            Source::Shifted(shift) => Utc::now() + *shift,
            Source::Set(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let micros = now.nanosecond() / 1_000 * 1_000;
        now.with_nanosecond(micros).unwrap_or(now)
    }

    /// Returns today's date in Vietnam (UTC+7).
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        vietnam_date(self.now())
    }
}
