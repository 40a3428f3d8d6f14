//! The outline methods: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::{
    convert::{timestamp, unknown},
    reporting::{self as pb, template_service_server::TemplateService},
};
use tonic::{Request, Response, Status};
use types::{
    ids::{ReportTemplateId, UnitId},
    violations::Invalid,
};

use super::{
    Block, BlockKind, ConsolidationRule, CreateTemplate, MOST_BLOCKS, MOST_SECTIONS, SectionKind,
    SectionSpec, Template, Templates, heading_text, sections_fit, template_text,
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    templates: Templates,
}

impl Rpc {
    pub(crate) fn new(db: &Db, templates: &Templates) -> Self {
        Self {
            db: db.clone(),
            templates: templates.clone(),
        }
    }
}

/// Names one outline.
struct Named(ReportTemplateId);

#[tonic::async_trait]
impl TemplateService for Rpc {
    async fn create_report_template(
        &self,
        request: Request<pb::CreateReportTemplateRequest>,
    ) -> Result<Response<pb::ReportTemplate>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let template = self.templates.create(&tx, &actor, new).await?;
        tx.reply(template.into()).await
    }

    async fn get_report_template(
        &self,
        request: Request<pb::GetReportTemplateRequest>,
    ) -> Result<Response<pb::ReportTemplate>, Status> {
        let (_, Named(id)) = accept(request)?;
        let template = self.templates.get(&id).await?;
        Ok(Response::new(template.into()))
    }
}

impl TryFrom<pb::GetReportTemplateRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::GetReportTemplateRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        bad.required("name", &request.name).map(Named).ok_or(bad)
    }
}

impl TryFrom<pb::CreateReportTemplateRequest> for CreateTemplate {
    type Error = Invalid;

    fn try_from(request: pb::CreateReportTemplateRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let template = request.report_template.unwrap_or_default();
        let owner = bad.required("owner_unit", &request.owner_unit);
        let id = bad.take(
            "report_template_id",
            ReportTemplateId::new(&request.report_template_id),
        );
        let display_name = bad.line("report_template.display_name", &template.display_name, 200);
        let subject = heading_text(
            "report_template.subject".into(),
            &template.subject,
            &mut bad,
        );
        let opening = template_text(
            "report_template.opening".into(),
            &template.opening,
            &mut bad,
        );
        let closing = template_text(
            "report_template.closing".into(),
            &template.closing,
            &mut bad,
        );
        if template.sections.is_empty() {
            bad.missing("report_template.sections");
        }
        bad.at_most(
            "report_template.sections",
            template.sections.len(),
            MOST_SECTIONS,
        );
        let mut sections = Vec::new();
        for (index, section) in template
            .sections
            .into_iter()
            .take(MOST_SECTIONS)
            .enumerate()
        {
            sections.extend(SectionSpec::from_wire(index, section, &mut bad));
        }
        sections_fit(&sections, &mut bad);
        match (
            owner,
            id,
            display_name,
            subject,
            opening,
            closing,
            bad.is_empty(),
        ) {
            (
                Some(owner),
                Some(id),
                Some(display_name),
                Some(subject),
                Some(opening),
                Some(closing),
                true,
            ) => Ok(Self {
                id,
                owner,
                display_name,
                subject,
                opening,
                closing,
                sections,
            }),
            _ => Err(bad),
        }
    }
}

impl SectionSpec {
    fn from_wire(index: usize, wire: pb::SectionSpec, bad: &mut Invalid) -> Option<Self> {
        let field = format!("report_template.sections[{index}]");
        // A key has the grammar of every id; a unit's stands in for the check.
        let key = bad.take(format!("{field}.key"), UnitId::new(&wire.key));
        let heading = bad.line(format!("{field}.heading"), &wire.heading, 300);
        let heading = heading.and_then(|it| heading_text(format!("{field}.heading"), &it, bad));
        let kind = SectionKind::from_wire(&format!("{field}.kind"), wire.kind, bad);
        let rule = ConsolidationRule::from_wire(
            &format!("{field}.consolidation"),
            wire.consolidation,
            bad,
        );
        let proposed = read_blocks(
            &format!("{field}.proposed_blocks"),
            wire.proposed_blocks,
            bad,
        );
        Some(Self {
            key: key?.as_str().to_owned(),
            heading: heading?,
            kind: kind?,
            required: wire.required,
            proposed: proposed?,
            rule: rule?,
            lists_planned_work: wire.lists_planned_work,
        })
    }
}

