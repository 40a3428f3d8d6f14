//! A formula that computes one indicator out of others: what it may say, and its limits.
//!
//! ```text
//! ratio([ho-so-truc-tuyen], [ho-so-tiep-nhan])
//! if([dan-so] > 0, round([chung-thu-so] / [dan-so] * 1000, 1), 0)
//! [thu-ngan-sach@ytd] - [thu-ngan-sach@ytd,last-year]
//! ```
//!
//! | written | means |
//! |---|---|
//! | `12`, `12.5` | a number; the decimal mark is a dot, for a comma parts arguments |
//! | `[id]` | the figure of an indicator, same unit, same period; a share counts as its percentage, a score as its points, a rank as its place |
//! | `[id.numerator]`, `[id.denominator]` | one part of a share, a score or a rank |
//! | `[id@previous]`, `[id@-3]` | one or three periods of the same kind back |
//! | `[id@last-year]` | the same period a year before |
//! | `[id@ytd]` | since the start of the year, by the rule of the indicator for periods: summed, the latest, numerators over denominators, the least or greatest; what runs from there is taken as it stands; beside an offset: `[id@last-year,ytd]` |
//! | `or`, `and`, `not` | weakest first, |
//! | `=` `<>` `<` `<=` `>` `>=` | then one comparison, |
//! | `+` `-`, then `*` `/` `%`, then `-x`, then `^` | then numbers: from the left, only `^` from the right |
//! | `if(c, a, b)` | only the branch that is taken is computed |
//! | `coalesce(a, b, …)`, `firstNonNull` | the first that has a value |
//! | `isNull(a)` | whether there is no value |
//! | `min` `max` `sum` `avg` | of one or more arguments |
//! | `abs(a)` `floor(a)` `ceil(a)` `round(a)` `round(a, digits)` | a half is rounded away from zero |
//! | `ratio(a, b)` | outermost only: the result is a share with these parts |
//!
//! Numbers are exact fractions of at most 512 bits a side, so a division loses nothing;
//! the result is rounded once, by the scale of the indicator, where it is shown: a formula that
//! takes it takes all its digits. What divides by zero has no value ("chưa phát sinh"). What is
//! too great is a fault that is told, with its column. What bounds a figure bounds the result as
//! far as its direction is known ([`bounds`]).

use std::collections::BTreeSet;

use types::{ids::IndicatorId, violations::Invalid};

pub(crate) mod bounds;
pub(crate) mod check;
mod compare;
pub(crate) mod cycle;
pub(crate) mod derive;
pub(crate) mod evaluate;
mod number;
mod parse;
mod print;
mod problem;
mod reference;
pub(crate) mod result;
pub(crate) mod rpc;
mod token;

#[cfg(test)]
mod tests;

pub(crate) use compare::Comparison;
pub(crate) use number::Number;
pub(crate) use problem::Problem;

/// The longest formula, in bytes.
pub(crate) const LONGEST: usize = 4096;
/// The deepest nesting.
const DEEPEST: usize = 32;
/// The most parts: numbers, references, operators and calls.
const MOST_NODES: usize = 1000;
/// The most references, counted as often as they are written.
const MOST_REFERENCES: usize = 200;
/// The most steps of one answer, with the formulas it leads to.
pub(crate) const MOST_STEPS: usize = 10_000;
/// The furthest look back, in periods of the same kind.
const FURTHEST_BACK: u32 = 120;

/// A formula that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Formula {
    root: Node,
    missing: Missing,
}

/// What a formula does about figures that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Missing {
    /// A missing figure that is used leaves no result.
    SkipIfAny,
    /// `sum`, `avg`, `min` and `max` take what is there; no result when all is missing.
    SkipIfAll,
    /// A missing figure counts as 0, and the result says so.
    NeverSkip,
}

/// One part of a formula, and where it stands.
#[derive(Debug, Clone)]
struct Node {
    what: What,
    /// Of its first character, from 1.
    column: usize,
}

/// Where a part stands is not what it says.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

impl Eq for Node {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Number(Number),
    Truth(bool),
    Reference(Reference),
    Negate(Box<Node>),
    Not(Box<Node>),
    /// Operators of one strength from the left to the right, however many: a long sum is no
    /// deep one.
    Chain(Box<Node>, Vec<(Operator, Node)>),
    Compare(Operator, Box<Node>, Box<Node>),
    Power(Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

/// A figure that a formula takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    pub(crate) indicator: IndicatorId,
    pub(crate) part: Part,
    pub(crate) when: Offset,
    pub(crate) year_to_date: bool,
}

/// Which number of a figure is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Whole,
    Numerator,
    Denominator,
}

