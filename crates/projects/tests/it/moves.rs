use super::*;

async fn carry(
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
    office.pay(&line, 250).await.unwrap();
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
    // There the money is that of the decision by which it came.
    assert_eq!(
        (&leaving.decision, &arriving.decision),
        (&"decisions/cap-a".to_owned(), &by)
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
