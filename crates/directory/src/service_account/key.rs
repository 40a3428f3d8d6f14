//! The keys of machines: public keys they sign with, and secrets they send.

use aws_lc_rs::rand;
use chrono::{DateTime, Duration, Utc};
use kit::{
    Actor, Error, Result, Tx,
    actor::hex,
    db::ledger::Action,
    jwt::{Jwk, PublicKey},
};
use serde::Serialize;
use serde_json::{Map, Value};
use types::{ids::ServiceAccountId, invalid::InvalidText};
use uuid::Uuid;

use super::{ServiceAccounts, State, end, store};
use crate::{
    grant,
    reason::{STATE_NOT_ALLOWED, TOO_MANY_KEYS},
    user::hash_secret,
};

/// A key of a machine. It never changes, but may be revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Key {
    pub(crate) name: KeyName,
    pub(crate) proof: Proof,
    pub(crate) expire_time: DateTime<Utc>,
    pub(crate) last_use_time: Option<DateTime<Utc>>,
    /// When and why it was revoked.
    pub(crate) revoked: Option<(DateTime<Utc>, String)>,
    pub(crate) create_time: DateTime<Utc>,
}

/// Identity of a key: `serviceAccounts/{service_account}/keys/{key}`. The last part alone
/// is unique too: it stands in tokens where people's have their session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeyName {
    pub(crate) account: ServiceAccountId,
    pub(crate) id: String,
}

/// What a machine proves itself with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) enum Proof {
    PublicJwk(Jwk),
    SharedSecret {
        /// Neither the ledger nor a log needs it.
        #[serde(skip)]
        sha256: String,
    },
}

/// Asks for a key.
#[derive(Debug)]
pub(crate) struct IssueKey {
    pub(crate) account: ServiceAccountId,
    /// The machine's public key; a secret is made when there is none.
    pub(crate) public_jwk: Option<Jwk>,
    pub(crate) expire_time: Option<DateTime<Utc>>,
}

/// Asks for the keys of a machine.
#[derive(Debug)]
pub(crate) struct ListKeys {
    pub(crate) account: ServiceAccountId,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Ends a key.
#[derive(Debug)]
pub(crate) struct RevokeKey {
    pub(crate) name: KeyName,
    pub(crate) reason: String,
}

/// Living keys of one machine: enough to replace one after the other.
const MOST_KEYS: usize = 5;
/// How long keys work at most (`security.md` §1.2).
const LONGEST_SECRET_LIFE: Duration = Duration::days(90);
const LONGEST_KEY_LIFE: Duration = Duration::days(366);
/// Bytes of randomness in a secret.
const SECRET_BYTES: usize = 32;

impl KeyName {
    pub(crate) fn name(&self) -> String {
        format!("{}/keys/{}", self.account.name(), self.id)
    }
}

impl Key {
    pub(crate) fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.revoked.is_none() && now < self.expire_time
    }
}

impl ServiceAccounts {
    /// Issues a key, and returns the secret with it when one was made.
    pub(crate) async fn issue_key(
        &self,
        tx: &Tx,
        actor: &Actor,
        issue: IssueKey,
    ) -> Result<(Key, Option<String>)> {
        let account = self.locked(tx, actor, &issue.account).await?;
        // Who issues a key can act as the machine, so he needs the right wherever the
        // machine already has one.
        let machine = issue.account.clone().into();
        for scope in grant::store::scopes_of(&tx.db, &machine).await? {
            self.access.require_any(actor, &[scope.as_ref()]).await?;
        }
        let keys = store::keys_of(&tx.db, &account.id).await?;
        let living = keys.iter().filter(|it| it.is_alive(tx.now())).count();
        if living >= MOST_KEYS {
            let facts = [
                ("service_account", account.id.name()),
                ("most", MOST_KEYS.to_string()),
            ];
            return Err(Error::rule(&TOO_MANY_KEYS, facts));
        }
        let (proof, secret, longest) = match issue.public_jwk {
            Some(jwk) => (Proof::PublicJwk(jwk), None, LONGEST_KEY_LIFE),
            None => {
                let secret = new_secret()?;
                let sha256 = hash_secret(&secret);
                let proof = Proof::SharedSecret { sha256 };
                (proof, Some(secret), LONGEST_SECRET_LIFE)
            }
        };
        let key = Key {
            name: KeyName {
                account: account.id,
                id: format!("k{}", Uuid::now_v7().simple()),
            },
            proof,
            expire_time: end("key.expire_time", issue.expire_time, longest, tx.now())?,
            last_use_time: None,
            revoked: None,
            create_time: tx.now(),
        };
        store::insert_key(&tx.db, &key).await?;
        tx.record(Action::Created, &key.name.name(), None, Some(&key))
            .await?;
        Ok((key, secret))
    }

