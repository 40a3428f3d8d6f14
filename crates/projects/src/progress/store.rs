//! The table of progress entries; the only file that knows its columns.

use std::collections::{BTreeMap, BTreeSet};

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*,
};
use types::{
    ids::{Principal, ProjectId},
    percent::Percent,
    period::Period,
};

use super::{Health, Latest, PlanAhead, ProgressEntry, Said, completion::Completion};
use crate::{
    choice,
    columns::{self, AT_ONCE},
    disbursement::Source,
    project::Method,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "progress_entries")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) period: String,
        pub(super) period_end_date: Date,
        pub(super) health: String,
        pub(super) completion_units: Option<i64>,
        pub(super) completion_scale: Option<i64>,
        pub(super) result_text: String,
        pub(super) difficulty_text: String,
        pub(super) note: String,
        pub(super) corrects: Option<i64>,
        pub(super) principal: String,
        pub(super) create_micros: i64,
        pub(super) as_of_date: Option<Date>,
        pub(super) method: Option<String>,
        pub(super) done_units: Option<i64>,
        pub(super) done_scale: Option<i64>,
        pub(super) planned_units: Option<i64>,
        pub(super) planned_scale: Option<i64>,
        pub(super) reason: Option<String>,
        pub(super) plan_period: Option<String>,
        pub(super) plan_text: Option<String>,
        pub(super) source_system: Option<String>,
        pub(super) external_id: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod key {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "progress_keys")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) source_system: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) external_id: String,
        pub(super) project_id: String,
        pub(super) number: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, entry: &ProgressEntry) -> Result<()> {
    let (said, completion) = (&entry.said, &entry.completion);
    let (units, scale) = columns::decimal(completion.percent.map(Percent::decimal));
    let (done_units, done_scale) = columns::decimal(completion.done);
    let (planned_units, planned_scale) = columns::decimal(completion.planned);
    let (plan_period, plan_text) = said
        .plan
        .as_ref()
        .map(|it| (it.period.to_string(), it.text.clone()))
        .unzip();
    let (source_system, external_id) = entry
        .source
        .as_ref()
        .map(|it| (it.system.clone(), it.external_id.clone()))
        .unzip();
    let row = row::ActiveModel {
        project_id: Set(entry.project.as_str().into()),
        number: Set(entry.number),
        period: Set(said.period.to_string()),
        period_end_date: Set(end_date(said.period)?),
        health: Set(said.health.as_word().into()),
        completion_units: Set(units),
        completion_scale: Set(scale),
        result_text: Set(said.result_text.clone()),
        difficulty_text: Set(said.difficulty_text.clone()),
        note: Set(said.note.clone()),
        corrects: Set(entry.corrects),
        principal: Set(entry.principal.name()),
        create_micros: Set(entry.create_time.timestamp_micros()),
        as_of_date: Set(said.as_of),
        method: Set(Some(entry.method.as_word().into())),
        done_units: Set(done_units),
        done_scale: Set(done_scale),
        planned_units: Set(planned_units),
        planned_scale: Set(planned_scale),
        reason: Set(Some(said.reason.clone())),
        plan_period: Set(plan_period),
        plan_text: Set(plan_text),
        source_system: Set(source_system),
        external_id: Set(external_id),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Notes the key under which what an entry says was sent.
pub(super) async fn note(
    db: &impl ConnectionTrait,
    source: &Source,
    entry: &ProgressEntry,
) -> Result<()> {
    let row = key::ActiveModel {
        source_system: Set(source.system.clone()),
        external_id: Set(source.external_id.clone()),
        project_id: Set(entry.project.as_str().into()),
        number: Set(entry.number),
    };
    // What was sent before was looked up a moment ago; another project may have got the key.
    key::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns the entries that were sent before under these keys.
pub(super) async fn sent(
    db: &impl ConnectionTrait,
    keys: &[&Source],
) -> Result<BTreeMap<Source, ProgressEntry>> {
    let mut by_system: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in keys {
        let ids = by_system.entry(&key.system).or_default();
        ids.push(&key.external_id);
    }
    let mut noted = Vec::new();
    for (system, ids) in by_system {
        for part in ids.chunks(AT_ONCE) {
            let rows = key::Entity::find()
                .filter(key::Column::SourceSystem.eq(system))
                .filter(key::Column::ExternalId.is_in(part.iter().copied()))
                .all(db)
                .await?;
            noted.extend(rows);
        }
    }
    let mut by_project: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for it in &noted {
        by_project
            .entry(&it.project_id)
            .or_default()
            .push(it.number);
    }
    let mut entries = BTreeMap::new();
    for (project, numbers) in by_project {
        for part in numbers.chunks(AT_ONCE) {
            let rows = row::Entity::find()
                .filter(row::Column::ProjectId.eq(project))
                .filter(row::Column::Number.is_in(part.iter().copied()))
                .all(db)
                .await?;
            for row in rows {
                let place = (row.project_id.clone(), row.number);
                entries.insert(place, ProgressEntry::try_from(row)?);
            }
        }
    }
    let known = noted.into_iter().filter_map(|it| {
        let entry = entries.get(&(it.project_id, it.number))?.clone();
        let source = Source {
            system: it.source_system,
            external_id: it.external_id,
        };
        Some((source, entry))
    });
    Ok(known.collect())
}

/// Returns the entries of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    after: i64,
    limit: u64,
) -> Result<Vec<ProgressEntry>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(ProgressEntry::try_from).collect()
}

/// The entries of a project that no other entry corrects.
fn uncorrected(project: &ProjectId) -> Select<row::Entity> {
    let corrected = row::Entity::find()
        .select_only()
        .column(row::Column::Corrects)
        .filter(row::Column::ProjectId.eq(project.as_str()))
        // One NULL in the list would make every `NOT IN` unknown.
        .filter(row::Column::Corrects.is_not_null())
        .into_query();
    row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.not_in_subquery(corrected))
}

