//! What is wrong with a formula, in both languages, and where.

use kit::Reason;
use types::violations::Invalid;

/// What is wrong, and at which character, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) reason: &'static Reason,
    pub(crate) column: usize,
    pub(crate) en: String,
    pub(crate) vi: String,
}

impl Problem {
    /// Makes a problem; `{name}` in the reason's texts stands for a fact, `{column}` for
    /// the place.
    pub(crate) fn new(reason: &'static Reason, column: usize, facts: &[(&str, String)]) -> Self {
        let fill = |text: &str| {
            let text = text.replace("{column}", &column.to_string());
            facts.iter().fold(text, |text, (name, fact)| {
                text.replace(&format!("{{{name}}}"), fact)
            })
        };
        Self {
            reason,
            column,
            en: fill(reason.en),
            vi: fill(reason.vi),
        }
    }

    /// Notes it beside a field.
    pub(crate) fn note(self, field: &str, bad: &mut Invalid) {
        bad.add(field, self.reason.code, self.en, self.vi);
    }
}
