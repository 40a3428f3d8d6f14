//! The migration that keeps names of units from being used again.

use kit::Clock;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use testkit::TestDb;

#[tokio::test]
async fn what_was_taken_back_before_is_retired_too() {
    let folder = TempDir::new().unwrap();
    let database = TestDb::fresh(folder.path(), directory::NAME).await;
    let db = database.open(Clock::system()).await;
    let before = directory::Migrator::migrations();
    let before = before
        .iter()
        .position(|it| it.name() == "m0012_retired_units");
    let before = u32::try_from(before.unwrap()).unwrap();
    directory::Migrator::up(db.reader(), Some(before))
        .await
        .unwrap();

    let act = |id: &str, state: &str, units: &[&str]| {
        let units: Vec<_> = units
            .iter()
            .map(|it| format!("{{\"id\":\"{it}\"}}"))
            .collect();
        let content = format!("{{\"new_units\":[{}],\"changes\":[]}}", units.join(","));
        format!(
            "INSERT INTO reorganizations (id, kind, decision_number, effective_date, source, \
             state, content, apply_micros, revert_micros, revert_reason, create_micros, \
             update_micros, version) VALUES ('{id}', 'merge', '1', '2022-06-01', 'x', \
             '{state}', '{content}', 1, 2, '', 1, 2, 3)"
        )
    };
    let statements = [
        act("bo", "reverted", &["xa-mot", "xa-hai"]),
        act("giu", "applied", &["xa-hai"]),
        "INSERT INTO units (id, kind, start_date, create_micros, update_micros, version) \
         VALUES ('xa-hai', 'commune', '2022-06-01', 1, 1, 1)"
            .to_owned(),
    ];
    for statement in &statements {
        db.reader().execute_unprepared(statement).await.unwrap();
    }
    db.migrate::<directory::Migrator>().await.unwrap();

    let question = "SELECT unit_id, reorganization_id, retire_micros FROM retired_units";
    let backend = db.reader().get_database_backend();
    let question = Statement::from_string(backend, question);
    let rows = db.reader().query_all_raw(question).await.unwrap();
    let rows: Vec<(String, String, i64)> = rows
        .iter()
        .map(|it| {
            let text = |column| it.try_get("", column).unwrap();
            (
                text("unit_id"),
                text("reorganization_id"),
                it.try_get("", "retire_micros").unwrap(),
            )
        })
        .collect();
    assert_eq!(rows, [("xa-mot".to_owned(), "bo".to_owned(), 2)]);
}
