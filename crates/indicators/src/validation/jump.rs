//! A figure far from the unit's own history, in whole numbers: the ordinary z (how many
//! standard deviations from the mean) and the modified z, which a single wild value among
//! the earlier ones does not hide (Iglewicz and Hoaglin: 0,6745 times the distance from the
//! median over the median distance).

use std::mem::discriminant;

use types::{
    decimal::Decimal,
    period::Period,
    quantity::{Content, Quantity, Style, Value},
};

use crate::{
    formula::Number,
    indicator::{Accumulation, Definition},
    reason::JUMP,
    value::{
        IndicatorValue,
        issue::{Issue, Severity},
    },
};

/// With fewer earlier values nothing is said.
const FEWEST: usize = 5;
/// Above these something is said, in tenths.
const Z_TENTHS: i128 = 30;
const MODIFIED_Z_TENTHS: i128 = 35;
/// Numbers are brought below this, so that their squares can be added up.
const LARGEST: i128 = 1_000_000_000_000;

/// Compares a figure with the earlier ones of the same kind of period.
pub(super) fn of(
    figure: &IndicatorValue,
    history: &[&IndicatorValue],
    definition: &Definition,
) -> Option<Issue> {
    let style = definition.manner().style;
    let of = whole(&figure.quantity);
    let now = millionths(&figure.quantity, style)?;
    // Points and places are compared with those of the same maximum.
    let is_of_one_whole = |it: &&&IndicatorValue| {
        let other = whole(&it.quantity);
        !style.as_parts || other.map(Number::from) == of.map(Number::from)
    };
    let earlier = history
        .iter()
        .filter(|it| is_alike(&figure.id.period, &it.id.period, definition.accumulation))
        .filter(is_of_one_whole);
    let earlier = earlier.filter_map(|it| millionths(&it.quantity, style));
    let earlier: Vec<_> = earlier.collect();
    let scores = Scores::of(now, &earlier)?;
    let severity = scores.severity()?;
    let count = i128::try_from(earlier.len()).ok()?;
    let (mean_en, mean_vi) = written(earlier.iter().sum::<i128>() / count)?;
    let (value_en, value_vi) = written(now)?;
    let (z_en, z_vi) = tenths(scores.z);
    let (modified_z_en, modified_z_vi) = tenths(scores.modified_z);
    let facts = [
        ("count", earlier.len().to_string()),
        ("value_en", value_en),
        ("value_vi", value_vi),
        ("mean_en", mean_en),
        ("mean_vi", mean_vi),
        ("modified_z_en", modified_z_en),
        ("modified_z_vi", modified_z_vi),
        ("z_en", z_en),
        ("z_vi", z_vi),
    ];
    Some(Issue::new(severity, &JUMP, "quantity".to_owned(), &facts))
}

/// Says whether figures of two periods are of one size: the same kind of period, and the
/// same months of another year where the figure grows over the year.
fn is_alike(now: &Period, earlier: &Period, accumulation: Accumulation) -> bool {
    let grows = accumulation == Accumulation::YearToDate;
    let needs_months = grows || matches!(now, Period::Span { .. });
    earlier < now
        && discriminant(now) == discriminant(earlier)
        && (!needs_months || now.months() == earlier.months())
}

/// How far away a number is, in tenths; none when the earlier ones do not vary at all.
#[derive(Debug, PartialEq, Eq)]
struct Scores {
    z: Option<i128>,
    modified_z: Option<i128>,
}

impl Scores {
    /// Returns nothing when there is too little history, or no distance.
    fn of(now: i128, earlier: &[i128]) -> Option<Self> {
        if earlier.len() < FEWEST || earlier.iter().all(|it| *it == now) {
            return None;
        }
        let most = earlier.iter().chain([&now]).map(|it| it.abs()).max()?;
        let shrink = |it: i128| it / (most / LARGEST + 1);
        let earlier: Vec<_> = earlier.iter().map(|it| shrink(*it)).collect();
        Some(Self {
            z: z_tenths(shrink(now), &earlier),
            modified_z: modified_z_tenths(shrink(now), &earlier),
        })
    }

