//! The columns that are held in memory: read from the database when they are asked for,
//! brought up to date by the feed before every answer, and let go of when there are too
//! many, those that were used longest ago first.
//!
//! What is read after a place in the feed includes everything up to it. A column that is
//! read while the feed moves on, and whose period changed meanwhile, serves its answer and
//! is not kept: it may or may not have the change.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kit::{Db, Result};
use types::{
    ids::{IndicatorId, UnitId},
    period::Period,
};

use super::{
    atlas::{Atlas, Atlases, Number},
    column::{Column, Shape, UNKNOWN},
};
use crate::{
    feed::{self, Place, REACH},
    value::store::{self, Cell},
};

/// One indicator and period.
pub(crate) type Key = (IndicatorId, Period);
/// Columns of one answer.
pub(crate) type Taken = HashMap<Key, Arc<Column>>;

/// Rows of one question, about; the columns are smaller than the rows.
const MOST_ROWS: usize = 100_000;
/// More changed units of a period than this are not read again one by one.
const MOST_FOLLOWED: usize = 5_000;

/// The columns; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    db: Db,
    atlases: Atlases,
    most_bytes: usize,
    held: Arc<Mutex<Held>>,
    following: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Held {
    /// Up to where all columns are known; none before the first look.
    place: Option<Place>,
    columns: HashMap<Key, Kept>,
    /// The last place at which some sheet of a period changed.
    changed: HashMap<Period, i64>,
    bytes: usize,
    /// Counts answers, to tell which columns were used last.
    answers: u64,
    /// Counts how often everything was forgotten.
    beginnings: u64,
}

#[derive(Debug)]
struct Kept {
    column: Arc<Column>,
    bytes: usize,
    used: u64,
}

/// Where the feed was before something was read.
#[derive(Debug, Clone, Copy)]
struct ReadFrom {
    number: i64,
    beginnings: u64,
}

/// What an answer needs of one period.
#[derive(Debug, Default)]
pub(crate) struct Need {
    /// In order, each once.
    pub(crate) units: Vec<Number>,
    pub(crate) indicators: BTreeMap<IndicatorId, Shape>,
}

impl Need {
    /// Takes in what else is needed of the same period.
    pub(crate) fn join(&mut self, other: Self) {
        self.units.extend(other.units);
        self.units.sort_unstable();
        self.units.dedup();
        self.indicators.extend(other.indicators);
    }
}

impl Columns {
    pub(crate) fn new(db: Db, atlases: Atlases, most_bytes: usize) -> Self {
        Self {
            db,
            atlases,
            most_bytes,
            held: Arc::default(),
            following: Arc::default(),
        }
    }

    /// Returns columns in which everything is read that is needed, and the place in the
    /// feed up to which they surely include everything.
    pub(crate) async fn take(
        &self,
        atlas: &Atlas,
        needs: &BTreeMap<Period, Need>,
    ) -> Result<(Taken, Place)> {
        let place = self.catch_up().await?;
        let mut taken = Taken::new();
        for (period, need) in needs {
            let (mut known, read_from) = self.known(*period, need, atlas.len());
            let unread = unread(&known, *period, need);
            if unread.is_empty() {
                taken.extend(known);
                continue;
            }
            self.read(atlas, period, need, &unread, &mut known).await?;
            self.keep(*period, read_from, &known);
            taken.extend(known);
        }
        Ok((taken, place))
    }

    /// Returns what is held of a period, with room for all units.
    fn known(&self, period: Period, need: &Need, units: usize) -> (Taken, ReadFrom) {
        let mut held = self.held();
        held.answers += 1;
        let now = held.answers;
        let read_from = ReadFrom {
            number: held.place.as_ref().map_or(0, |it| it.number),
            beginnings: held.beginnings,
        };
        let mut known = Taken::with_capacity(need.indicators.len());
        for (indicator, shape) in &need.indicators {
            let key = (indicator.clone(), period);
            let column = match held.columns.get_mut(&key) {
                Some(kept) => {
                    kept.used = now;
                    kept.column.clone()
                }
                None => {
                    let mut column = Column::unread(*shape);
                    column.grow(units);
                    Arc::new(column)
                }
            };
            known.insert(key, column);
        }
        (known, read_from)
    }

