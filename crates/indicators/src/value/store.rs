//! The tables of figures; these files alone know their columns.

use std::collections::{BTreeSet, HashMap, HashSet};

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, DatabaseBackend, IdenStatic, Iterable, QueryFilter, QueryOrder,
    QuerySelect, Statement, entity::prelude::*,
};
use types::{
    ids::{IndicatorId, UnitId, ValueId},
    period::Period,
};

use super::{IndicatorValue, Revision, Stage, lock::store::together};
use crate::code::Code;

mod bulk;
mod cells;
mod rows;

use bulk::Rows;
pub(crate) use cells::{Cell, cells};
use rows::{breakdown_code, revision, sheet, value};

/// What tells the rows apart: of sheets, of figures and, with the number, of versions.
const SHEET_KEY: [&str; 2] = ["unit_id", "period"];
const FIGURE_KEY: [&str; 4] = ["unit_id", "period", "indicator_id", "breakdown"];
/// What a new version of a figure leaves as it is.
const KEPT: [&str; 2] = ["create_micros", "submitted_revision"];
/// Sheets whose figures one question asks for; SQLite bounds how deep a condition is.
const SHEETS_PER_QUESTION: usize = 100;
/// Units one question names.
const UNITS_PER_QUESTION: usize = 1_000;

/// The figures of a unit in a period.
pub(crate) type Sheet = (UnitId, Period);

