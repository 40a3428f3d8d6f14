//! Units in time, the people in them, and who may do what.
//!
//! Owns: units with their names, parents and codes over time; people, posts, passwords
//! and signing keys; role grants. It asks no other service for anything.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use kit::{Access, Db, Result, config::Secret, page::Pages};
use proto::directory::{
    access_service_server::AccessServiceServer, catalogue_service_server::CatalogueServiceServer,
    reorganization_service_server::ReorganizationServiceServer,
    session_service_server::SessionServiceServer, unit_service_server::UnitServiceServer,
    user_service_server::UserServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;

mod catalogue;
mod feed;
mod grant;
mod migrations;
mod mirror;
mod principal;
mod reason;
mod reorganization;
mod role;
mod seal;
mod session;
mod unit;
mod user;

use mirror::Mirror;

pub use grant::FirstAdministrator;
pub use reason::REASONS;

/// Name of the service in settings, health and file names.
pub const NAME: &str = "directory";

/// The service, opened on its database.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
    units: unit::Units,
    reorganizations: reorganization::Reorganizations,
    catalogues: catalogue::Catalogues,
    users: user::Users,
    grants: grant::Grants,
    watchers: grant::Watchers,
    sessions: session::Sessions,
}

impl Directory {
    /// Opens the service. The schema must be up to date. With `key_secret`, 64
    /// hexadecimal digits, the signing keys are kept sealed.
    ///
    /// # Errors
    /// When the database cannot be read, or the keys in it are sealed with another secret.
    pub async fn open(db: Db, key_secret: Option<&Secret>) -> Result<Self> {
        let mirror = Mirror::open(db.clone()).await?;
        let access = Access::new(grant::OwnRights::new(db.clone(), mirror.clone()));
        let pages = Pages::open(&db).await?;
        Ok(Self {
            units: unit::Units::new(access.clone(), pages.clone(), mirror.clone(), db.clone()),
            reorganizations: reorganization::Reorganizations::new(
                access.clone(),
                pages.clone(),
                db.clone(),
            ),
            catalogues: catalogue::Catalogues::new(access.clone()),
            users: user::Users::new(access.clone(), pages.clone(), db.clone()),
            grants: grant::Grants::new(access.clone(), pages, mirror.clone(), db.clone()),
            watchers: grant::Watchers::new(db.clone(), mirror),
            sessions: session::Sessions::open(db.clone(), access, key_secret).await?,
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
            .add_service(UserServiceServer::new(user::rpc::Rpc::new(db, &self.users)))
            .add_service(AccessServiceServer::new(grant::rpc::Rpc::new(
                db,
                &self.grants,
                &self.watchers,
            )))
            .add_service(SessionServiceServer::new(session::rpc::Rpc::new(
                db,
                &self.sessions,
            )))
    }

    /// Ends the streams that others follow, so that a server can stop.
    pub fn end_streams(&self) {
        self.watchers.end();
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 6] {
        [
            "cds.directory.v1.UnitService",
            "cds.directory.v1.ReorganizationService",
            "cds.directory.v1.CatalogueService",
            "cds.directory.v1.UserService",
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
