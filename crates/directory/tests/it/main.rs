//! The directory through its contract, on a real database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod acts;
mod administrators;
mod country;
mod duties;
mod flood;
mod grants;
mod guessing;
mod idle;
mod imports;
mod keys;
mod machines;
mod mappings;
mod matrix;
mod moments;
mod oauth;
mod outside;
mod passwords;
mod people;
mod positions;
mod reference;
mod refresh;
mod reorganizations;
mod retired;
mod reversals;
mod sessions;
mod sign_out;
mod signer;
mod signing;
mod tokens;
mod units;
mod watch;
mod web;
