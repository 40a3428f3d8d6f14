//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Result, anyhow};
use clap::{Args, Parser, Subcommand};
use kit::{
    config::Secret,
    telemetry::{self, Format},
};

use crate::{Config, config::ServiceName, demo, import, serve};

const EXAMPLES: &str = "\
Examples:
  cds-server demo                        the whole reporting cycle in a few seconds: out/*.pdf, out/*.docx
  cds-server demo --serve                the same, and keep serving to look around
  cds-server                             all services on 127.0.0.1:8080, databases in ./data
  cds-server serve --config cds.toml     with settings from a file (see deploy/config.toml)
  cds-server migrate --create --database-url postgres://cds@db/cds
                                         make and update the PostgreSQL databases
  cds-server recover-administrator       a new one-time secret, when no administrator can come in
  cds-server serve --services reporting --directory-at http://10.0.0.5:8080 \\
      --indicators-at http://10.0.0.6:8080 --projects-at http://10.0.0.7:8080
                                         one service; it asks the others over the network

Every setting can also be given as an environment variable, such as CDS_LISTEN or
CDS_DIRECTORY__DATABASE. Flags win over the environment, the environment over the file.";

/// The reporting backbone of a province's digital transformation: units, indicators,
/// projects and reports as four gRPC services in one program.
#[derive(Debug, Parser)]
#[command(name = "cds-server", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve all services, or some, on one port until Ctrl-C or SIGTERM. The default.
    Serve(ServeFlags),
    /// Bring the databases up to date. Embedded ones do it by themselves when served.
    Migrate(MigrateFlags),
    /// Let an administrator in again, with access to the database of the directory: prints a
    /// one-time secret that works for 15 minutes. For a first secret that ran out, too.
    RecoverAdministrator(RecoverFlags),
    /// Make the sample province in a fresh place, carry its reports from request to
    /// consolidation through the public API, and print them as PDF and DOCX.
    Demo(demo::Options),
    /// Import a catalogue of units (CSV) of one day into a running directory, and tell every row.
    ImportCatalogue(import::CatalogueOptions),
    /// Import which unit becomes which (CSV), as one reorganisation that is applied at once.
    ImportMapping(import::MappingOptions),
}

#[derive(Debug, Default, Args)]
struct ServeFlags {
    #[command(flatten)]
    common: CommonFlags,
    /// Address to listen on; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where the directory answers when it does not run here
    #[arg(long, value_name = "URL")]
    directory_at: Option<String>,
    /// Where the indicators answer when they do not run here
    #[arg(long, value_name = "URL")]
    indicators_at: Option<String>,
    /// Where the projects answer when they do not run here
    #[arg(long, value_name = "URL")]
    projects_at: Option<String>,
    /// Where the reporting answers, for the directory to ask before it takes a reorganisation back
    #[arg(long, value_name = "URL")]
    reporting_at: Option<String>,
}

#[derive(Debug, Args)]
struct MigrateFlags {
    #[command(flatten)]
    common: CommonFlags,
    /// Make PostgreSQL databases that are not there yet
    #[arg(long)]
    create: bool,
}

#[derive(Debug, Args)]
struct RecoverFlags {
    #[command(flatten)]
    common: CommonFlags,
    /// Whom; without it, the first administrator, and only while nobody who administers can come
    /// in. The person administers afterwards, is not suspended, and the old password is gone
    #[arg(long, value_name = "ID")]
    user: Option<String>,
}

#[derive(Debug, Default, Args)]
struct CommonFlags {
    /// Settings file, TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the embedded databases [default: data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL instead of embedded databases; `…/cds` stands for cds_directory, cds_indicators, …
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Services of this process, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    services: Vec<ServiceName>,
    /// Log levels; info,kit::gate=debug also logs every call [default: info,sea_orm_migration=warn,sqlx=warn]
    #[arg(long, value_name = "LEVELS")]
    log: Option<String>,
    /// Log as text for people or json for machines [default: text]
    #[arg(long, value_name = "FORMAT", value_parser = log_format)]
    log_format: Option<Format>,
}

/// Does what the command line asks for.
///
/// # Errors
/// With everything a person needs to know in one line.
pub async fn run(cli: Cli) -> Result<()> {
    match cli
        .command
        .unwrap_or_else(|| Command::Serve(ServeFlags::default()))
    {
        Command::Serve(flags) => {
            let mut config = flags.common.config()?;
            set(&mut config.listen, flags.listen);
            set_some(&mut config.directory.at, flags.directory_at);
            set_some(&mut config.indicators.at, flags.indicators_at);
            set_some(&mut config.projects.at, flags.projects_at);
            set_some(&mut config.reporting.at, flags.reporting_at);
            start_log(&config.log.filter, config.log.format)?;
            serve::serve(&config).await
        }
        Command::Migrate(flags) => {
            let config = flags.common.config()?;
            start_log(&config.log.filter, config.log.format)?;
            serve::migrate(&config, flags.create).await
        }
        Command::RecoverAdministrator(flags) => {
            let config = flags.common.config()?;
            start_log(&config.log.filter, config.log.format)?;
            serve::recover_administrator(&config, flags.user.as_deref()).await
        }
        Command::Demo(options) => {
            start_log(&options.log, Format::Text)?;
            demo::run(options).await
        }
        Command::ImportCatalogue(options) => import::catalogue(options).await,
        Command::ImportMapping(options) => import::mapping(options).await,
    }
}

impl CommonFlags {
    /// Reads the settings, with these flags on top.
    fn config(self) -> Result<Config> {
        let mut config: Config = kit::config::load(self.config.as_deref())?;
        set(&mut config.data_dir, self.data_dir);
        set_some(&mut config.database_url, self.database_url.map(Secret::new));
        set(
            &mut config.services,
            Some(self.services).filter(|it| !it.is_empty()),
        );
        set(&mut config.log.filter, self.log);
        set(&mut config.log.format, self.log_format);
        config.services.sort_unstable();
        config.services.dedup();
        Ok(config)
    }
}

fn set<T>(setting: &mut T, flag: Option<T>) {
    if let Some(flag) = flag {
        *setting = flag;
    }
}

fn set_some<T>(setting: &mut Option<T>, flag: Option<T>) {
    if flag.is_some() {
        *setting = flag;
    }
}

fn log_format(text: &str) -> Result<Format, String> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("it is `text` or `json`".to_owned()),
    }
}

fn start_log(filter: &str, format: Format) -> Result<()> {
    telemetry::start(filter, format).map_err(|error| anyhow!("bad settings: `log.filter`: {error}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_everything_is_served() {
        let cli = Cli::try_parse_from(["cds-server"]).unwrap();
        assert!(cli.command.is_none());
    }

    #[test]
    fn a_flag_wins_over_the_default() {
        let cli =
            Cli::try_parse_from(["cds-server", "migrate", "--services", "reporting,projects"]);
        let Some(Command::Migrate(flags)) = cli.unwrap().command else {
            panic!()
        };
        let config = flags.common.config().unwrap();
        assert_eq!(
            config.services,
            [ServiceName::Projects, ServiceName::Reporting]
        );
    }
}
