//! The verbs on a report, and the states between which they move it.

use chrono::{DateTime, Utc};
use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::ids::ReportId;

use super::{Gathered, Report, ReportState, Reports, Return, Submit, Verb, check, store, whole};
use crate::{
    reason::{REPORT_INCOMPLETE, SEPARATION_OF_DUTIES, STATE_NOT_ALLOWED},
    request::{self, ReportRequest, Timeliness},
    submission::{self, Content, Submission},
};

impl Reports {
    /// Hands the draft to the leader.
    pub(crate) async fn forward(&self, tx: &Tx, actor: &Actor, verb: Verb) -> Result<Report> {
        self.access.require(actor, &verb.id.unit).await?;
        let allowed = [ReportState::Draft, ReportState::Returned];
        self.step(tx, &verb, &allowed, ReportState::InReview, String::new())
            .await
    }

    /// Approves it. Who wrote in it may not.
    pub(crate) async fn approve(&self, tx: &Tx, actor: &Actor, verb: Verb) -> Result<Report> {
        self.access.require(actor, &verb.id.unit).await?;
        if store::is_editor(&tx.db, &verb.id, actor.user()).await? {
            return Err(Error::rule(&SEPARATION_OF_DUTIES, []));
        }
        self.step(
            tx,
            &verb,
            &[ReportState::InReview],
            ReportState::Approved,
            String::new(),
        )
        .await
    }

    /// Sends it: every figure is pinned in an immutable submission.
    pub(crate) async fn submit(
        &self,
        tx: &Tx,
        actor: &Actor,
        submit: Submit,
        gathered: &Gathered,
    ) -> Result<Submission> {
        self.access.require(actor, &submit.verb.id.unit).await?;
        let mut whole = whole(&tx.db, &submit.verb.id).await?;
        let findings = check::report(&whole, gathered);
        let errors: Vec<_> = findings
            .iter()
            .filter(|it| it.is_error())
            .map(|it| it.code.clone())
            .collect();
        if !errors.is_empty() {
            let facts = [
                ("count", errors.len().to_string()),
                ("codes", errors.join(", ")),
            ];
            return Err(Error::rule(&REPORT_INCOMPLETE, facts));
        }
        let before = whole.report.clone();
        before.may_step(&submit.verb.etag, &[ReportState::Approved])?;
        let content = Content::pin(&mut whole, gathered, &submit, findings)?;
        let submission = Submission::new(
            &before.id,
            before.latest_submission + 1,
            content,
            actor.user(),
            tx.now(),
            Timeliness::of(Some(tx.now()), whole.request.due_time, tx.now()),
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

    /// Accepts the latest submission, on the side of the unit that asked.
    pub(crate) async fn accept(&self, tx: &Tx, actor: &Actor, verb: Verb) -> Result<Report> {
        let request = self.request_of(actor, &verb.id).await?;
        self.access.require(actor, &request.issuer).await?;
        let after = self
            .step(
                tx,
                &verb,
                &[ReportState::Submitted],
                ReportState::Accepted,
                String::new(),
            )
            .await?;
        self.mark(tx, &after, submission::State::Accepted, "")
            .await?;
        Ok(after)
    }

    /// Sends it back: the leader to the writer, the receiver to the sender.
    pub(crate) async fn send_back(&self, tx: &Tx, actor: &Actor, back: Return) -> Result<Report> {
        let request = self.request_of(actor, &back.verb.id).await?;
        let known = store::find(&tx.db, &back.verb.id).await?;
        let state = known.map(|it| it.state);
        if state == Some(ReportState::Submitted) {
            self.access.require(actor, &request.issuer).await?;
            let allowed = [ReportState::Submitted];
            let reason = back.reason.clone();
            let after = self
                .step(tx, &back.verb, &allowed, ReportState::Returned, reason)
                .await?;
            self.mark(tx, &after, submission::State::Returned, &back.reason)
                .await?;
            return Ok(after);
        }
        self.access.require(actor, &back.verb.id.unit).await?;
        let allowed = [ReportState::InReview, ReportState::Submitted];
        self.step(tx, &back.verb, &allowed, ReportState::Draft, back.reason)
            .await
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

    async fn request_of(&self, actor: &Actor, id: &ReportId) -> Result<ReportRequest> {
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

impl ReportState {
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
            let allowed: Vec<_> = allowed.iter().map(|it| it.code()).collect();
            return Err(Error::rule(
                &STATE_NOT_ALLOWED,
                [
                    ("name", self.id.name()),
                    ("state", self.state.code().to_owned()),
                    ("allowed_states", allowed.join(", ")),
                ],
            ));
        }
        Ok(())
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
