//! Communes are scored by a set for a year: from figures to places.

use proto::{indicators as pb, shared};
use tonic::Code;

use crate::{
    scoring::{
        CARD, COMMUNES, FIRST_REVISION, SET, Scoring, absent, create, days_late, disbursement,
        flag, group, left_out, line, linear, money, score_of, scorecard, set, shown, yes,
    },
    story::{count, derived, fields, item, reason, share},
};

/// Two groups that count, a bonus of at most 3, and points taken away.
fn communes() -> pb::CriteriaSet {
    let disbursed = pb::Criterion {
        absences: vec![
            left_out(shared::Absence::NotApplicable),
            left_out(shared::Absence::NotArisen),
        ],
        ..line("II.1", "10", disbursement())
    };
    let grade = |at_least: &str, label: &str| pb::Grade {
        at_least: at_least.into(),
        label: label.into(),
    };
    pb::CriteriaSet {
        max_score: "23".into(),
        grades: vec![
            grade("90", "Tốt"),
            grade("70", "Khá"),
            grade("50", "Trung bình"),
        ],
        ..set(vec![
            group("I", pb::GroupKind::Counted, "13"),
            line("I.1", "3", flag("bao-cao-dinh-ky")),
            line("I.2", "10", linear("nhiem-vu")),
            group("II", pb::GroupKind::Counted, ""),
            disbursed,
            group("IV", pb::GroupKind::Bonus, "3"),
            line("IV.1", "2", flag("sang-kien")),
            line("IV.2", "2", flag("nhan-hieu")),
            group("V", pb::GroupKind::Penalty, ""),
            line("V.1", "", days_late("ngay-tre")),
        ])
    }
}

async fn of_communes() -> Scoring {
    let scoring = Scoring::begins().await;
    scoring
        .define(&[
            ("bao-cao-dinh-ky", pb::ValueKind::Flag),
            ("nhiem-vu", pb::ValueKind::Ratio),
            ("giai-ngan", pb::ValueKind::AmountVnd),
            ("von-duoc-giao", pb::ValueKind::AmountVnd),
            ("sang-kien", pb::ValueKind::Flag),
            ("nhan-hieu", pb::ValueKind::Flag),
            ("ngay-tre", pb::ValueKind::Count),
        ])
        .await;
    scoring
}

/// Long Hiệp does well and is two days late; Long Mai has no funds; Thanh An has as many
/// points as Long Mai of more; of Long Sơn a figure is missing.
async fn with_figures() -> Scoring {
    let scoring = of_communes().await;
    let tasks = |done: &str| item("nhiem-vu", share(done, "20", ""));
    scoring
        .enter(
            "xa-long-hiep",
            vec![
                yes("bao-cao-dinh-ky", true),
                tasks("18"),
                money("giai-ngan", 725_000_000),
                money("von-duoc-giao", 1_000_000_000),
                yes("sang-kien", true),
                yes("nhan-hieu", true),
                item("ngay-tre", count(2)),
            ],
        )
        .await;
    scoring
        .enter(
            "xa-long-mai",
            vec![
                yes("bao-cao-dinh-ky", true),
                tasks("17"),
                absent("giai-ngan", shared::Absence::NotApplicable),
                money("von-duoc-giao", 0),
                yes("sang-kien", false),
                item("ngay-tre", count(0)),
            ],
        )
        .await;
    scoring
        .enter(
            "xa-thanh-an",
            vec![
                yes("bao-cao-dinh-ky", true),
                tasks("17"),
                money("giai-ngan", 590_000_000),
                money("von-duoc-giao", 1_000_000_000),
                item("ngay-tre", count(0)),
            ],
        )
        .await;
    scoring
        .enter(
            "xa-long-son",
            vec![
                yes("bao-cao-dinh-ky", true),
                money("giai-ngan", 900_000_000),
                money("von-duoc-giao", 1_000_000_000),
            ],
        )
        .await;
    scoring
}

