//! Since when and until when people were suspended: who could act on a day is asked long after.
//!
//! Of a day that is over, somebody is left out who was suspended for the whole of it: he could
//! have acted before or after. Of today and the days to come, who is suspended now is left out.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use kit::Result;
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QuerySelect, entity::prelude::*,
    sea_query::OnConflict,
};
use types::ids::UserId;

use super::store;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "suspensions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) user_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) start_micros: i64,
        pub(super) end_micros: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes that a suspension begins.
pub(super) async fn begin(
    db: &impl ConnectionTrait,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = row::ActiveModel {
        user_id: Set(user.as_str().into()),
        start_micros: Set(now.timestamp_micros()),
        end_micros: Set(None),
    };
    // One that ended at the very moment it began goes on.
    let again = OnConflict::columns([row::Column::UserId, row::Column::StartMicros])
        .update_column(row::Column::EndMicros)
        .to_owned();
    row::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Notes that a suspension ends.
pub(super) async fn end(
    db: &impl ConnectionTrait,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::EndMicros, Expr::value(now.timestamp_micros()))
        .filter(row::Column::UserId.eq(user.as_str()))
        .filter(row::Column::EndMicros.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Returns which of some people could do nothing on a day because they were suspended.
pub(crate) async fn kept_out(
    db: &impl ConnectionTrait,
    users: &BTreeSet<String>,
    day: NaiveDate,
    today: NaiveDate,
) -> Result<BTreeSet<String>> {
    if day >= today {
        return store::suspended_among(db, users).await;
    }
    let (begins, ends) = (midnight(day), midnight(day + Days::new(1)));
    let lasted = Condition::any()
        .add(row::Column::EndMicros.is_null())
        .add(row::Column::EndMicros.gte(ends.timestamp_micros()));
    let kept_out: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::UserId)
        .filter(row::Column::UserId.is_in(users.iter().map(String::as_str)))
        .filter(row::Column::StartMicros.lte(begins.timestamp_micros()))
        .filter(lasted)
        .into_tuple()
        .all(db)
        .await?;
    Ok(kept_out.into_iter().collect())
}

/// Returns the instant at which a day begins in Vietnam.
fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc() - TimeDelta::hours(7)
}

#[cfg(test)]
mod tests {
    use types::date::{parse_iso, vietnam_date};

    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_vietnam() {
        let day = parse_iso("2022-06-24").unwrap();
        let begins = midnight(day);
        assert_eq!(vietnam_date(begins), day);
        assert_eq!(
            vietnam_date(begins - TimeDelta::microseconds(1)),
            day.pred_opt().unwrap()
        );
    }
}
