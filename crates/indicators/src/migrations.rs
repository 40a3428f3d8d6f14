//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_indicators;
mod m0002_values;
mod m0003_definitions;
mod m0004_source_systems;
mod m0005_targets;
mod m0010_breakdowns;
mod m0011_ingest;
mod m0020_value_feed;
mod m0021_value_states;
mod m0022_value_locks;
mod m0030_criteria_sets;
mod m0031_scorecards;
mod m0040_derived_revisions;
mod m0041_evidence;
mod m0050_validation_rules;
mod m0051_verdicts;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        kit::migrations::kit(),
        Box::new(m0001_indicators::Migration),
        Box::new(m0002_values::Migration),
        Box::new(m0003_definitions::Migration),
        Box::new(m0004_source_systems::Migration),
        Box::new(m0005_targets::Migration),
        Box::new(m0010_breakdowns::Migration),
        Box::new(m0011_ingest::Migration),
        Box::new(m0020_value_feed::Migration),
        Box::new(m0021_value_states::Migration),
        Box::new(m0022_value_locks::Migration),
        Box::new(m0030_criteria_sets::Migration),
        Box::new(m0031_scorecards::Migration),
        Box::new(m0040_derived_revisions::Migration),
        Box::new(m0041_evidence::Migration),
        Box::new(m0050_validation_rules::Migration),
        Box::new(m0051_verdicts::Migration),
    ]
}
