//! Rules from draft to retirement: whose they are, for which units and periods they count, and
//! what keeps one from being published.

use proto::{directory::UnitKind, indicators as pb};
use tonic::{Code, Status};

use crate::{
    story::{Story, count, definition, derived, fields, item, minh_long, reason},
    validation_rules::{
        create, in_force, of_meetings, publish, read, rule, said, told, with_meetings,
    },
};

async fn change(
    story: &Story,
    rule: pb::ValidationRule,
    paths: &[&str],
    etag: &str,
) -> Result<pb::ValidationRule, Status> {
    let paths = paths.iter().map(|it| (*it).to_owned()).collect();
    let update = pb::UpdateValidationRuleRequest {
        validation_rule: Some(rule),
        update_mask: Some(prost_types::FieldMask { paths }),
        etag: etag.into(),
        ..Default::default()
    };
    let asked = story.receiver.ask(update);
    let answer = story.rules.clone().update_validation_rule(asked).await?;
    Ok(answer.into_inner())
}

#[tokio::test]
async fn a_rule_counts_for_its_kinds_of_units_its_scope_and_its_periods() {
    let story = with_meetings().await;
    let of_communes = pb::ValidationRule {
        unit_kinds: vec![UnitKind::Commune.into()],
        ..of_meetings()
    };
    in_force(&story, "cua-xa", of_communes).await;
    let of_ba_to = pb::ValidationRule {
        scope_unit: "units/huyen-ba-to".into(),
        ..of_meetings()
    };
    in_force(&story, "cua-ba-to", of_ba_to).await;
    let of_minh_long = pb::ValidationRule {
        scope_unit: "units/huyen-minh-long".into(),
        ..of_meetings()
    };
    in_force(&story, "cua-minh-long", of_minh_long).await;
    let figures = || {
        vec![
            item("cuoc-hop", count(1)),
            item("hop-khong-giay", count(1)),
            item("hop-truc-tuyen", count(1)),
        ]
    };
    let commune = pb::UpsertIndicatorValuesRequest {
        unit: "units/xa-long-hiep".into(),
        ..minh_long(figures())
    };
    story.upsert(&story.reporter, commune).await.unwrap();
    story.enter(figures()).await;
    let broken = async |unit: &str, period: &str| {
        let validate = pb::ValidateValuesRequest {
            unit: format!("units/{unit}"),
            period: period.into(),
            ..Default::default()
        };
        let asked = story.reporter.ask(validate);
        let answer = story.values.clone().validate_values(asked).await.unwrap();
        let rules = told(answer.get_ref()).into_iter();
        rules.map(|it| it.0.to_owned()).collect::<Vec<_>>()
    };
    let in_minh_long = "cua-minh-long/revisions/1";
    assert_eq!(broken("huyen-minh-long", "2022-h1").await, [in_minh_long]);
    let both = [in_minh_long, "cua-xa/revisions/1"];
    assert_eq!(broken("xa-long-hiep", "2022-h1").await, both);

    // From the second half of 2022 on it is the next revision that counts, which is milder;
    // what was published for the first half stays as it is.
    let etag = read(&story, "cua-minh-long", "").await.unwrap().etag;
    let milder = pb::ValidationRule {
        name: "validationRules/cua-minh-long".into(),
        tolerance: "5".into(),
        ..Default::default()
    };
    let changed = change(&story, milder, &["tolerance", "state"], &etag)
        .await
        .unwrap();
    assert!(changed.has_unpublished_changes);
    publish(&story, "cua-minh-long", "2022-h2").await.unwrap();
    assert_eq!(
        read(&story, "cua-minh-long", "2022-h1")
            .await
            .unwrap()
            .tolerance,
        "0"
    );
    assert_eq!(
        read(&story, "cua-minh-long", "2023")
            .await
            .unwrap()
            .tolerance,
        "5"
    );
    assert_eq!(broken("huyen-minh-long", "2022-h1").await, [in_minh_long]);

    let now = read(&story, "cua-minh-long", "").await.unwrap();
    let retire = |last_period: &str, etag: &str| pb::RetireValidationRuleRequest {
        name: now.name.clone(),
        last_period: last_period.into(),
        reason: "Thay bằng biểu mẫu mới".into(),
        etag: etag.into(),
        ..Default::default()
    };
    let mut rules = story.rules.clone();
    let early = rules.retire_validation_rule(story.receiver.ask(retire("2022-h1", &now.etag)));
    assert_eq!(reason(&early.await.unwrap_err()), "RULE_ENDS_EARLY");
    let retired = rules.retire_validation_rule(story.receiver.ask(retire("2022", &now.etag)));
    let retired = retired.await.unwrap().into_inner();
    assert_eq!(retired.state(), pb::ValidationRuleState::Retired);
    assert_eq!(
        (retired.last_period.as_str(), retired.revision),
        ("2022", 2)
    );
    let over = read(&story, "cua-minh-long", "2023-h1").await.unwrap_err();
    assert_eq!(reason(&over), "RULE_NOT_IN_FORCE");
    assert_eq!(broken("huyen-minh-long", "2022-h1").await, [in_minh_long]);
    let again = change(
        &story,
        pb::ValidationRule {
            tolerance: "6".into(),
            ..now
        },
        &["tolerance"],
        &retired.etag,
    );
    assert_eq!(reason(&again.await.unwrap_err()), "STATE_NOT_ALLOWED");

    let revisions = pb::ListValidationRuleRevisionsRequest {
        parent: "validationRules/cua-minh-long".into(),
        ..Default::default()
    };
    let listed = rules
        .list_validation_rule_revisions(story.reporter.ask(revisions))
        .await;
    let listed = listed.unwrap().into_inner().revisions;
    let told: Vec<_> = listed
        .iter()
        .map(|it| {
            (
                it.first_period.as_str(),
                it.snapshot.as_ref().unwrap().tolerance.as_str(),
            )
        })
        .collect();
    assert_eq!(told, [("2022-h2", "5"), ("2022", "0")]);
    assert_eq!(listed[0].publisher, "users/chuyen-vien");
    let list = pb::ListValidationRulesRequest {
        period: "2023-h1".into(),
        ..Default::default()
    };
    let listed = rules
        .list_validation_rules(story.reporter.ask(list))
        .await
        .unwrap();
    let listed = listed.into_inner().validation_rules;
    let names: Vec<_> = listed.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        ["validationRules/cua-ba-to", "validationRules/cua-xa"]
    );
}

