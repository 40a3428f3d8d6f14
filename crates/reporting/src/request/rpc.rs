//! The request methods: accept, call, reply.

use std::collections::BTreeSet;

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{instant, issue, timestamp},
    reporting::{self as pb, request_service_server::RequestService},
    shared::{Issue, Severity},
};
use tonic::{Request, Response, Status};
use types::{
    date,
    ids::{ReportRequestId, UnitId},
    violations::Invalid,
};

use super::{
    CancelRequest, CreateRequest, GetRequest, IssueRequest, ListAssignments, ListRequests,
    MOST_UNITS, ReportRequest, RequestState, RequestVerb, Requests, Timeliness, UpdateRequest,
    Written, lifecycle::Remark,
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    requests: Requests,
}

impl Rpc {
    pub(crate) fn new(db: &Db, requests: &Requests) -> Self {
        Self {
            db: db.clone(),
            requests: requests.clone(),
        }
    }
}

#[tonic::async_trait]
impl RequestService for Rpc {
    async fn create_report_request(
        &self,
        request: Request<pb::CreateReportRequestRequest>,
    ) -> Result<Response<pb::ReportRequest>, Status> {
        let (actor, new): (_, CreateRequest) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let issuer = &new.written.issuer;
        let issuer_name = self.requests.issuer_name(&actor, issuer).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let request = self.requests.create(&tx, new, issuer_name).await?;
        tx.reply(request.into()).await
    }

    async fn get_report_request(
        &self,
        request: Request<pb::GetReportRequestRequest>,
    ) -> Result<Response<pb::ReportRequest>, Status> {
        let (actor, get) = accept(request)?;
        let request = self.requests.get(&actor, get).await?;
        let remarks = self.requests.remarks(&request).await?;
        let mut shown = pb::ReportRequest::from(request);
        shown.issues = remarks.into_iter().map(Into::into).collect();
        Ok(Response::new(shown))
    }

    async fn list_report_requests(
        &self,
        request: Request<pb::ListReportRequestsRequest>,
    ) -> Result<Response<pb::ListReportRequestsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (requests, next_page_token) = self.requests.list(&actor, list).await?;
        let shown = requests.into_iter().map(|it| pb::ReportRequest {
            units: Vec::new(),
            ..it.into()
        });
        Ok(Response::new(pb::ListReportRequestsResponse {
            report_requests: shown.collect(),
            next_page_token,
        }))
    }

    async fn update_report_request(
        &self,
        request: Request<pb::UpdateReportRequestRequest>,
    ) -> Result<Response<pb::ReportRequest>, Status> {
        let (actor, update): (_, UpdateRequest) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let issuer = &update.written.issuer;
        let issuer_name = self.requests.issuer_name(&actor, issuer).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self
            .requests
            .update(&tx, &actor, update, issuer_name)
            .await?;
        tx.reply(changed.into()).await
    }

    async fn close_report_request(
        &self,
        request: Request<pb::CloseReportRequestRequest>,
    ) -> Result<Response<pb::ReportRequest>, Status> {
        let (actor, verb) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let request = self.requests.close(&tx, &actor, verb).await?;
        tx.reply(request.into()).await
    }

    async fn reopen_report_request(
        &self,
        request: Request<pb::ReopenReportRequestRequest>,
    ) -> Result<Response<pb::ReportRequest>, Status> {
        let (actor, verb) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let request = self.requests.reopen(&tx, &actor, verb).await?;
        tx.reply(request.into()).await
    }

    async fn cancel_report_request(
        &self,
        request: Request<pb::CancelReportRequestRequest>,
    ) -> Result<Response<pb::ReportRequest>, Status> {
        let (actor, cancel) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let request = self.requests.cancel(&tx, &actor, cancel).await?;
        tx.reply(request.into()).await
    }

    async fn issue_report_request(
        &self,
        request: Request<pb::IssueReportRequestRequest>,
    ) -> Result<Response<pb::ReportRequest>, Status> {
        let (actor, issue): (_, IssueRequest) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        self.requests.check(&actor, &issue.id).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let request = self.requests.issue(&tx, issue).await?;
        tx.reply(request.into()).await
    }

    async fn list_assignments(
        &self,
        request: Request<pb::ListAssignmentsRequest>,
    ) -> Result<Response<pb::ListAssignmentsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (assignments, next_page_token) = self.requests.assignments(&actor, list).await?;
        let assignments = assignments.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListAssignmentsResponse {
            assignments,
            next_page_token,
        }))
    }
}

