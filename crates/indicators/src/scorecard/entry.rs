//! Scores that people give, their evidence, and where a result is on its way.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use types::{decimal::Decimal, ids::Principal};

/// What people entered for one unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entries {
    /// Scores the unit gives itself, by criterion.
    pub(crate) own: BTreeMap<String, Entered>,
    pub(crate) verified: BTreeMap<String, Entered>,
    pub(crate) submitter: Option<Principal>,
    pub(crate) return_reason: String,
}

/// A score a person gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entered {
    pub(crate) claim: Claim,
    pub(crate) note: String,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) principal: Principal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Claim {
    Points(Decimal),
    NotApplicable,
}

/// A document that proves a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) title: String,
    pub(crate) document_number: String,
    pub(crate) document_date: Option<NaiveDate>,
    pub(crate) link: String,
}

impl Entries {
    /// Says whether a person had a hand in what is to be verified.
    pub(crate) fn were_made_by(&self, principal: &Principal) -> bool {
        let mut own = self.own.values();
        self.submitter.as_ref() == Some(principal) || own.any(|it| it.principal == *principal)
    }
}
