//! `cds-server` as an operator meets it: the program itself, its exit code and its words.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod refusals;
