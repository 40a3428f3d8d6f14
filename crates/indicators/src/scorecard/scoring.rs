//! From the figures of a unit to the points of one criterion, exactly as its rule says.
//!
//! Points come out as exact fractions; they are rounded once, by who writes them down. A
//! figure that is not there gives no points and never 0, unless the set says what it means.

use std::collections::BTreeMap;

use kit::Reason;
use serde::{Deserialize, Serialize};
use types::{
    decimal::Decimal,
    ids::{IndicatorId, UnitId},
    period::Period,
    quantity::{Absence, Content, Quantity, Style, Value},
};

use crate::{
    criteria_set::{
        content::{Criterion, Then},
        rule::{Baseline, Bound, ChoiceScore, Figure, Part as SumPart, Rule, Shape},
    },
    formula::Number,
    indicator::{ValueKind, continuity::Break},
    reason::{
        BASELINE_MISSING, EXTERNAL_MAXIMUM_DIFFERS, FIGURE_ABSENT, NOT_COMPARABLE,
        SCORE_LEFT_TO_VERIFIER,
    },
};

mod figures;

/// The most points there are.
const MOST_POINTS: i64 = 1_000_000;

/// The figures of one unit that criteria look at.
#[derive(Debug)]
pub(super) struct Figures<'a> {
    pub(super) unit: &'a UnitId,
    pub(super) period: Period,
    /// Kinds of the indicators that are in force for the period.
    pub(super) kinds: &'a BTreeMap<(IndicatorId, Period), ValueKind>,
    /// How their figures are printed.
    pub(super) styles: &'a BTreeMap<(IndicatorId, Period), Style>,
    pub(super) known: BTreeMap<(IndicatorId, Period), Known>,
    /// Earlier figures that those of the period do not go on with.
    pub(super) breaks: &'a BTreeMap<(IndicatorId, Period), Break>,
}

/// A figure and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// With its revision, 0 for one that is computed.
    Figure(Quantity, i64),
    /// A derived one that cannot be computed, and why, in both languages.
    Failed(String, String),
}

/// A figure that points were computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) indicator: IndicatorId,
    pub(crate) period: Period,
    pub(crate) quantity: Option<Quantity>,
    pub(crate) revision: i64,
    /// Digits after the comma it is printed with, as of then.
    #[serde(default)]
    pub(crate) scale: Option<u8>,
    /// Whether it is printed as points of the maximum, or a place among so many.
    #[serde(default)]
    pub(crate) as_parts: bool,
}

/// Something about a score that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remark {
    pub(crate) code: String,
    pub(crate) en: String,
    pub(crate) vi: String,
}

impl Remark {
    pub(crate) fn new(reason: &Reason, facts: &[(&str, String)]) -> Self {
        let fill = |text: &str| {
            facts.iter().fold(text.to_owned(), |text, (name, fact)| {
                text.replace(&format!("{{{name}}}"), fact)
            })
        };
        Self {
            code: reason.code.to_owned(),
            en: fill(reason.en),
            vi: fill(reason.vi),
        }
    }
}

/// Returns what is told of an earlier period that is not compared with.
pub(super) fn facts_of(why: &Break, period: Period) -> [(&'static str, String); 4] {
    [
        ("period", period.to_string()),
        ("period_vi", period.to_vietnamese()),
        ("cause_en", why.en.clone()),
        ("cause_vi", why.vi.clone()),
    ]
}

/// What a rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Points(Number),
    /// The criterion does not concern the unit.
    NotApplicable,
    /// A person has to say.
    Open,
    /// Not known, because figures are not there.
    Missing,
    Unscored,
}

/// What a rule gives, and out of what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) inputs: Vec<Input>,
    pub(super) remarks: Vec<Remark>,
}

/// Judges one criterion by the figures of a unit.
pub(super) fn judge(criterion: &Criterion, rule: &Rule, figures: &Figures<'_>) -> Judged {
    let mut judge = Judge {
        figures,
        maximum: criterion.max_score,
        inputs: Vec::new(),
        remarks: Vec::new(),
    };
    let given = judge.rule(rule);
    let verdict = match given {
        Ok(points) => points,
        Err(Lacking::Absent(absence)) => {
            let means = criterion.absences.iter().find(|it| it.absence == absence);
            match means.map(|it| it.then) {
                Some(Then::LeaveOut) => Verdict::NotApplicable,
                Some(Then::Points(points)) => Verdict::Points(points.into()),
                None => {
                    let words = absence.to_vietnamese().to_owned();
                    judge.note(&FIGURE_ABSENT, &[("absence", words)]);
                    Verdict::Missing
                }
            }
        }
        Err(Lacking::Missing) => Verdict::Missing,
    };
    Judged {
        verdict,
        inputs: judge.inputs,
        remarks: judge.remarks,
    }
}

