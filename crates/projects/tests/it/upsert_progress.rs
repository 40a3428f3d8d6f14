use proto::shared::{Disposition, ItemResult};

use super::*;

/// An entry of another system, under a key that tells what it says: what is sent again has the
/// same one.
fn item(project: &str, progress_entry: pb::ProgressEntry) -> pb::ProgressItem {
    let (period, percent) = (&progress_entry.period, &progress_entry.completion_percent);
    let key = format!("{project}/{period}/{percent}");
    keyed(&key, project, progress_entry)
}

fn keyed(key: &str, project: &str, progress_entry: pb::ProgressEntry) -> pb::ProgressItem {
    pb::ProgressItem {
        project: format!("projects/{project}"),
        progress_entry: Some(pb::ProgressEntry {
            source_system: "quan-ly-du-an".into(),
            external_id: key.into(),
            ..progress_entry
        }),
    }
}

fn percent(period: &str, percent: &str) -> pb::ProgressEntry {
    pb::ProgressEntry {
        completion_percent: percent.into(),
        ..progress(period, pb::Health::OnTrack)
    }
}

async fn send(
    office: &Office,
    who: &Person,
    items: Vec<pb::ProgressItem>,
    validate_only: bool,
) -> Result<Vec<ItemResult>, Status> {
    let upsert = pb::UpsertProgressRequest {
        items,
        validate_only,
        ..Default::default()
    };
    let answer = office
        .projects
        .clone()
        .upsert_progress(who.ask(upsert))
        .await;
    answer.map(|it| it.into_inner().results)
}

fn dispositions(results: &[ItemResult]) -> Vec<Disposition> {
    results.iter().map(ItemResult::disposition).collect()
}

/// Two projects of the district and one of its neighbour.
async fn some_projects() -> Office {
    let office = Office::open().await;
    office.task("hop", "Triển khai phòng họp không giấy").await;
    office.task("may-tinh", "Mua sắm máy tính").await;
    let neighbour = office
        .world
        .person("ba-to", "reporter", "huyen-ba-to")
        .await;
    let create = pb::CreateProjectRequest {
        project: Some(pb::Project {
            owner_unit: "units/huyen-ba-to".into(),
            ..task("Của huyện Ba Tơ")
        }),
        project_id: "ba-to".into(),
        ..Default::default()
    };
    office
        .projects
        .clone()
        .create_project(neighbour.ask(create))
        .await
        .unwrap();
    office
}

#[tokio::test]
async fn sending_again_changes_nothing_and_sending_otherwise_corrects() {
    use Disposition::{Created, Unchanged, Updated};
    let office = some_projects().await;
    let items = || {
        vec![
            item("hop", percent("2022-q1", "20")),
            item("may-tinh", progress("2022-q1", pb::Health::NotStarted)),
        ]
    };
    let first = send(&office, &office.reporter, items(), false)
        .await
        .unwrap();
    assert_eq!(dispositions(&first), [Created, Created]);
    assert_eq!(first[0].name, "projects/hop/progressEntries/p000001");
    assert_eq!(first.iter().map(|it| it.offset).collect::<Vec<_>>(), [0, 1]);
    let again = send(&office, &office.reporter, items(), false)
        .await
        .unwrap();
    assert_eq!(dispositions(&again), [Unchanged, Unchanged]);
    assert_eq!(again[0].name, first[0].name);
    let more = vec![item("hop", percent("2022-q1", "30"))];
    let more = send(&office, &office.reporter, more, false).await.unwrap();
    assert_eq!(dispositions(&more), [Updated]);
    let entries = entries(&office, "hop").await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].corrects, entries[0].name);
    assert!(entries[0].superseded && !entries[1].superseded);
}

async fn entries(office: &Office, project: &str) -> Vec<pb::ProgressEntry> {
    let list = pb::ListProgressEntriesRequest {
        parent: format!("projects/{project}"),
        ..Default::default()
    };
    let mut projects = office.projects.clone();
    let list = projects.list_progress_entries(office.reporter.ask(list));
    list.await.unwrap().into_inner().progress_entries
}

