//! The verbs on a report, and the states between which they move it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::{
    ids::{IndicatorId, ReportId, ValueId},
    violations::Invalid,
};

use super::{
    Approve, Finding, Gathered, Report, ReportState, Reports, Return, Submit, Verb, Whole, check,
    store, whole,
};
use crate::{
    assignment::{self, Assignment},
    lock::{self, LockState, Taken},
    reason::{
        CHANGED_SINCE_APPROVAL, CHANGED_SINCE_READ, LATE_REFUSED, OWN_FIGURES, REPORT_INCOMPLETE,
        SENDER_MAY_NOT_ACCEPT, SEPARATION_OF_DUTIES, STATE_NOT_ALLOWED,
    },
    request::{self, ReportRequest, Timeliness},
    submission::{self, Content, Submission},
};

/// What the two sides must hold to send a report back, beside the right to return.
const MAY_APPROVE: &str = "reporting.reports.approve";
const MAY_ACCEPT: &str = "reporting.reports.accept";

impl Reports {
    /// Hands the draft to the leader.
    pub(crate) async fn forward(&self, tx: &Tx, actor: &Actor, verb: Verb) -> Result<Report> {
        self.access.require(actor, &verb.id.unit).await?;
        self.still_asked(tx, &verb.id).await?;
        let allowed = [ReportState::Draft, ReportState::Returned];
        self.step(tx, &verb, &allowed, ReportState::InReview, String::new())
            .await
    }

    /// Approves it as the caller has read it, with every figure in it. Who wrote in it or
    /// entered one of its figures may not.
    pub(crate) async fn approve(
        &self,
        tx: &Tx,
        actor: &Actor,
        approve: Approve,
        gathered: &Gathered,
    ) -> Result<Report> {
        let verb = approve.verb;
        self.access.require(actor, &verb.id.unit).await?;
        // The lock keeps sections from being written while they are approved.
        store::lock(&tx.db, &verb.id).await?;
        let whole = whole(&tx.db, &verb.id).await?;
        let before = whole.report.clone();
        before.may_step(&verb.etag, &[ReportState::InReview])?;
        self.still_asked(tx, &verb.id).await?;
        if store::is_editor(&tx.db, &verb.id, actor.principal()).await? {
            return Err(Error::rule(&SEPARATION_OF_DUTIES, []));
        }
        entered_by_others(&whole, gathered, actor)?;
        let content_sha256 = Content::of(&whole, gathered)?.sha256()?;
        if content_sha256 != approve.content_sha256 {
            let facts = [("name", verb.id.name())];
            return Err(Error::rule(&CHANGED_SINCE_READ, facts));
        }
        complete(&check::report(&whole, gathered))?;
        let after = Report {
            approved_sha256: content_sha256,
            approved_by: actor.principal().name(),
            ..before.stepped(ReportState::Approved, String::new(), tx.now())
        };
        self.save(tx, &before, &after).await?;
        Ok(after)
    }

    /// Locks every figure of a report that is about to be sent, before the change begins: the
    /// figures lie elsewhere, and nothing waits for them while it is open.
    pub(crate) async fn take_locks(
        &self,
        actor: &Actor,
        submit: &Submit,
        gathered: &Gathered,
    ) -> Result<Taken> {
        let whole = whole(self.db.reader(), &submit.verb.id).await?;
        let (content, _) = sendable(&whole, submit, gathered)?;
        let number = whole.report.latest_submission + 1;
        self.locks
            .take(actor, &submit.verb.id, number, content.figures)
            .await
    }

    /// Gives the locks of a report up that could not be sent after all.
    pub(crate) async fn give_up(&self, actor: &Actor, taken: &Taken) {
        self.locks.give_up(actor, taken).await;
    }

    /// Tells what became of the figures of the latest submission of a report. What cannot be
    /// told now is told later.
    pub(crate) async fn tell_locks(&self, actor: &Actor, report: &ReportId, number: i64) {
        match lock::store::of_submission(self.db.reader(), report, number).await {
            Ok(ids) if ids.is_empty() => {}
            Ok(ids) => self.locks.tell(actor, &ids).await,
            Err(error) => tracing::warn!(?error, "what became of a lock is told later"),
        }
    }

