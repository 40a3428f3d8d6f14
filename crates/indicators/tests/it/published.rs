//! What an agency published of a figure that is computed: both are kept, side by side.

use proto::{
    indicators as pb,
    shared::{self, Disposition, Qualifier, Severity},
};

use crate::story::{
    Story, codes, count, derived, dispositions, item, minh_long, reason, stated, whole_history,
    whole_sheet,
};

/// Files received and solved, and the share of those solved on time, computed; later than
/// the formula, the figures.
async fn of_files() -> Story {
    let story = Story::begins().await;
    for (id, name) in [
        ("dung-han", "Hồ sơ đúng hạn"),
        ("da-giai-quyet", "Hồ sơ đã giải quyết"),
    ] {
        story.define(id, name, pb::ValueKind::Count).await.unwrap();
    }
    let rate = derived(pb::ValueKind::Ratio, "ratio([dung-han], [da-giai-quyet])");
    story.publish_new("ty-le-dung-han", rate).await.unwrap();
    let later = story.world.clock.now() + chrono::Duration::seconds(1);
    story.world.clock.set(later);
    story
}

fn numbers() -> Vec<pb::ValueItem> {
    vec![
        item("dung-han", count(4817)),
        item("da-giai-quyet", count(5209)),
    ]
}

fn text(quantity: Option<&shared::Quantity>) -> &str {
    quantity.map_or("–", |it| it.text_vi.as_str())
}

fn told(value: &pb::IndicatorValue) -> Vec<(Severity, &str)> {
    let issues = value.issues.iter();
    issues.map(|it| (it.severity(), it.code.as_str())).collect()
}

#[tokio::test]
async fn the_92_4_percent_minh_long_published_stands_beside_the_92_47_that_is_computed() {
    let story = of_files().await;
    let mut items = numbers();
    items.push(item("ty-le-dung-han", stated("92.4")));
    let results = story.enter(items).await;
    assert_eq!(dispositions(&results), [Disposition::Created; 3]);
    // The numbers are computed, so nobody misses them.
    assert_eq!(codes(&results[2]), [""; 0]);

    let value = story
        .value(&story.reporter, "ty-le-dung-han")
        .await
        .unwrap();
    assert_eq!(text(value.quantity.as_ref()), "92,47%");
    assert_eq!(text(value.published_quantity.as_ref()), "92,4%");
    assert_eq!((value.revision, value.published_revision), (0, 1));
    assert_eq!(
        value.source.as_ref().unwrap().kind(),
        shared::SourceKind::Derived
    );
    let published = value.published_source.as_ref().unwrap();
    assert_eq!(published.principal, "users/can-bo");
    assert_eq!(told(&value), [(Severity::Info, "RATIO_NOT_ROUNDED")]);
    assert_eq!(value.issues[0].field, "published_quantity");

    // The sheet shows the same, once.
    let sheet = story.sheet(&story.reporter, whole_sheet()).await.unwrap();
    let names: Vec<_> = sheet
        .indicator_values
        .iter()
        .map(|it| &*it.indicator)
        .collect();
    let expected = [
        "indicators/da-giai-quyet",
        "indicators/dung-han",
        "indicators/ty-le-dung-han",
    ];
    assert_eq!(names, expected);
    assert_eq!(sheet.indicator_values[2], value);

    // What is computed from it takes what is computed.
    let points = derived(pb::ValueKind::Decimal, "[ty-le-dung-han]");
    story.publish_new("diem", points).await.unwrap();
    let value = story.value(&story.reporter, "diem").await.unwrap();
    assert_eq!(text(value.quantity.as_ref()), "92,47");
}

#[tokio::test]
async fn a_difference_is_told_when_figures_are_looked_through_and_nothing_is_refused() {
    let story = of_files().await;
    story.enter(numbers()).await;
    let nothing = story.look_at("2022-h1", &[]).await;
    assert_eq!(nothing.issues, []);
    story
        .enter(vec![item("ty-le-dung-han", stated("96.5"))])
        .await;
    let looked = story.look_at("2022-h1", &[]).await;
    let issue = looked.issues[0].issue.as_ref().unwrap();
    assert_eq!(
        (issue.severity(), issue.code.as_str()),
        (Severity::Warning, "RATIO_MISMATCH")
    );
    assert!(issue.message_vi.contains("96,5%") && issue.message_vi.contains("92,47%"));
    assert!(
        looked.issues[0]
            .indicator_value
            .contains("/ty-le-dung-han/")
    );
    assert_eq!(
        (looked.issues.len(), looked.missing_indicators.len()),
        (1, 0)
    );
    // It is nobody's duty to publish one.
    assert_eq!(looked.completeness_percent, "100.00");

    // "Trên 90%" is true of 92,47%.
    let more = shared::Quantity {
        qualifier: Qualifier::MoreThan.into(),
        ..stated("90")
    };
    story.enter(vec![item("ty-le-dung-han", more)]).await;
    assert_eq!(story.look_at("2022-h1", &[]).await.issues, []);
}

