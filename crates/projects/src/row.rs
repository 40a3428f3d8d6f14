//! The project table of a unit's report, made from what was entered.
//!
//! The printed cost cell mixes three facts; here they stay three: money allocated, the
//! decisions that grant it, and money asked for.
//!
//! A table is as of a day, the last of its period or of the window of its regime: what was
//! decided later does not change it, whether money was granted, taken back or moved, a decision
//! revoked or a request answered. A decision counts from its own day on, not from the day on
//! which somebody entered it, so what is entered late for the period is in the table; a report
//! that was sent keeps what it was sent with. What is said about progress names its period, and
//! a correction of it says what was so then: the last one stands, whenever it was made.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{Access, Actor, Db, Result};
use sea_orm::ConnectionTrait;
use types::{
    document_number::DocumentNumber,
    ids::{DecisionId, ProjectId, UnitId},
    money::Money,
    percent::Percent,
    period::Period,
};

use crate::{
    allocation::{self, Allocation},
    decision::{self, Decision},
    hand_over, planned,
    progress::{self, Health, ProgressEntry},
    project::Project,
    supplementary_request::{self, SupplementaryRequest},
};

pub(crate) mod rpc;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) project: ProjectId,
    pub(crate) title: String,
    pub(crate) health: Option<Health>,
    pub(crate) result_text: String,
    pub(crate) allocated: Money,
    pub(crate) decision_numbers: Vec<String>,
    /// Money whose decision was revoked or replaced, and those decisions.
    pub(crate) uncovered: Money,
    pub(crate) uncovered_numbers: Vec<String>,
    pub(crate) requested_amount: Option<Money>,
    pub(crate) requested: bool,
    pub(crate) note: String,
    pub(crate) progress_entry: Option<String>,
    pub(crate) owner_unit: UnitId,
    pub(crate) partner_units: Vec<UnitId>,
    pub(crate) deadline: String,
    pub(crate) completion: Option<Percent>,
    pub(crate) difficulty_text: String,
}

/// Asks for the project table of a report.
#[derive(Debug)]
pub(crate) struct ListProjectRows {
    pub(crate) unit: UnitId,
    pub(crate) period: Period,
    /// Day of which the table is.
    pub(crate) day: NaiveDate,
}

/// The use case.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    access: Access,
    db: Db,
}

impl Tables {
    pub(crate) fn new(access: &Access, db: &Db) -> Self {
        Self {
            access: access.clone(),
            db: db.clone(),
        }
    }

    /// Gives the project table of a unit for a period.
    pub(crate) async fn list(&self, actor: &Actor, list: ListProjectRows) -> Result<Vec<Row>> {
        self.access.require(actor, &list.unit).await?;
        let facts = Facts::load(self.db.reader(), &list.unit, list.period).await?;
        rows(list.period, list.day, &facts)
    }
}

/// What a table is made from: everything that may have to do with the period.
#[derive(Debug, Default)]
struct Facts {
    projects: Vec<Project>,
    entries: Vec<ProgressEntry>,
    allocations: Vec<Allocation>,
    /// Those that have to do with the money and the requests, and those that ended them.
    decisions: BTreeMap<DecisionId, Decision>,
    requests: Vec<SupplementaryRequest>,
}

impl Facts {
    async fn load(db: &impl ConnectionTrait, unit: &UnitId, period: Period) -> Result<Self> {
        // Whoever had a project at the end of the period reports on it.
        let last_day = planned::last_day(period);
        let projects = hand_over::of_unit_on(db, unit, last_day).await?;
        let ids: Vec<_> = projects.iter().map(|it| it.id.as_str()).collect();
        let entries = progress::store::of_period(db, &ids, period).await?;
        let allocations = allocation::store::of_year(db, &ids, period.year()).await?;
        let requests = supplementary_request::store::of_period(db, &ids, period).await?;
        let of_money = allocations.iter();
        let of_money = of_money.flat_map(|it| [&it.decision].into_iter().chain(&it.moved_by));
        let granting = requests.iter().filter_map(SupplementaryRequest::granted_by);
        let named: BTreeSet<_> = of_money.chain(granting).collect();
        let named: Vec<_> = named.into_iter().collect();
        let mut decisions = decision::store::find_all(db, &named).await?;
        let revoking = decisions.iter().filter_map(|it| it.revocation.as_ref());
        let revoking: BTreeSet<_> = revoking.map(|it| it.by.clone()).collect();
        let revoking: Vec<_> = revoking.iter().collect();
        decisions.extend(decision::store::find_all(db, &revoking).await?);
        decisions.extend(decision::store::replacing(db, &named).await?);
        let decisions = decisions.into_iter();
        let decisions = decisions.map(|it| (it.id.clone(), it)).collect();
        Ok(Self {
            projects,
            entries,
            allocations,
            decisions,
            requests,
        })
    }

    fn issue_date(&self, id: &DecisionId) -> Option<NaiveDate> {
        let decision = self.decisions.get(id)?;
        decision.issue.as_ref().map(|it| it.date)
    }

    /// Says whether a decision had ended by a day: by the one that revoked it, or by one that
    /// was issued in its place.
    fn had_ended(&self, id: &DecisionId, day: NaiveDate) -> bool {
        let revoked = self.decisions.get(id).and_then(|it| it.revocation.as_ref());
        let revoked = revoked.map(|it| &it.by);
        let replaced = self.decisions.values();
        let replaced = replaced.filter(|it| it.replaces.as_ref() == Some(id));
        let mut ending = replaced.map(|it| &it.id).chain(revoked);
        ending.any(|it| self.issue_date(it).is_some_and(|it| it <= day))
    }
}