/// Returns what stands for a project in exactly one period.
pub(super) async fn standing(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    period: Period,
) -> Result<Option<ProgressEntry>> {
    let row = uncorrected(project)
        .filter(row::Column::Period.eq(period.to_string()))
        .order_by_desc(row::Column::Number)
        .one(db)
        .await?;
    row.map(ProgressEntry::try_from).transpose()
}

/// Returns the last measure of completion that stands for another period ending no later.
pub(super) async fn measured_before(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    period: Period,
) -> Result<Option<ProgressEntry>> {
    let row = uncorrected(project)
        .filter(row::Column::Period.ne(period.to_string()))
        .filter(row::Column::PeriodEndDate.lte(end_date(period)?))
        .filter(row::Column::CompletionUnits.is_not_null())
        .order_by_desc(row::Column::PeriodEndDate)
        .order_by_desc(row::Column::Number)
        .one(db)
        .await?;
    row.map(ProgressEntry::try_from).transpose()
}

/// Returns the first measure of completion that stands for another period ending later.
pub(super) async fn measured_after(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    period: Period,
) -> Result<Option<ProgressEntry>> {
    let row = uncorrected(project)
        .filter(row::Column::PeriodEndDate.gt(end_date(period)?))
        .filter(row::Column::CompletionUnits.is_not_null())
        .order_by_asc(row::Column::PeriodEndDate)
        .order_by_asc(row::Column::Number)
        .one(db)
        .await?;
    row.map(ProgressEntry::try_from).transpose()
}

/// Returns the numbers of the entries of a project that others correct.
pub(super) async fn corrected(
    db: &impl ConnectionTrait,
    project: &ProjectId,
) -> Result<BTreeSet<i64>> {
    let numbers: Vec<i64> = row::Entity::find()
        .select_only()
        .column(row::Column::Corrects)
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Corrects.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(numbers.into_iter().collect())
}

