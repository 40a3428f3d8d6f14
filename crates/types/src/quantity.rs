//! What was reported in one cell: a value or the reason why there is none.

use serde::{Deserialize, Serialize};

use crate::{
    decimal::{Decimal, group_thousands},
    invalid::InvalidText,
    money::Money,
    percent::Percent,
    ratio::Ratio,
    text,
};

/// A value of one of the kinds an indicator can have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Value {
    /// How many.
    Count(i64),
    /// How much, in the unit of the indicator.
    Decimal(Decimal),
    /// A share.
    Ratio(Ratio),
    /// An amount of money.
    Money(Money),
    /// Yes or no.
    Flag(bool),
    /// One of the choices of the indicator.
    Choice(String),
    /// Words where there is nothing to count.
    Text(String),
}

/// How the figures of an indicator are printed. What is kept never depends on it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Digits after the comma, rounded half up; none = as many as were given, and two of a
    /// percentage that is computed. A percentage that was stated stays as it was stated.
    pub scale: Option<u8>,
    /// Whether a share is printed as its parts: points of the maximum, place of how many.
    pub as_parts: bool,
}

impl Value {
    /// Writes the value in the Vietnamese way: `15.684`, `60,41%`, `Có`.
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        self.to_vietnamese_as(Style::default())
    }

    /// Writes the value as its indicator is printed: `17,25/20` instead of `86,25%`.
    #[must_use]
    pub fn to_vietnamese_as(&self, style: Style) -> String {
        match self {
            Self::Count(count) => group_thousands(*count),
            Self::Decimal(decimal) => rounded(*decimal, style).to_vietnamese(),
            Self::Ratio(ratio) => of_ratio(ratio, style),
            Self::Money(money) => money.to_vietnamese(),
            Self::Flag(true) => "Có".to_owned(),
            Self::Flag(false) => "Không".to_owned(),
            Self::Choice(words) | Self::Text(words) => words.clone(),
        }
    }
}

/// A number that is too long when it is rounded is printed as it is.
fn rounded(decimal: Decimal, style: Style) -> Decimal {
    let rounded = style.scale.and_then(|it| decimal.rescale_half_up(it));
    rounded.unwrap_or(decimal)
}

fn of_ratio(ratio: &Ratio, style: Style) -> String {
    let shown = ratio.shown_percent();
    let Some((numerator, denominator)) = ratio.parts() else {
        return shown.to_vietnamese();
    };
    if style.as_parts {
        // Whole points have no comma: `18/20`.
        let part = |it: Decimal| {
            let it = match style.scale {
                Some(scale) if it.scale() > scale => rounded(it, style),
                _ => it,
            };
            let written = it.to_vietnamese();
            match written.split_once(',') {
                Some(_) => written
                    .trim_end_matches('0')
                    .trim_end_matches(',')
                    .to_owned(),
                None => written,
            }
        };
        return format!("{}/{}", part(numerator), part(denominator));
    }
    let stated = ratio.stated_percent();
    let computed = style
        .scale
        .filter(|_| stated.is_none())
        .and_then(|it| Percent::of(numerator, denominator, it));
    computed.unwrap_or(shown).to_vietnamese()
}

/// Why there is no value. None of these is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Absence {
    /// No case arose, so there is nothing to count or to divide by.
    NotArisen,
    /// Planned, not begun.
    NotImplemented,
    /// Begun, not finished.
    InProgress,
    /// The unit has none of it yet.
    None,
    /// The indicator does not concern the unit.
    NotApplicable,
    /// It exists, but nobody gathered the figure.
    NotCollected,
}

impl Absence {
    /// Returns the words used in reports.
    #[must_use]
    pub const fn to_vietnamese(self) -> &'static str {
        match self {
            Self::NotArisen => "chưa phát sinh",
            Self::NotImplemented => "chưa thực hiện",
            Self::InProgress => "đang triển khai",
            Self::None => "chưa có",
            Self::NotApplicable => "không áp dụng",
            Self::NotCollected => "chưa thu thập",
        }
    }
}

/// How near a value is to the truth, in the reporter's own word.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Qualifier {
    /// As it is.
    #[default]
    Exact,
    /// A little more or less.
    About,
    /// More than.
    MoreThan,
    /// Less than.
    LessThan,
    /// Almost.
    Nearly,
    /// Not below.
    AtLeast,
    /// Not above.
    AtMost,
    /// Expected to be reached.
    Estimated,
}

