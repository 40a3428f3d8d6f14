//! Totals by verified scores alone: what the figures give is tested beside the rules.

use proptest::prelude::*;
use types::ids::Principal;

use super::*;
use crate::{
    criteria_set::content::{AbsenceRule, Criterion, Grade, Then},
    ranking::Ties,
};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn criterion(key: &str, max: &str, body: Body) -> Criterion {
    let parent = key.rsplit_once('.').map(|(parent, _)| parent.to_owned());
    Criterion {
        key: key.into(),
        parent,
        title: key.into(),
        max_score: (!max.is_empty()).then(|| decimal(max)),
        body,
        absences: vec![AbsenceRule {
            absence: types::quantity::Absence::NotApplicable,
            then: Then::LeaveOut,
        }],
        guidance: String::new(),
        evidence_hint: String::new(),
        evidence_required: false,
        verifier_unit: None,
    }
}

fn group(key: &str, max: &str, kind: GroupKind) -> Criterion {
    criterion(key, max, Body::Group(kind))
}

fn leaf(key: &str, max: &str) -> Criterion {
    criterion(key, max, Body::Rule(Rule::Expert))
}

fn content(criteria: Vec<Criterion>) -> Content {
    Content {
        display_name: "Bộ tiêu chí".into(),
        issuer_unit: UnitId::new("so-tttt").unwrap(),
        document_number: None,
        document_date: None,
        levels: Vec::new(),
        source: String::new(),
        max_score: None,
        score_scale: 2,
        criteria,
        grades: vec![
            Grade {
                at_least: decimal("90"),
                label: "Tốt".into(),
            },
            Grade {
                at_least: decimal("50"),
                label: "Đạt".into(),
            },
        ],
        ranking: Ranking {
            by: RankedBy::Percent,
            scale: 1,
            ties: Ties::Skip,
            missing: MissingScores::NotRanked,
        },
    }
}

fn entries(verified: &[(&str, Claim)]) -> Entries {
    let entered = |claim| Entered {
        claim,
        note: String::new(),
        evidence: Vec::new(),
        principal: Principal::from_name("users/tham-dinh").unwrap(),
    };
    let verified = verified
        .iter()
        .map(|(key, it)| ((*key).to_owned(), entered(*it)));
    Entries {
        verified: verified.collect(),
        ..Entries::default()
    }
}

fn points(points: &str) -> Claim {
    Claim::Points(decimal(points))
}

fn scored(content: &Content, weights: &Weights, ranking: Ranking, entries: &Entries) -> Outcome {
    let unit = UnitId::new("xa-long-hiep").unwrap();
    let kinds = BTreeMap::new();
    let figures = Figures {
        unit: &unit,
        period: "2026".parse().unwrap(),
        kinds: &kinds,
        styles: &BTreeMap::new(),
        known: BTreeMap::new(),
        breaks: &BTreeMap::new(),
    };
    let scorer = Scorer::new(content, weights, ranking);
    let mut outcomes = scorer.score(&[(&unit, figures, entries)], &Previous::default());
    outcomes.remove(0)
}

fn outcome(content: &Content, verified: &[(&str, Claim)]) -> Outcome {
    let weights = Weights::new();
    scored(content, &weights, content.ranking, &entries(verified))
}

fn told(outcome: &Outcome) -> String {
    let percent = outcome.percent.map_or("–".to_owned(), |it| it.to_string());
    format!("{}/{} {percent}", outcome.points, outcome.maximum)
}

/// The commune set in small: 10 points, a bonus of at most 3, and what is taken away.
fn small() -> Content {
    content(vec![
        group("I", "10", GroupKind::Counted),
        leaf("I.1", "6"),
        leaf("I.2", "4"),
        group("IV", "3", GroupKind::Bonus),
        leaf("IV.1", "2"),
        leaf("IV.2", "2"),
        group("V", "", GroupKind::Penalty),
        leaf("V.1", "1"),
        group("VI", "", GroupKind::Unscored),
        leaf("VI.1", "5"),
    ])
}

