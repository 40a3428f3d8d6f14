//! How the services of one installation know each other.
//!
//! Services that run apart share a secret, from which each draws the same key pair. With
//! it one signs, for a minute, that it is a service of this installation; the directory
//! then tells it what no person may read as a whole. Services in one process need none.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::{EncodingKey, Header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tonic::metadata::{Ascii, MetadataValue};

use crate::{
    Clock, Error, Result,
    auth::ISSUER,
    config::Secret,
    jwt::{self, Algorithm, PublicKey, Rules},
};

/// Type of the token, so that it is never taken for a person's.
const TOKEN_TYPE: &str = "cds-int+jwt";
/// Whom it is for.
const AUDIENCE: &str = "cds/services";
/// How long a token works, in seconds (`security.md` §1.2).
const LIFE_SECONDS: i64 = 60;
/// A shorter secret could be guessed.
pub const SHORTEST_SECRET: usize = 32;
/// Keeps the pair apart from whatever else the secret may be used for.
const PURPOSE: &str = "cds service key 1";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// The key pair of the installation, ready to sign and to verify with.
#[derive(Clone)]
pub struct ServiceKey {
    sign: Arc<EncodingKey>,
    verify: Arc<PublicKey>,
    clock: Clock,
}

impl std::fmt::Debug for ServiceKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ServiceKey(***)")
    }
}

impl ServiceKey {
    /// Draws the key pair from the secret; none when it is shorter than 32 characters.
    #[must_use]
    pub fn new(secret: &Secret, clock: Clock) -> Option<Self> {
        let secret = secret.expose().as_bytes();
        if secret.len() < SHORTEST_SECRET {
            return None;
        }
        let seed = Sha256::new()
            .chain_update(PURPOSE)
            .chain_update(secret)
            .finalize();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        let pkcs8 = pair.to_pkcs8().ok()?;
        Some(Self {
            sign: Arc::new(EncodingKey::from_ed_der(pkcs8.as_ref())),
            verify: Arc::new(PublicKey::from_ed25519(pair.public_key().as_ref())?),
            clock,
        })
    }

    /// Signs that the bearer is a service of this installation.
    ///
    /// # Errors
    /// Internal when it cannot be signed.
    pub(crate) fn bearer(&self) -> Result<MetadataValue<Ascii>> {
        let now = self.clock.now().timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now + LIFE_SECONDS,
        };
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        let token = jsonwebtoken::encode(&header, &claims, &self.sign).map_err(Error::internal)?;
        MetadataValue::try_from(format!("Bearer {token}")).map_err(Error::internal)
    }

    /// Checks that a token was signed by a service of this installation.
    ///
    /// # Errors
    /// Unauthenticated with `TOKEN_INVALID` or `TOKEN_EXPIRED`.
    pub(crate) fn check(&self, token: &str) -> Result<()> {
        let rules = Rules {
            typ: Some(TOKEN_TYPE),
            algorithms: &[Algorithm::EdDsa],
            issuer: ISSUER,
            audiences: &[AUDIENCE],
            others_too: false,
            now: self.clock.now(),
        };
        jwt::verify::<Claims>(token, &self.verify, &rules).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str, clock: &Clock) -> ServiceKey {
        ServiceKey::new(&Secret::new(secret), clock.clone()).unwrap()
    }

    fn token(key: &ServiceKey) -> String {
        let bearer = key.bearer().unwrap();
        bearer.to_str().unwrap().replace("Bearer ", "")
    }

    #[test]
    fn a_service_is_known_by_the_shared_secret_and_for_a_minute() {
        let clock = Clock::standing_at("2026-11-25T01:00:00Z".parse().unwrap());
        let ours = key("0123456789abcdef0123456789abcdef", &clock);
        let sent = token(&ours);
        ours.check(&sent).unwrap();
        let theirs = key("another-secret-of-32-characters!!", &clock);
        let refused = |it: Result<()>| match it {
            Err(Error::Unauthenticated(reason)) => reason.code,
            _ => "",
        };
        assert_eq!(refused(theirs.check(&sent)), "TOKEN_INVALID");
        assert_eq!(refused(ours.check("no token")), "TOKEN_INVALID");
        clock.set("2026-11-25T01:01:31Z".parse().unwrap());
        assert_eq!(refused(ours.check(&sent)), "TOKEN_EXPIRED");
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_not_taken() {
        let short = Secret::new("0123456789abcdef0123456789abcde");
        assert!(ServiceKey::new(&short, Clock::system()).is_none());
    }
}
