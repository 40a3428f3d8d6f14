//! Machines that nobody uses are switched off after 45 days.

use chrono::Duration;
use proto::{convert::timestamp, directory as pb};
use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, Statement};
use testkit::World;

use crate::{
    machines::{create, disable, enable, get, machine, secret},
    refresh::reason,
    web::Web,
};

/// Returns who wrote what about a machine, the oldest first, and why it is kept out after it.
async fn told(world: &World, name: &str) -> Vec<(String, String, Option<String>)> {
    let db = world.directory_db().await;
    let select = format!(
        "SELECT principal, action, after FROM ledger WHERE name = '{name}' ORDER BY sequence"
    );
    let statement = Statement::from_string(db.reader().get_database_backend(), select);
    let rows = db.reader().query_all_raw(statement).await.unwrap();
    let read = rows.iter().map(|row| {
        let text = |column| row.try_get::<String>("", column).unwrap();
        let after: serde_json::Value = serde_json::from_str(&text("after")).unwrap();
        let disabled = after["disabled"].as_str().map(str::to_owned);
        (text("principal"), text("action"), disabled)
    });
    read.collect()
}

#[tokio::test]
async fn a_machine_without_a_token_for_45_days_is_switched_off_and_enabled_again() {
    let mut world = World::new().await;
    let begun = world.clock.now();
    let created = create(&world, &world.administrator, "mot-cua", machine()).await;
    let name = created.unwrap().name;
    let (_, secret) = secret(&world, &name).await;
    let web = Web::of(&world).await;
    let ask = async || web.token("mot-cua", &secret, &[]).await.code;
    world.clock.set(begun + Duration::days(20));
    assert_eq!(ask().await, StatusCode::OK);

    let off = begun + Duration::days(65);
    world.clock.set(off - Duration::seconds(1));
    world.sign_in_again().await;
    let still = get(&world, &name).await;
    assert_eq!(still.state(), pb::ServiceAccountState::Active);
    assert_eq!(still.disable_reason, "");

    // From the very moment on it is off, though nobody has written that down yet.
    world.clock.set(off);
    let idle = get(&world, &name).await;
    assert_eq!(idle.state(), pb::ServiceAccountState::Disabled);
    assert_eq!(
        idle.disable_reason,
        "tự động tắt: không được cấp mã truy cập trong 45 ngày / switched off: it got no token \
         for 45 days"
    );
    assert_eq!(
        (told(&world, &name).await.len(), &idle.etag),
        (1, &still.etag)
    );
    let twice = disable(&world, &world.administrator, &idle).await;
    assert_eq!(reason(&twice.unwrap_err()), "STATE_NOT_ALLOWED");

    assert_eq!(ask().await, StatusCode::UNAUTHORIZED);
    let written = get(&world, &name).await;
    assert_eq!(written.disable_reason, idle.disable_reason);
    assert_ne!(written.etag, idle.etag);
    let entries = told(&world, &name).await;
    let expected = (
        "system".to_owned(),
        "moved".to_owned(),
        Some(idle.disable_reason),
    );
    assert_eq!(entries[1..], [expected]);

    let enabled = enable(&world, &written, None).await.unwrap();
    assert_eq!(enabled.state(), pb::ServiceAccountState::Active);
    assert_eq!(enabled.disable_reason, "");
    assert_eq!(ask().await, StatusCode::OK);
    assert_eq!(told(&world, &name).await.len(), 3);
}

#[tokio::test]
async fn enabling_an_idle_machine_before_anybody_noticed_tells_both_steps_and_begins_anew() {
    let mut world = World::new().await;
    let created = create(&world, &world.administrator, "mot-cua", machine()).await;
    let name = created.unwrap().name;
    let off = world.clock.now() + Duration::days(45);
    world.clock.set(off);
    world.sign_in_again().await;
    let idle = get(&world, &name).await;
    assert_eq!(idle.state(), pb::ServiceAccountState::Disabled);
    enable(&world, &idle, None).await.unwrap();
    let entries = told(&world, &name).await;
    let switched_off = (
        "users/administrator".to_owned(),
        "moved".to_owned(),
        Some(idle.disable_reason),
    );
    let enabled = ("users/administrator".to_owned(), "moved".to_owned(), None);
    assert_eq!(entries[1..], [switched_off, enabled]);

    for (days, state) in [
        (44, pb::ServiceAccountState::Active),
        (45, pb::ServiceAccountState::Disabled),
    ] {
        world.clock.set(off + Duration::days(days));
        world.sign_in_again().await;
        assert_eq!(get(&world, &name).await.state(), state, "{days}");
    }
}

