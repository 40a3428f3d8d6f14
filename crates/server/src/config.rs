//! Settings: defaults here, then `--config FILE`, then `CDS_…`, then flags.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context, Result, bail, ensure};
use directory::{OutsideIssuer, PasswordCost};
use ipnet::IpNet;
use kit::{Clock, config::Secret, db, service_key, telemetry::Format};
use serde::{Deserialize, Serialize};
use tonic::transport::Uri;

use crate::databases;

/// Everything that can be set. `deploy/config.toml` shows it with the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Directory of the embedded databases, one SQLite file per service.
    pub data_dir: PathBuf,
    /// PostgreSQL instead of embedded databases: `postgres://user@host/cds` stands for
    /// the databases `cds_directory`, `cds_indicators`, `cds_projects`, `cds_reporting`.
    pub database_url: Option<Secret>,
    /// Services this process runs. In the environment: `CDS_SERVICES=[directory,projects]`.
    pub services: Vec<ServiceName>,
    /// At least 32 characters by which the services of this installation know each
    /// other; the same in every process. Needed as soon as services run apart.
    pub peer_secret: Option<Secret>,
    /// Settings of the directory.
    pub directory: Part,
    /// Settings of the indicators.
    pub indicators: Part,
    /// Settings of the projects.
    pub projects: Part,
    /// Settings of the reporting.
    pub reporting: Part,
    /// What is logged, and how.
    pub log: Log,
    /// The clock the services run by.
    pub clock: ClockSettings,
}

/// Settings of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Part {
    /// Its database, `postgres://…` or `sqlite://…?mode=rwc`; unset = after `database_url`,
    /// else a file in `data_dir`.
    pub database: Option<Secret>,
    /// Where it answers, such as `http://10.0.0.5:8080`, when this process does not run
    /// it but asks it. Of no effect for a service that runs here.
    pub at: Option<String>,
    /// Only of the directory: 64 hexadecimal digits with which its signing keys are
    /// sealed in the database; unset = they lie open there.
    pub key_secret: Option<Secret>,
    /// Only of the directory: the address others reach it by; unset = after `listen`.
    pub public_url: Option<String>,
    /// Only of the directory: proxies that are believed when they say where a call comes
    /// from (the last entry of `X-Forwarded-For`).
    pub trusted_proxies: Vec<IpNet>,
    /// Only of the directory: outside OpenID issuers whose tokens count.
    pub issuers: Vec<OutsideIssuer>,
    /// Only of the directory: file of passwords that nobody may take, one per line, plain or
    /// as SHA-1, with or without `:count`; unset = only what is easy to guess is refused.
    pub breached_passwords_file: Option<PathBuf>,
    /// Only of the directory: what hashing a password costs; unset = as much as the machine
    /// does in a quarter of a second.
    pub password_cost: Option<PasswordCost>,
    /// Only of the directory: of how many of the four classes of characters a password has to be;
    /// unset = of any.
    pub password_classes: Option<u8>,
    /// Only of the directory: hours the one-time secret of a person works; unset = 72.
    pub enrollment_hours: Option<u32>,
    /// Only of the indicators: MiB of figures kept in memory for adding up; unset = 1024.
    pub aggregation_memory_mib: Option<usize>,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Levels per part of the program; `info,kit::gate=debug` also logs every call.
    pub filter: String,
    /// `text` for people or `json` for machines.
    pub format: Format,
}

/// The clock the services run by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockSettings {
    /// Seconds added to the system's clock, to rehearse another period; the same in
    /// every process. Leave it 0 in earnest.
    pub shift_seconds: i64,
}

/// A service by its name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceName {
    /// Units, people, rights.
    Directory,
    /// Indicators and their figures.
    Indicators,
    /// Projects, decisions, money.
    Projects,
    /// Requests, reports, documents.
    Reporting,
}

impl ServiceName {
    /// All services.
    pub const ALL: [Self; 4] = [
        Self::Directory,
        Self::Indicators,
        Self::Projects,
        Self::Reporting,
    ];

