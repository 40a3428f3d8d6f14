//! Reports, sections and submissions to and from the wire.

use kit::etag;
use proto::{
    convert::{issue, timestamp},
    reporting as pb,
    shared::{Issue, Severity},
};
use types::{ids::UnitId, violations::Invalid};

use crate::{
    report::{
        Body, Finding, Frame, ProjectRow, Proposal, Report, ReportState, Section,
        limits::{LONGEST_CELL, MOST_PROPOSALS, MOST_ROWS},
    },
    submission::{self, State, Submission},
    template::{SectionKind, rpc::read_blocks, template_text},
};

impl From<Report> for pb::Report {
    fn from(report: Report) -> Self {
        let latest = match report.latest_submission {
            0 => String::new(),
            number => submission::name(&report.id, number),
        };
        Self {
            name: report.id.name(),
            report_request: report.id.request.name(),
            unit: report.id.unit.name(),
            period: report.period.to_string(),
            state: report.state.to_wire().into(),
            latest_submission: latest,
            return_reason: report.return_reason,
            create_time: Some(timestamp(report.create_time)),
            update_time: Some(timestamp(report.update_time)),
            etag: etag::of(report.version),
            ..frame(report.frame)
        }
    }
}

fn frame(frame: Frame) -> pb::Report {
    pb::Report {
        subject: frame.subject,
        opening: frame.opening,
        closing: frame.closing,
        addressees: frame.addressees,
        recipients: frame.recipients,
        signer_position: frame.signer_position,
        note: frame.note,
        ..Default::default()
    }
}

/// Most lines of "Kính gửi" and of "Nơi nhận".
const MOST_ADDRESSEES: usize = 20;
const MOST_RECIPIENTS: usize = 50;

/// Reads what stands around the sections.
pub(crate) fn read_frame(wire: &pb::Report, bad: &mut Invalid) -> Option<Frame> {
    let subject = template_text("report.subject".into(), &wire.subject, bad);
    let opening = template_text("report.opening".into(), &wire.opening, bad);
    let closing = template_text("report.closing".into(), &wire.closing, bad);
    let addressees = read_lines("report.addressees", &wire.addressees, MOST_ADDRESSEES, bad);
    let recipients = read_lines("report.recipients", &wire.recipients, MOST_RECIPIENTS, bad);
    let signer_position = bad.optional_line("report.signer_position", &wire.signer_position, 250);
    let note = bad.optional_line("report.note", &wire.note, 500);
    Some(Frame {
        subject: subject?,
        opening: opening?,
        closing: closing?,
        addressees: addressees?,
        recipients: recipients?,
        signer_position: signer_position?,
        note: note?,
    })
}

fn read_lines(field: &str, wire: &[String], most: usize, bad: &mut Invalid) -> Option<Vec<String>> {
    if !bad.at_most(field, wire.len(), most) {
        return None;
    }
    let lines = wire.iter().enumerate();
    let lines: Vec<_> = lines
        .filter_map(|(index, it)| bad.line(format!("{field}[{index}]"), it, 300))
        .collect();
    (lines.len() == wire.len()).then_some(lines)
}

impl Section {
    /// Writes a section with the heading and kind its outline gives it.
    pub(crate) fn to_wire(&self, heading: String, kind: SectionKind) -> pb::ReportSection {
        pb::ReportSection {
            name: format!("{}/sections/{}", self.report.name(), self.key),
            heading,
            kind: kind.to_wire().into(),
            body: Some(self.body.clone().into()),
            last_editor: self.last_editor.clone(),
            update_time: Some(timestamp(self.update_time)),
            etag: etag::of(self.version),
        }
    }
}

