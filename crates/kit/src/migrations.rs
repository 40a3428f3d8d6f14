//! The tables every service has, and short words for writing migrations.

use sea_orm_migration::prelude::*;

mod m0000_kit;

/// First migration of every service: answers, ledger and secrets.
#[must_use]
pub fn kit() -> Box<dyn MigrationTrait> {
    Box::new(m0000_kit::Migration)
}

/// A text column that is always there.
#[must_use]
pub fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

/// A text column that may be empty.
#[must_use]
pub fn text_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

/// A whole number column of 64 bits that is always there.
#[must_use]
pub fn integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

/// A whole number column of 64 bits that may be empty.
#[must_use]
pub fn integer_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

/// Makes a table of columns with a primary key.
///
/// # Errors
/// When the database refuses.
pub async fn table(
    manager: &SchemaManager<'_>,
    name: &'static str,
    key: &[&'static str],
    columns: impl IntoIterator<Item = ColumnDef>,
) -> Result<(), DbErr> {
    let mut primary = Index::create();
    for column in key {
        primary.col(*column);
    }
    let mut statement = Table::create();
    statement.table(name).primary_key(&mut primary);
    for column in columns {
        statement.col(column);
    }
    manager.create_table(statement.take()).await
}

/// Makes an index, named after its table and columns.
///
/// # Errors
/// When the database refuses.
pub async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    unique: bool,
) -> Result<(), DbErr> {
    let mut statement = Index::create();
    statement
        .name(format!("{table}_{}", columns.join("_")))
        .table(table);
    for column in columns {
        statement.col(*column);
    }
    if unique {
        statement.unique();
    }
    manager.create_index(statement.take()).await
}

/// A civil date column that is always there.
#[must_use]
pub fn date(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).date().not_null().take()
}

/// A civil date column that may be empty.
#[must_use]
pub fn date_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).date().null().take()
}

/// A column of bytes that is always there.
#[must_use]
pub fn bytes(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary().not_null().take()
}

/// A column of bytes that may be empty.
#[must_use]
pub fn bytes_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).binary().null().take()
}

/// Adds columns to a table; they may be empty, since there are rows already.
///
/// # Errors
/// When the database refuses.
pub async fn add_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: impl IntoIterator<Item = ColumnDef>,
) -> Result<(), DbErr> {
    // SQLite adds one column at a time.
    for column in columns {
        let statement = Table::alter().table(table).add_column(column).take();
        manager.alter_table(statement).await?;
    }
    Ok(())
}
