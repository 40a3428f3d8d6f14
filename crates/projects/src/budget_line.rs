//! What one unit needs, gets and spends for a project in one year from one source.
//!
//! A line keeps the totals of its entries, written in the transaction of each entry: the
//! brakes read them, summaries add them up. Whoever writes an entry has taken the row of
//! the project, so the totals cannot move under him; where a decision has a part in it, its
//! row is taken before.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    ids::{DecisionId, Principal, ProjectId, UnitId},
    money::Money,
    validity::Validity,
};

use crate::{
    project::{
        self,
        money::{self, Act},
    },
    reason::{LINE_SETTLED, LINE_UNIT_ENDED, UNIT_NOT_IN_FORCE},
};

mod id;
pub(crate) mod rpc;
pub(crate) mod store;
mod totals;

pub(crate) use id::{CostType, FundingSource, LineId};
pub(crate) use totals::{Contract, Totals, Uncovered, Under};

/// A line of the budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BudgetLine {
    pub(crate) id: LineId,
    /// What is needed; a need that is not stated is not 0.
    pub(crate) planned: Option<Money>,
    pub(crate) note: String,
    pub(crate) totals: Totals,
    /// A line that has it takes no entry any more.
    pub(crate) settlement: Option<Settlement>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// The final cost as a decision approved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Settlement {
    pub(crate) decision: DecisionId,
    pub(crate) amount: Money,
    pub(crate) principal: Principal,
    pub(crate) settle_time: DateTime<Utc>,
}

/// A line with what of its money has no decision in force.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) line: BudgetLine,
    pub(crate) uncovered: Money,
}

/// Opens a line for the unit in charge of the project.
#[derive(Debug)]
pub(crate) struct CreateBudgetLine {
    pub(crate) project: ProjectId,
    pub(crate) fiscal_year: i32,
    pub(crate) source: FundingSource,
    pub(crate) cost_type: CostType,
    pub(crate) planned: Option<Money>,
    pub(crate) note: String,
}

/// Changes what is needed.
#[derive(Debug)]
pub(crate) struct UpdateBudgetLine {
    pub(crate) id: LineId,
    pub(crate) planned: Option<Money>,
    pub(crate) note: String,
    pub(crate) etag: String,
}

/// Asks for one line.
#[derive(Debug)]
pub(crate) struct GetBudgetLine {
    pub(crate) id: LineId,
}

/// Asks for the lines of a project.
#[derive(Debug)]
pub(crate) struct ListBudgetLines {
    pub(crate) project: ProjectId,
    pub(crate) fiscal_year: Option<i32>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Asks for the entries of one kind under a project, or on one line of it.
#[derive(Debug)]
pub(crate) struct ListLineEntries {
    pub(crate) project: ProjectId,
    pub(crate) line: Option<LineId>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct BudgetLines {
    access: Access,
    pages: Pages,
    db: Db,
}

impl BudgetLines {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Opens a line for the unit in charge, which has to exist in the budget year.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateBudgetLine,
    ) -> Result<BudgetLine> {
        // Taken before it is read: nobody hands it over in between.
        let project = project::locked(&self.access, tx, actor, &new.project).await?;
        money::allows(&tx.db, &project.id, Act::Plan).await?;
        let id = LineId {
            project: project.id,
            fiscal_year: new.fiscal_year,
            source: new.source,
            cost_type: new.cost_type,
            unit: project.owner_unit,
        };
        let days = unit_days(&self.access, actor, &id.unit).await?;
        exists_in(&id, days)?;
        let line = BudgetLine {
            planned: new.planned,
            note: new.note,
            ..BudgetLine::open(id, tx)
        };
        store::insert(&tx.db, &line).await?;
        tx.record(Action::Created, &line.id.name(), None, Some(&line))
            .await?;
        Ok(line)
    }

    /// Reads one line.
    pub(crate) async fn get(&self, actor: &Actor, get: GetBudgetLine) -> Result<Shown> {
        let db = self.db.reader();
        let line = allowed(&self.access, actor, db, &get.id).await?;
        shown(db, line).await
    }

    /// Lists the lines of one project, ordered by name.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListBudgetLines,
    ) -> Result<(Vec<Shown>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("budget lines {} {:?}", project.id, list.fiscal_year);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        // A project has few lines, and their names are in the order of several columns.
        let mut lines = store::of_project(db, &project.id).await?;
        lines.retain(|it| {
            list.fiscal_year
                .is_none_or(|year| it.id.fiscal_year == year)
        });
        lines.sort_by_key(|it| it.id.name());
        if let Some(after) = page.after() {
            lines.retain(|it| it.id.name().as_str() > after);
        }
        let mut uncovered = crate::allocation::store::uncovered(db, &[project.id.as_str()]).await?;
        let shown = lines.into_iter().map(|line| Shown {
            uncovered: {
                let uncovered = uncovered.remove(&line.id).unwrap_or_default();
                line.totals.lacking(uncovered)
            },
            line,
        });
        page.close(shown.collect(), |it| it.line.id.name())
    }

