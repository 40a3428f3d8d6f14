//! The pass over a column gives what `types::aggregate` gives, and does not depend on how
//! units are grouped.

use proptest::prelude::*;
use types::{aggregate::add_up, decimal::Decimal, quantity::Content};

use super::{super::column::QUALIFIERS, *};
use crate::value::ValueState;

fn rule(aggregation: Aggregation) -> Rule {
    Rule {
        aggregation,
        scale: 2,
        is_own: false,
        states: States::ALL,
    }
}

fn column(shape: Shape, items: &[Option<Quantity>]) -> Column {
    let mut column = Column::unread(shape);
    for (unit, item) in (0..).zip(items) {
        match item {
            Some(quantity) => column.put(unit, quantity, ValueState::Draft),
            None => column.clear(unit),
        }
    }
    column
}

fn living(units: impl IntoIterator<Item = Number>) -> Members {
    Members {
        living: units.into_iter().collect(),
        ..Members::default()
    }
}

fn count(number: i64) -> Option<Quantity> {
    Some(Quantity::value(Value::Count(number)))
}

fn share(numerator: &str, denominator: &str) -> Option<Quantity> {
    let parts = (numerator.parse().unwrap(), denominator.parse().unwrap());
    let ratio = Ratio::new(Some(parts), None).unwrap();
    Some(Quantity::value(Value::Ratio(ratio)))
}

fn divided(unit: Number, share: Option<&str>) -> Divided {
    Divided {
        unit,
        has_ended: false,
        share: share.map(|it| Exact::from(it.parse::<Decimal>().unwrap())),
        links: Default::default(),
    }
}

fn shown(tally: &Tally) -> String {
    let quantity = tally.quantity.as_ref();
    quantity.map_or_else(|| "–".into(), Quantity::to_vietnamese)
}

#[test]
fn online_files_of_the_districts_make_the_share_of_the_province() {
    let items = [
        share("4817", "5209"),
        share("4658", "10475"),
        Some(Quantity::absent(Absence::NotArisen)),
        None,
    ];
    let column = column(Shape::Share, &items);
    let tally = tally(&column, &living(0..4), rule(Aggregation::RatioOfSums));
    assert_eq!(shown(&tally), "60,41%");
    let coverage = tally.coverage;
    assert_eq!(
        (coverage.expected, coverage.counted, coverage.missing),
        (4, 2, 1)
    );
    assert_eq!(coverage.absent[&Absence::NotArisen], 1);
}

#[test]
fn a_unit_that_ended_counts_only_when_it_reported() {
    let column = column(Shape::Count, &[count(132), count(7), None]);
    let members = Members {
        living: vec![0],
        ended: vec![1, 2],
        ..Members::default()
    };
    let tally = tally(&column, &members, rule(Aggregation::Sum));
    assert_eq!(shown(&tally), "139");
    assert_eq!((tally.coverage.expected, tally.coverage.missing), (2, 0));
}

#[test]
fn a_divided_unit_without_a_share_leaves_no_total_and_with_one_an_estimate() {
    let column = column(Shape::Count, &[count(100), count(7), None]);
    let mut members = living([0]);
    members.divided = vec![divided(1, None), divided(2, None)];
    let unplaced = tally(&column, &members, rule(Aggregation::Sum));
    assert_eq!(unplaced.quantity, None);
    // The third has not reported: there is nothing to place.
    assert_eq!(unplaced.unplaced, [0]);
    assert_eq!(
        (unplaced.coverage.divided, unplaced.coverage.missing),
        (1, 1)
    );
    members.divided = vec![divided(1, Some("0.5"))];
    let estimate = tally(&column, &members, rule(Aggregation::Sum));
    // 103,5 is rounded once, half up.
    assert_eq!(shown(&estimate), "ước đạt 104");
    assert_eq!(
        tally(&column, &members, rule(Aggregation::Max)).quantity,
        None
    );
}

