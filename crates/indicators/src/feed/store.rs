//! The tables of the feed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use kit::{Error, Result, db::times::instant};
use sea_orm::{
    ActiveValue::Set, ExprTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::{ids::UnitId, period::Period};

use super::{Changed, Place, REACH};

mod head {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "value_feed")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) epoch: String,
        pub(super) number: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod change {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "value_changes")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) unit_id: String,
        pub(super) period: String,
        pub(super) change_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows of one statement.
const ROWS: usize = 4_000;

/// Adds changed sheets to the feed. Called by everything that writes figures, as the last
/// thing of its transaction.
pub(crate) async fn append(
    db: &impl ConnectionTrait,
    sheets: &BTreeSet<(&UnitId, Period)>,
    now: DateTime<Utc>,
) -> Result<()> {
    if sheets.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(sheets.len()).map_err(Error::internal)?;
    let number = head::Column::Number;
    // Whoever comes next waits here until this change is committed or taken back.
    head::Entity::update_many()
        .col_expr(number, Expr::col(number).add(count))
        .exec(db)
        .await?;
    let last = row(db).await?.number;
    let rows: Vec<_> = (last - count + 1..=last)
        .zip(sheets)
        .map(|(number, (unit, period))| change::ActiveModel {
            number: Set(number),
            unit_id: Set(unit.as_str().to_owned()),
            period: Set(period.to_string()),
            change_micros: Set(now.timestamp_micros()),
        })
        .collect();
    for some in rows.chunks(ROWS) {
        change::Entity::insert_many(some.to_vec())
            .exec_without_returning(db)
            .await?;
    }
    change::Entity::delete_many()
        .filter(change::Column::Number.lte(last - REACH))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the end of the feed.
pub(crate) async fn head(db: &impl ConnectionTrait) -> Result<Place> {
    let head = row(db).await?;
    let last: Option<i64> = change::Entity::find()
        .select_only()
        .column(change::Column::ChangeMicros)
        .filter(change::Column::Number.eq(head.number))
        .into_tuple()
        .one(db)
        .await?;
    Ok(Place {
        epoch: head.epoch,
        number: head.number,
        time: last.map(instant).transpose()?,
    })
}

async fn row(db: &impl ConnectionTrait) -> Result<head::Model> {
    let row = head::Entity::find().one(db).await?;
    row.ok_or_else(|| Error::internal("the feed of figures has lost its head"))
}

/// Returns the sheets that changed after a place up to another, each as often as it did.
/// None when the feed no longer reaches back that far.
pub(crate) async fn since(
    db: &impl ConnectionTrait,
    after: i64,
    up_to: i64,
) -> Result<Option<Vec<Changed>>> {
    let rows = change::Entity::find()
        .filter(change::Column::Number.gt(after))
        .filter(change::Column::Number.lte(up_to))
        .order_by_asc(change::Column::Number)
        .all(db)
        .await?;
    let is_next = |row: &change::Model| row.number == after + 1;
    if after < up_to && !rows.first().is_some_and(is_next) {
        return Ok(None);
    }
    let read = |row: change::Model| {
        Ok(Changed {
            unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
            period: row.period.parse().map_err(Error::internal)?,
        })
    };
    rows.into_iter().map(read).collect::<Result<_>>().map(Some)
}
