//! The tables of locks and of the figures they pin.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::ids::{Breakdown, IndicatorId, Principal, UnitId, ValueId};
use uuid::Uuid;

use super::{Held, Lock, LockState};
use crate::code::Code;

mod lock {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "value_locks")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) submission: String,
        pub(super) state: String,
        pub(super) principal: String,
        pub(super) lock_micros: i64,
        pub(super) update_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod pin {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "value_pins")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) period: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) breakdown: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) lock_id: String,
        pub(super) revision: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows of one statement, far below the parameters SQLite takes.
const ROWS_PER_STATEMENT: usize = 1_000;
/// Sheets that one question asks for; SQLite bounds how deep a condition is.
const SHEETS_PER_QUESTION: usize = 100;

/// Adds a lock with its pins.
pub(super) async fn insert(
    db: &impl ConnectionTrait,
    lock: &Lock,
    pins: &BTreeMap<ValueId, i64>,
) -> Result<()> {
    let id = lock.id.to_string();
    let row = lock::ActiveModel {
        id: Set(id.clone()),
        submission: Set(lock.submission.clone()),
        state: Set(lock.state.code().into()),
        principal: Set(lock.principal.name()),
        lock_micros: Set(lock.lock_time.timestamp_micros()),
        update_micros: Set(lock.update_time.timestamp_micros()),
    };
    lock::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    let pins: Vec<_> = pins.iter().collect();
    for some in pins.chunks(ROWS_PER_STATEMENT) {
        let rows = some.iter().map(|(figure, revision)| pin::ActiveModel {
            unit_id: Set(figure.unit.as_str().into()),
            period: Set(figure.period.to_string()),
            indicator_id: Set(figure.indicator.as_str().into()),
            breakdown: Set(breakdown(figure).into()),
            lock_id: Set(id.clone()),
            revision: Set(**revision),
        });
        pin::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Writes the state of a lock, and who brought it there.
pub(super) async fn update(db: &impl ConnectionTrait, lock: &Lock) -> Result<()> {
    use lock::Column::{Id, Principal, State, UpdateMicros};
    let micros = lock.update_time.timestamp_micros();
    lock::Entity::update_many()
        .col_expr(State, Expr::value(lock.state.code()))
        .col_expr(Principal, Expr::value(lock.principal.name()))
        .col_expr(UpdateMicros, Expr::value(micros))
        .filter(Id.eq(lock.id.to_string()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Lock>> {
    let found = lock::Entity::find_by_id(id.to_string()).one(db).await?;
    found.map(Lock::try_from).transpose()
}

/// Returns the figures a lock pins, each at its version.
pub(super) async fn pins(db: &impl ConnectionTrait, id: Uuid) -> Result<BTreeMap<ValueId, i64>> {
    let rows = pin::Entity::find()
        .filter(pin::Column::LockId.eq(id.to_string()))
        .all(db)
        .await?;
    let read = |row: pin::Model| Ok((figure(&row)?, row.revision));
    rows.into_iter().map(read).collect()
}

/// Returns the locks that hold figures, those of each the oldest first.
pub(super) async fn held(
    db: &impl ConnectionTrait,
    figures: &BTreeSet<ValueId>,
) -> Result<BTreeMap<ValueId, Vec<Held>>> {
    let mut rows = Vec::new();
    let groups = together(figures.iter());
    for some in groups.chunks(SHEETS_PER_QUESTION) {
        let any = some.iter().fold(Condition::any(), |any, group| {
            any.add(
                Condition::all()
                    .add(pin::Column::UnitId.eq(group.unit))
                    .add(pin::Column::Period.eq(group.period.as_str()))
                    .add(pin::Column::Breakdown.eq(group.breakdown))
                    .add(pin::Column::IndicatorId.is_in(group.indicators.iter().copied())),
            )
        });
        rows.extend(pin::Entity::find().filter(any).all(db).await?);
    }
    let locks = locks_of(db, &rows).await?;
    let mut held: BTreeMap<_, Vec<(&Lock, i64)>> = BTreeMap::new();
    for row in &rows {
        if let Some(lock) = locks.get(&row.lock_id)
            && lock.state != LockState::Released
        {
            let of_figure = held.entry(figure(row)?).or_default();
            of_figure.push((lock, row.revision));
        }
    }
    let oldest_first = held.into_iter().map(|(figure, mut locks)| {
        locks.sort_by_key(|(it, _)| (it.lock_time, it.id));
        let locks = locks.into_iter().map(|(lock, it)| lock.of_figure(it));
        (figure, locks.collect())
    });
    Ok(oldest_first.collect())
}

/// Returns the locks that pin a figure or ever did, the newest first.
pub(crate) async fn of_figure(
    db: &impl ConnectionTrait,
    figure: &ValueId,
    limit: u64,
) -> Result<Vec<Held>> {
    let rows = pin::Entity::find()
        .filter(pin::Column::UnitId.eq(figure.unit.as_str()))
        .filter(pin::Column::Period.eq(figure.period.to_string()))
        .filter(pin::Column::IndicatorId.eq(figure.indicator.as_str()))
        .filter(pin::Column::Breakdown.eq(breakdown(figure)))
        .order_by_desc(pin::Column::Revision)
        .limit(limit)
        .all(db)
        .await?;
    let locks = locks_of(db, &rows).await?;
    let pins = rows.iter().filter_map(|row| {
        let lock = locks.get(&row.lock_id)?;
        Some((lock, row.revision))
    });
    let mut pins: Vec<_> = pins.collect();
    pins.sort_by_key(|(it, _)| std::cmp::Reverse((it.lock_time, it.id)));
    let held = pins.into_iter().map(|(lock, it)| lock.of_figure(it));
    Ok(held.collect())
}

/// Returns the locks of pins, by their ids.
async fn locks_of(db: &impl ConnectionTrait, pins: &[pin::Model]) -> Result<HashMap<String, Lock>> {
    let ids: BTreeSet<_> = pins.iter().map(|it| it.lock_id.as_str()).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut locks = HashMap::new();
    for some in ids.chunks(ROWS_PER_STATEMENT) {
        let rows = lock::Entity::find()
            .filter(lock::Column::Id.is_in(some.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            locks.insert(row.id.clone(), Lock::try_from(row)?);
        }
    }
    Ok(locks)
}

/// Figures of one sheet that are alike but for their indicators.
pub(crate) struct Group<'a> {
    pub(crate) unit: &'a str,
    pub(crate) period: String,
    pub(crate) breakdown: &'a str,
    pub(crate) indicators: Vec<&'a str>,
}

/// Puts figures together that one condition can name.
pub(crate) fn together<'a>(figures: impl Iterator<Item = &'a ValueId>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for figure in figures {
        let key = (figure.unit.as_str(), figure.period, breakdown(figure));
        let indicators = groups.entry(key).or_default();
        indicators.push(figure.indicator.as_str());
    }
    let group =
        |((unit, period, breakdown), indicators): ((_, types::period::Period, _), _)| Group {
            unit,
            period: period.to_string(),
            breakdown,
            indicators,
        };
    groups.into_iter().map(group).collect()
}

fn breakdown(figure: &ValueId) -> &str {
    figure.breakdown.as_ref().map_or("", Breakdown::as_str)
}

fn figure(row: &pin::Model) -> Result<ValueId> {
    let breakdown = match row.breakdown.as_str() {
        "" => None,
        part => Some(Breakdown::new(part).map_err(Error::internal)?),
    };
    Ok(ValueId {
        indicator: IndicatorId::new(&row.indicator_id).map_err(Error::internal)?,
        unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
        period: row.period.parse().map_err(Error::internal)?,
        breakdown,
    })
}

impl Lock {
    fn of_figure(&self, revision: i64) -> Held {
        Held {
            submission: self.submission.clone(),
            state: self.state,
            revision,
            lock_time: self.lock_time,
        }
    }
}

impl TryFrom<lock::Model> for Lock {
    type Error = Error;

    fn try_from(row: lock::Model) -> Result<Self> {
        Ok(Self {
            id: Uuid::try_parse(&row.id).map_err(Error::internal)?,
            submission: row.submission,
            state: Code::read(&row.state)?,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            lock_time: instant(row.lock_micros)?,
            update_time: instant(row.update_micros)?,
        })
    }
}
