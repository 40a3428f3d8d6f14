//! Shared values to and from the wire. Reading notes every bad field with its path.

use chrono::{DateTime, NaiveDate, Utc};
use types::{
    aggregate::Aggregation,
    date,
    decimal::Decimal,
    money::Money,
    percent::Percent,
    period::WindowRule,
    quantity::{Absence, Content, Qualifier, Quantity, Style, Value},
    ratio::Ratio,
    validity::Validity,
    violations::Invalid,
};

use crate::shared as pb;

/// Writes an instant.
#[must_use]
pub fn timestamp(instant: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: instant.timestamp(),
        nanos: i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or(0),
    }
}

/// Reads an instant; `None` notes a field that is left out or out of range.
pub fn instant(
    field: &str,
    value: Option<prost_types::Timestamp>,
    bad: &mut Invalid,
) -> Option<DateTime<Utc>> {
    let Some(value) = value else {
        bad.missing(field);
        return None;
    };
    let nanos = u32::try_from(value.nanos).ok();
    let instant = nanos.and_then(|nanos| DateTime::from_timestamp(value.seconds, nanos));
    if instant.is_none() {
        bad.add(
            field,
            "OUT_OF_RANGE",
            "is not an instant",
            "không phải là một thời điểm",
        );
    }
    instant
}

/// Reads a civil date that may be left out. The outer `None` means that it was bad.
pub fn optional_date(field: &str, value: &str, bad: &mut Invalid) -> Option<Option<NaiveDate>> {
    if value.is_empty() {
        return Some(None);
    }
    bad.take(field, date::parse_iso(value)).map(Some)
}

/// Writes a span of days.
#[must_use]
pub fn validity(validity: &Validity) -> pb::Validity {
    pb::Validity {
        start_date: validity.start().to_string(),
        end_date: validity.end().map(|it| it.to_string()).unwrap_or_default(),
    }
}

/// Reads a required span of days.
pub fn read_validity(
    field: &str,
    value: Option<&pb::Validity>,
    bad: &mut Invalid,
) -> Option<Validity> {
    let Some(value) = value else {
        bad.missing(field);
        return None;
    };
    let start = bad.take(
        format!("{field}.start_date"),
        date::parse_iso(&value.start_date),
    );
    let end = optional_date(&format!("{field}.end_date"), &value.end_date, bad);
    let (Some(start), Some(end)) = (start, end) else {
        return None;
    };
    bad.take(field, Validity::new(start, end))
}

/// Writes which days count for a period.
#[must_use]
pub fn window_rule(rule: &WindowRule) -> pb::WindowRule {
    let day = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    pb::WindowRule {
        start_month_offset: rule.start_month_offset,
        start_day: day(rule.start_day),
        end_month_offset: rule.end_month_offset,
        end_day: day(rule.end_day),
    }
}

/// Reads which days count for a period; the field may be left out.
#[must_use]
pub fn read_window_rule(
    field: &str,
    wire: Option<&pb::WindowRule>,
    bad: &mut Invalid,
) -> Option<WindowRule> {
    let wire = wire?;
    // A day below 0 is as far out of range as day 0.
    let day = |it: i32| u32::try_from(it).unwrap_or(0);
    let rule = WindowRule::new(
        wire.start_month_offset,
        day(wire.start_day),
        wire.end_month_offset,
        day(wire.end_day),
    );
    bad.take(field, rule)
}

/// Writes a figure, with the text it is printed as where nothing is known of its indicator.
#[must_use]
pub fn quantity(quantity: &Quantity) -> pb::Quantity {
    quantity_as(quantity, Style::default())
}

/// Writes a figure, with the text it is printed as by its indicator.
#[must_use]
pub fn quantity_as(quantity: &Quantity, style: Style) -> pb::Quantity {
    use pb::quantity::Value as Wire;
    let (value, absence) = match quantity.content() {
        Content::Value(value) => {
            let wire = match value {
                Value::Count(count) => Wire::Count(*count),
                Value::Decimal(decimal) => Wire::Decimal(decimal.to_string()),
                Value::Ratio(share) => Wire::Ratio(ratio(share)),
                Value::Money(money) => Wire::AmountVnd(money.vnd()),
                Value::Flag(flag) => Wire::Flag(*flag),
                Value::Choice(choice) => Wire::Choice(choice.clone()),
                Value::Text(words) => Wire::Words(words.clone()),
            };
            (Some(wire), pb::Absence::Unspecified)
        }
        Content::Absent(absence) => (None, absence_to_wire(*absence)),
    };
    pb::Quantity {
        value,
        absence: absence.into(),
        qualifier: qualifier_to_wire(quantity.qualifier()).into(),
        published: quantity.published().unwrap_or_default().to_owned(),
        text_vi: quantity.to_vietnamese_as(style),
    }
}

