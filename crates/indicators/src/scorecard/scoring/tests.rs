//! The rules of real sets, on figures as units report them.

use types::{money::Money, quantity::Qualifier, ratio::Ratio};

use super::*;
use crate::criteria_set::{
    content::{AbsenceRule, Body},
    rule::Step,
};

const PERIOD: &str = "2026";

fn period() -> Period {
    PERIOD.parse().unwrap()
}

fn id(indicator: &str) -> IndicatorId {
    IndicatorId::new(indicator).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn share(numerator: &str, denominator: &str) -> Value {
    let parts = (decimal(numerator), decimal(denominator));
    Value::Ratio(Ratio::new(Some(parts), None).unwrap())
}

fn stated(percent: &str) -> Value {
    Value::Ratio(Ratio::new(None, Some(percent.parse().unwrap())).unwrap())
}

fn money(vnd: i64) -> Value {
    Value::Money(Money::new(vnd))
}

fn figure(indicator: &str) -> Figure {
    Figure {
        indicator: id(indicator),
        denominator: None,
    }
}

fn criterion(max: &str, rule: Rule) -> Criterion {
    Criterion {
        key: "I.1".into(),
        parent: None,
        title: "Tiêu chí".into(),
        max_score: (!max.is_empty()).then(|| decimal(max)),
        body: Body::Rule(rule),
        absences: Vec::new(),
        guidance: String::new(),
        evidence_hint: String::new(),
        evidence_required: false,
        verifier_unit: None,
    }
}

/// What a unit reported of an indicator in a period, and the kind of its figures.
type Reported<'a> = (&'a str, &'a str, ValueKind, Option<Quantity>);

fn value(indicator: &str, value: Value) -> Reported<'_> {
    let kind = ValueKind::of(&value);
    (indicator, PERIOD, kind, Some(Quantity::value(value)))
}

fn absent(indicator: &str, kind: ValueKind, absence: Absence) -> Reported<'_> {
    (indicator, PERIOD, kind, Some(Quantity::absent(absence)))
}

