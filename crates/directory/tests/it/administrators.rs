//! Somebody always administers, and who stands at the console lets one in again.

use std::{future::Future, time::Duration as StdDuration};

use chrono::Duration;
use directory::{Directory, FirstAdministrator, Settings, recover_administrator};
use kit::Error;
use proto::directory::{
    self as pb, session_service_client::SessionServiceClient,
    user_service_client::UserServiceClient,
};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{Person, World};
use tonic::{Code, Status};

use crate::{
    grants::{give, grants_of, take},
    refresh::{PASSWORD, reason, sign_in},
    sign_out::{suspend, user},
};

const ALWAYS: (&str, &str) = ("2022-01-01", "");
const NEW: &str = "con trâu đọc bản đồ";

/// Adds a person who administers everything for some time, enrolled and signed in.
pub(crate) async fn second(world: &World, days: (&str, &str)) -> Person {
    let person = world
        .person("quan-tri-hai", "administrator", "so-tttt")
        .await;
    give(
        world,
        &world.administrator,
        &person,
        "administrator",
        "",
        days,
    )
    .await
    .unwrap();
    person
}

/// Returns the grant by which somebody administers everything.
pub(crate) async fn own_grant(world: &World, by: &Person, of: &Person) -> pb::RoleGrant {
    let grants = grants_of(world, by, &of.name, "").await.unwrap();
    let all = grants.into_iter().find(|it| it.scope_unit.is_empty());
    all.unwrap()
}

pub(crate) async fn reset(world: &World, by: &Person, of: &Person) -> Result<String, Status> {
    let name = of.name.clone();
    let issue = by.ask(pb::IssueEnrollmentRequest { name });
    let mut users = UserServiceClient::new(world.directory());
    Ok(users.issue_enrollment(issue).await?.into_inner().secret)
}

/// Lets two changes stand before the same rows, and go on at the same moment.
async fn at_once<T, U>(
    world: &World,
    one: impl Future<Output = T>,
    other: impl Future<Output = U>,
) -> (T, U) {
    let db = world.directory_db().await;
    let held = db.begin_as("system", "test", "test").await.unwrap();
    for hold in [
        "UPDATE users SET version = version",
        "UPDATE role_grants SET reason = reason",
    ] {
        held.db.execute_unprepared(hold).await.unwrap();
    }
    let release = async {
        tokio::time::sleep(StdDuration::from_millis(500)).await;
        held.commit().await.unwrap();
    };
    let (one, other, ()) = tokio::join!(one, other, release);
    (one, other)
}

/// One of the two did it, the other one was refused, and who did it still administers.
async fn one_is_left<T>(
    world: &World,
    first: (&Person, Result<T, Status>),
    second: (&Person, Result<T, Status>),
) {
    assert!(
        first.1.is_ok() != second.1.is_ok(),
        "both or neither did it"
    );
    let (winner, refused) = match (first, second) {
        ((winner, Ok(_)), (_, Err(refused))) | ((_, Err(refused)), (winner, Ok(_))) => {
            (winner, refused)
        }
        _ => unreachable!("one did it"),
    };
    match refused.code() {
        Code::FailedPrecondition => assert_eq!(reason(&refused), "LAST_ADMINISTRATOR"),
        // His right was gone before his turn came.
        Code::PermissionDenied => {}
        other => panic!("{other:?}"),
    }
    let list = winner.ask(pb::ListUsersRequest::default());
    let mut users = UserServiceClient::new(world.directory());
    users.list_users(list).await.unwrap();
    sign_in(world, &winner.name, "").await;
}

#[tokio::test]
async fn of_two_administrators_who_suspend_each_other_at_once_one_is_left() {
    let world = World::new().await;
    let (one, other) = (&world.administrator, &second(&world, ALWAYS).await);
    let (seen, other_seen) = (
        user(&world, &one.name).await,
        user(&world, &other.name).await,
    );
    let (first, second) = at_once(
        &world,
        suspend(&world, one, &other_seen),
        suspend(&world, other, &seen),
    )
    .await;
    one_is_left(&world, (one, first), (other, second)).await;
}

#[tokio::test]
async fn of_two_administrators_who_revoke_each_other_at_once_one_is_left() {
    let world = World::new().await;
    let (one, other) = (&world.administrator, &second(&world, ALWAYS).await);
    let grant = own_grant(&world, one, one).await;
    let other_grant = own_grant(&world, one, other).await;
    let (first, second) = at_once(
        &world,
        take(&world, one, &other_grant),
        take(&world, other, &grant),
    )
    .await;
    one_is_left(&world, (one, first), (other, second)).await;
}

#[tokio::test]
async fn of_two_administrators_who_reset_each_others_passwords_at_once_one_is_left() {
    let world = World::new().await;
    let (one, other) = (&world.administrator, &second(&world, ALWAYS).await);
    let (first, second) =
        at_once(&world, reset(&world, one, other), reset(&world, other, one)).await;
    one_is_left(&world, (one, first), (other, second)).await;
}

