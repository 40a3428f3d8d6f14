//! Amounts and budget years as they come in, with their limits.

use types::{
    date::{self, FIRST_YEAR, LAST_YEAR},
    money::Money,
    violations::Invalid,
};

/// No single amount, and no total of a line, is larger: a million times a thousand million
/// đồng. So the totals of thousands of lines still add up in 64 bits.
pub(crate) const MOST: Money = Money::new(1_000_000_000_000_000);

/// Reads an amount that has to be above 0.
pub(crate) fn read_positive(field: &str, wire: i64, bad: &mut Invalid) -> Option<Money> {
    if wire <= 0 {
        let (en, vi) = ("has to be above 0 đồng", "phải lớn hơn 0 đồng");
        bad.add(field, "OUT_OF_RANGE", en, vi);
        return None;
    }
    within(field, wire, bad)
}

/// Reads an amount that may be 0.
pub(crate) fn read_not_negative(field: &str, wire: i64, bad: &mut Invalid) -> Option<Money> {
    if wire < 0 {
        let (en, vi) = ("is below 0 đồng", "nhỏ hơn 0 đồng");
        bad.add(field, "OUT_OF_RANGE", en, vi);
        return None;
    }
    within(field, wire, bad)
}

/// Reads an amount of either sign that is not 0.
pub(crate) fn read_not_zero(field: &str, wire: i64, bad: &mut Invalid) -> Option<Money> {
    if wire == 0 {
        let (en, vi) = ("is 0 đồng: nothing is done", "bằng 0 đồng: không có gì");
        bad.add(field, "OUT_OF_RANGE", en, vi);
        return None;
    }
    within(field, wire, bad)
}

fn within(field: &str, wire: i64, bad: &mut Invalid) -> Option<Money> {
    if wire.unsigned_abs() <= MOST.vnd().unsigned_abs() {
        return Some(Money::new(wire));
    }
    too_large(field, bad);
    None
}

fn too_large(field: &str, bad: &mut Invalid) {
    bad.add(
        field,
        "OUT_OF_RANGE",
        format!("is beyond {}", MOST.to_vietnamese()),
        format!("vượt quá {}", MOST.to_vietnamese()),
    );
}

/// Adds an amount to a total of a line, which stays within the limit.
pub(crate) fn add(total: Money, amount: Money) -> Result<Money, Invalid> {
    let sum = total.checked_add(amount).filter(|it| *it <= MOST);
    sum.ok_or_else(|| {
        let mut bad = Invalid::default();
        too_large("amount_vnd", &mut bad);
        bad
    })
}

/// Reads a required budget year.
pub(crate) fn read_year(field: &str, wire: i32, bad: &mut Invalid) -> Option<i32> {
    if wire == 0 {
        bad.missing(field);
        return None;
    }
    if !(FIRST_YEAR..=LAST_YEAR).contains(&wire) {
        bad.add(
            field,
            "OUT_OF_RANGE",
            format!("{wire} is not between {FIRST_YEAR} and {LAST_YEAR}"),
            format!("{wire} không nằm trong khoảng từ {FIRST_YEAR} đến {LAST_YEAR}"),
        );
        return None;
    }
    Some(wire)
}

/// Reads a required day.
pub(crate) fn read_day(field: &str, wire: &str, bad: &mut Invalid) -> Option<chrono::NaiveDate> {
    if wire.is_empty() {
        bad.missing(field);
        return None;
    }
    bad.take(field, date::parse_iso(wire))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_of_an_amount_are_told_apart_from_nothing_and_from_too_much() {
        let most = MOST.vnd();
        let read = |function: fn(&str, i64, &mut Invalid) -> Option<Money>, wire| {
            function("amount_vnd", wire, &mut Invalid::default())
        };
        for wire in [1, most] {
            assert_eq!(read(read_positive, wire), Some(Money::new(wire)));
        }
        for wire in [i64::MIN, -1, 0, most + 1, i64::MAX] {
            assert_eq!(read(read_positive, wire), None, "{wire}");
        }
        assert_eq!(read(read_not_negative, 0), Some(Money::ZERO));
        assert_eq!(read(read_not_negative, -1), None);
        assert_eq!(read(read_not_zero, -most), Some(Money::new(-most)));
        for wire in [i64::MIN, -most - 1, 0, i64::MAX] {
            assert_eq!(read(read_not_zero, wire), None, "{wire}");
        }
        assert_eq!(add(MOST, Money::ZERO).unwrap(), MOST);
        assert_eq!(
            add(MOST, Money::new(1)).unwrap_err().violations()[0].field,
            "amount_vnd"
        );
    }
}
