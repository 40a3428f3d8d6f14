//! The grants table.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::{
    ids::{RoleGrantId, UnitId, UserId},
    validity::Validity,
};

use super::Grant;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_grants")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) user_id: String,
        pub(super) role: String,
        pub(super) scope_unit: Option<String>,
        pub(super) include_subtree: bool,
        pub(super) start_date: Date,
        pub(super) end_date: Option<Date>,
        pub(super) reason: String,
        pub(super) granted_by: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, grant: &Grant) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(grant.id.as_str().into()),
        user_id: Set(grant.user.as_str().into()),
        role: Set(grant.role.clone()),
        scope_unit: Set(grant.scope.as_ref().map(|it| it.as_str().into())),
        include_subtree: Set(grant.include_subtree),
        start_date: Set(grant.validity.start()),
        end_date: Set(grant.validity.end()),
        reason: Set(grant.reason.clone()),
        granted_by: Set(grant.granted_by.clone()),
        create_micros: Set(grant.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("ROLE_GRANT", &grant.id)))?;
    Ok(())
}

/// Returns every grant a person was ever given.
pub(super) async fn of_user(db: &impl ConnectionTrait, user: &UserId) -> Result<Vec<Grant>> {
    let rows = row::Entity::find()
        .filter(row::Column::UserId.eq(user.as_str()))
        .all(db)
        .await?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// Returns one of the grants on some units, if there is any.
pub(crate) async fn one_on(
    db: &impl ConnectionTrait,
    units: &[UnitId],
) -> Result<Option<RoleGrantId>> {
    let row = row::Entity::find()
        .filter(row::Column::ScopeUnit.is_in(units.iter().map(UnitId::as_str)))
        .one(db)
        .await?;
    row.map(|it| RoleGrantId::new(&it.id).map_err(Error::internal))
        .transpose()
}

/// Returns grants on one unit, or on all units, ordered by id.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    scope: Option<&UnitId>,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Grant>> {
    let mut query = row::Entity::find()
        .order_by_asc(row::Column::Id)
        .limit(limit);
    query = match scope {
        Some(scope) => query.filter(row::Column::ScopeUnit.eq(scope.as_str())),
        None => query.filter(row::Column::ScopeUnit.is_null()),
    };
    if let Some(after) = after {
        query = query.filter(row::Column::Id.gt(after));
    }
    query
        .all(db)
        .await?
        .into_iter()
        .map(Grant::try_from)
        .collect()
}

impl TryFrom<row::Model> for Grant {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: RoleGrantId::new(&row.id).map_err(Error::internal)?,
            user: UserId::new(&row.user_id).map_err(Error::internal)?,
            role: row.role,
            scope: row
                .scope_unit
                .map(|it| UnitId::new(&it))
                .transpose()
                .map_err(Error::internal)?,
            include_subtree: row.include_subtree,
            validity: Validity::new(row.start_date, row.end_date).map_err(Error::internal)?,
            reason: row.reason,
            granted_by: row.granted_by,
            create_time: instant(row.create_micros)?,
        })
    }
}
