//! Who may wait for hashing, and how often a network may try to get in.
//!
//! A hash takes a core for a quarter of a second, so few are made at once, some wait, and the
//! rest are turned away. Names that are made up cost as much as real ones, so whoever floods us
//! with them would keep everybody out; therefore one network holds a few of the places only, and
//! what it tries in a minute is counted before its password is looked at. Tries from a known
//! device are not: they are counted with the device (`tries.rs`), and one who guesses does not
//! shut those out who work beside him. A try that succeeds is given back: a whole office behind one address signs in on a Monday morning, while who guesses stops
//! after 30 tries (`security.md` §1.2).
//!
//! A network is what one subscriber has: the first 24 bits of an IPv4 address, the first 56 of
//! an IPv6 address. Calls that came over no network are made by this process itself: together
//! they hold no more places than a network, and are not counted. All of this lives in memory, so
//! several processes let each network try as often in each of them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration as StdDuration,
};

use chrono::{DateTime, Duration, Utc};
use kit::{Clock, Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    network::{
        self, Source,
        places::{self, Places},
    },
    reason::TOO_MANY_TRIES,
};

/// Hashes that may wait before others are turned away.
pub(super) const MOST_WAITING: usize = 64;
/// Of them those of one network.
pub(super) const MOST_OF_A_NETWORK: usize = 8;
/// Tries of one network in a minute that do not succeed.
const TRIES_A_MINUTE: u32 = 30;
const MINUTE: Duration = Duration::minutes(1);
/// Networks that are remembered: those whose minute is over are forgotten first, then all.
const MOST_REMEMBERED: usize = 10_000;

/// The queue; clones share it.
#[derive(Clone)]
pub(super) struct Queue {
    clock: Clock,
    waiting: Arc<Semaphore>,
    of_network: Places,
    minutes: Arc<Mutex<HashMap<IpAddr, Minute>>>,
}

/// A place among those who wait for hashing; it is free again when this is dropped.
pub(super) struct Place {
    _waiting: OwnedSemaphorePermit,
    _of_network: places::Place,
}

/// What a network tried since when.
struct Minute {
    begun: DateTime<Utc>,
    tries: u32,
}

/// A try that was counted.
pub(super) struct Counted {
    network: IpAddr,
    begun: DateTime<Utc>,
}

impl Queue {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            of_network: Places::new(MOST_OF_A_NETWORK),
            minutes: Arc::default(),
        }
    }

    /// Takes a place among those who wait.
    ///
    /// # Errors
    /// Exhausted when there is none left, or none for this network.
    pub(super) fn enter(&self, from: Source) -> Result<Place> {
        let of_network = self.of_network.take(network_of(from));
        let waiting = self.waiting.clone().try_acquire_owned().ok();
        match (of_network, waiting) {
            (Some(of_network), Some(waiting)) => Ok(Place {
                _waiting: waiting,
                _of_network: of_network,
            }),
            _ => Err(Error::Exhausted),
        }
    }

    /// Counts a try to get in, before anything of it is looked at.
    ///
    /// # Errors
    /// `TOO_MANY_TRIES` with the time until the minute of the network is over.
    pub(super) fn count(&self, from: Source) -> Result<Option<Counted>> {
        let Some(network) = network_of(from) else {
            return Ok(None);
        };
        let now = self.clock.now();
        let mut minutes = self.minutes();
        if minutes.len() >= MOST_REMEMBERED && !minutes.contains_key(&network) {
            minutes.retain(|_, it| !it.is_over(now));
            if minutes.len() >= MOST_REMEMBERED {
                minutes.clear();
            }
        }
        let begins = || Minute {
            begun: now,
            tries: 0,
        };
        let minute = minutes.entry(network).or_insert_with(begins);
        if minute.is_over(now) {
            *minute = begins();
        }
        if minute.tries >= TRIES_A_MINUTE {
            let left = minute.begun + MINUTE - now;
            let left = left.to_std().unwrap_or(StdDuration::ZERO);
            if minute.tries == TRIES_A_MINUTE {
                // Once a minute is enough for the log.
                minute.tries += 1;
                tracing::warn!(%network, "a network tries to sign in too often and has to wait");
            }
            return Err(Error::TooOften(&TOO_MANY_TRIES, left));
        }
        minute.tries += 1;
        let begun = minute.begun;
        Ok(Some(Counted { network, begun }))
    }

    /// Gives a try back that succeeded.
    pub(super) fn give_back(&self, counted: Option<Counted>) {
        let Some(counted) = counted else { return };
        let mut minutes = self.minutes();
        let minute = minutes.get_mut(&counted.network);
        if let Some(minute) = minute.filter(|it| it.begun == counted.begun) {
            minute.tries = minute.tries.min(TRIES_A_MINUTE).saturating_sub(1);
        }
    }

    /// How many places are free, for tests.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.waiting.available_permits()
    }

    fn minutes(&self) -> MutexGuard<'_, HashMap<IpAddr, Minute>> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Minute {
    /// A clock that was set back ends it too, or a network would wait until it has caught up.
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        now < self.begun || now - self.begun >= MINUTE
    }
}

