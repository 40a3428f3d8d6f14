//! The indicators through their contract, on a real database behind the real gate.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aggregates;
mod breakdowns;
mod bulk;
mod definitions;
mod explanation;
mod formulas;
mod indicators;
mod ingest;
mod ingest_line;
mod locks;
mod migrations;
mod ranking;
mod reconciliation;
mod reform;
mod replay;
mod samples;
mod scorecards;
mod scoring;
mod sheets;
mod sources;
mod story;
mod targets;
mod validation;
mod values;
mod verification;
mod views;
