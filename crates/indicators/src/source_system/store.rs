//! The table of source systems; the only file that knows its columns.

use std::collections::BTreeMap;

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*, sea_query::Expr,
};
use types::ids::{Principal, ServiceAccountId, SourceSystemId, UnitId};

use super::{Content, SourceSystem};

mod system {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "source_systems")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) display_name: String,
        pub(super) owner_unit_id: String,
        pub(super) connector_id: Option<String>,
        pub(super) description: String,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, system: &SourceSystem) -> Result<()> {
    system::Entity::insert(active(system))
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("SOURCE_SYSTEM", &system.id)))?;
    Ok(())
}

/// Writes a system over; the caller holds its lock.
pub(super) async fn update(db: &impl ConnectionTrait, system: &SourceSystem) -> Result<()> {
    system::Entity::update_many()
        .set(active(system))
        .filter(system::Column::Id.eq(system.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Keeps everybody else from changing a system until the end of the transaction.
pub(super) async fn lock(db: &impl ConnectionTrait, id: &SourceSystemId) -> Result<()> {
    let version = system::Column::Version;
    system::Entity::update_many()
        .col_expr(version, Expr::col(version))
        .filter(system::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: &SourceSystemId,
) -> Result<Option<SourceSystem>> {
    let found = system::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    found.map(SourceSystem::try_from).transpose()
}

pub(super) async fn list(
    db: &impl ConnectionTrait,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<SourceSystem>> {
    let mut query = system::Entity::find();
    if let Some(after) = after {
        query = query.filter(system::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(system::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(SourceSystem::try_from).collect()
}

/// Returns the machines that may write for these systems.
pub(crate) async fn connectors(
    db: &impl ConnectionTrait,
    ids: &[&SourceSystemId],
) -> Result<BTreeMap<SourceSystemId, Principal>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = system::Entity::find()
        .filter(system::Column::Id.is_in(ids.iter().map(|it| it.as_str())))
        .all(db)
        .await?;
    let mut connectors = BTreeMap::new();
    for row in rows {
        let system = SourceSystem::try_from(row)?;
        if let Some(connector) = system.content.connector {
            connectors.insert(system.id, connector.into());
        }
    }
    Ok(connectors)
}

fn active(system: &SourceSystem) -> system::ActiveModel {
    let content = &system.content;
    let connector = content.connector.as_ref();
    system::ActiveModel {
        id: Set(system.id.as_str().into()),
        display_name: Set(content.display_name.clone()),
        owner_unit_id: Set(content.owner_unit.as_str().into()),
        connector_id: Set(connector.map(|it| it.as_str().into())),
        description: Set(content.description.clone()),
        create_micros: Set(system.create_time.timestamp_micros()),
        update_micros: Set(system.update_time.timestamp_micros()),
        version: Set(system.version),
    }
}

impl TryFrom<system::Model> for SourceSystem {
    type Error = Error;

    fn try_from(row: system::Model) -> Result<Self> {
        let connector = row.connector_id.as_deref().map(ServiceAccountId::new);
        Ok(Self {
            id: SourceSystemId::new(&row.id).map_err(Error::internal)?,
            content: Content {
                display_name: row.display_name,
                owner_unit: UnitId::new(&row.owner_unit_id).map_err(Error::internal)?,
                connector: connector.transpose().map_err(Error::internal)?,
                description: row.description,
            },
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
