//! Opens the chosen services and joins each to its neighbours: to their routes when
//! they run here, to their address when they do not.

use anyhow::{Context, Result, anyhow, bail};
use directory::{Directory, FirstAdministrator};
use indicators::Indicators;
use kit::{
    Access, Clock, Db, Inside, Peer,
    access::Watched,
    auth::Verifier,
    gate::GateLayer,
    policy::Policy,
    run::{Background, Stop},
    server::Port,
    service_key::ServiceKey,
};
use projects::Projects;
use reporting::{Neighbours, Reporting};
use tonic::{Status, service::Routes};
use tower::Layer;

use crate::config::{Config, ServiceName};

/// Services of this process, open and joined.
#[derive(Debug)]
pub struct Assembly {
    routes: Routes,
    gate: GateLayer,
    services: Vec<&'static str>,
    first_administrator: Option<FirstAdministrator>,
    directory: Option<Directory>,
    indicators: Option<Indicators>,
}

impl Assembly {
    /// Opens the services that `config` chooses. Embedded databases are brought up to
    /// date; others must be.
    ///
    /// # Errors
    /// When a setting is bad, or a database is not there or not up to date.
    pub async fn open(config: &Config) -> Result<Self> {
        config.check()?;
        let clock = config.clock();
        let mut assembled = Assembled::new(config);

        let directory = match open_database(config, ServiceName::Directory, &clock).await? {
            Some(db) => {
                let settings = config.directory_settings();
                Some(Directory::open(db, &settings).await.map_err(told)?)
            }
            None => None,
        };
        // Public keys are read past the gate: the gate itself needs them to verify.
        let keys = match &directory {
            Some(directory) => Peer::local(directory.routes()),
            None => remote(config, ServiceName::Directory)?,
        };
        let policy = Policy::read(proto::DESCRIPTORS).map_err(told)?;
        let service_key = service_key(config, &clock)?;
        let gate = GateLayer::new(policy, Verifier::new(keys.clone(), clock.clone()))
            .with_services(service_key.clone());
        let gate = match &directory {
            Some(_) => gate.with_open_paths(&directory::OPEN_PATHS),
            None => gate,
        };
        let first_administrator = match &directory {
            Some(directory) => directory.first_administrator().await.map_err(told)?,
            None => None,
        };
        let routes = directory.as_ref().map(Directory::routes);
        let services = Directory::services();
        let own_directory = directory;
        let directory = assembled.join(&gate, ServiceName::Directory, routes, &services);
        // All services of a process decide by one copy. Nobody asks for rights in a
        // process that runs the directory alone.
        let watched = match &directory {
            Some(asked) if config.services != [ServiceName::Directory] => {
                let feed_key = service_key.clone().filter(|_| own_directory.is_none());
                let watched = Watched::start(asked.clone(), keys, feed_key, clock.clone());
                Some(Access::new(watched))
            }
            _ => None,
        };
        let access = || watched.clone().context("nobody says who may do what");

        let own_indicators = match open_database(config, ServiceName::Indicators, &clock).await? {
            Some(db) => {
                let settings = config.indicators_settings();
                let opened = Indicators::open_with(db, access()?, &settings).await;
                Some(opened.map_err(told)?)
            }
            None => None,
        };
        let routes = own_indicators.as_ref().map(Indicators::routes);
        let indicators_here = routes.clone().map(Peer::local);
        let services = Indicators::services();
        let indicators = assembled.join(&gate, ServiceName::Indicators, routes, &services);

        let routes = match open_database(config, ServiceName::Projects, &clock).await? {
            Some(db) => Some(Projects::open(db, access()?).await.map_err(told)?.routes()),
            None => None,
        };
        let projects_here = routes.clone().map(Peer::local);
        let services = Projects::services();
        let projects = assembled.join(&gate, ServiceName::Projects, routes, &services);

        let mut reporting_here = None;
        if let Some(db) = open_database(config, ServiceName::Reporting, &clock).await? {
            let neighbours = Neighbours {
                directory: known(&directory)?,
                indicators: known(&indicators)?,
                locks: inside(indicators_here.clone(), &indicators, service_key.clone())?,
                projects: known(&projects)?,
            };
            let reporting = Reporting::open(db, access()?, neighbours)
                .await
                .map_err(told)?;
            reporting_here = Some(Peer::local(reporting.routes()));
            assembled.add(reporting.routes(), &Reporting::services());
        }
        if let Some(directory) = &own_directory {
            let reach = |here, service| {
                let at = remote(config, service).ok();
                inside(here, &at, service_key.clone()).ok()
            };
            directory.join(directory::Neighbours {
                indicators: reach(indicators_here, ServiceName::Indicators),
                projects: reach(projects_here, ServiceName::Projects),
                reporting: reach(reporting_here, ServiceName::Reporting),
            });
        }
        let Assembled {
            routes, services, ..
        } = assembled;
        Ok(Self {
            routes: routes.prepare(),
            gate,
            services,
            first_administrator,
            directory: own_directory,
            indicators: own_indicators,
        })
    }

