//! `cds-server serve`, `cds-server migrate` and `cds-server recover-administrator`.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
};

use anyhow::{Context, Result, anyhow};
use kit::{run::Run, server::Port};

use crate::{Assembly, Config, assembly, config::ServiceName, databases, terminal::say};

/// Serves until a signal comes.
///
/// # Errors
/// When the port is busy, a setting is bad or a database is not there.
pub async fn serve(config: &Config) -> Result<()> {
    config.check()?;
    warn_of_shift(config);
    let port = Port::take(config.listen)
        .await
        .map_err(anyhow::Error::msg)?;
    let address = reachable(port.address().map_err(|error| anyhow!("{error:?}"))?);
    make_data_dir(config)?;
    let assembly = Assembly::open(config).await?;
    let names: Vec<_> = config.services.iter().map(|it| it.name()).collect();
    say(format_args!(
        "cds-server: serving {} on {address}",
        names.join(", ")
    ));
    if let Some(first) = assembly.first_administrator() {
        say("Nobody administers this directory yet.");
        say(enroll_line(&first.user.name(), &first.secret, address));
    }
    let mut run = Run::new();
    let stop = run.stop();
    run.start(
        "server",
        async move { Ok(assembly.serve(port, stop).await?) },
    );
    run.until_stopped().await.map_err(|error| anyhow!(error))
}

/// Brings the databases of the chosen services up to date; with `create` makes missing
/// PostgreSQL databases first.
///
/// # Errors
/// When a database is not there or a migration fails.
pub async fn migrate(config: &Config, create: bool) -> Result<()> {
    make_data_dir(config)?;
    for service in &config.services {
        let url = config.database(*service)?;
        let is_made =
            create && is_postgresql(url.expose()) && databases::create(url.expose()).await?;
        let db = assembly::connect(config, *service, &config.clock()).await?;
        assembly::migrate(&db, *service).await?;
        let made = if is_made {
            "created and up to date"
        } else {
            "up to date"
        };
        tracing::info!("the database of `{}` is {made}", service.name());
    }
    Ok(())
}

/// Prints a one-time secret with which an administrator comes in again. The directory may be
/// running meanwhile.
///
/// # Errors
/// When somebody administers and nobody is named, the name is of nobody, or the database is not
/// there or not up to date.
pub async fn recover_administrator(config: &Config, user: Option<&str>) -> Result<()> {
    config.check()?;
    let config = Config {
        services: vec![ServiceName::Directory],
        ..config.clone()
    };
    make_data_dir(&config)?;
    let recovered = assembly::recover_administrator(&config, user).await?;
    say(enroll_line(
        &recovered.user.name(),
        &recovered.secret,
        reachable(config.listen),
    ));
    Ok(())
}

/// A rehearsal must never be taken for earnest.
fn warn_of_shift(config: &Config) {
    let seconds = config.clock.shift_seconds;
    if seconds != 0 {
        let now = config.clock().now();
        tracing::warn!("the clock is shifted by {seconds} s: for these services it is {now}");
    }
}

fn make_data_dir(config: &Config) -> Result<()> {
    let mut is_needed = false;
    for service in &config.services {
        is_needed |= config.part(*service).database.is_none() && config.database_url.is_none();
    }
    if is_needed {
        let directory = config.data_dir.display();
        // The databases hold signing keys: nobody else on the machine may read them.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&config.data_dir)
            .with_context(|| format!("cannot make the data directory `{directory}`"))?;
    }
    Ok(())
}

fn is_postgresql(url: &str) -> bool {
    url.starts_with("postgres")
}

/// Returns an address that a program on this machine can call.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
    } else {
        address
    }
}

/// The line that sets an administrator's password. Reflection is for signed-in
/// callers, so the line brings the contract along.
fn enroll_line(user: &str, secret: &str, address: SocketAddr) -> String {
    format!(
        "The secret works once, within 15 minutes (after that: `cds-server recover-administrator`, \
         with the same settings); choose a password of 15 characters or more and run, in the \
         repository:\n  \
         grpcurl -plaintext -import-path proto -proto cds/directory/v1/session_service.proto \
         -d '{{\"user\":\"{user}\",\"secret\":\"{secret}\",\"password\":\"…\"}}' \
         {address} cds.directory.v1.SessionService/Enroll"
    )
}

/// The line with which a person gets an access token.
pub(crate) fn sign_in_line(user: &str, password: &str, address: SocketAddr) -> String {
    format!(
        "grpcurl -plaintext -import-path proto -proto cds/directory/v1/session_service.proto \
         -d '{{\"user\":\"{user}\",\"password\":\"{password}\"}}' \
         {address} cds.directory.v1.SessionService/SignIn"
    )
}
