use super::*;
use pb::DisbursementKind::{Advance, Payment, Recovery};

#[tokio::test]
async fn a_contract_is_advanced_paid_and_recovered_to_the_dong() {
    let office = Office::open().await;
    let line = office.funded("hop-khong-giay", 368_000_000).await;
    let too_much = office.sign(&line, contract("01/HĐ", 368_000_001)).await;
    let (code, reason, facts) = refusal(too_much);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "COMMITMENT_EXCEEDED")
    );
    assert_eq!(facts["available"], "368.000.000 đồng");
    assert_eq!(facts["missing"], "1 đồng");
    let signed = office
        .sign(&line, contract("01/2022/HĐ-GPS", 300_000_000))
        .await
        .unwrap();
    let under = |kind: pb::DisbursementKind, amount_vnd| pb::Disbursement {
        kind: kind.into(),
        amount_vnd,
        disburse_date: "2022-05-20".into(),
        voucher_number: "UNC 15".into(),
        treasury_code: "0123".into(),
        commitment: signed.name.clone(),
        ..Default::default()
    };
    office
        .disburse(&line, under(Advance, 90_000_000))
        .await
        .unwrap();
    let (_, reason, facts) = refusal(office.disburse(&line, under(Payment, 210_000_001)).await);
    assert_eq!(reason, "CONTRACT_EXCEEDED");
    assert_eq!(facts["available"], "210.000.000 đồng");
    office
        .disburse(&line, under(Payment, 200_000_000))
        .await
        .unwrap();
    office
        .disburse(&line, under(Recovery, 60_000_000))
        .await
        .unwrap();
    let (_, reason, facts) = refusal(office.disburse(&line, under(Recovery, 30_000_001)).await);
    assert_eq!(reason, "ADVANCES_EXCEEDED");
    assert_eq!(facts["available"], "30.000.000 đồng");
    assert_eq!(facts["missing"], "1 đồng");

    let now = office.get_line(&line).await;
    assert_eq!(now.committed_amount_vnd, 300_000_000);
    assert_eq!(now.advanced_amount_vnd, 30_000_000);
    assert_eq!(now.disbursed_amount_vnd, 230_000_000);
    assert_eq!(now.remaining_amount_vnd, 138_000_000);

    // An annex lowers the contract, never below what was paid under it.
    let annex = |amount_vnd| pb::Commitment {
        amends: signed.name.clone(),
        partner: String::new(),
        ..contract("PL 01", amount_vnd)
    };
    let (_, reason, facts) = refusal(office.sign(&line, annex(-70_000_001)).await);
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("CONTRACT_PAID", "70.000.000 đồng")
    );
    let lowered = office.sign(&line, annex(-70_000_000)).await.unwrap();
    assert_eq!(lowered.amends, signed.name);
    assert_eq!(
        office.get_line(&line).await.committed_amount_vnd,
        230_000_000
    );
    // An annex is no contract that could be paid or amended.
    let to_annex = pb::Commitment {
        amends: lowered.name.clone(),
        ..annex(-1)
    };
    assert_eq!(
        bad_fields(office.sign(&line, to_annex).await),
        ["commitment.amends"]
    );

    let list = pb::ListCommitmentsRequest {
        parent: "projects/hop-khong-giay".into(),
        budget_line: line.clone(),
        ..Default::default()
    };
    let listed = office
        .spending
        .clone()
        .list_commitments(office.reporter.ask(list))
        .await;
    assert_eq!(listed.unwrap().into_inner().commitments, [signed, lowered]);
}

#[tokio::test]
async fn nothing_is_spent_beyond_the_allocation_unless_a_decision_says_so() {
    let office = Office::open().await;
    let line = office.funded("a", 100).await;
    office.pay(&line, 100).await.unwrap();
    let (_, reason, facts) = refusal(office.pay(&line, 50).await);
    assert_eq!(reason, "DISBURSEMENT_EXCEEDED");
    assert_eq!(facts["available"], "0 đồng");
    assert_eq!(facts["missing"], "50 đồng");
    let ahead = office
        .decide("ung-truoc", pb::DecisionKind::AdvanceBudget, 50)
        .await;
    let permitted = office
        .allocate(&office.receiver, "a", &ahead, 50)
        .await
        .unwrap();
    assert_eq!(permitted.kind(), pb::AllocationKind::Permit);
    office.pay(&line, 50).await.unwrap();
    assert_eq!(
        refusal(office.pay(&line, 1).await).1,
        "DISBURSEMENT_EXCEEDED"
    );
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.allocated_amount_vnd, now.permitted_amount_vnd),
        (100, 50)
    );
    assert_eq!(
        (now.disbursed_amount_vnd, now.remaining_amount_vnd),
        (150, -50)
    );
    // What may be spent ahead is no money: the report does not tell it as such.
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(row.allocated_amount_vnd, 100);
    assert_eq!(row.decision_numbers, ["cap-a/QĐ-UBND"]);
}