/// Reads blocks of text with placeholders.
pub(crate) fn read_blocks(
    field: &str,
    wire: Vec<pb::Block>,
    bad: &mut Invalid,
) -> Option<Vec<Block>> {
    if !bad.at_most(field, wire.len(), MOST_BLOCKS) {
        return None;
    }
    let mut blocks = Vec::new();
    let count = wire.len();
    for (index, block) in wire.into_iter().enumerate() {
        let kind = match pb::BlockKind::try_from(block.kind) {
            Ok(pb::BlockKind::Unspecified | pb::BlockKind::Paragraph) => Some(BlockKind::Paragraph),
            Ok(pb::BlockKind::Bullet) => Some(BlockKind::Bullet),
            Err(_) => {
                unknown(&format!("{field}[{index}].kind"), block.kind, bad);
                None
            }
        };
        let text = template_text(format!("{field}[{index}].text"), &block.text, bad);
        if let (Some(kind), Some(text)) = (kind, text) {
            blocks.push(Block {
                kind,
                text,
                resolved: String::new(),
            });
        }
    }
    (blocks.len() == count).then_some(blocks)
}

impl From<Template> for pb::ReportTemplate {
    fn from(template: Template) -> Self {
        Self {
            name: template.id.name(),
            display_name: template.display_name,
            subject: template.subject,
            opening: template.opening,
            closing: template.closing,
            sections: template.sections.into_iter().map(Into::into).collect(),
            create_time: Some(timestamp(template.create_time)),
        }
    }
}

impl From<SectionSpec> for pb::SectionSpec {
    fn from(section: SectionSpec) -> Self {
        Self {
            key: section.key,
            heading: section.heading,
            kind: section.kind.to_wire().into(),
            required: section.required,
            proposed_blocks: section.proposed.into_iter().map(Into::into).collect(),
            consolidation: section.rule.to_wire().into(),
            lists_planned_work: section.lists_planned_work,
        }
    }
}

impl From<Block> for pb::Block {
    fn from(block: Block) -> Self {
        let kind = match block.kind {
            BlockKind::Paragraph => pb::BlockKind::Paragraph,
            BlockKind::Bullet => pb::BlockKind::Bullet,
        };
        Self {
            kind: kind.into(),
            text: block.text,
            resolved_text: block.resolved,
        }
    }
}

impl SectionKind {
    pub(crate) fn to_wire(self) -> pb::SectionKind {
        match self {
            Self::Narrative => pb::SectionKind::Narrative,
            Self::ProjectTable => pb::SectionKind::ProjectTable,
            Self::Proposals => pb::SectionKind::Proposals,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        match pb::SectionKind::try_from(wire) {
            Ok(pb::SectionKind::Narrative) => Some(Self::Narrative),
            Ok(pb::SectionKind::ProjectTable) => Some(Self::ProjectTable),
            Ok(pb::SectionKind::Proposals) => Some(Self::Proposals),
            Ok(pb::SectionKind::Unspecified) => {
                bad.missing(field);
                None
            }
            Err(_) => {
                unknown(field, wire, bad);
                None
            }
        }
    }
}

impl ConsolidationRule {
    pub(crate) fn to_wire(self) -> pb::ConsolidationRule {
        match self {
            Self::AggregateValues => pb::ConsolidationRule::AggregateValues,
            Self::Concatenate => pb::ConsolidationRule::Concatenate,
            Self::UnionRows => pb::ConsolidationRule::UnionRows,
            Self::GroupByAddressee => pb::ConsolidationRule::GroupByAddressee,
            Self::Omit => pb::ConsolidationRule::Omit,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        match pb::ConsolidationRule::try_from(wire) {
            Ok(pb::ConsolidationRule::AggregateValues) => Some(Self::AggregateValues),
            Ok(pb::ConsolidationRule::Concatenate) => Some(Self::Concatenate),
            Ok(pb::ConsolidationRule::UnionRows) => Some(Self::UnionRows),
            Ok(pb::ConsolidationRule::GroupByAddressee) => Some(Self::GroupByAddressee),
            Ok(pb::ConsolidationRule::Unspecified | pb::ConsolidationRule::Omit) => {
                Some(Self::Omit)
            }
            Err(_) => {
                unknown(field, wire, bad);
                None
            }
        }
    }
}
