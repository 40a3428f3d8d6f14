//! Documents that prove a figure: kept with every version, asked for and never demanded.

use proto::{
    indicators as pb,
    shared::{self, Disposition, Severity},
};
use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest, Sha256};

use crate::{
    ingest_line::{Line, SESSION, one_stop, sent},
    story::{
        Story, codes, count, definition, dispositions, item, minh_long, not_arisen, share,
        value_name, whole_history, whole_sheet,
    },
};

const REGISTER: &str = "chung-thu-so-theo-so-quan-ly";

/// The decision by which the district handed certificates out.
fn decision() -> pb::Evidence {
    pb::Evidence {
        title: "Quyết định về việc cấp, quản lý chứng thư số chuyên dùng".into(),
        document_number: "512/QĐ-UBND".into(),
        document_date: "2022-04-18".into(),
        link: "https://minhlong.example/van-ban/512-qd-ubnd".into(),
    }
}

/// The register itself, a paper without a number.
fn register() -> pb::Evidence {
    pb::Evidence {
        title: "Sổ theo dõi cấp chứng thư số".into(),
        ..Default::default()
    }
}

fn proved(item: pb::ValueItem, evidence: Vec<pb::Evidence>) -> pb::ValueItem {
    pb::ValueItem { evidence, ..item }
}

/// Minh Long, and an indicator whose figures the department wants proved.
async fn of_minh_long() -> Story {
    let story = Story::of_minh_long().await;
    let indicator = pb::Indicator {
        evidence_required: true,
        ..definition("Chứng thư số theo sổ quản lý", pb::ValueKind::Count)
    };
    story.publish_new(REGISTER, indicator).await.unwrap();
    story
}

fn figure(count_of: i64) -> pb::ValueItem {
    item(REGISTER, count(count_of))
}