    /// Changes what is needed, and the remark.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateBudgetLine,
    ) -> Result<Shown> {
        allowed(&self.access, actor, &tx.db, &update.id).await?;
        project::store::hold(&tx.db, &update.id.project).await?;
        money::allows(&tx.db, &update.id.project, Act::Plan).await?;
        let before = find(&tx.db, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        before.is_open()?;
        let after = BudgetLine {
            planned: update.planned,
            note: update.note,
            ..before.next(tx)
        };
        store::save(&tx.db, &before, &after).await?;
        tx.record(
            Action::Updated,
            &after.id.name(),
            Some(&before),
            Some(&after),
        )
        .await?;
        shown(&tx.db, after).await
    }
}

/// Reads a line for a caller who holds the method's right on the unit that holds it. First
/// line of the use cases under a line.
pub(crate) async fn allowed(
    access: &Access,
    actor: &Actor,
    db: &impl ConnectionTrait,
    id: &LineId,
) -> Result<BudgetLine> {
    let Some(line) = store::find(db, id).await? else {
        let missing = Error::not_found("BUDGET_LINE", id);
        return Err(access.hide(actor, missing).await);
    };
    access.require(actor, &line.id.unit).await?;
    Ok(line)
}

/// Reads a line that was found before.
pub(crate) async fn find(db: &impl ConnectionTrait, id: &LineId) -> Result<BudgetLine> {
    let line = store::find(db, id).await?;
    line.ok_or_else(|| Error::not_found("BUDGET_LINE", id))
}

/// Adds what of a line's money has no decision in force.
pub(crate) async fn shown(db: &impl ConnectionTrait, line: BudgetLine) -> Result<Shown> {
    let uncovered = uncovered(db, &line.id).await?;
    let uncovered = line.totals.lacking(uncovered);
    Ok(Shown { line, uncovered })
}

/// Returns what of a line's money was granted or permitted by decisions that are not in force
/// any more.
pub(crate) async fn uncovered(db: &impl ConnectionTrait, id: &LineId) -> Result<Uncovered> {
    let projects = [id.project.as_str()];
    let mut by_line = crate::allocation::store::uncovered(db, &projects).await?;
    Ok(by_line.remove(id).unwrap_or_default())
}

/// Returns the days on which a unit exists.
pub(crate) async fn unit_days(
    access: &Access,
    actor: &Actor,
    unit: &UnitId,
) -> Result<Option<Validity>> {
    let days = access.unit_days(actor, &[unit]).await?;
    Ok(days.into_iter().next().flatten())
}

/// Requires that the unit of a line exists on some day of the budget year.
pub(crate) fn exists_in(id: &LineId, days: Option<Validity>) -> Result<()> {
    let year = |day: NaiveDate| day.year();
    let Some(days) = days else {
        return Err(Error::reference("budget_line.unit", &id.unit));
    };
    let last = days.end().and_then(|it| it.pred_opt());
    if last.is_some_and(|last| year(last) < id.fiscal_year) {
        return Err(ended(id, days));
    }
    match year(days.start()) <= id.fiscal_year {
        true => Ok(()),
        false => Err(not_begun(id, days)),
    }
}

/// Requires that the unit of a line exists on a day: one that is not there yet, or no more,
/// signs and pays nothing.
pub(crate) fn exists_on(id: &LineId, days: Option<Validity>, day: NaiveDate) -> Result<()> {
    match days {
        Some(days) if day < days.start() => Err(not_begun(id, days)),
        days => goes_on(id, days, day),
    }
}

/// Requires that the unit of a line has not ended by a day. One that has gets nothing: its
/// money is moved, by a decision, to the unit that carries on. A unit that is still to be
/// formed may be granted money before.
pub(crate) fn goes_on(id: &LineId, days: Option<Validity>, day: NaiveDate) -> Result<()> {
    match days {
        Some(days) if days.end().is_some_and(|end| end <= day) => Err(ended(id, days)),
        Some(_) => Ok(()),
        None => Err(Error::reference("budget_line.unit", &id.unit)),
    }
}

fn not_begun(id: &LineId, days: Validity) -> Error {
    let facts = [
        ("unit", id.unit.name()),
        ("start", days.start().to_string()),
        ("start_vi", types::date::short(days.start())),
    ];
    Error::rule(&UNIT_NOT_IN_FORCE, facts)
}

fn ended(id: &LineId, days: Validity) -> Error {
    let end = days.end().map(|it| it.to_string()).unwrap_or_default();
    let end_vi = days.end().map(types::date::short).unwrap_or_default();
    Error::rule(
        &LINE_UNIT_ENDED,
        [
            ("unit", id.unit.name()),
            ("end_date", end),
            ("end_date_vi", end_vi),
            ("line", id.name()),
        ],
    )
}

impl BudgetLine {
    /// Makes a line on which nothing was entered.
    pub(crate) fn open(id: LineId, tx: &Tx) -> Self {
        Self {
            id,
            planned: None,
            note: String::new(),
            totals: Totals::default(),
            settlement: None,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        }
    }

    /// Returns the line as the next version of itself.
    pub(crate) fn next(&self, tx: &Tx) -> Self {
        Self {
            update_time: tx.now(),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Requires that entries may still be made.
    pub(crate) fn is_open(&self) -> Result<()> {
        match &self.settlement {
            None => Ok(()),
            Some(settlement) => Err(Error::rule(
                &LINE_SETTLED,
                [
                    ("line", self.id.name()),
                    ("decision", settlement.decision.name()),
                    ("amount", settlement.amount.to_vietnamese()),
                ],
            )),
        }
    }
}
