use pb::{criterion::Content as Body, scoring_rule::Rule};

use super::*;
use crate::{criteria_set::CreateCriteriaSet, sample};

/// Everything that is wrong with a set: the field, and the reason.
fn wrong(set: pb::CriteriaSet) -> Vec<(String, &'static str)> {
    let request = pb::CreateCriteriaSetRequest {
        criteria_set: Some(set),
        criteria_set_id: "cap-xa".into(),
        ..Default::default()
    };
    let bad = CreateCriteriaSet::try_from(request).err();
    let bad = bad.map(|it| it.violations().to_vec()).unwrap_or_default();
    let told = |field: &str| field.trim_start_matches("criteria_set.").to_owned();
    bad.iter().map(|it| (told(&it.field), it.reason)).collect()
}

fn told(field: &str, reason: &'static str) -> Vec<(String, &'static str)> {
    vec![(field.to_owned(), reason)]
}

fn set(criteria: Vec<pb::Criterion>) -> pb::CriteriaSet {
    pb::CriteriaSet {
        display_name: "Bộ tiêu chí".into(),
        issuer_unit: "units/so-tttt".into(),
        criteria,
        ..Default::default()
    }
}

fn line(key: &str, rule: Rule) -> pb::Criterion {
    pb::Criterion {
        key: key.into(),
        title: "Tiêu chí".into(),
        max_score: "10".into(),
        content: Some(Body::Rule(pb::ScoringRule { rule: Some(rule) })),
        ..Default::default()
    }
}

fn expert(key: &str) -> pb::Criterion {
    line(key, Rule::Expert(pb::ExpertRule {}))
}

fn one(rule: Rule) -> pb::CriteriaSet {
    set(vec![line("1", rule)])
}

fn figure() -> Option<pb::ScoredFigure> {
    Some(pb::ScoredFigure {
        indicator: "indicators/so-ngay".into(),
        ..Default::default()
    })
}

#[test]
fn the_sets_that_come_with_the_program_are_written_as_they_were_read() {
    for file in [sample::COMMUNES, sample::SERVICE_QUALITY] {
        let sent = sample::read(file).unwrap().criteria_set.criteria_set;
        let mut bad = Invalid::default();
        let content = Content::from_wire(&sent.unwrap(), &mut bad).unwrap();
        assert!(bad.is_empty(), "{bad}");
        let again = Content::from_wire(&to_content(&content), &mut bad).unwrap();
        assert_eq!(content, again);
        let kept = serde_json::to_string(&content).unwrap();
        assert_eq!(serde_json::from_str::<Content>(&kept).unwrap(), content);
    }
}

#[test]
fn what_is_left_out_is_the_usual() {
    let mut bad = Invalid::default();
    let content = Content::from_wire(&set(vec![expert("1")]), &mut bad).unwrap();
    assert_eq!(content.score_scale, 2);
    assert_eq!(
        content.ranking,
        Ranking {
            by: RankedBy::Percent,
            scale: 2,
            ties: Ties::Skip,
            missing: MissingScores::NotRanked,
        }
    );
}

#[test]
fn a_set_has_at_most_500_lines_and_20_grades() {
    let lines = |count: usize| (0..count).map(|it| expert(&it.to_string())).collect();
    assert_eq!(wrong(set(lines(500))), []);
    assert_eq!(wrong(set(lines(501))), told("criteria", "OUT_OF_RANGE"));
    let grade = |it: i32| pb::Grade {
        at_least: it.to_string(),
        label: "Tốt".into(),
    };
    let grades = |count| pb::CriteriaSet {
        grades: (0..count).map(grade).collect(),
        ..set(lines(1))
    };
    assert_eq!(wrong(grades(20)), []);
    assert_eq!(wrong(grades(21)), told("grades", "OUT_OF_RANGE"));
}

#[test]
fn a_key_is_short_and_plain() {
    for good in ["1", "II.4.2", "TDGQ-1", "a23456789012345678901234567890"] {
        assert_eq!(wrong(set(vec![expert(good)])), [], "{good}");
    }
    for bad in [
        "",
        ".1",
        "1..2",
        "I.",
        "Đ.1",
        "a b",
        "a234567890123456789012345678901",
    ] {
        let refused = told("criteria[0].key", "PATTERN");
        assert_eq!(wrong(set(vec![expert(bad)])), refused, "{bad}");
    }
}