#[test]
fn a_bonus_is_capped_a_penalty_is_taken_away_and_what_is_not_scored_is_worth_nothing() {
    let content = small();
    let all = [
        ("I.1", points("6")),
        ("I.2", points("3.5")),
        ("IV.1", points("2")),
        ("IV.2", points("1.5")),
        ("V.1", points("1")),
        ("VI.1", points("5")),
    ];
    let outcome = outcome(&content, &all);
    assert_eq!(told(&outcome), "11.50/10.00 115.00");
    let line = |key: &str| outcome.lines.iter().find(|it| it.key == key).unwrap();
    let bonus = line("IV");
    assert_eq!(
        (bonus.score, bonus.maximum),
        (Some(decimal("3")), Some(decimal("3")))
    );
    assert_eq!(bonus.remarks[0].code, "BONUS_CAPPED");
    assert_eq!(line("V").score, Some(decimal("-1")));
    assert_eq!(
        (line("VI").score, line("VI").maximum),
        (Some(Decimal::ZERO), Some(Decimal::ZERO))
    );
    assert_eq!(outcome.grade.as_deref(), Some("Tốt"));
    assert_eq!(outcome.place.unwrap().rank, 1);
}

#[test]
fn what_does_not_concern_a_unit_leaves_the_denominator() {
    let content = small();
    let outcome = outcome(
        &content,
        &[("I.1", points("3")), ("I.2", Claim::NotApplicable)],
    );
    assert_eq!(told(&outcome), "3.00/6.00 50.00");
    assert_eq!(
        (outcome.missing, outcome.grade.as_deref()),
        (0, Some("Đạt"))
    );
}

#[test]
fn a_unit_that_nothing_concerns_has_no_percentage_and_no_place() {
    let content = small();
    let out = [("I.1", Claim::NotApplicable), ("I.2", Claim::NotApplicable)];
    let outcome = outcome(&content, &out);
    assert_eq!(told(&outcome), "0.00/0.00 –");
    assert_eq!((outcome.place, outcome.grade.clone()), (None, None));
    assert_eq!(outcome.lines[0].remarks[0].code, "NOTHING_TO_RANK_BY");
}

#[test]
fn a_score_that_is_not_known_is_0_only_when_the_set_says_so() {
    let content = small();
    let some = [("I.1", points("6"))];
    let unknown = outcome(&content, &some);
    assert_eq!(
        (told(&unknown).as_str(), unknown.missing),
        ("6.00/10.00 –", 1)
    );
    assert_eq!((unknown.place, unknown.grade.clone()), (None, None));
    let ranking = Ranking {
        missing: MissingScores::AsZero,
        ..content.ranking
    };
    let weights = Weights::new();
    let as_zero = scored(&content, &weights, ranking, &entries(&some));
    assert_eq!(told(&as_zero), "6.00/10.00 60.00");
    assert_eq!(
        (as_zero.missing, as_zero.grade.as_deref()),
        (1, Some("Đạt"))
    );
    assert!(as_zero.place.is_some());
}

#[test]
fn a_grade_is_reached_by_the_total_as_it_is_ranked() {
    let content = content(vec![leaf("1", "100")]);
    let grade = |it: &str| outcome(&content, &[("1", points(it))]).grade;
    // 89,95 is 90,0 with one digit.
    assert_eq!(grade("89.95").as_deref(), Some("Tốt"));
    assert_eq!(grade("89.94").as_deref(), Some("Đạt"));
    assert_eq!(grade("49.9"), None);
}

