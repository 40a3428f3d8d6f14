//! The outlines table.

use kit::{Error, Result, db::on_unique};
use sea_orm::{ActiveValue::Set, entity::prelude::*};
use types::ids::ReportTemplateId;

use super::Template;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "templates")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) content: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, template: &Template) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(template.id.as_str().into()),
        content: Set(serde_json::to_string(template).map_err(Error::internal)?),
        create_micros: Set(template.create_time.timestamp_micros()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("REPORT_TEMPLATE", &template.id)))?;
    Ok(())
}

/// Returns one outline.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: &ReportTemplateId,
) -> Result<Option<Template>> {
    let row = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(|it| serde_json::from_str(&it.content).map_err(Error::internal))
        .transpose()
}
