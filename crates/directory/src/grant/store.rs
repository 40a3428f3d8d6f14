//! The grants table.

use std::collections::{BTreeMap, BTreeSet};

use kit::{
    Error, Result,
    access::book::GrantFact,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::{
    ids::{Principal, RoleGrantId, UnitId},
    validity::Validity,
};

use super::{Grant, Revocation};
use crate::{
    feed::{self, Changed},
    role::ADMINISTRATOR,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_grants")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) principal: String,
        pub(super) role: String,
        pub(super) scope_unit: Option<String>,
        pub(super) include_subtree: bool,
        pub(super) start_date: Date,
        pub(super) end_date: Option<Date>,
        pub(super) reason: String,
        pub(super) granted_by: String,
        pub(super) create_micros: i64,
        pub(super) revoke_micros: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) revoked_by: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) revoke_reason: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, grant: &Grant) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(grant.id.as_str().into()),
        principal: Set(grant.principal.name()),
        role: Set(grant.role.clone()),
        scope_unit: Set(grant.scope.as_ref().map(|it| it.as_str().into())),
        include_subtree: Set(grant.include_subtree),
        start_date: Set(grant.validity.start()),
        end_date: Set(grant.validity.end()),
        reason: Set(grant.reason.clone()),
        granted_by: Set(grant.granted_by.clone()),
        create_micros: Set(grant.create_time.timestamp_micros()),
        revoke_micros: Set(None),
        revoked_by: Set(None),
        revoke_reason: Set(None),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("ROLE_GRANT", &grant.id)))?;
    feed::append(db, [Changed::Grant(grant.id.clone())]).await?;
    Ok(())
}

/// Keeps everybody else from changing a grant until the end of the transaction.
pub(super) async fn lock(db: &impl ConnectionTrait, id: &RoleGrantId) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::Reason, Expr::col(row::Column::Reason))
        .filter(row::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(db: &impl ConnectionTrait, id: &RoleGrantId) -> Result<Option<Grant>> {
    let row = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(Grant::try_from).transpose()
}

/// Writes the end of a grant.
pub(super) async fn set_revoked(
    db: &impl ConnectionTrait,
    id: &RoleGrantId,
    revocation: &Revocation,
) -> Result<()> {
    use row::Column::{Id, RevokeMicros, RevokeReason, RevokedBy};
    row::Entity::update_many()
        .col_expr(
            RevokeMicros,
            Expr::value(revocation.time.timestamp_micros()),
        )
        .col_expr(RevokedBy, Expr::value(revocation.by.as_str()))
        .col_expr(RevokeReason, Expr::value(revocation.reason.as_str()))
        .filter(Id.eq(id.as_str()))
        .exec(db)
        .await?;
    feed::append(db, [Changed::Grant(id.clone())]).await?;
    Ok(())
}

/// Returns what decides of grants that were not revoked: of some, or of all.
pub(crate) async fn unrevoked(
    db: &impl ConnectionTrait,
    ids: Option<&BTreeSet<RoleGrantId>>,
) -> Result<BTreeMap<RoleGrantId, GrantFact>> {
    let mut query = row::Entity::find().filter(row::Column::RevokeMicros.is_null());
    if let Some(ids) = ids {
        query = query.filter(row::Column::Id.is_in(ids.iter().map(RoleGrantId::as_str)));
    }
    let mut facts = BTreeMap::new();
    for row in query.all(db).await? {
        let grant = Grant::try_from(row)?;
        facts.insert(grant.id.clone(), grant.into());
    }
    Ok(facts)
}

/// Returns every grant of some roles on all units or on one of some units.
pub(super) async fn of_roles(
    db: &impl ConnectionTrait,
    roles: &[&str],
    units: &[UnitId],
) -> Result<Vec<Grant>> {
    use row::Column::{Id, Role, ScopeUnit};
    let units = units.iter().map(UnitId::as_str);
    let rows = row::Entity::find()
        .filter(Role.is_in(roles.iter().copied()))
        .filter(
            Condition::any()
                .add(ScopeUnit.is_null())
                .add(ScopeUnit.is_in(units)),
        )
        .order_by_asc(Id)
        .all(db)
        .await?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// Returns the grants over all units of the role that gives roles, those that were not revoked.
pub(super) async fn of_administrators(db: &impl ConnectionTrait) -> Result<Vec<Grant>> {
    use row::Column::{IncludeSubtree, RevokeMicros, Role, ScopeUnit};
    let rows = row::Entity::find()
        .filter(Role.eq(ADMINISTRATOR))
        .filter(ScopeUnit.is_null())
        .filter(IncludeSubtree.eq(true))
        .filter(RevokeMicros.is_null())
        .all(db)
        .await?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// Returns every grant a principal was ever given.
pub(super) async fn of_principal(
    db: &impl ConnectionTrait,
    principal: &Principal,
) -> Result<Vec<Grant>> {
    let rows = row::Entity::find()
        .filter(row::Column::Principal.eq(principal.name()))
        .order_by_asc(row::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Grant::try_from).collect()
}

/// Returns the units on which a principal was ever given a role; `None` stands for all.
pub(crate) async fn scopes_of(
    db: &impl ConnectionTrait,
    principal: &Principal,
) -> Result<Vec<Option<UnitId>>> {
    Ok(of_principal(db, principal)
        .await?
        .into_iter()
        .map(|it| it.scope)
        .collect())
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
        let revocation = match row.revoke_micros {
            Some(micros) => Some(Revocation {
                time: instant(micros)?,
                by: row.revoked_by.unwrap_or_default(),
                reason: row.revoke_reason.unwrap_or_default(),
            }),
            None => None,
        };
        Ok(Self {
            revocation,
            id: RoleGrantId::new(&row.id).map_err(Error::internal)?,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
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
