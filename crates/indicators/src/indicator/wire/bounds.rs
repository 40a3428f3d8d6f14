//! What figures may be, to and from the wire.

use proto::{
    convert::{read_window_rule, window_rule},
    indicators as pb,
};
use types::{ids::Breakdown, period::Period, violations::Invalid};

use crate::indicator::definition::{Bounds, Dimension};

const MOST_DIMENSIONS: usize = 20;
const MOST_VALUES: usize = 100;
const LONGEST_KEY: usize = 30;
const LONGEST_NAME: usize = 100;

impl Bounds {
    pub(super) fn from_wire(wire: &pb::Indicator, bad: &mut Invalid) -> Option<Self> {
        let base_period = bad.optional::<Period>("indicator.base_period", &wire.base_period);
        let rule = wire.window_rule.as_ref();
        let window = read_window_rule("indicator.window_rule", rule, bad);
        let dimensions = read_dimensions(&wire.dimensions, bad);
        Some(Self {
            within_whole: wire.numerator_within_denominator,
            negative_allowed: wire.negative_allowed,
            bonus_allowed: wire.bonus_allowed,
            base_period: base_period?,
            window,
            dimensions,
        })
    }

    /// Writes itself into an indicator.
    pub(super) fn write(&self, wire: &mut pb::Indicator) {
        let base_period = self.base_period.map(|it| it.to_string());
        wire.numerator_within_denominator = self.within_whole;
        wire.negative_allowed = self.negative_allowed;
        wire.bonus_allowed = self.bonus_allowed;
        wire.base_period = base_period.unwrap_or_default();
        wire.window_rule = self.window.as_ref().map(window_rule);
        wire.dimensions = self.dimensions.iter().map(Into::into).collect();
    }
}

fn read_dimensions(wire: &[pb::Dimension], bad: &mut Invalid) -> Vec<Dimension> {
    bad.at_most("indicator.dimensions", wire.len(), MOST_DIMENSIONS);
    let mut dimensions: Vec<Dimension> = Vec::new();
    for (index, sent) in wire.iter().take(MOST_DIMENSIONS).enumerate() {
        let field = |name: &str| format!("indicator.dimensions[{index}].{name}");
        let key = read_key(field("key"), &sent.key, bad);
        let display_name = bad.line(field("display_name"), &sent.display_name, LONGEST_NAME);
        let values = read_values(&field("values"), &sent.values, bad);
        let (Some(key), Some(display_name)) = (key, display_name) else {
            continue;
        };
        if dimensions.iter().any(|it| it.key == key) {
            bad.add(field("key"), "REPEATED", "is there twice", "bị lặp lại");
        }
        dimensions.push(Dimension {
            key,
            display_name,
            values,
        });
    }
    dimensions
}

/// A key is one word: the hyphen begins the value.
fn read_key(field: String, key: &str, bad: &mut Invalid) -> Option<String> {
    let is_good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(is_good) {
        bad.add(
            field,
            "PATTERN",
            format!("is not one word of a-z and 0-9 of at most {LONGEST_KEY} characters"),
            format!("không phải một từ gồm a-z và 0-9, tối đa {LONGEST_KEY} ký tự"),
        );
        return None;
    }
    Some(key.to_owned())
}

fn read_values(field: &str, wire: &[String], bad: &mut Invalid) -> Vec<String> {
    bad.at_most(field, wire.len(), MOST_VALUES);
    let mut values: Vec<String> = Vec::new();
    for (index, value) in wire.iter().take(MOST_VALUES).enumerate() {
        let field = format!("{field}[{index}]");
        // What follows the hyphen is written as a breakdown of its own would be.
        if bad.take(field.clone(), Breakdown::new(value)).is_none() {
            continue;
        }
        if values.contains(value) {
            bad.add(field, "REPEATED", "is there twice", "bị lặp lại");
        }
        values.push(value.clone());
    }
    values
}

impl From<&Dimension> for pb::Dimension {
    fn from(dimension: &Dimension) -> Self {
        Self {
            key: dimension.key.clone(),
            display_name: dimension.display_name.clone(),
            values: dimension.values.clone(),
        }
    }
}
