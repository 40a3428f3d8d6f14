//! Who leaves, or is put out, is out everywhere within five seconds.

use std::time::Duration;

use kit::{Peer, auth::Verifier, gate::GateLayer, policy::Policy};
use proto::directory::{
    self as pb, access_service_client::AccessServiceClient,
    session_service_client::SessionServiceClient, user_service_client::UserServiceClient,
};
use testkit::{Person, World};
use tonic::{Code, Status};

use crate::{
    machines::{create, disable, machine, secret},
    refresh::{reason, refresh, sign_in},
};

fn person(name: &str, signed_in: &pb::SignInResponse) -> Person {
    Person {
        name: name.into(),
        token: signed_in.access_token.clone(),
    }
}

async fn who_am_i(directory: &Peer, person: &Person) -> Result<(), Status> {
    let ask = person.ask(pb::ListRolesRequest {});
    AccessServiceClient::new(directory.clone())
        .list_roles(ask)
        .await
        .map(|_| ())
}

/// Asks about a session, or the key of a machine, by its name.
async fn check(world: &World, name: &str) -> pb::CheckSessionResponse {
    let session = name.rsplit_once('/').unwrap().1.to_owned();
    SessionServiceClient::new(world.directory())
        .check_session(pb::CheckSessionRequest { session })
        .await
        .unwrap()
        .into_inner()
}

async fn is_alive(world: &World, signed_in: &pb::SignInResponse) -> bool {
    let name = &signed_in.session.as_ref().unwrap().name;
    check(world, name).await.alive
}

pub(crate) async fn user(world: &World, name: &str) -> pb::User {
    let get = pb::GetUserRequest { name: name.into() };
    UserServiceClient::new(world.directory())
        .get_user(world.administrator.ask(get))
        .await
        .unwrap()
        .into_inner()
}

pub(crate) async fn suspend(
    world: &World,
    by: &Person,
    user: &pb::User,
) -> Result<pb::User, Status> {
    let suspend = pb::SuspendUserRequest {
        name: user.name.clone(),
        reason: "nghỉ việc".into(),
        etag: user.etag.clone(),
        ..Default::default()
    };
    let mut users = UserServiceClient::new(world.directory());
    Ok(users.suspend_user(by.ask(suspend)).await?.into_inner())
}

