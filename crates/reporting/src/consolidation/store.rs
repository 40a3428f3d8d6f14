//! The consolidations table. Rows are only ever inserted.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, entity::prelude::*};
use types::ids::ConsolidationId;

use super::Consolidation;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consolidations")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) request_id: String,
        pub(super) unit_id: String,
        pub(super) content: String,
        pub(super) content_sha256: String,
        pub(super) principal: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, made: &Consolidation) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(made.id.as_str().into()),
        request_id: Set(made.content.request.as_str().into()),
        unit_id: Set(made.content.unit.as_str().into()),
        content: Set(serde_json::to_string(&made.content).map_err(Error::internal)?),
        content_sha256: Set(made.content_sha256.clone()),
        principal: Set(made.principal.clone()),
        create_micros: Set(made.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("CONSOLIDATION", &made.id)))?;
    Ok(())
}

/// Returns one consolidation.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: &ConsolidationId,
) -> Result<Option<Consolidation>> {
    let row = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(Consolidation::try_from).transpose()
}

impl TryFrom<row::Model> for Consolidation {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: ConsolidationId::new(&row.id).map_err(Error::internal)?,
            content: serde_json::from_str(&row.content).map_err(Error::internal)?,
            content_sha256: row.content_sha256,
            principal: row.principal,
            create_time: instant(row.create_micros)?,
        })
    }
}