#[tokio::test]
async fn what_a_contract_reserved_is_not_spent_on_anything_else() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000_000).await;
    let signed = office
        .sign(&line, contract("01/HĐ", 600_000))
        .await
        .unwrap();
    assert_eq!(office.get_line(&line).await.reserved_amount_vnd, 600_000);
    let refused = office.pay(&line, 400_001).await;
    let status = refused.clone().unwrap_err();
    let details = status.get_error_details();
    let vietnamese = details.localized_message().unwrap().message.clone();
    let told = "chỉ còn giải ngân được 400.000 đồng, yêu cầu 400.001 đồng, thiếu 1 đồng (hạn mức \
                1.000.000 đồng, đã giải ngân 0 đồng, giữ cho hợp đồng 600.000 đồng)";
    assert!(vietnamese.starts_with(told), "{vietnamese}");
    let told = "400.000 đồng left to disburse, 400.001 đồng asked, 1 đồng missing (limit \
                1.000.000 đồng, disbursed 0 đồng, reserved for contracts 600.000 đồng)";
    assert!(status.message().starts_with(told), "{}", status.message());
    assert_eq!(refusal(refused).1, "DISBURSEMENT_EXCEEDED");
    office.pay(&line, 400_000).await.unwrap();
    let more = office.sign(&line, contract("02/HĐ", 1)).await;
    assert_eq!(refusal(more).1, "COMMITMENT_EXCEEDED");
    let under = pb::Disbursement {
        kind: Payment.into(),
        amount_vnd: 600_000,
        disburse_date: "2022-05-20".into(),
        commitment: signed.name,
        ..Default::default()
    };
    office.disburse(&line, under).await.unwrap();
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.disbursed_amount_vnd, now.reserved_amount_vnd),
        (1_000_000, 0)
    );
}

#[tokio::test]
async fn leave_to_spend_ahead_is_used_up_by_the_grant_that_follows_and_settled_only_then() {
    let office = Office::open().await;
    let line = office.funded("a", 100).await;
    let ahead = office
        .decide("ung-truoc", pb::DecisionKind::AdvanceBudget, 50)
        .await;
    office
        .allocate(&office.receiver, "a", &ahead, 50)
        .await
        .unwrap();
    office.pay(&line, 150).await.unwrap();
    let settling = office
        .decide("quyet-toan", pb::DecisionKind::ApproveSettlement, 150)
        .await;
    let settle = async || {
        let settle = pb::SettleBudgetLineRequest {
            name: line.clone(),
            decision: settling.clone(),
            amount_vnd: 150,
            etag: office.get_line(&line).await.etag,
            ..Default::default()
        };
        let settle = office.receiver.ask(settle);
        office.spending.clone().settle_budget_line(settle).await
    };
    let (_, reason, facts) = refusal(settle().await);
    assert_eq!(
        (reason.as_str(), facts["missing"].as_str()),
        ("SPENT_AHEAD", "50 đồng")
    );
    let grant = office
        .decide("bo-tri", pb::DecisionKind::PlanCapital, 50)
        .await;
    let granted = office
        .allocate(&office.receiver, "a", &grant, 50)
        .await
        .unwrap();
    // The 50 are not permitted a second time.
    let (_, reason, facts) = refusal(office.pay(&line, 1).await);
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("DISBURSEMENT_EXCEEDED", "0 đồng")
    );
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.permitted_amount_vnd, now.used_permission_amount_vnd),
        (50, 50)
    );
    // A grant that was entered wrongly gives the permission back, and takes it anew.
    let reversal = pb::Allocation {
        reverses: granted.name,
        ..Default::default()
    };
    office.enter_allocation(&line, reversal).await.unwrap();
    let now = office.get_line(&line).await;
    assert_eq!(now.used_permission_amount_vnd, 0);
    office
        .allocate(&office.receiver, "a", &grant, 50)
        .await
        .unwrap();
    settle().await.unwrap();
}

