//! What is not published, because nobody could add it up or compute it.

use proto::indicators as pb;
use sea_orm::ConnectionTrait;

use crate::{
    reform::in_period,
    story::{Story, count, definition, derived, fields, item, share},
};

const UNIT_RULE: &str = "indicator.unit_aggregation";
const PERIOD_RULE: &str = "indicator.period_aggregation";

#[tokio::test]
async fn percentages_are_not_added_however_they_are_written_down() {
    let story = Story::begins().await;
    for (place, measure_unit) in ["%", "phần trăm", "Điểm phần trăm", "% dân số"]
        .iter()
        .enumerate()
    {
        let percentages = pb::Indicator {
            measure_unit: (*measure_unit).into(),
            ..in_period("Tỷ lệ", pb::ValueKind::Decimal)
        };
        let id = format!("ty-le-{place}");
        let refused = story
            .publish_new(&id, percentages.clone())
            .await
            .unwrap_err();
        let told = [UNIT_RULE, PERIOD_RULE]
            .map(|it| (it.to_owned(), "AGGREGATION_NOT_ALLOWED".to_owned()));
        assert_eq!(fields(&refused), told, "{measure_unit}");
        let alone = pb::Indicator {
            unit_aggregation: pb::Aggregation::Max.into(),
            period_aggregation: pb::Aggregation::Latest.into(),
            ..percentages
        };
        story
            .publish_new(&format!("cao-nhat-{place}"), alone)
            .await
            .unwrap();
    }
    let people = pb::Indicator {
        measure_unit: "người".into(),
        ..in_period("Dân số", pb::ValueKind::Decimal)
    };
    story.publish_new("dan-so", people).await.unwrap();
}

#[tokio::test]
async fn no_unit_is_the_latest_of_several() {
    let story = Story::begins().await;
    let latest = pb::Indicator {
        unit_aggregation: pb::Aggregation::Latest.into(),
        ..definition("Dân số", pb::ValueKind::Count)
    };
    let refused = story.publish_new("dan-so", latest).await.unwrap_err();
    let told = (UNIT_RULE.to_owned(), "AGGREGATION_NOT_ALLOWED".to_owned());
    assert_eq!(fields(&refused), [told]);
}

#[tokio::test]
async fn the_year_so_far_follows_the_rule_of_its_indicator_for_periods() {
    use pb::Aggregation::{Latest, Max, None as Never, RatioOfSums, Sum};
    let story = Story::begins().await;
    let counted = |accumulation: pb::Accumulation, rule: pb::Aggregation| pb::Indicator {
        accumulation: accumulation.into(),
        period_aggregation: rule.into(),
        ..definition("Hồ sơ", pb::ValueKind::Count)
    };
    for (id, accumulation, rule) in [
        ("ho-so", pb::Accumulation::InPeriod, Sum),
        ("cao-nhat", pb::Accumulation::InPeriod, Max),
        ("dan-so", pb::Accumulation::AtDate, Latest),
        ("luy-ke", pb::Accumulation::YearToDate, Latest),
        ("rieng", pb::Accumulation::InPeriod, Never),
    ] {
        story
            .publish_new(id, counted(accumulation, rule))
            .await
            .unwrap();
    }
    let programme = pb::Indicator {
        base_period: "2021".into(),
        ..counted(pb::Accumulation::SinceStart, Latest)
    };
    story.publish_new("chuong-trinh", programme).await.unwrap();
    let shares = pb::Indicator {
        accumulation: pb::Accumulation::InPeriod.into(),
        period_aggregation: RatioOfSums.into(),
        ..definition("Tỷ lệ", pb::ValueKind::Ratio)
    };
    story.publish_new("ty-le", shares).await.unwrap();
    for (month, number, parts) in [
        ("m01", 10, ("1", "2")),
        ("m02", 30, ("9", "10")),
        ("m03", 20, ("0", "8")),
    ] {
        let period = format!("2022-{month}");
        for id in ["ho-so", "cao-nhat", "dan-so", "luy-ke"] {
            story.enter_for(&period, item(id, count(number))).await;
        }
        story
            .enter_for(&period, item("ty-le", share(parts.0, parts.1, "")))
            .await;
    }
    let gives = |formula: &'static str, period: &'static str| {
        let test = pb::TestFormulaRequest {
            formula: formula.into(),
            unit: "units/huyen-minh-long".into(),
            period: period.into(),
            ..Default::default()
        };
        let ask = story.reporter.ask(test);
        let mut indicators = story.indicators.clone();
        async move { indicators.test_formula(ask).await }
    };
    for (formula, result) in [
        ("[ho-so@ytd]", "60,00"),
        ("[cao-nhat@ytd]", "30,00"),
        ("[dan-so@ytd]", "20,00"),
        ("[luy-ke@ytd]", "20,00"),
        // 10 of 20.
        ("[ty-le@ytd]", "50,00"),
        ("[ty-le.numerator@ytd]", "10,00"),
    ] {
        let tested = gives(formula, "2022-m03").await.unwrap().into_inner();
        assert_eq!(tested.quantity.unwrap().text_vi, result, "{formula}");
    }
    // The latest there is, as long as nothing newer is reported.
    let tested = gives("[dan-so@ytd]", "2022-m04")
        .await
        .unwrap()
        .into_inner();
    assert_eq!(tested.quantity.unwrap().text_vi, "20,00");
    // A computed one for which nothing newer was collected is not newer either.
    let computed = pb::Indicator {
        accumulation: pb::Accumulation::AtDate.into(),
        period_aggregation: Latest.into(),
        ..derived(pb::ValueKind::Count, "[dan-so] * 2")
    };
    story.publish_new("gap-doi", computed).await.unwrap();
    let tested = gives("[gap-doi@ytd]", "2022-m04").await.unwrap();
    let tested = tested.into_inner().quantity.unwrap();
    assert_eq!(tested.text_vi, "40,00");
    let tested = gives("[ho-so@ytd]", "2022-m04").await.unwrap().into_inner();
    assert_eq!(tested.quantity.unwrap().text_vi, "chưa thu thập");

    // What a programme made since 2021 holds more than the year so far.
    for formula in ["[rieng@ytd]", "[chuong-trinh@ytd]"] {
        let refused = gives(formula, "2022-m03").await.unwrap_err();
        assert_eq!(fields(&refused)[0].1, "FORMULA_NO_YEAR_TO_DATE");
    }
    let draft = derived(pb::ValueKind::Count, "[rieng@ytd]");
    let refused = story.publish_new("tu-rieng", draft).await.unwrap_err();
    let told = (
        "indicator.formula".to_owned(),
        "FORMULA_NO_YEAR_TO_DATE".to_owned(),
    );
    assert_eq!(fields(&refused), [told]);
}

