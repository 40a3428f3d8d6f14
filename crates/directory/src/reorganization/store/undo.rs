//! What units were before a reorganisation, kept as long as it can be taken back.

use super::*;
use crate::unit::history::History;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reorganization_undo")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) reorganization_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        pub(super) version_after: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) before: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A unit before it was changed; nothing when it is new.
pub(in crate::reorganization) struct Before {
    pub(in crate::reorganization) unit: UnitId,
    pub(in crate::reorganization) version_after: i64,
    pub(in crate::reorganization) before: Option<History>,
}

pub(in crate::reorganization) async fn keep_before(
    db: &impl ConnectionTrait,
    id: &ReorganizationId,
    units: &Histories,
    changed: &Histories,
) -> Result<()> {
    let mut rows = Vec::new();
    for (unit, after) in changed {
        rows.push(row::ActiveModel {
            reorganization_id: Set(id.as_str().into()),
            unit_id: Set(unit.as_str().into()),
            version_after: Set(after.version),
            before: Set(units.get(unit).map(json).transpose()?),
        });
    }
    insert_rows(db, rows.into_iter()).await
}

pub(in crate::reorganization) async fn before(
    db: &impl ConnectionTrait,
    id: &ReorganizationId,
) -> Result<Vec<Before>> {
    let rows = row::Entity::find()
        .filter(row::Column::ReorganizationId.eq(id.as_str()))
        .order_by_asc(row::Column::UnitId)
        .all(db)
        .await?;
    let read = |row: row::Model| {
        let before = row.before.as_deref().map(serde_json::from_str);
        Ok(Before {
            unit: read_unit(&row.unit_id)?,
            version_after: row.version_after,
            before: before.transpose().map_err(Error::internal)?,
        })
    };
    rows.into_iter().map(read).collect()
}

pub(in crate::reorganization) async fn forget_before(
    db: &impl ConnectionTrait,
    id: &ReorganizationId,
) -> Result<()> {
    row::Entity::delete_many()
        .filter(row::Column::ReorganizationId.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}
