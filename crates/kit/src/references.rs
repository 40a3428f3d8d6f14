//! Which units a service keeps things of, for the directory: what stands under a unit that
//! was taken back would belong to nobody.

use proto::shared::UnitReference;
use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Query},
};
use types::{ids::UnitId, violations::Invalid};

use crate::{Db, Result};

/// A column that names units.
#[derive(Debug, Clone, Copy)]
pub struct UnitColumn {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
    /// Collection of the contract in which the rows are seen.
    pub collection: &'static str,
    /// Whether a row names several units, in one text.
    pub is_list: bool,
}

/// Most units of one question.
pub const MOST_UNITS: usize = 5_000;
/// Units of one statement: SQLite binds 32766 values.
const AT_ONCE: usize = 2_000;
/// Most references that are told.
const MOST_TOLD: usize = 100;

/// A column with the unit of its row.
#[must_use]
pub const fn one(
    table: &'static str,
    column: &'static str,
    collection: &'static str,
) -> UnitColumn {
    UnitColumn {
        table,
        column,
        collection,
        is_list: false,
    }
}

/// A column with a text of several units.
#[must_use]
pub const fn list(
    table: &'static str,
    column: &'static str,
    collection: &'static str,
) -> UnitColumn {
    UnitColumn {
        is_list: true,
        ..one(table, column, collection)
    }
}

/// Reads the units of a question.
///
/// # Errors
/// Names every one that is none.
pub fn read_units(sent: &[String]) -> std::result::Result<Vec<UnitId>, Invalid> {
    let mut bad = Invalid::default();
    if sent.is_empty() {
        bad.missing("units");
    }
    bad.at_most("units", sent.len(), MOST_UNITS);
    let sent = sent.iter().take(MOST_UNITS).enumerate();
    let units = sent.filter_map(|(index, it)| bad.required(format!("units[{index}]"), it));
    let units = units.collect();
    bad.check().map(|()| units)
}

/// Finds what names any of some units, the first hundred.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(db: &Db, columns: &[UnitColumn], units: &[UnitId]) -> Result<Vec<UnitReference>> {
    let mut found = Vec::new();
    for column in columns {
        if column.is_list {
            found.extend(in_lists(db, column, units).await?);
        } else {
            found.extend(in_rows(db, column, units).await?);
        }
    }
    found.truncate(MOST_TOLD);
    Ok(found)
}

async fn in_rows(db: &Db, column: &UnitColumn, units: &[UnitId]) -> Result<Vec<UnitReference>> {
    let mut found = Vec::new();
    for some in units.chunks(AT_ONCE) {
        let ids = some.iter().map(UnitId::as_str);
        let select = Query::select()
            .expr_as(Expr::col(column.column), "unit")
            .expr_as(Expr::col(column.column).count(), "count")
            .from(column.table)
            .and_where(Expr::col(column.column).is_in(ids))
            .group_by_col(column.column)
            .take();
        for row in db.reader().query_all(&select).await? {
            let unit: String = row.try_get("", "unit")?;
            found.push(UnitReference {
                unit: format!("{}/{unit}", UnitId::COLLECTION),
                collection: column.collection.to_owned(),
                count: row.try_get("", "count")?,
            });
        }
    }
    Ok(found)
}

/// Looks through lists, however they are written: no other sign stands in the name of a unit.
async fn in_lists(db: &Db, column: &UnitColumn, units: &[UnitId]) -> Result<Vec<UnitReference>> {
    let select = Query::select()
        .expr_as(Expr::col(column.column), "units")
        .from(column.table)
        .and_where(Expr::col(column.column).is_not_null())
        .take();
    let mut counts = std::collections::BTreeMap::new();
    let asked: std::collections::BTreeSet<_> = units.iter().map(UnitId::as_str).collect();
    for row in db.reader().query_all(&select).await? {
        let text: String = row.try_get("", "units")?;
        let named = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
        for unit in named.filter_map(|it| asked.get(it)) {
            *counts.entry(*unit).or_insert(0) += 1;
        }
    }
    let tell = |(unit, count): (&str, i64)| UnitReference {
        unit: format!("{}/{unit}", UnitId::COLLECTION),
        collection: column.collection.to_owned(),
        count,
    };
    Ok(counts.into_iter().map(tell).collect())
}
