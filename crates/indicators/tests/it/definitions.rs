//! Definitions from draft to retirement, and what counts for which period.

use proto::{indicators as pb, shared::Disposition};
use tonic::{Code, Status};

use crate::story::{
    Story, codes, count, definition, derived, dispositions, fields, item, minh_long, reason,
};

fn certificates() -> pb::Indicator {
    definition("Chứng thư số đã cấp", pb::ValueKind::Count)
}

async fn draft(story: &Story, id: &str, indicator: pb::Indicator) -> pb::Indicator {
    let create = pb::CreateIndicatorRequest {
        indicator: Some(indicator),
        indicator_id: id.into(),
        ..Default::default()
    };
    story.create(&story.receiver, create).await.unwrap()
}

async fn update(
    story: &Story,
    indicator: pb::Indicator,
    paths: &[&str],
    etag: &str,
) -> Result<pb::Indicator, Status> {
    let paths = paths.iter().map(|it| (*it).to_owned()).collect();
    let update = pb::UpdateIndicatorRequest {
        indicator: Some(indicator),
        update_mask: Some(prost_types::FieldMask { paths }),
        etag: etag.into(),
        ..Default::default()
    };
    let asked = story.receiver.ask(update);
    let answer = story.indicators.clone().update_indicator(asked).await?;
    Ok(answer.into_inner())
}

async fn retire(story: &Story, id: &str, last_period: &str) -> Result<pb::Indicator, Status> {
    let retire = pb::RetireIndicatorRequest {
        name: format!("indicators/{id}"),
        last_period: last_period.into(),
        reason: "Thay bằng bộ chỉ tiêu mới".into(),
        etag: story.next(id).await?.etag,
        ..Default::default()
    };
    let asked = story.receiver.ask(retire);
    let answer = story.indicators.clone().retire_indicator(asked).await?;
    Ok(answer.into_inner())
}

async fn revisions(story: &Story, id: &str) -> Vec<pb::IndicatorRevision> {
    let list = pb::ListIndicatorRevisionsRequest {
        parent: format!("indicators/{id}"),
        ..Default::default()
    };
    let asked = story.reporter.ask(list);
    let answer = story
        .indicators
        .clone()
        .list_indicator_revisions(asked)
        .await;
    answer.unwrap().into_inner().revisions
}

#[tokio::test]
async fn a_draft_takes_figures_only_when_it_is_published_and_for_its_periods() {
    let story = Story::begins().await;
    let made = draft(&story, "chung-thu-so", certificates()).await;
    assert_eq!(made.state(), pb::IndicatorState::Draft);
    assert_eq!((made.revision, made.first_period.as_str()), (0, ""));
    let results = story.enter(vec![item("chung-thu-so", count(132))]).await;
    assert_eq!(codes(&results[0]), ["INDICATOR_NOT_IN_FORCE"]);
    assert_eq!(results[0].issues[0].field, "items[0].indicator");

    let revision = story.publish("chung-thu-so", "2022-h1").await.unwrap();
    assert_eq!(revision.name, "indicators/chung-thu-so/revisions/1");
    assert_eq!(revision.first_period, "2022-h1");
    assert_eq!(revision.publisher, "users/chuyen-vien");
    let read = story
        .read("chung-thu-so", pb::IndicatorView::Published, "")
        .await
        .unwrap();
    assert_eq!(read.state(), pb::IndicatorState::Active);
    assert_eq!((read.revision, read.has_unpublished_changes), (1, false));
    let results = story.enter(vec![item("chung-thu-so", count(132))]).await;
    assert_eq!(dispositions(&results), [Disposition::Created]);

    let mut earlier = minh_long(vec![item("chung-thu-so", count(99))]);
    earlier.period = "2021-h2".into();
    let results = story.upsert(&story.reporter, earlier).await.unwrap();
    assert_eq!(codes(&results[0]), ["INDICATOR_NOT_IN_FORCE"]);
}

