//! What one unit owes to a request: by when, whether it was let off, for whom it reports too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use kit::{
    Access, Actor, Db, Error, Result, Tx, access::territory::Territory, db::ledger::Action, etag,
};
use serde::Serialize;
use types::{
    date::vietnam_date,
    ids::{ReportId, ReportRequestId, UnitId},
};

use crate::{
    calendar::{self, Calendar},
    reason::{ASSIGNMENT_REPLACED, DUE_NOT_LATER, REPORT_IS_IN, REQUEST_NOT_OPEN},
    report::{self, Report},
    request::{self, ReportRequest, RequestState, Timeliness},
    template,
};

mod compliance;
pub(crate) mod rpc;
pub(crate) mod store;

/// What one unit owes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Assignment {
    pub(crate) report: ReportId,
    pub(crate) due_time: DateTime<Utc>,
    /// Deadline of the request, when this unit was given another one.
    pub(crate) original_due_time: Option<DateTime<Utc>>,
    pub(crate) is_exempt: bool,
    /// Why it was extended or exempted.
    pub(crate) reason: String,
    /// Units that were merged into it and would have reported themselves.
    pub(crate) stands_for: BTreeSet<UnitId>,
    /// The unit that reports instead, because this one was merged into it.
    pub(crate) replaced_by: Option<UnitId>,
    pub(crate) remind_time: Option<DateTime<Utc>>,
    pub(crate) version: i64,
}

/// An assignment and where its report stands.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) assignment: Assignment,
    pub(crate) report: Report,
    pub(crate) timeliness: Timeliness,
    pub(crate) late_working_days: u32,
}

/// Names one assignment, and the version the caller has seen.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) id: ReportId,
    pub(crate) etag: String,
    pub(crate) reason: String,
}

/// Gives a unit a later deadline.
#[derive(Debug)]
pub(crate) struct Extend {
    pub(crate) verb: Verb,
    pub(crate) due_time: DateTime<Utc>,
}

/// Reminds the units whose report is not in.
#[derive(Debug)]
pub(crate) struct Remind {
    pub(crate) request: ReportRequestId,
    /// Only these; all when there are none.
    pub(crate) units: Vec<UnitId>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Assignments {
    access: Access,
    db: Db,
}

impl Assignments {
    pub(crate) fn new(access: Access, db: Db) -> Self {
        Self { access, db }
    }

    /// Gives a unit a later deadline; who was let off owes its report again.
    pub(crate) async fn extend(&self, tx: &Tx, actor: &Actor, extend: Extend) -> Result<Standing> {
        let (before, _) = self.changeable(tx, actor, &extend.verb).await?;
        if extend.due_time <= before.due_time {
            let facts = [
                ("unit", before.report.unit.name()),
                ("due_time", before.due_time.to_rfc3339()),
                (
                    "due_time_vi",
                    types::date::short(vietnam_date(before.due_time)),
                ),
            ];
            return Err(Error::rule(&DUE_NOT_LATER, facts));
        }
        let after = Assignment {
            due_time: extend.due_time,
            original_due_time: before.original_due_time.or(Some(before.due_time)),
            is_exempt: false,
            reason: extend.verb.reason,
            version: before.version + 1,
            ..before.clone()
        };
        self.save(tx, &before, &after).await?;
        self.standing(tx, after).await
    }

    /// Lets a unit off whose report is not in.
    pub(crate) async fn exempt(&self, tx: &Tx, actor: &Actor, exempt: Verb) -> Result<Standing> {
        let (before, report) = self.changeable(tx, actor, &exempt).await?;
        if report.in_since().is_some() {
            let facts = [("name", report.id.name())];
            return Err(Error::rule(&REPORT_IS_IN, facts));
        }
        let after = Assignment {
            is_exempt: true,
            reason: exempt.reason,
            version: before.version + 1,
            ..before.clone()
        };
        self.save(tx, &before, &after).await?;
        self.standing(tx, after).await
    }

    /// Notes that units were reminded whose report is not in, and returns them.
    pub(crate) async fn remind(
        &self,
        tx: &Tx,
        actor: &Actor,
        remind: Remind,
    ) -> Result<Vec<Standing>> {
        let request = self.request(tx, actor, &remind.request).await?;
        open(&request)?;
        let mut reminded = Vec::new();
        for standing in standings(&tx.db, &request, tx.now()).await? {
            let before = standing.assignment;
            let named = remind.units.is_empty() || remind.units.contains(&before.report.unit);
            let owes = standing.report.in_since().is_none()
                && !before.is_exempt
                && before.replaced_by.is_none();
            if !named || !owes {
                continue;
            }
            let after = Assignment {
                remind_time: Some(tx.now()),
                version: before.version + 1,
                ..before.clone()
            };
            self.save(tx, &before, &after).await?;
            reminded.push(Standing {
                assignment: after,
                ..standing
            });
        }
        Ok(reminded)
    }

