//! Tokens for machines: OAuth 2.0 client credentials (RFC 6749 §4.4) with a secret or a
//! signed assertion (RFC 7523). The client id is the id of the service account.

use std::{net::IpAddr, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use chrono::Duration;
use ipnet::IpNet;
use kit::{Db, Error, Result, jwt};
use types::ids::ServiceAccountId;

use crate::{
    network, role,
    service_account::{
        self, ServiceAccount, State,
        key::{Key, Proof},
    },
    session::{Sessions, key::TOKEN_LIFE},
    user::hash_secret,
};

mod assertion;
mod brake;
mod form;
pub(crate) mod http;

use brake::Brake;

/// Paths of plain HTTP that the directory serves to everybody.
pub const OPEN_PATHS: [&str; 3] = [http::TOKEN, http::JWKS, http::METADATA];

/// How a machine proves who it is.
pub(super) enum Credentials {
    Secret { client: String, secret: String },
    Assertion(String),
}

/// What a machine asks for.
pub(super) struct TokenRequest {
    credentials: Credentials,
    /// Permissions separated by spaces; as many as the machine may have when unsaid.
    scope: Option<String>,
}

/// What it gets.
pub(super) struct Granted {
    token: String,
    lifetime: Duration,
    scope: Option<String>,
}

/// Why it gets nothing (RFC 6749 §5.2).
#[derive(Debug)]
pub(super) enum Refused {
    /// The request is not formed as it must be, and how.
    Request(&'static str),
    /// The body is too large.
    TooLarge,
    /// Whoever asks has not proved to be a machine that gets tokens. The caller is not told
    /// why; the log is.
    Client,
    GrantType,
    Scope(String),
    /// Too many tries, or too many at once.
    TooMany,
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The use cases.
#[derive(Clone)]
pub(crate) struct Oauth {
    db: Db,
    sessions: Sessions,
    public_url: Arc<str>,
    trusted_proxies: Arc<[IpNet]>,
    brake: Brake,
}

impl std::fmt::Debug for Oauth {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Oauth")
    }
}

impl Oauth {
    pub(crate) fn new(
        db: Db,
        sessions: Sessions,
        public_url: &str,
        trusted_proxies: &Arc<[IpNet]>,
    ) -> Self {
        Self {
            brake: Brake::new(db.clock().clone()),
            db,
            sessions,
            public_url: public_url.trim_end_matches('/').into(),
            trusted_proxies: trusted_proxies.clone(),
        }
    }

    /// Gives a token to a machine that proves who it is.
    async fn token(
        &self,
        request: TokenRequest,
        address: Option<IpAddr>,
    ) -> std::result::Result<Granted, Refused> {
        let _place = self.brake.enter(address).ok_or(Refused::TooMany)?;
        let client = stated_client(&request.credentials);
        if !self.brake.wait_is_over(client.as_ref(), address) {
            return Err(Refused::TooMany);
        }
        match self.grant(client.as_ref(), &request, address).await {
            Ok(granted) => {
                self.brake.succeeded(client.as_ref(), address);
                Ok(granted)
            }
            Err(No::Client(why)) => {
                self.brake.failed(client.as_ref(), address);
                // What was sent as an id may be anything, a secret too.
                let client = client.map_or_else(|| "no id".to_owned(), |it| it.name());
                tracing::warn!(client, ?address, why, "client authentication failed");
                Err(Refused::Client)
            }
            Err(No::Scope(which)) => Err(Refused::Scope(which)),
            Err(No::Failed(error)) => Err(Refused::Failed(error)),
        }
    }

    async fn grant(
        &self,
        client: Option<&ServiceAccountId>,
        request: &TokenRequest,
        address: Option<IpAddr>,
    ) -> std::result::Result<Granted, No> {
        let client = client.ok_or(No::Client("the client id is no id"))?;
        let db = self.db.reader();
        let account = service_account::store::find(db, client).await?;
        let mut keys = service_account::store::keys_of(db, client).await?;
        let now = self.db.clock().now();
        keys.retain(|it| it.is_alive(now));
        let (key, assertion) = match &request.credentials {
            Credentials::Secret { secret, .. } => {
                let key = with_secret(&keys, secret);
                (key.ok_or(No::Client("no living secret fits"))?, None)
            }
            Credentials::Assertion(text) => {
                let (key, assertion) = assertion::verify(text, client, &keys, self, now)?;
                (key, Some(assertion))
            }
        };
        let account = account.ok_or(No::Client("there is no such machine"))?;
        if account.state(now) == State::Disabled && account.disabled.is_none() {
            service_account::switch_off(&self.db, client).await?;
        }
        may_have_tokens(&account, address, now)?;
        let scope = narrowed(&account, request.scope.as_deref())?;

        let note = service_account::is_to_be_noted(&account, key, now);
        if assertion.is_none() && !note {
            // Most tokens for a secret are given without a write.
            let token = self.sessions.machine_token(db, &key.name, scope.clone());
            let token = token.await?;
            return Ok(self.granted(key, address, token, scope));
        }
        let tx = self
            .db
            .begin_as(&client.name(), http::TOKEN, "token")
            .await?;
        if let Some(assertion) = assertion
            && !assertion::store::use_up(&tx.db, client, &assertion, now).await?
        {
            return Err(No::Client("the assertion was used before"));
        }
        if note {
            service_account::store::note_use(&tx.db, &key.name, now).await?;
        }
        let token = self
            .sessions
            .machine_token(&tx.db, &key.name, scope.clone())
            .await?;
        tx.commit().await?;
        Ok(self.granted(key, address, token, scope))
    }

    fn granted(
        &self,
        key: &Key,
        address: Option<IpAddr>,
        token: String,
        scope: Option<String>,
    ) -> Granted {
        tracing::info!(key = key.name.name(), ?address, "gave a machine a token");
        Granted {
            token,
            lifetime: TOKEN_LIFE,
            scope,
        }
    }
}

/// Why no token is given.
enum No {
    /// For the log only.
    Client(&'static str),
    Scope(String),
    Failed(Error),
}

impl From<Error> for No {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Returns which machine somebody says to be.
fn stated_client(credentials: &Credentials) -> Option<ServiceAccountId> {
    match credentials {
        Credentials::Secret { client, .. } => ServiceAccountId::new(client).ok(),
        Credentials::Assertion(text) => ServiceAccountId::new(&jwt::stated_issuer(text)?).ok(),
    }
}

/// Returns the key that a secret belongs to. All are compared, each to its end, so that the
/// time says nothing of which came close; what is compared are hashes anyhow.
fn with_secret<'a>(keys: &'a [Key], secret: &str) -> Option<&'a Key> {
    let sent = hash_secret(secret);
    let mut found = None;
    for key in keys {
        if let Proof::SharedSecret { sha256 } = &key.proof
            && verify_slices_are_equal(sha256.as_bytes(), sent.as_bytes()).is_ok()
        {
            found = Some(key);
        }
    }
    found
}

fn may_have_tokens(
    account: &ServiceAccount,
    address: Option<IpAddr>,
    now: chrono::DateTime<chrono::Utc>,
) -> std::result::Result<(), No> {
    match account.state(now) {
        State::Disabled if account.disabled.is_none() => {
            Err(No::Client("the machine was idle for too long"))
        }
        State::Disabled => Err(No::Client("the machine is disabled")),
        State::Expired => Err(No::Client("the machine has expired")),
        State::Active if !network::allows(&account.allowed_networks, address) => {
            Err(No::Client("the machine may not ask from this network"))
        }
        State::Active => Ok(()),
    }
}

/// Returns what a token is narrowed to: what is asked for, if the machine may have it, or
/// everything the machine may have.
fn narrowed(
    account: &ServiceAccount,
    asked: Option<&str>,
) -> std::result::Result<Option<String>, No> {
    let Some(asked) = asked else {
        let all = &account.scopes;
        return Ok((!all.is_empty()).then(|| all.join(" ")));
    };
    let mut scopes: Vec<&str> = asked.split(' ').filter(|it| !it.is_empty()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    for scope in &scopes {
        let is_within = account.scopes.is_empty() || account.scopes.iter().any(|it| it == scope);
        if !is_within || !role::is_permission(scope) {
            return Err(No::Scope(types::invalid::InvalidText::excerpt(scope)));
        }
    }
    if scopes.len() > service_account::MOST_SCOPES {
        return Err(No::Scope(format!("{} permissions", scopes.len())));
    }
    Ok(Some(scopes.join(" ")))
}

/// Reads an address by which others reach this server: scheme, host and port, no path.
///
/// # Errors
/// Says what such an address looks like.
pub(crate) fn check_public_url(url: &str) -> Result<()> {
    let read = reqwest::Url::parse(url).ok();
    let is_good = read.is_some_and(|it| {
        matches!(it.scheme(), "http" | "https")
            && it.has_host()
            && it.path() == "/"
            && it.query().is_none()
            && it.fragment().is_none()
            && it.username().is_empty()
    });
    if is_good {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "`directory.public_url` is `{url}`, which is not an address such as https://cds.example.vn"
        )))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use types::ids::UnitId;

    use super::*;

    fn account(scopes: &[&str]) -> ServiceAccount {
        let epoch = DateTime::UNIX_EPOCH;
        ServiceAccount {
            id: ServiceAccountId::new("mot-cua").unwrap(),
            display_name: "Một cửa".into(),
            owner_unit: UnitId::new("so-tttt").unwrap(),
            contact: String::new(),
            scopes: scopes.iter().map(|it| (*it).to_owned()).collect(),
            allowed_networks: vec![network::read("10.12.0.0/16").unwrap()],
            expire_time: epoch + Duration::days(1),
            disabled: None,
            last_use_time: None,
            create_time: epoch,
            update_time: epoch,
            version: 1,
        }
    }

    #[test]
    fn a_token_is_narrowed_to_what_is_asked_for_and_never_beyond_the_machine() {
        let scope = |account: &ServiceAccount, asked| narrowed(account, asked).ok();
        let (read, update) = ("directory.units.read", "indicators.values.update");
        let free = account(&[]);
        assert_eq!(scope(&free, None), Some(None));
        assert_eq!(scope(&free, Some(update)), Some(Some(update.into())));
        assert_eq!(scope(&free, Some("no.such.permission")), None);
        let bound = account(&[read, update]);
        let both = format!("{read} {update}");
        assert_eq!(scope(&bound, None), Some(Some(both.clone())));
        let asked = format!("{update}  {read} {update}");
        assert_eq!(scope(&bound, Some(&asked)), Some(Some(both)));
        assert_eq!(scope(&bound, Some(read)), Some(Some(read.into())));
        assert_eq!(scope(&bound, Some("directory.users.read")), None);
    }

    #[test]
    fn a_machine_gets_tokens_while_it_lives_is_enabled_and_asks_from_its_network() {
        let inside = Some(IpAddr::from([10, 12, 0, 1]));
        let now = DateTime::UNIX_EPOCH;
        let ok =
            |account: &ServiceAccount, address, now| may_have_tokens(account, address, now).is_ok();
        let good = account(&[]);
        assert!(ok(&good, inside, now));
        assert!(!ok(&good, Some(IpAddr::from([10, 13, 0, 1])), now));
        assert!(!ok(&good, None, now));
        assert!(!ok(&good, inside, now + Duration::days(1)));
        let disabled = ServiceAccount {
            disabled: Some("lộ khóa".into()),
            ..good
        };
        assert!(!ok(&disabled, inside, now));
    }

    #[test]
    fn an_address_for_others_has_no_path() {
        for good in [
            "https://cds.example.vn",
            "http://127.0.0.1:8080",
            "https://cds.example.vn/",
        ] {
            assert!(check_public_url(good).is_ok(), "{good}");
        }
        for bad in [
            "cds.example.vn",
            "https://cds.example.vn/a",
            "ftp://x",
            "https://x/?a=b",
        ] {
            assert!(check_public_url(bad).is_err(), "{bad}");
        }
    }
}
