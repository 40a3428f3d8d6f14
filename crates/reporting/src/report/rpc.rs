//! The report methods: accept, ask the neighbours, change, reply.

use kit::{Actor, Begin, Db, accept};
use proto::{
    convert::optional_date,
    reporting::{self as pb, report_service_server::ReportService},
};
use tonic::{Request, Response, Status};
use types::{
    document_number::DocumentNumber,
    ids::{ReportId, ValueId},
    invalid::InvalidText,
    violations::Invalid,
};

use super::{
    Approve, Gathered, ListReports, ReportState, Reports, Return, Submit, Verb,
    frame::{UpdateReport, UpdateSection},
};
use crate::{
    lock::Taken,
    wire::{read_body, read_frame},
};

/// Most figures for which one report is sent back.
const MOST_REJECTED: usize = 500;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    reports: Reports,
}

impl Rpc {
    pub(crate) fn new(db: &Db, reports: &Reports) -> Self {
        Self {
            db: db.clone(),
            reports: reports.clone(),
        }
    }

    /// Sends a report whose figures are locked.
    async fn send(
        &self,
        actor: &Actor,
        submit: Submit,
        gathered: &Gathered,
        taken: &Taken,
    ) -> Result<Response<pb::ReportSubmission>, Status> {
        let tx = match self.db.begin(actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => {
                self.reports.give_up(actor, taken).await;
                return answer.reply();
            }
        };
        let submission = self
            .reports
            .submit(&tx, actor, submit, gathered, taken)
            .await?;
        tx.reply(submission.into()).await
    }
}

/// Names one report.
struct Named(ReportId);

/// Names one submission.
struct NamedSubmission(ReportId, i64);

#[tonic::async_trait]
impl ReportService for Rpc {
    async fn get_report(
        &self,
        request: Request<pb::GetReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let report = self.reports.get(&actor, &id).await?;
        Ok(Response::new(report.into()))
    }

