//! Machines and their keys, through the contract.

use chrono::{DateTime, Duration, Utc};
use proto::{
    convert::timestamp,
    directory::{
        self as pb, access_service_client::AccessServiceClient,
        service_account_service_client::ServiceAccountServiceClient,
    },
};
use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{refresh::reason, signer::Signer};

type Client = ServiceAccountServiceClient<kit::Peer>;

fn client(world: &World) -> Client {
    ServiceAccountServiceClient::new(world.directory())
}

/// What every machine in these tests is, unless it says otherwise.
pub(crate) fn machine() -> pb::ServiceAccount {
    pb::ServiceAccount {
        display_name: "Hệ thống một cửa".into(),
        owner_unit: "units/so-tttt".into(),
        ..Default::default()
    }
}

pub(crate) async fn create(
    world: &World,
    by: &Person,
    id: &str,
    account: pb::ServiceAccount,
) -> Result<pb::ServiceAccount, Status> {
    let create = pb::CreateServiceAccountRequest {
        service_account: Some(account),
        service_account_id: id.into(),
        ..Default::default()
    };
    let created = client(world).create_service_account(by.ask(create)).await?;
    Ok(created.into_inner())
}

/// Issues a secret and returns it with its key.
pub(crate) async fn secret(world: &World, account: &str) -> (pb::ServiceAccountKey, String) {
    let key = pb::ServiceAccountKey {
        kind: pb::KeyKind::SharedSecret.into(),
        ..Default::default()
    };
    let issued = issue(world, &world.administrator, account, key).await;
    let issued = issued.unwrap();
    (issued.key.unwrap(), issued.secret)
}

/// Takes a public key in.
pub(crate) async fn public_key(world: &World, account: &str, signer: &Signer) {
    let key = pb::ServiceAccountKey {
        kind: pb::KeyKind::PublicJwk.into(),
        public_jwk: signer.jwk().to_string(),
        ..Default::default()
    };
    let issued = issue(world, &world.administrator, account, key).await;
    assert_eq!(issued.unwrap().secret, "");
}

pub(crate) async fn issue(
    world: &World,
    by: &Person,
    account: &str,
    key: pb::ServiceAccountKey,
) -> Result<pb::IssueServiceAccountKeyResponse, Status> {
    let issue = pb::IssueServiceAccountKeyRequest {
        parent: account.into(),
        key: Some(key),
    };
    let issued = client(world)
        .issue_service_account_key(by.ask(issue))
        .await?;
    Ok(issued.into_inner())
}

pub(crate) async fn get(world: &World, name: &str) -> pb::ServiceAccount {
    let get = pb::GetServiceAccountRequest { name: name.into() };
    let mut client = client(world);
    let got = client.get_service_account(world.administrator.ask(get));
    got.await.unwrap().into_inner()
}

pub(crate) async fn disable(
    world: &World,
    by: &Person,
    seen: &pb::ServiceAccount,
) -> Result<pb::ServiceAccount, Status> {
    let disable = pb::DisableServiceAccountRequest {
        name: seen.name.clone(),
        reason: "nghi lộ khóa".into(),
        etag: seen.etag.clone(),
        ..Default::default()
    };
    let disabled = client(world)
        .disable_service_account(by.ask(disable))
        .await?;
    Ok(disabled.into_inner())
}

pub(crate) async fn enable(
    world: &World,
    seen: &pb::ServiceAccount,
    expire_time: Option<DateTime<Utc>>,
) -> Result<pb::ServiceAccount, Status> {
    let enable = pb::EnableServiceAccountRequest {
        name: seen.name.clone(),
        expire_time: expire_time.map(timestamp),
        etag: seen.etag.clone(),
        ..Default::default()
    };
    let ask = world.administrator.ask(enable);
    let enabled = client(world).enable_service_account(ask).await?;
    Ok(enabled.into_inner())
}

pub(crate) async fn revoke(world: &World, key: &str) -> Result<pb::ServiceAccountKey, Status> {
    let revoke = pb::RevokeServiceAccountKeyRequest {
        name: key.into(),
        reason: "thay khóa".into(),
        ..Default::default()
    };
    let ask = world.administrator.ask(revoke);
    Ok(client(world)
        .revoke_service_account_key(ask)
        .await?
        .into_inner())
}

async fn keys(world: &World, account: &str) -> Vec<pb::ServiceAccountKey> {
    let list = pb::ListServiceAccountKeysRequest {
        parent: account.into(),
        ..Default::default()
    };
    let ask = world.administrator.ask(list);
    let listed = client(world).list_service_account_keys(ask).await.unwrap();
    listed.into_inner().keys
}

