//! A session goes on by refresh tokens, each of which works once.

use chrono::Duration;
use proto::directory::{self as pb, session_service_client::SessionServiceClient};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

pub(crate) const PASSWORD: &str = "mật khẩu chỉ để thử";

pub(crate) async fn sign_in(world: &World, name: &str, device: &str) -> pb::SignInResponse {
    let request = pb::SignInRequest {
        user: name.into(),
        password: PASSWORD.into(),
        device: device.into(),
        ..Default::default()
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    sessions.sign_in(request).await.unwrap().into_inner()
}

pub(crate) async fn refresh(
    world: &World,
    token: &str,
) -> Result<pb::RefreshSessionResponse, Status> {
    let request = pb::RefreshSessionRequest {
        refresh_token: token.into(),
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    Ok(sessions.refresh_session(request).await?.into_inner())
}

pub(crate) fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().unwrap().reason.clone()
}

fn wait(world: &World, time: Duration) {
    world.clock.set(world.clock.now() + time);
}

async fn assert_ended(world: &World, token: &str) {
    let refused = refresh(world, token).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(reason(&refused), "SESSION_ENDED");
}

#[tokio::test]
async fn a_session_goes_on_by_refresh_tokens_through_the_working_day_and_no_longer() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let begun = sign_in(&world, &person.name, "").await;
    assert_eq!(begun.refresh_token.len(), 64);
    let mut token = begun.refresh_token;
    // 11 hours and 55 minutes of work.
    for _ in 0..55 {
        wait(&world, Duration::minutes(13));
        let fresh = refresh(&world, &token).await.unwrap();
        assert_ne!(fresh.refresh_token, token);
        let works = Person {
            name: person.name.clone(),
            token: fresh.access_token,
        };
        let list = works.ask(pb::ListSessionsRequest {});
        let mut sessions = SessionServiceClient::new(world.directory());
        sessions.list_sessions(list).await.unwrap();
        token = fresh.refresh_token;
    }
    wait(&world, Duration::minutes(6));
    assert_ended(&world, &token).await;
}

#[tokio::test]
async fn a_session_that_rests_too_long_is_over_and_sooner_for_who_administers() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let rests = sign_in(&world, &person.name, "").await;
    let administers = sign_in(&world, &world.administrator.name, "").await;
    wait(&world, Duration::minutes(5));
    assert_ended(&world, &administers.refresh_token).await;
    wait(&world, Duration::minutes(10));
    assert_ended(&world, &rests.refresh_token).await;
}

#[tokio::test]
async fn a_reply_lost_on_the_line_is_given_again_word_for_word() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let begun = sign_in(&world, &person.name, "").await;
    let first = refresh(&world, &begun.refresh_token).await.unwrap();
    wait(&world, Duration::seconds(10));
    let again = refresh(&world, &begun.refresh_token).await.unwrap();
    assert_eq!(first, again);
    refresh(&world, &again.refresh_token).await.unwrap();
}

#[tokio::test]
async fn two_replies_to_the_same_token_at_the_same_time_are_one() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let begun = sign_in(&world, &person.name, "").await;
    let token = &begun.refresh_token;
    let (one, two, three) = tokio::join!(
        refresh(&world, token),
        refresh(&world, token),
        refresh(&world, token),
    );
    let one = one.unwrap();
    assert_eq!(one, two.unwrap());
    assert_eq!(one, three.unwrap());
}

#[tokio::test]
async fn a_refresh_token_used_by_a_thief_ends_the_session_for_both() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let other = sign_in(&world, &person.name, "máy khác").await;
    let begun = sign_in(&world, &person.name, "").await;
    let fresh = refresh(&world, &begun.refresh_token).await.unwrap();
    wait(&world, Duration::seconds(11));
    assert_ended(&world, &begun.refresh_token).await;
    assert_ended(&world, &fresh.refresh_token).await;
    // The session on the other device has nothing to do with it.
    refresh(&world, &other.refresh_token).await.unwrap();
}

#[tokio::test]
async fn a_token_nobody_was_given_is_refused_like_an_old_one() {
    let world = World::new().await;
    for token in ["0".repeat(64), "xin chào".into()] {
        assert_ended(&world, &token).await;
    }
    let refused = refresh(&world, "").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
