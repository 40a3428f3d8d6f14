//! What is written in bulk is there, on both databases, whatever it is.

use kit::{Clock, Db};
use sea_orm::sea_query::{Order, Query};
use testkit::TestDb;

use super::*;
use crate::Migrator;

const PARENTS: Table<4> = Table {
    name: "unit_parents",
    columns: [
        ("unit_id", Kind::Text),
        ("start_date", Kind::Date),
        ("end_date", Kind::Date),
        ("parent_id", Kind::Text),
    ],
};
const LINKS: Table<5> = Table {
    name: "reorganization_links",
    columns: [
        ("reorganization_id", Kind::Text),
        ("position", Kind::Number),
        ("predecessor_id", Kind::Text),
        ("successor_id", Kind::Text),
        ("share_millionths", Kind::Number),
    ],
};

async fn database(folder: &tempfile::TempDir) -> (TestDb, Db) {
    let database = TestDb::fresh(folder.path(), "bulk").await;
    let clock = Clock::standing_at(chrono::DateTime::UNIX_EPOCH);
    let db = database.open(clock).await;
    db.migrate::<Migrator>().await.unwrap();
    (database, db)
}

async fn begin(db: &Db) -> kit::Tx {
    db.begin_as("system", "bulk", "test").await.unwrap()
}

#[tokio::test]
async fn whatever_stands_in_a_text_comes_back_and_nothing_stays_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_database, db) = database(&folder).await;
    let texts = [
        "",
        "NULL",
        "null",
        r#"Xã "Long Hiệp""#,
        r"\",
        r#"\""#,
        r#""\"#,
        r"C:\xã\n",
        "{a,b}",
        "a,b",
        "'; DROP TABLE units; --",
        " đầu và cuối ",
        "dòng\nmới\ttab",
        "$1 ? ?1 :a",
        r#"{"id":"gso-21361-20250701","before":null}"#,
    ];
    let rows = texts.map(Some).into_iter().chain([None]).enumerate();
    let day: NaiveDate = "2025-07-01".parse().unwrap();
    let rows: Vec<_> = rows
        .map(|(index, text)| {
            let id = format!("u{index:02}");
            [id.into(), day.into(), text.map(|_| day).into(), text.into()]
        })
        .collect();
    let tx = begin(&db).await;
    insert(&tx.db, &PARENTS, rows.into_iter()).await.unwrap();
    tx.commit().await.unwrap();
    let select = Query::select()
        .columns(["unit_id", "start_date", "end_date", "parent_id"])
        .from("unit_parents")
        .order_by("unit_id", Order::Asc)
        .take();
    let kept = db.reader().query_all(&select).await.unwrap();
    assert_eq!(kept.len(), texts.len() + 1);
    for (index, row) in kept.iter().enumerate() {
        let text: Option<String> = row.try_get("", "parent_id").unwrap();
        assert_eq!(text.as_deref(), texts.get(index).copied());
        let start: NaiveDate = row.try_get("", "start_date").unwrap();
        let end: Option<NaiveDate> = row.try_get("", "end_date").unwrap();
        assert_eq!((start, end), (day, text.map(|_| day)));
    }
}

#[tokio::test]
async fn any_number_of_rows_is_written_and_each_of_them_once() {
    let folder = tempfile::tempdir().unwrap();
    let (_database, db) = database(&folder).await;
    for count in [
        0,
        1,
        SQLITE_ROWS,
        SQLITE_ROWS + 1,
        POSTGRES_ROWS,
        POSTGRES_ROWS + 1,
    ] {
        let act = format!("act-{count}");
        let last = i64::try_from(count).unwrap();
        let rows = (0..last).map(|position| {
            let share = (position % 3 > 0).then_some(position);
            [
                act.as_str().into(),
                position.into(),
                format!("u{position}").into(),
                Cell::Nothing,
                share.into(),
            ]
        });
        let tx = begin(&db).await;
        insert(&tx.db, &LINKS, rows).await.unwrap();
        tx.commit().await.unwrap();
        let select = Query::select()
            .columns(["position", "predecessor_id", "share_millionths"])
            .from("reorganization_links")
            .and_where(sea_orm::sea_query::ExprTrait::eq(
                sea_orm::sea_query::Expr::col("reorganization_id"),
                act.as_str(),
            ))
            .order_by("position", Order::Asc)
            .take();
        let kept = db.reader().query_all(&select).await.unwrap();
        assert_eq!(kept.len(), count);
        for (position, row) in (0_i64..).zip(kept) {
            let read = (
                row.try_get::<i64>("", "position").unwrap(),
                row.try_get::<String>("", "predecessor_id").unwrap(),
                row.try_get::<Option<i64>>("", "share_millionths").unwrap(),
            );
            let share = (position % 3 > 0).then_some(position);
            assert_eq!(read, (position, format!("u{position}"), share));
        }
    }
}

#[tokio::test]
async fn a_row_that_is_there_already_refuses_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let (_database, db) = database(&folder).await;
    let day: NaiveDate = "2025-07-01".parse().unwrap();
    let rows = |ids: [&'static str; 2]| {
        ids.map(|id| [id.into(), day.into(), Cell::Nothing, Cell::Nothing])
            .into_iter()
    };
    let tx = begin(&db).await;
    insert(&tx.db, &PARENTS, rows(["u1", "u2"])).await.unwrap();
    let twice = insert(&tx.db, &PARENTS, rows(["u3", "u2"])).await;
    assert!(twice.is_err());
    tx.take_back().await.unwrap();
    let count = Query::select()
        .column("unit_id")
        .from("unit_parents")
        .take();
    assert_eq!(db.reader().query_all(&count).await.unwrap().len(), 0);
}
