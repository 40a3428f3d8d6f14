use super::*;

async fn add(office: &Office, title: &str, required: bool) -> pb::Step {
    let create = pb::CreateStepRequest {
        parent: "projects/hop".into(),
        step: Some(pb::Step {
            phase: pb::StepPhase::Preparation.into(),
            title: title.into(),
            required,
            ..Default::default()
        }),
        ..Default::default()
    };
    let answer = office
        .plans
        .clone()
        .create_step(office.reporter.ask(create))
        .await;
    answer.unwrap().into_inner()
}

async fn skip(office: &Office, step: &pb::Step, reason: &str) -> Result<pb::Step, Status> {
    let skip = pb::SkipStepRequest {
        name: step.name.clone(),
        reason: reason.into(),
        etag: step.etag.clone(),
        ..Default::default()
    };
    let answer = office
        .plans
        .clone()
        .skip_step(office.reporter.ask(skip))
        .await;
    answer.map(tonic::Response::into_inner)
}

async fn set(office: &Office, step: pb::Step) -> Result<pb::Step, Status> {
    let update = pb::UpdateStepRequest {
        etag: step.etag.clone(),
        step: Some(step),
        ..Default::default()
    };
    let answer = office
        .plans
        .clone()
        .update_step(office.reporter.ask(update))
        .await;
    answer.map(tonic::Response::into_inner)
}

/// A project under way.
async fn running() -> (Office, pb::Project) {
    let office = Office::open().await;
    let decision = office.decision("qd", "123/QĐ-UBND", 500_000_000).await;
    let project = office.task("hop", "Triển khai phòng họp không giấy").await;
    let project = office.approve(&project, &decision.name).await.unwrap();
    let project = office.start(&project, "2022-06-01").await.unwrap();
    (office, project)
}

#[tokio::test]
async fn a_project_is_not_completed_while_a_required_step_is_open() {
    let (office, project) = running().await;
    let outline = add(&office, "Đề cương và dự toán chi tiết", true).await;
    let handing_over = add(&office, "Nghiệm thu, bàn giao", true).await;
    add(&office, "Tuyên truyền", false).await;
    let (code, reason, facts) = refusal(office.complete(&project, "2022-06-20").await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "STEPS_OPEN")
    );
    assert_eq!(
        facts["steps"],
        "Đề cương và dự toán chi tiết; Nghiệm thu, bàn giao"
    );
    assert_eq!(
        facts["names"],
        format!("{}, {}", outline.name, handing_over.name)
    );

    let done = pb::Step {
        actual_date: "2022-06-10".into(),
        document_reference: "Tờ trình 45/TTr-VHTT".into(),
        ..outline
    };
    let done = set(&office, done).await.unwrap();
    assert_eq!(done.state(), pb::StepState::Done);
    assert_eq!(
        bad_fields(skip(&office, &handing_over, "").await),
        ["reason"]
    );
    let skipped = skip(
        &office,
        &handing_over,
        "Thuê dịch vụ, không có tài sản bàn giao",
    )
    .await;
    let skipped = skipped.unwrap();
    assert_eq!(skipped.state(), pb::StepState::Skipped);
    assert_eq!(
        skipped.skip_reason,
        "Thuê dịch vụ, không có tài sản bàn giao"
    );
    let completed = office.complete(&project, "2022-06-20").await.unwrap();
    assert_eq!(completed.state(), pb::ProjectState::Completed);
    let (_, reason, _) = refusal(set(&office, done).await);
    assert_eq!(reason, "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn steps_are_listed_by_phase_and_what_was_skipped_stays_so() {
    let (office, _) = running().await;
    let optional = add(&office, "Khảo sát", false).await;
    let last = pb::CreateStepRequest {
        parent: "projects/hop".into(),
        step: Some(pb::Step {
            phase: pb::StepPhase::Completion.into(),
            title: "Quyết toán".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    office
        .plans
        .clone()
        .create_step(office.reporter.ask(last))
        .await
        .unwrap();
    add(&office, "Lập dự toán", true).await;
    let titles: Vec<_> = office
        .steps("hop")
        .await
        .into_iter()
        .map(|it| it.title)
        .collect();
    assert_eq!(titles, ["Khảo sát", "Lập dự toán", "Quyết toán"]);

    // What is not required needs no reason.
    let skipped = skip(&office, &optional, "").await.unwrap();
    assert_eq!(
        refusal(set(&office, skipped.clone()).await).1,
        "STEP_SKIPPED"
    );
    assert_eq!(
        refusal(skip(&office, &skipped, "vì").await).1,
        "STEP_SKIPPED"
    );
    assert_eq!(
        refusal(skip(&office, &optional, "vì").await).1,
        "ETAG_MISMATCH"
    );
    let required = office.steps("hop").await.remove(1);
    let future = pb::Step {
        actual_date: "2022-06-25".into(),
        ..required.clone()
    };
    assert_eq!(bad_fields(set(&office, future).await), ["step.actual_date"]);
    let loosened = pb::UpdateStepRequest {
        step: Some(pb::Step {
            required: false,
            ..required.clone()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["*".into()],
        }),
        etag: required.etag.clone(),
        ..Default::default()
    };
    let kept = office
        .plans
        .clone()
        .update_step(office.reporter.ask(loosened))
        .await;
    assert!(kept.unwrap().into_inner().required);
    let bad = pb::CreateStepRequest::default();
    let bad = office
        .plans
        .clone()
        .create_step(office.reporter.ask(bad))
        .await;
    assert_eq!(bad_fields(bad), ["parent"]);
    let bad = pb::CreateStepRequest {
        parent: "projects/hop".into(),
        ..Default::default()
    };
    let bad = office
        .plans
        .clone()
        .create_step(office.reporter.ask(bad))
        .await;
    assert_eq!(bad_fields(bad), ["step.phase", "step.title"]);
}
