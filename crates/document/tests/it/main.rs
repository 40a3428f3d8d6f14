//! The crate seen from outside: real reports, told as stories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod fixture;
mod hostile;
mod samples;
