//! Projects, how far they have come, and the money they are granted.
//!
//! Owns: projects and tasks, progress entries, decisions, budget lines and everything that is
//! entered on them, requests for money. Entries are only ever added: a correction names what
//! it corrects, a recall is a negative allocation. A request never counts as money. Of other
//! services it asks only whether the caller may, and when units exist.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use kit::{Access, Db, Result, page::Pages};
use proto::projects::{
    budget_service_server::BudgetServiceServer, project_service_server::ProjectServiceServer,
    spending_service_server::SpendingServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;

mod allocation;
mod amount;
mod budget;
mod budget_line;
mod choice;
mod commitment;
mod decision;
mod disbursement;
mod entry;
mod migrations;
mod progress;
mod project;
mod reason;
mod row;
mod settlement;
mod supplementary_request;

pub use reason::REASONS;

/// Name of the service in settings, health and file names.
pub const NAME: &str = "projects";

/// The service, opened on its database.
#[derive(Debug, Clone)]
pub struct Projects {
    db: Db,
    register: project::Register,
    progress: progress::Progress,
    tables: row::Tables,
    money: budget::rpc::Slices,
    commitments: commitment::Commitments,
    disbursements: disbursement::Disbursements,
    settlements: settlement::Settlements,
}

impl Projects {
    /// Opens the service. The schema must be up to date.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open(db: Db, access: Access) -> Result<Self> {
        let pages = Pages::open(&db).await?;
        let allocations = allocation::Allocations::new(&access, &pages, &db);
        let requests =
            supplementary_request::SupplementaryRequests::new(&access, &pages, &db, &allocations);
        Ok(Self {
            register: project::Register::new(&access, &pages, &db),
            progress: progress::Progress::new(&access, &pages, &db),
            tables: row::Tables::new(&access, &db),
            money: budget::rpc::Slices {
                decisions: decision::Decisions::new(&access, &pages, &db),
                lines: budget_line::BudgetLines::new(&access, &pages, &db),
                allocations,
                requests,
                budgets: budget::Budgets::new(&access, &pages, &db),
            },
            commitments: commitment::Commitments::new(&access, &pages, &db),
            disbursements: disbursement::Disbursements::new(&access, &pages, &db),
            settlements: settlement::Settlements::new(&access),
            db: db.clone(),
        })
    }

    /// Returns the service's methods.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let projects =
            project::rpc::Rpc::new(&self.db, &self.register, &self.progress, &self.tables);
        let budget = budget::rpc::Rpc::new(&self.db, &self.money);
        let spending = disbursement::rpc::Rpc::new(
            &self.db,
            &self.commitments,
            &self.disbursements,
            &self.settlements,
        );
        Routes::new(ProjectServiceServer::new(projects))
            .add_service(BudgetServiceServer::new(budget))
            .add_service(SpendingServiceServer::new(spending))
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 3] {
        [
            "cds.projects.v1.ProjectService",
            "cds.projects.v1.BudgetService",
            "cds.projects.v1.SpendingService",
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
