//! Rows by the thousand, in few statements: one way for each database, told apart here and
//! nowhere else.
//!
//! Most columns of a batch say the same in every row: who wrote it, when, from which system,
//! no remark. Such a column is given once for the whole statement, the others row by row.
//! PostgreSQL takes an array for each of these, SQLite a list of rows. Rows are looked up by
//! their keys in the same two ways.

use kit::{Error, Result};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseBackend, EntityTrait, IdenStatic, Iterable,
    Statement, Value,
};

/// Most rows of one statement on PostgreSQL; more do not make it faster.
const MOST_IN_ARRAYS: usize = 10_000;
/// Most rows of one statement on SQLite, and the parameters it takes.
const MOST_IN_LIST: usize = 1_024;
const MOST_PARAMETERS: usize = 32_766;

/// Rows, column by column.
pub(super) struct Rows {
    columns: Vec<Column>,
    count: usize,
}

#[derive(Clone)]
struct Column {
    name: &'static str,
    /// Whether the rows are told apart by it; then it is never given once.
    is_key: bool,
    values: Vec<Value>,
}

impl Rows {
    /// Takes rows apart. Columns come from the entity, so that they are listed there alone.
    pub(super) fn of<E>(
        key: &[&str],
        rows: impl ExactSizeIterator<Item = E::ActiveModel>,
    ) -> Result<Self>
    where
        E: EntityTrait,
    {
        let count = rows.len();
        let column = |it: E::Column| Column {
            name: it.as_str(),
            is_key: key.contains(&it.as_str()),
            values: Vec::with_capacity(count),
        };
        let mut columns: Vec<_> = E::Column::iter().map(column).collect();
        for mut row in rows {
            for (of, column) in E::Column::iter().zip(&mut columns) {
                let value = row.take(of).into_value();
                let value = value.ok_or_else(|| missing(column.name))?;
                column.values.push(value);
            }
        }
        Ok(Self { columns, count })
    }

    /// Adds a column that only another table has.
    pub(super) fn with(mut self, name: &'static str, values: Vec<Value>) -> Self {
        self.columns.push(Column {
            name,
            is_key: false,
            values,
        });
        self
    }

    /// Keeps some of the rows.
    pub(super) fn only(&self, places: &[usize]) -> Self {
        let columns = self.columns.iter().map(|column| Column {
            values: places.iter().map(|it| column.values[*it].clone()).collect(),
            ..*column
        });
        Self {
            columns: columns.collect(),
            count: places.len(),
        }
    }

    /// Returns the statements that insert the rows into a table which has these columns.
    /// `tail` says what to do with those whose key is taken, and what to return.
    pub(super) fn insert<E: EntityTrait>(
        &self,
        db: &impl ConnectionTrait,
        tail: &str,
    ) -> Result<Vec<Statement>> {
        let backend = db.get_database_backend();
        let table = E::default().table_name();
        let find = |it: E::Column| {
            let mut columns = self.columns.iter();
            let found = columns.find(|column| column.name == it.as_str());
            found.ok_or_else(|| missing(it.as_str()))
        };
        let columns: Vec<_> = E::Column::iter().map(find).collect::<Result<_>>()?;
        let mut statements = Vec::new();
        let mut from = 0;
        while from < self.count {
            let count = at_once(backend, self.count - from, columns.len());
            let rows = from..from + count;
            let parts: Vec<_> = columns.iter().map(|it| it.part(rows.clone())).collect();
            statements.push(match backend {
                DatabaseBackend::Postgres => in_arrays(table, &parts, tail)?,
                _ => in_list(table, &parts, count, tail),
            });
            from += count;
        }
        Ok(statements)
    }
}

fn missing(column: &str) -> Error {
    Error::internal(format!("a row is written without `{column}`"))
}

/// How many rows go into the next statement. On SQLite they are powers of two, so that a
/// connection meets few statements and has them prepared.
fn at_once(backend: DatabaseBackend, left: usize, columns: usize) -> usize {
    if backend == DatabaseBackend::Postgres {
        return left.min(MOST_IN_ARRAYS);
    }
    let fits = MOST_PARAMETERS / columns.max(1);
    let most = left.min(MOST_IN_LIST).min(fits).max(1);
    1 << most.ilog2()
}

