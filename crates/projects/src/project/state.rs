//! Where a project stands, and the verbs that move it.
//!
//! PROPOSED → APPROVED → IN_PROGRESS ⇄ SUSPENDED, then COMPLETED; CANCELLED from any but
//! COMPLETED.

use chrono::NaiveDate;
use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use serde::Serialize;
use types::{
    date::vietnam_date,
    ids::{DecisionId, ProjectId},
    money::Money,
    violations::Invalid,
};

use super::{Project, Register, Shown, locked, store};
use crate::{
    allocation::sum,
    baseline, budget_line, charge, decision,
    instrument::{self, Instrument},
    reason::{MONEY_OPEN, STATE_NOT_ALLOWED, STEPS_OPEN},
    step,
};

/// Where a project stands, and how it came there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    pub(crate) state: State,
    /// Why it is suspended or was cancelled.
    pub(crate) reason: String,
    pub(crate) approval_decision: Option<DecisionId>,
    /// Day of that decision: what the law asked then goes on to count.
    pub(crate) approval_date: Option<NaiveDate>,
    pub(crate) closing_decision: Option<DecisionId>,
    pub(crate) actual_start: Option<NaiveDate>,
    pub(crate) actual_end: Option<NaiveDate>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) enum State {
    #[default]
    Proposed,
    Approved,
    InProgress,
    Suspended,
    Completed,
    Cancelled,
}

/// A verb on a project: its name, and the version the caller has seen.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) id: ProjectId,
    pub(crate) etag: String,
}

/// Approves a project.
#[derive(Debug)]
pub(crate) struct ApproveProject {
    pub(crate) verb: Verb,
    pub(crate) decision: DecisionId,
    pub(crate) legal_instrument: Option<&'static Instrument>,
}

/// Starts a project.
#[derive(Debug)]
pub(crate) struct StartProject {
    pub(crate) verb: Verb,
    pub(crate) start: NaiveDate,
}

/// Suspends a project.
#[derive(Debug)]
pub(crate) struct SuspendProject {
    pub(crate) verb: Verb,
    pub(crate) reason: String,
}

/// Takes a project up again.
#[derive(Debug)]
pub(crate) struct ResumeProject {
    pub(crate) verb: Verb,
}

/// Completes a project.
#[derive(Debug)]
pub(crate) struct CompleteProject {
    pub(crate) verb: Verb,
    pub(crate) end: NaiveDate,
    pub(crate) decision: Option<DecisionId>,
}

/// Gives a project up.
#[derive(Debug)]
pub(crate) struct CancelProject {
    pub(crate) verb: Verb,
    pub(crate) reason: String,
    pub(crate) decision: Option<DecisionId>,
}

impl Register {
    /// Approves a project by an issued decision, and fixes what the law asks of it.
    pub(crate) async fn approve(
        &self,
        tx: &Tx,
        actor: &Actor,
        approve: ApproveProject,
    ) -> Result<Shown> {
        let before = self
            .standing(tx, actor, &approve.verb, &[State::Proposed])
            .await?;
        let day = issue_date(tx, "decision", &approve.decision).await?;
        let days = charge::only(day);
        charge::in_charge(&self.access, actor, &before.owner_unit, days).await?;
        let named = approve.legal_instrument.or(before.instrument());
        let decree = instrument::decided_under(day, named)?;
        let mut after = before.touched(tx.now());
        after.content.legal_instrument = decree.map(|it| it.id);
        after.standing = Standing {
            state: State::Approved,
            approval_decision: Some(approve.decision),
            approval_date: Some(day),
            ..Standing::default()
        };
        store::update(&tx.db, &before, &after).await?;
        step::add_named(tx, &after).await?;
        baseline::first(tx, actor, &after).await?;
        self.moved(tx, &before, after).await
    }