impl TryFrom<pb::CreateReportRequestRequest> for CreateRequest {
    type Error = Invalid;

    fn try_from(message: pb::CreateReportRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take(
            "report_request_id",
            ReportRequestId::new(&message.report_request_id),
        );
        let written = read_written(&message.report_request.unwrap_or_default(), &mut bad);
        match (id, written) {
            (Some(id), Some(written)) => Ok(Self { id, written }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::UpdateReportRequestRequest> for UpdateRequest {
    type Error = Invalid;

    fn try_from(message: pb::UpdateReportRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let request = message.report_request.unwrap_or_default();
        let id = bad.required("report_request.name", &request.name);
        let written = read_written(&request, &mut bad);
        match (id, written) {
            (Some(id), Some(written)) => Ok(Self {
                id,
                etag: request.etag,
                written,
            }),
            _ => Err(bad),
        }
    }
}

/// Reads what the issuer writes of a request.
fn read_written(request: &pb::ReportRequest, bad: &mut Invalid) -> Option<Written> {
    let title = bad.line("report_request.title", &request.title, 500);
    let issuer = bad.required("report_request.issuer_unit", &request.issuer_unit);
    let template = bad.required("report_request.report_template", &request.report_template);
    let period = bad.required("report_request.period", &request.period);
    let due_time = instant("report_request.due_time", request.due_time, bad);
    let document_number = bad.required("report_request.document_number", &request.document_number);
    let issue_date = bad.take(
        "report_request.issue_date",
        date::parse_iso(&request.issue_date),
    );
    let units = read_units(&request.units, bad);
    Some(Written {
        title: title?,
        issuer: issuer?,
        template: template?,
        period: period?,
        due_time: due_time?,
        units: units?,
        document_number: document_number?,
        issue_date: issue_date?,
        refuses_late: request.refuses_late,
    })
}

/// Reads why something is done.
pub(crate) fn read_reason(reason: &str, bad: &mut Invalid) -> Option<String> {
    let reason = bad.lines("reason", reason, 2000)?;
    if reason.is_empty() {
        bad.missing("reason");
        return None;
    }
    Some(reason)
}

impl TryFrom<pb::CloseReportRequestRequest> for RequestVerb {
    type Error = Invalid;

    fn try_from(message: pb::CloseReportRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &message.name).ok_or(bad)?;
        Ok(Self {
            id,
            etag: message.etag,
            reason: String::new(),
        })
    }
}

impl TryFrom<pb::ReopenReportRequestRequest> for RequestVerb {
    type Error = Invalid;

    fn try_from(message: pb::ReopenReportRequestRequest) -> Result<Self, Invalid> {
        read_verb(&message.name, message.etag, &message.reason)
    }
}

impl TryFrom<pb::CancelReportRequestRequest> for CancelRequest {
    type Error = Invalid;

    fn try_from(message: pb::CancelReportRequestRequest) -> Result<Self, Invalid> {
        read_verb(&message.name, message.etag, &message.reason).map(Self)
    }
}

fn read_verb(name: &str, etag: String, reason: &str) -> Result<RequestVerb, Invalid> {
    let mut bad = Invalid::default();
    let id = bad.required("name", name);
    let reason = read_reason(reason, &mut bad);
    match (id, reason) {
        (Some(id), Some(reason)) => Ok(RequestVerb { id, etag, reason }),
        _ => Err(bad),
    }
}

impl TryFrom<pb::ListReportRequestsRequest> for ListRequests {
    type Error = Invalid;

    fn try_from(message: pb::ListReportRequestsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let issuer = bad.optional("issuer_unit", &message.issuer_unit);
        let reader = bad.optional("reader_unit", &message.reader_unit);
        if let (Some(None), Some(None)) = (&issuer, &reader) {
            bad.missing("issuer_unit");
        }
        let mut states = Vec::new();
        for (index, state) in message.states().enumerate() {
            match state {
                pb::RequestState::Draft => states.push(RequestState::Draft),
                pb::RequestState::Issued => states.push(RequestState::Issued),
                pb::RequestState::Closed => states.push(RequestState::Closed),
                pb::RequestState::Cancelled => states.push(RequestState::Cancelled),
                pb::RequestState::Unspecified => bad.missing(format!("states[{index}]")),
            }
        }
        match (issuer, reader) {
            (Some(issuer), Some(reader)) if bad.is_empty() => Ok(Self {
                issuer,
                reader,
                states,
                page_size: message.page_size,
                page_token: message.page_token,
            }),
            _ => Err(bad),
        }
    }
}

/// Reads who must report: at least one unit, each once.
fn read_units(names: &[String], bad: &mut Invalid) -> Option<Vec<UnitId>> {
    const FIELD: &str = "report_request.units";
    if names.is_empty() {
        bad.missing(FIELD);
        return None;
    }
    if !bad.at_most(FIELD, names.len(), MOST_UNITS) {
        return None;
    }
    let mut units = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let unit: Option<UnitId> = bad.required(format!("{FIELD}[{index}]"), name);
        if !seen.insert(name) {
            bad.add(
                format!("{FIELD}[{index}]"),
                "DUPLICATE",
                format!("`{name}` stands there twice"),
                format!("`{name}` bị lặp lại"),
            );
        }
        units.extend(unit);
    }
    (units.len() == names.len() && seen.len() == names.len()).then_some(units)
}

impl TryFrom<pb::GetReportRequestRequest> for GetRequest {
    type Error = Invalid;

    fn try_from(message: pb::GetReportRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &message.name);
        let reader = bad.optional("reader_unit", &message.reader_unit);
        let (Some(id), Some(reader)) = (id, reader) else {
            return Err(bad);
        };
        Ok(Self { id, reader })
    }
}

impl TryFrom<pb::IssueReportRequestRequest> for IssueRequest {
    type Error = Invalid;

