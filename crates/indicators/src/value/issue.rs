//! What a person should look at in a figure, in both languages.

use kit::Reason;
use types::{
    decimal::Decimal,
    ids::ValueId,
    percent::Percent,
    quantity::{Content, Quantity, Value},
    ratio::Ratio,
    violations::Violation,
};

use crate::{
    evidence::Evidence,
    indicator::Manner,
    reason::{
        PUBLISHED_MISMATCH, RATIO_ABOVE_WHOLE, RATIO_MISMATCH, RATIO_NOT_ROUNDED,
        RATIO_PARTS_MISSING, VALUE_WITHOUT_EVIDENCE,
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) field: String,
    pub(crate) en: String,
    pub(crate) vi: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Good to know.
    Info,
    /// To be looked at; does not stop the work.
    Warning,
    /// Refuses the item.
    Error,
}

impl Issue {
    /// Makes an issue; `{name}` in the reason's texts stands for a fact.
    pub(crate) fn new(
        severity: Severity,
        reason: &Reason,
        field: String,
        facts: &[(&str, String)],
    ) -> Self {
        let fill = |text: &str| {
            facts.iter().fold(text.to_owned(), |text, (name, fact)| {
                text.replace(&format!("{{{name}}}"), fact)
            })
        };
        Self {
            severity,
            code: reason.code,
            field,
            en: fill(reason.en),
            vi: fill(reason.vi),
        }
    }
}

impl From<Violation> for Issue {
    fn from(violation: Violation) -> Self {
        Self {
            severity: Severity::Error,
            code: violation.reason,
            field: violation.field,
            en: violation.en,
            vi: violation.vi,
        }
    }
}

/// Returns what is odd about a figure and yet no reason to refuse it. `field` is the path
/// of the figure.
pub(crate) fn of_quantity(quantity: &Quantity, field: &str, manner: Manner) -> Vec<Issue> {
    match quantity.content() {
        Content::Absent(_) => Vec::new(),
        Content::Value(Value::Ratio(ratio)) if manner.style.as_parts => {
            let points = ratio.parts().map(|(it, _)| it);
            let issue = points.and_then(|it| of_published(it, quantity, field));
            issue.into_iter().collect()
        }
        Content::Value(Value::Ratio(ratio)) => of_ratio(ratio, quantity, field, manner),
        Content::Value(value) => {
            let issue = number_of(value).and_then(|it| of_published(it, quantity, field));
            issue.into_iter().collect()
        }
    }
}

/// Returns the number of a value that is printed as one.
fn number_of(value: &Value) -> Option<Decimal> {
    match value {
        Value::Count(count) => Decimal::from_i64(*count).ok(),
        Value::Money(money) => Decimal::from_i64(money.vnd()).ok(),
        Value::Decimal(decimal) => Some(*decimal),
        _ => None,
    }
}

/// Returns what is told of a figure whose indicator asks for evidence: that it has none. An
/// absence has nothing to prove. `field` is the path of the evidence.
pub(crate) fn without_evidence(
    id: &ValueId,
    quantity: &Quantity,
    evidence: &[Evidence],
    field: &str,
) -> Option<Issue> {
    let is_value = matches!(quantity.content(), Content::Value(_));
    let facts = [("indicator", id.indicator.name())];
    let reason = &VALUE_WITHOUT_EVIDENCE;
    (is_value && evidence.is_empty())
        .then(|| Issue::new(Severity::Warning, reason, field.to_owned(), &facts))
}

