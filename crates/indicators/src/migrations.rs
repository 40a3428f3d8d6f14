//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_indicators;
mod m0002_values;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        kit::migrations::kit(),
        Box::new(m0001_indicators::Migration),
        Box::new(m0002_values::Migration),
    ]
}
