//! Measures the indicators against the floors of the same machine, and prints JSON.
//!
//! `cargo bench -p indicators` measures on embedded SQLite, and also on PostgreSQL when
//! `TEST_DATABASE_URL` is set. For `ingest` client and server are processes of
//! their own; `aggregate` asks over TCP within one. Nothing here passes or fails.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    reason = "a program that measures: it stops at what it does not expect, and spawns freely"
)]

mod aggregate;
mod figures;
mod floor;
mod ingest;
mod server;

use std::{env, process::Command};

use serde_json::json;
use server::Database;

/// Runs of each measurement after one to warm up; the median is told.
const RUNS: usize = 5;

fn main() {
    // `cargo test --benches` builds and starts benches too; there is nothing to test.
    if env::args().any(|it| it == "--test") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match env::var("CDS_BENCH_ROLE").as_deref() {
        Ok("indicators") => runtime.block_on(server::indicators()),
        _ => runtime.block_on(measure()),
    }
}

async fn measure() {
    tell(json!({
        "machine": { "cores": std::thread::available_parallelism().unwrap().get() },
        "commit": commit(),
        "runs": RUNS,
    }));
    for database in Database::all() {
        ingest::measure(&database).await;
        aggregate::measure(database.name, database.server.as_deref()).await;
    }
}

fn commit() -> String {
    let git = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .output();
    let told = git.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    told.unwrap_or_default()
}

fn tell(line: serde_json::Value) {
    println!("{line}");
}

fn median(values: &[f64]) -> f64 {
    share(values, 0.5)
}

/// Returns what so many of the values lie below.
fn share(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let place = values.len() as f64 * share;
    values[(place as usize).min(values.len() - 1)]
}
