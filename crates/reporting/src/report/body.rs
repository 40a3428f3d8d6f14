//! What a section says.

use types::ids::IndicatorId;

use super::Body;
use crate::{
    placeholder::{self, Facts},
    template::SectionKind,
};

impl Body {
    /// Returns the empty content of a kind of section.
    pub(crate) fn empty(kind: SectionKind) -> Self {
        match kind {
            SectionKind::Narrative => Self::Narrative(Vec::new()),
            SectionKind::ProjectTable => Self::ProjectTable(Vec::new()),
            SectionKind::Proposals => Self::Proposals(Vec::new()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Narrative(blocks) => blocks.iter().all(|it| it.text.is_empty()),
            Self::ProjectTable(rows) => rows.is_empty(),
            Self::Proposals(proposals) => proposals.is_empty(),
        }
    }

    /// Returns the indicators cited, in order of first mention.
    pub(crate) fn cited(&self) -> Vec<IndicatorId> {
        let texts: Vec<&str> = match self {
            Self::Narrative(blocks) => blocks.iter().map(|it| it.text.as_str()).collect(),
            Self::ProjectTable(_) => Vec::new(),
            Self::Proposals(proposals) => proposals.iter().map(|it| it.text.as_str()).collect(),
        };
        let mut cited = Vec::new();
        for indicator in texts.into_iter().flat_map(placeholder::cited) {
            if !cited.contains(&indicator) {
                cited.push(indicator);
            }
        }
        cited
    }

    /// Puts the facts into every text; figures that are not there are named.
    pub(crate) fn resolve(&mut self, facts: &Facts, missing: &mut Vec<IndicatorId>) {
        match self {
            Self::Narrative(blocks) => {
                for block in blocks {
                    block.resolved = placeholder::resolve(&block.text, facts, missing);
                }
            }
            Self::ProjectTable(_) => {}
            Self::Proposals(proposals) => {
                for proposal in proposals {
                    proposal.resolved = placeholder::resolve(&proposal.text, facts, missing);
                }
            }
        }
    }
}
