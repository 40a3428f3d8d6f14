//! Whole histories in and out: all units are read with four statements and written with
//! many rows a statement.

use std::collections::BTreeSet;

use kit::{Result, db::times::instant};
use sea_orm::{ActiveValue::Set, ExprTrait, QueryFilter, QueryOrder, entity::prelude::*};
use types::ids::UnitId;

use super::{ROWS, identifier, name, parent, read_id, unit, validity};
use crate::{
    feed::{self, Changed},
    unit::{
        Identifier, UnitKind, UnitNames,
        history::{Appearance, Fact, Histories, History},
    },
};

/// Reads every unit with all its facts.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Histories> {
    read(db, None).await
}

/// Reads some units with all their facts; those that are not there are left out.
pub(crate) async fn some(db: &impl ConnectionTrait, ids: &BTreeSet<UnitId>) -> Result<Histories> {
    let ids: Vec<_> = ids.iter().map(UnitId::as_str).collect();
    let mut units = Histories::new();
    for some in ids.chunks(ROWS) {
        units.extend(read(db, Some(some)).await?);
    }
    Ok(units)
}

async fn read(db: &impl ConnectionTrait, ids: Option<&[&str]>) -> Result<Histories> {
    let among = |column: Expr| match ids {
        Some(ids) => column.is_in(ids.iter().copied()),
        None => Expr::value(true),
    };
    let mut units = Histories::new();
    let found = unit::Entity::find().filter(among(Expr::col(unit::Column::Id)));
    for row in found.all(db).await? {
        let id = read_id(&row.id)?;
        let history = History {
            id: id.clone(),
            validity: validity(row.start_date, row.end_date)?,
            appearances: Vec::new(),
            parents: Vec::new(),
            identifiers: Vec::new(),
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        };
        units.insert(id, history);
    }
    let names = name::Entity::find()
        .filter(among(Expr::col(name::Column::UnitId)))
        .order_by_asc(name::Column::StartDate);
    for row in names.all(db).await? {
        let days = validity(row.start_date, row.end_date)?;
        if let Some(history) = units.get_mut(&read_id(&row.unit_id)?) {
            history.appearances.push(Fact {
                validity: days,
                value: Appearance {
                    kind: UnitKind::read(&row.kind)?,
                    names: UnitNames::from(row),
                },
            });
        }
    }
    let parents = parent::Entity::find()
        .filter(among(Expr::col(parent::Column::UnitId)))
        .order_by_asc(parent::Column::StartDate);
    for row in parents.all(db).await? {
        if let Some(history) = units.get_mut(&read_id(&row.unit_id)?) {
            history.parents.push(Fact {
                validity: validity(row.start_date, row.end_date)?,
                value: row.parent_id.map(|it| read_id(&it)).transpose()?,
            });
        }
    }
    let codes = identifier::Entity::find()
        .filter(among(Expr::col(identifier::Column::UnitId)))
        .order_by_asc(identifier::Column::StartDate);
    for row in codes.all(db).await? {
        if let Some(history) = units.get_mut(&read_id(&row.unit_id)?) {
            history.identifiers.push(Identifier::try_from(row)?);
        }
    }
    Ok(units)
}

/// Puts histories in the place of what is known of these units, and takes others away.
pub(crate) async fn save(
    db: &impl ConnectionTrait,
    changed: &Histories,
    gone: &BTreeSet<UnitId>,
) -> Result<()> {
    // Nothing is known of a unit in its first version.
    let known = changed.values().filter(|it| it.version > 1);
    let known = known.map(|it| &it.id);
    let ids: Vec<_> = known.chain(gone).map(UnitId::as_str).collect();
    for some in ids.chunks(ROWS) {
        let some = || some.iter().copied();
        unit::Entity::delete_many()
            .filter(unit::Column::Id.is_in(some()))
            .exec(db)
            .await?;
        name::Entity::delete_many()
            .filter(name::Column::UnitId.is_in(some()))
            .exec(db)
            .await?;
        parent::Entity::delete_many()
            .filter(parent::Column::UnitId.is_in(some()))
            .exec(db)
            .await?;
        identifier::Entity::delete_many()
            .filter(identifier::Column::UnitId.is_in(some()))
            .exec(db)
            .await?;
    }
    insert_rows(db, changed.values().filter_map(unit_row)).await?;
    insert_rows(db, changed.values().flat_map(name_rows)).await?;
    insert_rows(db, changed.values().flat_map(parent_rows)).await?;
    insert_rows(db, changed.values().flat_map(identifier_rows)).await?;
    let told = changed.keys().chain(gone).cloned().map(Changed::Unit);
    feed::append(db, told).await
}

/// Inserts rows, many a statement.
pub(crate) async fn insert_rows<A: ActiveModelTrait>(
    db: &impl ConnectionTrait,
    rows: impl Iterator<Item = A>,
) -> Result<()> {
    // Collected first: what is awaited below must not hold what the rows are made from.
    let mut rows = rows.collect::<Vec<A>>().into_iter();
    loop {
        let some: Vec<A> = rows.by_ref().take(ROWS).collect();
        if some.is_empty() {
            return Ok(());
        }
        A::Entity::insert_many(some)
            .exec_without_returning(db)
            .await?;
    }
}

/// A row keeps the kind the unit began with; the kind of a day stands with its name.
fn unit_row(history: &History) -> Option<unit::ActiveModel> {
    let first = history.appearances.first()?;
    Some(unit::ActiveModel {
        id: Set(history.id.as_str().into()),
        kind: Set(first.value.kind.as_str().into()),
        start_date: Set(history.validity.start()),
        end_date: Set(history.validity.end()),
        create_micros: Set(history.create_time.timestamp_micros()),
        update_micros: Set(history.update_time.timestamp_micros()),
        version: Set(history.version),
    })
}

fn name_rows(history: &History) -> impl Iterator<Item = name::ActiveModel> {
    history.appearances.iter().map(|it| name::ActiveModel {
        unit_id: Set(history.id.as_str().into()),
        start_date: Set(it.validity.start()),
        end_date: Set(it.validity.end()),
        display_name: Set(it.value.names.display_name.clone()),
        short_name: Set(it.value.names.short_name.clone()),
        symbol: Set(it.value.names.symbol.clone()),
        place: Set(it.value.names.place.clone()),
        superior_organ: Set(it.value.names.superior_organ.clone()),
        kind: Set(it.value.kind.as_str().into()),
        folded: Set(it.value.names.search_key()),
    })
}

fn parent_rows(history: &History) -> impl Iterator<Item = parent::ActiveModel> {
    history.parents.iter().map(|it| parent::ActiveModel {
        unit_id: Set(history.id.as_str().into()),
        start_date: Set(it.validity.start()),
        end_date: Set(it.validity.end()),
        parent_id: Set(it.value.as_ref().map(|it| it.as_str().into())),
    })
}

fn identifier_rows(history: &History) -> impl Iterator<Item = identifier::ActiveModel> {
    history
        .identifiers
        .iter()
        .map(|it| identifier::ActiveModel {
            unit_id: Set(history.id.as_str().into()),
            scheme: Set(it.scheme.clone()),
            value: Set(it.value.clone()),
            start_date: Set(it.validity.start()),
            end_date: Set(it.validity.end()),
        })
}