/// How far back a figure is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Offset {
    Same,
    Back(u32),
    LastYear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    Differs,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    If,
    Coalesce,
    IsNull,
    Min,
    Max,
    Sum,
    Avg,
    Abs,
    Round,
    Floor,
    Ceil,
    Ratio,
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// Tells what cannot be read, and at which column.
    pub(crate) fn parse(text: &str, missing: Missing) -> Result<Self, Problem> {
        let root = parse::parse(text)?;
        Ok(Self { root, missing })
    }

    /// Returns the figures it takes, each once.
    pub(crate) fn references(&self) -> BTreeSet<&Reference> {
        let mut found = BTreeSet::new();
        self.root.walk(&mut |node| {
            if let What::Reference(reference) = &node.what {
                found.insert(reference);
            }
        });
        found
    }
}

impl Formula {
    /// Returns the figures without which there surely is no result.
    pub(crate) fn needed(&self) -> BTreeSet<&Reference> {
        let mut found = BTreeSet::new();
        if self.missing == Missing::SkipIfAny {
            self.root.needed(&mut found);
        }
        found
    }
}

impl Node {
    fn needed<'a>(&'a self, found: &mut BTreeSet<&'a Reference>) {
        match &self.what {
            What::Number(_) | What::Truth(_) => {}
            What::Reference(reference) => {
                found.insert(reference);
            }
            What::Negate(inner) | What::Not(inner) => inner.needed(found),
            What::Compare(_, left, right) | What::Power(left, right) => {
                left.needed(found);
                right.needed(found);
            }
            What::Chain(first, links) => {
                first.needed(found);
                // The first part may decide what holds of all.
                let arithmetic = links
                    .iter()
                    .filter(|(it, _)| !matches!(it, Operator::And | Operator::Or));
                arithmetic.for_each(|(_, it)| it.needed(found));
            }
            What::Call(function, arguments) => {
                let used = match function {
                    Function::Coalesce | Function::IsNull => 0,
                    Function::If => 1,
                    _ => arguments.len(),
                };
                arguments.iter().take(used).for_each(|it| it.needed(found));
            }
        }
    }

    fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.what {
            What::Number(_) | What::Truth(_) | What::Reference(_) => {}
            What::Negate(inner) | What::Not(inner) => inner.walk(visit),
            What::Compare(_, left, right) | What::Power(left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            What::Chain(first, links) => {
                first.walk(visit);
                for (_, operand) in links {
                    operand.walk(visit);
                }
            }
            What::Call(_, arguments) => {
                for argument in arguments {
                    argument.walk(visit);
                }
            }
        }
    }
}

impl Node {
    /// Returns how strongly the parts hold together, from `or` to a single word.
    fn strength(&self) -> Strength {
        match &self.what {
            What::Chain(_, links) => links.first().map_or(Strength::Word, |it| it.0.strength()),
            What::Compare(..) => Strength::Comparison,
            What::Not(_) => Strength::Not,
            What::Negate(_) => Strength::Negation,
            What::Power(..) => Strength::Power,
            What::Number(_) | What::Truth(_) | What::Reference(_) | What::Call(..) => {
                Strength::Word
            }
        }
    }
}

/// How strongly operators hold, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Negation,
    Power,
    Word,
}

impl Operator {
    fn strength(self) -> Strength {
        match self {
            Self::Or => Strength::Or,
            Self::And => Strength::And,
            Self::Equal
            | Self::Differs
            | Self::Less
            | Self::AtMost
            | Self::Greater
            | Self::AtLeast => Strength::Comparison,
            Self::Add | Self::Subtract => Strength::Sum,
            Self::Multiply | Self::Divide | Self::Remainder => Strength::Product,
            Self::Power => Strength::Power,
        }
    }

    /// Returns how it is written.
    fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "=",
            Self::Differs => "<>",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "^",
        }
    }
}

impl Function {
    const ALL: [Self; 12] = [
        Self::If,
        Self::Coalesce,
        Self::IsNull,
        Self::Min,
        Self::Max,
        Self::Sum,
        Self::Avg,
        Self::Abs,
        Self::Round,
        Self::Floor,
        Self::Ceil,
        Self::Ratio,
    ];

    /// Returns how it is written.
    fn name(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::Coalesce => "coalesce",
            Self::IsNull => "isNull",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Abs => "abs",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Ratio => "ratio",
        }
    }

    fn named(name: &str) -> Option<Self> {
        if name == "firstNonNull" {
            return Some(Self::Coalesce);
        }
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Returns how many arguments it takes, at least and at most.
    fn arguments(self) -> (usize, usize) {
        match self {
            Self::If => (3, 3),
            Self::IsNull | Self::Abs | Self::Floor | Self::Ceil => (1, 1),
            Self::Round => (1, 2),
            Self::Ratio => (2, 2),
            Self::Coalesce | Self::Min | Self::Max | Self::Sum | Self::Avg => (1, MOST_NODES),
        }
    }
}

/// Reads the formula of a definition; what is wrong is noted beside the field.
pub(crate) fn read(
    field: &str,
    text: &str,
    missing: Missing,
    bad: &mut Invalid,
) -> Option<Formula> {
    match Formula::parse(text, missing) {
        Ok(formula) => Some(formula),
        Err(problem) => {
            problem.note(field, bad);
            None
        }
    }
}
