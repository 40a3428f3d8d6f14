//! The table of what is owed.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
    etag,
};
use sea_orm::{
    ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, QueryTrait, entity::prelude::*,
    sea_query::SelectStatement,
};
use types::ids::{ReportId, ReportRequestId, UnitId};

use super::Assignment;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "assignments")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        pub(super) due_micros: i64,
        pub(super) original_due_micros: Option<i64>,
        pub(super) is_exempt: i64,
        pub(super) reason: String,
        pub(super) stands_for: String,
        pub(super) replaced_by: String,
        pub(super) remind_micros: Option<i64>,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds what a unit owes.
pub(crate) async fn insert(db: &impl ConnectionTrait, owed: &Assignment) -> Result<()> {
    let row = row::ActiveModel {
        request_id: Set(owed.report.request.as_str().into()),
        unit_id: Set(owed.report.unit.as_str().into()),
        due_micros: Set(owed.due_time.timestamp_micros()),
        original_due_micros: Set(owed.original_due_time.map(|it| it.timestamp_micros())),
        is_exempt: Set(i64::from(owed.is_exempt)),
        reason: Set(owed.reason.clone()),
        stands_for: Set(serde_json::to_string(&owed.stands_for).map_err(Error::internal)?),
        replaced_by: Set(replaced_by(owed)),
        remind_micros: Set(owed.remind_time.map(|it| it.timestamp_micros())),
        version: Set(owed.version),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("ASSIGNMENT", &owed.report)))?;
    Ok(())
}

fn replaced_by(owed: &Assignment) -> String {
    let unit = owed.replaced_by.as_ref();
    unit.map_or_else(String::new, |it| it.as_str().to_owned())
}

/// Writes what is owed, unless somebody else changed it since it was read.
pub(super) async fn update(db: &impl ConnectionTrait, after: &Assignment, seen: i64) -> Result<()> {
    use row::Column::{
        DueMicros, IsExempt, OriginalDueMicros, Reason, RemindMicros, ReplacedBy, RequestId,
        StandsFor, UnitId, Version,
    };
    let stands_for = serde_json::to_string(&after.stands_for).map_err(Error::internal)?;
    let original = after.original_due_time.map(|it| it.timestamp_micros());
    let reminded = after.remind_time.map(|it| it.timestamp_micros());
    let changed = row::Entity::update_many()
        .col_expr(DueMicros, Expr::value(after.due_time.timestamp_micros()))
        .col_expr(OriginalDueMicros, Expr::value(original))
        .col_expr(IsExempt, Expr::value(i64::from(after.is_exempt)))
        .col_expr(Reason, Expr::value(after.reason.clone()))
        .col_expr(StandsFor, Expr::value(stands_for))
        .col_expr(ReplacedBy, Expr::value(replaced_by(after)))
        .col_expr(RemindMicros, Expr::value(reminded))
        .col_expr(Version, Expr::value(after.version))
        .filter(RequestId.eq(after.report.request.as_str()))
        .filter(UnitId.eq(after.report.unit.as_str()))
        .filter(Version.eq(seen))
        .exec(db)
        .await?;
    match changed.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Stale {
            current_etag: etag::of(after.version),
        }),
    }
}

/// Returns what one unit owes.
pub(crate) async fn find(db: &impl ConnectionTrait, id: &ReportId) -> Result<Option<Assignment>> {
    let key = (id.request.as_str().to_owned(), id.unit.as_str().to_owned());
    let row = row::Entity::find_by_id(key).one(db).await?;
    row.map(Assignment::try_from).transpose()
}

/// Returns the question for the requests that a unit is asked by.
pub(crate) fn requests_of(unit: &UnitId) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::RequestId)
        .filter(row::Column::UnitId.eq(unit.as_str()))
        .into_query()
}

/// Returns what all units owe to a request, by unit.
pub(crate) async fn of_request(
    db: &impl ConnectionTrait,
    request: &ReportRequestId,
) -> Result<Vec<Assignment>> {
    let rows = row::Entity::find()
        .filter(row::Column::RequestId.eq(request.as_str()))
        .order_by_asc(row::Column::UnitId);
    let rows = rows.all(db).await?;
    rows.into_iter().map(Assignment::try_from).collect()
}

impl TryFrom<row::Model> for Assignment {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let replaced_by = match row.replaced_by.as_str() {
            "" => None,
            unit => Some(UnitId::new(unit).map_err(Error::internal)?),
        };
        Ok(Self {
            report: ReportId {
                request: ReportRequestId::new(&row.request_id).map_err(Error::internal)?,
                unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
            },
            due_time: instant(row.due_micros)?,
            original_due_time: row.original_due_micros.map(instant).transpose()?,
            is_exempt: row.is_exempt != 0,
            reason: row.reason,
            stands_for: serde_json::from_str(&row.stands_for).map_err(Error::internal)?,
            replaced_by,
            remind_time: row.remind_micros.map(instant).transpose()?,
            version: row.version,
        })
    }
}
