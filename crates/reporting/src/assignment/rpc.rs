//! The assignment methods: accept, call, reply.

use std::collections::BTreeMap;

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{instant, optional_date, timestamp},
    reporting::{self as pb, assignment_service_server::AssignmentService},
};
use tonic::{Request, Response, Status};
use types::{
    ids::{ReportId, ReportRequestId, UnitId},
    invalid::InvalidText,
    percent::Percent,
    violations::Invalid,
};

use super::{
    Assignments, Extend, Remind, Standing, Verb,
    compliance::{Compliance, Due, Summarize, days},
    name,
};
use crate::request::MOST_UNITS;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    assignments: Assignments,
}

impl Rpc {
    pub(crate) fn new(db: &Db, assignments: &Assignments) -> Self {
        Self {
            db: db.clone(),
            assignments: assignments.clone(),
        }
    }
}

/// Names the request that is brought up to date.
struct Adjust(ReportRequestId);

#[tonic::async_trait]
impl AssignmentService for Rpc {
    async fn extend_assignment(
        &self,
        request: Request<pb::ExtendAssignmentRequest>,
    ) -> Result<Response<pb::Assignment>, Status> {
        let (actor, extend) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let standing = self.assignments.extend(&tx, &actor, extend).await?;
        tx.reply(standing.into()).await
    }

    async fn exempt_assignment(
        &self,
        request: Request<pb::ExemptAssignmentRequest>,
    ) -> Result<Response<pb::Assignment>, Status> {
        let (actor, exempt) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let standing = self.assignments.exempt(&tx, &actor, exempt).await?;
        tx.reply(standing.into()).await
    }

    async fn remind_assignments(
        &self,
        request: Request<pb::RemindAssignmentsRequest>,
    ) -> Result<Response<pb::RemindAssignmentsResponse>, Status> {
        let (actor, remind) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let reminded = self.assignments.remind(&tx, &actor, remind).await?;
        let assignments = reminded.into_iter().map(Into::into).collect();
        tx.reply(pb::RemindAssignmentsResponse { assignments })
            .await
    }

    async fn adjust_assignments(
        &self,
        request: Request<pb::AdjustAssignmentsRequest>,
    ) -> Result<Response<pb::AdjustAssignmentsResponse>, Status> {
        let (actor, Adjust(id)) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let (successors, replaced) = self.assignments.adjust(&tx, &actor, &id).await?;
        tx.reply(pb::AdjustAssignmentsResponse {
            assignments: successors.into_iter().map(Into::into).collect(),
            replaced_units: replaced.iter().map(UnitId::name).collect(),
        })
        .await
    }

    async fn summarize_compliance(
        &self,
        request: Request<pb::SummarizeComplianceRequest>,
    ) -> Result<Response<pb::SummarizeComplianceResponse>, Status> {
        let (actor, summarize) = accept(request)?;
        let (rows, total) = self.assignments.compliance(&actor, &summarize).await?;
        Ok(Response::new(answer(rows, &total)))
    }
}

fn answer(
    rows: BTreeMap<UnitId, Compliance>,
    total: &Compliance,
) -> pb::SummarizeComplianceResponse {
    let rows = rows.iter().map(|(unit, it)| row(unit.name(), it));
    pb::SummarizeComplianceResponse {
        rows: rows.collect(),
        total: Some(row(String::new(), total)),
    }
}

fn row(unit: String, of: &Compliance) -> pb::ComplianceRow {
    let count = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    let percent = |it: Option<Percent>| it.map(|it| it.to_string()).unwrap_or_default();
    pb::ComplianceRow {
        unit,
        assigned_count: count(of.assigned),
        exempt_count: count(of.exempt),
        on_time_count: count(of.on_time),
        late_count: count(of.late),
        missing_count: count(of.missing),
        not_due_count: count(of.not_due),
        returned_count: count(of.returned),
        accepted_count: count(of.accepted),
        on_time_percent: percent(of.on_time_percent()),
        completeness_percent: percent(of.completeness_percent()),
        late_working_days: count(of.late_working_days),
    }
}

