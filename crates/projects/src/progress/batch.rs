//! Progress of many projects, as another system sends it: every entry for itself, so that
//! sending again does no harm. What was sent before under its key changes nothing, whatever
//! stands by now; what says the same as what stands changes nothing either, and its key is
//! noted. Anything else corrects what stands. Entries are taken in their order: of two about
//! one project and period the later corrects the earlier.

use std::collections::{BTreeMap, BTreeSet};

use kit::{Actor, Error, Result, Tx};
use tonic::Status;
use tonic_types::StatusExt;
use types::{
    date::vietnam_date,
    ids::{ProjectId, UnitId},
    violations::Invalid,
};

use super::{
    CreateProgressEntry, Ground, Progress, ProgressEntry, completion, rules, store, warning,
};
use crate::{
    charge,
    disbursement::Source,
    project::{self, Project},
    reason::{PROGRESS_CHANGED, PROJECT_OUT_OF_REACH},
};

/// Most entries of one call.
pub(super) const MOST_ITEMS: usize = 500;

/// Records progress of many projects.
#[derive(Debug)]
pub(crate) struct UpsertProgress {
    pub(super) items: Vec<Item>,
    pub(crate) validate_only: bool,
}

/// One entry, or why it could not be read.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) entry: std::result::Result<CreateProgressEntry, Invalid>,
}

/// What became of one entry.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(super) offset: usize,
    pub(super) name: String,
    pub(super) disposition: Disposition,
    pub(super) issues: Vec<Issue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    Created,
    Updated,
    Unchanged,
    Rejected,
}

/// Why an entry was refused, or what is odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issue {
    pub(super) is_error: bool,
    pub(super) code: String,
    pub(super) field: String,
    pub(super) en: String,
    pub(super) vi: String,
}

