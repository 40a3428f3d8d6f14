//! From a formula to text, with brackets only where they are needed.

use std::fmt;

use super::{Formula, Node, Strength, What};

impl fmt::Display for Formula {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(formatter)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Number(number) => number.fmt(formatter),
            What::Truth(truth) => truth.fmt(formatter),
            What::Reference(reference) => reference.fmt(formatter),
            What::Negate(inner) => {
                formatter.write_str("-")?;
                inner.within(Strength::Negation, formatter)
            }
            What::Not(inner) => {
                formatter.write_str("not ")?;
                inner.within(Strength::Not, formatter)
            }
            What::Chain(first, links) => {
                let above = above(self.strength());
                first.within(above, formatter)?;
                for (operator, operand) in links {
                    write!(formatter, " {} ", operator.sign())?;
                    operand.within(above, formatter)?;
                }
                Ok(())
            }
            What::Compare(operator, left, right) => {
                left.within(Strength::Sum, formatter)?;
                write!(formatter, " {} ", operator.sign())?;
                right.within(Strength::Sum, formatter)
            }
            What::Power(base, exponent) => {
                base.within(Strength::Word, formatter)?;
                formatter.write_str("^")?;
                exponent.within(Strength::Negation, formatter)
            }
            What::Call(function, arguments) => {
                write!(formatter, "{}(", function.name())?;
                for (index, argument) in arguments.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{argument}")?;
                }
                formatter.write_str(")")
            }
        }
    }
}

impl Node {
    /// Writes it where at least this strength is needed.
    fn within(&self, needed: Strength, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.strength() < needed {
            write!(formatter, "({self})")
        } else {
            write!(formatter, "{self}")
        }
    }
}

/// Returns the strength the operands of a chain need.
fn above(strength: Strength) -> Strength {
    match strength {
        Strength::Or => Strength::And,
        Strength::And => Strength::Not,
        Strength::Sum => Strength::Product,
        _ => Strength::Negation,
    }
}
