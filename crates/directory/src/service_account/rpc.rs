//! The methods of machines and their keys: accept, call, reply.

use chrono::{DateTime, Utc};
use kit::{Begin, Clock, Db, accept, etag};
use proto::{
    convert::{self, timestamp},
    directory::{self as pb, service_account_service_server::ServiceAccountService},
};
use tonic::{Request, Response, Status};
use types::{ids::ServiceAccountId, violations::Invalid};

use super::{
    CreateServiceAccount, Disable, Enable, ListServiceAccounts, MOST_SCOPES, ServiceAccount,
    ServiceAccounts, State,
    key::{IssueKey, Key, KeyName, ListKeys, Proof, RevokeKey, read_public_jwk},
};
use crate::{network, role};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    accounts: ServiceAccounts,
}

impl Rpc {
    pub(crate) fn new(db: &Db, accounts: &ServiceAccounts) -> Self {
        Self {
            db: db.clone(),
            accounts: accounts.clone(),
        }
    }

    fn told(&self, account: ServiceAccount) -> pb::ServiceAccount {
        told(account, self.db.clock())
    }
}

/// Names one machine.
struct Named(ServiceAccountId);

#[tonic::async_trait]
impl ServiceAccountService for Rpc {
    async fn create_service_account(
        &self,
        request: Request<pb::CreateServiceAccountRequest>,
    ) -> Result<Response<pb::ServiceAccount>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let account = self.accounts.create(&tx, &actor, new).await?;
        tx.reply(self.told(account)).await
    }

    async fn get_service_account(
        &self,
        request: Request<pb::GetServiceAccountRequest>,
    ) -> Result<Response<pb::ServiceAccount>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let account = self.accounts.get(&actor, &id).await?;
        Ok(Response::new(self.told(account)))
    }

    async fn list_service_accounts(
        &self,
        request: Request<pb::ListServiceAccountsRequest>,
    ) -> Result<Response<pb::ListServiceAccountsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (accounts, next_page_token) = self.accounts.list(&actor, list).await?;
        let service_accounts = accounts.into_iter().map(|it| self.told(it)).collect();
        Ok(Response::new(pb::ListServiceAccountsResponse {
            service_accounts,
            next_page_token,
        }))
    }

    async fn disable_service_account(
        &self,
        request: Request<pb::DisableServiceAccountRequest>,
    ) -> Result<Response<pb::ServiceAccount>, Status> {
        let (actor, disable) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let account = self.accounts.disable(&tx, &actor, disable).await?;
        tx.reply(self.told(account)).await
    }

    async fn enable_service_account(
        &self,
        request: Request<pb::EnableServiceAccountRequest>,
    ) -> Result<Response<pb::ServiceAccount>, Status> {
        let (actor, enable) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let account = self.accounts.enable(&tx, &actor, enable).await?;
        tx.reply(self.told(account)).await
    }

    async fn issue_service_account_key(
        &self,
        request: Request<pb::IssueServiceAccountKeyRequest>,
    ) -> Result<Response<pb::IssueServiceAccountKeyResponse>, Status> {
        let (actor, issue) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let (key, secret) = self.accounts.issue_key(&tx, &actor, issue).await?;
        tx.reply(pb::IssueServiceAccountKeyResponse {
            key: Some(key.into()),
            secret: secret.unwrap_or_default(),
        })
        .await
    }

    async fn list_service_account_keys(
        &self,
        request: Request<pb::ListServiceAccountKeysRequest>,
    ) -> Result<Response<pb::ListServiceAccountKeysResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (keys, next_page_token) = self.accounts.list_keys(&actor, list).await?;
        let keys = keys.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListServiceAccountKeysResponse {
            keys,
            next_page_token,
        }))
    }

    async fn revoke_service_account_key(
        &self,
        request: Request<pb::RevokeServiceAccountKeyRequest>,
    ) -> Result<Response<pb::ServiceAccountKey>, Status> {
        let (actor, revoke) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let key = self.accounts.revoke_key(&tx, &actor, revoke).await?;
        tx.reply(key.into()).await
    }
}

/// Most networks of one machine.
const MOST_NETWORKS: usize = 20;

impl TryFrom<pb::CreateServiceAccountRequest> for CreateServiceAccount {
    type Error = Invalid;

