//! Requests for reports, and who owes what to them.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    document_number::DocumentNumber,
    ids::{ReportId, ReportRequestId, ReportTemplateId, UnitId},
    period::Period,
    violations::Invalid,
};

use crate::{
    neighbours::Neighbours,
    placeholder::Facts,
    reason::{INDICATORS_NOT_DEFINED, STATE_NOT_ALLOWED},
    report::{self, Report, ReportState},
    template::{self, Template},
};

pub(crate) mod rpc;
pub(crate) mod store;

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
    pub(crate) units: Vec<UnitId>,
    pub(crate) document_number: DocumentNumber,
    pub(crate) issue_date: NaiveDate,
    pub(crate) state: RequestState,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum RequestState {
    Draft,
    Issued,
}

/// Prepares a request.
#[derive(Debug)]
pub(crate) struct CreateRequest {
    pub(crate) id: ReportRequestId,
    pub(crate) title: String,
    pub(crate) issuer: UnitId,
    pub(crate) template: ReportTemplateId,
    pub(crate) period: Period,
    pub(crate) due_time: DateTime<Utc>,
    pub(crate) units: Vec<UnitId>,
    pub(crate) document_number: DocumentNumber,
    pub(crate) issue_date: NaiveDate,
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

/// What one unit owes, and where it stands.
#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) report: ReportId,
    pub(crate) due_time: DateTime<Utc>,
    pub(crate) state: ReportState,
    pub(crate) submit_time: Option<DateTime<Utc>>,
    pub(crate) timeliness: Timeliness,
}

/// The server's clock against the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) enum Timeliness {
    NotDue,
    OnTime,
    Late,
    Missing,
}

impl Timeliness {
    /// Compares; the deadline's own instant is still on time.
    pub(crate) fn of(
        submitted: Option<DateTime<Utc>>,
        due: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        match submitted {
            Some(submitted) if submitted <= due => Self::OnTime,
            Some(_) => Self::Late,
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
    pub(crate) async fn issuer_name(&self, actor: &Actor, new: &CreateRequest) -> Result<String> {
        self.access.require(actor, &new.issuer).await?;
        let today = self.db.clock().today();
        let issuer = self
            .neighbours
            .letterhead(actor, &new.issuer, today)
            .await?;
        let issuer =
            issuer.ok_or_else(|| Error::reference("report_request.issuer_unit", &new.issuer))?;
        Ok(issuer.display_name)
    }

    /// Prepares a request.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        new: CreateRequest,
        issuer_name: String,
    ) -> Result<ReportRequest> {
        if template::store::find(&tx.db, &new.template)
            .await?
            .is_none()
        {
            return Err(Error::reference(
                "report_request.report_template",
                &new.template,
            ));
        }
        let request = ReportRequest {
            id: new.id,
            title: new.title,
            issuer: new.issuer,
            issuer_name,
            template: new.template,
            period: new.period,
            due_time: new.due_time,
            units: new.units,
            document_number: new.document_number,
            issue_date: new.issue_date,
            state: RequestState::Draft,
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
        let reader = get.reader.filter(|it| request.units.contains(it));
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

    /// Issues a request: who must report is frozen, and each gets an open report.
    pub(crate) async fn issue(&self, tx: &Tx, issue: IssueRequest) -> Result<ReportRequest> {
        let known = store::find(&tx.db, &issue.id).await?;
        let before = known.ok_or_else(|| Error::not_found("REPORT_REQUEST", &issue.id))?;
        if before.state != RequestState::Draft {
            return Err(Error::rule(
                &STATE_NOT_ALLOWED,
                [
                    ("name", before.id.name()),
                    ("state", "ISSUED".to_owned()),
                    ("state_vi", "đã ban hành".to_owned()),
                    ("allowed_states", "DRAFT".to_owned()),
                    ("allowed_states_vi", "dự thảo".to_owned()),
                ],
            ));
        }
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
        store::update_state(&tx.db, &after, before.version).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        for unit in &after.units {
            let report = Report::open(&after, unit, &template, tx.now());
            report::store::insert(&tx.db, &report, &template).await?;
            tx.record(Action::Created, &report.id.name(), None, Some(&report))
                .await?;
        }
        Ok(after)
    }

    /// Lists who owes a report and where each stands.
    pub(crate) async fn assignments(
        &self,
        actor: &Actor,
        list: ListAssignments,
    ) -> Result<(Vec<Assignment>, String)> {
        let request = self.known(actor, &list.request).await?;
        self.access.require(actor, &request.issuer).await?;
        let what = format!("assignments {}", request.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let reports =
            report::store::of_request(self.db.reader(), &request.id, page.after(), page.limit())
                .await?;
        let now = self.db.clock().now();
        let assignments = reports.into_iter().map(|it| Assignment {
            due_time: request.due_time,
            state: it.state,
            submit_time: it.submit_time,
            timeliness: Timeliness::of(it.in_since(), request.due_time, now),
            report: it.id,
        });
        page.close(assignments.collect(), |it| {
            it.report.unit.as_str().to_owned()
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
    fn open(
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
        assert_eq!(Timeliness::of(Some(due), due, due), Timeliness::OnTime);
        assert_eq!(
            Timeliness::of(Some(due + moment), due, due),
            Timeliness::Late
        );
        assert_eq!(Timeliness::of(None, due, due), Timeliness::NotDue);
        assert_eq!(Timeliness::of(None, due, due + moment), Timeliness::Missing);
    }
}
