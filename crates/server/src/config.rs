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

    /// Returns whom it asks over the contract.
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
        directory::Settings {
            key_secret: part.key_secret.clone(),
            public_url: part.public_url.clone().unwrap_or_else(listens),
            trusted_proxies: part.trusted_proxies.clone(),
            issuers: part.issuers.clone(),
            breached_passwords_file: part.breached_passwords_file.clone(),
            password_cost: part.password_cost,
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
mod tests {
    use std::{fs, path::Path};

    use super::*;

    const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/config.toml");

    fn load(text: &str) -> Result<Config, String> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.toml");
        fs::write(&file, text).unwrap();
        kit::config::load(Some(&file)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_example_file_equals_the_defaults() {
        let example: Config = kit::config::load(Some(Path::new(EXAMPLE))).unwrap();
        assert_eq!(example, Config::default());
    }

    #[test]
    fn every_key_the_example_file_leaves_out_can_be_set_as_it_shows() {
        let example = fs::read_to_string(EXAMPLE).unwrap();
        let is_setting = |it: &str| it.contains(" = ") && !it.starts_with(' ');
        let shown: Vec<_> = example
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|it| is_setting(it))
                    .unwrap_or(line)
            })
            .collect();
        let config = load(&shown.join("\n")).unwrap();
        assert!(config.database_url.is_some());
        for service in ServiceName::ALL {
            assert!(config.part(service).database.is_some(), "{service:?}");
            assert!(config.part(service).at.is_some(), "{service:?}");
        }
        config.check().unwrap();
    }

    #[test]
    fn a_key_nobody_knows_is_refused_with_its_name() {
        let error = load("[directory]\ndatabse = \"postgres://cds:s3cret@db/cds\"").unwrap_err();
        assert!(error.contains("`databse`"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
        let error = load("listen = \"anywhere\"").unwrap_err();
        assert!(error.contains("listen"), "{error}");
    }

    #[test]
    fn the_secret_of_the_signing_keys_is_checked_and_never_shown() {
        let config = |part: &str, secret: &str| {
            load(&format!("[{part}]\nkey_secret = \"{secret}\"")).unwrap()
        };
        let good = "0123456789abcdef".repeat(4);
        config("directory", &good).check().unwrap();
        assert!(!format!("{:?}", config("directory", &good)).contains(&good));
        for (part, secret) in [("directory", "s3cret"), ("projects", &good)] {
            let error = config(part, secret).check().unwrap_err().to_string();
            assert!(error.contains(&format!("`{part}.key_secret`")), "{error}");
            assert!(!error.contains(secret), "{error}");
        }
    }

    #[test]
    fn an_outside_issuer_without_an_audience_does_not_start() {
        let issuer = |rest: &str| {
            let issuer = "https://sso.quangngai.example";
            format!(
                "[directory]\nissuers = [{{ issuer = \"{issuer}\", \
                 jwks_url = \"{issuer}/jwks\", algorithms = [\"ES256\"]{rest} }}]"
            )
        };
        load(&issuer(", audience = \"cds\""))
            .unwrap()
            .check()
            .unwrap();
        let error = load(&issuer("")).unwrap_err();
        assert!(error.contains("`audience`"), "{error}");
        let error = load(&issuer(", audience = \"\"")).unwrap().check();
        let error = format!("{:#}", error.unwrap_err());
        assert!(
            error.contains("`directory.issuers`") && error.contains("`audience`"),
            "{error}"
        );
        let weak = issuer(", audience = \"cds\"").replace("ES256", "HS256");
        assert!(load(&weak).unwrap_err().contains("HS256"));
        let elsewhere = issuer(", audience = \"cds\"").replace("[directory]", "[projects]");
        let error = load(&elsewhere).unwrap().check().unwrap_err().to_string();
        assert!(error.contains("`projects.issuers`"), "{error}");
    }

    #[test]
    fn a_password_never_costs_less_than_the_floor() {
        let config = |part: &str, memory_mib: u32| {
            let cost = format!("{{ memory_mib = {memory_mib}, passes = 2 }}");
            load(&format!("[{part}]\npassword_cost = {cost}")).unwrap()
        };
        let good = config("directory", 19);
        good.check().unwrap();
        assert_eq!(
            good.directory_settings().password_cost,
            Some(PasswordCost::LEAST)
        );
        assert_eq!(load("").unwrap().directory_settings().password_cost, None);
        let error = config("directory", 18).check().unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains("`directory.password_cost`"), "{error}");
        let error = config("projects", 19).check().unwrap_err().to_string();
        assert!(error.contains("`projects.password_cost`"), "{error}");
    }

    #[test]
    fn only_the_directory_has_a_list_of_breached_passwords() {
        let config = |part: &str| {
            load(&format!("[{part}]\nbreached_passwords_file = \"list.txt\"")).unwrap()
        };
        config("directory").check().unwrap();
        let error = config("projects").check().unwrap_err().to_string();
        assert!(
            error.contains("`projects.breached_passwords_file`"),
            "{error}"
        );
    }

    #[test]
    fn settings_never_show_a_password() {
        let config = load("database_url = \"postgres://cds:s3cret@db/cds\"").unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn each_service_has_a_database_of_its_own() {
        let mut config = Config::default();
        let url = |config: &Config, it| config.database(it).unwrap().expose().to_owned();
        assert_eq!(
            url(&config, ServiceName::Projects),
            "sqlite://data/projects.db?mode=rwc"
        );
        config.database_url = Some(Secret::new("postgres://cds@db/cds"));
        assert_eq!(
            url(&config, ServiceName::Projects),
            "postgres://cds@db/cds_projects"
        );
        config.projects.database = Some(Secret::new("postgres://cds@other/p"));
        assert_eq!(
            url(&config, ServiceName::Projects),
            "postgres://cds@other/p"
        );
    }

    #[test]
    fn a_neighbour_that_is_nowhere_is_named() {
        let mut config = Config {
            services: vec![ServiceName::Reporting],
            ..Config::default()
        };
        config.directory.at = Some("http://127.0.0.1:8081".into());
        config.indicators.at = Some("http://127.0.0.1:8082".into());
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("`projects.at`"), "{error}");
        config.projects.at = Some("127.0.0.1:8083".into());
        let error = format!("{:#}", config.check().unwrap_err());
        assert!(
            error.contains("`projects.at`") && error.contains("`127.0.0.1:8083`"),
            "{error}"
        );
        config.projects.at = Some("http://127.0.0.1:8083".into());
        config.peer_secret = Some(Secret::new("0123456789abcdef0123456789abcdef"));
        config.check().unwrap();
    }

    #[test]
    fn services_that_run_apart_need_the_secret_they_know_each_other_by() {
        let mut config = Config {
            services: vec![ServiceName::Directory],
            ..Config::default()
        };
        let missing = config.check().unwrap_err().to_string();
        assert!(missing.contains("`peer_secret`"), "{missing}");
        config.peer_secret = Some(Secret::new("too short"));
        let short = config.check().unwrap_err().to_string();
        assert!(short.contains("fewer than 32 characters"), "{short}");
        config.peer_secret = Some(Secret::new("0123456789abcdef0123456789abcdef"));
        config.check().unwrap();
        // One process for everything needs none.
        Config::default().check().unwrap();
    }
}
