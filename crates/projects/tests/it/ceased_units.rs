//! A unit that ceases in mid-year leaves its projects behind: who may still write?

use proto::directory::{self as directory, unit_service_client::UnitServiceClient};

use super::*;

/// A district that ceased on 1 June 2022, three weeks ago, with a project that had begun, and
/// somebody of the province who enters for it now.
async fn after_the_end() -> (Office, Person) {
    let office = Office::open().await;
    let unit = directory::Unit {
        display_name: "UBND huyện Sơn Tây".into(),
        kind: directory::UnitKind::District.into(),
        parent_unit: "units/tinh-quang-ngai".into(),
        symbol: "UBND".into(),
        validity: Some(proto::shared::Validity {
            start_date: "2022-01-01".into(),
            end_date: "2022-06-01".into(),
        }),
        ..Default::default()
    };
    let create = directory::CreateUnitRequest {
        unit: Some(unit),
        unit_id: "huyen-son-tay".into(),
        ..Default::default()
    };
    UnitServiceClient::new(office.world.directory())
        .create_unit(office.world.administrator.ask(create))
        .await
        .unwrap();
    let province = office
        .world
        .person("can-bo-tinh", "reporter", "tinh-quang-ngai")
        .await;
    let project = pb::Project {
        owner_unit: "units/huyen-son-tay".into(),
        start_period: "2022-q1".into(),
        ..task("Lắp đặt hệ thống hội nghị truyền hình")
    };
    create_as(&office, &province, "hoi-nghi", project)
        .await
        .unwrap();
    (office, province)
}

async fn create_as(
    office: &Office,
    who: &Person,
    id: &str,
    project: pb::Project,
) -> Result<pb::Project, Status> {
    let create = pb::CreateProjectRequest {
        project: Some(project),
        project_id: id.into(),
        ..Default::default()
    };
    let answer = office
        .projects
        .clone()
        .create_project(who.ask(create))
        .await;
    answer.map(tonic::Response::into_inner)
}

async fn enter_as(
    office: &Office,
    who: &Person,
    progress_entry: pb::ProgressEntry,
) -> Result<pb::ProgressEntry, Status> {
    let create = pb::CreateProgressEntryRequest {
        parent: "projects/hoi-nghi".into(),
        progress_entry: Some(progress_entry),
        ..Default::default()
    };
    let answer = office
        .projects
        .clone()
        .create_progress_entry(who.ask(create))
        .await;
    answer.map(tonic::Response::into_inner)
}

async fn titles(office: &Office, unit: &str, period: &str) -> Vec<String> {
    let list = pb::ListProjectRowsRequest {
        unit: format!("units/{unit}"),
        period: period.into(),
        ..Default::default()
    };
    let answer = office
        .projects
        .clone()
        .list_project_rows(office.receiver.ask(list))
        .await;
    let rows = answer.unwrap().into_inner().rows.into_iter();
    rows.map(|it| format!("{}: {}", it.title, it.result_text))
        .collect()
}

async fn hand_over(
    office: &Office,
    who: &Person,
    to: &str,
    date: &str,
) -> Result<pb::Project, Status> {
    let get = pb::GetProjectRequest {
        name: "projects/hoi-nghi".into(),
    };
    let project = office
        .projects
        .clone()
        .get_project(office.receiver.ask(get))
        .await;
    let project = project.unwrap().into_inner();
    let hand_over = pb::HandOverProjectRequest {
        name: project.name,
        new_owner_unit: format!("units/{to}"),
        effective_date: date.into(),
        reason: "Sắp xếp đơn vị hành chính, Nghị quyết 1279/NQ-UBTVQH15".into(),
        etag: project.etag,
        ..Default::default()
    };
    let answer = office
        .projects
        .clone()
        .hand_over_project(who.ask(hand_over))
        .await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn periods_that_had_begun_are_still_reported_on_and_later_ones_are_not() {
    let (office, province) = after_the_end().await;
    for period in ["2022-q1", "2022-q2", "2022-h1", "2022"] {
        let entry = progress(period, pb::Health::OnTrack);
        enter_as(&office, &province, entry).await.unwrap();
    }
    let refused = enter_as(
        &office,
        &province,
        progress("2022-m06", pb::Health::OnTrack),
    )
    .await;
    let status = refused.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "UNIT_CEASED");
    assert!(
        status
            .message()
            .contains("ceased on 2022-06-01: hand the project over")
    );
    let vietnamese = &details.localized_message().unwrap().message;
    assert!(vietnamese.contains("đã chấm dứt hoạt động từ ngày 1/6/2022: hãy bàn giao dự án"));
}

