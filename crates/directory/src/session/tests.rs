//! What cannot be seen through the contract: which guesses are looked at.

use std::time::Duration;

use kit::{Clock, db::Db, error::SIGN_IN_REFUSED};
use testkit::TestDb;
use tokio::task::JoinSet;

use super::{queue::MOST_OF_A_NETWORK, *};
use crate::{Migrator, mirror::Mirror, network::Source};

const PASSWORD: &str = "con trâu đọc bản đồ";

fn sign_in(user: &UserId, password: &str) -> SignIn {
    SignIn {
        user: user.clone(),
        password: password.to_owned(),
        device: String::new(),
        device_token: String::new(),
    }
}

/// An address of another network for every number up to 255.
fn network(number: u8) -> Source {
    Some([10, 12, number, 1].into())
}

struct Stage {
    clock: Clock,
    db: Db,
    sessions: Sessions,
    _database: TestDb,
    _folder: tempfile::TempDir,
}

async fn stage(name: &str) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDb::fresh(folder.path(), name).await;
    let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
    let db = database.open(clock.clone()).await;
    db.migrate::<Migrator>().await.unwrap();
    let mirror = Mirror::open(db.clone()).await.unwrap();
    let access = Access::new(grant::OwnRights::new(db.clone(), mirror));
    let settings = Settings {
        password_cost: Some(PasswordCost::LEAST),
        ..Settings::default()
    };
    let opened = Sessions::open(db.clone(), access, &settings).await;
    Stage {
        sessions: opened.unwrap(),
        clock,
        db,
        _database: database,
        _folder: folder,
    }
}

/// Waits for one of those who try, who is refused.
async fn next(tries: &mut JoinSet<Option<Error>>) -> Option<Error> {
    let refused = tokio::time::timeout(Duration::from_secs(60), tries.join_next());
    refused.await.expect("more wait than may").unwrap().unwrap()
}

/// Makes a person who has a password.
async fn enrolled(db: &Db, sessions: &Sessions) -> UserId {
    let id = UserId::new("can-bo").unwrap();
    let tx = db.begin_as("system", "test", "test").await.unwrap();
    user::invite_first(&tx, &id, "Cán bộ").await.unwrap();
    let (secret, _) = user::new_enrollment(&tx, &id, chrono::Duration::hours(1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let enroll = Enroll {
        user: id.clone(),
        secret,
        password: PASSWORD.to_owned(),
    };
    sessions.enroll(enroll, None).await.unwrap();
    id
}

/// Counts the tries that were looked at and did not succeed.
async fn looked_at(db: &Db) -> i64 {
    use sea_orm::{ConnectionTrait, Statement};
    let sum = "SELECT failures FROM sign_in_tries";
    let sum = Statement::from_string(db.reader().get_database_backend(), sum);
    let rows = db.reader().query_all_raw(sum).await.unwrap();
    let failures = rows.iter().map(|it| it.try_get::<i64>("", "failures"));
    failures.map(std::result::Result::unwrap).sum()
}

/// Nothing can be hashed while the test holds all permits: a guess that is answered all the same
/// was no work, and tells that sign-in is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_forty_guesses_at_once_only_five_are_looked_at_and_all_are_as_much_work() {
    let stage = stage("guesses").await;
    let (db, sessions, clock) = (&stage.db, &stage.sessions, &stage.clock);
    let person = enrolled(db, sessions).await;
    let unknown = UserId::new("khong-co").unwrap();

    let all = u32::try_from(hashes_at_once()).unwrap();
    for (user, in_all) in [(person.clone(), 5), (unknown, 10)] {
        let held = sessions.hashing.acquire_many(all).await.unwrap();
        let mut guesses = JoinSet::new();
        for number in 0..40 {
            let (sessions, user) = (sessions.clone(), user.clone());
            let guess = format!("sai mật khẩu số {number}");
            let sign_in = sign_in(&user, &guess);
            guesses.spawn(async move { sessions.sign_in(sign_in, network(number)).await.err() });
        }
        let answered = tokio::time::timeout(Duration::from_secs(2), guesses.join_next());
        assert!(answered.await.is_err(), "a guess was answered without work");
        assert_eq!(sessions.queue.free(), queue::MOST_WAITING - 40);
        drop(held);
        let refused = guesses.join_all().await;
        let refused = refused
            .iter()
            .filter(|it| matches!(it, Some(Error::Unauthenticated(it)) if **it == SIGN_IN_REFUSED));
        assert_eq!(refused.count(), 40);
        assert_eq!(looked_at(db).await, in_all);
    }
    // Not the sixth either, though it is right; after its time the source opens again.
    let right = async || {
        let sign_in = sign_in(&person, PASSWORD);
        sessions.sign_in(sign_in, network(0)).await
    };
    assert!(right().await.is_err());
    clock.set(clock.now() + chrono::Duration::minutes(15));
    assert!(right().await.is_ok());
}

/// Nothing is hashed while the test holds all permits, as if hashing took for ever: the flood
/// stands where it is, and whoever comes then finds a place or does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flood_of_made_up_names_from_one_network_keeps_nobody_from_another_one_out() {
    let stage = stage("flood").await;
    let sessions = &stage.sessions;
    let person = enrolled(&stage.db, sessions).await;
    let all = u32::try_from(hashes_at_once()).unwrap();
    let held = sessions.hashing.acquire_many(all).await.unwrap();
    let mut flood = JoinSet::new();
    for number in 0..200_u8 {
        let (sessions, user) = (sessions.clone(), format!("bia-dat-{number}"));
        let sign_in = sign_in(&UserId::new(&user).unwrap(), PASSWORD);
        let from = Some([203, 0, 113, number].into());
        flood.spawn(async move { sessions.sign_in(sign_in, from).await.err() });
    }
    for _ in MOST_OF_A_NETWORK..200 {
        let refused = next(&mut flood).await;
        assert!(matches!(refused, Some(Error::Exhausted)), "{refused:?}");
    }
    let (own, sign_in) = (sessions.clone(), sign_in(&person, PASSWORD));
    let mut comes = JoinSet::new();
    comes.spawn(async move { own.sign_in(sign_in, network(1)).await.err() });
    // He waits, and is not turned away.
    let turned_away = tokio::time::timeout(Duration::from_millis(500), comes.join_next());
    assert!(turned_away.await.is_err());
    drop(held);
    assert!(next(&mut comes).await.is_none());
    let rest = flood.join_all().await;
    let refused = |it: &Option<Error>| matches!(it, Some(Error::Unauthenticated(it)) if **it == SIGN_IN_REFUSED);
    assert_eq!(
        (rest.len(), rest.iter().all(refused)),
        (MOST_OF_A_NETWORK, true)
    );
}