/// Reads `reportRequests/{report_request}/assignments/{unit}`.
fn read_name(name: &str) -> Result<ReportId, InvalidText> {
    const FORM: &str = "reportRequests/{report_request}/assignments/{unit}";
    let bad = || {
        InvalidText::new(
            "PATTERN",
            format!("is not of the form `{FORM}`"),
            format!("không có dạng `{FORM}`"),
        )
    };
    let (request, unit) = name.split_once("/assignments/").ok_or_else(bad)?;
    Ok(ReportId {
        request: ReportRequestId::from_name(request)?,
        unit: UnitId::new(unit)?,
    })
}

fn verb(name: &str, etag: String, reason: &str, bad: &mut Invalid) -> Option<Verb> {
    let id = bad.take("name", read_name(name));
    let reason = crate::request::rpc::read_reason(reason, bad);
    Some(Verb {
        id: id?,
        etag,
        reason: reason?,
    })
}

impl TryFrom<pb::ExtendAssignmentRequest> for Extend {
    type Error = Invalid;

    fn try_from(message: pb::ExtendAssignmentRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let verb = verb(&message.name, message.etag, &message.reason, &mut bad);
        let due_time = instant("due_time", message.due_time, &mut bad);
        match (verb, due_time) {
            (Some(verb), Some(due_time)) => Ok(Self { verb, due_time }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ExemptAssignmentRequest> for Verb {
    type Error = Invalid;

    fn try_from(message: pb::ExemptAssignmentRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        verb(&message.name, message.etag, &message.reason, &mut bad).ok_or(bad)
    }
}

impl TryFrom<pb::RemindAssignmentsRequest> for Remind {
    type Error = Invalid;

    fn try_from(message: pb::RemindAssignmentsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let request = bad.required("parent", &message.parent);
        let mut units = Vec::new();
        if bad.at_most("units", message.units.len(), MOST_UNITS) {
            for (index, unit) in message.units.iter().enumerate() {
                units.extend(bad.required::<UnitId>(format!("units[{index}]"), unit));
            }
        }
        match request {
            Some(request) if bad.is_empty() => Ok(Self { request, units }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::AdjustAssignmentsRequest> for Adjust {
    type Error = Invalid;

    fn try_from(message: pb::AdjustAssignmentsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let request = bad.required("parent", &message.parent);
        request.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::SummarizeComplianceRequest> for Summarize {
    type Error = Invalid;

    fn try_from(message: pb::SummarizeComplianceRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let scope = bad.required("scope_unit", &message.scope_unit);
        let request = bad.optional("report_request", &message.report_request);
        let first = optional_date("first_date", &message.first_date, &mut bad);
        let last = optional_date("last_date", &message.last_date, &mut bad);
        let (Some(scope), Some(request), Some(first), Some(last)) = (scope, request, first, last)
        else {
            return Err(bad);
        };
        let due = match (request, first, last) {
            (Some(request), None, None) => Some(Due::Of(request)),
            (None, Some(first), Some(last)) => days(first, last).map(Due::On),
            _ => None,
        };
        let due = due.ok_or_else(|| {
            Invalid::field(
                "first_date",
                "OUT_OF_RANGE",
                "give one request, or a first and a last day at most 366 days apart",
                "cần nêu một yêu cầu báo cáo, hoặc ngày đầu và ngày cuối cách nhau không quá 366 ngày",
            )
        })?;
        Ok(Self { scope, due })
    }
}

impl From<Standing> for pb::Assignment {
    fn from(standing: Standing) -> Self {
        let assignment = standing.assignment;
        let report = &assignment.report;
        Self {
            name: name(report),
            unit: report.unit.name(),
            report: report.name(),
            due_time: Some(timestamp(assignment.due_time)),
            state: standing.report.state.to_wire().into(),
            submit_time: standing.report.submit_time.map(timestamp),
            timeliness: standing.timeliness.to_wire().into(),
            late_working_days: i32::try_from(standing.late_working_days).unwrap_or(i32::MAX),
            original_due_time: assignment.original_due_time.map(timestamp),
            reason: assignment.reason,
            stands_for_units: assignment.stands_for.iter().map(UnitId::name).collect(),
            replaced_by_unit: assignment
                .replaced_by
                .map(|it| it.name())
                .unwrap_or_default(),
            remind_time: assignment.remind_time.map(timestamp),
            etag: etag::of(assignment.version),
        }
    }
}
