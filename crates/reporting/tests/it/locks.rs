//! What was sent stays as it was sent, also where it is kept, and whatever breaks.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use indicators::Indicators;
use kit::{
    Clock, Inside, Peer, auth::Verifier, config::Secret, gate::GateLayer, policy::Policy, run::Run,
    server::Port, service_key::ServiceKey,
};
use proto::{
    indicators::{self as ind, ValueState, indicator_service_client::IndicatorServiceClient},
    reporting::{self as pb, consolidation_service_client::ConsolidationServiceClient},
};
use tokio::task::JoinSet;
use tonic::{Code, Status, service::Routes};
use tonic_types::StatusExt;

use crate::{
    line::{Line, State},
    stage::{MINH_LONG, REQUEST, Stage, reason},
};

const THEMATIC: &str = "reports/yc-chuyen-de.huyen-minh-long";

/// A stage whose line to the locks can be broken.
async fn with_line() -> (Stage, Line) {
    let mut broken = None;
    let stage = Stage::joined(async |world, routes| {
        let line = Line::to(Peer::local(routes.clone()));
        broken = Some(line.clone());
        (world.peer(routes), Inside::here(Peer::local(line)))
    })
    .await;
    (stage, broken.unwrap())
}

async fn certificates(stage: &Stage) -> (ValueState, String) {
    let figure = stage.figure("chung-thu-so").await;
    (figure.state(), figure.locked_by)
}

fn free() -> (ValueState, String) {
    (ValueState::Draft, String::new())
}

fn held(report: &str, number: i64) -> (ValueState, String) {
    (
        ValueState::Submitted,
        format!("{report}/submissions/{number}"),
    )
}

async fn send(stage: Arc<Stage>) -> Result<pb::ReportSubmission, Status> {
    stage.submit(&stage.leader, MINH_LONG).await
}

/// Waits for what the keeper does; it looks every second, and less often after a failure.
async fn until(stage: &Stage, expected: (ValueState, String)) {
    for _ in 0..300 {
        if certificates(stage).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(certificates(stage).await, expected);
}

#[tokio::test]
async fn what_is_sent_is_locked_until_it_is_sent_back_and_then_changes_with_a_reason() {
    let stage = Stage::new().await;
    stage.approved(MINH_LONG).await;
    assert_eq!(certificates(&stage).await, free());
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 1));
    assert_eq!(stage.certificates(140).await, "VALUE_LOCKED");
    // A lock fits the figure: what the report does not cite stays free.
    let share = proto::shared::Ratio {
        stated_percent: "99".into(),
        ..Default::default()
    };
    let share = proto::shared::quantity::Value::Ratio(share);
    stage
        .set(&stage.reporter, "huyen-minh-long", "ty-le", share)
        .await;

    let back = stage
        .send_back(&stage.receiver, MINH_LONG, "Rà soát lại")
        .await;
    back.unwrap();
    assert_eq!(certificates(&stage).await, free());
    assert_eq!(stage.certificates(133).await, "");
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 2));
    stage.accept(MINH_LONG).await.unwrap();
    let accepted = (ValueState::Accepted, format!("{MINH_LONG}/submissions/2"));
    assert_eq!(certificates(&stage).await, accepted);
    assert_eq!(stage.certificates(140).await, "VALUE_LOCKED");
}

#[tokio::test]
async fn a_figure_in_two_reports_is_free_when_both_are_sent_back() {
    let stage = Stage::new().await;
    stage.issue("yc-chuyen-de").await;
    stage.sent().await;
    stage.approved(THEMATIC).await;
    stage.submit(&stage.leader, THEMATIC).await.unwrap();
    let back = stage
        .send_back(&stage.receiver, MINH_LONG, "Rà soát lại")
        .await;
    back.unwrap();
    assert_eq!(certificates(&stage).await, held(THEMATIC, 1));
    assert_eq!(stage.certificates(133).await, "VALUE_LOCKED");
    let back = stage
        .send_back(&stage.receiver, THEMATIC, "Rà soát lại")
        .await;
    back.unwrap();
    assert_eq!(certificates(&stage).await, free());
    assert_eq!(stage.certificates(133).await, "");
}

