//! Scoring rules to and from the wire.

use proto::indicators::{self as pb, scoring_rule::Rule as Wire};
use types::{decimal::Decimal, ids::IndicatorId, violations::Invalid};

use super::{
    rule::{Baseline, Bound, ChoiceScore, Figure, Part, Rule, Shape, Step},
    wire::{LONGEST_TITLE, MOST_POINTS, is_within, shown},
};
use crate::wire::{from_wire, to_wire};

const LONGEST_CHOICE: usize = 100;
const MOST_STEPS: usize = 50;
const MOST_CHOICES: usize = 100;
const MOST_PARTS: usize = 20;
/// The most conditions inside each other.
const DEEPEST: usize = 4;

/// Reads points that may be left out: from 0 to a million. The outer `None` means that they
/// were bad.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
pub(crate) fn points(field: &str, wire: &str, bad: &mut Invalid) -> Option<Option<Decimal>> {
    let read: Option<Decimal> = bad.optional(field, wire)?;
    match read {
        Some(points) if !is_within(points) => {
            bad.add(
                field,
                "OUT_OF_RANGE",
                format!("{points} is not between 0 and {MOST_POINTS}"),
                format!(
                    "{} không nằm trong khoảng từ 0 đến {MOST_POINTS}",
                    points.to_vietnamese()
                ),
            );
            None
        }
        read => Some(read),
    }
}

fn required_points(field: &str, wire: &str, bad: &mut Invalid) -> Option<Decimal> {
    let read = points(field, wire, bad)?;
    if read.is_none() {
        bad.missing(field);
    }
    read
}

fn points_or_zero(field: &str, wire: &str, bad: &mut Invalid) -> Option<Decimal> {
    Some(points(field, wire, bad)?.unwrap_or(Decimal::ZERO))
}

/// Reads how much or how many, which may be left out and is then 0; never below 0.
fn amount(field: &str, wire: &str, bad: &mut Invalid) -> Option<Decimal> {
    let read: Decimal = bad.optional(field, wire)?.unwrap_or(Decimal::ZERO);
    if read.is_negative() {
        bad.add(field, "OUT_OF_RANGE", "is below 0", "nhỏ hơn 0");
        return None;
    }
    Some(read)
}

/// Reads a rule; `depth` is how many conditions it is in.
pub(super) fn read_rule(
    path: &str,
    wire: &pb::ScoringRule,
    depth: usize,
    bad: &mut Invalid,
) -> Option<Rule> {
    let Some(rule) = &wire.rule else {
        bad.missing(path);
        return None;
    };
    match rule {
        Wire::Flag(it) => {
            let indicator = bad.required(format!("{path}.flag.indicator"), &it.indicator);
            let score = points(&format!("{path}.flag.score"), &it.score, bad);
            Some(Rule::Flag {
                indicator: indicator?,
                score: score?,
            })
        }
        Wire::Linear(it) => {
            let figure = read_figure(&format!("{path}.linear.figure"), it.figure.as_ref(), bad);
            Some(Rule::Linear { figure: figure? })
        }
        Wire::Threshold(it) => read_threshold(&format!("{path}.threshold"), it, bad),
        Wire::Steps(it) => read_steps(&format!("{path}.steps"), it, bad),
        Wire::Choice(it) => read_choice(&format!("{path}.choice"), it, bad),
        Wire::Sum(it) => read_sum(&format!("{path}.sum"), it, bad),
        Wire::Conditional(it) => read_conditional(&format!("{path}.conditional"), it, depth, bad),
        Wire::Penalty(it) => read_penalty(&format!("{path}.penalty"), it, bad),
        Wire::External(it) => {
            let indicator = bad.optional(format!("{path}.external.indicator"), &it.indicator);
            Some(Rule::External {
                indicator: indicator?,
            })
        }
        Wire::Comparison(it) => read_comparison(&format!("{path}.comparison"), it, bad),
        Wire::Expert(_) => Some(Rule::Expert),
        Wire::Unscored(it) => {
            let figure = match &it.figure {
                None => None,
                figure => Some(read_figure(
                    &format!("{path}.unscored.figure"),
                    figure.as_ref(),
                    bad,
                )?),
            };
            Some(Rule::Unscored { figure })
        }
    }
}

fn read_figure(path: &str, wire: Option<&pb::ScoredFigure>, bad: &mut Invalid) -> Option<Figure> {
    let Some(wire) = wire else {
        bad.missing(format!("{path}.indicator"));
        return None;
    };
    let indicator = bad.required(format!("{path}.indicator"), &wire.indicator);
    let denominator = bad.optional(
        format!("{path}.denominator_indicator"),
        &wire.denominator_indicator,
    );
    Some(Figure {
        indicator: indicator?,
        denominator: denominator?,
    })
}

