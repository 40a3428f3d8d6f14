//! Derived indicators: what may be published, and what a formula gives.

use proto::{
    indicators as pb,
    shared::{self, Severity},
};
use tonic::{Code, Status};

use crate::story::{
    Story, count, definition, derived, fields, item, minh_long, not_arisen, part, reason, share,
};

fn asking(formula: &str, period: &str) -> pb::TestFormulaRequest {
    pb::TestFormulaRequest {
        formula: formula.into(),
        unit: "units/huyen-minh-long".into(),
        period: period.into(),
        ..Default::default()
    }
}

async fn test(
    story: &Story,
    request: pb::TestFormulaRequest,
) -> Result<pb::TestFormulaResponse, Status> {
    let asked = story.reporter.ask(request);
    Ok(story
        .indicators
        .clone()
        .test_formula(asked)
        .await?
        .into_inner())
}

/// What a formula gives for Minh Long, as it is printed.
async fn gives(story: &Story, formula: &str, period: &str) -> String {
    let tested = test(story, asking(formula, period)).await.unwrap();
    let codes: Vec<_> = tested.issues.iter().map(|it| it.code.clone()).collect();
    tested.quantity.map_or(codes.join(" "), |it| it.text_vi)
}

async fn enter(story: &Story, period: &str, items: Vec<pb::ValueItem>) {
    let mut upsert = minh_long(items);
    upsert.period = period.into();
    let results = story.upsert(&story.reporter, upsert).await.unwrap();
    assert!(results.iter().all(|it| it.issues.is_empty()), "{results:?}");
}

/// Files received and files that came online, month by month.
async fn of_files() -> Story {
    let story = Story::begins().await;
    let in_period = |kind, rule: pb::Aggregation| pb::Indicator {
        accumulation: pb::Accumulation::InPeriod.into(),
        period_aggregation: rule.into(),
        ..definition("Hồ sơ", kind)
    };
    let files = in_period(pb::ValueKind::Count, pb::Aggregation::Sum);
    story.publish_new("ho-so", files.clone()).await.unwrap();
    story.publish_new("truc-tuyen", files).await.unwrap();
    let shares = in_period(pb::ValueKind::Ratio, pb::Aggregation::RatioOfSums);
    story.publish_new("ty-le", shares).await.unwrap();
    story
}

#[tokio::test]
async fn a_formula_gives_the_share_of_the_province_out_of_its_inputs() {
    let story = of_files().await;
    let figures = vec![
        item("truc-tuyen", count(9475)),
        item("ho-so", count(15_684)),
    ];
    enter(&story, "2022-h1", figures).await;
    let request = asking("ratio([truc-tuyen], [ho-so])", "2022-h1");
    let tested = test(&story, request).await.unwrap();
    let quantity = tested.quantity.unwrap();
    assert_eq!(quantity.text_vi, "60,41%");
    assert!(tested.issues.is_empty());
    let inputs: Vec<_> = tested
        .inputs
        .iter()
        .map(|it| {
            (
                it.indicator_value.as_str(),
                it.quantity.as_ref().unwrap().text_vi.as_str(),
            )
        })
        .collect();
    assert_eq!(
        inputs,
        [
            ("indicators/ho-so/values/huyen-minh-long.2022-h1", "15.684"),
            (
                "indicators/truc-tuyen/values/huyen-minh-long.2022-h1",
                "9.475"
            ),
        ],
    );
    assert_eq!(
        gives(&story, "[truc-tuyen] / [ho-so] * 100", "2022-h1").await,
        "60,41"
    );
    assert_eq!(gives(&story, "[truc-tuyen] > 9000", "2022-h1").await, "Có");
}

