//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_reporting;
mod m0040_figure_locks;
mod m0050_numbers;
mod m0051_assignments;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        kit::migrations::kit(),
        Box::new(m0001_reporting::Migration),
        Box::new(m0040_figure_locks::Migration),
        Box::new(m0050_numbers::Migration),
        Box::new(m0051_assignments::Migration),
    ]
}
