//! The passing of a project from one unit to another, as when its unit ceases or is merged.
//!
//! Nothing is rewritten: reports of periods that ended before the day stay with the unit
//! that had the project then, later ones are those of the new unit.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    ids::{Principal, ProjectId, UnitId},
    violations::Invalid,
};

use crate::{
    charge,
    project::{self, Project, state::Verb},
    reason::HAND_OVERS_FULL,
};

mod rpc;
pub(crate) mod store;

/// A project is passed on at most so often, so that its history can be answered whole.
pub(crate) const MOST_HAND_OVERS: i64 = 100;

/// One passing on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HandOver {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) from_unit: UnitId,
    /// Place it had in the table of that unit, and keeps there.
    pub(crate) from_ordinal: i32,
    pub(crate) to_unit: UnitId,
    pub(crate) effective: NaiveDate,
    pub(crate) reason: String,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// Passes a project on.
#[derive(Debug)]
pub(crate) struct HandOverProject {
    pub(crate) verb: Verb,
    pub(crate) to_unit: UnitId,
    pub(crate) effective: NaiveDate,
    pub(crate) reason: String,
}

/// Asks how a project was passed on.
#[derive(Debug)]
pub(crate) struct ListHandOvers {
    pub(crate) project: ProjectId,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct HandOvers {
    access: Access,
    db: Db,
}

impl HandOvers {
    pub(crate) fn new(access: &Access, db: &Db) -> Self {
        Self {
            access: access.clone(),
            db: db.clone(),
        }
    }

    /// Passes a project on. The caller needs the right over both units: who gives and who
    /// takes are not the same, so it is somebody above them.
    pub(crate) async fn hand_over(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: HandOverProject,
    ) -> Result<Project> {
        let before = project::locked(&self.access, tx, actor, &new.verb.id).await?;
        self.access.require(actor, &new.to_unit).await?;
        etag::check(&new.verb.etag, before.version)?;
        let day = charge::only(new.effective);
        charge::in_charge(&self.access, actor, &new.to_unit, day).await?;
        let earlier = store::of_project(&tx.db, &before.id).await?;
        fits(&before, &new, &earlier)?;
        let taken = project::store::ordinals(&tx.db, &new.to_unit).await?;
        let mut after = before.touched(tx.now());
        after.owner_unit = new.to_unit.clone();
        after.ordinal = project::place(&new.to_unit, None, &taken)?;
        let hand_over = HandOver {
            project: before.id.clone(),
            number: next_number(&earlier),
            from_unit: before.owner_unit.clone(),
            from_ordinal: before.ordinal,
            to_unit: new.to_unit,
            effective: new.effective,
            reason: new.reason,
            principal: actor.principal().clone(),
            create_time: tx.now(),
        };
        store::insert(&tx.db, &hand_over).await?;
        project::store::update(&tx.db, &before, &after).await?;
        let name = after.id.name();
        tx.record(Action::Moved, &name, Some(&before), Some(&after))
            .await?;
        let name = format!("{name}/handOvers/{}", hand_over.number);
        tx.record(Action::Created, &name, None, Some(&hand_over))
            .await?;
        Ok(after)
    }

    /// Lists how a project was passed on, the oldest first.
    pub(crate) async fn list(&self, actor: &Actor, list: ListHandOvers) -> Result<Vec<HandOver>> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        store::of_project(db, &project.id).await
    }
}

fn next_number(earlier: &[HandOver]) -> i64 {
    earlier.last().map_or(1, |it| it.number + 1)
}

/// A project goes to another unit, one day after the other.
fn fits(project: &Project, new: &HandOverProject, earlier: &[HandOver]) -> Result<()> {
    if new.to_unit == project.owner_unit {
        let (en, vi) = ("has the project already", "đang chủ trì dự án này");
        return Err(Invalid::field("new_owner_unit", "OUT_OF_RANGE", en, vi).into());
    }
    if next_number(earlier) > MOST_HAND_OVERS {
        let facts = [
            ("project", project.id.name()),
            ("most", MOST_HAND_OVERS.to_string()),
        ];
        return Err(Error::rule(&HAND_OVERS_FULL, facts));
    }
    match earlier.last() {
        Some(last) if new.effective <= last.effective => Err(Invalid::field(
            "effective_date",
            "OUT_OF_RANGE",
            format!(
                "{} is not after the hand-over before, {}",
                new.effective, last.effective
            ),
            format!(
                "ngày {} không sau lần bàn giao trước, {}",
                new.effective, last.effective
            ),
        )
        .into()),
        _ => Ok(()),
    }
}

/// Returns the projects that a unit had on a day, each with the place it had in its table.
pub(crate) async fn of_unit_on(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    day: NaiveDate,
) -> Result<Vec<Project>> {
    let mut projects = project::store::of_unit(db, unit).await?;
    let gone = store::projects_given_by(db, unit).await?;
    let missing = gone
        .iter()
        .filter(|id| projects.iter().all(|it| it.id != **id));
    let more = project::store::find_all(db, &missing.collect()).await?;
    projects.extend(more);
    let ids: Vec<_> = projects.iter().map(|it| it.id.as_str()).collect();
    let hand_overs = store::of_projects(db, &ids).await?;
    let mut had: Vec<_> = projects
        .into_iter()
        .map(|it| as_it_was_on(it, &hand_overs, day))
        .filter(|it| it.owner_unit == *unit)
        .collect();
    had.sort_by(|one, other| (one.ordinal, &one.id).cmp(&(other.ordinal, &other.id)));
    Ok(had)
}

/// Returns a project in the hands of the unit that had it on a day. `hand_overs` are in the
/// order of their days.
fn as_it_was_on(mut project: Project, hand_overs: &[HandOver], day: NaiveDate) -> Project {
    let next = hand_overs
        .iter()
        .find(|it| it.project == project.id && it.effective > day);
    if let Some(next) = next {
        project.owner_unit = next.from_unit.clone();
        project.ordinal = next.from_ordinal;
    }
    project
}
