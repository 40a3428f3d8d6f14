//! Items of one batch that are about the same figure.
//!
//! Two items complete each other when neither takes back what the other says: one has the
//! parts of a share and the other the percentage that was published, or one has the note. Both may
//! have documents that prove the figure, as far as one figure can have so many.

use types::{
    quantity::{Content, Quantity, Value},
    ratio::Ratio,
};

use super::{Source, item::Entry, quantity_row::same_as_written};
use crate::evidence;

/// Returns what two items say together; nothing when they contradict each other.
pub(super) fn merged(one: &Entry, other: &Entry) -> Option<Entry> {
    Some(Entry {
        quantity: quantities(&one.quantity, &other.quantity)?,
        note: texts(&one.note, &other.note)?,
        evidence: evidence::united(&one.evidence, &other.evidence)?,
        source: sources(&one.source, &other.source)?,
        reason: texts(&one.reason, &other.reason)?,
        etag: texts(&one.etag, &other.etag)?,
    })
}

fn quantities(one: &Quantity, other: &Quantity) -> Option<Quantity> {
    if same_as_written(one, other) {
        return Some(one.clone());
    }
    if one.qualifier() != other.qualifier() {
        return None;
    }
    let unpublished =
        |it: &Quantity| Quantity::new(it.content().clone(), it.qualifier(), None).ok();
    let content = if same_as_written(&unpublished(one)?, &unpublished(other)?) {
        one.content().clone()
    } else {
        Content::Value(Value::Ratio(ratios(one.content(), other.content())?))
    };
    let published = texts(
        one.published().unwrap_or_default(),
        other.published().unwrap_or_default(),
    )?;
    Quantity::new(content, one.qualifier(), Some(published)).ok()
}

/// The parts of one and the percentage of the other.
fn ratios(one: &Content, other: &Content) -> Option<Ratio> {
    let (Content::Value(Value::Ratio(one)), Content::Value(Value::Ratio(other))) = (one, other)
    else {
        return None;
    };
    let parts = either(one.parts(), other.parts())?;
    let stated = either(one.stated_percent(), other.stated_percent())?;
    Ratio::new(parts, stated).ok()
}

/// Returns what is said by one of two that do not contradict each other. The outer `None`
/// means that they do.
fn either<T: PartialEq + Copy>(one: Option<T>, other: Option<T>) -> Option<Option<T>> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => Some(one.or(other)),
    }
}

fn texts(one: &str, other: &str) -> Option<String> {
    match (one, other) {
        ("", said) | (said, "") => Some(said.to_owned()),
        (one, other) => (one == other).then(|| one.to_owned()),
    }
}

fn sources(one: &Source, other: &Source) -> Option<Source> {
    let is_unsaid = |it: &Source| *it == Source::by_hand();
    if is_unsaid(one) {
        return Some(other.clone());
    }
    (is_unsaid(other) || one == other).then(|| one.clone())
}

#[cfg(test)]
mod tests {
    use types::quantity::{Absence, Qualifier};

    use super::*;
    use crate::evidence::Evidence;

    fn entry(quantity: Quantity) -> Entry {
        Entry::by_hand(quantity)
    }

    fn share(parts: Option<(&str, &str)>, stated: Option<&str>) -> Quantity {
        let parts = parts.map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
        let stated = stated.map(|it| it.parse().unwrap());
        Quantity::value(Value::Ratio(Ratio::new(parts, stated).unwrap()))
    }

    #[test]
    fn the_counts_of_one_row_and_the_percentage_of_another_make_one_figure() {
        let counts = entry(share(Some(("4817", "5209")), None));
        let mut published = entry(share(None, Some("92.4")));
        published.note = "Theo báo cáo".into();
        let both = share(Some(("4817", "5209")), Some("92.4"));
        for found in [merged(&counts, &published), merged(&published, &counts)] {
            let found = found.unwrap();
            assert_eq!(found.quantity, both);
            assert_eq!(found.note, "Theo báo cáo");
        }
        let whole = entry(both.clone());
        assert_eq!(merged(&whole, &counts).unwrap().quantity, both);
    }

    #[test]
    fn rows_that_take_back_what_the_other_says_contradict_each_other() {
        let count = |it| entry(Quantity::value(Value::Count(it)));
        assert!(merged(&count(132), &count(132)).is_some());
        assert!(merged(&count(132), &count(133)).is_none());
        let absent = entry(Quantity::absent(Absence::NotArisen));
        assert!(merged(&count(0), &absent).is_none());
        let more = |qualifier| {
            let content = Content::Value(Value::Count(132));
            entry(Quantity::new(content, qualifier, None).unwrap())
        };
        assert!(merged(&more(Qualifier::MoreThan), &more(Qualifier::Exact)).is_none());
        let mut remarked = count(132);
        remarked.note = "Gồm cả cấp xã".into();
        let mut otherwise = count(132);
        otherwise.note = "Không gồm cấp xã".into();
        assert!(merged(&remarked, &count(132)).is_some());
        assert!(merged(&remarked, &otherwise).is_none());
        let percent = |it| entry(share(Some(("4817", "5209")), Some(it)));
        assert!(merged(&percent("92.4"), &percent("92.5")).is_none());
    }

    #[test]
    fn the_documents_of_both_rows_prove_one_figure_as_long_as_there_is_room() {
        let proved = |numbers: std::ops::Range<usize>| {
            let numbers = numbers.map(|it| Evidence::of_test(&format!("{it}/QĐ-UBND")));
            Entry {
                evidence: numbers.collect(),
                ..entry(Quantity::value(Value::Count(132)))
            }
        };
        let both = merged(&proved(0..12), &proved(10..20)).unwrap();
        assert_eq!(both.evidence, proved(0..20).evidence);
        assert_eq!(
            merged(&proved(0..1), &proved(0..0)).unwrap().evidence.len(),
            1
        );
        assert!(merged(&proved(0..12), &proved(11..21)).is_none());
    }

    #[test]
    fn the_printed_words_of_one_row_complete_the_number_of_the_other() {
        let printed = Quantity::new(
            Content::Value(Value::Count(15_684)),
            Qualifier::Exact,
            Some("15.684".into()),
        );
        let (printed, bare) = (
            entry(printed.unwrap()),
            entry(Quantity::value(Value::Count(15_684))),
        );
        let both = merged(&bare, &printed).unwrap();
        assert_eq!(both.quantity.published(), Some("15.684"));
    }
}
