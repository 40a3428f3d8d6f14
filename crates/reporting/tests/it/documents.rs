use proto::reporting::{
    self as pb, consolidation_service_client::ConsolidationServiceClient,
    document_service_client::DocumentServiceClient,
};
use testkit::Person;
use tonic::Status;

use crate::stage::{MINH_LONG, REQUEST, Stage};

async fn render(
    stage: &Stage,
    person: &Person,
    source: &str,
    format: pb::DocumentFormat,
) -> Result<pb::RenderDocumentResponse, Status> {
    let request = pb::RenderDocumentRequest {
        source: source.into(),
        format: format.into(),
    };
    let mut client = DocumentServiceClient::new(stage.reporting.clone());
    client
        .render_document(person.ask(request))
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test]
async fn what_was_sent_prints_the_same_bytes_for_ever() {
    let stage = Stage::new().await;
    let sent = stage.sent().await;
    let first = render(&stage, &stage.leader, &sent.name, pb::DocumentFormat::Pdf)
        .await
        .unwrap();
    assert!(first.content.starts_with(b"%PDF-"));
    let back = stage.send_back(&stage.receiver, MINH_LONG, "Rà soát lại");
    back.await.unwrap();
    assert_eq!(stage.certificates(140).await, "");
    let again = render(&stage, &stage.receiver, &sent.name, pb::DocumentFormat::Pdf)
        .await
        .unwrap();
    assert_eq!(first.content, again.content);
    assert_eq!(first.file.unwrap().file, "yc-847-huyen-minh-long-1.pdf");
}

#[tokio::test]
async fn a_report_that_is_in_prints_as_it_was_sent() {
    let stage = Stage::new().await;
    let sent = stage.sent().await;
    let pdf = pb::DocumentFormat::Pdf;
    let as_report = render(&stage, &stage.leader, MINH_LONG, pdf).await.unwrap();
    let as_sent = render(&stage, &stage.leader, &sent.name, pdf)
        .await
        .unwrap();
    assert_eq!(as_report.content, as_sent.content);
}

#[tokio::test]
async fn who_may_print_may_not_for_that_print_what_he_may_not_read() {
    let stage = Stage::new().await;
    stage.sent().await;
    stage.accept(MINH_LONG).await.unwrap();
    let consolidate = pb::ConsolidateReportsRequest {
        report_request: REQUEST.into(),
        ..Default::default()
    };
    let mut consolidations = ConsolidationServiceClient::new(stage.reporting.clone());
    let made = consolidations
        .consolidate_reports(stage.receiver.ask(consolidate))
        .await
        .unwrap();
    let name = made.into_inner().consolidation.unwrap().name;
    let viewer = stage.world.person("nguoi-xem", "viewer", "so-tttt").await;
    let pdf = pb::DocumentFormat::Pdf;
    let refused = render(&stage, &viewer, &name, pdf).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    render(&stage, &stage.receiver, &name, pdf).await.unwrap();
}

#[tokio::test]
async fn a_draft_can_be_printed_before_it_is_complete() {
    let stage = Stage::new().await;
    let docx = render(&stage, &stage.reporter, MINH_LONG, pb::DocumentFormat::Docx)
        .await
        .unwrap();
    assert!(docx.content.starts_with(b"PK"));
    assert_eq!(
        docx.file.unwrap().size_bytes,
        i64::try_from(docx.content.len()).unwrap()
    );
}

#[tokio::test]
async fn who_may_not_read_a_report_may_not_print_it() {
    let stage = Stage::new().await;
    let neighbour = stage
        .world
        .person("can-bo-ba-to", "viewer", "huyen-ba-to")
        .await;
    let refused = render(&stage, &neighbour, MINH_LONG, pb::DocumentFormat::Pdf)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
}
