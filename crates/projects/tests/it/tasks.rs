use super::*;

async fn listed(office: &Office, page_size: i32) -> Vec<pb::Task> {
    let (mut tasks, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = pb::ListTasksRequest {
            parent: "projects/hop".into(),
            page_size,
            page_token,
        };
        let page = office
            .plans
            .clone()
            .list_tasks(office.reporter.ask(list))
            .await;
        let page = page.unwrap().into_inner();
        tasks.extend(page.tasks);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return tasks;
        }
    }
}

#[tokio::test]
async fn tasks_are_added_changed_and_listed_with_what_is_overdue() {
    let office = Office::open().await;
    office.task("hop", "Triển khai phòng họp không giấy").await;
    let due = pb::Task {
        due_date: "2022-06-23".into(),
        assignee_unit: "units/xa-long-hiep".into(),
        ..work("Khảo sát", 3)
    };
    let due = office.add_task("hop", due).await.unwrap();
    assert_eq!(due.progress(), pb::TaskProgress::NotStarted);
    // The clock stands on 24 June 2022.
    assert!(due.overdue);
    let words = pb::Task {
        due_text: "20 ngày sau khi được cấp kinh phí".into(),
        ..work("Lắp đặt", 7)
    };
    let words = office.add_task("hop", words).await.unwrap();
    assert!(!words.overdue);
    let done = pb::Task {
        progress: pb::TaskProgress::Done.into(),
        result_text: "Đã khảo sát 5 xã".into(),
        ..due.clone()
    };
    let done = office.set_task(done).await.unwrap();
    assert!(!done.overdue);
    assert_eq!(done.title, "Khảo sát");
    assert_eq!(refusal(office.set_task(due).await).1, "ETAG_MISMATCH");
    assert_eq!(listed(&office, 1).await, [done.clone(), words]);
    let get = pb::GetTaskRequest {
        name: done.name.clone(),
    };
    let read = office
        .plans
        .clone()
        .get_task(office.reporter.ask(get))
        .await;
    assert_eq!(read.unwrap().into_inner(), done);
}

#[tokio::test]
async fn bad_tasks_are_named_field_by_field_and_strangers_learn_nothing() {
    let office = Office::open().await;
    office.task("hop", "Triển khai phòng họp không giấy").await;
    let bad = pb::Task {
        assignee_unit: "xa-long-hiep".into(),
        due_date: "24/6/2022".into(),
        plan_period: "6 tháng cuối năm".into(),
        weight: 10_001,
        progress: 9,
        ..Default::default()
    };
    let expected = [
        "task.title",
        "task.assignee_unit",
        "task.due_date",
        "task.plan_period",
        "task.weight",
        "task.progress",
    ];
    assert_eq!(bad_fields(office.add_task("hop", bad).await), expected);
    let nobody = pb::Task {
        assignee_unit: "units/khong-co".into(),
        ..work("Khảo sát", 0)
    };
    assert_eq!(
        bad_fields(office.add_task("hop", nobody).await),
        ["task.assignee_unit"]
    );
    let task = office
        .add_task("hop", work("Khảo sát", 10_000))
        .await
        .unwrap();
    let stranger = office
        .world
        .person("ba-to", "reporter", "huyen-ba-to")
        .await;
    let get = |name: &str| stranger.ask(pb::GetTaskRequest { name: name.into() });
    let there = office
        .plans
        .clone()
        .get_task(get(&task.name))
        .await
        .unwrap_err();
    let not_there = office
        .plans
        .clone()
        .get_task(get("projects/x/tasks/t000001"))
        .await;
    let not_there = not_there.unwrap_err();
    assert_eq!(there.code(), Code::PermissionDenied);
    assert_eq!(
        (there.code(), there.message()),
        (not_there.code(), not_there.message())
    );
    let missing = pb::GetTaskRequest {
        name: "projects/hop/tasks/t000099".into(),
    };
    let missing = office
        .plans
        .clone()
        .get_task(office.reporter.ask(missing))
        .await;
    assert_eq!(refusal(missing).1, "TASK_NOT_FOUND");
}
