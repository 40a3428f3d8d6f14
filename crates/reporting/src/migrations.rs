//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_reporting;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![kit::migrations::kit(), Box::new(m0001_reporting::Migration)]
}
