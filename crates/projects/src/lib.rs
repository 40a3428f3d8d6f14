//! Projects, how far they have come, and the money they are granted.
//!
//! Owns: projects with their plans, steps and progress entries, decisions, budget lines and
//! everything that is entered on them, requests for money. Entries are only ever added: a
//! correction names what it corrects, a recall is a negative allocation. A request never
//! counts as money. Of other services it asks only whether the caller may, and when units
//! exist.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use kit::{Access, Db, Result, page::Pages};
use proto::projects::{
    budget_service_server::BudgetServiceServer, plan_service_server::PlanServiceServer,
    project_service_server::ProjectServiceServer, spending_service_server::SpendingServiceServer,
    unit_reference_service_server::UnitReferenceServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;

mod allocation;
mod amount;
mod baseline;
mod budget;
mod budget_line;
mod charge;
mod choice;
mod columns;
mod commitment;
mod deadline;
mod decision;
mod disbursement;
mod entry;
mod hand_over;
mod instrument;
mod migrations;
mod once;
mod planned;
mod progress;
mod project;
mod reason;
mod row;
mod settlement;
mod step;
mod supplementary_request;
mod task;
mod unit_reference;

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
    hand_overs: hand_over::HandOvers,
    planned: planned::PlannedWork,
    tasks: task::Tasks,
    steps: step::Steps,
    baselines: baseline::Baselines,
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
            hand_overs: hand_over::HandOvers::new(&access, &db),
            planned: planned::PlannedWork::new(&access, &db),
            tasks: task::Tasks::new(&access, &pages, &db),
            steps: step::Steps::new(&access, &db),
            baselines: baseline::Baselines::new(&access, &db),
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
        let projects = project::rpc::Rpc::new(
            &self.db,
            &self.register,
            &self.hand_overs,
            &self.progress,
            &self.planned,
            &self.tables,
        );
        let plans = task::rpc::Rpc::new(&self.db, &self.tasks, &self.steps, &self.baselines);
        let budget = budget::rpc::Rpc::new(&self.db, &self.money);
        let spending = disbursement::rpc::Rpc::new(
            &self.db,
            &self.commitments,
            &self.disbursements,
            &self.settlements,
        );
        Routes::new(ProjectServiceServer::new(projects))
            .add_service(BudgetServiceServer::new(budget))
            .add_service(PlanServiceServer::new(plans))
            .add_service(SpendingServiceServer::new(spending))
            .add_service(UnitReferenceServiceServer::new(unit_reference::Rpc::new(
                &self.db,
            )))
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 5] {
        [
            "cds.projects.v1.ProjectService",
            "cds.projects.v1.BudgetService",
            "cds.projects.v1.PlanService",
            "cds.projects.v1.SpendingService",
            "cds.projects.v1.UnitReferenceService",
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
