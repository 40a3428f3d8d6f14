//! The table of progress entries; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*,
};
use types::{
    decimal::Decimal,
    ids::{Principal, ProjectId},
    percent::Percent,
    period::Period,
};

use super::{Health, ProgressEntry};
use crate::choice;

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
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, entry: &ProgressEntry) -> Result<()> {
    let completion = entry.completion.map(Percent::decimal);
    let row = row::ActiveModel {
        project_id: Set(entry.project.as_str().into()),
        number: Set(entry.number),
        period: Set(entry.period.to_string()),
        period_end_date: Set(end_date(entry.period)?),
        health: Set(entry.health.as_word().into()),
        completion_units: Set(completion.map(Decimal::units)),
        completion_scale: Set(completion.map(|it| it.scale().into())),
        result_text: Set(entry.result_text.clone()),
        difficulty_text: Set(entry.difficulty_text.clone()),
        note: Set(entry.note.clone()),
        corrects: Set(entry.corrects),
        principal: Set(entry.principal.name()),
        create_micros: Set(entry.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
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

/// Returns every entry of these projects for exactly one period, corrected ones too.
pub(crate) async fn of_period(
    db: &impl ConnectionTrait,
    projects: &[&str],
    period: Period,
) -> Result<Vec<ProgressEntry>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(row::Column::Period.eq(period.to_string()))
        .all(db)
        .await?;
    rows.into_iter().map(ProgressEntry::try_from).collect()
}

/// Returns the day after the last of a period.
fn end_date(period: Period) -> Result<Date> {
    let end = period.calendar().end();
    end.ok_or_else(|| Error::internal(format!("`{period}` has no end")))
}

impl TryFrom<row::Model> for ProgressEntry {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let completion = match (row.completion_units, row.completion_scale) {
            (Some(units), Some(scale)) => {
                let scale = u8::try_from(scale).map_err(Error::internal)?;
                let decimal = Decimal::new(units, scale).map_err(Error::internal)?;
                Some(Percent::new(decimal).map_err(Error::internal)?)
            }
            _ => None,
        };
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            period: row.period.parse().map_err(Error::internal)?,
            health: choice::from_word(&Health::ALL, Health::as_word, &row.health)?,
            completion,
            result_text: row.result_text,
            difficulty_text: row.difficulty_text,
            note: row.note,
            corrects: row.corrects,
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