#[tokio::test]
async fn every_process_looks_for_idle_machines_and_one_writes_them_down() {
    let mut world = World::new().await;
    let begun = world.clock.now();
    let mut names = Vec::new();
    for (id, days) in [("mot-cua", 366), ("khong-dung", 366), ("het-han", 30)] {
        let account = pb::ServiceAccount {
            expire_time: Some(timestamp(begun + Duration::days(days))),
            ..machine()
        };
        let created = create(&world, &world.administrator, id, account).await;
        names.push(created.unwrap().name);
    }
    let (_, secret) = secret(&world, &names[0]).await;
    let web = Web::of(&world).await;
    world.clock.set(begun + Duration::days(40));
    let used = web.token("mot-cua", &secret, &[]).await;
    assert_eq!(used.code, StatusCode::OK);
    world.sign_in_again().await;
    let by_hand = create(&world, &world.administrator, "dang-tat", machine()).await;
    let by_hand = by_hand.unwrap();
    disable(&world, &world.administrator, &by_hand)
        .await
        .unwrap();

    world.clock.set(begun + Duration::days(50));
    for _ in 0..2 {
        let _looks = world.another_directory().await;
        let mut entries = Vec::new();
        for name in &names {
            entries.push(told(&world, name).await.len());
        }
        // Only what is neither used nor over, and once.
        assert_eq!(entries, [1, 2, 1]);
    }
    let (_, _, why) = told(&world, &names[1]).await.pop().unwrap();
    assert!(why.unwrap().contains("45 ngày"));
    world.clock.set(begun + Duration::days(100));
    let _looks = world.another_directory().await;
    // The reason that somebody gave stays.
    let (_, _, why) = told(&world, &by_hand.name).await.pop().unwrap();
    assert_eq!(why.as_deref(), Some("nghi lộ khóa"));
}

#[tokio::test]
async fn a_machine_that_cannot_be_read_keeps_no_other_from_being_switched_off() {
    let world = World::new().await;
    let mut names = Vec::new();
    for id in ["a-hong", "khong-dung", "mot-cua"] {
        let created = create(&world, &world.administrator, id, machine()).await;
        names.push(created.unwrap().name);
    }
    let db = world.directory_db().await;
    let broken = "UPDATE service_accounts SET scopes = '[' WHERE id = 'a-hong'";
    db.reader().execute_unprepared(broken).await.unwrap();
    world.clock.set(world.clock.now() + Duration::days(50));
    // The directory starts, and looks.
    let _looks = world.another_directory().await;
    let mut entries = Vec::new();
    for name in &names {
        entries.push(told(&world, name).await.len());
    }
    assert_eq!(entries, [1, 2, 2]);
}

#[tokio::test]
async fn a_busy_machine_has_its_last_use_written_once_an_hour() {
    let mut world = World::new().await;
    let begun = world.clock.now();
    let created = create(&world, &world.administrator, "mot-cua", machine()).await;
    let name = created.unwrap().name;
    let (_, first) = secret(&world, &name).await;
    let (_, second) = secret(&world, &name).await;
    let web = Web::of(&world).await;
    for (minutes, secret, noted) in [
        (0, &first, 0),
        (5, &first, 0),
        (59, &first, 0),
        // The other key was never used.
        (59, &second, 59),
        (60, &second, 59),
        (60, &first, 60),
        (119, &second, 119),
    ] {
        world.clock.set(begun + Duration::minutes(minutes));
        let given = web.token("mot-cua", secret, &[]).await;
        assert_eq!(given.code, StatusCode::OK);
        world.sign_in_again().await;
        let last_use = get(&world, &name).await.last_use_time;
        let expected = timestamp(begun + Duration::minutes(noted));
        assert_eq!(last_use, Some(expected), "{minutes}");
    }
}
