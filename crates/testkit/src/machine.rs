//! Machines to act as: added, given a key and a role, with a real token.

use kit::Peer;
use proto::directory::{self as pb, service_account_service_client::ServiceAccountServiceClient};
use tonic::body::Body;
use tower::{Service, ServiceExt};

use crate::Person;

/// Adds a machine that belongs to a unit, and returns it with a token that it got for its
/// secret, as any machine does.
pub async fn machine(directory: &Peer, by: &Person, id: &str, owner_unit: &str) -> Person {
    let mut accounts = ServiceAccountServiceClient::new(directory.clone());
    let create = pb::CreateServiceAccountRequest {
        service_account: Some(pb::ServiceAccount {
            display_name: id.into(),
            owner_unit: owner_unit.into(),
            ..Default::default()
        }),
        service_account_id: id.into(),
        ..Default::default()
    };
    let account = accounts.create_service_account(by.ask(create)).await;
    let name = account.unwrap().into_inner().name;
    let issue = pb::IssueServiceAccountKeyRequest {
        parent: name.clone(),
        key: Some(pb::ServiceAccountKey {
            kind: pb::KeyKind::SharedSecret.into(),
            ..Default::default()
        }),
    };
    let issued = accounts.issue_service_account_key(by.ask(issue)).await;
    let secret = issued.unwrap().into_inner().secret;
    Person {
        name,
        token: token(directory, id, &secret).await,
    }
}

/// Gets a token for a secret (RFC 6749, 4.4).
async fn token(directory: &Peer, client: &str, secret: &str) -> String {
    // Neither an id nor a secret has anything in it that a form would have to escape.
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
    let request = http::Request::post("http://directory/oauth2/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::new(form))
        .unwrap();
    let mut directory = directory.clone();
    let answer = directory
        .ready()
        .await
        .unwrap()
        .call(request)
        .await
        .unwrap();
    let (head, body) = answer.into_parts();
    let body = http_body_util::BodyExt::collect(body)
        .await
        .unwrap()
        .to_bytes();
    assert!(head.status.is_success(), "{head:?} {body:?}");
    let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
    told["access_token"].as_str().unwrap().to_owned()
}
