//! The indicators through their contract, on a real database behind the real gate.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bulk;
mod indicators;
mod story;
mod values;
