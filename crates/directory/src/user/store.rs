//! The tables of people, posts and one-time secrets.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*, sea_query::OnConflict,
};
use types::{
    ids::{UnitId, UserId},
    validity::Validity,
};

use super::{Position, PositionKey, User};

mod user {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) display_name: String,
        pub(super) home_unit: Option<String>,
        pub(super) password_hash: Option<String>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) suspend_reason: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod enrollment {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "enrollments")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) user_id: String,
        pub(super) secret_sha256: String,
        pub(super) expire_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod position {
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
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, user: &User) -> Result<()> {
    let row = user::ActiveModel {
        id: Set(user.id.as_str().into()),
        display_name: Set(user.display_name.clone()),
        home_unit: Set(user.home_unit.as_ref().map(|it| it.as_str().into())),
        password_hash: Set(None),
        create_micros: Set(user.create_time.timestamp_micros()),
        update_micros: Set(user.update_time.timestamp_micros()),
        version: Set(user.version),
        suspend_reason: Set(None),
    };
    user::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("USER", &user.id)))?;
    Ok(())
}

/// Says whether there is anybody at all.
pub(crate) async fn any(db: &impl ConnectionTrait) -> Result<bool> {
    Ok(user::Entity::find().limit(1).one(db).await?.is_some())
}

/// Returns one person.
pub(crate) async fn find(db: &impl ConnectionTrait, id: &UserId) -> Result<Option<User>> {
    let row = user::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(User::try_from).transpose()
}

