//! The ordered list. A released migration never changes.

use sea_orm_migration::MigrationTrait;

mod m0001_units;
mod m0002_people;
mod m0003_reorganizations;
mod m0004_sessions;
mod m0005_revocations;
mod m0006_key_rotation;
mod m0007_access_feed;
mod m0010_sign_in;
mod m0010_signing;
mod m0011_machines;
mod m0012_retired_units;
mod m0013_suspensions;

pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        kit::migrations::kit(),
        Box::new(m0001_units::Migration),
        Box::new(m0002_people::Migration),
        Box::new(m0003_reorganizations::Migration),
        Box::new(m0004_sessions::Migration),
        Box::new(m0005_revocations::Migration),
        Box::new(m0006_key_rotation::Migration),
        Box::new(m0007_access_feed::Migration),
        Box::new(m0010_signing::Migration),
        Box::new(m0010_sign_in::Migration),
        Box::new(m0011_machines::Migration),
        Box::new(m0012_retired_units::Migration),
        Box::new(m0013_suspensions::Migration),
    ]
}
