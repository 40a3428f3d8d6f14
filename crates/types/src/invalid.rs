//! Why one text or value could not be read.

use std::fmt;

/// Tells why one text or value could not be read, in both languages: lower case, no
/// full stop, naming what was sent (at most 80 characters of it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidText {
    /// Stable reason in capitals, such as `PATTERN` or `OUT_OF_RANGE`.
    pub reason: &'static str,
    /// English text.
    pub en: String,
    /// Vietnamese text.
    pub vi: String,
}

impl InvalidText {
    /// Makes the error.
    pub fn new(reason: &'static str, en: impl Into<String>, vi: impl Into<String>) -> Self {
        Self {
            reason,
            en: en.into(),
            vi: vi.into(),
        }
    }

    /// Returns at most 80 characters of what was sent, for a message.
    #[must_use]
    pub fn excerpt(sent: &str) -> String {
        const MOST: usize = 80;
        if sent.chars().count() <= MOST {
            return sent.to_owned();
        }
        sent.chars().take(MOST - 1).chain(['…']).collect()
    }
}

impl fmt::Display for InvalidText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.en)
    }
}

impl std::error::Error for InvalidText {}
