//! Whether an item of a request can be taken.

use std::collections::BTreeMap;

use types::{
    ids::IndicatorId,
    quantity::{Content, Quantity, Value},
};

use super::{
    Entry, Item,
    issue::{self, Issue, Severity},
};
use crate::{
    indicator::ValueKind,
    reason::{INDICATOR_REPEATED, REFERENCE_NOT_FOUND, VALUE_KIND_MISMATCH},
};

/// Returns the indicators of a request, each with the place where it comes first.
pub(super) fn first_places(items: &[Item]) -> BTreeMap<IndicatorId, usize> {
    let mut places = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(indicator) = &item.indicator {
            places.entry(indicator.clone()).or_insert(index);
        }
    }
    places
}

/// Returns the figure with the warnings about it, or why it is refused. Two figures for
/// one indicator contradict each other: the first stands, the later one is refused.
pub(super) fn checked(
    index: usize,
    item: Item,
    first_places: &BTreeMap<IndicatorId, usize>,
    kinds: &BTreeMap<IndicatorId, ValueKind>,
) -> Result<(Entry, Vec<Issue>), Vec<Issue>> {
    let path = |field: &str| format!("items[{index}].{field}");
    let mut refusals = Vec::new();
    let mut refuse = |reason, field: &str, facts: &[(&str, String)]| {
        refusals.push(Issue::new(Severity::Error, reason, path(field), facts));
    };
    if let Some(indicator) = &item.indicator {
        let first = first_places.get(indicator).filter(|it| **it != index);
        let name = indicator.name();
        if let Some(first) = first {
            let facts = [("indicator", name), ("field", format!("items[{first}]"))];
            refuse(&INDICATOR_REPEATED, "indicator", &facts);
        } else if !kinds.contains_key(indicator) {
            refuse(&REFERENCE_NOT_FOUND, "indicator", &[("name", name)]);
        }
    }
    if let Ok(entry) = &item.entry {
        let expected = kinds.get(&entry.indicator).copied();
        if let (Some(expected), Some(found)) = (expected, kind_of(&entry.quantity))
            && expected != found
        {
            let ((expected_en, expected_vi), (found_en, found_vi)) =
                (expected.words(), found.words());
            let facts = [
                ("indicator", entry.indicator.name()),
                ("expected_en", expected_en.to_owned()),
                ("expected_vi", expected_vi.to_owned()),
                ("found_en", found_en.to_owned()),
                ("found_vi", found_vi.to_owned()),
            ];
            refuse(&VALUE_KIND_MISMATCH, "quantity", &facts);
        }
    }
    match item.entry {
        Ok(entry) if refusals.is_empty() => {
            let warnings = issue::of_quantity(&entry.quantity, &path("quantity"));
            Ok((entry, warnings))
        }
        Ok(_) => Err(refusals),
        Err(bad) => {
            refusals.extend(bad.violations().iter().cloned().map(Issue::from));
            Err(refusals)
        }
    }
}

/// Returns the kind of a figure; an absence has none and fits every indicator.
fn kind_of(quantity: &Quantity) -> Option<ValueKind> {
    match quantity.content() {
        Content::Absent(_) => None,
        Content::Value(value) => Some(match value {
            Value::Count(_) => ValueKind::Count,
            Value::Decimal(_) => ValueKind::Decimal,
            Value::Ratio(_) => ValueKind::Ratio,
            Value::Money(_) => ValueKind::Money,
            Value::Flag(_) => ValueKind::Flag,
            Value::Choice(_) => ValueKind::Choice,
        }),
    }
}

#[cfg(test)]
mod tests {
    use types::{quantity::Absence, ratio::Ratio, violations::Invalid};

    use super::{super::*, *};

    fn item(indicator: &str, quantity: Quantity) -> Item {
        let indicator = IndicatorId::new(indicator).unwrap();
        let source = Source {
            kind: SourceKind::Manual,
            resource: String::new(),
            external_id: String::new(),
            observe_time: None,
        };
        Item {
            indicator: Some(indicator.clone()),
            entry: Ok(Entry {
                indicator,
                quantity,
                note: String::new(),
                source,
                reason: String::new(),
            }),
        }
    }

    fn codes(items: Vec<Item>) -> Vec<Vec<&'static str>> {
        let kinds = BTreeMap::from([
            (IndicatorId::new("chung-thu-so").unwrap(), ValueKind::Count),
            (IndicatorId::new("ty-le-van-ban").unwrap(), ValueKind::Ratio),
        ]);
        let places = first_places(&items);
        let items = items.into_iter().enumerate();
        items
            .map(|(index, item)| {
                let issues = match checked(index, item, &places, &kinds) {
                    Ok((_, warnings)) => warnings,
                    Err(refusals) => refusals,
                };
                issues.iter().map(|it| it.code).collect()
            })
            .collect()
    }

    #[test]
    fn a_figure_fits_the_kind_of_its_indicator_and_an_absence_fits_every_kind() {
        let stated = Ratio::new(None, Some("99".parse().unwrap())).unwrap();
        let found = codes(vec![item(
            "chung-thu-so",
            Quantity::value(Value::Ratio(stated)),
        )]);
        assert_eq!(found, [["VALUE_KIND_MISMATCH"]]);
        let found = codes(vec![
            item("chung-thu-so", Quantity::value(Value::Count(132))),
            item("ty-le-van-ban", Quantity::absent(Absence::NotArisen)),
        ]);
        assert_eq!(found, [Vec::<&str>::new(), Vec::new()]);
    }

    #[test]
    fn the_first_figure_of_an_indicator_stands_and_the_second_is_refused() {
        let found = codes(vec![
            item("chung-thu-so", Quantity::value(Value::Count(132))),
            item("chung-thu-so", Quantity::value(Value::Count(133))),
            item("khong-co", Quantity::value(Value::Count(1))),
        ]);
        assert_eq!(
            found,
            [
                vec![],
                vec!["INDICATOR_REPEATED"],
                vec!["REFERENCE_NOT_FOUND"]
            ]
        );
    }

    #[test]
    fn everything_wrong_with_an_item_is_told_at_once() {
        let mut unreadable = item("khong-co", Quantity::value(Value::Count(1)));
        unreadable.entry = Err(Invalid::field(
            "items[0].note",
            "TOO_LONG",
            "is long",
            "dài",
        ));
        assert_eq!(
            codes(vec![unreadable]),
            [["REFERENCE_NOT_FOUND", "TOO_LONG"]]
        );
    }
}