    /// Starts an approved project.
    pub(crate) async fn start(&self, tx: &Tx, actor: &Actor, start: StartProject) -> Result<Shown> {
        let before = self
            .standing(tx, actor, &start.verb, &[State::Approved])
            .await?;
        not_after_today("start_date", start.start, tx)?;
        let days = charge::only(start.start);
        charge::in_charge(&self.access, actor, &before.owner_unit, days).await?;
        let mut after = before.touched(tx.now());
        after.standing.state = State::InProgress;
        after.standing.actual_start = Some(start.start);
        store::update(&tx.db, &before, &after).await?;
        self.moved(tx, &before, after).await
    }

    /// Stops a project for a time.
    pub(crate) async fn suspend(
        &self,
        tx: &Tx,
        actor: &Actor,
        suspend: SuspendProject,
    ) -> Result<Shown> {
        let before = self
            .standing(tx, actor, &suspend.verb, &[State::InProgress])
            .await?;
        self.in_charge_today(tx, actor, &before).await?;
        let mut after = before.touched(tx.now());
        after.standing.state = State::Suspended;
        after.standing.reason = suspend.reason;
        store::update(&tx.db, &before, &after).await?;
        self.moved(tx, &before, after).await
    }

    /// Takes a suspended project up again.
    pub(crate) async fn resume(
        &self,
        tx: &Tx,
        actor: &Actor,
        resume: ResumeProject,
    ) -> Result<Shown> {
        let before = self
            .standing(tx, actor, &resume.verb, &[State::Suspended])
            .await?;
        self.in_charge_today(tx, actor, &before).await?;
        let mut after = before.touched(tx.now());
        after.standing.state = State::InProgress;
        after.standing.reason = String::new();
        store::update(&tx.db, &before, &after).await?;
        self.moved(tx, &before, after).await
    }

    /// Completes a project. No required step may be open.
    pub(crate) async fn complete(
        &self,
        tx: &Tx,
        actor: &Actor,
        complete: CompleteProject,
    ) -> Result<Shown> {
        let before = self
            .standing(tx, actor, &complete.verb, &[State::InProgress])
            .await?;
        not_after_today("end_date", complete.end, tx)?;
        not_before_the_start(before.standing.actual_start, complete.end)?;
        let days = charge::only(complete.end);
        charge::in_charge(&self.access, actor, &before.owner_unit, days).await?;
        if let Some(decision) = &complete.decision {
            issue_date(tx, "decision", decision).await?;
        }
        let open = step::store::open_required(&tx.db, &before.id).await?;
        if !open.is_empty() {
            let steps: Vec<_> = open.iter().map(|it| it.title.as_str()).collect();
            let names: Vec<_> = open.iter().map(step::Step::name).collect();
            let facts = [
                ("project", before.id.name()),
                ("steps", steps.join("; ")),
                ("names", names.join(", ")),
            ];
            return Err(Error::rule(&STEPS_OPEN, facts));
        }
        let mut after = before.touched(tx.now());
        after.standing.state = State::Completed;
        after.standing.actual_end = Some(complete.end);
        after.standing.closing_decision = complete.decision;
        store::update(&tx.db, &before, &after).await?;
        self.moved(tx, &before, after).await
    }

    /// Gives a project up. Advances have to be recovered and contracts lowered to what was paid
    /// before: afterwards nothing more is paid.
    pub(crate) async fn cancel(
        &self,
        tx: &Tx,
        actor: &Actor,
        cancel: CancelProject,
    ) -> Result<Shown> {
        const FROM: [State; 4] = [
            State::Proposed,
            State::Approved,
            State::InProgress,
            State::Suspended,
        ];
        let before = self.standing(tx, actor, &cancel.verb, &FROM).await?;
        self.in_charge_today(tx, actor, &before).await?;
        if let Some(decision) = &cancel.decision {
            issue_date(tx, "decision", decision).await?;
        }
        let lines = budget_line::store::of_projects(&tx.db, &[before.id.as_str()]).await?;
        // What is settled is closed: nothing of it is recovered or lowered any more.
        let open = lines.iter().filter(|it| it.settlement.is_none());
        has_no_open_money(&before.id, open.map(|it| &it.totals))?;
        let mut after = before.touched(tx.now());
        after.standing.state = State::Cancelled;
        after.standing.reason = cancel.reason;
        after.standing.actual_end = Some(vietnam_date(tx.now()));
        after.standing.closing_decision = cancel.decision;
        store::update(&tx.db, &before, &after).await?;
        self.moved(tx, &before, after).await
    }

