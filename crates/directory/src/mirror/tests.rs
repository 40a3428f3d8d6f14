//! What is taken over is what would have been read, on both databases.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use kit::Clock;
use testkit::TestDb;
use types::ids::{RoleGrantId, UnitId};

use super::*;
use crate::{
    Migrator,
    unit::{UnitKind, UnitNames, forest::Wanted, history::Appearance},
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
        let saving = unit::store::save(&tx.db, &units, &changed, &gone);
        let told = saving.await.unwrap();
        let trees = mirror.trees(&changed).await;
        let written = Some(Written { told, trees });
        mirror.commit(written, tx.commit()).await.unwrap();
    }

    /// Checks that the copy is as if everything had been read just now.
    async fn check(&self, mirror: &Mirror, called: &[&str]) {
        // What others committed is looked for now, not within a second.
        mirror.0.follow().await.unwrap();
        let fresh = State::read(&self.here).await.unwrap();
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
    let told = unit::store::save(&tx.db, &units, &changed, &gone).await;
    let written = Written {
        told: told.unwrap(),
        trees: two.ours.trees(&changed).await,
    };
    let taken_back = async {
        tx.take_back().await.unwrap();
        Err::<(), _>("taken back")
    };
    let refused = two.ours.commit(Some(written), taken_back).await;
    assert_eq!(refused, Err("taken back"));
    two.check(&two.ours, &["long hiep", "thanh an"]).await;
    // The places in the feed that it had are those of the next change.
    Two::import(&two.there, &two.theirs, |_| {
        histories([commune("xa-long-mai", "Xã Long Mai", "21367")])
    })
    .await;
    two.check(&two.ours, &["long mai"]).await;
}
