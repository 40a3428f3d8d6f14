//! Rules of the field: meetings without paper are meetings, the parts make up the whole, and
//! a district reports what its communes do. What breaks them is told and kept.

use proto::{
    directory::UnitKind,
    indicators as pb,
    shared::{Disposition, Severity},
};
use testkit::Person;
use tonic::Status;

use crate::{
    bounds::up_to_august,
    reform::{Reform, in_period},
    story::{Story, count, definition, derived, item, minh_long, not_arisen, share},
};

/// Meetings of a unit, as the department asks for them in its yearly form.
pub(crate) async fn with_meetings() -> Story {
    let story = Story::begins().await;
    for (id, name) in [
        ("cuoc-hop", "Số cuộc họp"),
        ("hop-khong-giay", "Số cuộc họp không giấy tờ"),
        ("hop-truc-tuyen", "Số cuộc họp trực tuyến"),
    ] {
        story.define(id, name, pb::ValueKind::Count).await.unwrap();
    }
    story
}

pub(crate) fn rule(expression: &str, message: &str, message_vi: &str) -> pb::ValidationRule {
    pb::ValidationRule {
        display_name: message_vi.into(),
        expression: expression.into(),
        message: message.into(),
        message_vi: message_vi.into(),
        owner_unit: "units/so-tttt".into(),
        ..Default::default()
    }
}

pub(crate) fn of_meetings() -> pb::ValidationRule {
    rule(
        "[hop-khong-giay] + [hop-truc-tuyen] <= [cuoc-hop]",
        "there cannot be more such meetings than meetings",
        "số cuộc họp không giấy tờ và trực tuyến không vượt tổng số cuộc họp",
    )
}

pub(crate) async fn create(
    story: &Story,
    by: &Person,
    id: &str,
    rule: pb::ValidationRule,
) -> Result<pb::ValidationRule, Status> {
    let create = pb::CreateValidationRuleRequest {
        validation_rule: Some(rule),
        validation_rule_id: id.into(),
        ..Default::default()
    };
    let mut rules = story.rules.clone();
    let answer = rules.create_validation_rule(by.ask(create)).await?;
    Ok(answer.into_inner())
}

pub(crate) async fn read(
    story: &Story,
    id: &str,
    period: &str,
) -> Result<pb::ValidationRule, Status> {
    let get = pb::GetValidationRuleRequest {
        name: format!("validationRules/{id}"),
        period: period.into(),
    };
    let mut rules = story.rules.clone();
    let answer = rules.get_validation_rule(story.reporter.ask(get)).await?;
    Ok(answer.into_inner())
}

pub(crate) async fn publish(
    story: &Story,
    id: &str,
    first_period: &str,
) -> Result<pb::ValidationRuleRevision, Status> {
    let publish = pb::PublishValidationRuleRequest {
        name: format!("validationRules/{id}"),
        first_period: first_period.into(),
        change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
        etag: read(story, id, "").await?.etag,
        ..Default::default()
    };
    let asked = story.receiver.ask(publish);
    let answer = story.rules.clone().publish_validation_rule(asked).await?;
    Ok(answer.into_inner())
}

/// Adds a rule that counts from 2022 on.
pub(crate) async fn in_force(story: &Story, id: &str, rule: pb::ValidationRule) {
    create(story, &story.receiver, id, rule).await.unwrap();
    publish(story, id, "2022").await.unwrap();
}

/// What a rule says, as it is told of a figure.
pub(crate) fn told(answer: &pb::ValidateValuesResponse) -> Vec<(&str, Severity, &str, &str)> {
    let broken = answer
        .issues
        .iter()
        .filter(|it| !it.validation_rule.is_empty());
    let told = broken.map(|it| {
        let issue = it.issue.as_ref().unwrap();
        assert_eq!(
            (issue.code.as_str(), issue.field.as_str()),
            ("RULE_NOT_KEPT", "quantity")
        );
        let rule = it.validation_rule.strip_prefix("validationRules/").unwrap();
        (
            rule,
            issue.severity(),
            issue.message.as_str(),
            issue.message_vi.as_str(),
        )
    });
    told.collect()
}