fn of_ratio(ratio: &Ratio, quantity: &Quantity, field: &str, manner: Manner) -> Vec<Issue> {
    let field = format!("{field}.ratio");
    let (Some((numerator, denominator)), Some(computed)) = (ratio.parts(), ratio.percent()) else {
        let stated = ratio.shown_percent();
        let facts = [
            ("stated_en", format!("{stated}%")),
            ("stated_vi", stated.to_vietnamese()),
        ];
        let missing = Issue::new(Severity::Warning, &RATIO_PARTS_MISSING, field, &facts);
        return vec![missing];
    };
    let mut issues = Vec::new();
    let over = numerator.checked_sub(denominator);
    if manner.within_whole && over.is_some_and(is_above_zero) {
        let facts = [
            ("numerator_en", numerator.to_string()),
            ("numerator_vi", numerator.to_vietnamese()),
            ("denominator_en", denominator.to_string()),
            ("denominator_vi", denominator.to_vietnamese()),
        ];
        let reason = &RATIO_ABOVE_WHOLE;
        issues.push(Issue::new(Severity::Warning, reason, field.clone(), &facts));
    }
    let printed = || number(quantity).and_then(|it| Percent::new(it).ok());
    if let Some(stated) = ratio.stated_percent().or_else(printed) {
        let rounded = Percent::of(numerator, denominator, stated.decimal().scale());
        if rounded != Some(stated) {
            let facts = [
                ("stated_en", format!("{stated}%")),
                ("stated_vi", stated.to_vietnamese()),
                ("computed_en", format!("{computed}%")),
                ("computed_vi", computed.to_vietnamese()),
            ];
            let (severity, reason) = if is_near(stated, computed) {
                (Severity::Info, &RATIO_NOT_ROUNDED)
            } else {
                (Severity::Warning, &RATIO_MISMATCH)
            };
            issues.push(Issue::new(severity, reason, field, &facts));
        }
    }
    issues
}

/// Compares the words that were published with the number that was sent.
fn of_published(sent: Decimal, quantity: &Quantity, field: &str) -> Option<Issue> {
    let published = number(quantity)?;
    let differs = published.checked_sub(sent).is_none_or(|it| !it.is_zero());
    let facts = [
        (
            "published",
            quantity.published().unwrap_or_default().to_owned(),
        ),
        ("sent_en", sent.to_string()),
        ("sent_vi", sent.to_vietnamese()),
    ];
    let field = format!("{field}.published");
    differs.then(|| Issue::new(Severity::Warning, &PUBLISHED_MISMATCH, field, &facts))
}

/// Returns the number in the words that were published, when there is nothing else in
/// them but the qualifier and a percent sign.
fn number(quantity: &Quantity) -> Option<Decimal> {
    let words = quantity.published()?;
    let bare = words.strip_prefix(quantity.qualifier().to_vietnamese())?;
    let bare = bare.strip_suffix('%').unwrap_or(bare).trim();
    Decimal::parse_vietnamese(bare).ok()
}

/// A tenth of a percentage point is what cutting off instead of rounding makes.
pub(super) fn is_near(stated: Percent, computed: Percent) -> bool {
    let apart = stated.decimal().checked_sub(computed.decimal());
    let tenth = Decimal::new(1, 1).ok();
    apart.zip(tenth).is_some_and(|(apart, tenth)| {
        let over = apart.checked_sub(tenth).is_some_and(is_above_zero);
        let under = apart.checked_add(tenth).is_some_and(Decimal::is_negative);
        !over && !under
    })
}

fn is_above_zero(it: Decimal) -> bool {
    !it.is_negative() && !it.is_zero()
}

#[cfg(test)]
mod tests {
    use types::quantity::Style;

    use super::*;

    const SHARE: Manner = Manner {
        style: Style {
            scale: None,
            as_parts: false,
        },
        within_whole: true,
    };

    fn share(parts: Option<(&str, &str)>, stated: &str) -> Quantity {
        let parts = parts.map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
        let stated = Some(stated.parse().unwrap());
        Quantity::value(Value::Ratio(Ratio::new(parts, stated).unwrap()))
    }

