use super::*;

async fn rebase(
    office: &Office,
    project: &pb::Project,
    baseline: pb::Baseline,
) -> Result<pb::Baseline, Status> {
    let create = pb::CreateBaselineRequest {
        parent: project.name.clone(),
        baseline: Some(baseline),
        etag: project.etag.clone(),
        ..Default::default()
    };
    let answer = office
        .plans
        .clone()
        .create_baseline(office.reporter.ask(create))
        .await;
    answer.map(tonic::Response::into_inner)
}

fn until(date: &str) -> pb::Baseline {
    pb::Baseline {
        plan_start_date: "2022-07-01".into(),
        plan_end_date: date.into(),
        reason: "Chậm bố trí vốn".into(),
        authority: "UBND tỉnh, Công văn 12/UBND-KGVX".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn planned_days_that_were_decided_move_only_by_a_baseline() {
    let office = Office::open().await;
    let project = pb::Project {
        plan_start_date: "2022-07-01".into(),
        plan_end_date: "2022-12-31".into(),
        ..task("Triển khai phòng họp không giấy")
    };
    let project = office.create_project("hop", project).await.unwrap();
    let early = rebase(&office, &project, until("2023-06-30")).await;
    assert_eq!(refusal(early).1, "STATE_NOT_ALLOWED");
    let decision = office.decision("qd", "123/QĐ-UBND", 500_000_000).await;
    let project = office.approve(&project, &decision.name).await.unwrap();

    let silently = pb::UpdateProjectRequest {
        project: Some(pb::Project {
            plan_end_date: "2023-06-30".into(),
            ..project.clone()
        }),
        etag: project.etag.clone(),
        ..Default::default()
    };
    let silently = office
        .projects
        .clone()
        .update_project(office.reporter.ask(silently))
        .await;
    assert_eq!(refusal(silently).1, "PLAN_NEEDS_BASELINE");
    let unexplained = pb::Baseline {
        reason: String::new(),
        authority: String::new(),
        ..until("2023-06-30")
    };
    assert_eq!(
        bad_fields(rebase(&office, &project, unexplained).await),
        ["baseline.reason", "baseline.authority"]
    );
    let second = rebase(&office, &project, until("2023-06-30"))
        .await
        .unwrap();
    assert_eq!((second.number, second.slip_days), (2, Some(181)));
    let stale = rebase(&office, &project, until("2023-07-30")).await;
    assert_eq!(refusal(stale).1, "ETAG_MISMATCH");
    let moved = office.get_project(&project.name).await;
    assert_eq!(moved.plan_end_date, "2023-06-30");
    let allowed = pb::Baseline {
        authority: String::new(),
        decision: decision.name.clone(),
        ..until("2023-03-31")
    };
    let third = rebase(&office, &moved, allowed).await.unwrap();
    assert_eq!(
        (third.slip_days, third.total_slip_days),
        (Some(-91), Some(90))
    );

    let list = pb::ListBaselinesRequest {
        parent: project.name.clone(),
    };
    let list = office
        .plans
        .clone()
        .list_baselines(office.reporter.ask(list))
        .await;
    let all = list.unwrap().into_inner().baselines;
    assert_eq!(all.len(), 3);
    assert_eq!(
        (all[0].number, all[0].decision.as_str()),
        (1, decision.name.as_str())
    );
    assert_eq!(all[0].plan_end_date, "2022-12-31");
    assert_eq!(all[1..], [second, third]);
}

#[tokio::test]
async fn a_baseline_is_bad_without_days_and_slips_by_nothing_known_in_words() {
    let office = Office::open().await;
    let project = office.task("hop", "Triển khai phòng họp không giấy").await;
    let decision = office.decision("qd", "123/QĐ-UBND", 1).await;
    let project = office.approve(&project, &decision.name).await.unwrap();
    let empty = rebase(&office, &project, pb::Baseline::default()).await;
    assert_eq!(bad_fields(empty), ["baseline.plan_end_date"]);
    let unknown = pb::Baseline {
        decision: "decisions/khong-co".into(),
        ..until("2022-12-31")
    };
    assert_eq!(
        bad_fields(rebase(&office, &project, unknown).await),
        ["baseline.decision"]
    );
    // Nothing was planned before: this one is the first.
    let words = pb::Baseline {
        deadline_text: "thường xuyên".into(),
        ..Default::default()
    };
    let first = rebase(&office, &project, words).await.unwrap();
    assert_eq!((first.number, first.slip_days), (1, None));
    let project = office.get_project(&project.name).await;
    let second = rebase(&office, &project, until("2022-12-31"))
        .await
        .unwrap();
    assert_eq!((second.slip_days, second.total_slip_days), (None, None));
    assert_eq!(office.rows("2022-h1").await[0].deadline_text, "31/12/2022");
}