fn judged(criterion: &Criterion, reported: &[Reported<'_>]) -> Judged {
    let cell = |it: &Reported<'_>| (id(it.0), it.1.parse().unwrap());
    let kinds = reported.iter().map(|it| (cell(it), it.2)).collect();
    let known = reported.iter().filter_map(|it| {
        let quantity = it.3.clone()?;
        Some((cell(it), Known::Figure(quantity, 3)))
    });
    let unit = UnitId::new("xa-long-hiep").unwrap();
    let figures = Figures {
        unit: &unit,
        period: period(),
        kinds: &kinds,
        styles: &BTreeMap::new(),
        known: known.collect(),
        breaks: &BTreeMap::new(),
    };
    judge(criterion, criterion.rule().unwrap(), &figures)
}

/// The points as they are written with two digits, or else what there is instead.
fn points(criterion: &Criterion, reported: &[Reported<'_>]) -> String {
    match judged(criterion, reported).verdict {
        Verdict::Points(points) => points.to_decimal(2).unwrap().to_vietnamese(),
        other => format!("{other:?}"),
    }
}

fn codes(judged: &Judged) -> Vec<&str> {
    judged.remarks.iter().map(|it| it.code.as_str()).collect()
}

/// Disbursement between 60 and 85 %, as for communes (QĐ 11-QĐ/TU II.6).
fn disbursement() -> Criterion {
    let rule = Rule::Threshold {
        figure: Figure {
            indicator: id("giai-ngan"),
            denominator: Some(id("duoc-giao")),
        },
        floor: decimal("60"),
        ceiling: decimal("85"),
        shape: Shape::ShareOfCeiling,
    };
    let left_out = |absence| AbsenceRule {
        absence,
        then: Then::LeaveOut,
    };
    Criterion {
        absences: vec![
            left_out(Absence::NotApplicable),
            left_out(Absence::NotArisen),
        ],
        ..criterion("10", rule)
    }
}

fn disbursed(done: i64, of: i64) -> String {
    let reported = [
        value("giai-ngan", money(done)),
        value("duoc-giao", money(of)),
    ];
    points(&disbursement(), &reported)
}

#[test]
fn disbursement_earns_its_share_between_the_thresholds() {
    // 72,5 of 85, times 10: 8,529…
    assert_eq!(disbursed(725_000_000, 1_000_000_000), "8,53");
    assert_eq!(disbursed(850_000_000, 1_000_000_000), "10,00");
    assert_eq!(disbursed(990_000_000, 1_000_000_000), "10,00");
    assert_eq!(disbursed(600_000_000, 1_000_000_000), "7,06");
    // One đồng short of 60 %.
    assert_eq!(disbursed(599_999_999, 1_000_000_000), "0,00");
}

#[test]
fn a_commune_without_funds_is_left_out_and_earns_no_0() {
    assert_eq!(disbursed(0, 0), "NotApplicable");
    let reported = [
        absent("giai-ngan", ValueKind::Money, Absence::NotApplicable),
        value("duoc-giao", money(1)),
    ];
    assert_eq!(points(&disbursement(), &reported), "NotApplicable");
}

#[test]
fn the_distance_from_the_floor_is_another_shape() {
    let rule = Rule::Threshold {
        figure: figure("ty-le"),
        floor: decimal("60"),
        ceiling: decimal("85"),
        shape: Shape::FromFloor,
    };
    let criterion = criterion("10", rule);
    let taken = |it| points(&criterion, &[value("ty-le", share(it, "100"))]);
    assert_eq!(taken("72.5"), "5,00");
    assert_eq!(taken("60"), "0,00");
}

#[test]
fn a_share_earns_its_part_and_never_more_than_all() {
    let criterion = criterion(
        "20",
        Rule::Linear {
            figure: figure("hop"),
        },
    );
    assert_eq!(
        points(&criterion, &[value("hop", share("3", "4"))]),
        "15,00"
    );
    assert_eq!(
        points(&criterion, &[value("hop", share("5", "4"))]),
        "20,00"
    );
    assert_eq!(points(&criterion, &[value("hop", stated("92.4"))]), "18,48");
}

#[test]
fn what_has_not_arisen_is_no_0() {
    let criterion = criterion(
        "20",
        Rule::Linear {
            figure: figure("hop"),
        },
    );
    let reported = [absent("hop", ValueKind::Ratio, Absence::NotArisen)];
    let judged = judged(&criterion, &reported);
    assert_eq!(judged.verdict, Verdict::Missing);
    assert_eq!(codes(&judged), ["FIGURE_ABSENT"]);
    assert!(judged.remarks[0].vi.contains("chưa phát sinh"));
}

#[test]
fn meetings_earn_by_steps() {
    let steps = [("4", "20"), ("3", "15"), ("2", "10"), ("1", "5")];
    let step = |(bound, score): (&str, &str)| Step {
        bound: decimal(bound),
        score: decimal(score),
    };
    let rule = Rule::Steps {
        figure: figure("cuoc-hop"),
        bound: Bound::AtLeast,
        steps: steps.map(step).to_vec(),
        otherwise: Decimal::ZERO,
    };
    let criterion = criterion("20", rule);
    let taken = |it| points(&criterion, &[value("cuoc-hop", Value::Count(it))]);
    assert_eq!(
        [taken(7), taken(3), taken(1), taken(0)],
        ["20,00", "15,00", "5,00", "0,00"]
    );
}

#[test]
fn days_earn_by_steps_that_go_down() {
    let rule = Rule::Steps {
        figure: figure("so-ngay"),
        bound: Bound::AtMost,
        steps: vec![
            Step {
                bound: decimal("30"),
                score: decimal("3"),
            },
            Step {
                bound: decimal("60"),
                score: decimal("1.5"),
            },
        ],
        otherwise: Decimal::ZERO,
    };
    let criterion = criterion("3", rule);
    let taken = |it| points(&criterion, &[value("so-ngay", Value::Count(it))]);
    assert_eq!([taken(30), taken(31), taken(61)], ["3,00", "1,50", "0,00"]);
}

#[test]
fn a_report_that_is_late_costs_one_point_and_from_the_third_day_one_more_each() {
    let rule = Rule::Penalty {
        figure: figure("ngay-tre"),
        first_count: decimal("2"),
        first_score: decimal("1"),
        each_score: decimal("1"),
    };
    let late = criterion("", rule);
    let taken = |it| points(&late, &[value("ngay-tre", Value::Count(it))]);
    assert_eq!(
        [taken(0), taken(1), taken(2), taken(3), taken(5)],
        ["0,00", "1,00", "1,00", "2,00", "4,00"]
    );
    // However many, it can be written.
    assert_eq!(taken(i64::MAX), "1.000.000,00");
}

#[test]
fn each_special_report_that_was_not_made_costs_half_a_point() {
    let rule = Rule::Penalty {
        figure: figure("dot-xuat"),
        first_count: Decimal::ZERO,
        first_score: Decimal::ZERO,
        each_score: decimal("0.5"),
    };
    let missed = criterion("", rule);
    let taken = |it| points(&missed, &[value("dot-xuat", Value::Count(it))]);
    assert_eq!([taken(0), taken(3)], ["0,00", "1,50"]);
}

#[test]
fn the_head_of_the_board_earns_all_his_deputy_half() {
    let choice = |choice: &str, score: &str, up_to| ChoiceScore {
        choice: choice.into(),
        score: decimal(score),
        up_to,
    };
    let rule = Rule::Choice {
        indicator: id("truong-ban"),
        choices: vec![
            choice("Bí thư hoặc Chủ tịch", "10", false),
            choice("Cấp phó", "5", false),
            choice("Mô hình khác", "3", true),
        ],
    };
    let criterion = criterion("10", rule);
    let taken = |it: &str| {
        let reported = [value("truong-ban", Value::Choice(it.into()))];
        points(&criterion, &reported)
    };
    assert_eq!(taken("Bí thư hoặc Chủ tịch"), "10,00");
    assert_eq!(taken("Cấp phó"), "5,00");
    // Up to three: a person decides.
    assert_eq!(taken("Mô hình khác"), "Open");
    let reported = [value("truong-ban", Value::Choice("Người lạ".into()))];
    let judged = judged(&criterion, &reported);
    assert_eq!(
        (judged.verdict.clone(), codes(&judged)),
        (Verdict::Missing, vec!["VALUE_KIND_MISMATCH"])
    );
}

#[test]
fn two_halves_are_earned_on_their_own() {
    let half = |indicator: &str| SumPart {
        title: indicator.into(),
        indicator: id(indicator),
        score: decimal("5"),
    };
    let rule = Rule::Sum {
        parts: vec![half("du-hop"), half("chu-tri")],
    };
    let criterion = criterion("10", rule);
    let taken = |one, other| {
        let reported = [
            value("du-hop", Value::Flag(one)),
            value("chu-tri", Value::Flag(other)),
        ];
        points(&criterion, &reported)
    };
    assert_eq!(
        [taken(true, true), taken(false, true), taken(false, false)],
        ["10,00", "5,00", "0,00"]
    );
    let one = judged(&criterion, &[value("du-hop", Value::Flag(true))]);
    assert_eq!(one.verdict, Verdict::Missing);
}

#[test]
fn courses_are_scored_by_the_plan_when_there_is_one() {
    let step = |bound: &str, score: &str| Step {
        bound: decimal(bound),
        score: decimal(score),
    };
    let rule = Rule::Conditional {
        indicator: id("co-ke-hoach"),
        when_yes: Box::new(Rule::Steps {
            figure: figure("ty-le-dao-tao"),
            bound: Bound::AtLeast,
            steps: vec![
                step("100", "5"),
                step("85", "4"),
                step("60", "3"),
                step("0.01", "2"),
            ],
            otherwise: Decimal::ZERO,
        }),
        when_no: Box::new(Rule::Flag {
            indicator: id("co-mo-lop"),
            score: Some(decimal("2")),
        }),
    };
    let criterion = criterion("5", rule);
    let plan = |yes| value("co-ke-hoach", Value::Flag(yes));
    let by_plan = [plan(true), value("ty-le-dao-tao", share("17", "20"))];
    assert_eq!(points(&criterion, &by_plan), "4,00");
    let without = [plan(false), value("co-mo-lop", Value::Flag(true))];
    assert_eq!(points(&criterion, &without), "2,00");
    // What the other branch looks at is not asked for.
    assert_eq!(judged(&criterion, &without).inputs.len(), 2);
    assert_eq!(points(&criterion, &[plan(true)]), "Missing");
}

#[test]
fn points_of_the_portal_are_taken_as_they_are() {
    let criterion = criterion(
        "20",
        Rule::External {
            indicator: Some(id("tien-do")),
        },
    );
    let score = |numerator: &str, denominator: &str| {
        let (indicator, period, _, quantity) = value("tien-do", share(numerator, denominator));
        (indicator, period, ValueKind::Score, quantity)
    };
    let as_given = judged(&criterion, &[score("17.25", "20")]);
    assert_eq!(as_given.verdict, Verdict::Points(decimal("17.25").into()));
    assert!(as_given.remarks.is_empty());
    // Of another maximum they are taken in proportion, and that is told.
    let other = judged(&criterion, &[score("15", "25")]);
    assert_eq!(other.verdict, Verdict::Points(Number::from(12)));
    assert_eq!(codes(&other), ["EXTERNAL_MAXIMUM_DIFFERS"]);
}

#[test]
fn more_than_last_year_earns_the_bonus() {
    let rule = |margin: &str, lower_is_better| Rule::Comparison {
        figure: figure("ty-le"),
        baseline: Baseline::LastYear,
        margin: decimal(margin),
        lower_is_better,
    };
    let years = |now: &'static str, before: &'static str| {
        let (indicator, _, kind, quantity) = value("ty-le", share(before, "100"));
        [
            value("ty-le", share(now, "100")),
            (indicator, "2025", kind, quantity),
        ]
    };
    let more = criterion("1", rule("0", false));
    assert_eq!(points(&more, &years("72.5", "70")), "1,00");
    assert_eq!(points(&more, &years("70", "70")), "0,00");
    let by_three = criterion("1", rule("3", false));
    assert_eq!(points(&by_three, &years("72.5", "70")), "0,00");
    let less = criterion("1", rule("0", true));
    assert_eq!(points(&less, &years("69", "70")), "1,00");
    let alone = judged(&more, &[value("ty-le", share("72", "100"))]);
    assert_eq!(alone.verdict, Verdict::Missing);
    assert!(codes(&alone).contains(&"BASELINE_MISSING"));
}

#[test]
fn a_figure_that_is_not_exact_is_scored_by_its_number_and_told() {
    let criterion = criterion(
        "10",
        Rule::Linear {
            figure: figure("ty-le"),
        },
    );
    let (indicator, period, kind, _) = value("ty-le", stated("95"));
    let above = Quantity::new(Content::Value(stated("95")), Qualifier::MoreThan, None);
    let judged = judged(
        &criterion,
        &[(indicator, period, kind, Some(above.unwrap()))],
    );
    assert_eq!(judged.verdict, Verdict::Points(decimal("9.5").into()));
    assert_eq!(codes(&judged), ["FIGURE_NOT_EXACT"]);
    assert!(judged.remarks[0].vi.contains("trên 95%"));
}

#[test]
fn a_figure_of_an_indicator_that_does_not_count_is_not_scored() {
    let criterion = criterion(
        "1",
        Rule::Flag {
            indicator: id("bao-cao"),
            score: None,
        },
    );
    let nothing = judged(&criterion, &[]);
    assert_eq!(nothing.verdict, Verdict::Missing);
    assert_eq!(codes(&nothing), ["INDICATOR_NOT_IN_FORCE"]);
    let silent = judged(&criterion, &[("bao-cao", PERIOD, ValueKind::Flag, None)]);
    assert_eq!(silent.verdict, Verdict::Missing);
    assert_eq!(codes(&silent), ["FIGURE_MISSING"]);
}

#[test]
fn the_figure_and_its_revision_are_kept() {
    let criterion = criterion(
        "1",
        Rule::Flag {
            indicator: id("bao-cao"),
            score: None,
        },
    );
    let judged = judged(&criterion, &[value("bao-cao", Value::Flag(true))]);
    assert_eq!(
        judged.inputs,
        [Input {
            indicator: id("bao-cao"),
            period: period(),
            quantity: Some(Quantity::value(Value::Flag(true))),
            revision: 3,
            scale: None,
            as_parts: false,
        }]
    );
}