#[tokio::test]
async fn what_cannot_be_computed_is_told_when_figures_are_looked_through() {
    let story = of_files().await;
    let huge = derived(pb::ValueKind::Count, "[dung-han] * 10^30");
    story.publish_new("qua-lon", huge).await.unwrap();
    story.enter(numbers()).await;
    let looked = story
        .look_at("2022-h1", &["qua-lon", "ty-le-dung-han"])
        .await;
    let codes: Vec<_> = looked
        .issues
        .iter()
        .map(|it| it.issue.as_ref().unwrap().code.as_str())
        .collect();
    assert_eq!(codes, ["VALUE_NOT_COMPUTED"]);
}

#[tokio::test]
async fn it_is_kept_alone_until_there_is_something_to_compare_it_with() {
    let story = of_files().await;
    story
        .enter(vec![item("ty-le-dung-han", stated("92.4"))])
        .await;
    let value = story
        .value(&story.reporter, "ty-le-dung-han")
        .await
        .unwrap();
    assert_eq!(text(value.quantity.as_ref()), "chưa thu thập");
    assert_eq!(text(value.published_quantity.as_ref()), "92,4%");
    assert_eq!(told(&value), [(Severity::Info, "PUBLISHED_NOT_COMPUTED")]);
    let sheet = story.sheet(&story.reporter, whole_sheet()).await.unwrap();
    assert_eq!(sheet.indicator_values, [value]);
}

#[tokio::test]
async fn it_has_versions_of_its_own_and_is_changed_by_its_etag() {
    let story = of_files().await;
    let mut items = numbers();
    items.push(item("ty-le-dung-han", stated("92.4")));
    story.enter(items).await;
    let before = story
        .value(&story.reporter, "ty-le-dung-han")
        .await
        .unwrap();
    let mend = pb::ValueItem {
        etag: before.etag.clone(),
        reason: "Công bố lại".into(),
        ..item("ty-le-dung-han", stated("92.5"))
    };
    let mended = story.enter(vec![mend.clone()]).await;
    assert_eq!(dispositions(&mended), [Disposition::Updated]);
    let late = pb::ValueItem {
        quantity: Some(stated("92.6")),
        ..mend
    };
    assert_eq!(codes(&story.enter(vec![late]).await[0]), ["VALUE_CHANGED"]);
    let value = story
        .value(&story.reporter, "ty-le-dung-han")
        .await
        .unwrap();
    assert_eq!(told(&value), []);
    let history = whole_history("ty-le-dung-han");
    let history = story
        .history(&story.reporter, history)
        .await
        .unwrap()
        .revisions;
    let texts: Vec<_> = history
        .iter()
        .map(|it| text(it.snapshot.as_ref().unwrap().quantity.as_ref()))
        .collect();
    assert_eq!(texts, ["92,5%", "92,4%"]);
    let explain = pb::ExplainValueRequest {
        name: value.name.clone(),
    };
    let explain = story.reporter.ask(explain);
    let told = story
        .values
        .clone()
        .explain_value(explain)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((told.revisions.len(), told.inputs.len()), (2, 2));
    assert_eq!(told.indicator_value.unwrap(), value);
}

#[tokio::test]
async fn a_figure_that_was_neither_computed_nor_published_is_refused_as_before() {
    let story = of_files().await;
    let huge = derived(pb::ValueKind::Count, "[dung-han] * 10^30");
    story.publish_new("qua-lon", huge).await.unwrap();
    story
        .upsert(&story.reporter, minh_long(numbers()))
        .await
        .unwrap();
    let refused = story.value(&story.reporter, "qua-lon").await.unwrap_err();
    assert_eq!(reason(&refused), "VALUE_NOT_COMPUTED");
}
