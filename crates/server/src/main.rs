//! `cds-server`: see `cds-server --help`.

use std::process::ExitCode;

use clap::Parser;
use server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match server::cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line whatever broke: causes are joined, line breaks folded.
            let told = format!("{error:#}");
            let told: Vec<_> = told.split_whitespace().collect();
            eprintln!("cds-server: {}", told.join(" "));
            ExitCode::FAILURE
        }
    }
}
