//! `cds-server demo`: the whole reporting cycle of a province, through the public API
//! only, by the right people with tokens of their own.
//!
//! Two parts that know nothing of each other: [`run`] opens the services in a fresh
//! place; [`walk`] does the work and would do it against any servers.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, ensure};
use chrono::DateTime;
use directory::PasswordCost;
use kit::{Clock, Peer, config::Secret, run::Run, server::Port};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    Assembly, Config,
    config::{ClockSettings, ServiceName, check_address},
    databases, serve,
    terminal::say,
};

pub(crate) mod ask;
mod criteria;
mod district;
mod people;
mod province;
mod sample;
mod steps;
mod words;

pub use people::Visitor;
pub use sample::Sample;

use steps::Steps;

/// The morning on which the demo takes place: two days after the request was signed.
pub const MORNING: &str = "2022-06-24T08:00:00+07:00";

/// What the command line says about a demo.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Where the documents go
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Keep serving afterwards, with the databases in DIR/data, and say how to call it
    #[arg(long)]
    serve: bool,
    /// Address to serve on with --serve
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))]
    listen: SocketAddr,
    /// Use fresh databases on this PostgreSQL server; dropped at the end unless --serve
    #[arg(long, value_name = "URL", value_parser = secret)]
    database_url: Option<Secret>,
    /// Read the sample from here instead of the one that comes with the program
    #[arg(long, value_name = "DIR")]
    sample: Option<PathBuf>,
    /// Log levels, such as info or info,kit::gate=debug
    #[arg(long, value_name = "LEVELS", default_value = "warn")]
    pub(crate) log: String,
    /// Walk against servers that run already and are fresh: one address for all
    /// services, or four, in the order directory, indicators, projects, reporting
    #[arg(
        long,
        value_name = "URL",
        value_delimiter = ',',
        hide = true,
        requires = "secret"
    )]
    against: Vec<String>,
    /// Enrolment secret of their first administrator
    #[arg(long, value_name = "SECRET", hide = true, value_parser = secret)]
    secret: Option<Secret>,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// The services as a client meets them.
#[derive(Debug, Clone)]
pub struct Peers {
    /// Where the directory answers.
    pub directory: Peer,
    /// Where the indicators answer.
    pub indicators: Peer,
    /// Where the projects answer.
    pub projects: Peer,
    /// Where the reporting answers.
    pub reporting: Peer,
}

impl From<Peer> for Peers {
    fn from(all: Peer) -> Self {
        Self {
            directory: all.clone(),
            indicators: all.clone(),
            projects: all.clone(),
            reporting: all,
        }
    }
}

/// What a walk leaves behind.
#[derive(Debug)]
pub struct Walked {
    /// Files written.
    pub documents: Vec<PathBuf>,
    /// A person who may look around.
    pub visitor: Visitor,
}

/// Opens all services in a fresh place, walks, and cleans up or keeps serving.
///
/// # Errors
/// When a place is not fresh, a port is busy, or a step is refused.
pub async fn run(options: Options) -> Result<()> {
    let sample = Sample::load(options.sample.as_deref())?;
    if let Some(secret) = &options.secret
        && !options.against.is_empty()
    {
        let peers = peers(&options.against)?;
        let walked = walk(peers, secret.expose(), &sample, &options.out).await?;
        say_documents(&walked);
        return Ok(());
    }
    let stage = Stage::set(&options)?;
    let played = play(&stage, &sample, &options).await;
    let struck = stage.strike(options.serve && played.is_ok()).await;
    played.and(struck)
}

/// Serves on a real port and walks against it over TCP.
async fn play(stage: &Stage, sample: &Sample, options: &Options) -> Result<()> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listen = if options.serve {
        options.listen
    } else {
        any_port
    };
    let port = Port::take(listen).await.map_err(anyhow::Error::msg)?;
    let address = serve::reachable(port.address().map_err(|error| anyhow!("{error:?}"))?);
    serve::migrate(&stage.config, true).await?;
    let assembly = Assembly::open(&stage.config).await?;
    let first = assembly
        .first_administrator()
        .context("the directory is not fresh")?;
    let secret = first.secret.clone();

    let mut run = Run::new();
    let stop = run.stop();
    run.start(
        "server",
        async move { Ok(assembly.serve(port, stop).await?) },
    );
    let stopper = run.stopper();
    let walking = async {
        let peers = peers(&[format!("http://{address}")])?;
        let walked = walk(peers, &secret, sample, &options.out).await?;
        say_documents(&walked);
        if options.serve {
            say_how_to_call(&walked.visitor, address);
        }
        Ok(())
    };
    let (walked, served) = tokio::join!(
        async {
            let walked: Result<()> = walking.await;
            if walked.is_err() || !options.serve {
                stopper.stop();
            }
            walked
        },
        run.until_stopped(),
    );
    served.map_err(|error| anyhow!(error)).and(walked)
}

