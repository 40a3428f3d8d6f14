//! Units in time, the people in them, and who may do what.
//!
//! Owns: units with their names, parents and codes over time; people, posts, who signs for
//! whom, passwords and signing keys; machines and the tokens they get; role grants. It asks
//! the others for one thing only: before a reorganisation is taken back, what they keep of its
//! new units.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use std::{path::PathBuf, sync::Arc};

use ipnet::IpNet;
use kit::{Access, Db, Result, config::Secret, page::Pages, run::Background};
use proto::directory::{
    access_service_server::AccessServiceServer, catalogue_service_server::CatalogueServiceServer,
    identity_service_server::IdentityServiceServer,
    reorganization_service_server::ReorganizationServiceServer,
    service_account_service_server::ServiceAccountServiceServer,
    session_service_server::SessionServiceServer, signing_service_server::SigningServiceServer,
    unit_service_server::UnitServiceServer, user_service_server::UserServiceServer,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tonic::service::Routes;
use types::ids::UserId;

mod bulk;
mod catalogue;
mod delegation;
mod feed;
mod grant;
mod identity;
mod issuer;
mod migrations;
mod mirror;
mod neighbour;
mod network;
mod oauth;
mod position;
mod principal;
mod reason;
mod reorganization;
mod role;
mod seal;
mod service_account;
mod session;
mod unit;
mod user;

use mirror::Mirror;

pub use grant::FirstAdministrator;
pub use issuer::OutsideIssuer;
pub use neighbour::Neighbours;
pub use oauth::OPEN_PATHS;
pub use reason::REASONS;
pub use session::PasswordCost;

/// Name of the service in settings, health and file names.
pub const NAME: &str = "directory";

/// What the directory is told when it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// 64 hexadecimal digits with which the signing keys are kept sealed; without them they
    /// lie open in the database.
    pub key_secret: Option<Secret>,
    /// The address others reach the directory by, such as `https://cds.example.vn`: machines
    /// sign that their assertions are meant for it.
    pub public_url: String,
    /// Proxies that are believed when they say where a call comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// Outside OpenID issuers whose tokens count here.
    pub issuers: Vec<OutsideIssuer>,
    /// File of passwords that nobody may take, one per line, plain or as SHA-1.
    pub breached_passwords_file: Option<PathBuf>,
    /// What hashing a password costs; unset = as much as this machine does in a quarter of a
    /// second, measured at the start. By default it is fixed at the least there may be, so that
    /// what is tested does not depend on the machine.
    pub password_cost: Option<PasswordCost>,
    /// Of how many classes of characters (small letters, capitals, digits, others) a password has
    /// to be, up to 4; 0 = of any. 15 characters that are hard to guess are asked for anyway.
    pub password_classes: u8,
    /// How many hours the one-time secret works that an administrator gives to a person, 1 to 168.
    /// That of an administrator at the console works 15 minutes, whatever is set here.
    pub enrollment_hours: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            key_secret: None,
            public_url: "http://127.0.0.1:8080".to_owned(),
            trusted_proxies: Vec::new(),
            issuers: Vec::new(),
            breached_passwords_file: None,
            password_cost: Some(PasswordCost::LEAST),
            password_classes: 0,
            enrollment_hours: user::ENROLLMENT_HOURS,
        }
    }
}

impl Settings {
    /// Checks what is a number.
    ///
    /// # Errors
    /// Names the setting that is out of range.
    pub fn check_numbers(&self) -> std::result::Result<(), String> {
        let (hours, most) = (self.enrollment_hours, user::MOST_ENROLLMENT_HOURS);
        if hours == 0 || hours > most {
            return Err(format!(
                "`directory.enrollment_hours` is {hours}; it has to be 1 to {most}"
            ));
        }
        let (classes, most) = (self.password_classes, session::CLASSES);
        if classes > most {
            return Err(format!(
                "`directory.password_classes` is {classes}; there are {most} classes"
            ));
        }
        Ok(())
    }
}

/// The service, opened on its database.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
    neighbours: neighbour::Neighbourhood,
    units: unit::Units,
    reorganizations: reorganization::Reorganizations,
    catalogues: catalogue::Catalogues,
    users: user::Users,
    positions: position::Positions,
    delegations: delegation::Delegations,
    grants: grant::Grants,
    watchers: grant::Watchers,
    sessions: session::Sessions,
    service_accounts: service_account::ServiceAccounts,
    identities: identity::Identities,
    issuers: issuer::Issuers,
    oauth: oauth::Oauth,
    trusted_proxies: Arc<[IpNet]>,
    /// Looks for idle machines.
    _looking: Arc<Background>,
}