    /// Returns the one-time secret of the first administrator, as long as nobody has
    /// enrolled with it.
    #[must_use]
    pub fn first_administrator(&self) -> Option<&FirstAdministrator> {
        self.first_administrator.as_ref()
    }

    /// Returns all services behind the gate as one neighbour, for tests.
    #[must_use]
    pub fn peer(&self) -> Peer {
        Peer::local(self.gate.layer(self.routes.clone()))
    }

    /// Serves on a port until asked to stop.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(self, port: Port, stop: Stop) -> Result<()> {
        let asked = stop.clone();
        let (directory, indicators) = (self.directory, self.indicators);
        let _ending = Background::start(async move {
            asked.asked().await;
            if let Some(directory) = directory {
                directory.end_streams();
            }
            if let Some(indicators) = indicators {
                indicators.end_streams();
            }
        });
        let served = kit::server::serve(port, self.routes, self.gate, &self.services, stop).await;
        served.map_err(told)
    }
}

/// What has been put together so far.
struct Assembled<'a> {
    config: &'a Config,
    routes: Routes,
    services: Vec<&'static str>,
}

impl<'a> Assembled<'a> {
    fn new(config: &'a Config) -> Self {
        Self {
            config,
            routes: Routes::default(),
            services: Vec::new(),
        }
    }

