//! Stories and properties of adding up.

use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn some(value: Value) -> Option<Quantity> {
    Some(Quantity::value(value))
}

fn count(number: i64) -> Option<Quantity> {
    some(Value::Count(number))
}

fn share(numerator: &str, denominator: &str) -> Option<Quantity> {
    let parts = (decimal(numerator), decimal(denominator));
    some(Value::Ratio(Ratio::new(Some(parts), None).unwrap()))
}

fn stated(percent: &str) -> Option<Quantity> {
    let percent = percent.parse().unwrap();
    some(Value::Ratio(Ratio::new(None, Some(percent)).unwrap()))
}

fn absent(absence: Absence) -> Option<Quantity> {
    Some(Quantity::absent(absence))
}

fn shown(rule: Aggregation, items: &[Option<Quantity>]) -> String {
    let total = add_up(rule, items).unwrap();
    total.quantity.unwrap().to_vietnamese()
}

#[test]
fn certificates_of_the_districts_are_summed() {
    let items = [
        count(132),
        count(15_552),
        None,
        absent(Absence::NotArisen),
        absent(Absence::NotCollected),
        absent(Absence::NotArisen),
    ];
    let total = add_up(Aggregation::Sum, &items).unwrap();
    assert_eq!(total.quantity.unwrap().to_vietnamese(), "15.684");
    let coverage = total.coverage;
    assert_eq!(
        (coverage.expected, coverage.counted, coverage.missing),
        (6, 2, 1)
    );
    assert_eq!(coverage.absent_count(), 3);
    assert_eq!(coverage.absent[&Absence::NotArisen], 2);
    assert_eq!(coverage.without_parts, 0);
}

#[test]
fn shares_add_as_sums_over_sums() {
    // The mean of the percentages would be 70%.
    let items = [share("99", "100"), share("9", "900"), stated("99")];
    assert_eq!(shown(Aggregation::RatioOfSums, &items), "10,8%");
    let total = add_up(Aggregation::RatioOfSums, &items).unwrap();
    assert_eq!(
        (total.coverage.counted, total.coverage.without_parts),
        (2, 1)
    );
    assert_eq!(
        shown(Aggregation::RatioOfSums, &[share("86", "93")]),
        "92,47%"
    );
}

#[test]
fn percentages_alone_make_no_total() {
    let total = add_up(Aggregation::RatioOfSums, &[stated("99"), stated("100")]).unwrap();
    assert_eq!(total.quantity, None);
    assert_eq!(total.coverage.without_parts, 2);
}

#[test]
fn nothing_is_not_zero() {
    let not_arisen = absent(Absence::NotArisen);
    let all = [not_arisen.clone(), not_arisen.clone()];
    for rule in [
        Aggregation::Sum,
        Aggregation::RatioOfSums,
        Aggregation::Latest,
    ] {
        assert_eq!(shown(rule, &all), "chưa phát sinh");
    }
    for mixed in [
        vec![],
        vec![None],
        vec![not_arisen.clone(), None],
        vec![not_arisen.clone(), stated("99")],
        vec![not_arisen.clone(), absent(Absence::None)],
    ] {
        let total = add_up(Aggregation::RatioOfSums, &mixed).unwrap();
        assert_eq!(total.quantity, None, "{mixed:?}");
    }
    assert_eq!(shown(Aggregation::Sum, &[not_arisen, count(0)]), "0");
}

fn said(value: Value, qualifier: Qualifier) -> Option<Quantity> {
    Quantity::new(Content::Value(value), qualifier, None).ok()
}

#[test]
fn a_sum_of_lower_bounds_is_a_lower_bound_and_of_both_bounds_none() {
    use Qualifier::{About, AtLeast, AtMost, Estimated, LessThan, MoreThan, Nearly};
    let sum = |qualifiers: &[Qualifier]| {
        let items = qualifiers.iter().map(|it| said(Value::Count(100), *it));
        let items: Vec<_> = items.chain([count(32)]).collect();
        shown(Aggregation::Sum, &items)
    };
    assert_eq!(sum(&[MoreThan]), "trên 132");
    assert_eq!(sum(&[MoreThan, AtLeast]), "tối thiểu 232");
    assert_eq!(sum(&[Nearly]), "gần 132");
    assert_eq!(sum(&[Nearly, LessThan]), "dưới 232");
    assert_eq!(sum(&[LessThan, AtMost]), "tối đa 232");
    assert_eq!(sum(&[MoreThan, LessThan]), "khoảng 232");
    assert_eq!(sum(&[About, AtLeast]), "khoảng 232");
    assert_eq!(sum(&[Estimated, About, MoreThan]), "ước đạt 332");
}

