//! The project table of a unit's report, made from what was entered.
//!
//! The printed cost cell mixes three facts; here they stay three: money allocated, the
//! decisions that grant it, and money asked for.

use std::collections::BTreeMap;

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
    decision::{self, Decision, DecisionState},
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
        rows(list.period, &facts)
    }
}

/// What a table is made from: everything that may have to do with the period.
#[derive(Debug, Default)]
struct Facts {
    projects: Vec<Project>,
    entries: Vec<ProgressEntry>,
    allocations: Vec<Allocation>,
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
        let mut granting: Vec<_> = allocations.iter().map(|it| &it.decision).collect();
        granting.sort();
        granting.dedup();
        let decisions = decision::store::find_all(db, &granting).await?;
        let decisions = decisions
            .into_iter()
            .map(|it| (it.id.clone(), it))
            .collect();
        Ok(Self {
            projects,
            entries,
            allocations,
            decisions,
            requests,
        })
    }
}

/// Makes the table: every project that has begun by the end of the period and was not over
/// before it, in the unit's own order.
fn rows(period: Period, facts: &Facts) -> Result<Vec<Row>> {
    let projects = facts.projects.iter();
    let mut projects: Vec<_> = projects.filter(|it| it.stands_in(period)).collect();
    projects.sort_by_key(|it| it.ordinal);
    projects
        .into_iter()
        .map(|it| row(it, period, facts))
        .collect()
}

fn row(project: &Project, period: Period, facts: &Facts) -> Result<Row> {
    let entries = facts.entries.iter();
    // Each further entry of a period corrects the one before, so the last one stands.
    let standing = entries
        .filter(|it| it.project == project.id && it.said.period == period)
        .max_by_key(|it| it.number);
    let grants = grants(project, period, facts)?;
    let requests = facts.requests.iter();
    let asked: Vec<_> = requests
        .filter(|it| it.project == project.id && it.asked.period == period)
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
        allocated: allocation::sum(grants.iter().map(|it| it.amount))?,
        // Money whose decision was revoked is still there; that decision grants it no more.
        decision_numbers: grants
            .iter()
            .filter(|it| it.is_in_force)
            .map(|it| it.number.to_string())
            .collect(),
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

/// What one decision gives a project in the year of the period.
struct Grant<'facts> {
    issue_date: NaiveDate,
    number: &'facts DocumentNumber,
    amount: Money,
    is_in_force: bool,
}

/// Returns the decisions that grant a project money of the period's budget year and were
/// issued by its end, in the order of issue. One whose money was wholly recalled grants
/// nothing any more.
fn grants<'facts>(
    project: &Project,
    period: Period,
    facts: &'facts Facts,
) -> Result<Vec<Grant<'facts>>> {
    let mut by_decision: BTreeMap<&DecisionId, Vec<Money>> = BTreeMap::new();
    for it in &facts.allocations {
        if it.project == project.id && it.fiscal_year == period.year() {
            by_decision.entry(&it.decision).or_default().push(it.amount);
        }
    }
    let end = period.calendar().end();
    let mut grants = Vec::new();
    for (decision, amounts) in by_decision {
        let Some(decision) = facts.decisions.get(decision) else {
            continue;
        };
        let Some(issue) = &decision.issue else {
            continue;
        };
        let amount = allocation::sum(amounts)?;
        if amount != Money::ZERO && end.is_none_or(|end| issue.date < end) {
            grants.push(Grant {
                issue_date: issue.date,
                number: &issue.number,
                amount,
                is_in_force: decision.state == DecisionState::Issued,
            });
        }
    }
    grants.sort_by_key(|it| (it.issue_date, running_number(it.number), it.number.as_str()));
    Ok(grants)
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
