//! The signed statement with which a machine says who it is (RFC 7523 §3).

use chrono::{DateTime, Duration, Utc};
use kit::jwt::{self, Algorithm, PublicKey, Rules};
use serde::Deserialize;
use types::ids::ServiceAccountId;

use super::{No, Oauth, http};
use crate::service_account::key::{Key, Proof};

pub(super) mod store;

/// A statement lives no longer than this, so that one that was overheard is soon worthless.
const LONGEST_LIFE: Duration = Duration::seconds(60);
/// The ways a machine may sign.
pub(super) const ALGORITHMS: [Algorithm; 2] = [Algorithm::EdDsa, Algorithm::Es256];

/// What it has to say.
#[derive(Debug, Deserialize)]
pub(super) struct Assertion {
    sub: String,
    pub(super) jti: String,
    pub(super) exp: i64,
}

/// Verifies a statement, and returns it with the key it was signed with. A machine has few
/// living keys, so each is tried, whatever the header says of them.
pub(super) fn verify<'a>(
    text: &str,
    client: &ServiceAccountId,
    keys: &'a [Key],
    oauth: &Oauth,
    now: DateTime<Utc>,
) -> Result<(&'a Key, Assertion), No> {
    let (server, endpoint) = (&*oauth.public_url, oauth.at(http::TOKEN));
    let rules = Rules {
        typ: None,
        algorithms: &ALGORITHMS,
        issuer: client.as_str(),
        audiences: &[server, &endpoint],
        others_too: false,
        now,
    };
    let signed = keys.iter().find_map(|key| {
        let Proof::PublicJwk(jwk) = &key.proof else {
            return None;
        };
        let public = PublicKey::from_jwk(jwk)?;
        let assertion = jwt::verify::<Assertion>(text, &public, &rules).ok()?;
        Some((key, assertion))
    });
    let (key, assertion) = signed.ok_or(No::Client(
        "no living key has signed such an assertion for us",
    ))?;
    if assertion.sub != client.as_str() {
        return Err(No::Client("the assertion speaks for another machine"));
    }
    if assertion.exp > (now + LONGEST_LIFE).timestamp() {
        return Err(No::Client("the assertion lives longer than a minute"));
    }
    if assertion.jti.is_empty() {
        return Err(No::Client("the assertion has no id"));
    }
    Ok((key, assertion))
}
