//! The table of known devices.

use kit::{Error, Result, db::times::instant};
use sea_orm::{
    ActiveValue::Set, QueryFilter, QueryOrder, entity::prelude::*, sea_query::OnConflict,
};
use types::ids::UserId;

use super::Device;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "known_devices")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) user_id: String,
        pub(super) token_sha256: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) previous_sha256: Option<String>,
        pub(super) create_micros: i64,
        pub(super) last_use_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Returns the devices of a person, the one used last first.
pub(super) async fn of_user(db: &impl ConnectionTrait, user: &UserId) -> Result<Vec<Device>> {
    let rows = row::Entity::find()
        .filter(row::Column::UserId.eq(user.as_str()))
        .order_by_desc(row::Column::LastUseMicros)
        .order_by_desc(row::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Device::try_from).collect()
}

/// Writes a device, new or known.
pub(super) async fn put(db: &impl ConnectionTrait, it: &Device) -> Result<()> {
    use row::Column::{Id, LastUseMicros, PreviousSha256, TokenSha256};
    let row = row::ActiveModel {
        id: Set(it.id.clone()),
        user_id: Set(it.user.as_str().into()),
        token_sha256: Set(it.token_sha256.clone()),
        previous_sha256: Set(it.previous_sha256.clone()),
        create_micros: Set(it.create_time.timestamp_micros()),
        last_use_micros: Set(it.last_use_time.timestamp_micros()),
    };
    let renew = OnConflict::column(Id)
        .update_columns([TokenSha256, PreviousSha256, LastUseMicros])
        .to_owned();
    row::Entity::insert(row)
        .on_conflict(renew)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(super) async fn remove(db: &impl ConnectionTrait, ids: &[String]) -> Result<()> {
    row::Entity::delete_many()
        .filter(row::Column::Id.is_in(ids.iter().map(String::as_str)))
        .exec(db)
        .await?;
    Ok(())
}

impl TryFrom<row::Model> for Device {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: row.id,
            user: UserId::new(&row.user_id).map_err(Error::internal)?,
            token_sha256: row.token_sha256,
            previous_sha256: row.previous_sha256,
            create_time: instant(row.create_micros)?,
            last_use_time: instant(row.last_use_micros)?,
        })
    }
}