#[tokio::test]
async fn a_report_that_is_not_sent_after_all_leaves_nothing_locked() {
    let stage = Stage::new().await;
    stage.issue("yc-chuyen-de").await;
    let submit = async |report: &'static str| {
        stage
            .submit_numbered(&stage.leader, report, "05/BC-UBND", "2022-06-24")
            .await
    };
    stage.approved(MINH_LONG).await;
    submit(MINH_LONG).await.unwrap();
    stage.approved(THEMATIC).await;
    // The number is another report's, which is found out when the figures are locked.
    let taken = submit(THEMATIC).await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
    let back = stage
        .send_back(&stage.receiver, MINH_LONG, "Rà soát lại")
        .await;
    back.unwrap();
    assert_eq!(certificates(&stage).await, free());
}

#[tokio::test]
async fn the_receiver_names_the_figures_for_which_he_sends_a_report_back() {
    let stage = Stage::new().await;
    let sent = stage.sent().await;
    let back = async |names: &[&str]| {
        let back = pb::ReturnReportRequest {
            name: MINH_LONG.into(),
            etag: stage.report(&stage.receiver, MINH_LONG).await.etag,
            reason: "Trùng chứng thư số".into(),
            rejected_values: names.iter().map(|it| (*it).to_owned()).collect(),
            ..Default::default()
        };
        stage
            .reports()
            .return_report(stage.receiver.ask(back))
            .await
    };
    let pinned = sent.values[0].indicator_value.as_str();
    let foreign = "indicators/ty-le/values/huyen-minh-long.2022-h1";
    let refused = back(&[pinned, foreign, "ty-le"]).await.unwrap_err();
    let fields = |status: &tonic::Status| -> Vec<String> {
        let details = status.get_error_details();
        let bad = details.bad_request().unwrap().field_violations.iter();
        bad.map(|it| format!("{} {}", it.field, it.reason))
            .collect()
    };
    assert_eq!(fields(&refused), ["rejected_values[2] PATTERN"]);
    let refused = back(&[pinned, foreign]).await.unwrap_err();
    assert_eq!(fields(&refused), ["rejected_values[1] NOT_IN_SUBMISSION"]);
    let many = vec![pinned; 501];
    assert_eq!(fields(&back(&many).await.unwrap_err()).len(), 1);
    back(&[pinned]).await.unwrap();
    assert_eq!(certificates(&stage).await.0, ValueState::Rejected);
    assert_eq!(stage.certificates(130).await, "");
    assert_eq!(certificates(&stage).await, free());
}

#[tokio::test]
async fn nothing_is_sent_while_figures_cannot_be_locked() {
    let (stage, line) = with_line().await;
    stage.approved(MINH_LONG).await;
    line.set(State::Cut);
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    let report = stage.report(&stage.leader, MINH_LONG).await;
    assert_eq!(report.state(), pb::ReportState::Approved);
    assert_eq!(report.latest_submission, "");
    line.set(State::Whole);
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 1));
}

#[tokio::test]
async fn a_lock_whose_answer_was_lost_is_given_up_when_the_line_is_whole_again() {
    let (stage, line) = with_line().await;
    stage.approved(MINH_LONG).await;
    line.set(State::LosesTheAnswer);
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    // It was taken, for a submission there is not.
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 1));
    line.set(State::Whole);
    until(&stage, free()).await;
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 1));
}

#[tokio::test]
async fn whoever_dies_after_the_figures_were_locked_leaves_them_locked_for_a_minute() {
    let (stage, line) = with_line().await;
    let stage = Arc::new(stage);
    stage.approved(MINH_LONG).await;
    line.set(State::WaitsAfter);
    let mut sending = JoinSet::new();
    sending.spawn(send(stage.clone()));
    line.arrived().await;
    sending.shutdown().await;
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 1));
    let report = stage.report(&stage.leader, MINH_LONG).await;
    assert_eq!(report.state(), pb::ReportState::Approved);
    let now: DateTime<Utc> = stage.world.clock.now();
    stage.world.clock.set(now + chrono::TimeDelta::seconds(61));
    until(&stage, free()).await;
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 1));
}

