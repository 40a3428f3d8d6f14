//! Reporting through its contract, with the other three services beside it, on real
//! databases.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod approval;
mod assignments;
mod consolidation;
mod documents;
mod figures;
mod line;
mod locks;
mod money;
mod numbers;
mod planned_work;
mod reports;
mod signers;
mod stage;
mod taken_back;
#[path = "../../../../tests/it/text.rs"]
mod text;
mod unit_that_ended;
mod writing;
