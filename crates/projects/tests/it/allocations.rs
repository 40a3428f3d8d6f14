use super::*;

const DECISION: &str = "decisions/qd-mot";

/// Two tasks of the district and a decision of 500.000.000 đồng.
async fn office_with_money() -> Office {
    let office = Office::open().await;
    office
        .approved("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    office
        .approved("hop-truc-tuyen", "Triển khai phòng họp trực tuyến")
        .await;
    for project in ["hop-khong-giay", "hop-truc-tuyen"] {
        office.open_line(project, 2022, None).await.unwrap();
    }
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
    assert_eq!(facts["missing"], "1 đồng");
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

fn recall(by: &str, amount_vnd: i64) -> pb::Allocation {
    pb::Allocation {
        decision: DECISION.into(),
        by_decision: by.into(),
        amount_vnd,
        ..Default::default()
    }
}

#[tokio::test]
async fn money_is_taken_back_by_a_decision_and_never_what_is_committed_or_spent() {
    let office = office_with_money().await;
    let line = line("hop-khong-giay");
    office
        .allocate(&office.receiver, "hop-khong-giay", DECISION, 500_000_000)
        .await
        .unwrap();
    office
        .sign(&line, contract("01/HĐ", 300_000_000))
        .await
        .unwrap();
    let by = office
        .decide("thu-hoi", pb::DecisionKind::RecallBudget, 250_000_000)
        .await;
    let refused = office
        .enter_allocation(&line, recall(&by, -200_000_001))
        .await;
    let (code, reason, facts) = refusal(refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "RECALL_EXCEEDED")
    );
    assert_eq!(facts["asked"], "200.000.001 đồng");
    assert_eq!(facts["available"], "200.000.000 đồng");
    assert_eq!(facts["missing"], "1 đồng");
    let taken = office
        .enter_allocation(&line, recall(&by, -200_000_000))
        .await
        .unwrap();
    assert_eq!(taken.kind(), pb::AllocationKind::Recall);
    assert_eq!(
        office.get_line(&line).await.allocated_amount_vnd,
        300_000_000
    );
    // The decision has granted what it granted: nothing of it can be given again.
    let decision = office.get_decision(DECISION).await;
    assert_eq!(decision.allocated_amount_vnd, 500_000_000);
    assert_eq!(
        office.get_decision(&by).await.recalled_amount_vnd,
        200_000_000
    );
    let other = office
        .allocate(&office.receiver, "hop-truc-tuyen", DECISION, 1)
        .await;
    assert_eq!(refusal(other).1, "BUDGET_EXCEEDED");
    // A line gives back what it holds of the decision, and of no other.
    let nothing = office
        .enter_allocation(&super::line("hop-truc-tuyen"), recall(&by, -1))
        .await;
    let (_, reason, facts) = refusal(nothing);
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("NOT_HELD", "0 đồng")
    );
    // A decision that grants does not take back.
    let unfit = office.enter_allocation(&line, recall(DECISION, -1)).await;
    let (_, reason, facts) = refusal(unfit);
    assert_eq!(reason, "DECISION_KIND_UNFIT");
    assert_eq!(facts["allowed_kinds"], "ADJUST_BUDGET, RECALL_BUDGET");
}

