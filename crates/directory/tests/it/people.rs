//! People are listed, changed, and given a new password.

use proto::directory::{
    self as pb, session_service_client::SessionServiceClient,
    user_service_client::UserServiceClient,
};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::refresh::{PASSWORD, reason, refresh, sign_in};

async fn list(
    world: &World,
    by: &Person,
    request: pb::ListUsersRequest,
) -> Result<pb::ListUsersResponse, Status> {
    let mut users = UserServiceClient::new(world.directory());
    Ok(users.list_users(by.ask(request)).await?.into_inner())
}

async fn names(world: &World, request: pb::ListUsersRequest) -> Vec<String> {
    let listed = list(world, &world.administrator, request).await.unwrap();
    listed.users.into_iter().map(|it| it.name).collect()
}

async fn get(world: &World, name: &str) -> pb::User {
    let get = pb::GetUserRequest { name: name.into() };
    UserServiceClient::new(world.directory())
        .get_user(world.administrator.ask(get))
        .await
        .unwrap()
        .into_inner()
}

async fn update(
    world: &World,
    by: &Person,
    user: pb::User,
    paths: &[&str],
) -> Result<pb::User, Status> {
    let update = pb::UpdateUserRequest {
        user: Some(user),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|it| (*it).to_owned()).collect(),
        }),
        ..Default::default()
    };
    let mut users = UserServiceClient::new(world.directory());
    Ok(users.update_user(by.ask(update)).await?.into_inner())
}

async fn issue(world: &World, by: &Person, name: &str) -> Result<String, Status> {
    let issue = pb::IssueEnrollmentRequest { name: name.into() };
    let mut users = UserServiceClient::new(world.directory());
    let issued = users.issue_enrollment(by.ask(issue)).await?;
    Ok(issued.into_inner().secret)
}

