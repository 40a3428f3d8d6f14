//! The tables of figures; the only file that knows their columns.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, ExprTrait, Iterable, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*, sea_query::OnConflict,
};
use types::{
    ids::{IndicatorId, Principal, UnitId, ValueId},
    period::Period,
};

use super::{IndicatorValue, Revision, Source, quantity_row::QuantityRow};
use crate::code::Code;

mod sheet {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "value_sheets")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) period: String,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod value {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_values")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) period: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) indicator_id: String,
        pub(super) revision: i64,
        pub(super) shape: String,
        pub(super) a_units: Option<i64>,
        pub(super) a_scale: Option<i64>,
        pub(super) b_units: Option<i64>,
        pub(super) b_scale: Option<i64>,
        pub(super) stated_units: Option<i64>,
        pub(super) stated_scale: Option<i64>,
        pub(super) absence: Option<String>,
        pub(super) qualifier: String,
        pub(super) choice: Option<String>,
        pub(super) published: Option<String>,
        pub(super) note: String,
        pub(super) source_kind: String,
        pub(super) source_resource: String,
        pub(super) source_external_id: String,
        pub(super) source_observe_micros: Option<i64>,
        pub(super) principal: String,
        pub(super) update_micros: i64,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_value_revisions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) period: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) revision: i64,
        pub(super) shape: String,
        pub(super) a_units: Option<i64>,
        pub(super) a_scale: Option<i64>,
        pub(super) b_units: Option<i64>,
        pub(super) b_scale: Option<i64>,
        pub(super) stated_units: Option<i64>,
        pub(super) stated_scale: Option<i64>,
        pub(super) absence: Option<String>,
        pub(super) qualifier: String,
        pub(super) choice: Option<String>,
        pub(super) published: Option<String>,
        pub(super) note: String,
        pub(super) source_kind: String,
        pub(super) source_resource: String,
        pub(super) source_external_id: String,
        pub(super) source_observe_micros: Option<i64>,
        pub(super) principal: String,
        pub(super) update_micros: i64,
        pub(super) reason: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Both tables hold a figure in the same columns; this reads and writes them once.
macro_rules! figure {
    ($table:ident) => {
        impl $table::ActiveModel {
            fn figure(value: &IndicatorValue) -> Self {
                let row = QuantityRow::from(&value.quantity);
                let source = &value.source;
                let observe_micros = source.observe_time.map(|it| it.timestamp_micros());
                Self {
                    unit_id: Set(value.id.unit.as_str().into()),
                    period: Set(value.id.period.to_string()),
                    indicator_id: Set(value.id.indicator.as_str().into()),
                    revision: Set(value.revision),
                    shape: Set(row.shape),
                    a_units: Set(row.a_units),
                    a_scale: Set(row.a_scale),
                    b_units: Set(row.b_units),
                    b_scale: Set(row.b_scale),
                    stated_units: Set(row.stated_units),
                    stated_scale: Set(row.stated_scale),
                    absence: Set(row.absence),
                    qualifier: Set(row.qualifier),
                    choice: Set(row.choice),
                    published: Set(row.published),
                    note: Set(value.note.clone()),
                    source_kind: Set(source.kind.code().into()),
                    source_resource: Set(source.resource.clone()),
                    source_external_id: Set(source.external_id.clone()),
                    source_observe_micros: Set(observe_micros),
                    principal: Set(value.principal.name()),
                    update_micros: Set(value.update_time.timestamp_micros()),
                    ..Default::default()
                }
            }
        }

        impl $table::Model {
            fn read(self, create_time: DateTime<Utc>) -> Result<IndicatorValue> {
                let quantity = QuantityRow {
                    shape: self.shape,
                    a_units: self.a_units,
                    a_scale: self.a_scale,
                    b_units: self.b_units,
                    b_scale: self.b_scale,
                    stated_units: self.stated_units,
                    stated_scale: self.stated_scale,
                    absence: self.absence,
                    qualifier: self.qualifier,
                    choice: self.choice,
                    published: self.published,
                };
                Ok(IndicatorValue {
                    id: ValueId {
                        indicator: IndicatorId::new(&self.indicator_id).map_err(Error::internal)?,
                        unit: UnitId::new(&self.unit_id).map_err(Error::internal)?,
                        period: self.period.parse().map_err(Error::internal)?,
                    },
                    quantity: quantity.try_into()?,
                    note: self.note,
                    source: Source {
                        kind: Code::read(&self.source_kind)?,
                        resource: self.source_resource,
                        external_id: self.source_external_id,
                        observe_time: self.source_observe_micros.map(instant).transpose()?,
                    },
                    principal: Principal::from_name(&self.principal).map_err(Error::internal)?,
                    revision: self.revision,
                    create_time,
                    update_time: instant(self.update_micros)?,
                })
            }
        }
    };
}

