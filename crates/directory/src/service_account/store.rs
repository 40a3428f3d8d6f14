//! The tables of machines and their keys.

use chrono::{DateTime, Utc};
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, ExprTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use serde::{Serialize, de::DeserializeOwned};
use types::ids::{ServiceAccountId, UnitId};

use super::{
    ServiceAccount,
    key::{Key, KeyName, Proof},
};

mod account {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "service_accounts")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) display_name: String,
        pub(super) owner_unit: String,
        pub(super) contact: String,
        pub(super) scopes: String,
        pub(super) allowed_networks: String,
        pub(super) expire_micros: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) disable_reason: Option<String>,
        pub(super) last_use_micros: Option<i64>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod key {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "service_account_keys")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) account_id: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) public_jwk: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) secret_sha256: Option<String>,
        pub(super) expire_micros: i64,
        pub(super) last_use_micros: Option<i64>,
        pub(super) revoke_micros: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) revoke_reason: Option<String>,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn optional_instant(micros: Option<i64>) -> Result<Option<DateTime<Utc>>> {
    micros.map(instant).transpose()
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &ServiceAccount) -> Result<()> {
    let row = account::ActiveModel {
        id: Set(it.id.as_str().into()),
        display_name: Set(it.display_name.clone()),
        owner_unit: Set(it.owner_unit.as_str().into()),
        contact: Set(it.contact.clone()),
        scopes: Set(json(&it.scopes)?),
        allowed_networks: Set(json(&it.allowed_networks)?),
        expire_micros: Set(it.expire_time.timestamp_micros()),
        disable_reason: Set(it.disabled.clone()),
        last_use_micros: Set(None),
        create_micros: Set(it.create_time.timestamp_micros()),
        update_micros: Set(it.update_time.timestamp_micros()),
        version: Set(it.version),
    };
    account::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("SERVICE_ACCOUNT", &it.id)))?;
    Ok(())
}

/// Returns one machine.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: &ServiceAccountId,
) -> Result<Option<ServiceAccount>> {
    let row = account::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(ServiceAccount::try_from).transpose()
}

/// Returns one of the machines that some units answer for, if there is any.
pub(crate) async fn one_of(
    db: &impl ConnectionTrait,
    units: &[UnitId],
) -> Result<Option<ServiceAccountId>> {
    let row = account::Entity::find()
        .filter(account::Column::OwnerUnit.is_in(units.iter().map(UnitId::as_str)))
        .one(db)
        .await?;
    row.map(|it| ServiceAccountId::new(&it.id).map_err(Error::internal))
        .transpose()
}