    /// Reads what is missing in some columns.
    async fn read(
        &self,
        atlas: &Atlas,
        period: &Period,
        need: &Need,
        unread: &Unread<'_>,
        columns: &mut Taken,
    ) -> Result<()> {
        let indicators: Vec<_> = unread.indicators.iter().copied().collect();
        let at_once = (MOST_ROWS / indicators.len().max(1)).max(1);
        for some in unread.units.chunks(at_once) {
            let ids: Vec<_> = some.iter().map(|it| atlas.id(*it)).collect();
            let cells = store::cells(self.db.reader(), period, &ids, &indicators).await?;
            let found = by_indicator(&ids, some, cells);
            for indicator in &indicators {
                let key = ((*indicator).clone(), *period);
                let shape = need.indicators.get(*indicator).copied();
                let column = columns
                    .entry(key)
                    .or_insert_with(|| Arc::new(Column::unread(shape.unwrap_or(Shape::Text))));
                put(Arc::make_mut(column), some, found.get(indicator.as_str()));
            }
        }
        Ok(())
    }

    /// Keeps columns of a period that were read, unless it changed since.
    fn keep(&self, period: Period, read_from: ReadFrom, columns: &Taken) {
        let mut held = self.held();
        let changed = held.changed.get(&period).copied().unwrap_or(0);
        if changed > read_from.number || held.beginnings != read_from.beginnings {
            return;
        }
        let now = held.answers;
        for (key, column) in columns {
            held.put(key.clone(), column.clone(), now);
        }
        held.let_go(self.most_bytes);
    }

    /// Brings the columns up to the end of the feed.
    async fn catch_up(&self) -> Result<Place> {
        let _one_at_a_time = self.following.lock().await;
        let db = self.db.reader();
        let head = feed::head(db).await?;
        let known = self.held().place.clone();
        let Some(known) = known.filter(|it| it.epoch == head.epoch) else {
            self.held().begin_anew(head.clone());
            return Ok(head);
        };
        let ahead = head.number - known.number;
        if ahead == 0 {
            return Ok(head);
        }
        let changes = match ahead {
            1..=REACH => feed::since(db, known.number, head.number).await?,
            _ => None,
        };
        let (Some(changes), Some(atlas)) = (changes, self.atlases.newest()) else {
            self.held().begin_anew(head.clone());
            return Ok(head);
        };
        let mut periods: BTreeMap<Period, BTreeSet<Number>> = BTreeMap::new();
        for changed in changes {
            let units = periods.entry(changed.period).or_default();
            // A unit that has no number is in no column.
            units.extend(atlas.number(&changed.unit));
        }
        let mut updates = Vec::new();
        for (period, units) in periods {
            let indicators = self.held().indicators(&period);
            let found = if units.len() > MOST_FOLLOWED || indicators.is_empty() {
                None
            } else {
                let units: Vec<_> = units.iter().copied().collect();
                let ids: Vec<&UnitId> = units.iter().map(|it| atlas.id(*it)).collect();
                let asked: Vec<_> = indicators.iter().collect();
                let cells = store::cells(db, &period, &ids, &asked).await?;
                let found = by_indicator(&ids, &units, cells);
                Some((units, found))
            };
            updates.push((period, indicators, found));
        }
        let mut held = self.held();
        for (period, indicators, found) in updates {
            held.changed.insert(period, head.number);
            // What came in while this was read may have the change or not.
            held.forget(|(indicator, of)| {
                *of == period && (found.is_none() || !indicators.contains(indicator))
            });
            let Some((units, found)) = found else {
                continue;
            };
            for indicator in &indicators {
                held.update(
                    &(indicator.clone(), period),
                    &units,
                    found.get(indicator.as_str()),
                );
            }
        }
        held.place = Some(head.clone());
        Ok(head)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Figures of one indicator by unit.
type Found = HashMap<String, Vec<(Number, Cell)>>;

fn by_indicator(ids: &[&UnitId], units: &[Number], cells: Vec<Cell>) -> Found {
    let ids = ids.iter().map(|it| it.as_str());
    let numbers: HashMap<_, _> = ids.zip(units.iter().copied()).collect();
    let mut found = Found::new();
    for cell in cells {
        if let Some(number) = numbers.get(cell.unit.as_str()).copied() {
            match found.get_mut(&cell.indicator) {
                Some(known) => known.push((number, cell)),
                None => {
                    found.insert(cell.indicator.clone(), vec![(number, cell)]);
                }
            }
        }
    }
    found
}

/// Writes into a column what was read of some units: who is not among it has not reported.
fn put(column: &mut Column, units: &[Number], found: Option<&Vec<(Number, Cell)>>) {
    for unit in units {
        column.clear(*unit);
    }
    for (unit, cell) in found.into_iter().flatten() {
        column.put(*unit, &cell.quantity, cell.state);
    }
}

/// What has to be read of a period.
#[derive(Debug, Default)]
struct Unread<'a> {
    units: Vec<Number>,
    indicators: BTreeSet<&'a IndicatorId>,
}

impl Unread<'_> {
    fn is_empty(&self) -> bool {
        self.indicators.is_empty()
    }
}

