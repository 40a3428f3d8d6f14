use super::*;

pub(crate) async fn carry(
    office: &Office,
    line: &str,
    by: &str,
    amount_vnd: i64,
    target_fiscal_year: i32,
) -> Result<pb::AllocationPair, Status> {
    let carry = pb::MoveAllocationRequest {
        parent: line.into(),
        decision: "decisions/cap-a".into(),
        by_decision: by.into(),
        amount_vnd,
        target_fiscal_year,
        ..Default::default()
    };
    let carry = office.receiver.ask(carry);
    let answer = office.budget.clone().move_allocation(carry).await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn what_is_left_goes_into_the_next_year_as_a_pair_that_sums_to_nothing() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let signed = office.sign(&line, contract("01/HĐ", 600)).await.unwrap();
    let under = pb::Disbursement {
        kind: pb::DisbursementKind::Payment.into(),
        amount_vnd: 250,
        disburse_date: "2022-05-20".into(),
        commitment: signed.name.clone(),
        ..Default::default()
    };
    office.disburse(&line, under).await.unwrap();
    let by = office
        .decide("chuyen-nguon", pb::DecisionKind::MoveBudget, 700)
        .await;
    let (_, reason, facts) = refusal(carry(&office, &line, &by, 401, 2023).await);
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("RECALL_EXCEEDED", "400 đồng")
    );
    // The contract goes on next year: here it is lowered to what was paid.
    let annex = pb::Commitment {
        amends: signed.name,
        ..contract("PL 01", -350)
    };
    office.sign(&line, annex).await.unwrap();
    let (_, reason, facts) = refusal(carry(&office, &line, &by, 701, 2023).await);
    assert_eq!(
        (reason.as_str(), facts["missing"].as_str()),
        ("BUDGET_EXCEEDED", "1 đồng")
    );
    let pair = carry(&office, &line, &by, 700, 2023).await.unwrap();
    let (leaving, arriving) = (pair.leaving.unwrap(), pair.arriving.unwrap());
    assert_eq!(leaving.amount_vnd + arriving.amount_vnd, 0);
    assert_eq!((leaving.fiscal_year, arriving.fiscal_year), (2022, 2023));
    assert_eq!(leaving.kind(), pb::AllocationKind::Move);
    // The money stays that of the decision that granted it, and tells by which it came.
    for entry in [&leaving, &arriving] {
        assert_eq!(entry.decision, "decisions/cap-a");
        assert_eq!(entry.by_decision, by);
    }
    assert_eq!(
        (
            leaving.moved_by_decision.as_str(),
            &arriving.moved_by_decision
        ),
        ("", &by)
    );
    let next = office.get_line(&arriving.budget_line).await;
    assert_eq!(
        (next.allocated_amount_vnd, next.planned_amount_vnd),
        (700, None)
    );
    assert_eq!(office.get_line(&line).await.allocated_amount_vnd, 300);
    let ask = pb::SummarizeBudgetRequest {
        scope_unit: "units/huyen-minh-long".into(),
        fiscal_year: 2022,
        last_fiscal_year: 2023,
        group_by: pb::BudgetGrouping::FiscalYear.into(),
        ..Default::default()
    };
    let sums = office.summary(ask).await.unwrap();
    let years: Vec<_> = sums
        .rows
        .iter()
        .map(|it| {
            (
                it.key.as_str(),
                it.summary.as_ref().unwrap().allocated_amount_vnd,
            )
        })
        .collect();
    assert_eq!(years, [("2022", 300), ("2023", 700)]);
    assert_eq!(sums.total.unwrap().allocated_amount_vnd, 1_000);
}

#[tokio::test]
async fn money_moves_by_a_decision_for_that_and_only_forward() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let by = office
        .decide("chuyen-nguon", pb::DecisionKind::MoveBudget, 700)
        .await;
    let (_, reason, facts) = refusal(carry(&office, &line, "decisions/cap-a", 1, 2023).await);
    assert_eq!(
        (reason.as_str(), facts["allowed_kinds"].as_str()),
        ("DECISION_KIND_UNFIT", "MOVE_BUDGET")
    );
    for year in [2021, 2024] {
        let refused = carry(&office, &line, &by, 1, year).await;
        assert_eq!(bad_fields(refused), ["target_fiscal_year"]);
    }
    assert_eq!(
        bad_fields(carry(&office, &line, &by, 1, 0).await),
        ["target_unit"]
    );
    assert_eq!(
        bad_fields(carry(&office, &line, &by, 0, 2023).await),
        ["amount_vnd"]
    );
    assert_eq!(office.get_line(&line).await.allocated_amount_vnd, 1_000);
}