    fn severity(&self) -> Option<Severity> {
        let above = |score: Option<i128>, bound| score.is_none_or(|it| it > bound);
        let both = (
            above(self.z, Z_TENTHS),
            above(self.modified_z, MODIFIED_Z_TENTHS),
        );
        match both {
            (false, false) => None,
            // Where nothing ever varied, one step is no proof of anything.
            (true, true) if self.z.is_some() && self.modified_z.is_some() => {
                Some(Severity::Warning)
            }
            _ => Some(Severity::Info),
        }
    }
}

/// `z² = (n·x − S)²·(n − 1) ÷ n·(n·Q − S²)` with the sum S and the sum of squares Q.
fn z_tenths(now: i128, earlier: &[i128]) -> Option<i128> {
    let count = i128::try_from(earlier.len()).ok()?;
    let sum: i128 = earlier.iter().sum();
    let squares: i128 = earlier.iter().map(|it| it * it).sum();
    let spread = count * (count * squares - sum * sum);
    let distance = count * now - sum;
    let square = (distance * distance * (count - 1) * 100).checked_div(spread)?;
    Some(square.isqrt())
}

/// The median is kept doubled, so that the middle of two numbers is whole.
fn modified_z_tenths(now: i128, earlier: &[i128]) -> Option<i128> {
    let median = doubled_median(earlier.to_vec())?;
    let distance = |it: i128| (2 * it - median).abs();
    let usual = doubled_median(earlier.iter().map(|it| distance(*it)).collect())?;
    (6_745 * 2 * 10 * distance(now)).checked_div(10_000 * usual)
}

fn doubled_median(mut numbers: Vec<i128>) -> Option<i128> {
    numbers.sort_unstable();
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    let lower = if numbers.len().is_multiple_of(2) {
        *numbers.get(middle - 1)?
    } else {
        upper
    };
    Some(lower + upper)
}

/// Returns of how much a figure is a part, of how many it is a place.
fn whole(quantity: &Quantity) -> Option<Decimal> {
    match quantity.content() {
        Content::Value(Value::Ratio(ratio)) => ratio.parts().map(|(_, whole)| whole),
        _ => None,
    }
}

/// Returns the number of a figure; of a share its percentage, of points and places what is
/// printed before the stroke.
fn millionths(quantity: &Quantity, style: Style) -> Option<i128> {
    const ONE: i128 = 1_000_000;
    let decimal = match quantity.content() {
        Content::Value(Value::Count(count)) => return Some(i128::from(*count) * ONE),
        Content::Value(Value::Money(money)) => return Some(i128::from(money.vnd()) * ONE),
        Content::Value(Value::Decimal(decimal)) => *decimal,
        Content::Value(Value::Ratio(ratio)) if style.as_parts => ratio.parts()?.0,
        Content::Value(Value::Ratio(ratio)) => ratio.shown_percent().decimal(),
        _ => return None,
    };
    let scale = 10_i128.pow(u32::from(decimal.scale()));
    Some(i128::from(decimal.units()) * ONE / scale)
}

/// Writes millionths with at most two decimals, in English and Vietnamese.
fn written(millionths: i128) -> Option<(String, String)> {
    let whole = millionths % 1_000_000 == 0;
    let (units, scale) = if whole {
        (millionths / 1_000_000, 0)
    } else {
        (millionths / 10_000, 2)
    };
    let decimal = Decimal::new(i64::try_from(units).ok()?, scale).ok()?;
    Some((decimal.to_string(), decimal.to_vietnamese()))
}

