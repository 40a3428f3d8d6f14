//! The directory through its contract, on a real database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod country;
mod grants;
mod guessing;
mod keys;
mod matrix;
mod passwords;
mod people;
mod positions;
mod reference;
mod refresh;
mod reorganizations;
mod sessions;
mod sign_out;
mod signing;
mod units;
