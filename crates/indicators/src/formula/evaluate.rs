//! From figures to the result of a formula.

use std::cmp::Ordering;

use kit::Reason;
use types::quantity::Absence;

use super::{
    Formula, Function, MOST_STEPS, Missing, Node, Number, Operator, Problem, Reference, What,
    check::{Gives, unfit},
    number::NoPower,
};
use crate::reason::{
    FORMULA_DIGITS, FORMULA_EXPONENT, FORMULA_OVERFLOW, FORMULA_SHARE_INSIDE, FORMULA_STEPS,
};

/// The most digits `round` keeps.
const MOST_DIGITS: i64 = 6;

/// What a formula or a part of it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Number(Number),
    Truth(bool),
    /// Numerator and denominator; the denominator is not 0.
    Share(Number, Number),
    /// There is no value.
    Absent(Absence),
}

/// A figure as a formula takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) outcome: Outcome,
    /// What it counts for when it is missing and nothing is skipped.
    pub(crate) nothing: Outcome,
}

/// What a formula gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evaluated {
    pub(crate) outcome: Outcome,
    /// Missing figures that were counted as 0.
    pub(crate) counted_as_zero: Vec<Reference>,
}

/// Counts the steps of one answer.
#[derive(Debug)]
pub(crate) struct Steps {
    taken: usize,
    most: usize,
}

impl Default for Steps {
    fn default() -> Self {
        Self::of_many(1)
    }
}

impl Steps {
    /// Has room for so many formulas that each take as many steps as one may.
    pub(crate) fn of_many(formulas: usize) -> Self {
        Self {
            taken: 0,
            most: MOST_STEPS.saturating_mul(formulas),
        }
    }

    pub(crate) fn take(&mut self, column: usize) -> Result<(), Problem> {
        self.taken += 1;
        if self.taken > self.most {
            let facts = [("most", self.most.to_string())];
            return Err(Problem::new(&FORMULA_STEPS, column, &facts));
        }
        Ok(())
    }
}

impl Formula {
    /// Computes the formula. `figure` tells the figures it takes.
    ///
    /// # Errors
    /// Tells what cannot be computed, such as a number that is too great.
    pub(crate) fn evaluate(
        &self,
        steps: &mut Steps,
        figure: &dyn Fn(&Reference) -> Result<Figure, Problem>,
    ) -> Result<Evaluated, Problem> {
        let mut evaluation = Evaluation {
            missing: self.missing,
            steps,
            figure,
            counted_as_zero: Vec::new(),
        };
        let outcome = match evaluation.all_are_missing(self)? {
            Some(absence) => Outcome::Absent(absence),
            None => evaluation.root(&self.root)?,
        };
        Ok(Evaluated {
            outcome,
            counted_as_zero: evaluation.counted_as_zero,
        })
    }
}

/// Returns one reason for two: theirs when they agree.
pub(super) fn both(one: Absence, other: Absence) -> Absence {
    if one == other {
        one
    } else {
        Absence::NotCollected
    }
}

struct Evaluation<'a> {
    missing: Missing,
    steps: &'a mut Steps,
    figure: &'a dyn Fn(&Reference) -> Result<Figure, Problem>,
    counted_as_zero: Vec<Reference>,
}

/// Values that are all there, or why the first that is not is not.
type Operands<T> = Result<T, Absence>;

