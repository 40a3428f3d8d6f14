//! Logs: to standard error, as text for people or JSON for machines.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One line of text per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// Starts logging. `filter` is as in `info,kit::gate=debug`.
///
/// # Errors
/// When the filter cannot be read or logging has started already.
pub fn start(filter: &str, format: Format) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = EnvFilter::try_new(filter)?;
    let colours = io::stderr().is_terminal();
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        Format::Text => registry
            .with(fmt::layer().with_ansi(colours).with_writer(io::stderr))
            .try_init()?,
        Format::Json => registry
            .with(fmt::layer().json().with_writer(io::stderr))
            .try_init()?,
    }
    Ok(())
}