#[test]
fn more_than_95_percent_makes_the_share_of_all_a_lower_bound() {
    let Some(Content::Value(most)) = share("96", "100").map(|it| it.content().clone()) else {
        panic!("a share is a value");
    };
    let items = [said(most, Qualifier::MoreThan), share("9475", "15684")];
    assert_eq!(shown(Aggregation::RatioOfSums, &items), "trên 60,64%");
}

#[test]
fn the_least_and_the_greatest_are_called_what_is_known_of_them() {
    use Qualifier::{About, AtMost, Estimated, Exact, LessThan, MoreThan, Nearly};
    let told = |rule, items: &[(i64, Qualifier)]| {
        let items: Vec<_> = items
            .iter()
            .map(|(number, qualifier)| said(Value::Count(*number), *qualifier))
            .collect();
        shown(rule, &items)
    };
    let least = |items: &[_]| told(Aggregation::Min, items);
    let greatest = |items: &[_]| told(Aggregation::Max, items);
    // Whatever the other is above 5, the least is 3.
    assert_eq!(least(&[(3, Exact), (5, MoreThan)]), "3");
    assert_eq!(least(&[(3, MoreThan), (5, Exact)]), "trên 3");
    assert_eq!(least(&[(3, Exact), (5, LessThan)]), "tối đa 3");
    assert_eq!(least(&[(3, MoreThan), (5, LessThan)]), "khoảng 3");
    assert_eq!(least(&[(3, Nearly)]), "gần 3");
    assert_eq!(greatest(&[(5, Exact), (3, LessThan)]), "5");
    assert_eq!(greatest(&[(5, AtMost), (3, Exact)]), "tối đa 5");
    assert_eq!(greatest(&[(5, Exact), (3, MoreThan)]), "tối thiểu 5");
    assert_eq!(greatest(&[(5, Nearly), (4, Exact)]), "dưới 5");
    assert_eq!(greatest(&[(5, About), (3, Exact)]), "khoảng 5");
    assert_eq!(least(&[(3, Exact), (9, Estimated)]), "ước đạt 3");
}

#[test]
fn yes_with_a_word_in_front_makes_a_rough_count() {
    let flags = [Qualifier::Exact, Qualifier::MoreThan].map(|it| said(Value::Flag(true), it));
    assert_eq!(shown(Aggregation::CountTrue, &flags), "khoảng 2");
}

#[test]
fn one_unit_does_not_speak_for_the_province() {
    for rule in [Aggregation::Latest, Aggregation::None] {
        for items in [vec![None, stated("75")], vec![stated("75"), stated("60")]] {
            assert_eq!(add_up(rule, &items).unwrap().quantity, None);
        }
    }
}

#[test]
fn the_least_and_the_greatest_are_found() {
    let items = [share("99", "100"), share("86", "93"), stated("60.41"), None];
    assert_eq!(shown(Aggregation::Min, &items), "60,41%");
    assert_eq!(shown(Aggregation::Max, &items), "99%");
    let counts = [count(132), count(15_684)];
    assert_eq!(shown(Aggregation::Min, &counts), "132");
    assert_eq!(shown(Aggregation::Max, &counts), "15.684");
}

#[test]
fn yes_is_counted() {
    let flags = [true, false, true].map(|it| some(Value::Flag(it)));
    assert_eq!(shown(Aggregation::CountTrue, &flags), "2");
}

