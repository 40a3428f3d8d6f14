use chrono::{DateTime, Utc};
use proto::{
    reporting::{self as pb, request_service_client::RequestServiceClient},
    shared::quantity::Value,
};
use tonic::Code;
use tonic_types::StatusExt;

use crate::stage::{MINH_LONG, REQUEST, Stage, reason};

#[tokio::test]
async fn a_report_goes_from_draft_to_acceptance_and_pins_its_figures() {
    let stage = Stage::new().await;
    let sent = stage.sent().await;
    assert_eq!(sent.name, format!("{MINH_LONG}/submissions/1"));
    assert_eq!(sent.timeliness(), pb::Timeliness::OnTime);
    assert_eq!(sent.signing_lines, ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]);
    assert_eq!(sent.values[0].text_vi, "132");
    assert_eq!(sent.values[0].revision, 1);
    assert_eq!(sent.content_sha256.len(), 64);
    let opening = &sent.report.as_ref().unwrap().opening;
    assert_eq!(
        opening,
        "Theo đề nghị của Sở Thông tin và Truyền thông Quảng Ngãi tại Công văn số \
         847/STTTT-BCVT&CNTT ngày 22/6/2022; UBND huyện Minh Long báo cáo như sau:",
    );
    let accepted = stage.accept(MINH_LONG).await.unwrap();
    assert_eq!(accepted.state(), pb::ReportState::Accepted);

    // What was sent does not move, and neither does the figure it was sent with.
    assert_eq!(stage.certificates(140).await, "VALUE_LOCKED");
    let get = pb::GetReportSubmissionRequest {
        name: sent.name.clone(),
    };
    let again = stage
        .reports()
        .get_report_submission(stage.receiver.ask(get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.content_sha256, sent.content_sha256);
    assert_eq!(again.sections, sent.sections);
    assert_eq!(again.values, sent.values);
}

#[tokio::test]
async fn a_report_that_is_sent_back_is_sent_again_as_the_second_submission() {
    let stage = Stage::new().await;
    stage.sent().await;
    let back = stage
        .send_back(&stage.receiver, MINH_LONG, "Thiếu số liệu kỳ trước")
        .await
        .unwrap();
    assert_eq!(back.state(), pb::ReportState::Returned);
    assert_eq!(back.return_reason, "Thiếu số liệu kỳ trước");
    stage
        .set(
            &stage.reporter,
            "huyen-minh-long",
            "chung-thu-so",
            Value::Count(133),
        )
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let second = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(second.name, format!("{MINH_LONG}/submissions/2"));
    assert_eq!(
        (second.values[0].text_vi.as_str(), second.values[0].revision),
        ("133", 2)
    );
    let get = pb::GetReportSubmissionRequest {
        name: format!("{MINH_LONG}/submissions/1"),
    };
    let first = stage
        .reports()
        .get_report_submission(stage.leader.ask(get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.state(), pb::SubmissionState::Returned);
    assert_eq!(first.values[0].text_vi, "132");
}

#[tokio::test]
async fn the_leader_sends_a_draft_back_to_the_writer() {
    let stage = Stage::new().await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    let back = stage
        .send_back(&stage.leader, MINH_LONG, "Viết lại mục 1")
        .await
        .unwrap();
    assert_eq!(back.state(), pb::ReportState::Draft);
}

#[tokio::test]
async fn who_wrote_in_a_report_may_not_approve_it_whatever_his_roles() {
    let stage = Stage::new().await;
    stage
        .world
        .grant(&stage.reporter, "leader", "huyen-minh-long")
        .await;
    let figure = Value::Count(132);
    stage
        .set(&stage.reporter, "huyen-minh-long", "chung-thu-so", figure)
        .await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    let refused = stage.approve(&stage.reporter, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "SEPARATION_OF_DUTIES");
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
}

#[tokio::test]
async fn a_sender_may_not_accept_his_own_report_and_a_neighbour_may_not_read_it() {
    let stage = Stage::new().await;
    let sent = stage.sent().await;
    let etag = stage.report(&stage.leader, MINH_LONG).await.etag;
    let accept = pb::AcceptReportRequest {
        name: MINH_LONG.into(),
        etag,
        ..Default::default()
    };
    let refused = stage
        .reports()
        .accept_report(stage.leader.ask(accept))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let neighbour = stage
        .world
        .person("can-bo-ba-to", "reporter", "huyen-ba-to")
        .await;
    let get = pb::GetReportSubmissionRequest { name: sent.name };
    let refused = stage
        .reports()
        .get_report_submission(neighbour.ask(get))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_verb_out_of_turn_is_told_the_state_and_a_stale_one_the_version() {
    let stage = Stage::new().await;
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "STATE_NOT_ALLOWED");
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
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "STATE_NOT_ALLOWED");
    let stale = pb::ForwardReportRequest {
        name: MINH_LONG.into(),
        etag: "\"v1\"".into(),
        ..Default::default()
    };
    let refused = stage
        .reports()
        .forward_report(stage.reporter.ask(stale))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Aborted, "ETAG_MISMATCH")
    );
}