#[tokio::test]
async fn communes_are_scored_graded_and_ranked() {
    let scoring = with_figures().await;
    let opened = scoring.open(communes(), &COMMUNES).await;
    assert_eq!(opened.state(), pb::ScorecardState::Draft);
    assert_eq!(opened.unit_count, 4);

    let computed = scoring.compute(CARD).await;
    assert_eq!(computed.state(), pb::ScorecardState::Computed);
    assert_eq!((computed.ranked_count, computed.incomplete_count), (3, 1));
    assert_eq!(
        scoring.ranking(CARD).await,
        [
            // 3 + 9 + 8,53, a bonus of 3 and one point for two days late, of 23.
            "1 xa-long-hiep 22.53/23.00",
            // 11,50 of 13: without funds the 10 points are out of the question.
            "2 xa-long-mai 11.50/13.00",
            "3 xa-thanh-an 11.50/23.00",
            // What is not reported is no 0, so Long Sơn has no place.
            "0 xa-long-son 13.00/23.00",
        ]
    );
    let long_mai = scoring
        .result(&scoring.scorer, "xa-long-mai")
        .await
        .unwrap();
    assert_eq!(
        (long_mai.percent.as_str(), long_mai.grade.as_str()),
        ("88.46", "Khá")
    );
    let long_son = scoring
        .result(&scoring.scorer, "xa-long-son")
        .await
        .unwrap();
    assert_eq!((long_son.missing_count, long_son.percent.as_str()), (1, ""));
    assert_eq!(score_of(&long_son, "I.2").basis(), pb::ScoreBasis::Missing);

    let long_hiep = scoring
        .result(&scoring.scorer, "xa-long-hiep")
        .await
        .unwrap();
    insta::assert_snapshot!(shown(&long_hiep));
}