/// Waits until no other change of the same sheets is under way. What is read afterwards
/// stays true until this change is over. Sheets come in order, so that
/// everybody takes them in the same one.
///
/// Returns the sheets that were there before; in the others there is no figure yet.
pub(crate) async fn take_turns(
    db: &impl ConnectionTrait,
    sheets: &[(&UnitId, Period)],
) -> Result<HashMap<UnitId, Vec<Period>>> {
    let rows = sheets.iter().map(|(unit, period)| {
        Ok(sheet::ActiveModel {
            unit_id: Set(unit.as_str().into()),
            period: Set(period.to_string()),
            version: Set(1),
        })
    });
    let rows = Rows::of::<sheet::Entity>(&SHEET_KEY, rows)?;
    let count_on = "ON CONFLICT (unit_id, period) DO UPDATE SET version = value_sheets.version + 1 \
                    RETURNING unit_id, period, version";
    let mut there: HashMap<_, Vec<_>> = HashMap::new();
    for statement in rows.insert::<sheet::Entity>(db, count_on)? {
        for row in db.query_all_raw(statement).await? {
            let version: i64 = row.try_get_by_index(2)?;
            if version > 1 {
                let (unit, period): (String, String) =
                    (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                let unit = UnitId::new(&unit).map_err(Error::internal)?;
                let period = period.parse().map_err(Error::internal)?;
                there.entry(unit).or_default().push(period);
            }
        }
    }
    Ok(there)
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
    ids: &[&ValueId],
) -> Result<HashMap<ValueId, IndicatorValue>> {
    let text = |it: fn(&ValueId) -> String| ids.iter().map(|id| it(id).into()).collect();
    let keys = [
        text(|it| it.unit.as_str().to_owned()),
        text(|it| it.period.to_string()),
        text(|it| it.indicator.as_str().to_owned()),
        text(|it| breakdown_code(it).to_owned()),
    ];
    let mut found = HashMap::with_capacity(ids.len());
    let columns = value::Column::iter().map(|it| format!("found.{}", it.as_str()));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let picked = match db.get_database_backend() {
        DatabaseBackend::Sqlite => format!("json_group_array(json_array({columns}))"),
        _ => columns,
    };
    for statement in bulk::find::<value::Entity>(db, &FIGURE_KEY, &keys, &picked)? {
        for row in rows_found(db, statement).await? {
            let value = in_force(row)?;
            found.insert(value.id.clone(), value);
        }
    }
    Ok(found)
}

/// Reads rows that were found by their keys. From SQLite they come as one text: handing
/// thousands of rows from its thread to ours, one by one, costs more than finding them.
async fn rows_found(db: &impl ConnectionTrait, asked: Statement) -> Result<Vec<value::Model>> {
    if asked.db_backend != DatabaseBackend::Sqlite {
        return Ok(value::Entity::find().from_raw_sql(asked).all(db).await?);
    }
    let Some(row) = db.query_one_raw(asked).await? else {
        return Ok(Vec::new());
    };
    let text: String = row.try_get_by_index(0)?;
    serde_json::from_str(&text).map_err(Error::internal)
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

/// Returns those of some units that have figures of a period.
pub(crate) async fn reporting(
    db: &impl ConnectionTrait,
    units: &[UnitId],
    period: &Period,
) -> Result<Vec<UnitId>> {
    let mut found = Vec::new();
    for some in units.chunks(UNITS_PER_QUESTION) {
        let ids: Vec<String> = value::Entity::find()
            .select_only()
            .column(value::Column::UnitId)
            .distinct()
            .filter(value::Column::UnitId.is_in(some.iter().map(|it| it.as_str())))
            .filter(value::Column::Period.eq(period.to_string()))
            .into_tuple()
            .all(db)
            .await?;
        let ids: HashSet<_> = ids.into_iter().collect();
        let reporting = some.iter().filter(|it| ids.contains(it.as_str()));
        found.extend(reporting.cloned());
    }
    Ok(found)
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

/// Writes figures and keeps each as a version. They come in the order of their keys; of a
/// figure that is there more than once the last version stands.
pub(crate) async fn write(db: &impl ConnectionTrait, revisions: &[&Revision]) -> Result<()> {
    let figures = revisions.iter();
    let figures = figures.map(|it| value::ActiveModel::figure(&it.value));
    let reasons = revisions.iter().map(|it| it.reason.clone().into());
    let rows = Rows::of::<value::Entity>(&FIGURE_KEY, figures)?.with("reason", reasons.collect());
    let versions = rows.insert::<revision::Entity>(db, "")?;
    let keep = async {
        for statement in versions {
            db.execute_raw(statement).await?;
        }
        Ok::<_, DbErr>(())
    };
    // While the database keeps the versions, the figures are made ready.
    let (kept, figures) = tokio::join!(keep, async { in_force_rows(db, &rows, revisions) });
    kept.map_err(|error| on_unique(error, || Error::Conflict))?;
    for statement in figures? {
        db.execute_raw(statement).await?;
    }
    Ok(())
}

/// Says of figures how far they have come; nothing else of them changes.
pub(super) async fn mark(
    db: &impl ConnectionTrait,
    figures: &BTreeSet<&ValueId>,
    stage: &Stage,
) -> Result<()> {
    for any in conditions(figures.iter().copied()) {
        value::Entity::update_many()
            .col_expr(value::Column::State, Expr::value(stage.state.code()))
            .col_expr(
                value::Column::LockedBy,
                Expr::value(stage.locked_by.clone()),
            )
            .col_expr(
                value::Column::StateReason,
                Expr::value(stage.reason.clone()),
            )
            .filter(any)
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Notes that figures were submitted as they are now.
pub(super) async fn note_submitted(
    db: &impl ConnectionTrait,
    figures: &BTreeSet<ValueId>,
) -> Result<()> {
    let revision = Expr::col(value::Column::Revision);
    for any in conditions(figures.iter()) {
        value::Entity::update_many()
            .col_expr(value::Column::SubmittedRevision, revision.clone())
            .filter(any)
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Returns conditions that together name exactly these figures.
fn conditions<'a>(figures: impl Iterator<Item = &'a ValueId>) -> Vec<Condition> {
    let groups = together(figures);
    let conditions = groups.chunks(SHEETS_PER_QUESTION).map(|some| {
        some.iter().fold(Condition::any(), |any, group| {
            any.add(
                Condition::all()
                    .add(value::Column::UnitId.eq(group.unit))
                    .add(value::Column::Period.eq(group.period.as_str()))
                    .add(value::Column::Breakdown.eq(group.breakdown))
                    .add(value::Column::IndicatorId.is_in(group.indicators.iter().copied())),
            )
        })
    });
    conditions.collect()
}

fn in_force_rows(
    db: &impl ConnectionTrait,
    rows: &Rows,
    revisions: &[&Revision],
) -> Result<Vec<Statement>> {
    let is_last = |place: &usize| {
        let next = revisions.get(place + 1);
        next.is_none_or(|next| next.value.id != revisions[*place].value.id)
    };
    let last: Vec<_> = (0..revisions.len()).filter(is_last).collect();
    if last.len() == revisions.len() {
        return rows.insert::<value::Entity>(db, &replace());
    }
    rows.only(&last).insert::<value::Entity>(db, &replace())
}

/// A figure that is there takes everything from the new one but when it was created and how it
/// was submitted.
fn replace() -> String {
    let columns = value::Column::iter().map(|it| it.as_str());
    let taken = columns.filter(|it| !FIGURE_KEY.contains(it) && !KEPT.contains(it));
    let taken: Vec<_> = taken.map(|it| format!("{it} = excluded.{it}")).collect();
    let key = FIGURE_KEY.join(", ");
    format!("ON CONFLICT ({key}) DO UPDATE SET {}", taken.join(", "))
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
        reason: row.state_reason.take(),
    };
    Ok(IndicatorValue {
        stage,
        ..row.read(create_time)?
    })
}
