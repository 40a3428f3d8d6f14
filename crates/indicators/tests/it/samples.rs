//! The sets that come with the program, from the file through the contract to a ranking.

use indicators::sample::{COMMUNES, SERVICE_QUALITY, Sample, read};
use proto::{directory::UnitKind, indicators as pb, shared};

use crate::{
    scoring::{Scoring, absent, create, money, score_of, scorecard, shown, yes},
    story::{count, item, share},
};

/// Publishes what a file says, and returns the name of the revision.
async fn publish(scoring: &Scoring, sample: Sample) -> String {
    for new in sample.indicators {
        let id = new.indicator_id.clone();
        scoring.story.create(&scoring.scorer, new).await.unwrap();
        let period = &sample.first_period;
        scoring.story.publish(&id, period).await.unwrap();
    }
    let asked = scoring.scorer.ask(sample.criteria_set);
    let created = scoring
        .story
        .scores
        .clone()
        .create_criteria_set(asked)
        .await;
    let created = created.unwrap().into_inner();
    let revision = scoring.publish_set(&created.name, &created.etag).await;
    revision.unwrap().name
}

fn choice(indicator: &str, choice: &str) -> pb::ValueItem {
    let quantity = shared::Quantity {
        value: Some(shared::quantity::Value::Choice(choice.into())),
        ..Default::default()
    };
    item(indicator, quantity)
}

#[tokio::test]
async fn six_groups_of_the_portal_make_one_hundred_points() {
    let scoring = Scoring::begins().await;
    let revision = publish(&scoring, read(SERVICE_QUALITY).unwrap()).await;
    let units = ["huyen-minh-long", "xa-long-hiep"];
    let card = pb::Scorecard {
        criteria_set_revision: revision,
        ..scorecard("2022-h1", &units)
    };
    scoring.create_card(create(card, "pvnd")).await.unwrap();
    let points = [
        ("pvnd-cong-khai", "15.9", "18"),
        ("pvnd-tien-do", "17.25", "20"),
        ("pvnd-truc-tuyen", "9.4", "12"),
        ("pvnd-thanh-toan", "6.55", "10"),
        ("pvnd-so-hoa", "14.2", "22"),
        ("pvnd-hai-long", "18", "18"),
    ];
    let items = |it: &(&str, &str, &str)| item(it.0, share(it.1, it.2, ""));
    let all = points.iter().map(items).collect();
    scoring.enter_for("huyen-minh-long", "2022-h1", all).await;
    // Long Hiệp has no files yet that could be paid for: that is no 0.
    let some = points.iter().filter(|it| it.0 != "pvnd-thanh-toan");
    let mut some: Vec<_> = some.map(items).collect();
    some.push(absent("pvnd-thanh-toan", shared::Absence::NotArisen));
    scoring.enter_for("xa-long-hiep", "2022-h1", some).await;

    scoring.compute("scorecards/pvnd").await;
    assert_eq!(
        scoring.ranking("scorecards/pvnd").await,
        [
            "1 huyen-minh-long 81.30/100.00",
            "0 xa-long-hiep 74.75/100.00",
        ]
    );
}

/// Figures of a commune that did everything, but for those that are named.
fn everything(but: Vec<pb::ValueItem>) -> Vec<pb::ValueItem> {
    let flags = [
        "xa-57-ke-hoach-dat-yeu-cau",
        "xa-57-xu-ly-sau-kiem-tra",
        "xa-57-bao-cao-dinh-ky",
        "xa-57-gop-y-van-ban",
        "xa-57-nhan-luc-cds",
        "xa-57-nhan-luc-khcn",
        "xa-57-ke-hoach-dao-tao",
        "xa-57-bao-cao-danh-gia",
        "xa-57-so-huu-tri-tue",
        "xa-57-de-xuat-nhiem-vu",
    ];
    let mut items: Vec<_> = flags.iter().map(|it| yes(it, true)).collect();
    items.extend([
        item("xa-57-ke-hoach-so-ngay", count(28)),
        item("xa-57-ty-le-kiem-tra", share("6", "20", "")),
        item("xa-57-sang-kien", count(3)),
        item("xa-57-nhiem-vu-ban-chi-dao", share("12", "12", "")),
        item("xa-57-nhiem-vu-ubnd", share("30", "30", "")),
        choice(
            "xa-57-nen-tang-dung-chung",
            "Hiệu quả, cập nhật thường xuyên",
        ),
        item("xa-57-ty-le-dao-tao", share("10", "10", "")),
        item("xa-57-tuyen-truyen-truc-tiep", count(240)),
        item("xa-57-tin-bai", count(112)),
        money("xa-57-von-giai-ngan", 870_000_000),
        money("xa-57-von-duoc-giao", 1_000_000_000),
        item("xa-57-kien-nghi", count(2)),
        choice("xa-57-dot-pha", "Tiên phong"),
        item("xa-57-bai-viet", count(5)),
        item("xa-57-ocop-sao", count(4)),
        item("xa-57-ngay-nop-tre", count(0)),
        item("xa-57-nhiem-vu-khong-dat", count(0)),
        item("xa-57-thieu-bao-cao-dot-xuat", count(0)),
    ]);
    items.retain(|it| !but.iter().any(|other| other.indicator == it.indicator));
    items.extend(but);
    items
}