#[tokio::test]
async fn nothing_begins_or_moves_under_a_unit_that_has_ceased() {
    let (office, province) = after_the_end().await;
    let get = pb::GetProjectRequest {
        name: "projects/hoi-nghi".into(),
    };
    let project = office.projects.clone().get_project(province.ask(get)).await;
    let project = project.unwrap().into_inner();
    let update = pb::UpdateProjectRequest {
        project: Some(pb::Project {
            code: "ST-01".into(),
            ..project.clone()
        }),
        etag: project.etag.clone(),
        ..Default::default()
    };
    let update = office
        .projects
        .clone()
        .update_project(province.ask(update))
        .await;
    assert_eq!(refusal(update).1, "UNIT_CEASED");
    let task_of = pb::CreateTaskRequest {
        parent: project.name.clone(),
        task: Some(work("Lắp đặt", 1)),
        ..Default::default()
    };
    let task_of = office
        .plans
        .clone()
        .create_task(province.ask(task_of))
        .await;
    assert_eq!(refusal(task_of).1, "UNIT_CEASED");
    let step = pb::CreateStepRequest {
        parent: project.name.clone(),
        step: Some(pb::Step {
            phase: pb::StepPhase::Preparation.into(),
            title: "Lập dự toán".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let step = office.plans.clone().create_step(province.ask(step)).await;
    assert_eq!(refusal(step).1, "UNIT_CEASED");
    let later = pb::Project {
        owner_unit: "units/huyen-son-tay".into(),
        start_period: "2022-h2".into(),
        ..task("Mới")
    };
    let later = create_as(&office, &province, "moi", later).await;
    assert_eq!(refusal(later).1, "UNIT_CEASED");
    let earlier = pb::Project {
        owner_unit: "units/huyen-son-tay".into(),
        start_period: "2021".into(),
        ..task("Cũ")
    };
    let earlier = create_as(&office, &province, "cu", earlier).await;
    assert_eq!(refusal(earlier).1, "UNIT_NOT_IN_FORCE");
}

#[tokio::test]
async fn handed_over_it_is_written_by_its_new_unit_and_old_reports_keep_it() {
    let (office, province) = after_the_end().await;
    enter_as(
        &office,
        &province,
        progress("2022-q1", pb::Health::NotStarted),
    )
    .await
    .unwrap();
    // The district's own reporter takes nothing by himself.
    let refused = hand_over(&office, &office.reporter, "huyen-minh-long", "2022-06-01").await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let into_the_past = hand_over(&office, &office.receiver, "huyen-son-tay", "2022-06-01").await;
    assert_eq!(refusal(into_the_past).1, "UNIT_CEASED");
    let moved = hand_over(&office, &office.receiver, "huyen-minh-long", "2022-06-01").await;
    let moved = moved.unwrap();
    assert_eq!(
        (moved.owner_unit.as_str(), moved.ordinal),
        ("units/huyen-minh-long", 1)
    );

    let title = "Lắp đặt hệ thống hội nghị truyền hình";
    let june = progress("2022-m06", pb::Health::OnTrack);
    enter_as(&office, &office.reporter, june).await.unwrap();
    assert_eq!(
        titles(&office, "huyen-minh-long", "2022-m06").await,
        [format!("{title}: Đang thực hiện")]
    );
    assert_eq!(
        titles(&office, "huyen-son-tay", "2022-q1").await,
        [format!("{title}: Chưa thực hiện")]
    );
    assert!(
        titles(&office, "huyen-minh-long", "2022-q1")
            .await
            .is_empty()
    );
    assert!(
        titles(&office, "huyen-son-tay", "2022-m06")
            .await
            .is_empty()
    );

    let list = pb::ListHandOversRequest {
        parent: moved.name.clone(),
    };
    let list = office
        .projects
        .clone()
        .list_hand_overs(office.reporter.ask(list))
        .await;
    let hand_overs = list.unwrap().into_inner().hand_overs;
    assert_eq!(hand_overs.len(), 1);
    assert_eq!(hand_overs[0].from_unit, "units/huyen-son-tay");
    assert_eq!(hand_overs[0].effective_date, "2022-06-01");
    let again = hand_over(&office, &office.receiver, "huyen-ba-to", "2022-06-01").await;
    assert_eq!(bad_fields(again), ["effective_date"]);
    let same = hand_over(&office, &office.receiver, "huyen-minh-long", "2022-06-10").await;
    assert_eq!(bad_fields(same), ["new_owner_unit"]);
}