/// Makes the table: every project that has begun by the end of the period and was not over
/// before it, in the unit's own order.
fn rows(period: Period, day: NaiveDate, facts: &Facts) -> Result<Vec<Row>> {
    let projects = facts.projects.iter();
    let mut projects: Vec<_> = projects.filter(|it| it.stands_in(period)).collect();
    projects.sort_by_key(|it| it.ordinal);
    projects
        .into_iter()
        .map(|it| row(it, period, day, facts))
        .collect()
}

fn row(project: &Project, period: Period, day: NaiveDate, facts: &Facts) -> Result<Row> {
    let entries = facts.entries.iter();
    // Each further entry of a period corrects the one before, so the last one stands.
    let standing = entries
        .filter(|it| it.project == project.id && it.said.period == period)
        .max_by_key(|it| it.number);
    let money = money(project, period, day, facts)?;
    let requests = facts.requests.iter();
    let asked: Vec<_> = requests
        .filter(|it| it.project == project.id && period.contains(&it.asked.period))
        .filter(|it| {
            let granted = it.granted_by().and_then(|it| facts.issue_date(it));
            it.is_open_on(day, granted)
        })
        .collect();
    let sums: Vec<_> = asked.iter().filter_map(|it| it.amount()).collect();
    let requested_amount = match sums.is_empty() {
        true => None,
        false => Some(allocation::sum(sums)?),
    };
    Ok(Row {
        project: project.id.clone(),
        title: project.content.display_name.clone(),
        health: standing.map(|it| it.said.health),
        result_text: standing
            .map(|it| it.result().to_owned())
            .unwrap_or_default(),
        allocated: money.covered,
        decision_numbers: numbers(&money.covering),
        uncovered: money.uncovered,
        uncovered_numbers: numbers(&money.ended),
        requested_amount,
        requested: !asked.is_empty(),
        note: standing.map(|it| it.said.note.clone()).unwrap_or_default(),
        progress_entry: standing.map(ProgressEntry::name),
        owner_unit: project.owner_unit.clone(),
        partner_units: project.content.partner_units.clone(),
        deadline: planned::deadline(
            &project.content.plan.deadline_text,
            project.content.plan.end,
        ),
        completion: standing.and_then(|it| it.completion.percent),
        difficulty_text: standing
            .map(|it| it.said.difficulty_text.clone())
            .unwrap_or_default(),
    })
}

/// The money of a project in the year of the period.
#[derive(Default)]
struct Granted<'facts> {
    covered: Money,
    /// The decisions that grant it, or moved it to where it is.
    covering: BTreeSet<Number<'facts>>,
    uncovered: Money,
    /// The decisions that granted or moved that, and ended since.
    ended: BTreeSet<Number<'facts>>,
}

/// Number of a decision in the order of issue.
type Number<'facts> = (NaiveDate, u64, &'facts str);

/// Adds up what a project held of the money of the period's budget year at the end of a day.
/// A decision whose money was wholly recalled grants nothing any more. Money that its decision
/// grants no more is kept apart: it is there, and not to be spent.
fn money<'facts>(
    project: &Project,
    period: Period,
    day: NaiveDate,
    facts: &'facts Facts,
) -> Result<Granted<'facts>> {
    let mut holdings: BTreeMap<_, Vec<Money>> = BTreeMap::new();
    for it in &facts.allocations {
        let counts = it.fiscal_year == period.year() && it.effective <= day;
        if it.project == project.id && counts {
            let holding = (&it.decision, it.moved_by.as_ref());
            holdings.entry(holding).or_default().push(it.amount);
        }
    }
    let mut money = Granted::default();
    for ((granting, moving), amounts) in holdings {
        let amount = allocation::sum(amounts)?;
        if amount == Money::ZERO {
            continue;
        }
        let decisions = || [granting].into_iter().chain(moving);
        let ended: Vec<_> = decisions().filter(|it| facts.had_ended(it, day)).collect();
        if ended.is_empty() {
            money.covered = allocation::sum([money.covered, amount])?;
            let covering = decisions().filter_map(|it| number(facts, it));
            money.covering.extend(covering);
        } else {
            money.uncovered = allocation::sum([money.uncovered, amount])?;
            let ended = ended.into_iter().filter_map(|it| number(facts, it));
            money.ended.extend(ended);
        }
    }
    Ok(money)
}

/// Returns the number of an issued decision.
fn number<'facts>(facts: &'facts Facts, id: &DecisionId) -> Option<Number<'facts>> {
    let issue = facts.decisions.get(id)?.issue.as_ref()?;
    Some((
        issue.date,
        running_number(&issue.number),
        issue.number.as_str(),
    ))
}

fn numbers(numbers: &BTreeSet<Number<'_>>) -> Vec<String> {
    let numbers = numbers.iter();
    numbers.map(|(_, _, number)| (*number).to_owned()).collect()
}

/// Returns the figure a number begins with: an office counts its documents on through the
/// year, so on one day 9/QĐ-UBND comes before 10/QĐ-UBND.
fn running_number(number: &DocumentNumber) -> u64 {
    let text = number.as_str();
    let end = text
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
