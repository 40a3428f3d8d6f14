//! The tables of figures; these files alone know their columns.

use std::collections::{BTreeMap, BTreeSet};

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, ExprTrait, Iterable, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*, sea_query::OnConflict,
};
use types::{
    ids::{IndicatorId, UnitId, ValueId},
    period::Period,
};

use super::{IndicatorValue, Revision, Stage};
use crate::code::Code;

mod cells;
mod rows;

pub(crate) use cells::{Cell, cells};
use rows::{breakdown_code, revision, sheet, value};

/// Rows of one statement: 24 columns each stay below the 32.766 parameters of SQLite. A
/// figure that is written is a draft again, which its columns say by themselves.
const ROWS_PER_STATEMENT: usize = 1_000;
/// Sheets whose figures one question asks for; SQLite bounds how deep a condition is.
const SHEETS_PER_QUESTION: usize = 100;

/// The figures of a unit in a period.
pub(crate) type Sheet = (UnitId, Period);

/// Waits until no other change of the same sheets is under way. What is read afterwards
/// stays true until this change is over. Sheets are taken in one order by everybody.
pub(crate) async fn take_turns(db: &impl ConnectionTrait, sheets: &BTreeSet<Sheet>) -> Result<()> {
    let sheets: Vec<_> = sheets.iter().collect();
    for some in sheets.chunks(ROWS_PER_STATEMENT) {
        let rows = some.iter().map(|(unit, period)| sheet::ActiveModel {
            unit_id: Set(unit.as_str().into()),
            period: Set(period.to_string()),
            version: Set(1),
        });
        let version = Expr::col((sheet::Entity, sheet::Column::Version)).add(1);
        let count_on = OnConflict::columns([sheet::Column::UnitId, sheet::Column::Period])
            .value(sheet::Column::Version, version)
            .to_owned();
        sheet::Entity::insert_many(rows)
            .on_conflict(count_on)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: &ValueId,
) -> Result<Option<IndicatorValue>> {
    let key = (
        id.unit.as_str().to_owned(),
        id.period.to_string(),
        id.indicator.as_str().to_owned(),
        breakdown_code(id).to_owned(),
    );
    let found = value::Entity::find_by_id(key).one(db).await?;
    found.map(in_force).transpose()
}

/// Returns the figures there are of these.
pub(crate) async fn find_many(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<&ValueId>,
) -> Result<BTreeMap<ValueId, IndicatorValue>> {
    let mut sheets: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for id in ids {
        let indicators = sheets.entry((&id.unit, id.period)).or_default();
        indicators.insert(id.indicator.as_str());
    }
    let sheets: Vec<_> = sheets.into_iter().collect();
    let mut found = BTreeMap::new();
    for some in sheets.chunks(SHEETS_PER_QUESTION) {
        let mut any = Condition::any();
        for ((unit, period), indicators) in some {
            let one = of_sheet(unit, period);
            any = any.add(one.add(value::Column::IndicatorId.is_in(indicators.iter().copied())));
        }
        for row in value::Entity::find().filter(any).all(db).await? {
            let value = in_force(row)?;
            // Other parts of the same whole come along.
            if ids.contains(&value.id) {
                found.insert(value.id.clone(), value);
            }
        }
    }
    Ok(found)
}

/// Returns the figures of a sheet in the order of their indicators and breakdowns.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    period: &Period,
    after: Option<(&str, &str)>,
    limit: u64,
) -> Result<Vec<IndicatorValue>> {
    use value::Column::{Breakdown, IndicatorId};
    let mut query = value::Entity::find().filter(of_sheet(unit, period));
    if let Some((indicator, breakdown)) = after {
        let same = Condition::all()
            .add(IndicatorId.eq(indicator))
            .add(Breakdown.gt(breakdown));
        query = query.filter(Condition::any().add(IndicatorId.gt(indicator)).add(same));
    }
    let rows = query
        .order_by_asc(IndicatorId)
        .order_by_asc(Breakdown)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(in_force).collect()
}

/// Returns all figures of some units in some periods, in the order of their keys.
pub(crate) async fn of_units(
    db: &impl ConnectionTrait,
    units: &[UnitId],
    periods: &[Period],
) -> Result<Vec<IndicatorValue>> {
    use value::Column::{Breakdown, IndicatorId, Period, UnitId};
    let rows = value::Entity::find()
        .filter(UnitId.is_in(units.iter().map(|it| it.as_str())))
        .filter(Period.is_in(periods.iter().map(ToString::to_string)))
        .order_by_asc(UnitId)
        .order_by_asc(Period)
        .order_by_asc(IndicatorId)
        .order_by_asc(Breakdown)
        .all(db)
        .await?;
    rows.into_iter().map(in_force).collect()
}