#[tokio::test]
async fn one_who_administers_for_a_time_does_not_take_away_the_last_who_does_for_ever() {
    let world = World::new().await;
    let root = &world.administrator;
    let lent = second(&world, ("2022-01-01", "2022-07-01")).await;
    let grant = own_grant(&world, root, root).await;
    let seen = user(&world, &root.name).await;
    let refused = [
        take(&world, &lent, &grant).await.map(drop),
        suspend(&world, &lent, &seen).await.map(drop),
        reset(&world, &lent, root).await.map(drop),
    ];
    for refused in refused {
        let refused = refused.unwrap_err();
        assert_eq!(reason(&refused), "LAST_ADMINISTRATOR");
        assert!(refused.message().contains("2022-07-01"), "{refused}");
    }
    // A third one who has not enrolled yet cannot come in, so he does not count.
    let third = world
        .person("quan-tri-ba", "administrator", "so-tttt")
        .await;
    give(&world, root, &third, "administrator", "", ALWAYS)
        .await
        .unwrap();
    let secret = reset(&world, root, &third).await.unwrap();
    let refused = take(&world, &lent, &grant).await.unwrap_err();
    assert_eq!(reason(&refused), "LAST_ADMINISTRATOR");
    enroll(&world, &third.name, &secret).await.unwrap();
    take(&world, &lent, &grant).await.unwrap();
    // Now the first one does not count, and may be suspended; the third one may not.
    suspend(&world, &lent, &seen).await.unwrap();
    let get = pb::GetUserRequest {
        name: third.name.clone(),
    };
    let mut users = UserServiceClient::new(world.directory());
    let seen = users.get_user(lent.ask(get)).await.unwrap().into_inner();
    let refused = suspend(&world, &lent, &seen).await.unwrap_err();
    assert_eq!(reason(&refused), "LAST_ADMINISTRATOR");
}

async fn enroll(world: &World, user: &str, secret: &str) -> Result<(), Status> {
    let enroll = pb::EnrollRequest {
        user: user.into(),
        secret: secret.into(),
        password: NEW.into(),
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    sessions.enroll(enroll).await.map(drop)
}

async fn try_password(world: &World, user: &str, password: &str) -> Result<Person, Status> {
    let request = pb::SignInRequest {
        user: user.into(),
        password: password.into(),
        ..Default::default()
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    let token = sessions.sign_in(request).await?.into_inner().access_token;
    Ok(Person {
        name: user.into(),
        token,
    })
}

async fn recover(world: &World, user: Option<&str>) -> Result<FirstAdministrator, Error> {
    recover_administrator(&world.directory_db().await, &[], user).await
}

/// Changes what no method changes, as a version of before might have left it.
async fn left_behind(world: &World, statement: &str) {
    let db = world.directory_db().await;
    db.reader().execute_unprepared(statement).await.unwrap();
}

/// Counts what the console has written into the ledger.
async fn told(world: &World, name: &str) -> usize {
    let db = world.directory_db().await;
    let select = format!(
        "SELECT sequence FROM ledger WHERE method = 'recover-administrator' \
         AND principal = 'system' AND name LIKE '{name}%'"
    );
    let statement = Statement::from_string(db.reader().get_database_backend(), select);
    db.reader().query_all_raw(statement).await.unwrap().len()
}

#[tokio::test]
async fn the_console_lets_the_first_administrator_in_again_when_nobody_can() {
    let world = World::new().await;
    let refused = recover(&world, None).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Rule(why, _) if why.code == "SOMEBODY_ADMINISTERS"),
        "{refused:?}"
    );
    left_behind(&world, "UPDATE users SET suspend_reason = 'nghỉ việc'").await;
    left_behind(&world, "UPDATE role_grants SET revoke_micros = 1").await;
    try_password(&world, "users/administrator", PASSWORD)
        .await
        .unwrap_err();

    let recovered = recover(&world, None).await.unwrap();
    assert_eq!(recovered.user.name(), "users/administrator");
    // The old password stays gone, also once he is enrolled.
    enroll(&world, "users/administrator", &recovered.secret)
        .await
        .unwrap();
    try_password(&world, "users/administrator", PASSWORD)
        .await
        .unwrap_err();
    let again = try_password(&world, "users/administrator", NEW).await;
    let again = again.unwrap();
    let own = own_grant(&world, &again, &again).await;
    assert_eq!(own.granted_by, "system");
    // That he is let in, and has no password; that his session ended; his secret; what he may.
    assert_eq!(told(&world, "users/administrator").await, 4);
    assert_eq!(told(&world, "roleGrants/").await, 1);
}

