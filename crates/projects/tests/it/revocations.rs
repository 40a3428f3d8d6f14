use super::*;

/// A line of 500 with 200 paid, whose decision is then revoked.
async fn revoked_office() -> (Office, String) {
    let office = Office::open().await;
    let line = office.funded("a", 500).await;
    office.pay(&line, 200).await.unwrap();
    let other = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    let revoked = revoke(&office, "decisions/cap-a", &other).await.unwrap();
    assert_eq!(revoked.state(), pb::DecisionState::Revoked);
    assert_eq!(revoked.revoking_decision, other);
    assert_eq!(revoked.revoke_reason, "Ban hành sai thẩm quyền");
    (office, line)
}

pub(crate) async fn revoke(office: &Office, name: &str, by: &str) -> Result<pb::Decision, Status> {
    let revoke = pb::RevokeDecisionRequest {
        name: name.into(),
        revoking_decision: by.into(),
        reason: "Ban hành sai thẩm quyền".into(),
        etag: office.get_decision(name).await.etag,
        ..Default::default()
    };
    let revoke = office.receiver.ask(revoke);
    let answer = office.budget.clone().revoke_decision(revoke).await;
    answer.map(tonic::Response::into_inner)
}

pub(crate) async fn cover(
    office: &Office,
    line: &str,
    by: &str,
    amount_vnd: i64,
) -> Result<pb::AllocationPair, Status> {
    let cover = pb::CoverAllocationRequest {
        parent: line.into(),
        decision: "decisions/cap-a".into(),
        by_decision: by.into(),
        amount_vnd,
        ..Default::default()
    };
    let cover = office.receiver.ask(cover);
    let answer = office.budget.clone().cover_allocation(cover).await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn what_was_paid_under_a_revoked_decision_stays_and_nothing_more_is_paid() {
    let (office, line) = revoked_office().await;
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.allocated_amount_vnd, now.disbursed_amount_vnd),
        (500, 200)
    );
    assert_eq!(now.uncovered_amount_vnd, 500);
    let (code, reason, facts) = refusal(office.pay(&line, 1).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "DISBURSEMENT_EXCEEDED")
    );
    assert_eq!(
        (facts["available"].as_str(), facts["missing"].as_str()),
        ("0 đồng", "1 đồng")
    );
    assert_eq!(
        refusal(office.sign(&line, contract("1", 1)).await).1,
        "COMMITMENT_EXCEEDED"
    );
    let more = office
        .allocate(&office.receiver, "a", "decisions/cap-a", 1)
        .await;
    let (_, reason, facts) = refusal(more);
    assert_eq!(
        (reason.as_str(), facts["state"].as_str()),
        ("DECISION_NOT_ISSUED", "REVOKED")
    );
    // The report tells the money apart from what is granted, with the decision that is gone.
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(
        (row.allocated_amount_vnd, row.decision_numbers.len()),
        (0, 0)
    );
    assert_eq!(row.uncovered_amount_vnd, 500);
    assert_eq!(row.uncovered_decision_numbers, ["cap-a/QĐ-UBND"]);
    let ask = pb::SummarizeBudgetRequest {
        scope_unit: "units/tinh-quang-ngai".into(),
        fiscal_year: 2022,
        ..Default::default()
    };
    let total = office.summary(ask).await.unwrap().total.unwrap();
    assert_eq!(
        (total.allocated_amount_vnd, total.uncovered_amount_vnd),
        (500, 500)
    );
    // Money that has no decision is not settled away either.
    let approve = pb::DecisionKind::ApproveSettlement;
    let settle = pb::SettleBudgetLineRequest {
        name: line.clone(),
        decision: office.decide("quyet-toan", approve, 200).await,
        amount_vnd: 200,
        etag: now.etag,
        ..Default::default()
    };
    let settle = office.receiver.ask(settle);
    let refused = office.spending.clone().settle_budget_line(settle).await;
    let (_, reason, facts) = refusal(refused);
    assert_eq!(
        (reason.as_str(), facts["uncovered"].as_str()),
        ("LINE_UNCOVERED", "500 đồng")
    );
    assert_eq!(
        refusal(revoke(&office, "decisions/cap-a", "decisions/huy-bo").await).1,
        "STATE_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn a_replacing_decision_covers_what_the_old_one_granted() {
    let (office, line) = revoked_office().await;
    let replacing = pb::Decision {
        replaces: "decisions/cap-a".into(),
        ..decision(pb::DecisionKind::AssignBudget, 300)
    };
    let draft = office.draft_as("thay-the", replacing).await.unwrap();
    let (_, reason, _) = refusal(cover(&office, &line, &draft.name, 1).await);
    assert_eq!(reason, "DECISION_NOT_ISSUED");
    let issued = office
        .issue(&draft.name, "9/QĐ-UBND", &draft.etag)
        .await
        .unwrap();
    // Revoked stays revoked.
    let old = office.get_decision("decisions/cap-a").await;
    assert_eq!(old.state(), pb::DecisionState::Revoked);

    let other = office
        .decide("khac", pb::DecisionKind::AssignBudget, 500)
        .await;
    let (_, reason, _) = refusal(cover(&office, &line, &other, 1).await);
    assert_eq!(reason, "NOT_REPLACING");
    let (_, reason, facts) = refusal(cover(&office, &line, &issued.name, 301).await);
    assert_eq!(
        (reason.as_str(), facts["missing"].as_str()),
        ("BUDGET_EXCEEDED", "1 đồng")
    );
    let pair = cover(&office, &line, &issued.name, 300).await.unwrap();
    let (leaving, arriving) = (pair.leaving.unwrap(), pair.arriving.unwrap());
    assert_eq!((leaving.amount_vnd, arriving.amount_vnd), (-300, 300));
    assert_eq!(
        (&leaving.counterpart, &arriving.counterpart),
        (&arriving.name, &leaving.name)
    );
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.allocated_amount_vnd, now.uncovered_amount_vnd),
        (500, 200)
    );
    // 300 are covered, 200 were paid.
    office.pay(&line, 100).await.unwrap();
    assert_eq!(
        refusal(office.pay(&line, 1).await).1,
        "DISBURSEMENT_EXCEEDED"
    );
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(
        (row.allocated_amount_vnd, row.uncovered_amount_vnd),
        (300, 200)
    );
    assert_eq!(row.decision_numbers, ["9/QĐ-UBND"]);
    // What the revoked one holds is taken back from the line as any money.
    let by = office
        .decide("thu-hoi", pb::DecisionKind::RecallBudget, 200)
        .await;
    let taken_back = pb::Allocation {
        decision: "decisions/cap-a".into(),
        by_decision: by,
        amount_vnd: -200,
        ..Default::default()
    };
    office.enter_allocation(&line, taken_back).await.unwrap();
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.allocated_amount_vnd, now.uncovered_amount_vnd),
        (300, 0)
    );
}