#[test]
fn what_does_not_add_up_is_refused() {
    let choice = || some(Value::Choice("tốt".to_owned()));
    let why = |rule, items: &[Option<Quantity>]| add_up(rule, items).unwrap_err();
    let money = some(Value::Money(Money::new(1)));
    assert_eq!(
        why(Aggregation::Sum, &[count(1), money.clone()]),
        AddUpError::MixedKinds
    );
    assert_eq!(
        why(Aggregation::Max, &[count(1), money]),
        AddUpError::MixedKinds
    );
    assert_eq!(
        why(Aggregation::Sum, &[share("1", "2")]),
        AddUpError::SumOverShares
    );
    assert_eq!(
        why(Aggregation::Sum, &[stated("99")]),
        AddUpError::SumOverShares
    );
    assert_eq!(
        why(Aggregation::Sum, &[count(i64::MAX), count(1)]),
        AddUpError::Overflow
    );
    let most = some(Value::Decimal(decimal("999999999999999999")));
    assert_eq!(
        why(Aggregation::Sum, &[most.clone(), most]),
        AddUpError::Overflow
    );
    for rule in [Aggregation::Sum, Aggregation::Min, Aggregation::CountTrue] {
        assert_eq!(why(rule, &[choice()]), AddUpError::WrongKind(rule));
    }
    let rule = Aggregation::RatioOfSums;
    assert_eq!(why(rule, &[count(1)]), AddUpError::WrongKind(rule));
}

#[test]
fn only_the_total_can_overflow() {
    let items = [count(i64::MAX), count(1), count(-1)];
    let total = add_up(Aggregation::Sum, &items).unwrap();
    assert_eq!(total.quantity, count(i64::MAX));
}

fn any_absence() -> impl Strategy<Value = Absence> {
    prop_oneof![
        Just(Absence::NotArisen),
        Just(Absence::None),
        Just(Absence::NotCollected),
    ]
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (-1_000_000_i64..1_000_000, 0_u8..=6).prop_map(|(it, scale)| Decimal::new(it, scale).unwrap())
}

fn any_ratio() -> impl Strategy<Value = Value> {
    (0_i64..10_000, 1_i64..10_000, 0_u8..3, any::<bool>()).prop_map(|(n, d, scale, parts)| {
        let (n, d) = (
            Decimal::new(n, scale).unwrap(),
            Decimal::from_i64(d).unwrap(),
        );
        let stated = Percent::of(n, d, 1);
        let parts = parts.then_some((n, d));
        Value::Ratio(Ratio::new(parts, stated).unwrap())
    })
}

/// What up to 24 units reported of one indicator, and the rule of that indicator.
fn reported() -> impl Strategy<Value = (Aggregation, Vec<Option<Quantity>>)> {
    let amount = -1_000_000_000_000_i64..1_000_000_000_000;
    prop_oneof![
        items(
            Aggregation::Sum,
            amount.clone().prop_map(Value::Count).boxed()
        ),
        items(
            Aggregation::Sum,
            amount.prop_map(|it| Value::Money(Money::new(it))).boxed()
        ),
        items(
            Aggregation::Sum,
            any_decimal().prop_map(Value::Decimal).boxed()
        ),
        items(Aggregation::RatioOfSums, any_ratio().boxed()),
        // Few numbers, so that several are the least or the greatest.
        items(Aggregation::Min, (0_i64..6).prop_map(Value::Count).boxed()),
        items(Aggregation::Max, (0_i64..6).prop_map(Value::Count).boxed()),
    ]
}

fn any_qualifier() -> impl Strategy<Value = Qualifier> {
    prop_oneof![
        8 => Just(Qualifier::Exact),
        2 => Just(Qualifier::MoreThan),
        2 => Just(Qualifier::AtLeast),
        2 => Just(Qualifier::LessThan),
        2 => Just(Qualifier::AtMost),
        2 => Just(Qualifier::Nearly),
        1 => Just(Qualifier::About),
        1 => Just(Qualifier::Estimated),
    ]
}

/// Numbers a qualifier lets the truth be, near the one that was said.
fn truths(said: i64, qualifier: Qualifier) -> Vec<i64> {
    let near = said - 3..=said + 3;
    near.filter(|truth| match qualifier {
        Qualifier::Exact => *truth == said,
        Qualifier::MoreThan => *truth > said,
        Qualifier::AtLeast => *truth >= said,
        Qualifier::LessThan | Qualifier::Nearly => *truth < said,
        Qualifier::AtMost => *truth <= said,
        Qualifier::About | Qualifier::Estimated => true,
    })
    .collect()
}

