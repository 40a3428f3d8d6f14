//! What a project is, its place in its unit's table, and its use cases.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    ids::{ProjectId, UnitId},
    period::Period,
};

use crate::reason::PROJECT_TABLE_FULL;

pub(crate) mod rpc;
pub(crate) mod store;

/// A unit's table has at most this many lines, so that it can be answered whole.
pub(crate) const MOST_PROJECTS: i32 = 500;

/// A project or task a unit carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) display_name: String,
    pub(crate) kind: ProjectKind,
    pub(crate) owner_unit: UnitId,
    pub(crate) start_period: Period,
    pub(crate) ordinal: i32,
    pub(crate) objective: String,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum ProjectKind {
    Project,
    Task,
}

impl ProjectKind {
    const ALL: [Self; 2] = [Self::Project, Self::Task];
}

/// Adds a project; without an ordinal it comes last in the table.
#[derive(Debug)]
pub(crate) struct CreateProject {
    pub(crate) id: ProjectId,
    pub(crate) display_name: String,
    pub(crate) kind: ProjectKind,
    pub(crate) owner_unit: UnitId,
    pub(crate) start_period: Period,
    pub(crate) ordinal: Option<i32>,
    pub(crate) objective: String,
}

/// Asks for one project.
#[derive(Debug)]
pub(crate) struct GetProject {
    pub(crate) id: ProjectId,
}

/// Asks for the projects of one unit.
#[derive(Debug)]
pub(crate) struct ListProjects {
    pub(crate) owner_unit: UnitId,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Asks for the entries of one kind under a project.
#[derive(Debug)]
pub(crate) struct ListEntries {
    pub(crate) project: ProjectId,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Register {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Register {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Adds a project to its unit's table.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateProject,
    ) -> Result<Project> {
        self.access.require(actor, &new.owner_unit).await?;
        if store::find(&tx.db, &new.id).await?.is_some() {
            return Err(Error::taken("PROJECT", &new.id));
        }
        let taken = store::ordinals(&tx.db, &new.owner_unit).await?;
        let project = Project {
            ordinal: place(&new.owner_unit, new.ordinal, &taken)?,
            id: new.id,
            display_name: new.display_name,
            kind: new.kind,
            owner_unit: new.owner_unit,
            start_period: new.start_period,
            objective: new.objective,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &project).await?;
        tx.record(Action::Created, &project.id.name(), None, Some(&project))
            .await?;
        Ok(project)
    }

    /// Reads one project.
    pub(crate) async fn get(&self, actor: &Actor, get: GetProject) -> Result<Project> {
        allowed(&self.access, actor, self.db.reader(), &get.id).await
    }

    /// Lists the projects of one unit, ordered by name.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListProjects,
    ) -> Result<(Vec<Project>, String)> {
        self.access.require(actor, &list.owner_unit).await?;
        let what = format!("projects {}", list.owner_unit);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        // A unit has few projects, and the databases do not agree on the order of text.
        let mut projects = store::of_unit(self.db.reader(), &list.owner_unit).await?;
        projects.sort_by(|one, other| one.id.cmp(&other.id));
        if let Some(after) = page.after() {
            projects.retain(|it| it.id.as_str() > after);
        }
        page.close(projects, |it| it.id.as_str().to_owned())
    }
}

/// Reads a project for a caller who holds the method's right on the unit in charge.
/// First line of the use cases under a project: the unit is known only from its row.
pub(crate) async fn allowed(
    access: &Access,
    actor: &Actor,
    db: &impl ConnectionTrait,
    id: &ProjectId,
) -> Result<Project> {
    let Some(project) = store::find(db, id).await? else {
        return Err(access.hide(actor, Error::not_found("PROJECT", id)).await);
    };
    access.require(actor, &project.owner_unit).await?;
    Ok(project)
}

/// Returns the place a new project gets in the table: the one it asks for, or the next
/// after the last, or, when the end is taken, the first gap.
fn place(unit: &UnitId, wanted: Option<i32>, taken: &[i32]) -> Result<i32> {
    let is_free = |it: &i32| !taken.contains(it);
    if let Some(ordinal) = wanted {
        let taken = || Error::taken("PROJECT_ORDINAL", format!("{unit}: {ordinal}"));
        return wanted.filter(is_free).ok_or_else(taken);
    }
    let last = taken.iter().copied().max().unwrap_or(0);
    let next = (last + 1..=MOST_PROJECTS).chain(1..=last).find(is_free);
    next.ok_or_else(|| {
        let facts = [("unit", unit.name()), ("most", MOST_PROJECTS.to_string())];
        Error::rule(&PROJECT_TABLE_FULL, facts)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minh_long() -> UnitId {
        UnitId::new("huyen-minh-long").unwrap()
    }

    #[test]
    fn a_new_project_comes_last_unless_it_asks_for_a_free_place() {
        assert_eq!(place(&minh_long(), None, &[]).unwrap(), 1);
        assert_eq!(place(&minh_long(), None, &[1, 2, 5]).unwrap(), 6);
        assert_eq!(place(&minh_long(), Some(3), &[1, 2, 5]).unwrap(), 3);
        let refused = place(&minh_long(), Some(5), &[1, 2, 5]).unwrap_err();
        assert!(matches!(refused, Error::Taken("PROJECT_ORDINAL", _)));
    }

    #[test]
    fn the_table_of_a_unit_has_500_lines() {
        let mut taken: Vec<i32> = (1..=500).filter(|it| *it != 250).collect();
        assert_eq!(place(&minh_long(), None, &taken).unwrap(), 250);
        taken.push(250);
        let refused = place(&minh_long(), None, &taken).unwrap_err();
        assert!(matches!(refused, Error::Rule(reason, _) if reason.code == "PROJECT_TABLE_FULL"));
    }
}