    async fn list_reports(
        &self,
        request: Request<pb::ListReportsRequest>,
    ) -> Result<Response<pb::ListReportsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (reports, next_page_token) = self.reports.list(&actor, list).await?;
        Ok(Response::new(pb::ListReportsResponse {
            reports: reports.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn update_report(
        &self,
        request: Request<pb::UpdateReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let (actor, update) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        self.reports.check_signer(&actor, &update).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let report = self.reports.update(&tx, &actor, update).await?;
        tx.reply(report.into()).await
    }

    async fn list_report_sections(
        &self,
        request: Request<pb::ListReportSectionsRequest>,
    ) -> Result<Response<pb::ListReportSectionsResponse>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let (sections, content_sha256) = self.reports.sections(&actor, &id).await?;
        Ok(Response::new(pb::ListReportSectionsResponse {
            sections,
            content_sha256,
        }))
    }

    async fn update_report_section(
        &self,
        request: Request<pb::UpdateReportSectionRequest>,
    ) -> Result<Response<pb::ReportSection>, Status> {
        let (actor, update): (_, UpdateSection) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let gathered = self.reports.gather_for(&actor, &update.report).await?;
        self.reports.check_addressees(&actor, &update).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let section = self
            .reports
            .update_section(&tx, &actor, update, &gathered)
            .await?;
        tx.reply(section).await
    }

    async fn prefill_report(
        &self,
        request: Request<pb::PrefillReportRequest>,
    ) -> Result<Response<pb::PrefillReportResponse>, Status> {
        let (actor, verb) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let filling = self.reports.filling(&actor, &verb).await?;
        let gathered = self.reports.gather_for(&actor, &verb.id).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let id = verb.id.clone();
        let filled = self.reports.prefill(&tx, &actor, verb, filling).await?;
        let findings = self.reports.findings(&tx, &id, &gathered).await?;
        tx.reply(pb::PrefillReportResponse {
            report: Some(filled.report.into()),
            filled_section_keys: filled.keys,
            issues: findings.into_iter().map(Into::into).collect(),
        })
        .await
    }

    async fn validate_report(
        &self,
        request: Request<pb::ValidateReportRequest>,
    ) -> Result<Response<pb::ValidateReportResponse>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let (findings, content_sha256) = self.reports.validate(&actor, &id).await?;
        Ok(Response::new(pb::ValidateReportResponse {
            content_sha256,
            submittable: !findings.iter().any(super::Finding::is_error),
            issues: findings.into_iter().map(Into::into).collect(),
        }))
    }

    async fn forward_report(
        &self,
        request: Request<pb::ForwardReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let (actor, verb) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let report = self.reports.forward(&tx, &actor, verb).await?;
        tx.reply(report.into()).await
    }

    async fn approve_report(
        &self,
        request: Request<pb::ApproveReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let (actor, approve): (_, Approve) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let gathered = self.reports.gather_for(&actor, &approve.verb.id).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let report = self
            .reports
            .approve(&tx, &actor, approve, &gathered)
            .await?;
        tx.reply(report.into()).await
    }

    async fn submit_report(
        &self,
        request: Request<pb::SubmitReportRequest>,
    ) -> Result<Response<pb::ReportSubmission>, Status> {
        let (actor, submit): (_, Submit) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let gathered = self.reports.gather_for(&actor, &submit.verb.id).await?;
        // There is no submission without its locks.
        let taken = self.reports.take_locks(&actor, &submit, &gathered).await?;
        let sent = self.send(&actor, submit, &gathered, &taken).await;
        if sent.is_err() {
            self.reports.give_up(&actor, &taken).await;
        }
        sent
    }

    async fn accept_report(
        &self,
        request: Request<pb::AcceptReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let (actor, verb) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let report = self.reports.accept(&tx, &actor, verb).await?;
        let (id, number) = (report.id.clone(), report.latest_submission);
        let reply = tx.reply(report.into()).await?;
        self.reports.tell_locks(&actor, &id, number).await;
        Ok(reply)
    }

    async fn return_report(
        &self,
        request: Request<pb::ReturnReportRequest>,
    ) -> Result<Response<pb::Report>, Status> {
        let (actor, back) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let report = self.reports.send_back(&tx, &actor, back).await?;
        let (id, number) = (report.id.clone(), report.latest_submission);
        let reply = tx.reply(report.into()).await?;
        self.reports.tell_locks(&actor, &id, number).await;
        Ok(reply)
    }

    async fn get_report_submission(
        &self,
        request: Request<pb::GetReportSubmissionRequest>,
    ) -> Result<Response<pb::ReportSubmission>, Status> {
        let (actor, NamedSubmission(id, number)) = accept(request)?;
        let submission = self.reports.submission(&actor, &id, number).await?;
        Ok(Response::new(submission.into()))
    }
}

macro_rules! named {
    ($($message:ident: $field:ident),*) => {$(
        impl TryFrom<pb::$message> for Named {
            type Error = Invalid;

            fn try_from(message: pb::$message) -> Result<Self, Invalid> {
                let mut bad = Invalid::default();
                bad.required(stringify!($field), &message.$field).map(Named).ok_or(bad)
            }
        }
    )*};
}

named!(GetReportRequest: name, ValidateReportRequest: name, ListReportSectionsRequest: parent);

macro_rules! verbs {
    ($($message:ident),*) => {$(
        impl TryFrom<pb::$message> for Verb {
            type Error = Invalid;

            fn try_from(message: pb::$message) -> Result<Self, Invalid> {
                verb(&message.name, message.etag)
            }
        }
    )*};
}

verbs!(
    PrefillReportRequest,
    ForwardReportRequest,
    AcceptReportRequest
);

fn verb(name: &str, etag: String) -> Result<Verb, Invalid> {
    let mut bad = Invalid::default();
    let id = bad.required("name", name).ok_or(bad)?;
    Ok(Verb { id, etag })
}

impl TryFrom<pb::ListReportsRequest> for ListReports {
    type Error = Invalid;

