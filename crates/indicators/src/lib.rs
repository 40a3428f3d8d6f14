//! What is measured, and the figures of every unit and period with their history.
//!
//! Owns: definitions of indicators, figures and every version of them. It never changes
//! a version that was recorded, and it knows of units only what the directory lets the
//! caller do there.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use kit::{Access, Db, Result, page::Pages};
use proto::indicators::{
    indicator_service_server::IndicatorServiceServer, value_service_server::ValueServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;

mod code;
mod indicator;
mod migrations;
mod reason;
mod value;
mod wire;

pub use reason::REASONS;

/// Name of the service in settings, health and file names.
pub const NAME: &str = "indicators";

/// The service, opened on its database.
#[derive(Debug, Clone)]
pub struct Indicators {
    db: Db,
    indicators: indicator::Indicators,
    values: value::Values,
}

impl Indicators {
    /// Opens the service. The schema must be up to date.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(db: Db, access: Access) -> Result<Self> {
        let pages = Pages::open(&db).await?;
        Ok(Self {
            indicators: indicator::Indicators::new(access.clone(), pages.clone(), db.clone()),
            values: value::Values::new(access, pages, db.clone()),
            db,
        })
    }

    /// Returns the service's methods.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let indicators = indicator::rpc::Rpc::new(&self.db, &self.indicators);
        let values = value::rpc::Rpc::new(&self.db, &self.values);
        Routes::new(IndicatorServiceServer::new(indicators))
            .add_service(ValueServiceServer::new(values))
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 2] {
        [
            "cds.indicators.v1.IndicatorService",
            "cds.indicators.v1.ValueService",
        ]
    }
}

/// The service's schema.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations::all()
    }
}
