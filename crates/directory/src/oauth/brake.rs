//! Slows guessing and floods down, and lets no stranger keep a machine out: whatever fails
//! counts against the address it comes from, never against the machine it names.
//!
//! A secret has 256 random bits, so guessing is hopeless anyhow; this keeps it cheap for us.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use kit::Clock;
use types::ids::ServiceAccountId;

use crate::network::{
    self, Source,
    places::{Place, Places},
};

/// Requests of one address at once.
const MOST_AT_ONCE: usize = 8;
/// Beyond this, failures whose wait is over are forgotten; then all of them.
const MOST_REMEMBERED: usize = 10_000;

/// Failed tries and running requests; clones share them.
#[derive(Clone)]
pub(super) struct Brake {
    clock: Clock,
    running: Places,
    failed: Arc<Mutex<Failures>>,
}

type Failures = HashMap<(Option<ServiceAccountId>, Source), Failed>;

struct Failed {
    count: u32,
    not_before: DateTime<Utc>,
}

impl Brake {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            running: Places::new(MOST_AT_ONCE),
            failed: Arc::default(),
        }
    }

    /// Takes a place for a request, if there is one for its address.
    pub(super) fn enter(&self, address: Option<IpAddr>) -> Option<Place> {
        self.running.take(source(address))
    }

    /// Says whether an address may try again to be a machine.
    pub(super) fn wait_is_over(
        &self,
        client: Option<&ServiceAccountId>,
        address: Option<IpAddr>,
    ) -> bool {
        let tried = (client.cloned(), source(address));
        let all = self.failures();
        let failed = all.get(&tried);
        failed.is_none_or(|it| self.clock.now() >= it.not_before)
    }

    /// Notes a failure.
    pub(super) fn failed(&self, client: Option<&ServiceAccountId>, address: Option<IpAddr>) {
        let now = self.clock.now();
        let mut failures = self.failures();
        if failures.len() >= MOST_REMEMBERED {
            failures.retain(|_, it| now < it.not_before);
        }
        if failures.len() >= MOST_REMEMBERED {
            failures.clear();
        }
        let tried = (client.cloned(), source(address));
        let failed = failures.entry(tried).or_insert(Failed {
            count: 0,
            not_before: now,
        });
        failed.count = failed.count.saturating_add(1);
        failed.not_before = now + wait_after(failed.count);
    }

    /// Forgets the failures after a success.
    pub(super) fn succeeded(&self, client: Option<&ServiceAccountId>, address: Option<IpAddr>) {
        let tried = (client.cloned(), source(address));
        self.failures().remove(&tried);
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One subscriber has 2^64 IPv6 addresses to try from, so they count as one.
fn source(address: Option<IpAddr>) -> Source {
    address.map(|it| network::cut(it, 32, 64))
}

/// How long an address waits after some failures in a row as one machine.
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

    fn brake() -> Brake {
        Brake::new(Clock::standing_at(DateTime::UNIX_EPOCH))
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn who_fails_waits_a_little_and_nobody_else_does() {
        let brake = brake();
        let machine = ServiceAccountId::new("mot-cua").unwrap();
        let (stranger, own) = (address("203.0.113.9"), address("10.12.0.1"));
        for _ in 0..3 {
            assert!(brake.wait_is_over(Some(&machine), stranger));
            brake.failed(Some(&machine), stranger);
        }
        assert!(!brake.wait_is_over(Some(&machine), stranger));
        assert!(brake.wait_is_over(Some(&machine), own));
        brake.clock.set(DateTime::UNIX_EPOCH + Duration::seconds(1));
        assert!(brake.wait_is_over(Some(&machine), stranger));
        for _ in 0..1_000 {
            brake.failed(Some(&machine), stranger);
        }
        brake
            .clock
            .set(DateTime::UNIX_EPOCH + Duration::seconds(11));
        assert!(brake.wait_is_over(Some(&machine), stranger));
    }

    #[test]
    fn a_subscriber_with_many_addresses_is_one() {
        let brake = brake();
        for last in 0..3 {
            brake.failed(None, address(&format!("2001:db8::{last}")));
        }
        assert!(!brake.wait_is_over(None, address("2001:db8::ffff")));
        assert!(brake.wait_is_over(None, address("2001:db8:0:1::1")));
    }

    #[test]
    fn an_address_runs_a_few_requests_at_once_and_gets_its_places_back() {
        let brake = brake();
        let one = address("203.0.113.9");
        let places: Vec<_> = (0..MOST_AT_ONCE)
            .map(|_| brake.enter(one).unwrap())
            .collect();
        assert!(brake.enter(one).is_none());
        assert!(brake.enter(address("10.12.0.1")).is_some());
        drop(places);
        assert!(brake.enter(one).is_some());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let brake = brake();
        for number in 0..=u32::try_from(MOST_REMEMBERED).unwrap() {
            brake.failed(None, Some(IpAddr::from(number.to_be_bytes())));
        }
        assert!(brake.failures().len() <= MOST_REMEMBERED);
    }
}
