//! What a section says.

use types::ids::IndicatorId;

use super::{Body, ProjectRow, Proposal};
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

    /// Returns about how many bytes it takes in an answer: a text whose facts are put in is
    /// there twice.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Narrative(blocks) => blocks.iter().map(|it| 2 * it.text.len()).sum(),
            Self::ProjectTable(rows) => {
                let cells = |it: &ProjectRow| {
                    let decisions = it.decision_numbers.iter().map(String::len);
                    let texts = [&it.project, &it.title, &it.result_text, &it.note];
                    texts.iter().map(|it| it.len()).sum::<usize>() + decisions.sum::<usize>()
                };
                rows.iter().map(cells).sum()
            }
            Self::Proposals(proposals) => {
                let one = |it: &Proposal| it.addressee.len() + 2 * it.text.len();
                proposals.iter().map(one).sum()
            }
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

    /// Puts the facts into every text, and the money into every row of a project; figures that
    /// are not there are named.
    pub(crate) fn resolve(&mut self, facts: &Facts, missing: &mut Vec<IndicatorId>) {
        match self {
            Self::Narrative(blocks) => {
                for block in blocks {
                    block.resolved = placeholder::resolve(&block.text, facts, missing);
                }
            }
            Self::ProjectTable(rows) => {
                if let Some(projects) = &facts.projects {
                    for row in rows {
                        row.take_money(projects.get(&row.project));
                    }
                }
            }
            Self::Proposals(proposals) => {
                for proposal in proposals {
                    proposal.resolved = placeholder::resolve(&proposal.text, facts, missing);
                }
            }
        }
    }
}

impl ProjectRow {
    /// Takes money, decisions and what is asked for from the project service: a report has no
    /// money of its own. Of what is no project there, there is none.
    fn take_money(&mut self, of_project: Option<&Self>) {
        let none = Self::default();
        let known = of_project.unwrap_or(&none);
        self.allocated_amount_vnd = known.allocated_amount_vnd;
        self.decision_numbers.clone_from(&known.decision_numbers);
        self.requested_amount_vnd = known.requested_amount_vnd;
        self.requested = known.requested;
        self.progress_entry.clone_from(&known.progress_entry);
    }
}
