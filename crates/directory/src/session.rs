//! Sessions: how they begin, go on and end, and the short signed tokens they give. How
//! people come in, by one-time secrets and passwords, is in `entry.rs`.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, error::SESSION_ENDED};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use types::ids::{Principal, UserId};

use crate::{
    Settings, grant,
    service_account::{
        self,
        key::{KeyName, Proof},
    },
    user::{self, hash_secret},
};

mod breached;
mod cost;
mod device;
mod entry;
pub(crate) mod key;
mod life;
mod password;
mod queue;
mod refresh;
pub(crate) mod rpc;
mod store;
mod strength;
#[cfg(test)]
mod tests;
mod tries;

pub use cost::PasswordCost;
pub(crate) use entry::{ChangePassword, Enroll, SignIn};
use key::{Keys, SigningKey};
pub(crate) use life::Session;
use life::limits;
use password::Hasher;
use queue::{Place, Queue};
pub(crate) use strength::CLASSES;
use strength::Rules;
use tries::Tries;
pub(crate) use tries::closed_to_strangers;

/// Living sessions of one person; one more ends the oldest.
const MOST_SESSIONS: usize = 5;
/// A refresh token sent again within this time gets the same answer again: the first
/// one was lost on a bad line.
const SAME_ANSWER_FOR: Duration = Duration::seconds(10);
/// Sessions are forgotten this long after their last possible moment; the ledger stays.
const KEPT_AFTER_END: Duration = Duration::days(30);

/// Most passwords hashed at once; each takes a core and up to 64 MiB, or as much as is set.
const MOST_HASHES_AT_ONCE: usize = 4;

/// Shortest and longest password, in characters.
pub(crate) const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 15..=128;

/// The tokens of a session, as they are answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) access_expires: DateTime<Utc>,
    pub(crate) refresh: String,
    pub(crate) refresh_expires: DateTime<Utc>,
}

/// What a living token rests on.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) principal: Principal,
    /// The session, or the key of a machine.
    pub(crate) name: String,
    /// It ends then, however much it is used.
    pub(crate) expire_time: DateTime<Utc>,
    pub(crate) factor: Factor,
}

/// What somebody has proved to be himself with. There is one factor so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factor {
    Password,
    SharedSecret,
    PrivateKey,
}

/// The use cases.
#[derive(Clone)]
pub(crate) struct Sessions {
    db: Db,
    access: Access,
    keys: Keys,
    hashing: Arc<Semaphore>,
    queue: Queue,
    tries: Tries,
    hasher: Arc<Hasher>,
    rules: Rules,
    nobody: Arc<str>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sessions")
    }
}

impl Sessions {
    /// Reads the signing keys, and makes the first one on a new database.
    pub(crate) async fn open(db: Db, access: Access, settings: &Settings) -> Result<Self> {
        let keys = Keys::open(db.clone(), settings.key_secret.as_ref()).await?;
        // Verifying against a hash nobody has takes as long as against a real one, also where
        // that one cost more than it would today.
        let kept = user::store::password_hashes(db.reader()).await?;
        let (hasher, nobody) = hasher(settings.password_cost, kept).await?;
        Ok(Self {
            access,
            keys,
            hashing: Arc::new(Semaphore::new(hashes_at_once())),
            queue: Queue::new(db.clock().clone()),
            tries: Tries::open(db.clone()).await?,
            hasher: Arc::new(hasher),
            rules: Rules::open(settings)?,
            nobody: nobody.into(),
            db,
        })
    }

