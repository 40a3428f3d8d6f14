//! Who the bearer of an access token is.
//!
//! Our own tokens are verified offline with the directory's public keys (`jwt`), and a
//! token that was verified is not verified again; whether the session behind it still
//! lives, the directory is asked every few seconds. About a token of an outside issuer the
//! directory is asked as a whole, as often.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use proto::directory::{
    CheckSessionRequest, ListSigningKeysRequest, ResolveOutsideTokenRequest,
    session_service_client::SessionServiceClient,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tonic::Code;
use tonic_types::StatusExt;
use types::ids::Principal;

use crate::{
    Clock, Error, Peer, Reason, Result,
    error::{SESSION_ENDED, TOKEN_EXPIRED, TOKEN_INVALID},
    jwt::{self, Algorithm, PublicKey, Rules},
};

mod memory;

use memory::Memory;

/// Who signs tokens.
pub const ISSUER: &str = "cds";
/// Whom tokens are for.
pub const AUDIENCE: &str = "cds";
/// Type of an access token (RFC 9068).
pub const TOKEN_TYPE: &str = "at+jwt";
/// Keys are asked for again after this time: one that was rotated out, perhaps because somebody
/// got hold of it, signs nothing for longer.
const KEYS_COUNT_FOR: TimeDelta = TimeDelta::minutes(1);
/// Keys of a stranger cannot make us ask the directory more often than this.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// The directory gets this long to answer.
const LONGEST_QUESTION: Duration = Duration::from_secs(5);
/// When the keys cannot be had, nobody asks for them again before this time is over.
const FAILURE_COUNTS_FOR: Duration = Duration::from_secs(1);
/// A session that was ended, or an outside token that does not count any more, is refused
/// after this time at the latest.
const KNOWN_FOR: Duration = Duration::from_secs(5);
/// A verified token is remembered this long; no token of ours lives longer.
const VERIFIED_FOR: Duration = Duration::from_secs(10 * 60);

/// What a token says. Rights are never in it: they are grants in `directory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// Who, as a resource name: `users/{user}` or `serviceAccounts/{service_account}`.
    pub sub: Principal,
    /// Session it was issued in, or the key a machine proved itself with.
    pub sid: String,
    /// Id of the token.
    pub jti: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Not valid after, seconds since 1970.
    pub exp: i64,
    /// The permissions it may be used for, separated by spaces; all that the grants allow
    /// when it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Whom a verified token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Who.
    pub principal: Principal,
    /// In which session.
    pub session: Arc<str>,
    /// The permissions the token is narrowed to, separated by spaces.
    pub scope: Option<Arc<str>>,
}

/// SHA-256 of a token: nobody finds a token in memory by it, nor another one with the same.
type TokenHash = [u8; 32];

/// What the directory said of an outside token: who its bearer is and until when, or why it
/// does not count.
type Said = std::result::Result<(Bearer, i64), &'static Reason>;

/// Verifies tokens; clones share the keys and what is known of tokens and sessions.
#[derive(Debug, Clone)]
pub struct Verifier {
    directory: Peer,
    clock: Clock,
    keys: Arc<RwLock<Keys>>,
    asked: Arc<tokio::sync::Mutex<Asked>>,
    verified: Memory<TokenHash, Arc<Claims>>,
    sessions: Memory<String, bool>,
    outside: Memory<TokenHash, Said>,
}

/// When the keys were asked for last, and last in vain.
#[derive(Debug, Default)]
struct Asked {
    answered: Option<Instant>,
    failed: Option<Instant>,
}

/// The directory's public keys by id.
#[derive(Debug, Default)]
struct Keys {
    by_id: HashMap<String, PublicKey>,
    /// When they were asked for; none before the first time.
    as_of: Option<DateTime<Utc>>,
}