#[tokio::test]
async fn what_counts_for_a_period_is_the_revision_in_force_for_it() {
    let story = Story::begins().await;
    draft(&story, "chung-thu-so", certificates()).await;
    story.publish("chung-thu-so", "2022-h1").await.unwrap();
    let etag = story.next("chung-thu-so").await.unwrap().etag;
    let renamed = pb::Indicator {
        name: "indicators/chung-thu-so".into(),
        display_name: "Chứng thư số còn hiệu lực".into(),
        unit_aggregation: pb::Aggregation::Max.into(),
        ..Default::default()
    };
    let paths = ["display_name", "unit_aggregation", "state"];
    let next = update(&story, renamed, &paths, &etag).await.unwrap();
    assert_eq!(next.display_name, "Chứng thư số còn hiệu lực");
    assert_eq!(next.measure_unit, "");
    assert!(next.has_unpublished_changes);
    let published = |period: &'static str| {
        let view = pb::IndicatorView::Published;
        let story = &story;
        async move { story.read("chung-thu-so", view, period).await }
    };
    let now = published("").await.unwrap();
    assert_eq!(now.display_name, "Chứng thư số đã cấp");

    let second = story.publish("chung-thu-so", "2023-q3").await.unwrap();
    assert_eq!(second.name, "indicators/chung-thu-so/revisions/2");
    assert_eq!(published("").await.unwrap().revision, 2);
    assert_eq!(published("2023").await.unwrap().revision, 1);
    assert_eq!(published("2023-h2").await.unwrap().revision, 2);
    let refused = published("2021").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "INDICATOR_NOT_IN_FORCE");

    let [newest, first] = revisions(&story, "chung-thu-so").await.try_into().unwrap();
    assert_eq!(newest.last_period, "");
    assert_eq!(newest, second);
    assert_eq!(first.last_period, "2023-q2");
    let snapshot = first.snapshot.as_ref().unwrap();
    assert_eq!(snapshot.display_name, "Chứng thư số đã cấp");
    let get = pb::GetIndicatorRevisionRequest {
        name: first.name.clone(),
    };
    let asked = story.reporter.ask(get);
    let read = story.indicators.clone().get_indicator_revision(asked).await;
    assert_eq!(read.unwrap().into_inner(), first);
}

#[tokio::test]
async fn a_revision_does_not_reach_back_behind_the_one_in_force() {
    let story = Story::begins().await;
    draft(&story, "chung-thu-so", certificates()).await;
    story.publish("chung-thu-so", "2023").await.unwrap();
    let refused = story.publish("chung-thu-so", "2022-h2").await.unwrap_err();
    assert_eq!(reason(&refused), "REVISION_TOO_EARLY");
    assert_eq!(revisions(&story, "chung-thu-so").await.len(), 1);
    // The same first period again takes its place for all periods.
    story.publish("chung-thu-so", "2023-q1").await.unwrap();
    let now = story.read("chung-thu-so", pb::IndicatorView::Published, "2023");
    assert_eq!(now.await.unwrap().revision, 2);
}

#[tokio::test]
async fn a_change_names_its_fields_and_the_version_it_is_made_to() {
    let story = Story::begins().await;
    let made = draft(&story, "chung-thu-so", certificates()).await;
    let named = |change: pb::Indicator| pb::Indicator {
        name: "indicators/chung-thu-so".into(),
        ..change
    };
    let blank = named(pb::Indicator::default());
    let refused = update(&story, blank.clone(), &[], "").await.unwrap_err();
    assert_eq!(reason(&refused), "ETAG_REQUIRED");
    let topic = named(pb::Indicator {
        topic: "Chính quyền số".into(),
        ..Default::default()
    });
    // Without a mask what is set is changed.
    let changed = update(&story, topic.clone(), &[], &made.etag)
        .await
        .unwrap();
    assert_eq!(changed.topic, "Chính quyền số");
    assert_eq!(changed.display_name, "Chứng thư số đã cấp");
    let stale = update(&story, topic.clone(), &[], &made.etag)
        .await
        .unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let unknown = update(&story, topic, &["chủ đề"], &changed.etag).await;
    let why = ("update_mask".to_owned(), "FIELD_MASK_INVALID".to_owned());
    assert_eq!(fields(&unknown.unwrap_err()), [why]);
    let emptied = update(&story, blank.clone(), &["topic"], &changed.etag).await;
    assert_eq!(emptied.unwrap().topic, "");
    let etag = story.next("chung-thu-so").await.unwrap().etag;
    let all = update(&story, blank, &["*"], &etag).await.unwrap_err();
    assert_eq!(fields(&all)[0].0, "indicator.display_name");

    story.publish("chung-thu-so", "2022").await.unwrap();
    let etag = story.next("chung-thu-so").await.unwrap().etag;
    let other_kind = named(pb::Indicator {
        value_kind: pb::ValueKind::Decimal.into(),
        ..Default::default()
    });
    let refused = update(&story, other_kind, &[], &etag).await.unwrap_err();
    let why = ("indicator.value_kind".to_owned(), "IMMUTABLE".to_owned());
    assert_eq!(fields(&refused), [why]);
}

