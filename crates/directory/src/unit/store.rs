//! The unit tables; the only file that knows their columns.

use chrono::NaiveDate;
use kit::{Error, Result, db::on_unique};
use sea_orm::{ActiveValue::Set, Condition, QueryFilter, QueryOrder, entity::prelude::*};
use types::{ids::UnitId, validity::Validity};

use super::{Identifier, Unit, UnitKind};
use crate::feed::{self, Changed};

mod difference;
mod histories;
mod page;
mod retired;
mod save;

pub(crate) use histories::{all, some};
pub(crate) use page::life_of;
use page::load;
pub(crate) use retired::{retire, retired, retired_among};
pub(crate) use save::save;

mod unit {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "units")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) kind: String,
        pub(super) start_date: Date,
        pub(super) end_date: Option<Date>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod name {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "unit_names")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) start_date: Date,
        pub(super) end_date: Option<Date>,
        pub(super) display_name: String,
        pub(super) short_name: String,
        pub(super) symbol: String,
        pub(super) place: String,
        pub(super) superior_organ: String,
        pub(super) kind: String,
        /// Search key: the names without case and marks.
        pub(super) folded: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod parent {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "unit_parents")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) start_date: Date,
        pub(super) end_date: Option<Date>,
        pub(super) parent_id: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod identifier {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "unit_identifiers")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) scheme: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) value: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) start_date: Date,
        pub(super) end_date: Option<Date>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod guard {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "unit_guard")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Rows of one statement: PostgreSQL binds 65535 values, SQLite 32766, and the widest
/// row here has 13.
const ROWS: usize = 2_000;

/// Makes every other change of the tree wait until this one is done: whether it fits can
/// only be said against a tree that stands still.
pub(crate) async fn hold_tree(db: &impl ConnectionTrait) -> Result<()> {
    guard::Entity::update_many()
        .col_expr(guard::Column::Version, Expr::col(guard::Column::Version))
        .exec(db)
        .await?;
    Ok(())
}

/// Keeps units from being referred to, or from going away, until this change is done.
pub(crate) async fn hold_many(db: &impl ConnectionTrait, ids: &[UnitId]) -> Result<()> {
    unit::Entity::update_many()
        .col_expr(unit::Column::Version, Expr::col(unit::Column::Version))
        .filter(unit::Column::Id.is_in(ids.iter().map(UnitId::as_str)))
        .exec(db)
        .await?;
    Ok(())
}

/// Finds a unit that something is about to refer to, and keeps it there until that is
/// written.
pub(crate) async fn hold(
    db: &impl ConnectionTrait,
    id: &UnitId,
    day: NaiveDate,
) -> Result<Option<Unit>> {
    hold_many(db, std::slice::from_ref(id)).await?;
    find(db, id, day).await
}

/// Rows whose span `[start, end)` holds the day.
fn on<C: ColumnTrait>(day: NaiveDate, start: C, end: C) -> Condition {
    Condition::all()
        .add(start.lte(day))
        .add(Condition::any().add(end.is_null()).add(end.gt(day)))
}

pub(super) async fn insert(db: &impl ConnectionTrait, unit: &Unit) -> Result<()> {
    let (start, end) = (unit.validity.start(), unit.validity.end());
    let id = unit.id.as_str();
    let row = unit::ActiveModel {
        id: Set(id.into()),
        kind: Set(unit.kind.as_str().into()),
        start_date: Set(start),
        end_date: Set(end),
        create_micros: Set(unit.create_time.timestamp_micros()),
        update_micros: Set(unit.update_time.timestamp_micros()),
        version: Set(unit.version),
    };
    unit::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("UNIT", &unit.id)))?;
    let names = name::ActiveModel {
        unit_id: Set(id.into()),
        start_date: Set(start),
        end_date: Set(end),
        display_name: Set(unit.names.display_name.clone()),
        short_name: Set(unit.names.short_name.clone()),
        symbol: Set(unit.names.symbol.clone()),
        place: Set(unit.names.place.clone()),
        superior_organ: Set(unit.names.superior_organ.clone()),
        kind: Set(unit.kind.as_str().into()),
        folded: Set(unit.names.search_key()),
    };
    name::Entity::insert(names)
        .exec_without_returning(db)
        .await?;
    let parent = parent::ActiveModel {
        unit_id: Set(id.into()),
        start_date: Set(start),
        end_date: Set(end),
        parent_id: Set(unit.parent.as_ref().map(|it| it.as_str().into())),
    };
    parent::Entity::insert(parent)
        .exec_without_returning(db)
        .await?;
    let identifiers = unit.identifiers.iter().map(|it| identifier::ActiveModel {
        unit_id: Set(id.into()),
        scheme: Set(it.scheme.clone()),
        value: Set(it.value.clone()),
        start_date: Set(it.validity.start()),
        end_date: Set(it.validity.end()),
    });
    identifier::Entity::insert_many(identifiers)
        .exec_without_returning(db)
        .await?;
    feed::append(db, [Changed::Unit(unit.id.clone())]).await?;
    Ok(())
}

/// Returns a unit as it is on a day; none when it does not exist then.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: &UnitId,
    day: NaiveDate,
) -> Result<Option<Unit>> {
    Ok(load(db, std::slice::from_ref(id), day).await?.pop())
}

/// Returns who bears or bore a code, and when, oldest first.
pub(super) async fn bearers(
    db: &impl ConnectionTrait,
    scheme: &str,
    value: &str,
) -> Result<Vec<(UnitId, Validity)>> {
    let rows = identifier::Entity::find()
        .filter(identifier::Column::Scheme.eq(scheme))
        .filter(identifier::Column::Value.eq(value))
        .order_by_asc(identifier::Column::StartDate)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|it| Ok((read_id(&it.unit_id)?, validity(it.start_date, it.end_date)?)))
        .collect()
}

fn read_id(id: &str) -> Result<UnitId> {
    UnitId::new(id).map_err(Error::internal)
}

fn validity(start: NaiveDate, end: Option<NaiveDate>) -> Result<Validity> {
    Validity::new(start, end).map_err(Error::internal)
}

impl TryFrom<identifier::Model> for Identifier {
    type Error = Error;

    fn try_from(row: identifier::Model) -> Result<Self> {
        Ok(Self {
            validity: validity(row.start_date, row.end_date)?,
            scheme: row.scheme,
            value: row.value,
        })
    }
}

impl UnitKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Department => "department",
            Self::District => "district",
            Self::Commune => "commune",
            Self::Ward => "ward",
            Self::SpecialZone => "special-zone",
            Self::Subordinate => "subordinate",
            Self::PublicService => "public-service",
            Self::PartyOrgan => "party-organ",
            Self::Other => "other",
        }
    }

    fn read(text: &str) -> Result<Self> {
        Ok(match text {
            "province" => Self::Province,
            "department" => Self::Department,
            "district" => Self::District,
            "commune" => Self::Commune,
            "ward" => Self::Ward,
            "special-zone" => Self::SpecialZone,
            "subordinate" => Self::Subordinate,
            "public-service" => Self::PublicService,
            "party-organ" => Self::PartyOrgan,
            "other" => Self::Other,
            unknown => return Err(Error::internal(format!("`{unknown}` is no kind of unit"))),
        })
    }
}

#[cfg(test)]
mod tests;
