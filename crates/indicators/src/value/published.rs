//! What an agency published beside what is computed: both are kept, and a difference is
//! shown, never refused.

use std::cmp::Ordering;

use types::{
    decimal::Decimal,
    percent::Percent,
    quantity::{Content, Qualifier, Quantity, Value},
    ratio::Ratio,
};

use super::{
    IndicatorValue,
    derived::Listed,
    issue::{Issue, Severity, is_near},
};
use crate::{
    formula::Number,
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
    pub(crate) fn difference(&self) -> Option<Issue> {
        let computed = match &self.computed {
            Listed::Figure(figure) => Some(&figure.quantity),
            Listed::Beside(_) | Listed::NotComputed(_) => None,
        };
        compare(computed, &self.published.quantity)
    }
}

/// How a published number lies to the computed one.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Same,
    /// Within a tenth of a percentage point.
    Near,
    Apart,
}

fn compare(computed: Option<&Quantity>, published: &Quantity) -> Option<Issue> {
    let field = String::from("published_quantity");
    let words = ("published", published.to_vietnamese());
    let values = computed.map(|it| (it.content(), published.content()));
    let (found, computed) = match (values, computed) {
        (Some((Content::Value(Value::Ratio(now)), Content::Value(Value::Ratio(said)))), _) => {
            let (now, said) = (percent(now), said.shown_percent());
            let found = ratios(now, said, published.qualifier());
            let (severity, reason) = match found {
                Found::Same => return None,
                Found::Near => (Severity::Info, &RATIO_NOT_ROUNDED),
                Found::Apart => (Severity::Warning, &RATIO_MISMATCH),
            };
            let facts = [
                ("stated_en", format!("{said}%")),
                ("stated_vi", said.to_vietnamese()),
                ("computed_en", format!("{now}%")),
                ("computed_vi", now.to_vietnamese()),
            ];
            return Some(Issue::new(severity, reason, field, &facts));
        }
        (Some((Content::Value(now), Content::Value(said))), Some(computed)) => {
            (values_of(now, said, published.qualifier()), computed)
        }
        (Some((Content::Absent(now), Content::Absent(said))), _) if now == said => return None,
        (Some((Content::Absent(_), Content::Value(_))) | None, _) => {
            let (severity, reason) = (Severity::Info, &PUBLISHED_NOT_COMPUTED);
            return Some(Issue::new(severity, reason, field, &[words]));
        }
        (_, Some(computed)) => (Found::Apart, computed),
        (_, None) => return None,
    };
    if found == Found::Same {
        return None;
    }
    let facts = [words, ("computed", computed.to_vietnamese())];
    let severity = Severity::Warning;
    Some(Issue::new(severity, &PUBLISHED_DIFFERS, field, &facts))
}

/// Returns the percentage the numbers of a share give.
fn percent(ratio: &Ratio) -> Percent {
    ratio.percent().unwrap_or_else(|| ratio.shown_percent())
}

/// Compares percentages: rounded to as many digits as were published they are the same.
fn ratios(now: Percent, said: Percent, qualifier: Qualifier) -> Found {
    match numbers(now.decimal(), said.decimal(), qualifier) {
        Found::Apart if is_near(said, now) => Found::Near,
        found => found,
    }
}

fn values_of(now: &Value, said: &Value, qualifier: Qualifier) -> Found {
    let number = |value: &Value| match value {
        Value::Count(count) => Decimal::from_i64(*count).ok(),
        Value::Money(money) => Decimal::from_i64(money.vnd()).ok(),
        Value::Decimal(decimal) => Some(*decimal),
        Value::Ratio(_) | Value::Flag(_) | Value::Choice(_) | Value::Text(_) => None,
    };
    match (number(now), number(said)) {
        (Some(now), Some(said)) => numbers(now, said, qualifier),
        _ if now == said => Found::Same,
        _ => Found::Apart,
    }
}

/// Compares numbers, rounded to the digits that were published. One that was published as a
/// bound fits everything on its side, and one that was called about so everything near by
/// that nobody can check.
fn numbers(now: Decimal, said: Decimal, qualifier: Qualifier) -> Found {
    use Qualifier::{About, AtLeast, AtMost, Estimated, Exact, LessThan, MoreThan, Nearly};
    let rounded = Number::from(now).to_decimal(said.scale());
    let order = Number::from(rounded.unwrap_or(now)).cmp(&said.into());
    let fits = match qualifier {
        Exact => order == Ordering::Equal,
        MoreThan | AtLeast => order != Ordering::Less,
        LessThan | Nearly | AtMost => order != Ordering::Greater,
        About | Estimated => true,
    };
    if fits { Found::Same } else { Found::Apart }
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
        let issue = compare(Some(computed), published);
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
            compare(None, &hundred).unwrap().code,
            "PUBLISHED_NOT_COMPUTED"
        );
    }
}