    /// Lists the keys of a machine, also those that are over.
    pub(crate) async fn list_keys(
        &self,
        actor: &Actor,
        list: ListKeys,
    ) -> Result<(Vec<Key>, String)> {
        let account = self.get(actor, &list.account).await?;
        let what = format!("keys of {}", account.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let db = self.db.reader();
        let keys = store::list_keys(db, &account.id, page.after(), page.limit()).await?;
        page.close(keys, |it| it.name.id.clone())
    }

    /// Ends a key before its time.
    pub(crate) async fn revoke_key(
        &self,
        tx: &Tx,
        actor: &Actor,
        revoke: RevokeKey,
    ) -> Result<Key> {
        let account = self.locked(tx, actor, &revoke.name.account).await?;
        let before = store::find_key(&tx.db, &revoke.name.id).await?;
        let Some(before) = before.filter(|it| it.name.account == account.id) else {
            let name = revoke.name.name();
            return Err(Error::not_found("SERVICE_ACCOUNT_KEY", name));
        };
        if before.revoked.is_some() {
            let facts = [
                ("name", before.name.name()),
                ("state", "REVOKED".to_owned()),
                ("allowed_states", "ISSUED".to_owned()),
            ];
            return Err(Error::rule(&STATE_NOT_ALLOWED, facts));
        }
        let after = Key {
            revoked: Some((tx.now(), revoke.reason)),
            ..before.clone()
        };
        store::set_revoked(&tx.db, &after).await?;
        let name = after.name.name();
        tx.record(Action::Moved, &name, Some(&before), Some(&after))
            .await?;
        Ok(after)
    }
}

/// Returns the key that tokens given for it rest on, and when it or its machine ends; none
/// when such tokens do not count: key and machine are not as they were.
pub(crate) async fn living(
    db: &impl sea_orm::ConnectionTrait,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<(Key, DateTime<Utc>)>> {
    let Some(key) = store::find_key(db, id).await? else {
        return Ok(None);
    };
    let account = store::find(db, &key.name.account).await?;
    let active = account.filter(|it| key.is_alive(now) && it.state(now) == State::Active);
    Ok(active.map(|it| {
        let expire_time = it.expire_time.min(key.expire_time);
        (key, expire_time)
    }))
}

fn new_secret() -> Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the system gives no randomness"))?;
    Ok(hex(&bytes))
}

/// Members of a JSON Web Key that only its owner may know.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Reads a public key: Ed25519 or P-256, as a JSON Web Key.
pub(super) fn read_public_jwk(text: &str) -> std::result::Result<Jwk, InvalidText> {
    let unreadable = || {
        InvalidText::new(
            "PATTERN",
            "is not a public JSON Web Key of the curve Ed25519 or P-256",
            "không phải khóa công khai JSON Web Key trên đường cong Ed25519 hoặc P-256",
        )
    };
    let members: Map<String, Value> = serde_json::from_str(text).map_err(|_| unreadable())?;
    if members.keys().any(|it| PRIVATE.contains(&it.as_str())) {
        return Err(InvalidText::new(
            "PRIVATE_KEY",
            "holds a private key, which must not leave its machine: make a new key and send \
             the public part only",
            "chứa khóa bí mật, là phần không được rời khỏi hệ thống của mình: hãy tạo khóa mới \
             và chỉ gửi phần công khai",
        ));
    }
    let jwk: Jwk = serde_json::from_value(Value::Object(members)).map_err(|_| unreadable())?;
    let is_taken = jwk.kty != "RSA" && PublicKey::from_jwk(&jwk).is_some();
    if is_taken { Ok(jwk) } else { Err(unreadable()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn a_public_key_is_taken_and_nothing_else() {
        let public = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#);
        assert_eq!(read_public_jwk(&public).unwrap().x.as_deref(), Some(X));
        let private = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}","d":"{X}"}}"#);
        assert_eq!(read_public_jwk(&private).unwrap_err().reason, "PRIVATE_KEY");
        let secret = r#"{"kty":"oct","k":"AAAA"}"#;
        assert_eq!(read_public_jwk(secret).unwrap_err().reason, "PRIVATE_KEY");
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
        ] {
            assert_eq!(read_public_jwk(bad).unwrap_err().reason, "PATTERN", "{bad}");
        }
    }

    #[test]
    fn what_the_ledger_keeps_of_a_secret_is_only_that_there_is_one() {
        let proof = Proof::SharedSecret {
            sha256: "c0ffee".into(),
        };
        let kept = serde_json::to_string(&proof).unwrap();
        assert_eq!(kept, r#"{"SharedSecret":{}}"#);
    }
}
