//! The table of years.

use kit::{Error, Result, db::on_unique, etag};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, entity::prelude::*};

use super::{Calendar, YearCalendar};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "year_calendars")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) year: i64,
        pub(super) content: String,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Returns one year.
pub(super) async fn find(db: &impl ConnectionTrait, year: i32) -> Result<Option<YearCalendar>> {
    let row = row::Entity::find_by_id(i64::from(year)).one(db).await?;
    row.map(YearCalendar::try_from).transpose()
}

/// Returns the working days of all years.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Calendar> {
    let rows = row::Entity::find().order_by_asc(row::Column::Year);
    let years = rows.all(db).await?.into_iter().map(YearCalendar::try_from);
    Ok(Calendar::of(years.collect::<Result<_>>()?))
}

/// Writes a year, unless somebody else changed it since it was read; version 0 is a new one.
pub(super) async fn save(db: &impl ConnectionTrait, after: &YearCalendar, seen: i64) -> Result<()> {
    let content = serde_json::to_string(&after.content).map_err(Error::internal)?;
    if seen == 0 {
        let row = row::ActiveModel {
            year: Set(i64::from(after.year)),
            content: Set(content),
            version: Set(after.version),
        };
        row::Entity::insert(row)
            .exec_without_returning(db)
            .await
            .map_err(|error| on_unique(error, || Error::Conflict))?;
        return Ok(());
    }
    let changed = row::Entity::update_many()
        .col_expr(row::Column::Content, Expr::value(content))
        .col_expr(row::Column::Version, Expr::value(after.version))
        .filter(row::Column::Year.eq(i64::from(after.year)))
        .filter(row::Column::Version.eq(seen))
        .exec(db)
        .await?;
    match changed.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Stale {
            current_etag: etag::of(after.version),
        }),
    }
}

impl TryFrom<row::Model> for YearCalendar {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            year: i32::try_from(row.year).map_err(Error::internal)?,
            content: serde_json::from_str(&row.content).map_err(Error::internal)?,
            version: row.version,
        })
    }
}