#[tokio::test]
async fn a_figure_that_moves_while_a_report_is_sent_stops_it_and_is_named() {
    let (stage, line) = with_line().await;
    let stage = Arc::new(stage);
    stage.approved(MINH_LONG).await;
    line.set(State::WaitsBefore);
    let mut sending = JoinSet::new();
    sending.spawn(send(stage.clone()));
    line.arrived().await;
    assert_eq!(stage.certificates(133).await, "");
    line.go_on();
    let sent = sending.join_next().await.unwrap();
    let refused = sent.unwrap().unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "FIGURES_MOVED")
    );
    let details = refused.get_error_details();
    let figure = "indicators/chung-thu-so/values/huyen-minh-long.2022-h1";
    assert_eq!(details.error_info().unwrap().metadata["figures"], figure);
    assert!(
        details
            .localized_message()
            .unwrap()
            .message
            .contains(figure)
    );
    assert_eq!(certificates(&stage).await, free());
    let report = stage.report(&stage.leader, MINH_LONG).await;
    assert_eq!(report.state(), pb::ReportState::Approved);
}

#[tokio::test]
async fn what_becomes_of_a_submission_is_told_as_soon_as_the_line_is_whole() {
    let (stage, line) = with_line().await;
    stage.sent().await;
    line.set(State::Cut);
    let back = stage
        .send_back(&stage.receiver, MINH_LONG, "Rà soát lại")
        .await;
    assert_eq!(back.unwrap().state(), pb::ReportState::Returned);
    // Locked a little too long is the harmless side.
    assert_eq!(stage.certificates(133).await, "VALUE_LOCKED");
    line.set(State::Whole);
    until(&stage, free()).await;
    assert_eq!(stage.certificates(133).await, "");
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    line.set(State::LosesTheAnswer);
    let accepted = stage.accept(MINH_LONG).await.unwrap();
    assert_eq!(accepted.state(), pb::ReportState::Accepted);
    // Told twice, it is the same.
    line.set(State::Whole);
    let second = format!("{MINH_LONG}/submissions/2");
    until(&stage, (ValueState::Accepted, second)).await;
}

/// The indicators as a process of their own, as far as a test can have one: over TCP, behind
/// the gate, and known by the key of the installation.
struct Apart {
    routes: Routes,
    gate: GateLayer,
}

impl Apart {
    async fn serve(&self, at: SocketAddr) -> (Run, SocketAddr) {
        let port = Port::take(at).await.unwrap();
        let address = port.address().unwrap();
        let mut run = Run::new();
        let (routes, gate, stop) = (self.routes.clone(), self.gate.clone(), run.stop());
        run.start("indicators", async move {
            let services = Indicators::services();
            let served = kit::server::serve(port, routes, gate, &services, stop).await;
            served.map_err(|error| format!("{error:?}").into())
        });
        (run, address)
    }
}

fn key(clock: &Clock) -> ServiceKey {
    let secret = Secret::new("only-for-tests-only-for-tests-only");
    ServiceKey::new(&secret, clock.clone()).unwrap()
}

#[tokio::test]
async fn a_service_that_was_stopped_catches_up_with_what_became_of_its_figures() {
    let mut apart = None;
    let stage = Stage::joined(async |world, routes| {
        let verifier = Verifier::new(world.directory_inside(), world.clock.clone());
        let gate = GateLayer::new(Policy::read(proto::DESCRIPTORS).unwrap(), verifier)
            .with_services(Some(key(&world.clock)));
        let service = Apart { routes, gate };
        let (run, address) = service.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let peer = Peer::remote(&format!("http://{address}")).unwrap();
        apart = Some((service, run, address));
        let locks = Inside::apart(peer.clone(), key(&world.clock));
        (peer, locks)
    })
    .await;
    let (service, run, address) = apart.unwrap();
    stage.sent().await;
    assert_eq!(certificates(&stage).await, held(MINH_LONG, 1));
    stage.issue("yc-chuyen-de").await;

    run.stopper().stop();
    run.until_stopped().await.unwrap();
    let refused = stage.submit(&stage.leader, THEMATIC).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    let accepted = stage.accept(MINH_LONG).await.unwrap();
    assert_eq!(accepted.state(), pb::ReportState::Accepted);

    let (_run, _) = service.serve(address).await;
    let first = format!("{MINH_LONG}/submissions/1");
    until(&stage, (ValueState::Accepted, first)).await;
}

