//! The units in time and how reorganisations lead from one to another, for whoever adds
//! up over a tree that changed.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDate;
use types::{
    decimal::Decimal,
    ids::{ReorganizationId, UnitId},
};

use super::book::UnitFact;

/// All units and all applied reorganisations, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory {
    /// Two territories with the same stamp are the same.
    pub stamp: Stamp,
    /// The units by id, those that ended too.
    pub units: Vec<(UnitId, UnitFact)>,
    /// The reorganisations by id.
    pub acts: Vec<(ReorganizationId, ActFact)>,
}

impl Territory {
    /// Returns what a unit is and was.
    #[must_use]
    pub fn unit(&self, id: &UnitId) -> Option<&UnitFact> {
        let place = self.units.binary_search_by(|(unit, _)| unit.cmp(id)).ok()?;
        self.units.get(place).map(|(_, fact)| fact)
    }
}

/// A reorganisation that counts, as far as figures are carried along it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActFact {
    /// First day on which it counts.
    pub date: NaiveDate,
    /// Which unit leads to which.
    pub links: Vec<LinkFact>,
}

/// One unit leads to another, or to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkFact {
    /// Unit before.
    pub predecessor: UnitId,
    /// Unit after; none when nothing follows.
    pub successor: Option<UnitId>,
    /// Published share of what the predecessor holds, above 0 and at most 1; none when it
    /// is not known.
    pub share: Option<Decimal>,
}

/// Which state of the units something was made of; no two states of a process share one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Stamp(u64);

impl Stamp {
    /// Returns one that was never there before.
    pub(super) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
