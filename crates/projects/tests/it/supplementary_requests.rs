use super::*;

#[tokio::test]
async fn a_request_for_money_never_counts_as_money() {
    let office = Office::open().await;
    office
        .approved("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    office
        .open_line("hop-khong-giay", 2022, None)
        .await
        .unwrap();
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
    for amount in [i64::MIN, -5, 0, MOST + 1, i64::MAX] {
        let refused = office.request("a", "2022-h1", Some(amount)).await;
        assert_eq!(bad_fields(refused), ["supplementary_request.amount_vnd"]);
    }
    office.request("a", "2022-h1", Some(MOST)).await.unwrap();
    office.request("a", "2022-h1", Some(1)).await.unwrap();
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(row.requested_amount_vnd, Some(MOST + 1));
}

/// Brings a submitted request through its appraisal.
pub(crate) async fn appraised(
    office: &Office,
    asked: &pb::SupplementaryRequest,
) -> pb::SupplementaryRequest {
    let appraise = pb::AppraiseSupplementaryRequestRequest {
        name: asked.name.clone(),
        opinion: "Đề nghị cấp đủ".into(),
        proposed_amount_vnd: asked.amount_vnd.unwrap_or_default(),
        etag: asked.etag.clone(),
        ..Default::default()
    };
    let appraise = office.receiver.ask(appraise);
    let answer = office
        .budget
        .clone()
        .appraise_supplementary_request(appraise)
        .await;
    answer.unwrap().into_inner()
}

fn approval(
    asked: &pb::SupplementaryRequest,
    decision: &str,
) -> pb::ApproveSupplementaryRequestRequest {
    pb::ApproveSupplementaryRequestRequest {
        name: asked.name.clone(),
        decision: decision.into(),
        approved_amount_vnd: 368_000_000,
        budget_line: line("hop-khong-giay"),
        etag: asked.etag.clone(),
        ..Default::default()
    }
}

/// Two rows of the real report of Minh Long; then the money for the first is asked for,
/// appraised, and granted by a decision.
#[tokio::test]
async fn the_368_million_of_minh_long_become_money_by_a_decision_alone() {
    let office = Office::open().await;
    for (id, title) in [
        ("hop-khong-giay", "Triển khai phòng họp không giấy"),
        (
            "hop-truc-tiep",
            "Triển khai phòng họp trực tiếp tại UBND huyện, UBND 5 xã",
        ),
    ] {
        office.approved(id, title).await;
        let not_begun = progress("2022-h1", pb::Health::NotStarted);
        office.enter(id, not_begun).await.unwrap();
    }
    office
        .open_line("hop-khong-giay", 2022, Some(368_000_000))
        .await
        .unwrap();
    let drafted = office
        .draft_request("hop-khong-giay", "2022-h1", Some(368_000_000))
        .await
        .unwrap();
    assert_eq!(drafted.state(), pb::SupplementaryState::Draft);
    assert!(!office.rows("2022-h1").await[0].requested);
    let submit = pb::SubmitSupplementaryRequestRequest {
        name: drafted.name,
        etag: drafted.etag,
        ..Default::default()
    };
    let submit = office.reporter.ask(submit);
    let mut budget = office.budget.clone();
    let asked = budget.submit_supplementary_request(submit).await;
    let asked = asked.unwrap().into_inner();
    assert_eq!(
        asked.amount_words_vi,
        "Ba trăm sáu mươi tám triệu đồng chẵn"
    );

    let supplement = pb::DecisionKind::SupplementBudget;
    let early = office.decide("bo-sung", supplement, 368_000_000).await;
    let too_early = budget
        .approve_supplementary_request(office.receiver.ask(approval(&asked, &early)))
        .await;
    let (_, reason, facts) = refusal(too_early);
    assert_eq!(reason, "STATE_NOT_ALLOWED");
    assert_eq!(facts["allowed_states"], "APPRAISED");
    let asked = appraised(&office, &asked).await;
    let draft = office
        .draft_as("nhap", decision(supplement, 368_000_000))
        .await
        .unwrap();
    let by_a_draft = budget
        .approve_supplementary_request(office.receiver.ask(approval(&asked, &draft.name)))
        .await;
    assert_eq!(refusal(by_a_draft).1, "DECISION_NOT_ISSUED");
    let small = office.decide("nho", supplement, 367_999_999).await;
    let too_much = budget
        .approve_supplementary_request(office.receiver.ask(approval(&asked, &small)))
        .await;
    let (_, reason, facts) = refusal(too_much);
    assert_eq!(
        (reason.as_str(), facts["missing"].as_str()),
        ("BUDGET_EXCEEDED", "1 đồng")
    );
    // A refused approval has granted nothing.
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!((row.allocated_amount_vnd, row.requested), (0, true));

    let approved = budget
        .approve_supplementary_request(office.receiver.ask(approval(&asked, &early)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(approved.state(), pb::SupplementaryState::Approved);
    assert_eq!(approved.approved_amount_vnd, Some(368_000_000));
    let list = pb::ListAllocationsRequest {
        parent: "projects/hop-khong-giay".into(),
        ..Default::default()
    };
    let entered = budget.list_allocations(office.reporter.ask(list)).await;
    let entered = entered.unwrap().into_inner().allocations;
    assert_eq!(entered.len(), 1);
    assert_eq!(entered[0].name, approved.allocation);
    assert_eq!(entered[0].supplementary_request, approved.name);
    let rows = office.rows("2022-h1").await;
    let [row, other] = &rows[..] else { panic!() };
    assert_eq!(row.title, "Triển khai phòng họp không giấy");
    assert_eq!(row.result_text, "Chưa thực hiện");
    assert_eq!(row.allocated_amount_vnd, 368_000_000);
    assert_eq!(
        row.allocated_amount_words_vi,
        "Ba trăm sáu mươi tám triệu đồng chẵn"
    );
    assert_eq!(row.decision_numbers, ["bo-sung/QĐ-UBND"]);
    // What was granted is not asked for any more.
    assert_eq!((row.requested, row.requested_amount_vnd), (false, None));
    assert_eq!(row.requested_amount_words_vi, "");
    assert_eq!((other.allocated_amount_vnd, other.requested), (0, false));
    assert_eq!(other.allocated_amount_words_vi, "");

    // It is money once: neither approved again, nor taken out from under the request.
    let etag = approved.etag.clone();
    let again = pb::ApproveSupplementaryRequestRequest {
        etag,
        ..approval(&asked, &early)
    };
    let again = budget
        .approve_supplementary_request(office.receiver.ask(again))
        .await;
    assert_eq!(refusal(again).1, "STATE_NOT_ALLOWED");
    let reversal = pb::Allocation {
        reverses: approved.allocation,
        ..Default::default()
    };
    let refused = office
        .enter_allocation(&line("hop-khong-giay"), reversal)
        .await;
    assert_eq!(refusal(refused).1, "ALLOCATION_NOT_REVERSIBLE");
}

#[tokio::test]
async fn what_is_rejected_leaves_the_report_and_is_never_money() {
    let office = Office::open().await;
    office.task("a", "A").await;
    let asked = office.request("a", "2022-h1", Some(5)).await.unwrap();
    let reject = |reason: &str| pb::RejectSupplementaryRequestRequest {
        name: asked.name.clone(),
        reason: reason.into(),
        etag: asked.etag.clone(),
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let bad = budget
        .reject_supplementary_request(office.receiver.ask(reject("")))
        .await;
    assert_eq!(bad_fields(bad), ["reason"]);
    let why = "Chưa cân đối được ngân sách";
    let rejected = budget
        .reject_supplementary_request(office.receiver.ask(reject(why)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(rejected.state(), pb::SupplementaryState::Rejected);
    assert_eq!(rejected.rejection_reason, why);
    assert_eq!(rejected.decider, office.receiver.name);
    assert!(!office.rows("2022-h1").await[0].requested);
}

#[tokio::test]
async fn who_asks_does_not_say_whether_he_gets_it() {
    let office = Office::open().await;
    office.task("hop-khong-giay", "A").await;
    let both = office
        .world
        .person("hai-vai", "reporter", "huyen-minh-long")
        .await;
    office
        .world
        .grant(&both, "receiver", "tinh-quang-ngai")
        .await;
    let create = pb::CreateSupplementaryRequestRequest {
        parent: "projects/hop-khong-giay".into(),
        supplementary_request: Some(pb::SupplementaryRequest {
            period: "2022-h1".into(),
            amount_vnd: Some(5),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let drafted = budget.create_supplementary_request(both.ask(create)).await;
    let drafted = drafted.unwrap().into_inner();
    let submit = pb::SubmitSupplementaryRequestRequest {
        name: drafted.name,
        etag: drafted.etag,
        ..Default::default()
    };
    let asked = budget.submit_supplementary_request(both.ask(submit)).await;
    let asked = asked.unwrap().into_inner();
    let appraise = pb::AppraiseSupplementaryRequestRequest {
        name: asked.name.clone(),
        opinion: "Đề nghị cấp đủ".into(),
        proposed_amount_vnd: 5,
        etag: asked.etag.clone(),
        ..Default::default()
    };
    let own = budget
        .appraise_supplementary_request(both.ask(appraise))
        .await;
    assert_eq!(refusal(own).1, "REQUEST_BY_SAME_PERSON");
    let asked = appraised(&office, &asked).await;
    let decision = office
        .decide("bo-sung", pb::DecisionKind::SupplementBudget, 368_000_000)
        .await;
    let own = budget
        .approve_supplementary_request(both.ask(approval(&asked, &decision)))
        .await;
    assert_eq!(refusal(own).1, "REQUEST_BY_SAME_PERSON");
}

/// One enters, another changes it, a third submits: none of them answers.
#[tokio::test]
async fn who_changed_or_submitted_a_request_does_not_answer_it_either() {
    let office = Office::open().await;
    office.approved("hop-khong-giay", "A").await;
    let mut people = Vec::new();
    for id in ["nguoi-sua", "nguoi-trinh"] {
        let both = office.world.person(id, "reporter", "huyen-minh-long").await;
        office
            .world
            .grant(&both, "receiver", "tinh-quang-ngai")
            .await;
        people.push(both);
    }
    let [editor, submitter] = &people[..] else {
        panic!()
    };
    let mut budget = office.budget.clone();
    let drafted = office
        .draft_request("hop-khong-giay", "2022-h1", Some(5))
        .await
        .unwrap();
    let update = pb::UpdateSupplementaryRequestRequest {
        supplementary_request: Some(pb::SupplementaryRequest {
            amount_vnd: Some(368_000_000),
            ..drafted
        }),
        ..Default::default()
    };
    let changed = budget
        .update_supplementary_request(editor.ask(update))
        .await;
    let changed = changed.unwrap().into_inner();
    let submit = pb::SubmitSupplementaryRequestRequest {
        name: changed.name,
        etag: changed.etag,
        ..Default::default()
    };
    let asked = budget
        .submit_supplementary_request(submitter.ask(submit))
        .await;
    let asked = asked.unwrap().into_inner();
    let reject = |asked: &pb::SupplementaryRequest| pb::RejectSupplementaryRequestRequest {
        name: asked.name.clone(),
        reason: "Chưa cân đối được ngân sách".into(),
        etag: asked.etag.clone(),
        ..Default::default()
    };
    let appraise = pb::AppraiseSupplementaryRequestRequest {
        name: asked.name.clone(),
        opinion: "Đề nghị cấp đủ".into(),
        proposed_amount_vnd: 5,
        etag: asked.etag.clone(),
        ..Default::default()
    };
    for who in [editor, submitter] {
        let own = budget
            .appraise_supplementary_request(who.ask(appraise.clone()))
            .await;
        let (_, reason, facts) = refusal(own);
        assert_eq!(
            (reason.as_str(), &facts["principal"]),
            ("REQUEST_BY_SAME_PERSON", &who.name)
        );
        let own = budget
            .reject_supplementary_request(who.ask(reject(&asked)))
            .await;
        assert_eq!(refusal(own).1, "REQUEST_BY_SAME_PERSON");
    }
    let asked = appraised(&office, &asked).await;
    let decision = office
        .decide("bo-sung", pb::DecisionKind::SupplementBudget, 368_000_000)
        .await;
    for who in [editor, submitter] {
        let own = budget
            .approve_supplementary_request(who.ask(approval(&asked, &decision)))
            .await;
        assert_eq!(refusal(own).1, "REQUEST_BY_SAME_PERSON");
    }
    office
        .open_line("hop-khong-giay", 2022, None)
        .await
        .unwrap();
    let beyond = pb::ApproveSupplementaryRequestRequest {
        approved_amount_vnd: 368_000_001,
        ..approval(&asked, &decision)
    };
    let beyond = budget
        .approve_supplementary_request(office.receiver.ask(beyond))
        .await;
    let (_, reason, facts) = refusal(beyond);
    assert_eq!(
        (
            reason.as_str(),
            facts["approved"].as_str(),
            facts["asked"].as_str()
        ),
        (
            "APPROVED_BEYOND_ASKED",
            "368.000.001 đồng",
            "368.000.000 đồng"
        )
    );
    budget
        .approve_supplementary_request(office.receiver.ask(approval(&asked, &decision)))
        .await
        .unwrap();
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
