//! Which units a service keeps things of, for the directory: what stands under a unit that
//! was taken back would belong to nobody.

use std::collections::{BTreeMap, BTreeSet};

use proto::shared::UnitReference;
use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Query},
};
use types::{ids::UnitId, violations::Invalid};

use crate::{Db, Error, Result};

/// A column that names units.
#[derive(Debug, Clone, Copy)]
pub struct UnitColumn {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
    /// Collection of the contract in which the rows are seen.
    pub collection: &'static str,
    /// How a row names them.
    pub held: Held,
}

/// How a row names units.
#[derive(Debug, Clone, Copy)]
pub enum Held {
    /// One, and nothing else.
    One,
    /// Several, in one text.
    List,
    /// Under these keys of a JSON text, wherever they stand in it.
    Json(&'static [&'static str]),
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
        held: Held::One,
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
        held: Held::List,
        ..one(table, column, collection)
    }
}

/// A column with a JSON text that names units under some keys.
#[must_use]
pub const fn json(
    table: &'static str,
    column: &'static str,
    keys: &'static [&'static str],
    collection: &'static str,
) -> UnitColumn {
    UnitColumn {
        held: Held::Json(keys),
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
        match column.held {
            Held::One => found.extend(in_rows(db, column, units).await?),
            Held::List | Held::Json(_) => found.extend(in_texts(db, column, units).await?),
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

/// Looks through texts, row by row.
async fn in_texts(db: &Db, column: &UnitColumn, units: &[UnitId]) -> Result<Vec<UnitReference>> {
    let select = Query::select()
        .expr_as(Expr::col(column.column), "units")
        .from(column.table)
        .and_where(Expr::col(column.column).is_not_null())
        .take();
    let mut counts = BTreeMap::new();
    let asked: BTreeSet<_> = units.iter().map(UnitId::as_str).collect();
    for row in db.reader().query_all(&select).await? {
        let text: String = row.try_get("", "units")?;
        // A row counts once, however often it names a unit.
        let mut named = BTreeSet::new();
        match column.held {
            Held::One | Held::List => in_list(&text, &asked, &mut named),
            Held::Json(keys) => {
                let content: serde_json::Value =
                    serde_json::from_str(&text).map_err(Error::internal)?;
                under_keys(&content, keys, false, &asked, &mut named);
            }
        }
        for unit in named {
            *counts.entry(unit).or_insert(0) += 1;
        }
    }
    let tell = |(unit, count): (&str, i64)| UnitReference {
        unit: format!("{}/{unit}", UnitId::COLLECTION),
        collection: column.collection.to_owned(),
        count,
    };
    Ok(counts.into_iter().map(tell).collect())
}

/// Finds units in a list, however it is written: no other sign stands in the name of a unit.
fn in_list<'a>(text: &str, asked: &BTreeSet<&'a str>, named: &mut BTreeSet<&'a str>) {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
    named.extend(words.filter_map(|it| asked.get(it)));
}

/// Finds units under some keys, at any depth. What else a content says in the same words, such
/// as the key of a criterion, is no unit.
fn under_keys<'a>(
    value: &serde_json::Value,
    keys: &[&str],
    is_under: bool,
    asked: &BTreeSet<&'a str>,
    named: &mut BTreeSet<&'a str>,
) {
    match value {
        serde_json::Value::String(text) if is_under => named.extend(asked.get(text.as_str())),
        serde_json::Value::Array(values) => {
            for it in values {
                under_keys(it, keys, is_under, asked, named);
            }
        }
        serde_json::Value::Object(fields) => {
            for (key, it) in fields {
                under_keys(it, keys, keys.contains(&key.as_str()), asked, named);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_found_under_its_keys_at_any_depth_and_nowhere_else() {
        let content = serde_json::json!({
            "issuer_unit": "tinh",
            "title": "xa-khac",
            "criteria": [
                { "key": "xa-khac", "verifier_unit": "xa-moi" },
                { "key": "b", "verifier_unit": null, "body": { "verifier_unit": ["xa-hai"] } },
                { "key": "c", "verifier_unit": { "note": "xa-khac" } },
            ],
        });
        let asked = BTreeSet::from(["tinh", "xa-moi", "xa-hai", "xa-khac", "xa-la"]);
        let found = |keys: &[&str]| {
            let mut named = BTreeSet::new();
            under_keys(&content, keys, false, &asked, &mut named);
            named.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(
            found(&["issuer_unit", "verifier_unit"]),
            ["tinh", "xa-hai", "xa-moi"]
        );
        assert_eq!(found(&["issuer_unit"]), ["tinh"]);
        assert_eq!(found(&["owner"]), Vec::<&str>::new());
    }
}