#[tokio::test]
async fn yesterdays_file_sent_again_makes_no_second_entry() {
    use Disposition::{Created, Rejected, Unchanged, Updated};
    let office = some_projects().await;
    let reporter = &office.reporter;
    let told = |text: &str| pb::ProgressEntry {
        result_text: text.into(),
        ..progress("2022-q1", pb::Health::OnTrack)
    };
    let monday = || vec![keyed("20/6-1", "hop", told("Đang khảo sát"))];
    let tuesday = || vec![keyed("21/6-1", "hop", told("Đang khảo sát"))];
    let wednesday = || vec![keyed("22/6-1", "hop", told("Đã khảo sát 5 xã"))];
    let mut answers = Vec::new();
    for file in [monday(), tuesday(), wednesday(), monday(), tuesday()] {
        answers.push(
            send(&office, reporter, file, false)
                .await
                .unwrap()
                .remove(0),
        );
    }
    // Monday's and Tuesday's files are old by now: what they say stands no more, and stays so.
    let expected = [Created, Unchanged, Updated, Unchanged, Unchanged];
    assert_eq!(dispositions(&answers), expected);
    assert_eq!(answers[3].name, answers[0].name);
    assert_eq!(answers[4].name, answers[0].name);
    let all = entries(&office, "hop").await;
    assert_eq!(all.len(), 2);
    assert_eq!(
        (all[0].source_system.as_str(), all[0].external_id.as_str()),
        ("quan-ly-du-an", "20/6-1")
    );
    assert_eq!(
        office.rows("2022-q1").await[0].result_text,
        "Đã khảo sát 5 xã"
    );

    // A key is for one entry, whichever project it is about, and within one file too.
    let other = vec![
        keyed("20/6-1", "hop", told("Khác")),
        keyed("20/6-1", "may-tinh", told("Đang khảo sát")),
        keyed("23/6-1", "may-tinh", told("Đang mua")),
        keyed("23/6-1", "may-tinh", told("Đã mua")),
        keyed("23/6-1", "may-tinh", told("Đang mua")),
    ];
    let results = send(&office, reporter, other, false).await.unwrap();
    let expected = [Rejected, Rejected, Created, Rejected, Unchanged];
    assert_eq!(dispositions(&results), expected);
    let issue = &results[0].issues[0];
    assert_eq!(
        (issue.code.as_str(), issue.field.as_str()),
        ("PROGRESS_CHANGED", "items[0].progress_entry.external_id")
    );
    assert!(issue.message.contains("20/6-1") && issue.message_vi.contains("20/6-1"));

    let typed = pb::ProgressEntry {
        source_system: "quan-ly-du-an".into(),
        external_id: "20/6-1".into(),
        ..progress("2022-m06", pb::Health::OnTrack)
    };
    let again = office.enter("hop", typed.clone()).await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);
    let half = pb::ProgressEntry {
        source_system: String::new(),
        ..typed
    };
    assert_eq!(
        bad_fields(office.enter("hop", half).await),
        ["progress_entry.source_system"]
    );
    let unnamed = pb::ProgressItem {
        project: "projects/hop".into(),
        progress_entry: Some(told("Không có mã")),
    };
    let refused = send(&office, reporter, vec![unnamed], false).await.unwrap();
    let fields = refused[0].issues.iter().map(|it| it.field.as_str());
    assert_eq!(
        fields.collect::<Vec<_>>(),
        [
            "items[0].progress_entry.source_system",
            "items[0].progress_entry.external_id"
        ]
    );
}

