//! Places: who shares one, who has none, and how they change.

use proto::{directory::UnitKind, indicators as pb};

use crate::{
    scoring::{CARD, SET, Scoring, create, external, line, scorecard, set},
    story::{item, reason, share},
};

/// The districts of Quảng Ngãi in 2022 with their points of 20 for the time they need.
const DISTRICTS: [(&str, &str); 13] = [
    ("tp-quang-ngai", "18.40"),
    ("huyen-binh-son", "17.60"),
    ("huyen-minh-long", "17.25"),
    ("huyen-son-tinh", "17.25"),
    ("huyen-tu-nghia", "16.80"),
    ("huyen-nghia-hanh", "16.75"),
    ("huyen-mo-duc", "16.10"),
    ("tx-duc-pho", "15.90"),
    ("huyen-ba-to", "15.20"),
    ("huyen-son-ha", "14.75"),
    ("huyen-son-tay", "14.70"),
    ("huyen-tra-bong", "13.95"),
    ("huyen-ly-son", "12.50"),
];

/// Thirteen districts whose points the portal gives.
async fn of_districts(ranking: pb::Ranking) -> Scoring {
    let scoring = Scoring::begins().await;
    let world = &scoring.story.world;
    for (unit, _) in DISTRICTS {
        if !["huyen-minh-long", "huyen-ba-to"].contains(&unit) {
            let parent = "units/tinh-quang-ngai";
            world.unit(unit, unit, UnitKind::District, parent).await;
        }
    }
    let writer = world
        .person("tong-hop", "reporter", "tinh-quang-ngai")
        .await;
    scoring.define(&[("tien-do", pb::ValueKind::Score)]).await;
    for (unit, points) in DISTRICTS {
        let upsert = pb::UpsertIndicatorValuesRequest {
            unit: format!("units/{unit}"),
            period: "2022-h1".into(),
            items: vec![item("tien-do", share(points, "20", ""))],
            ..Default::default()
        };
        scoring.story.upsert(&writer, upsert).await.unwrap();
    }
    let set = pb::CriteriaSet {
        ranking: Some(ranking),
        ..set(vec![line("TDGQ", "20", external("tien-do"))])
    };
    let set = scoring.create_set(set).await.unwrap();
    scoring.publish_set(SET, &set.etag).await.unwrap();
    let units: Vec<_> = DISTRICTS.iter().map(|it| it.0).collect();
    let card = create(scorecard("2022-h1", &units), "cap-xa-2026");
    scoring.create_card(card).await.unwrap();
    scoring.compute(CARD).await;
    scoring
}

fn by_points(scale: i32, ties: pb::TieRule) -> pb::Ranking {
    pb::Ranking {
        ranked_by: pb::RankedBy::Points.into(),
        scale: Some(scale),
        ties: ties.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn minh_long_has_17_25_of_20_and_is_third_of_thirteen() {
    let scoring = of_districts(by_points(2, pb::TieRule::Skip)).await;
    let card = scoring.card(CARD).await;
    assert_eq!((card.unit_count, card.ranked_count), (13, 13));
    let ranking = scoring.ranking(CARD).await;
    assert_eq!(
        ranking[..5],
        [
            "1 tp-quang-ngai 18.40/20.00",
            "2 huyen-binh-son 17.60/20.00",
            "3 huyen-minh-long 17.25/20.00",
            "3 huyen-son-tinh 17.25/20.00",
            "5 huyen-tu-nghia 16.80/20.00",
        ]
    );
    assert_eq!(ranking[12], "13 huyen-ly-son 12.50/20.00");
    let minh_long = &scoring.results(CARD).await[2];
    // Only who has the same points could come before or after.
    assert_eq!((minh_long.best_rank, minh_long.worst_rank), (3, 4));
}

#[tokio::test]
async fn a_shared_third_place_may_be_followed_by_a_fourth() {
    let scoring = of_districts(by_points(2, pb::TieRule::Dense)).await;
    let ranks: Vec<_> = scoring
        .results(CARD)
        .await
        .iter()
        .map(|it| it.rank)
        .collect();
    assert_eq!(ranks, [1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
}

#[tokio::test]
async fn places_hang_on_the_rounding_and_say_so() {
    let scoring = of_districts(by_points(0, pb::TieRule::Skip)).await;
    let results = scoring.results(CARD).await;
    let place = |unit: &str| {
        let found = results.iter().find(|it| it.unit == format!("units/{unit}"));
        let found = found.unwrap();
        (found.rank, found.best_rank, found.worst_rank)
    };
    // 18 and 18; then 17 four times: 17,25 twice, 16,80 and 16,75.
    assert_eq!(place("huyen-binh-son"), (1, 1, 6));
    assert_eq!(place("huyen-nghia-hanh"), (3, 2, 8));
}

#[tokio::test]
async fn a_rise_is_told_against_an_earlier_scorecard() {
    let scoring = of_districts(by_points(2, pb::TieRule::Skip)).await;
    let later = |previous: &str| pb::Scorecard {
        previous_scorecard: previous.into(),
        ..scorecard(
            "2022-9m",
            &["huyen-minh-long", "huyen-son-tinh", "xa-long-hiep"],
        )
    };
    let refused = scoring
        .create_card(create(later(CARD), "sau"))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "PREVIOUS_SCORECARD_UNFIT");
    scoring.publish(CARD).await.unwrap();
    scoring
        .create_card(create(later(CARD), "sau"))
        .await
        .unwrap();
    for (unit, points) in [("huyen-minh-long", "19"), ("xa-long-hiep", "18")] {
        let items = vec![item("tien-do", share(points, "20", ""))];
        scoring.enter_for(unit, "2022-9m", items).await;
    }
    scoring.compute("scorecards/sau").await;
    let results = scoring.results("scorecards/sau").await;
    let told: Vec<_> = results
        .iter()
        .map(|it| (it.rank, it.previous_rank, it.rank_change))
        .collect();
    // Long Hiệp was not ranked before, Sơn Tịnh is not now.
    assert_eq!(told, [(1, 3, Some(2)), (2, 0, None), (0, 3, None)]);
}