#[tokio::test]
async fn a_commune_reads_its_own_result_and_no_others() {
    let scoring = with_figures().await;
    scoring.open(communes(), &["xa-long-hiep"]).await;
    scoring.compute(CARD).await;
    let reporter = &scoring.story.reporter;
    let own = scoring.result(reporter, "xa-long-hiep").await.unwrap();
    assert_eq!(own.points, "22.53");
    let world = &scoring.story.world;
    let stranger = world.person("ba-to", "reporter", "huyen-ba-to").await;
    let refused = scoring.result(&stranger, "xa-long-hiep").await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn what_was_published_never_changes() {
    let scoring = with_figures().await;
    scoring.open(communes(), &COMMUNES).await;
    let early = scoring.publish(CARD).await.unwrap_err();
    assert_eq!(reason(&early), "STATE_NOT_ALLOWED");

    scoring.compute(CARD).await;
    // A figure moves on after it was computed: what is published is what figures give.
    scoring
        .enter("xa-long-hiep", vec![item("ngay-tre", count(3))])
        .await;
    let outdated = scoring.publish(CARD).await.unwrap_err();
    assert_eq!(reason(&outdated), "SCORES_OUTDATED");
    scoring.compute(CARD).await;
    let published = scoring.publish(CARD).await.unwrap();
    assert_eq!(published.state(), pb::ScorecardState::Published);
    assert_eq!(published.publisher, scoring.scorer.name);

    let before = scoring.results(CARD).await;
    assert_eq!(before[0].points, "21.53");
    scoring
        .enter("xa-long-hiep", vec![item("ngay-tre", count(9))])
        .await;
    assert_eq!(scoring.results(CARD).await, before);
    let compute = pb::ComputeScorecardRequest {
        name: CARD.into(),
        etag: published.etag,
        ..Default::default()
    };
    let asked = scoring.scorer.ask(compute);
    let refused = scoring.story.scores.clone().compute_scorecard(asked).await;
    assert_eq!(reason(&refused.unwrap_err()), "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn a_revision_counts_as_it_was_published_whatever_is_written_later() {
    let scoring = with_figures().await;
    scoring.open(communes(), &COMMUNES).await;
    let set = pb::CriteriaSet {
        name: SET.into(),
        display_name: "Bộ tiêu chí sửa đổi".into(),
        ..Default::default()
    };
    let update = pb::UpdateCriteriaSetRequest {
        criteria_set: Some(set),
        etag: "\"v2\"".into(),
        ..Default::default()
    };
    let asked = scoring.scorer.ask(update);
    let updated = scoring
        .story
        .scores
        .clone()
        .update_criteria_set(asked)
        .await;
    let updated = updated.unwrap().into_inner();
    assert_eq!((updated.revision, updated.criteria.len()), (1, 10));
    let second = scoring.publish_set(SET, &updated.etag).await.unwrap();
    assert_eq!(second.name, "criteriaSets/cap-xa/revisions/2");
    let get = pb::GetCriteriaSetRevisionRequest {
        name: FIRST_REVISION.into(),
    };
    let asked = scoring.scorer.ask(get);
    let first = scoring
        .story
        .scores
        .clone()
        .get_criteria_set_revision(asked)
        .await;
    let first = first.unwrap().into_inner().snapshot.unwrap();
    assert_eq!(first.display_name, "Đánh giá chuyển đổi số cấp xã");
    assert_eq!(first.total_score, "23");
}

#[tokio::test]
async fn a_set_that_contradicts_itself_is_not_published() {
    let scoring = of_communes().await;
    let mut bad = communes();
    bad.max_score = "100".into();
    bad.criteria[2] = line("I.2", "9", linear("ngay-tre"));
    let bad = scoring.create_set(bad).await.unwrap();
    let refused = scoring.publish_set(SET, &bad.etag).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let told = |field: &str, reason: &str| (format!("criteria_set.{field}"), reason.to_owned());
    assert_eq!(
        fields(&refused),
        [
            told("criteria[0].max_score", "MAXIMA_DO_NOT_ADD_UP"),
            told(
                "criteria[2].rule.linear.figure.indicator",
                "VALUE_KIND_MISMATCH"
            ),
            told("max_score", "MAXIMA_DO_NOT_ADD_UP"),
        ]
    );
}

#[tokio::test]
async fn a_set_names_units_that_are_there_to_verify() {
    let scoring = of_communes().await;
    let mut bad = communes();
    bad.criteria[1].verifier_unit = "units/so-khong-co".into();
    let bad = scoring.create_set(bad).await.unwrap();
    let refused = scoring.publish_set(SET, &bad.etag).await.unwrap_err();
    let field = "criteria_set.criteria[1].verifier_unit".to_owned();
    assert_eq!(
        fields(&refused),
        [(field, "REFERENCE_NOT_FOUND".to_owned())]
    );
}

#[tokio::test]
async fn units_are_found_below_one_by_the_level_of_the_set() {
    let scoring = with_figures().await;
    let made = scoring.create_set(communes()).await.unwrap();
    scoring.publish_set(SET, &made.etag).await.unwrap();
    let below = pb::Scorecard {
        scope_unit: "units/tinh-quang-ngai".into(),
        ..scorecard("2026", &[])
    };
    let card = scoring
        .create_card(create(below, "cap-xa-2026"))
        .await
        .unwrap();
    assert_eq!(card.unit_count, 4);
    scoring.compute(CARD).await;
    assert_eq!(scoring.results(CARD).await.len(), 4);
}

#[tokio::test]
async fn nobody_is_scored_by_who_may_not_or_before_there_is_a_revision() {
    let scoring = with_figures().await;
    let made = scoring.create_set(communes()).await.unwrap();
    let early = create(scorecard("2026", &COMMUNES), "cap-xa-2026");
    let refused = scoring.create_card(early.clone()).await.unwrap_err();
    assert_eq!(fields(&refused)[0].0, "scorecard.criteria_set_revision");
    scoring.publish_set(SET, &made.etag).await.unwrap();
    let asked = scoring.story.receiver.ask(early);
    let refused = scoring.story.scores.clone().create_scorecard(asked).await;
    let refused = fields(&refused.unwrap_err());
    assert_eq!(
        (refused.len(), refused[0].1.as_str()),
        (4, "UNIT_NOT_PERMITTED")
    );
    let asked = scoring
        .story
        .reporter
        .ask(create(scorecard("2026", &COMMUNES), "khac"));
    let refused = scoring.story.scores.clone().create_scorecard(asked).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn other_maxima_are_tried_and_nothing_is_kept() {
    let scoring = with_figures().await;
    scoring.open(communes(), &COMMUNES).await;
    scoring.compute(CARD).await;
    let before = scoring.results(CARD).await;
    let weight = |key: &str, max_score: &str| pb::CriterionWeight {
        key: key.into(),
        max_score: max_score.into(),
    };
    let attempt = pb::TryScorecardRequest {
        name: CARD.into(),
        // Funds count double, the bonus at most 1.
        weights: vec![weight("II.1", "20"), weight("IV", "1")],
        ranking: Some(pb::Ranking {
            ranked_by: pb::RankedBy::Points.into(),
            missing: pb::MissingRule::Last.into(),
            ..Default::default()
        }),
    };
    let asked = scoring.scorer.ask(attempt.clone());
    let tried = scoring.story.scores.clone().try_scorecard(asked).await;
    let tried = tried.unwrap().into_inner().results;
    let tried: Vec<_> = tried.iter().map(crate::scoring::ranked).collect();
    assert_eq!(
        tried,
        [
            // 3 + 9 + 17,06 + 1 - 1.
            "1 xa-long-hiep 29.06/33.00",
            "2 xa-long-mai 11.50/13.00",
            "2 xa-thanh-an 11.50/33.00",
            "4 xa-long-son 23.00/33.00",
        ]
    );
    assert_eq!(scoring.results(CARD).await, before);
    let unknown = pb::TryScorecardRequest {
        weights: vec![weight("X", "1")],
        ..attempt
    };
    let asked = scoring.scorer.ask(unknown);
    let refused = scoring.story.scores.clone().try_scorecard(asked).await;
    assert_eq!(fields(&refused.unwrap_err())[0].1, "REFERENCE_NOT_FOUND");
}

#[tokio::test]
async fn figures_that_nobody_enters_are_scored_as_they_are_computed() {
    let scoring = Scoring::begins().await;
    let kinds = [
        ("truc-tuyen", pb::ValueKind::Count),
        ("tiep-nhan", pb::ValueKind::Count),
    ];
    scoring.define(&kinds).await;
    let online = derived(pb::ValueKind::Ratio, "ratio([truc-tuyen], [tiep-nhan])");
    scoring.story.publish_new("ty-le", online).await.unwrap();
    let files = |online, received| {
        vec![
            item("truc-tuyen", count(online)),
            item("tiep-nhan", count(received)),
        ]
    };
    scoring.enter("xa-long-hiep", files(9475, 15_684)).await;
    // No file was received: a share of nothing is "chưa phát sinh", and no 0.
    scoring.enter("xa-long-mai", files(0, 0)).await;
    let criteria = vec![line("1", "10", linear("ty-le"))];
    let units = ["xa-long-hiep", "xa-long-mai", "xa-long-son"];
    scoring.open(set(criteria), &units).await;
    scoring.compute(CARD).await;
    assert_eq!(
        scoring.ranking(CARD).await,
        [
            "1 xa-long-hiep 6.04/10.00",
            "0 xa-long-mai 0.00/10.00",
            "0 xa-long-son 0.00/10.00",
        ]
    );
    let scored = |unit| scoring.result(&scoring.scorer, unit);
    let long_hiep = scored("xa-long-hiep").await.unwrap();
    let online = &score_of(&long_hiep, "1").inputs[0];
    assert_eq!(online.quantity.as_ref().unwrap().text_vi, "60,41%");
    assert_eq!(online.revision, 0);
    let long_mai = scored("xa-long-mai").await.unwrap();
    let told = &score_of(&long_mai, "1").issues[0];
    assert_eq!(told.code, "FIGURE_ABSENT");
    assert!(told.message_vi.contains("chưa phát sinh"), "{told:?}");
}

#[tokio::test]
async fn a_request_that_is_repeated_is_answered_again() {
    let scoring = with_figures().await;
    let made = scoring.create_set(communes()).await.unwrap();
    scoring.publish_set(SET, &made.etag).await.unwrap();
    let request = pb::CreateScorecardRequest {
        request_id: "0190f0a4-7d1e-7c2b-9b1a-3d5f6a7b8c9d".into(),
        ..create(scorecard("2026", &COMMUNES), "cap-xa-2026")
    };
    let first = scoring.create_card(request.clone()).await.unwrap();
    assert_eq!(scoring.create_card(request.clone()).await.unwrap(), first);
    let other = pb::CreateScorecardRequest {
        request_id: String::new(),
        ..request
    };
    let taken = scoring.create_card(other).await.unwrap_err();
    assert_eq!(taken.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn points_that_are_scored_are_told_as_points() {
    let scoring = Scoring::begins().await;
    scoring
        .define(&[("diem-cong-khai", pb::ValueKind::Score)])
        .await;
    let about = shared::Quantity {
        qualifier: shared::Qualifier::About.into(),
        ..share("17.25", "20", "")
    };
    scoring
        .enter("xa-long-hiep", vec![item("diem-cong-khai", about)])
        .await;
    let criteria = vec![line("1", "10", linear("diem-cong-khai"))];
    scoring.open(set(criteria), &["xa-long-hiep"]).await;
    scoring.compute(CARD).await;
    let long_hiep = scoring.result(&scoring.scorer, "xa-long-hiep").await;
    let long_hiep = long_hiep.unwrap();
    let score = score_of(&long_hiep, "1");
    let taken = score.inputs[0].quantity.as_ref().unwrap();
    assert_eq!(taken.text_vi, "khoảng 17,25/20");
    let told = score.issues.iter().find(|it| it.code == "FIGURE_NOT_EXACT");
    assert!(told.unwrap().message_vi.contains("khoảng 17,25/20"));
}
