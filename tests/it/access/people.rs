//! People who call: created, given a role, enrolled and signed in through the contract.

use std::fmt;

use kit::{Clock, Peer};
use proto::{
    directory::{
        self as pb, access_service_client::AccessServiceClient,
        session_service_client::SessionServiceClient, user_service_client::UserServiceClient,
    },
    shared::Validity,
};
use tonic::{Request, metadata::MetadataValue};

use super::world::OWN;

/// Long enough for the rules, the same for everybody.
const PASSWORD: &str = "mật khẩu chỉ để thử";

/// What is left of the grant that a person was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    /// It stands, on huyện Minh Long and everything below.
    Standing,
    /// Its last day was yesterday.
    Expired,
    /// It was taken back.
    Revoked,
    /// It stands, over all units.
    Everywhere,
}

/// A person with one role.
#[derive(Debug)]
pub(super) struct Caller {
    /// Last part of the name of the role.
    pub(super) role: String,
    pub(super) permissions: Vec<String>,
    pub(super) grant: Grant,
    /// Access token, empty until signed in.
    pub(super) token: String,
    user: String,
}

impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({:?})", self.role, self.grant)
    }
}

impl Grant {
    /// Returns what tells the people of one role apart.
    fn word(self) -> &'static str {
        match self {
            Self::Standing => "dang-giu",
            Self::Expired => "het-han",
            Self::Revoked => "thu-hoi",
            Self::Everywhere => "toan-bo",
        }
    }

    fn end_date(self) -> String {
        match self {
            Self::Expired => Clock::system().today().to_string(),
            Self::Standing | Self::Revoked | Self::Everywhere => String::new(),
        }
    }
}

impl Caller {
    /// Returns the first administrator, who comes in with the one-time secret.
    pub(super) async fn first(peer: &Peer, secret: &str) -> Self {
        let mut first = Self {
            role: "administrator".into(),
            permissions: Vec::new(),
            grant: Grant::Everywhere,
            token: String::new(),
            user: "users/administrator".into(),
        };
        first.enroll(peer, secret).await;
        first.sign_in(peer).await;
        first
    }

    /// Adds a person who holds a role, with a password.
    pub(super) async fn add(&self, peer: &Peer, role: &pb::Role, grant: Grant) -> Self {
        let role_id = role.name.trim_start_matches("roles/");
        let user_id = format!("{role_id}-{}", grant.word());
        let mut users = UserServiceClient::new(peer.clone());
        let create = pb::CreateUserRequest {
            user: Some(pb::User {
                display_name: user_id.clone(),
                home_unit: format!("units/{OWN}"),
                ..Default::default()
            }),
            user_id,
            ..Default::default()
        };
        let user = users.create_user(self.ask(create)).await.unwrap();
        let new = Self {
            role: role_id.to_owned(),
            permissions: role.permissions.clone(),
            grant,
            token: String::new(),
            user: user.into_inner().name,
        };
        self.give(peer, &new).await;
        let issue = pb::IssueEnrollmentRequest {
            name: new.user.clone(),
        };
        let issued = users.issue_enrollment(self.ask(issue)).await.unwrap();
        new.enroll(peer, &issued.into_inner().secret).await;
        new
    }

    async fn give(&self, peer: &Peer, new: &Self) {
        let mut access = AccessServiceClient::new(peer.clone());
        let scope_unit = match new.grant {
            Grant::Everywhere => String::new(),
            Grant::Standing | Grant::Expired | Grant::Revoked => format!("units/{OWN}"),
        };
        let create = pb::CreateRoleGrantRequest {
            role_grant: Some(pb::RoleGrant {
                principal: new.user.clone(),
                role: format!("roles/{}", new.role),
                scope_unit,
                include_subtree: true,
                validity: Some(Validity {
                    start_date: "2022-01-01".into(),
                    end_date: new.grant.end_date(),
                }),
                ..Default::default()
            }),
            ..Default::default()
        };
        let given = access.create_role_grant(self.ask(create)).await.unwrap();
        let given = given.into_inner();
        if new.grant == Grant::Revoked {
            let delete = pb::DeleteRoleGrantRequest {
                name: given.name,
                reason: "thử".into(),
                etag: given.etag,
                ..Default::default()
            };
            access.delete_role_grant(self.ask(delete)).await.unwrap();
        }
    }

    async fn enroll(&self, peer: &Peer, secret: &str) {
        let enroll = pb::EnrollRequest {
            user: self.user.clone(),
            secret: secret.into(),
            password: PASSWORD.into(),
        };
        let mut sessions = SessionServiceClient::new(peer.clone());
        sessions.enroll(enroll).await.unwrap();
    }

    /// Signs in, just before calling: a token lives 5 minutes.
    pub(super) async fn sign_in(&mut self, peer: &Peer) {
        let sign_in = pb::SignInRequest {
            user: self.user.clone(),
            password: PASSWORD.into(),
            ..Default::default()
        };
        let mut sessions = SessionServiceClient::new(peer.clone());
        let session = sessions.sign_in(sign_in).await.unwrap();
        self.token = session.into_inner().access_token;
    }

    /// Makes a call as this person.
    pub(super) fn ask<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = MetadataValue::try_from(format!("Bearer {}", self.token)).unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request
    }
}
