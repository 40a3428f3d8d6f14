//! The tables of indicators and their revisions; the only file that knows their columns.

use std::collections::BTreeMap;

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
    sea_query::Expr,
};
use types::ids::{IndicatorId, Principal, UnitId};

use super::{Definition, Details, Indicator, Retired, Revision, State, standing::Published};
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
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) details: Option<String>,
        pub(super) state: Option<String>,
        pub(super) revision: Option<i64>,
        pub(super) last_period: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) retire_reason: Option<String>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_revisions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
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
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) details: Option<String>,
        pub(super) first_period: String,
        pub(super) change_note: String,
        pub(super) publisher: String,
        pub(super) create_micros: i64,
        pub(super) derived: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod input {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "formula_inputs")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) input_id: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Makes a row of a definition, the same columns in both tables, with its own beside them.
macro_rules! row {
    ($table:ident, $definition:expr, { $($own:ident: $value:expr,)* }) => {{
        let definition: &Definition = $definition;
        $table::ActiveModel {
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
            details: Set(Some(
                serde_json::to_string(&definition.details).map_err(Error::internal)?,
            )),
            $($own: Set($value),)*
        }
    }};
}

/// Reads the definition out of a row of either table.
macro_rules! definition {
    ($row:ident) => {
        Definition {
            display_name: $row.display_name,
            value_kind: Code::read(&$row.value_kind)?,
            measure_unit: $row.measure_unit,
            accumulation: Code::read(&$row.accumulation)?,
            unit_aggregation: Code::read(&$row.unit_aggregation)?,
            period_aggregation: Code::read(&$row.period_aggregation)?,
            direction: Code::read(&$row.direction)?,
            description: $row.description,
            owner_unit: UnitId::new(&$row.owner_unit_id).map_err(Error::internal)?,
            legal_basis: $row.legal_basis,
            details: details($row.details.as_deref())?,
        }
    };
}

/// Rows from before there were details have none.
fn details(text: Option<&str>) -> Result<Details> {
    let read = text.map(serde_json::from_str).transpose();
    Ok(read.map_err(Error::internal)?.unwrap_or_default())
}

fn active(it: &Indicator) -> Result<indicator::ActiveModel> {
    let (last_period, reason) = it
        .retired
        .as_ref()
        .map(|it| (it.last_period.to_string(), it.reason.clone()))
        .unzip();
    Ok(row!(indicator, &it.definition, {
        id: it.id.as_str().into(),
        state: Some(it.state.code().into()),
        revision: Some(it.revision),
        last_period: last_period,
        retire_reason: reason,
        create_micros: it.create_time.timestamp_micros(),
        update_micros: it.update_time.timestamp_micros(),
        version: it.version,
    }))
}

pub(super) async fn insert(db: &impl ConnectionTrait, indicator: &Indicator) -> Result<()> {
    indicator::Entity::insert(active(indicator)?)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("INDICATOR", &indicator.id)))?;
    Ok(())
}

