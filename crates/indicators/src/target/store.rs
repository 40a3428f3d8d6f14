//! The tables of targets; the only file that knows their columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
    sea_query::OnConflict,
};
use types::{
    ids::{IndicatorId, Principal, UnitId},
    period::Period,
};

use super::{ListTargets, Order, Revision, Target, TargetId};

mod target {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "targets")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) period: String,
        pub(super) revision: i64,
        pub(super) quantity: String,
        pub(super) document_number: String,
        pub(super) document_date: Date,
        pub(super) deleted: i64,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "target_revisions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) period: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) revision: i64,
        pub(super) quantity: String,
        pub(super) document_number: String,
        pub(super) document_date: Date,
        pub(super) deleted: i64,
        /// When this version was recorded.
        pub(super) create_micros: i64,
        pub(super) reason: String,
        pub(super) principal: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Writes a version: the one in force, and one more in the history.
pub(super) async fn write(db: &impl ConnectionTrait, revision: &Revision) -> Result<()> {
    use target::Column::{
        CreateMicros, Deleted, DocumentDate, DocumentNumber, IndicatorId, Period, Quantity,
        Revision as Number, UnitId, UpdateMicros,
    };
    let (it, content) = (&revision.target, &revision.target.content);
    let quantity = serde_json::to_string(&content.quantity).map_err(Error::internal)?;
    let row = target::ActiveModel {
        indicator_id: Set(it.id.indicator.as_str().into()),
        unit_id: Set(it.id.unit.as_str().into()),
        period: Set(it.id.period.to_string()),
        revision: Set(it.revision),
        quantity: Set(quantity.clone()),
        document_number: Set(content.document_number.as_str().into()),
        document_date: Set(content.document_date),
        deleted: Set(i64::from(it.deleted)),
        create_micros: Set(it.create_time.timestamp_micros()),
        update_micros: Set(it.update_time.timestamp_micros()),
    };
    let replaced = [
        Number,
        Quantity,
        DocumentNumber,
        DocumentDate,
        Deleted,
        CreateMicros,
        UpdateMicros,
    ];
    let replace = OnConflict::columns([IndicatorId, UnitId, Period])
        .update_columns(replaced)
        .to_owned();
    target::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    let version = revision::ActiveModel {
        indicator_id: Set(it.id.indicator.as_str().into()),
        unit_id: Set(it.id.unit.as_str().into()),
        period: Set(it.id.period.to_string()),
        revision: Set(it.revision),
        quantity: Set(quantity),
        document_number: Set(content.document_number.as_str().into()),
        document_date: Set(content.document_date),
        deleted: Set(i64::from(it.deleted)),
        create_micros: Set(it.update_time.timestamp_micros()),
        reason: Set(revision.reason.clone()),
        principal: Set(revision.principal.name()),
    };
    revision::Entity::insert(version)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns a target, also one that was taken back.
pub(super) async fn find(db: &impl ConnectionTrait, id: &TargetId) -> Result<Option<Target>> {
    let (indicator, unit) = (
        id.indicator.as_str().to_owned(),
        id.unit.as_str().to_owned(),
    );
    let key = (indicator, unit, id.period.to_string());
    let found = target::Entity::find_by_id(key).one(db).await?;
    found.map(Target::try_from).transpose()
}

/// Returns targets in the order of their keys.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    list: &ListTargets,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Target>> {
    use target::Column::{Deleted, IndicatorId, Period, UnitId};
    let mut query = target::Entity::find().filter(Deleted.eq(0));
    if let Some(indicator) = &list.indicator {
        query = query.filter(IndicatorId.eq(indicator.as_str()));
    }
    if let Some(unit) = &list.unit {
        query = query.filter(UnitId.eq(unit.as_str()));
    }
    if let Some(period) = &list.period {
        query = query.filter(Period.eq(period.to_string()));
    }
    if let Some(after) = after {
        let place: Vec<_> = after.splitn(3, ' ').collect();
        let [indicator, unit, period] = place.as_slice() else {
            return Err(Error::internal("a page of targets has no place"));
        };
        let same = IndicatorId.eq(*indicator);
        let further = Condition::any()
            .add(IndicatorId.gt(*indicator))
            .add(Condition::all().add(same.clone()).add(UnitId.gt(*unit)))
            .add(
                Condition::all()
                    .add(same)
                    .add(UnitId.eq(*unit))
                    .add(Period.gt(*period)),
            );
        query = query.filter(further);
    }
    let rows = query
        .order_by_asc(IndicatorId)
        .order_by_asc(UnitId)
        .order_by_asc(Period)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Target::try_from).collect()
}