#[tokio::test]
async fn what_was_entered_wrongly_is_reversed_once_and_can_be_given_again() {
    let office = office_with_money().await;
    let line = line("hop-khong-giay");
    let wrong = office
        .allocate(&office.receiver, "hop-khong-giay", DECISION, 500_000_000)
        .await
        .unwrap();
    let reversal = pb::Allocation {
        reverses: wrong.name.clone(),
        ..Default::default()
    };
    let reversed = office
        .enter_allocation(&line, reversal.clone())
        .await
        .unwrap();
    assert_eq!(reversed.amount_vnd, -500_000_000);
    assert_eq!(reversed.reverses, wrong.name);
    let (_, reason, _) = refusal(office.enter_allocation(&line, reversal).await);
    assert_eq!(reason, "NOT_HELD");
    let again = pb::Allocation {
        reverses: reversed.name,
        ..Default::default()
    };
    let (_, reason, _) = refusal(office.enter_allocation(&line, again).await);
    assert_eq!(reason, "ALLOCATION_NOT_REVERSIBLE");
    office
        .allocate(&office.receiver, "hop-truc-tuyen", DECISION, 500_000_000)
        .await
        .unwrap();
    assert_eq!(
        office.get_decision(DECISION).await.allocated_amount_vnd,
        500_000_000
    );
    // What is spent is not reversed away.
    let kept = office.pay(&super::line("hop-truc-tuyen"), 1).await.unwrap();
    assert_eq!(kept.amount_vnd, 1);
    let list = pb::ListAllocationsRequest {
        parent: "projects/hop-truc-tuyen".into(),
        ..Default::default()
    };
    let entered = office
        .budget
        .clone()
        .list_allocations(office.reporter.ask(list))
        .await;
    let entered = entered.unwrap().into_inner().allocations.remove(0);
    let reversal = pb::Allocation {
        reverses: entered.name,
        ..Default::default()
    };
    let refused = office
        .enter_allocation(&super::line("hop-truc-tuyen"), reversal)
        .await;
    let (_, reason, facts) = refusal(refused);
    assert_eq!(
        (reason.as_str(), facts["missing"].as_str()),
        ("RECALL_EXCEEDED", "1 đồng")
    );
}

#[tokio::test]
async fn the_edges_of_64_bits_are_refused_by_name() {
    let office = office_with_money().await;
    let line = line("hop-khong-giay");
    for amount in [i64::MIN, i64::MAX, MOST + 1, -MOST - 1, 0] {
        let refused = office
            .allocate(&office.receiver, "hop-khong-giay", DECISION, amount)
            .await;
        assert!(bad_fields(refused).contains(&"allocation.amount_vnd".to_owned()));
    }
    for amount in [i64::MIN, -1, 0, MOST + 1, i64::MAX] {
        assert_eq!(
            bad_fields(office.pay(&line, amount).await),
            ["disbursement.amount_vnd"]
        );
        let signed = office.sign(&line, contract("01/HĐ", amount)).await;
        assert_eq!(bad_fields(signed), ["commitment.amount_vnd"]);
    }
    for (id, number) in [("lon-mot", "1"), ("lon-hai", "2")] {
        office.decision(id, number, MOST).await;
    }
    office
        .allocate(
            &office.receiver,
            "hop-khong-giay",
            "decisions/lon-mot",
            MOST,
        )
        .await
        .unwrap();
    // A line holds no more than can be added up with all others.
    let refused = office
        .allocate(&office.receiver, "hop-khong-giay", "decisions/lon-hai", 1)
        .await;
    assert_eq!(bad_fields(refused), ["amount_vnd"]);
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
        office.approved(project, project).await;
        office.open_line(project, 2022, None).await.unwrap();
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
async fn an_allocation_needs_a_line_a_decision_and_an_amount() {
    let office = office_with_money().await;
    let nothing = office.enter_allocation("", pb::Allocation::default()).await;
    let expected = ["parent", "allocation.decision", "allocation.amount_vnd"];
    assert_eq!(bad_fields(nothing), expected);
    let line = line("hop-khong-giay");
    let without_decision = office.enter_allocation(&line, recall("", -1)).await;
    assert_eq!(bad_fields(without_decision), ["allocation.by_decision"]);
    let reversal = pb::Allocation {
        reverses: "projects/hop-truc-tuyen/allocations/a000001".into(),
        ..recall(DECISION, 5)
    };
    let expected = [
        "allocation.decision",
        "allocation.by_decision",
        "allocation.amount_vnd",
        "allocation.reverses",
    ];
    assert_eq!(
        bad_fields(office.enter_allocation(&line, reversal).await),
        expected
    );
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
