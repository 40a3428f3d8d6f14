//! What cannot be seen through the contract: which guesses are looked at.

use std::time::Duration;

use kit::{Clock, db::Db, error::SIGN_IN_REFUSED};
use testkit::TestDb;
use tokio::task::JoinSet;

use super::*;
use crate::{Migrator, mirror::Mirror};

const PASSWORD: &str = "con trâu đọc bản đồ";

fn sign_in(user: &UserId, password: &str) -> SignIn {
    SignIn {
        user: user.clone(),
        password: password.to_owned(),
        device: String::new(),
        device_token: String::new(),
    }
}

/// Makes a person who has a password.
async fn enrolled(db: &Db, sessions: &Sessions) -> UserId {
    let id = UserId::new("can-bo").unwrap();
    let tx = db.begin_as("system", "test", "test").await.unwrap();
    user::invite_first(&tx, &id, "Cán bộ").await.unwrap();
    let (secret, _) = user::new_enrollment(&tx, &id).await.unwrap();
    tx.commit().await.unwrap();
    let enroll = Enroll {
        user: id.clone(),
        secret,
        password: PASSWORD.to_owned(),
    };
    sessions.enroll(enroll).await.unwrap();
    id
}

/// Nothing can be hashed while the test holds all permits, so those guesses that are still
/// there after the others were refused are the ones that would be looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_forty_guesses_at_once_only_five_wait_to_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDb::fresh(folder.path(), "guesses").await;
    let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
    let db = database.open(clock.clone()).await;
    db.migrate::<Migrator>().await.unwrap();
    let mirror = Mirror::open(db.clone()).await.unwrap();
    let access = Access::new(grant::OwnRights::new(db.clone(), mirror));
    let opened = Sessions::open(db.clone(), access, &Settings::default()).await;
    let sessions = opened.unwrap();
    let person = enrolled(&db, &sessions).await;
    let unknown = UserId::new("khong-co").unwrap();

    let all = u32::try_from(HASHES_AT_ONCE).unwrap();
    for user in [person.clone(), unknown] {
        let held = sessions.hashing.acquire_many(all).await.unwrap();
        let mut guesses = JoinSet::new();
        for number in 0..40 {
            let (sessions, user) = (sessions.clone(), user.clone());
            let guess = format!("sai mật khẩu số {number}");
            guesses.spawn(async move { sessions.sign_in(sign_in(&user, &guess)).await.err() });
        }
        for _ in 0..35 {
            let refused = tokio::time::timeout(Duration::from_secs(60), guesses.join_next());
            let refused = refused.await.expect("more than five wait").unwrap();
            let refused = refused.unwrap();
            assert!(matches!(refused, Some(Error::Unauthenticated(it)) if *it == SIGN_IN_REFUSED));
        }
        assert_eq!(guesses.len(), 5);
        assert_eq!(sessions.waiting.available_permits(), HASHES_WAITING - 5);
        drop(held);
        let rest = guesses.join_all().await;
        assert!(rest.iter().all(Option::is_some));
    }
    // Not the sixth either, though it is right; after its time the source opens again.
    assert!(sessions.sign_in(sign_in(&person, PASSWORD)).await.is_err());
    clock.set(clock.now() + chrono::Duration::minutes(15));
    assert!(sessions.sign_in(sign_in(&person, PASSWORD)).await.is_ok());
}