#[test]
fn another_maximum_of_a_group_changes_what_is_in_it_and_a_line_says_its_own() {
    let content = small();
    let all = entries(&[
        ("I.1", points("3")),
        ("I.2", points("4")),
        ("IV.1", points("2")),
    ]);
    let tried = |weights: &[(&str, &str)]| {
        let weights = weights
            .iter()
            .map(|(key, it)| ((*key).to_owned(), decimal(it)));
        let weights: Weights = weights.collect();
        told(&scored(&content, &weights, content.ranking, &all))
    };
    assert_eq!(tried(&[]), "9.00/10.00 90.00");
    assert_eq!(tried(&[("I", "20")]), "16.00/20.00 80.00");
    assert_eq!(tried(&[("I.1", "12")]), "12.00/16.00 75.00");
    assert_eq!(tried(&[("I", "20"), ("I.2", "0")]), "8.00/12.00 66.67");
    assert_eq!(tried(&[("IV", "1")]), "8.00/10.00 80.00");
}

proptest! {
    #[test]
    fn the_total_is_the_sum_of_what_is_shown(
        given in prop::collection::vec((1..2000_i64, 0..=100_i64, prop::bool::weighted(0.1)), 1..20),
    ) {
        let maximum = |it: i64| Decimal::new(it, 2).unwrap();
        let mut criteria = vec![group("I", "", GroupKind::Counted)];
        let mut verified = Vec::new();
        for (index, (max, percent, is_out)) in given.iter().enumerate() {
            let key = format!("I.{index}");
            let claim = if *is_out {
                Claim::NotApplicable
            } else {
                Claim::Points(maximum(max * percent / 100))
            };
            criteria.push(leaf(&key, &maximum(*max).to_string()));
            verified.push((key, claim));
        }
        let content = content(criteria);
        let verified: Vec<_> = verified.iter().map(|(key, it)| (key.as_str(), *it)).collect();
        let outcome = outcome(&content, &verified);
        let leaves = || outcome.lines.iter().skip(1);
        let sum = |shown: Vec<Option<Decimal>>| {
            let mut shown = shown.into_iter().flatten();
            shown.try_fold(Decimal::ZERO, Decimal::checked_add).unwrap()
        };
        prop_assert_eq!(outcome.points, sum(leaves().map(|it| it.score).collect()));
        prop_assert_eq!(outcome.maximum, sum(leaves().map(|it| it.maximum).collect()));
        prop_assert_eq!(outcome.lines[0].score, Some(outcome.points));
        prop_assert!(outcome.points <= outcome.maximum);
        prop_assert_eq!(outcome.missing, 0);
        // What is left out changes nothing of the others.
        let kept: Vec<_> = content
            .criteria
            .iter()
            .filter(|it| !verified.contains(&(it.key.as_str(), Claim::NotApplicable)))
            .cloned()
            .collect();
        let without = super::tests::outcome(&super::tests::content(kept), &verified);
        prop_assert_eq!((without.points, without.maximum), (outcome.points, outcome.maximum));
        prop_assert_eq!(without.percent, outcome.percent);
    }

    #[test]
    fn maxima_that_all_grow_alike_change_no_percentage(
        given in prop::collection::vec((1..500_i64, 0..=100_i64), 1..12),
        times in 1..20_i64,
    ) {
        let whole = |it: i64| Decimal::from_i64(it).unwrap();
        let (mut criteria, mut verified, mut weights) = (Vec::new(), Vec::new(), Weights::new());
        for (index, (max, percent)) in given.iter().enumerate() {
            let key = index.to_string();
            criteria.push(leaf(&key, &max.to_string()));
            verified.push((key.clone(), Claim::Points(whole(max * percent / 100))));
            weights.insert(key, whole(max * times));
        }
        let content = content(criteria);
        let verified: Vec<_> = verified.iter().map(|(key, it)| (key.as_str(), *it)).collect();
        let before = outcome(&content, &verified);
        let after = scored(&content, &weights, content.ranking, &entries(&verified));
        prop_assert_eq!(before.percent, after.percent);
        prop_assert_eq!(before.grade, after.grade);
    }
}
