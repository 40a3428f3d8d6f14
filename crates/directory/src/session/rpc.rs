//! The methods of signing in and out: accept, call, reply.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ipnet::IpNet;
use kit::{Begin, Db, accept, jwt::LONGEST_TOKEN, read};
use proto::{
    convert::timestamp,
    directory::{self as pb, session_service_server::SessionService},
};
use tonic::{Request, Response, Status};
use types::violations::Invalid;

use super::{
    ChangePassword, Enroll, Factor, PASSWORD_LENGTH, Session, Sessions, SignIn, SigningKey,
    Standing, strength,
};
use crate::{issuer::Issuers, network};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    sessions: Sessions,
    issuers: Issuers,
    trusted_proxies: Arc<[IpNet]>,
}

impl Rpc {
    pub(crate) fn new(
        db: &Db,
        sessions: &Sessions,
        issuers: &Issuers,
        trusted_proxies: &Arc<[IpNet]>,
    ) -> Self {
        Self {
            db: db.clone(),
            sessions: sessions.clone(),
            issuers: issuers.clone(),
            trusted_proxies: trusted_proxies.clone(),
        }
    }
}

#[tonic::async_trait]
impl SessionService for Rpc {
    async fn enroll(
        &self,
        request: Request<pb::EnrollRequest>,
    ) -> Result<Response<pb::EnrollResponse>, Status> {
        let from = network::of_call(&request, &self.trusted_proxies);
        let device_token = self.sessions.enroll(read(request)?, from).await?;
        Ok(Response::new(pb::EnrollResponse { device_token }))
    }

    async fn sign_in(
        &self,
        request: Request<pb::SignInRequest>,
    ) -> Result<Response<pb::SignInResponse>, Status> {
        let from = network::of_call(&request, &self.trusted_proxies);
        let signed_in = self.sessions.sign_in(read(request)?, from).await?;
        let (session, tokens) = (signed_in.session, signed_in.tokens);
        let id = session.id.clone();
        Ok(Response::new(pb::SignInResponse {
            device_token: signed_in.device_token,
            access_token: tokens.access,
            expire_time: Some(timestamp(tokens.access_expires)),
            refresh_token: tokens.refresh,
            refresh_expire_time: Some(timestamp(tokens.refresh_expires)),
            session: Some(told(session, &id)),
        }))
    }

    async fn refresh_session(
        &self,
        request: Request<pb::RefreshSessionRequest>,
    ) -> Result<Response<pb::RefreshSessionResponse>, Status> {
        let Sent(refresh_token) = read(request)?;
        let tokens = self.sessions.refresh(&refresh_token).await?;
        Ok(Response::new(pb::RefreshSessionResponse {
            access_token: tokens.access,
            expire_time: Some(timestamp(tokens.access_expires)),
            refresh_token: tokens.refresh,
            refresh_expire_time: Some(timestamp(tokens.refresh_expires)),
        }))
    }

    async fn check_session(
        &self,
        request: Request<pb::CheckSessionRequest>,
    ) -> Result<Response<pb::CheckSessionResponse>, Status> {
        let Sent(session) = read(request)?;
        let standing = self.sessions.standing(&session).await?;
        Ok(Response::new(standing.map(Into::into).unwrap_or_default()))
    }

    async fn resolve_outside_token(
        &self,
        request: Request<pb::ResolveOutsideTokenRequest>,
    ) -> Result<Response<pb::ResolveOutsideTokenResponse>, Status> {
        let Sent(token) = read(request)?;
        let (user, expires) = self.issuers.resolve(&token).await?;
        Ok(Response::new(pb::ResolveOutsideTokenResponse {
            principal: user.name(),
            expire_time: Some(timestamp(expires)),
        }))
    }

    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Result<Response<pb::ListSessionsResponse>, Status> {
        let (actor, AboutOneself) = accept(request)?;
        let sessions = self.sessions.list(&actor).await?;
        let sessions = sessions.into_iter().map(|it| told(it, actor.session()));
        Ok(Response::new(pb::ListSessionsResponse {
            sessions: sessions.collect(),
        }))
    }

    async fn sign_out(
        &self,
        request: Request<pb::SignOutRequest>,
    ) -> Result<Response<pb::SignOutResponse>, Status> {
        let (actor, Named(name)) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let own = format!("{}/sessions/", actor.person()?.name());
        let id = match &name {
            None => actor.session(),
            Some(name) => name
                .strip_prefix(&own)
                .ok_or_else(|| kit::Error::not_found("SESSION", name))?,
        };
        self.sessions.sign_out(&tx, &actor, id).await?;
        tx.reply(pb::SignOutResponse {}).await
    }

    async fn sign_out_everywhere(
        &self,
        request: Request<pb::SignOutEverywhereRequest>,
    ) -> Result<Response<pb::SignOutEverywhereResponse>, Status> {
        let (actor, AboutOneself) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let ended = self.sessions.sign_out_everywhere(&tx, &actor).await?;
        tx.reply(pb::SignOutEverywhereResponse {
            ended_count: i32::try_from(ended).unwrap_or(i32::MAX),
        })
        .await
    }

    async fn change_password(
        &self,
        request: Request<pb::ChangePasswordRequest>,
    ) -> Result<Response<pb::ChangePasswordResponse>, Status> {
        let from = network::of_call(&request, &self.trusted_proxies);
        let (actor, change) = accept(request)?;
        let changed = self.sessions.check_change(&actor, change, from).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let ended = self.sessions.change_password(&tx, &actor, changed).await?;
        tx.reply(pb::ChangePasswordResponse {
            ended_count: i32::try_from(ended).unwrap_or(i32::MAX),
        })
        .await
    }

