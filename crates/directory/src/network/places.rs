//! Places that are shared out: of one network only so many at once, so that a stranger who
//! floods us holds a few of them and leaves the rest to others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Source;

/// Places by network; clones share them.
#[derive(Clone)]
pub(crate) struct Places {
    most: usize,
    taken: Arc<Mutex<HashMap<Source, usize>>>,
}

/// A place that is held; it is free again when this is dropped.
pub(crate) struct Place {
    taken: Arc<Mutex<HashMap<Source, usize>>>,
    source: Source,
}

impl Places {
    /// Gives so many places to each network at once.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// Takes a place, if the network has one left.
    pub(crate) fn take(&self, source: Source) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(source).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place {
            taken: self.taken.clone(),
            source,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_holds_so_many_places_and_another_has_its_own() {
        let places = Places::new(2);
        let (one, other) = (
            Some([203, 0, 113, 0].into()),
            Some([198, 51, 100, 0].into()),
        );
        let held = [places.take(one), places.take(one)];
        assert!(held.iter().all(Option::is_some));
        assert!(places.take(one).is_none());
        assert!(places.take(other).is_some());
        assert!(places.take(None).is_some());
        drop(held);
        assert!(places.take(one).is_some());
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