#[test]
fn parts_of_a_divided_unit_are_rounded_together_and_not_each() {
    let column = column(Shape::Count, &[count(1), count(1), count(1)]);
    let third = || Some("0.333333");
    let members = Members {
        divided: (0..3).map(|it| divided(it, third())).collect(),
        ..Members::default()
    };
    let tally = tally(&column, &members, rule(Aggregation::Sum));
    assert_eq!(shown(&tally), "ước đạt 1");
}

#[test]
fn a_row_of_one_unit_shows_its_own_figure_whatever_the_rule() {
    let stated = Ratio::new(None, Some("75".parse().unwrap())).unwrap();
    let stated = Quantity::computed(Value::Ratio(stated), Qualifier::MoreThan);
    let column = column(Shape::Share, &[Some(stated.clone()), share("1", "2")]);
    let own = Rule {
        is_own: true,
        ..rule(Aggregation::None)
    };
    assert_eq!(tally(&column, &living([0]), own).quantity, Some(stated));
    assert_eq!(tally(&column, &living([0, 1]), own).quantity, None);
    let whole = tally(&column, &living([0]), rule(Aggregation::None));
    assert_eq!(whole.quantity, None);
}

#[test]
fn a_part_of_a_unit_is_kept_with_all_its_digits_for_the_formulas_that_take_it() {
    let column = column(Shape::Count, &[count(1), count(10)]);
    let mut members = living(0..1);
    members.divided = vec![divided(1, Some("0.333333"))];
    let tally = tally(&column, &members, rule(Aggregation::Sum));
    assert_eq!(shown(&tally), "ước đạt 4");
    let exact = Exact::from("4.33333".parse::<Decimal>().unwrap());
    let expected = (Outcome::Number(exact), Qualifier::Estimated);
    assert_eq!(tally.exact, Some(expected));
    let whole = super::tally(&column, &living(0..2), rule(Aggregation::Sum));
    assert_eq!((shown(&whole).as_str(), whole.exact), ("11", None));
}

#[test]
fn a_unit_and_one_below_it_are_told_when_both_are_counted() {
    let column = column(Shape::Count, &[count(10), count(4), None]);
    let mut members = living(0..3);
    members.nested = vec![(0, 1), (0, 2)];
    let tally = tally(&column, &members, rule(Aggregation::Sum));
    assert_eq!(tally.counted_twice, [(0, 1)]);
}

#[test]
fn what_has_not_come_so_far_counts_as_missing() {
    let mut column = column(Shape::Count, &[count(10), None]);
    for (unit, state) in (1..).zip([ValueState::Submitted, ValueState::Accepted]) {
        column.put(unit, &Quantity::value(Value::Count(5)), state);
    }
    let accepted = Rule {
        states: States::of(&[ValueState::Submitted, ValueState::Accepted]),
        ..rule(Aggregation::Sum)
    };
    let tally = tally(&column, &living(0..3), accepted);
    assert_eq!(shown(&tally), "10");
    assert_eq!((tally.coverage.counted, tally.coverage.missing), (2, 1));
}

#[test]
fn a_total_that_is_too_great_is_told() {
    let column = column(Shape::Count, &[count(i64::MAX), count(1), count(-1)]);
    let sum =
        |units: std::ops::Range<Number>| tally(&column, &living(units), rule(Aggregation::Sum));
    assert!(sum(0..2).is_too_great);
    assert_eq!(sum(0..3).quantity, count(i64::MAX));
}

