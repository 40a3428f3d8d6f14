//! What is taken over is what would have been read, on both databases.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use kit::Clock;
use testkit::TestDb;
use tokio::{sync::oneshot, task::JoinSet};
use types::ids::{RoleGrantId, UnitId};

use super::*;
use crate::{
    Migrator,
    feed::Changed,
    reorganization::{
        self, Content, CreateReorganization, Kind, Link, rules::NewUnit, share::Share,
    },
    unit::{
        self, UnitKind, UnitNames,
        forest::Wanted,
        history::{Appearance, History},
    },
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn commune(unit: &str, name: &str, code: &str) -> Arc<History> {
    let appearance = Appearance {
        kind: UnitKind::Commune,
        names: UnitNames {
            display_name: name.into(),
            ..UnitNames::default()
        },
    };
    let id = UnitId::new(unit).unwrap();
    let above = UnitId::new("huyen-minh-long").unwrap();
    let codes = [("gso".to_owned(), code.to_owned())];
    let now = DateTime::UNIX_EPOCH;
    History::beginning(id, day("2022-07-01"), appearance, Some(above), &codes, now).into()
}

fn histories(units: impl IntoIterator<Item = Arc<History>>) -> Histories {
    let units = units.into_iter();
    units.map(|it| (it.id.clone(), it)).collect()
}

/// Two processes on one database.
struct Two {
    here: Db,
    ours: Mirror,
    there: Db,
    theirs: Mirror,
    _database: TestDb,
    _folder: tempfile::TempDir,
}

impl Two {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDb::fresh(folder.path(), "mirror").await;
        let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
        let here = database.open(clock.clone()).await;
        here.migrate::<Migrator>().await.unwrap();
        let there = database.open(clock).await;
        Self {
            ours: Mirror::open(here.clone()).await.unwrap(),
            theirs: Mirror::open(there.clone()).await.unwrap(),
            here,
            there,
            _database: database,
            _folder: folder,
        }
    }

    /// Changes units as an import does; what it makes of them is said of all there are.
    async fn import(db: &Db, mirror: &Mirror, make: impl FnOnce(&Histories) -> Histories) {
        let tx = db.begin_as("system", "import", "test").await.unwrap();
        unit::store::hold_tree(&tx.db).await.unwrap();
        let units = mirror.held(&tx).await.unwrap();
        let changed = make(&units);
        let gone = BTreeSet::new();
        let trees = mirror.trees(&changed).await;
        let saving = unit::store::save(&tx.db, &units, &changed, &trees, &gone);
        let told = saving.await.unwrap();
        let written = mirror.prepare(told, trees).await.unwrap();
        assert!(written.is_some());
        mirror.commit(written, tx.commit()).await.unwrap();
    }

    /// Checks that the copy is as if everything had been read just now.
    async fn check(&self, mirror: &Mirror, called: &[&str]) {
        // What others committed is looked for now, not within a second.
        mirror.0.follow().await.unwrap();
        let now = at_one_moment(&self.here).await.unwrap();
        let head = feed::head(&now).await.unwrap();
        let fresh = State::read(&now, head).await.unwrap();
        drop(now);
        let of = |state: &State| {
            let forest = &state.forest;
            let found = called.iter().map(|search| {
                let wanted = Wanted {
                    day: day("2026-01-01"),
                    ancestor: Some(&UnitId::new("huyen-minh-long").unwrap()),
                    children_only: false,
                    kind: None,
                    search,
                    code: None,
                    began_since: None,
                    ends_by: None,
                };
                let units = forest.list(&wanted, None, 100);
                units.into_iter().map(|it| it.id).collect::<Vec<_>>()
            });
            let found: Vec<_> = found.collect();
            let borne = forest.bearers("gso", "21361");
            (state.place.clone(), forest.histories(), found, borne)
        };
        let facts = |state: &State, unit: &UnitId| state.book.unit(unit).cloned();
        let copied = mirror.look(of).await.unwrap();
        assert_eq!(copied, of(&fresh));
        for unit in copied.1.keys() {
            let told = mirror.look(|it| facts(it, unit)).await.unwrap();
            assert_eq!(told, facts(&fresh, unit));
        }
    }
}

