//! The steps of procedure of a project. Those its legal instrument names are added when it
//! is approved. A required step is done or skipped with a reason before the project can be
//! completed; that it is required cannot be taken back.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag};
use serde::Serialize;
use types::{date::vietnam_date, ids::ProjectId, violations::Invalid};

use crate::{
    charge,
    entry::STEPS,
    instrument::Phase,
    project::{
        self, Project,
        state::{State, not_after_today, stands_in_one_of},
    },
    reason::{STEP_SKIPPED, STEPS_FULL},
};

mod change;
pub(crate) mod store;
mod wire;

/// A project has at most so many steps, so that they can be answered whole.
const MOST_STEPS: u64 = 200;

/// A step of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) phase: Phase,
    pub(crate) title: String,
    pub(crate) required: bool,
    pub(crate) plan_date: Option<NaiveDate>,
    pub(crate) actual_date: Option<NaiveDate>,
    pub(crate) document_reference: String,
    /// Where it is written, for one a decree names.
    pub(crate) basis: String,
    pub(crate) skipped: Option<Skipped>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Why a step was left out; a step that is not required needs no reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Skipped {
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    Open,
    Done,
    Skipped,
}

/// Adds a step.
#[derive(Debug)]
pub(crate) struct CreateStep {
    pub(crate) project: ProjectId,
    pub(crate) phase: Phase,
    pub(crate) title: String,
    pub(crate) required: bool,
    pub(crate) plan_date: Option<NaiveDate>,
    pub(crate) actual_date: Option<NaiveDate>,
    pub(crate) document_reference: String,
}

/// Changes a step.
#[derive(Debug)]
pub(crate) struct UpdateStep {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) change: change::Change,
    pub(crate) etag: String,
}

/// Leaves a step out.
#[derive(Debug)]
pub(crate) struct SkipStep {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

/// Asks for the steps of a project.
#[derive(Debug)]
pub(crate) struct ListSteps {
    pub(crate) project: ProjectId,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Steps {
    access: Access,
    db: Db,
}

impl Steps {
    pub(crate) fn new(access: &Access, db: &Db) -> Self {
        Self {
            access: access.clone(),
            db: db.clone(),
        }
    }

    /// Adds a step to a project.
    pub(crate) async fn create(&self, tx: &Tx, actor: &Actor, new: CreateStep) -> Result<Step> {
        let project = self.project(tx, actor, &new.project).await?;
        done_by_today(new.actual_date, tx)?;
        let step = Step {
            number: 0,
            phase: new.phase,
            title: new.title,
            required: new.required,
            plan_date: new.plan_date,
            actual_date: new.actual_date,
            document_reference: new.document_reference,
            ..Step::empty(project.id, tx.now())
        };
        add(tx, step).await
    }

    /// Changes a step.
    pub(crate) async fn update(&self, tx: &Tx, actor: &Actor, update: UpdateStep) -> Result<Step> {
        let project = self.project(tx, actor, &update.project).await?;
        let before = found(tx, &project.id, update.number).await?;
        etag::check(&update.etag, before.version)?;
        is_not_skipped(&before)?;
        let after = update.change.apply(&before)?;
        done_by_today(after.actual_date, tx)?;
        write(tx, Action::Updated, &before, after).await
    }

    /// Leaves a step out.
    pub(crate) async fn skip(&self, tx: &Tx, actor: &Actor, skip: SkipStep) -> Result<Step> {
        let project = self.project(tx, actor, &skip.project).await?;
        let before = found(tx, &project.id, skip.number).await?;
        etag::check(&skip.etag, before.version)?;
        let skipped = may_be_skipped(&before, skip.reason)?;
        let after = Step {
            skipped: Some(skipped),
            ..before.clone()
        };
        write(tx, Action::Moved, &before, after).await
    }

    /// Lists the steps of a project in the order of their phases.
    pub(crate) async fn list(&self, actor: &Actor, list: ListSteps) -> Result<Vec<Step>> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let mut steps = store::of_project(db, &project.id).await?;
        steps.sort_by_key(|it| (it.phase, it.number));
        Ok(steps)
    }