impl Progress {
    /// Records progress, entry by entry.
    pub(crate) async fn upsert(
        &self,
        tx: &Tx,
        actor: &Actor,
        batch: UpsertProgress,
    ) -> Result<Vec<Outcome>> {
        let named: BTreeSet<_> = batch.items.iter().filter_map(Item::project).collect();
        let within_reach = self.within_reach(tx, actor, &named).await?;
        // One after the other in one order, so that two callers never wait for each other.
        for id in within_reach.keys() {
            project::store::lock(&tx.db, id).await?;
        }
        let ids = within_reach.keys().collect();
        let locked = project::store::find_all(&tx.db, &ids).await?;
        // One that was handed over in the meantime is asked for again by whom it belongs to.
        let still = |it: &Project| within_reach.get(&it.id) == Some(&it.owner_unit);
        let locked = locked.into_iter().filter(still);
        let locked: BTreeMap<_, _> = locked.map(|it| (it.id.clone(), it)).collect();
        let keys: Vec<_> = batch.items.iter().filter_map(Item::source).collect();
        let mut sent = store::sent(&tx.db, &keys).await?;
        let mut outcomes = Vec::with_capacity(batch.items.len());
        for (offset, item) in batch.items.into_iter().enumerate() {
            let outcome = match item.entry {
                Err(bad) => Outcome::rejected(offset, Error::Invalid(bad))?,
                Ok(new) => match locked.get(&new.project) {
                    Some(project) => {
                        self.take(tx, actor, offset, project, new, &mut sent)
                            .await?
                    }
                    None => Outcome::out_of_reach(offset, &new.project),
                },
            };
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Returns the projects that the caller may report on. One who may report on none of
    /// them is refused as a whole.
    async fn within_reach(
        &self,
        tx: &Tx,
        actor: &Actor,
        named: &BTreeSet<&ProjectId>,
    ) -> Result<BTreeMap<ProjectId, UnitId>> {
        if named.is_empty() {
            // Nothing could be read: every entry is told what is wrong with it, and no more.
            self.access.permitted(actor, &[]).await?;
            return Ok(BTreeMap::new());
        }
        let found = project::store::find_all(&tx.db, named).await?;
        let owners: BTreeSet<_> = found.iter().map(|it| it.owner_unit.clone()).collect();
        if owners.is_empty() {
            self.access.require_everywhere(actor).await?;
            return Ok(BTreeMap::new());
        }
        let any: Vec<_> = owners.iter().map(Some).collect();
        self.access.require_any(actor, &any).await?;
        let asked: Vec<_> = owners.iter().collect();
        let said = self.access.permitted(actor, &asked).await?;
        let permitted: BTreeSet<_> = asked
            .into_iter()
            .zip(said)
            .filter_map(|(unit, is_allowed)| is_allowed.then_some(unit))
            .collect();
        let within = found.iter().filter(|it| permitted.contains(&it.owner_unit));
        Ok(within
            .map(|it| (it.id.clone(), it.owner_unit.clone()))
            .collect())
    }

    /// Takes one entry, or says why not.
    async fn take(
        &self,
        tx: &Tx,
        actor: &Actor,
        offset: usize,
        project: &Project,
        new: CreateProgressEntry,
        sent: &mut BTreeMap<Source, ProgressEntry>,
    ) -> Result<Outcome> {
        let source = new.source.clone();
        let known = source.as_ref().and_then(|it| sent.get(it).zip(Some(it)));
        if let Some((known, source)) = known {
            return Ok(match known.says(&new) {
                true => Outcome::unchanged(offset, known),
                false => Outcome::changed(offset, source),
            });
        }
        let ground = Ground::read(&tx.db, project, new.said.period).await?;
        let new = match (
            self.judge(tx, actor, project, new, &ground).await,
            &ground.standing,
        ) {
            (Ok(Some(new)), _) => new,
            (Ok(None), Some(standing)) => {
                if let Some(source) = source {
                    store::note(&tx.db, &source, standing).await?;
                    sent.insert(source, standing.clone());
                }
                return Ok(Outcome::unchanged(offset, standing));
            }
            (Ok(None), None) => return Err(Error::internal("nothing stands, yet it is the same")),
            (Err(error), _) => return Outcome::rejected(offset, error),
        };
        let completion = completion::of(project, &new, &ground)?;
        let entry = self.add(tx, actor, project, new, completion).await?;
        if let Some(source) = source {
            sent.insert(source, entry.clone());
        }
        let issues = warning::of(project, &entry);
        Ok(Outcome {
            offset,
            name: entry.name(),
            disposition: match ground.standing {
                None => Disposition::Created,
                Some(_) => Disposition::Updated,
            },
            issues: issues.iter().map(|it| Issue::warning(offset, it)).collect(),
        })
    }

    /// Judges one entry by the rules of a single one; what stands is what it corrects. None
    /// when it says what stands.
    async fn judge(
        &self,
        tx: &Tx,
        actor: &Actor,
        project: &Project,
        mut new: CreateProgressEntry,
        ground: &Ground,
    ) -> Result<Option<CreateProgressEntry>> {
        let days = new.said.period.calendar();
        charge::in_charge(&self.access, actor, &project.owner_unit, days).await?;
        rules::check(project, &new, vietnam_date(tx.now()))?;
        let found = completion::of(project, &new, ground)?;
        let says_the_same = |it: &ProgressEntry| it.said == new.said && it.completion == found;
        if ground.standing.as_ref().is_some_and(says_the_same) {
            return Ok(None);
        }
        let standing = ground.standing.as_ref().map(|it| it.number);
        new.corrects = new.corrects.or(standing);
        rules::names_what_stands(&new, ground.standing.as_ref())?;
        rules::falls_with_a_reason(&new, found.percent, ground)?;
        Ok(Some(new))
    }
}

impl Item {
    fn project(&self) -> Option<&ProjectId> {
        self.entry.as_ref().ok().map(|it| &it.project)
    }

    fn source(&self) -> Option<&Source> {
        self.entry.as_ref().ok()?.source.as_ref()
    }
}

impl Outcome {
    /// Refuses an entry; what is no fault of the entry fails the whole call.
    fn rejected(offset: usize, error: Error) -> Result<Self> {
        if !matches!(
            error,
            Error::Invalid(_) | Error::Rule(..) | Error::NotFound(..)
        ) {
            return Err(error);
        }
        Ok(Self {
            offset,
            name: String::new(),
            disposition: Disposition::Rejected,
            issues: Issue::of(offset, error),
        })
    }

    fn unchanged(offset: usize, entry: &ProgressEntry) -> Self {
        Self {
            offset,
            name: entry.name(),
            disposition: Disposition::Unchanged,
            issues: Vec::new(),
        }
    }

    /// A key is for one entry. Which one is not told: it may be of a project out of reach.
    fn changed(offset: usize, source: &Source) -> Self {
        let refusal = warning::Warning {
            reason: &PROGRESS_CHANGED,
            facts: vec![
                ("system", source.system.clone()),
                ("key", source.external_id.clone()),
            ],
        };
        Self::refused(offset, "progress_entry.external_id", &refusal)
    }

    /// The same words whether the project exists or not.
    fn out_of_reach(offset: usize, project: &ProjectId) -> Self {
        let refusal = warning::Warning {
            reason: &PROJECT_OUT_OF_REACH,
            facts: vec![("project", project.name())],
        };
        Self::refused(offset, "project", &refusal)
    }

    fn refused(offset: usize, field: &str, refusal: &warning::Warning) -> Self {
        let (en, vi) = refusal.texts();
        Self {
            offset,
            name: String::new(),
            disposition: Disposition::Rejected,
            issues: vec![Issue {
                is_error: true,
                code: refusal.reason.code.to_owned(),
                field: format!("items[{offset}].{field}"),
                en,
                vi,
            }],
        }
    }
}

impl Issue {
    fn warning(offset: usize, warning: &warning::Warning) -> Self {
        let (en, vi) = warning.texts();
        Self {
            is_error: false,
            code: warning.reason.code.to_owned(),
            field: format!("items[{offset}].progress_entry"),
            en,
            vi,
        }
    }

    /// Writes a refusal as one who enters a single one is told, with the fields in the batch.
    fn of(offset: usize, error: Error) -> Vec<Self> {
        let status = Status::from(error);
        let details = status.get_error_details();
        let violations = details.bad_request().map(|it| &it.field_violations);
        if let Some(violations) = violations.filter(|it| !it.is_empty()) {
            let issue = |it: &tonic_types::FieldViolation| {
                let vi = it.localized_message.as_ref().map(|it| it.message.clone());
                Self {
                    is_error: true,
                    code: it.reason.clone(),
                    field: format!("items[{offset}].{}", it.field),
                    en: it.description.clone(),
                    vi: vi.unwrap_or_default(),
                }
            };
            return violations.iter().map(issue).collect();
        }
        let vi = details.localized_message().map(|it| it.message.clone());
        vec![Self {
            is_error: true,
            code: details
                .error_info()
                .map(|it| it.reason.clone())
                .unwrap_or_default(),
            field: format!("items[{offset}].progress_entry"),
            en: status.message().to_owned(),
            vi: vi.unwrap_or_default(),
        }]
    }
}