impl Qualifier {
    /// Returns the word before the number; empty when it is exact.
    #[must_use]
    pub const fn to_vietnamese(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::About => "khoảng",
            Self::MoreThan => "trên",
            Self::LessThan => "dưới",
            Self::Nearly => "gần",
            Self::AtLeast => "tối thiểu",
            Self::AtMost => "tối đa",
            Self::Estimated => "ước đạt",
        }
    }
}

/// Either a value or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Content {
    /// There is a value.
    Value(Value),
    /// There is none.
    Absent(Absence),
}

/// What was reported in one cell, with its qualifier and the words that were published.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub struct Quantity {
    content: Content,
    qualifier: Qualifier,
    published: Option<String>,
}

/// A quantity as it is written down.
#[derive(Serialize, Deserialize)]
struct Given {
    content: Content,
    #[serde(default)]
    qualifier: Qualifier,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published: Option<String>,
}

impl Quantity {
    /// Takes a content, its qualifier and the words that were published, if they are
    /// known. Empty words count as none.
    ///
    /// # Errors
    /// Refuses an absence with a qualifier, and control characters in the words.
    pub fn new(
        content: Content,
        qualifier: Qualifier,
        published: Option<String>,
    ) -> Result<Self, InvalidText> {
        if let (Content::Absent(absence), true) = (&content, qualifier != Qualifier::Exact) {
            let (absence, qualifier) = (absence.to_vietnamese(), qualifier.to_vietnamese());
            return Err(InvalidText::new(
                "QUALIFIED_ABSENCE",
                format!("is absent (`{absence}`), so it takes no qualifier `{qualifier}`"),
                format!("đang là “{absence}” nên không thể kèm từ “{qualifier}”"),
            ));
        }
        let published = published
            .map(|it| text::clean(&it))
            .transpose()?
            .filter(|it| !it.is_empty());
        Ok(Self {
            content,
            qualifier,
            published,
        })
    }

    /// Takes an exact value.
    #[must_use]
    pub const fn value(value: Value) -> Self {
        Self {
            content: Content::Value(value),
            qualifier: Qualifier::Exact,
            published: None,
        }
    }

    /// Takes the reason why there is no value.
    #[must_use]
    pub const fn absent(absence: Absence) -> Self {
        Self {
            content: Content::Absent(absence),
            qualifier: Qualifier::Exact,
            published: None,
        }
    }

    /// Takes a value made out of others; nobody has published it.
    pub const fn computed(value: Value, qualifier: Qualifier) -> Self {
        Self {
            content: Content::Value(value),
            qualifier,
            published: None,
        }
    }

    /// Returns the value or the absence.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// Returns the qualifier.
    #[must_use]
    pub const fn qualifier(&self) -> Qualifier {
        self.qualifier
    }

    /// Returns the words that were published.
    #[must_use]
    pub fn published(&self) -> Option<&str> {
        self.published.as_deref()
    }

    /// Writes the quantity as a report does: the published words, or else the qualifier
    /// and the value, or the words of the absence.
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        self.to_vietnamese_as(Style::default())
    }

    /// Writes the same as its indicator is printed.
    #[must_use]
    pub fn to_vietnamese_as(&self, style: Style) -> String {
        if let Some(published) = &self.published {
            return published.clone();
        }
        match (&self.content, self.qualifier) {
            (Content::Absent(absence), _) => absence.to_vietnamese().to_owned(),
            (Content::Value(value), Qualifier::Exact) => value.to_vietnamese_as(style),
            (Content::Value(value), qualifier) => {
                let value = value.to_vietnamese_as(style);
                format!("{} {value}", qualifier.to_vietnamese())
            }
        }
    }
}

impl TryFrom<Given> for Quantity {
    type Error = InvalidText;

    fn try_from(given: Given) -> Result<Self, InvalidText> {
        Self::new(given.content, given.qualifier, given.published)
    }
}