impl Keys {
    fn count(&self, now: DateTime<Utc>) -> bool {
        let age = self.as_of.map(|it| now - it);
        age.is_some_and(|it| it >= TimeDelta::zero() && it < KEYS_COUNT_FOR)
    }
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
            verified: Memory::new(VERIFIED_FOR),
            sessions: Memory::new(KNOWN_FOR),
            outside: Memory::new(KNOWN_FOR),
        }
    }

    /// Returns who the bearer of a token is.
    ///
    /// # Errors
    /// Unauthenticated with `TOKEN_INVALID`, `TOKEN_EXPIRED` or `SESSION_ENDED`;
    /// Unavailable when the directory cannot be asked.
    pub async fn verify(&self, token: &str) -> Result<Bearer> {
        let hash = TokenHash::from(Sha256::digest(token));
        if let Some(claims) = self.verified.get(&hash) {
            jwt::in_time(Some(claims.iat), None, claims.exp, self.clock.now())?;
            return self.living(&claims).await;
        }
        if let Some(said) = self.outside.get(&hash) {
            return self.told(said);
        }
        if jwt::stated_issuer(token).is_some_and(|it| it != ISSUER) {
            return self.ask_about(token, hash).await;
        }
        let claims = Arc::new(self.verify_own(token).await?);
        self.verified.put(hash, claims.clone(), Instant::now());
        self.living(&claims).await
    }

    async fn verify_own(&self, token: &str) -> Result<Claims> {
        let invalid = || Error::Unauthenticated(&TOKEN_INVALID);
        let header = jwt::header(token)?;
        let rules = Rules {
            typ: Some(TOKEN_TYPE),
            algorithms: &[Algorithm::EdDsa],
            issuer: ISSUER,
            audiences: &[AUDIENCE],
            others_too: false,
            now: self.clock.now(),
        };
        // A token that cannot be ours must not make us ask for keys.
        if header.typ.as_deref() != rules.typ || !rules.algorithms.contains(&header.algorithm) {
            return Err(invalid());
        }
        let kid = header.kid.ok_or_else(invalid)?;
        let key = self.key(&kid).await?.ok_or_else(invalid)?;
        jwt::verify(token, &key, &rules)
    }

    async fn living(&self, claims: &Claims) -> Result<Bearer> {
        if !self.is_alive(&claims.sid).await? {
            return Err(Error::Unauthenticated(&SESSION_ENDED));
        }
        Ok(Bearer {
            principal: claims.sub.clone(),
            session: claims.sid.as_str().into(),
            scope: claims.scope.as_deref().map(Into::into),
        })
    }

    /// Says whether a session lived a few seconds ago at most. When the directory cannot
    /// be asked nobody knows, and the call is refused.
    async fn is_alive(&self, session: &str) -> Result<bool> {
        if let Some(is_alive) = self.sessions.get(session) {
            return Ok(is_alive);
        }
        let asked = Instant::now();
        let mut question = tonic::Request::new(CheckSessionRequest {
            session: session.to_owned(),
        });
        question.set_timeout(LONGEST_QUESTION);
        let answer = SessionServiceClient::new(self.directory.clone())
            .check_session(question)
            .await
            .map_err(unanswered)?;
        let is_alive = answer.into_inner().alive;
        self.sessions.put(session.to_owned(), is_alive, asked);
        Ok(is_alive)
    }

    /// Asks the directory about a token that another issuer is said to have signed.
    async fn ask_about(&self, token: &str, hash: TokenHash) -> Result<Bearer> {
        // What no issuer can have signed is not worth a question.
        jwt::header(token)?;
        let asked = Instant::now();
        let mut question = tonic::Request::new(ResolveOutsideTokenRequest {
            token: token.to_owned(),
        });
        question.set_timeout(LONGEST_QUESTION);
        let answer = SessionServiceClient::new(self.directory.clone())
            .resolve_outside_token(question)
            .await;
        let said = match answer {
            Ok(answer) => {
                let answer = answer.into_inner();
                let principal = answer.principal.parse().map_err(Error::internal)?;
                let bearer = Bearer {
                    principal,
                    // It belongs to no session of ours.
                    session: "outside".into(),
                    scope: None,
                };
                Ok((bearer, answer.expire_time.unwrap_or_default().seconds))
            }
            Err(refused) if refused.code() == Code::Unauthenticated => {
                let details = refused.get_error_details();
                let is_expired = details
                    .error_info()
                    .is_some_and(|it| it.reason == TOKEN_EXPIRED.code);
                Err(if is_expired {
                    &TOKEN_EXPIRED
                } else {
                    &TOKEN_INVALID
                })
            }
            Err(failed) => return Err(unanswered(failed)),
        };
        self.outside.put(hash, said.clone(), asked);
        self.told(said)
    }

    fn told(&self, said: Said) -> Result<Bearer> {
        let (bearer, exp) = said.map_err(Error::Unauthenticated)?;
        jwt::in_time(None, None, exp, self.clock.now())?;
        Ok(bearer)
    }

    /// Returns a key, asking for the keys when it is not known. However many wait for the
    /// answer, none of them waits longer than a question may take.
    async fn key(&self, kid: &str) -> Result<Option<PublicKey>> {
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let end = tokio::time::Instant::now() + LONGEST_QUESTION;
        let asked = tokio::time::timeout_at(end, self.asked.lock()).await;
        let mut asked = asked.map_err(|_| Error::Unavailable)?;
        // Another call may have asked while this one waited.
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let within = |at: Option<Instant>, time| at.is_some_and(|it| it.elapsed() < time);
        if within(asked.failed, FAILURE_COUNTS_FOR) {
            return Err(Error::Unavailable);
        }
        let now = self.clock.now();
        if within(asked.answered, ASK_AGAIN_AFTER) && self.keys().count(now) {
            return Ok(None);
        }
        let mut client = SessionServiceClient::new(self.directory.clone());
        let mut ask = tonic::Request::new(ListSigningKeysRequest {});
        ask.set_timeout(LONGEST_QUESTION);
        let answer = match tokio::time::timeout_at(end, client.list_signing_keys(ask)).await {
            Ok(answer) => answer.map_err(unanswered),
            Err(_) => Err(Error::Unavailable),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(failed) => {
                asked.failed = Some(Instant::now());
                return Err(failed);
            }
        };
        asked.answered = Some(Instant::now());
        let mut by_id = HashMap::new();
        for key in answer.into_inner().keys {
            let public = PublicKey::from_ed25519(&key.ed25519_public_key)
                .ok_or_else(|| Error::internal("a signing key cannot be read"))?;
            by_id.insert(key.kid, public);
        }
        let found = by_id.get(kid).cloned();
        let as_of = Some(now);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Keys { by_id, as_of };
        Ok(found)
    }

    fn known(&self, kid: &str) -> Option<PublicKey> {
        let keys = self.keys();
        let key = keys.by_id.get(kid).filter(|_| keys.count(self.clock.now()));
        key.cloned()
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a caller is told when the directory did not answer us.
fn unanswered(failed: tonic::Status) -> Error {
    match Error::from(failed) {
        // Our time to ask is over, not that of the caller.
        Error::DeadlineExceeded => Error::Unavailable,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use tokio::{net::TcpListener, task::JoinSet};

    use super::*;

    /// A token that looks as if the issuer had signed it.
    fn token(issuer: &str) -> String {
        let parts = [
            r#"{"alg":"EdDSA","typ":"at+jwt","kid":"k"}"#.to_owned(),
            format!(r#"{{"iss":"{issuer}"}}"#),
            "signature".to_owned(),
        ];
        parts.map(|it| URL_SAFE_NO_PAD.encode(it)).join(".")
    }

    #[tokio::test]
    async fn however_many_wait_for_a_directory_that_is_silent_all_know_in_time() {
        // It takes connections and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", silent.local_addr().unwrap());
        let directory = Peer::remote(&address).unwrap();
        let verifier = Verifier::new(directory, Clock::standing_at(DateTime::UNIX_EPOCH));
        let begun = Instant::now();
        let mut calls = JoinSet::new();
        for issuer in [ISSUER, ISSUER, ISSUER, ISSUER, "https://sso.example"] {
            let (verifier, token) = (verifier.clone(), token(issuer));
            calls.spawn(async move { verifier.verify(&token).await });
        }
        for answer in calls.join_all().await {
            assert!(matches!(answer, Err(Error::Unavailable)), "{answer:?}");
        }
        let waited = begun.elapsed();
        assert!(
            waited < LONGEST_QUESTION + Duration::from_secs(3),
            "{waited:?}"
        );
        // The failure is known: whoever comes now does not wait at all.
        let begun = Instant::now();
        let answer = verifier.verify(&token(ISSUER)).await;
        assert!(matches!(answer, Err(Error::Unavailable)), "{answer:?}");
        assert!(begun.elapsed() < FAILURE_COUNTS_FOR);
    }
}
