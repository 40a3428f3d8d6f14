//! What the functions of a formula give.

use types::{
    aggregate::qualifiers::{self, Side, joined},
    quantity::{Absence, Qualifier},
};

use super::{
    super::{
        Function, Missing, Node, Number, Operator, Problem,
        bounds::{self, Known},
    },
    Evaluation, Outcome, Told, both, joined_by, none, told,
};
use crate::reason::{FORMULA_DIGITS, FORMULA_OVERFLOW, FORMULA_SHARE_INSIDE};

/// The most digits `round` keeps.
const MOST_DIGITS: i64 = 6;

impl Evaluation<'_> {
    pub(super) fn call(
        &mut self,
        node: &Node,
        function: Function,
        arguments: &[Node],
    ) -> Result<Told, Problem> {
        let first = arguments.first();
        match (function, first) {
            (Function::If, Some(condition)) => {
                let (truth, sure) = match self.truth(condition)? {
                    Err(absence) => return Ok(none(absence)),
                    Ok(truth) => truth,
                };
                let Some(taken) = arguments.get(if truth { 1 } else { 2 }) else {
                    return Ok(none(Absence::NotCollected));
                };
                let (outcome, qualifier) = self.node(taken, false)?;
                // Where the condition is in doubt the other branch may be the right one.
                Ok(match (outcome, sure) {
                    (it @ Outcome::Absent(_), _) => (it, Qualifier::Exact),
                    (it, Qualifier::Exact) => (it, qualifier),
                    (it, sure) => (it, bounds::unsure(joined(sure, qualifier))),
                })
            }
            (Function::Coalesce, _) => {
                let mut why = None;
                for argument in arguments {
                    match self.node(argument, true)? {
                        (Outcome::Absent(absence), _) => {
                            why = Some(why.map_or(absence, |it| both(it, absence)));
                        }
                        found => return Ok(found),
                    }
                }
                Ok(none(why.unwrap_or(Absence::NotCollected)))
            }
            (Function::IsNull, Some(asked)) => {
                let (found, _) = self.node(asked, true)?;
                let is_null = matches!(found, Outcome::Absent(_));
                Ok((Outcome::Truth(is_null), Qualifier::Exact))
            }
            (Function::Abs, Some(it)) => {
                let abs = |(it, of): Known| (it.abs(), bounds::without_sign((&it, of)));
                Ok(told(self.number(it)?.map(abs)))
            }
            (Function::Floor, Some(it)) => {
                let floor = |(it, of): Known| (it.floor(), bounds::rounded(of));
                Ok(told(self.number(it)?.map(floor)))
            }
            (Function::Ceil, Some(it)) => {
                let ceil = |(it, of): Known| (it.ceil(), bounds::rounded(of));
                Ok(told(self.number(it)?.map(ceil)))
            }
            (Function::Round, Some(it)) => self.round(it, arguments.get(1)),
            (Function::Min | Function::Max | Function::Sum | Function::Avg, Some(_)) => {
                self.together(node, function, arguments)
            }
            _ => Err(Problem::new(&FORMULA_SHARE_INSIDE, node.column, &[])),
        }
    }

    fn round(&mut self, number: &Node, digits: Option<&Node>) -> Result<Told, Problem> {
        let value = self.number(number)?;
        let mut sure = Qualifier::Exact;
        let scale = match digits {
            None => 0,
            Some(node) => {
                let asked = match self.number(node)? {
                    Err(absence) => return Ok(none(absence)),
                    Ok((digits, of_digits)) => {
                        sure = of_digits;
                        digits.to_i64()
                    }
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
            Err(absence) => none(absence),
            Ok((value, qualifier)) => {
                let rounded = value.round(scale).ok_or_else(too_great)?;
                let qualifier = match sure {
                    Qualifier::Exact => bounds::rounded(qualifier),
                    sure => bounds::unsure(joined(sure, qualifier)),
                };
                (Outcome::Number(rounded), qualifier)
            }
        })
    }

    /// Takes arguments together; where all must be missing to skip, those that are there
    /// count.
    fn together(
        &mut self,
        node: &Node,
        function: Function,
        arguments: &[Node],
    ) -> Result<Told, Problem> {
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
            return Ok(none(absence));
        }
        let taken = match function {
            Function::Min => outermost(Side::Least, &there),
            Function::Max => outermost(Side::Greatest, &there),
            Function::Avg => i64::try_from(there.len()).ok().and_then(|count| {
                let (sum, qualifier) = total(&there)?;
                Some((sum.divide(&Number::from(count))?, qualifier))
            }),
            _ => total(&there),
        };
        let too_great = || Problem::new(&FORMULA_OVERFLOW, node.column, &[]);
        let (number, qualifier) = taken.ok_or_else(too_great)?;
        Ok((Outcome::Number(number), qualifier))
    }
}

/// Adds numbers; nothing when it is too great.
pub(crate) fn total(numbers: &[Known]) -> Option<Known> {
    let nothing = (Number::zero(), Qualifier::Exact);
    let mut numbers = numbers.iter();
    numbers.try_fold(nothing, |sum, it| joined_by(Operator::Add, &sum, it))
}

/// Returns the least or greatest number; nothing when there is none.
pub(crate) fn outermost(side: Side, numbers: &[Known]) -> Option<Known> {
    let only = numbers.iter().map(|(number, _)| number);
    let best = match side {
        Side::Least => only.min(),
        Side::Greatest => only.max(),
    }?;
    let members = numbers.iter().map(|(number, of)| (number == best, *of));
    Some((best.clone(), qualifiers::outermost(side, members)))
}
