use proto::{
    indicators as pb,
    shared::{self, Severity},
};

use crate::story::{Story, count, definition, fields, item, not_arisen, part, share, stated};

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
    // Two years as the one-stop shop had them: fewer files around Tết, and in June
    // of the second one a digit too many.
    let years = [
        (
            2022,
            [130, 96, 128, 135, 131, 127, 133, 129, 124, 136, 132, 125],
        ),
        (
            2023,
            [134, 98, 130, 137, 133, 1320, 131, 128, 0, 139, 130, 127],
        ),
    ];
    for (year, months) in years {
        for (month, figure) in (1..).zip(months) {
            let period = format!("{year}-m{month:02}");
            let result = story.enter_for(&period, item("ho-so-trong-thang", count(figure)));
            // However far it is from the others, it is taken.
            let result = result.await;
            assert_eq!(result.disposition(), shared::Disposition::Created);
            assert!(result.issues.is_empty());
        }
    }
    for (period, severity) in [
        ("2023-m01", None),
        ("2023-m05", None),
        ("2023-m06", Some(Severity::Warning)),
        ("2023-m10", None),
    ] {
        let answer = story.look_at(period, &[]).await;
        let name = format!("ho-so-trong-thang/values/huyen-minh-long.{period}");
        let expected: Vec<_> = severity
            .map(|it| (name.as_str(), "JUMP", it))
            .into_iter()
            .collect();
        assert_eq!(told(&answer), expected, "{period}");
    }
    // The wild value among the earlier ones hides the nought from the ordinary z alone.
    let answer = story.look_at("2023-m09", &[]).await;
    let name = "ho-so-trong-thang/values/huyen-minh-long.2023-m09";
    assert_eq!(told(&answer), [(name, "JUMP", Severity::Info)]);
    let jump = answer.issues[0].issue.as_ref().unwrap();
    assert!(
        jump.message_vi.starts_with("0 lệch xa so với 12 kỳ trước"),
        "{}",
        jump.message_vi
    );
}

#[tokio::test]
async fn what_was_published_is_laid_beside_what_the_numbers_give() {
    let story = Story::of_minh_long().await;
    for (published, code) in [
        ("92.4", Some(("RATIO_NOT_ROUNDED", Severity::Info))),
        ("92.47", None),
        ("92.5", None),
        ("92.37", Some(("RATIO_NOT_ROUNDED", Severity::Info))),
        ("92.58", Some(("RATIO_MISMATCH", Severity::Warning))),
        ("93.4", Some(("RATIO_MISMATCH", Severity::Warning))),
    ] {
        let figure = item("ty-le-van-ban-dien-tu", share("4817", "5209", published));
        let result = story.enter(vec![figure]).await.remove(0);
        assert_ne!(result.disposition(), shared::Disposition::Rejected);
        let answer = story.look_at("2022-h1", &[]).await;
        let name = "ty-le-van-ban-dien-tu/values/huyen-minh-long.2022-h1";
        let expected: Vec<_> = code
            .map(|(code, it)| (name, code, it))
            .into_iter()
            .collect();
        assert_eq!(told(&answer), expected, "{published}");
    }
    // Both are kept: the last one published, and what the numbers give.
    let value = story
        .value(&story.reporter, "ty-le-van-ban-dien-tu")
        .await
        .unwrap();
    let quantity = value.quantity.unwrap();
    assert_eq!(quantity.text_vi, "93,4%");
    let Some(shared::quantity::Value::Ratio(ratio)) = quantity.value else {
        panic!("a share was entered");
    };
    assert_eq!(
        (ratio.percent.as_str(), ratio.stated_percent.as_str()),
        ("92.47", "93.4")
    );
}

#[tokio::test]
async fn a_figure_that_has_to_be_proved_is_told_until_it_is() {
    let story = Story::of_minh_long().await;
    let indicator = pb::Indicator {
        evidence_required: true,
        ..definition("Chứng thư số theo sổ quản lý", pb::ValueKind::Count)
    };
    story.publish_new("theo-so", indicator).await.unwrap();
    story.enter(vec![item("theo-so", count(132))]).await;
    let answer = story.look_at("2022-h1", &[]).await;
    let name = "theo-so/values/huyen-minh-long.2022-h1";
    assert_eq!(
        told(&answer),
        [(name, "VALUE_WITHOUT_EVIDENCE", Severity::Warning)]
    );
    assert_eq!(answer.issues[0].issue.as_ref().unwrap().field, "evidence");
    let proved = pb::ValueItem {
        evidence: vec![pb::Evidence {
            title: "Sổ theo dõi cấp chứng thư số".into(),
            ..Default::default()
        }],
        ..item("theo-so", count(132))
    };
    story.enter(vec![proved]).await;
    assert!(story.look_at("2022-h1", &[]).await.issues.is_empty());
}