#[tokio::test]
async fn issuing_a_replacement_ends_the_decision_it_replaces() {
    let office = Office::open().await;
    let line = office.funded("a", 500).await;
    let replacing = pb::Decision {
        replaces: "decisions/cap-a".into(),
        ..decision(pb::DecisionKind::AssignBudget, 500)
    };
    let draft = office.draft_as("thay-the", replacing).await.unwrap();
    let (_, reason, _) = refusal(cover(&office, &line, &draft.name, 1).await);
    assert_eq!(reason, "DECISION_NOT_ISSUED");
    assert_eq!(office.get_line(&line).await.uncovered_amount_vnd, 0);
    office
        .issue(&draft.name, "9/QĐ-UBND", &draft.etag)
        .await
        .unwrap();
    let old = office.get_decision("decisions/cap-a").await;
    assert_eq!(old.state(), pb::DecisionState::Replaced);
    assert_eq!(office.get_line(&line).await.uncovered_amount_vnd, 500);
    cover(&office, &line, &draft.name, 500).await.unwrap();
    assert_eq!(office.get_line(&line).await.uncovered_amount_vnd, 0);
    office.pay(&line, 500).await.unwrap();

    let itself = pb::Decision {
        replaces: "decisions/vong".into(),
        ..decision(pb::DecisionKind::AssignBudget, 1)
    };
    let itself = office.draft_as("vong", itself).await;
    assert_eq!(bad_fields(itself), ["decision.replaces"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_is_revoked_and_allocated_at_once_grants_all_or_nothing_of_it() {
    let office = Office::open().await;
    let other = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    for round in 0..6 {
        let project = format!("du-an-{round}");
        office.approved(&project, &project).await;
        office.open_line(&project, 2022, None).await.unwrap();
        let id = format!("cap-{round}");
        let decision = office
            .decide(&id, pb::DecisionKind::AssignBudget, 100)
            .await;
        let (allocated, revoked) = tokio::join!(
            office.allocate(&office.receiver, &project, &decision, 100),
            revoke(&office, &decision, &other)
        );
        revoked.unwrap();
        let now = office.get_line(&line(&project)).await;
        let expected = if allocated.is_ok() { 100 } else { 0 };
        assert_eq!(
            (now.allocated_amount_vnd, now.uncovered_amount_vnd),
            (expected, expected)
        );
        if let Err(refused) = allocated {
            assert_eq!(refusal::<()>(Err(refused)).1, "DECISION_NOT_ISSUED");
        }
    }
}

/// A replaces B before anything was covered, and C replaces A: what B granted is covered by C.
#[tokio::test]
async fn what_was_granted_first_is_covered_by_the_last_of_a_chain_of_decisions() {
    let office = Office::open().await;
    let line = office.funded("a", 500).await;
    let mut old = "decisions/cap-a".to_owned();
    for (id, number) in [("thay-mot", "8/QĐ-UBND"), ("thay-hai", "9/QĐ-UBND")] {
        let replacing = pb::Decision {
            replaces: old,
            ..decision(pb::DecisionKind::AssignBudget, 500)
        };
        let draft = office.draft_as(id, replacing).await.unwrap();
        let issued = office.issue(&draft.name, number, &draft.etag).await;
        old = issued.unwrap().name;
    }
    let (_, reason, _) = refusal(cover(&office, &line, "decisions/thay-mot", 1).await);
    assert_eq!(reason, "DECISION_NOT_ISSUED");
    cover(&office, &line, &old, 500).await.unwrap();
    assert_eq!(office.get_line(&line).await.uncovered_amount_vnd, 0);
    office.pay(&line, 500).await.unwrap();
}

/// Paid by the decision in force, its money cannot go elsewhere and be paid again.
#[tokio::test]
async fn money_that_was_paid_does_not_leave_for_what_a_revoked_decision_granted() {
    let office = Office::open().await;
    let line = office.funded("a", 500).await;
    let by = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    revoke(&office, "decisions/cap-a", &by).await.unwrap();
    let kind = pb::DecisionKind::AssignBudget;
    let second = office.decide("cap-them", kind, 300).await;
    let granted = office.allocate(&office.receiver, "a", &second, 300).await;
    let granted = granted.unwrap();
    office.pay(&line, 300).await.unwrap();

    let reversal = pb::Allocation {
        reverses: granted.name,
        note: "Nhập nhầm".into(),
        ..Default::default()
    };
    let (code, reason, facts) = refusal(office.enter_allocation(&line, reversal).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "RECALL_EXCEEDED")
    );
    assert_eq!(facts["available"], "0 đồng");
    let recalling = pb::DecisionKind::RecallBudget;
    let recalling = office.decide("thu-hoi", recalling, 500).await;
    let recall = |decision: &str, amount_vnd| pb::Allocation {
        decision: decision.into(),
        by_decision: recalling.clone(),
        amount_vnd,
        ..Default::default()
    };
    let (_, reason, _) = refusal(office.enter_allocation(&line, recall(&second, -1)).await);
    assert_eq!(reason, "RECALL_EXCEEDED");
    // What the revoked one granted carries nothing, and may go.
    let gone = recall("decisions/cap-a", -500);
    office.enter_allocation(&line, gone).await.unwrap();
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.allocated_amount_vnd, now.uncovered_amount_vnd),
        (300, 0)
    );
}