async fn explain(story: &Story) -> pb::ExplainValueResponse {
    let ask = pb::ExplainValueRequest {
        name: value_name(REGISTER),
    };
    let ask = story.reporter.ask(ask);
    let answer = story.values.clone().explain_value(ask).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn the_register_of_certificates_is_proved_by_its_decision() {
    let story = of_minh_long().await;
    let both = vec![decision(), register()];
    let results = story.enter(vec![proved(figure(132), both.clone())]).await;
    assert_eq!(dispositions(&results), [Disposition::Created]);
    assert!(codes(&results[0]).is_empty());
    let value = story.value(&story.reporter, REGISTER).await.unwrap();
    assert_eq!(value.evidence, both);
    let sheet = story.sheet(&story.reporter, whole_sheet()).await.unwrap();
    assert_eq!(sheet.indicator_values, [value]);

    // The same documents in another order, one of them twice: nothing new is said.
    let again = vec![register(), decision(), register()];
    let results = story.enter(vec![proved(figure(132), again)]).await;
    assert_eq!(dispositions(&results), [Disposition::Unchanged]);

    // The number of the decision was typed wrongly; the figure stays.
    let mended = pb::Evidence {
        document_number: "521/QĐ-UBND".into(),
        ..decision()
    };
    let mended = pb::ValueItem {
        reason: "Ghi nhầm số quyết định".into(),
        ..proved(figure(132), vec![mended])
    };
    let results = story.enter(vec![mended]).await;
    assert_eq!(dispositions(&results), [Disposition::Updated]);

    let explained = explain(&story).await;
    let shown = explained.indicator_value.unwrap();
    assert_eq!(shown.revision, 2);
    assert_eq!(shown.evidence[0].document_number, "521/QĐ-UBND");
    assert!(explained.issues.is_empty());
    let versions = explained.revisions.into_iter();
    let versions: Vec<_> = versions
        .map(|it| (it.snapshot.unwrap(), it.reason))
        .collect();
    assert_eq!(versions[0].0.evidence, shown.evidence);
    assert_eq!(versions[0].1, "Ghi nhầm số quyết định");
    assert_eq!(versions[1].0.evidence, both);
    assert_eq!(versions[1].0.quantity, shown.quantity);
}

#[tokio::test]
async fn a_figure_without_the_document_it_needs_is_taken_and_told_of() {
    let story = of_minh_long().await;
    // An absence has nothing to prove.
    let results = story.enter(vec![item(REGISTER, not_arisen())]).await;
    assert_eq!(dispositions(&results), [Disposition::Created]);
    assert!(codes(&results[0]).is_empty());
    assert!(story.look_at("2022-h1", &[]).await.issues.is_empty());

    // Nobody asks for a proof of the files.
    let files = item("ho-so-da-giai-quyet", count(15_684));
    let results = story.enter(vec![figure(132), files]).await;
    use Disposition::{Created, Updated};
    assert_eq!(dispositions(&results), [Updated, Created]);
    assert_eq!(codes(&results[0]), ["VALUE_WITHOUT_EVIDENCE"]);
    let issue = &results[0].issues[0];
    assert_eq!(issue.severity(), Severity::Warning);
    assert_eq!(issue.field, "items[0].evidence");
    assert!(issue.message.contains(REGISTER) && issue.message_vi.contains("tài liệu kiểm chứng"));
    assert!(codes(&results[1]).is_empty());

    // Saying the same again is told of too.
    let again = story.enter(vec![figure(132)]).await;
    assert_eq!(dispositions(&again), [Disposition::Unchanged]);
    assert_eq!(codes(&again[0]), ["VALUE_WITHOUT_EVIDENCE"]);

    let told = story.look_at("2022-h1", &[]).await.issues;
    let told: Vec<_> = told
        .into_iter()
        .map(|it| (it.indicator_value, it.issue.unwrap()))
        .collect();
    let [(name, issue)] = told.as_slice() else {
        panic!("one figure lacks its document: {told:?}");
    };
    assert_eq!(name, &value_name(REGISTER));
    assert_eq!(issue.code, "VALUE_WITHOUT_EVIDENCE");
    assert_eq!(issue.field, "evidence");
    assert_eq!(explain(&story).await.issues[0].issue.as_ref(), Some(issue));

    let results = story
        .enter(vec![proved(figure(132), vec![decision()])])
        .await;
    assert_eq!(dispositions(&results), [Updated]);
    assert!(codes(&results[0]).is_empty());
    assert!(story.look_at("2022-h1", &[]).await.issues.is_empty());
    assert!(explain(&story).await.issues.is_empty());
}

#[tokio::test]
async fn evidence_has_its_bounds_and_everything_bad_is_named() {
    let story = of_minh_long().await;
    let numbered = |count: usize| {
        let one = |it| pb::Evidence {
            document_number: format!("{it}/QĐ-UBND"),
            ..decision()
        };
        (1..=count).map(one).collect::<Vec<_>>()
    };
    let long = |count| "ế".repeat(count);
    let fitting = pb::Evidence {
        title: long(500),
        document_number: long(100),
        document_date: String::new(),
        link: format!("http://a.example/{}", "a".repeat(500 - 17)),
    };
    let bad = [
        pb::Evidence {
            title: String::new(),
            document_date: "18/04/2022".into(),
            ..decision()
        },
        pb::Evidence {
            title: long(501),
            document_number: long(101),
            link: format!("https://a.example/{}", "a".repeat(500 - 17)),
            ..decision()
        },
        pb::Evidence {
            link: "javascript:alert(1)".into(),
            ..decision()
        },
    ];
    let results = story
        .enter(vec![
            proved(figure(132), numbered(21)),
            proved(item("ho-so-da-giai-quyet", count(15_684)), bad.into()),
            proved(item("chung-thu-so", count(132)), numbered(20)),
            proved(
                item("ty-le-van-ban-dien-tu", share("4817", "5209", "92.4")),
                vec![fitting],
            ),
        ])
        .await;
    use Disposition::{Created, Rejected};
    assert_eq!(
        dispositions(&results),
        [Rejected, Rejected, Created, Created]
    );
    let told = |result: &shared::ItemResult| -> Vec<(String, String)> {
        let issues = result.issues.iter();
        issues
            .map(|it| (it.field.clone(), it.code.clone()))
            .collect()
    };
    let named = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        told(&results[0]),
        [named("items[0].evidence", "OUT_OF_RANGE")]
    );
    assert_eq!(
        told(&results[1]),
        [
            named("items[1].evidence[0].title", "REQUIRED"),
            named("items[1].evidence[0].document_date", "PATTERN"),
            named("items[1].evidence[1].title", "TOO_LONG"),
            named("items[1].evidence[1].document_number", "TOO_LONG"),
            named("items[1].evidence[1].link", "TOO_LONG"),
            named("items[1].evidence[2].link", "PATTERN"),
        ]
    );
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(value.evidence, numbered(20));
}

#[tokio::test]
async fn two_rows_of_one_figure_bring_their_documents_together() {
    let story = of_minh_long().await;
    let rows = vec![
        proved(figure(132), vec![decision()]),
        proved(figure(132), vec![register(), decision()]),
    ];
    let results = story.enter(rows).await;
    use Disposition::{Created, Rejected, Unchanged};
    assert_eq!(dispositions(&results), [Created, Unchanged]);
    assert!(codes(&results[0]).is_empty());
    assert_eq!(codes(&results[1]), ["ITEMS_MERGED"]);
    let value = story.value(&story.reporter, REGISTER).await.unwrap();
    assert_eq!(value.evidence, [decision(), register()]);

    // One row has the figure alone: the document of the other proves it.
    let rows = vec![figure(134), proved(figure(134), vec![decision()])];
    let results = story.enter(rows).await;
    assert_eq!(dispositions(&results)[0], Disposition::Updated);
    assert!(codes(&results[0]).is_empty());

    let many = |numbers: std::ops::Range<usize>| {
        let one = |it| pb::Evidence {
            document_number: format!("{it}/QĐ-UBND"),
            ..decision()
        };
        proved(figure(135), numbers.map(one).collect())
    };
    let results = story.enter(vec![many(0..11), many(11..21)]).await;
    assert_eq!(dispositions(&results), [Rejected; 2]);
    assert_eq!(codes(&results[0]), ["ITEMS_CONTRADICT"]);
}

