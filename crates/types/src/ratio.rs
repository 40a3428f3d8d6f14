//! Shares that keep their numerator, their denominator and what was published.

use serde::{Deserialize, Serialize};

use crate::{decimal::Decimal, invalid::InvalidText, percent::Percent};

/// Digits after the comma of a computed share.
const COMPUTED_SCALE: u8 = 2;

/// A share as an agency gave it: the two numbers, the percentage it stated, or both.
///
/// The two numbers are the data. The stated percentage is kept beside them even when it
/// disagrees: that is an issue to show, not an error to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub struct Ratio(Known);

/// What is known of a share; at least one of the two is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Known {
    Parts(Parts),
    Stated(Percent),
    Both(Parts, Percent),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Parts {
    numerator: Decimal,
    denominator: Decimal,
    computed: Percent,
}

/// A ratio as it is written down.
#[derive(Serialize, Deserialize)]
struct Given {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<(Decimal, Decimal)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stated: Option<Percent>,
}

/// Something about a share that a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RatioIssue {
    /// Only a percentage was stated, so the share cannot be added up.
    PartsMissing,
    /// The stated percentage is neither the computed one rounded nor cut off.
    Mismatch {
        /// What the agency wrote.
        stated: Percent,
        /// What its numbers give.
        computed: Percent,
    },
}

impl Ratio {
    /// Takes numerator and denominator, the stated percentage, or both.
    ///
    /// # Errors
    /// Refuses a ratio of nothing, numbers below 0, a denominator of 0 (nothing arose,
    /// which is an absence) and a share of too many digits.
    pub fn new(
        parts: Option<(Decimal, Decimal)>,
        stated: Option<Percent>,
    ) -> Result<Self, InvalidText> {
        let parts = parts
            .map(|(numerator, denominator)| Parts::new(numerator, denominator))
            .transpose()?;
        match (parts, stated) {
            (Some(parts), None) => Ok(Self(Known::Parts(parts))),
            (None, Some(stated)) => Ok(Self(Known::Stated(stated))),
            (Some(parts), Some(stated)) => Ok(Self(Known::Both(parts, stated))),
            (None, None) => Err(InvalidText::new(
                "REQUIRED",
                "needs a numerator and a denominator, or a stated percentage",
                "cần có tử số và mẫu số, hoặc tỷ lệ đã công bố",
            )),
        }
    }

    /// Returns numerator and denominator.
    #[must_use]
    pub fn parts(&self) -> Option<(Decimal, Decimal)> {
        self.known_parts().map(|it| (it.numerator, it.denominator))
    }

    /// Returns what the agency wrote.
    #[must_use]
    pub fn stated_percent(&self) -> Option<Percent> {
        match self.0 {
            Known::Parts(_) => None,
            Known::Stated(stated) | Known::Both(_, stated) => Some(stated),
        }
    }

    /// Returns what the numbers give, with 2 digits after the comma, half up.
    #[must_use]
    pub fn percent(&self) -> Option<Percent> {
        self.known_parts().map(|it| it.computed)
    }

    /// Returns the percentage to print: as stated, or else as computed.
    #[must_use]
    pub fn shown_percent(&self) -> Percent {
        match self.0 {
            Known::Parts(parts) => parts.computed,
            Known::Stated(stated) | Known::Both(_, stated) => stated,
        }
    }

    /// Returns what a person should look at.
    #[must_use]
    pub fn issues(&self) -> Vec<RatioIssue> {
        match self.0 {
            Known::Stated(_) => vec![RatioIssue::PartsMissing],
            Known::Both(parts, stated) if !parts.agree_with(stated) => {
                let computed = parts.computed;
                vec![RatioIssue::Mismatch { stated, computed }]
            }
            Known::Parts(_) | Known::Both(..) => Vec::new(),
        }
    }

    fn known_parts(&self) -> Option<Parts> {
        match self.0 {
            Known::Parts(parts) | Known::Both(parts, _) => Some(parts),
            Known::Stated(_) => None,
        }
    }
}

