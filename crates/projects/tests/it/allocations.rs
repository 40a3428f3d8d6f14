use super::*;

const DECISION: &str = "decisions/qd-mot";

/// Two tasks of the district and a decision of 500.000.000 đồng.
async fn office_with_money() -> Office {
    let office = Office::open().await;
    office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    office
        .task("hop-truc-tuyen", "Triển khai phòng họp trực tuyến")
        .await;
    office.decision("qd-mot", "123/QĐ-UBND", 500_000_000).await;
    office
}

#[tokio::test]
async fn a_decision_of_500_million_gives_300_and_200_and_not_one_dong_more() {
    let office = office_with_money().await;
    let first = office
        .allocate(&office.receiver, "hop-khong-giay", DECISION, 300_000_000)
        .await
        .unwrap();
    assert_eq!(first.name, "projects/hop-khong-giay/allocations/a000001");
    assert_eq!(first.principal, office.receiver.name);
    office
        .allocate(&office.receiver, "hop-truc-tuyen", DECISION, 200_000_000)
        .await
        .unwrap();

    let refused = office
        .allocate(&office.receiver, "hop-khong-giay", DECISION, 1)
        .await;
    let (code, reason, facts) = refusal(refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "BUDGET_EXCEEDED")
    );
    assert_eq!(facts["amount"], "500.000.000 đồng");
    assert_eq!(facts["allocated"], "500.000.000 đồng");
    assert_eq!(facts["asked"], "1 đồng");
    assert_eq!(facts["available"], "0 đồng");
    assert_eq!(
        office.get_decision(DECISION).await.allocated_amount_vnd,
        500_000_000
    );

    let list = pb::ListAllocationsRequest {
        parent: "projects/hop-khong-giay".into(),
        ..Default::default()
    };
    let list = office
        .budget
        .clone()
        .list_allocations(office.reporter.ask(list))
        .await
        .unwrap();
    assert_eq!(list.into_inner().allocations, [first]);
}

#[tokio::test]
async fn what_is_recalled_can_be_given_again_but_never_more_than_there_is() {
    let office = office_with_money().await;
    office
        .allocate(&office.receiver, "hop-khong-giay", DECISION, 500_000_000)
        .await
        .unwrap();
    let (_, reason, facts) = refusal(
        office
            .allocate(&office.receiver, "hop-truc-tuyen", DECISION, -1)
            .await,
    );
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("BUDGET_EXCEEDED", "0 đồng")
    );
    office
        .allocate(&office.receiver, "hop-khong-giay", DECISION, -200_000_000)
        .await
        .unwrap();
    office
        .allocate(&office.receiver, "hop-truc-tuyen", DECISION, 200_000_000)
        .await
        .unwrap();
    assert_eq!(
        office.get_decision(DECISION).await.allocated_amount_vnd,
        500_000_000
    );
    for amount in [i64::MAX, i64::MIN] {
        let refused = office
            .allocate(&office.receiver, "hop-khong-giay", DECISION, amount)
            .await;
        assert_eq!(refusal(refused).1, "BUDGET_EXCEEDED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_allocate_at_once_only_one_gets_what_is_left() {
    let office = office_with_money().await;
    // Again and again, because once may be luck.
    for round in 0..8 {
        let id = format!("qd-{round}");
        let decision = office
            .decision(&id, &format!("20{round}/QĐ-UBND"), 500_000_000)
            .await
            .name;
        let mut both = tokio::task::JoinSet::new();
        for project in ["hop-khong-giay", "hop-truc-tuyen"] {
            let create = office
                .receiver
                .ask(allocation(project, &decision, 300_000_000));
            let mut budget = office.budget.clone();
            both.spawn(async move { budget.create_allocation(create).await });
        }
        let answers = both.join_all().await;
        assert_eq!(
            answers.iter().filter(|it| it.is_ok()).count(),
            1,
            "round {round}"
        );
        let (_, reason, facts) = refusal(answers.into_iter().find(Result::is_err).unwrap());
        assert_eq!(reason, "BUDGET_EXCEEDED");
        assert_eq!(facts["available"], "200.000.000 đồng");
        assert_eq!(
            office.get_decision(&decision).await.allocated_amount_vnd,
            300_000_000
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_allocate_at_once_use_up_the_decision_exactly() {
    let office = office_with_money().await;
    let projects: Vec<_> = (0..8).map(|index| format!("du-an-{index}")).collect();
    for project in &projects {
        office.task(project, project).await;
    }
    let mut all = tokio::task::JoinSet::new();
    for project in &projects {
        let create = office
            .receiver
            .ask(allocation(project, DECISION, 100_000_000));
        let mut budget = office.budget.clone();
        all.spawn(async move { budget.create_allocation(create).await });
    }
    let answers = all.join_all().await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 5);
    for answer in answers.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(answer).1, "BUDGET_EXCEEDED");
    }
    assert_eq!(
        office.get_decision(DECISION).await.allocated_amount_vnd,
        500_000_000
    );
}

#[tokio::test]
async fn a_draft_grants_nothing_and_an_unknown_decision_is_refused_as_one_out_of_reach() {
    let office = office_with_money().await;
    office.draft("qd-hai", 1_000).await.unwrap();
    let refused = office
        .allocate(&office.receiver, "hop-khong-giay", "decisions/qd-hai", 1)
        .await;
    let (code, reason, facts) = refusal(refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "DECISION_NOT_ISSUED")
    );
    assert_eq!(facts["decision"], "decisions/qd-hai");
    let unknown = office
        .allocate(&office.receiver, "hop-khong-giay", "decisions/khong-co", 1)
        .await;
    // Only who may allocate everywhere learns which decisions there are.
    let (code, reason, _) = refusal(unknown);
    assert_eq!(
        (code, reason.as_str()),
        (Code::PermissionDenied, "PERMISSION_MISSING")
    );
}

