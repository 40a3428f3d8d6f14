//! What is saved is read again, whatever it changes of what was there, on both databases.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Duration, NaiveDate};
use kit::{Clock, Db};
use testkit::TestDb;
use types::{ids::UnitId, validity::Validity};

use super::{all, save};
use crate::{
    Migrator, feed,
    unit::{
        Identifier, UnitKind, UnitNames,
        history::{self, Appearance, Histories, History},
    },
};

const BEFORE: &str = "2022-07-01";
const REFORM: &str = "2025-07-01";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn id(text: &str) -> UnitId {
    UnitId::new(text).unwrap()
}

fn appearance(name: &str) -> Appearance {
    Appearance {
        kind: UnitKind::Commune,
        names: UnitNames {
            display_name: name.into(),
            ..UnitNames::default()
        },
    }
}

fn commune(unit: &str, code: &str) -> History {
    let codes = [("gso".to_owned(), code.to_owned())];
    let parent = Some(id("huyen-minh-long"));
    let now = DateTime::UNIX_EPOCH;
    History::beginning(id(unit), day(BEFORE), appearance(unit), parent, &codes, now)
}

/// Everything about a unit, in the order in which it is read.
fn sorted(units: &Histories) -> Vec<History> {
    let mut units: Vec<_> = units.values().map(|it| History::clone(it)).collect();
    for unit in &mut units {
        unit.appearances.sort_by_key(|it| it.validity.start());
        unit.parents.sort_by_key(|it| it.validity.start());
        let start = |it: &Identifier| it.validity.start();
        unit.identifiers
            .sort_by(|a, b| (start(a), &a.scheme).cmp(&(start(b), &b.scheme)));
    }
    units
}

struct Kept {
    db: Db,
    units: Histories,
    _database: TestDb,
    _folder: tempfile::TempDir,
}

impl Kept {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDb::fresh(folder.path(), "units").await;
        let db = database
            .open(Clock::standing_at(DateTime::UNIX_EPOCH))
            .await;
        db.migrate::<Migrator>().await.unwrap();
        Self {
            db,
            units: Histories::new(),
            _database: database,
            _folder: folder,
        }
    }

    /// Saves units, each a version later than it was, and reads everything again.
    async fn save(&mut self, changed: Vec<History>, gone: &[&str]) {
        let changed = changed.into_iter().map(|mut it| {
            if let Some(known) = self.units.get(&it.id) {
                it.version = known.version + 1;
                it.update_time = known.update_time + Duration::days(1);
            }
            (it.id.clone(), Arc::new(it))
        });
        let changed: Histories = changed.collect();
        let gone: BTreeSet<_> = gone.iter().map(|it| id(it)).collect();
        let tx = self.db.begin_as("system", "units", "test").await.unwrap();
        let before = feed::head(&tx.db).await.unwrap();
        let told = save(&tx.db, &self.units, &changed, &[], &gone)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let count = i64::try_from(changed.len() + gone.len()).unwrap();
        assert_eq!(told.after, before);
        assert_eq!(told.up_to.sequence, before.sequence + count);
        assert_eq!(feed::head(self.db.reader()).await.unwrap(), told.up_to);
        self.units.extend(changed);
        self.units.retain(|id, _| !gone.contains(id));
        let read = all(self.db.reader()).await.unwrap();
        assert_eq!(sorted(&read), sorted(&self.units));
    }

    fn unit(&self, unit: &str) -> History {
        History::clone(&self.units[&id(unit)])
    }
}

#[tokio::test]
async fn units_begin_change_end_and_go() {
    let mut kept = Kept::new().await;
    let communes = [
        ("long-hiep", "21361"),
        ("thanh-an", "21364"),
        ("long-mai", "21367"),
    ];
    let begun = communes.map(|(unit, code)| commune(unit, code)).to_vec();
    kept.save(begun, &[]).await;

    // Long Hiệp ends, Thanh An gets another code, parent and name, a new one begins.
    let mut ended = kept.unit("long-hiep");
    ended.close(day(REFORM));
    let mut moved = kept.unit("thanh-an");
    moved.recode(day(REFORM), "gso", "21361");
    moved.recode(day(REFORM), "qd20-2020", "H48.53.01");
    history::change(&mut moved.parents, day(REFORM), None);
    history::change(
        &mut moved.appearances,
        day(REFORM),
        appearance("Xã Thanh An mới"),
    );
    kept.save(vec![ended, moved, commune("son-mai", "21370")], &[])
        .await;

    // On the same day another decision is entered: nothing of the first was ever true.
    let mut again = kept.unit("thanh-an");
    let parent = Some(id("huyen-ba-to"));
    history::change(&mut again.parents, day(REFORM), parent);
    again.recode(day(REFORM), "gso", "21373");
    history::change(
        &mut again.appearances,
        day(REFORM),
        appearance("Xã Thanh An"),
    );
    kept.save(vec![again], &[]).await;

    // What a unit was when it began was wrong: its kind, its name and its code.
    let mut begun_otherwise = kept.unit("long-mai");
    let ward = Appearance {
        kind: UnitKind::Ward,
        ..appearance("Phường Long Mai")
    };
    history::change(&mut begun_otherwise.appearances, day(BEFORE), ward);
    begun_otherwise.recode(day(BEFORE), "gso", "21376");
    kept.save(vec![begun_otherwise], &[]).await;

    // It is all taken back, and the new unit goes.
    let mut revived = commune("long-hiep", "21361");
    revived.version = 2;
    kept.save(vec![revived, commune("thanh-an", "21364")], &["son-mai"])
        .await;
    assert_eq!(kept.units.len(), 3);
}

#[tokio::test]
async fn many_units_that_end_on_many_days_are_all_written() {
    let mut kept = Kept::new().await;
    let unit = |index: usize| format!("xa-{index}");
    let code = |index: usize| format!("{index:05}");
    let many = 2_500;
    let begun = (0..many).map(|it| commune(&unit(it), &code(it)));
    kept.save(begun.collect(), &[]).await;
    let first = day(REFORM);
    let ended = (0..many).filter(|it| it % 5 > 0).map(|index| {
        let mut history = kept.unit(&unit(index));
        let days = u64::try_from(index % 7).unwrap();
        history.close(first + chrono::Days::new(days));
        history
    });
    let ended = ended.collect();
    kept.save(ended, &[]).await;
}

#[tokio::test]
async fn what_is_not_as_it_was_seen_is_not_written() {
    let mut kept = Kept::new().await;
    kept.save(vec![commune("long-hiep", "21361")], &[]).await;
    let mut other = commune("long-hiep", "21361");
    other.validity = Validity::starting(day(BEFORE));
    other.version = 7;
    let seen = Histories::from([(other.id.clone(), Arc::new(other.clone()))]);
    other.close(day(REFORM));
    other.version = 8;
    let changed = Histories::from([(other.id.clone(), Arc::new(other))]);
    let tx = kept.db.begin_as("system", "units", "test").await.unwrap();
    let refused = save(&tx.db, &seen, &changed, &[], &BTreeSet::new()).await;
    assert!(
        matches!(refused, Err(kit::Error::Internal(_))),
        "{refused:?}"
    );
    tx.take_back().await.unwrap();
    let read = all(kept.db.reader()).await.unwrap();
    assert_eq!(sorted(&read), sorted(&kept.units));
}
