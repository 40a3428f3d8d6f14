//! Outlines of reports. An outline never changes: a new one is a new template.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action};
use serde::{Deserialize, Serialize};
use types::{
    ids::{IndicatorId, ReportTemplateId, UnitId},
    violations::Invalid,
};

use crate::placeholder;

pub(crate) mod rpc;
pub(crate) mod store;

/// An outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Template {
    pub(crate) id: ReportTemplateId,
    pub(crate) owner: UnitId,
    pub(crate) display_name: String,
    pub(crate) subject: String,
    pub(crate) opening: String,
    pub(crate) closing: String,
    pub(crate) sections: Vec<SectionSpec>,
    pub(crate) create_time: DateTime<Utc>,
}

/// One section of an outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SectionSpec {
    pub(crate) key: String,
    pub(crate) heading: String,
    pub(crate) kind: SectionKind,
    pub(crate) required: bool,
    pub(crate) proposed: Vec<Block>,
    pub(crate) rule: ConsolidationRule,
    /// Whether a draft also lists what was planned for the period, with what became of it.
    #[serde(default)]
    pub(crate) lists_planned_work: bool,
}

/// A paragraph or list item, as it was typed, and with its facts once they are pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) resolved: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum BlockKind {
    Paragraph,
    Bullet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SectionKind {
    Narrative,
    ProjectTable,
    Proposals,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ConsolidationRule {
    AggregateValues,
    Concatenate,
    UnionRows,
    GroupByAddressee,
    Omit,
}

/// Adds an outline.
#[derive(Debug)]
pub(crate) struct CreateTemplate {
    pub(crate) id: ReportTemplateId,
    pub(crate) owner: UnitId,
    pub(crate) display_name: String,
    pub(crate) subject: String,
    pub(crate) opening: String,
    pub(crate) closing: String,
    pub(crate) sections: Vec<SectionSpec>,
}

/// Most sections of an outline.
pub(crate) const MOST_SECTIONS: usize = 50;
/// Most blocks of one section.
pub(crate) const MOST_BLOCKS: usize = 200;
/// Longest text of one block, opening or closing, in characters.
pub(crate) const LONGEST_TEXT: usize = 10_000;

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Templates {
    access: Access,
    db: Db,
}

impl Templates {
    pub(crate) fn new(access: Access, db: Db) -> Self {
        Self { access, db }
    }

    /// Adds an outline.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateTemplate,
    ) -> Result<Template> {
        self.access.require(actor, &new.owner).await?;
        let template = Template {
            id: new.id,
            owner: new.owner,
            display_name: new.display_name,
            subject: new.subject,
            opening: new.opening,
            closing: new.closing,
            sections: new.sections,
            create_time: tx.now(),
        };
        store::insert(&tx.db, &template).await?;
        tx.record(Action::Created, &template.id.name(), None, Some(&template))
            .await?;
        Ok(template)
    }

    /// Reads one outline.
    pub(crate) async fn get(&self, id: &ReportTemplateId) -> Result<Template> {
        let found = store::find(self.db.reader(), id).await?;
        found.ok_or_else(|| Error::not_found("REPORT_TEMPLATE", id))
    }
}

/// An outline must be able to be consolidated by its own rules, and a key names one
/// section.
fn sections_fit(sections: &[SectionSpec], bad: &mut Invalid) {
    let mut keys = BTreeSet::new();
    for (index, section) in sections.iter().enumerate() {
        let field = format!("report_template.sections[{index}]");
        if !keys.insert(&section.key) {
            bad.add(
                format!("{field}.key"),
                "DUPLICATE",
                format!("`{}` names another section already", section.key),
                format!("`{}` đã được dùng cho mục khác", section.key),
            );
        }
        if section.lists_planned_work && section.kind != SectionKind::Narrative {
            bad.add(
                format!("{field}.lists_planned_work"),
                "RULE_DOES_NOT_FIT",
                "only a narrative lists planned work",
                "chỉ mục thuyết minh mới nêu kết quả việc đã đề ra",
            );
        }
        if !section.rule.fits(section.kind) {
            bad.add(
                format!("{field}.consolidation"),
                "RULE_DOES_NOT_FIT",
                "this rule does not fit this kind of section",
                "cách tổng hợp không phù hợp với loại mục",
            );
        }
    }
}

impl SectionSpec {
    /// Returns the indicators that the outline proposes to cite in this section.
    pub(crate) fn asked(&self) -> Vec<IndicatorId> {
        self.proposed
            .iter()
            .flat_map(|it| placeholder::cited(&it.text))
            .collect()
    }
}

impl Template {
    /// Returns every indicator the outline cites.
    pub(crate) fn cited(&self) -> BTreeSet<IndicatorId> {
        let texts = [&self.subject, &self.opening, &self.closing].into_iter();
        let cited = texts.flat_map(|it| placeholder::cited(it));
        let asked = self.sections.iter().flat_map(SectionSpec::asked);
        cited.chain(asked).collect()
    }
}

impl ConsolidationRule {
    fn fits(self, kind: SectionKind) -> bool {
        match self {
            Self::AggregateValues | Self::Concatenate => kind == SectionKind::Narrative,
            Self::UnionRows => kind == SectionKind::ProjectTable,
            Self::GroupByAddressee => kind == SectionKind::Proposals,
            Self::Omit => true,
        }
    }
}

/// Reads text of an outline that stands over many units, so it may cite no unit's figure.
pub(crate) fn heading_text(field: String, text: &str, bad: &mut Invalid) -> Option<String> {
    let text = template_text(field.clone(), text, bad)?;
    if placeholder::cited(&text).is_empty() {
        return Some(text);
    }
    bad.add(
        field,
        "PLACEHOLDER",
        "cites a figure, which belongs in the text of a section",
        "trích dẫn số liệu; số liệu chỉ được trích dẫn trong nội dung của mục",
    );
    None
}

/// Reads text with placeholders, each of which must be known.
pub(crate) fn template_text(field: String, text: &str, bad: &mut Invalid) -> Option<String> {
    let text = bad.lines(field.clone(), text, LONGEST_TEXT)?;
    bad.take(field, placeholder::check(&text))?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(key: &str, kind: SectionKind, rule: ConsolidationRule) -> SectionSpec {
        SectionSpec {
            key: key.into(),
            heading: "Nội dung".into(),
            kind,
            required: true,
            proposed: Vec::new(),
            rule,
            lists_planned_work: false,
        }
    }

    #[test]
    fn a_key_names_one_section_and_a_rule_fits_what_the_section_holds() {
        let mut bad = Invalid::default();
        sections_fit(
            &[
                section(
                    "ket-qua",
                    SectionKind::Narrative,
                    ConsolidationRule::AggregateValues,
                ),
                section(
                    "du-an",
                    SectionKind::ProjectTable,
                    ConsolidationRule::Concatenate,
                ),
                section(
                    "ket-qua",
                    SectionKind::Proposals,
                    ConsolidationRule::GroupByAddressee,
                ),
            ],
            &mut bad,
        );
        let fields: Vec<_> = bad
            .violations()
            .iter()
            .map(|it| it.field.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "report_template.sections[1].consolidation",
                "report_template.sections[2].key"
            ],
        );
    }
}
