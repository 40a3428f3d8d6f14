//! What an agency published beside what is computed: both are kept, and a difference is
//! shown, never refused.

use std::cmp::Ordering;

use types::{
    decimal::Decimal,
    percent::Percent,
    quantity::{Content, Qualifier, Quantity, Style, Value},
    ratio::Ratio,
};

use super::{
    IndicatorValue,
    derived::Listed,
    issue::{Issue, Severity, is_near},
};
use crate::{
    formula::{
        Number,
        bounds::{Order, compared},
    },
    indicator::Manner,
    reason::{PUBLISHED_DIFFERS, PUBLISHED_NOT_COMPUTED, RATIO_MISMATCH, RATIO_NOT_ROUNDED},
};

/// A computed figure, with what an agency published of it.
#[derive(Debug)]
pub(crate) struct Beside {
    /// As it is computed, or why it is not.
    pub(crate) computed: Listed,
    pub(crate) published: IndicatorValue,
}

impl Beside {
    /// Tells how what was published differs from what is computed.
    pub(crate) fn difference(&self, manner: Manner) -> Option<Issue> {
        let computed = match &self.computed {
            Listed::Figure(figure) => Some(&figure.quantity),
            Listed::Beside(_) | Listed::NotComputed(_) => None,
        };
        compare(computed, &self.published.quantity, manner.style)
    }
}

/// How a published number lies to the computed one.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Same,
    Apart,
}

fn compare(computed: Option<&Quantity>, published: &Quantity, style: Style) -> Option<Issue> {
    let field = String::from("published_quantity");
    let words = ("published", published.to_vietnamese_as(style));
    let Some(computed) = computed else {
        let (severity, reason) = (Severity::Info, &PUBLISHED_NOT_COMPUTED);
        return Some(Issue::new(severity, reason, field, &[words]));
    };
    let qualifiers = (computed.qualifier(), published.qualifier());
    let found = match (computed.content(), published.content()) {
        (Content::Value(Value::Ratio(now)), Content::Value(Value::Ratio(said))) => {
            match (now.parts(), said.parts()) {
                (Some(now), Some(said)) if style.as_parts => parts(now, said, qualifiers, style),
                _ => return shares(now, said, qualifiers, field),
            }
        }
        (Content::Value(now), Content::Value(said)) => values_of(now, said, qualifiers),
        (Content::Absent(now), Content::Absent(said)) if now == said => Found::Same,
        (Content::Absent(_), Content::Value(_)) => {
            let (severity, reason) = (Severity::Info, &PUBLISHED_NOT_COMPUTED);
            return Some(Issue::new(severity, reason, field, &[words]));
        }
        (_, Content::Absent(_)) => Found::Apart,
    };
    if found == Found::Same {
        return None;
    }
    let facts = [words, ("computed", computed.to_vietnamese_as(style))];
    let severity = Severity::Warning;
    Some(Issue::new(severity, &PUBLISHED_DIFFERS, field, &facts))
}

/// How near to the truth what is computed is, and what was published.
type Qualifiers = (Qualifier, Qualifier);

/// Compares shares as percentages, and tells how they differ.
fn shares(now: &Ratio, said: &Ratio, qualifiers: Qualifiers, field: String) -> Option<Issue> {
    let (shown, said) = (percent(now), said.shown_percent());
    let digits = said.decimal().scale();
    // Rounded once, from the parts: 92,475 is not rounded again from 92,47.
    let rounded = match now.parts() {
        Some((numerator, denominator)) => Percent::of(numerator, denominator, digits),
        None => None,
    };
    let rounded = rounded.map_or_else(|| to_digits(shown.decimal(), digits), Percent::decimal);
    let (severity, reason) = match numbers(rounded, said.decimal(), qualifiers) {
        Found::Same => return None,
        Found::Apart if !is_near(said, shown) => (Severity::Warning, &RATIO_MISMATCH),
        Found::Apart => (Severity::Info, &RATIO_NOT_ROUNDED),
    };
    let facts = [
        ("stated_en", format!("{said}%")),
        ("stated_vi", said.to_vietnamese()),
        ("computed_en", format!("{shown}%")),
        ("computed_vi", shown.to_vietnamese()),
    ];
    Some(Issue::new(severity, reason, field, &facts))
}

