//! The days that were planned, as they counted from one moment on. A baseline is never
//! changed: a later plan is the next one, with its reason and the authority that allowed it.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag};
use serde::Serialize;
use types::{
    date::vietnam_date,
    ids::{DecisionId, Principal, ProjectId},
    violations::Invalid,
};

use crate::{
    charge,
    entry::BASELINES,
    project::{
        self, Plan, Project,
        state::{State, issue_date, stands_in_one_of},
    },
    reason::BASELINES_FULL,
};

pub(crate) mod store;
mod wire;

/// A project has at most so many baselines, so that they can be answered whole.
const MOST_BASELINES: i64 = 200;

/// A plan of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Baseline {
    pub(crate) project: ProjectId,
    /// From 1.
    pub(crate) number: i64,
    pub(crate) plan: Plan,
    pub(crate) reason: String,
    pub(crate) authority: String,
    pub(crate) decision: Option<DecisionId>,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// Makes the next baseline.
#[derive(Debug)]
pub(crate) struct CreateBaseline {
    pub(crate) project: ProjectId,
    pub(crate) plan: Plan,
    pub(crate) reason: String,
    pub(crate) authority: String,
    pub(crate) decision: Option<DecisionId>,
    pub(crate) etag: String,
}

/// Asks for the baselines of a project.
#[derive(Debug)]
pub(crate) struct ListBaselines {
    pub(crate) project: ProjectId,
}

/// A baseline beside those before it.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) baseline: Baseline,
    pub(crate) slip_days: Option<i32>,
    pub(crate) total_slip_days: Option<i32>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Baselines {
    access: Access,
    db: Db,
}

impl Baselines {
    pub(crate) fn new(access: &Access, db: &Db) -> Self {
        Self {
            access: access.clone(),
            db: db.clone(),
        }
    }

    /// Changes the planned days of a project.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateBaseline,
    ) -> Result<Shown> {
        let before = project::locked(&self.access, tx, actor, &new.project).await?;
        etag::check(&new.etag, before.version)?;
        const DECIDED: [State; 3] = [State::Approved, State::InProgress, State::Suspended];
        stands_in_one_of(&before, &DECIDED)?;
        let today = charge::only(vietnam_date(tx.now()));
        charge::in_charge(&self.access, actor, &before.owner_unit, today).await?;
        if let Some(decision) = &new.decision {
            issue_date(tx, "baseline.decision", decision).await?;
        }
        let earlier = store::of_project(&tx.db, &before.id).await?;
        let number = earlier.last().map_or(1, |it| it.number + 1);
        is_accounted_for(number, &new)?;
        let baseline = Baseline {
            project: before.id.clone(),
            number,
            plan: new.plan,
            reason: new.reason,
            authority: new.authority,
            decision: new.decision,
            principal: actor.principal().clone(),
            create_time: tx.now(),
        };
        let mut after = before.touched(tx.now());
        after.content.plan = baseline.plan.clone();
        project::store::update(&tx.db, &before, &after).await?;
        let name = after.id.name();
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        add(tx, &baseline).await?;
        Ok(shown(&earlier, baseline))
    }

    /// Lists the baselines of a project, the first first.
    pub(crate) async fn list(&self, actor: &Actor, list: ListBaselines) -> Result<Vec<Shown>> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let all = store::of_project(db, &project.id).await?;
        let shown = all.iter().enumerate();
        Ok(shown
            .map(|(place, it)| self::shown(&all[..place], it.clone()))
            .collect())
    }
}

/// Makes the first baseline of a project that is just approved, if anything was planned.
pub(crate) async fn first(tx: &Tx, actor: &Actor, project: &Project) -> Result<()> {
    let plan = project.content.plan.clone();
    if plan == Plan::default() {
        return Ok(());
    }
    let baseline = Baseline {
        project: project.id.clone(),
        number: 1,
        plan,
        reason: String::new(),
        authority: String::new(),
        decision: project.standing.approval_decision.clone(),
        principal: actor.principal().clone(),
        create_time: tx.now(),
    };
    add(tx, &baseline).await
}

