//! Figures as they are added up: without what only a reader of one figure wants.

use kit::Result;
use sea_orm::{QueryFilter, QuerySelect, QueryTrait, entity::prelude::*};
use types::{
    ids::{IndicatorId, UnitId},
    period::Period,
    quantity::Quantity,
};

use super::{
    super::{ValueState, quantity_row::QuantityRow},
    rows::value,
};
use crate::code::Code;

/// One whole figure, its unit and indicator as they stand in the columns.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) unit: String,
    pub(crate) indicator: String,
    pub(crate) quantity: Quantity,
    pub(crate) state: ValueState,
}

/// Units whose figures one question asks for.
const UNITS: usize = 500;

/// Returns the whole figures there are of some units and indicators in a period, in no
/// order. The key leads by unit and period, so each unit is one place in its index.
pub(crate) async fn cells(
    db: &impl ConnectionTrait,
    period: &Period,
    units: &[&UnitId],
    indicators: &[&IndicatorId],
) -> Result<Vec<Cell>> {
    use value::Column::{
        AScale, AUnits, Absence, BScale, BUnits, Breakdown, Choice, IndicatorId, Period, Qualifier,
        Shape, State, StatedScale, StatedUnits, UnitId,
    };
    let mut found = Vec::new();
    for units in units.chunks(UNITS) {
        let query = value::Entity::find()
            .select_only()
            .columns([
                UnitId,
                IndicatorId,
                Shape,
                AUnits,
                AScale,
                BUnits,
                BScale,
                StatedUnits,
                StatedScale,
                Absence,
                Qualifier,
                Choice,
                State,
            ])
            .filter(UnitId.is_in(units.iter().map(|it| it.as_str())))
            .filter(Period.eq(period.to_string()))
            .filter(IndicatorId.is_in(indicators.iter().map(|it| it.as_str())))
            .filter(Breakdown.eq(""));
        let statement = query.build(db.get_database_backend());
        for row in db.query_all_raw(statement).await? {
            let quantity = QuantityRow {
                shape: row.try_get_by_index::<String>(2)?.into(),
                a_units: row.try_get_by_index(3)?,
                a_scale: row.try_get_by_index(4)?,
                b_units: row.try_get_by_index(5)?,
                b_scale: row.try_get_by_index(6)?,
                stated_units: row.try_get_by_index(7)?,
                stated_scale: row.try_get_by_index(8)?,
                absence: row.try_get_by_index::<Option<String>>(9)?.map(Into::into),
                qualifier: row.try_get_by_index::<String>(10)?.into(),
                choice: row.try_get_by_index(11)?,
                published: None,
            };
            found.push(Cell {
                unit: row.try_get_by_index(0)?,
                indicator: row.try_get_by_index(1)?,
                quantity: quantity.try_into()?,
                state: Code::read(&row.try_get_by_index::<String>(12)?)?,
            });
        }
    }
    Ok(found)
}