#[tokio::test]
async fn a_rule_that_does_not_hold_together_is_refused_by_its_field() {
    let story = with_meetings().await;
    let created = async |rule: pb::ValidationRule| {
        let refused = create(&story, &story.receiver, "thu", rule).await;
        fields(&refused.unwrap_err())
    };
    let field = |name: &str, why: &str| (format!("validation_rule.{name}"), why.to_owned());
    let unread = rule("[cuoc-hop] <= ", "text", "nội dung");
    assert_eq!(created(unread).await, [field("expression", "FORMULA_END")]);
    assert_eq!(
        created(rule("", "text", "nội dung")).await,
        [field("expression", "REQUIRED")]
    );
    let wordless = rule("[cuoc-hop] > 0", "", "");
    let wordless = pb::ValidationRule {
        display_name: "Cuộc họp".into(),
        ..wordless
    };
    let both = [
        field("message", "REQUIRED"),
        field("message_vi", "REQUIRED"),
    ];
    assert_eq!(created(wordless).await, both);
    let two = pb::ValidationRule {
        total_indicators: vec!["indicators/cuoc-hop".into()],
        ..of_meetings()
    };
    assert_eq!(
        created(two).await,
        [field("total_indicators", "NOT_ALLOWED")]
    );
    let below = pb::ValidationRule {
        tolerance: "-1".into(),
        ..of_meetings()
    };
    assert_eq!(created(below).await, [field("tolerance", "OUT_OF_RANGE")]);

    // What depends on the indicators is told when the rule is published.
    story
        .define("ty-le", "Tỷ lệ", pb::ValueKind::Ratio)
        .await
        .unwrap();
    let highest = pb::Indicator {
        unit_aggregation: pb::Aggregation::Max.into(),
        ..definition("Cuộc họp dài nhất", pb::ValueKind::Count)
    };
    story.publish_new("dai-nhat", highest).await.unwrap();
    let double = derived(pb::ValueKind::Count, "[cuoc-hop] * 2");
    story.publish_new("gap-doi", double).await.unwrap();
    let tolerant = |expression: &str| pb::ValidationRule {
        tolerance: "1".into(),
        ..rule(expression, "text", "nội dung")
    };
    let totals = |ids: &[&str]| pb::ValidationRule {
        total_indicators: ids.iter().map(|it| format!("indicators/{it}")).collect(),
        ..rule("", "text", "nội dung")
    };
    let scoped = pb::ValidationRule {
        scope_unit: "units/khong-co".into(),
        ..of_meetings()
    };
    let cases = [
        (
            rule("[cuoc-hop] + 1", "text", "nội dung"),
            field("expression", "RULE_SAYS_NOTHING"),
        ),
        (
            rule("[khong-co] > 1", "text", "nội dung"),
            field("expression", "FORMULA_NOT_PUBLISHED"),
        ),
        (
            tolerant("[cuoc-hop] <> 1"),
            field("tolerance", "TOLERANCE_NOT_ALLOWED"),
        ),
        (
            totals(&["cuoc-hop", "dai-nhat"]),
            field("total_indicators[1]", "AGGREGATION_NOT_ALLOWED"),
        ),
        (
            totals(&["cuoc-hop", "gap-doi"]),
            field("total_indicators[1]", "NOT_FOR_DERIVED"),
        ),
        (
            totals(&["khong-co"]),
            field("total_indicators[0]", "REFERENCE_NOT_FOUND"),
        ),
        (scoped, field("scope_unit", "REFERENCE_NOT_FOUND")),
    ];
    for (place, (rule, why)) in cases.into_iter().enumerate() {
        let id = format!("thu-{place}");
        create(&story, &story.receiver, &id, rule).await.unwrap();
        let refused = publish(&story, &id, "2022").await.unwrap_err();
        assert_eq!(fields(&refused), [why]);
    }
    create(&story, &story.receiver, "cuoc-hop", of_meetings())
        .await
        .unwrap();
    publish(&story, "cuoc-hop", "2022-h2").await.unwrap();
    let early = publish(&story, "cuoc-hop", "2022-h1").await.unwrap_err();
    assert_eq!(reason(&early), "REVISION_TOO_EARLY");
    // A draft says nothing about figures.
    create(
        &story,
        &story.receiver,
        "du-thao",
        rule("[cuoc-hop] > 100", "text", "nội dung"),
    )
    .await
    .unwrap();
    story.enter(vec![item("cuoc-hop", count(1))]).await;
    assert!(said(&story.look_at("2022-h1", &[]).await).is_empty());
}

