//! Requests for reports, and who owes what to them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    date::vietnam_date,
    document_number::DocumentNumber,
    ids::{ReportId, ReportRequestId, ReportTemplateId, UnitId},
    period::Period,
    violations::Invalid,
};

use crate::{
    assignment::{self, Assignment, Standing},
    calendar,
    neighbours::Neighbours,
    placeholder::Facts,
    reason::INDICATORS_NOT_DEFINED,
    report::{self, Report, ReportState},
    template::{self, Template},
};

mod lifecycle;
pub(crate) mod rpc;
pub(crate) mod store;

pub(crate) use lifecycle::{CancelRequest, ListRequests, RequestVerb, UpdateRequest, read_key};

/// A request: many units, one report each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ReportRequest {
    pub(crate) id: ReportRequestId,
    pub(crate) title: String,
    pub(crate) issuer: UnitId,
    /// Name of the issuer as it was when the request was made.
    pub(crate) issuer_name: String,
    pub(crate) template: ReportTemplateId,
    pub(crate) period: Period,
    pub(crate) due_time: DateTime<Utc>,
    /// Who was asked when it was issued; what each owes since then stands in its assignment.
    pub(crate) units: Vec<UnitId>,
    pub(crate) document_number: DocumentNumber,
    pub(crate) issue_date: NaiveDate,
    /// Whether a late report is refused, not only marked.
    pub(crate) refuses_late: bool,
    pub(crate) state: RequestState,
    /// Why it was opened again or taken back.
    pub(crate) state_reason: String,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum RequestState {
    Draft,
    Issued,
    Closed,
    Cancelled,
}

impl RequestState {
    /// Returns the name of the state as the contract writes it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Issued => "ISSUED",
            Self::Closed => "CLOSED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Returns the name of the state as a Vietnamese official says it.
    pub(crate) fn vietnamese(self) -> &'static str {
        match self {
            Self::Draft => "dự thảo",
            Self::Issued => "đã ban hành",
            Self::Closed => "đã đóng",
            Self::Cancelled => "đã thu hồi",
        }
    }
}

/// Prepares a request.
#[derive(Debug)]
pub(crate) struct CreateRequest {
    pub(crate) id: ReportRequestId,
    pub(crate) written: Written,
}

/// What the issuer writes of a request.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) title: String,
    pub(crate) issuer: UnitId,
    pub(crate) template: ReportTemplateId,
    pub(crate) period: Period,
    pub(crate) due_time: DateTime<Utc>,
    pub(crate) units: Vec<UnitId>,
    pub(crate) document_number: DocumentNumber,
    pub(crate) issue_date: NaiveDate,
    pub(crate) refuses_late: bool,
}

/// Reads a request, as its issuer or as one who must answer.
#[derive(Debug)]
pub(crate) struct GetRequest {
    pub(crate) id: ReportRequestId,
    pub(crate) reader: Option<UnitId>,
}

/// Issues a request.
#[derive(Debug)]
pub(crate) struct IssueRequest {
    pub(crate) id: ReportRequestId,
    pub(crate) etag: String,
}

/// Asks who owes a report.
#[derive(Debug)]
pub(crate) struct ListAssignments {
    pub(crate) request: ReportRequestId,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// The server's clock against the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) enum Timeliness {
    NotDue,
    OnTime,
    Late,
    Missing,
    Exempt,
}

impl Timeliness {
    /// Compares; the deadline's own instant is still on time. Who is not expected is exempt,
    /// unless his report is in all the same.
    pub(crate) fn of(
        submitted: Option<DateTime<Utc>>,
        due: DateTime<Utc>,
        now: DateTime<Utc>,
        is_expected: bool,
    ) -> Self {
        match submitted {
            Some(submitted) if submitted <= due => Self::OnTime,
            Some(_) => Self::Late,
            None if !is_expected => Self::Exempt,
            None if now <= due => Self::NotDue,
            None => Self::Missing,
        }
    }
}

/// Most units of one request.
pub(crate) const MOST_UNITS: usize = 1000;

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    access: Access,
    pages: Pages,
    neighbours: Neighbours,
    db: Db,
}

impl Requests {
    pub(crate) fn new(access: Access, pages: Pages, neighbours: Neighbours, db: Db) -> Self {
        Self {
            access,
            pages,
            neighbours,
            db,
        }
    }

