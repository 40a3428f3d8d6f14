//! Rights in services that run apart from the directory.

use std::{
    fs,
    time::{Duration, Instant},
};

use kit::Peer;
use proto::{
    directory::{
        self as pb, access_service_client::AccessServiceClient,
        session_service_client::SessionServiceClient, unit_service_client::UnitServiceClient,
        user_service_client::UserServiceClient,
    },
    indicators::{ListIndicatorValuesRequest, value_service_client::ValueServiceClient},
    shared::Validity,
};
use tempfile::TempDir;
use tonic::{Code, Request, metadata::MetadataValue};

use crate::process::Service;

pub(crate) const UNIT: &str = "units/huyen-minh-long";
const PASSWORD: &str = "mật khẩu chỉ để thử 847";

pub(crate) fn as_bearer<M>(token: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    let bearer = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

fn since(start_date: &str) -> Option<Validity> {
    Some(Validity {
        start_date: start_date.into(),
        end_date: String::new(),
    })
}

/// Sets the password of somebody with a one-time secret, and signs in.
pub(crate) async fn arrive(directory: &Peer, user: &str, secret: &str) -> String {
    let mut sessions = SessionServiceClient::new(directory.clone());
    let enroll = pb::EnrollRequest {
        user: user.into(),
        secret: secret.into(),
        password: PASSWORD.into(),
    };
    sessions.enroll(enroll).await.unwrap();
    let sign_in = pb::SignInRequest {
        user: user.into(),
        password: PASSWORD.into(),
        ..Default::default()
    };
    sessions
        .sign_in(sign_in)
        .await
        .unwrap()
        .into_inner()
        .access_token
}

/// Adds Minh Long and a person who may look at it; returns the grant and his token.
pub(crate) async fn viewer(directory: &Peer, administrator: &str) -> (pb::RoleGrant, String) {
    let token = clerk(directory, administrator).await;
    let given = grant(directory, administrator, "viewer").await;
    (given, token)
}

/// Adds Minh Long and a person who works there; returns his token.
pub(crate) async fn clerk(directory: &Peer, administrator: &str) -> String {
    let unit = pb::Unit {
        display_name: "UBND huyện Minh Long".into(),
        kind: pb::UnitKind::District.into(),
        validity: since("2022-01-01"),
        ..Default::default()
    };
    let create = pb::CreateUnitRequest {
        unit: Some(unit),
        unit_id: "huyen-minh-long".into(),
        ..Default::default()
    };
    let mut units = UnitServiceClient::new(directory.clone());
    units
        .create_unit(as_bearer(administrator, create))
        .await
        .unwrap();
    let mut users = UserServiceClient::new(directory.clone());
    let user = pb::User {
        display_name: "Cán bộ".into(),
        home_unit: UNIT.into(),
        ..Default::default()
    };
    let create = pb::CreateUserRequest {
        user: Some(user),
        user_id: "can-bo".into(),
        ..Default::default()
    };
    users
        .create_user(as_bearer(administrator, create))
        .await
        .unwrap();
    let issue = pb::IssueEnrollmentRequest {
        name: "users/can-bo".into(),
    };
    let issued = users
        .issue_enrollment(as_bearer(administrator, issue))
        .await;
    arrive(
        directory,
        "users/can-bo",
        &issued.unwrap().into_inner().secret,
    )
    .await
}

/// Gives the person who works there a role over Minh Long.
pub(crate) async fn grant(directory: &Peer, administrator: &str, role: &str) -> pb::RoleGrant {
    grant_to("users/can-bo", directory, administrator, role).await
}

/// Gives somebody, or a machine, a role over Minh Long.
pub(crate) async fn grant_to(
    principal: &str,
    directory: &Peer,
    administrator: &str,
    role: &str,
) -> pb::RoleGrant {
    let grant = pb::RoleGrant {
        principal: principal.into(),
        role: format!("roles/{role}"),
        scope_unit: UNIT.into(),
        include_subtree: true,
        validity: since("2022-01-01"),
        ..Default::default()
    };
    let create = pb::CreateRoleGrantRequest {
        role_grant: Some(grant),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(directory.clone());
    let given = access
        .create_role_grant(as_bearer(administrator, create))
        .await;
    given.unwrap().into_inner()
}

pub(crate) async fn read_values(indicators: &Peer, token: &str) -> Code {
    let list = ListIndicatorValuesRequest {
        unit: UNIT.into(),
        period: "2022-h1".into(),
        ..Default::default()
    };
    let mut values = ValueServiceClient::new(indicators.clone());
    match values.list_indicator_values(as_bearer(token, list)).await {
        Ok(_) => Code::Ok,
        Err(status) => status.code(),
    }
}

#[tokio::test]
async fn a_right_given_counts_at_once_in_another_process_and_one_revoked_is_gone_within_5_seconds()
{
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let directory = Service::start("directory", &data, 0, &[]);
    let at = ["--directory-at", directory.address.as_str()];
    let indicators = Service::start("indicators", &data, 0, &at);
    let peer = Peer::remote(&directory.address).unwrap();
    let values = Peer::remote(&indicators.address).unwrap();
    let secret = directory.secret.clone().unwrap();
    let administrator = arrive(&peer, "users/administrator", &secret).await;

    let (grant, token) = viewer(&peer, &administrator).await;
    assert_eq!(read_values(&values, &token).await, Code::Ok);

    let delete = pb::DeleteRoleGrantRequest {
        name: grant.name,
        reason: "chuyển công tác".into(),
        etag: grant.etag,
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(peer.clone());
    access
        .delete_role_grant(as_bearer(&administrator, delete))
        .await
        .unwrap();
    // The bound is the promise that is tested, not a measurement.
    let revoked = Instant::now();
    loop {
        match read_values(&values, &token).await {
            Code::PermissionDenied => break,
            other => assert_eq!(other, Code::Ok),
        }
        assert!(
            revoked.elapsed() < Duration::from_secs(5),
            "a revoked right still counted after 5 s"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // Without the directory nobody is let in on a guess.
    drop(directory);
    let mut code = read_values(&values, &token).await;
    for _ in 0..100 {
        if code == Code::Unavailable {
            break;
        }
        assert_eq!(code, Code::PermissionDenied);
        tokio::time::sleep(Duration::from_millis(100)).await;
        code = read_values(&values, &token).await;
    }
    assert_eq!(code, Code::Unavailable);
}

#[tokio::test]
async fn a_process_that_does_not_know_the_shared_secret_is_told_nothing() {
    let folder = TempDir::new().unwrap();
    let directory = Service::start("directory", folder.path(), 0, &[]);
    let stranger = Peer::remote(&directory.address).unwrap();
    let mut access = AccessServiceClient::new(stranger);
    let ask = pb::WatchAccessRequest::default();
    let forged = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImNkcy1pbnQrand0In0.e30.c2lnbmF0dXJl";
    let refused = access
        .watch_access(as_bearer(forged, ask))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}
