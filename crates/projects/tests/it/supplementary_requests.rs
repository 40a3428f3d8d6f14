use super::*;

#[tokio::test]
async fn a_request_for_money_never_counts_as_money() {
    let office = Office::open().await;
    office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    let decision = office.decision("qd-mot", "123/QĐ-UBND", 500_000_000).await;
    let asked = office
        .request("hop-khong-giay", "2022-h1", Some(368_000_000))
        .await
        .unwrap();
    assert_eq!(
        asked.name,
        "projects/hop-khong-giay/supplementaryRequests/r000001"
    );
    assert_eq!(asked.principal, office.reporter.name);

    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(
        (row.requested, row.requested_amount_vnd),
        (true, Some(368_000_000))
    );
    assert_eq!(
        (row.allocated_amount_vnd, row.decision_numbers.len()),
        (0, 0)
    );
    assert_eq!(
        office
            .get_decision(&decision.name)
            .await
            .allocated_amount_vnd,
        0
    );
    // It takes nothing of the decision either.
    office
        .allocate(
            &office.receiver,
            "hop-khong-giay",
            &decision.name,
            500_000_000,
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn a_unit_may_ask_without_naming_a_sum() {
    let office = Office::open().await;
    office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    let first = office
        .request("hop-khong-giay", "2022-h1", None)
        .await
        .unwrap();
    assert_eq!(first.amount_vnd, None);
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!((row.requested, row.requested_amount_vnd), (true, None));
    assert!(!office.rows("2022-h2").await.remove(0).requested);

    let second = office
        .request("hop-khong-giay", "2022-h2", Some(1))
        .await
        .unwrap();
    let list = pb::ListSupplementaryRequestsRequest {
        parent: "projects/hop-khong-giay".into(),
        ..Default::default()
    };
    let list = office.reporter.ask(list);
    let list = office
        .budget
        .clone()
        .list_supplementary_requests(list)
        .await
        .unwrap();
    assert_eq!(list.into_inner().supplementary_requests, [first, second]);
}

#[tokio::test]
async fn a_sum_that_is_named_is_above_nothing_and_can_be_added_up() {
    let office = Office::open().await;
    office.task("a", "A").await;
    for amount in [0, -5] {
        let refused = office.request("a", "2022-h1", Some(amount)).await;
        assert_eq!(bad_fields(refused), ["supplementary_request.amount_vnd"]);
    }
    office
        .request("a", "2022-h1", Some(i64::MAX))
        .await
        .unwrap();
    let refused = office.request("a", "2022-h1", Some(1)).await;
    assert_eq!(bad_fields(refused), ["supplementary_request.amount_vnd"]);
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(row.requested_amount_vnd, Some(i64::MAX));
}

#[tokio::test]
async fn who_only_decides_on_money_does_not_ask_for_it() {
    let office = Office::open().await;
    office.task("a", "A").await;
    let create = pb::CreateSupplementaryRequestRequest {
        parent: "projects/a".into(),
        supplementary_request: Some(pb::SupplementaryRequest {
            period: "2022-h1".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let refused = office
        .budget
        .clone()
        .create_supplementary_request(office.receiver.ask(create))
        .await;
    assert_eq!(refusal(refused).1, "PERMISSION_MISSING");
}
