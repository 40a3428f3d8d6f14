//! Completion by what somebody says, by quantity, and by milestones.

use super::*;

fn measured(method: pb::CompletionMethod) -> pb::Project {
    pb::Project {
        completion_method: method.into(),
        ..task("Triển khai phòng họp trực tiếp tại UBND huyện, UBND 5 xã")
    }
}

#[tokio::test]
async fn by_quantity_it_is_what_is_done_over_what_is_planned() {
    let office = Office::open().await;
    let project = pb::Project {
        planned_quantity: "6".into(),
        quantity_unit: "phòng họp".into(),
        ..measured(pb::CompletionMethod::Quantity)
    };
    office.create_project("hop", project).await.unwrap();
    let done = |period: &str, quantity: &str| pb::ProgressEntry {
        done_quantity: quantity.into(),
        ..progress(period, pb::Health::OnTrack)
    };
    let quarter = office.enter("hop", done("2022-q1", "2")).await.unwrap();
    assert_eq!(quarter.completion_percent, "33.33");
    assert_eq!(
        (
            quarter.done_quantity.as_str(),
            quarter.planned_quantity.as_str()
        ),
        ("2", "6")
    );
    assert_eq!(quarter.completion_method(), pb::CompletionMethod::Quantity);
    let said_otherwise = pb::ProgressEntry {
        completion_percent: "50".into(),
        ..done("2022-m04", "2")
    };
    assert_eq!(
        bad_fields(office.enter("hop", said_otherwise).await),
        ["progress_entry.completion_percent"]
    );
    let agreed = pb::ProgressEntry {
        completion_percent: "66.67".into(),
        ..done("2022-m04", "4")
    };
    office.enter("hop", agreed).await.unwrap();
    let fell = office.enter("hop", done("2022-m05", "3")).await;
    let (_, reason, facts) = refusal(fell);
    assert_eq!(
        (reason.as_str(), facts["after"].as_str()),
        ("COMPLETION_FELL", "50.00")
    );
    // More than was planned is no more than all; the figure stays.
    let more = office.enter("hop", done("2022-h1", "7")).await.unwrap();
    assert_eq!(
        (
            more.completion_percent.as_str(),
            more.done_quantity.as_str()
        ),
        ("100.00", "7")
    );
    let nothing = office
        .enter("hop", progress("2022-q2", pb::Health::OnTrack))
        .await
        .unwrap();
    assert_eq!(
        (
            nothing.completion_percent.as_str(),
            nothing.planned_quantity.as_str()
        ),
        ("", "")
    );
    assert_eq!(
        bad_fields(office.enter("hop", done("2022-m03", "-1")).await),
        ["progress_entry.done_quantity"]
    );
}

#[tokio::test]
async fn by_milestones_it_is_the_weight_of_the_tasks_that_are_done() {
    let office = Office::open().await;
    let project = measured(pb::CompletionMethod::Milestones);
    office.create_project("hop", project).await.unwrap();
    let nothing = office
        .enter("hop", progress("2022-q1", pb::Health::NotStarted))
        .await
        .unwrap();
    assert_eq!(nothing.completion_percent, "");
    let mut tasks = Vec::new();
    for (title, weight) in [
        ("Khảo sát", 1),
        ("Mua sắm", 3),
        ("Lắp đặt", 4),
        ("Tập huấn", 2),
    ] {
        tasks.push(office.add_task("hop", work(title, weight)).await.unwrap());
    }
    let with = async |task: &pb::Task, progress: pb::TaskProgress| {
        let task = pb::Task {
            progress: progress.into(),
            ..task.clone()
        };
        office.set_task(task).await.unwrap()
    };
    with(&tasks[0], pb::TaskProgress::Done).await;
    with(&tasks[1], pb::TaskProgress::Done).await;
    with(&tasks[2], pb::TaskProgress::InProgress).await;
    let april = office
        .enter("hop", progress("2022-m04", pb::Health::OnTrack))
        .await
        .unwrap();
    assert_eq!(april.completion_percent, "40.00");
    assert_eq!(
        (
            april.done_quantity.as_str(),
            april.planned_quantity.as_str()
        ),
        ("4", "10")
    );
    // What was given up counts neither way; the entry of April stays as it was.
    with(&tasks[3], pb::TaskProgress::Cancelled).await;
    let may = office
        .enter("hop", progress("2022-m05", pb::Health::OnTrack))
        .await
        .unwrap();
    assert_eq!(may.completion_percent, "50.00");
    let read = office.get_project("projects/hop").await;
    assert_eq!(
        (
            read.completion_percent.as_str(),
            read.latest_progress_entry.as_str()
        ),
        ("50.00", may.name.as_str())
    );
    assert_eq!(office.rows("2022-m04").await[0].completion_percent, "40.00");
    let quantity = pb::ProgressEntry {
        done_quantity: "4".into(),
        ..progress("2022-h1", pb::Health::OnTrack)
    };
    assert_eq!(
        bad_fields(office.enter("hop", quantity).await),
        ["progress_entry.done_quantity"]
    );
}

#[tokio::test]
async fn a_period_is_reported_on_when_it_and_the_project_have_begun() {
    let office = Office::open().await;
    office.task("hop", "Triển khai phòng họp không giấy").await;
    let enter = |period: &str| office.enter("hop", progress(period, pb::Health::OnTrack));
    // The clock stands on 24 June 2022; the second half counts from 15 June.
    enter("2022-h2").await.unwrap();
    let (_, reason, facts) = refusal(enter("2022-q4").await);
    assert_eq!(
        (reason.as_str(), facts["start"].as_str()),
        ("PERIOD_NOT_BEGUN", "2022-09-15")
    );
    let (_, reason, _) = refusal(enter("2021").await);
    assert_eq!(reason, "UNIT_NOT_IN_FORCE");
    let later = pb::Project {
        start_period: "2022-q2".into(),
        ..task("Muộn hơn")
    };
    office.create_project("muon", later).await.unwrap();
    let early = office
        .enter("muon", progress("2022-q1", pb::Health::OnTrack))
        .await;
    assert_eq!(refusal(early).1, "PERIOD_BEFORE_PROJECT");
    let tomorrow = pb::ProgressEntry {
        as_of_date: "2022-06-25".into(),
        ..progress("2022-h1", pb::Health::OnTrack)
    };
    assert_eq!(
        bad_fields(office.enter("hop", tomorrow).await),
        ["progress_entry.as_of_date"]
    );
    let today = pb::ProgressEntry {
        as_of_date: "2022-06-24".into(),
        ..progress("2022-h1", pb::Health::OnTrack)
    };
    assert_eq!(
        office.enter("hop", today).await.unwrap().as_of_date,
        "2022-06-24"
    );
}