fn network_of(from: Source) -> Source {
    from.map(|it| network::cut(it, 24, 56))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue {
        Queue::new(Clock::standing_at(DateTime::UNIX_EPOCH))
    }

    fn address(text: &str) -> Source {
        Some(text.parse().unwrap())
    }

    fn wait(queue: &Queue, seconds: i64) {
        let now = queue.clock.now();
        queue.clock.set(now + Duration::seconds(seconds));
    }

    #[test]
    fn of_64_places_one_network_holds_8() {
        let queue = queue();
        let mut held = Vec::new();
        for last in 0..8 {
            held.push(queue.enter(address(&format!("203.0.113.{last}"))).unwrap());
        }
        let ninth = queue.enter(address("203.0.113.200"));
        assert!(matches!(ninth, Err(Error::Exhausted)));
        // Who was turned away holds nothing.
        assert_eq!(queue.free(), 56);
        for network in 0..7 {
            for _ in 0..8 {
                held.push(
                    queue
                        .enter(address(&format!("198.51.{network}.1")))
                        .unwrap(),
                );
            }
        }
        let full = queue.enter(address("192.0.2.1"));
        assert!(matches!(full, Err(Error::Exhausted)));
        drop(held);
        assert_eq!(queue.free(), 64);
        assert!(queue.enter(address("203.0.113.200")).is_ok());
    }

    #[test]
    fn a_network_tries_30_times_in_a_minute_and_others_go_on() {
        let queue = queue();
        for last in 0..30 {
            queue.count(address(&format!("203.0.113.{last}"))).unwrap();
        }
        wait(&queue, 18);
        for _ in 0..3 {
            let refused = queue.count(address("203.0.113.200")).err();
            let Some(Error::TooOften(reason, left)) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!((reason.code, left.as_secs()), ("TOO_MANY_TRIES", 42));
        }
        queue.count(address("203.0.114.1")).unwrap();
        assert!(queue.count(None).unwrap().is_none());
        wait(&queue, 42);
        queue.count(address("203.0.113.200")).unwrap();
        // An IPv6 subscriber has 2^72 addresses.
        for last in 0..30 {
            queue
                .count(address(&format!("2001:db8:0:{last:x}::1")))
                .unwrap();
        }
        assert!(queue.count(address("2001:db8:0:ff::1")).is_err());
        assert!(queue.count(address("2001:db8:0:100::1")).is_ok());
    }

    #[test]
    fn a_try_that_succeeds_is_given_back() {
        let queue = queue();
        let office = address("203.0.113.9");
        for _ in 0..200 {
            let counted = queue.count(office).unwrap();
            queue.give_back(counted);
        }
        let mut counted = Vec::new();
        for _ in 0..30 {
            counted.push(queue.count(office).unwrap());
        }
        assert!(queue.count(office).is_err());
        queue.give_back(counted.pop().unwrap());
        queue.count(office).unwrap();
        assert!(queue.count(office).is_err());
        // What was counted in a minute that is over takes nothing from the next.
        wait(&queue, 60);
        for _ in 0..30 {
            queue.count(office).unwrap();
        }
        queue.give_back(counted.pop().unwrap());
        assert!(queue.count(office).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out_and_what_is_remembered_is_bounded() {
        let queue = queue();
        for _ in 0..30 {
            queue.count(address("203.0.113.9")).unwrap();
        }
        wait(&queue, -3600);
        queue.count(address("203.0.113.9")).unwrap();
        for number in 0..=u32::try_from(MOST_REMEMBERED).unwrap() {
            let address = IpAddr::from((number << 8).to_be_bytes());
            queue.count(Some(address)).unwrap();
        }
        assert!(queue.minutes().len() <= MOST_REMEMBERED);
    }
}
