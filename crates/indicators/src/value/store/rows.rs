//! The rows of figures, and how a figure stands in their columns.

use chrono::{DateTime, Utc};
use kit::{Error, Result, db::times::instant};
use sea_orm::ActiveValue::Set;
use types::ids::{Breakdown, IndicatorId, Principal, UnitId, ValueId};

use super::super::{IndicatorValue, Source, Stage, ValueState, quantity_row::QuantityRow};
use crate::{code::Code, evidence};

pub(super) mod sheet {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "value_sheets")]
    pub(in crate::value::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) period: String,
        pub(in crate::value::store) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod value {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Deserialize)]
    #[sea_orm(table_name = "indicator_values")]
    pub(in crate::value::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) period: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) breakdown: String,
        pub(in crate::value::store) revision: i64,
        pub(in crate::value::store) shape: String,
        pub(in crate::value::store) a_units: Option<i64>,
        pub(in crate::value::store) a_scale: Option<i64>,
        pub(in crate::value::store) b_units: Option<i64>,
        pub(in crate::value::store) b_scale: Option<i64>,
        pub(in crate::value::store) stated_units: Option<i64>,
        pub(in crate::value::store) stated_scale: Option<i64>,
        pub(in crate::value::store) absence: Option<String>,
        pub(in crate::value::store) qualifier: String,
        pub(in crate::value::store) choice: Option<String>,
        pub(in crate::value::store) published: Option<String>,
        pub(in crate::value::store) note: String,
        /// JSON; empty for none.
        pub(in crate::value::store) evidence: String,
        pub(in crate::value::store) source_kind: String,
        pub(in crate::value::store) source_resource: String,
        pub(in crate::value::store) source_external_id: String,
        pub(in crate::value::store) source_observe_micros: Option<i64>,
        pub(in crate::value::store) principal: String,
        pub(in crate::value::store) update_micros: i64,
        pub(in crate::value::store) create_micros: i64,
        pub(in crate::value::store) state: String,
        pub(in crate::value::store) locked_by: Option<String>,
        pub(in crate::value::store) submitted_revision: Option<i64>,
        pub(in crate::value::store) state_reason: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "indicator_value_revisions")]
    pub(in crate::value::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) period: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) indicator_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) breakdown: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(in crate::value::store) revision: i64,
        pub(in crate::value::store) shape: String,
        pub(in crate::value::store) a_units: Option<i64>,
        pub(in crate::value::store) a_scale: Option<i64>,
        pub(in crate::value::store) b_units: Option<i64>,
        pub(in crate::value::store) b_scale: Option<i64>,
        pub(in crate::value::store) stated_units: Option<i64>,
        pub(in crate::value::store) stated_scale: Option<i64>,
        pub(in crate::value::store) absence: Option<String>,
        pub(in crate::value::store) qualifier: String,
        pub(in crate::value::store) choice: Option<String>,
        pub(in crate::value::store) published: Option<String>,
        pub(in crate::value::store) note: String,
        /// JSON; empty for none.
        pub(in crate::value::store) evidence: String,
        pub(in crate::value::store) source_kind: String,
        pub(in crate::value::store) source_resource: String,
        pub(in crate::value::store) source_external_id: String,
        pub(in crate::value::store) source_observe_micros: Option<i64>,
        pub(in crate::value::store) principal: String,
        pub(in crate::value::store) update_micros: i64,
        pub(in crate::value::store) reason: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

impl value::ActiveModel {
    /// The columns of a figure; a version has the same, and a reason beside them.
    pub(super) fn figure(value: &IndicatorValue) -> Result<Self> {
        let row = QuantityRow::from(&value.quantity);
        let source = &value.source;
        let observe_micros = source.observe_time.map(|it| it.timestamp_micros());
        Ok(Self {
            unit_id: Set(value.id.unit.as_str().into()),
            period: Set(value.id.period.to_string()),
            indicator_id: Set(value.id.indicator.as_str().into()),
            breakdown: Set(breakdown_code(&value.id).into()),
            revision: Set(value.revision),
            shape: Set(row.shape.into()),
            a_units: Set(row.a_units),
            a_scale: Set(row.a_scale),
            b_units: Set(row.b_units),
            b_scale: Set(row.b_scale),
            stated_units: Set(row.stated_units),
            stated_scale: Set(row.stated_scale),
            absence: Set(row.absence.map(Into::into)),
            qualifier: Set(row.qualifier.into()),
            choice: Set(row.choice),
            published: Set(row.published),
            note: Set(value.note.clone()),
            evidence: Set(evidence::to_text(&value.evidence)?),
            source_kind: Set(source.kind.code().into()),
            source_resource: Set(source.resource.clone()),
            source_external_id: Set(source.external_id.clone()),
            source_observe_micros: Set(observe_micros),
            principal: Set(value.principal.name()),
            update_micros: Set(value.update_time.timestamp_micros()),
            create_micros: Set(value.create_time.timestamp_micros()),
            // What is written is a draft again.
            state: Set(ValueState::Draft.code().into()),
            locked_by: Set(None),
            submitted_revision: Set(value.stage.submitted_revision),
            state_reason: Set(None),
        })
    }
}

/// Both tables hold a figure in the same columns; this reads them once.
macro_rules! figure {
    ($table:ident) => {
        impl $table::Model {
            pub(super) fn read(self, create_time: DateTime<Utc>) -> Result<IndicatorValue> {
                let quantity = QuantityRow {
                    shape: self.shape.into(),
                    a_units: self.a_units,
                    a_scale: self.a_scale,
                    b_units: self.b_units,
                    b_scale: self.b_scale,
                    stated_units: self.stated_units,
                    stated_scale: self.stated_scale,
                    absence: self.absence.map(Into::into),
                    qualifier: self.qualifier.into(),
                    choice: self.choice,
                    published: self.published,
                };
                Ok(IndicatorValue {
                    id: ValueId {
                        indicator: IndicatorId::new(&self.indicator_id).map_err(Error::internal)?,
                        unit: UnitId::new(&self.unit_id).map_err(Error::internal)?,
                        period: self.period.parse().map_err(Error::internal)?,
                        breakdown: read_breakdown(&self.breakdown)?,
                    },
                    quantity: quantity.try_into()?,
                    note: self.note,
                    evidence: evidence::from_text(&self.evidence)?,
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
                    stage: Stage::default(),
                })
            }
        }
    };
}

figure!(value);
figure!(revision);

/// Returns the breakdown as its column has it: empty for the whole.
pub(super) fn breakdown_code(id: &ValueId) -> &str {
    id.breakdown.as_ref().map_or("", Breakdown::as_str)
}

pub(super) fn read_breakdown(code: &str) -> Result<Option<Breakdown>> {
    if code.is_empty() {
        return Ok(None);
    }
    Breakdown::new(code).map(Some).map_err(Error::internal)
}
