use super::*;

#[tokio::test]
async fn a_draft_is_issued_once_and_only_by_who_has_seen_it() {
    let office = Office::open().await;
    let draft = office.draft("qd-mot", 500_000_000).await.unwrap();
    assert_eq!(
        (draft.state(), draft.document_number.as_str()),
        (pb::DecisionState::Draft, "")
    );

    let blind = office.issue(&draft.name, "123/QĐ-UBND", "").await;
    assert_eq!(refusal(blind).1, "ETAG_REQUIRED");
    let issued = office
        .issue(&draft.name, "123/QĐ-UBND", &draft.etag)
        .await
        .unwrap();
    assert_eq!(issued.state(), pb::DecisionState::Issued);
    assert_eq!(
        (issued.document_number.as_str(), issued.issue_date.as_str()),
        ("123/QĐ-UBND", "2022-05-10")
    );
    assert_eq!(office.get_decision(&draft.name).await, issued);

    let stale = office.issue(&draft.name, "124/QĐ-UBND", &draft.etag).await;
    let (code, reason, facts) = refusal(stale);
    assert_eq!((code, reason.as_str()), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(facts["current_etag"], issued.etag);
    let (code, reason, facts) =
        refusal(office.issue(&draft.name, "124/QĐ-UBND", &issued.etag).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "STATE_NOT_ALLOWED")
    );
    assert_eq!(
        (facts["state"].as_str(), facts["allowed_states"].as_str()),
        ("ISSUED", "DRAFT")
    );
}

#[tokio::test]
async fn an_authority_gives_a_number_once_a_year_however_it_is_typed() {
    let office = Office::open().await;
    office.decision("qd-mot", "123/QĐ-UBND", 1).await;
    let draft = office.draft("qd-hai", 1).await.unwrap();
    let (code, reason, facts) = refusal(
        office
            .issue(&draft.name, "123 / qd-ubnd", &draft.etag)
            .await,
    );
    assert_eq!(
        (code, reason.as_str()),
        (Code::AlreadyExists, "DECISION_NUMBER_EXISTS")
    );
    assert_eq!(facts["name"], "123 / qd-ubnd");
    // Next year, or another authority, begins anew.
    let next_year = pb::IssueDecisionRequest {
        name: draft.name,
        document_number: "123/QĐ-UBND".into(),
        issue_date: "2023-01-31".into(),
        etag: draft.etag,
        ..Default::default()
    };
    office
        .budget
        .clone()
        .issue_decision(office.receiver.ask(next_year))
        .await
        .unwrap();
    let decision = pb::Decision {
        authority_unit: "units/huyen-minh-long".into(),
        r#abstract: "Phân bổ dự toán".into(),
        amount_vnd: 1,
        ..Default::default()
    };
    let create = pb::CreateDecisionRequest {
        decision: Some(decision),
        decision_id: "qd-huyen".into(),
        ..Default::default()
    };
    let district = office
        .budget
        .clone()
        .create_decision(office.receiver.ask(create))
        .await;
    let district = district.unwrap().into_inner();
    office
        .issue(&district.name, "123/QĐ-UBND", &district.etag)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_decision_has_a_subject_an_authority_and_an_amount_above_nothing() {
    let office = Office::open().await;
    for amount in [0, -1] {
        assert_eq!(
            bad_fields(office.draft("qd", amount).await),
            ["decision.amount_vnd"]
        );
    }
    let empty = pb::CreateDecisionRequest::default();
    let empty = office
        .budget
        .clone()
        .create_decision(office.receiver.ask(empty))
        .await;
    let expected = [
        "decision_id",
        "decision.authority_unit",
        "decision.abstract",
        "decision.amount_vnd",
    ];
    assert_eq!(bad_fields(empty), expected);
    let empty = pb::IssueDecisionRequest::default();
    let empty = office
        .budget
        .clone()
        .issue_decision(office.receiver.ask(empty))
        .await;
    assert_eq!(bad_fields(empty), ["name", "document_number", "issue_date"]);
    office.draft("qd", 1).await.unwrap();
    assert_eq!(refusal(office.draft("qd", 1).await).1, "DECISION_EXISTS");
}

#[tokio::test]
async fn a_district_does_not_decide_for_the_province() {
    let office = Office::open().await;
    let draft = office.draft("qd-mot", 500_000_000).await.unwrap();
    let district = office
        .world
        .person("huyen", "receiver", "huyen-minh-long")
        .await;
    let issue = pb::IssueDecisionRequest {
        name: draft.name.clone(),
        document_number: "1/QĐ-UBND".into(),
        issue_date: "2022-05-10".into(),
        etag: draft.etag,
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let refused = budget
        .issue_decision(district.ask(issue))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    for name in [draft.name, "decisions/khong-co".into()] {
        let get = pb::GetDecisionRequest { name };
        let refused = budget.get_decision(district.ask(get)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_issue_at_once_make_one_document() {
    let office = Office::open().await;
    let draft = office.draft("qd-mot", 1).await.unwrap();
    let (one, two) = tokio::join!(
        office.issue(&draft.name, "1/QĐ-UBND", &draft.etag),
        office.issue(&draft.name, "2/QĐ-UBND", &draft.etag),
    );
    let (issued, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(refused.unwrap_err().code(), Code::Aborted);
    assert_eq!(office.get_decision(&draft.name).await, issued.unwrap());
}