/// The Vietnamese texts alone.
pub(crate) fn said(answer: &pb::ValidateValuesResponse) -> Vec<&str> {
    told(answer)
        .into_iter()
        .map(|(.., vietnamese)| vietnamese)
        .collect()
}

#[tokio::test]
async fn more_meetings_without_paper_than_meetings_are_told_with_their_numbers_and_kept() {
    let story = with_meetings().await;
    in_force(&story, "cuoc-hop", of_meetings()).await;
    let results = story
        .enter(vec![
            item("cuoc-hop", count(12)),
            item("hop-khong-giay", count(9)),
            item("hop-truc-tuyen", count(4)),
        ])
        .await;
    assert!(
        results
            .iter()
            .all(|it| it.disposition() == Disposition::Created)
    );
    let answer = story.look_at("2022-h1", &[]).await;
    assert_eq!(
        told(&answer),
        [(
            "cuoc-hop/revisions/1",
            Severity::Warning,
            "there cannot be more such meetings than meetings: 9 + 4 = 13 is more than 12",
            "số cuộc họp không giấy tờ và trực tuyến không vượt tổng số cuộc họp: 9 + 4 = 13, lớn hơn 12",
        )]
    );
    let figure = |id: &str| format!("indicators/{id}/values/huyen-minh-long.2022-h1");
    assert_eq!(answer.issues[0].indicator_value, figure("hop-khong-giay"));
    let related = ["hop-khong-giay", "hop-truc-tuyen", "cuoc-hop"].map(figure);
    assert_eq!(answer.issues[0].related_values, related);
    // Told as well when one of the three is asked about, and not when another figure is.
    assert_eq!(
        said(&story.look_at("2022-h1", &["cuoc-hop"]).await).len(),
        1
    );
    story
        .define("dan-so", "Dân số", pb::ValueKind::Count)
        .await
        .unwrap();
    assert!(said(&story.look_at("2022-h1", &["dan-so"]).await).is_empty());

    // Nothing was refused, and what is put right is no longer told.
    story.enter(vec![item("cuoc-hop", count(13))]).await;
    assert!(said(&story.look_at("2022-h1", &[]).await).is_empty());
}

#[tokio::test]
async fn a_missing_figure_counts_as_the_rule_says_and_one_told_as_more_breaks_none() {
    let story = with_meetings().await;
    in_force(&story, "du-ba-so", of_meetings()).await;
    let nothing_is_zero = pb::ValidationRule {
        missing_values: pb::MissingValues::NeverSkip.into(),
        ..of_meetings()
    };
    in_force(&story, "thieu-la-0", nothing_is_zero).await;
    story
        .enter(vec![
            item("cuoc-hop", count(8)),
            item("hop-khong-giay", count(9)),
        ])
        .await;
    let answer = story.look_at("2022-h1", &[]).await;
    let rules: Vec<_> = told(&answer).iter().map(|it| it.0).collect();
    assert_eq!(rules, ["thieu-la-0/revisions/1"]);
    // Without one of the numbers the sum is told by its value.
    assert!(
        said(&answer)[0].ends_with(": 9, lớn hơn 8"),
        "{:?}",
        said(&answer)
    );

    story
        .enter(vec![item("hop-truc-tuyen", not_arisen())])
        .await;
    assert_eq!(said(&story.look_at("2022-h1", &[]).await).len(), 1);
    // Who says "more than 8" may well have had ten.
    let more = proto::shared::Quantity {
        qualifier: proto::shared::Qualifier::MoreThan.into(),
        ..count(8)
    };
    story.enter(vec![item("cuoc-hop", more)]).await;
    assert!(said(&story.look_at("2022-h1", &[]).await).is_empty());
}

