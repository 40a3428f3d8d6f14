use proto::{
    reporting::{self as pb, section_body::Body},
    shared::quantity::Value,
};
use tonic_types::StatusExt;

use crate::stage::{MINH_LONG, Stage, block, reason};

async fn sections(stage: &Stage) -> Vec<pb::ReportSection> {
    let list = pb::ListReportSectionsRequest {
        parent: MINH_LONG.into(),
    };
    let answer = stage
        .reports()
        .list_report_sections(stage.reporter.ask(list))
        .await
        .unwrap();
    answer.into_inner().sections
}

fn narrative(section: pb::ReportSection, text: &str) -> pb::UpdateReportSectionRequest {
    let body = pb::SectionBody {
        body: Some(Body::Narrative(pb::Narrative {
            blocks: vec![block(text)],
        })),
    };
    let section = pb::ReportSection {
        body: Some(body),
        ..section
    };
    pb::UpdateReportSectionRequest {
        section: Some(section),
        ..Default::default()
    }
}

#[tokio::test]
async fn prefilling_keeps_what_a_person_wrote() {
    let stage = Stage::new().await;
    let first = sections(&stage).await.remove(0);
    let mut reports = stage.reports();
    let update = narrative(first, "Viết tay, {{value.chung-thu-so}} chứng thư số");
    reports
        .update_report_section(stage.reporter.ask(update))
        .await
        .unwrap();
    stage
        .set(
            &stage.reporter,
            "huyen-minh-long",
            "chung-thu-so",
            Value::Count(132),
        )
        .await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    let first = sections(&stage).await.remove(0);
    let Some(Body::Narrative(text)) = first.body.unwrap().body else {
        panic!()
    };
    assert_eq!(text.blocks[0].resolved_text, "Viết tay, 132 chứng thư số");
    assert_eq!(first.last_editor, "users/can-bo");
}

#[tokio::test]
async fn two_people_writing_in_one_section_do_not_lose_each_other_s_words() {
    let stage = Stage::new().await;
    let first = sections(&stage).await.remove(0);
    let mut reports = stage.reports();
    let one = narrative(first.clone(), "người thứ nhất");
    reports
        .update_report_section(stage.reporter.ask(one))
        .await
        .unwrap();
    let two = narrative(first, "người thứ hai");
    let refused = reports
        .update_report_section(stage.reporter.ask(two))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "ETAG_MISMATCH");
}

#[tokio::test]
async fn a_placeholder_nobody_knows_is_refused_with_its_place() {
    let stage = Stage::new().await;
    let first = sections(&stage).await.remove(0);
    let update = narrative(first, "đạt {{value.Tỷ lệ}} và {{ 7*7 }}");
    let refused = stage
        .reports()
        .update_report_section(stage.reporter.ask(update))
        .await
        .unwrap_err();
    let details = refused.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.field, "section.body.narrative.blocks[0].text");
    assert_eq!(violation.reason, "PLACEHOLDER");
}

#[tokio::test]
async fn a_missing_figure_stops_a_report_and_an_offence_against_form_only_warns() {
    let stage = Stage::new().await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    let validate = || {
        stage.reporter.ask(pb::ValidateReportRequest {
            name: MINH_LONG.into(),
        })
    };
    let found = stage
        .reports()
        .validate_report(validate())
        .await
        .unwrap()
        .into_inner();
    assert!(!found.submittable);
    assert_eq!(found.issues[0].code, "VALUE_MISSING");
    stage
        .set(
            &stage.reporter,
            "huyen-minh-long",
            "chung-thu-so",
            Value::Count(132),
        )
        .await;
    let found = stage
        .reports()
        .validate_report(validate())
        .await
        .unwrap()
        .into_inner();
    assert!(found.submittable);
    let codes: Vec<_> = found.issues.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "PARTS_DO_NOT_ADD_UP",
            "ADDRESSEE_MISSING",
            "FIRST_RECIPIENT",
            "ON_BEHALF_LINE"
        ]
    );
    assert!(found.issues.iter().all(|it| !it.message_vi.is_empty()));
}

#[tokio::test]
async fn a_report_under_review_is_not_written_in() {
    let stage = Stage::new().await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    let first = sections(&stage).await.remove(0);
    let update = narrative(first, "thêm vào sau");
    let refused = stage
        .reports()
        .update_report_section(stage.reporter.ask(update))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "STATE_NOT_ALLOWED");
}
