//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_projects;
mod m0002_budget;
mod m0010_decisions;
mod m0011_budget_lines;
mod m0012_spending;
mod m0013_requests;
mod m0020_plans;
mod m0021_progress_sources;
mod m0030_money;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        kit::migrations::kit(),
        Box::new(m0001_projects::Migration),
        Box::new(m0002_budget::Migration),
        Box::new(m0010_decisions::Migration),
        Box::new(m0011_budget_lines::Migration),
        Box::new(m0012_spending::Migration),
        Box::new(m0013_requests::Migration),
        Box::new(m0020_plans::Migration),
        Box::new(m0021_progress_sources::Migration),
        Box::new(m0030_money::Migration),
    ]
}