    async fn rotate_signing_key(
        &self,
        request: Request<pb::RotateSigningKeyRequest>,
    ) -> Result<Response<pb::SigningKey>, Status> {
        let (actor, NewKey) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let key = self.sessions.rotate_key(&tx, &actor).await?;
        tx.reply(key.into()).await
    }

    async fn list_signing_keys(
        &self,
        _: Request<pb::ListSigningKeysRequest>,
    ) -> Result<Response<pb::ListSigningKeysResponse>, Status> {
        let keys = self.sessions.keys().await?;
        let keys = keys.into_iter().map(Into::into);
        Ok(Response::new(pb::ListSigningKeysResponse {
            keys: keys.collect(),
        }))
    }
}

impl TryFrom<pb::EnrollRequest> for Enroll {
    type Error = Invalid;

    fn try_from(request: pb::EnrollRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let user = bad.required("user", &request.user);
        let secret = bad.line("secret", &request.secret, 100);
        let password = strength::read("password", &request.password, &mut bad);
        let (Some(user), Some(secret), Some(password)) = (user, secret, password) else {
            return Err(bad);
        };
        Ok(Self {
            user,
            secret,
            password,
        })
    }
}

impl TryFrom<pb::SignInRequest> for SignIn {
    type Error = Invalid;

    fn try_from(request: pb::SignInRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let user = bad.required("user", &request.user);
        let password = bad.line("password", &request.password, *PASSWORD_LENGTH.end());
        let device = bad.optional_line("device", &request.device, 100);
        let token = bad.optional_line("device_token", &request.device_token, LONGEST_SENT);
        let (Some(user), Some(password), Some(device), Some(device_token)) =
            (user, password, device, token)
        else {
            return Err(bad);
        };
        Ok(Self {
            user,
            password,
            device,
            device_token,
        })
    }
}

impl TryFrom<pb::ChangePasswordRequest> for ChangePassword {
    type Error = Invalid;

    fn try_from(request: pb::ChangePasswordRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let longest = *PASSWORD_LENGTH.end();
        let old = bad.line("old_password", &request.old_password, longest);
        let new = strength::read("new_password", &request.new_password, &mut bad);
        let (Some(old), Some(new)) = (old, new) else {
            return Err(bad);
        };
        if old == new {
            bad.add(
                "new_password",
                "SAME_AS_BEFORE",
                "is the old password",
                "trùng với mật khẩu hiện tại",
            );
            return Err(bad);
        }
        Ok(Self { old, new })
    }
}

/// A secret or an id, as it was sent.
struct Sent(String);

/// Longer than any token or id of ours.
const LONGEST_SENT: usize = 300;

impl TryFrom<pb::RefreshSessionRequest> for Sent {
    type Error = Invalid;

    fn try_from(request: pb::RefreshSessionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = bad.line("refresh_token", &request.refresh_token, LONGEST_SENT);
        sent.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::CheckSessionRequest> for Sent {
    type Error = Invalid;

    fn try_from(request: pb::CheckSessionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = bad.line("session", &request.session, LONGEST_SENT);
        sent.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::ResolveOutsideTokenRequest> for Sent {
    type Error = Invalid;

    fn try_from(request: pb::ResolveOutsideTokenRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let sent = bad.line("token", &request.token, LONGEST_TOKEN);
        sent.map(Self).ok_or(bad)
    }
}

impl From<Standing> for pb::CheckSessionResponse {
    fn from(standing: Standing) -> Self {
        let factor = match standing.factor {
            Factor::Password => pb::Factor::Password,
            Factor::SharedSecret => pb::Factor::SharedSecret,
            Factor::PrivateKey => pb::Factor::PrivateKey,
        };
        Self {
            alive: true,
            principal: standing.principal.name(),
            session: standing.name,
            expire_time: Some(timestamp(standing.expire_time)),
            factors: vec![factor.into()],
        }
    }
}

/// Asks about the caller, or for something that is his.
struct AboutOneself;

impl TryFrom<pb::ListSessionsRequest> for AboutOneself {
    type Error = Invalid;

    fn try_from(_: pb::ListSessionsRequest) -> Result<Self, Invalid> {
        Ok(Self)
    }
}

impl TryFrom<pb::SignOutEverywhereRequest> for AboutOneself {
    type Error = Invalid;

    fn try_from(_: pb::SignOutEverywhereRequest) -> Result<Self, Invalid> {
        Ok(Self)
    }
}

/// Asks for a new signing key.
struct NewKey;

impl TryFrom<pb::RotateSigningKeyRequest> for NewKey {
    type Error = Invalid;

    fn try_from(_: pb::RotateSigningKeyRequest) -> Result<Self, Invalid> {
        Ok(Self)
    }
}

impl From<SigningKey> for pb::SigningKey {
    fn from(key: SigningKey) -> Self {
        Self {
            kid: key.kid,
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: URL_SAFE_NO_PAD.encode(&key.public_key),
            alg: "EdDSA".to_owned(),
            r#use: "sig".to_owned(),
            sign_from_time: Some(timestamp(key.sign_from)),
            ed25519_public_key: key.public_key,
        }
    }
}

/// Names a session; without a name the one the call is made in is meant.
struct Named(Option<String>);

impl TryFrom<pb::SignOutRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::SignOutRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let name = bad.optional_line("name", &request.name, LONGEST_SENT);
        name.map(|it| Self(Some(it).filter(|it| !it.is_empty())))
            .ok_or(bad)
    }
}

fn told(session: Session, current: &str) -> pb::Session {
    pb::Session {
        name: session.name(),
        current: session.id == current,
        device: session.device,
        last_use_time: Some(timestamp(session.last_use_time)),
        expire_time: Some(timestamp(session.expire_time)),
        create_time: Some(timestamp(session.create_time)),
    }
}
