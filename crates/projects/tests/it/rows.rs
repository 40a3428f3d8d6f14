use super::*;

/// The table of the real report of UBND huyện Minh Long for the first half of 2022.
#[tokio::test]
async fn the_table_of_minh_long_comes_out_as_it_was_printed() {
    let office = Office::open().await;
    let titles = [
        "Triển khai phòng họp không giấy",
        "Triển khai phòng họp trực tiếp tại UBND huyện, UBND 5 xã",
    ];
    for (id, title) in ["hop-khong-giay", "hop-truc-tiep"].into_iter().zip(titles) {
        office.task(id, title).await;
        office
            .enter(id, progress("2022-h1", pb::Health::NotStarted))
            .await
            .unwrap();
    }
    let rows = office.rows("2022-h1").await;
    let printed: Vec<_> = rows
        .iter()
        .map(|it| (it.title.as_str(), it.result_text.as_str(), it.note.as_str()))
        .collect();
    assert_eq!(printed, titles.map(|it| (it, "Chưa thực hiện", "")));
    for row in rows {
        assert_eq!(row.health(), pb::Health::NotStarted);
        assert_eq!(
            (row.allocated_amount_vnd, row.decision_numbers.len()),
            (0, 0)
        );
        assert_eq!((row.requested_amount_vnd, row.requested), (None, false));
        assert!(row.progress_entry.starts_with(&row.project));
    }
}

#[tokio::test]
async fn a_row_keeps_its_three_facts_of_cost_apart() {
    let office = Office::open().await;
    office.approved("a", "A").await;
    office.open_line("a", 2022, None).await.unwrap();
    office.decision("qd-mot", "123/QĐ-UBND", 500_000_000).await;
    office
        .allocate(&office.receiver, "a", "decisions/qd-mot", 300_000_000)
        .await
        .unwrap();
    let recall = office
        .decide("thu-hoi", pb::DecisionKind::RecallBudget, 32_000_000)
        .await;
    let taken_back = pb::Allocation {
        decision: "decisions/qd-mot".into(),
        by_decision: recall,
        amount_vnd: -32_000_000,
        ..Default::default()
    };
    office
        .enter_allocation(&line("a"), taken_back)
        .await
        .unwrap();
    office
        .request("a", "2022-h1", Some(100_000_000))
        .await
        .unwrap();
    office.request("a", "2022-h1", None).await.unwrap();

    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(row.allocated_amount_vnd, 268_000_000);
    assert_eq!(
        row.allocated_amount_words_vi,
        "Hai trăm sáu mươi tám triệu đồng chẵn"
    );
    assert_eq!(row.decision_numbers, ["123/QĐ-UBND"]);
    assert_eq!(
        (row.requested, row.requested_amount_vnd),
        (true, Some(100_000_000))
    );
    // What is asked for the first half stands in the tables of nine months and of the year too.
    for longer in ["2022-9m", "2022"] {
        let row = office.rows(longer).await.remove(0);
        assert_eq!(row.requested_amount_vnd, Some(100_000_000), "{longer}");
    }
    // Issued in May: the first quarter knows nothing of it.
    let row = office.rows("2022-q1").await.remove(0);
    assert_eq!(
        (
            row.allocated_amount_vnd,
            row.decision_numbers.len(),
            row.requested
        ),
        (0, 0, false)
    );
    assert_eq!(
        (row.health(), row.result_text.as_str()),
        (pb::Health::Unspecified, "")
    );
}

