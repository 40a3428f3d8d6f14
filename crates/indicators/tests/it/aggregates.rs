use indicators::Indicators;
use proto::{
    directory::UnitKind,
    indicators::{self as pb, aggregation_service_client::AggregationServiceClient},
    shared::{self, Absence, Qualifier},
};

use crate::{
    reform::{OF_2024, Reform, as_now, as_of, ask, covered, in_period, shown},
    story::{count, definition, derived, not_arisen, share, stated},
};

/// The reform with what the communes reported of certificates.
pub(crate) async fn with_certificates() -> Reform {
    let reform = Reform::begins().await;
    let certificates = in_period("Chứng thư số đã cấp", pb::ValueKind::Count);
    reform.define("chung-thu-so", certificates).await;
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

fn with(qualifier: Qualifier, quantity: shared::Quantity) -> shared::Quantity {
    shared::Quantity {
        qualifier: qualifier.into(),
        ..quantity
    }
}

pub(crate) fn codes(cell: &pb::AggregateCell) -> Vec<&str> {
    cell.issues.iter().map(|it| it.code.as_str()).collect()
}

#[tokio::test]
async fn totals_over_the_reform_reconcile_to_the_cell() {
    let reform = with_certificates().await;
    let district = || ask("chung-thu-so", "huyen-minh-long", &["2024"]);
    let province = || ask("chung-thu-so", "tinh-quang-ngai", &["2024"]);

    // As was: the five communes under their district.
    let was = reform.total(district()).await;
    assert_eq!((shown(&was), covered(&was)), ("156".into(), (5, 5, 0)));
    let was = reform.total(province()).await;
    assert_eq!((shown(&was), covered(&was)), ("196".into(), (6, 6, 0)));

    // As now: the same figures under the two communes of today; Trà Bùi was divided, so
    // its parts cannot be computed, and the province can.
    let by_unit = pb::AggregateValuesRequest {
        grouping: pb::AggregateGrouping::ByUnit.into(),
        ..as_now(province())
    };
    let answer = reform.ask(by_unit).await;
    assert_eq!(answer.view_date, "2026-01-10");
    let rows: Vec<_> = answer
        .rows
        .iter()
        .map(|it| (it.unit.as_str(), shown(&it.cells[0])))
        .collect();
    let of = |unit: &str| {
        let found = rows.iter().find(|(it, _)| *it == format!("units/{unit}"));
        found.unwrap().1.clone()
    };
    assert_eq!(of("xa-minh-long"), "108");
    assert_eq!(of("xa-son-mai"), "48");
    assert_eq!(
        (of("xa-tra-giang"), of("xa-ca-dam")),
        ("–".into(), "–".into())
    );
    assert_eq!(shown(&reform.total(as_now(province())).await), "196");
    let gone = reform.total(as_now(district())).await;
    assert_eq!(
        (shown(&gone), codes(&gone)),
        ("–".into(), vec!["AGGREGATE_UNIT_NOT_THERE"])
    );

    // As of a day before the reform it is as it was, and the second half of 2025 goes back
    // to the district whole.
    let before = reform.total(as_of("2024-12-31", district())).await;
    assert_eq!(shown(&before), "156");
    let later = ask("chung-thu-so", "huyen-minh-long", &["2025-h2"]);
    let back = reform.total(as_of("2024-12-31", later)).await;
    assert_eq!((shown(&back), covered(&back)), ("145".into(), (2, 2, 0)));
}

#[tokio::test]
async fn a_divided_commune_is_listed_with_its_figure_and_the_links_that_divide_it() {
    let reform = with_certificates().await;
    let part = as_now(ask("chung-thu-so", "xa-tra-giang", &["2024"]));
    let cell = reform.total(part).await;
    assert_eq!(cell.quantity, None);
    let coverage = cell.coverage.as_ref().unwrap();
    assert_eq!((coverage.expected_count, coverage.divided_count), (1, 1));
    let why = cell.not_computable.unwrap();
    assert_eq!(why.divided_count, 1);
    let divided = &why.units[0];
    assert_eq!(divided.unit, "units/xa-tra-bui");
    assert_eq!(divided.quantity.as_ref().unwrap().text_vi, "40");
    let successors: Vec<_> = divided
        .links
        .iter()
        .map(|it| (it.successor_unit.as_str(), it.share.as_str()))
        .collect();
    let expected = [("units/xa-ca-dam", ""), ("units/xa-tra-giang", "")];
    assert_eq!(successors.len(), 2);
    assert!(expected.iter().all(|it| successors.contains(it)));
    assert_eq!(divided.links[0].reorganization, "reorganizations/nq-1677");
    assert_eq!(divided.links[0].effective_date, "2025-07-01");
}

#[tokio::test]
async fn shares_add_as_sums_over_sums_and_absences_are_counted_and_never_zero() {
    let reform = Reform::begins().await;
    let online = definition("Tỷ lệ hồ sơ trực tuyến", pb::ValueKind::Ratio);
    reform.define("truc-tuyen", online).await;
    for (unit, quantity) in [
        ("xa-long-hiep", share("4817", "5209", "92.4")),
        ("xa-thanh-an", share("4658", "10475", "")),
        ("xa-long-mon", not_arisen()),
        ("xa-long-mai", stated("99")),
    ] {
        reform.enter("truc-tuyen", unit, "2024", quantity).await;
    }
    let cell = reform
        .total(ask("truc-tuyen", "huyen-minh-long", &["2024"]))
        .await;
    assert_eq!(shown(&cell), "60,41%");
    let Some(shared::quantity::Value::Ratio(ratio)) = cell.quantity.as_ref().unwrap().value.clone()
    else {
        panic!("{cell:?}");
    };
    assert_eq!(
        (ratio.numerator.as_str(), ratio.denominator.as_str()),
        ("9475", "15684")
    );
    let coverage = cell.coverage.as_ref().unwrap();
    assert_eq!(covered(&cell), (5, 2, 1));
    assert_eq!(coverage.without_parts_count, 1);
    assert_eq!(coverage.absences[0].absence(), Absence::NotArisen);
    assert_eq!(coverage.absences[0].count, 1);

    // When nothing arose anywhere, nothing arose.
    let nothing = reform
        .total(ask("truc-tuyen", "xa-long-mon", &["2024"]))
        .await;
    assert_eq!(shown(&nothing), "chưa phát sinh");
    let nobody = reform
        .total(ask("truc-tuyen", "xa-long-son", &["2024"]))
        .await;
    assert_eq!((shown(&nobody), covered(&nobody)), ("–".into(), (1, 0, 1)));
}

#[tokio::test]
async fn a_sum_with_a_lower_bound_is_a_lower_bound() {
    let reform = Reform::begins().await;
    let count_of = in_period("Văn bản điện tử", pb::ValueKind::Count);
    reform.define("van-ban", count_of).await;
    reform
        .define("ty-le", definition("Tỷ lệ", pb::ValueKind::Ratio))
        .await;
    let more = with(Qualifier::MoreThan, count(95));
    reform.enter("van-ban", "xa-long-hiep", "2024", more).await;
    reform
        .enter("van-ban", "xa-long-mai", "2024", count(5))
        .await;
    let most = with(Qualifier::MoreThan, share("95", "100", ""));
    reform.enter("ty-le", "xa-long-hiep", "2024", most).await;
    reform
        .enter("ty-le", "xa-long-mai", "2024", share("100", "100", ""))
        .await;
    let total = |indicator: &str| reform.total(ask(indicator, "huyen-minh-long", &["2024"]));
    assert_eq!(shown(&total("van-ban").await), "trên 100");
    assert_eq!(shown(&total("ty-le").await), "trên 97,5%");
    // A row of one unit shows its own figure.
    let own = pb::AggregateValuesRequest {
        grouping: pb::AggregateGrouping::ByUnit.into(),
        ..ask("ty-le", "huyen-minh-long", &["2024"])
    };
    let rows = reform.ask(own).await.rows;
    let own = rows
        .iter()
        .find(|it| it.unit == "units/xa-long-hiep")
        .unwrap();
    assert_eq!(shown(&own.cells[0]), "trên 95%");
}

#[tokio::test]
async fn a_committed_figure_is_in_the_next_answer_also_of_another_process() {
    let reform = with_certificates().await;
    let another = Indicators::open(reform.db.clone(), reform.world.access()).await;
    let another = reform.world.peer(another.unwrap().routes());
    let mut another = AggregationServiceClient::new(another);
    let district = || ask("chung-thu-so", "huyen-minh-long", &["2024"]);
    let mut last = 0;
    for number in 1..=12 {
        let quantity = if number == 7 {
            not_arisen()
        } else {
            count(number)
        };
        reform
            .enter("chung-thu-so", "xa-long-hiep", "2024", quantity)
            .await;
        let expected = if number == 7 { 95 } else { 95 + number };
        let theirs = another
            .aggregate_values(reform.viewer.ask(district()))
            .await;
        let answers = [theirs.unwrap().into_inner(), reform.ask(district()).await];
        let watermarks = answers.map(|it| {
            assert_eq!(shown(&it.rows[0].cells[0]), expected.to_string());
            let watermark = it.watermark.unwrap();
            assert!(watermark.change_time.is_some());
            watermark.change_number
        });
        assert!(watermarks[0] > last && watermarks[1] == watermarks[0]);
        last = watermarks[0];
    }
}

#[tokio::test]
async fn without_room_in_memory_answers_are_the_same() {
    let reform = with_certificates().await;
    let settings = indicators::Settings {
        aggregation_memory_mib: 0,
    };
    let access = reform.world.access();
    let poor = Indicators::open_with(reform.db.clone(), access, &settings).await;
    let poor = reform.world.peer(poor.unwrap().routes());
    let mut poor = AggregationServiceClient::new(poor);
    for number in 1..=3 {
        reform
            .enter("chung-thu-so", "xa-long-hiep", "2024", count(number))
            .await;
        for view in [pb::AggregateView::AsWas, pb::AggregateView::AsNow] {
            let by_unit = pb::AggregateValuesRequest {
                grouping: pb::AggregateGrouping::ByUnit.into(),
                view: view.into(),
                ..ask("chung-thu-so", "tinh-quang-ngai", &["2024", "2025-h2"])
            };
            let theirs = poor.aggregate_values(reform.viewer.ask(by_unit.clone()));
            let theirs = theirs.await.unwrap().into_inner();
            assert_eq!(theirs, reform.ask(by_unit).await);
        }
    }
}

#[tokio::test]
async fn a_derived_indicator_is_its_formula_over_totals_and_no_mean() {
    let reform = Reform::begins().await;
    for id in ["truc-tuyen", "tiep-nhan"] {
        reform.define(id, in_period(id, pb::ValueKind::Count)).await;
    }
    let formula = "ratio([truc-tuyen], [tiep-nhan])";
    let share_of = derived(pb::ValueKind::Ratio, formula);
    reform.define("ty-le-truc-tuyen", share_of).await;
    for (unit, online, all) in [("xa-long-hiep", 99, 100), ("xa-long-mai", 9, 900)] {
        reform
            .enter("truc-tuyen", unit, "2024", count(online))
            .await;
        reform.enter("tiep-nhan", unit, "2024", count(all)).await;
    }
    reform
        .enter("tiep-nhan", "xa-long-son", "2024", count(0))
        .await;
    let cell = reform
        .total(ask("ty-le-truc-tuyen", "huyen-minh-long", &["2024"]))
        .await;
    assert_eq!(shown(&cell), "10,8%");
    // Two of five, and one that has received no files has only that side of it.
    assert_eq!(covered(&cell), (5, 2, 2));
    assert_eq!(cell.coverage.as_ref().unwrap().incomplete_count, 1);
    let nothing = reform
        .total(ask("ty-le-truc-tuyen", "xa-thanh-an", &["2024"]))
        .await;
    assert_eq!(shown(&nothing), "chưa thu thập");
    // Divided inputs make it not computable in a part.
    for id in ["truc-tuyen", "tiep-nhan"] {
        reform.enter(id, "xa-tra-bui", "2024", count(1)).await;
    }
    let part = as_now(ask("ty-le-truc-tuyen", "xa-ca-dam", &["2024"]));
    let part = reform.total(part).await;
    assert_eq!(part.quantity, None);
    let why = part.not_computable.unwrap();
    let inputs: Vec<_> = why.units.iter().map(|it| it.indicator.as_str()).collect();
    assert_eq!(inputs, ["indicators/tiep-nhan", "indicators/truc-tuyen"]);
}

#[tokio::test]
async fn periods_are_taken_together_by_their_own_rule_and_compared_with_a_baseline() {
    let reform = Reform::begins().await;
    let certificates = in_period("Chứng thư số", pb::ValueKind::Count);
    reform.define("chung-thu-so", certificates).await;
    reform
        .define("dan-so", definition("Dân số", pb::ValueKind::Count))
        .await;
    for (period, number) in [("2023-q1", 10), ("2024-q1", 12), ("2024-q2", 30)] {
        reform
            .enter("chung-thu-so", "xa-long-hiep", period, count(number))
            .await;
        reform
            .enter("dan-so", "xa-long-hiep", period, count(number))
            .await;
    }
    let ask = |indicator: &str, periods: &[&str]| pb::AggregateValuesRequest {
        include_all_periods: true,
        baseline: pb::Baseline::SamePeriodLastYear.into(),
        ..ask(indicator, "huyen-minh-long", periods)
    };
    let answer = reform
        .ask(ask("chung-thu-so", &["2024-q1", "2024-q2"]))
        .await;
    let row = &answer.rows[0];
    let all = row.all_periods.as_ref().unwrap();
    assert_eq!((shown(all), covered(all)), ("42".into(), (10, 2, 8)));
    let change = row.cells[0].change.as_ref().unwrap();
    assert_eq!(change.baseline_period, "2023-q1");
    assert_eq!(change.baseline_quantity.as_ref().unwrap().text_vi, "10");
    assert_eq!(
        (change.difference.as_str(), change.growth_percent.as_str()),
        ("2", "20.00")
    );
    let none = row.cells[1].change.as_ref().unwrap();
    assert_eq!(
        (none.baseline_quantity.as_ref(), none.difference.as_str()),
        (None, "")
    );

    let answer = reform.ask(ask("dan-so", &["2024-q1", "2024-q2"])).await;
    assert_eq!(shown(answer.rows[0].all_periods.as_ref().unwrap()), "30");

    // A quarter and the half it is part of are not added.
    let answer = reform
        .ask(ask("chung-thu-so", &["2024-q1", "2024-h1"]))
        .await;
    let all = answer.rows[0].all_periods.as_ref().unwrap();
    assert_eq!(
        (shown(all), codes(all)),
        ("–".into(), vec!["AGGREGATE_PERIODS_OVERLAP"])
    );
}

#[tokio::test]
async fn a_unit_stands_by_its_total_against_its_target() {
    let reform = Reform::begins().await;
    let online = definition("Tỷ lệ hồ sơ trực tuyến", pb::ValueKind::Ratio);
    let online = pb::Indicator {
        direction: pb::Direction::HigherIsBetter.into(),
        ..online
    };
    reform.define("truc-tuyen", online).await;
    let target = pb::CreateTargetRequest {
        parent: "indicators/truc-tuyen".into(),
        target: Some(pb::Target {
            unit: "units/tinh-quang-ngai".into(),
            period: "2024".into(),
            quantity: Some(stated("50")),
            document_number: "12/QĐ-UBND".into(),
            document_date: "2024-01-15".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let set = reform.receiver.ask(target);
    reform.targets.clone().create_target(set).await.unwrap();
    let whole = share("9475", "15684", "");
    reform
        .enter("truc-tuyen", "xa-long-hiep", "2024", whole)
        .await;
    let cell = reform
        .total(ask("truc-tuyen", "tinh-quang-ngai", &["2024"]))
        .await;
    let target = cell.target.unwrap();
    assert_eq!(target.standing(), pb::TargetStanding::Achieved);
    assert_eq!(target.distance_points, "10.41");
    assert_eq!(
        target.target,
        "indicators/truc-tuyen/targets/tinh-quang-ngai.2024"
    );
}

#[tokio::test]
async fn a_unit_and_one_below_it_that_are_both_counted_are_told() {
    let reform = with_certificates().await;
    reform
        .enter("chung-thu-so", "huyen-minh-long", "2024", count(156))
        .await;
    let both = pb::AggregateValuesRequest {
        unit_kinds: Vec::new(),
        ..ask("chung-thu-so", "huyen-minh-long", &["2024"])
    };
    let cell = reform.total(both).await;
    assert_eq!(
        (shown(&cell), codes(&cell)),
        ("312".into(), vec!["AGGREGATE_COUNTED_TWICE"])
    );
    assert!(
        cell.issues[0]
            .message_vi
            .contains("units/huyen-minh-long > units/xa-")
    );
    let districts = pb::AggregateValuesRequest {
        unit_kinds: vec![UnitKind::District.into()],
        ..ask("chung-thu-so", "tinh-quang-ngai", &["2024"])
    };
    let cell = reform.total(districts).await;
    assert_eq!((shown(&cell), codes(&cell)), ("156".into(), vec![]));
    assert_eq!(covered(&cell), (3, 1, 2));
}

#[tokio::test]
async fn points_are_totalled_as_points_and_shares_with_the_digits_of_their_indicator() {
    let reform = Reform::begins().await;
    let score = pb::Indicator {
        direction: pb::Direction::HigherIsBetter.into(),
        unit_aggregation: pb::Aggregation::RatioOfSums.into(),
        accumulation: pb::Accumulation::InPeriod.into(),
        period_aggregation: pb::Aggregation::RatioOfSums.into(),
        ..definition("Điểm công khai", pb::ValueKind::Score)
    };
    let rate = pb::Indicator {
        scale: Some(1),
        ..definition("Tỷ lệ trực tuyến", pb::ValueKind::Ratio)
    };
    reform.define("diem", score).await;
    reform.define("ty-le", rate).await;
    for (period, points) in [("2023", "17.5"), ("2024", "17.25")] {
        let points = share(points, "20", "");
        reform.enter("diem", "xa-long-hiep", period, points).await;
    }
    let online = share("9475", "15684", "");
    reform.enter("ty-le", "xa-long-hiep", "2024", online).await;
    let target = pb::CreateTargetRequest {
        parent: "indicators/diem".into(),
        target: Some(pb::Target {
            unit: "units/huyen-minh-long".into(),
            period: "2024".into(),
            quantity: Some(share("18", "20", "")),
            document_number: "12/QĐ-UBND".into(),
            document_date: "2024-01-15".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let set = reform.receiver.ask(target);
    reform.targets.clone().create_target(set).await.unwrap();
    let changes = pb::AggregateValuesRequest {
        baseline: pb::Baseline::SamePeriodLastYear.into(),
        include_all_periods: true,
        grouping: pb::AggregateGrouping::ByUnit.into(),
        ..ask("diem", "huyen-minh-long", &["2024"])
    };
    let row = reform.ask(changes).await.rows.remove(0);
    let printed = |it: &Option<proto::shared::Quantity>| it.as_ref().unwrap().text_vi.clone();
    let cell = &row.cells[0];
    assert_eq!(printed(&cell.quantity), "17,25/20");
    let change = cell.change.as_ref().unwrap();
    assert_eq!(printed(&change.baseline_quantity), "17,5/20");
    assert_eq!(printed(&row.all_periods.unwrap().quantity), "17,25/20");
    let cell = reform
        .total(ask("diem", "huyen-minh-long", &["2024"]))
        .await;
    assert_eq!(printed(&cell.target.unwrap().quantity), "18/20");
    let cell = reform
        .total(ask("ty-le", "huyen-minh-long", &["2024"]))
        .await;
    assert_eq!(shown(&cell), "60,4%");
}
