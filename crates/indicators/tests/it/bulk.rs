use proto::{
    indicators as pb,
    shared::{self, Disposition, Severity},
};

use crate::story::{
    Story, codes, count, dispositions, fields, item, minh_long, reason, share, value_name,
    whole_history, whole_sheet,
};

#[tokio::test]
async fn a_bad_item_is_refused_alone() {
    let story = Story::of_minh_long().await;
    let unreadable = share("-1", "0", "");
    let long = pb::ValueItem {
        note: "ô".repeat(2001),
        reason: "ô".repeat(501),
        source: Some(shared::Source {
            kind: 77,
            resource: "ô".repeat(201),
            external_id: "ô".repeat(201),
            ..Default::default()
        }),
        ..item("ho-so-da-giai-quyet", count(1))
    };
    let results = story
        .enter(vec![
            item("khong-co", count(1)),
            item("ty-le-ho-so-truc-tuyen", count(12)),
            item("chung-thu-so", count(132)),
            item("chung-thu-so", count(133)),
            item("ty-le-van-ban-dien-tu", unreadable),
            long,
            pb::ValueItem::default(),
            item("ho-so-da-giai-quyet", count(15_684)),
        ])
        .await;
    use Disposition::{Created, Rejected};
    assert_eq!(
        dispositions(&results),
        [
            Rejected, Rejected, Rejected, Rejected, Rejected, Rejected, Rejected, Created
        ],
    );
    assert_eq!(codes(&results[0]), ["REFERENCE_NOT_FOUND"]);
    assert_eq!(results[0].issues[0].field, "items[0].indicator");
    assert_eq!(codes(&results[1]), ["VALUE_KIND_MISMATCH"]);
    assert_eq!(
        results[1].issues[0].message_vi,
        "`indicators/ty-le-ho-so-truc-tuyen` nhận tỷ lệ, không nhận số đếm",
    );
    // Nobody but the sender knows which of two that contradict each other is right.
    for (place, other) in [(2, "items[3]"), (3, "items[2]")] {
        assert_eq!(codes(&results[place]), ["ITEMS_CONTRADICT"]);
        assert!(results[place].issues[0].message.contains(other));
    }
    assert_eq!(results[4].issues[0].field, "items[4].quantity.ratio");
    let long: Vec<_> = results[5]
        .issues
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    assert_eq!(
        long,
        [
            "items[5].note",
            "items[5].source.kind",
            "items[5].source.resource",
            "items[5].source.external_id",
            "items[5].reason",
        ],
    );
    assert_eq!(results[6].name, "");
    let errors = results
        .iter()
        .filter(|it| it.disposition() == Rejected)
        .flat_map(|it| &it.issues);
    for error in errors {
        assert_eq!(error.severity(), Severity::Error);
        assert!(!error.message.is_empty() && !error.message_vi.is_empty());
    }
    let sheet = story
        .sheet(&story.reporter, whole_sheet())
        .await
        .unwrap()
        .indicator_values;
    assert_eq!(sheet.len(), 1);
    assert_eq!(sheet[0].quantity.as_ref().unwrap().text_vi, "15.684");
}

#[tokio::test]
async fn a_request_says_one_unit_one_period_and_1_to_500_items() {
    let story = Story::begins().await;
    let empty = pb::UpsertIndicatorValuesRequest::default();
    let refused = story.upsert(&story.reporter, empty).await.unwrap_err();
    let why = |field: &str, reason: &str| (field.to_owned(), reason.to_owned());
    assert_eq!(
        fields(&refused),
        [
            why("unit", "REQUIRED"),
            why("period", "REQUIRED"),
            why("items", "REQUIRED")
        ],
    );
    let mut figures = Vec::new();
    for number in 0..500 {
        let id = format!("chi-tieu-{number:03}");
        story
            .define(&id, "Chỉ tiêu", pb::ValueKind::Ratio)
            .await
            .unwrap();
        figures.push(item(&id, share("86.000000", "93.000000", "92.4")));
    }
    // The order of the request is not the order of the keys.
    figures.reverse();
    let results = story.enter(figures.clone()).await;
    assert!(
        results
            .iter()
            .all(|it| it.disposition() == Disposition::Created)
    );
    assert_eq!(results[0].name, value_name("chi-tieu-499"));

    let mut page = whole_sheet();
    let first = story.sheet(&story.reporter, page.clone()).await.unwrap();
    assert_eq!(first.indicator_values.len(), 50);
    page.page_token = first.next_page_token;
    let second = story.sheet(&story.reporter, page.clone()).await.unwrap();
    assert_eq!(
        second.indicator_values[0].indicator,
        "indicators/chi-tieu-050"
    );
    page.period = "2022-9m".into();
    let refused = story.sheet(&story.reporter, page).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");

    for figure in &mut figures {
        figure.quantity = Some(share("87", "93", ""));
    }
    let results = story.enter(figures.clone()).await;
    assert!(
        results
            .iter()
            .all(|it| it.disposition() == Disposition::Updated)
    );

    figures.push(item("chi-tieu-500", count(1)));
    let refused = story
        .upsert(&story.reporter, minh_long(figures))
        .await
        .unwrap_err();
    assert_eq!(fields(&refused), [why("items", "OUT_OF_RANGE")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clerks_who_write_at_once_make_two_versions() {
    let story = Story::of_minh_long().await;
    let colleague = story
        .world
        .person("pho-phong", "reporter", "huyen-minh-long")
        .await;
    let figures = |figure| {
        minh_long(vec![
            item("chung-thu-so", count(figure)),
            item("ho-so-da-giai-quyet", count(figure)),
        ])
    };
    let mut figures_again = figures(133);
    figures_again.items.reverse();
    let (one, other) = tokio::join!(
        story.upsert(&story.reporter, figures(132)),
        story.upsert(&colleague, figures_again),
    );
    let mut made = [dispositions(&one.unwrap()), dispositions(&other.unwrap())];
    made.sort();
    assert_eq!(made, [[Disposition::Created; 2], [Disposition::Updated; 2]]);
    let history = story
        .history(&story.reporter, whole_history("chung-thu-so"))
        .await
        .unwrap();
    assert_eq!(history.revisions.len(), 2);
}