/// Returns the whole figures there are of these indicators and periods.
pub(super) async fn of_periods(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    indicators: &BTreeSet<&IndicatorId>,
    periods: &BTreeSet<Period>,
) -> Result<Vec<IndicatorValue>> {
    let rows = value::Entity::find()
        .filter(value::Column::UnitId.eq(unit.as_str()))
        .filter(value::Column::Period.is_in(periods.iter().map(Period::to_string)))
        .filter(value::Column::IndicatorId.is_in(indicators.iter().map(|it| it.as_str())))
        .filter(value::Column::Breakdown.eq(""))
        .all(db)
        .await?;
    rows.into_iter().map(in_force).collect()
}

/// Returns the parts of a whole, at most so many.
pub(crate) async fn parts(
    db: &impl ConnectionTrait,
    whole: &ValueId,
    limit: u64,
) -> Result<Vec<IndicatorValue>> {
    let rows = value::Entity::find()
        .filter(of_sheet(&whole.unit, &whole.period))
        .filter(value::Column::IndicatorId.eq(whole.indicator.as_str()))
        .filter(value::Column::Breakdown.ne(""))
        .order_by_asc(value::Column::Breakdown)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(in_force).collect()
}

/// Returns the versions of a figure, the newest first.
pub(crate) async fn revisions(
    db: &impl ConnectionTrait,
    value: &IndicatorValue,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Revision>> {
    let mut query = revision::Entity::find()
        .filter(revision::Column::UnitId.eq(value.id.unit.as_str()))
        .filter(revision::Column::Period.eq(value.id.period.to_string()))
        .filter(revision::Column::IndicatorId.eq(value.id.indicator.as_str()))
        .filter(revision::Column::Breakdown.eq(breakdown_code(&value.id)));
    if let Some(before) = before {
        query = query.filter(revision::Column::Revision.lt(before));
    }
    let rows = query
        .order_by_desc(revision::Column::Revision)
        .limit(limit)
        .all(db)
        .await?;
    let read = |mut row: revision::Model| {
        let reason = std::mem::take(&mut row.reason);
        Ok(Revision {
            value: row.read(value.create_time)?,
            reason,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Writes figures and keeps each as a version: two statements for a thousand, in the order
/// of their keys.
pub(crate) async fn write(db: &impl ConnectionTrait, revisions: &[&Revision]) -> Result<()> {
    let mut sorted = revisions.to_vec();
    let key = |it: &Revision| {
        let id = &it.value.id;
        (
            id.unit.as_str().to_owned(),
            id.period.to_string(),
            id.indicator.as_str().to_owned(),
            breakdown_code(id).to_owned(),
        )
    };
    sorted.sort_by_cached_key(|it| key(it));
    for some in sorted.chunks(ROWS_PER_STATEMENT) {
        write_some(db, some).await?;
    }
    Ok(())
}

async fn write_some(db: &impl ConnectionTrait, revisions: &[&Revision]) -> Result<()> {
    use value::Column::{Breakdown, CreateMicros, IndicatorId, Period, SubmittedRevision, UnitId};
    let values = revisions.iter().map(|it| value::ActiveModel {
        create_micros: Set(it.value.create_time.timestamp_micros()),
        ..value::ActiveModel::figure(&it.value)
    });
    let is_kept = |it: &value::Column| {
        let key = matches!(it, UnitId | Period | IndicatorId | Breakdown);
        key || matches!(it, CreateMicros | SubmittedRevision)
    };
    let replaced = value::Column::iter().filter(|it| !is_kept(it));
    let replace = OnConflict::columns([UnitId, Period, IndicatorId, Breakdown])
        .update_columns(replaced)
        .to_owned();
    value::Entity::insert_many(values)
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    let versions = revisions.iter().map(|it| revision::ActiveModel {
        reason: Set(it.reason.clone()),
        ..revision::ActiveModel::figure(&it.value)
    });
    revision::Entity::insert_many(versions)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

fn of_sheet(unit: &UnitId, period: &Period) -> Condition {
    Condition::all()
        .add(value::Column::UnitId.eq(unit.as_str()))
        .add(value::Column::Period.eq(period.to_string()))
}

fn in_force(mut row: value::Model) -> Result<IndicatorValue> {
    let create_time = instant(row.create_micros)?;
    let stage = Stage {
        state: Code::read(&row.state)?,
        locked_by: row.locked_by.take(),
        submitted_revision: row.submitted_revision,
    };
    Ok(IndicatorValue {
        stage,
        ..row.read(create_time)?
    })
}