async fn add(tx: &Tx, baseline: &Baseline) -> Result<()> {
    store::insert(&tx.db, baseline).await?;
    let name = baseline.name();
    tx.record(Action::Created, &name, None, Some(baseline))
        .await
}

/// A plan that was decided is changed only with a reason, by somebody who may allow it.
fn is_accounted_for(number: i64, new: &CreateBaseline) -> Result<()> {
    if number > MOST_BASELINES {
        let facts = [
            ("project", new.project.name()),
            ("most", MOST_BASELINES.to_string()),
        ];
        return Err(Error::rule(&BASELINES_FULL, facts));
    }
    let mut bad = Invalid::default();
    if number > 1 && new.reason.is_empty() {
        bad.missing("baseline.reason");
    }
    if number > 1 && new.authority.is_empty() && new.decision.is_none() {
        bad.missing("baseline.authority");
    }
    Ok(bad.check()?)
}

fn shown(earlier: &[Baseline], baseline: Baseline) -> Shown {
    let slip =
        |from: Option<&Baseline>| from.and_then(|it| slip_days(it.plan.end, baseline.plan.end));
    Shown {
        slip_days: slip(earlier.last()),
        total_slip_days: slip(earlier.first()),
        baseline,
    }
}

/// Returns by how many days the last day moved. Without both days there is no telling.
fn slip_days(before: Option<NaiveDate>, after: Option<NaiveDate>) -> Option<i32> {
    i32::try_from(after?.signed_duration_since(before?).num_days()).ok()
}

impl Baseline {
    pub(crate) fn name(&self) -> String {
        BASELINES.name(&self.project, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(number: i64, end: Option<&str>) -> Baseline {
        Baseline {
            project: ProjectId::new("hop").unwrap(),
            number,
            plan: Plan {
                end: end.map(|it| it.parse().unwrap()),
                ..Plan::default()
            },
            reason: String::new(),
            authority: String::new(),
            decision: None,
            principal: Principal::from_name("users/can-bo").unwrap(),
            create_time: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn slip_is_told_against_the_plan_before_and_against_the_first() {
        let all = [
            baseline(1, Some("2022-12-31")),
            baseline(2, Some("2023-06-30")),
            baseline(3, Some("2023-03-31")),
            baseline(4, None),
            baseline(5, Some("2023-12-31")),
        ];
        let slips: Vec<_> = all
            .iter()
            .enumerate()
            .map(|(place, it)| {
                let shown = shown(&all[..place], it.clone());
                (shown.slip_days, shown.total_slip_days)
            })
            .collect();
        let expected = [
            (None, None),
            (Some(181), Some(181)),
            (Some(-91), Some(90)),
            // "Thường xuyên" has no last day to slip.
            (None, None),
            (None, Some(365)),
        ];
        assert_eq!(slips, expected);
    }

    #[test]
    fn a_plan_that_was_decided_is_changed_with_a_reason_and_an_authority() {
        let new = |reason: &str, authority: &str, decision: Option<&str>| CreateBaseline {
            project: ProjectId::new("hop").unwrap(),
            plan: Plan::default(),
            reason: reason.into(),
            authority: authority.into(),
            decision: decision.map(|it| DecisionId::new(it).unwrap()),
            etag: String::new(),
        };
        let fields = |number, new: &CreateBaseline| match is_accounted_for(number, new) {
            Err(Error::Invalid(bad)) => {
                let fields = bad.violations().iter();
                fields.map(|it| it.field.clone()).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert!(is_accounted_for(1, &new("", "", None)).is_ok());
        assert!(is_accounted_for(2, &new("Chờ vốn", "UBND tỉnh", None)).is_ok());
        assert!(is_accounted_for(2, &new("Chờ vốn", "", Some("qd"))).is_ok());
        let expected = ["baseline.reason", "baseline.authority"];
        assert_eq!(fields(2, &new("", "", None)), expected);
        let full = is_accounted_for(201, &new("Chờ vốn", "UBND tỉnh", None));
        assert!(matches!(full, Err(Error::Rule(it, _)) if it.code == "BASELINES_FULL"));
    }
}
