//! Decimals as reports write them.

use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn the_written_scale_is_kept_and_the_value_compared() {
    let written = Decimal::parse_vietnamese("60,40").unwrap();
    assert_eq!(written.to_vietnamese(), "60,40");
    assert_eq!(written.to_string(), "60.40");
    assert_eq!((written.units(), written.scale()), (6040, 2));
    assert_eq!(written, decimal("60.4"));
    assert!(decimal("92.47") > decimal("92.4"));
    assert!(decimal("-3") < Decimal::ZERO);
}

#[test]
fn wire_texts_outside_the_pattern_are_refused() {
    for bad in [
        "", "-", ".5", "5.", "01", "1e3", "+1", "1,5", " 1", "1.2.3", "--1", "١",
    ] {
        assert_eq!(
            bad.parse::<Decimal>().unwrap_err().reason,
            "PATTERN",
            "{bad}"
        );
    }
    for long in ["1.1234567", "1000000000000000000", "999999999999999999.9"] {
        assert_eq!(long.parse::<Decimal>().unwrap_err().reason, "OUT_OF_RANGE");
    }
    assert_eq!(decimal("-0.00").to_string(), "0.00");
    assert!("999999999999999999".parse::<Decimal>().is_ok());
    assert!(Decimal::from_i64(i64::MIN).is_err());
}

#[test]
fn vietnamese_marks_are_read_as_declared() {
    for (text, wire) in [
        ("15.684", "15684"),
        ("1.234,5", "1234.5"),
        ("60,41", "60.41"),
        ("-3", "-3"),
        ("04", "4"),
        ("0,123", "0.123"),
        ("15684", "15684"),
        ("1.234.567", "1234567"),
    ] {
        assert_eq!(
            Decimal::parse_vietnamese(text).unwrap(),
            decimal(wire),
            "{text}"
        );
    }
    for bad in [
        "1,2,3", "1.23.456", "1.2345", "1234.567", "0.123", ".123", "1.", "1,", ",5", "", "1 234",
        "1.234.56", "5,-1", "-",
    ] {
        assert!(Decimal::parse_vietnamese(bad).is_err(), "{bad}");
    }
}

#[test]
fn thousands_are_grouped_with_dots() {
    assert_eq!(group_thousands(132), "132");
    assert_eq!(group_thousands(15_684), "15.684");
    assert_eq!(group_thousands(-1_234_567), "-1.234.567");
    assert_eq!(group_thousands(i64::MIN), "-9.223.372.036.854.775.808");
    assert_eq!(decimal("-0.05").to_vietnamese(), "-0,05");
}

#[test]
fn rounding_is_half_up() {
    let shown = |text, scale| decimal(text).rescale_half_up(scale).unwrap().to_string();
    assert_eq!(shown("60.405", 2), "60.41");
    assert_eq!(shown("92.44", 1), "92.4");
    assert_eq!(shown("92.47", 1), "92.5");
    assert_eq!(shown("-0.5", 0), "-1");
    assert_eq!(shown("99", 2), "99.00");
    assert_eq!(decimal("999999999999999999").rescale_half_up(1), None);
    assert_eq!(decimal("1").rescale_half_up(7), None);
}

#[test]
fn sums_are_exact_or_nothing() {
    let sum = decimal("0.1").checked_add(decimal("0.25")).unwrap();
    assert_eq!(sum.to_string(), "0.35");
    let rest = decimal("92.47").checked_sub(decimal("92.4")).unwrap();
    assert_eq!(rest.to_string(), "0.07");
    let most = decimal("999999999999999999");
    assert_eq!(most.checked_add(decimal("1")), None);
    assert_eq!(most.checked_add(decimal("0.00")), Some(most));
}

proptest! {
    #[test]
    fn both_forms_are_read_back(
        units in -999_999_999_999_999_999_i64..=999_999_999_999_999_999,
        scale in 0_u8..=6,
    ) {
        let it = Decimal::new(units, scale).unwrap();
        let wire = decimal(&it.to_string());
        prop_assert_eq!((wire.units(), wire.scale()), (units, scale));
        let read = Decimal::parse_vietnamese(&it.to_vietnamese()).unwrap();
        prop_assert_eq!((read.units(), read.scale()), (units, scale));
    }

    #[test]
    fn reading_never_panics(text in "[-0-9.,]{0,24}") {
        let _ = text.parse::<Decimal>();
        let _ = Decimal::parse_vietnamese(&text);
    }
}
