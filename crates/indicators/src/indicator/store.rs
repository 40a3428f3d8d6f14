//! The indicator table; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::{IndicatorId, UnitId};

use super::{Definition, Indicator, ValueKind};
use crate::code::Code;

mod indicator {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicators")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) display_name: String,
        pub(super) value_kind: String,
        pub(super) measure_unit: String,
        pub(super) accumulation: String,
        pub(super) unit_aggregation: String,
        pub(super) period_aggregation: String,
        pub(super) direction: String,
        pub(super) description: String,
        pub(super) owner_unit_id: String,
        pub(super) legal_basis: String,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, indicator: &Indicator) -> Result<()> {
    let definition = &indicator.definition;
    let row = indicator::ActiveModel {
        id: Set(indicator.id.as_str().into()),
        display_name: Set(definition.display_name.clone()),
        value_kind: Set(definition.value_kind.code().into()),
        measure_unit: Set(definition.measure_unit.clone()),
        accumulation: Set(definition.accumulation.code().into()),
        unit_aggregation: Set(definition.unit_aggregation.code().into()),
        period_aggregation: Set(definition.period_aggregation.code().into()),
        direction: Set(definition.direction.code().into()),
        description: Set(definition.description.clone()),
        owner_unit_id: Set(definition.owner_unit.as_str().into()),
        legal_basis: Set(definition.legal_basis.clone()),
        create_micros: Set(indicator.create_time.timestamp_micros()),
        update_micros: Set(indicator.update_time.timestamp_micros()),
        version: Set(indicator.version),
    };
    indicator::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("INDICATOR", &indicator.id)))?;
    Ok(())
}

pub(super) async fn find(db: &impl ConnectionTrait, id: &IndicatorId) -> Result<Option<Indicator>> {
    let found = indicator::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    found.map(Indicator::try_from).transpose()
}

/// Returns indicators in the order of their ids, only the named ones when some are.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    ids: &[&str],
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Indicator>> {
    let mut query = indicator::Entity::find();
    if !ids.is_empty() {
        query = query.filter(indicator::Column::Id.is_in(ids.iter().copied()));
    }
    if let Some(after) = after {
        query = query.filter(indicator::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(indicator::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Indicator::try_from).collect()
}

/// Returns which of the indicators there are, and the kind of their figures.
pub(crate) async fn kinds(
    db: &impl ConnectionTrait,
    ids: &[&IndicatorId],
) -> Result<Vec<(IndicatorId, ValueKind)>> {
    let rows: Vec<(String, String)> = indicator::Entity::find()
        .select_only()
        .columns([indicator::Column::Id, indicator::Column::ValueKind])
        .filter(indicator::Column::Id.is_in(ids.iter().map(|it| it.as_str())))
        .into_tuple()
        .all(db)
        .await?;
    rows.iter()
        .map(|(id, kind)| Ok((read_id(id)?, ValueKind::read(kind)?)))
        .collect()
}

fn read_id(id: &str) -> Result<IndicatorId> {
    IndicatorId::new(id).map_err(Error::internal)
}

impl TryFrom<indicator::Model> for Indicator {
    type Error = Error;

    fn try_from(row: indicator::Model) -> Result<Self> {
        Ok(Self {
            id: read_id(&row.id)?,
            definition: Definition {
                display_name: row.display_name,
                value_kind: Code::read(&row.value_kind)?,
                measure_unit: row.measure_unit,
                accumulation: Code::read(&row.accumulation)?,
                unit_aggregation: Code::read(&row.unit_aggregation)?,
                period_aggregation: Code::read(&row.period_aggregation)?,
                direction: Code::read(&row.direction)?,
                description: row.description,
                owner_unit: UnitId::new(&row.owner_unit_id).map_err(Error::internal)?,
                legal_basis: row.legal_basis,
            },
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
