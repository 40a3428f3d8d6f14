//! What a total may still be called when its parts are not exact.
//!
//! A sum of lower bounds is a lower bound, one of upper bounds an upper bound; both
//! together bound nothing, and what holds an expectation is one. Words are taken together
//! in any order and grouping with the same result.

use crate::quantity::Qualifier::{
    self, About, AtLeast, AtMost, Estimated, Exact, LessThan, MoreThan, Nearly,
};

/// Which of several values a total is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The least.
    Least,
    /// The greatest.
    Greatest,
}

/// Returns the qualifier of a sum of two.
#[must_use]
pub fn joined(one: Qualifier, other: Qualifier) -> Qualifier {
    match (one, other) {
        (Exact, it) | (it, Exact) => it,
        (one, other) if one == other => one,
        (Estimated, _) | (_, Estimated) => Estimated,
        (MoreThan | AtLeast, MoreThan | AtLeast) => AtLeast,
        (Nearly | LessThan, Nearly | LessThan) => LessThan,
        (Nearly | LessThan | AtMost, Nearly | LessThan | AtMost) => AtMost,
        _ => About,
    }
}

/// Returns the qualifier of how many there are of something, where each was said with one.
#[must_use]
pub fn counted(joined: Qualifier) -> Qualifier {
    match joined {
        Exact | Estimated => joined,
        // A bound of yes or no bounds no number of them.
        _ => About,
    }
}

/// Returns the qualifier of the least or greatest of values. Of each it is told whether it
/// is as far out as any, and its qualifier.
pub fn outermost(side: Side, members: impl Iterator<Item = (bool, Qualifier)>) -> Qualifier {
    // A bound towards the inside fences the total in; one towards the outside of an
    // outermost value says that the total gets that far.
    let (inward, outward): (Test, Test) = match side {
        Side::Least => (is_bounded_below, is_bounded_above),
        Side::Greatest => (is_bounded_above, is_bounded_below),
    };
    let (mut is_fenced, mut is_reached, mut all_nearly) = (true, false, true);
    let mut ends = [false; 8];
    for (is_outermost, qualifier) in members {
        if qualifier == Estimated {
            return Estimated;
        }
        is_fenced &= inward(qualifier);
        all_nearly &= qualifier == Nearly;
        if is_outermost {
            is_reached |= outward(qualifier);
            ends[qualifier as usize] = true;
        }
    }
    let has = |qualifier: Qualifier| ends[qualifier as usize];
    // What the total cannot go beyond decides; of several the one that leaves most open,
    // where all that end there bound it, and the narrowest, where one is enough.
    match (is_fenced, is_reached, side) {
        (true, true, _) => Exact,
        (true, false, Side::Least) if has(AtLeast) => AtLeast,
        (true, false, Side::Least) => MoreThan,
        (false, true, Side::Greatest) if has(MoreThan) => MoreThan,
        (false, true, Side::Greatest) => AtLeast,
        (true, false, Side::Greatest) if has(AtMost) => AtMost,
        (true | false, _, _) if all_nearly => Nearly,
        (true, false, Side::Greatest) => LessThan,
        (false, true, Side::Least) if has(LessThan) || has(Nearly) => LessThan,
        (false, true, Side::Least) => AtMost,
        (false, false, _) => About,
    }
}

type Test = fn(Qualifier) -> bool;

fn is_bounded_below(qualifier: Qualifier) -> bool {
    matches!(qualifier, Exact | MoreThan | AtLeast)
}

fn is_bounded_above(qualifier: Qualifier) -> bool {
    matches!(qualifier, Exact | LessThan | Nearly | AtMost)
}