#[tokio::test]
async fn a_retired_indicator_takes_figures_up_to_its_last_period_and_no_change() {
    let story = Story::of_minh_long().await;
    let early = retire(&story, "chung-thu-so", "2021").await.unwrap_err();
    assert_eq!(reason(&early), "INDICATOR_ENDS_EARLY");
    let retired = retire(&story, "chung-thu-so", "2022-h1").await.unwrap();
    assert_eq!(retired.state(), pb::IndicatorState::Retired);
    assert_eq!(retired.last_period, "2022-h1");
    assert_eq!(retired.retire_reason, "Thay bằng bộ chỉ tiêu mới");
    let results = story.enter(vec![item("chung-thu-so", count(132))]).await;
    assert_eq!(dispositions(&results), [Disposition::Created]);
    let mut later = minh_long(vec![item("chung-thu-so", count(133))]);
    later.period = "2022-h2".into();
    let results = story.upsert(&story.reporter, later).await.unwrap();
    assert_eq!(codes(&results[0]), ["INDICATOR_NOT_IN_FORCE"]);
    let again = retire(&story, "chung-thu-so", "2023").await.unwrap_err();
    assert_eq!(reason(&again), "STATE_NOT_ALLOWED");
    let refused = story.publish("chung-thu-so", "2023").await.unwrap_err();
    assert_eq!(reason(&refused), "STATE_NOT_ALLOWED");
    assert_eq!(
        revisions(&story, "chung-thu-so").await[0].last_period,
        "2022-h1"
    );
}

#[tokio::test]
async fn what_does_not_hold_together_is_not_published_and_every_field_is_named() {
    let story = Story::begins().await;
    let unfit = pb::Indicator {
        period_aggregation: pb::Aggregation::Sum.into(),
        choices: vec!["Mức 3".into()],
        collection_mode: pb::CollectionMode::Ingested.into(),
        scale: Some(2),
        indicator_sets: vec![pb::IndicatorSetEntry {
            indicator_set: "DTI-2025".into(),
            code: "1.2".into(),
            comparable_with: "indicators/khong-co".into(),
            ..Default::default()
        }],
        ..certificates()
    };
    draft(&story, "chung-thu-so", unfit).await;
    let refused = story.publish("chung-thu-so", "2022").await.unwrap_err();
    let told: Vec<_> = fields(&refused).into_iter().map(|it| it.0).collect();
    assert_eq!(
        told,
        [
            "indicator.period_aggregation",
            "indicator.choices",
            "indicator.source_system",
            "indicator.scale",
            "indicator.indicator_sets[0].comparable_with",
        ],
    );
}

