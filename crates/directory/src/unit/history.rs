//! Everything that was ever true of a unit, each fact with its days. Pure values.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use types::{ids::UnitId, validity::Validity};

use super::{Identifier, UnitKind, UnitNames};

/// Units with all their facts. Shared, because many look at what few change.
pub(crate) type Histories = BTreeMap<UnitId, Arc<History>>;

/// Something that is true on some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fact<T> {
    pub(crate) value: T,
    pub(crate) validity: Validity,
}

/// What a unit is and how it is called. Both change together: the type word is part of
/// the name ("Xã Long Thành", "Phường Long Thành").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Appearance {
    pub(crate) kind: UnitKind,
    pub(crate) names: UnitNames,
}

/// One unit with all its facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    pub(crate) id: UnitId,
    pub(crate) validity: Validity,
    pub(crate) appearances: Vec<Fact<Appearance>>,
    pub(crate) parents: Vec<Fact<Option<UnitId>>>,
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Returns what is true on a day.
pub(crate) fn on<T>(facts: &[Fact<T>], day: NaiveDate) -> Option<&T> {
    let found = facts.iter().find(|it| it.validity.contains(day));
    found.map(|it| &it.value)
}

/// Lets something else be true from a day on, as long as the fact of that day was.
pub(crate) fn change<T>(facts: &mut Vec<Fact<T>>, day: NaiveDate, value: T) {
    let Some(index) = facts.iter().position(|it| it.validity.contains(day)) else {
        return;
    };
    let old = facts[index].validity;
    let Ok(rest) = Validity::new(day, old.end()) else {
        return;
    };
    let new = Fact {
        value,
        validity: rest,
    };
    match before(&old, day) {
        Some(earlier) => {
            facts[index].validity = earlier;
            facts.insert(index + 1, new);
        }
        None => facts[index] = new,
    }
}

/// Returns the part of a span before a day, if there is any.
fn before(validity: &Validity, day: NaiveDate) -> Option<Validity> {
    let end = validity.end().map_or(day, |end| end.min(day));
    Validity::new(validity.start(), Some(end)).ok()
}

impl History {
    /// Makes the history of a unit that begins on a day.
    pub(crate) fn beginning(
        id: UnitId,
        day: NaiveDate,
        appearance: Appearance,
        parent: Option<UnitId>,
        codes: &[(String, String)],
        now: DateTime<Utc>,
    ) -> Self {
        let validity = Validity::starting(day);
        let identifier = |(scheme, value): &(String, String)| Identifier {
            scheme: scheme.clone(),
            value: value.clone(),
            validity,
        };
        Self {
            id,
            validity,
            appearances: vec![Fact {
                value: appearance,
                validity,
            }],
            parents: vec![Fact {
                value: parent,
                validity,
            }],
            identifiers: codes.iter().map(identifier).collect(),
            create_time: now,
            update_time: now,
            version: 1,
        }
    }

    /// Says whether something about the unit begins or ends after a day, so that ending
    /// it on that day would undo what was decided later.
    pub(crate) fn changes_after(&self, day: NaiveDate) -> bool {
        self.validity.end().is_some_and(|end| end > day)
            || self.parents.iter().any(|it| it.validity.start() > day)
            || self.appearances.iter().any(|it| it.validity.start() > day)
            || self.identifiers.iter().any(|it| it.validity.start() > day)
    }

    /// Ends the unit and everything true of it.
    pub(crate) fn close(&mut self, day: NaiveDate) {
        if let Some(lived) = before(&self.validity, day) {
            self.validity = lived;
        }
        end_all(&mut self.appearances, day);
        end_all(&mut self.parents, day);
        self.end_identifiers(day, |_| true);
    }

    /// Gives the unit another code of a scheme.
    pub(crate) fn recode(&mut self, day: NaiveDate, scheme: &str, value: &str) {
        self.end_identifiers(day, |it| it.scheme == scheme);
        if let Ok(validity) = Validity::new(day, self.validity.end()) {
            self.identifiers.push(Identifier {
                scheme: scheme.to_owned(),
                value: value.to_owned(),
                validity,
            });
        }
    }

    /// Returns the code of a scheme that the unit bears on a day.
    pub(crate) fn code(&self, scheme: &str, day: NaiveDate) -> Option<&str> {
        let found = self
            .identifiers
            .iter()
            .find(|it| it.scheme == scheme && it.validity.contains(day));
        found.map(|it| it.value.as_str())
    }

    fn end_identifiers(&mut self, day: NaiveDate, which: impl Fn(&Identifier) -> bool) {
        self.identifiers.retain_mut(|it| {
            if !which(it) || !it.validity.contains(day) {
                return true;
            }
            match before(&it.validity, day) {
                Some(validity) => {
                    it.validity = validity;
                    true
                }
                None => false,
            }
        });
    }
}

fn end_all<T>(facts: &mut Vec<Fact<T>>, day: NaiveDate) {
    facts.retain_mut(|it| match before(&it.validity, day) {
        Some(validity) => {
            it.validity = validity;
            true
        }
        None => false,
    });
}