#[tokio::test]
async fn what_an_import_wrote_is_taken_over_as_it_would_be_read() {
    let two = Two::new().await;
    let called = ["long hiep", "thanh an", "moi"];
    Two::import(&two.here, &two.ours, |units| {
        assert!(units.is_empty());
        histories([
            commune("xa-long-hiep", "Xã Long Hiệp", "21361"),
            commune("xa-thanh-an", "Xã Thanh An", "21364"),
        ])
    })
    .await;
    two.check(&two.ours, &called).await;
    // Another process that has not looked yet goes on from what this one did.
    Two::import(&two.there, &two.theirs, |units| {
        assert_eq!(units.len(), 2);
        let mut changed = units.clone();
        for history in changed.values_mut() {
            let history = Arc::make_mut(history);
            history.close(day("2025-07-01"));
            history.version += 1;
        }
        let mut new = History::clone(&commune("xa-minh-long", "Xã Minh Long mới", "21367"));
        new.recode(day("2025-07-01"), "gso", "21361");
        changed.extend(histories([new.into()]));
        changed
    })
    .await;
    for mirror in [&two.theirs, &two.ours] {
        two.check(mirror, &called).await;
    }
}

#[tokio::test]
async fn what_others_committed_meanwhile_is_not_lost_and_what_is_taken_back_never_comes() {
    let two = Two::new().await;
    let tx = two.there.begin_as("system", "grant", "test").await.unwrap();
    let grant = Changed::Grant(RoleGrantId::new("g1").unwrap());
    feed::append(&tx.db, [grant]).await.unwrap();
    tx.commit().await.unwrap();
    Two::import(&two.here, &two.ours, |_| {
        histories([commune("xa-long-hiep", "Xã Long Hiệp", "21361")])
    })
    .await;
    two.check(&two.ours, &["long hiep"]).await;

    let tx = two.here.begin_as("system", "import", "test").await.unwrap();
    unit::store::hold_tree(&tx.db).await.unwrap();
    let units = two.ours.held(&tx).await.unwrap();
    let changed = histories([commune("xa-thanh-an", "Xã Thanh An", "21364")]);
    let gone = BTreeSet::new();
    let trees = two.ours.trees(&changed).await;
    let told = unit::store::save(&tx.db, &units, &changed, &trees, &gone).await;
    let written = two.ours.prepare(told.unwrap(), trees).await.unwrap();
    let taken_back = async {
        tx.take_back().await.unwrap();
        Err::<(), _>("taken back")
    };
    let refused = two.ours.commit(written, taken_back).await;
    assert_eq!(refused, Err("taken back"));
    two.check(&two.ours, &["long hiep", "thanh an"]).await;
    // The places in the feed that it had are those of the next change.
    Two::import(&two.there, &two.theirs, |_| {
        histories([commune("xa-long-mai", "Xã Long Mai", "21367")])
    })
    .await;
    two.check(&two.ours, &["long mai"]).await;
}

