//! What has to be known before disbursements are judged, and what becomes of it.
//!
//! Everything is read once, changed in memory by the rules, and written at the end: 500
//! items cost few statements, and a dry run gives the answers of a real one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{Result, Tx};
use sea_orm::ConnectionTrait;
use types::{
    ids::{ProjectId, UnitId},
    validity::Validity,
};

use super::{Disbursement, New, What, store};
use crate::{
    allocation,
    budget_line::{self, BudgetLine, LineId, Uncovered},
    commitment::{self, Standing},
    project::{self, Project},
};

/// Days on which units exist.
pub(super) type Days = BTreeMap<UnitId, Option<Validity>>;

/// An entry under a project, by its number.
pub(super) type Entry = (ProjectId, i64);

#[derive(Debug, Default)]
pub(super) struct Ground {
    pub(super) days: Days,
    pub(super) projects: BTreeMap<ProjectId, Project>,
    /// Lines as they were read, and as they are now.
    pub(super) lines: BTreeMap<LineId, (BudgetLine, BudgetLine)>,
    pub(super) uncovered: BTreeMap<LineId, Uncovered>,
    /// Day from which the first money, or the first permission, of each line counts.
    pub(super) first_grants: BTreeMap<LineId, NaiveDate>,
    pub(super) contracts: BTreeMap<Entry, Standing>,
    /// Entries that may be reversed.
    pub(super) earlier: BTreeMap<Entry, Disbursement>,
    /// Entries that were reversed already.
    pub(super) reversed: BTreeSet<Entry>,
    /// What is new, in the order entered.
    pub(super) entered: Vec<Disbursement>,
}

impl Ground {
    /// Reads what some disbursements depend on. The projects are taken.
    pub(super) async fn load(db: &impl ConnectionTrait, news: &[&New]) -> Result<Self> {
        let named: BTreeSet<_> = news.iter().map(|it| &it.line.project).collect();
        let known = project::store::find_all(db, &named).await?.into_iter();
        let projects: Vec<_> = named.iter().map(|it| it.as_str()).collect();
        let wanted: BTreeSet<_> = news.iter().map(|it| &it.line).collect();
        let lines = budget_line::store::of_projects(db, &projects).await?;
        let lines = lines.into_iter().filter(|it| wanted.contains(&it.id));
        let lines = lines.map(|it| (it.id.clone(), (it.clone(), it))).collect();
        let entry = |new: &&New, number| (new.line.project.clone(), number);
        let reversals = news.iter().filter_map(|new| match new.what {
            What::Reverse { number } => Some(entry(new, number)),
            What::Flow { .. } => None,
        });
        let reversals: Vec<_> = reversals.collect();
        let earlier = store::find_many(db, &reversals).await?;
        let reversed = store::reversed(db, &reversals).await?;
        // What is reversed may have been paid under a contract.
        let named = news.iter().filter_map(|new| match new.what {
            What::Flow { commitment, .. } => Some(entry(new, commitment?)),
            What::Reverse { .. } => None,
        });
        let paid_under = earlier.values().filter_map(|it| {
            let number = it.commitment?;
            Some((it.project().clone(), number))
        });
        let contracts: BTreeSet<_> = named.chain(paid_under).collect();
        let contracts: Vec<_> = contracts.into_iter().collect();
        Ok(Self {
            projects: known.map(|it| (it.id.clone(), it)).collect(),
            lines,
            uncovered: allocation::store::uncovered(db, &projects).await?,
            first_grants: allocation::store::first_days(db, &projects).await?,
            contracts: commitment::store::contracts(db, &contracts).await?,
            earlier,
            reversed,
            ..Self::default()
        })
    }

    /// Writes the lines that changed and what is new.
    pub(super) async fn write(&self, tx: &Tx) -> Result<()> {
        for (before, after) in self.lines.values() {
            if before.version != after.version {
                budget_line::store::save(&tx.db, before, after).await?;
            }
        }
        store::insert(&tx.db, &self.entered).await?;
        for disbursement in &self.entered {
            disbursement.record(tx).await?;
        }
        Ok(())
    }
}
