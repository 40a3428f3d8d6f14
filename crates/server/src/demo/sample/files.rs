//! The form of each sample file. Its own comments say what the words mean.

use proto::{
    directory::UnitKind,
    indicators::{Accumulation, Aggregation, Direction, ValueKind},
    projects::{CostType, DecisionKind, FundingSource, Health, ProjectKind},
    reporting::{ConsolidationRule, SectionKind},
    shared::Absence,
};
use serde::Deserialize;

use crate::demo::words;

/// `units.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Units {
    pub(crate) start_date: String,
    pub(crate) unit: Vec<Unit>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unit {
    pub(crate) id: String,
    #[serde(deserialize_with = "words::unit_kind")]
    pub(crate) kind: UnitKind,
    pub(crate) parent: Option<String>,
    pub(crate) display_name: String,
    pub(crate) short_name: String,
    pub(crate) symbol: String,
    pub(crate) place: String,
    #[serde(default)]
    pub(crate) superior_organ: String,
    pub(crate) gso: Option<String>,
}

/// `people.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct People {
    pub(crate) start_date: String,
    pub(crate) person: Vec<NewPerson>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPerson {
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) home_unit: String,
    pub(crate) role: String,
    pub(crate) scope_unit: String,
    pub(crate) position: Option<Position>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) is_head: bool,
    /// Printed as they are; without any the post does not sign.
    pub(crate) signing_lines: Vec<String>,
}

/// `indicators.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Indicators {
    pub(crate) owner_unit: String,
    pub(crate) legal_basis: String,
    pub(crate) indicator: Vec<Indicator>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Indicator {
    pub(crate) id: String,
    pub(crate) display_name: String,
    #[serde(deserialize_with = "words::value_kind")]
    pub(crate) value_kind: ValueKind,
    #[serde(default)]
    pub(crate) measure_unit: String,
    #[serde(deserialize_with = "words::accumulation")]
    pub(crate) accumulation: Accumulation,
    /// From where `since-start` counts; none for the others.
    #[serde(default)]
    pub(crate) base_period: String,
    #[serde(deserialize_with = "words::aggregation")]
    pub(crate) unit_aggregation: Aggregation,
    #[serde(deserialize_with = "words::aggregation")]
    pub(crate) period_aggregation: Aggregation,
    #[serde(deserialize_with = "words::direction")]
    pub(crate) direction: Direction,
    pub(crate) description: String,
}

/// `template.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) owner_unit: String,
    pub(crate) display_name: String,
    pub(crate) subject: String,
    pub(crate) opening: String,
    pub(crate) closing: String,
    pub(crate) section: Vec<TemplateSection>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateSection {
    pub(crate) key: String,
    pub(crate) heading: String,
    #[serde(deserialize_with = "words::section_kind")]
    pub(crate) kind: SectionKind,
    pub(crate) required: bool,
    #[serde(deserialize_with = "words::consolidation")]
    pub(crate) consolidation: ConsolidationRule,
    #[serde(default)]
    pub(crate) lists_planned_work: bool,
    #[serde(default)]
    pub(crate) block: Vec<Block>,
}

/// One paragraph or list item.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Block {
    Bullet(String),
    Paragraph(String),
}

impl Block {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Bullet(text) | Self::Paragraph(text) => text,
        }
    }
}

/// `request.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) issuer: String,
    pub(crate) receiver: String,
    /// Who decides on money for the province.
    pub(crate) decider: String,
    pub(crate) document_number: String,
    pub(crate) issue_date: String,
    pub(crate) title: String,
    pub(crate) period: String,
    pub(crate) due_time: String,
    pub(crate) consolidated_document: String,
    pub(crate) units: Vec<String>,
}

/// `minh-long.toml` and the files of the other districts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct District {
    pub(crate) unit: String,
    pub(crate) reporter: String,
    pub(crate) leader: String,
    pub(crate) signer_position: String,
    /// Its report is printed when this names a file.
    pub(crate) document: Option<String>,
    pub(crate) addressees: Vec<String>,
    pub(crate) recipients: Vec<String>,
    /// Instead of what the outline proposes.
    pub(crate) closing: Option<String>,
    pub(crate) note: String,
    pub(crate) value: Vec<Value>,
    #[serde(default)]
    pub(crate) decision: Vec<Decision>,
    #[serde(default)]
    pub(crate) project: Vec<Project>,
    #[serde(default)]
    pub(crate) section: Vec<Section>,
    #[serde(default)]
    pub(crate) proposal: Vec<Proposal>,
}

/// One figure: a count, a share (stated, with its parts, or both) or an absence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Value {
    pub(crate) indicator: String,
    pub(crate) count: Option<i64>,
    #[serde(default)]
    pub(crate) percent: String,
    #[serde(default)]
    pub(crate) numerator: String,
    #[serde(default)]
    pub(crate) denominator: String,
    #[serde(default, deserialize_with = "words::absence")]
    pub(crate) absence: Option<Absence>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    pub(crate) id: String,
    pub(crate) authority_unit: String,
    #[serde(deserialize_with = "words::decision_kind")]
    pub(crate) kind: DecisionKind,
    #[serde(rename = "abstract")]
    pub(crate) summary: String,
    pub(crate) amount_vnd: i64,
    pub(crate) document_number: String,
    pub(crate) issue_date: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) display_name: String,
    #[serde(deserialize_with = "words::project_kind")]
    pub(crate) kind: ProjectKind,
    #[serde(deserialize_with = "words::health")]
    pub(crate) health: Health,
    #[serde(default)]
    pub(crate) completion_percent: String,
    #[serde(default)]
    pub(crate) result_text: String,
    #[serde(default)]
    pub(crate) difficulty_text: String,
    #[serde(default)]
    pub(crate) note: String,
    pub(crate) allocation: Option<Allocation>,
    pub(crate) supplementary_request: Option<SupplementaryRequest>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allocation {
    pub(crate) decision: String,
    pub(crate) amount_vnd: i64,
    pub(crate) fiscal_year: i32,
    #[serde(deserialize_with = "words::funding_source")]
    pub(crate) funding_source: FundingSource,
    #[serde(deserialize_with = "words::cost_type")]
    pub(crate) cost_type: CostType,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupplementaryRequest {
    pub(crate) amount_vnd: Option<i64>,
    pub(crate) justification: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) key: String,
    pub(crate) block: Vec<Block>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proposal {
    pub(crate) addressee: String,
    #[serde(default)]
    pub(crate) addressee_unit: Option<String>,
    pub(crate) text: String,
}