#[tokio::test]
async fn a_dry_run_tells_of_evidence_and_keeps_none() {
    let story = of_minh_long().await;
    let dry = pb::UpsertIndicatorValuesRequest {
        validate_only: true,
        ..minh_long(vec![
            figure(132),
            proved(item("chung-thu-so", count(132)), vec![decision()]),
        ])
    };
    let results = story.upsert(&story.reporter, dry).await.unwrap();
    assert_eq!(dispositions(&results), [Disposition::Created; 2]);
    assert_eq!(codes(&results[0]), ["VALUE_WITHOUT_EVIDENCE"]);
    assert!(story.value(&story.reporter, "chung-thu-so").await.is_err());
}

#[tokio::test]
async fn a_system_sends_evidence_too_and_the_ledger_proves_it() {
    let story = of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    let of_system = |indicator: &str, count_of, evidence| {
        proved(
            sent("huyen-minh-long", indicator, count(count_of)),
            evidence,
        )
    };
    let first = [
        of_system(REGISTER, 132, vec![register()]),
        of_system("chung-thu-so", 132, Vec::new()),
    ];
    let ack = line.batch(0, &first).await.unwrap();
    assert_eq!(dispositions(&ack.results), [Disposition::Created; 2]);
    assert!(ack.results.iter().all(|it| it.issues.is_empty()));
    let second = [
        of_system(REGISTER, 132, vec![register()]),
        of_system("chung-thu-so", 132, vec![decision()]),
    ];
    let ack = line.batch(2, &second).await.unwrap();
    use Disposition::{Unchanged, Updated};
    assert_eq!(dispositions(&ack.results), [Unchanged, Updated]);
    let third = [of_system(REGISTER, 133, Vec::new())];
    let ack = line.batch(4, &third).await.unwrap();
    assert_eq!(dispositions(&ack.results), [Updated]);
    assert_eq!(codes(&ack.results[0]), ["VALUE_WITHOUT_EVIDENCE"]);
    assert_eq!(line.close(5).await.unwrap(), [2, 2, 1, 0]);

    let history = whole_history("chung-thu-so");
    let history = story.history(&story.reporter, history).await.unwrap();
    let snapshots = history.revisions.into_iter().map(|it| it.snapshot.unwrap());
    let evidence: Vec<_> = snapshots.map(|it| it.evidence).collect();
    assert_eq!(evidence, [vec![decision()], Vec::new()]);

    // Whoever has the documents computes what the ledger says of them.
    let paper = "[{\"title\":\"Sổ theo dõi cấp chứng thư số\",\"document_number\":\"\",\
                 \"document_date\":null,\"link\":\"\"}]";
    let signed = "[{\"title\":\"Quyết định về việc cấp, quản lý chứng thư số chuyên dùng\",\
                  \"document_number\":\"512/QĐ-UBND\",\"document_date\":\"2022-04-18\",\
                  \"link\":\"https://minhlong.example/van-ban/512-qd-ubnd\"}]";
    let line =
        |indicator: &str, rest: &str| format!("huyen-minh-long\t2022-h1\t{indicator}\t\t{rest}\n");
    let proofs = [
        [
            line("chung-thu-so", "1\tcount:132\tEXACT\t"),
            line(REGISTER, &format!("1\tcount:132\tEXACT\t\t{paper}")),
        ]
        .concat(),
        line("chung-thu-so", &format!("2\tcount:132\tEXACT\t\t{signed}")),
        line(REGISTER, "2\tcount:133\tEXACT\t"),
    ];
    assert_eq!(proven(&story).await, proofs.map(sha256));
}

fn sha256(lines: String) -> String {
    let digest = Sha256::digest(lines);
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

/// What the ledger says the session wrote, the oldest entry first.
async fn proven(story: &Story) -> Vec<String> {
    let db = story.db.reader();
    let question = format!(
        "SELECT after FROM ledger WHERE name = 'ingestSessions/{SESSION}' ORDER BY sequence"
    );
    let question = Statement::from_string(db.get_database_backend(), question);
    let rows = db.query_all_raw(question).await.unwrap();
    let read = |row: &sea_orm::QueryResult| {
        let after: String = row.try_get("", "after").unwrap();
        let after: serde_json::Value = serde_json::from_str(&after).unwrap();
        after["values_sha256"].as_str().unwrap().to_owned()
    };
    rows.iter().map(read).collect()
}