    #[test]
    fn the_99_percent_of_minh_long_is_kept_and_marked() {
        let issues = of_quantity(&share(None, "99"), "quantity", SHARE);
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0].severity, Severity::Warning);
        assert_eq!(issues[0].code, "RATIO_PARTS_MISSING");
        assert_eq!(issues[0].field, "quantity.ratio");
        assert!(issues[0].vi.contains("chỉ có tỷ lệ 99%"));
    }

    fn codes(quantity: &Quantity) -> Vec<(Severity, &'static str)> {
        let issues = of_quantity(quantity, "quantity", SHARE).into_iter();
        issues.map(|it| (it.severity, it.code)).collect()
    }

    #[test]
    fn the_92_4_percent_of_4817_in_5209_is_tolerated_and_told() {
        let cut = share(Some(("4817", "5209")), "92.4");
        let issues = of_quantity(&cut, "quantity", SHARE);
        assert_eq!(codes(&cut), [(Severity::Info, "RATIO_NOT_ROUNDED")]);
        assert!(issues[0].vi.contains("92,4%") && issues[0].vi.contains("92,47%"));
        assert_eq!(codes(&share(Some(("4817", "5209")), "92.5")), []);
        assert_eq!(codes(&share(Some(("4817", "5209")), "92")), []);
        let issues = of_quantity(&share(Some(("4817", "5209")), "93.4"), "quantity", SHARE);
        assert_eq!(issues[0].code, "RATIO_MISMATCH");
        assert_eq!(issues[0].en, "93.4% is stated, the numbers give 92.47%");
        assert_eq!(issues[0].vi, "tỷ lệ công bố là 93,4%, số liệu cho 92,47%");
    }

    #[test]
    fn a_tenth_of_a_point_is_the_bound_on_both_sides() {
        // Half of the cases is 50%.
        for (stated, severity) in [
            ("50.1", Severity::Info),
            ("49.9", Severity::Info),
            ("50.11", Severity::Warning),
            ("49.89", Severity::Warning),
        ] {
            let found = codes(&share(Some(("1", "2")), stated));
            assert_eq!(found[0].0, severity, "{stated}");
        }
    }

    #[test]
    fn more_than_the_whole_is_marked_and_kept() {
        let over = share(Some(("9", "8")), "112.5");
        assert_eq!(codes(&over), [(Severity::Warning, "RATIO_ABOVE_WHOLE")]);
        assert_eq!(codes(&share(Some(("8", "8")), "100")), []);
        // Where the definition says that a numerator is no part of its denominator.
        let rate = Manner {
            within_whole: false,
            ..SHARE
        };
        assert!(of_quantity(&over, "quantity", rate).is_empty());
    }

    #[test]
    fn points_are_compared_with_what_was_printed_as_points() {
        use types::quantity::Qualifier;
        let score = Manner {
            style: Style {
                scale: None,
                as_parts: true,
            },
            within_whole: false,
        };
        let printed = |words: &str| {
            let parts = ("17.25".parse().unwrap(), "20".parse().unwrap());
            let points = Value::Ratio(Ratio::new(Some(parts), None).unwrap());
            let content = Content::Value(points);
            let quantity = Quantity::new(content, Qualifier::Exact, Some(words.into()));
            let told = of_quantity(&quantity.unwrap(), "quantity", score);
            told.into_iter().map(|it| it.code).collect::<Vec<_>>()
        };
        assert!(printed("17,25").is_empty() && printed("17,25/20").is_empty());
        assert_eq!(printed("17,52"), ["PUBLISHED_MISMATCH"]);
    }

    #[test]
    fn printed_words_are_compared_with_the_number_when_they_hold_one() {
        use types::quantity::Qualifier;
        let printed = |count, qualifier, words: &str| {
            let content = Content::Value(Value::Count(count));
            let quantity = Quantity::new(content, qualifier, Some(words.into()));
            codes(&quantity.unwrap())
        };
        assert_eq!(printed(15_684, Qualifier::Exact, "15.684"), []);
        assert_eq!(printed(15_684, Qualifier::MoreThan, "trên 15.684"), []);
        assert_eq!(printed(15_684, Qualifier::Exact, "15.684 hồ sơ"), []);
        let found = printed(15_684, Qualifier::Exact, "15.648");
        assert_eq!(found, [(Severity::Warning, "PUBLISHED_MISMATCH")]);
        let parts = ("4817".parse().unwrap(), "5209".parse().unwrap());
        let ratio = Value::Ratio(Ratio::new(Some(parts), None).unwrap());
        let words = Some("94,2%".into());
        let share = Quantity::new(Content::Value(ratio), Qualifier::Exact, words);
        assert_eq!(
            codes(&share.unwrap()),
            [(Severity::Warning, "RATIO_MISMATCH")]
        );
    }
}
