//! The methods anybody may call: accept, call, reply.

use kit::read;
use proto::{
    convert::timestamp,
    directory::{self as pb, session_service_server::SessionService},
};
use tonic::{Request, Response, Status};
use types::violations::Invalid;

use super::{Enroll, PASSWORD_LENGTH, Sessions, SignIn};

#[derive(Debug)]
pub(crate) struct Rpc {
    sessions: Sessions,
}

impl Rpc {
    pub(crate) fn new(sessions: &Sessions) -> Self {
        Self {
            sessions: sessions.clone(),
        }
    }
}

#[tonic::async_trait]
impl SessionService for Rpc {
    async fn enroll(
        &self,
        request: Request<pb::EnrollRequest>,
    ) -> Result<Response<pb::EnrollResponse>, Status> {
        self.sessions.enroll(read(request)?).await?;
        Ok(Response::new(pb::EnrollResponse {}))
    }

    async fn sign_in(
        &self,
        request: Request<pb::SignInRequest>,
    ) -> Result<Response<pb::SignInResponse>, Status> {
        let token = self.sessions.sign_in(read(request)?).await?;
        Ok(Response::new(pb::SignInResponse {
            access_token: token.text,
            expire_time: Some(timestamp(token.expires)),
        }))
    }

    async fn list_signing_keys(
        &self,
        _: Request<pb::ListSigningKeysRequest>,
    ) -> Result<Response<pb::ListSigningKeysResponse>, Status> {
        let keys = self.sessions.keys().iter().map(|it| pb::SigningKey {
            kid: it.kid.clone(),
            ed25519_public_key: it.public_key.clone(),
        });
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
        let password = bad.optional_line("password", &request.password, *PASSWORD_LENGTH.end());
        let password = password.filter(|it| {
            let long_enough = it.chars().count() >= *PASSWORD_LENGTH.start();
            if !long_enough {
                bad.add(
                    "password",
                    "TOO_SHORT",
                    format!("has fewer than {} characters", PASSWORD_LENGTH.start()),
                    format!("có ít hơn {} ký tự", PASSWORD_LENGTH.start()),
                );
            }
            long_enough
        });
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
        let (Some(user), Some(password)) = (user, password) else {
            return Err(bad);
        };
        Ok(Self { user, password })
    }
}
