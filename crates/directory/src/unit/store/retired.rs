//! Names of units that were taken back. They are never used again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{Error, Result};
use sea_orm::{QueryFilter, QuerySelect, entity::prelude::*};
use types::ids::{ReorganizationId, UnitId};

use super::{ROWS, read_id};
use crate::bulk::{self, Kind, Table};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "retired_units")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        pub(super) reorganization_id: String,
        pub(super) retire_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const RETIRED: Table<3> = Table {
    name: "retired_units",
    columns: [
        ("unit_id", Kind::Text),
        ("reorganization_id", Kind::Text),
        ("retire_micros", Kind::Number),
    ],
};

/// Keeps names from being used again.
pub(crate) async fn retire(
    db: &impl ConnectionTrait,
    units: &BTreeSet<UnitId>,
    by: &ReorganizationId,
    now: DateTime<Utc>,
) -> Result<()> {
    let micros = now.timestamp_micros();
    let rows = units
        .iter()
        .map(|it| [it.as_str().into(), by.as_str().into(), micros.into()]);
    bulk::insert(db, &RETIRED, rows).await
}

/// Returns all names that are not used again.
pub(crate) async fn retired(db: &impl ConnectionTrait) -> Result<BTreeSet<UnitId>> {
    let ids: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    ids.iter().map(|it| read_id(it)).collect()
}

/// Returns which of some names are not used again, and who took the unit back.
pub(crate) async fn retired_among(
    db: &impl ConnectionTrait,
    units: &[UnitId],
) -> Result<BTreeMap<UnitId, ReorganizationId>> {
    let mut found = BTreeMap::new();
    for some in units.chunks(ROWS) {
        let rows = row::Entity::find()
            .filter(row::Column::UnitId.is_in(some.iter().map(UnitId::as_str)))
            .all(db)
            .await?;
        for row in rows {
            let by = ReorganizationId::new(&row.reorganization_id).map_err(Error::internal)?;
            found.insert(read_id(&row.unit_id)?, by);
        }
    }
    Ok(found)
}