/// Returns what is needed of a period and not in the columns.
fn unread<'a>(columns: &Taken, period: Period, need: &'a Need) -> Unread<'a> {
    let mut unread = Unread::default();
    let units = need.units.last().map_or(0, |it| *it as usize + 1);
    let mut missing = vec![false; units];
    for indicator in need.indicators.keys() {
        let column = columns.get(&(indicator.clone(), period));
        let Some(column) = column.filter(|it| !it.is_read(units)) else {
            continue;
        };
        for unit in need.units.iter().filter(|it| column.mark(**it) == UNKNOWN) {
            missing[*unit as usize] = true;
            unread.indicators.insert(indicator);
        }
    }
    let units = need.units.iter().copied();
    unread.units = units.filter(|it| missing[*it as usize]).collect();
    unread
}

impl Held {
    /// Forgets everything: the feed cannot tell what changed.
    fn begin_anew(&mut self, place: Place) {
        self.columns.clear();
        self.changed.clear();
        self.bytes = 0;
        // Columns that are being read now are not kept either.
        self.beginnings += 1;
        self.place = Some(place);
    }

    fn indicators(&self, period: &Period) -> BTreeSet<IndicatorId> {
        let keys = self.columns.keys().filter(|(_, of)| of == period);
        keys.map(|(indicator, _)| indicator.clone()).collect()
    }

    fn put(&mut self, key: Key, column: Arc<Column>, used: u64) {
        let bytes = column.bytes();
        let kept = Kept {
            column,
            bytes,
            used,
        };
        self.bytes += bytes;
        if let Some(before) = self.columns.insert(key, kept) {
            self.bytes -= before.bytes;
        }
    }

    fn update(&mut self, key: &Key, units: &[Number], found: Option<&Vec<(Number, Cell)>>) {
        if let Some(kept) = self.columns.get_mut(key) {
            put(Arc::make_mut(&mut kept.column), units, found);
        }
    }

    fn forget(&mut self, is_gone: impl Fn(&Key) -> bool) {
        let bytes = &mut self.bytes;
        self.columns.retain(|key, kept| {
            let stays = !is_gone(key);
            if !stays {
                *bytes -= kept.bytes;
            }
            stays
        });
    }

    /// Lets columns go that were used longest ago, until there is some room again.
    fn let_go(&mut self, most_bytes: usize) {
        if self.bytes <= most_bytes {
            return;
        }
        let mut by_use: Vec<_> = self
            .columns
            .iter()
            .map(|(key, kept)| (kept.used, key.clone()))
            .collect();
        by_use.sort_unstable();
        for (_, key) in by_use {
            if self.bytes <= most_bytes / 10 * 9 {
                break;
            }
            if let Some(kept) = self.columns.remove(&key) {
                self.bytes -= kept.bytes;
            }
        }
    }
}