/// Returns the statements that look up rows by their keys, which are told column by column.
/// Each gives the rows as `sent` has found them; `picked` says what of `found`.
pub(super) fn find<E: EntityTrait>(
    db: &impl ConnectionTrait,
    key: &[&'static str],
    keys: &[Vec<Value>],
    picked: &str,
) -> Result<Vec<Statement>> {
    let backend = db.get_database_backend();
    let table = E::default().table_name();
    let count = keys.first().map_or(0, Vec::len);
    let mut statements = Vec::new();
    let mut from = 0;
    while from < count {
        let rows = at_once(backend, count - from, key.len());
        let part = |it: &Vec<Value>| it[from..from + rows].to_vec();
        let keys: Vec<_> = keys.iter().map(part).collect();
        statements.push(match backend {
            DatabaseBackend::Postgres => find_by_arrays(table, key, &keys, picked)?,
            _ => find_by_list(table, key, &keys, picked),
        });
        from += rows;
    }
    Ok(statements)
}

fn find_by_arrays(
    table: &str,
    key: &[&str],
    keys: &[Vec<Value>],
    picked: &str,
) -> Result<Statement> {
    let (mut arrays, mut values, mut same) = (Vec::new(), Vec::<Value>::new(), Vec::new());
    for (name, of_name) in key.iter().zip(keys) {
        let (kind, array) = array(name, of_name)?;
        values.push(array.into());
        arrays.push(format!("${}::{kind}[]", values.len()));
        same.push(format!("found.{name} = sent.{name}"));
    }
    let sql = format!(
        "SELECT {picked} FROM UNNEST({}) AS sent ({}) JOIN {table} AS found ON {}",
        arrays.join(", "),
        key.join(", "),
        same.join(" AND "),
    );
    let backend = DatabaseBackend::Postgres;
    Ok(Statement::from_sql_and_values(backend, sql, values))
}

/// `CROSS JOIN` has SQLite look up one key after the other, and never go through the table.
fn find_by_list(table: &str, key: &[&str], keys: &[Vec<Value>], picked: &str) -> Statement {
    let count = keys.first().map_or(0, Vec::len);
    let places = 0..count;
    let values = places.flat_map(|row| keys.iter().map(move |it| it[row].clone()));
    let same = (1..).zip(key);
    let same = same.map(|(place, name)| format!("found.{name} = sent.column{place}"));
    let row = format!("({})", vec!["?"; key.len()].join(","));
    let sql = format!(
        "SELECT {picked} FROM (VALUES {}) AS sent CROSS JOIN {table} AS found WHERE {}",
        vec![row.as_str(); count].join(","),
        same.collect::<Vec<_>>().join(" AND "),
    );
    let values: Vec<_> = values.collect();
    Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values)
}

/// What one statement says of a column.
struct Part<'a> {
    name: &'static str,
    said: Said<'a>,
}

enum Said<'a> {
    /// The same in all rows.
    Once(&'a Value),
    /// Another value in every row.
    Each(&'a [Value]),
}

impl Column {
    fn part(&self, rows: std::ops::Range<usize>) -> Part<'_> {
        let values = &self.values[rows];
        let said = match values {
            [first, rest @ ..] if !self.is_key && rest.iter().all(|it| it == first) => {
                Said::Once(first)
            }
            _ => Said::Each(values),
        };
        Part {
            name: self.name,
            said,
        }
    }
}

