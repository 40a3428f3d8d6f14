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

const UNDO: Table<4> = Table {
    name: "reorganization_undo",
    columns: [
        ("reorganization_id", Column::Text),
        ("unit_id", Column::Text),
        ("version_after", Column::Number),
        ("before", Column::Text),
    ],
};

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
    let mut rows: Vec<[Cell; 4]> = Vec::new();
    for (unit, after) in changed {
        let before = units.get(unit).map(|it| json(&**it)).transpose()?;
        rows.push([
            id.as_str().into(),
            unit.as_str().into(),
            after.version.into(),
            before.into(),
        ]);
    }
    bulk::insert(db, &UNDO, rows.into_iter()).await
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

/// Returns the units that began with one.
pub(in crate::reorganization) async fn begun_with(
    db: &impl ConnectionTrait,
    id: &ReorganizationId,
) -> Result<Vec<UnitId>> {
    let ids: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::UnitId)
        .filter(row::Column::ReorganizationId.eq(id.as_str()))
        .filter(row::Column::Before.is_null())
        .order_by_asc(row::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    ids.iter().map(|it| read_unit(it)).collect()
}

/// Lets what earlier reorganisations left count as unchanged after a later one was taken
/// back: its units are as they were, in a new version. By unit: version before, version
/// now.
pub(in crate::reorganization) async fn follow(
    db: &impl ConnectionTrait,
    versions: &BTreeMap<UnitId, (i64, i64)>,
) -> Result<()> {
    let units: Vec<_> = versions.keys().cloned().collect();
    for some in units.chunks(ROWS) {
        let rows = row::Entity::find()
            .filter(row::Column::UnitId.is_in(some.iter().map(UnitId::as_str)))
            .all(db)
            .await?;
        let mut moved: BTreeMap<String, Vec<row::Model>> = BTreeMap::new();
        for mut row in rows {
            let Some((before, now)) = versions.get(&read_unit(&row.unit_id)?) else {
                continue;
            };
            if row.version_after == *before {
                row.version_after = *now;
                let rows = moved.entry(row.reorganization_id.clone());
                rows.or_default().push(row);
            }
        }
        for (id, rows) in moved {
            let units: Vec<String> = rows.iter().map(|it| it.unit_id.clone()).collect();
            row::Entity::delete_many()
                .filter(row::Column::ReorganizationId.eq(id))
                .filter(row::Column::UnitId.is_in(units))
                .exec(db)
                .await?;
            let rows = rows.into_iter().map(|it| {
                [
                    it.reorganization_id.into(),
                    it.unit_id.into(),
                    it.version_after.into(),
                    it.before.into(),
                ]
            });
            bulk::insert(db, &UNDO, rows).await?;
        }
    }
    Ok(())
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