#[tokio::test]
async fn earlier_periods_and_the_year_so_far_are_taken() {
    let story = of_files().await;
    for (period, number) in [
        ("2022-m01", 10),
        ("2022-m02", 20),
        ("2022-m03", 30),
        ("2023-m01", 15),
    ] {
        enter(&story, period, vec![item("ho-so", count(number))]).await;
    }
    for (formula, period, result) in [
        ("[ho-so@previous]", "2022-m03", "20,00"),
        ("[ho-so@-2]", "2022-m03", "10,00"),
        ("[ho-so@ytd]", "2022-m03", "60,00"),
        ("[ho-so] - [ho-so@last-year]", "2023-m01", "5,00"),
        ("[ho-so@previous,ytd]", "2022-m03", "30,00"),
        ("[ho-so@ytd]", "2022-m04", "chưa thu thập"),
        ("[ho-so@previous]", "2022-9m", "chưa thu thập"),
    ] {
        assert_eq!(gives(&story, formula, period).await, result, "{formula}");
    }
    let shares = [("2022-m01", "1", "2"), ("2022-m02", "9", "10")];
    for (period, numerator, denominator) in shares {
        let figure = item("ty-le", share(numerator, denominator, ""));
        enter(&story, period, vec![figure]).await;
    }
    // 10 of 12, and never the mean of 50 and 90.
    assert_eq!(gives(&story, "[ty-le@ytd]", "2022-m02").await, "83,33");
    let part = gives(&story, "[ty-le.denominator@ytd]", "2022-m02").await;
    assert_eq!(part, "12,00");
}

#[tokio::test]
async fn an_absence_is_never_zero_unless_the_formula_says_so() {
    let story = of_files().await;
    let figures = vec![item("truc-tuyen", not_arisen()), item("ho-so", count(3))];
    enter(&story, "2022-h1", figures).await;
    let sum = "[truc-tuyen] + [ho-so]";
    assert_eq!(gives(&story, sum, "2022-h1").await, "chưa phát sinh");
    let mut request = asking("sum([truc-tuyen], [ho-so])", "2022-h1");
    request.missing_values = pb::MissingValues::SkipIfAll.into();
    let tested = test(&story, request.clone()).await.unwrap();
    assert_eq!(tested.quantity.unwrap().text_vi, "3,00");
    request.missing_values = pb::MissingValues::NeverSkip.into();
    let tested = test(&story, request).await.unwrap();
    assert_eq!(tested.quantity.unwrap().text_vi, "3,00");
    let issue = &tested.issues[0];
    assert_eq!(issue.severity(), Severity::Warning);
    assert_eq!(issue.code, "FORMULA_COUNTED_AS_ZERO");
    assert!(issue.message_vi.contains("[truc-tuyen]"));
    let zero = "[ho-so] / ([ho-so] - 3)";
    assert_eq!(gives(&story, zero, "2022-h1").await, "chưa phát sinh");
}

#[tokio::test]
async fn what_is_not_exact_or_too_great_is_said() {
    let story = of_files().await;
    let about = shared::Quantity {
        qualifier: shared::Qualifier::MoreThan.into(),
        ..count(95)
    };
    enter(&story, "2022-h1", vec![item("ho-so", about)]).await;
    assert_eq!(gives(&story, "[ho-so] * 2", "2022-h1").await, "trên 190,00");
    let huge = asking("[ho-so] * 10^30", "2022-h1");
    let tested = test(&story, huge).await.unwrap();
    assert_eq!(tested.quantity, None);
    assert_eq!(tested.issues[0].severity(), Severity::Error);
    assert_eq!(tested.issues[0].code, "FORMULA_RESULT_LONG");
    assert_eq!(tested.inputs.len(), 1);
    let huge = derived(pb::ValueKind::Count, "[ho-so] * 10^30");
    story.publish_new("qua-lon", huge).await.unwrap();
    let refused = story.value(&story.reporter, "qua-lon").await.unwrap_err();
    assert_eq!(reason(&refused), "VALUE_NOT_COMPUTED");
}