impl Directory {
    /// Opens the service. The schema must be up to date.
    ///
    /// # Errors
    /// When the database cannot be read, the keys in it are sealed with another secret, or a
    /// setting or the file of breached passwords is bad.
    pub async fn open(db: Db, settings: &Settings) -> Result<Self> {
        oauth::check_public_url(&settings.public_url)?;
        settings.check_numbers().map_err(kit::Error::internal)?;
        let enrollment_life = chrono::Duration::hours(settings.enrollment_hours.into());
        let issuers = issuer::Issuers::open(db.clone(), &settings.issuers).await?;
        let mirror = Mirror::open(db.clone()).await?;
        let access = Access::new(grant::OwnRights::new(db.clone(), mirror.clone()));
        let pages = Pages::open(&db).await?;
        let sessions = session::Sessions::open(db.clone(), access.clone(), settings).await?;
        let trusted_proxies: Arc<[IpNet]> = settings.trusted_proxies.as_slice().into();
        service_account::switch_all_off(&db).await?;
        let neighbours = neighbour::Neighbourhood::default();
        Ok(Self {
            units: unit::Units::new(access.clone(), pages.clone(), mirror.clone(), db.clone()),
            reorganizations: reorganization::Reorganizations::new(
                access.clone(),
                pages.clone(),
                neighbours.clone(),
                db.clone(),
            ),
            neighbours,
            catalogues: catalogue::Catalogues::new(access.clone(), mirror.clone()),
            users: user::Users::new(
                access.clone(),
                pages.clone(),
                issuers.clone(),
                db.clone(),
                enrollment_life,
            ),
            grants: grant::Grants::new(
                access.clone(),
                pages.clone(),
                issuers.clone(),
                mirror.clone(),
                db.clone(),
            ),
            positions: position::Positions::new(access.clone(), pages.clone(), db.clone()),
            delegations: delegation::Delegations::new(access.clone(), pages.clone(), db.clone()),
            watchers: grant::Watchers::new(db.clone(), mirror),
            service_accounts: service_account::ServiceAccounts::new(
                access.clone(),
                pages,
                db.clone(),
            ),
            identities: identity::Identities::new(access, issuers.clone(), db.clone()),
            issuers,
            oauth: oauth::Oauth::new(
                db.clone(),
                sessions.clone(),
                &settings.public_url,
                &trusted_proxies,
            ),
            sessions,
            trusted_proxies,
            _looking: Arc::new(service_account::watch(db.clone())),
            db,
        })
    }

    /// Says who else keeps things of units. They open after the directory, which they ask
    /// for rights; as long as nothing is said, no reorganisation is taken back.
    pub fn join(&self, neighbours: Neighbours) {
        self.neighbours.join(neighbours);
    }

    /// Says that nobody else keeps things of units: the directory is all there is.
    pub fn stand_alone(&self) {
        self.neighbours.alone();
    }

    /// Returns the service's methods, and beside them the paths of plain HTTP
    /// ([`OPEN_PATHS`]).
    #[must_use]
    pub fn routes(&self) -> Routes {
        let db = &self.db;
        let methods = Routes::new(UnitServiceServer::new(unit::rpc::Rpc::new(db, &self.units)))
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
                &self.watchers,
            )))
            .add_service(SessionServiceServer::new(session::rpc::Rpc::new(
                db,
                &self.sessions,
                &self.issuers,
                &self.trusted_proxies,
            )))
            .add_service(ServiceAccountServiceServer::new(
                service_account::rpc::Rpc::new(db, &self.service_accounts),
            ))
            .add_service(IdentityServiceServer::new(identity::rpc::Rpc::new(
                db,
                &self.identities,
            )));
        let plain = oauth::http::router(&self.oauth);
        methods.into_axum_router().merge(plain).into()
    }

    /// Ends the streams that others follow, so that a server can stop.
    pub fn end_streams(&self) {
        self.watchers.end();
    }

    /// Names of the gRPC services, for health checks.
    #[must_use]
    pub fn services() -> [&'static str; 9] {
        [
            "cds.directory.v1.UnitService",
            "cds.directory.v1.ReorganizationService",
            "cds.directory.v1.CatalogueService",
            "cds.directory.v1.UserService",
            "cds.directory.v1.SigningService",
            "cds.directory.v1.AccessService",
            "cds.directory.v1.SessionService",
            "cds.directory.v1.ServiceAccountService",
            "cds.directory.v1.IdentityService",
        ]
    }

    /// Makes the first administrator when there is nobody yet, or a new one-time secret as long
    /// as that person has not enrolled and nobody else administers. It works for 15 minutes.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn first_administrator(&self) -> Result<Option<FirstAdministrator>> {
        grant::first_administrator(&self.db, self.issuers.names()).await
    }
}

/// Lets an administrator in again, for who stands at the console of the database: it gives a
/// one-time secret that works for 15 minutes, and takes away what stood in the way (a forgotten
/// password, a suspension, a right that was revoked). Without a name it is the first
/// administrator, and only while nobody who administers can come in, by a password or by an
/// identity at one of the issuers that are set. The ledger tells it.
///
/// # Errors
/// When somebody administers and nobody is named, when nobody has the name, or when the database
/// cannot be written.
pub async fn recover_administrator(
    db: &Db,
    issuers: &[OutsideIssuer],
    user: Option<&str>,
) -> Result<FirstAdministrator> {
    let read = |it: &str| {
        let id = it.strip_prefix("users/").unwrap_or(it);
        UserId::new(id).map_err(|_| kit::Error::not_found("USER", it))
    };
    let user = user.map(read).transpose()?;
    let issuers: Vec<_> = issuers.iter().map(|it| it.issuer.clone()).collect();
    grant::recover_administrator(db, &issuers, user.as_ref()).await
}

/// The service's schema.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations::all()
    }
}