    /// Reads a project as the caller has seen it, in one of the states a verb begins from.
    async fn standing(
        &self,
        tx: &Tx,
        actor: &Actor,
        verb: &Verb,
        from: &[State],
    ) -> Result<Project> {
        let project = locked(&self.access, tx, actor, &verb.id).await?;
        etag::check(&verb.etag, project.version)?;
        stands_in_one_of(&project, from)?;
        Ok(project)
    }

    async fn in_charge_today(&self, tx: &Tx, actor: &Actor, project: &Project) -> Result<()> {
        let today = charge::only(vietnam_date(tx.now()));
        charge::in_charge(&self.access, actor, &project.owner_unit, today).await
    }

    async fn moved(&self, tx: &Tx, before: &Project, after: Project) -> Result<Shown> {
        let name = after.id.name();
        tx.record(Action::Moved, &name, Some(before), Some(&after))
            .await?;
        self.shown_one(&tx.db, after).await
    }
}

/// Requires a state.
pub(crate) fn stands_in_one_of(project: &Project, from: &[State]) -> Result<()> {
    let state = project.standing.state;
    if from.contains(&state) {
        return Ok(());
    }
    let allowed: Vec<_> = from.iter().map(|it| it.as_name()).collect();
    let facts = [
        ("name", project.id.name()),
        ("state", state.as_name().to_owned()),
        ("allowed_states", allowed.join(", ")),
    ];
    Err(Error::rule(&STATE_NOT_ALLOWED, facts))
}

/// Requires that nothing is advanced, and nothing reserved for contracts, on any of these lines.
fn has_no_open_money<'a>(
    project: &ProjectId,
    lines: impl Iterator<Item = &'a budget_line::Totals> + Clone,
) -> Result<()> {
    let advanced = sum(lines.clone().map(|it| it.advanced))?;
    let reserved = sum(lines.map(budget_line::Totals::reserved))?;
    if (advanced, reserved) == (Money::ZERO, Money::ZERO) {
        return Ok(());
    }
    let facts = [
        ("project", project.name()),
        ("advanced", advanced.to_vietnamese()),
        ("reserved", reserved.to_vietnamese()),
    ];
    Err(Error::rule(&MONEY_OPEN, facts))
}

/// Returns the day a decision in force was issued on; a draft decides nothing, and neither
/// does one that was revoked or replaced.
pub(crate) async fn issue_date(tx: &Tx, field: &str, id: &DecisionId) -> Result<NaiveDate> {
    let Some(decision) = decision::store::find(&tx.db, id).await? else {
        return Err(Error::reference(field, id));
    };
    decision.is_issued()?;
    decision.issue_date()
}

pub(crate) fn not_after_today(field: &str, day: NaiveDate, tx: &Tx) -> Result<()> {
    let today = vietnam_date(tx.now());
    if day <= today {
        return Ok(());
    }
    Err(Invalid::field(
        field,
        "OUT_OF_RANGE",
        format!("{day} is after today, {today}"),
        format!("ngày {day} sau ngày hôm nay, {today}"),
    )
    .into())
}

fn not_before_the_start(start: Option<NaiveDate>, end: NaiveDate) -> Result<()> {
    match start {
        Some(start) if end < start => Err(Invalid::field(
            "end_date",
            "OUT_OF_RANGE",
            format!("{end} is before the project started, {start}"),
            format!("ngày {end} trước ngày bắt đầu dự án, {start}"),
        )
        .into()),
        _ => Ok(()),
    }
}

impl State {
    pub(crate) const ALL: [Self; 6] = [
        Self::Proposed,
        Self::Approved,
        Self::InProgress,
        Self::Suspended,
        Self::Completed,
        Self::Cancelled,
    ];

    /// Returns the state as clients name it.
    pub(crate) fn as_name(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Approved => "APPROVED",
            Self::InProgress => "IN_PROGRESS",
            Self::Suspended => "SUSPENDED",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }
}