    /// Trades a refresh token for fresh tokens. One that was used before is a sign of
    /// theft, of one side or the other, and ends the session.
    pub(crate) async fn refresh(&self, sent: &str) -> Result<Tokens> {
        let ended = || Error::Unauthenticated(&SESSION_ENDED);
        let hash = hash_secret(sent);
        let Some(found) = store::by_token(self.db.reader(), &hash).await? else {
            return Err(ended());
        };
        let tx = self
            .db
            .begin_as(
                found.user.as_str(),
                "SessionService/RefreshSession",
                "refresh",
            )
            .await?;
        store::lock(&tx.db, &found.id).await?;
        let session = store::by_token(&tx.db, &hash).await?.ok_or_else(ended)?;
        let token = store::token(&tx.db, &hash).await?.ok_or_else(ended)?;
        if !session.is_alive(tx.now()) {
            return Err(ended());
        }
        let Some((used, answer)) = token.used else {
            let today = self.db.clock().today();
            let administers = grant::administers(&tx.db, &session.user, today).await?;
            let session = session.used(administers, tx.now());
            let tokens = self.tokens(&tx, &session).await?;
            store::set_used(&tx.db, &session).await?;
            let answer = refresh::seal(sent, &tokens)?;
            store::use_token(&tx.db, &hash, tx.now(), &answer).await?;
            tx.commit().await?;
            return Ok(tokens);
        };
        if (tx.now() - used).abs() <= SAME_ANSWER_FOR {
            return refresh::open(sent, &answer);
        }
        end(&tx, &session, "a refresh token was used twice").await?;
        tx.commit().await?;
        tracing::warn!(
            session = session.name(),
            "a refresh token was used twice; the session was ended"
        );
        Err(ended())
    }

    /// Returns whose session lives by an id, or whose key stands in its place for a machine;
    /// none when it is over or never was.
    pub(crate) async fn standing(&self, id: &str) -> Result<Option<Standing>> {
        let (db, now) = (self.db.reader(), self.db.clock().now());
        let Some(session) = store::find(db, id).await? else {
            let living = service_account::key::living(db, id, now).await?;
            return Ok(living.map(|(key, expire_time)| Standing {
                name: key.name.name(),
                principal: key.name.account.into(),
                expire_time,
                factor: match key.proof {
                    Proof::PublicJwk(_) => Factor::PrivateKey,
                    Proof::SharedSecret { .. } => Factor::SharedSecret,
                },
            }));
        };
        Ok(session.is_alive(now).then(|| Standing {
            name: session.name(),
            expire_time: session.expire_time,
            principal: session.user.into(),
            factor: Factor::Password,
        }))
    }

    /// Makes a token for a machine that has proved itself with a key. It has no session and
    /// nothing to refresh: the machine proves itself again.
    pub(crate) async fn machine_token(
        &self,
        db: &impl sea_orm::ConnectionTrait,
        key: &KeyName,
        scope: Option<String>,
    ) -> Result<String> {
        let signing = self.keys.signing(db).await?;
        let principal = key.account.clone().into();
        let now = self.db.clock().now();
        let (token, _) = signing.sign(principal, &key.id, scope, now)?;
        Ok(token)
    }

    /// Lists the caller's living sessions, the newest first.
    pub(crate) async fn list(&self, actor: &Actor) -> Result<Vec<Session>> {
        living(self.db.reader(), actor.person()?, self.db.clock().now()).await
    }

    /// Ends one session of the caller. One that is over already stays as it was.
    pub(crate) async fn sign_out(&self, tx: &Tx, actor: &Actor, id: &str) -> Result<()> {
        let person = actor.person()?;
        store::lock(&tx.db, id).await?;
        let session = store::find(&tx.db, id).await?;
        let Some(session) = session.filter(|it| it.user == *person) else {
            let name = format!("{}/sessions/{id}", person.name());
            return Err(Error::not_found("SESSION", name));
        };
        if session.end.is_some() {
            return Ok(());
        }
        end(tx, &session, "signed out").await
    }

    /// Ends all sessions of the caller.
    pub(crate) async fn sign_out_everywhere(&self, tx: &Tx, actor: &Actor) -> Result<usize> {
        user::store::lock(&tx.db, actor.person()?).await?;
        end_all(tx, actor.person()?, "signed out everywhere").await
    }

    /// Returns the keys that living tokens may be signed with.
    pub(crate) async fn keys(&self) -> Result<Vec<SigningKey>> {
        self.keys.listed().await
    }

    /// Makes a new signing key.
    pub(crate) async fn rotate_key(&self, tx: &Tx, actor: &Actor) -> Result<SigningKey> {
        self.access.require_everywhere(actor).await?;
        self.keys.rotate(tx).await
    }

