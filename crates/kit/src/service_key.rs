//! How the services of one installation know each other.
//!
//! Services that run apart share a secret. With it one signs, for a minute, that it is a
//! service of this installation; the directory then tells it what no person may read as
//! a whole. Services in one process need none.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tonic::metadata::{Ascii, MetadataValue};

use crate::{
    Clock, Error, Result,
    auth::ISSUER,
    config::Secret,
    error::{TOKEN_EXPIRED, TOKEN_INVALID},
};

/// Type of the token, so that it is never taken for a person's.
const TOKEN_TYPE: &str = "cds-int+jwt";
/// Whom it is for.
const AUDIENCE: &str = "cds/services";
/// How long a token works, in seconds (`security.md` §1.2).
const LIFE_SECONDS: i64 = 60;
/// How far clocks may disagree, in seconds.
const LEEWAY_SECONDS: i64 = 30;
/// A shorter secret could be guessed.
pub const SHORTEST_SECRET: usize = 32;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// The shared secret, ready to sign and to verify with.
#[derive(Clone)]
pub struct ServiceKey {
    sign: Arc<EncodingKey>,
    verify: Arc<DecodingKey>,
    clock: Clock,
}

impl std::fmt::Debug for ServiceKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ServiceKey(***)")
    }
}

impl ServiceKey {
    /// Takes the secret; none when it is shorter than 32 characters.
    #[must_use]
    pub fn new(secret: &Secret, clock: Clock) -> Option<Self> {
        let bytes = secret.expose().as_bytes();
        (bytes.len() >= SHORTEST_SECRET).then(|| Self {
            sign: Arc::new(EncodingKey::from_secret(bytes)),
            verify: Arc::new(DecodingKey::from_secret(bytes)),
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
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TOKEN_TYPE.to_owned());
        let token = jsonwebtoken::encode(&header, &claims, &self.sign).map_err(Error::internal)?;
        MetadataValue::try_from(format!("Bearer {token}")).map_err(Error::internal)
    }

    /// Checks that a token was signed by a service of this installation.
    ///
    /// # Errors
    /// Unauthenticated with `TOKEN_INVALID` or `TOKEN_EXPIRED`.
    pub(crate) fn check(&self, token: &str) -> Result<()> {
        let invalid = || Error::Unauthenticated(&TOKEN_INVALID);
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        if header.alg != Algorithm::HS256 || header.typ.as_deref() != Some(TOKEN_TYPE) {
            return Err(invalid());
        }
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "exp"]);
        // Time is checked below, with our own clock instead of the system's.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verify, &rules)
            .map_err(|_| invalid())?
            .claims;
        let now = self.clock.now().timestamp();
        if claims.exp + LEEWAY_SECONDS <= now {
            return Err(Error::Unauthenticated(&TOKEN_EXPIRED));
        }
        if claims.iat > now + LEEWAY_SECONDS {
            return Err(invalid());
        }
        Ok(())
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