#[tokio::test]
async fn a_formula_takes_derived_figures_and_its_own_earlier_ones() {
    let story = of_files().await;
    let rate = derived(pb::ValueKind::Ratio, "ratio([truc-tuyen], [ho-so])");
    story.publish_new("muc", rate).await.unwrap();
    let running = derived(
        pb::ValueKind::Count,
        "coalesce([tong@previous], 0) + [ho-so]",
    );
    story.publish_new("tong", running).await.unwrap();
    for (period, online, all) in [("2022-m01", 1, 2), ("2022-m02", 2, 4), ("2022-m03", 3, 4)] {
        let figures = vec![item("truc-tuyen", count(online)), item("ho-so", count(all))];
        enter(&story, period, figures).await;
    }
    let change = gives(&story, "[muc] - [muc@previous]", "2022-m03").await;
    assert_eq!(change, "25,00");
    // January began with nothing before it: the indicator does not count for 2021.
    assert_eq!(gives(&story, "[tong]", "2022-m03").await, "10,00");
    let name = "indicators/tong/values/huyen-minh-long.2022-m03";
    let get = pb::GetIndicatorValueRequest { name: name.into() };
    let mut values = story.values.clone();
    let read = values.get_indicator_value(story.reporter.ask(get)).await;
    let read = read.unwrap().into_inner();
    assert_eq!(read.quantity.unwrap().text_vi, "10");
    let source = read.source.unwrap();
    assert_eq!(source.kind(), shared::SourceKind::Derived);
    assert_eq!(source.resource, "indicators/tong/revisions/1");
}

#[tokio::test]
async fn a_formula_takes_whole_figures_and_nobody_has_to_enter_what_it_gives() {
    let story = of_files().await;
    let double = derived(pb::ValueKind::Count, "[ho-so] * 2");
    story.publish_new("gap-doi", double).await.unwrap();
    let figures = vec![
        part("ho-so", "nam", count(3)),
        item("ho-so", count(4)),
        part("ho-so", "nu", count(1)),
    ];
    enter(&story, "2022-m01", figures).await;
    let name = "indicators/gap-doi/values/huyen-minh-long.2022-m01";
    let explain = |name: String| {
        let ask = story.reporter.ask(pb::ExplainValueRequest { name });
        let mut values = story.values.clone();
        async move { values.explain_value(ask).await }
    };
    let told = explain(name.into()).await.unwrap().into_inner();
    let value = told.indicator_value.unwrap();
    assert_eq!(value.quantity.unwrap().text_vi, "8");
    assert_eq!(value.source.unwrap().kind(), shared::SourceKind::Derived);
    assert!(told.revisions.is_empty() && told.parts.is_empty());
    let part = explain(format!("{name}.nam")).await.unwrap_err();
    assert_eq!(reason(&part), "INDICATOR_VALUE_NOT_FOUND");

    let looked = story.look_at("2022-m01", &["ho-so", "gap-doi"]).await;
    assert_eq!(looked.missing_indicators, [""; 0]);
    assert_eq!(looked.completeness_percent, "100.00");
    let looked = story.look_at("2021-m01", &["ho-so", "gap-doi"]).await;
    assert_eq!(looked.missing_indicators, [""; 0]);
    assert_eq!(looked.completeness_percent, "");
}