impl Parts {
    fn new(numerator: Decimal, denominator: Decimal) -> Result<Self, InvalidText> {
        if numerator.is_negative() {
            return Err(InvalidText::new(
                "OUT_OF_RANGE",
                format!("has the numerator `{numerator}`, which is below 0"),
                format!("có tử số `{numerator}` nhỏ hơn 0"),
            ));
        }
        if denominator.is_zero() {
            return Err(InvalidText::new(
                "DENOMINATOR_ZERO",
                "has the denominator 0: send the absence NOT_ARISEN instead of a ratio",
                "có mẫu số bằng 0: hãy gửi trạng thái “chưa phát sinh” (NOT_ARISEN) thay cho tỷ lệ",
            ));
        }
        if denominator.is_negative() {
            return Err(InvalidText::new(
                "OUT_OF_RANGE",
                format!("has the denominator `{denominator}`, which is below 0"),
                format!("có mẫu số `{denominator}` nhỏ hơn 0"),
            ));
        }
        let computed = Percent::of(numerator, denominator, COMPUTED_SCALE).ok_or_else(|| {
            InvalidText::new(
                "OUT_OF_RANGE",
                format!("`{numerator}` of `{denominator}` is a share of more than 18 digits"),
                format!("`{numerator}` trên `{denominator}` cho tỷ lệ có hơn 18 chữ số"),
            )
        })?;
        Ok(Self {
            numerator,
            denominator,
            computed,
        })
    }

    /// Agencies round as well as cut off; both are taken at the digits they wrote.
    fn agree_with(&self, stated: Percent) -> bool {
        let scale = stated.decimal().scale();
        let rounded = Percent::of(self.numerator, self.denominator, scale);
        let cut = Percent::of_truncated(self.numerator, self.denominator, scale);
        rounded == Some(stated) || cut == Some(stated)
    }
}

impl TryFrom<Given> for Ratio {
    type Error = InvalidText;

    fn try_from(given: Given) -> Result<Self, InvalidText> {
        Self::new(given.parts, given.stated)
    }
}

impl From<Ratio> for Given {
    fn from(ratio: Ratio) -> Self {
        Self {
            parts: ratio.parts(),
            stated: ratio.stated_percent(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn percent(text: &str) -> Percent {
        text.parse().unwrap()
    }

    fn ratio(numerator: &str, denominator: &str, stated: Option<&str>) -> Ratio {
        let parts = (decimal(numerator), decimal(denominator));
        Ratio::new(Some(parts), stated.map(percent)).unwrap()
    }

    #[test]
    fn numbers_alone_give_a_computed_share() {
        let handled = ratio("15684", "25963", None);
        assert_eq!(handled.parts(), Some((decimal("15684"), decimal("25963"))));
        assert_eq!(handled.stated_percent(), None);
        assert_eq!(handled.percent(), Some(percent("60.41")));
        assert_eq!(handled.shown_percent().to_vietnamese(), "60,41%");
        assert_eq!(handled.issues(), []);
    }

    #[test]
    fn a_percentage_alone_is_kept_and_noted() {
        let exchanged = Ratio::new(None, Some(percent("99"))).unwrap();
        assert_eq!(exchanged.parts(), None);
        assert_eq!(exchanged.percent(), None);
        assert_eq!(exchanged.shown_percent().to_vietnamese(), "99%");
        assert_eq!(exchanged.issues(), [RatioIssue::PartsMissing]);
    }

    #[test]
    fn rounded_and_cut_off_percentages_agree() {
        // 86 of 93 is 92,473…%.
        for fine in ["92.4", "92.5", "92.47", "92", "92.473"] {
            let it = ratio("86", "93", Some(fine));
            assert_eq!(it.issues(), [], "{fine}");
            assert_eq!(it.shown_percent(), percent(fine));
            assert_eq!(it.percent(), Some(percent("92.47")));
        }
    }

    #[test]
    fn another_percentage_is_kept_and_noted() {
        for wrong in ["92.40", "92.48", "93", "9.2"] {
            let (stated, computed) = (percent(wrong), percent("92.47"));
            let it = ratio("86", "93", Some(wrong));
            assert_eq!(it.issues(), [RatioIssue::Mismatch { stated, computed }]);
            assert_eq!(it.shown_percent(), stated);
        }
    }

    #[test]
    fn a_denominator_of_zero_is_an_absence() {
        let none = Ratio::new(Some((Decimal::ZERO, decimal("0.0"))), None).unwrap_err();
        assert!(none.en.contains("NOT_ARISEN"), "{none}");
    }

    #[test]
    fn what_is_no_share_is_refused() {
        let reason = |n, d| {
            let parts = Some((decimal(n), decimal(d)));
            Ratio::new(parts, None).unwrap_err().reason
        };
        assert_eq!(Ratio::new(None, None).unwrap_err().reason, "REQUIRED");
        assert_eq!(reason("-1", "2"), "OUT_OF_RANGE");
        assert_eq!(reason("1", "-2"), "OUT_OF_RANGE");
        assert_eq!(reason("999999999999999999", "0.000001"), "OUT_OF_RANGE");
    }
}
