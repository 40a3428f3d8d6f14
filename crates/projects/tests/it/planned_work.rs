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
    // Still open when its end has passed, it is carried over like a task.
    let later = planned(&office, "2023-h1").await;
    assert_eq!(lines(&later), [("Mua sắm máy tính", "", true)]);
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

#[tokio::test]
async fn a_plan_in_words_is_carried_on_until_somebody_says_that_it_is_done() {
    let office = Office::open().await;
    let plan = |period: &str, text: &str| pb::ProgressEntry {
        plan_text: text.into(),
        ..progress(period, pb::Health::NotStarted)
    };
    for id in ["hop", "may-tinh", "tap-huan"] {
        office.task(id, id).await;
        let first = plan("2022-q1", &format!("Kế hoạch của {id}"));
        let first = office.enter(id, first).await.unwrap();
        assert_eq!(first.plan_period, "2022-q2");
    }
    // What is planned for a quarter is planned for its months as well.
    let of_month = planned(&office, "2022-m05").await;
    assert_eq!(of_month.len(), 3);
    assert!(of_month.iter().all(|it| !it.carried_over));
    assert!(planned(&office, "2022-m03").await.is_empty());

    // The quarter is over: one is done, one has a new plan, of one nothing was said.
    let done = progress("2022-q2", pb::Health::Done);
    office.enter("may-tinh", done).await.unwrap();
    let again = plan("2022-q2", "Kế hoạch mới");
    office.enter("tap-huan", again).await.unwrap();
    let expected = [("Kế hoạch của hop", "", true), ("Kế hoạch mới", "", false)];
    let next = planned(&office, "2022-q3").await;
    assert_eq!(lines(&next), expected);
    assert_eq!(next[0].plan_period, "2022-q2");
    // What is said for the period itself is its outcome.
    let begun = pb::ProgressEntry {
        result_text: "Đang lắp đặt".into(),
        ..progress("2022-q3", pb::Health::OnTrack)
    };
    office.enter("hop", begun).await.unwrap();
    let next = planned(&office, "2022-q3").await;
    assert_eq!(lines(&next)[0], ("Kế hoạch của hop", "Đang lắp đặt", true));
    let later = planned(&office, "2022-q4").await;
    let expected = [("Kế hoạch của hop", "", true), ("Kế hoạch mới", "", true)];
    assert_eq!(lines(&later), expected);
}

#[tokio::test]
async fn what_goes_on_all_the_time_is_planned_anew_for_every_period() {
    let office = Office::open().await;
    let always = pb::Project {
        deadline_text: "thường xuyên".into(),
        ..task("Tuyên truyền chuyển đổi số")
    };
    office
        .create_project("tuyen-truyen", always.clone())
        .await
        .unwrap();
    let told = pb::Project {
        display_name: "Vận hành Cổng thông tin điện tử".into(),
        ..always
    };
    office.create_project("cong", told).await.unwrap();
    let first = pb::ProgressEntry {
        plan_text: "Đăng tin, bài hằng tuần".into(),
        ..progress("2022-h1", pb::Health::Done)
    };
    office.enter("cong", first).await.unwrap();
    let work = pb::Task {
        due_text: "Thường xuyên".into(),
        ..work("Sao lưu dữ liệu", 1)
    };
    let work = office.add_task("cong", work).await.unwrap();
    for period in ["2022-h2", "2023-h1", "2024-q3"] {
        let expected = [
            ("Tuyên truyền chuyển đổi số", "", false),
            ("Đăng tin, bài hằng tuần", "", false),
            ("Sao lưu dữ liệu", "Chưa thực hiện", false),
        ];
        assert_eq!(lines(&planned(&office, period).await), expected, "{period}");
    }
    let given_up = pb::Task {
        progress: pb::TaskProgress::Cancelled.into(),
        ..work
    };
    office.set_task(given_up).await.unwrap();
    assert_eq!(planned(&office, "2022-h2").await.len(), 2);
}

#[tokio::test]
async fn twenty_days_after_the_money_is_granted_is_a_day_once_it_is_granted() {
    let office = Office::open().await;
    let words = "20 ngày sau khi được cấp kinh phí";
    let project = pb::Project {
        deadline_text: words.into(),
        ..task("Triển khai phòng họp không giấy")
    };
    let project = office.create_project("hop", project).await.unwrap();
    assert_eq!(
        (
            project.deadline_text.as_str(),
            project.deadline_date.as_str()
        ),
        (words, "")
    );
    let due = pb::Task {
        due_text: words.into(),
        ..work("Lắp đặt", 1)
    };
    let due = office.add_task("hop", due).await.unwrap();
    assert_eq!((due.deadline_date.as_str(), due.overdue), ("", false));
    assert!(planned(&office, "2022-h1").await.is_empty());

    office.approve_for_money(&project).await;
    office.open_line("hop", 2022, None).await.unwrap();
    // Issued on 10 May 2022; the clock stands on 24 June.
    let decision = office
        .decide("cap", pb::DecisionKind::AssignBudget, 100)
        .await;
    let granted = office
        .allocate(&office.receiver, "hop", &decision, 100)
        .await;
    let granted = granted.unwrap();
    assert_eq!(
        office.get_project("projects/hop").await.deadline_date,
        "2022-05-30"
    );
    let get = pb::GetTaskRequest {
        name: due.name.clone(),
    };
    let read = office
        .plans
        .clone()
        .get_task(office.reporter.ask(get))
        .await;
    let read = read.unwrap().into_inner();
    assert_eq!(
        (read.deadline_date.as_str(), read.overdue),
        ("2022-05-30", true)
    );
    let listed = planned(&office, "2022-h1").await;
    let told: Vec<_> = listed
        .iter()
        .map(|it| {
            (
                it.text.as_str(),
                it.deadline_text.as_str(),
                it.deadline_date.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Triển khai phòng họp không giấy", words, "2022-05-30"),
            ("Lắp đặt", words, "2022-05-30"),
        ]
    );

    // Money that was entered wrongly was never granted.
    let reversal = pb::Allocation {
        reverses: granted.name,
        ..Default::default()
    };
    office
        .enter_allocation(&line("hop"), reversal)
        .await
        .unwrap();
    assert_eq!(office.get_project("projects/hop").await.deadline_date, "");
}
