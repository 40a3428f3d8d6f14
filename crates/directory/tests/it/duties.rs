//! How far those who administer reach, and for how long.

use proto::{
    directory::{
        self as pb, access_service_client::AccessServiceClient,
        reorganization_service_client::ReorganizationServiceClient,
        unit_service_client::UnitServiceClient, user_service_client::UserServiceClient,
    },
    shared::Validity,
};
use testkit::{Person, World};
use tonic::{Code, Status};

use crate::refresh::reason;

const MINH_LONG: &str = "units/huyen-minh-long";
const LONG_HIEP: &str = "units/xa-long-hiep";
const BA_TO: &str = "units/huyen-ba-to";

fn grant(to: &str, role: &str, scope: &str, days: (&str, &str)) -> pb::RoleGrant {
    pb::RoleGrant {
        principal: to.into(),
        role: format!("roles/{role}"),
        scope_unit: scope.into(),
        include_subtree: true,
        validity: Some(Validity {
            start_date: days.0.into(),
            end_date: days.1.into(),
        }),
        ..Default::default()
    }
}

async fn give(world: &World, by: &Person, grant: pb::RoleGrant) -> Result<pb::RoleGrant, Status> {
    let create = pb::CreateRoleGrantRequest {
        role_grant: Some(grant),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    Ok(access.create_role_grant(by.ask(create)).await?.into_inner())
}

async fn may(world: &World, person: &Person, permission: &str, unit: &str) -> bool {
    let question = pb::CheckAccessRequest {
        permission: permission.into(),
        units: vec![unit.into()],
        include_subtree: false,
    };
    let mut access = AccessServiceClient::new(world.directory());
    let answer = access.check_access(person.ask(question)).await.unwrap();
    answer.into_inner().allowed[0]
}

#[tokio::test]
async fn a_unit_administrator_looks_after_his_unit_and_nothing_else() {
    let world = World::new().await;
    let keeper = world
        .person("quan-tri-huyen", "unit-administrator", "huyen-minh-long")
        .await;
    let mut users = UserServiceClient::new(world.directory());
    let add = |id: &str, unit: &str| pb::CreateUserRequest {
        user: Some(pb::User {
            display_name: "Cán bộ".into(),
            home_unit: unit.into(),
            ..Default::default()
        }),
        user_id: id.into(),
        ..Default::default()
    };
    users
        .create_user(keeper.ask(add("can-bo", LONG_HIEP)))
        .await
        .unwrap();
    let beside = users
        .create_user(keeper.ask(add("nguoi-khac", BA_TO)))
        .await;
    assert_eq!(beside.unwrap_err().code(), Code::PermissionDenied);

    let open = ("2022-01-01", "");
    let reporter = grant("users/can-bo", "reporter", LONG_HIEP, open);
    give(&world, &keeper, reporter).await.unwrap();
    let helper = users
        .create_user(keeper.ask(add("phu-ta", MINH_LONG)))
        .await;
    helper.unwrap();
    let deputy = grant("users/phu-ta", "unit-administrator", LONG_HIEP, open);
    give(&world, &keeper, deputy).await.unwrap();
    // An administrator redraws units and imports catalogues; he holds nothing of that.
    let above = grant("users/phu-ta", "administrator", LONG_HIEP, open);
    let refused = give(&world, &keeper, above).await.unwrap_err();
    assert_eq!(reason(&refused), "GRANT_TOO_WIDE");
}

#[tokio::test]
async fn who_has_rights_beyond_a_unit_is_not_kept_out_by_who_looks_after_that_unit() {
    let world = World::new().await;
    let unit = "huyen-minh-long";
    let keeper = world.person("quan-tri-huyen", "unit-administrator", unit);
    let keeper = keeper.await;
    // His office is in the district, and he looks after Ba Tơ too.
    let both = world.person("quan-tri-hai-huyen", "unit-administrator", unit);
    let both = both.await;
    world
        .grant(&both, "unit-administrator", "huyen-ba-to")
        .await;
    let clerk = world.person("can-bo", "reporter", unit).await;
    let mut users = UserServiceClient::new(world.directory());
    for (person, is_kept_out) in [(&both, false), (&clerk, true)] {
        let get = pb::GetUserRequest {
            name: person.name.clone(),
        };
        let known = users.get_user(world.administrator.ask(get)).await.unwrap();
        let suspend = pb::SuspendUserRequest {
            name: person.name.clone(),
            etag: known.into_inner().etag,
            reason: "Nghi lộ mật khẩu".into(),
            ..Default::default()
        };
        let suspended = users.suspend_user(keeper.ask(suspend)).await;
        match suspended {
            Ok(_) => assert!(is_kept_out, "{}", person.name),
            Err(refused) => {
                assert!(!is_kept_out, "{refused:?}");
                assert_eq!(refused.code(), Code::PermissionDenied);
            }
        }
    }
}

#[tokio::test]
async fn a_role_lasts_no_longer_than_the_right_of_who_gives_it() {
    let world = World::new().await;
    let keeper = world.person("quan-tri-tam", "viewer", "huyen-ba-to").await;
    let own = AccessServiceClient::new(world.directory())
        .list_role_grants(world.administrator.ask(pb::ListRoleGrantsRequest {
            principal: keeper.name.clone(),
            ..Default::default()
        }))
        .await
        .unwrap()
        .into_inner()
        .role_grants
        .remove(0);
    let delete = pb::DeleteRoleGrantRequest {
        name: own.name,
        reason: "chuyển công tác".into(),
        etag: own.etag,
        ..Default::default()
    };
    AccessServiceClient::new(world.directory())
        .delete_role_grant(world.administrator.ask(delete))
        .await
        .unwrap();
    let until = ("2022-01-01", "2022-07-01");
    let lent = grant(&keeper.name, "unit-administrator", MINH_LONG, until);
    give(&world, &world.administrator, lent).await.unwrap();

    world.person("can-bo", "viewer", "xa-long-hiep").await;
    for end in ["", "2022-07-02"] {
        let longer = grant("users/can-bo", "reporter", LONG_HIEP, ("2022-06-24", end));
        let refused = give(&world, &keeper, longer).await.unwrap_err();
        assert_eq!(reason(&refused), "GRANT_TOO_LONG", "until `{end}`");
        assert!(refused.message().contains("2022-07-01"));
    }
    let as_long = grant(
        "users/can-bo",
        "reporter",
        LONG_HIEP,
        ("2022-06-24", "2022-07-01"),
    );
    give(&world, &keeper, as_long).await.unwrap();
}

#[tokio::test]
async fn listing_below_a_unit_needs_the_right_below_it() {
    let world = World::new().await;
    let person = world.person("can-bo", "viewer", "huyen-ba-to").await;
    let alone = pb::RoleGrant {
        include_subtree: false,
        ..grant(&person.name, "viewer", MINH_LONG, ("2022-01-01", ""))
    };
    give(&world, &world.administrator, alone).await.unwrap();
    let mut units = UnitServiceClient::new(world.directory());
    let get = pb::GetUnitRequest {
        name: MINH_LONG.into(),
        ..Default::default()
    };
    units.get_unit(person.ask(get)).await.unwrap();
    let list = |ancestor: &str| pb::ListUnitsRequest {
        ancestor_unit: ancestor.into(),
        ..Default::default()
    };
    let refused = units.list_units(person.ask(list(MINH_LONG))).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    units.list_units(person.ask(list(BA_TO))).await.unwrap();
}

#[tokio::test]
async fn the_records_of_a_unit_that_ended_stay_with_those_above_it() {
    let world = World::new().await;
    let person = world
        .person("can-bo-tinh", "viewer", "tinh-quang-ngai")
        .await;
    let beside = world.person("can-bo-huyen", "viewer", "huyen-ba-to").await;
    // Minh Long and its commune end; the province goes on.
    let links = ["huyen-minh-long", "xa-long-hiep"].map(|it| pb::LineageLink {
        predecessor_unit: format!("units/{it}"),
        successor_unit: "units/huyen-ba-to".into(),
        share: "1".into(),
    });
    let own = pb::LineageLink {
        predecessor_unit: BA_TO.into(),
        successor_unit: BA_TO.into(),
        share: "1".into(),
    };
    let reorganization = pb::Reorganization {
        kind: pb::ReorganizationKind::Merge.into(),
        decision_number: "1279/NQ-UBTVQH15".into(),
        effective_date: "2022-06-01".into(),
        source: "Nghị quyết".into(),
        links: links.into_iter().chain([own]).collect(),
        ..Default::default()
    };
    let create = pb::CreateReorganizationRequest {
        reorganization_id: "nhap-huyen".into(),
        reorganization: Some(reorganization),
        ..Default::default()
    };
    let mut reorganizations = ReorganizationServiceClient::new(world.directory());
    let draft = reorganizations
        .create_reorganization(world.administrator.ask(create))
        .await
        .unwrap()
        .into_inner();
    let apply = pb::ApplyReorganizationRequest {
        name: draft.name,
        etag: draft.etag,
        ..Default::default()
    };
    reorganizations
        .apply_reorganization(world.administrator.ask(apply))
        .await
        .unwrap();
    assert!(may(&world, &person, "indicators.values.read", LONG_HIEP).await);
    assert!(!may(&world, &beside, "indicators.values.read", LONG_HIEP).await);
}

#[tokio::test]
async fn everybody_may_ask_what_he_holds_and_only_some_what_others_hold() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let other = world.person("nguoi-khac", "viewer", "huyen-ba-to").await;
    let mut access = AccessServiceClient::new(world.directory());
    let about = |principal: &str, day: &str| pb::ResolveGrantsRequest {
        principal: principal.into(),
        as_of_date: day.into(),
    };
    let own = access
        .resolve_grants(person.ask(about("", "")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(own.principal, person.name);
    assert_eq!(own.role_grants[0].scope_unit, MINH_LONG);
    assert!(
        own.permissions
            .contains(&"indicators.values.update".to_owned())
    );
    let yesterday = access
        .resolve_grants(person.ask(about("", "2022-06-23")))
        .await
        .unwrap();
    assert!(yesterday.into_inner().permissions.is_empty());

    for unknown in [&*person.name, "users/khong-co"] {
        let refused = access
            .resolve_grants(other.ask(about(unknown, "")))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{unknown}");
    }
    let told = access
        .resolve_grants(world.administrator.ask(about(&person.name, "")))
        .await;
    assert_eq!(told.unwrap().into_inner().role_grants, own.role_grants);
    let missing = access
        .resolve_grants(world.administrator.ask(about("users/khong-co", "")))
        .await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
}
