//! Whether the parts of a formula fit together, before any figure is there.

use types::{aggregate::Aggregation, ids::IndicatorId};

use super::{Formula, Function, Node, Operator, Part, Problem, Reference, What};
use crate::{
    indicator::{Accumulation, ValueKind},
    reason::{
        FORMULA_KIND, FORMULA_NO_PARTS, FORMULA_NO_YEAR_TO_DATE, FORMULA_NOT_PUBLISHED,
        FORMULA_SHARE_INSIDE, FORMULA_TYPE,
    },
};

/// What a formula has to know of an indicator it takes figures of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) kind: ValueKind,
    pub(crate) accumulation: Accumulation,
    pub(crate) period_aggregation: Aggregation,
}

/// What a part gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    Number,
    Truth,
    Share,
}

impl Gives {
    /// Returns it in words.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Number => ("a number", "một số"),
            Self::Truth => ("yes or no", "có hoặc không"),
            Self::Share => ("a share", "một tỷ lệ"),
        }
    }
}

/// Returns what the formula gives, or everything that does not fit. `known` tells of
/// published indicators.
pub(crate) fn check(
    formula: &Formula,
    known: &dyn Fn(&IndicatorId) -> Option<Facts>,
) -> Result<Gives, Vec<Problem>> {
    let mut check = Check {
        known,
        problems: Vec::new(),
    };
    let gives = match &formula.root.what {
        What::Call(Function::Ratio, parts) => {
            for part in parts {
                check.wants(part, Gives::Number);
            }
            Some(Gives::Share)
        }
        _ => check.node(&formula.root),
    };
    match gives {
        Some(gives) if check.problems.is_empty() => Ok(gives),
        _ => Err(check.problems),
    }
}

