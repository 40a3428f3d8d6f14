//! Rows by the thousand, in few statements: one way for each database, told apart here and
//! nowhere else.
//!
//! Most columns of a batch say the same in every row: who wrote it, when, from which system,
//! no remark. Such a column is given once for the whole statement, the others row by row.
//! PostgreSQL takes an array for each of these, SQLite a list of rows.

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

/// Rows of one table, column by column.
pub(super) struct Rows {
    table: &'static str,
    columns: Vec<Column>,
    count: usize,
}

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
                let unset =
                    || Error::internal(format!("a row is written without `{}`", column.name));
                column.values.push(value.ok_or_else(unset)?);
            }
        }
        Ok(Self {
            table: E::default().table_name(),
            columns,
            count,
        })
    }

    /// Returns the statements that insert the rows. `tail` says what to do with those whose
    /// key is taken, and what to return.
    pub(super) fn insert(&self, db: &impl ConnectionTrait, tail: &str) -> Result<Vec<Statement>> {
        let backend = db.get_database_backend();
        let mut statements = Vec::new();
        let mut from = 0;
        while from < self.count {
            let left = self.count - from;
            let to = from
                + match backend {
                    DatabaseBackend::Postgres => left.min(MOST_IN_ARRAYS),
                    _ => self.in_list(left),
                };
            let columns: Vec<_> = self.columns.iter().map(|it| it.part(from..to)).collect();
            statements.push(match backend {
                DatabaseBackend::Postgres => in_arrays(self.table, &columns, tail)?,
                _ => in_list(self.table, &columns, to - from, tail),
            });
            from = to;
        }
        Ok(statements)
    }

    /// How many rows go into the next statement on SQLite. They are powers of two, so that a
    /// connection meets few statements and has them prepared.
    fn in_list(&self, left: usize) -> usize {
        let fits = MOST_PARAMETERS / self.columns.len().max(1);
        let most = left.min(MOST_IN_LIST).min(fits).max(1);
        1 << most.ilog2()
    }
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
            let column = || part("it", false, &[]);
            let all = Rows {
                table: "t",
                columns: (0..columns).map(|_| column()).collect(),
                count: left,
            };
            assert_eq!(all.in_list(left), rows);
            assert!(rows * columns <= MOST_PARAMETERS);
        }
    }
}