#[tokio::test]
async fn lateness_is_told_by_the_server_s_clock() {
    let mut stage = Stage::new().await;
    stage
        .world
        .clock
        .set("2022-06-28T10:00:01Z".parse::<DateTime<Utc>>().unwrap());
    // Tokens of four days ago are long dead.
    stage.world.sign_in_again().await;
    let person = stage
        .world
        .person("thanh-tra", "receiver", "tinh-quang-ngai")
        .await;
    let mut requests = RequestServiceClient::new(stage.reporting.clone());
    let list = pb::ListAssignmentsRequest {
        parent: REQUEST.into(),
        ..Default::default()
    };
    let answer = requests
        .list_assignments(person.ask(list))
        .await
        .unwrap()
        .into_inner();
    let told: Vec<_> = answer
        .assignments
        .iter()
        .map(|it| (it.unit.as_str(), it.timeliness()))
        .collect();
    assert_eq!(
        told,
        [
            ("units/huyen-ba-to", pb::Timeliness::Missing),
            ("units/huyen-minh-long", pb::Timeliness::Missing),
        ],
    );
}

#[tokio::test]
async fn an_incomplete_report_is_not_approved_and_the_leader_can_always_send_it_back() {
    let stage = Stage::new().await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    let refused = stage.approve(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "REPORT_INCOMPLETE");
    let facts = refused.get_error_details();
    let vietnamese = &facts.localized_message().unwrap().message;
    assert!(vietnamese.contains("sections/ket-qua"), "{vietnamese}");
    let back = stage
        .send_back(&stage.leader, MINH_LONG, "Thiếu số liệu")
        .await
        .unwrap();
    assert_eq!(back.state(), pb::ReportState::Draft);
}

#[tokio::test]
async fn a_figure_that_changes_after_approval_stops_the_submission() {
    let stage = Stage::new().await;
    let set = async |count| {
        let value = Value::Count(count);
        stage
            .set(&stage.reporter, "huyen-minh-long", "chung-thu-so", value)
            .await;
    };
    set(132).await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    set(1320).await;
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "CHANGED_SINCE_APPROVAL");
    stage
        .send_back(&stage.leader, MINH_LONG, "Số liệu đã thay đổi")
        .await
        .unwrap();
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let sent = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(sent.values[0].text_vi, "1.320");
}

#[tokio::test]
async fn only_the_side_that_has_a_report_sends_it_back() {
    let stage = Stage::new().await;
    let figure = Value::Count(132);
    stage
        .set(&stage.reporter, "huyen-minh-long", "chung-thu-so", figure)
        .await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    let early = stage
        .send_back(&stage.receiver, MINH_LONG, "Chưa gửi")
        .await
        .unwrap_err();
    assert_eq!(early.code(), Code::PermissionDenied);
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    let late = stage
        .send_back(&stage.leader, MINH_LONG, "Xin rút")
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn number_and_day_come_together() {
    let stage = Stage::new().await;
    let submit = pb::SubmitReportRequest {
        name: MINH_LONG.into(),
        etag: "\"v1\"".into(),
        document_number: "05/BC-UBND".into(),
        ..Default::default()
    };
    let refused = stage
        .reports()
        .submit_report(stage.leader.ask(submit))
        .await
        .unwrap_err();
    let details = refused.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(
        (violation.field.as_str(), violation.reason.as_str()),
        ("issue_date", "REQUIRED")
    );
}
