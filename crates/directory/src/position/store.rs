//! The table of posts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::{
    ids::{UnitId, UserId},
    validity::Validity,
};

use super::{
    Position, PositionKey,
    form::{self, SigningForm},
};
use crate::user;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "positions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) user_id: String,
        pub(super) title: String,
        pub(super) signing_lines: String,
        pub(super) start_date: Date,
        pub(super) end_date: Option<Date>,
        pub(super) create_micros: i64,
        pub(super) is_head: Option<bool>,
        pub(super) can_sign: Option<bool>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) signing_form: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) end_reason: Option<String>,
        pub(super) update_micros: Option<i64>,
        pub(super) version: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

use row::Column::{
    EndDate, EndReason, Id, IsHead, StartDate, UnitId as Unit, UpdateMicros, Version,
};

pub(super) async fn insert(db: &impl ConnectionTrait, position: &Position) -> Result<()> {
    let form = position.form.map(|it| it.as_str().to_owned());
    let row = row::ActiveModel {
        unit_id: Set(position.key.unit.as_str().into()),
        id: Set(position.key.id.clone()),
        user_id: Set(position.user.as_str().into()),
        title: Set(position.title.clone()),
        signing_lines: Set(serde_json::to_string(&position.signing_lines).map_err(Error::internal)?),
        start_date: Set(position.validity.start()),
        end_date: Set(position.validity.end()),
        create_micros: Set(position.create_time.timestamp_micros()),
        is_head: Set(Some(position.is_head)),
        can_sign: Set(Some(position.can_sign)),
        signing_form: Set(form),
        end_reason: Set(Some(position.end_reason.clone())),
        update_micros: Set(Some(position.update_time.timestamp_micros())),
        version: Set(Some(position.version)),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("POSITION", position.key.name())))?;
    Ok(())
}

/// Keeps everybody else from changing a post, and what is delegated from it, until the end
/// of the transaction.
pub(crate) async fn lock(db: &impl ConnectionTrait, key: &PositionKey) -> Result<()> {
    row::Entity::update_many()
        .col_expr(Version, Expr::col(Version))
        .filter(Unit.eq(key.unit.as_str()))
        .filter(Id.eq(key.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Writes the end of a post.
pub(super) async fn set_end(db: &impl ConnectionTrait, position: &Position) -> Result<()> {
    row::Entity::update_many()
        .col_expr(EndDate, Expr::value(position.validity.end()))
        .col_expr(EndReason, Expr::value(position.end_reason.as_str()))
        .col_expr(
            UpdateMicros,
            Expr::value(position.update_time.timestamp_micros()),
        )
        .col_expr(Version, Expr::value(position.version))
        .filter(Unit.eq(position.key.unit.as_str()))
        .filter(Id.eq(position.key.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns one post.
pub(crate) async fn find(db: &impl ConnectionTrait, key: &PositionKey) -> Result<Option<Position>> {
    let id = (key.unit.as_str().to_owned(), key.id.clone());
    match row::Entity::find_by_id(id).one(db).await? {
        Some(row) => Ok(with_holders(db, vec![row]).await?.pop()),
        None => Ok(None),
    }
}

/// Returns every head a unit ever has.
pub(super) async fn heads(db: &impl ConnectionTrait, unit: &UnitId) -> Result<Vec<Position>> {
    let rows = row::Entity::find()
        .filter(Unit.eq(unit.as_str()))
        .filter(IsHead.eq(true))
        .all(db)
        .await?;
    with_holders(db, rows).await
}

/// Returns the posts of a unit that are held on a day, by id: all of them, or some after
/// an id.
pub(crate) async fn held(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    day: NaiveDate,
    some: Option<(Option<&str>, u64)>,
) -> Result<Vec<Position>> {
    let mut query = row::Entity::find()
        .filter(Unit.eq(unit.as_str()))
        .filter(StartDate.lte(day))
        .filter(Condition::any().add(EndDate.is_null()).add(EndDate.gt(day)))
        .order_by_asc(Id);
    if let Some((after, limit)) = some {
        query = query.limit(limit);
        if let Some(after) = after {
            query = query.filter(Id.gt(after));
        }
    }
    with_holders(db, query.all(db).await?).await
}

/// Returns the name of a post of some units, if there is any.
pub(crate) async fn one_in(db: &impl ConnectionTrait, units: &[UnitId]) -> Result<Option<String>> {
    let post = row::Entity::find()
        .filter(Unit.is_in(units.iter().map(UnitId::as_str)))
        .one(db)
        .await?;
    Ok(post.map(|it| format!("units/{}/positions/{}", it.unit_id, it.id)))
}

/// Reads posts with the names of the people who hold them.
async fn with_holders(db: &impl ConnectionTrait, rows: Vec<row::Model>) -> Result<Vec<Position>> {
    let ids: BTreeSet<_> = rows.iter().map(|it| it.user_id.clone()).collect();
    let names = user::store::names(db, ids).await?;
    rows.into_iter()
        .map(|row| Position::read(row, &names))
        .collect()
}

impl Position {
    fn read(row: row::Model, names: &BTreeMap<String, String>) -> Result<Self> {
        let lines: Vec<String> =
            serde_json::from_str(&row.signing_lines).map_err(Error::internal)?;
        let create_time = instant(row.create_micros)?;
        let form = match (row.can_sign, row.signing_form) {
            // Posts of before say by their lines alone how they sign, also once they ended.
            (None, _) => form::of_lines(&lines),
            (Some(_), None) => None,
            (Some(_), Some(text)) => Some(
                SigningForm::read(&text)
                    .ok_or_else(|| Error::internal(format!("`{text}` is not a signing form")))?,
            ),
        };
        Ok(Self {
            holder: names.get(&row.user_id).cloned().unwrap_or_default(),
            key: PositionKey {
                unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
                id: row.id,
            },
            user: UserId::new(&row.user_id).map_err(Error::internal)?,
            title: row.title,
            is_head: row.is_head.unwrap_or_default(),
            can_sign: row.can_sign.unwrap_or(!lines.is_empty()),
            form,
            signing_lines: lines,
            validity: Validity::new(row.start_date, row.end_date).map_err(Error::internal)?,
            end_reason: row.end_reason.unwrap_or_default(),
            create_time,
            update_time: row.update_micros.map_or(Ok(create_time), instant)?,
            version: row.version.unwrap_or(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_of_before_signs_as_its_lines_say_also_once_it_ended() {
        let before = row::Model {
            unit_id: "huyen-minh-long".into(),
            id: "pho-chu-tich".into(),
            user_id: "nguyen-van-bay".into(),
            title: "Phó Chủ tịch".into(),
            signing_lines: r#"["KT. CHỦ TỊCH","PHÓ CHỦ TỊCH"]"#.into(),
            start_date: "2022-01-01".parse().unwrap(),
            end_date: None,
            create_micros: 0,
            is_head: None,
            can_sign: None,
            signing_form: None,
            end_reason: None,
            update_micros: None,
            version: None,
        };
        let ended = row::Model {
            version: Some(2),
            ..before.clone()
        };
        for (row, version) in [(before, 1), (ended, 2)] {
            let post = Position::read(row, &BTreeMap::new()).unwrap();
            assert!(post.can_sign && !post.is_head);
            assert_eq!(post.form, Some(SigningForm::Kt));
            assert_eq!(post.version, version);
        }
    }
}