#[tokio::test]
async fn an_allocation_needs_an_amount_a_year_and_a_source() {
    let office = office_with_money().await;
    let nothing = pb::CreateAllocationRequest {
        parent: "projects/hop-khong-giay".into(),
        allocation: Some(pb::Allocation {
            fiscal_year: 22,
            ..Default::default()
        }),
        ..Default::default()
    };
    let nothing = office
        .budget
        .clone()
        .create_allocation(office.receiver.ask(nothing))
        .await;
    let expected = [
        "allocation.decision",
        "allocation.amount_vnd",
        "allocation.fiscal_year",
        "allocation.funding_source",
    ];
    assert_eq!(bad_fields(nothing), expected);
}

#[tokio::test]
async fn nobody_allocates_the_money_of_a_decision_but_who_decided() {
    let office = office_with_money().await;
    let viewer = office
        .world
        .person("nguoi-xem", "viewer", "tinh-quang-ngai")
        .await;
    for who in [&viewer, &office.reporter] {
        let refused = office.allocate(who, "hop-khong-giay", DECISION, 1).await;
        assert_eq!(refusal(refused).1, "PERMISSION_MISSING");
    }
    let neighbour = office
        .world
        .person("ba-to", "receiver", "huyen-ba-to")
        .await;
    for project in ["hop-khong-giay", "khong-co"] {
        let refused = office.allocate(&neighbour, project, DECISION, 1).await;
        assert_eq!(refusal(refused).1, "PERMISSION_MISSING");
    }
    assert_eq!(office.get_decision(DECISION).await.allocated_amount_vnd, 0);
    let district = office
        .world
        .person("huyen", "receiver", "huyen-minh-long")
        .await;
    let refused = office
        .allocate(&district, "hop-khong-giay", DECISION, 1)
        .await;
    assert_eq!(refusal(refused).1, "PERMISSION_MISSING");
    office
        .allocate(&office.receiver, "hop-khong-giay", DECISION, 1)
        .await
        .unwrap();
}
