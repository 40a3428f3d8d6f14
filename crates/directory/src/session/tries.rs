//! Slowing guesses down, without letting anybody keep another person out for long.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use kit::{Clock, Error, Result, error::SIGN_IN_REFUSED};

/// Beyond this, names that were tried long ago are forgotten.
const MOST_REMEMBERED: usize = 10_000;

/// Failed tries by name, since the last success; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Tries {
    clock: Clock,
    known: Arc<Mutex<HashMap<String, Failed>>>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    count: u32,
    not_before: DateTime<Utc>,
}

impl Tries {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            known: Arc::default(),
        }
    }

    /// Refuses a try that comes too soon after failed ones.
    pub(crate) fn wait_is_over(&self, name: &str) -> Result<()> {
        let now = self.clock.now();
        match self.known().get(name) {
            Some(failed) if now < failed.not_before => {
                Err(Error::Unauthenticated(&SIGN_IN_REFUSED))
            }
            _ => Ok(()),
        }
    }

    /// Notes a failure, and returns what the caller is told.
    pub(crate) fn failed(&self, name: &str) -> Error {
        let now = self.clock.now();
        let mut known = self.known();
        if known.len() >= MOST_REMEMBERED {
            known.retain(|_, it| now < it.not_before);
        }
        let entry = known.entry(name.to_owned()).or_insert(Failed {
            count: 0,
            not_before: now,
        });
        entry.count = entry.count.saturating_add(1);
        entry.not_before = now + wait_after(entry.count);
        Error::Unauthenticated(&SIGN_IN_REFUSED)
    }

    /// Forgets the failures after a success.
    pub(crate) fn succeeded(&self, name: &str) {
        self.known().remove(name);
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Failed>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a person waits after some failures in a row: long enough to make guessing
/// hopeless, short enough that nobody can keep another person out for long.
fn wait_after(failed: u32) -> Duration {
    Duration::seconds(match failed {
        0..=2 => 0,
        3 => 1,
        4 => 3,
        5 => 5,
        _ => 10,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_slows_down_and_nobody_is_kept_out_longer_than_ten_seconds() {
        assert_eq!(wait_after(2), Duration::zero());
        assert_eq!(wait_after(4), Duration::seconds(3));
        assert_eq!(wait_after(1_000), Duration::seconds(10));
    }
}