    /// Sends it: every figure is pinned in an immutable submission, and locked where it is
    /// kept. What is sent is what was approved, or nothing is.
    pub(crate) async fn submit(
        &self,
        tx: &Tx,
        actor: &Actor,
        submit: Submit,
        gathered: &Gathered,
        taken: &Taken,
    ) -> Result<Submission> {
        self.access.require(actor, &submit.verb.id.unit).await?;
        store::lock(&tx.db, &submit.verb.id).await?;
        let whole = whole(&tx.db, &submit.verb.id).await?;
        let before = whole.report.clone();
        let (content, findings) = sendable(&whole, &submit, gathered)?;
        let owed = self.still_asked(tx, &before.id).await?;
        let timeliness = Timeliness::of(Some(tx.now()), owed.due_time, tx.now(), true);
        if timeliness == Timeliness::Late && whole.request.refuses_late {
            let due = owed.due_time;
            let facts = [
                ("name", before.id.name()),
                ("due_time", due.to_rfc3339()),
                (
                    "due_time_vi",
                    types::date::short(types::date::vietnam_date(due)),
                ),
            ];
            return Err(Error::rule(&LATE_REFUSED, facts));
        }
        let number = before.latest_submission + 1;
        taken.hold(tx, number, &content.figures).await?;
        let content = content.sent(&submit, findings);
        check_issue_date(&submit, tx)?;
        submission::store::take_number(&tx.db, &before.id, &content).await?;
        let submission = Submission::new(
            &before.id,
            number,
            content,
            actor.principal(),
            tx.now(),
            timeliness,
        )?;
        submission::store::insert(&tx.db, &submission).await?;
        tx.record(Action::Created, &submission.name(), None, Some(&submission))
            .await?;
        let after = Report {
            latest_submission: submission.number,
            submit_time: Some(tx.now()),
            ..before.stepped(ReportState::Submitted, String::new(), tx.now())
        };
        self.save(tx, &before, &after).await?;
        Ok(submission)
    }

    /// Accepts the latest submission, on the side of the unit that asked, by somebody who
    /// neither wrote, approved nor sent it.
    pub(crate) async fn accept(&self, tx: &Tx, actor: &Actor, verb: Verb) -> Result<Report> {
        let request = self.request_of(actor, &verb.id).await?;
        self.access.require(actor, &request.issuer).await?;
        let allowed = [ReportState::Submitted];
        let after = self
            .step(tx, &verb, &allowed, ReportState::Accepted, String::new())
            .await?;
        let sent = submission::store::find(&tx.db, &verb.id, after.latest_submission).await?;
        let is_sender = sent.is_some_and(|it| it.submitter == *actor.principal());
        if is_sender
            || after.approved_by == actor.principal().name()
            || store::is_editor(&tx.db, &verb.id, actor.principal()).await?
        {
            return Err(Error::rule(&SENDER_MAY_NOT_ACCEPT, []));
        }
        self.mark(tx, &after, submission::State::Accepted, "")
            .await?;
        let (number, by) = (after.latest_submission, (actor.principal(), tx.now()));
        lock::store::move_to(&tx.db, &after.id, number, LockState::Accepted, by, &[]).await?;
        Ok(after)
    }

    /// Sends it back: who may approve, to the writer; who may accept, to the sender.
    pub(crate) async fn send_back(&self, tx: &Tx, actor: &Actor, back: Return) -> Result<Report> {
        let request = self.request_of(actor, &back.verb.id).await?;
        let unit = &back.verb.id.unit;
        store::lock(&tx.db, &back.verb.id).await?;
        let known = store::find(&tx.db, &back.verb.id).await?;
        match known.map(|it| it.state) {
            Some(ReportState::Submitted) => {
                self.access.require(actor, &request.issuer).await?;
                self.access
                    .require_also(actor, MAY_ACCEPT, &request.issuer)
                    .await?;
                // What is sent back to a closed request could not be sent again.
                assignment::open(&request)?;
                let rejected = self.rejected(tx, &back).await?;
                let (allowed, reason) = ([ReportState::Submitted], back.reason.clone());
                let after = self
                    .step(tx, &back.verb, &allowed, ReportState::Returned, reason)
                    .await?;
                self.mark(tx, &after, submission::State::Returned, &back.reason)
                    .await?;
                let (number, by) = (after.latest_submission, (actor.principal(), tx.now()));
                let state = LockState::Released;
                lock::store::move_to(&tx.db, &after.id, number, state, by, &rejected).await?;
                Ok(after)
            }
            _ => {
                self.access.require(actor, unit).await?;
                self.access.require_also(actor, MAY_APPROVE, unit).await?;
                if !back.rejected.is_empty() {
                    let (en, vi) = NOT_SENT;
                    let bad = Invalid::field("rejected_values", "NOT_IN_SUBMISSION", en, vi);
                    return Err(bad.into());
                }
                let allowed = [ReportState::InReview, ReportState::Approved];
                self.step(tx, &back.verb, &allowed, ReportState::Draft, back.reason)
                    .await
            }
        }
    }

