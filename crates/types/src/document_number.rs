//! The number and symbol of an official document, such as "05/BC-UBND".

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{invalid::InvalidText, text};

/// Most characters a number may have.
const MOST: usize = 100;

/// The number and symbol of an official document (NĐ 30/2020/NĐ-CP, Điều 8 and Điều 15),
/// kept exactly as written: "847/STTTT-BCVT&CNTT".
///
/// Real documents break the decree's form, so no form is asked for. White space around the
/// number is not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentNumber(String);

impl DocumentNumber {
    /// Returns the number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what the number is found by: without case, spaces and accents.
    #[must_use]
    pub fn search_key(&self) -> String {
        text::fold(&self.0)
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect()
    }

    /// Writes a new number: "05/BC-UBND". Numbers below 10 get a leading 0
    /// (NĐ 30/2020/NĐ-CP, Điều 15 and Phụ lục I).
    #[must_use]
    pub fn compose(number: u32, symbol: &str) -> String {
        format!("{number:02}/{symbol}")
    }
}

impl FromStr for DocumentNumber {
    type Err = InvalidText;

    fn from_str(sent: &str) -> Result<Self, InvalidText> {
        let number = sent.trim();
        let length = number.chars().count();
        if length == 0 {
            return Err(InvalidText::new(
                "REQUIRED",
                "the document number is empty",
                "số, ký hiệu văn bản bị bỏ trống",
            ));
        }
        if length > MOST {
            return Err(InvalidText::new(
                "TOO_LONG",
                format!("has {length} characters, at most {MOST} are allowed"),
                format!("có {length} ký tự, tối đa {MOST} ký tự"),
            ));
        }
        if number.chars().any(char::is_control) {
            // What is sent back is printable, or it would break the message as well.
            let shown = InvalidText::excerpt(&number.replace(char::is_control, "\u{fffd}"));
            return Err(InvalidText::new(
                "CONTROL_CHARACTER",
                format!("`{shown}` has a control character"),
                format!("“{shown}” có ký tự điều khiển"),
            ));
        }
        Ok(Self(number.to_owned()))
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl TryFrom<String> for DocumentNumber {
    type Error = InvalidText;

    fn try_from(sent: String) -> Result<Self, InvalidText> {
        sent.parse()
    }
}

impl From<DocumentNumber> for String {
    fn from(number: DocumentNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> DocumentNumber {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_stays_as_the_department_wrote_it() {
        for written in [
            "847/STTTT-BCVT&CNTT",
            "05/BC-UBND",
            "09/2019/NĐ-CP",
            "1234/QĐ-UBND ngày 22/6/2022",
            "Không số",
        ] {
            assert_eq!(number(written).as_str(), written);
            assert_eq!(number(written).to_string(), written);
        }
    }

    #[test]
    fn a_clerk_finds_it_without_accents() {
        let key = number("1234 / QĐ-UBND").search_key();
        assert_eq!(key, number("1234/qd-ubnd").search_key());
        assert_ne!(key, number("1235/QĐ-UBND").search_key());
        assert_eq!(
            number("847/STTTT-BCVT&CNTT").search_key(),
            "847/stttt-bcvt&cntt"
        );
    }

    #[test]
    fn the_first_nine_numbers_of_the_year_are_padded() {
        assert_eq!(DocumentNumber::compose(5, "BC-UBND"), "05/BC-UBND");
        assert_eq!(DocumentNumber::compose(10, "BC-UBND"), "10/BC-UBND");
        assert_eq!(
            DocumentNumber::compose(847, "STTTT-BCVT&CNTT"),
            "847/STTTT-BCVT&CNTT"
        );
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for (sent, reason) in [
            ("", "REQUIRED"),
            (" \n", "REQUIRED"),
            ("05\n/BC-UBND", "CONTROL_CHARACTER"),
            ("05/BC\0", "CONTROL_CHARACTER"),
        ] {
            assert_eq!(sent.parse::<DocumentNumber>().unwrap_err().reason, reason);
        }
        let longest = "Đ".repeat(100);
        assert_eq!(number(&longest).as_str(), longest);
        let refused = format!("{longest}Đ").parse::<DocumentNumber>().unwrap_err();
        assert_eq!(refused.reason, "TOO_LONG");
    }

    proptest! {
        #[test]
        fn what_was_read_reads_back(sent in "\\PC{0,120}") {
            if let Ok(read) = sent.parse::<DocumentNumber>() {
                prop_assert_eq!(read.as_str(), sent.trim());
                prop_assert_eq!(&number(read.as_str()), &read);
                prop_assert!(!read.search_key().contains(char::is_whitespace));
            }
        }
    }
}
