//! People to act as.

use kit::Peer;
use proto::directory as pb;
use tokio_stream::Iter;
use tonic::{Request, metadata::MetadataValue};

use pb::{
    access_service_client::AccessServiceClient, session_service_client::SessionServiceClient,
    user_service_client::UserServiceClient,
};

/// Long enough for the rules, the same for everybody in tests.
pub(crate) const PASSWORD: &str = "mật khẩu chỉ để thử";

/// A person who has signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// `users/{user}`.
    pub name: String,
    /// Access token.
    pub token: String,
}

impl Person {
    /// Makes a call as this person.
    pub fn ask<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = MetadataValue::try_from(format!("Bearer {}", self.token)).unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    /// Makes a call that sends a stream as this person.
    pub fn send<M>(&self, messages: Vec<M>) -> Request<Iter<std::vec::IntoIter<M>>> {
        self.ask(tokio_stream::iter(messages))
    }

    /// Sets the password with the one-time secret, and signs in.
    pub(crate) async fn arrive(directory: &Peer, name: &str, secret: &str) -> Self {
        let mut sessions = SessionServiceClient::new(directory.clone());
        let enroll = pb::EnrollRequest {
            user: name.into(),
            secret: secret.into(),
            password: PASSWORD.into(),
        };
        sessions.enroll(enroll).await.unwrap();
        Self::sign_in(directory, name).await
    }

    /// Signs in with the password everybody has in tests.
    pub async fn sign_in(directory: &Peer, name: &str) -> Self {
        let mut sessions = SessionServiceClient::new(directory.clone());
        let sign_in = pb::SignInRequest {
            user: name.into(),
            password: PASSWORD.into(),
            ..Default::default()
        };
        let token = sessions
            .sign_in(sign_in)
            .await
            .unwrap()
            .into_inner()
            .access_token;
        Self {
            name: name.into(),
            token,
        }
    }

    /// Adds a person to a unit, who then enrolls and signs in.
    pub(crate) async fn invite(&self, directory: &Peer, id: &str, unit: &str) -> Self {
        let mut users = UserServiceClient::new(directory.clone());
        let user = pb::User {
            display_name: id.into(),
            home_unit: format!("units/{unit}"),
            ..Default::default()
        };
        let create = pb::CreateUserRequest {
            user: Some(user),
            user_id: id.into(),
            ..Default::default()
        };
        users.create_user(self.ask(create)).await.unwrap();
        let name = format!("users/{id}");
        let issue = pb::IssueEnrollmentRequest { name: name.clone() };
        let secret = users
            .issue_enrollment(self.ask(issue))
            .await
            .unwrap()
            .into_inner()
            .secret;
        Self::arrive(directory, &name, &secret).await
    }

    /// Gives a person a role on a unit and everything below it; over all units for none.
    pub(crate) async fn grant(&self, directory: &Peer, to: &Self, role: &str, unit: &str) {
        let scope_unit = match unit {
            "" => String::new(),
            unit => format!("units/{unit}"),
        };
        let role_grant = pb::RoleGrant {
            principal: to.name.clone(),
            role: format!("roles/{role}"),
            scope_unit,
            include_subtree: true,
            validity: Some(proto::shared::Validity {
                start_date: "2022-01-01".into(),
                end_date: String::new(),
            }),
            ..Default::default()
        };
        let create = pb::CreateRoleGrantRequest {
            role_grant: Some(role_grant),
            ..Default::default()
        };
        AccessServiceClient::new(directory.clone())
            .create_role_grant(self.ask(create))
            .await
            .unwrap();
    }
}
