//! The figures of a report as the service that keeps them tells of them: how they are
//! printed, what is odd about them, and how far they have come.

use proto::{
    directory::UnitKind,
    indicators::{
        self as ind, ValueState, aggregation_service_client::AggregationServiceClient,
        validation_rule_service_client::ValidationRuleServiceClient,
    },
    reporting as pb,
    shared::{Ratio, Severity, quantity::Value},
};

use crate::stage::{MINH_LONG, Stage};

fn counted(name: &str) -> ind::Indicator {
    ind::Indicator {
        display_name: name.into(),
        value_kind: ind::ValueKind::Count.into(),
        accumulation: ind::Accumulation::InPeriod.into(),
        unit_aggregation: ind::Aggregation::Sum.into(),
        period_aggregation: ind::Aggregation::Latest.into(),
        owner_unit: "units/so-tttt".into(),
        ..Default::default()
    }
}

fn points(points: &str, maximum: &str) -> Value {
    Value::Ratio(Ratio {
        numerator: points.into(),
        denominator: maximum.into(),
        ..Default::default()
    })
}

/// Puts a rule of the department in force.
async fn rule(stage: &Stage, id: &str, rule: ind::ValidationRule) {
    let mut rules = ValidationRuleServiceClient::new(stage.indicators.clone());
    let create = ind::CreateValidationRuleRequest {
        validation_rule: Some(rule),
        validation_rule_id: id.into(),
        ..Default::default()
    };
    let made = rules
        .create_validation_rule(stage.receiver.ask(create))
        .await;
    let made = made.unwrap().into_inner();
    let publish = ind::PublishValidationRuleRequest {
        name: made.name,
        first_period: "2022".into(),
        change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
        etag: made.etag,
        ..Default::default()
    };
    let published = rules
        .publish_validation_rule(stage.receiver.ask(publish))
        .await;
    published.unwrap();
}

#[tokio::test]
async fn what_no_document_proves_and_what_breaks_a_rule_is_told_and_sent_all_the_same() {
    let stage = Stage::new().await;
    let proved = ind::Indicator {
        evidence_required: true,
        ..counted("Cán bộ được tập huấn")
    };
    stage.define("tap-huan", proved).await;
    stage.define("dan-so", counted("Dân số")).await;
    let at_most_all = ind::ValidationRule {
        display_name: "Chứng thư số không vượt số cán bộ".into(),
        expression: "[chung-thu-so] <= [tap-huan]".into(),
        message: "more certificates than people".into(),
        message_vi: "số chứng thư số vượt số cán bộ".into(),
        severity: Severity::Error.into(),
        owner_unit: "units/so-tttt".into(),
        ..Default::default()
    };
    rule(&stage, "chung-thu-so", at_most_all.clone()).await;
    let of_another = ind::ValidationRule {
        expression: "[dan-so] > 100".into(),
        ..at_most_all
    };
    rule(&stage, "dan-so", of_another).await;
    for (indicator, count) in [("chung-thu-so", 132), ("tap-huan", 130), ("dan-so", 1)] {
        let value = Value::Count(count);
        stage
            .set(&stage.reporter, "huyen-minh-long", indicator, value)
            .await;
    }
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    let text = "Tập huấn {{value.tap-huan}} cán bộ, cấp {{value.chung-thu-so}} chứng thư số.";
    stage.say(&stage.reporter, MINH_LONG, text).await;
    let validate = pb::ValidateReportRequest {
        name: MINH_LONG.into(),
    };
    let found = stage
        .reports()
        .validate_report(stage.reporter.ask(validate))
        .await;
    let found = found.unwrap().into_inner();
    assert!(found.submittable);
    let odd = |issues: &[proto::shared::Issue]| -> Vec<(String, String)> {
        let figures = issues
            .iter()
            .filter(|it| it.field.starts_with("indicators/"));
        let told = figures.inspect(|it| assert_eq!(it.severity(), Severity::Warning));
        told.map(|it| (it.field.clone(), it.code.clone())).collect()
    };
    let of = |indicator: &str, code: &str| {
        let name = format!("indicators/{indicator}/values/huyen-minh-long.2022-h1");
        (name, code.to_owned())
    };
    let expected = [
        // One woman among them is all that is told of them.
        of("chung-thu-so", "PARTS_DO_NOT_ADD_UP"),
        of("tap-huan", "VALUE_WITHOUT_EVIDENCE"),
        of("tap-huan", "PARTS_DO_NOT_ADD_UP"),
        of("chung-thu-so", "RULE_NOT_KEPT"),
    ];
    assert_eq!(odd(&found.issues), expected);
    let broken = found
        .issues
        .iter()
        .find(|it| it.code == "RULE_NOT_KEPT")
        .unwrap();
    assert_eq!(
        broken.message_vi,
        "số chứng thư số vượt số cán bộ: 132, lớn hơn 130"
    );

    // It is sent, and what was told is sent with it.
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let sent = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(odd(&sent.issues), expected);
}