impl Evaluation<'_> {
    fn all_are_missing(&self, formula: &Formula) -> Result<Option<Absence>, Problem> {
        if self.missing != Missing::SkipIfAll {
            return Ok(None);
        }
        let mut why: Option<Absence> = None;
        for reference in formula.references() {
            match (self.figure)(reference)?.outcome {
                Outcome::Absent(absence) => {
                    why = Some(why.map_or(absence, |it| both(it, absence)));
                }
                _ => return Ok(None),
            }
        }
        Ok(why)
    }

    fn root(&mut self, node: &Node) -> Result<Outcome, Problem> {
        let What::Call(Function::Ratio, parts) = &node.what else {
            return self.node(node, false);
        };
        self.steps.take(node.column)?;
        let [numerator, denominator] = parts.as_slice() else {
            return Err(Problem::new(&FORMULA_SHARE_INSIDE, node.column, &[]));
        };
        let (numerator, denominator) = (self.number(numerator)?, self.number(denominator)?);
        Ok(match pair(numerator, denominator) {
            Err(absence) => Outcome::Absent(absence),
            Ok((_, denominator)) if denominator.is_zero() => Outcome::Absent(Absence::NotArisen),
            Ok((numerator, denominator)) => Outcome::Share(numerator, denominator),
        })
    }

    /// Computes one part. Where a missing figure is asked for, it stays missing.
    fn node(&mut self, node: &Node, asked: bool) -> Result<Outcome, Problem> {
        self.steps.take(node.column)?;
        match &node.what {
            What::Number(number) => Ok(Outcome::Number(number.clone())),
            What::Truth(truth) => Ok(Outcome::Truth(*truth)),
            What::Reference(reference) => self.reference(reference, asked),
            What::Negate(inner) => Ok(outcome(self.number(inner)?.map(|it| it.negate()))),
            What::Not(inner) => Ok(match self.truth(inner)? {
                Ok(truth) => Outcome::Truth(!truth),
                Err(absence) => Outcome::Absent(absence),
            }),
            What::Power(base, exponent) => self.power(base, exponent),
            What::Chain(first, links) => self.chain(first, links),
            What::Compare(operator, left, right) => self.compare(*operator, left, right),
            What::Call(function, arguments) => self.call(node, *function, arguments),
        }
    }

    fn reference(&mut self, reference: &Reference, asked: bool) -> Result<Outcome, Problem> {
        let figure = (self.figure)(reference)?;
        let is_missing = matches!(figure.outcome, Outcome::Absent(_));
        if is_missing && !asked && self.missing == Missing::NeverSkip {
            if !self.counted_as_zero.contains(reference) {
                self.counted_as_zero.push(reference.clone());
            }
            return Ok(figure.nothing);
        }
        Ok(figure.outcome)
    }

    fn number(&mut self, node: &Node) -> Result<Operands<Number>, Problem> {
        match self.node(node, false)? {
            Outcome::Number(number) => Ok(Ok(number)),
            Outcome::Absent(absence) => Ok(Err(absence)),
            Outcome::Truth(_) => Err(unfit(node.column, Gives::Number, Gives::Truth)),
            Outcome::Share(..) => Err(unfit(node.column, Gives::Number, Gives::Share)),
        }
    }

    fn truth(&mut self, node: &Node) -> Result<Operands<bool>, Problem> {
        match self.node(node, false)? {
            Outcome::Truth(truth) => Ok(Ok(truth)),
            Outcome::Absent(absence) => Ok(Err(absence)),
            Outcome::Number(_) => Err(unfit(node.column, Gives::Truth, Gives::Number)),
            Outcome::Share(..) => Err(unfit(node.column, Gives::Truth, Gives::Share)),
        }
    }

    fn chain(&mut self, first: &Node, links: &[(Operator, Node)]) -> Result<Outcome, Problem> {
        if let Some((operator @ (Operator::And | Operator::Or), _)) = links.first() {
            return self.logic(*operator == Operator::Or, first, links);
        }
        let mut total = self.number(first)?;
        for (operator, operand) in links {
            let value = self.number(operand)?;
            let too_great = || Problem::new(&FORMULA_OVERFLOW, operand.column, &[]);
            total = match pair(total, value) {
                Err(absence) => Err(absence),
                Ok((left, right)) => match operator {
                    Operator::Divide | Operator::Remainder if right.is_zero() => {
                        Err(Absence::NotArisen)
                    }
                    Operator::Add => Ok(left.add(&right).ok_or_else(too_great)?),
                    Operator::Subtract => Ok(left.subtract(&right).ok_or_else(too_great)?),
                    Operator::Multiply => Ok(left.multiply(&right).ok_or_else(too_great)?),
                    Operator::Divide => Ok(left.divide(&right).ok_or_else(too_great)?),
                    _ => Ok(left.remainder(&right).ok_or_else(too_great)?),
                },
            };
        }
        Ok(outcome(total))
    }

    /// Joins from the left, and stops at the first part that decides.
    fn logic(
        &mut self,
        deciding: bool,
        first: &Node,
        links: &[(Operator, Node)],
    ) -> Result<Outcome, Problem> {
        for node in std::iter::once(first).chain(links.iter().map(|(_, it)| it)) {
            match self.truth(node)? {
                Err(absence) => return Ok(Outcome::Absent(absence)),
                Ok(truth) if truth == deciding => return Ok(Outcome::Truth(deciding)),
                Ok(_) => {}
            }
        }
        Ok(Outcome::Truth(!deciding))
    }

    fn power(&mut self, base: &Node, exponent: &Node) -> Result<Outcome, Problem> {
        let (left, right) = (self.number(base)?, self.number(exponent)?);
        let (left, right) = match pair(left, right) {
            Ok(both) => both,
            Err(absence) => return Ok(Outcome::Absent(absence)),
        };
        let told = |reason: &'static Reason| Err(Problem::new(reason, exponent.column, &[]));
        match left.power(&right) {
            Ok(power) => Ok(Outcome::Number(power)),
            Err(NoPower::ZeroDenominator) => Ok(Outcome::Absent(Absence::NotArisen)),
            Err(NoPower::Exponent) => told(&FORMULA_EXPONENT),
            Err(NoPower::TooGreat) => told(&FORMULA_OVERFLOW),
        }
    }

    fn compare(
        &mut self,
        operator: Operator,
        left: &Node,
        right: &Node,
    ) -> Result<Outcome, Problem> {
        let (one, other) = (self.node(left, false)?, self.node(right, false)?);
        let order = match (&one, &other) {
            (Outcome::Absent(one), Outcome::Absent(other)) => {
                return Ok(Outcome::Absent(both(*one, *other)));
            }
            (Outcome::Absent(absence), _) | (_, Outcome::Absent(absence)) => {
                return Ok(Outcome::Absent(*absence));
            }
            (Outcome::Number(one), Outcome::Number(other)) => one.cmp(other),
            (Outcome::Truth(one), Outcome::Truth(other)) => one.cmp(other),
            (Outcome::Truth(_), _) => {
                return Err(unfit(right.column, Gives::Truth, Gives::Number));
            }
            _ => return Err(unfit(right.column, Gives::Number, Gives::Truth)),
        };
        Ok(Outcome::Truth(match operator {
            Operator::Equal => order == Ordering::Equal,
            Operator::Differs => order != Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::AtMost => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        }))
    }

    fn call(
        &mut self,
        node: &Node,
        function: Function,
        arguments: &[Node],
    ) -> Result<Outcome, Problem> {
        let first = arguments.first();
        match (function, first) {
            (Function::If, Some(condition)) => {
                let taken = match self.truth(condition)? {
                    Err(absence) => return Ok(Outcome::Absent(absence)),
                    Ok(truth) => arguments.get(if truth { 1 } else { 2 }),
                };
                taken.map_or(Ok(Outcome::Absent(Absence::NotCollected)), |it| {
                    self.node(it, false)
                })
            }
            (Function::Coalesce, _) => {
                let mut why = None;
                for argument in arguments {
                    match self.node(argument, true)? {
                        Outcome::Absent(absence) => {
                            why = Some(why.map_or(absence, |it| both(it, absence)));
                        }
                        found => return Ok(found),
                    }
                }
                Ok(Outcome::Absent(why.unwrap_or(Absence::NotCollected)))
            }
            (Function::IsNull, Some(asked)) => {
                let found = self.node(asked, true)?;
                Ok(Outcome::Truth(matches!(found, Outcome::Absent(_))))
            }
            (Function::Abs, Some(it)) => Ok(outcome(self.number(it)?.map(|it| it.abs()))),
            (Function::Floor, Some(it)) => Ok(outcome(self.number(it)?.map(|it| it.floor()))),
            (Function::Ceil, Some(it)) => Ok(outcome(self.number(it)?.map(|it| it.ceil()))),
            (Function::Round, Some(it)) => self.round(it, arguments.get(1)),
            (Function::Min | Function::Max | Function::Sum | Function::Avg, Some(_)) => {
                self.together(node, function, arguments)
            }
            _ => Err(Problem::new(&FORMULA_SHARE_INSIDE, node.column, &[])),
        }
    }

    fn round(&mut self, number: &Node, digits: Option<&Node>) -> Result<Outcome, Problem> {
        let value = self.number(number)?;
        let scale = match digits {
            None => 0,
            Some(node) => {
                let asked = match self.number(node)? {
                    Err(absence) => return Ok(Outcome::Absent(absence)),
                    Ok(digits) => digits.to_i64(),
                };
                let scale = asked.filter(|it| (0..=MOST_DIGITS).contains(it));
                let scale = scale.and_then(|it| u8::try_from(it).ok());
                scale.ok_or_else(|| {
                    let facts = [("most", MOST_DIGITS.to_string())];
                    Problem::new(&FORMULA_DIGITS, node.column, &facts)
                })?
            }
        };
        let too_great = || Problem::new(&FORMULA_OVERFLOW, number.column, &[]);
        Ok(match value {
            Err(absence) => Outcome::Absent(absence),
            Ok(value) => Outcome::Number(value.round(scale).ok_or_else(too_great)?),
        })
    }

    /// Takes arguments together; where all must be missing to skip, those that are there
    /// count.
    fn together(
        &mut self,
        node: &Node,
        function: Function,
        arguments: &[Node],
    ) -> Result<Outcome, Problem> {
        let (mut there, mut why) = (Vec::new(), None);
        for argument in arguments {
            match self.number(argument)? {
                Ok(number) => there.push(number),
                Err(absence) => why = Some(why.map_or(absence, |it| both(it, absence))),
            }
        }
        if let Some(absence) = why
            && (there.is_empty() || self.missing != Missing::SkipIfAll)
        {
            return Ok(Outcome::Absent(absence));
        }
        let too_great = || Problem::new(&FORMULA_OVERFLOW, node.column, &[]);
        let count = i64::try_from(there.len()).map_err(|_| too_great())?;
        let taken = match function {
            Function::Min => there.into_iter().min(),
            Function::Max => there.into_iter().max(),
            Function::Sum | Function::Avg => {
                let mut sum = Number::zero();
                for number in &there {
                    sum = sum.add(number).ok_or_else(too_great)?;
                }
                match function {
                    Function::Avg => sum.divide(&Number::from(count)),
                    _ => Some(sum),
                }
            }
            _ => None,
        };
        taken.map(Outcome::Number).ok_or_else(too_great)
    }
}

fn pair(left: Operands<Number>, right: Operands<Number>) -> Operands<(Number, Number)> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(one), Err(other)) => Err(both(one, other)),
        (Err(absence), _) | (_, Err(absence)) => Err(absence),
    }
}

fn outcome(number: Operands<Number>) -> Outcome {
    match number {
        Ok(number) => Outcome::Number(number),
        Err(absence) => Outcome::Absent(absence),
    }
}
