//! Letting people in: one-time secrets, passwords, and short signed tokens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{EncodingKey, Header};
use kit::{
    Db, Error, Result,
    auth::{AUDIENCE, Claims, ISSUER, TOKEN_TYPE},
    db::ledger::Action,
    error::SIGN_IN_REFUSED,
};
use tokio::sync::Semaphore;
use types::ids::UserId;
use uuid::Uuid;

use crate::user;

mod password;
pub(crate) mod rpc;
mod store;

use password::Hasher;

/// How long an access token works (`security.md` §1.2; the contract allows 10 minutes).
const TOKEN_LIFE: Duration = Duration::minutes(10);
/// Passwords hashed at once; each takes a core and 19 MiB.
const HASHES_AT_ONCE: usize = 2;
/// Hashes that may wait before others are turned away.
const HASHES_WAITING: usize = 64;

/// Shortest and longest password, in characters.
pub(crate) const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 15..=128;

/// Sets a password for the first time.
pub(crate) struct Enroll {
    pub(crate) user: UserId,
    pub(crate) secret: String,
    pub(crate) password: String,
}

/// Trades a password for a token.
pub(crate) struct SignIn {
    pub(crate) user: UserId,
    pub(crate) password: String,
}

/// A token and its end.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) expires: DateTime<Utc>,
}

/// A key pair that signs tokens.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    encoding: EncodingKey,
}

/// The use cases.
#[derive(Clone)]
pub(crate) struct Sessions {
    db: Db,
    keys: Arc<Vec<SigningKey>>,
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    tries: Arc<Mutex<HashMap<UserId, Tries>>>,
    hasher: Arc<Hasher>,
    nobody: Arc<str>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sessions")
    }
}

/// Failed tries of one person, since the last success.
#[derive(Debug, Clone, Copy)]
struct Tries {
    failed: u32,
    not_before: DateTime<Utc>,
}

impl Sessions {
    /// Reads the signing keys, and makes the first one on a new database.
    pub(crate) async fn open(db: Db) -> Result<Self> {
        let keys = store::keys(&db).await?;
        // Verifying against a hash nobody has takes as long as against a real one.
        let hasher = Hasher::default();
        let nobody = hasher.hash("no such password")?;
        Ok(Self {
            db,
            keys: Arc::new(keys),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(HASHES_WAITING)),
            tries: Arc::default(),
            hasher: Arc::new(hasher),
            nobody: nobody.into(),
        })
    }

    /// Sets a person's password with the one-time secret.
    pub(crate) async fn enroll(&self, enroll: Enroll) -> Result<()> {
        self.wait_is_over(&enroll.user)?;
        let password = enroll.password;
        let hashed = self.hashing(move |hasher| hasher.hash(&password)).await?;
        let tx = self
            .db
            .begin_as(&enroll.user.name(), "SessionService/Enroll", "enroll")
            .await?;
        let secret = user::hash_secret(&enroll.secret);
        let used = user::store::use_enrollment(&tx.db, &enroll.user, &secret, tx.now()).await?;
        if !used || !user::store::set_password(&tx.db, &enroll.user, &hashed, tx.now()).await? {
            self.note_failure(&enroll.user);
            return Err(Error::Unauthenticated(&SIGN_IN_REFUSED));
        }
        let set = "password set";
        tx.record(Action::Updated, &enroll.user.name(), None, Some(&set))
            .await?;
        tx.commit().await
    }

    /// Trades a password for a token. A wrong user, a wrong password and a try made too
    /// soon answer alike.
    pub(crate) async fn sign_in(&self, sign_in: SignIn) -> Result<Token> {
        self.wait_is_over(&sign_in.user)?;
        let kept = user::store::password_hash(self.db.reader(), &sign_in.user).await?;
        let known = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.nobody.to_string());
        let password = sign_in.password;
        let right = self
            .hashing(move |hasher| hasher.verify(&password, &kept))
            .await?;
        if !(known && right) {
            self.note_failure(&sign_in.user);
            return Err(Error::Unauthenticated(&SIGN_IN_REFUSED));
        }
        self.tries().remove(&sign_in.user);
        self.token(&sign_in.user)
    }

    /// Returns the keys that tokens may be signed with.
    pub(crate) fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    fn token(&self, user: &UserId) -> Result<Token> {
        let key = self
            .keys
            .last()
            .ok_or_else(|| Error::internal("there is no signing key"))?;
        let now = self.db.clock().now();
        let expires = now + TOKEN_LIFE;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.clone(),
            jti: Uuid::now_v7().to_string(),
            iat: now.timestamp(),
            exp: expires.timestamp(),
        };
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        let text =
            jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(Error::internal)?;
        Ok(Token { text, expires })
    }

    /// Hashing takes a core for a tenth of a second, so few run at once, some wait, and
    /// the rest are turned away.
    async fn hashing<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Hasher) -> Result<T> + Send + 'static,
    {
        // A caller may go away; the work goes on, so the permits stay with the work.
        let place = self
            .waiting
            .clone()
            .try_acquire_owned()
            .map_err(|_| Error::Exhausted)?;
        let permit = self
            .hashing
            .clone()
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        let hasher = self.hasher.clone();
        tokio::task::spawn_blocking(move || {
            let _held = (place, permit);
            work(&hasher)
        })
        .await
        .map_err(Error::internal)?
    }

    fn wait_is_over(&self, user: &UserId) -> Result<()> {
        let now = self.db.clock().now();
        match self.tries().get(user) {
            Some(tries) if now < tries.not_before => Err(Error::Unauthenticated(&SIGN_IN_REFUSED)),
            _ => Ok(()),
        }
    }

    fn note_failure(&self, user: &UserId) {
        /// Beyond this, names that were tried long ago are forgotten.
        const MOST_REMEMBERED: usize = 10_000;
        let now = self.db.clock().now();
        let mut tries = self.tries();
        if tries.len() >= MOST_REMEMBERED {
            tries.retain(|_, it| now < it.not_before);
        }
        let entry = tries.entry(user.clone()).or_insert(Tries {
            failed: 0,
            not_before: now,
        });
        entry.failed += 1;
        entry.not_before = now + wait_after(entry.failed);
    }

    fn tries(&self) -> std::sync::MutexGuard<'_, HashMap<UserId, Tries>> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a person waits after some failures in a row: long enough to slow guessing
/// down, short enough that a stranger who goes on guessing is a nuisance, not a lock.
fn wait_after(failed: u32) -> Duration {
    Duration::seconds(match failed {
        0..=2 => 0,
        3 => 1,
        4 => 3,
        5 => 5,
        _ => 10,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_slows_down_and_nobody_is_kept_out_longer_than_ten_seconds() {
        assert_eq!(wait_after(2), Duration::zero());
        assert_eq!(wait_after(4), Duration::seconds(3));
        assert_eq!(wait_after(1_000), Duration::seconds(10));
    }
}