/// Why a rule has nothing to go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lacking {
    /// The unit says why there is no figure.
    Absent(Absence),
    /// It says nothing, or nothing of use; that was noted.
    Missing,
}

type Given<T> = Result<T, Lacking>;

struct Judge<'a> {
    figures: &'a Figures<'a>,
    maximum: Option<Decimal>,
    inputs: Vec<Input>,
    remarks: Vec<Remark>,
}

impl Judge<'_> {
    fn note(&mut self, reason: &Reason, facts: &[(&str, String)]) {
        let remark = Remark::new(reason, facts);
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    fn rule(&mut self, rule: &Rule) -> Given<Verdict> {
        let points = match rule {
            Rule::Flag { indicator, score } => {
                let yes = self.truth(indicator)?;
                if yes {
                    score.map_or_else(|| self.all(), Number::from)
                } else {
                    Number::zero()
                }
            }
            Rule::Linear { figure } => self.linear(figure)?,
            Rule::Threshold {
                figure,
                floor,
                ceiling,
                shape,
            } => self.threshold(figure, *floor, *ceiling, *shape)?,
            Rule::Steps {
                figure,
                bound,
                steps,
                otherwise,
            } => {
                let number = self.number(figure, self.figures.period)?;
                let is_on = |at: Decimal| match bound {
                    Bound::AtLeast => number >= at.into(),
                    Bound::AtMost => number <= at.into(),
                };
                let on = steps.iter().find(|it| is_on(it.bound));
                on.map_or(*otherwise, |it| it.score).into()
            }
            Rule::Choice { indicator, choices } => return self.choice(indicator, choices),
            Rule::Sum { parts } => self.sum(parts)?,
            Rule::Conditional {
                indicator,
                when_yes,
                when_no,
            } => {
                let yes = self.truth(indicator)?;
                return self.rule(if yes { when_yes } else { when_no });
            }
            Rule::Penalty {
                figure,
                first_count,
                first_score,
                each_score,
            } => self.penalty(figure, *first_count, *first_score, *each_score)?,
            Rule::External {
                indicator: Some(indicator),
            } => self.external(indicator)?,
            Rule::Comparison {
                figure,
                baseline,
                margin,
                lower_is_better,
            } => self.comparison(figure, *baseline, *margin, *lower_is_better)?,
            Rule::External { indicator: None } | Rule::Expert => return Ok(Verdict::Open),
            Rule::Unscored { figure } => {
                if let Some(figure) = figure {
                    self.show(figure);
                }
                return Ok(Verdict::Unscored);
            }
        };
        Ok(Verdict::Points(self.at_most_all(points)))
    }

    fn all(&self) -> Number {
        self.maximum.map_or_else(Number::zero, Number::from)
    }

    /// Days and cases may count without a bound of the set; a million is one that can always
    /// be written.
    fn at_most_all(&self, points: Number) -> Number {
        let bound = self.maximum.map_or(Number::from(MOST_POINTS), Number::from);
        points.min(bound)
    }

    fn linear(&mut self, figure: &Figure) -> Given<Number> {
        let percent = match &figure.denominator {
            Some(_) => self.number(figure, self.figures.period)?,
            None => self.percent(&figure.indicator)?,
        };
        self.part_of_all(&percent, &Number::from(100))
    }

    /// Returns the part of all points that one number is of another.
    fn part_of_all(&self, part: &Number, whole: &Number) -> Given<Number> {
        let share = part.multiply(&self.all()).ok_or(Lacking::Missing)?;
        share.divide(whole).ok_or(Lacking::Missing)
    }

    fn threshold(
        &mut self,
        figure: &Figure,
        floor: Decimal,
        ceiling: Decimal,
        shape: Shape,
    ) -> Given<Number> {
        let number = self.number(figure, self.figures.period)?;
        let (floor, ceiling) = (Number::from(floor), Number::from(ceiling));
        if number >= ceiling {
            return Ok(self.all());
        }
        if number < floor {
            return Ok(Number::zero());
        }
        match shape {
            Shape::ShareOfCeiling => self.part_of_all(&number, &ceiling),
            Shape::FromFloor => {
                let above = number.subtract(&floor).ok_or(Lacking::Missing)?;
                let width = ceiling.subtract(&floor).ok_or(Lacking::Missing)?;
                self.part_of_all(&above, &width)
            }
        }
    }

    fn choice(&mut self, indicator: &IndicatorId, choices: &[ChoiceScore]) -> Given<Verdict> {
        let quantity = self.quantity(indicator, self.figures.period)?;
        let Content::Value(Value::Choice(chosen)) = quantity.content() else {
            return Err(self.unfit(indicator, &quantity));
        };
        let Some(one) = choices.iter().find(|it| it.choice == *chosen) else {
            return Err(self.unfit(indicator, &quantity));
        };
        if one.up_to {
            let score = one.score;
            let facts = [
                ("choice", chosen.clone()),
                ("score_en", score.to_string()),
                ("score_vi", score.to_vietnamese()),
            ];
            self.note(&SCORE_LEFT_TO_VERIFIER, &facts);
            return Ok(Verdict::Open);
        }
        Ok(Verdict::Points(self.at_most_all(one.score.into())))
    }

    /// Adds the parts that say yes. All of them are looked at, so that everything that is
    /// missing is told.
    fn sum(&mut self, parts: &[SumPart]) -> Given<Number> {
        let told: Vec<_> = parts.iter().map(|it| self.truth(&it.indicator)).collect();
        let mut sum = Number::zero();
        for (part, yes) in parts.iter().zip(told) {
            if yes? {
                sum = sum.add(&part.score.into()).ok_or(Lacking::Missing)?;
            }
        }
        Ok(sum)
    }

    fn penalty(
        &mut self,
        figure: &Figure,
        first_count: Decimal,
        first_score: Decimal,
        each_score: Decimal,
    ) -> Given<Number> {
        let count = self.number(figure, self.figures.period)?;
        if count.is_zero() || count.is_negative() {
            return Ok(Number::zero());
        }
        let further = count
            .subtract(&first_count.into())
            .ok_or(Lacking::Missing)?;
        let further = further.max(Number::zero());
        let points = further.multiply(&each_score.into());
        let points = points.and_then(|it| it.add(&first_score.into()));
        points.ok_or(Lacking::Missing)
    }

    fn external(&mut self, indicator: &IndicatorId) -> Given<Number> {
        let quantity = self.quantity(indicator, self.figures.period)?;
        let Content::Value(Value::Ratio(ratio)) = quantity.content() else {
            return Err(self.unfit(indicator, &quantity));
        };
        let Some((points, of)) = ratio.parts() else {
            return Err(self.unfit(indicator, &quantity));
        };
        if self.maximum == Some(of) {
            return Ok(points.into());
        }
        let maximum = self.maximum.unwrap_or(Decimal::ZERO);
        let facts = [
            ("given_en", of.to_string()),
            ("given_vi", of.to_vietnamese()),
            ("maximum_en", maximum.to_string()),
            ("maximum_vi", maximum.to_vietnamese()),
        ];
        self.note(&EXTERNAL_MAXIMUM_DIFFERS, &facts);
        self.part_of_all(&points.into(), &of.into())
    }

    fn comparison(
        &mut self,
        figure: &Figure,
        baseline: Baseline,
        margin: Decimal,
        lower_is_better: bool,
    ) -> Given<Number> {
        let now = self.number(figure, self.figures.period);
        let Some(earlier) = baseline.of(self.figures.period) else {
            self.note(&BASELINE_MISSING, &[]);
            return Err(Lacking::Missing);
        };
        let before = self.number(figure, earlier);
        let now = now?;
        let mut indicators = figure.indicators();
        let figures = self.figures;
        if let Some(why) = indicators.find_map(|it| figures.breaks.get(&(it.clone(), earlier))) {
            self.note(&NOT_COMPARABLE, &facts_of(why, earlier));
            return Err(Lacking::Missing);
        }
        // Why there was no figure then is no reason to leave the unit out now.
        let before = before.map_err(|_| {
            self.note(&BASELINE_MISSING, &[]);
            Lacking::Missing
        })?;
        let better = if lower_is_better {
            before.subtract(&now)
        } else {
            now.subtract(&before)
        };
        let better = better.ok_or(Lacking::Missing)?;
        let reaches = better >= margin.into() && !better.is_zero() && !better.is_negative();
        Ok(if reaches { self.all() } else { Number::zero() })
    }
}

#[cfg(test)]
mod tests;
