//! The ways in which points are earned, as data.

use serde::{Deserialize, Serialize};
use types::{decimal::Decimal, ids::IndicatorId, period::Period};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Rule {
    /// Yes earns the points; none named = the maximum.
    Flag {
        indicator: IndicatorId,
        score: Option<Decimal>,
    },
    /// The share of the maximum that the figure is of 100 %.
    Linear { figure: Figure },
    /// Nothing below the floor, everything from the ceiling on.
    Threshold {
        figure: Figure,
        floor: Decimal,
        ceiling: Decimal,
        shape: Shape,
    },
    Steps {
        figure: Figure,
        bound: Bound,
        /// The hardest first.
        steps: Vec<Step>,
        otherwise: Decimal,
    },
    Choice {
        indicator: IndicatorId,
        choices: Vec<ChoiceScore>,
    },
    /// Independent parts, such as two halves.
    Sum { parts: Vec<Part> },
    Conditional {
        indicator: IndicatorId,
        when_yes: Box<Rule>,
        when_no: Box<Rule>,
    },
    /// Days late or cases; the points are taken away.
    Penalty {
        figure: Figure,
        first_count: Decimal,
        first_score: Decimal,
        each_score: Decimal,
    },
    /// Points another system gave; entered when no indicator is named.
    External { indicator: Option<IndicatorId> },
    Comparison {
        figure: Figure,
        baseline: Baseline,
        margin: Decimal,
        lower_is_better: bool,
    },
    /// Decided by who verifies.
    Expert,
    /// Shown, not scored.
    Unscored { figure: Option<Figure> },
}

/// What a rule looks at: a figure, or the percentage that two make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) indicator: IndicatorId,
    pub(crate) denominator: Option<IndicatorId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    ShareOfCeiling,
    FromFloor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bound {
    AtLeast,
    AtMost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) bound: Decimal,
    pub(crate) score: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChoiceScore {
    pub(crate) choice: String,
    pub(crate) score: Decimal,
    /// Who verifies decides, up to the score.
    pub(crate) up_to: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) title: String,
    pub(crate) indicator: IndicatorId,
    pub(crate) score: Decimal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Baseline {
    LastYear,
    PreviousPeriod,
}

impl Baseline {
    /// Returns the period to compare with, where there is one.
    pub(crate) fn of(self, period: Period) -> Option<Period> {
        match self {
            Self::LastYear => period.same_period_last_year(),
            Self::PreviousPeriod => period.previous(),
        }
    }
}

impl Figure {
    pub(crate) fn indicators(&self) -> impl Iterator<Item = &IndicatorId> {
        std::iter::once(&self.indicator).chain(&self.denominator)
    }
}

impl Rule {
    /// Notes which figures the rule takes: of which indicators, and of which periods.
    pub(crate) fn takes(&self, period: Period, cells: &mut Vec<(IndicatorId, Period)>) {
        let mut note = |figure: &Figure, period: Period| {
            cells.extend(figure.indicators().map(|it| (it.clone(), period)));
        };
        match self {
            Self::Linear { figure }
            | Self::Threshold { figure, .. }
            | Self::Steps { figure, .. }
            | Self::Penalty { figure, .. }
            | Self::Unscored {
                figure: Some(figure),
            } => note(figure, period),
            Self::Comparison {
                figure, baseline, ..
            } => {
                note(figure, period);
                if let Some(earlier) = baseline.of(period) {
                    note(figure, earlier);
                }
            }
            Self::Flag { indicator, .. }
            | Self::Choice { indicator, .. }
            | Self::External {
                indicator: Some(indicator),
            } => cells.push((indicator.clone(), period)),
            Self::Sum { parts } => {
                cells.extend(parts.iter().map(|it| (it.indicator.clone(), period)));
            }
            Self::Conditional {
                indicator,
                when_yes,
                when_no,
            } => {
                cells.push((indicator.clone(), period));
                when_yes.takes(period, cells);
                when_no.takes(period, cells);
            }
            Self::External { indicator: None } | Self::Expert | Self::Unscored { figure: None } => {
            }
        }
    }

    /// Says whether only a person can give the points.
    pub(crate) fn is_entered(&self) -> bool {
        matches!(self, Self::Expert | Self::External { indicator: None })
    }
}