/// Keeps everybody else from changing a person until the end of the transaction.
pub(crate) async fn lock(db: &impl ConnectionTrait, id: &UserId) -> Result<()> {
    user::Entity::update_many()
        .col_expr(user::Column::Version, Expr::col(user::Column::Version))
        .filter(user::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Writes whether a person is suspended.
pub(super) async fn set_suspended(db: &impl ConnectionTrait, user: &User) -> Result<()> {
    user::Entity::update_many()
        .col_expr(
            user::Column::SuspendReason,
            Expr::value(user.suspended.clone()),
        )
        .col_expr(
            user::Column::UpdateMicros,
            Expr::value(user.update_time.timestamp_micros()),
        )
        .col_expr(user::Column::Version, Expr::value(user.version))
        .filter(user::Column::Id.eq(user.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the hash of a person's password, if one is set.
pub(crate) async fn password_hash(
    db: &impl ConnectionTrait,
    id: &UserId,
) -> Result<Option<String>> {
    let row = user::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    Ok(row.and_then(|it| it.password_hash))
}

/// Sets a person's password hash, unless one is set already.
pub(crate) async fn set_password(
    db: &impl ConnectionTrait,
    id: &UserId,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let changed = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(hash))
        .col_expr(
            user::Column::UpdateMicros,
            Expr::value(now.timestamp_micros()),
        )
        .col_expr(
            user::Column::Version,
            Expr::col(user::Column::Version).add(1),
        )
        .filter(user::Column::Id.eq(id.as_str()))
        .filter(user::Column::PasswordHash.is_null())
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Puts a one-time secret in the place of the one before.
pub(super) async fn put_enrollment(
    db: &impl ConnectionTrait,
    user: &UserId,
    secret_sha256: &str,
    expires: DateTime<Utc>,
) -> Result<()> {
    let row = enrollment::ActiveModel {
        user_id: Set(user.as_str().into()),
        secret_sha256: Set(secret_sha256.into()),
        expire_micros: Set(expires.timestamp_micros()),
    };
    let replace = OnConflict::column(enrollment::Column::UserId)
        .update_columns([
            enrollment::Column::SecretSha256,
            enrollment::Column::ExpireMicros,
        ])
        .to_owned();
    enrollment::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Uses a one-time secret up; false when it is wrong, used or too old.
pub(crate) async fn use_enrollment(
    db: &impl ConnectionTrait,
    user: &UserId,
    secret_sha256: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let used = enrollment::Entity::delete_many()
        .filter(enrollment::Column::UserId.eq(user.as_str()))
        .filter(enrollment::Column::SecretSha256.eq(secret_sha256))
        .filter(enrollment::Column::ExpireMicros.gt(now.timestamp_micros()))
        .exec(db)
        .await?;
    Ok(used.rows_affected == 1)
}

pub(super) async fn insert_position(db: &impl ConnectionTrait, position: &Position) -> Result<()> {
    let row = position::ActiveModel {
        unit_id: Set(position.key.unit.as_str().into()),
        id: Set(position.key.id.clone()),
        user_id: Set(position.user.as_str().into()),
        title: Set(position.title.clone()),
        signing_lines: Set(serde_json::to_string(&position.signing_lines).map_err(Error::internal)?),
        start_date: Set(position.validity.start()),
        end_date: Set(position.validity.end()),
        create_micros: Set(position.create_time.timestamp_micros()),
    };
    position::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("POSITION", position.key.name())))?;
    Ok(())
}

/// Returns the name of a person or a post of some units, if there is any.
pub(crate) async fn one_in(db: &impl ConnectionTrait, units: &[UnitId]) -> Result<Option<String>> {
    let wanted = || units.iter().map(UnitId::as_str);
    let user = user::Entity::find()
        .filter(user::Column::HomeUnit.is_in(wanted()))
        .one(db)
        .await?;
    if let Some(user) = user {
        return Ok(Some(format!("{}/{}", UserId::COLLECTION, user.id)));
    }
    let post = position::Entity::find()
        .filter(position::Column::UnitId.is_in(wanted()))
        .one(db)
        .await?;
    Ok(post.map(|it| format!("units/{}/positions/{}", it.unit_id, it.id)))
}

pub(super) async fn find_position(
    db: &impl ConnectionTrait,
    key: &PositionKey,
) -> Result<Option<Position>> {
    let id = (key.unit.as_str().to_owned(), key.id.clone());
    match position::Entity::find_by_id(id).one(db).await? {
        Some(row) => Ok(with_holders(db, vec![row]).await?.pop()),
        None => Ok(None),
    }
}

pub(super) async fn list_positions(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    day: NaiveDate,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Position>> {
    use position::Column::{EndDate, Id, StartDate, UnitId as Unit};
    let mut query = position::Entity::find()
        .filter(Unit.eq(unit.as_str()))
        .filter(StartDate.lte(day))
        .filter(Condition::any().add(EndDate.is_null()).add(EndDate.gt(day)))
        .order_by_asc(Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(Id.gt(after));
    }
    with_holders(db, query.all(db).await?).await
}

/// Reads posts with the names of the people who hold them.
async fn with_holders(
    db: &impl ConnectionTrait,
    rows: Vec<position::Model>,
) -> Result<Vec<Position>> {
    let ids: BTreeSet<_> = rows.iter().map(|it| it.user_id.clone()).collect();
    let holders = user::Entity::find()
        .filter(user::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let names: BTreeMap<_, _> = holders
        .into_iter()
        .map(|it| (it.id, it.display_name))
        .collect();
    rows.into_iter()
        .map(|row| Position::read(row, &names))
        .collect()
}

impl TryFrom<user::Model> for User {
    type Error = Error;

    fn try_from(row: user::Model) -> Result<Self> {
        Ok(Self {
            id: UserId::new(&row.id).map_err(Error::internal)?,
            display_name: row.display_name,
            home_unit: row
                .home_unit
                .map(|it| UnitId::new(&it))
                .transpose()
                .map_err(Error::internal)?,
            is_enrolled: row.password_hash.is_some(),
            suspended: row.suspend_reason,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl Position {
    fn read(row: position::Model, names: &BTreeMap<String, String>) -> Result<Self> {
        Ok(Self {
            holder: names.get(&row.user_id).cloned().unwrap_or_default(),
            key: PositionKey {
                unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
                id: row.id,
            },
            user: UserId::new(&row.user_id).map_err(Error::internal)?,
            title: row.title,
            signing_lines: serde_json::from_str(&row.signing_lines).map_err(Error::internal)?,
            validity: Validity::new(row.start_date, row.end_date).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}