/// Returns the targets there are of some indicators, units and periods.
pub(crate) async fn of_units(
    db: &impl ConnectionTrait,
    indicators: &[&IndicatorId],
    units: &[&UnitId],
    periods: &[Period],
) -> Result<Vec<Target>> {
    use target::Column;
    let rows = target::Entity::find()
        .filter(Column::Deleted.eq(0))
        .filter(Column::IndicatorId.is_in(indicators.iter().map(|it| it.as_str())))
        .filter(Column::UnitId.is_in(units.iter().map(|it| it.as_str())))
        .filter(Column::Period.is_in(periods.iter().map(ToString::to_string)))
        .all(db)
        .await?;
    rows.into_iter().map(Target::try_from).collect()
}

/// Returns the place of a target in a list, from which the next page goes on.
pub(super) fn place(id: &TargetId) -> String {
    let (indicator, unit) = (id.indicator.as_str(), id.unit.as_str());
    format!("{indicator} {unit} {}", id.period)
}

/// Returns the versions of a target, the newest first.
pub(super) async fn revisions(
    db: &impl ConnectionTrait,
    id: &TargetId,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Revision>> {
    let mut query = revision::Entity::find()
        .filter(revision::Column::IndicatorId.eq(id.indicator.as_str()))
        .filter(revision::Column::UnitId.eq(id.unit.as_str()))
        .filter(revision::Column::Period.eq(id.period.to_string()));
    if let Some(before) = before {
        query = query.filter(revision::Column::Revision.lt(before));
    }
    let rows = query
        .order_by_desc(revision::Column::Revision)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Revision::try_from).collect()
}

impl TryFrom<target::Model> for Target {
    type Error = Error;

    fn try_from(row: target::Model) -> Result<Self> {
        Ok(Self {
            id: id(&row.indicator_id, &row.unit_id, &row.period)?,
            content: order(&row.quantity, &row.document_number, row.document_date)?,
            revision: row.revision,
            deleted: row.deleted != 0,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
        })
    }
}

impl TryFrom<revision::Model> for Revision {
    type Error = Error;

    fn try_from(row: revision::Model) -> Result<Self> {
        let recorded = instant(row.create_micros)?;
        Ok(Self {
            target: Target {
                id: id(&row.indicator_id, &row.unit_id, &row.period)?,
                content: order(&row.quantity, &row.document_number, row.document_date)?,
                revision: row.revision,
                deleted: row.deleted != 0,
                create_time: recorded,
                update_time: recorded,
            },
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            reason: row.reason,
        })
    }
}

fn id(indicator: &str, unit: &str, period: &str) -> Result<TargetId> {
    Ok(TargetId {
        indicator: IndicatorId::new(indicator).map_err(Error::internal)?,
        unit: UnitId::new(unit).map_err(Error::internal)?,
        period: period.parse().map_err(Error::internal)?,
    })
}

fn order(quantity: &str, document_number: &str, document_date: Date) -> Result<Order> {
    Ok(Order {
        quantity: serde_json::from_str(quantity).map_err(Error::internal)?,
        document_number: document_number.parse().map_err(Error::internal)?,
        document_date,
    })
}
