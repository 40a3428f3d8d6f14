use chrono::Duration;
use proto::directory::{
    self as pb, access_service_client::AccessServiceClient,
    session_service_client::SessionServiceClient, user_service_client::UserServiceClient,
};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .unwrap()
        .reason
        .clone()
}

async fn who_am_i(world: &World, person: &Person) -> Result<(), Status> {
    let ask = person.ask(pb::ListRolesRequest {});
    AccessServiceClient::new(world.directory())
        .list_roles(ask)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn a_token_works_five_minutes_and_not_longer() {
    let world = World::new().await;
    who_am_i(&world, &world.administrator).await.unwrap();
    world.clock.set(world.clock.now() + Duration::minutes(6));
    let late = who_am_i(&world, &world.administrator).await.unwrap_err();
    assert_eq!(late.code(), Code::Unauthenticated);
    assert_eq!(reason(&late), "TOKEN_EXPIRED");
    let details = late.get_error_details();
    assert_eq!(details.error_info().unwrap().domain, "directory.cds");
}

#[tokio::test]
async fn a_token_that_was_touched_is_worthless() {
    let world = World::new().await;
    let (head, signature) = world.administrator.token.rsplit_once('.').unwrap();
    let (header, payload) = head.split_once('.').unwrap();
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    let mut flipped = payload.to_owned();
    flipped.replace_range(10..11, if &payload[10..11] == "A" { "B" } else { "A" });
    let forgeries = [
        String::new(),
        "xin chào".into(),
        format!("{head}."),
        format!("{unsigned}.{payload}."),
        format!("{unsigned}.{payload}.{signature}"),
        format!("{header}.{flipped}.{signature}"),
    ];
    for token in forgeries {
        if !token.is_ascii() {
            continue;
        }
        let forger = Person {
            name: "users/ke-gian".into(),
            token: token.clone(),
        };
        let refused = who_am_i(&world, &forger).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{token}");
        assert_eq!(reason(&refused), "TOKEN_INVALID", "{token}");
    }
}

#[tokio::test]
async fn wrong_user_and_wrong_password_answer_alike() {
    let world = World::new().await;
    let mut sessions = SessionServiceClient::new(world.directory());
    let mut sign_in = async |user: &str| {
        let request = pb::SignInRequest {
            user: user.into(),
            password: "sai mật khẩu hoàn toàn".into(),
            ..Default::default()
        };
        sessions.sign_in(request).await.unwrap_err()
    };
    let wrong_password = sign_in("users/administrator").await;
    let wrong_user = sign_in("users/khong-co").await;
    assert_eq!(wrong_password.code(), Code::Unauthenticated);
    assert_eq!(wrong_password.message(), wrong_user.message());
    assert_eq!(wrong_password.details(), wrong_user.details());
}

#[tokio::test]
async fn a_one_time_secret_works_once_and_short_passwords_are_refused() {
    let world = World::new().await;
    let mut users = UserServiceClient::new(world.directory());
    let user = pb::User {
        display_name: "Chuyên viên".into(),
        home_unit: "units/so-tttt".into(),
        ..Default::default()
    };
    let create = pb::CreateUserRequest {
        user: Some(user),
        user_id: "chuyen-vien".into(),
        ..Default::default()
    };
    users
        .create_user(world.administrator.ask(create))
        .await
        .unwrap();
    let issue = pb::IssueEnrollmentRequest {
        name: "users/chuyen-vien".into(),
    };
    let issued = users
        .issue_enrollment(world.administrator.ask(issue))
        .await
        .unwrap()
        .into_inner();

    let mut sessions = SessionServiceClient::new(world.directory());
    let mut enroll = async |password: &str| {
        let request = pb::EnrollRequest {
            user: "users/chuyen-vien".into(),
            secret: issued.secret.clone(),
            password: password.into(),
        };
        sessions.enroll(request).await
    };
    let short = enroll("14 ký tự thôi!").await.unwrap_err();
    let details = short.get_error_details();
    assert_eq!(
        details.bad_request().unwrap().field_violations[0].reason,
        "TOO_SHORT"
    );
    enroll("một mật khẩu đủ dài").await.unwrap();
    assert_eq!(
        enroll("một mật khẩu khác hẳn").await.unwrap_err().code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn who_enrolls_a_person_must_reach_as_far_as_that_person_does() {
    let world = World::new().await;
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let mut users = UserServiceClient::new(world.directory());
    let user = pb::User {
        display_name: "Quản trị tỉnh".into(),
        home_unit: "units/huyen-minh-long".into(),
        ..Default::default()
    };
    let create = pb::CreateUserRequest {
        user: Some(user),
        user_id: "quan-tri-tinh".into(),
        ..Default::default()
    };
    users
        .create_user(world.administrator.ask(create))
        .await
        .unwrap();
    let issue = || pb::IssueEnrollmentRequest {
        name: "users/quan-tri-tinh".into(),
    };
    users.issue_enrollment(district.ask(issue())).await.unwrap();
    let stronger = Person {
        name: "users/quan-tri-tinh".into(),
        token: String::new(),
    };
    world
        .grant(&stronger, "administrator", "tinh-quang-ngai")
        .await;
    let refused = users
        .issue_enrollment(district.ask(issue()))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    users
        .issue_enrollment(world.administrator.ask(issue()))
        .await
        .unwrap();
}
