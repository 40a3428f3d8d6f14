//! Whole histories out, with many rows a statement: only what is new or ends is written.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use chrono::NaiveDate;
use kit::{Error, Result};
use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Query},
};
use types::ids::UnitId;

use super::difference::{Group, Row, between};
use crate::{
    bulk::{self, Cell, Kind, Table},
    feed::{self, Changed, Told},
    unit::{
        Identifier,
        forest::Tree,
        history::{Appearance, Fact, Histories, History},
    },
};

/// Units that one statement names.
const IDS: usize = 8_000;

const UNITS: Table<7> = Table {
    name: "units",
    columns: [
        ("id", Kind::Text),
        ("kind", Kind::Text),
        ("start_date", Kind::Date),
        ("end_date", Kind::Date),
        ("create_micros", Kind::Number),
        ("update_micros", Kind::Number),
        ("version", Kind::Number),
    ],
};
const NAMES: Table<10> = Table {
    name: "unit_names",
    columns: [
        ("unit_id", Kind::Text),
        ("start_date", Kind::Date),
        ("end_date", Kind::Date),
        ("display_name", Kind::Text),
        ("short_name", Kind::Text),
        ("symbol", Kind::Text),
        ("place", Kind::Text),
        ("superior_organ", Kind::Text),
        ("kind", Kind::Text),
        ("folded", Kind::Text),
    ],
};
const PARENTS: Table<4> = Table {
    name: "unit_parents",
    columns: [
        ("unit_id", Kind::Text),
        ("start_date", Kind::Date),
        ("end_date", Kind::Date),
        ("parent_id", Kind::Text),
    ],
};
const IDENTIFIERS: Table<5> = Table {
    name: "unit_identifiers",
    columns: [
        ("unit_id", Kind::Text),
        ("scheme", Kind::Text),
        ("value", Kind::Text),
        ("start_date", Kind::Date),
        ("end_date", Kind::Date),
    ],
};

/// Puts histories in the place of what was known of these units, which the caller has seen
/// while the tree stood still, and takes others away. Says where the feed tells of it. Search
/// keys come from the trees of the units that change, where they were made already.
pub(crate) async fn save(
    db: &impl ConnectionTrait,
    before: &Histories,
    changed: &Histories,
    trees: &[Tree],
    gone: &BTreeSet<UnitId>,
) -> Result<Told> {
    let taken: Vec<_> = gone.iter().map(UnitId::as_str).collect();
    delete(db, "units", "id", &taken).await?;
    for table in [NAMES.name, PARENTS.name, IDENTIFIERS.name] {
        delete(db, table, "unit_id", &taken).await?;
    }
    let mut trees = trees.iter().peekable();
    let changes = changed.iter().map(|(id, after)| Change {
        before: before.get(id).map(|it| &**it),
        after,
        tree: trees.next_if(|it| it.history.id == *id),
    });
    let changes: Vec<_> = changes.collect();
    write_units(db, &changes).await?;
    write(db, &NAMES, &changes, |it| &it.appearances, name_row).await?;
    write(db, &PARENTS, &changes, |it| &it.parents, parent_row).await?;
    write(
        db,
        &IDENTIFIERS,
        &changes,
        |it| &it.identifiers,
        identifier_row,
    )
    .await?;
    let told = changed.keys().chain(gone).cloned().map(Changed::Unit);
    feed::append(db, told).await
}

async fn delete(
    db: &impl ConnectionTrait,
    table: &'static str,
    column: &'static str,
    ids: &[&str],
) -> Result<u64> {
    let mut found = 0;
    for some in ids.chunks(IDS) {
        let delete = Query::delete()
            .from_table(table)
            .and_where(Expr::col(column).is_in(some.iter().copied()))
            .take();
        found += db.execute(&delete).await?.rows_affected();
    }
    Ok(found)
}

/// A unit that changes, with what it was unless it is new.
struct Change<'a> {
    before: Option<&'a History>,
    after: &'a History,
    tree: Option<&'a Tree>,
}