/// Quảng Ngãi becomes another province by an act, which is not committed yet.
async fn merger(db: &Db, mirror: &Mirror) -> (Tx, Option<Written>, ReorganizationId) {
    let appearance = |name: &str| Appearance {
        kind: UnitKind::Province,
        names: UnitNames {
            display_name: name.into(),
            ..UnitNames::default()
        },
    };
    let old = UnitId::new("tinh-quang-ngai").unwrap();
    let new = UnitId::new("tinh-quang-ngai-moi").unwrap();
    Two::import(db, mirror, |_| {
        let called = appearance("Tỉnh Quảng Ngãi");
        let since = day("2022-07-01");
        let now = DateTime::UNIX_EPOCH;
        histories([History::beginning(old.clone(), since, called, None, &[], now).into()])
    })
    .await;
    let id = ReorganizationId::new("sap-xep").unwrap();
    let act = CreateReorganization {
        id: id.clone(),
        kind: Kind::Merge,
        decision_number: "202/2025/QH15".into(),
        date: day("2025-07-01"),
        source: "Nghị quyết".into(),
        links: vec![Link {
            predecessor: old,
            successor: Some(new.clone()),
            share: Some(Share::WHOLE),
        }],
        content: Content {
            new_units: vec![NewUnit {
                id: new,
                appearance: appearance("Tỉnh Quảng Ngãi mới"),
                parent: None,
                codes: Vec::new(),
            }],
            changes: Vec::new(),
        },
    };
    let tx = db.begin_as("system", "import", "test").await.unwrap();
    unit::store::hold_tree(&tx.db).await.unwrap();
    let units = mirror.held(&tx).await.unwrap();
    let applied = reorganization::insert_applied(&tx, &units, act, mirror).await;
    let (_, written) = applied.unwrap().unwrap();
    assert!(written.is_some());
    (tx, written, id)
}

/// Says whether the province that follows is there, and the act that leads to it.
fn follows(state: &State, act: &ReorganizationId) -> (bool, bool) {
    let new = UnitId::new("tinh-quang-ngai-moi").unwrap();
    (
        state.forest.find(&new).is_some(),
        state.book.act(act).is_some(),
    )
}

#[tokio::test]
async fn units_of_an_act_are_never_seen_without_the_act() {
    let two = Two::new().await;
    let (tx, written, act) = merger(&two.here, &two.ours).await;
    two.ours.commit(written, tx.commit()).await.unwrap();
    // As a reader sees it who was let in before the commit, and looks after it.
    assert_eq!(two.ours.0.look(|it| follows(it, &act)), (true, true));
    let head = feed::head(two.here.reader()).await.unwrap();
    assert_eq!(two.ours.0.look(|it| it.place.clone()), head);
    for mirror in [&two.theirs, &two.ours] {
        two.check(mirror, &["quang ngai"]).await;
        let told = mirror.look(|it| it.book.acts()).await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1.links.len(), 1);
    }
}

#[tokio::test]
async fn nobody_waits_for_a_commit_and_nobody_reads_again_what_it_wrote() {
    let two = Two::new().await;
    let (tx, written, act) = merger(&two.here, &two.ours).await;
    let (begun, beginning) = oneshot::channel();
    let (go, going) = oneshot::channel::<()>();
    let (done, doing) = oneshot::channel();
    let (end, ending) = oneshot::channel::<()>();
    let ours = two.ours.clone();
    let mut committing = JoinSet::new();
    committing.spawn(async move {
        let slowly = async {
            begun.send(()).unwrap();
            going.await.unwrap();
            tx.commit().await?;
            done.send(()).unwrap();
            ending.await.unwrap();
            Ok::<_, Error>(())
        };
        ours.commit(written, slowly).await
    });
    beginning.await.unwrap();
    // Somebody who has to look whether there is anything new.
    let look = async || {
        two.ours.0.commits.store(u64::MAX, Ordering::Release);
        two.ours.look(|it| follows(it, &act)).await.unwrap()
    };
    let soon = tokio::time::timeout(Duration::from_secs(3), look()).await;
    assert_eq!(soon.expect("a reader waits for the commit"), (false, false));
    go.send(()).unwrap();
    doing.await.unwrap();
    // Now it is committed, and only has to be taken over: that is waited for.
    let early = tokio::time::timeout(Duration::from_millis(200), look()).await;
    assert!(early.is_err(), "what is taken over was read again");
    end.send(()).unwrap();
    assert_eq!(look().await, (true, true));
    committing.join_next().await.unwrap().unwrap().unwrap();
    two.check(&two.ours, &["quang ngai"]).await;
}