    /// Has the successors of units that were merged as a whole report instead of them, each
    /// once. Returns who reports for others now, and for whom.
    pub(crate) async fn adjust(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &ReportRequestId,
    ) -> Result<(Vec<Standing>, Vec<UnitId>)> {
        let request = self.request(tx, actor, id).await?;
        open(&request)?;
        let territory = self.access.territory().await?;
        let mut replaced = Vec::new();
        let mut moved: BTreeMap<UnitId, BTreeSet<UnitId>> = BTreeMap::new();
        for standing in standings(&tx.db, &request, tx.now()).await? {
            let before = standing.assignment;
            let unit = before.report.unit.clone();
            let owes = standing.report.latest_submission == 0 && before.replaced_by.is_none();
            let due = vietnam_date(before.due_time);
            let Some(successor) = successor(&territory, &unit, due).filter(|_| owes) else {
                continue;
            };
            let after = Assignment {
                replaced_by: Some(successor.clone()),
                version: before.version + 1,
                ..before.clone()
            };
            self.save(tx, &before, &after).await?;
            let for_whom = moved.entry(successor).or_default();
            for_whom.extend(before.stands_for);
            for_whom.insert(unit.clone());
            replaced.push(unit);
        }
        let mut successors = Vec::new();
        for (unit, for_whom) in moved {
            successors.push(self.take_over(tx, &request, unit, for_whom).await?);
        }
        Ok((successors, replaced))
    }

    /// Has a unit report for others besides itself; a report is opened when it owed none.
    async fn take_over(
        &self,
        tx: &Tx,
        request: &ReportRequest,
        unit: UnitId,
        for_whom: BTreeSet<UnitId>,
    ) -> Result<Standing> {
        let id = ReportId {
            request: request.id.clone(),
            unit,
        };
        let known = store::find(&tx.db, &id).await?;
        let after = match known {
            Some(before) => {
                let mut after = before.clone();
                after.stands_for.extend(for_whom);
                after.is_exempt = false;
                after.version += 1;
                self.save(tx, &before, &after).await?;
                after
            }
            None => {
                let template = template::store::find(&tx.db, &request.template).await?;
                let template =
                    template.ok_or_else(|| Error::internal("the outline of a request is gone"))?;
                let owed = Assignment::new(id.clone(), request.due_time, for_whom);
                open_report(tx, request, &owed, &template).await?;
                owed
            }
        };
        self.standing(tx, after).await
    }

    async fn changeable(
        &self,
        tx: &Tx,
        actor: &Actor,
        verb: &Verb,
    ) -> Result<(Assignment, Report)> {
        let request = self.request(tx, actor, &verb.id.request).await?;
        let gone = || Error::not_found("ASSIGNMENT", name(&verb.id));
        // The lock keeps the report from being sent while its assignment changes.
        report::store::lock(&tx.db, &verb.id).await?;
        let before = store::find(&tx.db, &verb.id).await?.ok_or_else(gone)?;
        let report = report::store::find(&tx.db, &verb.id)
            .await?
            .ok_or_else(gone)?;
        open(&request)?;
        before.still_owed()?;
        etag::check(&verb.etag, before.version)?;
        Ok((before, report))
    }

