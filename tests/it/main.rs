//! All services together, from a caller without a token to the printed report.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod catalogue;
mod console;
mod import_command;
mod import_kill;
mod ingest_kill;
mod modes;
mod process;
mod rights;
mod seed;
mod stale;
mod sweep;
mod text;
