//! The tables of the feed.

use kit::{Error, Result};
use sea_orm::{ExprTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::{ReorganizationId, RoleGrantId, UnitId};

use super::{Changed, Place, REACH, Told};
use crate::bulk::{self, Kind, Table};

mod head {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "access_feed")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) epoch: String,
        pub(super) sequence: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod change {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "access_changes")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) sequence: i64,
        pub(super) kind: String,
        pub(super) key: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const CHANGES: Table<3> = Table {
    name: "access_changes",
    columns: [
        ("sequence", Kind::Number),
        ("kind", Kind::Text),
        ("key", Kind::Text),
    ],
};

/// Adds changes to the feed, and says where. Called by the stores of units, reorganisations and
/// grants in the same transaction as every write, so that no write can be forgotten.
pub(crate) async fn append(
    db: &impl ConnectionTrait,
    changes: impl IntoIterator<Item = Changed>,
) -> Result<Told> {
    let changes: Vec<_> = changes.into_iter().collect();
    if changes.is_empty() {
        let up_to = head(db).await?;
        return Ok(Told {
            after: up_to.clone(),
            up_to,
        });
    }
    let count = i64::try_from(changes.len()).map_err(Error::internal)?;
    let sequence = head::Column::Sequence;
    // Whoever comes next waits here until this change is committed or taken back.
    head::Entity::update_many()
        .col_expr(sequence, Expr::col(sequence).add(count))
        .exec(db)
        .await?;
    let up_to = head(db).await?;
    let after = Place {
        sequence: up_to.sequence - count,
        ..up_to.clone()
    };
    let rows = (after.sequence + 1..).zip(&changes);
    let rows = rows.map(|(sequence, changed)| {
        let (kind, key) = match changed {
            Changed::Unit(unit) => ("unit", unit.as_str()),
            Changed::Grant(grant) => ("grant", grant.as_str()),
            Changed::Act(act) => ("reorganization", act.as_str()),
        };
        [sequence.into(), kind.into(), key.into()]
    });
    bulk::insert(db, &CHANGES, rows).await?;
    change::Entity::delete_many()
        .filter(change::Column::Sequence.lte(up_to.sequence - REACH))
        .exec(db)
        .await?;
    Ok(Told { after, up_to })
}

/// Returns the end of the feed.
pub(crate) async fn head(db: &impl ConnectionTrait) -> Result<Place> {
    let row = head::Entity::find().one(db).await?;
    let row = row.ok_or_else(|| Error::internal("the feed has lost its head"))?;
    Ok(Place {
        epoch: row.epoch,
        sequence: row.sequence,
    })
}

/// Returns the changes after a place up to another, oldest first, at most `limit`.
/// None when the feed no longer reaches back that far.
pub(crate) async fn since(
    db: &impl ConnectionTrait,
    after: i64,
    up_to: i64,
    limit: u64,
) -> Result<Option<Vec<(i64, Changed)>>> {
    let rows = change::Entity::find()
        .filter(change::Column::Sequence.gt(after))
        .filter(change::Column::Sequence.lte(up_to))
        .order_by_asc(change::Column::Sequence)
        .limit(limit)
        .all(db)
        .await?;
    let is_next = |row: &change::Model| row.sequence == after + 1;
    if after < up_to && !rows.first().is_some_and(is_next) {
        return Ok(None);
    }
    let read = |row: change::Model| {
        let changed = match row.kind.as_str() {
            "unit" => Changed::Unit(UnitId::new(&row.key).map_err(Error::internal)?),
            "grant" => Changed::Grant(RoleGrantId::new(&row.key).map_err(Error::internal)?),
            "reorganization" => {
                Changed::Act(ReorganizationId::new(&row.key).map_err(Error::internal)?)
            }
            other => return Err(Error::internal(format!("`{other}` is no kind of change"))),
        };
        Ok((row.sequence, changed))
    };
    rows.into_iter().map(read).collect::<Result<_>>().map(Some)
}