figure!(value);
figure!(revision);

/// Waits until no other change of the same unit and period is under way. What is read
/// afterwards stays true until this change is over.
pub(super) async fn take_turn(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    period: &Period,
) -> Result<()> {
    let row = sheet::ActiveModel {
        unit_id: Set(unit.as_str().into()),
        period: Set(period.to_string()),
        version: Set(1),
    };
    let version = Expr::col((sheet::Entity, sheet::Column::Version)).add(1);
    let count_on = OnConflict::columns([sheet::Column::UnitId, sheet::Column::Period])
        .value(sheet::Column::Version, version)
        .to_owned();
    sheet::Entity::insert(row)
        .on_conflict(count_on)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    id: &ValueId,
) -> Result<Option<IndicatorValue>> {
    let (unit, indicator) = (
        id.unit.as_str().to_owned(),
        id.indicator.as_str().to_owned(),
    );
    let key = (unit, id.period.to_string(), indicator);
    let found = value::Entity::find_by_id(key).one(db).await?;
    found.map(in_force).transpose()
}

/// Returns the figures there are of these indicators.
pub(super) async fn find_many(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    period: &Period,
    indicators: &[&IndicatorId],
) -> Result<BTreeMap<IndicatorId, IndicatorValue>> {
    let rows = value::Entity::find()
        .filter(value::Column::UnitId.eq(unit.as_str()))
        .filter(value::Column::Period.eq(period.to_string()))
        .filter(value::Column::IndicatorId.is_in(indicators.iter().map(|it| it.as_str())))
        .all(db)
        .await?;
    let values = rows.into_iter().map(in_force);
    values
        .map(|it| it.map(|it| (it.id.indicator.clone(), it)))
        .collect()
}

/// Returns the figures of a unit and period in the order of their indicators.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    period: &Period,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<IndicatorValue>> {
    let mut query = value::Entity::find()
        .filter(value::Column::UnitId.eq(unit.as_str()))
        .filter(value::Column::Period.eq(period.to_string()));
    if let Some(after) = after {
        query = query.filter(value::Column::IndicatorId.gt(after));
    }
    let rows = query
        .order_by_asc(value::Column::IndicatorId)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(in_force).collect()
}

/// Returns the versions of a figure, the newest first.
pub(super) async fn revisions(
    db: &impl ConnectionTrait,
    value: &IndicatorValue,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Revision>> {
    let mut query = revision::Entity::find()
        .filter(revision::Column::UnitId.eq(value.id.unit.as_str()))
        .filter(revision::Column::Period.eq(value.id.period.to_string()))
        .filter(revision::Column::IndicatorId.eq(value.id.indicator.as_str()));
    if let Some(before) = before {
        query = query.filter(revision::Column::Revision.lt(before));
    }
    let rows = query
        .order_by_desc(revision::Column::Revision)
        .limit(limit)
        .all(db)
        .await?;
    let read = |mut row: revision::Model| {
        let reason = std::mem::take(&mut row.reason);
        Ok(Revision {
            value: row.read(value.create_time)?,
            reason,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Writes figures and keeps each as a version: two statements, however many there are
/// (500 rows of 23 columns stay below the 32.766 parameters of SQLite).
pub(super) async fn write(db: &impl ConnectionTrait, revisions: &[Revision]) -> Result<()> {
    if revisions.is_empty() {
        return Ok(());
    }
    let mut sorted: Vec<&Revision> = revisions.iter().collect();
    sorted.sort_by(|a, b| a.value.id.indicator.cmp(&b.value.id.indicator));
    let values = sorted.iter().map(|it| value::ActiveModel {
        create_micros: Set(it.value.create_time.timestamp_micros()),
        ..value::ActiveModel::figure(&it.value)
    });
    let key = [
        value::Column::UnitId,
        value::Column::Period,
        value::Column::IndicatorId,
    ];
    let replaced = value::Column::iter().filter(|it| {
        use value::Column::{CreateMicros, IndicatorId, Period, UnitId};
        !matches!(it, UnitId | Period | IndicatorId | CreateMicros)
    });
    let replace = OnConflict::columns(key).update_columns(replaced).to_owned();
    value::Entity::insert_many(values)
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    let versions = sorted.iter().map(|it| revision::ActiveModel {
        reason: Set(it.reason.clone()),
        ..revision::ActiveModel::figure(&it.value)
    });
    revision::Entity::insert_many(versions)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

fn in_force(row: value::Model) -> Result<IndicatorValue> {
    let create_time = instant(row.create_micros)?;
    row.read(create_time)
}
