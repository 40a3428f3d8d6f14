//! Which passwords are taken, and how they are kept.

use std::fs;

use directory::{Directory, FirstAdministrator, Migrator, PasswordCost, Settings};
use kit::{Db, Peer};
use proto::directory::{
    self as pb, session_service_client::SessionServiceClient,
    user_service_client::UserServiceClient,
};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection,
    sea_query::{Expr, ExprTrait, Query},
};
use testkit::{TestDb, World};
use tonic::Status;
use tonic_types::StatusExt;

/// A directory of its own, whose tables a test may look into.
struct Own {
    peer: Peer,
    administrator: FirstAdministrator,
    tables: DatabaseConnection,
    database: TestDb,
    _folder: tempfile::TempDir,
}

async fn database(world: &World) -> (Db, TestDb, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDb::fresh(folder.path(), "passwords").await;
    let db = database.open(world.clock.clone()).await;
    db.migrate::<Migrator>().await.unwrap();
    (db, database, folder)
}

async fn own(world: &World, settings: &Settings) -> Own {
    let (db, database, folder) = database(world).await;
    let directory = Directory::open(db, settings).await.unwrap();
    Own {
        administrator: directory.first_administrator().await.unwrap().unwrap(),
        peer: Peer::local(directory.routes()),
        tables: Database::connect(database.url()).await.unwrap(),
        database,
        _folder: folder,
    }
}

async fn enroll(own: &Own, password: &str) -> Result<(), Status> {
    let enroll = pb::EnrollRequest {
        user: own.administrator.user.name(),
        secret: own.administrator.secret.clone(),
        password: password.into(),
    };
    let mut sessions = SessionServiceClient::new(own.peer.clone());
    sessions.enroll(enroll).await.map(|_| ())
}

async fn sign_in(own: &Own, password: &str) -> Result<(), Status> {
    let request = pb::SignInRequest {
        user: own.administrator.user.name(),
        password: password.into(),
        ..Default::default()
    };
    let mut sessions = SessionServiceClient::new(own.peer.clone());
    sessions.sign_in(request).await.map(|_| ())
}

fn rule(refused: &Status) -> (String, String) {
    let details = refused.get_error_details();
    let bad = &details.bad_request().unwrap().field_violations[0];
    (bad.field.clone(), bad.reason.clone())
}

#[tokio::test]
async fn a_refused_password_says_which_rule_it_breaks_in_both_languages() {
    let world = World::new().await;
    let list = tempfile::NamedTempFile::new().unwrap();
    fs::write(list.path(), "con trâu đọc bản đồ:12\n").unwrap();
    let settings = Settings {
        breached_passwords_file: Some(list.path().to_owned()),
        ..Settings::default()
    };
    let own = own(&world, &settings).await;
    for (password, expected) in [
        ("14 ký tự thôi!", "TOO_SHORT"),
        ("con trâu đọc bản đồ", "BREACHED"),
        ("quản trị hệ thống", "GUESSABLE"),
        ("administrator2022", "GUESSABLE"),
    ] {
        let refused = enroll(&own, password).await.unwrap_err();
        let details = refused.get_error_details();
        let bad = &details.bad_request().unwrap().field_violations[0];
        assert_eq!(rule(&refused), ("password".into(), expected.into()));
        let vi = &bad.localized_message.as_ref().unwrap().message;
        assert!(!vi.is_empty() && *vi != bad.description, "{vi}");
    }
    // The secret was not used up by what was refused.
    enroll(&own, "con trâu đọc bản vẽ").await.unwrap();
    sign_in(&own, "con trâu đọc bản vẽ").await.unwrap();
}

#[tokio::test]
async fn who_has_not_the_secret_learns_nothing_of_the_rules_about_a_person() {
    let world = World::new().await;
    let own = own(&world, &Settings::default()).await;
    let enroll = pb::EnrollRequest {
        user: own.administrator.user.name(),
        secret: "0".repeat(32),
        password: "quản trị hệ thống".into(),
    };
    let mut sessions = SessionServiceClient::new(own.peer.clone());
    let refused = sessions.enroll(enroll).await.unwrap_err();
    assert_eq!(crate::refresh::reason(&refused), "SIGN_IN_REFUSED");
}

#[tokio::test]
async fn a_bad_list_stops_the_start_and_its_line_is_named() {
    let world = World::new().await;
    let list = tempfile::NamedTempFile::new().unwrap();
    fs::write(list.path(), "một mật khẩu\nhai\u{7}ba\n").unwrap();
    let settings = Settings {
        breached_passwords_file: Some(list.path().to_owned()),
        ..Settings::default()
    };
    let (db, _database, _folder) = database(&world).await;
    let refused = Directory::open(db, &settings).await.unwrap_err();
    let kit::Error::Internal(cause) = refused else {
        panic!("{refused:?}");
    };
    let cause = cause.to_string();
    assert!(
        cause.contains("`directory.breached_passwords_file`"),
        "{cause}"
    );
    assert!(cause.contains("line 2 "), "{cause}");
}

