//! The figures of a sheet as they are listed: those that were entered, and those that are
//! computed from them.

use proto::indicators as pb;

use crate::story::{Story, count, derived, item, minh_long, part, value_name, whole_sheet};

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

#[tokio::test]
async fn a_figure_entered_before_its_indicator_was_derived_stands() {
    let story = Story::of_minh_long().await;
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
    let figures = listed(&story, 50).await.remove(0);
    let texts: Vec<_> = figures
        .iter()
        .map(|it| it.quantity.as_ref().unwrap().text_vi.as_str())
        .collect();
    assert_eq!(texts, ["7", "3"]);
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