    /// Reads a request for its issuer.
    async fn request(&self, tx: &Tx, actor: &Actor, id: &ReportRequestId) -> Result<ReportRequest> {
        let Some(request) = request::store::find(&tx.db, id).await? else {
            let missing = Error::not_found("REPORT_REQUEST", id);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access.require(actor, &request.issuer).await?;
        Ok(request)
    }

    async fn save(&self, tx: &Tx, before: &Assignment, after: &Assignment) -> Result<()> {
        store::update(&tx.db, after, before.version).await?;
        let name = name(&after.report);
        tx.record(Action::Updated, &name, Some(before), Some(after))
            .await
    }

    async fn standing(&self, tx: &Tx, assignment: Assignment) -> Result<Standing> {
        let report = report::store::find(&tx.db, &assignment.report).await?;
        let report = report.ok_or_else(|| Error::internal("an assignment has no report"))?;
        let calendar = calendar::store::all(&tx.db).await?;
        Ok(Standing::of(assignment, report, &calendar, tx.now()))
    }
}

/// Returns the name of an assignment.
pub(crate) fn name(id: &ReportId) -> String {
    format!("{}/assignments/{}", id.request.name(), id.unit.as_str())
}

/// Refuses what only an issued request takes.
pub(crate) fn open(request: &ReportRequest) -> Result<()> {
    if request.state == RequestState::Issued {
        return Ok(());
    }
    let facts = [
        ("name", request.id.name()),
        ("state", request.state.code().to_owned()),
        ("state_vi", request.state.vietnamese().to_owned()),
    ];
    Err(Error::rule(&REQUEST_NOT_OPEN, facts))
}

/// Opens the report of a unit, with what it owes.
pub(crate) async fn open_report(
    tx: &Tx,
    request: &ReportRequest,
    owed: &Assignment,
    template: &template::Template,
) -> Result<()> {
    let report = Report::open(request, &owed.report.unit, template, tx.now());
    report::store::insert(&tx.db, &report, template).await?;
    tx.record(Action::Created, &report.id.name(), None, Some(&report))
        .await?;
    store::insert(&tx.db, owed).await?;
    tx.record(Action::Created, &name(&owed.report), None, Some(owed))
        .await
}

/// Returns where all stand who owe a report to a request, by unit.
async fn standings(
    db: &impl sea_orm::ConnectionTrait,
    request: &ReportRequest,
    now: DateTime<Utc>,
) -> Result<Vec<Standing>> {
    let calendar = calendar::store::all(db).await?;
    let owed = store::of_request(db, &request.id).await?;
    let reports = report::store::of_request(db, &request.id, None, u64::MAX >> 1).await?;
    let mut reports: BTreeMap<_, _> = reports.into_iter().map(|it| (it.id.clone(), it)).collect();
    let standing = |assignment: Assignment| {
        let report = reports.remove(&assignment.report)?;
        Some(Standing::of(assignment, report, &calendar, now))
    };
    Ok(owed.into_iter().filter_map(standing).collect())
}

/// Returns the unit that a unit will have gone into as a whole by a day, over all mergers up to
/// then; none when it is still there, was divided, or nothing follows.
pub(crate) fn successor(territory: &Territory, unit: &UnitId, by: NaiveDate) -> Option<UnitId> {
    let mut last = None;
    let mut at = unit.clone();
    // An act ends a unit for good, so a chain of them ends too.
    while let Some(end) = territory.unit(&at)?.validity.end().filter(|it| *it <= by) {
        let acts = territory.acts.iter().filter(|(_, act)| act.date == end);
        let links = acts.flat_map(|(_, act)| &act.links);
        let after: BTreeSet<_> = links
            .filter(|it| it.predecessor == at)
            .map(|it| it.successor.clone())
            .collect();
        match after.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(only)] if *only != at => at = only.clone(),
            _ => return None,
        }
        last = Some(at.clone());
    }
    last
}

impl Assignment {
    pub(crate) fn new(
        report: ReportId,
        due_time: DateTime<Utc>,
        stands_for: BTreeSet<UnitId>,
    ) -> Self {
        Self {
            report,
            due_time,
            original_due_time: None,
            is_exempt: false,
            reason: String::new(),
            stands_for,
            replaced_by: None,
            remind_time: None,
            version: 1,
        }
    }

    /// Refuses what another unit reports instead.
    pub(crate) fn still_owed(&self) -> Result<()> {
        let Some(successor) = &self.replaced_by else {
            return Ok(());
        };
        let facts = [
            ("unit", self.report.unit.name()),
            ("successor", successor.name()),
        ];
        Err(Error::rule(&ASSIGNMENT_REPLACED, facts))
    }
}

impl Standing {
    pub(crate) fn of(
        assignment: Assignment,
        report: Report,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Self {
        let is_expected = !assignment.is_exempt && assignment.replaced_by.is_none();
        let in_since = report.in_since();
        let timeliness = Timeliness::of(in_since, assignment.due_time, now, is_expected);
        let late_working_days = match timeliness {
            Timeliness::Late | Timeliness::Missing => {
                let due = vietnam_date(assignment.due_time);
                let until = vietnam_date(in_since.unwrap_or(now));
                calendar.days.between(due, until)
            }
            _ => 0,
        };
        Self {
            assignment,
            report,
            timeliness,
            late_working_days,
        }
    }
}

#[cfg(test)]
mod tests;
