//! The table of identities at outside issuers.

use std::collections::BTreeSet;

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::UserId;

use super::{Identity, IdentityName};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "federated_identities")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) user_id: String,
        pub(super) issuer: String,
        pub(super) subject: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &Identity) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(it.name.id.clone()),
        user_id: Set(it.name.user.as_str().into()),
        issuer: Set(it.issuer.clone()),
        subject: Set(it.subject.clone()),
        create_micros: Set(it.create_time.timestamp_micros()),
    };
    // Whom it is linked to is not told: the caller may not be allowed to know him.
    let taken = || Error::taken("IDENTITY", format!("{} {}", it.issuer, it.subject));
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, taken))?;
    Ok(())
}

pub(super) async fn delete(db: &impl ConnectionTrait, name: &IdentityName) -> Result<()> {
    row::Entity::delete_many()
        .filter(row::Column::Id.eq(name.id.as_str()))
        .filter(row::Column::UserId.eq(name.user.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the identities of a person, the oldest first.
pub(super) async fn of_user(db: &impl ConnectionTrait, user: &UserId) -> Result<Vec<Identity>> {
    let rows = row::Entity::find()
        .filter(row::Column::UserId.eq(user.as_str()))
        .order_by_asc(row::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Identity::try_from).collect()
}

/// Returns which of some people have an identity at any of some issuers.
pub(crate) async fn linked_among(
    db: &impl ConnectionTrait,
    users: &BTreeSet<String>,
    issuers: &[String],
) -> Result<BTreeSet<String>> {
    let linked: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::UserId)
        .filter(row::Column::UserId.is_in(users.iter().map(String::as_str)))
        .filter(row::Column::Issuer.is_in(issuers.iter().map(String::as_str)))
        .into_tuple()
        .all(db)
        .await?;
    Ok(linked.into_iter().collect())
}

/// Returns the person whom an identity is linked to.
pub(crate) async fn find_user(
    db: &impl ConnectionTrait,
    issuer: &str,
    subject: &str,
) -> Result<Option<UserId>> {
    let row = row::Entity::find()
        .filter(row::Column::Issuer.eq(issuer))
        .filter(row::Column::Subject.eq(subject))
        .one(db)
        .await?;
    row.map(|it| UserId::new(&it.user_id).map_err(Error::internal))
        .transpose()
}

impl TryFrom<row::Model> for Identity {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            name: IdentityName {
                user: UserId::new(&row.user_id).map_err(Error::internal)?,
                id: row.id,
            },
            issuer: row.issuer,
            subject: row.subject,
            create_time: instant(row.create_micros)?,
        })
    }
}
