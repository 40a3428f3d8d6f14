//! Many rows in few statements. Written by hand: the ORM takes longer to build such statements
//! than the databases take to carry them out.
//!
//! SQLite gets many rows of places a statement, the same text again and again, which it then
//! need not read again. PostgreSQL gets a column at a time, as one array in its own notation.

use std::{borrow::Cow, fmt::Write};

use chrono::{Datelike, NaiveDate};
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
const SQLITE_ROWS: usize = 1_000;
const POSTGRES_ROWS: usize = 5_000;

/// Inserts rows. They should come in the order of the table's key.
pub(crate) async fn insert<'a, const N: usize>(
    db: &impl ConnectionTrait,
    table: &Table<N>,
    rows: impl Iterator<Item = [Cell<'a>; N]>,
) -> Result<()> {
    let backend = db.get_database_backend();
    let mut rows = rows.collect::<Vec<_>>().into_iter();
    let mut next = statement(backend, table, &mut rows)?;
    while let Some(statement_now) = next {
        // The next one is made while the database carries this one out.
        let make = async { statement(backend, table, &mut rows) };
        let (done, made) = tokio::join!(db.execute_raw(statement_now), make);
        done?;
        next = made?;
    }
    Ok(())
}

/// Makes a statement of the next rows; none when there are none.
fn statement<const N: usize>(
    backend: DatabaseBackend,
    table: &Table<N>,
    rows: &mut std::vec::IntoIter<[Cell<'_>; N]>,
) -> Result<Option<Statement>> {
    let most = match backend {
        DatabaseBackend::Postgres => POSTGRES_ROWS,
        _ => SQLITE_ROWS,
    };
    let count = rows.len().min(most);
    if count == 0 {
        return Ok(None);
    }
    let rows = rows.by_ref().take(count);
    let names = table.columns.map(|(name, _)| name).join(", ");
    let into = format!("INSERT INTO {} ({names})", table.name);
    Ok(Some(match backend {
        DatabaseBackend::Postgres => {
            let text = format!("{into} SELECT * FROM UNNEST({})", types(table));
            Statement::from_sql_and_values(backend, text, arrays(rows)?)
        }
        _ => {
            let row = format!("({})", ["?"; N].join(","));
            let places = vec![row.as_str(); count].join(",");
            let mut values = Vec::with_capacity(count * N);
            values.extend(rows.flatten().map(Cell::value));
            Statement::from_sql_and_values(backend, format!("{into} VALUES {places}"), values)
        }
    }))
}

/// Returns the places of the arrays of all columns, each with its type.
fn types<const N: usize>(table: &Table<N>) -> String {
    let arrays = (1..=N).zip(&table.columns).map(|(place, (_, kind))| {
        let kind = match kind {
            Kind::Text => "text",
            Kind::Number => "bigint",
            Kind::Date => "date",
        };
        format!("${place}::text::{kind}[]")
    });
    arrays.collect::<Vec<_>>().join(", ")
}

/// Returns an array for every column.
fn arrays<'a, const N: usize>(rows: impl Iterator<Item = [Cell<'a>; N]>) -> Result<[Value; N]> {
    let mut arrays = [const { String::new() }; N];
    for row in rows {
        for (array, cell) in arrays.iter_mut().zip(row) {
            array.push(if array.is_empty() { '{' } else { ',' });
            cell.write(array)?;
        }
    }
    Ok(arrays.map(|mut it| {
        it.push('}');
        Value::from(it)
    }))
}

impl Cell<'_> {
    /// Returns what SQLite keeps: a date is its text.
    fn value(self) -> Value {
        match self {
            Self::Nothing => Value::String(None),
            Self::Text(text) => text.into_owned().into(),
            Self::Number(number) => number.into(),
            Self::Date(date) => {
                let mut text = String::with_capacity(10);
                write_date(&mut text, date);
                text.into()
            }
        }
    }

    /// Writes an element of an array: what stands in quotes is never taken for the word NULL.
    fn write(&self, array: &mut String) -> Result<()> {
        match self {
            Self::Nothing => array.push_str("NULL"),
            Self::Number(number) => write!(array, "{number}").map_err(Error::internal)?,
            Self::Date(date) => write_date(array, *date),
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

/// Writes `YYYY-MM-DD`, by far faster than chrono's own: an import writes hundreds of thousands.
fn write_date(text: &mut String, date: NaiveDate) {
    let Ok(year @ 0..=9999) = u32::try_from(date.year()) else {
        text.push_str(&date.to_string());
        return;
    };
    write_digits(text, year, 4);
    for number in [date.month(), date.day()] {
        text.push('-');
        write_digits(text, number, 2);
    }
}

fn write_digits(text: &mut String, number: u32, count: u32) {
    for place in (0..count).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
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