async fn enroll(world: &World, user: &str, secret: &str, password: &str) -> Result<(), Status> {
    let enroll = pb::EnrollRequest {
        user: user.into(),
        secret: secret.into(),
        password: password.into(),
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    sessions.enroll(enroll).await.map(|_| ())
}

async fn try_password(world: &World, user: &str, password: &str) -> Result<(), Status> {
    let request = pb::SignInRequest {
        user: user.into(),
        password: password.into(),
        ..Default::default()
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    sessions.sign_in(request).await.map(|_| ())
}

async fn change(
    world: &World,
    by: &Person,
    old: &str,
    new: &str,
) -> Result<pb::ChangePasswordResponse, Status> {
    let change = pb::ChangePasswordRequest {
        old_password: old.into(),
        new_password: new.into(),
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    Ok(sessions.change_password(by.ask(change)).await?.into_inner())
}

fn violations(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let bad = details.bad_request().unwrap();
    bad.field_violations
        .iter()
        .map(|it| (it.field.clone(), it.reason.clone()))
        .collect()
}

#[tokio::test]
async fn people_are_found_by_unit_state_and_name_whatever_marks_are_typed() {
    let world = World::new().await;
    let mut users = UserServiceClient::new(world.directory());
    for (id, display_name, unit) in [
        ("pham-thi-hoa", "Phạm Thị Hòa", "huyen-minh-long"),
        ("le-duc-dung", "Lê Đức Dũng", "huyen-minh-long"),
        ("tran-hoai", "Trần Hoài", "huyen-ba-to"),
    ] {
        let create = pb::CreateUserRequest {
            user: Some(pb::User {
                display_name: display_name.into(),
                home_unit: format!("units/{unit}"),
                ..Default::default()
            }),
            user_id: id.into(),
            ..Default::default()
        };
        users
            .create_user(world.administrator.ask(create))
            .await
            .unwrap();
    }
    let active = world.person("can-bo", "viewer", "huyen-minh-long").await;
    let all = names(&world, pb::ListUsersRequest::default()).await;
    assert_eq!(
        all,
        [
            "users/administrator",
            "users/can-bo",
            "users/le-duc-dung",
            "users/pham-thi-hoa",
            "users/tran-hoai"
        ]
    );
    for search in ["hoa", "HOÀ", "hoà"] {
        let request = pb::ListUsersRequest {
            search: search.into(),
            ..Default::default()
        };
        let found = names(&world, request).await;
        assert_eq!(found, ["users/pham-thi-hoa", "users/tran-hoai"], "{search}");
    }
    let minh_long = pb::ListUsersRequest {
        home_unit: "units/huyen-minh-long".into(),
        ..Default::default()
    };
    let invited = pb::ListUsersRequest {
        state: pb::UserState::Invited.into(),
        ..minh_long.clone()
    };
    let expected = ["users/le-duc-dung", "users/pham-thi-hoa"];
    assert_eq!(names(&world, invited.clone()).await, expected);
    let dung = pb::ListUsersRequest {
        search: "duc d".into(),
        ..invited
    };
    assert_eq!(names(&world, dung).await, ["users/le-duc-dung"]);
    let is_active = pb::ListUsersRequest {
        state: pb::UserState::Active.into(),
        ..minh_long.clone()
    };
    assert_eq!(names(&world, is_active.clone()).await, ["users/can-bo"]);
    let suspend = pb::SuspendUserRequest {
        name: active.name.clone(),
        reason: "nghỉ việc".into(),
        etag: get(&world, &active.name).await.etag,
        ..Default::default()
    };
    users
        .suspend_user(world.administrator.ask(suspend))
        .await
        .unwrap();
    assert!(names(&world, is_active).await.is_empty());
    let suspended = pb::ListUsersRequest {
        state: pb::UserState::Suspended.into(),
        ..minh_long
    };
    assert_eq!(names(&world, suspended).await, ["users/can-bo"]);
    let unknown = pb::ListUsersRequest {
        state: 99,
        ..Default::default()
    };
    let refused = list(&world, &world.administrator, unknown).await;
    assert_eq!(violations(&refused.unwrap_err())[0].0, "state");
}

#[tokio::test]
async fn a_list_of_people_is_paged_and_goes_no_further_than_the_right() {
    let world = World::new().await;
    for id in ["a-mot", "b-hai", "c-ba"] {
        world.person(id, "viewer", "huyen-minh-long").await;
    }
    for search in ["", "-"] {
        let mut request = pb::ListUsersRequest {
            home_unit: "units/huyen-minh-long".into(),
            search: search.into(),
            page_size: 2,
            ..Default::default()
        };
        let first = list(&world, &world.administrator, request.clone()).await;
        let first = first.unwrap();
        assert_eq!(first.users.len(), 2);
        request.page_token = first.next_page_token;
        let rest = list(&world, &world.administrator, request.clone()).await;
        let rest = rest.unwrap();
        assert_eq!(rest.users[0].name, "users/c-ba");
        assert_eq!((rest.users.len(), rest.next_page_token.as_str()), (1, ""));
        request.home_unit = "units/huyen-ba-to".into();
        let other = list(&world, &world.administrator, request).await;
        assert_eq!(reason(&other.unwrap_err()), "PAGE_TOKEN_INVALID");
    }
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    for home_unit in ["", "units/huyen-ba-to"] {
        let request = pb::ListUsersRequest {
            home_unit: home_unit.into(),
            ..Default::default()
        };
        let refused = list(&world, &district, request).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{home_unit}");
    }
}

#[tokio::test]
async fn an_update_changes_what_the_mask_names_and_nothing_else() {
    let world = World::new().await;
    let name = world
        .person("can-bo", "viewer", "huyen-minh-long")
        .await
        .name;
    let seen = get(&world, &name).await;
    let wanted = pb::User {
        display_name: "Nguyễn Thị Mới".into(),
        home_unit: "units/huyen-ba-to".into(),
        ..seen.clone()
    };
    let renamed = update(
        &world,
        &world.administrator,
        wanted.clone(),
        &["display_name"],
    )
    .await
    .unwrap();
    assert_eq!(renamed.display_name, "Nguyễn Thị Mới");
    assert_eq!(renamed.home_unit, "units/huyen-minh-long");
    let stale = update(&world, &world.administrator, wanted.clone(), &["*"]).await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");
    let without = pb::User {
        etag: String::new(),
        ..wanted.clone()
    };
    let without = update(&world, &world.administrator, without, &["*"]).await;
    assert_eq!(reason(&without.unwrap_err()), "ETAG_REQUIRED");
    // Without a mask, what is set changes; the state is not the caller's to set.
    let moved = pb::User {
        name: name.clone(),
        home_unit: "units/huyen-ba-to".into(),
        state: pb::UserState::Suspended.into(),
        etag: renamed.etag.clone(),
        ..Default::default()
    };
    let moved = update(&world, &world.administrator, moved, &[])
        .await
        .unwrap();
    assert_eq!(moved.home_unit, "units/huyen-ba-to");
    assert_eq!(moved.display_name, "Nguyễn Thị Mới");
    assert_eq!(moved.state(), pb::UserState::Active);
    // What changes nothing is no new version.
    let same = update(&world, &world.administrator, moved.clone(), &["*"]).await;
    assert_eq!(same.unwrap(), moved);
    let empty = pb::User {
        name,
        etag: moved.etag,
        ..Default::default()
    };
    let fields = async |paths: &[&str]| {
        let refused = update(&world, &world.administrator, empty.clone(), paths).await;
        let bad = violations(&refused.unwrap_err()).into_iter();
        bad.map(|it| it.0).collect::<Vec<_>>()
    };
    assert_eq!(
        fields(&["*"]).await,
        ["user.display_name", "user.home_unit"]
    );
    // All of it is named alone; beside it, and where a field is not there, the mask is refused.
    assert_eq!(
        fields(&["*", "display_name"]).await,
        ["update_mask", "user.display_name"]
    );
    assert_eq!(fields(&["state", "password"]).await, ["update_mask"]);
}

#[tokio::test]
async fn who_moves_a_person_needs_the_right_over_both_units() {
    let world = World::new().await;
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let own = world
        .person("can-bo", "viewer", "huyen-minh-long")
        .await
        .name;
    let beside = world
        .person("can-bo-khac", "viewer", "huyen-ba-to")
        .await
        .name;
    for (name, to) in [
        (&own, "units/huyen-ba-to"),
        (&beside, "units/huyen-minh-long"),
    ] {
        let user = pb::User {
            home_unit: to.into(),
            ..get(&world, name).await
        };
        let refused = update(&world, &district, user, &["home_unit"]).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }
    let user = pb::User {
        home_unit: "units/xa-long-hiep".into(),
        ..get(&world, &own).await
    };
    update(&world, &district, user, &["home_unit"])
        .await
        .unwrap();
    let nowhere = pb::User {
        home_unit: "units/khong-co".into(),
        ..get(&world, &own).await
    };
    let refused = update(&world, &world.administrator, nowhere, &["home_unit"]).await;
    let expected = ("user.home_unit".into(), "REFERENCE_NOT_FOUND".into());
    assert_eq!(violations(&refused.unwrap_err()), [expected]);
}

#[tokio::test]
async fn a_forgotten_password_is_reset_and_everything_of_before_stops_at_once() {
    let world = World::new().await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    let begun = sign_in(&world, &person.name, "").await;
    let secret = issue(&world, &world.administrator, &person.name).await;
    let secret = secret.unwrap();
    assert_eq!(
        get(&world, &person.name).await.state(),
        pb::UserState::Invited
    );
    let ended = refresh(&world, &begun.refresh_token).await.unwrap_err();
    assert_eq!(reason(&ended), "SESSION_ENDED");
    let old = try_password(&world, &person.name, PASSWORD)
        .await
        .unwrap_err();
    assert_eq!(reason(&old), "SIGN_IN_REFUSED");
    // Only the last secret works, and only once.
    let again = issue(&world, &world.administrator, &person.name).await;
    let again = again.unwrap();
    let new = "con trâu đọc bản đồ";
    let used = enroll(&world, &person.name, &secret, new).await;
    assert_eq!(used.unwrap_err().code(), Code::Unauthenticated);
    enroll(&world, &person.name, &again, new).await.unwrap();
    let twice = enroll(&world, &person.name, &again, PASSWORD).await;
    assert_eq!(twice.unwrap_err().code(), Code::Unauthenticated);
    try_password(&world, &person.name, PASSWORD)
        .await
        .unwrap_err();
    try_password(&world, &person.name, new).await.unwrap();
    assert_eq!(
        get(&world, &person.name).await.state(),
        pb::UserState::Active
    );
}

#[tokio::test]
async fn nobody_resets_his_own_password_nor_that_of_a_person_who_reaches_further() {
    let world = World::new().await;
    let own = issue(&world, &world.administrator, &world.administrator.name).await;
    assert_eq!(reason(&own.unwrap_err()), "SELF_RESET");
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let person = world.person("can-bo", "viewer", "huyen-minh-long").await;
    world.grant(&person, "reporter", "huyen-ba-to").await;
    let refused = issue(&world, &district, &person.name).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    try_password(&world, &person.name, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_person_changes_his_password_and_his_other_sessions_end() {
    let world = World::new().await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    let other = sign_in(&world, &person.name, "điện thoại").await;
    let new = "con trâu đọc bản đồ";
    let same = change(&world, &person, PASSWORD, PASSWORD).await;
    let expected = ("new_password".into(), "SAME_AS_BEFORE".into());
    assert_eq!(violations(&same.unwrap_err()), [expected]);
    let weak = change(&world, &person, PASSWORD, "mật khẩu mật khẩu").await;
    let expected = ("new_password".into(), "GUESSABLE".into());
    assert_eq!(violations(&weak.unwrap_err()), [expected]);
    let changed = change(&world, &person, PASSWORD, new).await.unwrap();
    assert_eq!(changed.ended_count, 1);
    let ended = refresh(&world, &other.refresh_token).await.unwrap_err();
    assert_eq!(reason(&ended), "SESSION_ENDED");
    // The session the change was made in goes on.
    let list = person.ask(pb::ListSessionsRequest {});
    let mut sessions = SessionServiceClient::new(world.directory());
    let living = sessions.list_sessions(list).await.unwrap().into_inner();
    assert_eq!(living.sessions.len(), 1);
    try_password(&world, &person.name, PASSWORD)
        .await
        .unwrap_err();
    try_password(&world, &person.name, new).await.unwrap();
}

#[tokio::test]
async fn who_took_over_a_session_cannot_guess_the_old_password_in_it() {
    let world = World::new().await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    let new = "con trâu đọc bản đồ";
    for _ in 0..5 {
        let refused = change(&world, &person, "sai mật khẩu hoàn toàn", new).await;
        assert_eq!(reason(&refused.unwrap_err()), "OLD_PASSWORD_REFUSED");
    }
    let closed = change(&world, &person, PASSWORD, new).await.unwrap_err();
    assert_eq!(reason(&closed), "OLD_PASSWORD_REFUSED");
    // The person still signs in.
    try_password(&world, &person.name, PASSWORD).await.unwrap();
}