#[tokio::test]
async fn a_computed_figure_is_printed_and_locks_what_it_is_computed_from() {
    let stage = Stage::new().await;
    let computers = ind::Indicator {
        display_name: "Máy tính".into(),
        value_kind: ind::ValueKind::Count.into(),
        accumulation: ind::Accumulation::InPeriod.into(),
        unit_aggregation: ind::Aggregation::Sum.into(),
        period_aggregation: ind::Aggregation::Latest.into(),
        owner_unit: "units/so-tttt".into(),
        ..Default::default()
    };
    let twice = ind::Indicator {
        display_name: "Gấp đôi".into(),
        collection_mode: ind::CollectionMode::Derived.into(),
        formula: "[may-tinh] * 2".into(),
        ..computers.clone()
    };
    stage.define("may-tinh", computers).await;
    stage.define("gap-doi", twice).await;
    let (unit, count) = ("huyen-minh-long", proto::shared::quantity::Value::Count);
    stage
        .set(&stage.reporter, unit, "may-tinh", count(85))
        .await;
    assert_eq!(stage.certificates(132).await, "");
    stage.write(&stage.reporter, MINH_LONG, unit).await;
    let text = "Kế hoạch năm: {{value.gap-doi}} máy tính.";
    stage.say(&stage.reporter, MINH_LONG, text).await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let sent = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    let name = |id: &str| format!("indicators/{id}/values/{unit}.2022-h1");
    let cited: Vec<_> = sent
        .values
        .iter()
        .map(|it| (it.indicator_value.clone(), it.text_vi.as_str(), it.revision))
        .collect();
    let certificates = (name("chung-thu-so"), "132", 1);
    assert_eq!(cited, [certificates, (name("gap-doi"), "170", 0)]);
    let first = format!("{MINH_LONG}/submissions/1");
    assert_eq!(stage.figure("may-tinh").await.locked_by, first);
    assert_eq!(stage.figure("gap-doi").await.state(), ValueState::Submitted);
    let refused = stage
        .try_set(&stage.reporter, unit, "may-tinh", count(90))
        .await;
    assert_eq!(refused.issues[0].code, "VALUE_LOCKED");
    let back = stage
        .send_back(&stage.receiver, MINH_LONG, "Rà soát lại")
        .await;
    back.unwrap();
    stage
        .set(&stage.reporter, unit, "may-tinh", count(90))
        .await;
}

#[tokio::test]
async fn an_indicator_that_is_renamed_keeps_its_old_name_in_an_old_report() {
    let stage = Stage::new().await;
    stage.sent().await;
    stage.accept(MINH_LONG).await.unwrap();
    let name = "indicators/chung-thu-so";
    let mut definitions = IndicatorServiceClient::new(stage.indicators.clone());
    let get = ind::GetIndicatorRequest {
        name: name.into(),
        view: ind::IndicatorView::Next.into(),
        ..Default::default()
    };
    let next = definitions.get_indicator(stage.receiver.ask(get)).await;
    let next = next.unwrap().into_inner();
    let update = ind::UpdateIndicatorRequest {
        etag: next.etag.clone(),
        indicator: Some(ind::Indicator {
            display_name: "Chữ ký số chuyên dùng".into(),
            ..next
        }),
        ..Default::default()
    };
    let renamed = definitions
        .update_indicator(stage.receiver.ask(update))
        .await;
    stage.publish(renamed.unwrap().into_inner(), "2023").await;
    let newest = ind::GetIndicatorRequest {
        name: name.into(),
        ..Default::default()
    };
    let newest = definitions.get_indicator(stage.receiver.ask(newest)).await;
    let newest = newest.unwrap().into_inner();
    assert_eq!(newest.display_name, "Chữ ký số chuyên dùng");

    let consolidate = pb::ConsolidateReportsRequest {
        report_request: REQUEST.into(),
        ..Default::default()
    };
    let mut client = ConsolidationServiceClient::new(stage.reporting.clone());
    let made = client
        .consolidate_reports(stage.receiver.ask(consolidate))
        .await;
    let figures = made.unwrap().into_inner().consolidation.unwrap().figures;
    let named: Vec<_> = figures
        .iter()
        .map(|it| (it.indicator.as_str(), it.display_name.as_str()))
        .collect();
    assert_eq!(named, [(name, "chung-thu-so")]);
}