    fn try_from(message: pb::IssueReportRequestRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &message.name).ok_or(bad)?;
        Ok(Self {
            id,
            etag: message.etag,
        })
    }
}

impl TryFrom<pb::ListAssignmentsRequest> for ListAssignments {
    type Error = Invalid;

    fn try_from(message: pb::ListAssignmentsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let request = bad.required("parent", &message.parent).ok_or(bad)?;
        Ok(Self {
            request,
            page_size: message.page_size,
            page_token: message.page_token,
        })
    }
}

impl From<ReportRequest> for pb::ReportRequest {
    fn from(request: ReportRequest) -> Self {
        let state = match request.state {
            RequestState::Draft => pb::RequestState::Draft,
            RequestState::Issued => pb::RequestState::Issued,
            RequestState::Closed => pb::RequestState::Closed,
            RequestState::Cancelled => pb::RequestState::Cancelled,
        };
        Self {
            name: request.id.name(),
            title: request.title,
            issuer_unit: request.issuer.name(),
            report_template: request.template.name(),
            period: request.period.to_string(),
            due_time: Some(timestamp(request.due_time)),
            units: request.units.iter().map(UnitId::name).collect(),
            document_number: request.document_number.to_string(),
            issue_date: request.issue_date.to_string(),
            state: state.into(),
            refuses_late: request.refuses_late,
            state_reason: request.state_reason,
            issues: Vec::new(),
            create_time: Some(timestamp(request.create_time)),
            update_time: Some(timestamp(request.update_time)),
            etag: etag::of(request.version),
        }
    }
}

impl From<Remark> for Issue {
    fn from(remark: Remark) -> Self {
        match remark {
            Remark::DueTooEarly { last_day } => issue(
                Severity::Warning,
                "DUE_TOO_EARLY",
                "report_request.due_time".to_owned(),
                format!(
                    "leaves no working day after the data are closed on {last_day} (NĐ 09/2019, Điều 8)"
                ),
                format!(
                    "hạn nộp không cách ngày chốt số liệu {} ít nhất 1 ngày làm việc (NĐ 09/2019, Điều 8)",
                    date::short(last_day)
                ),
            ),
            Remark::CalendarMissing { year } => issue(
                Severity::Warning,
                "CALENDAR_MISSING",
                format!("yearCalendars/{year}"),
                format!(
                    "nobody entered the days off of {year}; working days are counted without them"
                ),
                format!(
                    "chưa nhập lịch nghỉ năm {year}; số ngày làm việc tính chưa trừ ngày nghỉ lễ"
                ),
            ),
        }
    }
}

impl Timeliness {
    pub(crate) fn to_wire(self) -> pb::Timeliness {
        match self {
            Self::NotDue => pb::Timeliness::NotDue,
            Self::OnTime => pb::Timeliness::OnTime,
            Self::Late => pb::Timeliness::Late,
            Self::Missing => pb::Timeliness::Missing,
            Self::Exempt => pb::Timeliness::Exempt,
        }
    }
}
