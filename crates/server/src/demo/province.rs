//! The province's side: what is measured, what is asked of whom, and what becomes of
//! the answers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use chrono::DateTime;
use proto::{
    convert,
    indicators::{
        CreateIndicatorRequest, Indicator, PublishIndicatorRequest,
        indicator_service_client::IndicatorServiceClient,
    },
    reporting::{
        Block, BlockKind, ConsolidateReportsRequest, CreateReportRequestRequest,
        CreateReportTemplateRequest, DocumentFormat, GetReportRequest, IssueReportRequestRequest,
        RenderDocumentRequest, ReportRequest, ReportTemplate, SectionSpec,
        consolidation_service_client::ConsolidationServiceClient,
        document_service_client::DocumentServiceClient, report_service_client::ReportServiceClient,
        request_service_client::RequestServiceClient,
        template_service_client::TemplateServiceClient,
    },
};

use super::{
    Peers,
    ask::{OrRefused, Person},
    people::Cast,
    sample::{self, Sample},
    steps::Steps,
};

/// Defines the indicators and the outline, and asks the districts for reports.
pub(super) async fn ask_for_reports(
    peers: &Peers,
    cast: &Cast,
    sample: &Sample,
    steps: &mut Steps,
) -> Result<()> {
    let receiver = cast.person(&sample.request.receiver)?;
    create_indicators(peers, receiver, sample).await?;
    let count = sample.indicators.indicator.len();
    steps.done(
        &receiver.display_name,
        format!("Định nghĩa {count} chỉ tiêu"),
        format!("defined {count} indicators"),
    );

    create_template(peers, receiver, sample).await?;
    let count = sample.template.section.len();
    steps.done(
        &receiver.display_name,
        format!("Tạo đề cương báo cáo {count} mục"),
        format!("created the outline with {count} sections"),
    );

    issue_request(peers, receiver, sample).await?;
    let (number, count) = (&sample.request.document_number, sample.request.units.len());
    steps.done(
        &receiver.display_name,
        format!("Ban hành yêu cầu theo Công văn số {number}: {count} đơn vị phải báo cáo"),
        format!("issued the request: {count} units must report"),
    );
    Ok(())
}

async fn create_indicators(peers: &Peers, receiver: &Person, sample: &Sample) -> Result<()> {
    let mut indicators = IndicatorServiceClient::new(peers.indicators.clone());
    for new in &sample.indicators.indicator {
        let indicator = Indicator {
            display_name: new.display_name.clone(),
            value_kind: new.value_kind.into(),
            measure_unit: new.measure_unit.clone(),
            accumulation: new.accumulation.into(),
            base_period: new.base_period.clone(),
            unit_aggregation: new.unit_aggregation.into(),
            period_aggregation: new.period_aggregation.into(),
            direction: new.direction.into(),
            description: new.description.clone(),
            owner_unit: format!("units/{}", sample.indicators.owner_unit),
            legal_basis: sample.indicators.legal_basis.clone(),
            ..Indicator::default()
        };
        let request = CreateIndicatorRequest {
            indicator: Some(indicator),
            indicator_id: new.id.clone(),
            ..CreateIndicatorRequest::default()
        };
        let created = indicators.create_indicator(receiver.ask(request)?).await;
        let created = created.or_refused(|| format!("defining the indicator `{}`", new.id))?;
        let request = PublishIndicatorRequest {
            name: created.name,
            first_period: sample.request.period.clone(),
            change_note: sample.indicators.legal_basis.clone(),
            etag: created.etag,
            ..PublishIndicatorRequest::default()
        };
        let published = indicators.publish_indicator(receiver.ask(request)?).await;
        published.or_refused(|| format!("publishing the indicator `{}`", new.id))?;
    }
    Ok(())
}

async fn create_template(peers: &Peers, receiver: &Person, sample: &Sample) -> Result<()> {
    let new = &sample.template;
    let sections = new.section.iter().map(|section| SectionSpec {
        key: section.key.clone(),
        heading: section.heading.clone(),
        kind: section.kind.into(),
        required: section.required,
        proposed_blocks: section.block.iter().map(block).collect(),
        consolidation: section.consolidation.into(),
        lists_planned_work: section.lists_planned_work,
    });
    let template = ReportTemplate {
        display_name: new.display_name.clone(),
        subject: new.subject.clone(),
        opening: new.opening.clone(),
        closing: new.closing.clone(),
        sections: sections.collect(),
        ..ReportTemplate::default()
    };
    let request = CreateReportTemplateRequest {
        owner_unit: format!("units/{}", new.owner_unit),
        report_template: Some(template),
        report_template_id: new.id.clone(),
        ..CreateReportTemplateRequest::default()
    };
    TemplateServiceClient::new(peers.reporting.clone())
        .create_report_template(receiver.ask(request)?)
        .await
        .or_refused(|| format!("creating the outline `{}`", new.id))?;
    Ok(())
}

