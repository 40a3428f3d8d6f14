use proto::shared::{Disposition, ItemResult};

use super::*;

fn item(project: &str, progress_entry: pb::ProgressEntry) -> pb::ProgressItem {
    pb::ProgressItem {
        project: format!("projects/{project}"),
        progress_entry: Some(progress_entry),
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
    let list = pb::ListProgressEntriesRequest {
        parent: "projects/hop".into(),
        ..Default::default()
    };
    let list = office
        .projects
        .clone()
        .list_progress_entries(office.reporter.ask(list))
        .await;
    let entries = list.unwrap().into_inner().progress_entries;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].corrects, entries[0].name);
    assert!(entries[0].superseded && !entries[1].superseded);
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