    fn try_from(request: pb::CreateServiceAccountRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = request.service_account.unwrap_or_default();
        let id = ServiceAccountId::new(&request.service_account_id);
        let id = bad.take("service_account_id", id);
        let display_name = bad.line("service_account.display_name", &sent.display_name, 200);
        let owner_unit = bad.required("service_account.owner_unit", &sent.owner_unit);
        let contact = bad.optional_line("service_account.contact", &sent.contact, 200);
        let scopes = read_scopes(&sent.scopes, &mut bad);
        let field = "service_account.allowed_networks";
        bad.at_most(field, sent.allowed_networks.len(), MOST_NETWORKS);
        let mut allowed_networks = Vec::new();
        for (index, text) in sent.allowed_networks.iter().enumerate().take(MOST_NETWORKS) {
            allowed_networks.extend(bad.take(format!("{field}[{index}]"), network::read(text)));
        }
        let field = "service_account.expire_time";
        let expire_time = optional_instant(field, sent.expire_time, &mut bad);
        match (id, display_name, owner_unit, contact, expire_time) {
            (Some(id), Some(display_name), Some(owner_unit), Some(contact), Some(expire_time))
                if bad.is_empty() =>
            {
                Ok(Self {
                    id,
                    display_name,
                    owner_unit,
                    contact,
                    scopes,
                    allowed_networks,
                    expire_time,
                })
            }
            _ => Err(bad),
        }
    }
}

/// Reads permissions, sorted and each once.
fn read_scopes(sent: &[String], bad: &mut Invalid) -> Vec<String> {
    let field = "service_account.scopes";
    bad.at_most(field, sent.len(), MOST_SCOPES);
    let mut scopes = Vec::new();
    for (index, permission) in sent.iter().enumerate().take(MOST_SCOPES) {
        if role::is_permission(permission) {
            scopes.push(permission.clone());
            continue;
        }
        let shown = types::invalid::InvalidText::excerpt(permission);
        bad.add(
            format!("{field}[{index}]"),
            "REFERENCE_NOT_FOUND",
            format!("there is no permission `{shown}`"),
            format!("không có quyền `{shown}`"),
        );
    }
    scopes.sort();
    scopes.dedup();
    scopes
}

/// Reads an instant that may be left out. The outer `None` means that it was bad.
fn optional_instant(
    field: &str,
    sent: Option<prost_types::Timestamp>,
    bad: &mut Invalid,
) -> Option<Option<DateTime<Utc>>> {
    match sent {
        None => Some(None),
        sent => convert::instant(field, sent, bad).map(Some),
    }
}

fn named(name: &str) -> Result<Named, Invalid> {
    let mut bad = Invalid::default();
    bad.required("name", name).map(Named).ok_or(bad)
}

impl TryFrom<pb::GetServiceAccountRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::GetServiceAccountRequest) -> Result<Self, Invalid> {
        named(&request.name)
    }
}

impl TryFrom<pb::ListServiceAccountsRequest> for ListServiceAccounts {
    type Error = Invalid;

