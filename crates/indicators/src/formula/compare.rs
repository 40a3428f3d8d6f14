//! A formula that compares two numbers: its sides, how far they may lie apart, and how they
//! are told with their numbers.

use types::decimal::Decimal;

use super::{Formula, Function, Node, Number, Operator, Reference, What};

/// One comparison of two numbers.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    pub(crate) left: Formula,
    pub(crate) right: Formula,
    /// What is true when it does not hold, in English and Vietnamese.
    pub(crate) broken: (&'static str, &'static str),
}

impl Formula {
    /// Returns the sides, when the formula is one comparison of numbers.
    pub(crate) fn comparison(&self) -> Option<Comparison> {
        let What::Compare(operator, left, right) = &self.root.what else {
            return None;
        };
        let side = |node: &Node| Self {
            root: node.clone(),
            missing: self.missing,
        };
        Some(Comparison {
            left: side(left),
            right: side(right),
            broken: operator.broken()?,
        })
    }

    /// Returns the formula that lets the sides of a comparison lie so far apart; nothing when
    /// it is no comparison that could.
    pub(crate) fn within(&self, tolerance: Decimal) -> Option<Self> {
        let What::Compare(operator, left, right) = &self.root.what else {
            return None;
        };
        let column = self.root.column;
        let node = |what| Node { what, column };
        let join = |one: &Node, operator, other: Node| {
            node(What::Chain(Box::new(one.clone()), vec![(operator, other)]))
        };
        let tolerance = || node(What::Number(Number::from(tolerance)));
        let (left, right, operator) = match operator {
            Operator::Equal => {
                let apart = join(left, Operator::Subtract, (**right).clone());
                let apart = node(What::Call(Function::Abs, vec![apart]));
                (apart, tolerance(), Operator::AtMost)
            }
            Operator::Less | Operator::AtMost => {
                let right = join(right, Operator::Add, tolerance());
                ((**left).clone(), right, *operator)
            }
            Operator::Greater | Operator::AtLeast => {
                let left = join(left, Operator::Add, tolerance());
                (left, (**right).clone(), *operator)
            }
            _ => return None,
        };
        Some(Self {
            root: node(What::Compare(operator, Box::new(left), Box::new(right))),
            missing: self.missing,
        })
    }

    /// Returns the figures it takes, in the order in which they are written.
    pub(crate) fn in_order(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.root.walk(&mut |node| {
            if let What::Reference(reference) = &node.what
                && !found.contains(&reference)
            {
                found.push(reference);
            }
        });
        found
    }

    /// Writes a side that adds up figures with their numbers: `9 + 4`. Nothing when it is
    /// anything else, a single figure too, or when `number` does not know one of them.
    pub(crate) fn worked(
        &self,
        number: &dyn Fn(&Reference) -> Option<Decimal>,
        write: fn(Decimal) -> String,
    ) -> Option<String> {
        let written = |node: &Node| match &node.what {
            What::Number(number) => number.to_exact_decimal(0).map(write),
            What::Reference(reference) => number(reference).map(write),
            _ => None,
        };
        match &self.root.what {
            What::Chain(first, links) => {
                let mut text = written(first)?;
                for (operator, operand) in links {
                    if !matches!(operator, Operator::Add | Operator::Subtract) {
                        return None;
                    }
                    let operand = written(operand)?;
                    text = format!("{text} {} {operand}", operator.sign());
                }
                Some(text)
            }
            What::Call(Function::Sum, parts) if parts.len() > 1 => {
                let parts: Option<Vec<_>> = parts.iter().map(written).collect();
                Some(parts?.join(" + "))
            }
            _ => None,
        }
    }
}

impl Operator {
    /// Returns what is true of the sides when the comparison does not hold.
    fn broken(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Equal => ("differs from", "khác"),
            Self::Differs => ("equals", "bằng"),
            Self::Less => ("is not less than", "không nhỏ hơn"),
            Self::AtMost => ("is more than", "lớn hơn"),
            Self::Greater => ("is not more than", "không lớn hơn"),
            Self::AtLeast => ("is less than", "nhỏ hơn"),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Missing;

    fn formula(text: &str) -> Formula {
        Formula::parse(text, Missing::SkipIfAny).unwrap()
    }

    #[test]
    fn the_sides_of_a_comparison_may_lie_so_far_apart() {
        let within = |text: &str| {
            let widened = formula(text).within("0.5".parse().unwrap());
            widened.map(|it| it.to_string())
        };
        let equal = within("[tong] = [a] + [b]").unwrap();
        assert_eq!(equal, "abs([tong] - ([a] + [b])) <= 0.5");
        assert_eq!(within("[a] <= [b]").unwrap(), "[a] <= [b] + 0.5");
        assert_eq!(within("[a] >= [b]").unwrap(), "[a] + 0.5 >= [b]");
        assert_eq!(within("[a] <> [b]"), None);
        assert_eq!(within("[a] < 2 and [b] < 3"), None);
        assert_eq!(within("[a] + 1"), None);
        // What is written is what is computed.
        assert_eq!(formula(&equal).to_string(), equal);
    }

    #[test]
    fn a_sum_is_told_with_its_numbers_and_anything_else_by_its_value_alone() {
        let number = |reference: &Reference| match reference.indicator.as_str() {
            "a" => Some("9".parse().unwrap()),
            "b" => Some("1250".parse().unwrap()),
            _ => None,
        };
        let worked = |text: &str| formula(text).worked(&number, Decimal::to_vietnamese);
        assert_eq!(worked("[a] + [b]").as_deref(), Some("9 + 1.250"));
        assert_eq!(
            worked("[b] - [a] + 1.5").as_deref(),
            Some("1.250 - 9 + 1,5")
        );
        assert_eq!(worked("sum([a], [b])").as_deref(), Some("9 + 1.250"));
        for other in ["[a]", "[a] * 2", "[a] + [c]", "max([a], [b])"] {
            assert_eq!(worked(other), None, "{other}");
        }
    }

    #[test]
    fn a_comparison_tells_what_is_true_when_it_does_not_hold() {
        let told = |text: &str| formula(text).comparison().map(|it| it.broken.1);
        assert_eq!(told("[a] = [b]"), Some("khác"));
        assert_eq!(told("[a] + 1 <= [b]"), Some("lớn hơn"));
        assert_eq!(told("not ([a] = [b])"), None);
        let comparison = formula("[b] + [a] <= [c]").comparison().unwrap();
        assert_eq!(comparison.left.to_string(), "[b] + [a]");
        let order: Vec<_> = comparison
            .left
            .in_order()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(order, ["[b]", "[a]"]);
    }
}
