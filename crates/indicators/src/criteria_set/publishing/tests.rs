use types::quantity::Absence;

use super::*;
use crate::{
    criteria_set::{
        content::{AbsenceRule, Grade},
        rule::{Bound, Figure, Part, Step},
    },
    indicator::{Revision, ValueKind},
    ranking::{MissingScores, RankedBy, Ranking, Ties},
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn id(indicator: &str) -> IndicatorId {
    IndicatorId::new(indicator).unwrap()
}

fn line(key: &str, parent: &str, max: &str, body: Body) -> Criterion {
    Criterion {
        key: key.into(),
        parent: (!parent.is_empty()).then(|| parent.into()),
        title: key.into(),
        max_score: (!max.is_empty()).then(|| decimal(max)),
        body,
        absences: Vec::new(),
        guidance: String::new(),
        evidence_hint: String::new(),
        evidence_required: false,
        verifier_unit: None,
    }
}

fn group(key: &str, parent: &str, max: &str, kind: GroupKind) -> Criterion {
    line(key, parent, max, Body::Group(kind))
}

fn flag(key: &str, parent: &str, max: &str) -> Criterion {
    let rule = Rule::Flag {
        indicator: id("bao-cao"),
        score: None,
    };
    line(key, parent, max, Body::Rule(rule))
}

fn set(criteria: Vec<Criterion>) -> Content {
    Content {
        display_name: "Bộ tiêu chí".into(),
        issuer_unit: types::ids::UnitId::new("so-tttt").unwrap(),
        document_number: Some("11-QĐ/TU".parse().unwrap()),
        document_date: None,
        levels: Vec::new(),
        source: String::new(),
        max_score: None,
        score_scale: 2,
        criteria,
        grades: Vec::new(),
        ranking: Ranking {
            by: RankedBy::Points,
            scale: 2,
            ties: Ties::Skip,
            missing: MissingScores::NotRanked,
        },
    }
}

fn known() -> Known {
    let kinds = [
        ("bao-cao", ValueKind::Flag),
        ("so-ngay", ValueKind::Count),
        ("ty-le", ValueKind::Ratio),
        ("tien-do", ValueKind::Score),
        ("muc-do", ValueKind::Choice),
    ];
    let definition = |kind| {
        let mut definition = Revision::of_test().definition;
        definition.value_kind = kind;
        definition.details.choices = match kind {
            ValueKind::Choice => vec!["Tốt".into(), "Chưa tốt".into()],
            _ => Vec::new(),
        };
        definition
    };
    kinds.map(|(it, kind)| (id(it), definition(kind))).into()
}

/// Everything that is wrong: the field, and the reason.
fn wrong(content: &Content) -> Vec<(String, &'static str)> {
    let mut bad = Invalid::default();
    check(content, &known(), &mut bad);
    let wrong = bad.violations().iter();
    wrong
        .map(|it| {
            let field = it.field.trim_start_matches("criteria_set.").to_owned();
            assert!(!it.en.is_empty() && !it.vi.is_empty());
            (field, it.reason)
        })
        .collect()
}

fn one(rule: Rule) -> Content {
    set(vec![line("1", "", "10", Body::Rule(rule))])
}

fn told(field: &str, reason: &'static str) -> Vec<(String, &'static str)> {
    vec![(field.to_owned(), reason)]
}

#[test]
fn a_set_that_holds_together_is_published() {
    let content = set(vec![
        group("I", "", "3", GroupKind::Counted),
        flag("I.1", "I", "1"),
        flag("I.2", "I", "2"),
        group("II", "", "", GroupKind::Bonus),
        flag("II.1", "II", "1"),
        group("III", "", "0", GroupKind::Unscored),
        flag("III.1", "III", "5"),
    ]);
    assert_eq!(wrong(&content), []);
    let total = Tree::new(&content.criteria).total();
    assert_eq!(total, Some(decimal("3")));
}

#[test]
fn maxima_have_to_add_up() {
    let content = Content {
        max_score: Some(decimal("100")),
        ..set(vec![
            group("I", "", "4", GroupKind::Counted),
            flag("I.1", "I", "1"),
            flag("I.2", "I", "2"),
            group("II", "", "5", GroupKind::Bonus),
            flag("II.1", "II", "1"),
            group("III", "", "1", GroupKind::Unscored),
            flag("III.1", "III", "5"),
        ])
    };
    let mut expected = told("criteria[0].max_score", "MAXIMA_DO_NOT_ADD_UP");
    expected.extend(told("criteria[3].max_score", "MAXIMA_DO_NOT_ADD_UP"));
    expected.extend(told("criteria[5].max_score", "MAXIMA_DO_NOT_ADD_UP"));
    expected.extend(told("max_score", "MAXIMA_DO_NOT_ADD_UP"));
    assert_eq!(wrong(&content), expected);
}

#[test]
fn a_circle_is_told_with_its_way() {
    let content = set(vec![
        group("A", "C", "", GroupKind::Counted),
        group("B", "A", "", GroupKind::Counted),
        group("C", "B", "", GroupKind::Counted),
        flag("D", "B", "1"),
    ]);
    assert_eq!(wrong(&content), told("criteria[0].parent_key", "CIRCLE"));
    let mut bad = Invalid::default();
    check(&content, &known(), &mut bad);
    assert!(bad.violations()[0].en.contains("A -> C -> B -> A"));
}

#[test]
fn a_tree_has_one_line_for_a_key_and_groups_above() {
    let content = set(vec![
        group("I", "", "", GroupKind::Counted),
        flag("I.1", "I", "1"),
        flag("I.1", "I", "1"),
        flag("I.2", "I.1", "1"),
        flag("I.3", "X", "1"),
    ]);
    let mut expected = told("criteria[2].key", "REPEATED");
    expected.extend(told("criteria[3].parent_key", "PARENT_NOT_GROUP"));
    expected.extend(told("criteria[4].parent_key", "REFERENCE_NOT_FOUND"));
    assert_eq!(wrong(&content), expected);
    let mut deep = vec![group("g1", "", "", GroupKind::Counted)];
    for level in 2..=6 {
        let (key, parent) = (format!("g{level}"), format!("g{}", level - 1));
        deep.push(group(&key, &parent, "", GroupKind::Counted));
    }
    deep.push(flag("leaf", "g6", "1"));
    assert_eq!(
        wrong(&set(deep)),
        told("criteria[6].parent_key", "TOO_DEEP")
    );
}

#[test]
fn groups_hold_something_and_special_ones_stand_alone() {
    let content = set(vec![
        group("IV", "", "", GroupKind::Bonus),
        group("V", "IV", "", GroupKind::Penalty),
    ]);
    let mut expected = told("criteria[1]", "GROUP_EMPTY");
    expected.extend(told("criteria[1].group.kind", "GROUP_NESTED"));
    assert_eq!(wrong(&content), expected);
}

#[test]
fn an_indicator_has_to_be_there_and_of_the_right_kind() {
    let linear = |indicator: &str| {
        one(Rule::Linear {
            figure: Figure {
                indicator: id(indicator),
                denominator: None,
            },
        })
    };
    assert_eq!(wrong(&linear("ty-le")), []);
    let field = "criteria[0].rule.linear.figure.indicator";
    assert_eq!(
        wrong(&linear("so-ngay")),
        told(field, "VALUE_KIND_MISMATCH")
    );
    assert_eq!(wrong(&linear("la")), told(field, "REFERENCE_NOT_FOUND"));
    let divided = one(Rule::Linear {
        figure: Figure {
            indicator: id("so-ngay"),
            denominator: Some(id("ty-le")),
        },
    });
    let field = "criteria[0].rule.linear.figure.denominator_indicator";
    assert_eq!(wrong(&divided), told(field, "VALUE_KIND_MISMATCH"));
    let external = one(Rule::External {
        indicator: Some(id("ty-le")),
    });
    let field = "criteria[0].rule.external.indicator";
    assert_eq!(wrong(&external), told(field, "VALUE_KIND_MISMATCH"));
}

#[test]
fn steps_do_not_overlap_and_are_within_the_maximum() {
    let steps = |bound, steps: &[(&str, &str)]| {
        let step = |it: &(&str, &str)| Step {
            bound: decimal(it.0),
            score: decimal(it.1),
        };
        one(Rule::Steps {
            figure: Figure {
                indicator: id("so-ngay"),
                denominator: None,
            },
            bound,
            steps: steps.iter().map(step).collect(),
            otherwise: Decimal::ZERO,
        })
    };
    assert_eq!(
        wrong(&steps(Bound::AtLeast, &[("2", "10"), ("1", "5")])),
        []
    );
    assert_eq!(wrong(&steps(Bound::AtMost, &[("1", "10"), ("2", "5")])), []);
    let path = "criteria[0].rule.steps.steps";
    let twice = steps(Bound::AtLeast, &[("2", "10"), ("2", "5")]);
    assert_eq!(
        wrong(&twice),
        told(&format!("{path}[1].bound"), "BANDS_OVERLAP")
    );
    let rising = steps(Bound::AtLeast, &[("1", "5"), ("2", "10")]);
    assert_eq!(
        wrong(&rising),
        told(&format!("{path}[1].bound"), "BANDS_OVERLAP")
    );
    let high = steps(Bound::AtLeast, &[("1", "11")]);
    assert_eq!(
        wrong(&high),
        told(&format!("{path}[0].score"), "ABOVE_MAXIMUM")
    );
    let fine = steps(Bound::AtLeast, &[("1", "1.005")]);
    assert_eq!(wrong(&fine), told(&format!("{path}[0].score"), "TOO_FINE"));
    assert_eq!(wrong(&steps(Bound::AtLeast, &[])), told(path, "REQUIRED"));
}

#[test]
fn every_choice_has_its_points_and_no_other_has() {
    let choice = |choice: &str| crate::criteria_set::rule::ChoiceScore {
        choice: choice.into(),
        score: decimal("1"),
        up_to: false,
    };
    let rule = |choices| {
        one(Rule::Choice {
            indicator: id("muc-do"),
            choices,
        })
    };
    assert_eq!(wrong(&rule(vec![choice("Tốt"), choice("Chưa tốt")])), []);
    let path = "criteria[0].rule.choice.choices";
    let mut expected = told(&format!("{path}[1].choice"), "CHOICE_UNKNOWN");
    expected.extend(told(path, "CHOICE_WITHOUT_SCORE"));
    assert_eq!(wrong(&rule(vec![choice("Tốt"), choice("Lạ")])), expected);
}

#[test]
fn halves_make_the_whole() {
    let half = |score: &str| Part {
        title: "Một nửa".into(),
        indicator: id("bao-cao"),
        score: decimal(score),
    };
    let rule = |parts| one(Rule::Sum { parts });
    assert_eq!(wrong(&rule(vec![half("5"), half("5")])), []);
    let path = "criteria[0].rule.sum.parts";
    assert_eq!(
        wrong(&rule(vec![half("5"), half("4")])),
        told(path, "MAXIMA_DO_NOT_ADD_UP")
    );
}

#[test]
fn points_are_taken_away_in_a_penalty_group_alone() {
    let penalty = Rule::Penalty {
        figure: Figure {
            indicator: id("so-ngay"),
            denominator: None,
        },
        first_count: Decimal::ZERO,
        first_score: Decimal::ZERO,
        each_score: decimal("1"),
    };
    let outside = one(penalty.clone());
    assert_eq!(
        wrong(&outside),
        told("criteria[0].rule.penalty", "PENALTY_OUTSIDE")
    );
    let inside = set(vec![
        group("V", "", "", GroupKind::Penalty),
        line("V.1", "V", "", Body::Rule(penalty)),
        flag("I", "", "1"),
    ]);
    assert_eq!(wrong(&inside), []);
}

#[test]
fn grades_fall_and_absences_are_told_once() {
    let grade = |at_least: &str| Grade {
        at_least: decimal(at_least),
        label: at_least.into(),
    };
    let overlapping = Content {
        grades: vec![grade("90"), grade("70"), grade("70")],
        ..set(vec![flag("1", "", "1")])
    };
    assert_eq!(
        wrong(&overlapping),
        told("grades[2].at_least", "BANDS_OVERLAP")
    );
    let rule = AbsenceRule {
        absence: Absence::None,
        then: Then::Points(decimal("2")),
    };
    let criterion = Criterion {
        absences: vec![rule, rule],
        ..flag("1", "", "1")
    };
    let mut expected = told("criteria[0].absences[0].score", "ABOVE_MAXIMUM");
    expected.extend(told("criteria[0].absences[1].absence", "REPEATED"));
    expected.extend(told("criteria[0].absences[1].score", "ABOVE_MAXIMUM"));
    assert_eq!(wrong(&set(vec![criterion])), expected);
}

#[test]
fn a_document_issues_a_set_and_something_is_in_it() {
    let content = Content {
        document_number: None,
        ..set(Vec::new())
    };
    let mut expected = told("document_number", "REQUIRED");
    expected.extend(told("criteria", "REQUIRED"));
    assert_eq!(wrong(&content), expected);
}