pub(crate) async fn reactivate(world: &World, by: &Person, user: &pb::User) -> pb::User {
    let reactivate = pb::ReactivateUserRequest {
        name: user.name.clone(),
        etag: user.etag.clone(),
        ..Default::default()
    };
    UserServiceClient::new(world.directory())
        .reactivate_user(by.ask(reactivate))
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn who_checks_a_session_is_told_whose_it_is_and_of_one_that_is_over_nothing() {
    let world = World::new().await;
    let name = world
        .person("can-bo", "reporter", "huyen-minh-long")
        .await
        .name;
    let begun = sign_in(&world, &name, "").await;
    let session = begun.session.as_ref().unwrap();
    let living = check(&world, &session.name).await;
    let expected = pb::CheckSessionResponse {
        alive: true,
        principal: name.clone(),
        session: session.name.clone(),
        expire_time: session.expire_time,
        factors: vec![pb::Factor::Password.into()],
    };
    assert_eq!(living, expected);
    let out = person(&name, &begun).ask(pb::SignOutRequest::default());
    let mut sessions = SessionServiceClient::new(world.directory());
    sessions.sign_out(out).await.unwrap();
    for over in [session.name.as_str(), "users/can-bo/sessions/0"] {
        assert_eq!(check(&world, over).await, Default::default(), "{over}");
    }
}

#[tokio::test]
async fn the_key_of_a_machine_stands_in_the_place_of_a_session() {
    let world = World::new().await;
    let account = create(&world, &world.administrator, "mot-cua", machine()).await;
    let account = account.unwrap();
    let (key, _) = secret(&world, &account.name).await;
    let living = check(&world, &key.name).await;
    let expected = pb::CheckSessionResponse {
        alive: true,
        principal: account.name.clone(),
        session: key.name.clone(),
        expire_time: key.expire_time,
        factors: vec![pb::Factor::SharedSecret.into()],
    };
    assert_eq!(living, expected);
    disable(&world, &world.administrator, &account)
        .await
        .unwrap();
    assert_eq!(check(&world, &key.name).await, Default::default());
}

#[tokio::test]
async fn signing_out_ends_this_session_and_leaves_the_others() {
    let world = World::new().await;
    let name = world
        .person("can-bo", "reporter", "huyen-minh-long")
        .await
        .name;
    let office = sign_in(&world, &name, "máy cơ quan").await;
    let phone = sign_in(&world, &name, "điện thoại").await;
    let mut sessions = SessionServiceClient::new(world.directory());
    let out = person(&name, &office).ask(pb::SignOutRequest::default());
    sessions.sign_out(out).await.unwrap();
    assert!(!is_alive(&world, &office).await);
    assert!(is_alive(&world, &phone).await);
    let refused = refresh(&world, &office.refresh_token).await.unwrap_err();
    assert_eq!(reason(&refused), "SESSION_ENDED");
    refresh(&world, &phone.refresh_token).await.unwrap();

    // The first session is the one that `World::person` signed in with.
    let list = person(&name, &phone).ask(pb::ListSessionsRequest {});
    let listed = sessions.list_sessions(list).await.unwrap().into_inner();
    let devices: Vec<_> = listed
        .sessions
        .iter()
        .map(|it| (it.device.as_str(), it.current))
        .collect();
    assert_eq!(devices.len(), 2);
    assert!(devices.contains(&("điện thoại", true)));
    assert!(devices.contains(&("", false)));
}

#[tokio::test]
async fn a_lost_phone_is_signed_out_from_the_desk_and_nobody_else_s_session_is() {
    let world = World::new().await;
    let mine = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let theirs = world.person("ke-gian", "viewer", "huyen-ba-to").await;
    let phone = sign_in(&world, &mine.name, "điện thoại").await;
    let request = pb::SignOutRequest {
        name: phone.session.as_ref().unwrap().name.clone(),
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    let refused = sessions.sign_out(theirs.ask(request.clone())).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotFound);
    assert!(is_alive(&world, &phone).await);
    sessions.sign_out(mine.ask(request.clone())).await.unwrap();
    assert!(!is_alive(&world, &phone).await);
    sessions.sign_out(mine.ask(request)).await.unwrap();
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session() {
    let world = World::new().await;
    let mine = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let phone = sign_in(&world, &mine.name, "điện thoại").await;
    let mut sessions = SessionServiceClient::new(world.directory());
    let out = mine.ask(pb::SignOutEverywhereRequest {});
    let ended = sessions.sign_out_everywhere(out).await.unwrap();
    assert_eq!(ended.into_inner().ended_count, 2);
    assert!(!is_alive(&world, &phone).await);
}

#[tokio::test]
async fn a_sixth_session_ends_the_oldest() {
    let world = World::new().await;
    let name = world
        .person("can-bo", "reporter", "huyen-minh-long")
        .await
        .name;
    let mut begun = Vec::new();
    for device in ["1", "2", "3", "4", "5", "6"] {
        let now = world.clock.now() + chrono::Duration::seconds(1);
        world.clock.set(now);
        begun.push(sign_in(&world, &name, device).await);
    }
    assert!(!is_alive(&world, &begun[0]).await);
    for living in &begun[1..] {
        assert!(is_alive(&world, living).await);
    }
}

#[tokio::test]
async fn a_suspended_person_is_refused_everywhere_within_five_seconds() {
    let world = World::new().await;
    let expelled = world.person("can-bo", "reporter", "huyen-minh-long").await;
    // Another process: its gate knows the directory only by its address.
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    let policy = Policy::read(proto::DESCRIPTORS).unwrap();
    let gate = GateLayer::new(policy, verifier);
    let elsewhere = {
        use tower::Layer;
        let directory = world.directory();
        Peer::local(
            gate.layer(tower::util::BoxCloneSyncService::new(tower::service_fn(
                move |request| {
                    let mut directory = directory.clone();
                    async move {
                        use tower::Service;
                        let answer = directory.call(request).await;
                        Ok::<_, std::convert::Infallible>(answer.unwrap())
                    }
                },
            ))),
        )
    };
    who_am_i(&elsewhere, &expelled).await.unwrap();

    let before = user(&world, &expelled.name).await;
    let after = suspend(&world, &world.administrator, &before)
        .await
        .unwrap();
    assert_eq!(after.state(), pb::UserState::Suspended);
    assert_eq!(after.suspend_reason, "nghỉ việc");
    tokio::time::sleep(Duration::from_secs(5)).await;
    for directory in [&elsewhere, &world.directory()] {
        let refused = who_am_i(directory, &expelled).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        assert_eq!(reason(&refused), "SESSION_ENDED");
    }
}

#[tokio::test]
async fn a_suspended_person_cannot_sign_in_until_reactivated_and_old_sessions_stay_ended() {
    let world = World::new().await;
    let name = world
        .person("can-bo", "reporter", "huyen-minh-long")
        .await
        .name;
    let begun = sign_in(&world, &name, "").await;
    let seen = user(&world, &name).await;
    let suspended = suspend(&world, &world.administrator, &seen).await.unwrap();
    assert!(!is_alive(&world, &begun).await);
    let mut sessions = SessionServiceClient::new(world.directory());
    let request = pb::SignInRequest {
        user: name.clone(),
        password: crate::refresh::PASSWORD.into(),
        ..Default::default()
    };
    let refused = sessions.sign_in(request).await.unwrap_err();
    assert_eq!(reason(&refused), "SIGN_IN_REFUSED");

    let stale = suspend(&world, &world.administrator, &seen)
        .await
        .unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let twice = suspend(&world, &world.administrator, &suspended).await;
    assert_eq!(reason(&twice.unwrap_err()), "STATE_NOT_ALLOWED");
    let active = reactivate(&world, &world.administrator, &suspended).await;
    assert_eq!(active.state(), pb::UserState::Active);
    sign_in(&world, &name, "").await;
    assert!(!is_alive(&world, &begun).await);
}

#[tokio::test]
async fn nobody_suspends_himself_nor_a_person_out_of_reach() {
    let world = World::new().await;
    let own = user(&world, &world.administrator.name).await;
    let refused = suspend(&world, &world.administrator, &own).await;
    assert_eq!(reason(&refused.unwrap_err()), "SELF_SUSPENSION");
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let beside = world.person("can-bo", "viewer", "huyen-ba-to").await;
    let beside = user(&world, &beside.name).await;
    let refused = suspend(&world, &district, &beside).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = suspend(&world, &district, &own).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
