//! A report from draft to acceptance.
//!
//! DRAFT → IN_REVIEW → APPROVED → SUBMITTED → ACCEPTED, with two ways back: the leader
//! returns to DRAFT, the receiver to RETURNED. People write in DRAFT and RETURNED.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, page::Pages};
use proto::reporting as pb;
use serde::{Deserialize, Serialize};
use types::{
    ids::{IndicatorId, ReportId, UnitId, ValueId},
    period::Period,
};

use crate::{
    lock::Locks,
    neighbours::{Letterhead, Neighbours, OddFigure, Signer},
    placeholder::{self, Facts},
    reason::REPORT_TOO_LARGE,
    request::{self, ReportRequest},
    submission::{self, Content, Submission},
    template::{self, Block, SectionKind, SectionSpec, Template},
};

mod body;
mod check;
mod frame;
pub(crate) mod limits;
mod prefill;
pub(crate) mod rpc;
pub(crate) mod store;
mod workflow;

pub(crate) use check::Finding;
use limits::LARGEST_REPORT;

/// A report without its sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    pub(crate) id: ReportId,
    pub(crate) period: Period,
    pub(crate) frame: Frame,
    pub(crate) state: ReportState,
    pub(crate) latest_submission: i64,
    pub(crate) submit_time: Option<DateTime<Utc>>,
    pub(crate) return_reason: String,
    /// Hash of what the leader approved; empty until he has.
    pub(crate) approved_sha256: String,
    /// Who approved it, `users/{user}`; empty until somebody has.
    pub(crate) approved_by: String,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What stands around the sections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) subject: String,
    pub(crate) opening: String,
    pub(crate) closing: String,
    pub(crate) addressees: Vec<String>,
    pub(crate) recipients: Vec<String>,
    pub(crate) signer_position: String,
    pub(crate) note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ReportState {
    Draft,
    InReview,
    Approved,
    Submitted,
    Accepted,
    Returned,
}

/// One section, with a version of its own so that people write side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Section {
    pub(crate) report: ReportId,
    pub(crate) key: String,
    pub(crate) ordinal: i64,
    pub(crate) body: Body,
    /// Empty when the system filled it.
    pub(crate) last_editor: String,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What a section says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Body {
    Narrative(Vec<Block>),
    ProjectTable(Vec<ProjectRow>),
    Proposals(Vec<Proposal>),
}

/// A line of the project table: money, decision and request are three facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProjectRow {
    pub(crate) project: String,
    pub(crate) title: String,
    pub(crate) result_text: String,
    pub(crate) allocated_amount_vnd: i64,
    pub(crate) decision_numbers: Vec<String>,
    pub(crate) requested_amount_vnd: Option<i64>,
    pub(crate) requested: bool,
    pub(crate) note: String,
    /// The progress entry it tells, `projects/{project}/progressEntries/{progress_entry}`; empty
    /// when nothing was reported.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) progress_entry: String,
}

/// Something asked of one organ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Proposal {
    pub(crate) addressee: String,
    pub(crate) addressee_unit: Option<UnitId>,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) resolved: String,
}

/// Everything needed to show, check or send a report.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) report: Report,
    pub(crate) request: ReportRequest,
    pub(crate) template: Template,
    pub(crate) sections: Vec<Section>,
}

/// What the other services say about a report at this moment.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) facts: Facts,
    pub(crate) odd: Vec<OddFigure>,
    pub(crate) letterhead: Letterhead,
    pub(crate) signer: Option<Signer>,
}

/// Asks for the reports of a unit.
#[derive(Debug)]
pub(crate) struct ListReports {
    pub(crate) unit: UnitId,
    pub(crate) states: Vec<ReportState>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// A verb on a report: its name, and the version the caller has seen.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) id: ReportId,
    pub(crate) etag: String,
}

/// Approves what the caller has read.
#[derive(Debug)]
pub(crate) struct Approve {
    pub(crate) verb: Verb,
    /// Hash of it.
    pub(crate) content_sha256: String,
}

/// Sends a report back.
#[derive(Debug)]
pub(crate) struct Return {
    pub(crate) verb: Verb,
    pub(crate) reason: String,
    /// Figures for which the receiver sends it back, in the order of the request.
    pub(crate) rejected: Vec<ValueId>,
}

/// Sends a report.
#[derive(Debug)]
pub(crate) struct Submit {
    pub(crate) verb: Verb,
    pub(crate) document_number: String,
    pub(crate) issue_date: Option<chrono::NaiveDate>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Reports {
    access: Access,
    pages: Pages,
    neighbours: Neighbours,
    locks: Locks,
    db: Db,
}

impl Reports {
    pub(crate) fn new(
        access: Access,
        pages: Pages,
        neighbours: Neighbours,
        locks: Locks,
        db: Db,
    ) -> Self {
        Self {
            access,
            pages,
            neighbours,
            locks,
            db,
        }
    }

