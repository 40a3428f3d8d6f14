//! Many rows in few statements. Written by hand: the ORM takes longer to build such statements
//! than the databases take to carry them out.
//!
//! SQLite gets many rows of places a statement, the same text again and again, which it then
//! need not read again. PostgreSQL gets a column at a time, as one array in its own notation.

use std::{borrow::Cow, fmt::Write};

use chrono::NaiveDate;
use kit::{Error, Result};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement, Value};

/// A table, and which of its columns are written.
pub(crate) struct Table<const N: usize> {
    pub(crate) name: &'static str,
    pub(crate) columns: [(&'static str, Kind); N],
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Date,
}

/// What stands in a row at a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Nothing,
    Text(Cow<'a, str>),
    Number(i64),
    Date(NaiveDate),
}

/// Rows of one statement. SQLite binds 32766 values at most, and the widest table has 10
/// columns.
const SQLITE_ROWS: usize = 500;
const POSTGRES_ROWS: usize = 20_000;

/// Inserts rows. They should come in the order of the table's key.
pub(crate) async fn insert<'a, const N: usize>(
    db: &impl ConnectionTrait,
    table: &Table<N>,
    rows: impl Iterator<Item = [Cell<'a>; N]>,
) -> Result<()> {
    // Made first: what is awaited below must not hold what the rows are made from.
    let statements = match db.get_database_backend() {
        DatabaseBackend::Postgres => arrays(table, rows)?,
        backend => places(backend, table, rows),
    };
    for statement in statements {
        db.execute_raw(statement).await?;
    }
    Ok(())
}

fn names<const N: usize>(table: &Table<N>) -> String {
    table.columns.map(|(name, _)| name).join(", ")
}

/// Returns statements with a place for every value.
fn places<'a, const N: usize>(
    backend: DatabaseBackend,
    table: &Table<N>,
    rows: impl Iterator<Item = [Cell<'a>; N]>,
) -> Vec<Statement> {
    let row = format!("({})", ["?"; N].join(","));
    let text = |rows: usize| {
        let (name, columns) = (table.name, names(table));
        let places = vec![row.as_str(); rows].join(",");
        format!("INSERT INTO {name} ({columns}) VALUES {places}")
    };
    let full = text(SQLITE_ROWS);
    let mut statements = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    for row in rows {
        values.extend(row.map(Cell::value));
        if values.len() == SQLITE_ROWS * N {
            let values = std::mem::take(&mut values);
            statements.push(Statement::from_sql_and_values(backend, &full, values));
        }
    }
    if !values.is_empty() {
        let rest = text(values.len() / N);
        statements.push(Statement::from_sql_and_values(backend, rest, values));
    }
    statements
}

/// Returns statements with an array for every column.
fn arrays<'a, const N: usize>(
    table: &Table<N>,
    rows: impl Iterator<Item = [Cell<'a>; N]>,
) -> Result<Vec<Statement>> {
    let arrays = (1..=N).zip(&table.columns).map(|(place, (_, kind))| {
        let kind = match kind {
            Kind::Text => "text",
            Kind::Number => "bigint",
            Kind::Date => "date",
        };
        format!("${place}::text::{kind}[]")
    });
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let (name, columns) = (table.name, names(table));
    let text = format!("INSERT INTO {name} ({columns}) SELECT * FROM UNNEST({arrays})");
    let mut statements = Vec::new();
    let mut cells = [const { String::new() }; N];
    let mut count = 0;
    let mut end = |cells: &mut [String; N]| {
        let values = cells.each_mut().map(|it| {
            it.push('}');
            Value::from(std::mem::take(it))
        });
        statements.push(Statement::from_sql_and_values(
            DatabaseBackend::Postgres,
            &text,
            values,
        ));
    };
    for row in rows {
        for (array, cell) in cells.iter_mut().zip(row) {
            array.push(if array.is_empty() { '{' } else { ',' });
            cell.write(array)?;
        }
        count += 1;
        if count == POSTGRES_ROWS {
            end(&mut cells);
            count = 0;
        }
    }
    if count > 0 {
        end(&mut cells);
    }
    Ok(statements)
}

impl Cell<'_> {
    /// Returns what SQLite keeps: a date is its text.
    fn value(self) -> Value {
        match self {
            Self::Nothing => Value::String(None),
            Self::Text(text) => text.into_owned().into(),
            Self::Number(number) => number.into(),
            Self::Date(date) => date.to_string().into(),
        }
    }

    /// Writes an element of an array: what stands in quotes is never taken for the word NULL.
    fn write(&self, array: &mut String) -> Result<()> {
        match self {
            Self::Nothing => array.push_str("NULL"),
            Self::Number(number) => write!(array, "{number}").map_err(Error::internal)?,
            Self::Date(date) => write!(array, "{date}").map_err(Error::internal)?,
            Self::Text(text) => {
                array.push('"');
                for part in text.split_inclusive(['"', '\\']) {
                    match part.strip_suffix(['"', '\\']) {
                        Some(before) => {
                            array.push_str(before);
                            array.push('\\');
                            array.push_str(&part[before.len()..]);
                        }
                        None => array.push_str(part),
                    }
                }
                array.push('"');
            }
        }
        Ok(())
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<NaiveDate> for Cell<'_> {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Nothing, T::into)
    }
}

#[cfg(test)]
mod tests;