fn tenths(score: Option<i128>) -> (String, String) {
    match score {
        Some(score) => {
            let (whole, tenth) = (score / 10, score % 10);
            (format!("{whole}.{tenth}"), format!("{whole},{tenth}"))
        }
        None => ("∞".to_owned(), "∞".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use types::ratio::Ratio;

    use crate::indicator::ValueKind;

    use super::{
        super::samples::{count, defined},
        *,
    };

    fn told(now: (&str, i64), before: &[(&str, i64)]) -> Option<(Severity, String)> {
        let before: Vec<_> = before.iter().map(|(at, it)| count(at, *it)).collect();
        let history: Vec<_> = before.iter().collect();
        let found = of(
            &count(now.0, now.1),
            &history,
            &defined(Accumulation::InPeriod),
        );
        found.map(|it| (it.severity, it.vi))
    }

    #[test]
    fn scores_are_those_of_the_textbook() {
        // Mean 15, standard deviation √2,5 = 1,58; median 15, median distance 1.
        let earlier = [13, 14, 15, 16, 17];
        assert_eq!(z_tenths(20, &earlier), Some(31));
        assert_eq!(modified_z_tenths(20, &earlier), Some(33));
        assert_eq!(z_tenths(10, &earlier), Some(31));
        assert_eq!(z_tenths(1, &[2, 2, 2, 2, 2]), None);
        assert_eq!(doubled_median(vec![1, 9, 4, 2]), Some(6));
    }

    #[test]
    fn a_figure_typed_with_a_digit_too_many_is_told_and_an_ordinary_one_is_not() {
        let before = [
            ("2022-m01", 130),
            ("2022-m02", 128),
            ("2022-m03", 135),
            ("2022-m04", 131),
            ("2022-m05", 133),
        ];
        let (severity, text) = told(("2022-m06", 1320), &before).unwrap();
        assert_eq!(severity, Severity::Warning);
        assert!(text.starts_with("1.320 lệch xa so với 5 kỳ trước của đơn vị, bình quân 131,40"));
        assert_eq!(told(("2022-m06", 134), &before), None);
        assert_eq!(told(("2022-m06", 1320), &before[..4]), None);
        // Quarters are of another size, and what is later is no history.
        assert_eq!(told(("2022-q2", 1320), &before), None);
        assert_eq!(told(("2021-m12", 1320), &before), None);
    }

    #[test]
    fn what_never_varied_is_only_mentioned() {
        let before = ["2022-m01", "2022-m02", "2022-m03", "2022-m04", "2022-m05"];
        let before = before.map(|it| (it, 2));
        assert_eq!(told(("2022-m06", 3), &before).unwrap().0, Severity::Info);
        assert_eq!(told(("2022-m06", 2), &before), None);
    }

    #[test]
    fn what_grows_over_the_year_is_compared_with_the_same_months() {
        let alike = |now: &str, earlier: &str, accumulation| {
            is_alike(
                &now.parse().unwrap(),
                &earlier.parse().unwrap(),
                accumulation,
            )
        };
        use Accumulation::{InPeriod, YearToDate};
        assert!(alike("2022-m06", "2021-m06", YearToDate));
        assert!(!alike("2022-m06", "2022-m05", YearToDate));
        assert!(alike("2022-m06", "2022-m05", InPeriod));
        assert!(!alike("2022-m01-m05", "2021-m01-m04", InPeriod));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let most = i128::from(i64::MAX) * 1_000_000;
        let scores = Scores::of(-most, &[most, most - 1, most, most, most / 2]);
        assert!(scores.is_some());
    }

    #[test]
    fn points_are_told_as_points_and_compared_within_one_maximum() {
        let mut definition = defined(Accumulation::InPeriod);
        definition.value_kind = ValueKind::Score;
        let score = |at: &str, points: &str, maximum: &str| {
            let parts = Some((points.parse().unwrap(), maximum.parse().unwrap()));
            let ratio = Ratio::new(parts, None).unwrap();
            let mut figure = count(at, 0);
            figure.quantity = Quantity::value(Value::Ratio(ratio));
            figure
        };
        let before = [
            score("2022-m01", "17", "20"),
            score("2022-m02", "17.25", "20"),
            score("2022-m03", "17.5", "20"),
            score("2022-m04", "17", "20"),
            score("2022-m05", "17.25", "20"),
        ];
        let history: Vec<_> = before.iter().collect();
        let found = of(&score("2022-m06", "2", "20"), &history, &definition).unwrap();
        assert!(found.vi.starts_with("2 lệch xa") && found.vi.contains("bình quân 17,20"));
        // Of another maximum there is no history.
        assert_eq!(
            of(&score("2022-m06", "2", "25"), &history, &definition),
            None
        );
    }
}
