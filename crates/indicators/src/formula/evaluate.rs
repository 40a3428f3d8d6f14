//! From figures to the result of a formula.

use std::cmp::Ordering;

use kit::Reason;
use types::{
    aggregate::qualifiers::joined,
    quantity::{Absence, Qualifier},
};

use super::{
    Formula, Function, MOST_STEPS, Missing, Node, Number, Operator, Problem, Reference, What,
    bounds::{self, Known, Order},
    check::{Gives, unfit},
    number::NoPower,
};
use crate::reason::{FORMULA_EXPONENT, FORMULA_OVERFLOW, FORMULA_SHARE_INSIDE, FORMULA_STEPS};

mod functions;

pub(crate) use functions::{outermost, total};

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
    /// How near it is to the truth.
    pub(crate) qualifier: Qualifier,
    /// What it counts for when it is missing and nothing is skipped.
    pub(crate) nothing: Outcome,
}

/// What a formula gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evaluated {
    pub(crate) outcome: Outcome,
    /// How near it is to the truth, by the figures it is made of.
    pub(crate) qualifier: Qualifier,
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
        let (outcome, qualifier) = match evaluation.all_are_missing(self)? {
            Some(absence) => none(absence),
            None => evaluation.root(&self.root)?,
        };
        Ok(Evaluated {
            outcome,
            qualifier,
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
/// What a part gives, and how near it is to the truth.
type Told = (Outcome, Qualifier);

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

    fn root(&mut self, node: &Node) -> Result<Told, Problem> {
        let What::Call(Function::Ratio, parts) = &node.what else {
            return self.node(node, false);
        };
        self.steps.take(node.column)?;
        let [numerator, denominator] = parts.as_slice() else {
            return Err(Problem::new(&FORMULA_SHARE_INSIDE, node.column, &[]));
        };
        let (numerator, denominator) = (self.number(numerator)?, self.number(denominator)?);
        Ok(match pair(numerator, denominator) {
            Err(absence) => none(absence),
            Ok((_, (denominator, _))) if denominator.is_zero() => none(Absence::NotArisen),
            Ok((above, below)) => {
                let qualifier = bounds::shared(above.1, below.1);
                (Outcome::Share(above.0, below.0), qualifier)
            }
        })
    }

    /// Computes one part. Where a missing figure is asked for, it stays missing.
    fn node(&mut self, node: &Node, asked: bool) -> Result<Told, Problem> {
        self.steps.take(node.column)?;
        match &node.what {
            What::Number(number) => Ok((Outcome::Number(number.clone()), Qualifier::Exact)),
            What::Truth(truth) => Ok((Outcome::Truth(*truth), Qualifier::Exact)),
            What::Reference(reference) => self.reference(reference, asked),
            What::Negate(inner) => {
                let negated = |(it, of): Known| (it.negate(), bounds::turned(of));
                Ok(told(self.number(inner)?.map(negated)))
            }
            What::Not(inner) => Ok(match self.truth(inner)? {
                Ok((truth, qualifier)) => (Outcome::Truth(!truth), qualifier),
                Err(absence) => none(absence),
            }),
            What::Power(base, exponent) => self.power(base, exponent),
            What::Chain(first, links) => self.chain(first, links),
            What::Compare(operator, left, right) => self.compare(*operator, left, right),
            What::Call(function, arguments) => self.call(node, *function, arguments),
        }
    }

    fn reference(&mut self, reference: &Reference, asked: bool) -> Result<Told, Problem> {
        let figure = (self.figure)(reference)?;
        let is_missing = matches!(figure.outcome, Outcome::Absent(_));
        if is_missing && !asked && self.missing == Missing::NeverSkip {
            if !self.counted_as_zero.contains(reference) {
                self.counted_as_zero.push(reference.clone());
            }
            return Ok((figure.nothing, Qualifier::Exact));
        }
        Ok((figure.outcome, figure.qualifier))
    }

    fn number(&mut self, node: &Node) -> Result<Operands<Known>, Problem> {
        match self.node(node, false)? {
            (Outcome::Number(number), qualifier) => Ok(Ok((number, qualifier))),
            (Outcome::Absent(absence), _) => Ok(Err(absence)),
            (Outcome::Truth(_), _) => Err(unfit(node.column, Gives::Number, Gives::Truth)),
            (Outcome::Share(..), _) => Err(unfit(node.column, Gives::Number, Gives::Share)),
        }
    }

    fn truth(&mut self, node: &Node) -> Result<Operands<(bool, Qualifier)>, Problem> {
        match self.node(node, false)? {
            (Outcome::Truth(truth), qualifier) => Ok(Ok((truth, qualifier))),
            (Outcome::Absent(absence), _) => Ok(Err(absence)),
            (Outcome::Number(_), _) => Err(unfit(node.column, Gives::Truth, Gives::Number)),
            (Outcome::Share(..), _) => Err(unfit(node.column, Gives::Truth, Gives::Share)),
        }
    }

    fn chain(&mut self, first: &Node, links: &[(Operator, Node)]) -> Result<Told, Problem> {
        if let Some((operator @ (Operator::And | Operator::Or), _)) = links.first() {
            return self.logic(*operator == Operator::Or, first, links);
        }
        let mut total = self.number(first)?;
        for (operator, operand) in links {
            let value = self.number(operand)?;
            total = match pair(total, value) {
                Err(absence) => Err(absence),
                Ok((_, (right, _)))
                    if right.is_zero()
                        && matches!(operator, Operator::Divide | Operator::Remainder) =>
                {
                    Err(Absence::NotArisen)
                }
                Ok((left, right)) => {
                    let too_great = || Problem::new(&FORMULA_OVERFLOW, operand.column, &[]);
                    Ok(joined_by(*operator, &left, &right).ok_or_else(too_great)?)
                }
            };
        }
        Ok(told(total))
    }

    /// Joins from the left, and stops at the first part that decides.
    fn logic(
        &mut self,
        deciding: bool,
        first: &Node,
        links: &[(Operator, Node)],
    ) -> Result<Told, Problem> {
        let mut of_all = Qualifier::Exact;
        for node in std::iter::once(first).chain(links.iter().map(|(_, it)| it)) {
            match self.truth(node)? {
                Err(absence) => return Ok(none(absence)),
                Ok((truth, qualifier)) if truth == deciding => {
                    return Ok((Outcome::Truth(deciding), qualifier));
                }
                Ok((_, qualifier)) => of_all = joined(of_all, qualifier),
            }
        }
        Ok((Outcome::Truth(!deciding), of_all))
    }

    fn power(&mut self, base: &Node, exponent: &Node) -> Result<Told, Problem> {
        let (left, right) = (self.number(base)?, self.number(exponent)?);
        let (left, right) = match pair(left, right) {
            Ok(both) => both,
            Err(absence) => return Ok(none(absence)),
        };
        let refused = |reason: &'static Reason| Err(Problem::new(reason, exponent.column, &[]));
        let qualifier = bounds::raised((&left.0, left.1), (&right.0, right.1));
        match left.0.power(&right.0) {
            Ok(power) => Ok((Outcome::Number(power), qualifier)),
            Err(NoPower::ZeroDenominator) => Ok(none(Absence::NotArisen)),
            Err(NoPower::Exponent) => refused(&FORMULA_EXPONENT),
            Err(NoPower::TooGreat) => refused(&FORMULA_OVERFLOW),
        }
    }

    fn compare(&mut self, operator: Operator, left: &Node, right: &Node) -> Result<Told, Problem> {
        let (one, other) = (self.node(left, false)?, self.node(right, false)?);
        let (order, sure) = match (one, other) {
            ((Outcome::Absent(one), _), (Outcome::Absent(other), _)) => {
                return Ok(none(both(one, other)));
            }
            ((Outcome::Absent(absence), _), _) | (_, (Outcome::Absent(absence), _)) => {
                return Ok(none(absence));
            }
            ((Outcome::Number(one), of_one), (Outcome::Number(other), of_other)) => {
                bounds::compared(&(one, of_one), &(other, of_other))
            }
            ((Outcome::Truth(one), of_one), (Outcome::Truth(other), of_other)) => {
                let order = one.cmp(&other);
                let sure = match bounds::unsure(joined(of_one, of_other)) {
                    Qualifier::Exact => Order::Is(order),
                    open => Order::Open(open),
                };
                (order, sure)
            }
            ((Outcome::Truth(_), _), _) => {
                return Err(unfit(right.column, Gives::Truth, Gives::Number));
            }
            _ => return Err(unfit(right.column, Gives::Number, Gives::Truth)),
        };
        Ok(decided(operator, order, sure))
    }
}

/// Joins two numbers; nothing when the result is too great. Who divides has seen to it that
/// the second is not 0.
fn joined_by(operator: Operator, left: &Known, right: &Known) -> Option<Known> {
    let ((one, of_one), (other, of_other)) = (left, right);
    let (of_one, of_other) = (*of_one, *of_other);
    Some(match operator {
        Operator::Add => (one.add(other)?, joined(of_one, of_other)),
        Operator::Subtract => (one.subtract(other)?, bounds::subtracted(of_one, of_other)),
        Operator::Multiply => {
            let qualifier = bounds::multiplied((one, of_one), (other, of_other));
            (one.multiply(other)?, qualifier)
        }
        Operator::Divide => {
            let qualifier = bounds::divided((one, of_one), (other, of_other));
            (one.divide(other)?, qualifier)
        }
        // What is left after dividing goes up and down.
        _ => (
            one.remainder(other)?,
            bounds::unsure(joined(of_one, of_other)),
        ),
    })
}

/// Answers a comparison, and says whether the bounds leave a doubt.
fn decided(operator: Operator, order: Ordering, sure: Order) -> Told {
    let holds = |order: Ordering| match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::Differs => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::AtMost => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    };
    let left: Vec<_> = [Ordering::Less, Ordering::Equal, Ordering::Greater]
        .into_iter()
        .filter(|it| match sure {
            Order::Is(order) => *it == order,
            Order::IsNot(order) => *it != order,
            Order::Open(_) => true,
        })
        .map(holds)
        .collect();
    let truth = holds(order);
    let qualifier = match sure {
        _ if left.iter().all(|it| *it == truth) => Qualifier::Exact,
        Order::Open(qualifier) => qualifier,
        Order::Is(_) | Order::IsNot(_) => Qualifier::About,
    };
    (Outcome::Truth(truth), qualifier)
}

fn none(absence: Absence) -> Told {
    (Outcome::Absent(absence), Qualifier::Exact)
}

fn pair(left: Operands<Known>, right: Operands<Known>) -> Operands<(Known, Known)> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(one), Err(other)) => Err(both(one, other)),
        (Err(absence), _) | (_, Err(absence)) => Err(absence),
    }
}

fn told(number: Operands<Known>) -> Told {
    match number {
        Ok((number, qualifier)) => (Outcome::Number(number), qualifier),
        Err(absence) => none(absence),
    }
}
