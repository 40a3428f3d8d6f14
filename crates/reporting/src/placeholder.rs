//! Places in a text where a fact of the system is put, such as `{{value.chung-thu-so}}`.
//!
//! This is no template language on purpose: there is nothing to run, so a text can never
//! do more than name a fact, and everything else in it stays as it was typed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{ids::IndicatorId, invalid::InvalidText, quantity::Quantity};

use crate::report::ProjectRow;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece<'text> {
    Text(&'text str),
    Slot(Slot),
}

/// A place for a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    what: What,
    capitalize: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Value(IndicatorId),
    Named(&'static str),
}

/// Facts that are not figures, with their names.
const NAMES: [&str; 6] = [
    "issuer.name",
    "period.name",
    "request.document_number",
    "request.issue_date",
    "request.title",
    "unit.name",
];

/// What can be put into the texts of one report.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Figures of the unit and period.
    pub(crate) figures: BTreeMap<IndicatorId, Figure>,
    /// Who entered each of them.
    pub(crate) entered_by: BTreeMap<IndicatorId, String>,
    /// What the project service says of each project of the unit and period, by name; none when
    /// the report has no project table.
    pub(crate) projects: Option<BTreeMap<String, ProjectRow>>,
    /// Everything else, by name.
    pub(crate) named: BTreeMap<&'static str, String>,
}

/// A figure with the version that is cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) revision: i32,
    pub(crate) quantity: Quantity,
    /// How its indicator has it printed, where that is not how any figure is: `17,25/20`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) printed: Option<String>,
}

impl Figure {
    /// Writes it as a report does.
    pub(crate) fn text(&self) -> String {
        let usual = || self.quantity.to_vietnamese();
        self.printed.clone().unwrap_or_else(usual)
    }
}

/// Printed where a fact is missing, so that a reader sees it.
const GAP: &str = "[…]";

/// Checks that every placeholder of a text can be understood.
pub(crate) fn check(text: &str) -> Result<(), InvalidText> {
    pieces(text).map(|_| ())
}

/// Returns the indicators a text cites, in order.
pub(crate) fn cited(text: &str) -> Vec<IndicatorId> {
    let slots = pieces(text)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|it| match it {
            Piece::Slot(Slot {
                what: What::Value(indicator),
                ..
            }) => Some(indicator),
            _ => None,
        });
    slots.collect()
}

/// Puts the facts in. Figures that are not there are named in `missing`.
pub(crate) fn resolve(text: &str, facts: &Facts, missing: &mut Vec<IndicatorId>) -> String {
    let Ok(pieces) = pieces(text) else {
        return text.to_owned();
    };
    let mut resolved = String::with_capacity(text.len());
    for piece in pieces {
        match piece {
            Piece::Text(text) => resolved.push_str(text),
            Piece::Slot(slot) => {
                let fact = match &slot.what {
                    What::Value(id) => facts.figures.get(id).map(Figure::text),
                    What::Named(name) => facts.named.get(name).cloned(),
                };
                if let (None, What::Value(id)) = (&fact, &slot.what) {
                    missing.push(id.clone());
                }
                let fact = fact.unwrap_or_else(|| GAP.to_owned());
                resolved.push_str(&if slot.capitalize {
                    capitalized(&fact)
                } else {
                    fact
                });
            }
        }
    }
    resolved
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, InvalidText> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (inside, behind) = after.split_once(CLOSE).ok_or_else(|| {
            InvalidText::new(
                "PLACEHOLDER",
                "a placeholder is opened with `{{` and not closed",
                "có dấu `{{` mở mà không có dấu `}}` đóng",
            )
        })?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Slot(slot(inside)?));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn slot(inside: &str) -> Result<Slot, InvalidText> {
    let unknown = || {
        let shown = InvalidText::excerpt(inside);
        InvalidText::new(
            "PLACEHOLDER",
            format!("there is no placeholder `{shown}`"),
            format!("không có chỗ điền số liệu `{shown}`"),
        )
    };
    let (name, capitalize) = match inside.trim().split_once('|') {
        Some((name, "capitalize")) => (name, true),
        Some(_) => return Err(unknown()),
        None => (inside.trim(), false),
    };
    let what = match name.strip_prefix("value.") {
        Some(id) => What::Value(IndicatorId::new(id).map_err(|_| unknown())?),
        None => What::Named(
            NAMES
                .into_iter()
                .find(|it| *it == name)
                .ok_or_else(unknown)?,
        ),
    };
    Ok(Slot { what, capitalize })
}

#[cfg(test)]
mod tests {
    use types::quantity::{Absence, Value};

    use super::*;

    fn facts() -> Facts {
        let figure = |quantity| Figure {
            name: String::new(),
            revision: 1,
            quantity,
            printed: None,
        };
        Facts {
            figures: BTreeMap::from([
                (
                    IndicatorId::new("chung-thu-so").unwrap(),
                    figure(Quantity::value(Value::Count(132))),
                ),
                (
                    IndicatorId::new("ho-so").unwrap(),
                    figure(Quantity::absent(Absence::NotArisen)),
                ),
            ]),
            entered_by: BTreeMap::new(),
            projects: None,
            named: BTreeMap::from([("request.document_number", "847/STTTT-BCVT&CNTT".to_owned())]),
        }
    }

    fn resolved(text: &str) -> String {
        resolve(text, &facts(), &mut Vec::new())
    }

    #[test]
    fn the_seed_sentence_gets_its_figure_from_the_value() {
        assert_eq!(
            resolved("Cấp {{value.chung-thu-so}} chứng thư số"),
            "Cấp 132 chứng thư số",
        );
        assert_eq!(
            resolved("tại Công văn số {{request.document_number}} ngày"),
            "tại Công văn số 847/STTTT-BCVT&CNTT ngày",
        );
        assert_eq!(
            resolved("{{value.ho-so|capitalize}} hồ sơ trực tuyến"),
            "Chưa phát sinh hồ sơ trực tuyến"
        );
    }

    #[test]
    fn a_figure_that_is_not_there_leaves_a_visible_gap_and_is_named() {
        let mut missing = Vec::new();
        let text = resolve("đạt {{value.ty-le}}", &facts(), &mut missing);
        assert_eq!(text, "đạt […]");
        assert_eq!(missing, [IndicatorId::new("ty-le").unwrap()]);
    }

    #[test]
    fn what_is_no_placeholder_stays_as_it_was_typed() {
        for text in ["{% for x in y %}", "{ 1 }", "}}", "#import", "$x$", "a | b"] {
            assert_eq!(resolved(text), text);
            assert!(check(text).is_ok());
        }
    }

    #[test]
    fn a_placeholder_nobody_knows_is_refused_when_it_is_written() {
        for text in [
            "{{user.password}}",
            "{{value.Số}}",
            "{{value.a|upper}}",
            "{{value.a",
            "{{ 7*7 }}",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
