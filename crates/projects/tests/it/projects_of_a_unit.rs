use super::*;

#[tokio::test]
async fn projects_take_the_next_place_or_the_one_they_ask_for() {
    let office = Office::open().await;
    let first = office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    assert_eq!(
        (first.ordinal, first.name.as_str()),
        (1, "projects/hop-khong-giay")
    );
    let fifth = pb::Project {
        ordinal: 5,
        ..task("Nâng cấp trang thông tin điện tử")
    };
    assert_eq!(
        office
            .create_project("trang-tin", fifth.clone())
            .await
            .unwrap()
            .ordinal,
        5
    );
    assert_eq!(office.task("may-tinh", "Mua sắm máy tính").await.ordinal, 6);

    let (code, reason, facts) = refusal(office.create_project("trang-tin-2", fifth).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::AlreadyExists, "PROJECT_ORDINAL_EXISTS")
    );
    assert_eq!(facts["name"], "units/huyen-minh-long: 5");
    let (code, reason, _) = refusal(office.create_project("may-tinh", task("Máy tính")).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::AlreadyExists, "PROJECT_EXISTS")
    );
}

#[tokio::test]
async fn a_project_is_read_as_it_was_entered() {
    let office = Office::open().await;
    let sent = pb::Project {
        objective: "Giảm văn bản giấy\r\nHọp từ xa với 5 xã".into(),
        kind: pb::ProjectKind::Project.into(),
        start_period: "2022-m04".into(),
        ..task("  Triển khai phòng họp không giấy ")
    };
    let created = office.create_project("hop-khong-giay", sent).await.unwrap();
    assert_eq!(created.display_name, "Triển khai phòng họp không giấy");
    assert_eq!(created.objective, "Giảm văn bản giấy\nHọp từ xa với 5 xã");
    let get = pb::GetProjectRequest {
        name: created.name.clone(),
    };
    let read = office
        .projects
        .clone()
        .get_project(office.reporter.ask(get))
        .await;
    assert_eq!(read.unwrap().into_inner(), created);
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let office = Office::open().await;
    let bad = pb::Project {
        owner_unit: "huyen-minh-long".into(),
        start_period: "2022-h3".into(),
        ordinal: 501,
        ..Default::default()
    };
    let fields = bad_fields(office.create_project("Phòng họp", bad).await);
    let expected = [
        "project_id",
        "project.owner_unit",
        "project.ordinal",
        "project.display_name",
        "project.kind",
        "project.start_period",
    ];
    assert_eq!(fields, expected);
    let long = bad_fields(office.create_project("dai", task(&"ô".repeat(501))).await);
    assert_eq!(long, ["project.display_name"]);
}

#[tokio::test]
async fn a_list_is_paged_by_name_and_holds_one_unit() {
    let office = Office::open().await;
    for id in ["c", "a", "b-2", "b"] {
        office.task(id, id).await;
    }
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let list = pb::ListProjectsRequest {
            owner_unit: "units/huyen-minh-long".into(),
            page_size: 3,
            page_token: token,
            ..Default::default()
        };
        let list = office.reporter.ask(list);
        let page = office
            .projects
            .clone()
            .list_projects(list)
            .await
            .unwrap()
            .into_inner();
        seen.extend(page.projects.into_iter().map(|it| it.name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(
        seen,
        ["projects/a", "projects/b", "projects/b-2", "projects/c"]
    );
    let other = pb::ListProjectsRequest {
        owner_unit: "units/huyen-ba-to".into(),
        ..Default::default()
    };
    let other = office
        .projects
        .clone()
        .list_projects(office.receiver.ask(other))
        .await;
    assert!(other.unwrap().into_inner().projects.is_empty());
}

#[tokio::test]
async fn a_neighbour_district_neither_writes_nor_learns_what_exists() {
    let office = Office::open().await;
    office
        .task("hop-khong-giay", "Triển khai phòng họp không giấy")
        .await;
    let stranger = office
        .world
        .person("ba-to", "reporter", "huyen-ba-to")
        .await;
    let mut projects = office.projects.clone();
    let create = pb::CreateProjectRequest {
        project: Some(task("Của huyện khác")),
        project_id: "khac".into(),
        ..Default::default()
    };
    let refused = projects
        .create_project(stranger.ask(create))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let get = |id: &str| {
        stranger.ask(pb::GetProjectRequest {
            name: format!("projects/{id}"),
        })
    };
    let there = projects
        .get_project(get("hop-khong-giay"))
        .await
        .unwrap_err();
    let not_there = projects.get_project(get("khong-co")).await.unwrap_err();
    assert_eq!(there.code(), Code::PermissionDenied);
    assert_eq!(
        (there.code(), there.message()),
        (not_there.code(), not_there.message())
    );
}

#[tokio::test]
async fn a_repeated_call_adds_one_project() {
    let office = Office::open().await;
    let create = |title: &str| {
        office.reporter.ask(pb::CreateProjectRequest {
            project: Some(task(title)),
            project_id: "hop-khong-giay".into(),
            request_id: "0b6f3c52-5a2e-4b0c-9d5e-1f0a7c1d2e3f".into(),
        })
    };
    let mut projects = office.projects.clone();
    let first = projects
        .create_project(create("Phòng họp"))
        .await
        .unwrap()
        .into_inner();
    let again = projects
        .create_project(create("Phòng họp"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = projects.create_project(create("Phòng khác")).await;
    assert_eq!(refusal(other).1, "REQUEST_ID_REUSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_add_at_once_get_different_places_or_try_again() {
    let office = Office::open().await;
    let (one, two) = tokio::join!(
        office.create_project("mot", task("Một")),
        office.create_project("hai", task("Hai")),
    );
    let mut ordinals = Vec::new();
    for answer in [one, two] {
        match answer {
            Ok(project) => ordinals.push(project.ordinal),
            Err(status) => assert_eq!(status.code(), Code::Aborted, "{status:?}"),
        }
    }
    ordinals.sort_unstable();
    assert!(ordinals == [1] || ordinals == [1, 2], "{ordinals:?}");
}