/// Returns the percentage the numbers of a share give.
fn percent(ratio: &Ratio) -> Percent {
    ratio.percent().unwrap_or_else(|| ratio.shown_percent())
}

/// Compares points of a maximum, or places among so many: 3 of 13 is not 6 of 26.
/// Points are not rounded but where their indicator prints them so.
fn parts(
    now: (Decimal, Decimal),
    said: (Decimal, Decimal),
    qualifiers: Qualifiers,
    style: Style,
) -> Found {
    let printed = |now: Decimal, said: Decimal| match style.scale {
        Some(scale) => to_digits(now, scale.max(said.scale())),
        None => now,
    };
    let exact = (Qualifier::Exact, Qualifier::Exact);
    match numbers(printed(now.1, said.1), said.1, exact) {
        Found::Same => numbers(printed(now.0, said.0), said.0, qualifiers),
        apart => apart,
    }
}

fn values_of(now: &Value, said: &Value, qualifiers: Qualifiers) -> Found {
    let number = |value: &Value| match value {
        Value::Count(count) => Decimal::from_i64(*count).ok(),
        Value::Money(money) => Decimal::from_i64(money.vnd()).ok(),
        Value::Decimal(decimal) => Some(*decimal),
        Value::Ratio(_) | Value::Flag(_) | Value::Choice(_) | Value::Text(_) => None,
    };
    match (number(now), number(said)) {
        (Some(now), Some(said)) => numbers(to_digits(now, said.scale()), said, qualifiers),
        _ if now == said => Found::Same,
        _ => Found::Apart,
    }
}

/// Rounds a computed number to the digits that were published.
fn to_digits(now: Decimal, digits: u8) -> Decimal {
    Number::from(now).to_decimal(digits).unwrap_or(now)
}

/// Compares numbers of as many digits. They differ where the bounds of both leave no doubt
/// of it: one that is a bound fits everything on its side, and one that is called about
/// everything near by that nobody can check.
fn numbers(now: Decimal, said: Decimal, qualifiers: Qualifiers) -> Found {
    let (now, said) = ((now.into(), qualifiers.0), (said.into(), qualifiers.1));
    match compared(&now, &said) {
        (Ordering::Equal, _) => Found::Same,
        (_, Order::Is(_)) => Found::Apart,
        (_, Order::IsNot(_) | Order::Open(_)) => Found::Same,
    }
}

#[cfg(test)]
mod tests {
    use types::quantity::Absence;

    use super::*;

    fn share(parts: Option<(&str, &str)>, stated: Option<&str>) -> Quantity {
        let parts = parts.map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
        let stated = stated.map(|it| it.parse().unwrap());
        Quantity::value(Value::Ratio(Ratio::new(parts, stated).unwrap()))
    }

    fn told(computed: &Quantity, published: &Quantity) -> Option<(Severity, &'static str, String)> {
        let issue = compare(Some(computed), published, Style::default());
        issue.map(|it| (it.severity, it.code, it.vi))
    }

    #[test]
    fn the_92_4_that_was_published_is_shown_beside_the_92_47_that_is_computed() {
        let computed = share(Some(("4817", "5209")), None);
        let (severity, code, vi) = told(&computed, &share(None, Some("92.4"))).unwrap();
        assert_eq!((severity, code), (Severity::Info, "RATIO_NOT_ROUNDED"));
        assert!(vi.contains("92,4%") && vi.contains("92,47%"), "{vi}");
        assert_eq!(told(&computed, &share(None, Some("92.5"))), None);
        assert_eq!(told(&computed, &share(None, Some("92.47"))), None);
        let (severity, code, _) = told(&computed, &share(None, Some("93.4"))).unwrap();
        assert_eq!((severity, code), (Severity::Warning, "RATIO_MISMATCH"));
    }

