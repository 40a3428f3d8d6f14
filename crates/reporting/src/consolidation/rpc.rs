//! The consolidation methods: accept, ask the neighbours, keep, reply.

use kit::{Begin, Db, accept};
use proto::{
    convert::{issue, quantity, timestamp},
    reporting::{self as pb, consolidation_service_server::ConsolidationService},
    shared::{Issue, Quantity, Severity},
};
use tonic::{Request, Response, Status};
use types::{
    ids::{ConsolidationId, ReportId},
    violations::Invalid,
};

use super::{
    Consolidate, Consolidation, Consolidations, Content, FigureTotal, SectionParts, Source,
};
use crate::request::Timeliness;
use crate::submission;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    consolidations: Consolidations,
}

impl Rpc {
    pub(crate) fn new(db: &Db, consolidations: &Consolidations) -> Self {
        Self {
            db: db.clone(),
            consolidations: consolidations.clone(),
        }
    }
}

/// Names one consolidation.
struct Named(ConsolidationId);

#[tonic::async_trait]
impl ConsolidationService for Rpc {
    async fn consolidate_reports(
        &self,
        request: Request<pb::ConsolidateReportsRequest>,
    ) -> Result<Response<pb::ConsolidateReportsResponse>, Status> {
        let (actor, consolidate): (_, Consolidate) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let content = self.consolidations.prepare(&actor, &consolidate).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let issues = issues(&content);
        let made = self
            .consolidations
            .create(&tx, &actor, consolidate.id, content)
            .await?;
        tx.reply(pb::ConsolidateReportsResponse {
            consolidation: Some(made.into()),
            issues,
        })
        .await
    }

    async fn get_consolidation(
        &self,
        request: Request<pb::GetConsolidationRequest>,
    ) -> Result<Response<pb::Consolidation>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let found = self.consolidations.get(&actor, &id).await?;
        Ok(Response::new(found.into()))
    }
}

impl TryFrom<pb::ConsolidateReportsRequest> for Consolidate {
    type Error = Invalid;

    fn try_from(message: pb::ConsolidateReportsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let request = bad.required("report_request", &message.report_request);
        let id = match message.consolidation_id.as_str() {
            "" => Some(None),
            id => bad
                .take("consolidation_id", ConsolidationId::new(id))
                .map(Some),
        };
        let (Some(request), Some(id)) = (request, id) else {
            return Err(bad);
        };
        Ok(Self { request, id })
    }
}

impl TryFrom<pb::GetConsolidationRequest> for Named {
    type Error = Invalid;

    fn try_from(message: pb::GetConsolidationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        bad.required("name", &message.name).map(Named).ok_or(bad)
    }
}

/// What a person should look at before he uses the totals.
fn issues(content: &Content) -> Vec<Issue> {
    let mut issues = Vec::new();
    let missing = content.sources.iter();
    let missing =
        missing.filter(|it| it.submission.is_none() && it.timeliness != Timeliness::Exempt);
    for source in missing {
        issues.push(issue(
            Severity::Warning,
            "REPORT_NOT_IN",
            source.unit.name(),
            format!("{} has no accepted report", source.display_name),
            format!("{} chưa có báo cáo được tiếp nhận", source.display_name),
        ));
    }
    for figure in content.figures.iter().filter(|it| !it.is_defined) {
        issues.push(issue(
            Severity::Warning,
            "INDICATOR_NOT_DEFINED",
            figure.indicator.name(),
            format!(
                "is not published for {}, so nothing is added up",
                content.period
            ),
            format!(
                "chỉ tiêu chưa được ban hành cho kỳ {} nên không tổng hợp",
                content.period
            ),
        ));
    }
    for figure in content
        .figures
        .iter()
        .filter(|it| it.adds_up && it.total.is_none())
    {
        issues.push(issue(
            Severity::Warning,
            "NO_TOTAL",
            figure.indicator.name(),
            "there is nothing that can be added up",
            "chưa có số liệu cộng được",
        ));
    }
    for figure in content.figures.iter().filter(|it| it.without_parts > 0) {
        issues.push(issue(
            Severity::Warning,
            "RATIO_PARTS_MISSING",
            figure.indicator.name(),
            format!(
                "units that state a percentage without its parts, which is not in the total: {}",
                figure.without_parts
            ),
            format!(
                "số đơn vị chỉ nêu tỷ lệ, không có tử số và mẫu số nên không được cộng: {}",
                figure.without_parts
            ),
        ));
    }
    issues
}

impl From<Consolidation> for pb::Consolidation {
    fn from(made: Consolidation) -> Self {
        let content = made.content;
        let request = &content.request;
        let sources = content
            .sources
            .into_iter()
            .map(|it| it.into_wire(request))
            .collect();
        Self {
            name: made.id.name(),
            report_request: request.name(),
            unit: content.unit.name(),
            period: content.period.to_string(),
            sources,
            figures: content.figures.into_iter().map(Into::into).collect(),
            sections: content.sections.into_iter().map(Into::into).collect(),
            content_sha256: made.content_sha256,
            principal: made.principal,
            create_time: Some(timestamp(made.create_time)),
        }
    }
}

impl Source {
    fn into_wire(self, request: &types::ids::ReportRequestId) -> pb::ConsolidationSource {
        let report = ReportId {
            request: request.clone(),
            unit: self.unit,
        };
        let name = self
            .submission
            .map(|number| submission::name(&report, number));
        pb::ConsolidationSource {
            unit: report.unit.name(),
            display_name: self.display_name,
            submission: name.unwrap_or_default(),
            state: self.state.to_wire().into(),
            timeliness: self.timeliness.to_wire().into(),
            note: self.note,
        }
    }
}

impl From<FigureTotal> for pb::ConsolidatedFigure {
    fn from(figure: FigureTotal) -> Self {
        let count = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
        let unit_figures = figure.by_unit.into_iter().map(|(unit, it)| pb::UnitFigure {
            unit: unit.name(),
            quantity: Some(Quantity {
                text_vi: it.text(),
                ..quantity(&it.quantity)
            }),
            indicator_value: it.name,
            revision: it.revision,
        });
        Self {
            indicator: figure.indicator.name(),
            display_name: figure.display_name,
            measure_unit: figure.measure_unit,
            total: figure.total.as_ref().map(|it| Quantity {
                text_vi: figure.printed.unwrap_or_else(|| it.to_vietnamese()),
                ..quantity(it)
            }),
            expected_count: count(figure.expected),
            counted_count: count(figure.counted),
            missing_count: count(figure.missing),
            absent_count: count(figure.absent.values().sum()),
            without_parts_count: count(figure.without_parts),
            unit_figures: unit_figures.collect(),
        }
    }
}

impl From<SectionParts> for pb::ConsolidatedSection {
    fn from(section: SectionParts) -> Self {
        let parts = section.parts.into_iter().map(|it| pb::UnitPart {
            unit: it.unit.name(),
            display_name: it.display_name,
            body: Some(it.body.into()),
        });
        Self {
            key: section.key,
            heading: section.heading,
            rule: section.rule.to_wire().into(),
            parts: parts.collect(),
        }
    }
}
