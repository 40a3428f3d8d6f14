//! What a project is, its place in its unit's table, and its use cases.
//!
//! Its state is a matter of decision and moves only by verbs ([`state`]); how far the work
//! has come is said by progress entries. "Chưa thực hiện" is an entry, whatever the state.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    date::vietnam_date,
    decimal::Decimal,
    ids::{IndicatorId, ProjectId, UnitId},
    money::Money,
    percent::Percent,
    period::Period,
    validity::Validity,
    violations::Invalid,
};

use crate::{
    charge, deadline,
    instrument::{self, FundingKind, Instrument, Procedure},
    progress,
    reason::{LEGAL_INSTRUMENT_FIXED, PLAN_NEEDS_BASELINE, PROJECT_TABLE_FULL},
};

pub(crate) mod change;
pub(crate) mod money;
pub(crate) mod rpc;
pub(crate) mod state;
pub(crate) mod store;
pub(crate) mod wire;

pub(crate) use state::{Standing, State};

/// A unit's table has at most this many lines, so that it can be answered whole.
pub(crate) const MOST_PROJECTS: i32 = 500;

/// A project or task a unit carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) owner_unit: UnitId,
    pub(crate) ordinal: i32,
    pub(crate) content: Content,
    pub(crate) standing: Standing,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What a project says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Content {
    pub(crate) display_name: String,
    pub(crate) kind: ProjectKind,
    pub(crate) start_period: Period,
    pub(crate) objective: String,
    pub(crate) code: String,
    pub(crate) program: String,
    /// Id of the decree it was decided under.
    pub(crate) legal_instrument: Option<&'static str>,
    pub(crate) partner_units: Vec<UnitId>,
    pub(crate) plan: Plan,
    pub(crate) indicators: Vec<IndicatorId>,
    pub(crate) estimated_amount: Option<Money>,
    pub(crate) funding_kind: Option<FundingKind>,
    pub(crate) measure: Measure,
}

/// The days that are planned; a deadline may be words instead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Plan {
    pub(crate) start: Option<NaiveDate>,
    pub(crate) end: Option<NaiveDate>,
    pub(crate) deadline_text: String,
}

/// How completion is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Measure {
    pub(crate) method: Method,
    pub(crate) planned_quantity: Option<Decimal>,
    pub(crate) quantity_unit: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Method {
    Estimate,
    Quantity,
    Milestones,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum ProjectKind {
    Project,
    Task,
    Activity,
    Procurement,
}

impl ProjectKind {
    const ALL: [Self; 4] = [Self::Project, Self::Task, Self::Activity, Self::Procurement];
}

impl Method {
    pub(crate) const ALL: [Self; 3] = [Self::Estimate, Self::Quantity, Self::Milestones];
}

/// Adds a project; without an ordinal it comes last in the table.
#[derive(Debug)]
pub(crate) struct CreateProject {
    pub(crate) id: ProjectId,
    pub(crate) owner_unit: UnitId,
    pub(crate) ordinal: Option<i32>,
    pub(crate) content: Content,
}

/// Changes what a project says of itself.
#[derive(Debug)]
pub(crate) struct UpdateProject {
    pub(crate) id: ProjectId,
    pub(crate) change: change::Change,
    pub(crate) etag: String,
}

/// Asks for one project.
#[derive(Debug)]
pub(crate) struct GetProject {
    pub(crate) id: ProjectId,
}

/// Asks for the projects of a unit.
#[derive(Debug)]
pub(crate) struct ListProjects {
    pub(crate) owner_unit: UnitId,
    pub(crate) include_subtree: bool,
    pub(crate) filter: Filter,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Which projects are meant; nothing set stands for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) states: Vec<State>,
    pub(crate) kinds: Vec<ProjectKind>,
    /// Folded, as is `search`.
    pub(crate) program: String,
    pub(crate) search: String,
    pub(crate) indicator: Option<IndicatorId>,
}

