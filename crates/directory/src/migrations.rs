//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_units;
mod m0002_people;
mod m0003_reorganizations;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        kit::migrations::kit(),
        Box::new(m0001_units::Migration),
        Box::new(m0002_people::Migration),
        Box::new(m0003_reorganizations::Migration),
    ]
}
