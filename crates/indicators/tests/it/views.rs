//! One indicator under the three views, with every difference explained.

use proto::indicators as pb;

use crate::{
    reform::{COMMUNES, OF_2024, Reform, in_period, shown},
    story::{count, derived, reason, share},
};

fn views(indicator: &str, scope: &str, periods: &[&str]) -> pb::ReconcileViewsRequest {
    pb::ReconcileViewsRequest {
        indicator: format!("indicators/{indicator}"),
        scope_unit: format!("units/{scope}"),
        unit_kinds: COMMUNES.map(i32::from).into(),
        periods: periods.iter().map(|it| (*it).into()).collect(),
        as_of_date: "2024-12-31".into(),
    }
}

async fn compare(reform: &Reform, ask: pb::ReconcileViewsRequest) -> pb::ReconcileViewsResponse {
    let ask = reform.viewer.ask(ask);
    let answer = reform.totals.clone().reconcile_views(ask).await;
    answer.unwrap().into_inner()
}

/// The lines of an explanation: `xa-long-mai 27`.
fn lines(difference: Option<&pb::ViewDifference>) -> Vec<String> {
    let lines = difference.unwrap().lines.iter();
    lines
        .map(|it| format!("{} {}", it.unit.trim_start_matches("units/"), it.amount))
        .collect()
}

async fn with_certificates() -> Reform {
    let reform = Reform::begins().await;
    reform
        .define(
            "chung-thu-so",
            in_period("Chứng thư số", pb::ValueKind::Count),
        )
        .await;
    for (unit, number) in OF_2024 {
        reform
            .enter("chung-thu-so", unit, "2024", count(number))
            .await;
    }
    for (unit, number) in [("xa-minh-long", 95), ("xa-son-mai", 50)] {
        reform
            .enter("chung-thu-so", unit, "2025-h2", count(number))
            .await;
    }
    reform
}

#[tokio::test]
async fn what_the_new_commune_has_of_before_is_explained_commune_by_commune() {
    let reform = with_certificates().await;
    let answer = compare(
        &reform,
        views("chung-thu-so", "xa-minh-long", &["2024", "2025-h2"]),
    )
    .await;
    let before = &answer.comparisons[0];
    let cells = [&before.as_was, &before.as_now, &before.as_of].map(|it| it.as_ref().unwrap());
    assert_eq!(cells.map(shown), ["–", "108", "–"]);
    let now = before.as_now_difference.as_ref();
    assert_eq!(
        lines(now),
        ["xa-long-hiep 61", "xa-long-mon 13", "xa-thanh-an 34"]
    );
    assert_eq!(now.unwrap().amount, "108");
    let link = &now.unwrap().lines[0].links[0];
    assert_eq!(link.reorganization, "reorganizations/nq-1677");
    assert_eq!(link.predecessor_unit, "units/xa-long-hiep");
    assert_eq!(link.successor_unit, "units/xa-minh-long");
    assert_eq!(before.as_of_difference.as_ref().unwrap().line_count, 0);

    let after = &answer.comparisons[1];
    let cells = [&after.as_was, &after.as_now, &after.as_of].map(|it| it.as_ref().unwrap());
    // Before the reform there was no such commune.
    assert_eq!(cells.map(shown), ["95", "95", "–"]);
    assert_eq!(lines(after.as_of_difference.as_ref()), ["xa-minh-long -95"]);
}

#[tokio::test]
async fn the_district_loses_today_what_it_had_and_gets_back_what_came_of_it() {
    let reform = with_certificates().await;
    let ask = views("chung-thu-so", "huyen-minh-long", &["2024", "2025-h2"]);
    let answer = compare(&reform, ask).await;
    let shown_of = |place: usize| {
        let views = &answer.comparisons[place];
        [&views.as_was, &views.as_now, &views.as_of].map(|it| shown(it.as_ref().unwrap()))
    };
    assert_eq!(shown_of(0), ["156", "–", "156"]);
    let now = answer.comparisons[0].as_now_difference.as_ref().unwrap();
    assert_eq!((now.line_count, now.amount.as_str()), (5, "-156"));
    // The communes of today go back to it whole.
    assert_eq!(shown_of(1), ["–", "–", "145"]);
    let back = answer.comparisons[1].as_of_difference.as_ref();
    assert_eq!(lines(back), ["xa-minh-long 95", "xa-son-mai 50"]);
    assert!(answer.watermark.unwrap().change_number > 0);
}

#[tokio::test]
async fn a_part_of_a_divided_commune_is_told_as_not_computable() {
    let reform = with_certificates().await;
    let answer = compare(&reform, views("chung-thu-so", "xa-ca-dam", &["2024"])).await;
    let difference = answer.comparisons[0].as_now_difference.as_ref().unwrap();
    assert_eq!((difference.amount.as_str(), difference.line_count), ("", 1));
    let line = &difference.lines[0];
    assert_eq!(line.unit, "units/xa-tra-bui");
    assert!(line.is_not_computable && line.amount.is_empty());
    assert_eq!(line.links.len(), 2);
    let province = views("chung-thu-so", "tinh-quang-ngai", &["2024"]);
    let province = compare(&reform, province).await;
    let difference = province.comparisons[0].as_now_difference.as_ref().unwrap();
    assert_eq!(
        (difference.amount.as_str(), difference.line_count),
        ("0", 0)
    );
}

#[tokio::test]
async fn shares_are_explained_by_numerator_and_denominator() {
    let reform = Reform::begins().await;
    let online = in_period("Tỷ lệ hồ sơ trực tuyến", pb::ValueKind::Ratio);
    reform.define("truc-tuyen", online).await;
    for (unit, all) in [("xa-long-mai", "200"), ("xa-long-son", "100")] {
        reform
            .enter("truc-tuyen", unit, "2024", share("50", all, ""))
            .await;
    }
    let answer = compare(&reform, views("truc-tuyen", "xa-son-mai", &["2024"])).await;
    let views = &answer.comparisons[0];
    assert_eq!(shown(views.as_now.as_ref().unwrap()), "33,33%");
    let difference = views.as_now_difference.as_ref().unwrap();
    let amounts = (
        difference.amount.as_str(),
        difference.denominator_amount.as_str(),
    );
    assert_eq!(amounts, ("100", "300"));

    let formula = derived(pb::ValueKind::Decimal, "[truc-tuyen] * 2");
    reform.define("gap-doi", formula).await;
    let ask = crate::views::views("gap-doi", "xa-son-mai", &["2024"]);
    let ask = reform.viewer.ask(ask);
    let refused = reform
        .totals
        .clone()
        .reconcile_views(ask)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "COMPARISON_OF_DERIVED");
}