/// Reads a required figure: a value or an absence, never both and never neither.
pub fn read_quantity(
    field: &str,
    wire: Option<&pb::Quantity>,
    bad: &mut Invalid,
) -> Option<Quantity> {
    let Some(wire) = wire else {
        bad.missing(field);
        return None;
    };
    let absence = read_absence(&format!("{field}.absence"), wire.absence, bad)?;
    let qualifier = read_qualifier(&format!("{field}.qualifier"), wire.qualifier, bad)?;
    let content = match (&wire.value, absence) {
        (Some(value), None) => Content::Value(read_value(field, value, bad)?),
        (None, Some(absence)) => Content::Absent(absence),
        (Some(_), Some(_)) => {
            bad.add(
                field,
                "VALUE_AND_ABSENCE",
                "has both a value and an absence",
                "vừa có số liệu vừa có lý do không có số liệu",
            );
            return None;
        }
        (None, None) => {
            bad.add(
                field,
                "REQUIRED",
                "needs a value or an absence",
                "cần có số liệu hoặc lý do không có số liệu",
            );
            return None;
        }
    };
    let published = bad.optional_line(format!("{field}.published"), &wire.published, 100)?;
    let published = (!published.is_empty()).then_some(published);
    bad.take(field, Quantity::new(content, qualifier, published))
}

fn read_value(field: &str, wire: &pb::quantity::Value, bad: &mut Invalid) -> Option<Value> {
    use pb::quantity::Value as Wire;
    Some(match wire {
        Wire::Count(count) => Value::Count(*count),
        Wire::Decimal(decimal) => {
            Value::Decimal(bad.required(format!("{field}.decimal"), decimal)?)
        }
        Wire::Ratio(share) => Value::Ratio(read_ratio(&format!("{field}.ratio"), share, bad)?),
        Wire::AmountVnd(amount) => Value::Money(Money::new(*amount)),
        Wire::Flag(flag) => Value::Flag(*flag),
        Wire::Choice(choice) => Value::Choice(bad.line(format!("{field}.choice"), choice, 100)?),
        Wire::Words(words) => Value::Text(read_words(&format!("{field}.words"), words, bad)?),
    })
}

fn read_words(field: &str, words: &str, bad: &mut Invalid) -> Option<String> {
    let words = bad.lines(field, words, 2000)?;
    if words.is_empty() {
        bad.missing(field);
    }
    Some(words).filter(|it| !it.is_empty())
}

fn ratio(share: &Ratio) -> pb::Ratio {
    let (numerator, denominator) = match share.parts() {
        Some((numerator, denominator)) => (numerator.to_string(), denominator.to_string()),
        None => Default::default(),
    };
    let text = |percent: Option<Percent>| percent.map(|it| it.to_string()).unwrap_or_default();
    pb::Ratio {
        numerator,
        denominator,
        stated_percent: text(share.stated_percent()),
        percent: text(share.percent()),
    }
}

fn read_ratio(field: &str, wire: &pb::Ratio, bad: &mut Invalid) -> Option<Ratio> {
    let numerator = bad.optional::<Decimal>(format!("{field}.numerator"), &wire.numerator);
    let denominator = bad.optional::<Decimal>(format!("{field}.denominator"), &wire.denominator);
    let stated = bad.optional::<Percent>(format!("{field}.stated_percent"), &wire.stated_percent);
    let (numerator, denominator, stated) = (numerator?, denominator?, stated?);
    let parts = match (numerator, denominator) {
        (Some(numerator), Some(denominator)) => Some((numerator, denominator)),
        (None, None) => None,
        (Some(_), None) => {
            bad.missing(format!("{field}.denominator"));
            return None;
        }
        (None, Some(_)) => {
            bad.missing(format!("{field}.numerator"));
            return None;
        }
    };
    bad.take(field, Ratio::new(parts, stated))
}

/// Pairs each value of ours with its wire value; one table serves both ways.
const ABSENCES: [(Absence, pb::Absence); 6] = [
    (Absence::NotArisen, pb::Absence::NotArisen),
    (Absence::NotImplemented, pb::Absence::NotImplemented),
    (Absence::InProgress, pb::Absence::InProgress),
    (Absence::None, pb::Absence::None),
    (Absence::NotApplicable, pb::Absence::NotApplicable),
    (Absence::NotCollected, pb::Absence::NotCollected),
];

const QUALIFIERS: [(Qualifier, pb::Qualifier); 8] = [
    (Qualifier::Exact, pb::Qualifier::Exact),
    (Qualifier::About, pb::Qualifier::About),
    (Qualifier::MoreThan, pb::Qualifier::MoreThan),
    (Qualifier::LessThan, pb::Qualifier::LessThan),
    (Qualifier::Nearly, pb::Qualifier::Nearly),
    (Qualifier::AtLeast, pb::Qualifier::AtLeast),
    (Qualifier::AtMost, pb::Qualifier::AtMost),
    (Qualifier::Estimated, pb::Qualifier::Estimated),
];

