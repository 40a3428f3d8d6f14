//! Adding up what many units reported, with what is not in the total.

use std::{cmp::Ordering, collections::BTreeMap, mem::discriminant};

use serde::{Deserialize, Serialize};

pub mod qualifiers;

use qualifiers::Side;

use crate::{
    decimal::Decimal,
    money::Money,
    percent::Percent,
    quantity::{Absence, Content, Qualifier, Quantity, Value},
    ratio::Ratio,
};

/// How the values of an indicator make a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Aggregation {
    /// They are added.
    Sum,
    /// Numerators are added, denominators are added, and the sums make the share.
    RatioOfSums,
    /// The least of them.
    Min,
    /// The greatest of them.
    Max,
    /// The last of them in time; over units there is no total.
    Latest,
    /// How many say yes.
    CountTrue,
    /// There is no total.
    None,
}

/// A total and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The total, or nothing when nothing can be said.
    pub quantity: Option<Quantity>,
    /// How much of what was expected is in it.
    pub coverage: Coverage,
}

/// How much of what was expected is in a total. `expected` is the sum of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Units that should have reported.
    pub expected: u32,
    /// Units whose value is in the total.
    pub counted: u32,
    /// Units that have not reported.
    pub missing: u32,
    /// Units that reported why they have no value, by reason.
    pub absent: BTreeMap<Absence, u32>,
    /// Units that stated a percentage without its numbers.
    pub without_parts: u32,
}

impl Coverage {
    /// Returns how many units reported that they have no value.
    #[must_use]
    pub fn absent_count(&self) -> u32 {
        self.absent.values().sum()
    }

    /// Returns the one absence that all units reported, if it is so.
    fn sole_absence(&self) -> Option<Absence> {
        let mut absences = self.absent.iter();
        let (absence, count) = absences.next()?;
        (*count == self.expected).then_some(*absence)
    }
}

/// Why values cannot be added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddUpError {
    /// Values of different kinds were put together.
    #[error("values of different kinds cannot be added up")]
    MixedKinds,
    /// Values of this kind have no total by this rule.
    #[error("values of this kind cannot be added up by the rule {0:?}")]
    WrongKind(Aggregation),
    /// Shares add up as numerators over denominators, never as percentages.
    #[error("shares cannot be summed: add numerators and denominators instead")]
    SumOverShares,
    /// The total is too great to be written.
    #[error("the total is too great")]
    Overflow,
}

/// Adds up what the units reported; `None` is a unit that has not reported. An absence
/// is counted in the coverage and never as 0.
///
/// # Errors
/// Fails on values of mixed or unfit kinds, on a sum over shares and on overflow.
pub fn add_up(rule: Aggregation, items: &[Option<Quantity>]) -> Result<Total, AddUpError> {
    let mut coverage = Coverage::default();
    let mut counted = Vec::new();
    for item in items {
        coverage.expected += 1;
        match item.as_ref().map(|it| (it, it.content())) {
            None => coverage.missing += 1,
            Some((_, Content::Absent(absence))) => {
                *coverage.absent.entry(*absence).or_default() += 1;
            }
            Some((_, Content::Value(Value::Ratio(ratio))))
                if rule == Aggregation::RatioOfSums && ratio.parts().is_none() =>
            {
                coverage.without_parts += 1;
            }
            Some((quantity, Content::Value(value))) => {
                coverage.counted += 1;
                counted.push((quantity, value));
            }
        }
    }
    let quantity = if counted.is_empty() {
        coverage.sole_absence().map(Quantity::absent)
    } else {
        total(rule, &counted)?
    };
    Ok(Total { quantity, coverage })
}

/// Makes the total of at least one value.
fn total(
    rule: Aggregation,
    counted: &[(&Quantity, &Value)],
) -> Result<Option<Quantity>, AddUpError> {
    let values: Vec<&Value> = counted.iter().map(|(_, value)| *value).collect();
    let qualifiers = counted.iter().map(|(quantity, _)| quantity.qualifier());
    let joined = || {
        qualifiers
            .clone()
            .fold(Qualifier::Exact, qualifiers::joined)
    };
    let outermost = |side, extreme: &Value| {
        let is_outermost = |value: &Value| compare(value, extreme) == Ordering::Equal;
        let members = values.iter().map(|it| is_outermost(it));
        qualifiers::outermost(side, members.zip(qualifiers.clone()))
    };
    let (value, qualifier) = match rule {
        Aggregation::Sum => (sum(&values)?, joined()),
        Aggregation::RatioOfSums => (ratio_of_sums(&values)?, joined()),
        Aggregation::Min => {
            let least = extreme(rule, &values, Ordering::Less)?;
            let qualifier = outermost(Side::Least, &least);
            (least, qualifier)
        }
        Aggregation::Max => {
            let greatest = extreme(rule, &values, Ordering::Greater)?;
            let qualifier = outermost(Side::Greatest, &greatest);
            (greatest, qualifier)
        }
        Aggregation::CountTrue => (count_true(&values)?, qualifiers::counted(joined())),
        // Even a single value is no total: one unit does not speak for all.
        Aggregation::Latest | Aggregation::None => return Ok(None),
    };
    Ok(Some(Quantity::computed(value, qualifier)))
}