fn read_threshold(path: &str, it: &pb::ThresholdRule, bad: &mut Invalid) -> Option<Rule> {
    let figure = read_figure(&format!("{path}.figure"), it.figure.as_ref(), bad);
    let floor = bad.required(format!("{path}.floor"), &it.floor);
    let ceiling = bad.required(format!("{path}.ceiling"), &it.ceiling);
    let shape = match it.shape {
        0 => Some(Shape::ShareOfCeiling),
        shape => from_wire(&SHAPES, &format!("{path}.shape"), shape, bad),
    };
    Some(Rule::Threshold {
        figure: figure?,
        floor: floor?,
        ceiling: ceiling?,
        shape: shape?,
    })
}

fn read_steps(path: &str, it: &pb::StepsRule, bad: &mut Invalid) -> Option<Rule> {
    let figure = read_figure(&format!("{path}.figure"), it.figure.as_ref(), bad);
    let bound = match it.bound {
        0 => Some(Bound::AtLeast),
        bound => from_wire(&BOUNDS, &format!("{path}.bound"), bound, bad),
    };
    bad.at_most(format!("{path}.steps"), it.steps.len(), MOST_STEPS);
    let mut steps = Vec::new();
    for (index, step) in it.steps.iter().take(MOST_STEPS).enumerate() {
        let field = |name: &str| format!("{path}.steps[{index}].{name}");
        let bound = bad.required(field("bound"), &step.bound);
        let score = required_points(&field("score"), &step.score, bad);
        if let (Some(bound), Some(score)) = (bound, score) {
            steps.push(Step { bound, score });
        }
    }
    let otherwise = points_or_zero(&format!("{path}.otherwise"), &it.otherwise, bad);
    Some(Rule::Steps {
        figure: figure?,
        bound: bound?,
        steps,
        otherwise: otherwise?,
    })
}

fn read_choice(path: &str, it: &pb::ChoiceRule, bad: &mut Invalid) -> Option<Rule> {
    let indicator = bad.required(format!("{path}.indicator"), &it.indicator);
    bad.at_most(format!("{path}.choices"), it.choices.len(), MOST_CHOICES);
    let mut choices = Vec::new();
    for (index, one) in it.choices.iter().take(MOST_CHOICES).enumerate() {
        let field = |name: &str| format!("{path}.choices[{index}].{name}");
        let choice = bad.line(field("choice"), &one.choice, LONGEST_CHOICE);
        let score = required_points(&field("score"), &one.score, bad);
        if let (Some(choice), Some(score)) = (choice, score) {
            choices.push(ChoiceScore {
                choice,
                score,
                up_to: one.up_to,
            });
        }
    }
    Some(Rule::Choice {
        indicator: indicator?,
        choices,
    })
}

fn read_sum(path: &str, it: &pb::SumRule, bad: &mut Invalid) -> Option<Rule> {
    bad.at_most(format!("{path}.parts"), it.parts.len(), MOST_PARTS);
    let mut parts = Vec::new();
    for (index, part) in it.parts.iter().take(MOST_PARTS).enumerate() {
        let field = |name: &str| format!("{path}.parts[{index}].{name}");
        let title = bad.line(field("title"), &part.title, LONGEST_TITLE);
        let indicator = bad.required(field("indicator"), &part.indicator);
        let score = required_points(&field("score"), &part.score, bad);
        if let (Some(title), Some(indicator), Some(score)) = (title, indicator, score) {
            parts.push(Part {
                title,
                indicator,
                score,
            });
        }
    }
    Some(Rule::Sum { parts })
}

fn read_conditional(
    path: &str,
    it: &pb::ConditionalRule,
    depth: usize,
    bad: &mut Invalid,
) -> Option<Rule> {
    if depth >= DEEPEST {
        bad.add(
            path,
            "TOO_DEEP",
            format!("more than {DEEPEST} conditions are inside each other"),
            format!("có hơn {DEEPEST} điều kiện lồng nhau"),
        );
        return None;
    }
    let indicator = bad.required(format!("{path}.indicator"), &it.indicator);
    let mut branch = |name: &str, rule: Option<&pb::ScoringRule>| {
        let empty = pb::ScoringRule::default();
        read_rule(
            &format!("{path}.{name}"),
            rule.unwrap_or(&empty),
            depth + 1,
            bad,
        )
    };
    let when_yes = branch("when_yes", it.when_yes.as_deref());
    let when_no = branch("when_no", it.when_no.as_deref());
    Some(Rule::Conditional {
        indicator: indicator?,
        when_yes: Box::new(when_yes?),
        when_no: Box::new(when_no?),
    })
}

fn read_penalty(path: &str, it: &pb::PenaltyRule, bad: &mut Invalid) -> Option<Rule> {
    let figure = read_figure(&format!("{path}.figure"), it.figure.as_ref(), bad);
    let first_count = amount(&format!("{path}.first_count"), &it.first_count, bad);
    let first_score = points_or_zero(&format!("{path}.first_score"), &it.first_score, bad);
    let each_score = required_points(&format!("{path}.each_score"), &it.each_score, bad);
    Some(Rule::Penalty {
        figure: figure?,
        first_count: first_count?,
        first_score: first_score?,
        each_score: each_score?,
    })
}