    /// Returns the names of the figures for which the latest submission is sent back: such
    /// as it pins, and somebody entered.
    async fn rejected(&self, tx: &Tx, back: &Return) -> Result<Vec<String>> {
        if back.rejected.is_empty() {
            return Ok(Vec::new());
        }
        let known = store::find(&tx.db, &back.verb.id).await?;
        let number = known.map_or(0, |it| it.latest_submission);
        let sent = submission::store::find(&tx.db, &back.verb.id, number).await?;
        let figures = sent.map(|it| it.content.figures).unwrap_or_default();
        let entered = figures.into_values().filter(|it| it.revision > 0);
        let entered: BTreeSet<_> = entered.map(|it| it.name).collect();
        let names: Vec<_> = back.rejected.iter().map(ValueId::name).collect();
        let mut bad = Invalid::default();
        for (index, name) in names.iter().enumerate() {
            if !entered.contains(name) {
                let (en, vi) = NOT_SENT;
                bad.add(
                    format!("rejected_values[{index}]"),
                    "NOT_IN_SUBMISSION",
                    en,
                    vi,
                );
            }
        }
        bad.check()?;
        Ok(names)
    }

    /// Refuses what can no longer be sent: the request is closed, or another unit reports.
    async fn still_asked(&self, tx: &Tx, id: &ReportId) -> Result<Assignment> {
        let gone = || Error::not_found("REPORT", id);
        let request = request::store::find(&tx.db, &id.request).await?;
        assignment::open(&request.ok_or_else(gone)?)?;
        let owed = assignment::store::find(&tx.db, id)
            .await?
            .ok_or_else(gone)?;
        owed.still_owed()?;
        Ok(owed)
    }

    async fn mark(
        &self,
        tx: &Tx,
        report: &Report,
        state: submission::State,
        reason: &str,
    ) -> Result<()> {
        let number = report.latest_submission;
        submission::store::mark(&tx.db, &report.id, number, state, reason).await?;
        let name = submission::name(&report.id, number);
        tx.record(Action::Moved, &name, None, Some(&(state, reason)))
            .await
    }

    pub(super) async fn request_of(&self, actor: &Actor, id: &ReportId) -> Result<ReportRequest> {
        match request::store::find(self.db.reader(), &id.request).await? {
            Some(request) => Ok(request),
            None => Err(self
                .access
                .hide(actor, Error::not_found("REPORT", id))
                .await),
        }
    }

    async fn step(
        &self,
        tx: &Tx,
        verb: &Verb,
        allowed: &[ReportState],
        to: ReportState,
        return_reason: String,
    ) -> Result<Report> {
        let known = store::find(&tx.db, &verb.id).await?;
        let before = known.ok_or_else(|| Error::not_found("REPORT", &verb.id))?;
        before.may_step(&verb.etag, allowed)?;
        let after = before.stepped(to, return_reason, tx.now());
        self.save(tx, &before, &after).await?;
        Ok(after)
    }

    pub(super) async fn save(&self, tx: &Tx, before: &Report, after: &Report) -> Result<()> {
        store::update(&tx.db, after, before.version).await?;
        let action = if before.state == after.state {
            Action::Updated
        } else {
            Action::Moved
        };
        tx.record(action, &after.id.name(), Some(before), Some(after))
            .await
    }
}

/// Figures that the receiver cannot send a report back for.
const NOT_SENT: (&str, &str) = (
    "is no figure that was entered and sent in the report",
    "không phải số liệu do đơn vị nhập và đã gửi trong báo cáo",
);

/// Returns what is sent, with what the sender was shown, or why it cannot be sent as it is.
fn sendable(
    whole: &Whole,
    submit: &Submit,
    gathered: &Gathered,
) -> Result<(Content, Vec<Finding>)> {
    whole
        .report
        .may_step(&submit.verb.etag, &[ReportState::Approved])?;
    let findings = check::report(whole, gathered);
    let content = Content::of(whole, gathered)?;
    if content.sha256()? != whole.report.approved_sha256 {
        let name = whole.report.id.name();
        return Err(Error::rule(&CHANGED_SINCE_APPROVAL, [("name", name)]));
    }
    complete(&findings)?;
    Ok((content, findings))
}

