//! Whether a rule fits its maximum and the indicators it takes figures of.

use types::{decimal::Decimal, ids::IndicatorId, violations::Invalid};

use super::{Known, does_not_add_up};
use crate::{
    criteria_set::rule::{Bound, ChoiceScore, Figure, Part, Rule, Step},
    indicator::ValueKind,
};

/// What a rule is checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checked<'a> {
    pub(super) known: &'a Known,
    pub(super) maximum: Option<Decimal>,
    /// Whether the points are taken away.
    pub(super) is_penalty: bool,
    /// Digits after the comma of a score.
    pub(super) scale: u8,
}

impl Checked<'_> {
    /// Notes what does not fit in a rule.
    pub(super) fn rule(&self, path: &str, rule: &Rule, bad: &mut Invalid) {
        match rule {
            Rule::Flag { indicator, score } => {
                self.truth(&format!("{path}.flag.indicator"), indicator, bad);
                if let Some(score) = score {
                    self.points(&format!("{path}.flag.score"), *score, bad);
                }
            }
            Rule::Linear { figure } => self.share(&format!("{path}.linear.figure"), figure, bad),
            Rule::Threshold {
                figure,
                floor,
                ceiling,
                ..
            } => {
                self.number(&format!("{path}.threshold.figure"), figure, bad);
                if floor >= ceiling {
                    bounds_cross(&format!("{path}.threshold.floor"), *floor, *ceiling, bad);
                }
            }
            Rule::Steps {
                figure,
                bound,
                steps,
                otherwise,
            } => {
                let path = format!("{path}.steps");
                self.number(&format!("{path}.figure"), figure, bad);
                self.steps(&path, *bound, steps, bad);
                self.points(&format!("{path}.otherwise"), *otherwise, bad);
            }
            Rule::Choice { indicator, choices } => {
                self.choices(&format!("{path}.choice"), indicator, choices, bad);
            }
            Rule::Sum { parts } => self.parts(&format!("{path}.sum.parts"), parts, bad),
            Rule::Conditional {
                indicator,
                when_yes,
                when_no,
            } => {
                let path = format!("{path}.conditional");
                self.truth(&format!("{path}.indicator"), indicator, bad);
                self.rule(&format!("{path}.when_yes"), when_yes, bad);
                self.rule(&format!("{path}.when_no"), when_no, bad);
            }
            Rule::Penalty {
                figure,
                first_count,
                first_score,
                each_score,
            } => {
                let path = format!("{path}.penalty");
                if !self.is_penalty {
                    bad.add(
                        path.clone(),
                        "PENALTY_OUTSIDE",
                        "points are taken away in a penalty group alone",
                        "chỉ trừ điểm trong nhóm điểm trừ",
                    );
                }
                self.number(&format!("{path}.figure"), figure, bad);
                self.points(&format!("{path}.each_score"), *each_score, bad);
                self.points(&format!("{path}.first_score"), *first_score, bad);
                if first_count.is_zero() != first_score.is_zero() {
                    bad.add(
                        format!("{path}.first_count"),
                        "INCOMPLETE",
                        "is named together with `first_score`, or neither is",
                        "phải ghi cùng với `first_score`, hoặc bỏ trống cả hai",
                    );
                }
            }
            Rule::External {
                indicator: Some(indicator),
            } => {
                let is_score = |kind| kind == ValueKind::Score;
                self.kind(
                    &format!("{path}.external.indicator"),
                    indicator,
                    is_score,
                    bad,
                );
            }
            Rule::Comparison { figure, .. } => {
                self.number(&format!("{path}.comparison.figure"), figure, bad);
            }
            Rule::Unscored {
                figure: Some(figure),
            } => {
                let path = format!("{path}.unscored.figure");
                self.kind(
                    &format!("{path}.indicator"),
                    &figure.indicator,
                    |_| true,
                    bad,
                );
                if let Some(denominator) = &figure.denominator {
                    let field = format!("{path}.denominator_indicator");
                    self.kind(&field, denominator, is_amount, bad);
                }
            }
            Rule::External { indicator: None } | Rule::Expert | Rule::Unscored { figure: None } => {
            }
        }
    }

    /// Points are written as scores are, and are no more than the maximum.
    pub(super) fn points(&self, field: &str, points: Decimal, bad: &mut Invalid) {
        if points.rescale_half_up(self.scale) != Some(points) {
            bad.add(
                field,
                "TOO_FINE",
                format!(
                    "{points} has more than {} digits after the comma",
                    self.scale
                ),
                format!(
                    "{} có hơn {} chữ số thập phân",
                    points.to_vietnamese(),
                    self.scale
                ),
            );
        }
        if let Some(maximum) = self.maximum
            && points > maximum
        {
            bad.add(
                field,
                "ABOVE_MAXIMUM",
                format!("{points} is more than the maximum of {maximum}"),
                format!(
                    "{} lớn hơn điểm tối đa {}",
                    points.to_vietnamese(),
                    maximum.to_vietnamese()
                ),
            );
        }
    }

    fn steps(&self, path: &str, bound: Bound, steps: &[Step], bad: &mut Invalid) {
        if steps.is_empty() {
            bad.missing(format!("{path}.steps"));
        }
        for (index, step) in steps.iter().enumerate() {
            self.points(&format!("{path}.steps[{index}].score"), step.score, bad);
        }
        for (index, (harder, easier)) in steps.iter().zip(steps.iter().skip(1)).enumerate() {
            let follows = match bound {
                Bound::AtLeast => easier.bound < harder.bound,
                Bound::AtMost => easier.bound > harder.bound,
            };
            if !follows {
                bad.add(
                    format!("{path}.steps[{}].bound", index + 1),
                    "BANDS_OVERLAP",
                    format!(
                        "{} is no easier than the {} of the step before",
                        easier.bound, harder.bound
                    ),
                    format!(
                        "{} không dễ hơn mức {} của bậc trước",
                        easier.bound.to_vietnamese(),
                        harder.bound.to_vietnamese()
                    ),
                );
            }
        }
    }

    /// Every choice of the indicator has its points, once.
    fn choices(
        &self,
        path: &str,
        indicator: &IndicatorId,
        choices: &[ChoiceScore],
        bad: &mut Invalid,
    ) {
        let is_choice = |kind| kind == ValueKind::Choice;
        self.kind(&format!("{path}.indicator"), indicator, is_choice, bad);
        let offered = self.known.get(indicator).map(|it| &it.details.choices);
        for (index, one) in choices.iter().enumerate() {
            let field = format!("{path}.choices[{index}]");
            self.points(&format!("{field}.score"), one.score, bad);
            let choice = &one.choice;
            if choices[..index].iter().any(|it| it.choice == *choice) {
                bad.add(
                    format!("{field}.choice"),
                    "REPEATED",
                    format!("`{choice}` is there twice"),
                    format!("`{choice}` bị lặp lại"),
                );
            }
            if offered.is_some_and(|it| !it.contains(choice)) {
                bad.add(
                    format!("{field}.choice"),
                    "CHOICE_UNKNOWN",
                    format!("`{choice}` is not among the choices of `{indicator}`"),
                    format!("`{choice}` không thuộc danh sách lựa chọn của `{indicator}`"),
                );
            }
        }
        let all = offered.into_iter().flatten();
        let left = all.filter(|it| !choices.iter().any(|one| one.choice == **it));
        let left: Vec<_> = left.map(|it| format!("`{it}`")).collect();
        if !left.is_empty() {
            let left = left.join(", ");
            bad.add(
                format!("{path}.choices"),
                "CHOICE_WITHOUT_SCORE",
                format!("no points are named for {left}"),
                format!("chưa có điểm cho {left}"),
            );
        }
    }

    fn parts(&self, path: &str, parts: &[Part], bad: &mut Invalid) {
        if parts.is_empty() {
            bad.missing(path);
        }
        for (index, part) in parts.iter().enumerate() {
            let field = format!("{path}[{index}]");
            self.truth(&format!("{field}.indicator"), &part.indicator, bad);
            self.points(&format!("{field}.score"), part.score, bad);
        }
        let mut scores = parts.iter().map(|it| it.score);
        let sum = scores.try_fold(Decimal::ZERO, Decimal::checked_add);
        if let (Some(maximum), Some(sum)) = (self.maximum, sum)
            && !parts.is_empty()
            && sum != maximum
        {
            does_not_add_up(path, maximum, sum, bad);
        }
    }

    fn truth(&self, field: &str, indicator: &IndicatorId, bad: &mut Invalid) {
        self.kind(field, indicator, |kind| kind == ValueKind::Flag, bad);
    }

    /// A share of 100 %: as it is, or made of two amounts.
    fn share(&self, path: &str, figure: &Figure, bad: &mut Invalid) {
        let is_share = |kind| matches!(kind, ValueKind::Ratio | ValueKind::Score);
        self.figure(path, figure, is_share, bad);
    }

    fn number(&self, path: &str, figure: &Figure, bad: &mut Invalid) {
        let is_number =
            |kind| !matches!(kind, ValueKind::Flag | ValueKind::Choice | ValueKind::Text);
        self.figure(path, figure, is_number, bad);
    }

    fn figure(
        &self,
        path: &str,
        figure: &Figure,
        alone: impl Fn(ValueKind) -> bool,
        bad: &mut Invalid,
    ) {
        let field = format!("{path}.indicator");
        let Some(denominator) = &figure.denominator else {
            return self.kind(&field, &figure.indicator, alone, bad);
        };
        self.kind(&field, &figure.indicator, is_amount, bad);
        let field = format!("{path}.denominator_indicator");
        self.kind(&field, denominator, is_amount, bad);
    }

    /// The indicator is published and its figures are of a kind that fits.
    fn kind(
        &self,
        field: &str,
        indicator: &IndicatorId,
        fits: impl Fn(ValueKind) -> bool,
        bad: &mut Invalid,
    ) {
        match self.known.get(indicator).map(|it| it.value_kind) {
            None => bad.add(
                field,
                "REFERENCE_NOT_FOUND",
                format!("`{indicator}` does not exist or is not published"),
                format!("`{indicator}` không tồn tại hoặc chưa ban hành"),
            ),
            Some(kind) if !fits(kind) => {
                let (kind_en, kind_vi) = kind.words();
                bad.add(
                    field,
                    "VALUE_KIND_MISMATCH",
                    format!(
                        "figures of `{indicator}` are {kind_en}, which this rule does not take"
                    ),
                    format!(
                        "số liệu của `{indicator}` dạng {kind_vi}, quy tắc này không dùng được"
                    ),
                );
            }
            Some(_) => {}
        }
    }
}

/// Says whether figures can be divided by each other.
fn is_amount(kind: ValueKind) -> bool {
    matches!(
        kind,
        ValueKind::Count | ValueKind::Decimal | ValueKind::Money
    )
}

fn bounds_cross(field: &str, floor: Decimal, ceiling: Decimal, bad: &mut Invalid) {
    bad.add(
        field,
        "BANDS_OVERLAP",
        format!("{floor} is not below the ceiling of {ceiling}"),
        format!(
            "{} không thấp hơn ngưỡng trên {}",
            floor.to_vietnamese(),
            ceiling.to_vietnamese()
        ),
    );
}
