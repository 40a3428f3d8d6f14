//! Roles are given, taken back, looked up, and kept apart.

use chrono::{DateTime, Utc};
use proto::{
    directory::{self as pb, access_service_client::AccessServiceClient},
    shared::Validity,
};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{
    machines,
    refresh::reason,
    sign_out::{reactivate, suspend, user},
};

const MINH_LONG: &str = "units/huyen-minh-long";

pub(crate) async fn give(
    world: &World,
    by: &Person,
    to: &Person,
    role: &str,
    scope: &str,
    days: (&str, &str),
) -> Result<pb::RoleGrant, Status> {
    let create = pb::CreateRoleGrantRequest {
        role_grant: Some(pb::RoleGrant {
            principal: to.name.clone(),
            role: format!("roles/{role}"),
            scope_unit: scope.into(),
            include_subtree: true,
            validity: Some(Validity {
                start_date: days.0.into(),
                end_date: days.1.into(),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    Ok(access.create_role_grant(by.ask(create)).await?.into_inner())
}

pub(crate) async fn take(
    world: &World,
    by: &Person,
    grant: &pb::RoleGrant,
) -> Result<pb::RoleGrant, Status> {
    let delete = pb::DeleteRoleGrantRequest {
        name: grant.name.clone(),
        reason: "chuyển công tác".into(),
        etag: grant.etag.clone(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    Ok(access.delete_role_grant(by.ask(delete)).await?.into_inner())
}

pub(crate) async fn grants_of(
    world: &World,
    by: &Person,
    of: &str,
    scope: &str,
) -> Result<Vec<pb::RoleGrant>, Status> {
    let list = pb::ListRoleGrantsRequest {
        principal: of.into(),
        scope_unit: scope.into(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    let listed = access.list_role_grants(by.ask(list)).await?;
    Ok(listed.into_inner().role_grants)
}

async fn may(world: &World, person: &Person, permission: &str, unit: &str) -> bool {
    let question = pb::CheckAccessRequest {
        permission: permission.into(),
        units: vec![unit.into()],
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    let answer = access.check_access(person.ask(question)).await.unwrap();
    answer.into_inner().allowed[0]
}

async fn who_could(world: &World, permission: &str, unit: &str, day: &str) -> Vec<String> {
    let list = pb::ListPrincipalsWithAccessRequest {
        permission: permission.into(),
        unit: unit.into(),
        as_of_date: day.into(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    let listed = access
        .list_principals_with_access(world.administrator.ask(list))
        .await
        .unwrap()
        .into_inner();
    assert!(listed.principals.iter().all(|it| {
        !it.display_name.is_empty()
            && it
                .role_grants
                .iter()
                .all(|grant| grant.principal == it.principal)
    }));
    listed
        .principals
        .into_iter()
        .map(|it| it.principal)
        .collect()
}

#[tokio::test]
async fn a_role_taken_back_counts_no_more_and_is_kept_with_its_end() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let given = grants_of(&world, &world.administrator, &person.name, "")
        .await
        .unwrap()
        .remove(0);
    assert!(may(&world, &person, "indicators.values.update", MINH_LONG).await);
    let taken = take(&world, &world.administrator, &given).await.unwrap();
    assert!(!may(&world, &person, "indicators.values.update", MINH_LONG).await);
    assert_eq!(taken.revoked_by, world.administrator.name);
    assert_eq!(taken.revoke_reason, "chuyển công tác");
    assert!(taken.revoke_time.is_some());
    let kept = grants_of(&world, &world.administrator, &person.name, "").await;
    assert_eq!(kept.unwrap().as_slice(), std::slice::from_ref(&taken));

    let stale = take(&world, &world.administrator, &given).await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");
    let twice = take(&world, &world.administrator, &taken).await;
    assert_eq!(reason(&twice.unwrap_err()), "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn nobody_takes_a_role_from_himself_or_out_of_reach_or_learns_of_it() {
    let world = World::new().await;
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let beside = world.person("can-bo", "reporter", "huyen-ba-to").await;
    let own = grants_of(&world, &world.administrator, &district.name, "").await;
    let own = own.unwrap().remove(0);
    let refused = take(&world, &district, &own).await.unwrap_err();
    assert_eq!(reason(&refused), "SELF_REVOCATION");
    let theirs = grants_of(&world, &world.administrator, &beside.name, "").await;
    let theirs = theirs.unwrap().remove(0);
    let hidden = take(&world, &district, &theirs).await.unwrap_err();
    let absent = pb::RoleGrant {
        name: "roleGrants/khong-co".into(),
        ..theirs
    };
    let absent = take(&world, &district, &absent).await.unwrap_err();
    assert_eq!(hidden.code(), Code::PermissionDenied);
    assert_eq!(hidden.message(), absent.message());
    assert_eq!(hidden.details(), absent.details());
}

#[tokio::test]
async fn the_grants_of_a_person_are_listed_as_far_as_the_reader_reaches() {
    let world = World::new().await;
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    world.grant(&person, "viewer", "huyen-ba-to").await;
    let all = grants_of(&world, &world.administrator, &person.name, "").await;
    assert_eq!(all.unwrap().len(), 2);
    let one = grants_of(&world, &world.administrator, &person.name, MINH_LONG).await;
    assert_eq!(one.unwrap().len(), 1);
    let seen = grants_of(&world, &district, &person.name, "")
        .await
        .unwrap();
    let scopes: Vec<_> = seen.iter().map(|it| it.scope_unit.as_str()).collect();
    assert_eq!(scopes, [MINH_LONG]);

    let stranger = world.person("nguoi-la", "viewer", "huyen-ba-to").await;
    let hidden = grants_of(&world, &district, &stranger.name, "").await;
    let absent = grants_of(&world, &district, "users/khong-co", "").await;
    let (hidden, absent) = (hidden.unwrap_err(), absent.unwrap_err());
    assert_eq!(hidden.code(), Code::PermissionDenied);
    assert_eq!(hidden.details(), absent.details());
}

#[tokio::test]
async fn who_administers_rights_never_works_with_data_at_the_same_time() {
    let world = World::new().await;
    let root = &world.administrator;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let always = ("2022-01-01", "");
    let refused = give(&world, root, &person, "administrator", MINH_LONG, always).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "DUTIES_EXCLUDED");
    let details = refused.get_error_details();
    let facts = &details.error_info().unwrap().metadata;
    assert_eq!(facts["held"], "reporter");

    let admin = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    for role in [
        "auditor",
        "connector",
        "leader",
        "receiver",
        "reporter",
        "viewer",
    ] {
        let refused = give(&world, root, &admin, role, "units/huyen-ba-to", always).await;
        assert_eq!(reason(&refused.unwrap_err()), "DUTIES_EXCLUDED", "{role}");
    }
    // One after the other is no conflict, whether the first ends by date or by revocation.
    let held = grants_of(&world, root, &person.name, "").await.unwrap();
    take(&world, root, &held[0]).await.unwrap();
    let summer = ("2022-07-01", "2022-09-01");
    give(&world, root, &person, "administrator", MINH_LONG, summer)
        .await
        .unwrap();
    let autumn = ("2022-09-01", "");
    give(&world, root, &person, "reporter", MINH_LONG, autumn)
        .await
        .unwrap();
}

#[tokio::test]
async fn of_two_roles_that_exclude_each_other_given_at_once_one_is_refused() {
    let world = World::new().await;
    let root = &world.administrator;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let held = grants_of(&world, root, &person.name, "").await.unwrap();
    take(&world, root, &held[0]).await.unwrap();
    let always = ("2022-01-01", "");
    let (one, two) = tokio::join!(
        give(&world, root, &person, "administrator", MINH_LONG, always),
        give(&world, root, &person, "leader", MINH_LONG, always),
    );
    assert!(one.is_ok() != two.is_ok());
}

#[tokio::test]
async fn who_could_do_it_on_a_day_is_told_from_what_was_given_and_taken() {
    let world = World::new().await;
    let root = &world.administrator;
    let submit = "reporting.reports.submit";
    let leader = world.person("lanh-dao", "leader", "huyen-minh-long").await;
    let province = world.person("chu-tich", "leader", "tinh-quang-ngai").await;
    let beside = world.person("ba-to", "leader", "huyen-ba-to").await;
    world.person("can-bo", "reporter", "huyen-minh-long").await;
    let later = world.person("moi", "viewer", "huyen-minh-long").await;
    give(
        &world,
        root,
        &later,
        "leader",
        MINH_LONG,
        ("2022-07-01", ""),
    )
    .await
    .unwrap();

    let commune = "units/xa-long-hiep";
    let on = async |day| who_could(&world, submit, commune, day).await;
    // Everything was given on 24 June, however far back it counts.
    assert_eq!(on("2022-06-23").await, [""; 0]);
    let both = [province.name.clone(), leader.name.clone()];
    assert_eq!(on("2022-06-24").await, both);
    let all = [
        province.name.clone(),
        leader.name.clone(),
        later.name.clone(),
    ];
    assert_eq!(on("2022-07-01").await, all);
    assert_eq!(
        who_could(&world, submit, "units/huyen-ba-to", "").await,
        [beside.name.clone(), province.name.clone()]
    );

    let held = grants_of(&world, root, &leader.name, "").await.unwrap();
    world
        .clock
        .set("2022-06-24T01:04:00Z".parse::<DateTime<Utc>>().unwrap());
    take(&world, root, &held[0]).await.unwrap();
    // On the day it was taken he still could; on the next no more.
    assert_eq!(on("2022-06-24").await, both);
    assert_eq!(on("2022-06-25").await, [province.name.as_str()]);

    let list = pb::ListPrincipalsWithAccessRequest {
        permission: "reporting.reports.sing".into(),
        unit: commune.into(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    let refused = access.list_principals_with_access(root.ask(list)).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}

/// The story: somebody is kept out for three days and let in again.
#[tokio::test]
async fn who_was_suspended_could_do_nothing_on_those_days_and_can_do_nothing_now() {
    let mut world = World::new().await;
    let submit = "reporting.reports.submit";
    let leader = world.person("lanh-dao", "leader", "huyen-minh-long").await;
    let clock = world.clock.clone();
    let at = |text: &str| clock.set(text.parse::<DateTime<Utc>>().unwrap());
    let listed = async |world: &World, days: &[&str]| {
        let mut listed = Vec::new();
        for day in days {
            listed.push(!who_could(world, submit, MINH_LONG, day).await.is_empty());
        }
        listed
    };
    let days = ["2022-06-24", "2022-06-25", "2022-06-26", "2022-06-27"];
    let seen = user(&world, &leader.name).await;
    let seen = suspend(&world, &world.administrator, &seen).await.unwrap();
    // Today, and on the days to come.
    assert_eq!(listed(&world, &days).await, [false; 4]);

    at("2022-06-27T01:00:00Z");
    world.sign_in_again().await;
    // On the day it began he could still do it, before 8 o'clock.
    assert_eq!(listed(&world, &days).await, [true, false, false, false]);
    let active = reactivate(&world, &world.administrator, &seen).await;
    assert_eq!(listed(&world, &days).await, [true, false, false, true]);
    let held = resolve(&world, &leader.name).await;
    assert!(held.permissions.contains(&submit.to_owned()));

    at("2022-06-29T01:00:00Z");
    world.sign_in_again().await;
    suspend(&world, &world.administrator, &active)
        .await
        .unwrap();
    let after = ["2022-06-27", "2022-06-28", "2022-06-29", ""];
    assert_eq!(listed(&world, &days).await, [true, false, false, true]);
    assert_eq!(listed(&world, &after).await, [true, true, false, false]);
}

#[tokio::test]
async fn a_machine_that_is_disabled_can_do_nothing_now() {
    let world = World::new().await;
    let sends = "indicators.values.update";
    let machine = world.machine("mot-cua", "connector", "so-tttt").await;
    let today = async || who_could(&world, sends, "units/so-tttt", "").await;
    assert_eq!(today().await, [machine.name.as_str()]);
    let seen = machines::get(&world, &machine.name).await;
    let disabled = machines::disable(&world, &world.administrator, &seen).await;
    assert_eq!(today().await, [""; 0]);
    machines::enable(&world, &disabled.unwrap(), None)
        .await
        .unwrap();
    assert_eq!(today().await, [machine.name.as_str()]);
}

async fn resolve(world: &World, of: &str) -> pb::ResolveGrantsResponse {
    let about = pb::ResolveGrantsRequest {
        principal: of.into(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    let resolved = access.resolve_grants(world.administrator.ask(about)).await;
    resolved.unwrap().into_inner()
}

#[tokio::test]
async fn an_auditor_sees_who_may_what_and_changes_nothing() {
    let world = World::new().await;
    let auditor = world
        .person("thanh-tra", "auditor", "tinh-quang-ngai")
        .await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let held = grants_of(&world, &auditor, &person.name, "").await.unwrap();
    assert_eq!(held.len(), 1);
    let refused = take(&world, &auditor, &held[0]).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(may(&world, &auditor, "reporting.reports.read", MINH_LONG).await);
    assert!(!may(&world, &auditor, "reporting.reports.update", MINH_LONG).await);
}