/// Copies a published indicator, as a transfer from another system would.
async fn copy(story: &Story, from: &str, count: usize) {
    const DEFINITION: &str = "display_name, value_kind, measure_unit, accumulation, \
         unit_aggregation, period_aggregation, direction, description, owner_unit_id, \
         legal_basis, details, create_micros";
    let mut statements = String::new();
    for number in 0..count {
        statements.push_str(&format!(
            "INSERT INTO indicators (id, state, revision, update_micros, version, {DEFINITION}) \
             SELECT 't{number}', state, revision, update_micros, version, {DEFINITION} \
             FROM indicators WHERE id = '{from}'; \
             INSERT INTO indicator_revisions (indicator_id, number, first_period, change_note, \
             publisher, derived, {DEFINITION}) SELECT 't{number}', number, first_period, \
             change_note, publisher, derived, {DEFINITION} FROM indicator_revisions \
             WHERE indicator_id = '{from}'; "
        ));
    }
    let tx = story
        .db
        .begin_as("users/administrator", "test", "test")
        .await
        .unwrap();
    tx.db.execute_unprepared(&statements).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_formula_that_leads_to_more_than_1000_indicators_is_refused_with_that_number() {
    let story = Story::begins().await;
    let plain = definition("Hồ sơ", pb::ValueKind::Count);
    story.publish_new("mau", plain).await.unwrap();
    copy(&story, "mau", 995).await;
    for group in 0..5 {
        let references: Vec<_> = (group * 199..(group + 1) * 199)
            .map(|it| format!("[t{it}]"))
            .collect();
        let formula = derived(pb::ValueKind::Count, &references.join("+"));
        story
            .publish_new(&format!("nhom-{group}"), formula)
            .await
            .unwrap();
    }
    let all = "[nhom-0] + [nhom-1] + [nhom-2] + [nhom-3] + [nhom-4]";
    // 995 figures and five sums are a thousand.
    story
        .publish_new("tong", derived(pb::ValueKind::Count, all))
        .await
        .unwrap();
    let more = format!("{all} + [mau]");
    let refused = story
        .publish_new("qua-nhieu", derived(pb::ValueKind::Count, &more))
        .await;
    let refused = refused.unwrap_err();
    let told = ("indicator.formula".to_owned(), "FORMULA_INPUTS".to_owned());
    assert_eq!(fields(&refused), [told]);
    assert!(format!("{refused:?}").contains("1000"));
}