fn bad_fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let bad = details.bad_request().unwrap();
    bad.field_violations
        .iter()
        .map(|it| it.field.clone())
        .collect()
}

#[tokio::test]
async fn a_machine_is_added_kept_out_and_let_in_again() {
    let world = World::new().await;
    let wanted = pb::ServiceAccount {
        contact: "Phòng CNTT, 0255 3 000 000".into(),
        scopes: vec![
            "indicators.values.update".into(),
            "directory.units.read".into(),
            "directory.units.read".into(),
        ],
        allowed_networks: vec!["10.12.0.0/16".into(), "2001:db8::1".into()],
        ..machine()
    };
    let created = create(&world, &world.administrator, "mot-cua", wanted).await;
    let created = created.unwrap();
    assert_eq!(created.name, "serviceAccounts/mot-cua");
    assert_eq!(created.state(), pb::ServiceAccountState::Active);
    assert_eq!(
        created.scopes,
        ["directory.units.read", "indicators.values.update"]
    );
    assert_eq!(
        created.allowed_networks,
        ["10.12.0.0/16", "2001:db8::1/128"]
    );
    let in_a_year = timestamp(world.clock.now() + Duration::days(366));
    assert_eq!(created.expire_time, Some(in_a_year));
    assert_eq!(get(&world, &created.name).await, created);
    let again = create(&world, &world.administrator, "mot-cua", machine()).await;
    assert_eq!(reason(&again.unwrap_err()), "SERVICE_ACCOUNT_EXISTS");

    let nothing_to_change = enable(&world, &created, None).await.unwrap_err();
    assert_eq!(reason(&nothing_to_change), "STATE_NOT_ALLOWED");
    let disabled = disable(&world, &world.administrator, &created).await;
    let disabled = disabled.unwrap();
    assert_eq!(disabled.state(), pb::ServiceAccountState::Disabled);
    assert_eq!(disabled.disable_reason, "nghi lộ khóa");
    let stale = disable(&world, &world.administrator, &created).await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");
    let twice = disable(&world, &world.administrator, &disabled).await;
    assert_eq!(reason(&twice.unwrap_err()), "STATE_NOT_ALLOWED");
    let enabled = enable(&world, &disabled, None).await.unwrap();
    assert_eq!(enabled.state(), pb::ServiceAccountState::Active);
    assert_eq!(enabled.expire_time, created.expire_time);
}

#[tokio::test]
async fn a_machine_that_has_expired_is_renewed_for_a_year_at_most() {
    let mut world = World::new().await;
    let soon = world.clock.now() + Duration::days(10);
    let wanted = pb::ServiceAccount {
        expire_time: Some(timestamp(soon)),
        ..machine()
    };
    let created = create(&world, &world.administrator, "mot-cua", wanted).await;
    let created = created.unwrap();
    world.clock.set(soon);
    world.sign_in_again().await;
    let expired = get(&world, &created.name).await;
    assert_eq!(expired.state(), pb::ServiceAccountState::Expired);
    for end in [None, Some(soon), Some(soon + Duration::days(367))] {
        let refused = enable(&world, &expired, end).await.unwrap_err();
        assert_eq!(bad_fields(&refused), ["expire_time"]);
    }
    let renewed = enable(&world, &expired, Some(soon + Duration::days(366))).await;
    assert_eq!(renewed.unwrap().state(), pb::ServiceAccountState::Active);
}

#[tokio::test]
async fn every_bad_field_of_a_machine_is_named() {
    let world = World::new().await;
    let bad = pb::ServiceAccount {
        display_name: " ".into(),
        owner_unit: "so-tttt".into(),
        contact: "x".repeat(201),
        scopes: vec!["directory.units.read".into(), "directory.units.fly".into()],
        allowed_networks: vec!["10.12.0.0/16".into(), "10.12.0.1/16".into()],
        expire_time: Some(prost_types::Timestamp {
            seconds: i64::MAX,
            nanos: 0,
        }),
        ..Default::default()
    };
    let refused = create(&world, &world.administrator, "Một cửa", bad).await;
    let fields = [
        "service_account_id",
        "service_account.display_name",
        "service_account.owner_unit",
        "service_account.contact",
        "service_account.scopes[1]",
        "service_account.allowed_networks[1]",
        "service_account.expire_time",
    ];
    assert_eq!(bad_fields(&refused.unwrap_err()), fields);
    let nowhere = pb::ServiceAccount {
        owner_unit: "units/khong-co".into(),
        ..machine()
    };
    let refused = create(&world, &world.administrator, "mot-cua", nowhere).await;
    assert_eq!(
        bad_fields(&refused.unwrap_err()),
        ["service_account.owner_unit"]
    );
    let many = pb::ServiceAccount {
        scopes: vec!["directory.units.read".into(); 51],
        allowed_networks: vec!["10.0.0.0/8".into(); 21],
        ..machine()
    };
    let refused = create(&world, &world.administrator, "mot-cua", many).await;
    assert_eq!(
        bad_fields(&refused.unwrap_err()),
        ["service_account.scopes", "service_account.allowed_networks"]
    );
}

