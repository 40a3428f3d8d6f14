//! Measures the money of a province against the database's own sum, and prints JSON.
//!
//! `cargo bench -p projects` measures on embedded SQLite, and also on PostgreSQL when
//! `TEST_DATABASE_URL` is set. Each database is measured in a process of its own. Everything
//! is entered and asked through the contract, behind the real gate. Nothing here passes or
//! fails, but for one thing: sums that are not those of the database stop it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    reason = "a program that measures: it stops at what it does not expect"
)]

mod money;
mod province;

use std::{env, process::Command};

use serde_json::json;

/// Runs of each measurement; the median is told.
const RUNS: usize = 25;
const DATABASE: &str = "TEST_DATABASE_URL";
const ROLE: &str = "CDS_BENCH_ROLE";

fn main() {
    // `cargo test --benches` builds and starts benches too; there is nothing to test.
    if env::args().any(|it| it == "--test") {
        return;
    }
    if let Ok(database) = env::var(ROLE) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(money::measure(&database));
        return;
    }
    tell(json!({
        "machine": { "cores": std::thread::available_parallelism().unwrap().get() },
        "runs": RUNS,
    }));
    let own = env::current_exe().unwrap();
    let run = |command: &mut Command| assert!(command.status().unwrap().success());
    run(Command::new(&own).env(ROLE, "sqlite").env_remove(DATABASE));
    match env::var(DATABASE) {
        Ok(_) => run(Command::new(&own).env(ROLE, "postgresql")),
        Err(_) => eprintln!("not measured on PostgreSQL: {DATABASE} is not set"),
    }
}

fn tell(line: serde_json::Value) {
    println!("{line}");
}

/// Returns the middle and the nearly worst of some times.
fn spread(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    (at(50), at(99))
}
