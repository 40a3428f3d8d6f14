//! Who approves, what he approves, and who takes it in.

use proto::{
    reporting::{self as pb, request_service_client::RequestServiceClient},
    shared::quantity::Value,
};
use tonic::Code;
use tonic_types::StatusExt;

use crate::stage::{MINH_LONG, REQUEST, Stage, block, reason};

#[tokio::test]
async fn a_leader_approves_what_he_has_read_and_nothing_else() {
    let stage = Stage::new().await;
    assert_eq!(stage.certificates(132).await, "");
    let unit = "huyen-minh-long";
    stage.write(&stage.reporter, MINH_LONG, unit).await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    let read = stage.sections(&stage.leader, MINH_LONG).await;
    // A slip of the finger between his reading and his click.
    assert_eq!(stage.certificates(1320).await, "");
    let approve = stage.approve_read(&stage.leader, MINH_LONG, read.content_sha256);
    let refused = approve.await.unwrap_err();
    assert_eq!(reason(&refused), "CHANGED_SINCE_READ");
    let details = refused.get_error_details();
    let vietnamese = &details.localized_message().unwrap().message;
    assert!(vietnamese.contains("đã thay đổi"), "{vietnamese}");
    assert_eq!(stage.certificates(132).await, "");
    let read = stage.sections(&stage.leader, MINH_LONG).await;
    let validate = pb::ValidateReportRequest {
        name: MINH_LONG.into(),
    };
    let mut reports = stage.reports();
    let checked = reports.validate_report(stage.leader.ask(validate)).await;
    let checked = checked.unwrap().into_inner();
    assert_eq!(checked.content_sha256, read.content_sha256);
    let approve = stage.approve_read(&stage.leader, MINH_LONG, read.content_sha256);
    approve.await.unwrap();
}

#[tokio::test]
async fn an_approval_names_what_was_read() {
    let stage = Stage::new().await;
    let approve = stage.approve_read(&stage.leader, MINH_LONG, String::new());
    let refused = approve.await.unwrap_err();
    let details = refused.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(
        (violation.field.as_str(), violation.reason.as_str()),
        ("content_sha256", "REQUIRED")
    );
}

#[tokio::test]
async fn who_entered_a_figure_may_not_approve_the_report_that_cites_it() {
    let stage = Stage::new().await;
    let unit = "huyen-minh-long";
    // The deputy fills in for the clerk one day, and enters the figure himself.
    stage.world.grant(&stage.leader, "reporter", unit).await;
    stage
        .set(&stage.leader, unit, "chung-thu-so", Value::Count(132))
        .await;
    stage.write(&stage.reporter, MINH_LONG, unit).await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    let refused = stage.approve(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "OWN_FIGURES");
    let english = refused.message();
    assert!(english.contains("indicators/chung-thu-so"), "{english}");
    let chair = stage.world.person("chu-tich", "leader", unit).await;
    stage.approve(&chair, MINH_LONG).await.unwrap();
}

#[tokio::test]
async fn who_approved_a_report_does_not_take_it_in_on_the_other_side() {
    let stage = Stage::new().await;
    stage.sent().await;
    let province = "tinh-quang-ngai";
    stage
        .world
        .grant(&stage.reporter, "receiver", province)
        .await;
    let accept = pb::AcceptReportRequest {
        name: MINH_LONG.into(),
        etag: stage.report(&stage.receiver, MINH_LONG).await.etag,
        ..Default::default()
    };
    let accepted = stage
        .reports()
        .accept_report(stage.reporter.ask(accept))
        .await;
    assert_eq!(reason(&accepted.unwrap_err()), "SENDER_MAY_NOT_ACCEPT");
    stage.accept(MINH_LONG).await.unwrap();
}

#[tokio::test]
async fn a_department_takes_in_what_it_asked_for_without_rights_over_the_districts() {
    let stage = Stage::new().await;
    let clerk = stage.world.person("cv-so", "receiver", "so-tttt").await;
    let get = pb::GetReportRequest {
        name: MINH_LONG.into(),
    };
    let early = stage.reports().get_report(clerk.ask(get.clone())).await;
    assert_eq!(early.unwrap_err().code(), Code::PermissionDenied);
    stage.sent().await;
    let read = stage.reports().get_report(clerk.ask(get)).await.unwrap();
    let accept = pb::AcceptReportRequest {
        name: MINH_LONG.into(),
        etag: read.into_inner().etag,
        ..Default::default()
    };
    let accepted = stage.reports().accept_report(clerk.ask(accept)).await;
    assert_eq!(
        accepted.unwrap().get_ref().state(),
        pb::ReportState::Accepted
    );
    let mut requests = RequestServiceClient::new(stage.reporting.clone());
    let again = pb::CreateReportRequestRequest {
        report_request: Some(pb::ReportRequest {
            document_number: "901/STTTT-BCVT&CNTT".into(),
            ..stage.request(&clerk, REQUEST).await
        }),
        report_request_id: "yc-901".into(),
        ..Default::default()
    };
    let made = requests.create_report_request(clerk.ask(again)).await;
    let made = made.unwrap().into_inner();
    let issue = pb::IssueReportRequestRequest {
        name: made.name,
        etag: made.etag,
        ..Default::default()
    };
    requests
        .issue_report_request(clerk.ask(issue))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_written_comes_back_with_its_figures_in_place() {
    let stage = Stage::new().await;
    assert_eq!(stage.certificates(132).await, "");
    let section = stage.sections(&stage.reporter, MINH_LONG).await;
    let narrative = pb::Narrative {
        blocks: vec![block("Đã cấp {{value.chung-thu-so}} chứng thư số.")],
    };
    let body = pb::section_body::Body::Narrative(narrative);
    let update = pb::UpdateReportSectionRequest {
        section: Some(pb::ReportSection {
            body: Some(pb::SectionBody { body: Some(body) }),
            ..section.sections[0].clone()
        }),
        ..Default::default()
    };
    let mut reports = stage.reports();
    let answer = reports
        .update_report_section(stage.reporter.ask(update))
        .await;
    let body = answer.unwrap().into_inner().body.unwrap().body;
    let Some(pb::section_body::Body::Narrative(narrative)) = body else {
        panic!("{body:?}");
    };
    let resolved = &narrative.blocks[0].resolved_text;
    assert_eq!(resolved, "Đã cấp 132 chứng thư số.");
}

#[tokio::test]
async fn an_outline_that_asks_for_what_nobody_defined_is_not_sent_out() {
    let stage = Stage::new().await;
    let refused = stage
        .issue_with("Cấp {{value.chua-co}} chứng thư số.")
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "INDICATORS_NOT_DEFINED");
    assert!(refused.message().contains("indicators/chua-co"));
}

#[tokio::test]
async fn a_report_stays_small_enough_to_be_read() {
    let stage = Stage::new().await;
    let page = "Nội dung báo cáo ".repeat(580);
    let mut section = stage
        .sections(&stage.reporter, MINH_LONG)
        .await
        .sections
        .remove(0);
    let narrative = pb::Narrative {
        blocks: vec![block(&page); 70],
    };
    let body = pb::section_body::Body::Narrative(narrative);
    section.body = Some(pb::SectionBody { body: Some(body) });
    let update = pb::UpdateReportSectionRequest {
        section: Some(section),
        ..Default::default()
    };
    let mut reports = stage.reports();
    let refused = reports
        .update_report_section(stage.reporter.ask(update))
        .await;
    assert_eq!(reason(&refused.unwrap_err()), "REPORT_TOO_LARGE");
}
