//! Which definitions may be published.

use super::*;

fn refused(kind: ValueKind, rule: Aggregation) -> bool {
    let mut bad = Invalid::default();
    adds_up("indicator.unit_aggregation", kind, rule, &mut bad);
    !bad.is_empty()
}

#[test]
fn percentages_are_never_summed_and_only_they_have_numerators() {
    for kind in [ValueKind::Ratio, ValueKind::Score] {
        assert!(refused(kind, Aggregation::Sum));
        assert!(!refused(kind, Aggregation::RatioOfSums));
        assert!(!refused(kind, Aggregation::Max));
    }
    for kind in [ValueKind::Count, ValueKind::Decimal, ValueKind::Money] {
        assert!(refused(kind, Aggregation::RatioOfSums), "{kind:?}");
        assert!(!refused(kind, Aggregation::Sum), "{kind:?}");
    }
}

#[test]
fn only_yes_is_counted_and_words_and_places_have_no_total() {
    assert!(!refused(ValueKind::Flag, Aggregation::CountTrue));
    assert!(refused(ValueKind::Count, Aggregation::CountTrue));
    use Aggregation::{Max, Min, RatioOfSums, Sum};
    for rule in [Sum, Min, Max, RatioOfSums] {
        assert!(refused(ValueKind::Flag, rule), "{rule:?}");
        for kind in [ValueKind::Choice, ValueKind::Text, ValueKind::Rank] {
            assert!(refused(kind, rule), "{kind:?} {rule:?}");
            assert!(!refused(kind, Aggregation::None));
            assert!(!refused(kind, Aggregation::Latest));
        }
    }
}

#[test]
fn the_refusal_names_the_field_in_both_languages() {
    let mut bad = Invalid::default();
    adds_up(
        "indicator.period_aggregation",
        ValueKind::Ratio,
        Aggregation::Sum,
        &mut bad,
    );
    let told = &bad.violations()[0];
    assert_eq!(told.field, "indicator.period_aggregation");
    assert_eq!(told.en, "a sum is not allowed when each figure is a share");
    assert_eq!(told.vi, "phép cộng không áp dụng cho số liệu dạng tỷ lệ");
}

fn certificates() -> Definition {
    crate::indicator::Revision::of_test().definition
}

fn told(definition: &Definition) -> Vec<(String, &'static str)> {
    let mut bad = Invalid::default();
    definition.hold_together(&mut bad);
    let told = bad.violations().iter();
    told.map(|it| (it.field.clone(), it.reason)).collect()
}

fn with(change: impl FnOnce(&mut Definition)) -> Vec<(String, &'static str)> {
    let mut definition = certificates();
    change(&mut definition);
    told(&definition)
}

fn field(name: &str, reason: &'static str) -> (String, &'static str) {
    (format!("indicator.{name}"), reason)
}

#[test]
fn figures_that_already_run_through_the_year_are_not_added_over_periods() {
    assert_eq!(told(&certificates()), []);
    for accumulation in [
        Accumulation::YearToDate,
        Accumulation::SinceStart,
        Accumulation::AtDate,
    ] {
        let refused = with(|it| {
            it.accumulation = accumulation;
            it.details.bounds.base_period =
                (accumulation == Accumulation::SinceStart).then(|| "2021".parse().unwrap());
        });
        assert_eq!(refused, [field("period_aggregation", "COUNTED_TWICE")]);
    }
}

#[test]
fn choices_belong_to_a_choice_and_digits_to_what_has_them() {
    let good = vec!["Mức 3".to_owned(), "Mức 4".to_owned()];
    let refused = with(|it| it.details.choices = good.clone());
    assert_eq!(refused, [field("choices", "CHOICES_NOT_ALLOWED")]);
    let choice = |it: &mut Definition| {
        it.value_kind = ValueKind::Choice;
        it.unit_aggregation = Aggregation::None;
        it.period_aggregation = Aggregation::Latest;
    };
    assert_eq!(with(choice), [field("choices", "REQUIRED")]);
    let complete = with(|it| {
        choice(it);
        it.details.choices = good;
    });
    assert_eq!(complete, []);
    let refused = with(|it| it.details.scale = Some(2));
    assert_eq!(refused, [field("scale", "SCALE_NOT_ALLOWED")]);
}

#[test]
fn a_formula_belongs_to_a_derived_indicator_and_a_source_to_one_that_is_sent() {
    let refused = with(|it| it.details.formula = "1".into());
    assert_eq!(refused, [field("formula", "FORMULA_NOT_ALLOWED")]);
    let refused = with(|it| it.details.collection = CollectionMode::Derived);
    assert_eq!(refused, [field("formula", "REQUIRED")]);
    let refused = with(|it| it.details.collection = CollectionMode::Ingested);
    assert_eq!(refused, [field("source_system", "REQUIRED")]);
    let refused = with(|it| {
        it.details.collection = CollectionMode::Derived;
        it.details.formula = "1".into();
        it.details.source_system = Some(SourceSystemId::new("mot-cua").unwrap());
    });
    assert_eq!(refused, [field("source_system", "NOT_FOR_DERIVED")]);
    let refused = with(|it| {
        it.details.collection = CollectionMode::Derived;
        it.details.formula = "1".into();
        it.value_kind = ValueKind::Text;
        it.unit_aggregation = Aggregation::None;
        it.period_aggregation = Aggregation::None;
    });
    assert_eq!(refused, [field("value_kind", "KIND_NOT_DERIVED")]);
}