#[tokio::test]
async fn an_indicator_is_shared_by_two_sets_or_says_why_it_cannot_be_compared() {
    let story = Story::of_minh_long().await;
    let entry = |set: &str, with: &str, why: &str| pb::IndicatorSetEntry {
        indicator_set: set.into(),
        code: "1.2".into(),
        comparable_with: with.into(),
        not_comparable_reason: why.into(),
    };
    let sets = vec![
        entry("DTI-2022", "", ""),
        entry("DTI-2025", "indicators/chung-thu-so", ""),
        entry("NQ57-2026", "", "Cách tính khác"),
    ];
    let indicator = pb::Indicator {
        indicator_sets: sets.clone(),
        topic: "Chính quyền số".into(),
        ..certificates()
    };
    let revision = story
        .publish_new("chung-thu-so-moi", indicator)
        .await
        .unwrap();
    assert_eq!(revision.snapshot.unwrap().indicator_sets, sets);
    let both = entry("DTI-2022", "indicators/chung-thu-so", "Cách tính khác");
    let create = pb::CreateIndicatorRequest {
        indicator: Some(pb::Indicator {
            indicator_sets: vec![both],
            ..certificates()
        }),
        indicator_id: "hai-loi".into(),
        ..Default::default()
    };
    let refused = story.create(&story.receiver, create).await.unwrap_err();
    assert_eq!(fields(&refused)[0].1, "CONTRADICTION");
}

#[tokio::test]
async fn only_the_owner_changes_publishes_and_retires() {
    let story = Story::of_minh_long().await;
    let etag = story.next("chung-thu-so").await.unwrap().etag;
    let name = "indicators/chung-thu-so".to_owned();
    let mut indicators = story.indicators.clone();
    let publish = pb::PublishIndicatorRequest {
        name: name.clone(),
        first_period: "2023".into(),
        change_note: "…".into(),
        etag: etag.clone(),
        ..Default::default()
    };
    let refused = indicators
        .publish_indicator(story.reporter.ask(publish))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let retire = pb::RetireIndicatorRequest {
        name: name.clone(),
        last_period: "2023".into(),
        reason: "…".into(),
        etag: etag.clone(),
        ..Default::default()
    };
    let refused = indicators
        .retire_indicator(story.reporter.ask(retire))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    // The department may not give away to a unit it has no right on.
    let away = pb::Indicator {
        name,
        owner_unit: "units/huyen-minh-long".into(),
        ..Default::default()
    };
    let refused = update(&story, away, &["owner_unit"], &etag)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_list_shows_what_counts_for_a_period() {
    let story = Story::of_minh_long().await;
    story
        .publish_new("tong", derived(pb::ValueKind::Count, "[chung-thu-so] * 2"))
        .await
        .unwrap();
    draft(&story, "du-thao", certificates()).await;
    let list = |period: &str| pb::ListIndicatorsRequest {
        period: period.into(),
        ..Default::default()
    };
    let names = |asked| {
        let story = &story;
        async move {
            let asked = story.reporter.ask(asked);
            let answer = story
                .indicators
                .clone()
                .list_indicators(asked)
                .await
                .unwrap();
            let found = answer.into_inner().indicators.into_iter();
            found.map(|it| it.name).collect::<Vec<_>>()
        }
    };
    assert_eq!(names(list("")).await.len(), 6);
    let counting = names(list("2022-h1")).await;
    assert_eq!(counting.len(), 5);
    assert!(!counting.contains(&"indicators/du-thao".to_owned()));
    assert_eq!(names(list("2021")).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_period_is_described() {
    let story = Story::begins().await;
    let describe = |period: &str| {
        let asked = story.reporter.ask(pb::DescribePeriodRequest {
            period: period.into(),
            ..Default::default()
        });
        let mut indicators = story.indicators.clone();
        async move { indicators.describe_period(asked).await }
    };
    let half = describe("2022-h1").await.unwrap().into_inner();
    assert_eq!(half.label_vi, "6 tháng đầu năm 2022");
    assert_eq!(half.label_en, "first half of 2022");
    let window = half.data_window.unwrap();
    assert_eq!(
        (window.start_date.as_str(), window.end_date.as_str()),
        ("2021-12-15", "2022-06-15")
    );
    assert_eq!(half.previous_period, "2021-h2");
    assert_eq!(half.same_period_last_year, "2021-h1");
    let refused = describe("2022-h3").await.unwrap_err();
    assert_eq!(fields(&refused)[0].0, "period");
}