fn items(
    rule: Aggregation,
    value: BoxedStrategy<Value>,
) -> BoxedStrategy<(Aggregation, Vec<Option<Quantity>>)> {
    let qualifier = any_qualifier();
    let quantity = (value, qualifier)
        .prop_map(|(value, it)| Quantity::new(Content::Value(value), it, None).unwrap());
    let item = prop_oneof![
        4 => quantity.prop_map(Some),
        1 => any_absence().prop_map(absent),
        1 => Just(None),
    ];
    proptest::collection::vec(item, 1..24)
        .prop_map(move |items| (rule, items))
        .boxed()
}

proptest! {
    #[test]
    fn order_does_not_matter(
        ((rule, items), shuffled) in reported().prop_flat_map(|(rule, items)| {
            (Just((rule, items.clone())), Just(items).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(add_up(rule, &items).unwrap(), add_up(rule, &shuffled).unwrap());
    }

    #[test]
    fn grouping_does_not_matter((rule, items) in reported(), at in any::<prop::sample::Index>()) {
        let (one, other) = items.split_at(at.index(items.len()));
        prop_assume!(!one.is_empty());
        let groups = [one, other].map(|it| add_up(rule, it).unwrap().quantity);
        let grouped = add_up(rule, &groups).unwrap().quantity;
        prop_assert_eq!(grouped, add_up(rule, &items).unwrap().quantity);
    }

    #[test]
    fn what_a_total_is_called_is_true_whatever_the_truth_was(
        members in proptest::collection::vec(
            (0_i64..6, any_qualifier(), any::<prop::sample::Index>()), 1..8,
        ),
    ) {
        let items: Vec<_> = members
            .iter()
            .map(|(number, qualifier, _)| said(Value::Count(*number), *qualifier))
            .collect();
        let truth: Vec<_> = members
            .iter()
            .map(|(number, qualifier, which)| *which.get(&truths(*number, *qualifier)))
            .collect();
        for (rule, true_total) in [
            (Aggregation::Sum, truth.iter().sum::<i64>()),
            (Aggregation::Min, *truth.iter().min().unwrap()),
            (Aggregation::Max, *truth.iter().max().unwrap()),
        ] {
            let total = add_up(rule, &items).unwrap().quantity.unwrap();
            let Content::Value(Value::Count(number)) = total.content() else {
                panic!("{total:?}");
            };
            let holds = match total.qualifier() {
                Qualifier::Exact => true_total == *number,
                Qualifier::MoreThan => true_total > *number,
                Qualifier::AtLeast => true_total >= *number,
                Qualifier::LessThan | Qualifier::Nearly => true_total < *number,
                Qualifier::AtMost => true_total <= *number,
                Qualifier::About | Qualifier::Estimated => true,
            };
            prop_assert!(holds, "{rule:?} of {truth:?} is {total:?}");
        }
    }

    #[test]
    fn every_unit_is_accounted_for((rule, items) in reported()) {
        let coverage = add_up(rule, &items).unwrap().coverage;
        prop_assert_eq!(coverage.expected as usize, items.len());
        let told = coverage.counted + coverage.missing + coverage.without_parts;
        prop_assert_eq!(coverage.expected, told + coverage.absent_count());
    }

    #[test]
    fn the_extremes_do_not_depend_on_the_order(
        (values, shuffled) in proptest::collection::vec(any_ratio(), 1..12).prop_flat_map(|it| {
            (Just(it.clone()), Just(it).prop_shuffle())
        }),
    ) {
        let total = |rule, values: Vec<Value>| {
            let items: Vec<_> = values.into_iter().map(some).collect();
            add_up(rule, &items).unwrap().quantity
        };
        for rule in [Aggregation::Min, Aggregation::Max] {
            prop_assert_eq!(total(rule, values.clone()), total(rule, shuffled.clone()));
        }
    }
}