#[tokio::test]
async fn every_entry_stands_for_itself_and_is_told_why_it_was_refused() {
    use Disposition::{Created, Rejected};
    let office = some_projects().await;
    let items = vec![
        item("hop", percent("2022-q1", "60")),
        item("hop", percent("2022-m04", "50")),
        item("ba-to", percent("2022-q1", "1")),
        item("khong-co", percent("2022-q1", "1")),
        item("may-tinh", percent("quý 1", "101")),
        item("may-tinh", percent("2022-q1", "10")),
    ];
    let results = send(&office, &office.reporter, items, false).await.unwrap();
    let expected = [Created, Rejected, Rejected, Rejected, Rejected, Created];
    assert_eq!(dispositions(&results), expected);
    let codes = |place: usize| -> Vec<_> {
        let issues = results[place].issues.iter();
        issues
            .map(|it| (it.code.as_str(), it.field.as_str()))
            .collect()
    };
    assert_eq!(codes(1), [("COMPLETION_FELL", "items[1].progress_entry")]);
    assert_eq!(codes(2), [("PROJECT_OUT_OF_REACH", "items[2].project")]);
    assert_eq!(codes(3), [("PROJECT_OUT_OF_REACH", "items[3].project")]);
    assert_eq!(
        codes(4),
        [
            ("PATTERN", "items[4].progress_entry.period"),
            ("OUT_OF_RANGE", "items[4].progress_entry.completion_percent"),
        ]
    );
    let issues = results.iter().flat_map(|it| &it.issues);
    assert!(
        issues
            .into_iter()
            .all(|it| !it.message.is_empty() && !it.message_vi.is_empty())
    );
}

#[tokio::test]
async fn a_dry_run_answers_the_same_and_writes_nothing() {
    let office = some_projects().await;
    let items = || {
        vec![
            item("hop", percent("2022-q1", "60")),
            item("hop", percent("2022-q1", "70")),
            item("hop", percent("2022-m04", "50")),
        ]
    };
    let tried = send(&office, &office.reporter, items(), true)
        .await
        .unwrap();
    assert!(office.rows("2022-q1").await[0].progress_entry.is_empty());
    let done = send(&office, &office.reporter, items(), false)
        .await
        .unwrap();
    assert_eq!(tried, done);
    use Disposition::{Created, Rejected, Updated};
    assert_eq!(dispositions(&done), [Created, Updated, Rejected]);
    assert_eq!(office.rows("2022-q1").await[0].completion_percent, "70");
}

#[tokio::test]
async fn a_batch_has_1_to_500_entries_of_projects_within_reach() {
    let office = some_projects().await;
    let reporter = &office.reporter;
    assert_eq!(
        bad_fields(send(&office, reporter, Vec::new(), false).await),
        ["items"]
    );
    let item_of = |project: &str| item(project, percent("2022-q1", "1"));
    let many = vec![item_of("hop"); 501];
    assert_eq!(
        bad_fields(send(&office, reporter, many, false).await),
        ["items"]
    );
    let full = vec![item_of("hop"); 500];
    let full = send(&office, reporter, full, false).await.unwrap();
    assert_eq!(full.len(), 500);
    assert!(
        full[1..]
            .iter()
            .all(|it| it.disposition() == Disposition::Unchanged)
    );
    for beyond in ["ba-to", "khong-co"] {
        let refused = send(&office, reporter, vec![item_of(beyond)], false).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_batches_at_once_the_later_corrects_the_earlier() {
    let office = some_projects().await;
    let batch = |hop: &str, rest: &str| {
        vec![
            item("may-tinh", percent("2022-q1", rest)),
            item("hop", percent("2022-q1", hop)),
        ]
    };
    let turned = |mut items: Vec<pb::ProgressItem>| {
        items.reverse();
        items
    };
    let (one, two) = tokio::join!(
        send(&office, &office.reporter, batch("20", "20"), false),
        send(&office, &office.reporter, turned(batch("30", "30")), false),
    );
    for results in [one, two].into_iter().flatten() {
        let fell = |it: &ItemResult| it.issues.iter().all(|it| it.code == "COMPLETION_FELL");
        let good = |it: &&ItemResult| it.disposition() != Disposition::Rejected;
        assert!(
            results.iter().filter(|it| !good(it)).all(fell),
            "{results:?}"
        );
    }
    // Whoever came last, one entry stands for each, and the figure never fell unsaid.
    for row in office.rows("2022-q1").await {
        assert_eq!(row.completion_percent, "30");
    }
}
