//! A report is signed by a post, or by who was delegated to sign in its stead.

use proto::{
    directory::{
        self as directory, signing_service_client::SigningServiceClient,
        user_service_client::UserServiceClient,
    },
    reporting as pb,
    shared::{Validity, quantity::Value},
};
use tonic::Status;
use tonic_types::StatusExt;

use crate::stage::{MINH_LONG, Stage, reason};

const UNIT: &str = "units/huyen-minh-long";

fn validity(start: &str, end: &str) -> Option<Validity> {
    Some(Validity {
        start_date: start.into(),
        end_date: end.into(),
    })
}

/// The chairman lets the leader sign until a day.
async fn delegation(stage: &Stage, end: &str) -> directory::SigningDelegation {
    let administrator = &stage.world.administrator;
    let chairman = stage
        .world
        .person("chu-tich", "viewer", "huyen-minh-long")
        .await;
    let create = directory::CreatePositionRequest {
        parent: UNIT.into(),
        position_id: "chu-tich".into(),
        position: Some(directory::Position {
            user: chairman.name,
            title: "Chủ tịch".into(),
            is_head: true,
            can_sign: true,
            signing_form: directory::SigningForm::Tm.into(),
            validity: validity("2022-01-01", ""),
            ..Default::default()
        }),
        ..Default::default()
    };
    let post = UserServiceClient::new(stage.world.directory())
        .create_position(administrator.ask(create))
        .await
        .unwrap()
        .into_inner();
    let create = directory::CreateSigningDelegationRequest {
        parent: post.name,
        delegation_id: "di-cong-tac".into(),
        delegation: Some(directory::SigningDelegation {
            user: stage.leader.name.clone(),
            title: "Chánh Văn phòng".into(),
            document_number: "15/GUQ-UBND".into(),
            document_date: "2022-06-01".into(),
            validity: validity("2022-06-01", end),
            reason: "Chủ tịch đi công tác".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    SigningServiceClient::new(stage.world.directory())
        .create_signing_delegation(administrator.ask(create))
        .await
        .unwrap()
        .into_inner()
}

/// Writes Minh Long's report and names who signs it.
async fn write(stage: &Stage, signer: &str) -> Result<(), Status> {
    let figure = Value::Count(132);
    stage
        .set(&stage.reporter, "huyen-minh-long", "chung-thu-so", figure)
        .await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    let report = pb::Report {
        signer_position: signer.into(),
        ..stage.report(&stage.reporter, MINH_LONG).await
    };
    let update = pb::UpdateReportRequest {
        report: Some(report),
        ..Default::default()
    };
    let ask = stage.reporter.ask(update);
    stage.reports().update_report(ask).await.map(|_| ())
}

#[tokio::test]
async fn a_report_is_signed_by_who_was_delegated_to_and_says_in_whose_stead() {
    let stage = Stage::new().await;
    let given = delegation(&stage, "2022-07-01").await;
    write(&stage, &given.name).await.unwrap();
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let sent = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(sent.signing_lines, ["TUQ. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"]);
    assert_eq!(sent.signer, "lanh-dao");
}

#[tokio::test]
async fn nobody_is_named_to_sign_by_a_delegation_that_is_over() {
    let stage = Stage::new().await;
    // Today is the first day on which it no longer counts.
    let given = delegation(&stage, "2022-06-24").await;
    let refused = write(&stage, &given.name).await.unwrap_err();
    let details = refused.get_error_details();
    let bad = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(bad.field, "report.signer_position");
    assert_eq!(bad.reason, "REFERENCE_NOT_FOUND");
}

async fn take_back(stage: &Stage, given: directory::SigningDelegation) {
    let revoke = directory::RevokeSigningDelegationRequest {
        name: given.name,
        reason: "Chủ tịch đã về".into(),
        etag: given.etag,
        ..Default::default()
    };
    SigningServiceClient::new(stage.world.directory())
        .revoke_signing_delegation(stage.world.administrator.ask(revoke))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_report_is_not_approved_under_a_delegation_that_was_taken_back() {
    let stage = Stage::new().await;
    let given = delegation(&stage, "2022-07-01").await;
    write(&stage, &given.name).await.unwrap();
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    take_back(&stage, given).await;
    let refused = stage.approve(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "REPORT_INCOMPLETE");
    let details = refused.get_error_details();
    let codes = &details.error_info().unwrap().metadata["codes"];
    assert_eq!(codes, "SIGNER_NOT_IN_FORCE");
}

#[tokio::test]
async fn a_report_is_not_sent_under_a_delegation_that_was_taken_back_after_approval() {
    let stage = Stage::new().await;
    let given = delegation(&stage, "2022-07-01").await;
    write(&stage, &given.name).await.unwrap();
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    take_back(&stage, given).await;
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "CHANGED_SINCE_APPROVAL");
}