impl<'a> Change<'a> {
    /// Returns what a search looks through for a name of the unit.
    fn search_key(&self, name: &'a Fact<Appearance>) -> Cow<'a, str> {
        let mut names = self.after.appearances.iter();
        let index = names.position(|it| std::ptr::eq(it, name));
        let known = self
            .tree
            .zip(index)
            .and_then(|(it, index)| it.search_key(index));
        known.map_or_else(|| name.value.names.search_key().into(), Cow::Borrowed)
    }
}

/// What the rows of many units have in common when they change: the end, the time, and the
/// versions before and after.
type Same = (Option<NaiveDate>, i64, i64, i64);

async fn write_units(db: &impl ConnectionTrait, changes: &[Change<'_>]) -> Result<()> {
    let mut updates: BTreeMap<Same, Vec<&str>> = BTreeMap::new();
    let (mut new, mut anew) = (Vec::new(), Vec::new());
    for Change { before, after, .. } in changes {
        let Some(known) = before else {
            new.push(*after);
            continue;
        };
        if unit_row(known)[..3] == unit_row(after)[..3] && known.create_time == after.create_time {
            let micros = after.update_time.timestamp_micros();
            let same = (after.validity.end(), micros, known.version, after.version);
            updates.entry(same).or_default().push(after.id.as_str());
        } else {
            anew.push(after.id.as_str());
            new.push(*after);
        }
    }
    let found = delete(db, UNITS.name, "id", &anew).await?;
    require_all(UNITS.name, &anew, found)?;
    for ((end, micros, known, version), ids) in updates {
        for some in ids.chunks(IDS) {
            let update = Query::update()
                .table(UNITS.name)
                .value("end_date", end)
                .value("update_micros", micros)
                .value("version", version)
                .and_where(Expr::col("id").is_in(some.iter().copied()))
                .and_where(Expr::col("version").eq(known))
                .take();
            let found = db.execute(&update).await?.rows_affected();
            require_all(UNITS.name, some, found)?;
        }
    }
    bulk::insert(db, &UNITS, new.into_iter().map(unit_row)).await
}

/// Writes what changed of one kind of facts: `facts` of a unit, as `row` in the table.
async fn write<'a, R: Row + Sync, const N: usize>(
    db: &impl ConnectionTrait,
    table: &Table<N>,
    changes: &[Change<'a>],
    facts: fn(&'a History) -> &'a [R],
    row: fn(&Change<'a>, &'a R) -> [Cell<'a>; N],
) -> Result<()> {
    let mut gone: BTreeMap<Group, Vec<&str>> = BTreeMap::new();
    let mut ends: BTreeMap<Group, Vec<&str>> = BTreeMap::new();
    let mut new = Vec::new();
    for change in changes {
        let id = &change.after.id;
        let there = between(change.before.map_or(&[][..], facts), facts(change.after));
        for it in there.gone {
            gone.entry(Group::of(it)).or_default().push(id.as_str());
        }
        for it in there.ends {
            ends.entry(Group::of(it)).or_default().push(id.as_str());
        }
        new.extend(there.new.into_iter().map(|it| (change, it)));
    }
    for (group, ids) in gone {
        for some in ids.chunks(IDS) {
            let mut delete = Query::delete().from_table(table.name).take();
            for condition in group.among(some) {
                delete.and_where(condition);
            }
            let found = db.execute(&delete).await?.rows_affected();
            require_all(table.name, some, found)?;
        }
    }
    for (group, ids) in ends {
        for some in ids.chunks(IDS) {
            let mut update = Query::update().table(table.name).take();
            update.value("end_date", group.end);
            for condition in group.among(some) {
                update.and_where(condition);
            }
            let found = db.execute(&update).await?.rows_affected();
            require_all(table.name, some, found)?;
        }
    }
    bulk::insert(
        db,
        table,
        new.into_iter().map(|(change, it)| row(change, it)),
    )
    .await
}

impl Group<'_> {
    /// Rows of the group of some units.
    fn among(&self, ids: &[&str]) -> Vec<Expr> {
        let start = Expr::col("start_date").eq(self.start);
        let of_units = Expr::col("unit_id").is_in(ids.iter().copied());
        let mut conditions = vec![of_units, start];
        if !self.scheme.is_empty() {
            conditions.push(Expr::col("scheme").eq(self.scheme));
        }
        conditions
    }
}

/// What is not in the tables as it was seen must not be half changed.
fn require_all(table: &str, ids: &[&str], found: u64) -> Result<()> {
    if u64::try_from(ids.len()).is_ok_and(|it| it == found) {
        return Ok(());
    }
    let wanted = ids.len();
    Err(Error::internal(format!(
        "{found} of {wanted} rows of `{table}` are as they were seen"
    )))
}

/// A row keeps the kind the unit began with; the kind of a day stands with its name.
fn unit_row(history: &History) -> [Cell<'_>; 7] {
    let first = history.appearances.first();
    let kind = first.map_or("", |it| it.value.kind.as_str());
    [
        history.id.as_str().into(),
        kind.into(),
        history.validity.start().into(),
        history.validity.end().into(),
        history.create_time.timestamp_micros().into(),
        history.update_time.timestamp_micros().into(),
        history.version.into(),
    ]
}

fn name_row<'a>(change: &Change<'a>, it: &'a Fact<Appearance>) -> [Cell<'a>; 10] {
    let names = &it.value.names;
    [
        change.after.id.as_str().into(),
        it.validity.start().into(),
        it.validity.end().into(),
        names.display_name.as_str().into(),
        names.short_name.as_str().into(),
        names.symbol.as_str().into(),
        names.place.as_str().into(),
        names.superior_organ.as_str().into(),
        it.value.kind.as_str().into(),
        Cell::Text(change.search_key(it)),
    ]
}

fn parent_row<'a>(change: &Change<'a>, it: &'a Fact<Option<UnitId>>) -> [Cell<'a>; 4] {
    [
        change.after.id.as_str().into(),
        it.validity.start().into(),
        it.validity.end().into(),
        it.value.as_ref().map(UnitId::as_str).into(),
    ]
}

fn identifier_row<'a>(change: &Change<'a>, it: &'a Identifier) -> [Cell<'a>; 5] {
    [
        change.after.id.as_str().into(),
        it.scheme.as_str().into(),
        it.value.as_str().into(),
        it.validity.start().into(),
        it.validity.end().into(),
    ]
}