    /// Reads a report, for its unit, and for who asked for it while he has it.
    pub(crate) async fn get(&self, actor: &Actor, id: &ReportId) -> Result<Report> {
        let found = store::find(self.db.reader(), id).await?;
        let is_in = found.as_ref().is_some_and(|it| it.in_since().is_some());
        let issuer = match is_in {
            true => Some(self.request_of(actor, id).await?.issuer),
            false => None,
        };
        let mut readers = vec![Some(&id.unit)];
        readers.extend(issuer.iter().map(Some));
        self.access.require_any(actor, &readers).await?;
        found.ok_or_else(|| Error::not_found("REPORT", id))
    }

    /// Lists the reports of a unit, newest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListReports,
    ) -> Result<(Vec<Report>, String)> {
        self.access.require(actor, &list.unit).await?;
        let what = format!("reports {} {:?}", list.unit, list.states);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after().map(request::read_key).transpose()?;
        let (db, states) = (self.db.reader(), list.states.as_slice());
        let found = store::of_unit(db, &list.unit, states, after, page.limit()).await?;
        page.close(found, |it| {
            let micros = it.create_time.timestamp_micros();
            format!("{micros}:{}", it.id.request.as_str())
        })
    }

    /// Reads the sections of a report with their headings, and with every figure in
    /// place that is there; and the hash of all that was read.
    pub(crate) async fn sections(
        &self,
        actor: &Actor,
        id: &ReportId,
    ) -> Result<(Vec<pb::ReportSection>, String)> {
        self.access.require(actor, &id.unit).await?;
        let mut whole = whole(self.db.reader(), id).await?;
        let gathered = self.gather(actor, id).await?;
        let sha256 = Content::of(&whole, &gathered)?.sha256()?;
        let mut sections = std::mem::take(&mut whole.sections);
        for section in &mut sections {
            section.body.resolve(&gathered.facts, &mut Vec::new());
        }
        let shown = sections.iter().map(|it| whole.show(it, &gathered.facts));
        Ok((shown.collect(), sha256))
    }

    /// Reads one submission as it was sent.
    pub(crate) async fn submission(
        &self,
        actor: &Actor,
        id: &ReportId,
        number: i64,
    ) -> Result<Submission> {
        let request = self.request_of(actor, id).await?;
        let readers = [Some(&id.unit), Some(&request.issuer)];
        self.access.require_any(actor, &readers).await?;
        let found = submission::store::find(self.db.reader(), id, number).await?;
        found.ok_or_else(|| Error::not_found("REPORT_SUBMISSION", submission::name(id, number)))
    }

    /// Asks the other services for all a report cites. Done before a change begins, so
    /// that nothing waits for them while it is open.
    pub(crate) async fn gather_for(&self, actor: &Actor, id: &ReportId) -> Result<Gathered> {
        self.access.require(actor, &id.unit).await?;
        self.gather(actor, id).await
    }

    async fn gather(&self, actor: &Actor, id: &ReportId) -> Result<Gathered> {
        gather(&self.db, &self.access, &self.neighbours, actor, id).await
    }

    /// Finds what is missing in a report that this change has just filled.
    pub(crate) async fn findings(
        &self,
        tx: &Tx,
        id: &ReportId,
        gathered: &Gathered,
    ) -> Result<Vec<Finding>> {
        Ok(check::report(&whole(&tx.db, id).await?, gathered))
    }

    /// Finds everything that is missing or offends the rules of form, and returns it with the
    /// hash of what was looked at.
    pub(crate) async fn validate(
        &self,
        actor: &Actor,
        id: &ReportId,
    ) -> Result<(Vec<Finding>, String)> {
        self.access.require(actor, &id.unit).await?;
        let whole = whole(self.db.reader(), id).await?;
        let gathered = self.gather(actor, id).await?;
        let sha256 = Content::of(&whole, &gathered)?.sha256()?;
        Ok((check::report(&whole, &gathered), sha256))
    }
}

impl Whole {
    /// Returns every indicator that the report cites anywhere: in its frame, in the
    /// headings of its outline and in its sections.
    pub(crate) fn cited(&self) -> Vec<IndicatorId> {
        let frame = &self.report.frame;
        let texts = [&frame.subject, &frame.opening, &frame.closing].into_iter();
        let headings = self.template.sections.iter().map(|it| &it.heading);
        let mut cited: Vec<_> = texts
            .chain(headings)
            .flat_map(|it| placeholder::cited(it))
            .collect();
        cited.extend(self.sections.iter().flat_map(|it| it.body.cited()));
        cited
    }

