//! What was planned for "6 tháng cuối năm" is told in the next period with its state.

use super::*;

async fn planned(office: &Office, period: &str) -> Vec<pb::PlannedWork> {
    let list = pb::ListPlannedWorkRequest {
        unit: "units/huyen-minh-long".into(),
        period: period.into(),
    };
    let answer = office
        .projects
        .clone()
        .list_planned_work(office.reporter.ask(list))
        .await;
    answer.unwrap().into_inner().planned_work
}

fn lines(work: &[pb::PlannedWork]) -> Vec<(&str, &str, bool)> {
    let lines = work.iter();
    lines
        .map(|it| (it.text.as_str(), it.outcome_text.as_str(), it.carried_over))
        .collect()
}

#[tokio::test]
async fn plans_of_the_report_before_and_tasks_of_the_period_come_with_their_state() {
    let office = Office::open().await;
    office.task("hop", "Triển khai phòng họp không giấy").await;
    office
        .task("chi-tieu", "Nâng cao vị trí xếp hạng huyện")
        .await;
    let first_half = pb::ProgressEntry {
        plan_text: "Lắp đặt phòng họp không giấy tại UBND huyện".into(),
        ..progress("2022-h1", pb::Health::NotStarted)
    };
    let first_half = office.enter("hop", first_half).await.unwrap();
    assert_eq!(first_half.plan_period, "2022-h2");
    let task_for = |title: &str, period: &str| pb::Task {
        plan_period: period.into(),
        ..work(title, 1)
    };
    office
        .add_task("hop", task_for("Tập huấn", "2022-q3"))
        .await
        .unwrap();
    let late = office
        .add_task("hop", task_for("Khảo sát", "2022-q1"))
        .await
        .unwrap();
    let dated = pb::Task {
        due_date: "2022-12-31".into(),
        ..work("Nghiệm thu", 1)
    };
    office.add_task("hop", dated).await.unwrap();
    office
        .add_task("chi-tieu", work("Không có kỳ", 1))
        .await
        .unwrap();

    let before = planned(&office, "2022-h2").await;
    let expected = [
        ("Lắp đặt phòng họp không giấy tại UBND huyện", "", false),
        ("Tập huấn", "Chưa thực hiện", false),
        ("Khảo sát", "Chưa thực hiện", true),
        ("Nghiệm thu", "Chưa thực hiện", false),
    ];
    assert_eq!(lines(&before), expected);
    assert_eq!(before[0].progress_entry, first_half.name);
    assert_eq!(before[0].state(), pb::TaskProgress::Unspecified);
    assert_eq!(before[3].deadline_text, "31/12/2022");

    let second_half = pb::ProgressEntry {
        result_text: "Đã lắp đặt tại UBND huyện".into(),
        ..progress("2022-h2", pb::Health::Done)
    };
    office.enter("hop", second_half).await.unwrap();
    let done = pb::Task {
        progress: pb::TaskProgress::Done.into(),
        ..late
    };
    office.set_task(done).await.unwrap();
    let after = planned(&office, "2022-h2").await;
    let expected = [
        (
            "Lắp đặt phòng họp không giấy tại UBND huyện",
            "Đã lắp đặt tại UBND huyện",
            false,
        ),
        ("Tập huấn", "Chưa thực hiện", false),
        ("Nghiệm thu", "Chưa thực hiện", false),
    ];
    assert_eq!(lines(&after), expected);
    assert_eq!(after[0].state(), pb::TaskProgress::Done);
}

#[tokio::test]
async fn a_corrected_plan_is_the_one_that_counts_and_one_without_words_is_the_project_itself() {
    let office = Office::open().await;
    let dated = pb::Project {
        plan_end_date: "2022-09-30".into(),
        ..task("Mua sắm máy tính")
    };
    office.create_project("may-tinh", dated).await.unwrap();
    let work = planned(&office, "2022-h2").await;
    assert_eq!(lines(&work), [("Mua sắm máy tính", "", false)]);
    assert!(planned(&office, "2022-h1").await.is_empty());
    let plan = |text: &str, corrects: &str| pb::ProgressEntry {
        plan_text: text.into(),
        corrects: corrects.into(),
        ..progress("2022-h1", pb::Health::NotStarted)
    };
    let first = office
        .enter("may-tinh", plan("Mua 5 máy", ""))
        .await
        .unwrap();
    let second = office
        .enter("may-tinh", plan("Mua 10 máy", &first.name))
        .await;
    second.unwrap();
    let work = planned(&office, "2022-h2").await;
    assert_eq!(lines(&work), [("Mua 10 máy", "", false)]);

    let backwards = pb::ProgressEntry {
        plan_period: "2022-q1".into(),
        ..plan("Mua máy", "")
    };
    assert_eq!(
        bad_fields(office.enter("may-tinh", backwards).await),
        ["progress_entry.plan_period"]
    );
    let without_words = pb::ProgressEntry {
        plan_period: "2022-h2".into(),
        ..progress("2022-h1", pb::Health::NotStarted)
    };
    assert_eq!(
        bad_fields(office.enter("may-tinh", without_words).await),
        ["progress_entry.plan_text"]
    );
    // Nine months have no next of their kind.
    let nine_months = pb::ProgressEntry {
        plan_text: "Mua máy".into(),
        ..progress("2022-9m", pb::Health::NotStarted)
    };
    assert_eq!(
        bad_fields(office.enter("may-tinh", nine_months).await),
        ["progress_entry.plan_period"]
    );
}