/// Asks for the entries of one kind under a project.
#[derive(Debug)]
pub(crate) struct ListEntries {
    pub(crate) project: ProjectId,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// A project with what others say about it.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) project: Project,
    pub(crate) latest_entry: Option<String>,
    pub(crate) completion: Option<Percent>,
    pub(crate) procedure: Option<Procedure>,
    /// The day its deadline falls on, as far as it is known.
    pub(crate) due: Option<NaiveDate>,
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
    pub(crate) async fn create(&self, tx: &Tx, actor: &Actor, new: CreateProject) -> Result<Shown> {
        self.access.require(actor, &new.owner_unit).await?;
        if store::find(&tx.db, &new.id).await?.is_some() {
            return Err(Error::taken("PROJECT", &new.id));
        }
        let days = new.content.start_period.calendar();
        charge::in_charge(&self.access, actor, &new.owner_unit, days).await?;
        self.partners_exist(actor, &new.content, &[]).await?;
        let taken = store::ordinals(&tx.db, &new.owner_unit).await?;
        let project = Project {
            ordinal: place(&new.owner_unit, new.ordinal, &taken)?,
            id: new.id,
            owner_unit: new.owner_unit,
            content: new.content,
            standing: Standing::default(),
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &project).await?;
        tx.record(Action::Created, &project.id.name(), None, Some(&project))
            .await?;
        self.shown_one(&tx.db, project).await
    }

    /// Changes what a project says of itself.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateProject,
    ) -> Result<Shown> {
        let before = locked(&self.access, tx, actor, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        let today = charge::only(vietnam_date(tx.now()));
        charge::in_charge(&self.access, actor, &before.owner_unit, today).await?;
        let (ordinal, content) = update.change.apply(&before)?;
        keeps_what_was_decided(&before, &content)?;
        self.partners_exist(actor, &content, &before.content.partner_units)
            .await?;
        let ordinal = match ordinal {
            None => before.ordinal,
            Some(Some(same)) if same == before.ordinal => same,
            Some(wanted) => {
                let taken = store::ordinals(&tx.db, &before.owner_unit).await?;
                place(&before.owner_unit, wanted, &taken)?
            }
        };
        let after = Project {
            ordinal,
            content,
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &before, &after).await?;
        let name = after.id.name();
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        self.shown_one(&tx.db, after).await
    }

    /// Reads one project.
    pub(crate) async fn get(&self, actor: &Actor, get: GetProject) -> Result<Shown> {
        let db = self.db.reader();
        let project = allowed(&self.access, actor, db, &get.id).await?;
        self.shown_one(db, project).await
    }

    /// Lists projects, ordered by name.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListProjects,
    ) -> Result<(Vec<Shown>, String)> {
        let units = if list.include_subtree {
            let root = &list.owner_unit;
            self.access.require_subtree(actor, Some(root)).await?;
            self.access.units_below(root, self.until_today()?).await?
        } else {
            self.access.require(actor, &list.owner_unit).await?;
            vec![list.owner_unit.clone()]
        };
        let what = format!(
            "projects {} {} {:?}",
            list.owner_unit, list.include_subtree, list.filter
        );
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let db = self.db.reader();
        let found = store::list(db, &units, &list.filter, page.after(), page.limit()).await?;
        let (found, next) = page.close(found, |it| it.id.as_str().to_owned())?;
        Ok((self.shown(db, found).await?, next))
    }

    /// Every day up to today, with tomorrow as its end.
    fn until_today(&self) -> Result<Validity> {
        let tomorrow = vietnam_date(self.db.clock().now()).succ_opt();
        Validity::new(NaiveDate::default(), tomorrow).map_err(Error::internal)
    }

    /// Partners that were not named before are units there are.
    async fn partners_exist(
        &self,
        actor: &Actor,
        content: &Content,
        known: &[UnitId],
    ) -> Result<()> {
        let partners = content.partner_units.iter().enumerate();
        let new: Vec<_> = partners.filter(|(_, it)| !known.contains(it)).collect();
        let units: Vec<_> = new.iter().map(|(_, it)| *it).collect();
        let days = self.access.unit_days(actor, &units).await?;
        let mut bad = Invalid::default();
        for ((place, unit), days) in new.into_iter().zip(days) {
            if days.is_none() {
                charge::no_such_unit(format!("project.partner_units[{place}]"), unit, &mut bad);
            }
        }
        Ok(bad.check()?)
    }

    pub(crate) async fn shown_one(
        &self,
        db: &impl ConnectionTrait,
        project: Project,
    ) -> Result<Shown> {
        let mut shown = self.shown(db, vec![project]).await?;
        shown
            .pop()
            .ok_or_else(|| Error::internal("a project is gone"))
    }

    /// Puts beside projects what their progress and the law say of them.
    async fn shown(&self, db: &impl ConnectionTrait, projects: Vec<Project>) -> Result<Vec<Shown>> {
        let ids: Vec<_> = projects.iter().map(|it| it.id.as_str()).collect();
        let mut latest = progress::store::latest(db, &ids).await?;
        let today = vietnam_date(self.db.clock().now());
        let waits = |it: &Project| {
            let plan = &it.content.plan;
            plan.end.is_none() && deadline::waits_for_money(&plan.deadline_text)
        };
        let waiting: Vec<_> = projects.iter().map(|it| (it, waits(it))).collect();
        let events = deadline::events_of(db, &waiting, today).await?;
        let shown = projects.into_iter().map(|project| {
            let plan = &project.content.plan;
            let events = events.get(&project.id).copied().unwrap_or_default();
            let latest = latest.remove(&project.id).unwrap_or_default();
            Shown {
                procedure: project.procedure(today),
                due: deadline::day(&plan.deadline_text, plan.end, &events),
                latest_entry: latest.entry,
                completion: latest.completion,
                project,
            }
        });
        Ok(shown.collect())
    }
}

