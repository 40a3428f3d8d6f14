//! Whole histories in: all units are read with four statements.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kit::{Result, db::times::instant};
use sea_orm::{ExprTrait, QueryFilter, QueryOrder, entity::prelude::*};
use types::ids::UnitId;

use super::{ROWS, identifier, name, parent, read_id, unit, validity};
use crate::unit::{
    Identifier, UnitKind, UnitNames,
    history::{Appearance, Fact, Histories, History},
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
    let mut units: BTreeMap<UnitId, History> = BTreeMap::new();
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
    let units = units.into_iter();
    Ok(units.map(|(id, history)| (id, Arc::new(history))).collect())
}
