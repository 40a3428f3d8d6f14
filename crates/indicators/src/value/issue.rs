//! What a person should look at in a figure, in both languages.

use kit::Reason;
use types::{
    quantity::{Content, Quantity, Value},
    ratio::RatioIssue,
    violations::Violation,
};

use crate::reason::{RATIO_MISMATCH, RATIO_PARTS_MISSING};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issue {
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    pub(super) field: String,
    pub(super) en: String,
    pub(super) vi: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// To be looked at; does not stop the work.
    Warning,
    /// Refuses the item.
    Error,
}

impl Issue {
    /// Makes an issue; `{name}` in the reason's texts stands for a fact.
    pub(super) fn new(
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
pub(super) fn of_quantity(quantity: &Quantity, field: &str) -> Vec<Issue> {
    let Content::Value(Value::Ratio(ratio)) = quantity.content() else {
        return Vec::new();
    };
    let warn = |reason, facts: &[(&str, String)]| {
        Issue::new(Severity::Warning, reason, format!("{field}.ratio"), facts)
    };
    let issues = ratio.issues().into_iter().map(|it| match it {
        RatioIssue::PartsMissing => {
            let stated = ratio.shown_percent();
            let facts = [
                ("stated_en", format!("{stated}%")),
                ("stated_vi", stated.to_vietnamese()),
            ];
            warn(&RATIO_PARTS_MISSING, &facts)
        }
        RatioIssue::Mismatch { stated, computed } => {
            let facts = [
                ("stated_en", format!("{stated}%")),
                ("stated_vi", stated.to_vietnamese()),
                ("computed_en", format!("{computed}%")),
                ("computed_vi", computed.to_vietnamese()),
            ];
            warn(&RATIO_MISMATCH, &facts)
        }
    });
    issues.collect()
}

#[cfg(test)]
mod tests {
    use types::ratio::Ratio;

    use super::*;

    fn share(parts: Option<(&str, &str)>, stated: &str) -> Quantity {
        let parts = parts.map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
        let stated = Some(stated.parse().unwrap());
        Quantity::value(Value::Ratio(Ratio::new(parts, stated).unwrap()))
    }

    #[test]
    fn the_99_percent_of_minh_long_is_kept_and_marked() {
        let issues = of_quantity(&share(None, "99"), "quantity");
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0].severity, Severity::Warning);
        assert_eq!(issues[0].code, "RATIO_PARTS_MISSING");
        assert_eq!(issues[0].field, "quantity.ratio");
        assert!(issues[0].vi.contains("chỉ có tỷ lệ 99%"));
    }

    #[test]
    fn a_cut_off_percentage_agrees_and_a_wrong_one_is_marked() {
        assert!(of_quantity(&share(Some(("86", "93")), "92.4"), "quantity").is_empty());
        let issues = of_quantity(&share(Some(("86", "93")), "93.4"), "quantity");
        assert_eq!(issues[0].code, "RATIO_MISMATCH");
        assert_eq!(issues[0].en, "93.4% is stated, the numbers give 92.47%");
        assert_eq!(issues[0].vi, "tỷ lệ công bố là 93,4%, số liệu cho 92,47%");
    }
}