/// Refuses an approver who entered figures that the report pins (NĐ 30/2020 has who enters and
/// who answers for it be two people).
fn entered_by_others(whole: &Whole, gathered: &Gathered, actor: &Actor) -> Result<()> {
    let approver = actor.principal().name();
    let own = |it: &IndicatorId| gathered.facts.entered_by.get(it) == Some(&approver);
    let own: BTreeSet<_> = whole.pinned().into_iter().filter(own).collect();
    if own.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = own.iter().map(IndicatorId::name).collect();
    let facts = [("figures", names.join(", "))];
    Err(Error::rule(&OWN_FIGURES, facts))
}

/// Refuses a day of issue that is yet to come: a report that is sent today was not issued
/// tomorrow.
fn check_issue_date(submit: &Submit, tx: &Tx) -> Result<()> {
    let today = types::date::vietnam_date(tx.now());
    match submit.issue_date {
        Some(day) if day > today => Err(Invalid::field(
            "issue_date",
            "OUT_OF_RANGE",
            format!("{day} is after today, {today}"),
            format!(
                "ngày {} sau ngày hôm nay, {}",
                types::date::short(day),
                types::date::short(today)
            ),
        )
        .into()),
        _ => Ok(()),
    }
}

/// Refuses a report with errors, naming the first ones.
fn complete(findings: &[Finding]) -> Result<()> {
    const NAMED: usize = 3;
    let errors: Vec<_> = findings.iter().filter(|it| it.is_error()).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let named = |text: fn(&Finding) -> String| {
        let texts: Vec<_> = errors.iter().take(NAMED).map(|it| text(it)).collect();
        texts.join("; ")
    };
    let codes: Vec<_> = errors.iter().map(|it| it.code.as_str()).collect();
    Err(Error::rule(
        &REPORT_INCOMPLETE,
        [
            ("count", errors.len().to_string()),
            ("codes", codes.join(", ")),
            ("problems_en", named(|it| format!("{} {}", it.field, it.en))),
            (
                "problems_vi",
                named(|it| format!("{}: {}", it.field, it.vi)),
            ),
        ],
    ))
}

impl ReportState {
    /// Returns the name of the state as a Vietnamese official says it.
    fn vietnamese(self) -> &'static str {
        match self {
            Self::Draft => "dự thảo",
            Self::InReview => "trình lãnh đạo",
            Self::Approved => "đã duyệt",
            Self::Submitted => "đã gửi",
            Self::Accepted => "đã tiếp nhận",
            Self::Returned => "trả lại",
        }
    }

    /// Returns the name of the state as the contract writes it.
    fn code(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::InReview => "IN_REVIEW",
            Self::Approved => "APPROVED",
            Self::Submitted => "SUBMITTED",
            Self::Accepted => "ACCEPTED",
            Self::Returned => "RETURNED",
        }
    }
}

impl Report {
    /// Checks the state before the version: a verb that came too late is told so.
    fn may_step(&self, sent_etag: &str, allowed: &[ReportState]) -> Result<()> {
        self.require_state(allowed)?;
        etag::check(sent_etag, self.version)
    }

    pub(super) fn require_state(&self, allowed: &[ReportState]) -> Result<()> {
        if !allowed.contains(&self.state) {
            let codes: Vec<_> = allowed.iter().map(|it| it.code()).collect();
            let words: Vec<_> = allowed.iter().map(|it| it.vietnamese()).collect();
            return Err(Error::rule(
                &STATE_NOT_ALLOWED,
                [
                    ("name", self.id.name()),
                    ("state", self.state.code().to_owned()),
                    ("state_vi", self.state.vietnamese().to_owned()),
                    ("allowed_states", codes.join(", ")),
                    ("allowed_states_vi", words.join(", ")),
                ],
            ));
        }
        Ok(())
    }

    /// Returns since when it is with the receiver; a report that was sent back is not.
    pub(crate) fn in_since(&self) -> Option<DateTime<Utc>> {
        match self.state {
            ReportState::Submitted | ReportState::Accepted => self.submit_time,
            _ => None,
        }
    }

    fn stepped(&self, state: ReportState, return_reason: String, now: DateTime<Utc>) -> Self {
        Self {
            state,
            return_reason,
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }
}
