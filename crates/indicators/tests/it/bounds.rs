//! What figures may be: points within the maximum, places among so many, amounts that are
//! not below zero, days that count, and parts that are declared.

use proto::{
    indicators as pb,
    shared::{self, Disposition},
};

use crate::{
    reform::{COMMUNES, Reform, ask, covered, in_period, shown},
    story::{
        Story, codes, count, definition, derived, dispositions, fields, item, minh_long, part,
        share, value_name, whole_history, whole_sheet,
    },
};

fn amount(vnd: i64) -> shared::Quantity {
    shared::Quantity {
        value: Some(shared::quantity::Value::AmountVnd(vnd)),
        ..Default::default()
    }
}

fn decimal(text: &str) -> shared::Quantity {
    shared::Quantity {
        value: Some(shared::quantity::Value::Decimal(text.into())),
        ..Default::default()
    }
}

/// The index of the district: points, and its place in the province.
async fn with_index() -> Story {
    let story = Story::begins().await;
    let score = pb::Indicator {
        unit_aggregation: pb::Aggregation::None.into(),
        ..definition("Điểm nhóm công khai, minh bạch", pb::ValueKind::Score)
    };
    let rank = pb::Indicator {
        unit_aggregation: pb::Aggregation::None.into(),
        ..definition("Thứ hạng trong tỉnh", pb::ValueKind::Rank)
    };
    let bonus = pb::Indicator {
        bonus_allowed: true,
        ..score.clone()
    };
    story.publish_new("diem", score).await.unwrap();
    story.publish_new("xep-hang", rank).await.unwrap();
    story.publish_new("diem-thuong", bonus).await.unwrap();
    story
}

#[tokio::test]
async fn points_and_places_are_printed_as_such_wherever_the_figure_is_read() {
    let story = with_index().await;
    let results = story
        .enter(vec![
            item("diem", share("17.25", "20", "")),
            item("xep-hang", share("3", "13", "")),
        ])
        .await;
    assert_eq!(dispositions(&results), [Disposition::Created; 2]);
    let printed = |value: &pb::IndicatorValue| value.quantity.as_ref().unwrap().text_vi.clone();
    for (id, text) in [("diem", "17,25/20"), ("xep-hang", "3/13")] {
        let value = story.value(&story.reporter, id).await.unwrap();
        assert_eq!(printed(&value), text);
        assert!(value.issues.is_empty());
        let history = story
            .history(&story.reporter, whole_history(id))
            .await
            .unwrap();
        assert_eq!(
            printed(history.revisions[0].snapshot.as_ref().unwrap()),
            text
        );
        let explain = pb::ExplainValueRequest {
            name: value_name(id),
        };
        let asked = story.reporter.ask(explain);
        let told = story.values.clone().explain_value(asked).await.unwrap();
        assert_eq!(
            printed(told.get_ref().indicator_value.as_ref().unwrap()),
            text
        );
    }
    let sheet = story.sheet(&story.reporter, whole_sheet()).await.unwrap();
    let texts: Vec<_> = sheet.indicator_values.iter().map(printed).collect();
    assert_eq!(texts, ["17,25/20", "3/13"]);
    // Also where an old version was sent and the one in force is told.
    let late = pb::ValueItem {
        etag: "\"v7\"".into(),
        ..item("diem", share("18", "20", ""))
    };
    let asked = story.reporter.ask(minh_long(vec![late]));
    let answer = story
        .values
        .clone()
        .upsert_indicator_values(asked)
        .await
        .unwrap();
    assert_eq!(printed(&answer.get_ref().current_values[0]), "17,25/20");
}

