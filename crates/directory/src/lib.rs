//! Units in time, the people in them, and who may do what.
//!
//! Owns: units with their names, parents and codes over time; people, posts, who signs for
//! whom, passwords and signing keys; role grants. It asks no other service for anything.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use std::path::PathBuf;

use kit::{Access, Db, Result, config::Secret, page::Pages};
use proto::directory::{
    access_service_server::AccessServiceServer, catalogue_service_server::CatalogueServiceServer,
    reorganization_service_server::ReorganizationServiceServer,
    session_service_server::SessionServiceServer, signing_service_server::SigningServiceServer,
    unit_service_server::UnitServiceServer, user_service_server::UserServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;

mod catalogue;
mod delegation;
mod grant;
mod migrations;
mod position;
mod principal;
mod reason;
mod reorganization;
mod role;
mod seal;
mod session;
mod unit;
mod user;

pub use grant::FirstAdministrator;
pub use reason::REASONS;

/// Name of the service in settings, health and file names.
pub const NAME: &str = "directory";

/// What the service can be told at its start.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// 64 hexadecimal digits with which the signing keys are kept sealed; none = they lie open.
    pub key_secret: Option<Secret>,
    /// File of passwords that nobody may take, one per line, plain or as SHA-1.
    pub breached_passwords_file: Option<PathBuf>,
}

/// The service, opened on its database.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
    units: unit::Units,
    reorganizations: reorganization::Reorganizations,
    catalogues: catalogue::Catalogues,
    users: user::Users,
    positions: position::Positions,
    delegations: delegation::Delegations,
    grants: grant::Grants,
    sessions: session::Sessions,
}

impl Directory {
    /// Opens the service. The schema must be up to date.
    ///
    /// # Errors
    /// When the database cannot be read, the keys in it are sealed with another secret, or
    /// the file of breached passwords is bad.
    pub async fn open(db: Db, settings: &Settings) -> Result<Self> {
        let access = Access::new(grant::OwnRights::new(db.clone()));
        let pages = Pages::open(&db).await?;
        Ok(Self {
            units: unit::Units::new(access.clone(), pages.clone(), db.clone()),
            reorganizations: reorganization::Reorganizations::new(
                access.clone(),
                pages.clone(),
                db.clone(),
            ),
            catalogues: catalogue::Catalogues::new(access.clone()),
            users: user::Users::new(access.clone(), pages.clone(), db.clone()),
            positions: position::Positions::new(access.clone(), pages.clone(), db.clone()),
            delegations: delegation::Delegations::new(access.clone(), pages.clone(), db.clone()),
            grants: grant::Grants::new(access.clone(), pages, db.clone()),
            sessions: session::Sessions::open(db.clone(), access, settings).await?,
            db,
        })
    }

    /// Returns the service's methods.
    #[must_use]
    pub fn routes(&self) -> Routes {
        let db = &self.db;
        Routes::new(UnitServiceServer::new(unit::rpc::Rpc::new(db, &self.units)))
            .add_service(ReorganizationServiceServer::new(
                reorganization::rpc::Rpc::new(db, &self.reorganizations),
            ))
            .add_service(CatalogueServiceServer::new(catalogue::rpc::Rpc::new(
                db,
                &self.catalogues,
            )))
            .add_service(UserServiceServer::new(user::rpc::Rpc::new(
                db,
                &self.users,
                &self.positions,
            )))
            .add_service(SigningServiceServer::new(delegation::rpc::Rpc::new(
                db,
                &self.delegations,
            )))
            .add_service(AccessServiceServer::new(grant::rpc::Rpc::new(
                db,
                &self.grants,
            )))
            .add_service(SessionServiceServer::new(session::rpc::Rpc::new(
                db,
                &self.sessions,
            )))
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 7] {
        [
            "cds.directory.v1.UnitService",
            "cds.directory.v1.ReorganizationService",
            "cds.directory.v1.CatalogueService",
            "cds.directory.v1.UserService",
            "cds.directory.v1.SigningService",
            "cds.directory.v1.AccessService",
            "cds.directory.v1.SessionService",
        ]
    }

    /// Makes the first administrator when nobody can administer yet, or a new one-time
    /// secret as long as that person has not enrolled.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn first_administrator(&self) -> Result<Option<FirstAdministrator>> {
        grant::first_administrator(&self.db).await
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
