//! Requests for reports, the reports themselves, what was sent, and what was made of it.
//!
//! Owns: outlines, requests, reports with their sections, immutable submissions, and
//! consolidations. It asks `directory` for units and signers, `indicators` for figures
//! and `projects` for the project table, and pins what it cites.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use kit::{Access, Db, Result, page::Pages};
use proto::reporting::{
    assignment_service_server::AssignmentServiceServer,
    calendar_service_server::CalendarServiceServer,
    consolidation_service_server::ConsolidationServiceServer,
    document_service_server::DocumentServiceServer, report_service_server::ReportServiceServer,
    request_service_server::RequestServiceServer, template_service_server::TemplateServiceServer,
    unit_reference_service_server::UnitReferenceServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;

mod assignment;
mod calendar;
mod consolidation;
mod lock;
mod migrations;
mod neighbours;
mod placeholder;
mod print;
mod reason;
mod report;
mod request;
mod submission;
mod template;
mod unit_reference;
mod wire;

pub use neighbours::Neighbours;
pub use reason::REASONS;

/// Name of the service in settings, health and file names.
pub const NAME: &str = "reporting";

/// The service, opened on its database.
#[derive(Debug, Clone)]
pub struct Reporting {
    db: Db,
    templates: template::Templates,
    requests: request::Requests,
    assignments: assignment::Assignments,
    calendars: calendar::Calendars,
    reports: report::Reports,
    consolidations: consolidation::Consolidations,
    documents: print::Documents,
}

impl Reporting {
    /// Opens the service. The schema must be up to date.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(db: Db, access: Access, neighbours: Neighbours) -> Result<Self> {
        let pages = Pages::open(&db).await?;
        let locks = lock::Locks::start(&neighbours.locks, &db);
        let reports = report::Reports::new(
            access.clone(),
            pages.clone(),
            neighbours.clone(),
            locks,
            db.clone(),
        );
        Ok(Self {
            templates: template::Templates::new(access.clone(), db.clone()),
            requests: request::Requests::new(access.clone(), pages, neighbours.clone(), db.clone()),
            assignments: assignment::Assignments::new(access.clone(), db.clone()),
            calendars: calendar::Calendars::new(access.clone(), db.clone()),
            consolidations: consolidation::Consolidations::new(
                access.clone(),
                neighbours.clone(),
                db.clone(),
            ),
            documents: print::Documents::new(access, neighbours, db.clone()),
            reports,
            db,
        })
    }

    /// Returns the service's methods.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let db = &self.db;
        Routes::new(TemplateServiceServer::new(template::rpc::Rpc::new(
            db,
            &self.templates,
        )))
        .add_service(RequestServiceServer::new(request::rpc::Rpc::new(
            db,
            &self.requests,
        )))
        .add_service(AssignmentServiceServer::new(assignment::rpc::Rpc::new(
            db,
            &self.assignments,
        )))
        .add_service(CalendarServiceServer::new(calendar::rpc::Rpc::new(
            db,
            &self.calendars,
        )))
        .add_service(ReportServiceServer::new(report::rpc::Rpc::new(
            db,
            &self.reports,
        )))
        .add_service(ConsolidationServiceServer::new(
            consolidation::rpc::Rpc::new(db, &self.consolidations),
        ))
        .add_service(DocumentServiceServer::new(print::rpc::Rpc::new(
            &self.documents,
        )))
        .add_service(UnitReferenceServiceServer::new(unit_reference::Rpc::new(
            db,
        )))
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 8] {
        [
            "cds.reporting.v1.TemplateService",
            "cds.reporting.v1.RequestService",
            "cds.reporting.v1.AssignmentService",
            "cds.reporting.v1.CalendarService",
            "cds.reporting.v1.ReportService",
            "cds.reporting.v1.ConsolidationService",
            "cds.reporting.v1.DocumentService",
            "cds.reporting.v1.UnitReferenceService",
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
