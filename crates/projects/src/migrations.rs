//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_projects;
mod m0002_budget;
mod m0020_plans;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        kit::migrations::kit(),
        Box::new(m0001_projects::Migration),
        Box::new(m0002_budget::Migration),
        Box::new(m0020_plans::Migration),
    ]
}