impl From<Body> for pb::SectionBody {
    fn from(body: Body) -> Self {
        use pb::section_body::Body as Wire;
        let body = match body {
            Body::Narrative(blocks) => Wire::Narrative(pb::Narrative {
                blocks: blocks.into_iter().map(Into::into).collect(),
            }),
            Body::ProjectTable(rows) => Wire::ProjectTable(pb::ProjectTable {
                rows: rows.into_iter().map(Into::into).collect(),
            }),
            Body::Proposals(proposals) => Wire::Proposals(pb::Proposals {
                proposals: proposals.into_iter().map(Into::into).collect(),
            }),
        };
        Self { body: Some(body) }
    }
}

/// Reads the content of a section.
pub(crate) fn read_body(wire: Option<pb::SectionBody>, bad: &mut Invalid) -> Option<Body> {
    use pb::section_body::Body as Wire;
    match wire.and_then(|it| it.body) {
        Some(Wire::Narrative(it)) => {
            read_blocks("section.body.narrative.blocks", it.blocks, bad).map(Body::Narrative)
        }
        Some(Wire::ProjectTable(it)) => read_rows(it.rows, bad).map(Body::ProjectTable),
        Some(Wire::Proposals(it)) => read_proposals(it.proposals, bad).map(Body::Proposals),
        None => {
            bad.missing("section.body");
            None
        }
    }
}

fn read_rows(wire: Vec<pb::ProjectTableRow>, bad: &mut Invalid) -> Option<Vec<ProjectRow>> {
    const FIELD: &str = "section.body.project_table.rows";
    if !bad.at_most(FIELD, wire.len(), MOST_ROWS) {
        return None;
    }
    let count = wire.len();
    let mut rows = Vec::new();
    for (index, row) in wire.into_iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        let project = bad.optional_line(format!("{field}.project"), &row.project, 100);
        let title = bad.line(format!("{field}.title"), &row.title, LONGEST_CELL);
        let result_text = bad.lines(
            format!("{field}.result_text"),
            &row.result_text,
            LONGEST_CELL,
        );
        let note = bad.lines(format!("{field}.note"), &row.note, LONGEST_CELL);
        let decisions = read_lines(
            &format!("{field}.decision_numbers"),
            &row.decision_numbers,
            50,
            bad,
        );
        let negative = [
            row.allocated_amount_vnd,
            row.requested_amount_vnd.unwrap_or(0),
        ];
        if negative.into_iter().any(|it| it < 0) {
            bad.add(
                field.clone(),
                "OUT_OF_RANGE",
                "has a sum below 0",
                "có số tiền âm",
            );
        }
        let has_money = row.allocated_amount_vnd != 0
            || row.requested_amount_vnd.is_some()
            || !row.decision_numbers.is_empty();
        if row.project.is_empty() && has_money {
            bad.add(
                format!("{field}.project"),
                "MONEY_WITHOUT_PROJECT",
                "money and decisions stand with a project, which is not named",
                "kinh phí, quyết định phải gắn với dự án; chưa nêu dự án",
            );
        }
        if let (Some(project), Some(title), Some(result_text), Some(note), Some(decision_numbers)) =
            (project, title, result_text, note, decisions)
        {
            rows.push(ProjectRow {
                project,
                title,
                result_text,
                allocated_amount_vnd: row.allocated_amount_vnd,
                decision_numbers,
                requested_amount_vnd: row.requested_amount_vnd,
                requested: row.requested || row.requested_amount_vnd.is_some(),
                note,
                progress_entry: String::new(),
            });
        }
    }
    (rows.len() == count && bad.is_empty()).then_some(rows)
}

fn read_proposals(wire: Vec<pb::Proposal>, bad: &mut Invalid) -> Option<Vec<Proposal>> {
    const FIELD: &str = "section.body.proposals.proposals";
    if !bad.at_most(FIELD, wire.len(), MOST_PROPOSALS) {
        return None;
    }
    let count = wire.len();
    let mut proposals = Vec::new();
    for (index, proposal) in wire.into_iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        let addressee = bad.line(format!("{field}.addressee"), &proposal.addressee, 200);
        let unit =
            bad.optional::<UnitId>(format!("{field}.addressee_unit"), &proposal.addressee_unit);
        let text = template_text(format!("{field}.text"), &proposal.text, bad);
        if let (Some(addressee), Some(addressee_unit), Some(text)) = (addressee, unit, text) {
            proposals.push(Proposal {
                addressee,
                addressee_unit,
                text,
                resolved: String::new(),
            });
        }
    }
    (proposals.len() == count).then_some(proposals)
}

