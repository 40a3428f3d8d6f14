//! What has to be written when facts about a unit change. Most of what changes is that
//! something ends, and a row of which only the end changes is not written anew.

use chrono::NaiveDate;
use types::validity::Validity;

use crate::unit::{Identifier, history::Fact};

/// A fact as its table keeps it.
pub(super) trait Row {
    /// What its key has beside the unit; the days of a unit's facts never overlap.
    fn scheme(&self) -> &str;
    fn days(&self) -> &Validity;
    /// Says whether both rows are the same but for their end.
    fn is_same_beside_end(&self, other: &Self) -> bool;
}

impl<T: PartialEq> Row for Fact<T> {
    fn scheme(&self) -> &str {
        ""
    }

    fn days(&self) -> &Validity {
        &self.validity
    }

    fn is_same_beside_end(&self, other: &Self) -> bool {
        self.validity.start() == other.validity.start() && self.value == other.value
    }
}

impl Row for Identifier {
    fn scheme(&self) -> &str {
        &self.scheme
    }

    fn days(&self) -> &Validity {
        &self.validity
    }

    fn is_same_beside_end(&self, other: &Self) -> bool {
        let start = |it: &Self| it.validity.start();
        start(self) == start(other) && self.scheme == other.scheme && self.value == other.value
    }
}

/// What becomes of the rows of one unit in one table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference<'a, R> {
    /// Rows that are not there any more, or not as they were.
    pub(super) gone: Vec<&'a R>,
    pub(super) new: Vec<&'a R>,
    /// Rows that are there, but end on another day.
    pub(super) ends: Vec<&'a R>,
}

/// Compares what was with what is. A unit has a handful of rows at most.
pub(super) fn between<'a, R: Row>(before: &'a [R], after: &'a [R]) -> Difference<'a, R> {
    let twin = |row: &R, among: &'a [R]| among.iter().find(|it| it.is_same_beside_end(row));
    let mut difference = Difference {
        gone: before
            .iter()
            .filter(|it| twin(it, after).is_none())
            .collect(),
        new: Vec::new(),
        ends: Vec::new(),
    };
    for row in after {
        match twin(row, before) {
            None => difference.new.push(row),
            Some(known) if known.days().end() != row.days().end() => difference.ends.push(row),
            Some(_) => {}
        }
    }
    difference
}

/// By which rows can be changed together: those of many units that begin on the same day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group<'a> {
    pub(super) scheme: &'a str,
    pub(super) start: NaiveDate,
    pub(super) end: Option<NaiveDate>,
}

impl<'a> Group<'a> {
    pub(super) fn of<R: Row>(row: &'a R) -> Self {
        Self {
            scheme: row.scheme(),
            start: row.days().start(),
            end: row.days().end(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(value: &str, start: &str, end: Option<&str>) -> Identifier {
        let day = |it: &str| it.parse().unwrap();
        Identifier {
            scheme: "gso".into(),
            value: value.into(),
            validity: Validity::new(day(start), end.map(day)).unwrap(),
        }
    }

    #[test]
    fn what_ends_keeps_its_row_and_what_follows_has_a_new_one() {
        let borne = |end| code("21361", "2022-07-01", end);
        let before = [borne(None)];
        let after = [borne(Some("2025-07-01")), code("21364", "2025-07-01", None)];
        let there = between(&before, &after);
        assert_eq!((there.gone, there.new), (vec![], vec![&after[1]]));
        assert_eq!(there.ends, [&after[0]]);
        let back = between(&after, &before);
        assert_eq!((back.gone, back.new), (vec![&after[1]], vec![]));
        assert_eq!(back.ends, [&before[0]]);
        let nothing = between(&after, &after);
        assert_eq!(
            (nothing.gone.len(), nothing.new.len(), nothing.ends.len()),
            (0, 0, 0)
        );
    }

    #[test]
    fn what_was_never_true_is_written_anew() {
        let (before, after) = (
            [code("21361", "2022-07-01", None)],
            [code("21364", "2022-07-01", None)],
        );
        let there = between(&before, &after);
        assert_eq!((there.gone, there.new), (vec![&before[0]], vec![&after[0]]));
        assert!(there.ends.is_empty());
    }
}
