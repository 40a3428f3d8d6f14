//! What the ledger proves of figures that were sent.

use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};

use crate::{
    ingest::MINH_LONG,
    ingest_line::{Line, SESSION, one_stop, sent},
    story::{Story, count, share},
};

/// What the ledger says of the session, the oldest entry first.
pub(crate) async fn ledger(story: &Story) -> Vec<serde_json::Value> {
    let db = story.db.reader();
    let question = format!(
        "SELECT principal, after FROM ledger WHERE name = 'ingestSessions/{SESSION}' ORDER BY sequence"
    );
    let question = Statement::from_string(db.get_database_backend(), question);
    let rows = db.query_all_raw(question).await.unwrap();
    let read = |row: &sea_orm::QueryResult| {
        let principal: String = row.try_get("", "principal").unwrap();
        assert_eq!(principal, "serviceAccounts/mot-cua");
        let after: String = row.try_get("", "after").unwrap();
        serde_json::from_str(&after).unwrap()
    };
    rows.iter().map(read).collect()
}

fn sha256(lines: &[&str]) -> String {
    let digest = Sha256::digest(lines.concat());
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

#[tokio::test]
async fn the_ledger_proves_what_was_written() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    let mut part = sent(MINH_LONG, "chung-thu-so", count(100));
    part.breakdown = "cap-xa".into();
    let first = [
        sent("xa-long-hiep", "ho-so-da-giai-quyet", count(230)),
        sent(
            MINH_LONG,
            "ty-le-van-ban-dien-tu",
            share("4817", "5209", "92.4"),
        ),
        part,
        sent(MINH_LONG, "khong-co", count(1)),
    ];
    line.batch(0, &first).await.unwrap();
    let second = [
        sent(MINH_LONG, "chung-thu-so", count(132)),
        sent("xa-long-hiep", "ho-so-da-giai-quyet", count(231)),
        sent(
            MINH_LONG,
            "ty-le-van-ban-dien-tu",
            share("4817", "5209", "92.4"),
        ),
    ];
    line.batch(4, &second).await.unwrap();
    line.batch(7, &second[2..]).await.unwrap();
    let entries = ledger(&story).await;
    // What changes nothing is no entry.
    assert_eq!(entries.len(), 2);
    assert_eq!(
        entries[0],
        serde_json::json!({
            "source_system": "sourceSystems/mot-cua",
            "first_offset": 0, "end_offset": 4,
            "created_count": 3, "updated_count": 0,
            "sheets": ["huyen-minh-long.2022-h1", "xa-long-hiep.2022-h1"],
            "values_sha256": sha256(&[
                "huyen-minh-long\t2022-h1\tchung-thu-so\tcap-xa\t1\tcount:100\tEXACT\t\n",
                "huyen-minh-long\t2022-h1\tty-le-van-ban-dien-tu\t\t1\tratio:4817/5209/92.4\tEXACT\t\n",
                "xa-long-hiep\t2022-h1\tho-so-da-giai-quyet\t\t1\tcount:230\tEXACT\t\n",
            ]),
        })
    );
    assert_eq!(
        entries[1],
        serde_json::json!({
            "source_system": "sourceSystems/mot-cua",
            "first_offset": 4, "end_offset": 7,
            "created_count": 1, "updated_count": 1,
            "sheets": ["huyen-minh-long.2022-h1", "xa-long-hiep.2022-h1"],
            "values_sha256": sha256(&[
                "huyen-minh-long\t2022-h1\tchung-thu-so\t\t1\tcount:132\tEXACT\t\n",
                "xa-long-hiep\t2022-h1\tho-so-da-giai-quyet\t\t2\tcount:231\tEXACT\t\n",
            ]),
        })
    );
}
