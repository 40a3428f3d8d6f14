//! The directory through its contract, on a real database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod country;
mod duties;
mod grants;
mod imports;
mod keys;
mod matrix;
mod reference;
mod refresh;
mod reorganizations;
mod retired;
mod reversals;
mod sessions;
mod sign_out;
mod units;
mod watch;
