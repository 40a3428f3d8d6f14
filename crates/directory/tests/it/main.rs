//! The directory through its contract, on a real database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod country;
mod grants;
mod keys;
mod machines;
mod matrix;
mod oauth;
mod outside;
mod reference;
mod refresh;
mod reorganizations;
mod sessions;
mod sign_out;
mod signer;
mod tokens;
mod units;
mod web;