#[test]
fn points_are_from_0_to_a_million_and_scales_from_0_to_6() {
    let most = |points: &str| {
        let line = pb::Criterion {
            max_score: points.into(),
            ..expert("1")
        };
        wrong(set(vec![line]))
    };
    assert_eq!(most("1000000"), []);
    for bad in ["1000000.01", "-1"] {
        assert_eq!(most(bad), told("criteria[0].max_score", "OUT_OF_RANGE"));
    }
    let scale = |scale| {
        wrong(pb::CriteriaSet {
            score_scale: Some(scale),
            ..set(vec![expert("1")])
        })
    };
    assert_eq!((scale(0), scale(6)), (Vec::new(), Vec::new()));
    for bad in [-1, 7] {
        assert_eq!(scale(bad), told("score_scale", "OUT_OF_RANGE"));
    }
}

#[test]
fn rules_are_bounded() {
    let steps = |count: i32| {
        let step = |it: i32| pb::ScoreStep {
            bound: (-it).to_string(),
            score: "1".into(),
        };
        wrong(one(Rule::Steps(pb::StepsRule {
            figure: figure(),
            steps: (0..count).map(step).collect(),
            ..Default::default()
        })))
    };
    assert_eq!(steps(50), []);
    assert_eq!(
        steps(51),
        told("criteria[0].rule.steps.steps", "OUT_OF_RANGE")
    );
    let parts = |count: usize| {
        let part = pb::ScorePart {
            title: "Phần".into(),
            indicator: "indicators/bao-cao".into(),
            score: "1".into(),
        };
        wrong(one(Rule::Sum(pb::SumRule {
            parts: vec![part; count],
        })))
    };
    assert_eq!(parts(20), []);
    assert_eq!(
        parts(21),
        told("criteria[0].rule.sum.parts", "OUT_OF_RANGE")
    );
}

#[test]
fn at_most_four_conditions_are_inside_each_other() {
    let nested = |depth: usize| {
        let leaf = || pb::ScoringRule {
            rule: Some(Rule::Expert(pb::ExpertRule {})),
        };
        let mut rule = leaf();
        for _ in 0..depth {
            rule = pb::ScoringRule {
                rule: Some(Rule::Conditional(Box::new(pb::ConditionalRule {
                    indicator: "indicators/bao-cao".into(),
                    when_yes: Some(Box::new(rule)),
                    when_no: Some(Box::new(leaf())),
                }))),
            };
        }
        wrong(one(rule.rule.unwrap()))
    };
    assert_eq!(nested(4), []);
    let deep = nested(5);
    assert_eq!((deep.len(), deep[0].1), (1, "TOO_DEEP"));
}

#[test]
fn what_a_rule_needs_is_named() {
    let empty = set(vec![pb::Criterion {
        content: None,
        ..expert("1")
    }]);
    assert_eq!(wrong(empty), told("criteria[0].rule", "REQUIRED"));
    let threshold = one(Rule::Threshold(pb::ThresholdRule::default()));
    let mut expected = told("criteria[0].rule.threshold.figure.indicator", "REQUIRED");
    expected.extend(told("criteria[0].rule.threshold.floor", "REQUIRED"));
    expected.extend(told("criteria[0].rule.threshold.ceiling", "REQUIRED"));
    assert_eq!(wrong(threshold), expected);
    let margin = one(Rule::Comparison(pb::ComparisonRule {
        figure: figure(),
        margin: "-1".into(),
        ..Default::default()
    }));
    let field = "criteria[0].rule.comparison.margin";
    assert_eq!(wrong(margin), told(field, "OUT_OF_RANGE"));
    let both = pb::Criterion {
        absences: vec![pb::AbsenceRule {
            absence: proto::shared::Absence::None.into(),
            leaves_out: true,
            score: "1".into(),
        }],
        ..expert("1")
    };
    let field = "criteria[0].absences[0].score";
    assert_eq!(wrong(set(vec![both])), told(field, "ONE_OF"));
}
