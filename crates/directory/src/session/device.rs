//! Devices that are known: somebody got in from there before. A device proves it with a
//! random token, which opens nothing without the password.

use chrono::{DateTime, Duration, Utc};
use kit::{Result, Tx, db::ledger::Action};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::ids::UserId;

use super::refresh;
use crate::user::hash_secret;

mod store;

/// Devices known of one person; one more puts the one used longest ago in its place.
const MOST_DEVICES: usize = 10;
/// A device is known this long after its last use.
const KNOWN_FOR: Duration = Duration::days(90);
/// Hexadecimal digits of the id of a device.
const ID_DIGITS: usize = 32;

/// A device of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) id: String,
    user: UserId,
    token_sha256: String,
    /// The token before still counts: the reply with the present one may have been lost.
    previous_sha256: Option<String>,
    create_time: DateTime<Utc>,
    last_use_time: DateTime<Utc>,
}

/// What the ledger keeps of a device.
#[derive(Serialize)]
struct Noted<'a> {
    user: &'a UserId,
    device: &'a str,
}

impl Device {
    fn is_known(&self, now: DateTime<Utc>) -> bool {
        now - self.last_use_time < KNOWN_FOR
    }

    fn proves(&self, token_sha256: &str) -> bool {
        self.token_sha256 == token_sha256 || self.previous_sha256.as_deref() == Some(token_sha256)
    }

    /// Gives the device its next token; the one that was sent still counts until the next
    /// one is used.
    fn renewed(self, sent: String, next: String, now: DateTime<Utc>) -> Self {
        Self {
            token_sha256: next,
            previous_sha256: Some(sent),
            last_use_time: now,
            ..self
        }
    }
}

/// Returns the device of a person that a token is of.
pub(super) async fn known(
    db: &impl ConnectionTrait,
    user: &UserId,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Device>> {
    if token.is_empty() {
        return Ok(None);
    }
    let hash = hash_secret(token);
    let devices = store::of_user(db, user).await?;
    Ok(devices
        .into_iter()
        .find(|it| it.is_known(now) && it.proves(&hash)))
}

/// Makes the device a person got in from known, or known on, and returns its next token.
pub(super) async fn welcome(tx: &Tx, user: &UserId, sent: &str) -> Result<String> {
    let (now, token) = (tx.now(), refresh::random()?);
    let hash = hash_secret(&token);
    if let Some(device) = known(&tx.db, user, sent, now).await? {
        store::put(&tx.db, &device.renewed(hash_secret(sent), hash, now)).await?;
        return Ok(token);
    }
    let devices = store::of_user(&tx.db, user).await?;
    let living = devices.iter().filter(|it| it.is_known(now));
    let kept: Vec<_> = living.take(MOST_DEVICES - 1).map(|it| &it.id).collect();
    let gone = devices.iter().map(|it| &it.id);
    let gone: Vec<_> = gone.filter(|it| !kept.contains(it)).cloned().collect();
    super::tries::forget(tx, user, &gone).await?;
    store::remove(&tx.db, &gone).await?;
    let device = Device {
        id: refresh::random()?[..ID_DIGITS].to_owned(),
        user: user.clone(),
        token_sha256: hash,
        previous_sha256: None,
        create_time: now,
        last_use_time: now,
    };
    store::put(&tx.db, &device).await?;
    let name = format!("{}/devices/{}", user.name(), device.id);
    let noted = Noted {
        user,
        device: &device.id,
    };
    tx.record(Action::Created, &name, None, Some(&noted))
        .await?;
    Ok(token)
}

/// Forgets all devices of a person.
pub(super) async fn forget_all(tx: &Tx, user: &UserId) -> Result<()> {
    let devices = store::of_user(&tx.db, user).await?;
    let ids: Vec<_> = devices.into_iter().map(|it| it.id).collect();
    store::remove(&tx.db, &ids).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_by_its_token_and_the_one_before_for_ninety_days() {
        let day = |it| DateTime::UNIX_EPOCH + Duration::days(it);
        let device = Device {
            id: "1".into(),
            user: UserId::new("can-bo").unwrap(),
            token_sha256: "a".into(),
            previous_sha256: None,
            create_time: day(0),
            last_use_time: day(0),
        };
        let device = device.renewed("a".into(), "b".into(), day(10));
        assert!(device.proves("a") && device.proves("b") && !device.proves("c"));
        let device = device.renewed("b".into(), "c".into(), day(20));
        assert!(!device.proves("a") && device.proves("b") && device.proves("c"));
        assert!(device.is_known(day(109)) && !device.is_known(day(110)));
    }
}
