use chrono::Duration;
use proto::{
    indicators as pb,
    shared::{self, Disposition, Severity},
};
use sea_orm::{ConnectionTrait, Statement};
use tonic::Code;

use crate::story::{
    Story, codes, count, dispositions, item, minh_long, not_arisen, reason, share, stated,
    value_name, whole_history, whole_sheet,
};

#[tokio::test]
async fn minh_long_enters_the_figures_of_its_report() {
    let story = Story::of_minh_long().await;
    let results = story
        .enter(vec![
            item("ty-le-van-ban-dien-tu", stated("99")),
            item("chung-thu-so", count(132)),
            item("ty-le-ho-so-truc-tuyen", not_arisen()),
            item("ho-so-da-giai-quyet", count(15_684)),
        ])
        .await;
    assert_eq!(dispositions(&results), [Disposition::Created; 4]);
    assert_eq!(
        results.iter().map(|it| it.offset).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert_eq!(results[1].name, value_name("chung-thu-so"));
    assert_eq!(codes(&results[0]), ["RATIO_PARTS_MISSING"]);
    assert_eq!(results[0].issues[0].severity(), Severity::Warning);
    assert_eq!(results[0].issues[0].field, "items[0].quantity.ratio");
    assert!(results[1..].iter().all(|it| it.issues.is_empty()));

    let sheet = story
        .sheet(&story.reporter, whole_sheet())
        .await
        .unwrap()
        .indicator_values;
    let printed: Vec<_> = sheet
        .iter()
        .map(|it| {
            (
                it.indicator.as_str(),
                it.quantity.as_ref().unwrap().text_vi.as_str(),
            )
        })
        .collect();
    assert_eq!(
        printed,
        [
            ("indicators/chung-thu-so", "132"),
            ("indicators/ho-so-da-giai-quyet", "15.684"),
            ("indicators/ty-le-ho-so-truc-tuyen", "chưa phát sinh"),
            ("indicators/ty-le-van-ban-dien-tu", "99%"),
        ],
    );
    let exchanged = story
        .value(&story.reporter, "ty-le-van-ban-dien-tu")
        .await
        .unwrap();
    assert_eq!(exchanged, sheet[3]);
    assert_eq!(exchanged.name, value_name("ty-le-van-ban-dien-tu"));
    assert_eq!(
        (exchanged.unit.as_str(), exchanged.period.as_str()),
        ("units/huyen-minh-long", "2022-h1")
    );
    assert_eq!((exchanged.revision, exchanged.etag.as_str()), (1, "\"v1\""));
    assert_eq!(exchanged.issues[0].code, "RATIO_PARTS_MISSING");
    assert_eq!(exchanged.issues[0].field, "quantity.ratio");
    assert_eq!(exchanged.source.unwrap().kind(), shared::SourceKind::Manual);
}

#[tokio::test]
async fn a_published_percentage_that_disagrees_is_kept_and_marked() {
    let story = Story::of_minh_long().await;
    let wrong = item("ty-le-van-ban-dien-tu", share("86", "93", "93.4"));
    let results = story.enter(vec![wrong]).await;
    assert_eq!(dispositions(&results), [Disposition::Created]);
    assert_eq!(codes(&results[0]), ["RATIO_MISMATCH"]);
    assert!(results[0].issues[0].message_vi.contains("92,47%"));
    let value = story
        .value(&story.reporter, "ty-le-van-ban-dien-tu")
        .await
        .unwrap();
    let Some(shared::quantity::Value::Ratio(ratio)) = value.quantity.unwrap().value else {
        panic!("a share was entered");
    };
    assert_eq!(
        (ratio.stated_percent.as_str(), ratio.percent.as_str()),
        ("93.4", "92.47")
    );
}

#[tokio::test]
async fn a_correction_leaves_the_first_version_readable() {
    let story = Story::of_minh_long().await;
    story.enter(vec![item("chung-thu-so", count(132))]).await;
    story
        .world
        .clock
        .set(story.world.clock.now() + Duration::minutes(5));
    let colleague = story
        .world
        .person("pho-phong", "reporter", "huyen-minh-long")
        .await;
    let corrected = pb::ValueItem {
        note: "Gồm cả chứng thư số của các xã".into(),
        reason: "Rà soát lại với cấp xã".into(),
        ..item("chung-thu-so", count(134))
    };
    let results = story
        .upsert(&colleague, minh_long(vec![corrected]))
        .await
        .unwrap();
    assert_eq!(dispositions(&results), [Disposition::Updated]);

    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!((value.revision, value.etag.as_str()), (2, "\"v2\""));
    let history = story
        .history(&story.reporter, whole_history("chung-thu-so"))
        .await
        .unwrap();
    let [second, first] = history.revisions.as_slice() else {
        panic!("there are two versions");
    };
    // How far a figure has come is said of the figure, not of its versions.
    let version = pb::IndicatorValue {
        state: pb::ValueState::Unspecified.into(),
        ..value.clone()
    };
    assert_eq!(second.snapshot.as_ref(), Some(&version));
    assert_eq!(second.principal, "users/pho-phong");
    assert_eq!(second.reason, "Rà soát lại với cấp xã");
    assert_eq!(
        second.name,
        format!("{}/revisions/2", value_name("chung-thu-so"))
    );
    assert_eq!(first.principal, "users/can-bo");
    assert_eq!(first.reason, "");
    let snapshot = first.snapshot.as_ref().unwrap();
    assert_eq!(snapshot.quantity.as_ref().unwrap().text_vi, "132");
    assert_eq!(snapshot.create_time, value.create_time);
    let entered = first.create_time.unwrap().seconds;
    assert_eq!(second.create_time.unwrap().seconds - entered, 5 * 60);

    let mut page = whole_history("chung-thu-so");
    page.page_size = 1;
    let newest = story.history(&story.reporter, page.clone()).await.unwrap();
    assert_eq!(newest.revisions, std::slice::from_ref(second));
    page.page_token = newest.next_page_token;
    let oldest = story.history(&story.reporter, page).await.unwrap();
    assert_eq!(oldest.revisions, std::slice::from_ref(first));
    assert_eq!(oldest.next_page_token, "");
}

#[tokio::test]
async fn saying_the_same_again_makes_no_version() {
    let story = Story::of_minh_long().await;
    let figures = || {
        vec![
            item("chung-thu-so", count(132)),
            item("ty-le-ho-so-truc-tuyen", not_arisen()),
        ]
    };
    story.enter(figures()).await;
    let again = story.enter(figures()).await;
    assert_eq!(dispositions(&again), [Disposition::Unchanged; 2]);
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(value.revision, 1);

    let zero = story.enter(vec![item("chung-thu-so", not_arisen())]).await;
    assert_eq!(
        dispositions(&zero),
        [Disposition::Updated],
        "an absence is not a number"
    );
    assert_eq!(ledger(&story).await, ["created", "updated"]);
}

/// Returns what the ledger says happened to the figures of Minh Long.
async fn ledger(story: &Story) -> Vec<String> {
    let db = story.db.reader();
    let asked = "SELECT action FROM ledger \
                 WHERE name = 'indicators/-/values/huyen-minh-long.2022-h1' ORDER BY sequence";
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), asked))
        .await;
    rows.unwrap()
        .iter()
        .map(|it| it.try_get("", "action").unwrap())
        .collect()
}