#[tokio::test]
async fn a_rule_belongs_to_the_unit_that_answers_for_it() {
    let story = with_meetings().await;
    let refused = create(&story, &story.reporter, "cuoc-hop", of_meetings()).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let of_another = pb::ValidationRule {
        owner_unit: "units/huyen-ba-to".into(),
        ..of_meetings()
    };
    let refused = create(&story, &story.receiver, "cuoc-hop", of_another).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    let made = create(&story, &story.receiver, "cuoc-hop", of_meetings())
        .await
        .unwrap();
    assert_eq!(made.state(), pb::ValidationRuleState::Draft);
    let away = pb::ValidationRule {
        name: made.name.clone(),
        owner_unit: "units/huyen-ba-to".into(),
        ..Default::default()
    };
    let refused = change(&story, away, &["owner_unit"], &made.etag)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    // Everybody reads it; an old version changes nothing.
    assert_eq!(
        read(&story, "cuoc-hop", "").await.unwrap().expression,
        made.expression
    );
    let renamed = |name: &str| pb::ValidationRule {
        name: made.name.clone(),
        display_name: name.into(),
        ..Default::default()
    };
    change(&story, renamed("Họp không giấy"), &[], &made.etag)
        .await
        .unwrap();
    let late = change(&story, renamed("Họp"), &[], &made.etag)
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::Aborted);
}