/// The story: everybody who guesses at a commune knows what its province is called.
#[tokio::test]
async fn the_name_of_a_province_is_no_password_in_its_communes() {
    let world = World::new().await;
    let kinds = [pb::UnitKind::Province, pb::UnitKind::Commune];
    world
        .unit("tinh-y", "UBND tỉnh Krông Ea Hleo", kinds[0], "")
        .await;
    world
        .unit("xa-x", "UBND xã Đắk Nhau", kinds[1], "units/tinh-y")
        .await;
    let password = "ubnd tỉnh krông ea hleo";
    for (id, unit, taken) in [("o-xa", "xa-x", false), ("noi-khac", "huyen-ba-to", true)] {
        let mut users = UserServiceClient::new(world.directory());
        let create = pb::CreateUserRequest {
            user: Some(pb::User {
                display_name: "Cán bộ".into(),
                home_unit: format!("units/{unit}"),
                ..Default::default()
            }),
            user_id: id.into(),
            ..Default::default()
        };
        let root = &world.administrator;
        users.create_user(root.ask(create)).await.unwrap();
        let name = format!("users/{id}");
        let issue = pb::IssueEnrollmentRequest { name: name.clone() };
        let issued = users.issue_enrollment(root.ask(issue)).await.unwrap();
        let enroll = pb::EnrollRequest {
            user: name,
            secret: issued.into_inner().secret,
            password: password.into(),
        };
        let mut sessions = SessionServiceClient::new(world.directory());
        let enrolled = sessions.enroll(enroll).await;
        assert_eq!(enrolled.is_ok(), taken, "{id}");
        if let Err(refused) = enrolled {
            assert_eq!(rule(&refused), ("password".into(), "GUESSABLE".into()));
        }
    }
}

#[tokio::test]
async fn a_province_may_ask_for_four_classes_of_characters() {
    let world = World::new().await;
    let settings = Settings {
        password_classes: 4,
        ..Settings::default()
    };
    let own = own(&world, &settings).await;
    let refused = enroll(&own, "con trâu đọc bản đồ").await.unwrap_err();
    assert_eq!(rule(&refused).1, "TOO_FEW_CLASSES");
    enroll(&own, "Con trâu đọc 7 bản đồ").await.unwrap();
    let wrong = Settings {
        password_classes: 5,
        ..Settings::default()
    };
    let why = wrong.check_numbers().unwrap_err();
    assert!(why.contains("`directory.password_classes`"), "{why}");
}

async fn kept(own: &Own) -> String {
    let select = Query::select().column("password_hash").from("users").take();
    let row = own.tables.query_one(&select).await.unwrap().unwrap();
    row.try_get("", "password_hash").unwrap()
}

#[tokio::test]
async fn a_password_kept_with_old_parameters_is_hashed_anew_at_the_next_sign_in() {
    let world = World::new().await;
    let own = own(&world, &Settings::default()).await;
    let password = "con trâu đọc bản đồ";
    enroll(&own, password).await.unwrap();
    let first = kept(&own).await;
    sign_in(&own, password).await.unwrap();
    assert_eq!(kept(&own).await, first, "nothing to do");
    // What a version of before, with weaker parameters, would have kept.
    let weaker = {
        use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2
            .hash_password(password.as_bytes())
            .unwrap()
            .to_string()
    };
    let put = Query::update()
        .table("users")
        .value("password_hash", weaker.clone())
        .and_where(Expr::col("id").eq("administrator"))
        .take();
    own.tables.execute(&put).await.unwrap();
    sign_in(&own, "sai mật khẩu hoàn toàn").await.unwrap_err();
    assert_eq!(kept(&own).await, weaker);
    sign_in(&own, password).await.unwrap();
    let renewed = kept(&own).await;
    assert!(renewed.contains("$m=19456,t=2,p=1$"), "{renewed}");
    sign_in(&own, password).await.unwrap();
    assert_eq!(kept(&own).await, renewed);
}

#[tokio::test]
async fn a_stronger_machine_hashes_passwords_anew_and_a_weaker_one_leaves_them_strong() {
    let world = World::new().await;
    let mut own = own(&world, &Settings::default()).await;
    let password = "con trâu đọc bản đồ";
    enroll(&own, password).await.unwrap();
    assert!(kept(&own).await.contains("$m=19456,t=2,p=1$"));
    let at = |memory_mib, passes| Settings {
        password_cost: Some(PasswordCost { memory_mib, passes }),
        ..Settings::default()
    };
    for (settings, expected) in [
        (at(20, 3), "$m=20480,t=3,p=1$"),
        (Settings::default(), "$m=20480,t=3,p=1$"),
        (at(24, 2), "$m=20480,t=3,p=1$"),
        (at(24, 3), "$m=24576,t=3,p=1$"),
    ] {
        let db = own.database.open(world.clock.clone()).await;
        let directory = Directory::open(db, &settings).await.unwrap();
        own.peer = Peer::local(directory.routes());
        sign_in(&own, "sai mật khẩu hoàn toàn").await.unwrap_err();
        sign_in(&own, password).await.unwrap();
        let kept = kept(&own).await;
        assert!(kept.contains(expected), "{kept}");
    }
}

#[tokio::test]
async fn a_password_cost_below_the_floor_stops_the_start() {
    let world = World::new().await;
    let (db, _database, _folder) = database(&world).await;
    let settings = Settings {
        password_cost: Some(PasswordCost {
            memory_mib: 18,
            passes: 3,
        }),
        ..Settings::default()
    };
    let refused = Directory::open(db, &settings).await.unwrap_err();
    let kit::Error::Internal(cause) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        cause
            .to_string()
            .contains("`directory.password_cost` is 18 MiB")
    );
}