/// Returns every entry of these projects for exactly one period, corrected ones too.
pub(crate) async fn of_period(
    db: &impl ConnectionTrait,
    projects: &[&str],
    period: Period,
) -> Result<Vec<ProgressEntry>> {
    let mut entries = Vec::new();
    for part in projects.chunks(AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::ProjectId.is_in(part.iter().copied()))
            .filter(row::Column::Period.eq(period.to_string()))
            .all(db)
            .await?;
        for row in rows {
            entries.push(ProgressEntry::try_from(row)?);
        }
    }
    Ok(entries)
}

/// Returns the entries of these projects that no other corrects, the oldest first.
pub(crate) async fn standing_of(
    db: &impl ConnectionTrait,
    projects: &[&str],
) -> Result<Vec<ProgressEntry>> {
    let mut entries = Vec::new();
    for part in projects.chunks(AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::ProjectId.is_in(part.iter().copied()))
            .order_by_asc(row::Column::ProjectId)
            .order_by_asc(row::Column::Number)
            .all(db)
            .await?;
        let rows: Result<Vec<_>> = rows.into_iter().map(ProgressEntry::try_from).collect();
        let rows = rows?;
        let corrected: BTreeSet<_> = rows
            .iter()
            .filter_map(|it| it.corrects.map(|number| (it.project.clone(), number)))
            .collect();
        let stands = |it: &ProgressEntry| !corrected.contains(&(it.project.clone(), it.number));
        entries.extend(rows.into_iter().filter(stands));
    }
    Ok(entries)
}

/// Returns the newest that stands for each of these projects: the entry of the period that
/// ends last, and the completion of the last one that was measured.
pub(crate) async fn latest(
    db: &impl ConnectionTrait,
    projects: &[&str],
) -> Result<BTreeMap<ProjectId, Latest>> {
    let mut entries = standing_of(db, projects).await?;
    entries.sort_by_key(|it| (it.said.period.calendar().end(), it.number));
    let mut latest: BTreeMap<ProjectId, Latest> = BTreeMap::new();
    for entry in entries {
        let known = latest.entry(entry.project.clone()).or_default();
        known.completion = entry.completion.percent.or(known.completion);
        known.entry = Some(entry.name());
    }
    Ok(latest)
}

/// Returns the day after the last of a period.
fn end_date(period: Period) -> Result<Date> {
    let end = period.calendar().end();
    end.ok_or_else(|| Error::internal(format!("`{period}` has no end")))
}

impl TryFrom<row::Model> for ProgressEntry {
    type Error = Error;

    // Entries from before there were methods were estimates, without what came later.
    fn try_from(row: row::Model) -> Result<Self> {
        let percent = columns::read_decimal(row.completion_units, row.completion_scale)?;
        let percent = percent.map(|it| Percent::new(it).map_err(Error::internal));
        let plan = row.plan_period.zip(row.plan_text).map(|(period, text)| {
            let period = period.parse().map_err(Error::internal)?;
            Ok::<_, Error>(PlanAhead { period, text })
        });
        let method = row.method.as_deref().unwrap_or("estimate");
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            said: Said {
                period: row.period.parse().map_err(Error::internal)?,
                as_of: row.as_of_date,
                health: choice::from_word(&Health::ALL, Health::as_word, &row.health)?,
                result_text: row.result_text,
                difficulty_text: row.difficulty_text,
                note: row.note,
                reason: row.reason.unwrap_or_default(),
                plan: plan.transpose()?,
            },
            method: choice::from_word(&Method::ALL, Method::as_word, method)?,
            completion: Completion {
                percent: percent.transpose()?,
                done: columns::read_decimal(row.done_units, row.done_scale)?,
                planned: columns::read_decimal(row.planned_units, row.planned_scale)?,
            },
            corrects: row.corrects,
            source: row
                .source_system
                .zip(row.external_id)
                .map(|(system, external_id)| Source {
                    system,
                    external_id,
                }),
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}

impl Health {
    fn as_word(self) -> &'static str {
        match self {
            Self::NotStarted => "not-started",
            Self::OnTrack => "on-track",
            Self::AtRisk => "at-risk",
            Self::Late => "late",
            Self::Blocked => "blocked",
            Self::Done => "done",
        }
    }
}