/// Moves money of `decisions/cap-a` from one year to the next.
async fn carry_on(
    office: &Office,
    line: &str,
    moved_by: &str,
    by: &str,
    target_fiscal_year: i32,
) -> Result<pb::AllocationPair, Status> {
    let carry = pb::MoveAllocationRequest {
        parent: line.into(),
        decision: "decisions/cap-a".into(),
        moved_by_decision: moved_by.into(),
        by_decision: by.into(),
        amount_vnd: 700,
        target_fiscal_year,
        ..Default::default()
    };
    let carry = office.receiver.ask(carry);
    let answer = office.budget.clone().move_allocation(carry).await;
    answer.map(tonic::Response::into_inner)
}

async fn replace(office: &Office, old: &str, id: &str, kind: pb::DecisionKind) -> String {
    let replacing = pb::Decision {
        replaces: old.into(),
        ..decision(kind, 1_000)
    };
    let draft = office.draft_as(id, replacing).await.unwrap();
    let number = format!("{id}/QĐ-UBND");
    let issued = office.issue(&draft.name, &number, &draft.etag).await;
    issued.unwrap().name
}

/// A grant of 2022 goes on to 2023 and from there to 2024; then it is revoked.
#[tokio::test]
async fn money_that_moved_on_loses_its_ground_with_the_decision_that_granted_it() {
    let office = Office::open_on("2024-02-02").await;
    let line = office.funded("a", 1_000).await;
    let kind = pb::DecisionKind::MoveBudget;
    let first = office.decide("chuyen-mot", kind, 700).await;
    let second = office.decide("chuyen-hai", kind, 700).await;
    let pair = carry_on(&office, &line, "", &first, 2023).await.unwrap();
    let of_2023 = pair.arriving.unwrap().budget_line;
    // It is named by what granted it and what moved it there.
    let (_, reason, facts) = refusal(carry_on(&office, &of_2023, "", &second, 2024).await);
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("NOT_HELD", "0 đồng")
    );
    let pair = carry_on(&office, &of_2023, &first, &second, 2024).await;
    let of_2024 = pair.unwrap().arriving.unwrap().budget_line;
    assert_eq!(office.get_line(&of_2023).await.allocated_amount_vnd, 0);
    let payment = pb::DisbursementKind::Payment;
    office
        .spend(&of_2024, payment, 100, "2024-02-01")
        .await
        .unwrap();

    let by = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    revocations::revoke(&office, "decisions/cap-a", &by)
        .await
        .unwrap();
    for (line, uncovered) in [(&line, 300), (&of_2023, 0), (&of_2024, 700)] {
        let now = office.get_line(line).await;
        assert_eq!(now.uncovered_amount_vnd, uncovered, "{line}");
    }
    let refused = office.spend(&of_2024, payment, 1, "2024-02-02").await;
    assert_eq!(refusal(refused).1, "DISBURSEMENT_EXCEEDED");
    // Nor is it moved away from where that shows.
    let third = office.decide("chuyen-ba", kind, 700).await;
    let away = carry_on(&office, &of_2024, &second, &third, 2025).await;
    assert_eq!(refusal(away).1, "DECISION_NOT_ISSUED");

    let assign = pb::DecisionKind::AssignBudget;
    let again = replace(&office, "decisions/cap-a", "cap-lai", assign).await;
    let cover = |decision: &str, moved_by: &str, by: &str| pb::CoverAllocationRequest {
        parent: of_2024.clone(),
        decision: decision.into(),
        moved_by_decision: moved_by.into(),
        by_decision: by.into(),
        amount_vnd: 700,
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let covered = cover("decisions/cap-a", &second, &again);
    let covered = budget.cover_allocation(office.receiver.ask(covered)).await;
    let covered = covered.unwrap().into_inner().arriving.unwrap();
    assert_eq!(
        (&covered.decision, &covered.moved_by_decision),
        (&again, &second)
    );
    assert_eq!(office.get_line(&of_2024).await.uncovered_amount_vnd, 0);
    // So it is when the decision that moved it there ends, and that is covered as well.
    let moving = replace(&office, &second, "chuyen-lai", kind).await;
    assert_eq!(office.get_line(&of_2024).await.uncovered_amount_vnd, 700);
    let unfit = cover(&again, &second, &again);
    let unfit = budget.cover_allocation(office.receiver.ask(unfit)).await;
    assert_eq!(refusal(unfit).1, "NOT_REPLACING");
    let covered = cover(&again, &second, &moving);
    budget
        .cover_allocation(office.receiver.ask(covered))
        .await
        .unwrap();
    assert_eq!(office.get_line(&of_2024).await.uncovered_amount_vnd, 0);
    // It is taken back by the same two names.
    let taken_back = pb::Allocation {
        decision: again.clone(),
        moved_by_decision: moving,
        by_decision: office
            .decide("thu-hoi", pb::DecisionKind::RecallBudget, 600)
            .await,
        amount_vnd: -600,
        ..Default::default()
    };
    office.enter_allocation(&of_2024, taken_back).await.unwrap();
    let now = office.get_line(&of_2024).await;
    assert_eq!(
        (now.allocated_amount_vnd, now.remaining_amount_vnd),
        (100, 0)
    );
}