    /// Begins a session; the oldest of too many ends.
    async fn begin(&self, tx: &Tx, user: UserId, device: String) -> Result<Session> {
        let now = tx.now();
        store::forget(&tx.db, &user, now - KEPT_AFTER_END).await?;
        let living = living(&tx.db, &user, now).await?;
        for old in living.iter().skip(MOST_SESSIONS - 1) {
            end(tx, old, "too many sessions").await?;
        }
        let administers = grant::administers(&tx.db, &user, self.db.clock().today()).await?;
        let (_, lasting) = limits(administers);
        let session = Session {
            id: refresh::random()?[..SESSION_ID_DIGITS].to_owned(),
            user,
            device,
            create_time: now,
            last_use_time: now,
            refresh_by: now,
            expire_time: now + lasting,
            end: None,
        };
        let session = session.used(administers, now);
        store::insert(&tx.db, &session).await?;
        tx.record(Action::Created, &session.name(), None, Some(&session))
            .await?;
        Ok(session)
    }

    /// Makes the next tokens of a session. Of the refresh token only the hash is kept.
    async fn tokens(&self, tx: &Tx, session: &Session) -> Result<Tokens> {
        let key = self.keys.signing(&tx.db).await?;
        let (access, access_expires) =
            key.sign(session.user.clone().into(), &session.id, None, tx.now())?;
        let refresh = refresh::random()?;
        store::insert_token(&tx.db, &hash_secret(&refresh), &session.id).await?;
        Ok(Tokens {
            access,
            access_expires,
            refresh,
            refresh_expires: session.refresh_by,
        })
    }

    /// Hashing takes a core for a quarter of a second, so few run at once, some wait, and
    /// the rest are turned away.
    async fn hashing<T, F>(&self, place: Place, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Hasher) -> Result<T> + Send + 'static,
    {
        // A caller may go away; the work goes on, so the permits stay with the work.
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
}

/// Passwords hashed at once: one on each core, as far as there is memory for it.
fn hashes_at_once() -> usize {
    let cores = std::thread::available_parallelism();
    cores.map_or(1, |it| it.get().min(MOST_HASHES_AT_ONCE))
}

/// Makes what hashes, at a fixed cost or one that is measured, and a hash of no password.
async fn hasher(fixed: Option<PasswordCost>, kept: Vec<String>) -> Result<(Hasher, String)> {
    let made = tokio::task::spawn_blocking(move || {
        let hasher = match fixed {
            Some(cost) => {
                cost.check().map_err(Error::internal)?;
                Hasher::new(cost)
            }
            None => Hasher::calibrated()?,
        };
        for hash in &kept {
            hasher.note(hash);
        }
        let nobody = hasher.hash("no such password")?;
        Ok::<_, Error>((hasher, nobody))
    });
    let (hasher, nobody) = made.await.map_err(Error::internal)??;
    let PasswordCost { memory_mib, passes } = hasher.cost();
    let measured = fixed.is_none();
    tracing::info!(
        memory_mib,
        passes,
        measured,
        "passwords are hashed at this cost"
    );
    Ok((hasher, nobody))
}

/// Hexadecimal digits of the id of a session: 128 bits, so that nobody finds one by trying.
const SESSION_ID_DIGITS: usize = 32;

/// Ends all sessions of a person, and returns how many there were.
pub(crate) async fn end_all(tx: &Tx, user: &UserId, reason: &str) -> Result<usize> {
    end_others(tx, user, "", reason).await
}

/// Ends all sessions of a person but one, and returns how many there were.
async fn end_others(tx: &Tx, user: &UserId, but: &str, reason: &str) -> Result<usize> {
    let mut others = living(&tx.db, user, tx.now()).await?;
    others.retain(|it| it.id != but);
    for session in &others {
        end(tx, session, reason).await?;
    }
    Ok(others.len())
}

/// Puts a person back to before the first sign-in: no session, no known device, and no
/// failure that is remembered.
pub(crate) async fn start_over(tx: &Tx, user: &UserId) -> Result<()> {
    end_all(tx, user, "password reset").await?;
    device::forget_all(tx, user).await?;
    tries::forgive_all(tx, user).await
}

async fn end(tx: &Tx, session: &Session, reason: &str) -> Result<()> {
    let ended = Session {
        end: Some((tx.now(), reason.to_owned())),
        ..session.clone()
    };
    store::set_end(&tx.db, &session.id, tx.now(), reason).await?;
    tx.record(Action::Moved, &session.name(), Some(session), Some(&ended))
        .await
}

async fn living(
    db: &impl sea_orm::ConnectionTrait,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Session>> {
    let mut sessions = store::of_user(db, user).await?;
    sessions.retain(|it| it.is_alive(now));
    Ok(sessions)
}