struct Check<'a> {
    known: &'a dyn Fn(&IndicatorId) -> Option<Facts>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    /// Returns what a part gives; nothing when it is bad, which is noted then.
    fn node(&mut self, node: &Node) -> Option<Gives> {
        match &node.what {
            What::Number(_) => Some(Gives::Number),
            What::Truth(_) => Some(Gives::Truth),
            What::Reference(reference) => self.reference(reference, node.column),
            What::Negate(inner) => self.all([&**inner], Gives::Number, Gives::Number),
            What::Not(inner) => self.all([&**inner], Gives::Truth, Gives::Truth),
            What::Power(base, exponent) => {
                self.all([&**base, &**exponent], Gives::Number, Gives::Number)
            }
            What::Chain(first, links) => {
                let logical = links
                    .iter()
                    .any(|(it, _)| matches!(it, Operator::And | Operator::Or));
                let gives = if logical { Gives::Truth } else { Gives::Number };
                let operands = std::iter::once(&**first).chain(links.iter().map(|(_, it)| it));
                self.all(operands, gives, gives)
            }
            What::Compare(operator, left, right) => {
                let same = matches!(operator, Operator::Equal | Operator::Differs);
                match self.node(left) {
                    Some(Gives::Truth) if same => self.all([&**right], Gives::Truth, Gives::Truth),
                    Some(Gives::Number) | None => self.all([&**right], Gives::Number, Gives::Truth),
                    Some(found) => {
                        self.unfit(left, Gives::Number, found);
                        None
                    }
                }
            }
            What::Call(function, arguments) => self.call(node, *function, arguments),
        }
    }

    fn call(&mut self, node: &Node, function: Function, arguments: &[Node]) -> Option<Gives> {
        match function {
            Function::If => {
                let [condition, yes, no] = arguments else {
                    return None;
                };
                let fits = self.wants(condition, Gives::Truth);
                let gives = self.alike([yes, no]);
                gives.filter(|_| fits)
            }
            Function::Coalesce => self.alike(arguments),
            Function::IsNull => {
                let known: Vec<_> = arguments.iter().map(|it| self.node(it)).collect();
                known.iter().all(Option::is_some).then_some(Gives::Truth)
            }
            Function::Ratio => {
                self.problems
                    .push(Problem::new(&FORMULA_SHARE_INSIDE, node.column, &[]));
                None
            }
            Function::Min
            | Function::Max
            | Function::Sum
            | Function::Avg
            | Function::Abs
            | Function::Round
            | Function::Floor
            | Function::Ceil => self.all(arguments, Gives::Number, Gives::Number),
        }
    }

    /// Wants every part to give the same as the first.
    fn alike<'a>(&mut self, parts: impl IntoIterator<Item = &'a Node>) -> Option<Gives> {
        let mut parts = parts.into_iter();
        let gives = self.node(parts.next()?)?;
        self.all(parts, gives, gives)
    }

    fn all<'a>(
        &mut self,
        parts: impl IntoIterator<Item = &'a Node>,
        wanted: Gives,
        gives: Gives,
    ) -> Option<Gives> {
        let mut fit = true;
        for part in parts {
            fit &= self.wants(part, wanted);
        }
        fit.then_some(gives)
    }

    fn wants(&mut self, node: &Node, wanted: Gives) -> bool {
        match self.node(node) {
            Some(found) if found == wanted => true,
            Some(found) => {
                self.unfit(node, wanted, found);
                false
            }
            None => false,
        }
    }

    fn unfit(&mut self, node: &Node, wanted: Gives, found: Gives) {
        self.problems.push(unfit(node.column, wanted, found));
    }

    fn reference(&mut self, reference: &Reference, column: usize) -> Option<Gives> {
        let name = reference.indicator.name();
        let mut refuse = |reason, facts: &[(&str, String)]| {
            self.problems.push(Problem::new(reason, column, facts));
            None
        };
        let Some(facts) = (self.known)(&reference.indicator) else {
            return refuse(&FORMULA_NOT_PUBLISHED, &[("indicator", name)]);
        };
        let has_parts = matches!(
            facts.kind,
            ValueKind::Ratio | ValueKind::Score | ValueKind::Rank
        );
        if reference.part != Part::Whole && !has_parts {
            return refuse(&FORMULA_NO_PARTS, &[("indicator", name)]);
        }
        if reference.year_to_date && !runs_through_the_year(facts) {
            return refuse(&FORMULA_NO_YEAR_TO_DATE, &[("indicator", name)]);
        }
        match facts.kind {
            ValueKind::Choice | ValueKind::Text => {
                let (kind_en, kind_vi) = facts.kind.words();
                let facts = [
                    ("indicator", name),
                    ("kind_en", kind_en.to_owned()),
                    ("kind_vi", kind_vi.to_owned()),
                ];
                refuse(&FORMULA_KIND, &facts)
            }
            ValueKind::Flag => Some(Gives::Truth),
            ValueKind::Count
            | ValueKind::Decimal
            | ValueKind::Money
            | ValueKind::Ratio
            | ValueKind::Score
            | ValueKind::Rank => Some(Gives::Number),
        }
    }
}

/// Says whether figures can be told since the start of the year: they are told so already,
/// or the rule of the indicator for periods makes one of those before.
fn runs_through_the_year(facts: Facts) -> bool {
    match facts.accumulation {
        Accumulation::YearToDate => return true,
        // What is counted since a programme began holds the years before too.
        Accumulation::SinceStart => return false,
        Accumulation::InPeriod | Accumulation::AtDate => {}
    }
    match facts.period_aggregation {
        Aggregation::Sum
        | Aggregation::RatioOfSums
        | Aggregation::Min
        | Aggregation::Max
        | Aggregation::Latest => true,
        // A number of months that say yes is no yes.
        Aggregation::CountTrue | Aggregation::None => false,
    }
}

pub(super) fn unfit(column: usize, wanted: Gives, found: Gives) -> Problem {
    let ((wanted_en, wanted_vi), (found_en, found_vi)) = (wanted.words(), found.words());
    let facts = [
        ("wanted_en", wanted_en.to_owned()),
        ("wanted_vi", wanted_vi.to_owned()),
        ("found_en", found_en.to_owned()),
        ("found_vi", found_vi.to_owned()),
    ];
    Problem::new(&FORMULA_TYPE, column, &facts)
}