#[tokio::test]
async fn a_figure_tells_where_it_came_from() {
    let story = Story::of_minh_long().await;
    let observe_time = Some(prost_timestamp(1_655_200_800));
    let sent = shared::Source {
        kind: shared::SourceKind::Ingested.into(),
        resource: "Trục liên thông văn bản".into(),
        principal: "users/ai-do-khac".into(),
        external_id: "LGSP-132".into(),
        observe_time,
    };
    let entered = pb::ValueItem {
        source: Some(sent.clone()),
        ..item("chung-thu-so", count(132))
    };
    story.enter(vec![entered]).await;
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    let kept = shared::Source {
        principal: "users/can-bo".into(),
        ..sent
    };
    assert_eq!(value.source, Some(kept));
}

fn prost_timestamp(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

#[tokio::test]
async fn a_viewer_may_not_write_and_a_sibling_district_may_not_read() {
    let story = Story::of_minh_long().await;
    story.enter(vec![item("chung-thu-so", count(132))]).await;
    let viewer = story
        .world
        .person("nguoi-xem", "viewer", "huyen-minh-long")
        .await;
    assert!(story.value(&viewer, "chung-thu-so").await.is_ok());
    let write = minh_long(vec![item("chung-thu-so", count(1))]);
    let refused = story.upsert(&viewer, write.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::PermissionDenied, "PERMISSION_MISSING")
    );

    let sibling = story.world.person("ba-to", "reporter", "huyen-ba-to").await;
    let refused = [
        story.value(&sibling, "chung-thu-so").await.unwrap_err(),
        // What does not exist is told in the same words.
        story.value(&sibling, "khong-co").await.unwrap_err(),
        story.sheet(&sibling, whole_sheet()).await.unwrap_err(),
        story
            .history(&sibling, whole_history("chung-thu-so"))
            .await
            .unwrap_err(),
        story.upsert(&sibling, write).await.unwrap_err(),
    ];
    assert!(refused.iter().all(|it| it.code() == Code::PermissionDenied));
    assert_eq!(refused[0].message(), refused[1].message());

    let absent = story
        .value(&story.reporter, "ho-so-da-giai-quyet")
        .await
        .unwrap_err();
    assert_eq!(
        (absent.code(), reason(&absent).as_str()),
        (Code::NotFound, "INDICATOR_VALUE_NOT_FOUND"),
    );
    let absent = story
        .history(&story.reporter, whole_history("ho-so-da-giai-quyet"))
        .await;
    assert_eq!(absent.unwrap_err().code(), Code::NotFound);
    let value = story.value(&viewer, "chung-thu-so").await.unwrap();
    assert_eq!(value.revision, 1);
}

#[tokio::test]
async fn the_same_request_id_answers_the_first_answer() {
    let story = Story::of_minh_long().await;
    let sent = |figure| pb::UpsertIndicatorValuesRequest {
        request_id: "6f0f0a86-9a3e-4a63-9f8e-2d6c9f1f4f0b".into(),
        ..minh_long(vec![item("chung-thu-so", count(figure))])
    };
    let first = story.upsert(&story.reporter, sent(132)).await.unwrap();
    assert_eq!(dispositions(&first), [Disposition::Created]);
    assert_eq!(
        story.upsert(&story.reporter, sent(132)).await.unwrap(),
        first
    );
    let reused = story.upsert(&story.reporter, sent(133)).await.unwrap_err();
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
}