    /// Reads the issuer's name, before anything is changed.
    pub(crate) async fn issuer_name(&self, actor: &Actor, issuer: &UnitId) -> Result<String> {
        self.access.require(actor, issuer).await?;
        let today = self.db.clock().today();
        let found = self.neighbours.letterhead(actor, issuer, today).await?;
        let found = found.ok_or_else(|| Error::reference("report_request.issuer_unit", issuer))?;
        Ok(found.display_name)
    }

    /// Prepares a request.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        new: CreateRequest,
        issuer_name: String,
    ) -> Result<ReportRequest> {
        let written = new.written;
        lifecycle::check_template(tx, &written.template).await?;
        let request = ReportRequest {
            id: new.id,
            title: written.title,
            issuer: written.issuer,
            issuer_name,
            template: written.template,
            period: written.period,
            due_time: written.due_time,
            units: written.units,
            document_number: written.document_number,
            issue_date: written.issue_date,
            refuses_late: written.refuses_late,
            state: RequestState::Draft,
            state_reason: String::new(),
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &request).await?;
        tx.record(Action::Created, &request.id.name(), None, Some(&request))
            .await?;
        Ok(request)
    }

    /// Reads a request, for its issuer or for a unit that must answer it.
    pub(crate) async fn get(&self, actor: &Actor, get: GetRequest) -> Result<ReportRequest> {
        let request = self.known(actor, &get.id).await?;
        let reader = match get.reader {
            Some(unit) => {
                let request = get.id;
                let id = ReportId { request, unit };
                let owed = assignment::store::find(self.db.reader(), &id).await?;
                owed.map(|it| it.report.unit)
            }
            None => None,
        };
        self.access
            .require(actor, reader.as_ref().unwrap_or(&request.issuer))
            .await?;
        Ok(request)
    }

    /// Checks that every unit exists, and that every indicator the outline asks for counts in
    /// the period, before anything is changed.
    pub(crate) async fn check(&self, actor: &Actor, id: &ReportRequestId) -> Result<()> {
        let request = self.known(actor, id).await?;
        self.access.require(actor, &request.issuer).await?;
        let units: Vec<_> = request.units.iter().collect();
        let days = self.access.unit_days(actor, &units).await?;
        let mut bad = Invalid::default();
        for (index, (unit, _)) in units
            .iter()
            .zip(days)
            .enumerate()
            .filter(|it| it.1.1.is_none())
        {
            bad.add(
                format!("report_request.units[{index}]"),
                "REFERENCE_NOT_FOUND",
                format!("there is no `{}`", unit.name()),
                format!("không có đơn vị `{}`", unit.name()),
            );
        }
        bad.check()?;
        self.check_indicators(actor, &request).await
    }

    async fn check_indicators(&self, actor: &Actor, request: &ReportRequest) -> Result<()> {
        let template = template::store::find(self.db.reader(), &request.template).await?;
        let template =
            template.ok_or_else(|| Error::internal("the outline of a request is gone"))?;
        let asked: Vec<_> = template.cited().into_iter().collect();
        let (neighbours, period) = (&self.neighbours, request.period);
        let defined = neighbours.definitions(actor, &asked, period).await?;
        let unknown = asked.iter().filter(|it| !defined.contains_key(it));
        let unknown: Vec<_> = unknown.map(|it| it.name()).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let facts = [
            ("name", request.id.name()),
            ("period", period.to_string()),
            ("indicators", unknown.join(", ")),
        ];
        Err(Error::rule(&INDICATORS_NOT_DEFINED, facts))
    }

    /// Issues a request: who must report is frozen, and each gets an open report. The successor of
    /// a unit that will have been merged as a whole by then reports instead of it, once.
    pub(crate) async fn issue(&self, tx: &Tx, issue: IssueRequest) -> Result<ReportRequest> {
        let known = store::find(&tx.db, &issue.id).await?;
        let before = known.ok_or_else(|| Error::not_found("REPORT_REQUEST", &issue.id))?;
        before.require_state(&[RequestState::Draft])?;
        etag::check(&issue.etag, before.version)?;
        let template = template::store::find(&tx.db, &before.template).await?;
        let template =
            template.ok_or_else(|| Error::internal("the outline of a request is gone"))?;
        let after = ReportRequest {
            state: RequestState::Issued,
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::update(&tx.db, &after, before.version).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        let territory = self.access.territory().await?;
        let due = vietnam_date(after.due_time);
        let mut expected: BTreeMap<UnitId, BTreeSet<UnitId>> = BTreeMap::new();
        for unit in &after.units {
            match assignment::successor(&territory, unit, due) {
                Some(successor) => {
                    expected.entry(successor).or_default().insert(unit.clone());
                }
                None => {
                    expected.entry(unit.clone()).or_default();
                }
            }
        }
        for (unit, stands_for) in expected {
            let id = ReportId {
                request: after.id.clone(),
                unit,
            };
            let owed = Assignment::new(id, after.due_time, stands_for);
            assignment::open_report(tx, &after, &owed, &template).await?;
        }
        Ok(after)
    }

    /// Lists who owes a report and where each stands.
    pub(crate) async fn assignments(
        &self,
        actor: &Actor,
        list: ListAssignments,
    ) -> Result<(Vec<Standing>, String)> {
        let request = self.known(actor, &list.request).await?;
        self.access.require(actor, &request.issuer).await?;
        let what = format!("assignments {}", request.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let reports =
            report::store::of_request(self.db.reader(), &request.id, page.after(), page.limit())
                .await?;
        let now = self.db.clock().now();
        let calendar = calendar::store::all(self.db.reader()).await?;
        let owed = assignment::store::of_request(self.db.reader(), &request.id).await?;
        let mut owed: BTreeMap<_, _> = owed.into_iter().map(|it| (it.report.clone(), it)).collect();
        let standings = reports.into_iter().filter_map(|report| {
            let owed = owed.remove(&report.id)?;
            Some(Standing::of(owed, report, &calendar, now))
        });
        page.close(standings.collect(), |it| {
            it.report.id.unit.as_str().to_owned()
        })
    }

    async fn known(&self, actor: &Actor, id: &ReportRequestId) -> Result<ReportRequest> {
        match store::find(self.db.reader(), id).await? {
            Some(request) => Ok(request),
            None => Err(self
                .access
                .hide(actor, Error::not_found("REPORT_REQUEST", id))
                .await),
        }
    }
}

/// Returns the facts of a request that its reports may cite.
pub(crate) fn facts(request: &ReportRequest, unit: &str) -> Facts {
    Facts {
        named: [
            ("issuer.name", request.issuer_name.clone()),
            ("period.name", request.period.to_vietnamese()),
            (
                "request.document_number",
                request.document_number.to_string(),
            ),
            ("request.issue_date", types::date::short(request.issue_date)),
            ("request.title", request.title.clone()),
            ("unit.name", unit.to_owned()),
        ]
        .into(),
        ..Facts::default()
    }
}

impl Report {
    /// Opens a report with the frame of the outline.
    pub(crate) fn open(
        request: &ReportRequest,
        unit: &UnitId,
        template: &Template,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: ReportId {
                request: request.id.clone(),
                unit: unit.clone(),
            },
            period: request.period,
            frame: report::Frame {
                subject: template.subject.clone(),
                opening: template.opening.clone(),
                closing: template.closing.clone(),
                ..report::Frame::default()
            },
            state: ReportState::Draft,
            latest_submission: 0,
            submit_time: None,
            return_reason: String::new(),
            approved_sha256: String::new(),
            approved_by: String::new(),
            create_time: now,
            update_time: now,
            version: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_s_own_instant_is_on_time_and_one_moment_later_is_late() {
        let due: DateTime<Utc> = "2022-06-28T10:00:00Z".parse().unwrap();
        let moment = chrono::Duration::microseconds(1);
        assert_eq!(
            Timeliness::of(Some(due), due, due, true),
            Timeliness::OnTime
        );
        assert_eq!(
            Timeliness::of(Some(due + moment), due, due, true),
            Timeliness::Late
        );
        assert_eq!(Timeliness::of(None, due, due, true), Timeliness::NotDue);
        assert_eq!(
            Timeliness::of(None, due, due + moment, true),
            Timeliness::Missing
        );
    }
}