/// Writes why there is no figure.
#[must_use]
pub fn absence_to_wire(absence: Absence) -> pb::Absence {
    let found = ABSENCES.iter().find(|(ours, _)| *ours == absence);
    found.map_or(pb::Absence::Unspecified, |(_, wire)| *wire)
}

fn read_absence(field: &str, wire: i32, bad: &mut Invalid) -> Option<Option<Absence>> {
    if wire == 0 {
        return Some(None);
    }
    let found = ABSENCES.iter().find(|(_, known)| i32::from(*known) == wire);
    if found.is_none() {
        unknown(field, wire, bad);
    }
    found.map(|(ours, _)| Some(*ours))
}

fn qualifier_to_wire(qualifier: Qualifier) -> pb::Qualifier {
    let found = QUALIFIERS.iter().find(|(ours, _)| *ours == qualifier);
    found.map_or(pb::Qualifier::Unspecified, |(_, wire)| *wire)
}

fn read_qualifier(field: &str, wire: i32, bad: &mut Invalid) -> Option<Qualifier> {
    if wire == 0 {
        return Some(Qualifier::Exact);
    }
    let found = QUALIFIERS
        .iter()
        .find(|(_, known)| i32::from(*known) == wire);
    if found.is_none() {
        unknown(field, wire, bad);
    }
    found.map(|(ours, _)| *ours)
}

/// Notes an enum number that this version does not know.
pub fn unknown(field: &str, wire: i32, bad: &mut Invalid) {
    bad.add(
        field,
        "OUT_OF_RANGE",
        format!("{wire} is not a value of this field"),
        format!("{wire} không phải là giá trị của trường này"),
    );
}

/// Writes what a person should look at.
#[must_use]
pub fn issue(
    severity: pb::Severity,
    code: &str,
    field: impl Into<String>,
    message: impl Into<String>,
    message_vi: impl Into<String>,
) -> pb::Issue {
    pb::Issue {
        severity: severity.into(),
        code: code.to_owned(),
        field: field.into(),
        message: message.into(),
        message_vi: message_vi.into(),
    }
}

/// The rules of adding up and their wire values.
pub const AGGREGATIONS: [(Aggregation, crate::indicators::Aggregation); 7] = {
    use crate::indicators::Aggregation as Wire;
    [
        (Aggregation::Sum, Wire::Sum),
        (Aggregation::RatioOfSums, Wire::RatioOfSums),
        (Aggregation::Min, Wire::Min),
        (Aggregation::Max, Wire::Max),
        (Aggregation::Latest, Wire::Latest),
        (Aggregation::CountTrue, Wire::CountTrue),
        (Aggregation::None, Wire::None),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read(wire: pb::Quantity) -> Result<Quantity, Invalid> {
        let mut bad = Invalid::default();
        let quantity = read_quantity("quantity", Some(&wire), &mut bad);
        bad.check().map(|()| quantity.unwrap())
    }

    #[test]
    fn the_seed_states_99_percent_without_its_parts() {
        let wire = pb::Quantity {
            value: Some(pb::quantity::Value::Ratio(pb::Ratio {
                stated_percent: "99".into(),
                ..Default::default()
            })),
            ..Default::default()
        };
        let again = quantity(&read(wire).unwrap());
        assert_eq!(again.text_vi, "99%");
        assert_eq!(read(again.clone()).map(|it| quantity(&it)).unwrap(), again);
    }

    #[test]
    fn a_figure_is_a_value_or_an_absence_never_both_never_neither() {
        let both = pb::Quantity {
            value: Some(pb::quantity::Value::Count(0)),
            absence: pb::Absence::NotArisen.into(),
            ..Default::default()
        };
        assert_eq!(
            read(both).unwrap_err().violations()[0].reason,
            "VALUE_AND_ABSENCE"
        );
        assert_eq!(
            read(pb::Quantity::default()).unwrap_err().violations()[0].reason,
            "REQUIRED"
        );
    }

    #[test]
    fn a_share_of_nothing_is_sent_as_not_arisen_and_the_error_names_the_field() {
        let wire = pb::Quantity {
            value: Some(pb::quantity::Value::Ratio(pb::Ratio {
                numerator: "0".into(),
                denominator: "0".into(),
                ..Default::default()
            })),
            ..Default::default()
        };
        let bad = read(wire).unwrap_err();
        assert_eq!(bad.violations()[0].field, "quantity.ratio");
        assert!(bad.violations()[0].en.contains("NOT_ARISEN"));
    }
}
