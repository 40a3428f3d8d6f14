use super::*;

async fn instruments(office: &Office, as_of_date: &str) -> Vec<pb::LegalInstrument> {
    let list = pb::ListLegalInstrumentsRequest {
        as_of_date: as_of_date.into(),
    };
    let answer = office
        .plans
        .clone()
        .list_legal_instruments(office.reporter.ask(list))
        .await;
    answer.unwrap().into_inner().legal_instruments
}

#[tokio::test]
async fn the_decrees_are_told_with_their_days_and_with_what_is_not_known() {
    let office = Office::open().await;
    let numbers = |found: Vec<pb::LegalInstrument>| -> Vec<_> {
        found.into_iter().map(|it| it.document_number).collect()
    };
    let all = [
        "73/2019/NĐ-CP",
        "82/2024/NĐ-CP",
        "45/2026/NĐ-CP",
        "224/2026/NĐ-CP",
    ];
    assert_eq!(numbers(instruments(&office, "").await), all);
    assert_eq!(numbers(instruments(&office, "2022-06-24").await), all[..1]);
    assert_eq!(numbers(instruments(&office, "2026-03-01").await), all[2..3]);
    assert_eq!(numbers(instruments(&office, "2026-07-01").await), all[3..]);
    let first = instruments(&office, "").await.remove(0);
    assert_eq!(first.effective_date, "");
    assert_eq!(first.in_force_by_date, "2020-04-09");
    assert_eq!(first.ended_by, "legalInstruments/nd-45-2026");
    let outline = first
        .thresholds
        .iter()
        .find(|it| it.above_amount_vnd == Some(200_000_000));
    let procedure = outline.unwrap().procedure.clone().unwrap();
    assert_eq!(procedure.kind(), pb::ProcedureKind::Outline);
    assert_eq!(procedure.evidence(), pb::Evidence::Read);
    let last = instruments(&office, "").await.remove(3);
    assert!(last.thresholds.is_empty() && last.steps.is_empty());
    assert!(last.note_vi.contains("Điều 91"));
}

#[tokio::test]
async fn a_project_keeps_the_decree_it_was_decided_under_and_its_steps() {
    let office = Office::open().await;
    let project = pb::Project {
        estimated_amount_vnd: Some(368_000_000),
        funding_kind: pb::FundingKind::Recurrent.into(),
        ..task("Triển khai phòng họp không giấy")
    };
    let project = office.create_project("hop", project).await.unwrap();
    assert_eq!(project.procedure, None);
    // Issued on 10 May 2022.
    let decision = office.decision("qd", "123/QĐ-UBND", 368_000_000).await;
    let approved = office.approve(&project, &decision.name).await.unwrap();
    assert_eq!(approved.legal_instrument, "legalInstruments/nd-73-2019");
    let procedure = approved.procedure.clone().unwrap();
    assert_eq!(procedure.kind(), pb::ProcedureKind::Outline);
    let steps = office.steps("hop").await;
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].title, "Trình đề cương và dự toán chi tiết");
    assert_eq!(
        (steps[0].required, steps[0].basis.as_str()),
        (true, "TT 03/2020/TT-BTTTT")
    );

    let other = pb::UpdateProjectRequest {
        project: Some(pb::Project {
            legal_instrument: "legalInstruments/nd-82-2024".into(),
            ..approved.clone()
        }),
        etag: approved.etag.clone(),
        ..Default::default()
    };
    let refused = office
        .projects
        .clone()
        .update_project(office.reporter.ask(other))
        .await;
    let (code, reason, facts) = refusal(refused);
    assert_eq!(
        (code, reason.as_str(), facts["instrument"].as_str()),
        (
            Code::FailedPrecondition,
            "LEGAL_INSTRUMENT_FIXED",
            "73/2019/NĐ-CP"
        )
    );
}

#[tokio::test]
async fn a_decree_that_was_not_in_force_decides_nothing() {
    let office = Office::open().await;
    let project = office.task("a", "A").await;
    let decision = office.decision("qd", "123/QĐ-UBND", 1).await;
    let approve = pb::ApproveProjectRequest {
        name: project.name.clone(),
        decision: decision.name,
        legal_instrument: "legalInstruments/nd-45-2026".into(),
        etag: project.etag.clone(),
        ..Default::default()
    };
    let refused = office
        .projects
        .clone()
        .approve_project(office.leader.ask(approve))
        .await;
    let (_, reason, facts) = refusal(refused);
    assert_eq!(reason, "LEGAL_INSTRUMENT_NOT_IN_FORCE");
    assert_eq!(facts["in_force"], "73/2019/NĐ-CP");
}
