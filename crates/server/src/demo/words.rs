//! Words of the sample files for the choices of the contract: `not-started` stands for
//! `HEALTH_NOT_STARTED`.

use proto::{
    directory::UnitKind,
    indicators::{Accumulation, Aggregation, Direction, ValueKind},
    projects::{CostType, DecisionKind, FundingSource, Health, ProjectKind},
    reporting::{ConsolidationRule, SectionKind},
    shared::Absence,
};
use serde::{Deserialize, Deserializer, de::Error};

fn full_name(prefix: &str, word: &str) -> String {
    format!("{prefix}_{}", word.replace('-', "_").to_uppercase())
}

macro_rules! words {
    ($($name:ident: $choice:ty, $prefix:literal;)*) => {$(
        /// Reads one word.
        pub(super) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<$choice, D::Error> {
            let word = String::deserialize(from)?;
            <$choice>::from_str_name(&full_name($prefix, &word)).ok_or_else(|| {
                D::Error::custom(format!("`{word}` is no word for {}", stringify!($choice)))
            })
        }
    )*};
}

words! {
    unit_kind: UnitKind, "UNIT_KIND";
    value_kind: ValueKind, "VALUE_KIND";
    accumulation: Accumulation, "ACCUMULATION";
    aggregation: Aggregation, "AGGREGATION";
    direction: Direction, "DIRECTION";
    project_kind: ProjectKind, "PROJECT_KIND";
    health: Health, "HEALTH";
    funding_source: FundingSource, "FUNDING_SOURCE";
    cost_type: CostType, "COST_TYPE";
    decision_kind: DecisionKind, "DECISION_KIND";
    section_kind: SectionKind, "SECTION_KIND";
    consolidation: ConsolidationRule, "CONSOLIDATION_RULE";
}

/// Reads the reason why there is no figure.
pub(super) fn absence<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Absence>, D::Error> {
    let word = String::deserialize(from)?;
    let absence = Absence::from_str_name(&full_name("ABSENCE", &word));
    absence
        .map(Some)
        .ok_or_else(|| D::Error::custom(format!("`{word}` is no word for an absence")))
}