/// Returns the machines that are neither disabled nor expired, and got no token and were not
/// changed after a time.
pub(super) async fn unused_since(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<ServiceAccountId>> {
    use account::Column::{DisableReason, ExpireMicros, Id, LastUseMicros, UpdateMicros};
    let since = since.timestamp_micros();
    let never_or_before = LastUseMicros.is_null().or(LastUseMicros.lte(since));
    let ids: Vec<String> = account::Entity::find()
        .select_only()
        .column(Id)
        .filter(DisableReason.is_null())
        .filter(ExpireMicros.gt(now.timestamp_micros()))
        .filter(UpdateMicros.lte(since))
        .filter(never_or_before)
        .order_by_asc(Id)
        .into_tuple()
        .all(db)
        .await?;
    let read = |id: &String| ServiceAccountId::new(id).map_err(Error::internal);
    ids.iter().map(read).collect()
}

/// Keeps everybody else from changing a machine until the end of the transaction.
pub(crate) async fn lock(db: &impl ConnectionTrait, id: &ServiceAccountId) -> Result<()> {
    account::Entity::update_many()
        .col_expr(
            account::Column::Version,
            Expr::col(account::Column::Version),
        )
        .filter(account::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the machines of a unit, or all, ordered by id.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    owner_unit: Option<&UnitId>,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<ServiceAccount>> {
    let mut query = account::Entity::find()
        .order_by_asc(account::Column::Id)
        .limit(limit);
    if let Some(unit) = owner_unit {
        query = query.filter(account::Column::OwnerUnit.eq(unit.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(account::Column::Id.gt(after));
    }
    let rows = query.all(db).await?;
    rows.into_iter().map(ServiceAccount::try_from).collect()
}

/// Writes whether a machine is disabled, and until when it lives.
pub(super) async fn set_state(db: &impl ConnectionTrait, it: &ServiceAccount) -> Result<()> {
    use account::Column::{DisableReason, ExpireMicros, Id, UpdateMicros, Version};
    account::Entity::update_many()
        .col_expr(DisableReason, Expr::value(it.disabled.clone()))
        .col_expr(ExpireMicros, Expr::value(it.expire_time.timestamp_micros()))
        .col_expr(UpdateMicros, Expr::value(it.update_time.timestamp_micros()))
        .col_expr(Version, Expr::value(it.version))
        .filter(Id.eq(it.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn insert_key(db: &impl ConnectionTrait, it: &Key) -> Result<()> {
    let (public_jwk, secret_sha256) = match &it.proof {
        Proof::PublicJwk(jwk) => (Some(json(jwk)?), None),
        Proof::SharedSecret { sha256 } => (None, Some(sha256.clone())),
    };
    let row = key::ActiveModel {
        id: Set(it.name.id.clone()),
        account_id: Set(it.name.account.as_str().into()),
        public_jwk: Set(public_jwk),
        secret_sha256: Set(secret_sha256),
        expire_micros: Set(it.expire_time.timestamp_micros()),
        last_use_micros: Set(None),
        revoke_micros: Set(None),
        revoke_reason: Set(None),
        create_micros: Set(it.create_time.timestamp_micros()),
    };
    key::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn find_key(db: &impl ConnectionTrait, id: &str) -> Result<Option<Key>> {
    let row = key::Entity::find_by_id(id.to_owned()).one(db).await?;
    row.map(Key::try_from).transpose()
}

/// Returns all keys of a machine, the oldest first.
pub(crate) async fn keys_of(
    db: &impl ConnectionTrait,
    account: &ServiceAccountId,
) -> Result<Vec<Key>> {
    let rows = key::Entity::find()
        .filter(key::Column::AccountId.eq(account.as_str()))
        .order_by_asc(key::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Key::try_from).collect()
}

/// Returns the keys of a machine, ordered by id.
pub(super) async fn list_keys(
    db: &impl ConnectionTrait,
    account: &ServiceAccountId,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Key>> {
    let mut query = key::Entity::find()
        .filter(key::Column::AccountId.eq(account.as_str()))
        .order_by_asc(key::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(key::Column::Id.gt(after));
    }
    let rows = query.all(db).await?;
    rows.into_iter().map(Key::try_from).collect()
}

/// Writes the end of a key.
pub(super) async fn set_revoked(db: &impl ConnectionTrait, it: &Key) -> Result<()> {
    let (time, reason) = match &it.revoked {
        Some((time, reason)) => (Some(time.timestamp_micros()), Some(reason.clone())),
        None => (None, None),
    };
    key::Entity::update_many()
        .col_expr(key::Column::RevokeMicros, Expr::value(time))
        .col_expr(key::Column::RevokeReason, Expr::value(reason))
        .filter(key::Column::Id.eq(it.name.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Writes that a machine got a token for a key. That is no change of either.
pub(crate) async fn note_use(
    db: &impl ConnectionTrait,
    it: &KeyName,
    now: DateTime<Utc>,
) -> Result<()> {
    let now = now.timestamp_micros();
    account::Entity::update_many()
        .col_expr(account::Column::LastUseMicros, Expr::value(now))
        .filter(account::Column::Id.eq(it.account.as_str()))
        .exec(db)
        .await?;
    key::Entity::update_many()
        .col_expr(key::Column::LastUseMicros, Expr::value(now))
        .filter(key::Column::Id.eq(it.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

impl TryFrom<account::Model> for ServiceAccount {
    type Error = Error;

    fn try_from(row: account::Model) -> Result<Self> {
        Ok(Self {
            id: ServiceAccountId::new(&row.id).map_err(Error::internal)?,
            display_name: row.display_name,
            owner_unit: UnitId::new(&row.owner_unit).map_err(Error::internal)?,
            contact: row.contact,
            scopes: read(&row.scopes)?,
            allowed_networks: read(&row.allowed_networks)?,
            expire_time: instant(row.expire_micros)?,
            disabled: row.disable_reason,
            last_use_time: optional_instant(row.last_use_micros)?,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl TryFrom<key::Model> for Key {
    type Error = Error;

    fn try_from(row: key::Model) -> Result<Self> {
        let proof = match (row.public_jwk, row.secret_sha256) {
            (Some(jwk), None) => Proof::PublicJwk(read(&jwk)?),
            (None, Some(sha256)) => Proof::SharedSecret { sha256 },
            _ => return Err(Error::internal("a key of a machine proves nothing")),
        };
        let revoked = optional_instant(row.revoke_micros)?;
        Ok(Self {
            name: KeyName {
                account: ServiceAccountId::new(&row.account_id).map_err(Error::internal)?,
                id: row.id,
            },
            proof,
            expire_time: instant(row.expire_micros)?,
            last_use_time: optional_instant(row.last_use_micros)?,
            revoked: revoked.map(|it| (it, row.revoke_reason.unwrap_or_default())),
            create_time: instant(row.create_micros)?,
        })
    }
}
