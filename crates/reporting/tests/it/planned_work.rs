//! What a unit planned in one report is told in the draft of the next, with its outcome.

use proto::{
    projects::{self as projects, project_service_client::ProjectServiceClient},
    reporting::{self as pb, section_body::Body},
};
use tonic_types::StatusExt;

use crate::stage::Stage;

const SECOND_HALF: &str = "reports/yc-h2.huyen-minh-long";

async fn enter(stage: &Stage, progress_entry: projects::ProgressEntry) {
    let create = projects::CreateProgressEntryRequest {
        parent: "projects/hop".into(),
        progress_entry: Some(progress_entry),
        ..Default::default()
    };
    ProjectServiceClient::new(stage.projects.clone())
        .create_progress_entry(stage.reporter.ask(create))
        .await
        .unwrap();
}

/// A project that was not begun in the first half, with a plan for the second.
async fn planned() -> Stage {
    let stage = Stage::new().await;
    let project = projects::Project {
        display_name: "Triển khai phòng họp không giấy".into(),
        kind: projects::ProjectKind::Task.into(),
        owner_unit: "units/huyen-minh-long".into(),
        start_period: "2022-h1".into(),
        ..Default::default()
    };
    let create = projects::CreateProjectRequest {
        project: Some(project),
        project_id: "hop".into(),
        ..Default::default()
    };
    ProjectServiceClient::new(stage.projects.clone())
        .create_project(stage.reporter.ask(create))
        .await
        .unwrap();
    let first_half = projects::ProgressEntry {
        period: "2022-h1".into(),
        health: projects::Health::NotStarted.into(),
        plan_text: "Lắp đặt phòng họp không giấy tại UBND huyện".into(),
        ..Default::default()
    };
    enter(&stage, first_half).await;
    stage.ask_again("yc-h2", "2022-h2").await;
    stage
}

async fn results(stage: &Stage) -> Vec<String> {
    stage
        .write(&stage.reporter, SECOND_HALF, "huyen-minh-long")
        .await;
    let list = pb::ListReportSectionsRequest {
        parent: SECOND_HALF.into(),
    };
    let answer = stage
        .reports()
        .list_report_sections(stage.reporter.ask(list))
        .await;
    let first = answer.unwrap().into_inner().sections.remove(0);
    let Some(Body::Narrative(text)) = first.body.unwrap().body else {
        panic!()
    };
    text.blocks.into_iter().skip(1).map(|it| it.text).collect()
}

#[tokio::test]
async fn a_plan_of_the_first_half_stands_in_the_draft_of_the_second_with_its_outcome() {
    let stage = planned().await;
    let second_half = projects::ProgressEntry {
        period: "2022-h2".into(),
        health: projects::Health::Done.into(),
        result_text: "Đã lắp đặt, đưa vào sử dụng".into(),
        ..Default::default()
    };
    enter(&stage, second_half).await;
    assert_eq!(
        results(&stage).await,
        ["Lắp đặt phòng họp không giấy tại UBND huyện: Đã lắp đặt, đưa vào sử dụng"]
    );
}

#[tokio::test]
async fn a_plan_of_which_nothing_was_said_says_so() {
    let stage = planned().await;
    assert_eq!(
        results(&stage).await,
        ["Lắp đặt phòng họp không giấy tại UBND huyện: chưa có báo cáo tiến độ"]
    );
}

#[tokio::test]
async fn only_a_narrative_lists_planned_work() {
    let stage = Stage::new().await;
    let section = pb::SectionSpec {
        key: "du-an".into(),
        heading: "Dự án".into(),
        kind: pb::SectionKind::ProjectTable.into(),
        consolidation: pb::ConsolidationRule::UnionRows.into(),
        lists_planned_work: true,
        ..Default::default()
    };
    let create = pb::CreateReportTemplateRequest {
        owner_unit: "units/so-tttt".into(),
        report_template: Some(pb::ReportTemplate {
            display_name: "Mẫu".into(),
            subject: "Báo cáo".into(),
            opening: "Báo cáo như sau:".into(),
            closing: "Kính báo cáo./.".into(),
            sections: vec![section],
            ..Default::default()
        }),
        report_template_id: "mau-sai".into(),
        ..Default::default()
    };
    let refused = stage
        .templates()
        .create_report_template(stage.receiver.ask(create))
        .await;
    let status = refused.unwrap_err();
    let details = status.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(
        violation.field,
        "report_template.sections[0].lists_planned_work"
    );
}