impl From<ProjectRow> for pb::ProjectTableRow {
    fn from(row: ProjectRow) -> Self {
        Self {
            project: row.project,
            title: row.title,
            result_text: row.result_text,
            allocated_amount_vnd: row.allocated_amount_vnd,
            decision_numbers: row.decision_numbers,
            requested_amount_vnd: row.requested_amount_vnd,
            requested: row.requested,
            note: row.note,
            progress_entry: row.progress_entry,
        }
    }
}

impl From<Proposal> for pb::Proposal {
    fn from(proposal: Proposal) -> Self {
        Self {
            addressee: proposal.addressee,
            addressee_unit: proposal
                .addressee_unit
                .map(|it| it.name())
                .unwrap_or_default(),
            text: proposal.text,
            resolved_text: proposal.resolved,
        }
    }
}

impl From<Submission> for pb::ReportSubmission {
    fn from(submission: Submission) -> Self {
        let name = submission.name();
        let report = &submission.report;
        let content = submission.content;
        let sections = content.sections.into_iter().map(|it| pb::ReportSection {
            name: format!("{}/sections/{}", report.name(), it.key),
            heading: it.heading,
            kind: it.kind.to_wire().into(),
            body: Some(it.body.into()),
            ..Default::default()
        });
        let state = match submission.state {
            State::Received => pb::SubmissionState::Received,
            State::Accepted => pb::SubmissionState::Accepted,
            State::Returned => pb::SubmissionState::Returned,
        };
        let values = content.figures.into_values().map(|it| pb::PinnedValue {
            text_vi: it.text(),
            indicator_value: it.name,
            revision: it.revision,
        });
        Self {
            name,
            state: state.into(),
            sections: sections.collect(),
            values: values.collect(),
            report: Some(pb::Report {
                name: report.name(),
                report_request: report.request.name(),
                unit: report.unit.name(),
                period: content.period.to_string(),
                ..frame(content.frame)
            }),
            content_sha256: submission.content_sha256,
            document_number: content.document_number,
            issue_date: content
                .issue_date
                .map(|it| it.to_string())
                .unwrap_or_default(),
            signing_lines: content.signer.lines,
            signer: content.signer.name,
            submitter: submission.submitter.name(),
            submit_time: Some(timestamp(submission.submit_time)),
            timeliness: submission.timeliness.to_wire().into(),
            return_reason: submission.return_reason,
            issues: content.findings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Finding> for Issue {
    fn from(finding: Finding) -> Self {
        let severity = if finding.is_error() {
            Severity::Error
        } else {
            Severity::Warning
        };
        issue(
            severity,
            &finding.code,
            finding.field,
            finding.en,
            finding.vi,
        )
    }
}

impl ReportState {
    pub(crate) fn of_wire(wire: pb::ReportState) -> Option<Self> {
        Some(match wire {
            pb::ReportState::Draft => Self::Draft,
            pb::ReportState::InReview => Self::InReview,
            pb::ReportState::Approved => Self::Approved,
            pb::ReportState::Submitted => Self::Submitted,
            pb::ReportState::Accepted => Self::Accepted,
            pb::ReportState::Returned => Self::Returned,
            pb::ReportState::Unspecified => return None,
        })
    }

    pub(crate) fn to_wire(self) -> pb::ReportState {
        match self {
            Self::Draft => pb::ReportState::Draft,
            Self::InReview => pb::ReportState::InReview,
            Self::Approved => pb::ReportState::Approved,
            Self::Submitted => pb::ReportState::Submitted,
            Self::Accepted => pb::ReportState::Accepted,
            Self::Returned => pb::ReportState::Returned,
        }
    }
}