/// A target of Minh Long for the first half of 2022.
fn target_of(indicator: &str, quantity: shared::Quantity) -> pb::CreateTargetRequest {
    pb::CreateTargetRequest {
        parent: format!("indicators/{indicator}"),
        target: Some(pb::Target {
            unit: "units/huyen-minh-long".into(),
            period: "2022-h1".into(),
            quantity: Some(quantity),
            document_number: "1234/QĐ-UBND".into(),
            document_date: "2022-01-15".into(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
async fn points_and_places_are_printed_as_such_where_they_are_set_taken_and_compared() {
    let story = with_index().await;
    let better = pb::Indicator {
        direction: pb::Direction::HigherIsBetter.into(),
        unit_aggregation: pb::Aggregation::None.into(),
        ..definition("Điểm chỉ số", pb::ValueKind::Score)
    };
    story.publish_new("chi-so", better.clone()).await.unwrap();
    let same = pb::Indicator {
        collection_mode: pb::CollectionMode::Derived.into(),
        formula: "ratio([chi-so.numerator], [chi-so.denominator])".into(),
        ..better
    };
    story.publish_new("chi-so-tinh", same).await.unwrap();
    story
        .enter(vec![
            item("chi-so", share("17.25", "20", "")),
            item("chi-so-tinh", share("17", "20", "")),
            item("xep-hang", share("3", "13", "")),
        ])
        .await;
    let printed = |it: &Option<shared::Quantity>| it.as_ref().unwrap().text_vi.clone();

    // What was published beside what is computed.
    let value = story.value(&story.reporter, "chi-so-tinh").await.unwrap();
    assert_eq!(printed(&value.quantity), "17,25/20");
    assert_eq!(printed(&value.published_quantity), "17/20");
    assert_eq!(value.issues[0].code, "PUBLISHED_DIFFERS");
    assert!(value.issues[0].message_vi.contains("17/20"));
    assert!(value.issues[0].message_vi.contains("17,25/20"));

    // A target, wherever it is read.
    let mut targets = story.targets.clone();
    let order = target_of("chi-so", share("16", "20", ""));
    let made = targets.create_target(story.receiver.ask(order)).await;
    let made = made.unwrap().into_inner();
    assert_eq!(printed(&made.quantity), "16/20");
    let name = made.name.clone();
    let get = story
        .reporter
        .ask(pb::GetTargetRequest { name: name.clone() });
    let read = targets.get_target(get).await.unwrap().into_inner();
    assert_eq!(read, made);
    let list = pb::ListTargetsRequest {
        parent: "indicators/chi-so".into(),
        unit: "units/huyen-minh-long".into(),
        ..Default::default()
    };
    let list = targets.list_targets(story.reporter.ask(list)).await;
    assert_eq!(list.unwrap().into_inner().targets[0], made);
    let history = pb::ListTargetRevisionsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let history = targets.list_target_revisions(story.reporter.ask(history));
    let history = history.await.unwrap().into_inner().revisions;
    assert_eq!(history[0].snapshot.as_ref(), Some(&made));
    let judge = story.reporter.ask(pb::EvaluateTargetRequest { name });
    let judged = targets.evaluate_target(judge).await.unwrap().into_inner();
    assert_eq!(judged.target, Some(made));

    // What a formula takes.
    let test = pb::TestFormulaRequest {
        formula: "[chi-so] + [xep-hang.numerator]".into(),
        unit: "units/huyen-minh-long".into(),
        period: "2022-h1".into(),
        ..Default::default()
    };
    let asked = story.reporter.ask(test);
    let tested = story.indicators.clone().test_formula(asked).await;
    let inputs = tested.unwrap().into_inner().inputs;
    let mut texts: Vec<_> = inputs.iter().map(|it| printed(&it.quantity)).collect();
    texts.sort();
    assert_eq!(texts, ["17,25/20", "3/13"]);
}

#[tokio::test]
async fn more_points_than_there_are_and_places_that_are_none_are_refused() {
    let story = with_index().await;
    let results = story
        .enter(vec![
            item("diem", share("21", "20", "")),
            item("diem-thuong", share("21", "20", "")),
            item("xep-hang", share("14", "13", "")),
        ])
        .await;
    assert_eq!(codes(&results[0]), ["SCORE_ABOVE_MAXIMUM"]);
    assert_eq!(results[0].issues[0].field, "items[0].quantity.ratio");
    assert!(
        results[0].issues[0]
            .message_vi
            .contains("21/20 điểm vượt điểm tối đa")
    );
    assert_eq!(results[1].disposition(), Disposition::Created);
    assert!(codes(&results[1]).is_empty());
    assert_eq!(codes(&results[2]), ["RANK_OUT_OF_RANGE"]);
    assert!(results[2].issues[0].message.contains("14 of 13"));
}

#[tokio::test]
async fn an_amount_below_zero_is_taken_only_where_the_definition_says_so() {
    let story = Story::begins().await;
    let spent = definition("Kinh phí đã chi", pb::ValueKind::AmountVnd);
    let balance = pb::Indicator {
        negative_allowed: true,
        ..definition("Chênh lệch so với dự toán", pb::ValueKind::AmountVnd)
    };
    story.publish_new("da-chi", spent).await.unwrap();
    story.publish_new("chenh-lech", balance).await.unwrap();
    let results = story
        .enter(vec![
            item("da-chi", amount(-5_000_000)),
            item("chenh-lech", amount(-5_000_000)),
        ])
        .await;
    assert_eq!(codes(&results[0]), ["AMOUNT_BELOW_ZERO"]);
    assert_eq!(results[0].issues[0].field, "items[0].quantity.amount_vnd");
    assert!(results[0].issues[0].message_vi.contains("-5.000.000"));
    assert_eq!(results[1].disposition(), Disposition::Created);
}

#[tokio::test]
async fn a_rate_that_is_no_part_of_a_whole_may_be_above_it_without_a_word() {
    let story = Story::begins().await;
    let of_whole = definition("Tỷ lệ hồ sơ đúng hạn", pb::ValueKind::Ratio);
    let rate = pb::Indicator {
        numerator_within_denominator: Some(false),
        ..definition("Số thuê bao trên số dân", pb::ValueKind::Ratio)
    };
    story.publish_new("dung-han", of_whole).await.unwrap();
    story.publish_new("thue-bao", rate).await.unwrap();
    let results = story
        .enter(vec![
            item("dung-han", share("112", "100", "")),
            item("thue-bao", share("112", "100", "")),
        ])
        .await;
    assert_eq!(dispositions(&results), [Disposition::Created; 2]);
    assert_eq!(codes(&results[0]), ["RATIO_ABOVE_WHOLE"]);
    assert!(codes(&results[1]).is_empty());
    let answer = story.look_at("2022-h1", &[]).await;
    assert_eq!(answer.issues.len(), 1);
    assert_eq!(answer.issues[0].indicator_value, value_name("dung-han"));
    assert!(
        story
            .value(&story.reporter, "thue-bao")
            .await
            .unwrap()
            .issues
            .is_empty()
    );
}

#[tokio::test]
async fn digits_are_cut_where_a_figure_is_printed_and_never_where_it_is_kept() {
    let story = Story::begins().await;
    let to_one = |name: &str, kind| pb::Indicator {
        scale: Some(1),
        ..definition(name, kind)
    };
    let length = to_one("Chiều dài cáp quang (km)", pb::ValueKind::Decimal);
    let part = to_one("Tỷ lệ hồ sơ trực tuyến", pb::ValueKind::Ratio);
    story.publish_new("cap-quang", length).await.unwrap();
    story.publish_new("truc-tuyen", part).await.unwrap();
    story
        .enter(vec![
            item("cap-quang", decimal("12.25")),
            item("truc-tuyen", share("9475", "15684", "")),
        ])
        .await;
    let value = story.value(&story.reporter, "cap-quang").await.unwrap();
    let quantity = value.quantity.unwrap();
    assert_eq!(quantity.text_vi, "12,3");
    let kept = shared::quantity::Value::Decimal("12.25".into());
    assert_eq!(quantity.value, Some(kept));
    let value = story.value(&story.reporter, "truc-tuyen").await.unwrap();
    assert_eq!(value.quantity.unwrap().text_vi, "60,4%");
}

#[tokio::test]
async fn a_programme_counts_from_its_base_period_and_says_so() {
    let story = Story::begins().await;
    let programme = pb::Indicator {
        accumulation: pb::Accumulation::SinceStart.into(),
        ..definition("Hộ dân được lắp đặt mã địa chỉ", pb::ValueKind::Count)
    };
    story
        .create(
            &story.receiver,
            pb::CreateIndicatorRequest {
                indicator: Some(programme.clone()),
                indicator_id: "ma-dia-chi".into(),
                ..Default::default()
            },
        )
        .await
        .unwrap();
    let refused = story.publish("ma-dia-chi", "2022").await.unwrap_err();
    let missing = ("indicator.base_period".to_owned(), "REQUIRED".to_owned());
    assert_eq!(fields(&refused), [missing]);
    let begun = pb::Indicator {
        base_period: "2022-h2".into(),
        ..programme
    };
    let published = story.publish_new("ma-dia-chi-moi", begun).await.unwrap();
    assert_eq!(published.snapshot.unwrap().base_period, "2022-h2");
    let enter = async |period: &str| {
        story
            .enter_for(period, item("ma-dia-chi-moi", count(1_250)))
            .await
    };
    let early = enter("2022-h1").await;
    assert_eq!(codes(&early), ["PERIOD_BEFORE_BASE"]);
    assert_eq!(early.issues[0].field, "items[0].period");
    assert!(early.issues[0].message_vi.contains("6 tháng cuối năm 2022"));
    assert_eq!(enter("2022-h2").await.disposition(), Disposition::Created);
    let explain = pb::ExplainValueRequest {
        name: "indicators/ma-dia-chi-moi/values/huyen-minh-long.2022-h2".into(),
    };
    let asked = story.reporter.ask(explain);
    let told = story
        .values
        .clone()
        .explain_value(asked)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(told.base_period, "2022-h2");
    assert_eq!(told.data_window.unwrap().start_date, "2022-06-15");
}

#[tokio::test]
async fn the_days_that_count_are_those_of_the_indicator() {
    let story = Story::begins().await;
    // Báo cáo thống kê: the days of the calendar.
    let by_calendar = pb::Indicator {
        window_rule: Some(shared::WindowRule {
            start_month_offset: 0,
            start_day: 1,
            end_month_offset: 0,
            end_day: 31,
        }),
        accumulation: pb::Accumulation::AtDate.into(),
        ..definition("Dân số", pb::ValueKind::Count)
    };
    let usual = pb::Indicator {
        window_rule: None,
        ..by_calendar.clone()
    };
    story
        .publish_new("dan-so", by_calendar.clone())
        .await
        .unwrap();
    story.publish_new("chung-thu-so", usual).await.unwrap();
    let days = async |indicator: &str| {
        let describe = pb::DescribePeriodRequest {
            period: "2022-h1".into(),
            indicator: indicator.into(),
        };
        let asked = story.reporter.ask(describe);
        let answer = story
            .indicators
            .clone()
            .describe_period(asked)
            .await
            .unwrap();
        let window = answer.into_inner().data_window.unwrap();
        (window.start_date, window.end_date)
    };
    let decree = ("2021-12-15".to_owned(), "2022-06-15".to_owned());
    assert_eq!(days("").await, decree);
    assert_eq!(days("indicators/chung-thu-so").await, decree);
    let calendar = ("2022-01-01".to_owned(), "2022-07-01".to_owned());
    assert_eq!(days("indicators/dan-so").await, calendar);

    // A figure that is published a year late counts the days of the year before, when the
    // units of this world did not exist yet.
    let late = pb::Indicator {
        window_rule: Some(shared::WindowRule {
            start_month_offset: -12,
            start_day: 1,
            end_month_offset: -12,
            end_day: 31,
        }),
        ..by_calendar.clone()
    };
    story.publish_new("grdp", late).await.unwrap();
    let results = story
        .enter(vec![
            item("dan-so", count(17_000)),
            item("chung-thu-so", count(132)),
            item("grdp", count(1_000)),
        ])
        .await;
    use Disposition::{Created, Rejected};
    assert_eq!(dispositions(&results), [Created, Created, Rejected]);
    assert_eq!(codes(&results[2]), ["UNIT_NOT_IN_FORCE"]);
    let text = &results[2].issues[0].message_vi;
    assert!(text.contains("từ 2021-01-01 đến 2021-06-30"), "{text}");

    let bad = pb::Indicator {
        window_rule: Some(shared::WindowRule {
            start_day: 29,
            end_day: 31,
            ..Default::default()
        }),
        ..by_calendar
    };
    let refused = story.publish_new("sai", bad).await.unwrap_err();
    let out = (
        "indicator.window_rule".to_owned(),
        "OUT_OF_RANGE".to_owned(),
    );
    assert_eq!(fields(&refused), [out]);
}

/// Published late: the first half counts up to 5 August, when the new communes are there.
pub(crate) fn up_to_august(name: &str) -> pb::Indicator {
    pb::Indicator {
        window_rule: Some(shared::WindowRule {
            start_month_offset: 0,
            start_day: 1,
            end_month_offset: 2,
            end_day: 5,
        }),
        ..in_period(name, pb::ValueKind::Count)
    }
}

#[tokio::test]
async fn a_total_has_the_units_of_the_days_that_count_for_its_indicator() {
    let reform = Reform::begins().await;
    let late = up_to_august("Thẻ căn cước gắn chip");
    reform.define("the-chip", late).await;
    let usual = in_period("Hồ sơ", pb::ValueKind::Count);
    reform.define("ho-so", usual).await;
    let both = pb::Indicator {
        accumulation: pb::Accumulation::InPeriod.into(),
        ..derived(pb::ValueKind::Count, "[the-chip] + [ho-so]")
    };
    reform.define("tat-ca", both).await;
    for (unit, number) in [("xa-long-hiep", 61), ("xa-minh-long", 70)] {
        reform
            .enter("the-chip", unit, "2025-h1", count(number))
            .await;
    }
    reform
        .enter("ho-so", "xa-long-hiep", "2025-h1", count(5))
        .await;
    let province = |indicator: &str| ask(indicator, "tinh-quang-ngai", &["2025-h1"]);
    let total = async |indicator: &str| reform.total(province(indicator)).await;
    let cards = total("the-chip").await;
    // Four new communes, and the old one that reported before it ended.
    assert_eq!((shown(&cards), covered(&cards)), ("131".into(), (5, 2, 3)));
    let files = total("ho-so").await;
    assert_eq!((shown(&files), covered(&files)), ("5".into(), (6, 1, 5)));
    // A formula takes each figure from the units of its own days, and adds those of both.
    let sum = total("tat-ca").await;
    assert_eq!(shown(&sum), "66");
    let told: Vec<_> = sum.issues.iter().map(|it| it.code.as_str()).collect();
    // One of five, and one of six.
    assert_eq!(
        told,
        ["AGGREGATE_INPUTS_INCOMPLETE", "AGGREGATE_INPUTS_UNEVEN"]
    );
    assert!(sum.issues[0].message.contains("units/xa-minh-long"));

    let by_unit = pb::AggregateValuesRequest {
        grouping: pb::AggregateGrouping::ByUnit.into(),
        ..province("the-chip")
    };
    let rows = reform.ask(by_unit).await.rows;
    let row = rows.iter().find(|it| it.unit == "units/xa-minh-long");
    assert_eq!(shown(&row.unwrap().cells[0]), "70");
    let there = ask("the-chip", "xa-son-mai", &["2025-h1"]);
    assert!(reform.total(there).await.issues.is_empty());
    let not_there = ask("ho-so", "xa-son-mai", &["2025-h1"]);
    let told = reform.total(not_there).await.issues;
    assert_eq!(told[0].code, "AGGREGATE_UNIT_NOT_THERE");

    let views = pb::ReconcileViewsRequest {
        indicator: "indicators/the-chip".into(),
        scope_unit: "units/huyen-minh-long".into(),
        unit_kinds: COMMUNES.map(i32::from).into(),
        periods: vec!["2025-h1".into()],
        as_of_date: "2024-12-31".into(),
    };
    let views = reform.viewer.ask(views);
    let views = reform.totals.clone().reconcile_views(views).await;
    let views = views.unwrap().into_inner().comparisons.remove(0);
    let (was, then) = (views.as_was.unwrap(), views.as_of.unwrap());
    assert_eq!((shown(&was), shown(&then)), ("61".into(), "131".into()));
    let difference = views.as_of_difference.unwrap();
    assert_eq!(difference.amount, "70");
    assert_eq!(difference.lines.len(), 1);
    assert_eq!(difference.lines[0].unit, "units/xa-minh-long");
    let links = &difference.lines[0].links;
    assert!(
        links
            .iter()
            .all(|it| it.reorganization == "reorganizations/nq-1677")
    );
    assert!(!links.is_empty());
}

#[tokio::test]
async fn a_part_of_a_dimension_that_is_not_declared_is_refused_by_its_name() {
    let story = Story::begins().await;
    let dimension = |key: &str, name: &str, values: &[&str]| pb::Dimension {
        key: key.into(),
        display_name: name.into(),
        values: values.iter().map(|it| (*it).to_owned()).collect(),
    };
    let certificates = pb::Indicator {
        dimensions: vec![
            dimension("gioi", "Giới tính", &["nam", "nu"]),
            dimension("xa", "Đơn vị cấp xã", &[]),
        ],
        ..definition("Chứng thư số đã cấp", pb::ValueKind::Count)
    };
    let published = story
        .publish_new("chung-thu-so", certificates.clone())
        .await
        .unwrap();
    assert_eq!(
        published.snapshot.unwrap().dimensions,
        certificates.dimensions
    );
    let results = story
        .enter(vec![
            item("chung-thu-so", count(132)),
            part("chung-thu-so", "gioi-nu", count(52)),
            part("chung-thu-so", "xa-long-hiep", count(20)),
            part("chung-thu-so", "gioi-khac", count(1)),
            part("chung-thu-so", "cap-huyen", count(100)),
        ])
        .await;
    let told: Vec<_> = results.iter().map(codes).collect();
    assert!(told[..3].iter().all(Vec::is_empty), "{told:?}");
    assert_eq!(told[3], ["DIMENSION_VALUE_NOT_DECLARED"]);
    assert_eq!(told[4], ["DIMENSION_NOT_DECLARED"]);
    let issue = &results[4].issues[0];
    assert_eq!(issue.field, "items[4].breakdown");
    assert!(
        issue.message_vi.contains("chỉ phân tổ theo gioi, xa"),
        "{}",
        issue.message_vi
    );

    let bad = pb::Indicator {
        dimensions: vec![
            dimension("gioi-tinh", "Giới tính", &[]),
            dimension("cap", "Cấp", &["xa", "xa", "-"]),
            dimension("cap", "", &[]),
        ],
        ..certificates
    };
    let refused = story.publish_new("sai", bad).await.unwrap_err();
    let told: Vec<_> = fields(&refused)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    let of = |it: &str| format!("indicator.dimensions{it}");
    let expected = [
        "[0].key",
        "[1].values[1]",
        "[1].values[2]",
        "[2].display_name",
    ]
    .map(of);
    assert_eq!(told, expected);
}
