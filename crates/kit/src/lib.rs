//! What a service of CDS needs to run, and not one word of business.
//!
//! `kit` knows the contract only where every service meets it: signing keys and access
//! checks of `directory`. It holds no entity and no rule of any one service.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod access;
pub mod actor;
pub mod auth;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod etag;
pub mod gate;
pub mod inside;
pub mod jwt;
pub mod mask;
pub mod migrations;
pub mod page;
pub mod peer;
pub mod policy;
pub mod references;
pub mod run;
pub mod server;
pub mod service_key;
pub mod telemetry;
pub mod upload;

pub use access::Access;
pub use actor::{Actor, accept, accept_dialogue, read};
pub use clock::Clock;
pub use db::{Begin, Db, Tx};
pub use error::{Error, Reason, Result};
pub use inside::Inside;
pub use peer::Peer;
pub use upload::accept_stream;