    /// Reads a project whose steps may be changed: it is not over, and its unit is there.
    async fn project(&self, tx: &Tx, actor: &Actor, id: &ProjectId) -> Result<Project> {
        let project = project::locked(&self.access, tx, actor, id).await?;
        const OPEN: [State; 4] = [
            State::Proposed,
            State::Approved,
            State::InProgress,
            State::Suspended,
        ];
        stands_in_one_of(&project, &OPEN)?;
        let today = charge::only(vietnam_date(tx.now()));
        charge::in_charge(&self.access, actor, &project.owner_unit, today).await?;
        Ok(project)
    }
}

/// Adds the steps that the legal instrument of a project names for works like it. One that
/// is not known to be required is taken as required until somebody skips it.
pub(crate) async fn add_named(tx: &Tx, project: &Project) -> Result<()> {
    let today = vietnam_date(tx.now());
    let (Some(decree), Some(procedure)) = (project.instrument(), project.procedure(today)) else {
        return Ok(());
    };
    for named in decree.steps_of(procedure) {
        let step = Step {
            phase: named.phase,
            title: named.title.to_owned(),
            required: true,
            basis: named.basis.to_owned(),
            ..Step::empty(project.id.clone(), tx.now())
        };
        add(tx, step).await?;
    }
    Ok(())
}

async fn add(tx: &Tx, step: Step) -> Result<Step> {
    if store::count(&tx.db, &step.project).await? >= MOST_STEPS {
        let facts = [
            ("project", step.project.name()),
            ("most", MOST_STEPS.to_string()),
        ];
        return Err(Error::rule(&STEPS_FULL, facts));
    }
    let step = Step {
        number: project::store::next_entry(&tx.db, &step.project).await?,
        ..step
    };
    store::insert(&tx.db, &step).await?;
    tx.record(Action::Created, &step.name(), None, Some(&step))
        .await?;
    Ok(step)
}

async fn write(tx: &Tx, action: Action, before: &Step, after: Step) -> Result<Step> {
    let after = Step {
        update_time: tx.now(),
        version: before.version + 1,
        ..after
    };
    store::update(&tx.db, &after).await?;
    let name = after.name();
    tx.record(action, &name, Some(before), Some(&after)).await?;
    Ok(after)
}

async fn found(tx: &Tx, project: &ProjectId, number: i64) -> Result<Step> {
    let found = store::find(&tx.db, project, number).await?;
    found.ok_or_else(|| Error::not_found("STEP", STEPS.name(project, number)))
}

fn done_by_today(day: Option<NaiveDate>, tx: &Tx) -> Result<()> {
    day.map_or(Ok(()), |day| not_after_today("step.actual_date", day, tx))
}

fn is_not_skipped(step: &Step) -> Result<()> {
    match step.state() {
        StepState::Skipped => Err(Error::rule(&STEP_SKIPPED, [("step", step.name())])),
        StepState::Open | StepState::Done => Ok(()),
    }
}

/// What is done cannot be left out any more; a required step is left out only with a reason.
fn may_be_skipped(step: &Step, reason: String) -> Result<Skipped> {
    is_not_skipped(step)?;
    if step.state() == StepState::Done {
        let (en, vi) = ("the step is done", "bước đã thực hiện");
        return Err(Invalid::field("name", "OUT_OF_RANGE", en, vi).into());
    }
    if step.required && reason.is_empty() {
        let (en, vi) = (
            "is required: the step is a required one",
            "là bắt buộc vì đây là bước bắt buộc",
        );
        return Err(Invalid::field("reason", "REQUIRED", en, vi).into());
    }
    Ok(Skipped { reason })
}

impl Step {
    fn empty(project: ProjectId, now: DateTime<Utc>) -> Self {
        Self {
            project,
            number: 0,
            phase: Phase::Preparation,
            title: String::new(),
            required: false,
            plan_date: None,
            actual_date: None,
            document_reference: String::new(),
            basis: String::new(),
            skipped: None,
            create_time: now,
            update_time: now,
            version: 1,
        }
    }

    pub(crate) fn name(&self) -> String {
        STEPS.name(&self.project, self.number)
    }

    pub(crate) fn state(&self) -> StepState {
        match (&self.skipped, self.actual_date) {
            (Some(_), _) => StepState::Skipped,
            (None, Some(_)) => StepState::Done,
            (None, None) => StepState::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(required: bool, actual_date: Option<&str>) -> Step {
        Step {
            required,
            actual_date: actual_date.map(|it| it.parse().unwrap()),
            ..Step::empty(ProjectId::new("hop").unwrap(), DateTime::UNIX_EPOCH)
        }
    }

    #[test]
    fn a_required_step_is_left_out_only_with_a_reason() {
        assert!(may_be_skipped(&step(false, None), String::new()).is_ok());
        assert!(may_be_skipped(&step(true, None), "Quy mô nhỏ".into()).is_ok());
        let refused = may_be_skipped(&step(true, None), String::new());
        assert!(matches!(refused, Err(Error::Invalid(it)) if it.violations()[0].field == "reason"));
    }

    #[test]
    fn what_is_done_or_left_out_is_not_left_out_again() {
        assert!(may_be_skipped(&step(false, Some("2022-05-10")), String::new()).is_err());
        let skipped = Step {
            skipped: Some(Skipped {
                reason: String::new(),
            }),
            ..step(false, None)
        };
        assert_eq!(skipped.state(), StepState::Skipped);
        let Err(Error::Rule(reason, _)) = may_be_skipped(&skipped, "Quy mô nhỏ".into()) else {
            panic!()
        };
        assert_eq!(reason.code, "STEP_SKIPPED");
    }
}
