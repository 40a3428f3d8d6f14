//! The one program: it chooses services, opens them, joins them and runs them.
//!
//! Owns nothing: no table, no rule, no message. [`assembly`] is the only place that
//! knows whether a neighbour is in this process or behind an address.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod assembly;
pub mod cli;
pub mod config;
pub mod databases;
pub mod demo;
pub mod import;
pub mod serve;
mod terminal;

pub use assembly::Assembly;
pub use config::Config;