#[tokio::test]
async fn machines_are_listed_by_unit_page_by_page_to_who_may_read_them() {
    let world = World::new().await;
    for (id, unit) in [("a", "so-tttt"), ("b", "so-tttt"), ("c", "huyen-ba-to")] {
        let account = pb::ServiceAccount {
            owner_unit: format!("units/{unit}"),
            ..machine()
        };
        let created = create(&world, &world.administrator, id, account).await;
        created.unwrap();
    }
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-ba-to")
        .await;
    let list = async |by: &Person, owner_unit: &str, page_token: &str| {
        let list = pb::ListServiceAccountsRequest {
            owner_unit: owner_unit.into(),
            page_size: 2,
            page_token: page_token.into(),
        };
        let listed = client(&world).list_service_accounts(by.ask(list)).await?;
        let listed = listed.into_inner();
        let names = listed.service_accounts.into_iter().map(|it| it.name);
        Ok::<_, Status>((names.collect::<Vec<_>>(), listed.next_page_token))
    };
    let (names, next) = list(&world.administrator, "", "").await.unwrap();
    assert_eq!(names, ["serviceAccounts/a", "serviceAccounts/b"]);
    let (names, next) = list(&world.administrator, "", &next).await.unwrap();
    assert_eq!(
        (names, next),
        (vec!["serviceAccounts/c".into()], String::new())
    );
    let (names, _) = list(&district, "units/huyen-ba-to", "").await.unwrap();
    assert_eq!(names, ["serviceAccounts/c"]);
    for unit in ["", "units/so-tttt"] {
        let refused = list(&district, unit, "").await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
    let absent = get_as(&world, &district, "serviceAccounts/khong-co").await;
    let hidden = get_as(&world, &district, "serviceAccounts/a").await;
    assert_eq!(absent.message(), hidden.message());
}

async fn get_as(world: &World, by: &Person, name: &str) -> Status {
    let get = pb::GetServiceAccountRequest { name: name.into() };
    let got = client(world).get_service_account(by.ask(get)).await;
    got.unwrap_err()
}

#[tokio::test]
async fn a_secret_is_shown_once_and_only_its_hash_is_kept() {
    let world = World::new().await;
    let account = create(&world, &world.administrator, "mot-cua", machine()).await;
    let account = account.unwrap().name;
    let (key, secret) = secret(&world, &account).await;
    assert_eq!(secret.len(), 64);
    let in_90_days = timestamp(world.clock.now() + Duration::days(90));
    assert_eq!(key.expire_time, Some(in_90_days));
    assert_eq!(keys(&world, &account).await, std::slice::from_ref(&key));

    let db = world.directory_db().await;
    let ask = async |question: &str| {
        let statement = Statement::from_string(db.reader().get_database_backend(), question);
        db.reader().query_all_raw(statement).await.unwrap()
    };
    let rows = ask("SELECT secret_sha256 AS it FROM service_account_keys").await;
    let kept: String = rows[0].try_get("", "it").unwrap();
    assert_eq!(kept, kit::actor::hex(&Sha256::digest(&secret)));
    let mut entries = 0;
    for row in ask("SELECT after AS it FROM ledger").await {
        let after: Option<String> = row.try_get("", "it").unwrap();
        let after = after.unwrap_or_default();
        assert!(
            !after.contains(&secret) && !after.contains(&kept),
            "{after}"
        );
        entries += 1;
    }
    assert!(entries > 5);
    for row in ask("SELECT response AS it FROM answers").await {
        let response: Vec<u8> = row.try_get("", "it").unwrap();
        assert!(!response.windows(64).any(|it| it == secret.as_bytes()));
    }
}

#[tokio::test]
async fn a_machine_has_five_living_keys_at_most() {
    let world = World::new().await;
    let account = create(&world, &world.administrator, "mot-cua", machine()).await;
    let account = account.unwrap().name;
    let (first, _) = secret(&world, &account).await;
    for _ in 0..4 {
        secret(&world, &account).await;
    }
    let key = pb::ServiceAccountKey {
        kind: pb::KeyKind::SharedSecret.into(),
        ..Default::default()
    };
    let sixth = issue(&world, &world.administrator, &account, key.clone()).await;
    assert_eq!(reason(&sixth.unwrap_err()), "TOO_MANY_KEYS");
    let revoked = revoke(&world, &first.name).await.unwrap();
    assert_eq!(revoked.revoke_reason, "thay khóa");
    assert_eq!(revoked.revoke_time, Some(timestamp(world.clock.now())));
    let twice = revoke(&world, &first.name).await.unwrap_err();
    assert_eq!(reason(&twice), "STATE_NOT_ALLOWED");
    issue(&world, &world.administrator, &account, key)
        .await
        .unwrap();
    assert_eq!(keys(&world, &account).await.len(), 6);
    let unknown = revoke(&world, &format!("{account}/keys/k1")).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_key_is_public_or_a_secret_and_does_not_live_for_ever() {
    let world = World::new().await;
    let account = create(&world, &world.administrator, "mot-cua", machine()).await;
    let account = account.unwrap().name;
    let key = |kind: pb::KeyKind, public_jwk: &str, days| pb::ServiceAccountKey {
        kind: kind.into(),
        public_jwk: public_jwk.into(),
        expire_time: Some(timestamp(world.clock.now() + Duration::days(days))),
        ..Default::default()
    };
    let public = Signer::p256().jwk();
    let mut private = public.clone();
    private["d"] = "AAAA".into();
    let (public, private) = (public.to_string(), private.to_string());
    let rsa = Signer::rsa().jwk().to_string();
    use pb::KeyKind::{PublicJwk, SharedSecret, Unspecified};
    for (bad, field) in [
        (key(Unspecified, "", 1), "key.kind"),
        (key(PublicJwk, "", 1), "key.public_jwk"),
        (key(PublicJwk, &private, 1), "key.public_jwk"),
        (key(PublicJwk, &rsa, 1), "key.public_jwk"),
        (key(SharedSecret, &public, 1), "key.public_jwk"),
        (key(SharedSecret, "", 91), "key.expire_time"),
        (key(SharedSecret, "", 0), "key.expire_time"),
        (key(PublicJwk, &public, 367), "key.expire_time"),
    ] {
        let refused = issue(&world, &world.administrator, &account, bad.clone()).await;
        assert_eq!(bad_fields(&refused.unwrap_err()), [field], "{bad:?}");
    }
    let issued = issue(
        &world,
        &world.administrator,
        &account,
        key(PublicJwk, &public, 366),
    )
    .await;
    assert!(!issued.unwrap().key.unwrap().public_jwk.is_empty());
}

#[tokio::test]
async fn a_machine_is_never_given_a_role_that_decides_or_administers() {
    let world = World::new().await;
    let account = create(&world, &world.administrator, "mot-cua", machine()).await;
    let name = account.unwrap().name;
    let grant = async |role: &str| {
        let role_grant = pb::RoleGrant {
            principal: name.clone(),
            role: format!("roles/{role}"),
            scope_unit: "units/so-tttt".into(),
            validity: Some(proto::shared::Validity {
                start_date: "2022-01-01".into(),
                end_date: String::new(),
            }),
            ..Default::default()
        };
        let create = pb::CreateRoleGrantRequest {
            role_grant: Some(role_grant),
            ..Default::default()
        };
        AccessServiceClient::new(world.directory())
            .create_role_grant(world.administrator.ask(create))
            .await
    };
    for role in crate::matrix::roles(&world).await {
        let role = role.name.strip_prefix("roles/").unwrap();
        let answer = grant(role).await;
        if ["auditor", "connector", "viewer"].contains(&role) {
            answer.unwrap();
        } else {
            let refused = answer.unwrap_err();
            assert_eq!(reason(&refused), "ROLE_NOT_FOR_MACHINES", "{role}");
        }
    }
    let list = pb::ListRoleGrantsRequest {
        principal: name.clone(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    let listed = access.list_role_grants(world.administrator.ask(list)).await;
    assert_eq!(listed.unwrap().into_inner().role_grants.len(), 3);
}

#[tokio::test]
async fn who_issues_a_key_needs_the_right_wherever_the_machine_acts() {
    let world = World::new().await;
    let account = pb::ServiceAccount {
        owner_unit: "units/huyen-minh-long".into(),
        ..machine()
    };
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let account = create(&world, &district, "mot-cua", account).await.unwrap();
    let key = pb::ServiceAccountKey {
        kind: pb::KeyKind::SharedSecret.into(),
        ..Default::default()
    };
    issue(&world, &district, &account.name, key.clone())
        .await
        .unwrap();
    let machine = Person {
        name: account.name.clone(),
        token: String::new(),
    };
    world.grant(&machine, "connector", "tinh-quang-ngai").await;
    let refused = issue(&world, &district, &account.name, key).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let beside = world
        .person("quan-tri-ba-to", "administrator", "huyen-ba-to")
        .await;
    let refused = disable(&world, &beside, &account).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
