//! Measures the directory against the floors of the same machine, and prints JSON.
//!
//! `cargo bench -p directory` measures on embedded SQLite, and also on PostgreSQL when
//! `TEST_DATABASE_URL` is set. `SHARED_DATA` names the folder of the national catalogues;
//! without it a generated country of the same size is used, and said so. Client and
//! server are processes of their own. Nothing here passes or fails.
//!
//! `cargo bench -p directory -- import` measures the import alone; `decisions` and `load` (which
//! imports first) are the other parts.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    reason = "a program that measures: it stops at what it does not expect, and spawns freely"
)]

mod decisions;
mod import;
mod load;
mod server;

use std::env;

use serde_json::json;

/// Runs of each measurement; the median is told.
const RUNS: usize = 5;

fn main() {
    // `cargo test --benches` builds and starts benches too; there is nothing to test.
    if env::args().any(|it| it == "--test") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match env::var("CDS_BENCH_ROLE").as_deref() {
        Ok("echo") => runtime.block_on(server::echo()),
        Ok("directory") => runtime.block_on(server::directory()),
        _ => runtime.block_on(measure()),
    }
}

async fn measure() {
    tell(json!({
        "machine": { "cores": std::thread::available_parallelism().unwrap().get() },
        "runs": RUNS,
    }));
    let parts = ["decisions", "import", "load"];
    let named: Vec<_> = env::args()
        .filter(|it| parts.contains(&it.as_str()))
        .collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|it| it == part);
    if wanted("decisions") {
        decisions::measure();
    }
    if !wanted("import") && !wanted("load") {
        return;
    }
    let mut databases = vec![("sqlite", None)];
    match env::var("TEST_DATABASE_URL") {
        Ok(url) => databases.push(("postgresql", Some(url))),
        Err(_) => eprintln!("not measured on PostgreSQL: TEST_DATABASE_URL is not set"),
    }
    for (name, server) in databases {
        let place = server::Place::fresh(server.as_deref()).await;
        let administrator = import::measure(name, &place).await;
        if wanted("load") {
            load::measure(name, &administrator).await;
        }
    }
}

fn tell(line: serde_json::Value) {
    println!("{line}");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