impl Project {
    pub(crate) fn touched(&self, now: DateTime<Utc>) -> Self {
        Self {
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }

    pub(crate) fn instrument(&self) -> Option<&'static Instrument> {
        self.content.legal_instrument.and_then(instrument::find)
    }

    /// Returns what the decree asks of the project: by the day it was decided, or as if it
    /// were decided today.
    pub(crate) fn procedure(&self, today: NaiveDate) -> Option<Procedure> {
        let day = self.standing.approval_date.unwrap_or(today);
        let content = &self.content;
        let decree = self.instrument()?;
        Some(decree.procedure(day, content.funding_kind, content.estimated_amount))
    }

    /// Says whether the project stands in reports of a period: it has begun by its end, and
    /// had not ended before it began.
    pub(crate) fn stands_in(&self, period: Period) -> bool {
        let days = period.calendar();
        let start = self.content.start_period.calendar().start();
        let ended = self.standing.actual_end;
        days.end().is_none_or(|end| start < end) && ended.is_none_or(|end| end >= days.start())
    }
}

/// What was decided changes by other ways: the decree never, the days by a baseline.
fn keeps_what_was_decided(before: &Project, content: &Content) -> Result<()> {
    if before.standing.state == State::Proposed {
        return Ok(());
    }
    if content.legal_instrument != before.content.legal_instrument {
        let number = before.instrument().map_or("–", |it| it.number);
        let facts = [
            ("project", before.id.name()),
            ("instrument", number.to_owned()),
        ];
        return Err(Error::rule(&LEGAL_INSTRUMENT_FIXED, facts));
    }
    if content.plan != before.content.plan {
        let facts = [("project", before.id.name())];
        return Err(Error::rule(&PLAN_NEEDS_BASELINE, facts));
    }
    Ok(())
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

/// Reads a project that nobody else changes until the end of the change.
pub(crate) async fn locked(
    access: &Access,
    tx: &Tx,
    actor: &Actor,
    id: &ProjectId,
) -> Result<Project> {
    store::lock(&tx.db, id).await?;
    allowed(access, actor, &tx.db, id).await
}

/// Returns the place a new project gets in the table: the one it asks for, or the next
/// after the last, or, when the end is taken, the first gap.
pub(crate) fn place(unit: &UnitId, wanted: Option<i32>, taken: &[i32]) -> Result<i32> {
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