    fn try_from(request: pb::ListServiceAccountsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let owner_unit = bad.optional("owner_unit", &request.owner_unit);
        Ok(Self {
            owner_unit: owner_unit.ok_or(bad)?,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::DisableServiceAccountRequest> for Disable {
    type Error = Invalid;

    fn try_from(request: pb::DisableServiceAccountRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let reason = bad.line("reason", &request.reason, 500);
        let (Some(id), Some(reason)) = (id, reason) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            reason,
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::EnableServiceAccountRequest> for Enable {
    type Error = Invalid;

    fn try_from(request: pb::EnableServiceAccountRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let expire_time = optional_instant("expire_time", request.expire_time, &mut bad);
        let (Some(id), Some(expire_time)) = (id, expire_time) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            expire_time,
            etag: request.etag,
        })
    }
}

/// Longer than any public key that is taken.
const LONGEST_JWK: usize = 2000;

impl TryFrom<pb::IssueServiceAccountKeyRequest> for IssueKey {
    type Error = Invalid;

    fn try_from(request: pb::IssueServiceAccountKeyRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let account = bad.required("parent", &request.parent);
        let key = request.key.unwrap_or_default();
        let field = "key.public_jwk";
        let public_jwk = match key.kind() {
            pb::KeyKind::PublicJwk => bad
                .line(field, &key.public_jwk, LONGEST_JWK)
                .and_then(|text| bad.take(field, read_public_jwk(&text)))
                .map(Some),
            pb::KeyKind::SharedSecret if key.public_jwk.is_empty() => Some(None),
            pb::KeyKind::SharedSecret => {
                let (en, vi) = (
                    "belongs to a public key only",
                    "chỉ dùng cho khóa công khai",
                );
                bad.add(field, "MUST_BE_EMPTY", en, vi);
                None
            }
            pb::KeyKind::Unspecified => {
                convert::unknown("key.kind", key.kind, &mut bad);
                None
            }
        };
        let expire_time = optional_instant("key.expire_time", key.expire_time, &mut bad);
        let (Some(account), Some(public_jwk), Some(expire_time)) =
            (account, public_jwk, expire_time)
        else {
            return Err(bad);
        };
        Ok(Self {
            account,
            public_jwk,
            expire_time,
        })
    }
}

impl TryFrom<pb::ListServiceAccountKeysRequest> for ListKeys {
    type Error = Invalid;

    fn try_from(request: pb::ListServiceAccountKeysRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let account = bad.required("parent", &request.parent);
        Ok(Self {
            account: account.ok_or(bad)?,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::RevokeServiceAccountKeyRequest> for RevokeKey {
    type Error = Invalid;

    fn try_from(request: pb::RevokeServiceAccountKeyRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let name = bad.required("name", &request.name);
        let reason = bad.line("reason", &request.reason, 500);
        let (Some(name), Some(reason)) = (name, reason) else {
            return Err(bad);
        };
        Ok(Self { name, reason })
    }
}

fn told(account: ServiceAccount, clock: &Clock) -> pb::ServiceAccount {
    let now = clock.now();
    let state = match account.state(now) {
        State::Active => pb::ServiceAccountState::Active,
        State::Disabled => pb::ServiceAccountState::Disabled,
        State::Expired => pb::ServiceAccountState::Expired,
    };
    let networks = account.allowed_networks.iter();
    pb::ServiceAccount {
        name: account.id.name(),
        disable_reason: account.disabled_because(now).unwrap_or_default(),
        allowed_networks: networks.map(ToString::to_string).collect(),
        display_name: account.display_name,
        owner_unit: account.owner_unit.name(),
        contact: account.contact,
        scopes: account.scopes,
        expire_time: Some(timestamp(account.expire_time)),
        state: state.into(),
        last_use_time: account.last_use_time.map(timestamp),
        create_time: Some(timestamp(account.create_time)),
        update_time: Some(timestamp(account.update_time)),
        etag: etag::of(account.version),
    }
}

impl From<Key> for pb::ServiceAccountKey {
    fn from(key: Key) -> Self {
        let (kind, public_jwk) = match &key.proof {
            Proof::PublicJwk(jwk) => (
                pb::KeyKind::PublicJwk,
                serde_json::to_string(jwk).unwrap_or_default(),
            ),
            Proof::SharedSecret { .. } => (pb::KeyKind::SharedSecret, String::new()),
        };
        let (revoke_time, revoke_reason) = key.revoked.unzip();
        Self {
            name: key.name.name(),
            kind: kind.into(),
            public_jwk,
            expire_time: Some(timestamp(key.expire_time)),
            last_use_time: key.last_use_time.map(timestamp),
            revoke_time: revoke_time.map(timestamp),
            revoke_reason: revoke_reason.unwrap_or_default(),
            create_time: Some(timestamp(key.create_time)),
        }
    }
}

impl std::str::FromStr for KeyName {
    type Err = types::invalid::InvalidText;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let read = name.split_once("/keys/").and_then(|(account, id)| {
            let account = ServiceAccountId::from_name(account).ok()?;
            // A key's id has the grammar of every id; a machine's stands in for the check.
            let id = ServiceAccountId::new(id).ok()?;
            Some(Self {
                account,
                id: id.as_str().to_owned(),
            })
        });
        read.ok_or_else(|| {
            types::invalid::InvalidText::new(
                "PATTERN",
                "is not of the form `serviceAccounts/{service_account}/keys/{key}`",
                "không có dạng `serviceAccounts/{service_account}/keys/{key}`",
            )
        })
    }
}
