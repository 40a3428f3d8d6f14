//! The figures of a sheet as they are listed: those that were entered, and those that are
//! computed from them.

use proto::{
    indicators::{self as pb, aggregation_service_client::AggregationServiceClient},
    shared,
};

use crate::story::{
    Story, count, definition, derived, item, minh_long, part, value_name, whole_sheet,
};

/// Certificates, files, and three figures that are computed from them.
async fn of_minh_long() -> Story {
    let story = Story::of_minh_long().await;
    for (id, formula) in [
        (
            "ho-so-moi-chung-thu",
            "[ho-so-da-giai-quyet] / [chung-thu-so]",
        ),
        ("a-gap-doi", "[ho-so-moi-chung-thu] * 2"),
        (
            "so-voi-nam-truoc",
            "[chung-thu-so] - [chung-thu-so@last-year]",
        ),
        ("qua-lon", "[ho-so-da-giai-quyet] ^ 9 ^ 2"),
        ("khong-lien-quan", "[ty-le-van-ban-dien-tu] * 1"),
    ] {
        let formula = derived(pb::ValueKind::Decimal, formula);
        story.publish_new(id, formula).await.unwrap();
    }
    story
}

async fn listed(story: &Story, page_size: i32) -> Vec<Vec<pb::IndicatorValue>> {
    let mut list = whole_sheet();
    list.page_size = page_size;
    let mut pages = Vec::new();
    loop {
        let page = story.sheet(&story.reporter, list.clone()).await.unwrap();
        pages.push(page.indicator_values);
        if page.next_page_token.is_empty() {
            return pages;
        }
        list.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn computed_figures_are_listed_among_the_others_on_pages_of_any_size() {
    let story = of_minh_long().await;
    // Nothing is computed out of nothing.
    assert!(listed(&story, 50).await[0].is_empty());
    story
        .enter(vec![
            item("chung-thu-so", count(132)),
            part("chung-thu-so", "gioi-nu", count(52)),
            item("ho-so-da-giai-quyet", count(1_250)),
        ])
        .await;
    let whole = listed(&story, 50).await.remove(0);
    let shown: Vec<_> = whole
        .iter()
        .map(|it| {
            let id = it.indicator.trim_start_matches("indicators/");
            let text = it.quantity.as_ref().map_or("", |it| it.text_vi.as_str());
            (id, it.breakdown.as_str(), text)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("a-gap-doi", "", "18,94"),
            ("chung-thu-so", "", "132"),
            ("chung-thu-so", "gioi-nu", "52"),
            ("ho-so-da-giai-quyet", "", "1.250"),
            ("ho-so-moi-chung-thu", "", "9,47"),
            ("qua-lon", "", ""),
            ("so-voi-nam-truoc", "", "chưa thu thập"),
        ]
    );
    // What cannot be computed says so and keeps nobody from the rest.
    let failed = &whole[5];
    assert_eq!(failed.name, value_name("qua-lon"));
    assert_eq!(failed.issues.len(), 1);
    assert_eq!(failed.issues[0].code, "VALUE_NOT_COMPUTED");
    assert!(!failed.issues[0].message.is_empty() && !failed.issues[0].message_vi.is_empty());
    for size in 1..=8 {
        let pages = listed(&story, size).await;
        let full = usize::try_from(size).unwrap();
        let (last, before) = pages.split_last().unwrap();
        assert!(before.iter().all(|it| it.len() == full) && !last.is_empty());
        assert_eq!(pages.concat(), whole, "pages of {size}");
    }
    // One figure alone is what it is in the list.
    let alone = story.value(&story.reporter, "a-gap-doi").await.unwrap();
    assert_eq!(alone, whole[0]);
}

#[tokio::test]
async fn what_is_compared_with_a_sender_are_the_figures_that_were_entered() {
    let story = of_minh_long().await;
    story.enter(vec![item("chung-thu-so", count(132))]).await;
    let reconcile = pb::ReconcileValuesRequest {
        units: vec!["units/huyen-minh-long".into()],
        period: "2022-h1".into(),
        ..Default::default()
    };
    let asked = story.reporter.ask(reconcile);
    let rows = story.values.clone().reconcile_values(asked).await;
    assert_eq!(rows.unwrap().into_inner().rows[0].value_count, 1);
}

/// The total of Minh Long, as soon as the service knows its units.
async fn total_of(story: &Story, indicator: &str) -> pb::AggregateCell {
    let viewer = story
        .world
        .person("nguoi-xem", "viewer", "tinh-quang-ngai")
        .await;
    let mut totals = AggregationServiceClient::new(story.peer.clone());
    for _ in 0..200 {
        let ask = pb::AggregateValuesRequest {
            indicators: vec![format!("indicators/{indicator}")],
            units: vec!["units/huyen-minh-long".into()],
            periods: vec!["2022-h1".into()],
            ..Default::default()
        };
        if let Ok(answer) = totals.aggregate_values(viewer.ask(ask)).await {
            return answer.into_inner().rows.remove(0).cells.remove(0);
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the units have not arrived");
}

#[tokio::test]
async fn a_figure_entered_before_its_indicator_was_derived_is_what_was_published_everywhere() {
    let story = Story::begins().await;
    let certificates = pb::Indicator {
        direction: pb::Direction::HigherIsBetter.into(),
        ..definition("Chứng thư số đã cấp", pb::ValueKind::Count)
    };
    story
        .publish_new("chung-thu-so", certificates)
        .await
        .unwrap();
    story
        .define("ho-so-da-giai-quyet", "Hồ sơ", pb::ValueKind::Count)
        .await
        .unwrap();
    let entered = vec![
        item("chung-thu-so", count(7)),
        item("ho-so-da-giai-quyet", count(3)),
    ];
    story.enter(entered).await;
    let mut next = story.next("chung-thu-so").await.unwrap();
    next.collection_mode = pb::CollectionMode::Derived.into();
    next.formula = "[ho-so-da-giai-quyet] * 2".into();
    let update = pb::UpdateIndicatorRequest {
        etag: next.etag.clone(),
        indicator: Some(next),
        ..Default::default()
    };
    let asked = story.receiver.ask(update);
    let updated = story.indicators.clone().update_indicator(asked).await;
    updated.unwrap();
    story.publish("chung-thu-so", "2022").await.unwrap();
    let text = |it: &Option<shared::Quantity>| it.as_ref().unwrap().text_vi.clone();

    // Alone, in the sheet, explained: 6 is computed, 7 was published.
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(text(&value.quantity), "6");
    assert_eq!(text(&value.published_quantity), "7");
    assert_eq!(value.issues[0].code, "PUBLISHED_DIFFERS");
    let figures = listed(&story, 50).await.remove(0);
    assert_eq!(figures[0], value);
    assert_eq!(
        (figures.len(), text(&figures[1].quantity).as_str()),
        (2, "3")
    );
    for size in 1..=2 {
        assert_eq!(listed(&story, size).await.concat(), figures, "{size}");
    }
    let explain = pb::ExplainValueRequest {
        name: value_name("chung-thu-so"),
    };
    let asked = story.reporter.ask(explain);
    let told = story.values.clone().explain_value(asked).await;
    let told = told.unwrap().into_inner();
    assert_eq!((told.revisions.len(), told.inputs.len()), (1, 1));
    assert_eq!(told.indicator_value.unwrap(), value);
    let looked = story.look_at("2022-h1", &[]).await;
    let issue = looked.issues[0].issue.as_ref().unwrap();
    assert_eq!(issue.code, "PUBLISHED_DIFFERS");

    // In totals, formulas and against a target it is the same 6.
    assert_eq!(text(&total_of(&story, "chung-thu-so").await.quantity), "6");
    let test = pb::TestFormulaRequest {
        formula: "[chung-thu-so] + 0".into(),
        unit: "units/huyen-minh-long".into(),
        period: "2022-h1".into(),
        scale: Some(0),
        ..Default::default()
    };
    let asked = story.reporter.ask(test);
    let tested = story.indicators.clone().test_formula(asked).await;
    assert_eq!(text(&tested.unwrap().into_inner().quantity), "6");
    let target = pb::CreateTargetRequest {
        parent: "indicators/chung-thu-so".into(),
        target: Some(pb::Target {
            unit: "units/huyen-minh-long".into(),
            period: "2022-h1".into(),
            quantity: Some(count(7)),
            document_number: "1234/QĐ-UBND".into(),
            document_date: "2022-01-15".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let asked = story.receiver.ask(target);
    let target = story.targets.clone().create_target(asked).await;
    let name = target.unwrap().into_inner().name;
    let asked = story.reporter.ask(pb::EvaluateTargetRequest { name });
    let judged = story.targets.clone().evaluate_target(asked).await;
    let judged = judged.unwrap().into_inner();
    assert_eq!(text(&judged.quantity), "6");
    assert_eq!(judged.standing(), pb::TargetStanding::NotAchieved);

    // A unit that entered none has the computed one.
    let neighbour = story
        .world
        .person("can-bo-ba-to", "reporter", "huyen-ba-to")
        .await;
    let mut ba_to = minh_long(vec![item("ho-so-da-giai-quyet", count(3))]);
    ba_to.unit = "units/huyen-ba-to".into();
    story.upsert(&neighbour, ba_to).await.unwrap();
    let mut list = whole_sheet();
    list.unit = "units/huyen-ba-to".into();
    let listed = story
        .sheet(&neighbour, list)
        .await
        .unwrap()
        .indicator_values;
    let texts: Vec<_> = listed
        .iter()
        .map(|it| it.quantity.as_ref().unwrap().text_vi.as_str())
        .collect();
    assert_eq!(texts, ["6", "3"]);
}