fn names(columns: &[Part<'_>]) -> String {
    let names: Vec<_> = columns.iter().map(|it| it.name).collect();
    names.join(", ")
}

/// `INSERT INTO t (a, b) SELECT sent.a, $1 FROM UNNEST($2::text[]) AS sent (a)`.
fn in_arrays(table: &str, columns: &[Part<'_>], tail: &str) -> Result<Statement> {
    let mut values: Vec<Value> = Vec::with_capacity(columns.len());
    let (mut picked, mut arrays, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    for column in columns {
        let place = values.len() + 1;
        match column.said {
            Said::Once(value) => {
                picked.push(format!("${place}"));
                values.push(value.clone());
            }
            Said::Each(each) => {
                let (kind, array) = array(column.name, each)?;
                picked.push(format!("sent.{}", column.name));
                arrays.push(format!("${place}::{kind}[]"));
                sent.push(column.name);
                values.push(array.into());
            }
        }
    }
    let sql = format!(
        "INSERT INTO {table} ({}) SELECT {} FROM UNNEST({}) AS sent ({}) {tail}",
        names(columns),
        picked.join(", "),
        arrays.join(", "),
        sent.join(", "),
    );
    Ok(Statement::from_sql_and_values(
        DatabaseBackend::Postgres,
        sql,
        values,
    ))
}

/// Writes an array as PostgreSQL reads it, with the type of its elements. The driver takes
/// no array with gaps.
fn array(column: &str, values: &[Value]) -> Result<(&'static str, String)> {
    let mut array = String::with_capacity(values.len() * 16);
    let mut kind = "text";
    for value in values {
        array.push(if array.is_empty() { '{' } else { ',' });
        match value {
            Value::String(Some(text)) => quote(text, &mut array),
            Value::BigInt(Some(number)) => {
                kind = "bigint";
                array.push_str(&number.to_string());
            }
            Value::String(None) => array.push_str("NULL"),
            Value::BigInt(None) => {
                kind = "bigint";
                array.push_str("NULL");
            }
            _ => return Err(Error::internal(format!("`{column}` is no column of rows"))),
        }
    }
    array.push('}');
    Ok((kind, array))
}

fn quote(text: &str, array: &mut String) {
    array.push('"');
    for part in text.split_inclusive(['"', '\\']) {
        let (plain, special) = match part.as_bytes().last() {
            Some(b'"') => (&part[..part.len() - 1], "\\\""),
            Some(b'\\') => (&part[..part.len() - 1], "\\\\"),
            _ => (part, ""),
        };
        array.push_str(plain);
        array.push_str(special);
    }
    array.push('"');
}

/// `INSERT INTO t (a, b) SELECT column1, ? FROM (VALUES (?), (?)) WHERE true`. Numbered
/// parameters would be looked up by name, and without `WHERE` what follows `ON` is read as
/// the condition of a join.
fn in_list(table: &str, columns: &[Part<'_>], count: usize, tail: &str) -> Statement {
    let mut values = Vec::new();
    let (mut picked, mut each) = (Vec::new(), Vec::new());
    for column in columns {
        match column.said {
            Said::Once(value) => {
                picked.push("?".to_owned());
                values.push(value.clone());
            }
            Said::Each(of_rows) => {
                each.push(of_rows);
                picked.push(format!("column{}", each.len()));
            }
        }
    }
    values.reserve(each.len() * count);
    for row in 0..count {
        values.extend(each.iter().map(|it| it[row].clone()));
    }
    let row = format!("({})", vec!["?"; each.len()].join(","));
    let sql = format!(
        "INSERT INTO {table} ({}) SELECT {} FROM (VALUES {}) WHERE true {tail}",
        names(columns),
        picked.join(", "),
        vec![row.as_str(); count].join(","),
    );
    Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::String(Some(text.into()))
    }

    fn part(name: &'static str, is_key: bool, values: &[Value]) -> Column {
        Column {
            name,
            is_key,
            values: values.to_vec(),
        }
    }

    #[test]
    fn a_column_that_says_the_same_everywhere_is_given_once_and_a_key_never() {
        let same = [text("a"), text("a")];
        let columns = [part("unit_id", true, &same), part("note", false, &same)];
        let parts: Vec<_> = columns.iter().map(|it| it.part(0..2)).collect();
        let sqlite = in_list("t", &parts, 2, "RETURNING unit_id");
        assert_eq!(
            sqlite.sql,
            "INSERT INTO t (unit_id, note) SELECT column1, ? FROM (VALUES (?),(?)) WHERE true \
             RETURNING unit_id"
        );
        assert_eq!(sqlite.values.unwrap().0, [text("a"), text("a"), text("a")]);
        let postgres = in_arrays("t", &parts, "").unwrap();
        assert_eq!(
            postgres.sql,
            "INSERT INTO t (unit_id, note) SELECT sent.unit_id, $2 FROM UNNEST($1::text[]) AS \
             sent (unit_id) "
        );
        assert_eq!(
            postgres.values.unwrap().0,
            [text(r#"{"a","a"}"#), text("a")]
        );
    }

    #[test]
    fn an_array_keeps_gaps_quotes_and_backslashes() {
        let words = [
            text(r#"a"b\c,{}"#),
            Value::String(None),
            text(""),
            text("NULL"),
        ];
        let (kind, written) = array("note", &words).unwrap();
        assert_eq!(
            (kind, written.as_str()),
            ("text", r#"{"a\"b\\c,{}",NULL,"","NULL"}"#)
        );
        let numbers = [Value::BigInt(None), Value::BigInt(Some(i64::MIN))];
        let (kind, written) = array("a_units", &numbers).unwrap();
        assert_eq!(
            (kind, written.as_str()),
            ("bigint", "{NULL,-9223372036854775808}")
        );
    }

    #[test]
    fn a_list_never_has_more_parameters_than_sqlite_takes() {
        for (columns, left, rows) in [
            (24, 5_000, 1_024),
            (24, 1_000, 512),
            (24, 3, 2),
            (24, 1, 1),
            (40, 5_000, 512),
        ] {
            assert_eq!(at_once(DatabaseBackend::Sqlite, left, columns), rows);
            assert!(rows * columns <= MOST_PARAMETERS);
        }
    }
}
