//! Answers that are known for a while.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Most answers kept at once.
const MOST: usize = 10_000;

/// A bounded memory of answers; clones share it.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    kept_for: Duration,
    known: Arc<Mutex<HashMap<K, (V, Instant)>>>,
}

impl<K, V> Clone for Memory<K, V> {
    fn clone(&self) -> Self {
        Self {
            kept_for: self.kept_for,
            known: self.known.clone(),
        }
    }
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    pub(super) fn new(kept_for: Duration) -> Self {
        Self {
            kept_for,
            known: Arc::default(),
        }
    }

    /// Returns an answer that is not too old.
    pub(super) fn get<Q>(&self, question: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let known = self.known();
        let (answer, asked) = known.get(question)?;
        (asked.elapsed() < self.kept_for).then(|| answer.clone())
    }

    /// Keeps an answer. Its age counts from before the question: it may be that old.
    pub(super) fn put(&self, question: K, answer: V, asked: Instant) {
        let mut known = self.known();
        if known.len() >= MOST {
            known.retain(|_, (_, asked)| asked.elapsed() < self.kept_for);
        }
        if known.len() >= MOST {
            // All are fresh. To ask again is dearer than to forget, but never wrong.
            known.clear();
        }
        known.insert(question, (answer, asked));
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<K, (V, Instant)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_until_it_is_too_old() {
        let memory = Memory::new(Duration::from_secs(3600));
        memory.put("a", 1, Instant::now());
        assert_eq!(memory.clone().get("a"), Some(1));
        let Some(long_ago) = Instant::now().checked_sub(Duration::from_secs(3600)) else {
            // The machine runs for less than an hour: there is no such instant.
            return;
        };
        memory.put("a", 2, long_ago);
        assert_eq!(memory.get("a"), None);
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let memory = Memory::new(Duration::from_secs(3600));
        for number in 0..=MOST {
            memory.put(number, (), Instant::now());
        }
        assert!(memory.known().len() <= MOST);
        assert_eq!(memory.get(&MOST), Some(()));
    }
}