    #[test]
    fn numbers_are_compared_to_the_digits_that_were_published() {
        let decimal = |it: &str| Quantity::value(Value::Decimal(it.parse().unwrap()));
        assert_eq!(told(&decimal("12.345"), &decimal("12.3")), None);
        let (_, code, vi) = told(&decimal("12.36"), &decimal("12.3")).unwrap();
        assert_eq!(code, "PUBLISHED_DIFFERS");
        assert_eq!(vi, "số công bố là “12,3”, công thức cho “12,36”");
        let bound = |count, qualifier| {
            let content = Content::Value(Value::Count(count));
            Quantity::new(content, qualifier, None).unwrap()
        };
        let hundred = Quantity::value(Value::Count(100));
        assert_eq!(told(&hundred, &bound(95, Qualifier::MoreThan)), None);
        assert!(told(&hundred, &bound(101, Qualifier::MoreThan)).is_some());
        assert!(told(&hundred, &bound(101, Qualifier::Exact)).is_some());
    }

    #[test]
    fn an_absence_is_compared_too() {
        let (absent, hundred) = (
            Quantity::absent(Absence::NotArisen),
            Quantity::value(Value::Count(100)),
        );
        assert_eq!(told(&absent, &absent), None);
        assert_eq!(told(&absent, &hundred).unwrap().1, "PUBLISHED_NOT_COMPUTED");
        assert_eq!(told(&hundred, &absent).unwrap().1, "PUBLISHED_DIFFERS");
        assert_eq!(
            compare(None, &hundred, Style::default()).unwrap().code,
            "PUBLISHED_NOT_COMPUTED"
        );
    }

    #[test]
    fn a_percentage_is_rounded_once_from_its_parts() {
        let computed = share(Some(("4817", "5209")), None);
        // 92,47456…% is 92,475% in three digits, and 92,47% in two.
        assert_eq!(told(&computed, &share(None, Some("92.475"))), None);
        let (severity, ..) = told(&computed, &share(None, Some("92.470"))).unwrap();
        assert_eq!(severity, Severity::Info);
    }

    #[test]
    fn what_is_computed_as_a_bound_contradicts_only_what_lies_beyond_it() {
        let of = |percent: &str, qualifier| {
            let stated = Some(percent.parse().unwrap());
            let content = Content::Value(Value::Ratio(Ratio::new(None, stated).unwrap()));
            Quantity::new(content, qualifier, None).unwrap()
        };
        let more = of("90", Qualifier::MoreThan);
        assert_eq!(told(&more, &of("95", Qualifier::Exact)), None);
        assert_eq!(told(&more, &of("80", Qualifier::MoreThan)), None);
        let (_, code, _) = told(&more, &of("85", Qualifier::Exact)).unwrap();
        assert_eq!(code, "RATIO_MISMATCH");
        assert!(told(&more, &of("85", Qualifier::LessThan)).is_some());
        assert_eq!(
            told(&of("90", Qualifier::About), &of("85", Qualifier::Exact)),
            None
        );
    }

    #[test]
    fn points_and_places_are_compared_and_told_as_such() {
        let style = Style {
            scale: None,
            as_parts: true,
        };
        let told = |now: (&str, &str), said: (&str, &str)| {
            let (now, said) = (share(Some(now), None), share(Some(said), None));
            compare(Some(&now), &said, style).map(|it| (it.code, it.vi))
        };
        assert_eq!(told(("17.25", "20"), ("17.250", "20.0")), None);
        let (code, vi) = told(("17.25", "20"), ("17", "20")).unwrap();
        assert_eq!(code, "PUBLISHED_DIFFERS");
        assert_eq!(vi, "số công bố là “17/20”, công thức cho “17,25/20”");
        let (_, vi) = told(("3", "13"), ("6", "26")).unwrap();
        assert_eq!(vi, "số công bố là “6/26”, công thức cho “3/13”");
        assert_eq!(told(("3", "13"), ("3", "13")), None);
    }
}