/// Carries the reports of the sample from request to consolidation and prints them.
///
/// The services must be fresh; `secret` enrolls their first administrator.
///
/// # Errors
/// The step that was refused, and why.
pub async fn walk(
    peers: impl Into<Peers>,
    secret: &str,
    sample: &Sample,
    out: &Path,
) -> Result<Walked> {
    let peers = peers.into();
    let mut steps = Steps::new();
    fs::create_dir_all(out).with_context(|| format!("cannot make `{}`", out.display()))?;
    let people = people::settle(&peers, secret, sample, &mut steps).await?;
    province::ask_for_reports(&peers, &people, sample, &mut steps).await?;
    for district in &sample.districts {
        district::report(&peers, &people, sample, district, &mut steps).await?;
    }
    criteria::publish(&peers, &people, sample, &mut steps).await?;
    let documents =
        province::consolidate_and_print(&peers, &people, sample, out, &mut steps).await?;
    steps.finish();
    Ok(Walked {
        documents,
        visitor: people.visitor(sample)?,
    })
}

fn peers(addresses: &[String]) -> Result<Peers> {
    let peer = |address: &String| {
        check_address(address)?;
        Peer::remote(address).map_err(|error| anyhow!("{error:?}"))
    };
    match addresses {
        [all] => Ok(Peers::from(peer(all)?)),
        [directory, indicators, projects, reporting] => Ok(Peers {
            directory: peer(directory)?,
            indicators: peer(indicators)?,
            projects: peer(projects)?,
            reporting: peer(reporting)?,
        }),
        _ => Err(anyhow!("`--against` takes one address or four")),
    }
}

/// A fresh place for the services: a directory or databases nobody else uses.
struct Stage {
    config: Config,
    _directory: Option<TempDir>,
}

impl Stage {
    fn set(options: &Options) -> Result<Self> {
        let mut config = Config {
            clock: ClockSettings {
                shift_seconds: shift_to_morning()?,
            },
            ..Config::default()
        };
        // A dozen people enroll and sign in, with passwords of an hour.
        config.directory.password_cost = Some(PasswordCost::LEAST);
        let mut directory = None;
        if let Some(base) = &options.database_url {
            let run = format!("demo_{}", &Uuid::new_v4().simple().to_string()[..8]);
            config.database_url = Some(Secret::new(databases::of_service(base.expose(), &run)?));
        } else if options.serve {
            config.data_dir = options.out.join("data");
            let is_used = config.data_dir.exists();
            let shown = config.data_dir.display();
            ensure!(
                !is_used,
                "`{shown}` holds an earlier demo: remove it or choose another --out"
            );
        } else {
            let fresh = TempDir::with_prefix("cds-demo-").context("cannot make a directory")?;
            config.data_dir = fresh.path().to_owned();
            directory = Some(fresh);
        }
        Ok(Self {
            config,
            _directory: directory,
        })
    }

    /// Takes away what was made, unless it is still wanted.
    async fn strike(self, keep: bool) -> Result<()> {
        if keep {
            return Ok(());
        }
        if self.config.database_url.is_none() {
            // The directory was not there before; half a demo is of use to nobody.
            let _ = fs::remove_dir_all(&self.config.data_dir);
            return Ok(());
        }
        for service in ServiceName::ALL {
            databases::drop(self.config.database(service)?.expose()).await?;
        }
        Ok(())
    }
}

fn shift_to_morning() -> Result<i64> {
    let morning = DateTime::parse_from_rfc3339(MORNING)?;
    Ok(morning.timestamp() - Clock::system().now().timestamp())
}

fn say_documents(walked: &Walked) {
    say("");
    say("Văn bản (documents):");
    for document in &walked.documents {
        say(format_args!("  {}", document.display()));
    }
}

fn say_how_to_call(visitor: &Visitor, address: SocketAddr) {
    say("");
    say(format_args!(
        "Đang phục vụ tại {address}, dừng bằng Ctrl-C (serving; Ctrl-C stops it)."
    ));
    say(format_args!(
        "Gọi thử với quyền của {} (call it as this person):",
        visitor.display_name
    ));
    say(format_args!("  TOKEN={}", visitor.token));
    say(format_args!(
        "  grpcurl -plaintext -H \"authorization: Bearer $TOKEN\" \
         -d '{{\"unit\":\"{}\",\"period\":\"{}\"}}' \
         {address} cds.indicators.v1.ValueService/ListIndicatorValues",
        visitor.example_unit, visitor.example_period,
    ));
    say("Mã truy cập có hạn 5 phút; lấy mã mới (the token lasts 5 minutes; a new one):");
    let line = serve::sign_in_line(&visitor.user, visitor.password.expose(), address);
    say(format_args!("  {line}"));
}