#[tokio::test]
async fn the_only_administrator_who_forgot_his_password_is_named_at_the_console() {
    let world = World::new().await;
    let begun = sign_in(&world, "users/administrator", "").await;
    let recovered = recover(&world, Some("administrator")).await.unwrap();
    let old = crate::refresh::refresh(&world, &begun.refresh_token).await;
    assert_eq!(reason(&old.unwrap_err()), "SESSION_ENDED");
    enroll(&world, "users/administrator", &recovered.secret)
        .await
        .unwrap();
    try_password(&world, "users/administrator", NEW)
        .await
        .unwrap();
    assert_eq!(told(&world, "roleGrants/").await, 0);
    for nobody in ["users/khong-co", "không phải tên"] {
        let missing = recover(&world, Some(nobody)).await.unwrap_err();
        assert!(matches!(missing, Error::NotFound("USER", _)), "{missing:?}");
    }
    // Who works with data does not come to administer by it.
    world.person("can-bo", "reporter", "huyen-minh-long").await;
    let refused = recover(&world, Some("users/can-bo")).await.unwrap_err();
    assert!(matches!(&refused, Error::Rule(why, _) if why.code == "DUTIES_EXCLUDED"));
    try_password(&world, "users/can-bo", PASSWORD)
        .await
        .unwrap();
}

#[tokio::test]
async fn who_is_let_in_again_administers_for_good_although_his_right_ends_tomorrow() {
    let world = World::new().await;
    let ends = "UPDATE role_grants SET end_date = '2022-06-25' WHERE role = 'administrator'";
    left_behind(&world, ends).await;
    let recovered = recover(&world, Some("administrator")).await.unwrap();
    assert_eq!(told(&world, "roleGrants/").await, 1);
    enroll(&world, "users/administrator", &recovered.secret)
        .await
        .unwrap();
    wait(&world, Duration::days(30));
    let again = try_password(&world, "users/administrator", NEW).await;
    let again = again.unwrap();
    let grants = grants_of(&world, &again, &again.name, "").await.unwrap();
    let for_good = |it: &pb::RoleGrant| {
        it.validity
            .as_ref()
            .is_some_and(|it| it.end_date.is_empty())
    };
    assert!(grants.iter().any(for_good), "{grants:?}");
    // The next time nothing has to be given.
    recover(&world, Some("administrator")).await.unwrap();
    assert_eq!(told(&world, "roleGrants/").await, 1);
}

fn wait(world: &World, time: Duration) {
    world.clock.set(world.clock.now() + time);
}

#[tokio::test]
async fn a_secret_on_the_console_works_15_minutes_and_another_one_is_had_at_once() {
    let world = World::new().await;
    let db = world.db("first").await;
    db.migrate::<directory::Migrator>().await.unwrap();
    let directory = Directory::open(db.clone(), &Settings::default()).await;
    let directory = directory.unwrap();
    let first = directory.first_administrator().await.unwrap().unwrap();
    let enroll = async |secret: &str| {
        let enroll = pb::EnrollRequest {
            user: first.user.name(),
            secret: secret.into(),
            password: NEW.into(),
        };
        let peer = kit::Peer::local(directory.routes());
        SessionServiceClient::new(peer).enroll(enroll).await
    };
    wait(&world, Duration::minutes(15));
    let late = enroll(&first.secret).await.unwrap_err();
    assert_eq!(reason(&late), "SIGN_IN_REFUSED");
    // A restart prints the next one, and so does the command, while the server runs.
    let restarted = directory.first_administrator().await.unwrap().unwrap();
    let asked_for = recover_administrator(&db, &[], None).await.unwrap();
    enroll(&restarted.secret).await.unwrap_err();
    wait(&world, Duration::minutes(15) - Duration::seconds(1));
    enroll(&asked_for.secret).await.unwrap();
    assert!(directory.first_administrator().await.unwrap().is_none());
}

#[tokio::test]
async fn a_restart_leaves_the_secret_alone_that_another_administrator_gave_the_first_one() {
    let world = World::new().await;
    let other = second(&world, ALWAYS).await;
    let secret = reset(&world, &other, &world.administrator).await.unwrap();
    let db = world.directory_db().await;
    let again = Directory::open(db, &Settings::default()).await.unwrap();
    assert!(again.first_administrator().await.unwrap().is_none());
    enroll(&world, "users/administrator", &secret)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_secret_for_a_person_works_as_many_hours_as_are_set_and_a_week_at_most() {
    for (settings, hours) in [
        (Settings::default(), 72),
        (
            Settings {
                enrollment_hours: 8,
                ..Settings::default()
            },
            8,
        ),
    ] {
        let world = World::with(&settings).await;
        let person = world.person("can-bo", "viewer", "so-tttt").await;
        let issue = pb::IssueEnrollmentRequest {
            name: person.name.clone(),
        };
        let issued = UserServiceClient::new(world.directory())
            .issue_enrollment(world.administrator.ask(issue))
            .await
            .unwrap()
            .into_inner();
        let expires = world.clock.now() + Duration::hours(hours);
        let told = proto::convert::timestamp(expires);
        assert_eq!(issued.expire_time, Some(told));
        world.clock.set(expires);
        let late = enroll(&world, &person.name, &issued.secret).await;
        assert_eq!(reason(&late.unwrap_err()), "SIGN_IN_REFUSED");
        world.clock.set(expires - Duration::seconds(1));
        enroll(&world, &person.name, &issued.secret).await.unwrap();
    }
    for enrollment_hours in [0, 169] {
        let settings = Settings {
            enrollment_hours,
            ..Settings::default()
        };
        let why = settings.check_numbers().unwrap_err();
        assert!(why.contains("`directory.enrollment_hours`"), "{why}");
    }
}
