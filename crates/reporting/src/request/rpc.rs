//! The request methods: accept, call, reply.

use std::collections::BTreeSet;

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{instant, timestamp},
    reporting::{self as pb, request_service_server::RequestService},
};
use tonic::{Request, Response, Status};
use types::{
    date,
    ids::{ReportRequestId, UnitId},
    violations::Invalid,
};

use super::{
    Assignment, CreateRequest, GetRequest, IssueRequest, ListAssignments, MOST_UNITS,
    ReportRequest, RequestState, Requests, Timeliness,
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
        let (actor, new) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let issuer_name = self.requests.issuer_name(&actor, &new).await?;
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
        Ok(Response::new(request.into()))
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
        let request = message.report_request.unwrap_or_default();
        let id = bad.take(
            "report_request_id",
            ReportRequestId::new(&message.report_request_id),
        );
        let title = bad.line("report_request.title", &request.title, 500);
        let issuer = bad.required("report_request.issuer_unit", &request.issuer_unit);
        let template = bad.required("report_request.report_template", &request.report_template);
        let period = bad.required("report_request.period", &request.period);
        let due_time = instant("report_request.due_time", request.due_time, &mut bad);
        let document_number =
            bad.required("report_request.document_number", &request.document_number);
        let issue_date = bad.take(
            "report_request.issue_date",
            date::parse_iso(&request.issue_date),
        );
        let units = read_units(&request.units, &mut bad);
        match (
            id,
            title,
            issuer,
            template,
            period,
            due_time,
            document_number,
            issue_date,
            units,
        ) {
            (
                Some(id),
                Some(title),
                Some(issuer),
                Some(template),
                Some(period),
                Some(due_time),
                Some(document_number),
                Some(issue_date),
                Some(units),
            ) => Ok(Self {
                id,
                title,
                issuer,
                template,
                period,
                due_time,
                units,
                document_number,
                issue_date,
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
            create_time: Some(timestamp(request.create_time)),
            update_time: Some(timestamp(request.update_time)),
            etag: etag::of(request.version),
        }
    }
}

impl From<Assignment> for pb::Assignment {
    fn from(assignment: Assignment) -> Self {
        let report = &assignment.report;
        Self {
            name: format!(
                "{}/assignments/{}",
                report.request.name(),
                report.unit.as_str()
            ),
            unit: report.unit.name(),
            report: report.name(),
            due_time: Some(timestamp(assignment.due_time)),
            state: assignment.state.to_wire().into(),
            submit_time: assignment.submit_time.map(timestamp),
            timeliness: assignment.timeliness.to_wire().into(),
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
        }
    }
}
