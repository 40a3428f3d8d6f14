//! What is measured, and the figures of every unit and period with their history.
//!
//! Owns: definitions of indicators with their formulas, the systems figures come from,
//! targets, what has to hold between figures, figures and every version of them, the sessions in which other systems send
//! figures, criteria sets, scorecards and rankings; adds figures up over units and periods.
//! It never changes a version that was recorded, and it knows of units only what the
//! directory lets the caller do there.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use kit::{Access, Db, Result, page::Pages};
use proto::indicators::{
    aggregation_service_server::AggregationServiceServer,
    indicator_service_server::IndicatorServiceServer,
    scorecard_service_server::ScorecardServiceServer,
    source_system_service_server::SourceSystemServiceServer,
    target_service_server::TargetServiceServer,
    unit_reference_service_server::UnitReferenceServiceServer,
    validation_rule_service_server::ValidationRuleServiceServer,
    value_lock_service_server::ValueLockServiceServer, value_service_server::ValueServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;

mod aggregate;
mod code;
mod criteria_set;
mod evidence;
mod feed;
mod formula;
mod indicator;
mod ingest;
mod migrations;
mod ranking;
mod reason;
mod reconciliation;
pub mod sample;
mod scorecard;
mod source_system;
mod target;
mod unit_reference;
mod validation;
mod validation_rule;
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
    calculator: formula::rpc::Calculator,
    source_systems: source_system::SourceSystems,
    targets: target::Targets,
    validation_rules: validation_rule::ValidationRules,
    values: value::Values,
    ingests: ingest::Ingests,
    criteria_sets: criteria_set::CriteriaSets,
    scorecards: scorecard::Scorecards,
    aggregates: aggregate::Aggregates,
}

/// What can be set of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many MiB of figures are kept in memory for adding up; what was used longest ago
    /// goes first and is read again when it is needed.
    pub aggregation_memory_mib: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            aggregation_memory_mib: 1024,
        }
    }
}

impl Indicators {
    /// Opens the service. The schema must be up to date.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(db: Db, access: Access) -> Result<Self> {
        Self::open_with(db, access, &Settings::default()).await
    }

    /// Opens the service with these settings, as [`Indicators::open`] does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_with(db: Db, access: Access, settings: &Settings) -> Result<Self> {
        let most_bytes = settings.aggregation_memory_mib.saturating_mul(1024 * 1024);
        let pages = Pages::open(&db).await?;
        let values = value::Values::new(access.clone(), pages.clone(), db.clone());
        Ok(Self {
            indicators: indicator::Indicators::new(access.clone(), pages.clone(), db.clone()),
            calculator: formula::rpc::Calculator::new(access.clone(), db.clone()),
            source_systems: source_system::SourceSystems::new(&access, &pages, &db),
            targets: target::Targets::new(&access, &pages, &db),
            validation_rules: validation_rule::ValidationRules::new(&access, &pages, &db),
            criteria_sets: criteria_set::CriteriaSets::new(&access, &pages, &db),
            scorecards: scorecard::Scorecards::new(&access, &pages, &db),
            ingests: ingest::Ingests::new(values.clone()),
            aggregates: aggregate::Aggregates::new(&access, &pages, &db, most_bytes),
            values,
            db,
        })
    }

    /// Ends the streams of senders after the batch at hand, so that a server that stops
    /// does not wait for them.
    pub fn end_streams(&self) {
        self.ingests.end();
    }

    /// Returns the service's methods.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let indicators = indicator::rpc::Rpc::new(&self.db, &self.indicators, &self.calculator);
        let source_systems = source_system::rpc::Rpc::new(&self.db, &self.source_systems);
        let targets = target::rpc::Rpc::new(&self.db, &self.targets);
        let rules = validation_rule::rpc::Rpc::new(&self.db, &self.validation_rules);
        let values = value::rpc::Rpc::new(&self.db, &self.values, &self.ingests);
        let aggregates = aggregate::rpc::Rpc::new(&self.aggregates);
        let scorecards = scorecard::rpc::Rpc::new(&self.db, &self.criteria_sets, &self.scorecards);
        Routes::new(IndicatorServiceServer::new(indicators))
            .add_service(AggregationServiceServer::new(aggregates))
            .add_service(ScorecardServiceServer::new(scorecards))
            .add_service(SourceSystemServiceServer::new(source_systems))
            .add_service(TargetServiceServer::new(targets))
            .add_service(ValidationRuleServiceServer::new(rules))
            .add_service(UnitReferenceServiceServer::new(unit_reference::Rpc::new(
                &self.db,
            )))
            .add_service(ValueLockServiceServer::new(value::lock::rpc::Rpc::new(
                &self.db,
            )))
            .add_service(ValueServiceServer::new(values))
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 9] {
        [
            "cds.indicators.v1.AggregationService",
            "cds.indicators.v1.IndicatorService",
            "cds.indicators.v1.ScorecardService",
            "cds.indicators.v1.SourceSystemService",
            "cds.indicators.v1.TargetService",
            "cds.indicators.v1.UnitReferenceService",
            "cds.indicators.v1.ValidationRuleService",
            "cds.indicators.v1.ValueLockService",
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
