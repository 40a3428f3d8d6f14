//! Access tokens, verified offline with the directory's public keys; whether the session
//! behind one still lives, the directory is asked every few seconds.
//!
//! `jsonwebtoken` does not look at `typ`, so nobody else in the tree calls it to
//! verify: this is the one place that checks `typ`, `alg`, `kid`, `iss`, `aud` and time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use proto::directory::{
    CheckSessionRequest, ListSigningKeysRequest, session_service_client::SessionServiceClient,
};
use serde::{Deserialize, Serialize};
use types::ids::Principal;

use crate::{
    Clock, Error, Peer, Result,
    error::{SESSION_ENDED, TOKEN_EXPIRED, TOKEN_INVALID},
};

/// Who signs tokens.
pub const ISSUER: &str = "cds";
/// Whom tokens are for.
pub const AUDIENCE: &str = "cds";
/// Type of an access token (RFC 9068).
pub const TOKEN_TYPE: &str = "at+jwt";
/// How far clocks may disagree, in seconds.
const LEEWAY_SECONDS: i64 = 30;
/// A longer token is refused unread.
const LONGEST_TOKEN: usize = 4096;
/// Keys of a stranger cannot make us ask the directory more often than this.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// The directory gets this long to tell its keys.
const LONGEST_QUESTION: Duration = Duration::from_secs(5);
/// A session that was ended is refused after this time at the latest.
const SESSION_KNOWN_FOR: Duration = Duration::from_secs(5);
/// Beyond this, sessions that were asked for too long ago are forgotten.
const MOST_SESSIONS_KNOWN: usize = 10_000;

/// What a token says. Rights are never in it: they are grants in `directory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// Who, as a resource name: `users/{user}` or `serviceAccounts/{service_account}`.
    pub sub: Principal,
    /// Session it was issued in.
    pub sid: String,
    /// Id of the token.
    pub jti: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not valid after, seconds since 1970.
    pub exp: i64,
}

/// Whom a verified token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Who.
    pub principal: Principal,
    /// In which session.
    pub session: Arc<str>,
}

/// What the directory said of a session, and when it was asked.
#[derive(Debug, Clone, Copy)]
struct Said {
    is_alive: bool,
    asked: Instant,
}

/// Verifies tokens; clones share the keys and what is known of sessions.
#[derive(Debug, Clone)]
pub struct Verifier {
    directory: Peer,
    clock: Clock,
    keys: Arc<RwLock<HashMap<String, DecodingKey>>>,
    asked: Arc<tokio::sync::Mutex<Option<Instant>>>,
    sessions: Arc<Mutex<HashMap<String, Said>>>,
}

impl Verifier {
    /// Verifies with the keys of this directory, which are asked for when first needed.
    #[must_use]
    pub fn new(directory: Peer, clock: Clock) -> Self {
        Self {
            directory,
            clock,
            keys: Arc::default(),
            asked: Arc::default(),
            sessions: Arc::default(),
        }
    }

    /// Returns who the bearer of a token is.
    ///
    /// # Errors
    /// Unauthenticated with `TOKEN_INVALID`, `TOKEN_EXPIRED` or `SESSION_ENDED`;
    /// Unavailable when the directory cannot be asked.
    pub async fn verify(&self, token: &str) -> Result<Bearer> {
        let invalid = || Error::Unauthenticated(&TOKEN_INVALID);
        if token.len() > LONGEST_TOKEN {
            return Err(invalid());
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TOKEN_TYPE) {
            return Err(invalid());
        }
        let kid = header.kid.ok_or_else(invalid)?;
        let key = self.key(&kid).await?.ok_or_else(invalid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Time is checked below, with our own clock instead of the system's.
        rules.validate_exp = false;
        let data = jsonwebtoken::decode::<Claims>(token, &key, &rules).map_err(|_| invalid())?;
        let now = self.clock.now().timestamp();
        if data.claims.exp + LEEWAY_SECONDS <= now {
            return Err(Error::Unauthenticated(&TOKEN_EXPIRED));
        }
        if data.claims.iat > now + LEEWAY_SECONDS {
            return Err(invalid());
        }
        if !self.is_alive(&data.claims.sid).await? {
            return Err(Error::Unauthenticated(&SESSION_ENDED));
        }
        Ok(Bearer {
            principal: data.claims.sub,
            session: data.claims.sid.into(),
        })
    }

    /// Says whether a session lived a few seconds ago at most. When the directory cannot
    /// be asked nobody knows, and the call is refused.
    async fn is_alive(&self, session: &str) -> Result<bool> {
        let fresh = |it: &Said| it.asked.elapsed() < SESSION_KNOWN_FOR;
        let known = self.sessions().get(session).copied().filter(fresh);
        if let Some(known) = known {
            return Ok(known.is_alive);
        }
        // The age counts from before the question: the answer may be that old.
        let asked = Instant::now();
        let question = CheckSessionRequest {
            session: session.to_owned(),
        };
        let answer = SessionServiceClient::new(self.directory.clone())
            .check_session(question)
            .await?;
        let is_alive = answer.into_inner().alive;
        let mut sessions = self.sessions();
        if sessions.len() >= MOST_SESSIONS_KNOWN {
            sessions.retain(|_, it| fresh(it));
        }
        sessions.insert(session.to_owned(), Said { is_alive, asked });
        Ok(is_alive)
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<String, Said>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn key(&self, kid: &str) -> Result<Option<DecodingKey>> {
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let mut asked = self.asked.lock().await;
        // Another call may have asked while this one waited.
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        if asked.is_some_and(|it| it.elapsed() < ASK_AGAIN_AFTER) {
            return Ok(None);
        }
        let mut client = SessionServiceClient::new(self.directory.clone());
        let mut ask = tonic::Request::new(ListSigningKeysRequest {});
        ask.set_timeout(LONGEST_QUESTION);
        let answer = client.list_signing_keys(ask).await?;
        *asked = Some(Instant::now());
        let mut fresh = HashMap::new();
        for key in answer.into_inner().keys {
            let text = URL_SAFE_NO_PAD.encode(&key.ed25519_public_key);
            let decoding = DecodingKey::from_ed_components(&text).map_err(Error::internal)?;
            fresh.insert(key.kid, decoding);
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(self.known(kid))
    }

    fn known(&self, kid: &str) -> Option<DecodingKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(kid).cloned()
    }
}