#[tokio::test]
async fn parts_that_do_not_make_up_the_total_are_told_beyond_the_tolerance_alone() {
    let story = Story::begins().await;
    for id in ["kinh-phi", "tu-ngan-sach", "tu-xa-hoi-hoa"] {
        let decimal = definition(id, pb::ValueKind::Decimal);
        story.publish_new(id, decimal).await.unwrap();
    }
    let of_money = pb::ValidationRule {
        tolerance: "0.1".into(),
        severity: Severity::Error.into(),
        ..rule(
            "[kinh-phi] = [tu-ngan-sach] + [tu-xa-hoi-hoa]",
            "the sources do not make up the total",
            "cộng các nguồn không bằng tổng kinh phí",
        )
    };
    in_force(&story, "nguon-von", of_money).await;
    let enter = async |total: &str| {
        let decimal = |text: &str| proto::shared::Quantity {
            value: Some(proto::shared::quantity::Value::Decimal(text.into())),
            ..Default::default()
        };
        let results = story
            .enter(vec![
                item("kinh-phi", decimal(total)),
                item("tu-ngan-sach", decimal("1200.25")),
                item("tu-xa-hoi-hoa", decimal("34.5")),
            ])
            .await;
        // The gravest rule refuses nothing.
        let is_taken = |it: &proto::shared::ItemResult| it.disposition() != Disposition::Rejected;
        assert!(results.iter().all(is_taken));
        let answer = story.look_at("2022-h1", &[]).await;
        let told = told(&answer).into_iter();
        told.map(|(_, severity, _, text)| (severity, text.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(enter("1234.75").await, []);
    assert_eq!(enter("1234.65").await, []);
    let off = "cộng các nguồn không bằng tổng kinh phí: 1.234,64, khác 1.200,25 + 34,5 = 1.234,75";
    assert_eq!(enter("1234.64").await, [(Severity::Error, off.to_owned())]);
}

#[tokio::test]
async fn a_rule_takes_shares_computed_figures_and_the_year_before() {
    let story = with_meetings().await;
    story
        .define("ty-le", "Tỷ lệ họp trực tuyến", pb::ValueKind::Ratio)
        .await
        .unwrap();
    let half = derived(pb::ValueKind::Decimal, "[cuoc-hop] / 2");
    story.publish_new("nua", half).await.unwrap();
    let online = rule(
        "[ty-le.numerator] = [hop-truc-tuyen] and [hop-truc-tuyen] <= [nua]",
        "online meetings do not fit",
        "số cuộc họp trực tuyến không khớp",
    );
    in_force(&story, "truc-tuyen", online).await;
    let less = rule(
        "[cuoc-hop] <= [cuoc-hop@last-year]",
        "there are more meetings than the year before",
        "số cuộc họp nhiều hơn cùng kỳ năm trước",
    );
    let of_a_year_later = pb::ValidationRule {
        severity: Severity::Info.into(),
        ..less
    };
    in_force(&story, "giam-hop", of_a_year_later).await;
    for (period, meetings) in [("2022-h1", 30), ("2023-h1", 31)] {
        story
            .enter_for(period, item("cuoc-hop", count(meetings)))
            .await;
        story
            .enter_for(period, item("hop-truc-tuyen", count(16)))
            .await;
        story
            .enter_for(period, item("ty-le", share("16", "30", "")))
            .await;
    }
    let answer = story.look_at("2022-h1", &[]).await;
    // Two comparisons have no two sides: the figures they take are told.
    let text = "số cuộc họp trực tuyến không khớp: [ty-le.numerator] = 16; [hop-truc-tuyen] = 16";
    assert_eq!(said(&answer), [text]);
    let answer = story.look_at("2023-h1", &[]).await;
    let year_before = "indicators/cuoc-hop/values/huyen-minh-long.2022-h1".to_owned();
    let of_less = answer
        .issues
        .iter()
        .find(|it| it.validation_rule.contains("giam-hop"));
    assert!(of_less.unwrap().related_values.contains(&year_before));
    let text = "số cuộc họp nhiều hơn cùng kỳ năm trước: 31, lớn hơn 30";
    assert!(said(&answer).contains(&text), "{:?}", said(&answer));
}

#[tokio::test]
async fn what_a_district_states_is_laid_beside_what_its_communes_report() {
    let story = with_meetings().await;
    story
        .define("ty-le", "Tỷ lệ họp trực tuyến", pb::ValueKind::Ratio)
        .await
        .unwrap();
    let commune = UnitKind::Commune;
    story
        .world
        .unit(
            "xa-long-son",
            "UBND xã Long Sơn",
            commune,
            "units/huyen-minh-long",
        )
        .await;
    let totals = pb::ValidationRule {
        expression: String::new(),
        total_indicators: vec!["indicators/cuoc-hop".into(), "indicators/ty-le".into()],
        ..rule(
            "",
            "the total is not that of the communes",
            "số của huyện không khớp với cấp xã",
        )
    };
    in_force(&story, "cap-xa", totals).await;
    let enter = async |unit: &str, items: Vec<pb::ValueItem>| {
        let upsert = pb::UpsertIndicatorValuesRequest {
            unit: format!("units/{unit}"),
            ..minh_long(items)
        };
        let results = story.upsert(&story.reporter, upsert).await.unwrap();
        assert!(
            results
                .iter()
                .all(|it| it.disposition() != Disposition::Rejected)
        );
    };
    enter(
        "huyen-minh-long",
        vec![
            item("cuoc-hop", count(12)),
            item("ty-le", share("7", "12", "")),
        ],
    )
    .await;
    // No commune has said anything yet.
    assert!(said(&story.look_at("2022-h1", &[]).await).is_empty());
    enter(
        "xa-long-hiep",
        vec![
            item("cuoc-hop", count(9)),
            item("ty-le", share("5", "9", "")),
        ],
    )
    .await;
    // The other one may still have three.
    assert!(said(&story.look_at("2022-h1", &[]).await).is_empty());
    enter("xa-long-hiep", vec![item("cuoc-hop", count(13))]).await;
    let already =
        "số của huyện không khớp với cấp xã: đơn vị báo cáo 12, cộng 1/2 đơn vị trực thuộc được 13";
    assert_eq!(said(&story.look_at("2022-h1", &[]).await), [already]);

    enter("xa-long-hiep", vec![item("cuoc-hop", count(9))]).await;
    enter(
        "xa-long-son",
        vec![
            item("cuoc-hop", count(2)),
            item("ty-le", share("2", "2", "")),
        ],
    )
    .await;
    let answer = story.look_at("2022-h1", &[]).await;
    let of_counts =
        "số của huyện không khớp với cấp xã: đơn vị báo cáo 12, cộng 2/2 đơn vị trực thuộc được 11";
    let of_shares = "số của huyện không khớp với cấp xã: đơn vị báo cáo 7/12, cộng 2/2 đơn vị trực thuộc được 7/11";
    assert_eq!(said(&answer), [of_counts, of_shares]);
    let figure = |unit: &str| format!("indicators/cuoc-hop/values/{unit}.2022-h1");
    let related = ["huyen-minh-long", "xa-long-hiep", "xa-long-son"].map(figure);
    assert_eq!(answer.issues[0].related_values, related);
    assert_eq!(answer.issues[0].indicator_value, figure("huyen-minh-long"));

    // What did not arise adds nothing, and is known.
    enter(
        "xa-long-son",
        vec![item("cuoc-hop", not_arisen()), item("ty-le", not_arisen())],
    )
    .await;
    enter(
        "huyen-minh-long",
        vec![
            item("cuoc-hop", count(9)),
            item("ty-le", share("5", "9", "")),
        ],
    )
    .await;
    assert!(said(&story.look_at("2022-h1", &[]).await).is_empty());
}

/// Adds a rule that counts from 2022 on.
async fn rule_in_force(reform: &Reform, id: &str, rule: pb::ValidationRule) {
    let create = pb::CreateValidationRuleRequest {
        validation_rule: Some(rule),
        validation_rule_id: id.into(),
        ..Default::default()
    };
    let mut rules = reform.rules.clone();
    let create = reform.receiver.ask(create);
    let created = rules.create_validation_rule(create).await.unwrap();
    let created = created.into_inner();
    let publish = pb::PublishValidationRuleRequest {
        name: created.name,
        first_period: "2022".into(),
        change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
        etag: created.etag,
        ..Default::default()
    };
    let publish = reform.receiver.ask(publish);
    rules.publish_validation_rule(publish).await.unwrap();
}

async fn looked_at(reform: &Reform, unit: &str, period: &str) -> pb::ValidateValuesResponse {
    let validate = pb::ValidateValuesRequest {
        unit: format!("units/{unit}"),
        period: period.into(),
        ..Default::default()
    };
    let validate = reform.reporter.ask(validate);
    let answer = reform.values.clone().validate_values(validate).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn what_a_district_reported_before_it_ended_is_part_of_what_the_province_states() {
    let reform = Reform::begins().await;
    let meetings = in_period("Số cuộc họp", pb::ValueKind::Count);
    reform.define("cuoc-hop", meetings).await;
    let totals = pb::ValidationRule {
        expression: String::new(),
        total_indicators: vec!["indicators/cuoc-hop".into()],
        ..rule(
            "",
            "the total is not that of the units below",
            "số của tỉnh không khớp",
        )
    };
    rule_in_force(&reform, "toan-tinh", totals).await;
    // The districts ended on 1 July, within the days of the second half.
    for (unit, number) in [
        ("tinh-quang-ngai", 60),
        ("huyen-minh-long", 40),
        ("xa-minh-long", 20),
        ("xa-son-mai", 0),
        ("xa-tra-giang", 0),
        ("xa-ca-dam", 0),
        ("huyen-ba-to", 0),
        ("so-tttt", 0),
    ] {
        reform
            .enter("cuoc-hop", unit, "2025-h2", count(number))
            .await;
    }
    let look = async || looked_at(&reform, "tinh-quang-ngai", "2025-h2").await;
    // Nobody waits for Trà Bồng, which ended as well and has said nothing.
    assert_eq!(said(&look().await), [] as [&str; 0]);
    reform
        .enter("cuoc-hop", "huyen-minh-long", "2025-h2", count(41))
        .await;
    let answer = look().await;
    assert_eq!(
        said(&answer),
        ["số của tỉnh không khớp: đơn vị báo cáo 60, cộng 7/7 đơn vị trực thuộc được 61"]
    );
    let district = "indicators/cuoc-hop/values/huyen-minh-long.2025-h2".to_owned();
    assert!(answer.issues[0].related_values.contains(&district));
    let silent = "indicators/cuoc-hop/values/huyen-tra-bong.2025-h2".to_owned();
    assert!(!answer.issues[0].related_values.contains(&silent));
}

#[tokio::test]
async fn a_rule_of_communes_is_kept_by_one_that_counts_by_the_days_of_its_indicator_alone() {
    let reform = Reform::begins().await;
    reform
        .define("the-chip", up_to_august("Thẻ căn cước"))
        .await;
    let of_communes = pb::ValidationRule {
        unit_kinds: vec![UnitKind::Commune.into()],
        ..rule("[the-chip] <= 50", "too many cards", "số thẻ quá nhiều")
    };
    rule_in_force(&reform, "so-the", of_communes).await;
    reform
        .enter("the-chip", "xa-minh-long", "2025-h1", count(70))
        .await;
    let answer = looked_at(&reform, "xa-minh-long", "2025-h1").await;
    assert_eq!(said(&answer).len(), 1, "{answer:?}");
    assert!(said(&answer)[0].starts_with("số thẻ quá nhiều"));
}
