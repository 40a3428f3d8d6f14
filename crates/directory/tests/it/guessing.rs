//! Guessing is slowed down, and nobody shuts another person out by it.

use chrono::Duration;
use proto::directory::{
    self as pb, session_service_client::SessionServiceClient,
    user_service_client::UserServiceClient,
};
use testkit::World;
use tonic::Status;

use crate::refresh::{PASSWORD, reason};

const WRONG: &str = "sai mật khẩu hoàn toàn";

async fn sign_in(
    world: &World,
    user: &str,
    password: &str,
    device_token: &str,
) -> Result<pb::SignInResponse, Status> {
    let request = pb::SignInRequest {
        user: user.into(),
        password: password.into(),
        device_token: device_token.into(),
        ..Default::default()
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    Ok(sessions.sign_in(request).await?.into_inner())
}

async fn guess(world: &World, user: &str, device_token: &str, times: usize) {
    for _ in 0..times {
        let refused = sign_in(world, user, WRONG, device_token).await.unwrap_err();
        assert_eq!(reason(&refused), "SIGN_IN_REFUSED");
    }
}

/// Says what a list and the person alone tell alike.
async fn is_restricted(world: &World, user: &str) -> bool {
    let mut users = UserServiceClient::new(world.directory());
    let get = pb::GetUserRequest { name: user.into() };
    let alone = users.get_user(world.administrator.ask(get)).await.unwrap();
    let list = world.administrator.ask(pb::ListUsersRequest::default());
    let listed = users.list_users(list).await.unwrap().into_inner().users;
    let others: Vec<_> = listed.iter().filter(|it| it.only_known_devices).collect();
    assert!(others.iter().all(|it| it.name == user));
    assert_eq!(!others.is_empty(), alone.get_ref().only_known_devices);
    alone.get_ref().only_known_devices
}

async fn issue(world: &World, user: &str) -> String {
    let issue = pb::IssueEnrollmentRequest { name: user.into() };
    UserServiceClient::new(world.directory())
        .issue_enrollment(world.administrator.ask(issue))
        .await
        .unwrap()
        .into_inner()
        .secret
}

fn wait(world: &World, time: Duration) {
    world.clock.set(world.clock.now() + time);
}

#[tokio::test]
async fn five_failures_close_the_sign_in_for_fifteen_minutes_and_the_sixth_for_thirty() {
    let world = World::new().await;
    let user = world.person("can-bo", "viewer", "so-tttt").await.name;
    guess(&world, &user, "", 4).await;
    sign_in(&world, &user, PASSWORD, "").await.unwrap();
    // A success takes the count back.
    guess(&world, &user, "", 5).await;
    sign_in(&world, &user, PASSWORD, "").await.unwrap_err();
    wait(&world, Duration::minutes(15) - Duration::seconds(1));
    sign_in(&world, &user, PASSWORD, "").await.unwrap_err();
    wait(&world, Duration::seconds(1));
    guess(&world, &user, "", 1).await;
    wait(&world, Duration::minutes(29));
    sign_in(&world, &user, PASSWORD, "").await.unwrap_err();
    wait(&world, Duration::minutes(1));
    sign_in(&world, &user, PASSWORD, "").await.unwrap();
}

#[tokio::test]
async fn unknown_user_wrong_password_and_closed_sign_in_answer_alike() {
    let world = World::new().await;
    let user = world.person("can-bo", "viewer", "so-tttt").await.name;
    let refused = async |user: &str, password: &str| {
        let status = sign_in(&world, user, password, "").await.unwrap_err();
        let details = status.details().to_vec();
        (status.code(), status.message().to_owned(), details)
    };
    let wrong = refused(&user, WRONG).await;
    assert_eq!(refused("users/khong-co", WRONG).await, wrong);
    guess(&world, &user, "", 4).await;
    guess(&world, "users/khong-co", "", 4).await;
    assert_eq!(refused(&user, PASSWORD).await, wrong);
    assert_eq!(refused("users/khong-co", PASSWORD).await, wrong);
}

/// The story: somebody anywhere guesses day and night; the person at her own computer works on.
#[tokio::test]
async fn an_attacker_cannot_lock_a_person_out_at_her_own_computer() {
    let mut world = World::new().await;
    let user = world.person("can-bo", "viewer", "so-tttt").await.name;
    let desk = sign_in(&world, &user, PASSWORD, "").await.unwrap();
    assert_eq!(desk.device_token.len(), 64);
    let mut token = desk.device_token;
    // From somewhere else: a hundred failures, as fast as they are let through.
    guess(&world, &user, "", 5).await;
    for failures in 5..100 {
        wait(&world, Duration::hours(24));
        if failures % 19 == 0 {
            let morning = sign_in(&world, &user, PASSWORD, &token).await.unwrap();
            assert_ne!(morning.device_token, token);
            token = morning.device_token;
        }
        guess(&world, &user, "", 1).await;
    }
    // Strangers stay out for good, even with the right password; the desk gets in.
    wait(&world, Duration::days(30));
    sign_in(&world, &user, PASSWORD, "").await.unwrap_err();
    sign_in(&world, &user, PASSWORD, "0".repeat(64).as_str())
        .await
        .unwrap_err();
    sign_in(&world, &user, PASSWORD, &token).await.unwrap();
    // Who administers sees it, and can do something about it.
    world.sign_in_again().await;
    assert!(is_restricted(&world, &user).await);
    issue(&world, &user).await;
    assert!(!is_restricted(&world, &user).await);
}

#[tokio::test]
async fn a_reset_opens_a_sign_in_that_was_closed_and_the_new_password_gets_in_at_once() {
    let world = World::new().await;
    let user = world.person("can-bo", "viewer", "so-tttt").await.name;
    let desk = sign_in(&world, &user, PASSWORD, "").await.unwrap();
    guess(&world, &user, &desk.device_token, 5).await;
    guess(&world, &user, "", 5).await;
    sign_in(&world, &user, PASSWORD, "").await.unwrap_err();
    let secret = issue(&world, &user).await;
    let enroll = pb::EnrollRequest {
        user: user.clone(),
        secret,
        password: "con trâu đọc bản đồ".into(),
    };
    let enrolled = SessionServiceClient::new(world.directory())
        .enroll(enroll)
        .await
        .unwrap()
        .into_inner();
    let right = "con trâu đọc bản đồ";
    sign_in(&world, &user, right, "").await.unwrap();
    // The attacker goes on, but the device the person enrolled on is known.
    guess(&world, &user, "", 5).await;
    sign_in(&world, &user, right, "").await.unwrap_err();
    sign_in(&world, &user, right, &enrolled.device_token)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_known_device_is_counted_apart_and_so_is_every_other_one() {
    let world = World::new().await;
    let user = world.person("can-bo", "viewer", "so-tttt").await.name;
    let other = world.person("can-bo-khac", "viewer", "so-tttt").await.name;
    let desk = sign_in(&world, &user, PASSWORD, "").await.unwrap();
    let phone = sign_in(&world, &user, PASSWORD, "").await.unwrap();
    guess(&world, &user, &desk.device_token, 5).await;
    sign_in(&world, &user, PASSWORD, &desk.device_token)
        .await
        .unwrap_err();
    sign_in(&world, &user, PASSWORD, &phone.device_token)
        .await
        .unwrap();
    sign_in(&world, &user, PASSWORD, "").await.unwrap();
    // A device is known for the person who signed in on it, and for nobody else.
    guess(&world, &other, "", 5).await;
    sign_in(&world, &other, PASSWORD, &phone.device_token)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_device_token_is_renewed_and_the_one_before_still_counts_until_then() {
    let world = World::new().await;
    let user = world.person("can-bo", "viewer", "so-tttt").await.name;
    let first = sign_in(&world, &user, PASSWORD, "").await.unwrap();
    let lost = sign_in(&world, &user, PASSWORD, &first.device_token).await;
    let lost = lost.unwrap();
    guess(&world, &user, "", 5).await;
    // The reply with the next token was lost on the way: the device shows the one it has.
    let again = sign_in(&world, &user, PASSWORD, &first.device_token).await;
    let again = again.unwrap();
    sign_in(&world, &user, PASSWORD, &lost.device_token)
        .await
        .unwrap_err();
    let next = sign_in(&world, &user, PASSWORD, &again.device_token).await;
    next.unwrap();
    sign_in(&world, &user, PASSWORD, &first.device_token)
        .await
        .unwrap_err();
    wait(&world, Duration::days(90));
    guess(&world, &user, "", 1).await;
    sign_in(&world, &user, PASSWORD, &again.device_token)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn an_eleventh_device_takes_the_place_of_the_one_used_longest_ago() {
    let world = World::new().await;
    let user = world.person("can-bo", "viewer", "so-tttt").await.name;
    let mut tokens = Vec::new();
    // The first device is the one the person enrolled on, the second that of `World::person`.
    for _ in 0..10 {
        wait(&world, Duration::seconds(1));
        let begun = sign_in(&world, &user, PASSWORD, "").await.unwrap();
        tokens.push(begun.device_token);
    }
    wait(&world, Duration::seconds(1));
    let eleventh = sign_in(&world, &user, PASSWORD, "").await.unwrap();
    guess(&world, &user, "", 5).await;
    sign_in(&world, &user, PASSWORD, &tokens[0])
        .await
        .unwrap_err();
    for known in [&tokens[1], &tokens[9], &eleventh.device_token] {
        sign_in(&world, &user, PASSWORD, known).await.unwrap();
    }
}
