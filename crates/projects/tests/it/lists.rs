use super::*;

async fn listed(office: &Office, who: &Person, list: pb::ListProjectsRequest) -> Vec<String> {
    let answer = office.projects.clone().list_projects(who.ask(list)).await;
    let projects = answer.unwrap().into_inner().projects.into_iter();
    projects
        .map(|it| it.name.trim_start_matches("projects/").to_owned())
        .collect()
}

fn of(unit: &str) -> pb::ListProjectsRequest {
    pb::ListProjectsRequest {
        owner_unit: format!("units/{unit}"),
        ..Default::default()
    }
}

async fn some_projects() -> Office {
    let office = Office::open().await;
    let project = |unit: &str, title: &str, kind: pb::ProjectKind, program: &str| pb::Project {
        owner_unit: format!("units/{unit}"),
        kind: kind.into(),
        program: program.into(),
        ..task(title)
    };
    use pb::ProjectKind::{Activity, Procurement, Task};
    for (id, project) in [
        (
            "hop",
            project(
                "huyen-minh-long",
                "Triển khai phòng họp không giấy",
                Task,
                "Đề án 06",
            ),
        ),
        (
            "may-tinh",
            project(
                "huyen-minh-long",
                "Mua sắm máy tính 100%_mới",
                Procurement,
                "",
            ),
        ),
        (
            "tap-huan",
            project(
                "xa-long-hiep",
                "Tập huấn chuyển đổi số",
                Activity,
                "ĐỀ ÁN 06",
            ),
        ),
    ] {
        office.create_project(id, project).await.unwrap();
    }
    office
}

#[tokio::test]
async fn a_list_is_searched_without_case_and_accents() {
    let office = some_projects().await;
    let search = async |text: &str| {
        let list = pb::ListProjectsRequest {
            search: text.into(),
            ..of("huyen-minh-long")
        };
        listed(&office, &office.reporter, list).await
    };
    assert_eq!(search("PHONG HOP khong").await, ["hop"]);
    assert_eq!(search("Phòng Họp").await, ["hop"]);
    assert_eq!(search("máy").await, ["may-tinh"]);
    // What stands for anything in SQL stands for itself.
    assert_eq!(search("%").await, ["may-tinh"]);
    assert_eq!(search("100%_").await, ["may-tinh"]);
    assert!(search("_o").await.is_empty());
    assert!(search("\\").await.is_empty());
    assert_eq!(search("").await, ["hop", "may-tinh"]);
}

#[tokio::test]
async fn a_list_is_filtered_by_kind_state_programme_and_indicator() {
    let office = some_projects().await;
    let reporter = &office.reporter;
    let procurement = pb::ListProjectsRequest {
        kinds: vec![pb::ProjectKind::Procurement.into()],
        ..of("huyen-minh-long")
    };
    assert_eq!(listed(&office, reporter, procurement).await, ["may-tinh"]);
    let decision = office.decision("qd", "1/QĐ-UBND", 1_000_000).await;
    let hop = office.get_project("projects/hop").await;
    office.approve(&hop, &decision.name).await.unwrap();
    let state = |state: pb::ProjectState| pb::ListProjectsRequest {
        states: vec![state.into()],
        ..of("huyen-minh-long")
    };
    assert_eq!(
        listed(&office, reporter, state(pb::ProjectState::Approved)).await,
        ["hop"]
    );
    assert_eq!(
        listed(&office, reporter, state(pb::ProjectState::Proposed)).await,
        ["may-tinh"]
    );
    assert!(
        listed(&office, reporter, state(pb::ProjectState::Completed))
            .await
            .is_empty()
    );
    let program = pb::ListProjectsRequest {
        program: "de an 06".into(),
        include_subtree: true,
        ..of("huyen-minh-long")
    };
    assert_eq!(
        listed(&office, reporter, program).await,
        ["hop", "tap-huan"]
    );

    let contributing = pb::Project {
        indicators: vec!["indicators/ty-le".into(), "indicators/chung-thu-so".into()],
        ..task("Cấp chứng thư số")
    };
    office
        .create_project("chung-thu", contributing)
        .await
        .unwrap();
    let indicator = |id: &str| pb::ListProjectsRequest {
        indicator: format!("indicators/{id}"),
        ..of("huyen-minh-long")
    };
    assert_eq!(
        listed(&office, reporter, indicator("ty-le")).await,
        ["chung-thu"]
    );
    assert_eq!(
        listed(&office, reporter, indicator("chung-thu-so")).await,
        ["chung-thu"]
    );
    assert!(
        listed(&office, reporter, indicator("chung-thu"))
            .await
            .is_empty()
    );
    let bad = pb::ListProjectsRequest {
        states: vec![99],
        kinds: vec![0],
        ..Default::default()
    };
    let bad = office
        .projects
        .clone()
        .list_projects(reporter.ask(bad))
        .await;
    assert_eq!(bad_fields(bad), ["owner_unit", "states[0]", "kinds[0]"]);
}

#[tokio::test]
async fn a_subtree_is_listed_page_by_page_by_whoever_may_read_all_of_it() {
    let office = some_projects().await;
    let subtree = |unit: &str| pb::ListProjectsRequest {
        include_subtree: true,
        ..of(unit)
    };
    let all = ["hop", "may-tinh", "tap-huan"];
    assert_eq!(
        listed(&office, &office.receiver, subtree("tinh-quang-ngai")).await,
        all
    );
    assert_eq!(
        listed(&office, &office.receiver, of("tinh-quang-ngai")).await,
        [""; 0]
    );
    assert_eq!(
        listed(&office, &office.reporter, subtree("xa-long-hiep")).await,
        ["tap-huan"]
    );
    let refused = office.reporter.ask(subtree("tinh-quang-ngai"));
    let refused = office.projects.clone().list_projects(refused).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);

    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let list = pb::ListProjectsRequest {
            page_size: 2,
            page_token,
            ..subtree("tinh-quang-ngai")
        };
        let page = office
            .projects
            .clone()
            .list_projects(office.receiver.ask(list))
            .await;
        let page = page.unwrap().into_inner();
        seen.extend(page.projects.into_iter().map(|it| it.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, all.map(|it| format!("projects/{it}")));
}
