//! Documents that prove a figure or a score: to and from the wire, and as a text in a column.

use chrono::NaiveDate;
use kit::{Error, Result};
use proto::{convert::optional_date, indicators as pb};
use serde::{Deserialize, Serialize};
use types::violations::Invalid;

/// Most documents of one figure or score.
pub(crate) const MOST_EVIDENCE: usize = 20;
const LONGEST_TITLE: usize = 500;
const LONGEST_NUMBER: usize = 100;
const LONGEST_LINK: usize = 500;

/// A document that proves something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) title: String,
    pub(crate) document_number: String,
    pub(crate) document_date: Option<NaiveDate>,
    pub(crate) link: String,
}

/// Reads the documents of what stands at a path, each kept once. Most figures have none, and
/// then not even a path is written.
pub(crate) fn read(of: &str, wire: &[pb::Evidence], bad: &mut Invalid) -> Vec<Evidence> {
    let mut read = Vec::new();
    if wire.is_empty() {
        return read;
    }
    let path = format!("{of}.evidence");
    bad.at_most(path.clone(), wire.len(), MOST_EVIDENCE);
    for (index, wire) in wire.iter().take(MOST_EVIDENCE).enumerate() {
        let document = read_one(&format!("{path}[{index}]"), wire, bad);
        read.extend(document.filter(|it| !read.contains(it)));
    }
    read
}

fn read_one(path: &str, wire: &pb::Evidence, bad: &mut Invalid) -> Option<Evidence> {
    let title = bad.line(format!("{path}.title"), &wire.title, LONGEST_TITLE);
    let document_number = bad.optional_line(
        format!("{path}.document_number"),
        &wire.document_number,
        LONGEST_NUMBER,
    );
    let field = format!("{path}.document_date");
    let document_date = optional_date(&field, &wire.document_date, bad);
    let field = format!("{path}.link");
    let link = bad.optional_line(field.clone(), &wire.link, LONGEST_LINK)?;
    if !link.is_empty() && !leads_to_the_web(&link) {
        bad.add(
            field,
            "PATTERN",
            "does not begin with `https://` or `http://`, or has a space",
            "không bắt đầu bằng `https://` hoặc `http://`, hoặc có khoảng trắng",
        );
        return None;
    }
    Some(Evidence {
        title: title?,
        document_number: document_number?,
        document_date: document_date?,
        link,
    })
}

/// Whoever follows a link must not start anything but a visit; some offices have no `https` yet.
fn leads_to_the_web(link: &str) -> bool {
    let place = link.strip_prefix("https://");
    let place = place.or_else(|| link.strip_prefix("http://"));
    place.is_some_and(|it| !it.is_empty() && !it.contains(char::is_whitespace))
}

/// Returns the documents of both, each once; nothing when they are too many for one figure.
pub(crate) fn united(one: &[Evidence], other: &[Evidence]) -> Option<Vec<Evidence>> {
    let new = other.iter().filter(|it| !one.contains(it));
    let all: Vec<_> = one.iter().chain(new).cloned().collect();
    (all.len() <= MOST_EVIDENCE).then_some(all)
}

/// Says whether both are the same documents. Each is there once, so that the order says nothing.
pub(crate) fn same(one: &[Evidence], other: &[Evidence]) -> bool {
    one.len() == other.len() && one.iter().all(|it| other.contains(it))
}

/// Writes documents as their column has them: empty for none, so that it is the same in all
/// rows of plain figures.
pub(crate) fn to_text(evidence: &[Evidence]) -> Result<String> {
    if evidence.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(evidence).map_err(Error::internal)
}

/// Reads the column.
pub(crate) fn from_text(text: &str) -> Result<Vec<Evidence>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(Error::internal)
}

impl From<&Evidence> for pb::Evidence {
    fn from(evidence: &Evidence) -> Self {
        let date = evidence.document_date;
        Self {
            title: evidence.title.clone(),
            document_number: evidence.document_number.clone(),
            document_date: date.map(|it| it.to_string()).unwrap_or_default(),
            link: evidence.link.clone(),
        }
    }
}

#[cfg(test)]
impl Evidence {
    /// A decision with a number.
    pub(crate) fn of_test(document_number: &str) -> Self {
        Self {
            title: "Quyết định cấp chứng thư số".into(),
            document_number: document_number.into(),
            document_date: NaiveDate::from_ymd_opt(2022, 3, 15),
            link: "https://qlvb.example/1".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_link(link: &str) -> Vec<String> {
        let wire = pb::Evidence {
            title: "Quyết định".into(),
            link: link.into(),
            ..Default::default()
        };
        let mut bad = Invalid::default();
        let read = read("items[0]", &[wire], &mut bad);
        assert_eq!(read.is_empty(), !bad.is_empty());
        bad.violations().iter().map(|it| it.field.clone()).collect()
    }

    #[test]
    fn a_link_leads_to_the_web_or_is_refused() {
        for good in ["", "https://qlvb.example/15", "http://qlvb.example/15?a=b"] {
            assert!(of_link(good).is_empty(), "{good}");
        }
        let bad = [
            "javascript:alert(1)",
            "ftp://qlvb.example/15",
            "qlvb.example/15",
            "https://",
            "https://qlvb.example/15 javascript:alert(1)",
            "file:///etc/passwd",
        ];
        for bad in bad {
            assert_eq!(of_link(bad), ["items[0].evidence[0].link"], "{bad}");
        }
    }

    fn documents() -> impl Strategy<Value = Vec<Evidence>> {
        let numbers = proptest::collection::btree_set(0..30u8, 0..=MOST_EVIDENCE);
        let numbers = numbers.prop_map(|it| it.into_iter().collect::<Vec<_>>());
        let numbers = numbers.prop_shuffle();
        numbers.prop_map(|it| {
            let documents = it.into_iter();
            let documents = documents.map(|it| Evidence::of_test(&format!("{it}/QĐ-UBND")));
            documents.collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_united_is_the_same_from_both_sides_and_bounded(
            one in documents(), other in documents()
        ) {
            match (united(&one, &other), united(&other, &one)) {
                (Some(all), Some(turned)) => {
                    prop_assert!(same(&all, &turned) && all.len() <= MOST_EVIDENCE);
                    prop_assert!(one.iter().chain(&other).all(|it| all.contains(it)));
                    let again = united(&all, &other).unwrap();
                    prop_assert!(same(&again, &all));
                    let stays = same(&one, &all);
                    prop_assert_eq!(stays, other.iter().all(|it| one.contains(it)));
                }
                (None, None) => {
                    let new = other.iter().filter(|it| !one.contains(it)).count();
                    prop_assert!(one.len() + new > MOST_EVIDENCE);
                }
                _ => prop_assert!(false, "one side has room and the other has not"),
            }
        }

        #[test]
        fn a_column_gives_back_what_it_took(some in documents()) {
            let text = to_text(&some).unwrap();
            prop_assert_eq!(text.is_empty(), some.is_empty());
            prop_assert_eq!(from_text(&text).unwrap(), some);
        }
    }
}