fn value() -> impl Strategy<Value = (Shape, Aggregation, BoxedStrategy<Value>)> {
    let amount = -1_000_000_000_000_i64..1_000_000_000_000;
    let decimal = (-1_000_000_i64..1_000_000, 0_u8..=6)
        .prop_map(|(it, scale)| Value::Decimal(Decimal::new(it, scale).unwrap()))
        .boxed();
    let ratio = (0_i64..10_000, 1_i64..10_000, any::<bool>()).prop_map(|(n, d, has_parts)| {
        let parts = (Decimal::from_i64(n).unwrap(), Decimal::from_i64(d).unwrap());
        let stated = types::percent::Percent::of(parts.0, parts.1, 1);
        Value::Ratio(if has_parts {
            Ratio::new(Some(parts), None).unwrap()
        } else {
            Ratio::new(None, stated).unwrap()
        })
    });
    let count = (0_i64..9).prop_map(Value::Count).boxed();
    let flag = any::<bool>().prop_map(Value::Flag).boxed();
    prop_oneof![
        Just((
            Shape::Count,
            Aggregation::Sum,
            amount.prop_map(Value::Count).boxed()
        )),
        Just((Shape::Decimal, Aggregation::Sum, decimal)),
        Just((Shape::Share, Aggregation::RatioOfSums, ratio.boxed())),
        Just((Shape::Count, Aggregation::Min, count.clone())),
        Just((Shape::Count, Aggregation::Max, count)),
        Just((Shape::Flag, Aggregation::CountTrue, flag)),
    ]
}

/// What up to 40 units reported of one indicator.
fn reported() -> impl Strategy<Value = (Shape, Aggregation, Vec<Option<Quantity>>)> {
    value().prop_flat_map(|(shape, aggregation, value)| {
        let qualifier = prop_oneof![
            3 => Just(Qualifier::Exact),
            1 => (0_usize..8).prop_map(|it| QUALIFIERS[it]),
        ];
        let quantity = (value, qualifier).prop_map(|(it, word)| Quantity::computed(it, word));
        let absence = prop_oneof![Just(Absence::NotArisen), Just(Absence::NotCollected)];
        let item = prop_oneof![
            5 => quantity.prop_map(Some),
            1 => absence.prop_map(|it| Some(Quantity::absent(it))),
            1 => Just(None),
        ];
        let items = proptest::collection::vec(item, 1..40);
        (Just(shape), Just(aggregation), items)
    })
}

proptest! {
    #[test]
    fn the_pass_over_a_column_gives_what_adding_one_by_one_gives(
        (shape, aggregation, items) in reported(),
    ) {
        let units = 0..Number::try_from(items.len()).unwrap();
        let tally = tally(&column(shape, &items), &living(units), rule(aggregation));
        let plain = add_up(aggregation, &items).unwrap();
        prop_assert_eq!(tally.quantity, plain.quantity);
        let (ours, plain) = (tally.coverage, plain.coverage);
        prop_assert_eq!(ours.expected, plain.expected);
        prop_assert_eq!(ours.counted, plain.counted);
        prop_assert_eq!(ours.missing, plain.missing);
        prop_assert_eq!(ours.without_parts, plain.without_parts);
        prop_assert_eq!(ours.absent, plain.absent);
    }

    /// A subtree is the sum of any parts it is cut into.
    #[test]
    fn any_partition_of_the_units_makes_the_whole(
        (shape, aggregation, items) in reported(),
        cuts in proptest::collection::vec(0_usize..5, 40),
    ) {
        let column = column(shape, &items);
        let all = 0..Number::try_from(items.len()).unwrap();
        let whole = tally(&column, &living(all.clone()), rule(aggregation));
        let mut coverage = Coverage::default();
        let mut parts = Vec::new();
        for part in 0..5 {
            let units = all.clone().filter(|it| cuts[*it as usize] == part);
            let part = tally(&column, &living(units), rule(aggregation));
            coverage.add(&part.coverage);
            parts.extend(part.quantity);
        }
        prop_assert_eq!(&coverage, &whole.coverage);
        // Counts of yes are numbers: over groups they are added.
        let over_groups = match aggregation {
            Aggregation::CountTrue => Aggregation::Sum,
            other => other,
        };
        // An absence of all of a part is none of the whole.
        parts.retain(|it| matches!(it.content(), Content::Value(_)));
        let parts: Vec<_> = parts.into_iter().map(Some).collect();
        if !parts.is_empty() {
            let total = add_up(over_groups, &parts).unwrap();
            prop_assert_eq!(total.quantity, whole.quantity);
        }
    }
}
