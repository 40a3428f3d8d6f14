//! What a result may still be called when the figures it is made of are not exact.
//!
//! | of | what is known of the result |
//! |---|---|
//! | `a + b`, `sum`, `avg` | bounds of one direction stay: "trên 95" and 5 are "trên 100" |
//! | `a - b`, `-a` | the bound of what is taken away turns round: 100 less "trên 95" is "dưới 5" |
//! | `a * b`, `a / b`, `ratio` | by an exact number the bound stays, or turns round below 0; two that are not exact only where neither can be below 0 |
//! | `a ^ n` | stays for an exact exponent where powers grow with their base |
//! | `abs`, `round`, `floor`, `ceil` | stays, but what was strict is not strict when it is rounded |
//! | `min`, `max` | as for the least and greatest of several units |
//! | comparisons | the answer is exact when the bound decides it: "trên 95" is more than 90 |
//! | `if` | "khoảng" when its condition is not decided |
//!
//! Where no direction is known the result is "khoảng"; what holds an expectation ("ước đạt")
//! is one. Nothing that is not exact ever becomes exact, but by 0 times it or by a
//! comparison that it decides.

use std::cmp::Ordering;

use types::{
    aggregate::qualifiers::joined,
    quantity::Qualifier::{
        self, About, AtLeast, AtMost, Estimated, Exact, LessThan, MoreThan, Nearly,
    },
};

use super::Number;

/// A number and how near it is to the truth.
pub(crate) type Known = (Number, Qualifier);

/// Returns the qualifier of the number with the other sign.
pub(super) fn turned(qualifier: Qualifier) -> Qualifier {
    match qualifier {
        MoreThan => LessThan,
        // Almost 5 is a little less, so that -5 is a little more.
        LessThan | Nearly => MoreThan,
        AtLeast => AtMost,
        AtMost => AtLeast,
        Exact | About | Estimated => qualifier,
    }
}

/// Returns what is left when the direction is not known.
pub(super) fn unsure(qualifier: Qualifier) -> Qualifier {
    match qualifier {
        Exact | Estimated => qualifier,
        _ => About,
    }
}

/// Returns the qualifier of one number less another.
pub(super) fn subtracted(one: Qualifier, other: Qualifier) -> Qualifier {
    joined(one, turned(other))
}

/// Returns the qualifier of a product.
pub(super) fn multiplied(
    (one, of_one): (&Number, Qualifier),
    two: (&Number, Qualifier),
) -> Qualifier {
    let (other, of_other) = two;
    match (of_one, of_other) {
        (Exact, it) => times(it, one),
        (it, Exact) => times(it, other),
        _ if is_above(one, of_one) && is_above(other, of_other) => joined(of_one, of_other),
        _ => unsure(joined(of_one, of_other)),
    }
}

/// Returns the qualifier of something times an exact number.
fn times(qualifier: Qualifier, number: &Number) -> Qualifier {
    match number.cmp(&Number::zero()) {
        Ordering::Greater => qualifier,
        Ordering::Less => turned(qualifier),
        Ordering::Equal => Exact,
    }
}

/// Says whether a number is surely not below 0.
fn is_above(number: &Number, qualifier: Qualifier) -> bool {
    matches!(qualifier, Exact | MoreThan | AtLeast) && !number.is_negative()
}

/// Returns the qualifier of one number divided by another that is not 0.
pub(super) fn divided((one, of_one): (&Number, Qualifier), two: (&Number, Qualifier)) -> Qualifier {
    let (other, of_other) = two;
    if of_other == Exact {
        return times(of_one, other);
    }
    if of_one == Exact && one.is_zero() {
        return Exact;
    }
    if !is_above(other, of_other) {
        return unsure(joined(of_one, of_other));
    }
    // The greater what is divided by, the nearer to 0 the result is.
    let is_known = |it| matches!(it, Exact | MoreThan | AtLeast);
    match of_one {
        Exact if one.is_negative() => of_other,
        it if !one.is_negative() && (it == Exact || !is_known(it)) => joined(it, turned(of_other)),
        it => unsure(joined(it, of_other)),
    }
}

/// Returns the qualifier of a share: neither part can be below 0.
pub(super) fn shared(numerator: Qualifier, denominator: Qualifier) -> Qualifier {
    joined(numerator, turned(denominator))
}

/// Returns the qualifier of a power.
pub(super) fn raised(base: (&Number, Qualifier), exponent: (&Number, Qualifier)) -> Qualifier {
    let ((base, of_base), (exponent, of_exponent)) = (base, exponent);
    if of_exponent == Exact && (of_base == Exact || exponent.is_zero()) {
        return Exact;
    }
    let is_odd = exponent.to_i64().is_some_and(|it| it % 2 != 0);
    match (of_exponent, exponent.is_negative()) {
        (Exact, false) if is_odd || is_above(base, of_base) => of_base,
        (Exact, true) if is_above(base, of_base) && !base.is_zero() => turned(of_base),
        _ => unsure(joined(of_base, of_exponent)),
    }
}

/// Returns the qualifier of a number without its sign.
pub(super) fn without_sign((number, qualifier): (&Number, Qualifier)) -> Qualifier {
    let is_below = number.is_negative() || number.is_zero();
    match qualifier {
        it if is_above(number, it) => it,
        LessThan | AtMost | Nearly if is_below => turned(qualifier),
        it => unsure(it),
    }
}

/// Returns the qualifier of a number that was rounded: what is more than 95.2 is at least
/// 95 then.
pub(super) fn rounded(qualifier: Qualifier) -> Qualifier {
    match qualifier {
        MoreThan => AtLeast,
        LessThan | Nearly => AtMost,
        it => it,
    }
}

/// Compares two numbers: as they are written, and whether their bounds leave no doubt that
/// one is less, equal or greater.
pub(crate) fn compared(one: &Known, other: &Known) -> (Ordering, Order) {
    let written = one.0.cmp(&other.0);
    let apart = subtracted(one.1, other.1);
    let order = match (apart, written) {
        (Exact, it) => Order::Is(it),
        (MoreThan, Ordering::Greater | Ordering::Equal) | (AtLeast, Ordering::Greater) => {
            Order::Is(Ordering::Greater)
        }
        (LessThan | Nearly, Ordering::Less | Ordering::Equal) | (AtMost, Ordering::Less) => {
            Order::Is(Ordering::Less)
        }
        (AtLeast, Ordering::Equal) => Order::IsNot(Ordering::Less),
        (AtMost, Ordering::Equal) => Order::IsNot(Ordering::Greater),
        (it, _) => Order::Open(unsure(it)),
    };
    (written, order)
}

/// What is sure of how two numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Is(Ordering),
    IsNot(Ordering),
    /// Nothing; the answer is called so.
    Open(Qualifier),
}

#[cfg(test)]
mod tests;
