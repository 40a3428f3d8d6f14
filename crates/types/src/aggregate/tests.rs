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

#[test]
fn a_total_of_rough_values_is_rough() {
    let content = Content::Value(Value::Count(15_684));
    let more = Quantity::new(content, Qualifier::MoreThan, None).unwrap();
    let items = [Some(more.clone()), count(132)];
    assert_eq!(shown(Aggregation::Sum, &items), "khoảng 15.816");
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
    ]
}

fn items(
    rule: Aggregation,
    value: BoxedStrategy<Value>,
) -> BoxedStrategy<(Aggregation, Vec<Option<Quantity>>)> {
    let qualifier = prop_oneof![
        3 => Just(Qualifier::Exact),
        1 => Just(Qualifier::MoreThan),
    ];
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