/// Writes an indicator over; the caller holds its lock.
pub(super) async fn update(db: &impl ConnectionTrait, indicator: &Indicator) -> Result<()> {
    indicator::Entity::update_many()
        .set(active(indicator)?)
        .filter(indicator::Column::Id.eq(indicator.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Keeps everybody else from changing an indicator until the end of the transaction.
pub(super) async fn lock(db: &impl ConnectionTrait, id: &IndicatorId) -> Result<()> {
    let version = indicator::Column::Version;
    indicator::Entity::update_many()
        .col_expr(version, Expr::col(version))
        .filter(indicator::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: &IndicatorId) -> Result<Option<Indicator>> {
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

/// Adds a revision, and what the formula that now counts takes.
pub(super) async fn insert_revision(db: &impl ConnectionTrait, revision: &Revision) -> Result<()> {
    let row = row!(revision, &revision.definition, {
        indicator_id: revision.id.as_str().into(),
        number: revision.number,
        first_period: revision.first_period.to_string(),
        change_note: revision.change_note.clone(),
        publisher: revision.publisher.name(),
        create_micros: revision.create_time.timestamp_micros(),
        derived: Some(i64::from(revision.definition.formula().is_some())),
    });
    revision::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    forget_inputs(db, &revision.id).await?;
    let formula = revision.definition.formula();
    let taken = formula.iter().flat_map(|it| it.references());
    let taken: std::collections::BTreeSet<_> = taken.map(|it| &it.indicator).collect();
    let rows: Vec<_> = taken
        .into_iter()
        .filter(|it| **it != revision.id)
        .map(|it| input::ActiveModel {
            indicator_id: Set(revision.id.as_str().into()),
            input_id: Set(it.as_str().into()),
        })
        .collect();
    if !rows.is_empty() {
        input::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Forgets what a formula took that no longer counts.
pub(super) async fn forget_inputs(db: &impl ConnectionTrait, id: &IndicatorId) -> Result<()> {
    input::Entity::delete_many()
        .filter(input::Column::IndicatorId.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the indicators whose formulas take figures of this one.
pub(super) async fn users_of(
    db: &impl ConnectionTrait,
    id: &IndicatorId,
) -> Result<Vec<IndicatorId>> {
    let rows = input::Entity::find()
        .filter(input::Column::InputId.eq(id.as_str()))
        .order_by_asc(input::Column::IndicatorId)
        .all(db)
        .await?;
    rows.iter().map(|it| read_id(&it.indicator_id)).collect()
}

/// Returns the published revisions of the indicators there are: two questions, however
/// many they are.
pub(crate) async fn published(
    db: &impl ConnectionTrait,
    ids: &[&IndicatorId],
) -> Result<BTreeMap<IndicatorId, Published>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let asked = || ids.iter().map(|it| it.as_str());
    let ends: Vec<(String, Option<String>)> = indicator::Entity::find()
        .select_only()
        .columns([indicator::Column::Id, indicator::Column::LastPeriod])
        .filter(indicator::Column::Id.is_in(asked()))
        .into_tuple()
        .all(db)
        .await?;
    let mut published = BTreeMap::new();
    for (id, last) in ends {
        let last_period = last.map(|it| it.parse()).transpose();
        let found = Published {
            revisions: Vec::new(),
            last_period: last_period.map_err(Error::internal)?,
        };
        published.insert(read_id(&id)?, found);
    }
    let rows = revision::Entity::find()
        .filter(revision::Column::IndicatorId.is_in(asked()))
        .order_by_asc(revision::Column::Number)
        .all(db)
        .await?;
    for row in rows {
        let revision = Revision::try_from(row)?;
        if let Some(found) = published.get_mut(&revision.id) {
            found.revisions.push(revision);
        }
    }
    Ok(published)
}

/// Returns the indicators that are or were derived, with what was published of them. Old
/// revisions do not say whether they are, so that their indicators come along.
pub(crate) async fn derived(db: &impl ConnectionTrait) -> Result<BTreeMap<IndicatorId, Published>> {
    use revision::Column::{Derived, IndicatorId};
    let ids: Vec<String> = revision::Entity::find()
        .select_only()
        .column(IndicatorId)
        .distinct()
        .filter(Condition::any().add(Derived.is_null()).add(Derived.ne(0)))
        .into_tuple()
        .all(db)
        .await?;
    let ids: Vec<_> = ids.iter().map(|it| read_id(it)).collect::<Result<_>>()?;
    published(db, &ids.iter().collect::<Vec<_>>()).await
}

/// Returns the published revisions of one indicator.
pub(crate) async fn published_one(
    db: &impl ConnectionTrait,
    id: &IndicatorId,
) -> Result<Published> {
    Ok(published(db, &[id]).await?.remove(id).unwrap_or_default())
}

fn read_id(id: &str) -> Result<IndicatorId> {
    IndicatorId::new(id).map_err(Error::internal)
}

impl TryFrom<indicator::Model> for Indicator {
    type Error = Error;

    fn try_from(row: indicator::Model) -> Result<Self> {
        let retired = match (&row.last_period, row.retire_reason.clone()) {
            (Some(last), Some(reason)) => Some(Retired {
                last_period: last.parse().map_err(Error::internal)?,
                reason,
            }),
            _ => None,
        };
        Ok(Self {
            id: read_id(&row.id)?,
            // Rows from before there were drafts were in force.
            state: row.state.as_deref().map_or(Ok(State::Active), Code::read)?,
            revision: row.revision.unwrap_or(1),
            retired,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
            definition: definition!(row),
        })
    }
}

impl TryFrom<revision::Model> for Revision {
    type Error = Error;

    fn try_from(row: revision::Model) -> Result<Self> {
        Ok(Self {
            id: read_id(&row.indicator_id)?,
            number: row.number,
            first_period: row.first_period.parse().map_err(Error::internal)?,
            publisher: Principal::from_name(&row.publisher).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
            change_note: row.change_note.clone(),
            definition: definition!(row),
        })
    }
}