    /// Returns every indicator whose figure is pinned: what is cited, and what the outline
    /// asks for, so that a total does not depend on how a unit chose its words.
    pub(crate) fn pinned(&self) -> Vec<IndicatorId> {
        let asked = self.template.sections.iter().flat_map(SectionSpec::asked);
        self.cited().into_iter().chain(asked).collect()
    }

    /// Refuses a report that is too large to be read in one answer.
    pub(crate) fn fits(&self) -> Result<()> {
        let size: usize = self.sections.iter().map(|it| it.body.size()).sum();
        if size <= LARGEST_REPORT {
            return Ok(());
        }
        let facts = [
            ("name", self.report.id.name()),
            ("size", size.to_string()),
            ("most", LARGEST_REPORT.to_string()),
        ];
        Err(Error::rule(&REPORT_TOO_LARGE, facts))
    }

    /// Shows a section under the heading its outline gives it.
    fn show(&self, section: &Section, facts: &Facts) -> pb::ReportSection {
        let spec = self.spec(&section.key);
        let heading = spec.map(|it| placeholder::resolve(&it.heading, facts, &mut Vec::new()));
        let heading = format!("{}. {}", section.ordinal, heading.unwrap_or_default());
        section.to_wire(heading, spec.map_or(SectionKind::Narrative, |it| it.kind))
    }

    /// Returns what the outline says of a section.
    pub(crate) fn spec(&self, key: &str) -> Option<&SectionSpec> {
        self.template.sections.iter().find(|it| it.key == key)
    }
}

/// Reads a report with all that belongs to it.
pub(crate) async fn whole(db: &impl sea_orm::ConnectionTrait, id: &ReportId) -> Result<Whole> {
    let gone = || Error::not_found("REPORT", id);
    let report = store::find(db, id).await?.ok_or_else(gone)?;
    let request = request::store::find(db, &id.request)
        .await?
        .ok_or_else(gone)?;
    let template = template::store::find(db, &request.template)
        .await?
        .ok_or_else(gone)?;
    let sections = store::sections(db, id).await?;
    Ok(Whole {
        report,
        request,
        template,
        sections,
    })
}

/// Asks the other services for all a report cites.
pub(crate) async fn gather(
    db: &Db,
    access: &Access,
    neighbours: &Neighbours,
    actor: &Actor,
    id: &ReportId,
) -> Result<Gathered> {
    let gone = || Error::not_found("REPORT", id);
    let reader = db.reader();
    let report = store::find(reader, id).await?.ok_or_else(gone)?;
    let request = request::store::find(reader, &id.request)
        .await?
        .ok_or_else(gone)?;
    let day = last_day(db, access, actor, &id.unit)
        .await?
        .ok_or_else(gone)?;
    let letterhead = neighbours
        .letterhead(actor, &id.unit, day)
        .await?
        .ok_or_else(gone)?;
    let signer = match report.frame.signer_position.as_str() {
        "" => None,
        position => neighbours.signer(actor, &id.unit, position, day).await?,
    };
    let mut facts = request::facts(&request, &letterhead.display_name);
    let known = neighbours.figures(actor, &id.unit, report.period).await?;
    facts.figures = known.figures;
    facts.entered_by = known.entered_by;
    let template = template::store::find(reader, &request.template).await?;
    let sections = template.into_iter().flat_map(|it| it.sections);
    if sections
        .into_iter()
        .any(|it| it.kind == SectionKind::ProjectTable)
    {
        let rows = neighbours
            .project_rows(actor, &id.unit, report.period)
            .await?;
        let rows = rows.into_iter().map(ProjectRow::from);
        facts.projects = Some(rows.map(|it| (it.project.clone(), it)).collect());
    }
    let odd = neighbours.odd_figures(actor, &id.unit, report.period);
    Ok(Gathered {
        odd: odd.await?,
        facts,
        letterhead,
        signer,
    })
}

/// Returns the day by which a unit writes and signs: today, or its own last day when it has
/// ended, so that what it did before can still be reported; none when there is no such unit.
pub(crate) async fn last_day(
    db: &Db,
    access: &Access,
    actor: &Actor,
    unit: &UnitId,
) -> Result<Option<NaiveDate>> {
    let days = access.unit_days(actor, &[unit]).await?;
    let days = days.into_iter().next().flatten();
    let today = db.clock().today();
    let last = |end: Option<NaiveDate>| end.and_then(|it| it.pred_opt());
    Ok(days.map(|it| last(it.end()).map_or(today, |last| last.min(today))))
}
