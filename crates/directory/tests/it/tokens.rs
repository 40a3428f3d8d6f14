//! A token that was verified is remembered, and is refused all the same once it is over.

use chrono::Duration;
use kit::{Error, auth::Verifier};
use proto::directory::{self as pb, session_service_client::SessionServiceClient};
use testkit::World;

fn code(refused: Result<kit::auth::Bearer, Error>) -> &'static str {
    match refused {
        Err(Error::Unauthenticated(reason)) => reason.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_remembered_token_expires() {
    let world = World::new().await;
    let token = &world.administrator.token;
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    let first = verifier.verify(token).await.unwrap();
    assert_eq!(verifier.verify(token).await.unwrap(), first);
    let until = world.clock.now() + Duration::minutes(5) + Duration::seconds(30);
    world.clock.set(until - Duration::seconds(1));
    // The session may rest too long meanwhile; the token itself is not over yet.
    assert!(!matches!(
        verifier.verify(token).await,
        Err(Error::Unauthenticated(it)) if it.code == "TOKEN_EXPIRED"
    ));
    world.clock.set(until);
    assert_eq!(code(verifier.verify(token).await), "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_session() {
    let world = World::new().await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    verifier.verify(&person.token).await.unwrap();
    let mut sessions = SessionServiceClient::new(world.directory());
    let sign_out = person.ask(pb::SignOutRequest::default());
    sessions.sign_out(sign_out).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(code(verifier.verify(&person.token).await), "SESSION_ENDED");
}

#[tokio::test]
async fn a_token_that_differs_by_one_letter_is_not_the_remembered_one() {
    let world = World::new().await;
    let token = world.administrator.token.clone();
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    verifier.verify(&token).await.unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let altered = format!("{message}.{first}{}", &signature[1..]);
    assert_eq!(code(verifier.verify(&altered).await), "TOKEN_INVALID");
}