#[tokio::test]
async fn points_and_places_stand_in_the_document_as_points_and_places() {
    let stage = Stage::new().await;
    for (id, kind) in [
        ("diem", ind::ValueKind::Score),
        ("hang", ind::ValueKind::Rank),
    ] {
        let definition = ind::Indicator {
            value_kind: kind.into(),
            unit_aggregation: ind::Aggregation::None.into(),
            ..counted(id)
        };
        stage.define(id, definition).await;
    }
    assert_eq!(stage.certificates(132).await, "");
    for (id, value) in [("diem", points("17.25", "20")), ("hang", points("3", "13"))] {
        stage
            .set(&stage.reporter, "huyen-minh-long", id, value)
            .await;
    }
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    let text =
        "Đạt {{value.diem}} điểm, xếp thứ {{value.hang}}; {{value.chung-thu-so}} chứng thư số.";
    stage.say(&stage.reporter, MINH_LONG, text).await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let sent = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    let Some(pb::section_body::Body::Narrative(told)) = sent.sections[0].body.clone().unwrap().body
    else {
        panic!("the results are told in words");
    };
    let expected = "Đạt 17,25/20 điểm, xếp thứ 3/13; 132 chứng thư số.";
    assert_eq!(told.blocks[0].resolved_text, expected);
    let pinned: Vec<_> = sent.values.iter().map(|it| it.text_vi.as_str()).collect();
    assert_eq!(pinned, ["132", "17,25/20", "3/13"]);
}

/// Adds the certificates of Minh Long up, as far as they have come so far.
async fn total(stage: &Stage, states: &[ValueState]) -> (String, i32, i32) {
    let aggregate = ind::AggregateValuesRequest {
        indicators: vec!["indicators/chung-thu-so".into()],
        scope_unit: "units/tinh-quang-ngai".into(),
        unit_kinds: vec![UnitKind::District.into()],
        periods: vec!["2022-h1".into()],
        states: states.iter().map(|it| (*it).into()).collect(),
        ..Default::default()
    };
    let mut totals = AggregationServiceClient::new(stage.indicators.clone());
    let answer = totals.aggregate_values(stage.receiver.ask(aggregate)).await;
    let cell = answer.unwrap().into_inner().rows.remove(0).cells.remove(0);
    let coverage = cell.coverage.unwrap();
    let text = cell.quantity.map(|it| it.text_vi).unwrap_or_default();
    (text, coverage.counted_count, coverage.missing_count)
}

#[tokio::test]
async fn a_total_of_what_was_sent_or_accepted_follows_the_report() {
    use ValueState::{Accepted, Draft, Rejected, Submitted};
    let stage = Stage::new().await;
    stage.approved(MINH_LONG).await;
    let there = || ("132".to_owned(), 1, 1);
    let nothing = || (String::new(), 0, 2);
    let of = |states: &'static [ValueState]| total(&stage, states);
    assert_eq!(of(&[]).await, there());
    assert_eq!(of(&[Draft]).await, there());
    assert_eq!(of(&[Submitted, Accepted]).await, nothing());

    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_eq!(of(&[Submitted]).await, there());
    assert_eq!(of(&[Draft]).await, nothing());
    assert_eq!(of(&[Accepted]).await, nothing());

    let back = stage
        .send_back(&stage.receiver, MINH_LONG, "Rà soát lại")
        .await;
    back.unwrap();
    assert_eq!(of(&[Submitted, Accepted]).await, nothing());
    assert_eq!(of(&[Draft, Rejected]).await, there());
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    stage.accept(MINH_LONG).await.unwrap();
    assert_eq!(of(&[Accepted]).await, there());
    assert_eq!(of(&[Submitted]).await, nothing());
    assert_eq!(of(&[]).await, there());
}
