//! How totals are asked for: pages, rights, and questions that make no sense.

use proto::indicators::{self as pb};
use tonic::Code;

use crate::{
    aggregates::with_certificates,
    reform::{Reform, as_now, ask, in_period, shown},
    story::{fields, reason},
};

#[tokio::test]
async fn rows_come_page_by_page_in_the_order_of_indicators_and_units() {
    let reform = with_certificates().await;
    reform
        .define("van-ban", in_period("Văn bản", pb::ValueKind::Count))
        .await;
    let mut page = pb::AggregateValuesRequest {
        indicators: vec![
            "indicators/van-ban".into(),
            "indicators/chung-thu-so".into(),
        ],
        grouping: pb::AggregateGrouping::ByUnit.into(),
        page_size: 4,
        ..ask("chung-thu-so", "tinh-quang-ngai", &["2024", "2025-h2"])
    };
    let mut rows = Vec::new();
    loop {
        let answer = reform.ask(page.clone()).await;
        assert!(answer.rows.len() <= 4);
        rows.extend(answer.rows);
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
    }
    // Ten communes, before and after the reform, of two indicators.
    assert_eq!(rows.len(), 20);
    let keys: Vec<_> = rows.iter().map(|it| (&it.indicator, &it.unit)).collect();
    assert!(keys.is_sorted());
    let all = pb::AggregateValuesRequest {
        page_size: 500,
        page_token: String::new(),
        ..page
    };
    assert_eq!(reform.ask(all).await.rows, rows);
}

#[tokio::test]
async fn the_right_is_asked_for_over_everything_that_is_named() {
    let reform = with_certificates().await;
    let stranger = reform
        .world
        .person("can-bo-xa", "viewer", "xa-minh-long")
        .await;
    let mut totals = reform.totals.clone();
    let scope = ask("chung-thu-so", "huyen-minh-long", &["2024"]);
    let refused = totals.aggregate_values(stranger.ask(scope.clone())).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let units = |names: &[&str]| {
        as_now(pb::AggregateValuesRequest {
            units: names.iter().map(|it| format!("units/{it}")).collect(),
            scope_unit: String::new(),
            ..scope.clone()
        })
    };
    // Whoever may read a unit reads what it came from.
    let own = stranger.ask(units(&["xa-minh-long"]));
    let own = totals.aggregate_values(own).await.unwrap().into_inner();
    assert_eq!(shown(&own.rows[0].cells[0]), "108");
    let more = units(&["xa-minh-long", "xa-son-mai"]);
    let refused = totals.aggregate_values(stranger.ask(more)).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let unknown = pb::AggregateValuesRequest {
        indicators: vec!["indicators/khong-co".into()],
        ..scope
    };
    let refused = reform.try_ask(unknown).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn a_bad_question_is_refused_with_all_fields_named() {
    let reform = Reform::begins().await;
    let bad = pb::AggregateValuesRequest {
        units: vec!["units/xa-long-hiep".into()],
        scope_unit: "units/huyen-minh-long".into(),
        unit_kinds: vec![0, 99],
        periods: vec!["2024".into(), "2024".into(), "2024-h3".into()],
        as_of_date: "2024-12-31".into(),
        states: vec![9],
        baseline: 9,
        ..Default::default()
    };
    let refused = reform.try_ask(bad).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_INVALID");
    let named: Vec<_> = fields(&refused)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    for field in [
        "indicators",
        "scope_unit",
        "unit_kinds[0]",
        "unit_kinds[1]",
        "periods[1]",
        "periods[2]",
        "as_of_date",
        "states[0]",
        "baseline",
    ] {
        assert!(named.iter().any(|it| it == field), "{field}: {named:?}");
    }
    let many = |count: usize, name: &str| vec![String::from(name); count];
    let many = pb::AggregateValuesRequest {
        indicators: many(301, "indicators/chung-thu-so"),
        units: many(501, "units/xa-long-hiep"),
        periods: (1..=25).map(|it| format!("{}", 2000 + it)).collect(),
        grouping: pb::AggregateGrouping::ByChild.into(),
        view: pb::AggregateView::AsOf.into(),
        ..Default::default()
    };
    let refused = reform.try_ask(many).await.unwrap_err();
    let named: Vec<_> = fields(&refused)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    for field in ["indicators", "units", "periods", "grouping", "as_of_date"] {
        assert!(named.iter().any(|it| it == field), "{field}: {named:?}");
    }
}