    /// Adds a service that runs here and returns it as a neighbour of the others, or
    /// its address. A neighbour in this process passes the gate too, as the caller.
    fn join(
        &mut self,
        gate: &GateLayer,
        service: ServiceName,
        routes: Option<Routes>,
        services: &[&'static str],
    ) -> Option<Peer> {
        match routes {
            Some(routes) => {
                self.add(routes.clone(), services);
                Some(Peer::local(gate.layer(routes)))
            }
            None => remote(self.config, service).ok(),
        }
    }

    fn add(&mut self, routes: Routes, services: &[&'static str]) {
        // Both sides answer "unimplemented" to what they do not know; only one may.
        let added = routes.into_axum_router().reset_fallback();
        let known = std::mem::take(&mut self.routes).into_axum_router();
        self.routes = known.merge(added).into();
        self.services.extend(services);
    }
}

/// `Config::check` has seen to it that whoever is asked is known.
fn known(neighbour: &Option<Peer>) -> Result<Peer> {
    neighbour
        .clone()
        .context("a neighbour is asked that is neither here nor has an address")
}

/// Returns a neighbour as services reach it among themselves: past the gate when it runs
/// here, by the key of the installation when it does not.
fn inside(here: Option<Peer>, neighbour: &Option<Peer>, key: Option<ServiceKey>) -> Result<Inside> {
    Ok(match here {
        Some(past_the_gate) => Inside::here(past_the_gate),
        None => {
            let key = key.context("bad settings: `peer_secret` is not set")?;
            Inside::apart(known(neighbour)?, key)
        }
    })
}

/// By what the services of one installation know each other, when they run apart.
fn service_key(config: &Config, clock: &Clock) -> Result<Option<ServiceKey>> {
    let Some(secret) = &config.peer_secret else {
        return Ok(None);
    };
    let key = ServiceKey::new(secret, clock.clone());
    key.map(Some)
        .context("bad settings: `peer_secret` has fewer than 32 characters")
}

fn remote(config: &Config, service: ServiceName) -> Result<Peer> {
    let at = config.part(service).at.as_ref();
    let at = at.with_context(|| format!("bad settings: `{}.at` is not set", service.name()))?;
    Peer::remote(at).map_err(told)
}

/// Opens the database of a service that runs here, with its schema up to date.
async fn open_database(config: &Config, service: ServiceName, clock: &Clock) -> Result<Option<Db>> {
    if !config.runs(service) {
        return Ok(None);
    }
    let db = connect(config, service, clock).await?;
    if db.is_embedded() {
        migrate(&db, service).await?;
        return Ok(Some(db));
    }
    let pending = match service {
        ServiceName::Directory => db.pending::<directory::Migrator>().await,
        ServiceName::Indicators => db.pending::<indicators::Migrator>().await,
        ServiceName::Projects => db.pending::<projects::Migrator>().await,
        ServiceName::Reporting => db.pending::<reporting::Migrator>().await,
    };
    let pending = pending.map_err(told)?;
    if pending > 0 {
        let name = service.name();
        bail!("the database of `{name}` waits for {pending} migrations: run `cds-server migrate`");
    }
    Ok(Some(db))
}

/// Connects to the database of a service.
///
/// # Errors
/// When it is not there; the text says how to make it, and shows no password.
pub(crate) async fn connect(config: &Config, service: ServiceName, clock: &Clock) -> Result<Db> {
    let url = config.database(service)?;
    let connected = Db::connect(url.expose(), clock.clone()).await;
    connected.map_err(|error| {
        let text = error.to_string();
        // PostgreSQL's words for it (code 3D000).
        let is_missing = text.contains("database") && text.contains("does not exist");
        let hint = if is_missing {
            "; `cds-server migrate --create` makes it"
        } else if text.contains("timed out") {
            "; is a server running there?"
        } else {
            ""
        };
        anyhow!("{text}{hint}")
    })
}

/// Brings the schema of a service up to date.
///
/// # Errors
/// When a migration fails.
pub(crate) async fn migrate(db: &Db, service: ServiceName) -> Result<()> {
    let migrated = match service {
        ServiceName::Directory => db.migrate::<directory::Migrator>().await,
        ServiceName::Indicators => db.migrate::<indicators::Migrator>().await,
        ServiceName::Projects => db.migrate::<projects::Migrator>().await,
        ServiceName::Reporting => db.migrate::<reporting::Migrator>().await,
    };
    migrated
        .map_err(told)
        .with_context(|| format!("cannot migrate `{}`", service.name()))
}

/// Lets an administrator of the directory in again.
///
/// # Errors
/// As [`directory::recover_administrator`], and when the database is not there or not up to date.
pub(crate) async fn recover_administrator(
    config: &Config,
    user: Option<&str>,
) -> Result<FirstAdministrator> {
    let db = open_database(config, ServiceName::Directory, &config.clock()).await?;
    let db = db.context("the directory does not run here")?;
    let issuers = config.directory_settings().issuers;
    let recovered = directory::recover_administrator(&db, &issuers, user).await;
    recovered.map_err(told)
}

/// Tells the operator the cause, which callers are never told.
fn told(error: kit::Error) -> anyhow::Error {
    match error {
        kit::Error::Internal(cause) => anyhow!("{cause}"),
        other => anyhow!("{}", Status::from(other).message()),
    }
}
