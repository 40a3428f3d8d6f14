//! The table of locks that were asked for, and what is still to be told of them.

use chrono::{DateTime, Utc};
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::ids::{Principal, ReportId, ReportRequestId, UnitId};
use uuid::Uuid;

use super::{Lock, LockState};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "figure_locks")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) request_id: String,
        pub(super) unit_id: String,
        pub(super) number: i64,
        pub(super) principal: String,
        pub(super) state: String,
        pub(super) rejected: String,
        /// 1 while the other side does not know of the state.
        pub(super) untold: i64,
        pub(super) change_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

use row::Column::{ChangeMicros, Id, Number, Principal as By, Rejected, RequestId, State, Untold};

/// Writes down that a lock is about to be asked for.
pub(super) async fn insert(db: &impl ConnectionTrait, lock: &Lock) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(lock.id.to_string()),
        request_id: Set(lock.report.request.as_str().into()),
        unit_id: Set(lock.report.unit.as_str().into()),
        number: Set(lock.number),
        principal: Set(lock.principal.name()),
        state: Set(lock.state.word().into()),
        rejected: Set(json(&lock.rejected)?),
        untold: Set(0),
        change_micros: Set(lock.change_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Binds a lock to its submission, unless it was given up meanwhile.
pub(super) async fn hold(db: &impl ConnectionTrait, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    let held = row::Entity::update_many()
        .col_expr(State, Expr::value(LockState::Held.word()))
        .col_expr(ChangeMicros, Expr::value(now.timestamp_micros()))
        .filter(Id.eq(id.to_string()))
        .filter(State.eq(LockState::Asked.word()))
        .exec(db)
        .await?;
    match held.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Conflict),
    }
}

/// Gives a lock up, unless its submission was made.
pub(super) async fn release_asked(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    release(db, Condition::all().add(Id.eq(id.to_string())), now).await
}

/// Gives up every lock that was asked for before an instant and has no submission.
pub(super) async fn release_abandoned(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    release(db, asked_before(before), now).await
}

/// Says whether there are such locks.
pub(super) async fn has_abandoned(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
) -> Result<bool> {
    let found = row::Entity::find()
        .filter(State.eq(LockState::Asked.word()))
        .filter(asked_before(before))
        .one(db)
        .await?;
    Ok(found.is_some())
}

fn asked_before(before: DateTime<Utc>) -> Condition {
    Condition::all().add(ChangeMicros.lt(before.timestamp_micros()))
}

async fn release(db: &impl ConnectionTrait, which: Condition, now: DateTime<Utc>) -> Result<()> {
    row::Entity::update_many()
        .col_expr(State, Expr::value(LockState::Released.word()))
        .col_expr(Untold, Expr::value(1))
        .col_expr(ChangeMicros, Expr::value(now.timestamp_micros()))
        .filter(State.eq(LockState::Asked.word()))
        .filter(which)
        .exec(db)
        .await?;
    Ok(())
}

/// Notes what became of a submission, with its lock: to be told. A submission from before
/// there were locks has none, and neither has one without figures.
pub(crate) async fn move_to(
    db: &impl ConnectionTrait,
    report: &ReportId,
    number: i64,
    state: LockState,
    (principal, now): (&Principal, DateTime<Utc>),
    rejected: &[String],
) -> Result<()> {
    row::Entity::update_many()
        .col_expr(State, Expr::value(state.word()))
        .col_expr(By, Expr::value(principal.name()))
        .col_expr(Rejected, Expr::value(json(rejected)?))
        .col_expr(Untold, Expr::value(1))
        .col_expr(ChangeMicros, Expr::value(now.timestamp_micros()))
        .filter(RequestId.eq(report.request.as_str()))
        .filter(row::Column::UnitId.eq(report.unit.as_str()))
        .filter(Number.eq(number))
        .filter(State.eq(LockState::Held.word()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the ids of the locks of a submission.
pub(crate) async fn of_submission(
    db: &impl ConnectionTrait,
    report: &ReportId,
    number: i64,
) -> Result<Vec<Uuid>> {
    let rows = row::Entity::find()
        .filter(RequestId.eq(report.request.as_str()))
        .filter(row::Column::UnitId.eq(report.unit.as_str()))
        .filter(Number.eq(number))
        .all(db)
        .await?;
    let id = |row: row::Model| Uuid::try_parse(&row.id).map_err(Error::internal);
    rows.into_iter().map(id).collect()
}

/// Returns locks of which something is to be told, the oldest first; of these alone when
/// some are named.
pub(super) async fn untold(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
    limit: u64,
) -> Result<Vec<Lock>> {
    let mut query = row::Entity::find().filter(Untold.eq(1));
    if !ids.is_empty() {
        query = query.filter(Id.is_in(ids.iter().map(Uuid::to_string)));
    }
    let rows = query
        .order_by_asc(ChangeMicros)
        .order_by_asc(Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Lock::try_from).collect()
}

/// Notes that the other side knows of the state, unless it has changed again.
pub(super) async fn note_told(db: &impl ConnectionTrait, lock: &Lock) -> Result<()> {
    row::Entity::update_many()
        .col_expr(Untold, Expr::value(0))
        .filter(Id.eq(lock.id.to_string()))
        .filter(State.eq(lock.state.word()))
        .exec(db)
        .await?;
    Ok(())
}

fn json(names: &[String]) -> Result<String> {
    serde_json::to_string(names).map_err(Error::internal)
}

impl LockState {
    fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Held => "held",
            Self::Accepted => "accepted",
            Self::Released => "released",
        }
    }

    fn read(word: &str) -> Result<Self> {
        Ok(match word {
            "asked" => Self::Asked,
            "held" => Self::Held,
            "accepted" => Self::Accepted,
            "released" => Self::Released,
            other => {
                return Err(Error::internal(format!("`{other}` is no state of a lock")));
            }
        })
    }
}

impl TryFrom<row::Model> for Lock {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: Uuid::try_parse(&row.id).map_err(Error::internal)?,
            report: ReportId {
                request: ReportRequestId::new(&row.request_id).map_err(Error::internal)?,
                unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
            },
            number: row.number,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            state: LockState::read(&row.state)?,
            rejected: serde_json::from_str(&row.rejected).map_err(Error::internal)?,
            change_time: instant(row.change_micros)?,
        })
    }
}