    fn try_from(message: pb::ListReportsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("unit", &message.unit);
        let mut states = Vec::new();
        for (index, state) in message.states().enumerate() {
            match ReportState::of_wire(state) {
                Some(state) => states.push(state),
                None => bad.missing(format!("states[{index}]")),
            }
        }
        match unit {
            Some(unit) if bad.is_empty() => Ok(Self {
                unit,
                states,
                page_size: message.page_size,
                page_token: message.page_token,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ApproveReportRequest> for Approve {
    type Error = Invalid;

    fn try_from(message: pb::ApproveReportRequest) -> Result<Self, Invalid> {
        let verb = verb(&message.name, message.etag)?;
        if message.content_sha256.is_empty() {
            let mut bad = Invalid::default();
            bad.missing("content_sha256");
            return Err(bad);
        }
        Ok(Self {
            verb,
            content_sha256: message.content_sha256,
        })
    }
}

impl TryFrom<pb::ReturnReportRequest> for Return {
    type Error = Invalid;

    fn try_from(message: pb::ReturnReportRequest) -> Result<Self, Invalid> {
        let verb = verb(&message.name, message.etag)?;
        let mut bad = Invalid::default();
        let reason = bad.lines("reason", &message.reason, 2000);
        if reason.as_deref() == Some("") {
            bad.missing("reason");
        }
        let mut rejected = Vec::new();
        if bad.at_most(
            "rejected_values",
            message.rejected_values.len(),
            MOST_REJECTED,
        ) {
            for (index, name) in message.rejected_values.iter().enumerate() {
                rejected.extend(bad.required::<ValueId>(format!("rejected_values[{index}]"), name));
            }
        }
        match (reason, bad.is_empty()) {
            (Some(reason), true) => Ok(Self {
                verb,
                reason,
                rejected,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::SubmitReportRequest> for Submit {
    type Error = Invalid;

    fn try_from(message: pb::SubmitReportRequest) -> Result<Self, Invalid> {
        let verb = verb(&message.name, message.etag)?;
        let mut bad = Invalid::default();
        let number = bad.optional::<DocumentNumber>("document_number", &message.document_number);
        let issue_date = optional_date("issue_date", &message.issue_date, &mut bad);
        let (Some(number), Some(issue_date)) = (number, issue_date) else {
            return Err(bad);
        };
        if number.is_some() != issue_date.is_some() {
            let left_out = if number.is_some() {
                "issue_date"
            } else {
                "document_number"
            };
            bad.add(
                left_out,
                "REQUIRED",
                "number and day of issue are given together or not at all",
                "số và ngày ban hành phải được nhập cùng nhau hoặc cùng để trống",
            );
            return Err(bad);
        }
        let document_number = number.map(|it| it.to_string()).unwrap_or_default();
        Ok(Self {
            verb,
            document_number,
            issue_date,
        })
    }
}

impl TryFrom<pb::UpdateReportRequest> for UpdateReport {
    type Error = Invalid;

    fn try_from(message: pb::UpdateReportRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let report = message.report.unwrap_or_default();
        let id = bad.required("report.name", &report.name);
        let frame = read_frame(&report, &mut bad);
        let (Some(id), Some(frame)) = (id, frame) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            etag: report.etag,
            frame,
        })
    }
}

impl TryFrom<pb::UpdateReportSectionRequest> for UpdateSection {
    type Error = Invalid;

    fn try_from(message: pb::UpdateReportSectionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let section = message.section.unwrap_or_default();
        let name = split(
            &section.name,
            "/sections/",
            "reports/{report}/sections/{section}",
        );
        let name = bad.take("section.name", name);
        let body = read_body(section.body, &mut bad);
        let (Some((report, key)), Some(body)) = (name, body) else {
            return Err(bad);
        };
        Ok(Self {
            report,
            key: key.to_owned(),
            etag: section.etag,
            body,
        })
    }
}

impl TryFrom<pb::GetReportSubmissionRequest> for NamedSubmission {
    type Error = Invalid;

    fn try_from(message: pb::GetReportSubmissionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let name = bad.take("name", submission_name(&message.name));
        name.map(|(report, number)| Self(report, number)).ok_or(bad)
    }
}

/// Reads `reports/{report}/submissions/{submission}`.
pub(crate) fn submission_name(name: &str) -> Result<(ReportId, i64), InvalidText> {
    const FORM: &str = "reports/{report}/submissions/{submission}";
    let (report, number) = split(name, "/submissions/", FORM)?;
    let number = number
        .parse()
        .ok()
        .filter(|it| *it > 0)
        .ok_or_else(|| not_of_form(FORM))?;
    Ok((report, number))
}

fn split<'name>(
    name: &'name str,
    at: &str,
    form: &str,
) -> Result<(ReportId, &'name str), InvalidText> {
    let (report, rest) = name.split_once(at).ok_or_else(|| not_of_form(form))?;
    Ok((ReportId::from_name(report)?, rest))
}

fn not_of_form(form: &str) -> InvalidText {
    InvalidText::new(
        "PATTERN",
        format!("is not of the form `{form}`"),
        format!("không có dạng `{form}`"),
    )
}