#[tokio::test]
async fn communes_are_assessed_by_the_set_of_resolution_57() {
    let scoring = Scoring::begins().await;
    let sample = read(COMMUNES).unwrap();
    let communes = UnitKind::Commune.into();
    let set = sample.criteria_set.criteria_set.as_ref().unwrap();
    assert!(set.unit_kinds.contains(&communes));
    // 28 criteria of groups I, II, IV and V; group III is not in the source.
    let is_leaf = |it: &&pb::Criterion| matches!(it.content, Some(pb::criterion::Content::Rule(_)));
    assert_eq!(set.criteria.iter().filter(is_leaf).count(), 28);
    assert!(set.source.contains("thiếu nhóm III"));

    let revision = publish(&scoring, sample).await;
    let card = pb::Scorecard {
        criteria_set_revision: revision,
        scope_unit: "units/huyen-minh-long".into(),
        ..scorecard("2026", &[])
    };
    let card = scoring
        .create_card(create(card, "cap-xa-2026"))
        .await
        .unwrap();
    assert_eq!(card.unit_count, 4);

    let last_year = vec![
        money("xa-57-von-giai-ngan", 700_000_000),
        money("xa-57-von-duoc-giao", 1_000_000_000),
    ];
    scoring.enter_for("xa-long-hiep", "2025", last_year).await;
    scoring.enter("xa-long-hiep", everything(Vec::new())).await;
    scoring
        .enter(
            "xa-long-mai",
            everything(vec![
                // No funds assigned, nobody asked for an opinion: 18 points are out.
                money("xa-57-von-giai-ngan", 0),
                money("xa-57-von-duoc-giao", 0),
                absent("xa-57-gop-y-van-ban", shared::Absence::NotApplicable),
                item("xa-57-ngay-nop-tre", count(4)),
                item("xa-57-thieu-bao-cao-dot-xuat", count(1)),
                choice("xa-57-dot-pha", "Không có"),
            ]),
        )
        .await;
    scoring
        .enter(
            "xa-long-son",
            everything(vec![
                yes("xa-57-ke-hoach-dao-tao", false),
                yes("xa-57-co-mo-lop", true),
                money("xa-57-von-giai-ngan", 725_000_000),
                item("xa-57-nhiem-vu-ubnd", share("25", "30", "")),
                choice(
                    "xa-57-nen-tang-dung-chung",
                    "Có dùng, cập nhật chưa thường xuyên",
                ),
                item("xa-57-ngay-nop-tre", count(2)),
            ]),
        )
        .await;

    let card = scoring.compute("scorecards/cap-xa-2026").await;
    assert_eq!((card.ranked_count, card.incomplete_count), (3, 1));
    assert_eq!(
        scoring.ranking("scorecards/cap-xa-2026").await,
        [
            // All 85, and the bonus of 15 in full.
            "1 xa-long-hiep 100.00/85.00",
            // 67 of 67, bonus 8 without a breakthrough, 3 for four days late, 0,5 for a report.
            "2 xa-long-mai 71.50/67.00",
            // 85 - 4 - 7 - 3 - 3 - 1,47, bonus 14 without last year's figures, one point for two days.
            "3 xa-long-son 79.53/85.00",
            "0 xa-thanh-an 0.00/85.00",
        ]
    );
    let long_son = scoring
        .result(&scoring.scorer, "xa-long-son")
        .await
        .unwrap();
    assert_eq!(score_of(&long_son, "II.6").score, "8.53");
    assert_eq!(score_of(&long_son, "V.1").score, "-1.00");
    insta::assert_snapshot!(shown(&long_son));
}

#[test]
fn a_slip_in_a_file_is_told_with_its_place() {
    let told = |text: &str| read(text).unwrap_err().to_string();
    let wrong_field = SERVICE_QUALITY.replace("max_score = \"20\"", "max_points = \"20\"");
    assert!(
        told(&wrong_field).contains("max_points"),
        "{}",
        told(&wrong_field)
    );
    let wrong_word = SERVICE_QUALITY.replace("TIE_RULE_SKIP", "TIE_RULE_LEAP");
    assert!(
        told(&wrong_word).contains("TIE_RULE_LEAP"),
        "{}",
        told(&wrong_word)
    );
    let no_id = SERVICE_QUALITY.replace("id = \"pvnd-hai-long\"\n", "");
    assert!(told(&no_id).contains("`id`"), "{}", told(&no_id));
    assert!(told("= ").contains("TOML"), "{}", told("= "));
}
