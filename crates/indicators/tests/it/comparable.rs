//! Figures that do not go on with earlier ones are not compared with them.

use proto::{
    indicators as pb,
    shared::{self, Severity},
};

use crate::{
    reform::{Reform, ask, in_period, shown},
    scoring::{CARD, Scoring, create, line, scorecard, set},
    story::{Story, count, derived, item, share},
};

const WHY: &str = "Bộ chỉ số năm 2025 tính cả hồ sơ liên thông";

fn entry(set: &str, why: &str) -> pb::IndicatorSetEntry {
    pb::IndicatorSetEntry {
        indicator_set: set.into(),
        code: "1.2".into(),
        not_comparable_reason: why.into(),
        ..Default::default()
    }
}

/// Writes the revision that counts from a period on and breaks with what was before.
async fn break_from(
    indicators: proto::indicators::indicator_service_client::IndicatorServiceClient<kit::Peer>,
    owner: &testkit::Person,
    id: &str,
    first_period: &str,
) {
    let mut indicators = indicators;
    let name = format!("indicators/{id}");
    let get = pb::GetIndicatorRequest {
        name: name.clone(),
        view: pb::IndicatorView::Next.into(),
        ..Default::default()
    };
    let next = indicators
        .get_indicator(owner.ask(get))
        .await
        .unwrap()
        .into_inner();
    let update = pb::UpdateIndicatorRequest {
        indicator: Some(pb::Indicator {
            name: name.clone(),
            indicator_sets: vec![entry("DTI-2022", ""), entry("DTI-2025", WHY)],
            ..Default::default()
        }),
        etag: next.etag,
        ..Default::default()
    };
    let next = indicators
        .update_indicator(owner.ask(update))
        .await
        .unwrap()
        .into_inner();
    let publish = pb::PublishIndicatorRequest {
        name,
        first_period: first_period.into(),
        change_note: "Theo bộ chỉ số năm 2025".into(),
        etag: next.etag,
        ..Default::default()
    };
    indicators
        .publish_indicator(owner.ask(publish))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_total_is_not_compared_across_a_break_and_shown_beside_it() {
    let reform = Reform::begins().await;
    let files = pb::Indicator {
        indicator_sets: vec![entry("DTI-2022", "")],
        ..in_period("Hồ sơ", pb::ValueKind::Count)
    };
    reform.define("ho-so", files).await;
    let double = derived(pb::ValueKind::Count, "[ho-so] * 2");
    reform.define("gap-doi", double).await;
    break_from(reform.indicators.clone(), &reform.receiver, "ho-so", "2024").await;
    for (period, number) in [("2022", 5), ("2023", 10), ("2024", 12), ("2025", 13)] {
        reform
            .enter("ho-so", "xa-long-hiep", period, count(number))
            .await;
    }
    for baseline in [
        pb::Baseline::PreviousPeriod,
        pb::Baseline::SamePeriodLastYear,
        pb::Baseline::EndOfLastYear,
    ] {
        for indicator in ["ho-so", "gap-doi"] {
            let years = pb::AggregateValuesRequest {
                baseline: baseline.into(),
                ..ask(indicator, "huyen-minh-long", &["2023", "2024"])
            };
            let row = reform.ask(years).await.rows.remove(0);
            let same = row.cells[0].change.as_ref().unwrap();
            assert!(!same.is_not_comparable && !same.difference.is_empty());
            let broken = row.cells[1].change.as_ref().unwrap();
            assert!(broken.is_not_comparable);
            assert_eq!(broken.baseline_period, "2023");
            assert!(broken.baseline_quantity.is_some());
            assert_eq!(
                (broken.difference.as_str(), broken.growth_percent.as_str()),
                ("", "")
            );
            let told = &row.cells[1].issues[0];
            assert_eq!(
                (told.code.as_str(), told.field.as_str()),
                ("NOT_COMPARABLE", "change")
            );
            assert!(
                told.message_vi.starts_with("không so sánh được"),
                "{told:?}"
            );
            assert!(told.message_vi.contains(WHY));
            assert_ne!(shown(&row.cells[1]), "–");
        }
    }
}

#[tokio::test]
async fn figures_of_before_and_after_a_break_make_no_sum() {
    let reform = Reform::begins().await;
    let files = pb::Indicator {
        indicator_sets: vec![entry("DTI-2022", "")],
        ..in_period("Hồ sơ", pb::ValueKind::Count)
    };
    reform.define("ho-so", files).await;
    let double = pb::Indicator {
        accumulation: pb::Accumulation::InPeriod.into(),
        period_aggregation: pb::Aggregation::Sum.into(),
        ..derived(pb::ValueKind::Count, "[ho-so] * 2")
    };
    reform.define("gap-doi", double).await;
    let latest = pb::Indicator {
        period_aggregation: pb::Aggregation::Latest.into(),
        ..derived(pb::ValueKind::Count, "[ho-so] * 2")
    };
    reform.define("moi-nhat", latest).await;
    break_from(reform.indicators.clone(), &reform.receiver, "ho-so", "2025").await;
    for (period, number) in [("2022", 5), ("2023", 10), ("2025", 13)] {
        reform
            .enter("ho-so", "xa-long-hiep", period, count(number))
            .await;
    }
    let over = async |indicator: &str, periods: &[&str]| {
        let ask = pb::AggregateValuesRequest {
            include_all_periods: true,
            ..ask(indicator, "huyen-minh-long", periods)
        };
        let row = reform.ask(ask).await.rows.remove(0);
        let all = row.all_periods.unwrap();
        (shown(&all), all.issues)
    };
    for (indicator, sum) in [("ho-so", "15"), ("gap-doi", "30")] {
        assert_eq!(over(indicator, &["2023", "2022"]).await.0, sum);
        // Of 2024 there is nothing yet: nothing of before the break is added to 2025.
        let (total, issues) = over(indicator, &["2025", "2022", "2023", "2024"]).await;
        assert_eq!(total, "–");
        assert_eq!(issues.len(), 1);
        let told = (issues[0].code.as_str(), issues[0].field.as_str());
        assert_eq!(told, ("NOT_COMPARABLE", "all_periods"));
        assert_eq!(issues[0].severity(), Severity::Warning);
        assert!(issues[0].message_vi.contains("năm 2023"), "{issues:?}");
        assert!(issues[0].message_vi.contains(WHY), "{issues:?}");
        assert_eq!(over(indicator, &["2024", "2025"]).await.1, []);
    }
    // The last of them is a figure of its own.
    assert_eq!(
        over("moi-nhat", &["2023", "2025"]).await,
        ("26".into(), vec![])
    );
}

#[tokio::test]
async fn a_jump_is_not_told_by_figures_from_before_a_break() {
    let story = Story::begins().await;
    let files = pb::Indicator {
        indicator_sets: vec![entry("DTI-2022", "")],
        ..in_period("Hồ sơ", pb::ValueKind::Count)
    };
    for id in ["ho-so", "ho-so-cu"] {
        story.publish_new(id, files.clone()).await.unwrap();
    }
    break_from(
        story.indicators.clone(),
        &story.receiver,
        "ho-so",
        "2022-m06",
    )
    .await;
    for (month, number) in [
        ("1", 130),
        ("2", 128),
        ("3", 135),
        ("4", 131),
        ("5", 133),
        ("6", 1320),
    ] {
        let period = format!("2022-m0{month}");
        for id in ["ho-so", "ho-so-cu"] {
            story.enter_for(&period, item(id, count(number))).await;
        }
    }
    let codes = |looked: pb::ValidateValuesResponse| {
        let issues = looked.issues.into_iter().filter_map(|it| it.issue);
        issues
            .map(|it| (it.severity(), it.code))
            .collect::<Vec<_>>()
    };
    let goes_on = codes(story.look_at("2022-m06", &["ho-so-cu"]).await);
    assert_eq!(goes_on, [(Severity::Warning, "JUMP".to_owned())]);
    let broken = codes(story.look_at("2022-m06", &["ho-so"]).await);
    assert_eq!(broken, [(Severity::Info, "NOT_COMPARABLE".to_owned())]);
    // Before the break history is history.
    assert_eq!(codes(story.look_at("2022-m05", &["ho-so"]).await), []);
}

#[tokio::test]
async fn places_and_bonuses_are_not_told_by_figures_from_before_a_break() {
    let scoring = Scoring::begins().await;
    let tasks = pb::Indicator {
        indicator_sets: vec![entry("DTI-2022", "")],
        ..in_period("Nhiệm vụ", pb::ValueKind::Ratio)
    };
    for id in ["nhiem-vu", "nhiem-vu-cu"] {
        scoring.story.publish_new(id, tasks.clone()).await.unwrap();
    }
    let rule = |indicator: &str| crate::scoring::linear(indicator);
    let made = set(vec![
        line("1", "10", rule("nhiem-vu-cu")),
        line("2", "10", rule("nhiem-vu")),
    ]);
    let made = scoring.create_set(made).await.unwrap();
    scoring.publish_set(&made.name, &made.etag).await.unwrap();
    let units = ["xa-long-hiep", "xa-long-mai"];
    for (period, first, second) in [("2025", "9", "5"), ("2026", "4", "6")] {
        for (unit, done) in [(units[0], first), (units[1], second)] {
            let items = ["nhiem-vu", "nhiem-vu-cu"].map(|it| item(it, share(done, "10", "")));
            scoring.enter_for(unit, period, items.into()).await;
        }
    }
    let last_year = create(scorecard("2025", &units), "cap-xa-2025");
    scoring.create_card(last_year).await.unwrap();
    scoring.compute("scorecards/cap-xa-2025").await;
    scoring.publish("scorecards/cap-xa-2025").await.unwrap();
    let this_year = pb::Scorecard {
        previous_scorecard: "scorecards/cap-xa-2025".into(),
        ..scorecard("2026", &units)
    };
    scoring
        .create_card(create(this_year, "cap-xa-2026"))
        .await
        .unwrap();
    scoring.compute(CARD).await;
    let read = |unit: &'static str| scoring.result(&scoring.scorer, unit);
    let before = read("xa-long-mai").await.unwrap();
    assert_eq!(
        (before.previous_rank, before.rank, before.rank_change),
        (2, 1, Some(1))
    );
    assert_eq!(before.issues, [] as [shared::Issue; 0]);

    let story = &scoring.story;
    break_from(
        story.indicators.clone(),
        &story.receiver,
        "nhiem-vu",
        "2026",
    )
    .await;
    scoring.compute(CARD).await;
    let after = read("xa-long-mai").await.unwrap();
    assert_eq!(
        (after.previous_rank, after.rank, after.rank_change),
        (2, 1, None)
    );
    assert_eq!(after.issues[0].code, "NOT_COMPARABLE");
    assert!(after.issues[0].message_vi.contains(WHY));
}