#[tokio::test]
async fn a_circle_is_refused_and_told_with_its_way() {
    let story = of_files().await;
    let of = |formula: &str| derived(pb::ValueKind::Count, formula);
    story.publish_new("a", of("[ho-so]")).await.unwrap();
    story.publish_new("b", of("[a] + 1")).await.unwrap();
    story.publish_new("c", of("[b] + 1")).await.unwrap();
    let update = pb::UpdateIndicatorRequest {
        indicator: Some(pb::Indicator {
            name: "indicators/a".into(),
            formula: "[c]".into(),
            ..Default::default()
        }),
        etag: story.next("a").await.unwrap().etag,
        ..Default::default()
    };
    let asked = story.receiver.ask(update);
    story
        .indicators
        .clone()
        .update_indicator(asked)
        .await
        .unwrap();
    let refused = story.publish("a", "2022").await.unwrap_err();
    let why = ("indicator.formula".to_owned(), "FORMULA_CIRCLE".to_owned());
    assert_eq!(fields(&refused), [why]);
    assert!(format!("{refused:?}").contains("a -> c -> b -> a"));

    let update = pb::UpdateIndicatorRequest {
        indicator: Some(pb::Indicator {
            name: "indicators/a".into(),
            formula: "coalesce([c@previous], 0) + [ho-so]".into(),
            ..Default::default()
        }),
        etag: story.next("a").await.unwrap().etag,
        ..Default::default()
    };
    let asked = story.receiver.ask(update);
    story
        .indicators
        .clone()
        .update_indicator(asked)
        .await
        .unwrap();
    // What is taken from an earlier period is no circle.
    story.publish("a", "2022").await.unwrap();
    let itself = story.publish_new("d", of("[d]")).await.unwrap_err();
    assert_eq!(fields(&itself)[0].1, "FORMULA_CIRCLE");
}

#[tokio::test]
async fn a_formula_that_does_not_fit_is_not_published() {
    let story = of_files().await;
    let draft = derived(pb::ValueKind::Count, "[ho-so");
    let refused = story.publish_new("hong", draft).await.unwrap_err();
    assert_eq!(fields(&refused)[0].1, "FORMULA_UNCLOSED");
    for (id, kind, formula, why) in [
        ("x", pb::ValueKind::Ratio, "[ho-so]", "FORMULA_RESULT_UNFIT"),
        (
            "y",
            pb::ValueKind::Count,
            "[khong-co]",
            "FORMULA_NOT_PUBLISHED",
        ),
        (
            "z",
            pb::ValueKind::Count,
            "[ho-so.numerator]",
            "FORMULA_NO_PARTS",
        ),
        ("t", pb::ValueKind::Count, "", "REQUIRED"),
    ] {
        let refused = story.publish_new(id, derived(kind, formula)).await;
        let told = fields(&refused.unwrap_err());
        assert_eq!(told, [("indicator.formula".to_owned(), why.to_owned())]);
    }
}

#[tokio::test]
async fn what_a_formula_needs_is_not_retired() {
    let story = of_files().await;
    let double = derived(pb::ValueKind::Count, "[ho-so] * 2");
    story.publish_new("gap-doi", double).await.unwrap();
    let retire = pb::RetireIndicatorRequest {
        name: "indicators/ho-so".into(),
        last_period: "2022".into(),
        reason: "Không còn dùng".into(),
        etag: story.next("ho-so").await.unwrap().etag,
        ..Default::default()
    };
    let asked = story.receiver.ask(retire);
    let refused = story.indicators.clone().retire_indicator(asked).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "INDICATOR_IN_USE");
    assert!(refused.message().contains("indicators/gap-doi"));
}

#[tokio::test]
async fn a_formula_is_tried_only_where_figures_may_be_read() {
    let story = of_files().await;
    let sibling = story.world.person("ba-to", "reporter", "huyen-ba-to").await;
    let asked = sibling.ask(asking("[ho-so]", "2022-h1"));
    let refused = story.indicators.clone().test_formula(asked).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let unreadable = pb::TestFormulaRequest {
        formula: "1 +".into(),
        scale: Some(7),
        missing_values: 9,
        ..Default::default()
    };
    let refused = test(&story, unreadable).await.unwrap_err();
    let told: Vec<_> = fields(&refused).into_iter().map(|it| it.0).collect();
    assert_eq!(told, ["missing_values", "unit", "period", "scale"]);
    let refused = test(&story, asking("1 +", "2022-h1")).await.unwrap_err();
    assert_eq!(
        fields(&refused),
        [("formula".to_owned(), "FORMULA_END".to_owned())]
    );
}