/// Turns a block of a sample file into one of the contract.
pub(super) fn block(block: &sample::Block) -> Block {
    let kind = match block {
        sample::Block::Bullet(_) => BlockKind::Bullet,
        sample::Block::Paragraph(_) => BlockKind::Paragraph,
    };
    Block {
        kind: kind.into(),
        text: block.text().to_owned(),
        ..Block::default()
    }
}

async fn issue_request(peers: &Peers, receiver: &Person, sample: &Sample) -> Result<()> {
    let new = &sample.request;
    let due_time = DateTime::parse_from_rfc3339(&new.due_time).with_context(|| {
        format!(
            "`due_time` of `request.toml` is no instant: `{}`",
            new.due_time
        )
    })?;
    let request = ReportRequest {
        title: new.title.clone(),
        issuer_unit: format!("units/{}", new.issuer),
        report_template: format!("reportTemplates/{}", sample.template.id),
        period: new.period.clone(),
        due_time: Some(convert::timestamp(due_time.to_utc())),
        units: new.units.iter().map(|it| format!("units/{it}")).collect(),
        document_number: new.document_number.clone(),
        issue_date: new.issue_date.clone(),
        ..ReportRequest::default()
    };
    let request = CreateReportRequestRequest {
        report_request: Some(request),
        report_request_id: new.id.clone(),
        ..CreateReportRequestRequest::default()
    };
    let mut requests = RequestServiceClient::new(peers.reporting.clone());
    let created = requests
        .create_report_request(receiver.ask(request)?)
        .await
        .or_refused(|| format!("preparing the request `{}`", new.id))?;
    let request = IssueReportRequestRequest {
        name: created.name,
        etag: created.etag,
        ..Default::default()
    };
    let issued = requests.issue_report_request(receiver.ask(request)?).await;
    issued.or_refused(|| format!("issuing the request `{}`", new.id))?;
    Ok(())
}

/// Puts the accepted reports together and prints them and the whole.
pub(super) async fn consolidate_and_print(
    peers: &Peers,
    cast: &Cast,
    sample: &Sample,
    out: &Path,
    steps: &mut Steps,
) -> Result<Vec<PathBuf>> {
    let receiver = cast.person(&sample.request.receiver)?;
    let request = ConsolidateReportsRequest {
        report_request: format!("reportRequests/{}", sample.request.id),
        ..ConsolidateReportsRequest::default()
    };
    let answer = ConsolidationServiceClient::new(peers.reporting.clone())
        .consolidate_reports(receiver.ask(request)?)
        .await
        .or_refused(|| "consolidating the reports".to_owned())?;
    let consolidation = answer
        .consolidation
        .context("a consolidation was made but not answered")?;
    let all = consolidation.sources.len();
    let present = consolidation
        .sources
        .iter()
        .filter(|it| !it.submission.is_empty())
        .count();
    steps.done(
        &receiver.display_name,
        format!("Tổng hợp {present} trên {all} báo cáo"),
        format!("consolidated {present} of {all} reports"),
    );
    steps.issues(&answer.issues);

    let mut written = Vec::new();
    for district in &sample.districts {
        let Some(document) = &district.document else {
            continue;
        };
        let leader = cast.person(&district.leader)?;
        let report = report_name(sample, &district.unit);
        let request = GetReportRequest {
            name: report.clone(),
        };
        let report = ReportServiceClient::new(peers.reporting.clone())
            .get_report(leader.ask(request)?)
            .await
            .or_refused(|| format!("reading `{report}`"))?;
        written.extend(
            print(
                peers,
                leader,
                &report.latest_submission,
                document,
                out,
                steps,
            )
            .await?,
        );
    }
    let document = &sample.request.consolidated_document;
    written.extend(print(peers, receiver, &consolidation.name, document, out, steps).await?);
    Ok(written)
}

/// Returns the name of the report of a unit to the request.
pub(super) fn report_name(sample: &Sample, unit: &str) -> String {
    format!("reports/{}.{unit}", sample.request.id)
}

/// Prints one source as PDF and DOCX.
async fn print(
    peers: &Peers,
    person: &Person,
    source: &str,
    document: &str,
    out: &Path,
    steps: &mut Steps,
) -> Result<[PathBuf; 2]> {
    let files = [(DocumentFormat::Pdf, "pdf"), (DocumentFormat::Docx, "docx")]
        .map(|(format, ending)| (format, out.join(format!("{document}.{ending}"))));
    for (format, file) in &files {
        let request = RenderDocumentRequest {
            source: source.to_owned(),
            format: (*format).into(),
        };
        let rendered = DocumentServiceClient::new(peers.reporting.clone())
            .render_document(person.ask(request)?)
            .await
            .or_refused(|| format!("printing `{source}`"))?;
        fs::write(file, &rendered.content)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let size = rendered.content.len().div_ceil(1024);
        steps.done(
            &person.display_name,
            format!("In văn bản {name}, {size} KiB"),
            format!("printed {source}"),
        );
    }
    Ok(files.map(|(_, file)| file))
}
