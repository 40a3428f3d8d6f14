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
async fn a_number_given_twice_is_warned_about_and_not_refused() {
    let office = Office::open_on("2023-01-31").await;
    let first = office.decision("qd-mot", "123/QĐ-UBND", 1).await;
    assert!(first.issues.is_empty());
    let draft = office.draft("qd-hai", 1).await.unwrap();
    let second = office
        .issue(&draft.name, "123 / qd-ubnd", &draft.etag)
        .await
        .unwrap();
    // It is kept as written, and found to be the same all the same.
    assert_eq!(second.document_number, "123 / qd-ubnd");
    let [issue] = &second.issues[..] else {
        panic!("{second:?}")
    };
    assert_eq!(issue.code, "DECISION_NUMBER_REPEATED");
    assert_eq!(issue.severity(), proto::shared::Severity::Warning);
    assert!(issue.message.contains("decisions/qd-mot"));
    assert!(issue.message_vi.contains("decisions/qd-mot"));
    assert_eq!(office.get_decision(&first.name).await.issues.len(), 1);
    // Next year, or another authority, begins anew.
    let draft = office.draft("qd-ba", 1).await.unwrap();
    let next_year = office
        .issue_on(&draft.name, "123/QĐ-UBND", "2023-01-31", &draft.etag)
        .await
        .unwrap();
    assert!(next_year.issues.is_empty());
    let of_district = pb::Decision {
        authority_unit: "units/huyen-minh-long".into(),
        ..decision(pb::DecisionKind::AssignBudget, 1)
    };
    let draft = office.draft_as("qd-huyen", of_district).await.unwrap();
    let district = office
        .issue(&draft.name, "123/QĐ-UBND", &draft.etag)
        .await
        .unwrap();
    assert!(district.issues.is_empty());
}

#[tokio::test]
async fn a_clerk_finds_a_decision_however_he_types_its_number() {
    let office = Office::open().await;
    office.decision("qd-mot", "123/QĐ-UBND", 1).await;
    office.decision("qd-hai", "1234/QĐ-STC", 1).await;
    office.decision("qd-ba", "99/QĐ-UBND", 1).await;
    office.draft("qd-bon", 1).await.unwrap();
    let recall = pb::DecisionKind::RecallBudget;
    office.decide("thu-hoi", recall, 1).await;
    let find = async |list: pb::ListDecisionsRequest| -> Vec<String> {
        let list = pb::ListDecisionsRequest {
            authority_unit: "units/tinh-quang-ngai".into(),
            ..list
        };
        let answer = office
            .budget
            .clone()
            .list_decisions(office.receiver.ask(list))
            .await;
        let found = answer.unwrap().into_inner().decisions;
        found.into_iter().map(|it| it.name).collect()
    };
    let number = |text: &str| pb::ListDecisionsRequest {
        document_number: text.into(),
        ..Default::default()
    };
    let one = ["decisions/qd-mot"];
    for typed in ["123/QĐ-UBND", "123/qd-ubnd", " 123 / Qđ-U", "123/q"] {
        assert_eq!(find(number(typed)).await, one, "{typed}");
    }
    assert_eq!(
        find(number("123")).await,
        ["decisions/qd-hai", "decisions/qd-mot"]
    );
    assert!(find(number("23/QĐ")).await.is_empty());
    let drafts = pb::ListDecisionsRequest {
        state: pb::DecisionState::Draft.into(),
        ..Default::default()
    };
    assert_eq!(find(drafts).await, ["decisions/qd-bon"]);
    let recalls = pb::ListDecisionsRequest {
        kind: recall.into(),
        issue_year: 2022,
        ..Default::default()
    };
    assert_eq!(find(recalls).await, ["decisions/thu-hoi"]);
    let page = pb::ListDecisionsRequest {
        authority_unit: "units/tinh-quang-ngai".into(),
        page_size: 3,
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let first = budget
        .list_decisions(office.receiver.ask(page.clone()))
        .await;
    let first = first.unwrap().into_inner();
    let rest = pb::ListDecisionsRequest {
        page_token: first.next_page_token,
        ..page
    };
    let rest = budget.list_decisions(office.receiver.ask(rest)).await;
    let rest = rest.unwrap().into_inner();
    assert_eq!((first.decisions.len(), rest.decisions.len()), (3, 2));
    assert_eq!(rest.next_page_token, "");
}

#[tokio::test]
async fn only_a_draft_is_changed() {
    let office = Office::open().await;
    let draft = office.draft("qd-mot", 1_000).await.unwrap();
    let update = |decision: &pb::Decision| pb::UpdateDecisionRequest {
        decision: Some(pb::Decision {
            amount_vnd: 2_000,
            ..decision.clone()
        }),
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let changed = budget
        .update_decision(office.receiver.ask(update(&draft)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(changed.amount_vnd, 2_000);
    assert_eq!(changed.amount_words_vi, "Hai nghìn đồng chẵn");
    let issued = office
        .issue(&changed.name, "1/QĐ-UBND", &changed.etag)
        .await
        .unwrap();
    let refused = budget
        .update_decision(office.receiver.ask(update(&issued)))
        .await;
    assert_eq!(refusal(refused).1, "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn a_decision_has_a_subject_an_authority_and_an_amount_above_nothing() {
    let office = Office::open().await;
    for amount in [i64::MIN, -1, 0, MOST + 1, i64::MAX] {
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
        "decision.kind",
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
    office.draft("qd", MOST).await.unwrap();
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
