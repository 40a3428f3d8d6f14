//! The methods of identities at outside issuers: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::{
    convert::timestamp,
    directory::{self as pb, identity_service_server::IdentityService},
};
use tonic::{Request, Response, Status};
use types::{ids::UserId, invalid::InvalidText, violations::Invalid};

use super::{Identities, Identity, IdentityName, Link, Unlink};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    identities: Identities,
}

impl Rpc {
    pub(crate) fn new(db: &Db, identities: &Identities) -> Self {
        Self {
            db: db.clone(),
            identities: identities.clone(),
        }
    }
}

/// Names the person whose identities are asked for.
struct Of(UserId);

#[tonic::async_trait]
impl IdentityService for Rpc {
    async fn link_identity(
        &self,
        request: Request<pb::LinkIdentityRequest>,
    ) -> Result<Response<pb::FederatedIdentity>, Status> {
        let (actor, link) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let identity = self.identities.link(&tx, &actor, link).await?;
        tx.reply(identity.into()).await
    }

    async fn unlink_identity(
        &self,
        request: Request<pb::UnlinkIdentityRequest>,
    ) -> Result<Response<pb::UnlinkIdentityResponse>, Status> {
        let (actor, unlink) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        self.identities.unlink(&tx, &actor, unlink).await?;
        tx.reply(pb::UnlinkIdentityResponse {}).await
    }

    async fn list_identities(
        &self,
        request: Request<pb::ListIdentitiesRequest>,
    ) -> Result<Response<pb::ListIdentitiesResponse>, Status> {
        let (actor, Of(user)) = accept(request)?;
        let identities = self.identities.list(&actor, &user).await?;
        Ok(Response::new(pb::ListIdentitiesResponse {
            identities: identities.into_iter().map(Into::into).collect(),
        }))
    }
}

/// Longest address of an issuer, and longest subject (OpenID Connect Core §2).
const LONGEST_ISSUER: usize = 500;
const LONGEST_SUBJECT: usize = 255;

impl TryFrom<pb::LinkIdentityRequest> for Link {
    type Error = Invalid;

    fn try_from(request: pb::LinkIdentityRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let identity = request.identity.unwrap_or_default();
        let user = bad.required("parent", &request.parent);
        let issuer = bad.line("identity.issuer", &identity.issuer, LONGEST_ISSUER);
        let subject = bad.line("identity.subject", &identity.subject, LONGEST_SUBJECT);
        let (Some(user), Some(issuer), Some(subject)) = (user, issuer, subject) else {
            return Err(bad);
        };
        Ok(Self {
            user,
            issuer,
            subject,
        })
    }
}

impl TryFrom<pb::UnlinkIdentityRequest> for Unlink {
    type Error = Invalid;

    fn try_from(request: pb::UnlinkIdentityRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let name = bad.required("name", &request.name);
        let reason = bad.line("reason", &request.reason, 500);
        let (Some(name), Some(reason)) = (name, reason) else {
            return Err(bad);
        };
        Ok(Self { name, reason })
    }
}

impl TryFrom<pb::ListIdentitiesRequest> for Of {
    type Error = Invalid;

    fn try_from(request: pb::ListIdentitiesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        bad.required("parent", &request.parent).map(Self).ok_or(bad)
    }
}

impl From<Identity> for pb::FederatedIdentity {
    fn from(identity: Identity) -> Self {
        Self {
            name: identity.name.name(),
            issuer: identity.issuer,
            subject: identity.subject,
            create_time: Some(timestamp(identity.create_time)),
        }
    }
}

impl std::str::FromStr for IdentityName {
    type Err = InvalidText;

    fn from_str(name: &str) -> Result<Self, InvalidText> {
        let read = name.split_once("/identities/").and_then(|(user, id)| {
            let user = UserId::from_name(user).ok()?;
            // An identity's id has the grammar of every id; a person's stands in for the check.
            let id = UserId::new(id).ok()?;
            Some(Self {
                user,
                id: id.as_str().to_owned(),
            })
        });
        read.ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `users/{user}/identities/{identity}`",
                "không có dạng `users/{user}/identities/{identity}`",
            )
        })
    }
}