#[tokio::test]
async fn what_was_paid_wrongly_is_reversed_by_an_entry_that_names_it() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let advance = office
        .spend(&line, Advance, 600, "2022-05-20")
        .await
        .unwrap();
    let recovery = office
        .spend(&line, Recovery, 200, "2022-05-21")
        .await
        .unwrap();
    let reversal = |name: &str| pb::Disbursement {
        reverses: name.into(),
        disburse_date: "2022-05-30".into(),
        ..Default::default()
    };
    // 200 of the advance came back already: the recovery goes first.
    let (_, reason, facts) = refusal(office.disburse(&line, reversal(&advance.name)).await);
    assert_eq!(
        (reason.as_str(), facts["missing"].as_str()),
        ("ADVANCES_EXCEEDED", "200 đồng")
    );
    let reversed = office
        .disburse(&line, reversal(&recovery.name))
        .await
        .unwrap();
    assert_eq!((reversed.kind(), reversed.amount_vnd), (Recovery, -200));
    assert_eq!(reversed.reverses, recovery.name);
    assert_eq!(office.get_line(&line).await.disbursed_amount_vnd, 600);
    let (_, reason, facts) = refusal(office.disburse(&line, reversal(&recovery.name)).await);
    assert_eq!(
        (reason.as_str(), facts["entry"].as_str()),
        ("ENTRY_REVERSED", &*recovery.name)
    );
    let (_, reason, _) = refusal(office.disburse(&line, reversal(&reversed.name)).await);
    assert_eq!(reason, "ENTRY_IS_REVERSAL");
    office
        .disburse(&line, reversal(&advance.name))
        .await
        .unwrap();
    let now = office.get_line(&line).await;
    assert_eq!((now.disbursed_amount_vnd, now.advanced_amount_vnd), (0, 0));
    let typed = pb::Disbursement {
        kind: Payment.into(),
        amount_vnd: 5,
        ..reversal(&advance.name)
    };
    let expected = ["disbursement.kind", "disbursement.amount_vnd"];
    assert_eq!(bad_fields(office.disburse(&line, typed).await), expected);
    let unknown = reversal("projects/a/disbursements/d000999");
    assert_eq!(
        bad_fields(office.disburse(&line, unknown).await),
        ["disbursement.reverses"]
    );
    let list = pb::ListDisbursementsRequest {
        parent: "projects/a".into(),
        ..Default::default()
    };
    let listed = office
        .spending
        .clone()
        .list_disbursements(office.reporter.ask(list))
        .await;
    let amounts = listed.unwrap().into_inner().disbursements;
    let amounts: Vec<_> = amounts.into_iter().map(|it| it.amount_vnd).collect();
    assert_eq!(amounts, [600, 200, -200, -600]);
}