    /// Returns the name as in settings and file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Directory => directory::NAME,
            Self::Indicators => indicators::NAME,
            Self::Projects => projects::NAME,
            Self::Reporting => reporting::NAME,
        }
    }

    /// Returns whom it asks over the contract and cannot do without. The directory asks the
    /// others too, but only before it takes a reorganisation back.
    fn neighbours(self) -> &'static [Self] {
        match self {
            Self::Directory => &[],
            Self::Indicators | Self::Projects => &[Self::Directory],
            Self::Reporting => &[Self::Directory, Self::Indicators, Self::Projects],
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data_dir: PathBuf::from("data"),
            database_url: None,
            services: ServiceName::ALL.to_vec(),
            peer_secret: None,
            directory: Part::default(),
            indicators: Part::default(),
            projects: Part::default(),
            reporting: Part::default(),
            log: Log::default(),
            clock: ClockSettings::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info,sea_orm_migration=warn,sqlx=warn".to_owned(),
            format: Format::Text,
        }
    }
}

impl Config {
    /// Returns the settings of one service.
    #[must_use]
    pub fn part(&self, service: ServiceName) -> &Part {
        match service {
            ServiceName::Directory => &self.directory,
            ServiceName::Indicators => &self.indicators,
            ServiceName::Projects => &self.projects,
            ServiceName::Reporting => &self.reporting,
        }
    }

    /// Says whether this process runs a service.
    #[must_use]
    pub fn runs(&self, service: ServiceName) -> bool {
        self.services.contains(&service)
    }

    /// Returns what the directory is told.
    #[must_use]
    pub fn directory_settings(&self) -> directory::Settings {
        let part = &self.directory;
        let listens = || format!("http://{}", crate::serve::reachable(self.listen));
        let usual = directory::Settings::default();
        directory::Settings {
            key_secret: part.key_secret.clone(),
            public_url: part.public_url.clone().unwrap_or_else(listens),
            trusted_proxies: part.trusted_proxies.clone(),
            issuers: part.issuers.clone(),
            breached_passwords_file: part.breached_passwords_file.clone(),
            password_cost: part.password_cost,
            password_classes: part.password_classes.unwrap_or(usual.password_classes),
            enrollment_hours: part.enrollment_hours.unwrap_or(usual.enrollment_hours),
        }
    }

    /// Returns what the indicators are told.
    #[must_use]
    pub fn indicators_settings(&self) -> indicators::Settings {
        let usual = indicators::Settings::default();
        let memory = self.indicators.aggregation_memory_mib;
        indicators::Settings {
            aggregation_memory_mib: memory.unwrap_or(usual.aggregation_memory_mib),
        }
    }

    /// Returns the clock to run by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock::shifted(self.clock.shift_seconds)
    }

    /// Returns the URL of a service's database.
    ///
    /// # Errors
    /// When `database_url` is no PostgreSQL URL.
    pub fn database(&self, service: ServiceName) -> Result<Secret> {
        if let Some(own) = &self.part(service).database {
            return Ok(own.clone());
        }
        match &self.database_url {
            Some(base) => Ok(Secret::new(databases::of_service(
                base.expose(),
                service.name(),
            )?)),
            None => {
                let file = self.data_dir.join(format!("{}.db", service.name()));
                Ok(Secret::new(db::sqlite_url(&file)))
            }
        }
    }

    /// Checks what one key cannot say alone.
    ///
    /// # Errors
    /// Names the key that is bad or missing.
    pub fn check(&self) -> Result<()> {
        ensure!(
            !self.services.is_empty(),
            "bad settings: `services` names no service"
        );
        for service in ServiceName::ALL {
            if let Some(at) = &self.part(service).at {
                check_address(at)
                    .with_context(|| format!("bad settings: `{}.at`", service.name()))?;
            }
            self.database(service)?;
            if let Some(secret) = &self.part(service).key_secret {
                check_key_secret(service, secret)?;
            }
            check_only_of_directory(service, self.part(service))?;
            check_only_of_indicators(service, self.part(service))?;
        }
        let numbers = self.directory_settings().check_numbers();
        numbers
            .map_err(anyhow::Error::msg)
            .context("bad settings")?;
        for service in &self.services {
            for neighbour in service.neighbours() {
                if !self.runs(*neighbour) && self.part(*neighbour).at.is_none() {
                    let (asking, asked) = (service.name(), neighbour.name());
                    bail!(
                        "bad settings: `{asking}` asks `{asked}`: add it to `services` or set \
                         `{asked}.at` to its address"
                    );
                }
            }
        }
        check_peer_secret(self)
    }
}

