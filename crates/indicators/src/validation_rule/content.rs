//! What a rule says.

use serde::{Deserialize, Serialize};
use types::{
    decimal::Decimal,
    ids::{IndicatorId, UnitId},
};

use crate::{formula::Missing, value::issue::Severity};

/// What its owner says about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) display_name: String,
    pub(crate) owner_unit: UnitId,
    pub(crate) test: Test,
    /// How far apart the two sides may be.
    pub(crate) tolerance: Decimal,
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) message_vi: String,
    /// Kinds of units it is for, in the words of the contract; empty = all.
    pub(crate) unit_kinds: Vec<String>,
    /// The unit it is for, with those below it; none = all.
    pub(crate) scope_unit: Option<UnitId>,
    pub(crate) legal_basis: String,
}

/// What has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Test {
    /// A formula that says yes, over figures of one unit and period.
    Expression { formula: String, missing: Missing },
    /// The figure of a unit is the sum of those of the units just below it.
    UnitTotal(Vec<IndicatorId>),
}

/// How grave it is when a rule does not hold. None of these refuses anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Level {
    Info,
    Warning,
    Error,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Error => Self::Error,
        }
    }
}
