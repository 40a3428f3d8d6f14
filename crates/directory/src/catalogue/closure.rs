//! A catalogue of the whole country that leaves out much of it is more likely to be a
//! part of a file than the end of so many units.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use kit::{Error, Result};
use types::ids::UnitId;

use super::file::Level;
use crate::{
    reason::MASS_CLOSURE,
    unit::history::{self, Histories},
};

/// Most of a level that a catalogue of the country ends without being told to.
const MOST_PERCENT: usize = 20;

/// Checks that at no level too many of the units that bear a code would end.
pub(super) fn check(
    known: &HashMap<&str, &UnitId>,
    units: &Histories,
    closed: &BTreeSet<UnitId>,
    day: NaiveDate,
) -> Result<()> {
    let mut counts: BTreeMap<Level, (usize, usize)> = BTreeMap::new();
    for id in known.values() {
        let history = units.get(*id);
        let now = history.and_then(|it| history::on(&it.appearances, day));
        if let Some(level) = now.and_then(|it| Level::of(it.kind)) {
            let (living, ending) = counts.entry(level).or_default();
            *living += 1;
            *ending += usize::from(closed.contains(*id));
        }
    }
    let too_many = |(living, ending): (usize, usize)| ending * 100 > living * MOST_PERCENT;
    let Some((level, (living, ending))) = counts.into_iter().find(|it| too_many(it.1)) else {
        return Ok(());
    };
    let (en, vi) = match level {
        Level::Province => ("provinces", "đơn vị cấp tỉnh"),
        Level::District => ("districts", "đơn vị cấp huyện"),
        Level::Commune => ("communes", "đơn vị cấp xã"),
    };
    let facts = [
        ("closed_count", ending.to_string()),
        ("living_count", living.to_string()),
        ("level_en", en.to_owned()),
        ("level_vi", vi.to_owned()),
        ("most_percent", MOST_PERCENT.to_string()),
    ];
    Err(Error::rule(&MASS_CLOSURE, facts))
}