fn check_peer_secret(config: &Config) -> Result<()> {
    let long_enough = |it: &Secret| it.expose().len() >= service_key::SHORTEST_SECRET;
    match &config.peer_secret {
        Some(secret) => ensure!(
            long_enough(secret),
            "bad settings: `peer_secret` has fewer than {} characters",
            service_key::SHORTEST_SECRET
        ),
        None => ensure!(
            ServiceName::ALL.iter().all(|it| config.runs(*it)),
            "bad settings: services that run apart know each other by `peer_secret`: set it to \
             the same secret in every process, such as `openssl rand -hex 32` makes"
        ),
    }
    Ok(())
}

fn check_key_secret(service: ServiceName, secret: &Secret) -> Result<()> {
    let key = format!("bad settings: `{}.key_secret`", service.name());
    ensure!(
        service == ServiceName::Directory,
        "{key}: only the directory has signing keys"
    );
    let text = secret.expose();
    ensure!(
        text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit()),
        "{key} has to be 64 hexadecimal digits, such as `openssl rand -hex 32` makes"
    );
    Ok(())
}

/// Checks that no other service is told what only the directory uses.
fn check_only_of_directory(service: ServiceName, part: &Part) -> Result<()> {
    for issuer in &part.issuers {
        let checked = issuer.check().map_err(anyhow::Error::msg);
        checked.context("bad settings: `directory.issuers`")?;
    }
    if let Some(cost) = part.password_cost {
        let checked = cost.check().map_err(anyhow::Error::msg);
        checked.context("bad settings")?;
    }
    let set = [
        ("public_url", part.public_url.is_some()),
        ("trusted_proxies", !part.trusted_proxies.is_empty()),
        ("issuers", !part.issuers.is_empty()),
        (
            "breached_passwords_file",
            part.breached_passwords_file.is_some(),
        ),
        ("password_cost", part.password_cost.is_some()),
        ("password_classes", part.password_classes.is_some()),
        ("enrollment_hours", part.enrollment_hours.is_some()),
    ];
    let misplaced = set.iter().find(|(_, is_set)| *is_set);
    if let (Some((key, _)), true) = (misplaced, service != ServiceName::Directory) {
        bail!(
            "bad settings: `{}.{key}`: only the directory uses it",
            service.name()
        );
    }
    Ok(())
}

/// Checks that no other service is told what only the indicators use.
fn check_only_of_indicators(service: ServiceName, part: &Part) -> Result<()> {
    let key = format!("bad settings: `{}.aggregation_memory_mib`", service.name());
    let Some(memory) = part.aggregation_memory_mib else {
        return Ok(());
    };
    ensure!(
        service == ServiceName::Indicators,
        "{key}: only the indicators use it"
    );
    ensure!(memory > 0, "{key} has to be above 0");
    Ok(())
}

/// Checks the address of a neighbour.
///
/// # Errors
/// Says what an address looks like.
pub fn check_address(address: &str) -> Result<()> {
    let uri = address.parse::<Uri>().ok();
    let good = uri.is_some_and(|it| {
        it.scheme_str() == Some("http") && it.host().is_some_and(|host| !host.is_empty())
    });
    ensure!(
        good,
        "`{address}` is not an address such as http://127.0.0.1:8081"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
