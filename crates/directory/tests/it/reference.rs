//! `CheckAccess` against a naive model, for every permission, role, kind of grant and
//! relation of the unit.

use std::collections::BTreeSet;

use proto::{
    directory::{self as pb, access_service_client::AccessServiceClient},
    shared::Validity,
};
use testkit::{Person, World};

use crate::matrix::roles;

const TODAY: &str = "2022-06-24";
const OWN: &str = "units/huyen-minh-long";

/// The unit of the grant, and how the others stand to it; empty = all units.
const UNITS: [&str; 6] = [
    OWN,
    "units/xa-long-hiep",
    "units/tinh-quang-ngai",
    "units/huyen-ba-to",
    "units/tinh-kon-tum",
    "",
];

/// A grant on [`OWN`] or on all units.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    scope: &'static str,
    include_subtree: bool,
    days: (&'static str, &'static str),
    is_revoked: bool,
}

const STANDING: Kind = Kind {
    name: "dang-giu",
    scope: OWN,
    include_subtree: true,
    days: ("2022-01-01", ""),
    is_revoked: false,
};

const KINDS: [Kind; 6] = [
    STANDING,
    Kind {
        name: "khong-cap-duoi",
        include_subtree: false,
        ..STANDING
    },
    Kind {
        name: "het-han",
        days: ("2022-01-01", TODAY),
        ..STANDING
    },
    Kind {
        name: "chua-den",
        days: ("2022-06-25", ""),
        ..STANDING
    },
    Kind {
        name: "thu-hoi",
        is_revoked: true,
        ..STANDING
    },
    Kind {
        name: "toan-bo",
        scope: "",
        ..STANDING
    },
];

fn parent_of(unit: &str) -> &'static str {
    match unit {
        "units/xa-long-hiep" => OWN,
        OWN | "units/huyen-ba-to" => "units/tinh-quang-ngai",
        _ => "",
    }
}

/// What the rules say, as plainly as they can be written.
fn expected(kind: Kind, carried: &[String], permission: &str, unit: &str) -> bool {
    let (start, end) = kind.days;
    let in_force = start <= TODAY && (end.is_empty() || TODAY < end);
    if kind.is_revoked || !in_force || !carried.iter().any(|it| it == permission) {
        return false;
    }
    if kind.scope.is_empty() {
        return true;
    }
    let mut at = unit;
    loop {
        if at == kind.scope {
            return at == unit || kind.include_subtree;
        }
        if at.is_empty() {
            return false;
        }
        at = parent_of(at);
    }
}

async fn holder(world: &World, role: &pb::Role, kind: Kind) -> Person {
    let id = role.name.replace("roles/", "");
    let id = format!("{id}-{}", kind.name);
    // The world gives everybody a role; this one is taken back at once.
    let person = world.person(&id, "viewer", "so-tttt").await;
    let mut access = AccessServiceClient::new(world.directory());
    let list = pb::ListRoleGrantsRequest {
        principal: person.name.clone(),
        ..Default::default()
    };
    let listed = access.list_role_grants(world.administrator.ask(list)).await;
    revoke(world, &listed.unwrap().into_inner().role_grants[0]).await;
    let create = pb::CreateRoleGrantRequest {
        role_grant: Some(pb::RoleGrant {
            principal: person.name.clone(),
            role: role.name.clone(),
            scope_unit: kind.scope.into(),
            include_subtree: kind.include_subtree,
            validity: Some(Validity {
                start_date: kind.days.0.into(),
                end_date: kind.days.1.into(),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let given = access
        .create_role_grant(world.administrator.ask(create))
        .await;
    if kind.is_revoked {
        revoke(world, &given.unwrap().into_inner()).await;
    } else {
        given.unwrap();
    }
    person
}

async fn revoke(world: &World, grant: &pb::RoleGrant) {
    let delete = pb::DeleteRoleGrantRequest {
        name: grant.name.clone(),
        reason: "thử".into(),
        etag: grant.etag.clone(),
        ..Default::default()
    };
    AccessServiceClient::new(world.directory())
        .delete_role_grant(world.administrator.ask(delete))
        .await
        .unwrap();
}

#[tokio::test]
async fn every_decision_is_the_one_of_the_naive_model() {
    let world = World::new().await;
    let kind = pb::UnitKind::Province;
    world
        .unit("tinh-kon-tum", "UBND tỉnh Kon Tum", kind, "")
        .await;
    let roles = roles(&world).await;
    let permissions: BTreeSet<_> = roles.iter().flat_map(|it| &it.permissions).collect();
    let mut access = AccessServiceClient::new(world.directory());
    let (mut allowed, mut denied) = (0, 0);
    for role in &roles {
        for kind in KINDS {
            let person = holder(&world, role, kind).await;
            for permission in &permissions {
                for include_subtree in [false, true] {
                    let question = pb::CheckAccessRequest {
                        permission: (*permission).clone(),
                        units: UNITS.map(Into::into).to_vec(),
                        include_subtree,
                    };
                    let answer = access.check_access(person.ask(question)).await.unwrap();
                    for (unit, said) in UNITS.iter().zip(answer.into_inner().allowed) {
                        let reaches = kind.include_subtree || !include_subtree;
                        let should = reaches && expected(kind, &role.permissions, permission, unit);
                        let grant = (&role.name, kind.name, include_subtree);
                        assert_eq!(said, should, "{grant:?} {permission} on `{unit}`");
                        if said { allowed += 1 } else { denied += 1 }
                    }
                }
            }
        }
    }
    // The model must be able to fail: both answers have to occur often.
    let decisions = roles.len() * KINDS.len() * permissions.len() * UNITS.len() * 2;
    assert_eq!(allowed + denied, decisions);
    assert!(allowed > 500 && denied > allowed, "{allowed} {denied}");
}