/// The table of the first half stays what it was at its end, whatever the second half brings.
#[tokio::test]
async fn what_is_decided_in_the_second_half_does_not_change_the_table_of_the_first() {
    let office = Office::open_on("2022-10-01").await;
    office.funded("a", 500).await;
    let asked = office.request("a", "2022-h1", Some(100)).await.unwrap();
    let first_half = office.rows("2022-h1").await;
    assert_eq!(first_half[0].allocated_amount_vnd, 500);
    assert_eq!(first_half[0].requested_amount_vnd, Some(100));

    let decide_on = async |id: &str, decision: pb::Decision, date: &str| {
        let draft = office.draft_as(id, decision).await.unwrap();
        let number = format!("{id}/QĐ-UBND");
        let issued = office
            .issue_on(&draft.name, &number, date, &draft.etag)
            .await;
        issued.unwrap().name
    };
    let (supplement, recall) = (
        pb::DecisionKind::SupplementBudget,
        pb::DecisionKind::RecallBudget,
    );
    let more = decide_on("bo-sung", decision(supplement, 60), "2022-08-01").await;
    let appraised = supplementary_requests::appraised(&office, &asked).await;
    let approve = pb::ApproveSupplementaryRequestRequest {
        name: appraised.name,
        decision: more,
        approved_amount_vnd: 60,
        budget_line: line("a"),
        etag: appraised.etag,
        ..Default::default()
    };
    let approve = office.receiver.ask(approve);
    let mut budget = office.budget.clone();
    budget.approve_supplementary_request(approve).await.unwrap();
    let by = decide_on("thu-hoi", decision(recall, 200), "2022-09-01").await;
    let taken_back = pb::Allocation {
        decision: "decisions/cap-a".into(),
        by_decision: by,
        amount_vnd: -200,
        ..Default::default()
    };
    office
        .enter_allocation(&line("a"), taken_back)
        .await
        .unwrap();
    let replacing = pb::Decision {
        replaces: "decisions/cap-a".into(),
        ..decision(pb::DecisionKind::AssignBudget, 300)
    };
    decide_on("thay-the", replacing, "2022-10-01").await;

    assert_eq!(office.rows("2022-h1").await, first_half);
    // On its own days each of them shows; what was granted is not asked for any more.
    let as_of = async |as_of_date: &str| {
        let list = pb::ListProjectRowsRequest {
            unit: "units/huyen-minh-long".into(),
            period: "2022-h1".into(),
            as_of_date: as_of_date.into(),
        };
        let list = office.reporter.ask(list);
        let answer = office.projects.clone().list_project_rows(list).await;
        answer.map(|it| it.into_inner().rows.remove(0))
    };
    let told = |row: pb::ProjectRow| {
        (
            row.allocated_amount_vnd,
            row.uncovered_amount_vnd,
            row.requested_amount_vnd,
        )
    };
    for (day, expected) in [
        ("2022-05-09", (0, 0, Some(100))),
        ("2022-06-14", (500, 0, Some(100))),
        ("2022-08-01", (560, 0, None)),
        ("2022-09-01", (360, 0, None)),
        ("2022-10-01", (60, 300, None)),
    ] {
        assert_eq!(told(as_of(day).await.unwrap()), expected, "{day}");
    }
    assert_eq!(bad_fields(as_of("2021-06-14").await), ["as_of_date"]);
    // What is entered late for the period is in its table: the decision is of its days.
    let late = office
        .decide("cap-them", pb::DecisionKind::AssignBudget, 7)
        .await;
    office
        .allocate(&office.receiver, "a", &late, 7)
        .await
        .unwrap();
    assert_eq!(office.rows("2022-h1").await[0].allocated_amount_vnd, 507);
}

#[tokio::test]
async fn a_project_that_begins_later_is_not_in_the_table_yet() {
    let office = Office::open().await;
    let later = pb::Project {
        start_period: "2022-h2".into(),
        ..task("Trung tâm điều hành")
    };
    office.create_project("trung-tam", later).await.unwrap();
    assert!(office.rows("2022-h1").await.is_empty());
    assert_eq!(office.rows("2022-9m").await.len(), 1);
}

#[tokio::test]
async fn only_who_may_read_the_unit_sees_its_table() {
    let office = Office::open().await;
    let stranger = office.world.person("ba-to", "viewer", "huyen-ba-to").await;
    let list = |unit: &str| pb::ListProjectRowsRequest {
        unit: unit.into(),
        period: "2022-h1".into(),
        ..Default::default()
    };
    let mut projects = office.projects.clone();
    let refused = projects
        .list_project_rows(stranger.ask(list("units/huyen-minh-long")))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let bad = projects
        .list_project_rows(office.reporter.ask(pb::ListProjectRowsRequest::default()))
        .await;
    assert_eq!(bad_fields(bad), ["unit", "period"]);
}
