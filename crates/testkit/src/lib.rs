//! For tests only: fresh databases, a standing clock, and people to act as.
//!
//! A [`World`] is a real directory on a real database behind the real gate. People in it
//! are created, enrolled and signed in through the contract, as anybody would be; machines get
//! their tokens for a secret.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

pub mod catalogue;
mod columns;
mod database;
mod machine;
mod people;
mod world;

pub use columns::Scratch;
pub use database::TestDb;
pub use directory::Neighbours;
pub use machine::machine;
pub use people::Person;
pub use world::World;
