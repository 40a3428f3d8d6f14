use proto::{
    directory::{
        self as pb, access_service_client::AccessServiceClient,
        unit_service_client::UnitServiceClient,
    },
    shared::Validity,
};
use testkit::{Person, World};
use tonic::{Code, Request, Status, body::Body, service::Routes};
use tonic_types::StatusExt;

async fn allowed(world: &World, person: &Person, permission: &str, units: &[&str]) -> Vec<bool> {
    let question = pb::CheckAccessRequest {
        permission: permission.into(),
        units: units.iter().map(|it| (*it).to_owned()).collect(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    access
        .check_access(person.ask(question))
        .await
        .unwrap()
        .into_inner()
        .allowed
}

fn grant(
    to: &Person,
    role: &str,
    scope: &str,
    validity: (&str, &str),
) -> pb::CreateRoleGrantRequest {
    pb::CreateRoleGrantRequest {
        role_grant: Some(pb::RoleGrant {
            principal: to.name.clone(),
            role: format!("roles/{role}"),
            scope_unit: scope.into(),
            include_subtree: true,
            validity: Some(Validity {
                start_date: validity.0.into(),
                end_date: validity.1.into(),
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_right_reaches_the_unit_and_below_never_beside_or_above() {
    let world = World::new().await;
    let reporter = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let units = [
        "units/huyen-minh-long",
        "units/xa-long-hiep",
        "units/huyen-ba-to",
        "units/tinh-quang-ngai",
        "",
    ];
    let writes = allowed(&world, &reporter, "indicators.values.update", &units).await;
    assert_eq!(writes, [true, true, false, false, false]);
    let approves = allowed(&world, &reporter, "reporting.reports.approve", &units).await;
    assert_eq!(approves, [false; 5]);
}

#[tokio::test]
async fn a_grant_counts_only_on_its_days() {
    let world = World::new().await;
    let person = world.person("can-bo", "viewer", "huyen-minh-long").await;
    let mut access = AccessServiceClient::new(world.directory());
    let over = grant(
        &person,
        "reporter",
        "units/huyen-minh-long",
        ("2022-01-01", "2022-06-24"),
    );
    access
        .create_role_grant(world.administrator.ask(over))
        .await
        .unwrap();
    let unit = ["units/huyen-minh-long"];
    assert_eq!(
        allowed(&world, &person, "indicators.values.update", &unit).await,
        [false]
    );
    let now = grant(
        &person,
        "reporter",
        "units/huyen-minh-long",
        ("2022-06-24", ""),
    );
    access
        .create_role_grant(world.administrator.ask(now))
        .await
        .unwrap();
    assert_eq!(
        allowed(&world, &person, "indicators.values.update", &unit).await,
        [true]
    );
}

#[tokio::test]
async fn nobody_grants_to_himself_nor_further_than_he_reaches() {
    let world = World::new().await;
    let mut access = AccessServiceClient::new(world.directory());
    let own = grant(
        &world.administrator,
        "leader",
        "units/tinh-quang-ngai",
        ("2022-01-01", ""),
    );
    let refused = access
        .create_role_grant(world.administrator.ask(own))
        .await
        .unwrap_err();
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "SELF_GRANT"
    );

    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let other = world.person("can-bo", "viewer", "xa-long-hiep").await;
    let below = grant(&other, "reporter", "units/xa-long-hiep", ("2022-01-01", ""));
    access.create_role_grant(district.ask(below)).await.unwrap();
    let beside = grant(&other, "reporter", "units/huyen-ba-to", ("2022-01-01", ""));
    let refused = access
        .create_role_grant(district.ask(beside))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_caller_without_a_token_gets_nowhere() {
    let world = World::new().await;
    let mut units = UnitServiceClient::new(world.directory());
    let get = pb::GetUnitRequest {
        name: "units/huyen-minh-long".into(),
        ..Default::default()
    };
    let refused = units.get_unit(Request::new(get)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "TOKEN_MISSING"
    );
    assert!(refused.metadata().contains_key("x-request-id"));
}

/// Asks a path of any kind as somebody, and returns the status of gRPC if there is one.
async fn ask_path(peer: &kit::Peer, path: &str, by: &Person) -> Option<Status> {
    use tower::Service;
    let request = http::Request::post(path)
        .header("authorization", format!("Bearer {}", by.token))
        .header("content-type", "application/grpc")
        .body(Body::empty())
        .unwrap();
    let answer = peer.clone().call(request).await.unwrap();
    Status::from_header_map(answer.headers())
}

#[tokio::test]
async fn what_declares_no_permission_is_served_to_nobody_though_it_is_routed() {
    let world = World::new().await;
    let inside = || async { "số liệu nội bộ" };
    let forgotten = "/noi-bo/so-lieu";
    let router = axum::Router::new().route(forgotten, axum::routing::any(inside));
    let peer = world.peer(Routes::from(router));
    for path in [
        forgotten,
        "/cds.directory.v1.UnitService/DropAll",
        "/x.Y/Z",
        "/",
    ] {
        let status = ask_path(&peer, path, &world.administrator).await;
        let status = status.unwrap_or_else(|| panic!("{path} was served"));
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "METHOD_UNKNOWN");
        let vi = &details.localized_message().unwrap().message;
        assert!(vi.contains("không có phương thức"), "{vi}");
        let stranger = Person {
            token: "abc".into(),
            ..world.administrator.clone()
        };
        let refused = ask_path(&peer, path, &stranger).await.unwrap();
        assert_eq!(refused.code(), Code::Unauthenticated, "{path}");
    }
}