fn read_comparison(path: &str, it: &pb::ComparisonRule, bad: &mut Invalid) -> Option<Rule> {
    let figure = read_figure(&format!("{path}.figure"), it.figure.as_ref(), bad);
    let baseline = match it.baseline {
        0 => Some(Baseline::LastYear),
        baseline => from_wire(&BASELINES, &format!("{path}.baseline"), baseline, bad),
    };
    let margin = amount(&format!("{path}.margin"), &it.margin, bad);
    Some(Rule::Comparison {
        figure: figure?,
        baseline: baseline?,
        margin: margin?,
        lower_is_better: it.lower_is_better,
    })
}

pub(super) fn to_rule(rule: &Rule) -> pb::ScoringRule {
    let wire = match rule {
        Rule::Flag { indicator, score } => Wire::Flag(pb::FlagRule {
            indicator: indicator.name(),
            score: shown(*score),
        }),
        Rule::Linear { figure } => Wire::Linear(pb::LinearRule {
            figure: Some(to_figure(figure)),
        }),
        Rule::Threshold {
            figure,
            floor,
            ceiling,
            shape,
        } => Wire::Threshold(pb::ThresholdRule {
            figure: Some(to_figure(figure)),
            floor: floor.to_string(),
            ceiling: ceiling.to_string(),
            shape: to_wire(&SHAPES, shape),
        }),
        Rule::Steps {
            figure,
            bound,
            steps,
            otherwise,
        } => Wire::Steps(pb::StepsRule {
            figure: Some(to_figure(figure)),
            bound: to_wire(&BOUNDS, bound),
            steps: steps.iter().map(to_step).collect(),
            otherwise: otherwise.to_string(),
        }),
        Rule::Choice { indicator, choices } => Wire::Choice(pb::ChoiceRule {
            indicator: indicator.name(),
            choices: choices.iter().map(to_choice).collect(),
        }),
        Rule::Sum { parts } => Wire::Sum(pb::SumRule {
            parts: parts.iter().map(to_part).collect(),
        }),
        Rule::Conditional {
            indicator,
            when_yes,
            when_no,
        } => Wire::Conditional(Box::new(pb::ConditionalRule {
            indicator: indicator.name(),
            when_yes: Some(Box::new(to_rule(when_yes))),
            when_no: Some(Box::new(to_rule(when_no))),
        })),
        Rule::Penalty {
            figure,
            first_count,
            first_score,
            each_score,
        } => Wire::Penalty(pb::PenaltyRule {
            figure: Some(to_figure(figure)),
            first_count: first_count.to_string(),
            first_score: first_score.to_string(),
            each_score: each_score.to_string(),
        }),
        Rule::External { indicator } => Wire::External(pb::ExternalRule {
            indicator: shown(indicator.as_ref().map(IndicatorId::name)),
        }),
        Rule::Comparison {
            figure,
            baseline,
            margin,
            lower_is_better,
        } => Wire::Comparison(pb::ComparisonRule {
            figure: Some(to_figure(figure)),
            baseline: to_wire(&BASELINES, baseline),
            margin: margin.to_string(),
            lower_is_better: *lower_is_better,
        }),
        Rule::Expert => Wire::Expert(pb::ExpertRule {}),
        Rule::Unscored { figure } => Wire::Unscored(pb::UnscoredRule {
            figure: figure.as_ref().map(to_figure),
        }),
    };
    pb::ScoringRule { rule: Some(wire) }
}

fn to_figure(figure: &Figure) -> pb::ScoredFigure {
    pb::ScoredFigure {
        indicator: figure.indicator.name(),
        denominator_indicator: shown(figure.denominator.as_ref().map(IndicatorId::name)),
    }
}

fn to_step(step: &Step) -> pb::ScoreStep {
    pb::ScoreStep {
        bound: step.bound.to_string(),
        score: step.score.to_string(),
    }
}

fn to_choice(it: &ChoiceScore) -> pb::ChoiceScore {
    pb::ChoiceScore {
        choice: it.choice.clone(),
        score: it.score.to_string(),
        up_to: it.up_to,
    }
}

fn to_part(part: &Part) -> pb::ScorePart {
    pb::ScorePart {
        title: part.title.clone(),
        indicator: part.indicator.name(),
        score: part.score.to_string(),
    }
}

const SHAPES: [(Shape, pb::ThresholdShape); 2] = [
    (Shape::ShareOfCeiling, pb::ThresholdShape::ShareOfCeiling),
    (Shape::FromFloor, pb::ThresholdShape::FromFloor),
];

const BOUNDS: [(Bound, pb::StepBound); 2] = [
    (Bound::AtLeast, pb::StepBound::AtLeast),
    (Bound::AtMost, pb::StepBound::AtMost),
];

const BASELINES: [(Baseline, pb::ComparisonBaseline); 2] = [
    (Baseline::LastYear, pb::ComparisonBaseline::LastYear),
    (
        Baseline::PreviousPeriod,
        pb::ComparisonBaseline::PreviousPeriod,
    ),
];
