//! Everything that is wrong with one request, field by field.

use std::{fmt, str::FromStr};

use crate::{invalid::InvalidText, text};

/// One field that cannot be accepted, and why, in both languages (AIP-193).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `items[3].quantity.ratio.denominator`.
    pub field: String,
    /// Stable reason in capitals, such as `REQUIRED`.
    pub reason: &'static str,
    /// English text.
    pub en: String,
    /// Vietnamese text.
    pub vi: String,
}

/// Collects every bad field of a request, so that a person mends them all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalid {
    violations: Vec<Violation>,
}

impl Invalid {
    /// Starts with one violation.
    pub fn field(
        field: impl Into<String>,
        reason: &'static str,
        en: impl Into<String>,
        vi: impl Into<String>,
    ) -> Self {
        let mut invalid = Self::default();
        invalid.add(field, reason, en, vi);
        invalid
    }

    /// Notes one bad field.
    pub fn add(
        &mut self,
        field: impl Into<String>,
        reason: &'static str,
        en: impl Into<String>,
        vi: impl Into<String>,
    ) {
        self.violations.push(Violation {
            field: field.into(),
            reason,
            en: en.into(),
            vi: vi.into(),
        });
    }

    /// Notes a field that was left out.
    pub fn missing(&mut self, field: impl Into<String>) {
        self.add(field, "REQUIRED", "is required", "là bắt buộc");
    }

    /// Takes what was read, or notes why it could not be.
    pub fn take<T>(&mut self, field: impl Into<String>, read: Result<T, InvalidText>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(why) => {
                self.add(field, why.reason, why.en, why.vi);
                None
            }
        }
    }

    /// Reads a required value from text.
    pub fn required<T>(&mut self, field: impl Into<String>, value: &str) -> Option<T>
    where
        T: FromStr<Err = InvalidText>,
    {
        if value.is_empty() {
            self.missing(field);
            return None;
        }
        self.take(field, value.parse())
    }

    /// Reads a value that may be left out. The outer `None` means that it was bad.
    pub fn optional<T>(&mut self, field: impl Into<String>, value: &str) -> Option<Option<T>>
    where
        T: FromStr<Err = InvalidText>,
    {
        if value.is_empty() {
            return Some(None);
        }
        self.take(field, value.parse()).map(Some)
    }

    /// Reads one line of required text of at most `max` characters.
    pub fn line(&mut self, field: impl Into<String>, value: &str, max: usize) -> Option<String> {
        let field = field.into();
        let line = self.optional_line(field.clone(), value, max)?;
        if line.is_empty() {
            self.missing(field);
            return None;
        }
        Some(line)
    }

    /// Reads one line of text that may be empty, of at most `max` characters.
    pub fn optional_line(
        &mut self,
        field: impl Into<String>,
        value: &str,
        max: usize,
    ) -> Option<String> {
        let field = field.into();
        let cleaned = self.take(field.clone(), text::clean(value))?;
        self.within(field, cleaned, max)
    }

    /// Reads text of several lines that may be empty, of at most `max` characters.
    pub fn lines(&mut self, field: impl Into<String>, value: &str, max: usize) -> Option<String> {
        let field = field.into();
        let cleaned = self.take(field.clone(), text::clean_multiline(value))?;
        self.within(field, cleaned, max)
    }

    fn within(&mut self, field: String, value: String, max: usize) -> Option<String> {
        let length = value.chars().count();
        if length > max {
            self.add(
                field,
                "TOO_LONG",
                format!("has {length} characters, at most {max} are allowed"),
                format!("có {length} ký tự, tối đa {max} ký tự"),
            );
            return None;
        }
        Some(value)
    }

    /// Notes a list that has too many entries, and says whether it is short enough.
    pub fn at_most(&mut self, field: impl Into<String>, count: usize, max: usize) -> bool {
        if count > max {
            self.add(
                field,
                "OUT_OF_RANGE",
                format!("has {count} entries, at most {max} are allowed"),
                format!("có {count} phần tử, tối đa {max} phần tử"),
            );
        }
        count <= max
    }

    /// Returns the violations in the order they were found.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Says whether nothing was bad.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.violations.is_empty()
    }

    /// Succeeds when nothing was bad.
    ///
    /// # Errors
    /// Returns itself when a field was bad.
    pub fn check(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.violations.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(
                formatter,
                "{separator}`{}` {}",
                violation.field, violation.en
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UnitId;

    #[test]
    fn all_bad_fields_are_told_at_once() {
        let mut bad = Invalid::default();
        assert_eq!(bad.line("unit.display_name", "  ", 200), None);
        assert_eq!(bad.required::<UnitId>("unit.parent_unit", "units/Sở"), None);
        assert_eq!(bad.optional::<UnitId>("owner_unit", ""), Some(None));
        assert_eq!(bad.optional_line("note", "quá dài", 3), None);
        let fields: Vec<_> = bad
            .violations()
            .iter()
            .map(|it| it.field.as_str())
            .collect();
        assert_eq!(fields, ["unit.display_name", "unit.parent_unit", "note"]);
    }
}