#[tokio::test]
async fn a_settled_line_is_closed() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    office
        .spend(&line, Advance, 100, "2022-05-20")
        .await
        .unwrap();
    office.pay(&line, 700).await.unwrap();
    let approve = pb::DecisionKind::ApproveSettlement;
    let by = office.decide("quyet-toan", approve, 700).await;
    let settle = async |amount_vnd: i64, decision: &str| {
        let settle = pb::SettleBudgetLineRequest {
            name: line.clone(),
            decision: decision.into(),
            amount_vnd,
            etag: office.get_line(&line).await.etag,
            ..Default::default()
        };
        let settle = office.receiver.ask(settle);
        let answer = office.spending.clone().settle_budget_line(settle).await;
        answer.map(tonic::Response::into_inner)
    };
    let (_, reason, facts) = refusal(settle(700, &by).await);
    assert_eq!(
        (reason.as_str(), facts["advanced"].as_str()),
        ("ADVANCES_OPEN", "100 đồng")
    );
    office
        .spend(&line, Recovery, 100, "2022-06-01")
        .await
        .unwrap();
    let (_, reason, facts) = refusal(settle(690, &by).await);
    assert_eq!(reason, "SETTLEMENT_DIFFERS");
    assert_eq!(facts["disbursed"], "700 đồng");
    assert_eq!(facts["difference"], "-10 đồng");
    assert_eq!(
        refusal(settle(700, "decisions/cap-a").await).1,
        "DECISION_KIND_UNFIT"
    );
    let settled = settle(700, &by).await.unwrap();
    let settlement = settled.settlement.clone().unwrap();
    assert_eq!(
        (settlement.amount_vnd, settlement.lapsed_amount_vnd),
        (700, 300)
    );
    assert_eq!(settlement.principal, office.receiver.name);
    // What lapsed is left for nobody.
    let ask = pb::SummarizeBudgetRequest {
        scope_unit: "units/tinh-quang-ngai".into(),
        fiscal_year: 2022,
        ..Default::default()
    };
    let total = office.summary(ask).await.unwrap().total.unwrap();
    assert_eq!(
        (total.allocated_amount_vnd, total.remaining_amount_vnd),
        (1_000, 0)
    );

    let (_, reason, facts) = refusal(office.pay(&line, 1).await);
    assert_eq!(
        (reason.as_str(), facts["amount"].as_str()),
        ("LINE_SETTLED", "700 đồng")
    );
    assert_eq!(
        refusal(office.sign(&line, contract("2", 1)).await).1,
        "LINE_SETTLED"
    );
    office
        .decide("them", pb::DecisionKind::AssignBudget, 1)
        .await;
    let more = office
        .allocate(&office.receiver, "a", "decisions/them", 1)
        .await;
    assert_eq!(refusal(more).1, "LINE_SETTLED");
    assert_eq!(refusal(settle(700, &by).await).1, "LINE_SETTLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_pay_and_sign_at_once_none_overdraws() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let mut all = tokio::task::JoinSet::new();
    for index in 0..24_i64 {
        let (mut spending, line) = (office.spending.clone(), line.clone());
        if index % 3 == 0 {
            let create = pb::CreateCommitmentRequest {
                parent: line,
                commitment: Some(contract(&format!("{index}/HĐ"), 300)),
                ..Default::default()
            };
            let create = office.reporter.ask(create);
            all.spawn(async move { spending.create_commitment(create).await.map(|_| false) });
        } else {
            let create = pb::CreateDisbursementRequest {
                parent: line,
                disbursement: Some(pb::Disbursement {
                    kind: if index % 2 == 0 { Advance } else { Payment }.into(),
                    amount_vnd: 150,
                    disburse_date: "2022-05-20".into(),
                    ..Default::default()
                }),
                ..Default::default()
            };
            let create = office.reporter.ask(create);
            all.spawn(async move { spending.create_disbursement(create).await.map(|_| true) });
        }
    }
    let answers = all.join_all().await;
    let paid = answers.iter().filter(|it| matches!(it, Ok(true))).count();
    let signed = answers.iter().filter(|it| matches!(it, Ok(false))).count();
    // Together they use what there is, as far as another payment does not fit.
    assert_eq!(paid * 150 + signed * 300, 900);
    for answer in answers.into_iter().filter(Result::is_err) {
        let (_, reason, _) = refusal(answer);
        assert!(
            ["DISBURSEMENT_EXCEEDED", "COMMITMENT_EXCEEDED"].contains(&reason.as_str()),
            "{reason}"
        );
    }
    let now = office.get_line(&line).await;
    assert_eq!(now.disbursed_amount_vnd + now.reserved_amount_vnd, 900);
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_taken_back_and_spent_at_once_goes_one_way_only() {
    let office = Office::open().await;
    for round in 0..6 {
        let project = format!("du-an-{round}");
        let line = office.funded(&project, 1_000).await;
        let recall = pb::DecisionKind::RecallBudget;
        let by = office
            .decide(&format!("thu-hoi-{round}"), recall, 1_000)
            .await;
        let taken_back = pb::Allocation {
            decision: format!("decisions/cap-{project}"),
            by_decision: by,
            amount_vnd: -600,
            ..Default::default()
        };
        let (recalled, paid) = tokio::join!(
            office.enter_allocation(&line, taken_back),
            office.pay(&line, 600)
        );
        assert_ne!(recalled.is_ok(), paid.is_ok(), "round {round}");
        let now = office.get_line(&line).await;
        assert!(now.disbursed_amount_vnd <= now.allocated_amount_vnd);
    }
}
