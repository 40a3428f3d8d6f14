//! Minh Long is merged away while its report is still being written.

use chrono::{DateTime, Utc};
use proto::{
    directory::{self as dir, reorganization_service_client::ReorganizationServiceClient},
    reporting as pb,
};
use testkit::Person;

use crate::stage::{MINH_LONG, Stage};

/// Ba Tơ takes Minh Long in on a day.
pub(crate) async fn merge(stage: &Stage, day: &str) {
    let administrator = &stage.world.administrator;
    let mut acts = ReorganizationServiceClient::new(stage.world.directory());
    let create = dir::CreateReorganizationRequest {
        reorganization: Some(dir::Reorganization {
            kind: dir::ReorganizationKind::Merge.into(),
            decision_number: "1677/NQ-UBTVQH15".into(),
            effective_date: day.into(),
            source: "Nghị quyết 1677/NQ-UBTVQH15".into(),
            links: vec![dir::LineageLink {
                predecessor_unit: "units/huyen-minh-long".into(),
                successor_unit: "units/huyen-ba-to".into(),
                share: "1".into(),
            }],
            changes: vec![dir::UnitChange {
                unit: "units/xa-long-hiep".into(),
                parent_unit: "units/huyen-ba-to".into(),
                ..Default::default()
            }],
            ..Default::default()
        }),
        reorganization_id: "sap-xep".into(),
        ..Default::default()
    };
    let made = acts.create_reorganization(administrator.ask(create)).await;
    let made = made.unwrap().into_inner();
    let apply = dir::ApplyReorganizationRequest {
        name: made.name,
        etag: made.etag,
        ..Default::default()
    };
    acts.apply_reorganization(administrator.ask(apply))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_report_of_a_unit_that_has_ended_is_finished_under_its_own_name() {
    let mut stage = Stage::new().await;
    assert_eq!(stage.certificates(132).await, "");
    merge(&stage, "2022-06-26").await;
    stage
        .world
        .clock
        .set("2022-06-27T01:00:00Z".parse::<DateTime<Utc>>().unwrap());
    stage.world.sign_in_again().await;
    stage.reporter = Person::sign_in(&stage.world.directory(), &stage.reporter.name).await;
    stage.leader = Person::sign_in(&stage.world.directory(), &stage.leader.name).await;
    stage.receiver = Person::sign_in(&stage.world.directory(), &stage.receiver.name).await;
    // The figures were entered while there was still a unit to enter them for.
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let sent = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(sent.signing_lines, ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]);
    assert_eq!(sent.values[0].text_vi, "132");
    let accepted = stage.accept(MINH_LONG).await.unwrap();
    assert_eq!(accepted.state(), pb::ReportState::Accepted);
}
