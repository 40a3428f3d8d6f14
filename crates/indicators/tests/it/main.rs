//! The indicators through their contract, on a real database behind the real gate.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aggregate_questions;
mod aggregates;
mod bounds;
mod breakdowns;
mod bulk;
mod definitions;
mod evidence;
mod explanation;
mod formulas;
mod indicators;
mod ingest;
mod ingest_ledger;
mod ingest_line;
mod ingest_rights;
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
mod validation_rule_life;
mod validation_rules;
mod values;
mod verdicts;
mod verification;
mod views;
