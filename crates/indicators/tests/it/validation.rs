use proto::{
    indicators as pb,
    shared::{self, Severity},
};

use crate::story::{Story, count, fields, item, not_arisen, part, share, stated};

fn told(answer: &pb::ValidateValuesResponse) -> Vec<(&str, &str, Severity)> {
    let issues = answer.issues.iter().map(|it| {
        let issue = it.issue.as_ref().unwrap();
        assert!(!issue.message.contains('{') && !issue.message_vi.contains('{'));
        let name = it.indicator_value.strip_prefix("indicators/").unwrap();
        (name, issue.code.as_str(), issue.severity())
    });
    issues.collect()
}

#[tokio::test]
async fn the_figures_of_minh_long_are_kept_as_published_and_what_is_odd_is_told() {
    let story = Story::of_minh_long().await;
    let more_than_95 = shared::Quantity {
        qualifier: shared::Qualifier::MoreThan.into(),
        ..stated("95")
    };
    let results = story
        .enter(vec![
            item("ty-le-ho-so-truc-tuyen", share("9475", "15684", "")),
            item("ty-le-van-ban-dien-tu", more_than_95),
            item("ho-so-da-giai-quyet", not_arisen()),
            item("chung-thu-so", count(132)),
            part("chung-thu-so", "gioi-nam", count(80)),
            part("chung-thu-so", "gioi-nu", count(50)),
        ])
        .await;
    assert!(
        results
            .iter()
            .all(|it| it.disposition() == shared::Disposition::Created)
    );
    let printed = async |indicator| {
        let value = story.value(&story.reporter, indicator).await.unwrap();
        value.quantity.unwrap().text_vi
    };
    assert_eq!(printed("ty-le-ho-so-truc-tuyen").await, "60,41%");
    assert_eq!(printed("ty-le-van-ban-dien-tu").await, "trên 95%");
    assert_eq!(printed("ho-so-da-giai-quyet").await, "chưa phát sinh");

    let asked = [
        "chung-thu-so",
        "ho-so-da-giai-quyet",
        "ty-le-ho-so-truc-tuyen",
        "ty-le-van-ban-dien-tu",
    ];
    let answer = story.look_at("2022-h1", &asked).await;
    assert_eq!(
        told(&answer),
        [
            (
                "chung-thu-so/values/huyen-minh-long.2022-h1",
                "PARTS_DO_NOT_ADD_UP",
                Severity::Warning
            ),
            (
                "ty-le-van-ban-dien-tu/values/huyen-minh-long.2022-h1",
                "RATIO_PARTS_MISSING",
                Severity::Warning
            ),
        ]
    );
    assert_eq!(answer.completeness_percent, "100.00");
    let parts = answer.issues[0].issue.as_ref().unwrap();
    assert_eq!(
        parts.message_vi,
        "cộng các phân tổ theo `gioi` được 130, tổng số là 132"
    );
    // Flagged, and both kept.
    assert_eq!(printed("chung-thu-so").await, "132");
    assert_eq!(story.look_at("2022-h1", &[]).await.issues.len(), 2);
}

#[tokio::test]
async fn what_was_reported_before_and_is_missing_now_is_told() {
    let story = Story::of_minh_long().await;
    for (period, indicator) in [
        ("2022-q1", "chung-thu-so"),
        ("2022-q1", "ho-so-da-giai-quyet"),
        ("2022-q2", "chung-thu-so"),
    ] {
        story.enter_for(period, item(indicator, count(10))).await;
    }
    let answer = story.look_at("2022-q2", &[]).await;
    assert_eq!(
        answer.missing_indicators,
        ["indicators/ho-so-da-giai-quyet"]
    );
    assert_eq!(answer.completeness_percent, "50.00");
    let asked = [
        "ty-le-van-ban-dien-tu",
        "chung-thu-so",
        "ho-so-da-giai-quyet",
    ];
    let answer = story.look_at("2022-q2", &asked).await;
    assert_eq!(answer.completeness_percent, "33.33");
    assert_eq!(
        answer.missing_indicators,
        [
            "indicators/ho-so-da-giai-quyet",
            "indicators/ty-le-van-ban-dien-tu"
        ]
    );
    let empty = story.look_at("2023", &[]).await;
    assert_eq!(empty, pb::ValidateValuesResponse::default());

    let unknown = pb::ValidateValuesRequest {
        unit: "units/huyen-minh-long".into(),
        period: "2022-q2".into(),
        indicators: vec!["indicators/khong-co".into()],
    };
    let mut values = story.values.clone();
    let many = pb::ValidateValuesRequest {
        indicators: vec!["indicators/chung-thu-so".into(); 501],
        ..unknown.clone()
    };
    for (asked, why) in [(unknown, "REFERENCE_NOT_FOUND"), (many, "OUT_OF_RANGE")] {
        let refused = values.validate_values(story.reporter.ask(asked)).await;
        let told = fields(&refused.unwrap_err());
        assert_eq!(told, [("indicators".to_owned(), why.to_owned())]);
    }
}

#[tokio::test]
async fn a_year_to_date_figure_that_falls_and_a_jump_are_told_and_never_refused() {
    let story = Story::of_minh_long().await;
    for (period, figure) in [("2022-q1", 50), ("2022-h1", 100), ("2022-9m", 90)] {
        let result = story
            .enter_for(period, item("chung-thu-so", count(figure)))
            .await;
        assert!(result.issues.is_empty());
    }
    let answer = story.look_at("2022-9m", &[]).await;
    let name = "chung-thu-so/values/huyen-minh-long.2022-9m";
    assert_eq!(
        told(&answer),
        [(name, "YEAR_TO_DATE_FALLS", Severity::Warning)]
    );
    assert!(story.look_at("2022-h1", &[]).await.issues.is_empty());

    let in_period = pb::Accumulation::InPeriod;
    story
        .define_as("ho-so-trong-thang", pb::ValueKind::Count, in_period)
        .await;
    let months = [130, 128, 135, 131, 133, 1320];
    for (month, figure) in (1..).zip(months) {
        let period = format!("2022-m0{month}");
        story
            .enter_for(&period, item("ho-so-trong-thang", count(figure)))
            .await;
    }
    let answer = story.look_at("2022-m06", &[]).await;
    let name = "ho-so-trong-thang/values/huyen-minh-long.2022-m06";
    assert_eq!(told(&answer), [(name, "JUMP", Severity::Warning)]);
    assert!(story.look_at("2022-m05", &[]).await.issues.is_empty());
}
