//! Named locks that last as long as a change: a row that only one change may touch.

use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::OnConflict};

use crate::Result;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "locks")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn lock(db: &impl ConnectionTrait, name: &str) -> Result<()> {
    let own = row::ActiveModel {
        name: Set(name.to_owned()),
    };
    let keep = OnConflict::column(row::Column::Name)
        .do_nothing()
        .to_owned();
    row::Entity::insert(own)
        .on_conflict(keep)
        .exec_without_returning(db)
        .await?;
    row::Entity::update_many()
        .col_expr(row::Column::Name, Expr::value(name))
        .filter(row::Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}
