use super::*;

#[tokio::test]
async fn a_project_goes_from_proposal_to_completion_by_its_verbs() {
    let office = Office::open().await;
    let decision = office.decision("qd-mot", "123/QĐ-UBND", 500_000_000).await;
    let proposed = office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    assert_eq!(proposed.state(), pb::ProjectState::Proposed);
    let (code, reason, facts) = refusal(office.start(&proposed, "2022-06-01").await);
    assert_eq!(
        (code, reason.as_str(), facts["allowed_states"].as_str()),
        (Code::FailedPrecondition, "STATE_NOT_ALLOWED", "APPROVED")
    );

    let approved = office.approve(&proposed, &decision.name).await.unwrap();
    assert_eq!(approved.state(), pb::ProjectState::Approved);
    assert_eq!(approved.approval_decision, decision.name);
    let running = office.start(&approved, "2022-06-01").await.unwrap();
    assert_eq!(running.state(), pb::ProjectState::InProgress);
    assert_eq!(running.actual_start_date, "2022-06-01");

    let suspend = pb::SuspendProjectRequest {
        name: running.name.clone(),
        reason: "Chờ bố trí vốn".into(),
        etag: running.etag.clone(),
        ..Default::default()
    };
    let mut projects = office.projects.clone();
    let suspended = projects.suspend_project(office.reporter.ask(suspend)).await;
    let suspended = suspended.unwrap().into_inner();
    assert_eq!(
        (suspended.state(), suspended.state_reason.as_str()),
        (pb::ProjectState::Suspended, "Chờ bố trí vốn")
    );
    let (_, reason, facts) = refusal(office.complete(&suspended, "2022-06-20").await);
    assert_eq!(reason, "STATE_NOT_ALLOWED");
    assert_eq!(facts["state"], "SUSPENDED");
    let resume = pb::ResumeProjectRequest {
        name: suspended.name.clone(),
        etag: suspended.etag.clone(),
        ..Default::default()
    };
    let running = projects.resume_project(office.reporter.ask(resume)).await;
    let running = running.unwrap().into_inner();
    assert_eq!(
        (running.state(), running.state_reason.as_str()),
        (pb::ProjectState::InProgress, "")
    );
    assert_eq!(
        bad_fields(office.complete(&running, "2022-05-31").await),
        ["end_date"]
    );
    assert_eq!(
        bad_fields(office.complete(&running, "2022-06-25").await),
        ["end_date"]
    );
    let done = office.complete(&running, "2022-06-24").await.unwrap();
    assert_eq!(done.state(), pb::ProjectState::Completed);
    assert_eq!(done.actual_end_date, "2022-06-24");
    assert_eq!(office.get_project(&done.name).await, done);

    let cancel = pb::CancelProjectRequest {
        name: done.name.clone(),
        reason: "Không còn nhu cầu".into(),
        etag: done.etag,
        ..Default::default()
    };
    let refused = projects.cancel_project(office.leader.ask(cancel)).await;
    assert_eq!(refusal(refused).1, "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn only_an_issued_decision_approves_and_only_a_leader_does() {
    let office = Office::open().await;
    let project = office.task("a", "A").await;
    let draft = office.draft("qd-mot", 1_000_000).await.unwrap();
    let (_, reason, facts) = refusal(office.approve(&project, &draft.name).await);
    assert_eq!(reason, "DECISION_NOT_ISSUED");
    assert_eq!(facts["decision"], draft.name);
    let nothing = office.approve(&project, "decisions/khong-co").await;
    assert_eq!(bad_fields(nothing), ["decision"]);
    assert_eq!(bad_fields(office.approve(&project, "").await), ["decision"]);

    let issued = office.issue(&draft.name, "1/QĐ-UBND", &draft.etag).await;
    let approve = pb::ApproveProjectRequest {
        name: project.name.clone(),
        decision: issued.unwrap().name,
        etag: project.etag.clone(),
        ..Default::default()
    };
    let by_reporter = office.reporter.ask(approve.clone());
    let refused = office.projects.clone().approve_project(by_reporter).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let stale = pb::ApproveProjectRequest {
        etag: "\"v9\"".into(),
        ..approve.clone()
    };
    let stale = office
        .projects
        .clone()
        .approve_project(office.leader.ask(stale))
        .await;
    assert_eq!(refusal(stale).1, "ETAG_MISMATCH");
    let without = pb::ApproveProjectRequest {
        etag: String::new(),
        ..approve
    };
    let without = office
        .projects
        .clone()
        .approve_project(office.leader.ask(without))
        .await;
    assert_eq!(refusal(without).1, "ETAG_REQUIRED");
}

#[tokio::test]
async fn what_is_given_up_says_why_and_leaves_the_table_afterwards() {
    let office = Office::open().await;
    let project = office.task("a", "A").await;
    let cancel = |reason: &str| pb::CancelProjectRequest {
        name: project.name.clone(),
        reason: reason.into(),
        etag: project.etag.clone(),
        ..Default::default()
    };
    let mut projects = office.projects.clone();
    let silent = projects.cancel_project(office.leader.ask(cancel(""))).await;
    assert_eq!(bad_fields(silent), ["reason"]);
    let cancelled = projects
        .cancel_project(office.leader.ask(cancel("Trùng với dự án của tỉnh")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(cancelled.state(), pb::ProjectState::Cancelled);
    // The clock stands on 24 June 2022.
    assert_eq!(cancelled.actual_end_date, "2022-06-24");
    assert_eq!(office.rows("2022-h1").await.len(), 1);
    assert_eq!(office.rows("2022-h2").await.len(), 0);
}

#[tokio::test]
async fn not_begun_is_a_state_of_progress_whatever_was_decided() {
    let office = Office::open().await;
    let decision = office.decision("qd-mot", "123/QĐ-UBND", 500_000_000).await;
    for id in ["de-xuat", "da-duyet"] {
        let project = office.task(id, id).await;
        if id == "da-duyet" {
            office.approve(&project, &decision.name).await.unwrap();
        }
        let entry = office
            .enter(id, progress("2022-h1", pb::Health::NotStarted))
            .await
            .unwrap();
        assert!(entry.issues.is_empty());
    }
    let words: Vec<_> = office.rows("2022-h1").await;
    assert!(words.iter().all(|it| it.result_text == "Chưa thực hiện"));
    // Work that runs ahead of its decision is told, not refused.
    let odd = pb::ProgressEntry {
        completion_percent: "30".into(),
        ..progress("2022-q1", pb::Health::Done)
    };
    let odd = office.enter("de-xuat", odd).await.unwrap();
    let codes: Vec<_> = odd.issues.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["HEALTH_BEFORE_START", "HEALTH_DONE_NOT_WHOLE"]);
    assert!(odd.issues.iter().all(|it| !it.message_vi.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_start_a_project_at_once_one_does() {
    let office = Office::open().await;
    let decision = office.decision("qd-mot", "123/QĐ-UBND", 500_000_000).await;
    let project = office.task("a", "A").await;
    let project = office.approve(&project, &decision.name).await.unwrap();
    let (one, two) = tokio::join!(
        office.start(&project, "2022-06-01"),
        office.start(&project, "2022-06-02"),
    );
    let (good, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(good.unwrap().state(), pb::ProjectState::InProgress);
    assert_eq!(refused.unwrap_err().code(), Code::Aborted);
}
