//! Measures the indicators against the floors of the same machine, and prints JSON.
//!
//! `cargo bench -p indicators` measures on embedded SQLite, and also on PostgreSQL when
//! `TEST_DATABASE_URL` is set. Nothing here passes or fails.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    reason = "a program that measures: it stops at what it does not expect, and spawns freely"
)]

mod aggregate;

use std::env;

use serde_json::json;

/// Runs of each measurement after one to warm up; the median is told.
const RUNS: usize = 5;

fn main() {
    // `cargo test --benches` builds and starts benches too; there is nothing to test.
    if env::args().any(|it| it == "--test") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        tell(json!({
            "machine": { "cores": std::thread::available_parallelism().unwrap().get() },
            "runs": RUNS,
        }));
        let server = env::var("TEST_DATABASE_URL").ok();
        aggregate::measure("sqlite", None).await;
        match server.as_deref() {
            Some(server) => aggregate::measure("postgresql", Some(server)).await,
            None => eprintln!("not measured on PostgreSQL: TEST_DATABASE_URL is not set"),
        }
    });
}

fn tell(line: serde_json::Value) {
    println!("{line}");
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