fn sum(values: &[&Value]) -> Result<Value, AddUpError> {
    let rule = Aggregation::Sum;
    if values.iter().any(|it| matches!(it, Value::Ratio(_))) {
        return Err(AddUpError::SumOverShares);
    }
    if values
        .iter()
        .any(|it| matches!(it, Value::Flag(_) | Value::Choice(_) | Value::Text(_)))
    {
        return Err(AddUpError::WrongKind(rule));
    }
    let counts = values.iter().map(|it| match it {
        Value::Count(count) => Some(*count),
        _ => None,
    });
    if let Some(counts) = counts.collect::<Option<Vec<_>>>() {
        return sum_wide(counts).map(Value::Count);
    }
    let amounts = values.iter().map(|it| match it {
        Value::Money(money) => Some(money.vnd()),
        _ => None,
    });
    if let Some(amounts) = amounts.collect::<Option<Vec<_>>>() {
        return sum_wide(amounts).map(|it| Value::Money(Money::new(it)));
    }
    let decimals = values.iter().map(|it| match it {
        Value::Decimal(decimal) => Some(*decimal),
        _ => None,
    });
    match decimals.collect::<Option<Vec<_>>>() {
        Some(decimals) => sum_decimals(decimals).map(Value::Decimal),
        None => Err(AddUpError::MixedKinds),
    }
}

/// Adds in wide numbers, so that only the total can overflow and not, in some orders, a
/// step on the way to it.
fn sum_wide(numbers: impl IntoIterator<Item = i64>) -> Result<i64, AddUpError> {
    let wide: i128 = numbers.into_iter().map(i128::from).sum();
    i64::try_from(wide).map_err(|_| AddUpError::Overflow)
}

/// Adds in wide numbers like [`sum_wide`], at the finest scale that was written.
fn sum_decimals(decimals: impl IntoIterator<Item = Decimal>) -> Result<Decimal, AddUpError> {
    let (mut wide, mut scale) = (0_i128, 0_u8);
    for decimal in decimals {
        wide += decimal.millionths();
        scale = scale.max(decimal.scale());
    }
    Decimal::from_millionths(wide, scale).ok_or(AddUpError::Overflow)
}

fn ratio_of_sums(values: &[&Value]) -> Result<Value, AddUpError> {
    let parts = values.iter().map(|it| match it {
        Value::Ratio(ratio) => ratio.parts(),
        _ => None,
    });
    let (numerators, denominators): (Vec<_>, Vec<_>) = parts
        .collect::<Option<Vec<_>>>()
        .ok_or(AddUpError::WrongKind(Aggregation::RatioOfSums))?
        .into_iter()
        .unzip();
    let sums = (sum_decimals(numerators)?, sum_decimals(denominators)?);
    Ratio::new(Some(sums), None)
        .map(Value::Ratio)
        .map_err(|_| AddUpError::Overflow)
}

fn count_true(values: &[&Value]) -> Result<Value, AddUpError> {
    let mut count = 0;
    for value in values {
        match value {
            Value::Flag(flag) => count += i64::from(*flag),
            _ => return Err(AddUpError::WrongKind(Aggregation::CountTrue)),
        }
    }
    Ok(Value::Count(count))
}

/// Returns the value that is `side` of every other one.
fn extreme(rule: Aggregation, values: &[&Value], side: Ordering) -> Result<Value, AddUpError> {
    if values
        .iter()
        .any(|it| matches!(it, Value::Flag(_) | Value::Choice(_) | Value::Text(_)))
    {
        return Err(AddUpError::WrongKind(rule));
    }
    let Some((first, others)) = values.split_first() else {
        return Err(AddUpError::WrongKind(rule));
    };
    let mut best = *first;
    for value in others {
        if discriminant(*value) != discriminant(best) {
            return Err(AddUpError::MixedKinds);
        }
        if compare(value, best) == side {
            best = value;
        }
    }
    Ok(best.clone())
}

/// Compares two values of one kind that has an order.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Count(a), Value::Count(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Money(a), Value::Money(b)) => a.cmp(b),
        (Value::Ratio(a), Value::Ratio(b)) => rank(a).cmp(&rank(b)),
        _ => Ordering::Equal,
    }
}

/// The place of a share among others: by its numbers, finer than it is printed; among
/// equal ones by what else is known, so that the order of reporting never decides.
fn rank(ratio: &Ratio) -> (Percent, Option<(Decimal, Decimal)>, Option<Percent>) {
    let (parts, stated) = (ratio.parts(), ratio.stated_percent());
    let share = parts
        .and_then(|(numerator, denominator)| Percent::of(numerator, denominator, 6))
        .or(ratio.percent())
        .unwrap_or_else(|| ratio.shown_percent());
    (share, parts, stated)
}

#[cfg(test)]
mod tests;
