//! One figure as it was sent, and what became of it.

use types::{ids::ValueId, quantity::Quantity, violations::Invalid};

use super::{Shown, Source, issue::Issue};
use crate::evidence::Evidence;

/// One item of a request. It is refused alone, so what is wrong with it is kept here.
#[derive(Debug)]
pub(crate) struct Item {
    /// Where it stands, such as `items[3]`.
    pub(crate) path: String,
    /// The figure it is about; none when that cannot be read.
    pub(crate) id: Option<ValueId>,
    pub(crate) entry: Result<Entry, Invalid>,
}

/// What an item says about its figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) quantity: Quantity,
    pub(crate) note: String,
    /// Each once.
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Source,
    pub(crate) reason: String,
    /// The version it replaces; empty for any.
    pub(crate) etag: String,
}

/// What became of one item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) name: Option<ValueId>,
    pub(crate) disposition: Disposition,
    pub(crate) issues: Vec<Issue>,
    /// The figure in force, when the item knew an older one.
    pub(crate) current: Option<Shown>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    Created,
    Updated,
    Unchanged,
    Rejected,
}

impl Item {
    /// Returns the path of a field of it.
    pub(super) fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }
}

#[cfg(test)]
impl Entry {
    /// A figure that a person entered without further words.
    pub(super) fn by_hand(quantity: Quantity) -> Self {
        Self {
            quantity,
            note: String::new(),
            evidence: Vec::new(),
            source: Source::by_hand(),
            reason: String::new(),
            etag: String::new(),
        }
    }
}