impl From<Quantity> for Given {
    fn from(quantity: Quantity) -> Self {
        Self {
            content: quantity.content,
            qualifier: quantity.qualifier,
            published: quantity.published,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(percent: &str) -> Value {
        Value::Ratio(Ratio::new(None, Some(percent.parse().unwrap())).unwrap())
    }

    fn shown(value: Value, qualifier: Qualifier) -> String {
        Quantity::new(Content::Value(value), qualifier, None)
            .unwrap()
            .to_vietnamese()
    }

    #[test]
    fn the_seed_report_is_printed_back() {
        assert_eq!(shown(stated("99"), Qualifier::Exact), "99%");
        assert_eq!(shown(Value::Count(132), Qualifier::Exact), "132");
        assert_eq!(
            shown(Value::Count(15_684), Qualifier::MoreThan),
            "trên 15.684"
        );
        assert_eq!(
            shown(stated("60.41"), Qualifier::Estimated),
            "ước đạt 60,41%"
        );
        assert_eq!(Quantity::value(Value::Flag(true)).to_vietnamese(), "Có");
        assert_eq!(Quantity::value(Value::Flag(false)).to_vietnamese(), "Không");
        let online = Quantity::absent(Absence::NotArisen);
        assert_eq!(online.to_vietnamese(), "chưa phát sinh");
    }

    #[test]
    fn published_words_win_over_computed_ones() {
        let parts = ("86".parse().unwrap(), "93".parse().unwrap());
        let computed = Value::Ratio(Ratio::new(Some(parts), None).unwrap());
        assert_eq!(shown(computed.clone(), Qualifier::Exact), "92,47%");
        let published = Some(" 92,4% ".to_owned());
        let quantity =
            Quantity::new(Content::Value(computed), Qualifier::Exact, published).unwrap();
        assert_eq!(quantity.to_vietnamese(), "92,4%");
        assert_eq!(quantity.published(), Some("92,4%"));
    }

    #[test]
    fn points_and_places_are_printed_as_their_parts_and_digits_are_cut_at_the_edge_alone() {
        let parts = |a: &str, b: &str| {
            let parts = (a.parse().unwrap(), b.parse().unwrap());
            Value::Ratio(Ratio::new(Some(parts), None).unwrap())
        };
        let as_parts = Style {
            scale: Some(2),
            as_parts: true,
        };
        let of = |value: Value| Quantity::value(value).to_vietnamese_as(as_parts);
        assert_eq!(of(parts("17.25", "20")), "17,25/20");
        assert_eq!(of(parts("17.50", "20.00")), "17,5/20");
        assert_eq!(of(parts("17.255", "20")), "17,26/20");
        assert_eq!(of(parts("3", "13")), "3/13");
        assert_eq!(of(parts("1234", "11000")), "1.234/11.000");
        let to = |scale, value: Value| {
            Quantity::value(value).to_vietnamese_as(Style {
                scale: Some(scale),
                as_parts: false,
            })
        };
        assert_eq!(to(1, parts("9475", "15684")), "60,4%");
        assert_eq!(to(0, parts("1", "8")), "13%");
        assert_eq!(to(1, stated("92.47")), "92,47%");
        assert_eq!(to(1, Value::Decimal("12.25".parse().unwrap())), "12,3");
        assert_eq!(to(2, Value::Decimal("12.5".parse().unwrap())), "12,50");
        assert_eq!(to(1, Value::Count(15_684)), "15.684");
        // What an agency printed is printed back, whatever the style.
        let published = Some("17,3/20".to_owned());
        let content = Content::Value(parts("17.25", "20"));
        let printed = Quantity::new(content, Qualifier::Exact, published).unwrap();
        assert_eq!(printed.to_vietnamese_as(as_parts), "17,3/20");
    }

    #[test]
    fn an_absence_takes_no_qualifier() {
        let absent = Content::Absent(Absence::NotImplemented);
        let why = Quantity::new(absent.clone(), Qualifier::About, None).unwrap_err();
        assert_eq!(why.reason, "QUALIFIED_ABSENCE");
        let words = Some("Chưa thực hiện".to_owned());
        let quantity = Quantity::new(absent, Qualifier::Exact, words).unwrap();
        assert_eq!(quantity.to_vietnamese(), "Chưa thực hiện");
    }

    #[test]
    fn words_on_paper_are_one_clean_line() {
        let make = |words: &str| {
            let content = Content::Value(Value::Count(132));
            Quantity::new(content, Qualifier::Exact, Some(words.to_owned()))
        };
        assert!(make("132\u{0}").is_err());
        assert_eq!(make("  ").unwrap(), Quantity::value(Value::Count(132)));
    }
}
