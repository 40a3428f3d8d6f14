use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Number {
    match text.strip_prefix('-') {
        Some(below) => Number::parse(below).unwrap().negate(),
        None => Number::parse(text).unwrap(),
    }
}

/// Numbers that what is written may be, a few on every side.
fn possible(written: i64, qualifier: Qualifier) -> Vec<i64> {
    let near = (written - 9..=written + 9).filter(|it| match qualifier {
        Exact => *it == written,
        MoreThan => *it > written,
        AtLeast => *it >= written,
        LessThan | Nearly => *it < written,
        AtMost => *it <= written,
        About | Estimated => true,
    });
    near.collect()
}

/// Whether a number is what a result is said to be.
fn is_so(truth: &Number, written: &Number, qualifier: Qualifier) -> bool {
    match qualifier {
        Exact => truth == written,
        MoreThan => truth > written,
        AtLeast => truth >= written,
        LessThan | Nearly => truth < written,
        AtMost => truth <= written,
        About | Estimated => true,
    }
}

fn qualifiers() -> impl Strategy<Value = Qualifier> {
    proptest::sample::select(vec![
        Exact, About, MoreThan, LessThan, Nearly, AtLeast, AtMost, Estimated,
    ])
}

proptest! {
    /// Whatever the truth is that was written down with a bound, the result is what it is
    /// said to be.
    #[test]
    fn what_is_said_of_a_result_holds_for_every_truth_behind_it(
        one in -12..12_i64, of_one in qualifiers(), other in -12..12_i64, of_other in qualifiers(),
    ) {
        let (a, b) = (Number::from(one), Number::from(other));
        let sum = (a.add(&b).unwrap(), joined(of_one, of_other));
        let difference = (a.subtract(&b).unwrap(), subtracted(of_one, of_other));
        let product = (a.multiply(&b).unwrap(), multiplied((&a, of_one), (&b, of_other)));
        let quotient = (other != 0)
            .then(|| (a.divide(&b).unwrap(), divided((&a, of_one), (&b, of_other))));
        let size = (a.abs(), without_sign((&a, of_one)));
        let (_, order) = compared(&(a.clone(), of_one), &(b.clone(), of_other));
        for x in possible(one, of_one) {
            let x = Number::from(x);
            prop_assert!(is_so(&x.abs(), &size.0, size.1), "|{x}| {size:?}");
            for y in possible(other, of_other) {
                let y = Number::from(y);
                prop_assert!(is_so(&x.add(&y).unwrap(), &sum.0, sum.1), "{x} + {y} {sum:?}");
                let truth = x.subtract(&y).unwrap();
                prop_assert!(is_so(&truth, &difference.0, difference.1), "{x} - {y} {difference:?}");
                let truth = x.multiply(&y).unwrap();
                prop_assert!(is_so(&truth, &product.0, product.1), "{x} * {y} {product:?}");
                if let Some((written, qualifier)) = &quotient && !y.is_zero() {
                    let truth = x.divide(&y).unwrap();
                    prop_assert!(is_so(&truth, written, *qualifier), "{x} / {y} {qualifier:?}");
                }
                let found = x.cmp(&y);
                match order {
                    Order::Is(it) => prop_assert_eq!(found, it),
                    Order::IsNot(it) => prop_assert_ne!(found, it),
                    Order::Open(it) => prop_assert_ne!(it, Exact),
                }
            }
        }
    }

    #[test]
    fn powers_and_rounded_numbers_are_what_they_are_said_to_be(
        base in -6..6_i64, of_base in qualifiers(), exponent in -3..4_i64, tenths in -60..60_i64,
    ) {
        let (a, n) = (Number::from(base), Number::from(exponent));
        if let Ok(written) = a.power(&n) {
            let qualifier = raised((&a, of_base), (&n, Exact));
            for x in possible(base, of_base) {
                if let Ok(truth) = Number::from(x).power(&n) {
                    prop_assert!(is_so(&truth, &written, qualifier), "{x} ^ {n} {qualifier:?}");
                }
            }
        }
        let tenth = |it: i64| Number::from(it).divide(&Number::from(10)).unwrap();
        let (written, qualifier) = (tenth(tenths), rounded(of_base));
        for x in possible(tenths, of_base) {
            let x = tenth(x);
            prop_assert!(is_so(&x.round(0).unwrap(), &written.round(0).unwrap(), qualifier));
            prop_assert!(is_so(&x.floor(), &written.floor(), qualifier));
            prop_assert!(is_so(&x.ceil(), &written.ceil(), qualifier));
        }
    }
}

#[test]
fn bounds_stay_where_their_direction_is_known() {
    let of = |text: &str| number(text);
    let (ten, five) = (of("10"), of("5"));
    assert_eq!(multiplied((&ten, MoreThan), (&of("2"), Exact)), MoreThan);
    assert_eq!(multiplied((&ten, MoreThan), (&of("-2"), Exact)), LessThan);
    assert_eq!(multiplied((&ten, MoreThan), (&of("0"), Exact)), Exact);
    assert_eq!(multiplied((&ten, MoreThan), (&five, AtLeast)), AtLeast);
    assert_eq!(divided((&ten, Exact), (&five, MoreThan)), LessThan);
    assert_eq!(divided((&ten, LessThan), (&five, AtLeast)), AtMost);
    // Nobody knows whether more tens by more fives are more or less.
    assert_eq!(divided((&ten, MoreThan), (&five, MoreThan)), About);
    assert_eq!(divided((&ten, MoreThan), (&five, Estimated)), Estimated);
    assert_eq!(shared(MoreThan, Exact), MoreThan);
    assert_eq!(shared(Exact, MoreThan), LessThan);
    assert_eq!(raised((&ten, MoreThan), (&of("2"), Exact)), MoreThan);
    assert_eq!(raised((&ten, LessThan), (&of("2"), Exact)), About);
    assert_eq!(rounded(MoreThan), AtLeast);
}
