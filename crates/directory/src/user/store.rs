//! The tables of people and one-time secrets.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select, entity::prelude::*,
    sea_query::OnConflict,
};
use types::{
    ids::{UnitId, UserId},
    text::fold,
};

use super::{ListUsers, User, UserState};
use crate::position;

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

/// Returns people in order of their ids. Names are searched here and not in the database,
/// because the two disagree on `LIKE`.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    list: &ListUsers,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<User>> {
    let mut query = wanted(list);
    if let Some(after) = after {
        query = query.filter(user::Column::Id.gt(after));
    }
    let rows = if list.search.is_empty() {
        query.limit(limit).all(db).await?
    } else {
        let names: Vec<(String, String)> = query
            .select_only()
            .columns([user::Column::Id, user::Column::DisplayName])
            .into_tuple()
            .all(db)
            .await?;
        let found = names
            .into_iter()
            .filter(|(_, name)| fold(name).contains(&list.search))
            .map(|(id, _)| id);
        let found: Vec<_> = found
            .take(usize::try_from(limit).map_err(Error::internal)?)
            .collect();
        user::Entity::find()
            .filter(user::Column::Id.is_in(found))
            .order_by_asc(user::Column::Id)
            .all(db)
            .await?
    };
    rows.into_iter().map(User::try_from).collect()
}

fn wanted(list: &ListUsers) -> Select<user::Entity> {
    use user::Column::{HomeUnit, PasswordHash, SuspendReason};
    let mut query = user::Entity::find().order_by_asc(user::Column::Id);
    if let Some(unit) = &list.home_unit {
        query = query.filter(HomeUnit.eq(unit.as_str()));
    }
    match list.state {
        None => query,
        Some(UserState::Suspended) => query.filter(SuspendReason.is_not_null()),
        Some(UserState::Active) => query
            .filter(SuspendReason.is_null())
            .filter(PasswordHash.is_not_null()),
        Some(UserState::Invited) => query
            .filter(SuspendReason.is_null())
            .filter(PasswordHash.is_null()),
    }
}

/// Writes the name and the home unit of a person.
pub(super) async fn set_profile(db: &impl ConnectionTrait, it: &User) -> Result<()> {
    use user::Column::{DisplayName, HomeUnit, Id, UpdateMicros, Version};
    let home_unit = it.home_unit.as_ref().map(|it| it.as_str().to_owned());
    user::Entity::update_many()
        .col_expr(DisplayName, Expr::value(it.display_name.as_str()))
        .col_expr(HomeUnit, Expr::value(home_unit))
        .col_expr(UpdateMicros, Expr::value(it.update_time.timestamp_micros()))
        .col_expr(Version, Expr::value(it.version))
        .filter(Id.eq(it.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
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

/// Returns all hashes of passwords, to see what they cost.
pub(crate) async fn password_hashes(db: &impl ConnectionTrait) -> Result<Vec<String>> {
    let hashes: Vec<String> = user::Entity::find()
        .select_only()
        .column(user::Column::PasswordHash)
        .filter(user::Column::PasswordHash.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(hashes)
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

/// Puts a password hash, or none, in the place of the one a person has.
pub(crate) async fn replace_password(
    db: &impl ConnectionTrait,
    id: &UserId,
    hash: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    use user::Column::{Id, PasswordHash, UpdateMicros, Version};
    user::Entity::update_many()
        .col_expr(PasswordHash, Expr::value(hash.map(str::to_owned)))
        .col_expr(UpdateMicros, Expr::value(now.timestamp_micros()))
        .col_expr(Version, Expr::col(Version).add(1))
        .filter(Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Puts another hash of the same password in its place.
pub(crate) async fn rehash_password(
    db: &impl ConnectionTrait,
    id: &UserId,
    hash: &str,
) -> Result<()> {
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(hash))
        .filter(user::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Says whether a one-time secret works.
pub(crate) async fn has_enrollment(
    db: &impl ConnectionTrait,
    user: &UserId,
    secret_sha256: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let row = enrollment::Entity::find_by_id(user.as_str().to_owned())
        .one(db)
        .await?;
    Ok(row.is_some_and(|it| {
        it.secret_sha256 == secret_sha256 && now.timestamp_micros() < it.expire_micros
    }))
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

/// Returns the name of a person or a post of some units, if there is any.
pub(crate) async fn one_in(db: &impl ConnectionTrait, units: &[UnitId]) -> Result<Option<String>> {
    let user = user::Entity::find()
        .filter(user::Column::HomeUnit.is_in(units.iter().map(UnitId::as_str)))
        .one(db)
        .await?;
    if let Some(user) = user {
        return Ok(Some(format!("{}/{}", UserId::COLLECTION, user.id)));
    }
    position::store::one_in(db, units).await
}

/// Returns which of some people are suspended.
pub(super) async fn suspended_among(
    db: &impl ConnectionTrait,
    users: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let suspended: Vec<String> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Id.is_in(users.iter().map(String::as_str)))
        .filter(user::Column::SuspendReason.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(suspended.into_iter().collect())
}

/// Returns which of some people can come in: who is not suspended, and has a password or is one
/// of those who come in otherwise.
pub(crate) async fn able_among(
    db: &impl ConnectionTrait,
    users: &BTreeSet<String>,
    otherwise: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    use user::Column::{Id, PasswordHash, SuspendReason};
    let comes_in = PasswordHash
        .is_not_null()
        .or(Id.is_in(otherwise.iter().map(String::as_str)));
    let able: Vec<String> = user::Entity::find()
        .select_only()
        .column(Id)
        .filter(Id.is_in(users.iter().map(String::as_str)))
        .filter(SuspendReason.is_null())
        .filter(comes_in)
        .into_tuple()
        .all(db)
        .await?;
    Ok(able.into_iter().collect())
}

/// Returns the names of people, by id.
pub(crate) async fn names(
    db: &impl ConnectionTrait,
    ids: BTreeSet<String>,
) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = user::Entity::find()
        .select_only()
        .columns([user::Column::Id, user::Column::DisplayName])
        .filter(user::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
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
            only_known_devices: false,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
