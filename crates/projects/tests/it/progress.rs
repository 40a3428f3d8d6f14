use super::*;

#[tokio::test]
async fn a_mistake_is_corrected_by_a_new_entry_that_names_it() {
    let office = Office::open().await;
    office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    let first = pb::ProgressEntry {
        completion_percent: "45.50".into(),
        result_text: "Đã lắp đặt tại UBND huyện".into(),
        ..progress("2022-h1", pb::Health::OnTrack)
    };
    let first = office.enter("hop-khong-giay", first).await.unwrap();
    assert_eq!(
        first.name,
        "projects/hop-khong-giay/progressEntries/p000001"
    );
    assert_eq!(first.completion_percent, "45.50");
    assert_eq!(first.principal, office.reporter.name);

    let silently = office
        .enter("hop-khong-giay", progress("2022-h1", pb::Health::Late))
        .await;
    let (code, reason, facts) = refusal(silently);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "PROGRESS_NEEDS_CORRECTION")
    );
    assert_eq!(facts["standing"], first.name);

    // A correction downwards is a fall too.
    let correction = pb::ProgressEntry {
        completion_percent: "40".into(),
        corrects: first.name.clone(),
        reason: "Nhập nhầm khối lượng".into(),
        ..progress("2022-h1", pb::Health::Late)
    };
    let second = office
        .enter("hop-khong-giay", correction.clone())
        .await
        .unwrap();
    assert_eq!(second.corrects, first.name);
    let (_, reason, facts) = refusal(office.enter("hop-khong-giay", correction).await);
    assert_eq!(reason, "PROGRESS_NEEDS_CORRECTION");
    assert_eq!(facts["standing"], second.name);

    let list = pb::ListProgressEntriesRequest {
        parent: "projects/hop-khong-giay".into(),
        ..Default::default()
    };
    let list = office
        .projects
        .clone()
        .list_progress_entries(office.reporter.ask(list))
        .await;
    let superseded = pb::ProgressEntry {
        superseded: true,
        issues: Vec::new(),
        ..first
    };
    let standing = pb::ProgressEntry {
        issues: Vec::new(),
        ..second.clone()
    };
    assert_eq!(
        list.unwrap().into_inner().progress_entries,
        [superseded, standing]
    );
    assert_eq!(office.rows("2022-h1").await[0].progress_entry, second.name);
}

#[tokio::test]
async fn completion_falls_only_when_somebody_says_why() {
    let office = Office::open().await;
    office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    let at = |period: &str, percent: &str, reason: &str| pb::ProgressEntry {
        completion_percent: percent.into(),
        reason: reason.into(),
        ..progress(period, pb::Health::OnTrack)
    };
    let first = office
        .enter("hop-khong-giay", at("2022-q1", "70", ""))
        .await
        .unwrap();
    let corrected = pb::ProgressEntry {
        corrects: first.name,
        ..at("2022-q1", "30", "Nhập nhầm")
    };
    let corrected = office.enter("hop-khong-giay", corrected).await.unwrap();
    // What was corrected does not count any more.
    office
        .enter("hop-khong-giay", at("2022-m04", "30.0", ""))
        .await
        .unwrap();
    office
        .enter("hop-khong-giay", at("2022-m05", "", ""))
        .await
        .unwrap();

    let (code, reason, facts) = refusal(
        office
            .enter("hop-khong-giay", at("2022-h1", "29.99", ""))
            .await,
    );
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "COMPLETION_FELL")
    );
    assert_eq!(
        (facts["before"].as_str(), facts["after"].as_str()),
        ("30.0", "29.99")
    );
    assert_ne!(facts["entry"], corrected.name);
    let told = at("2022-h1", "29.99", "Điều chỉnh khối lượng");
    office.enter("hop-khong-giay", told).await.unwrap();
    // An earlier period is measured by what came before it and by what comes after it.
    office
        .enter("hop-khong-giay", at("2022-m02", "10", ""))
        .await
        .unwrap();
    let late = office
        .enter("hop-khong-giay", at("2022-m01", "11", ""))
        .await;
    let (_, reason, facts) = refusal(late);
    assert_eq!(reason, "COMPLETION_FELL");
    assert_eq!(
        (facts["before"].as_str(), facts["after"].as_str()),
        ("11", "10")
    );
}

#[tokio::test]
async fn a_correction_names_an_entry_of_the_same_project_and_period() {
    let office = Office::open().await;
    office.task("a", "A").await;
    office.task("b", "B").await;
    let first = office
        .enter("a", progress("2022-q1", pb::Health::OnTrack))
        .await
        .unwrap();
    let naming = |period: &str, name: &str| pb::ProgressEntry {
        corrects: name.into(),
        ..progress(period, pb::Health::Done)
    };
    for (project, period, name) in [
        ("b", "2022-q1", first.name.as_str()),
        ("a", "2022-h1", first.name.as_str()),
        ("a", "2022-h1", "projects/a/progressEntries/p000099"),
        ("a", "2022-q1", "p000001"),
    ] {
        let fields = bad_fields(office.enter(project, naming(period, name)).await);
        assert_eq!(
            fields,
            ["progress_entry.corrects"],
            "{project} {period} {name}"
        );
    }
}

#[tokio::test]
async fn bad_progress_is_named_field_by_field() {
    let office = Office::open().await;
    office.task("a", "A").await;
    let bad = pb::ProgressEntry {
        completion_percent: "100.1".into(),
        result_text: "dài ".repeat(1001) + "x",
        period: "quý 1".into(),
        ..Default::default()
    };
    let expected = [
        "progress_entry.period",
        "progress_entry.health",
        "progress_entry.completion_percent",
        "progress_entry.result_text",
    ];
    assert_eq!(bad_fields(office.enter("a", bad).await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_report_the_same_period_at_once_do_not_both_stand() {
    let office = Office::open().await;
    office.task("a", "A").await;
    let (one, two) = tokio::join!(
        office.enter("a", progress("2022-h1", pb::Health::OnTrack)),
        office.enter("a", progress("2022-h1", pb::Health::Late)),
    );
    let (stands, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    let (_, reason, facts) = refusal(refused);
    assert_eq!(reason, "PROGRESS_NEEDS_CORRECTION");
    assert_eq!(facts["standing"], stands.unwrap().name);
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page_the_oldest_first() {
    let office = Office::open().await;
    office.task("a", "A").await;
    let mut entered = Vec::new();
    for month in ["2022-m03", "2022-m01", "2022-m02"] {
        entered.push(
            office
                .enter("a", progress(month, pb::Health::OnTrack))
                .await
                .unwrap(),
        );
    }
    let page = |page_token: String, parent: &str| {
        let list = pb::ListProgressEntriesRequest {
            parent: parent.into(),
            page_size: 2,
            page_token,
        };
        let list = office.reporter.ask(list);
        let mut projects = office.projects.clone();
        async move {
            projects
                .list_progress_entries(list)
                .await
                .map(tonic::Response::into_inner)
        }
    };
    let first = page(String::new(), "projects/a").await.unwrap();
    let second = page(first.next_page_token.clone(), "projects/a")
        .await
        .unwrap();
    let read = [first.progress_entries, second.progress_entries].concat();
    let names = |entries: &[pb::ProgressEntry]| -> Vec<_> {
        entries.iter().map(|it| it.name.clone()).collect()
    };
    assert_eq!(names(&read), names(&entered));
    assert_eq!(second.next_page_token, "");
    // A token opens only the list it was given for.
    office.task("b", "B").await;
    assert_eq!(
        refusal(page(first.next_page_token, "projects/b").await).1,
        "PAGE_TOKEN_INVALID"
    );
}
