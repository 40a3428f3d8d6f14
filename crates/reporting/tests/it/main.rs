//! Reporting through its contract, with the other three services beside it, on real
//! databases.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod consolidation;
mod documents;
mod line;
mod locks;
mod planned_work;
mod reports;
mod signers;
mod stage;
mod taken_back;
mod writing;
