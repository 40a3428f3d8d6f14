//! Many units at once, each as it is on a day: a few statements, however many units.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{Result, db::times::instant};
use sea_orm::{QueryFilter, QueryOrder, entity::prelude::*};
use types::{ids::UnitId, validity::Validity};

use super::{ROWS, identifier, name, on, parent, read_id, unit, validity};
use crate::unit::{Identifier, Unit, UnitKind, UnitNames};

/// Reads units as they are on a day, in order of their ids; those that do not exist
/// then are left out.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    ids: &[UnitId],
    day: NaiveDate,
) -> Result<Vec<Unit>> {
    use {identifier::Column as I, name::Column as N, parent::Column as P, unit::Column as U};
    let wanted = || ids.iter().map(UnitId::as_str);
    let units = unit::Entity::find()
        .filter(U::Id.is_in(wanted()))
        .filter(on(day, U::StartDate, U::EndDate))
        .order_by_asc(U::Id);
    let names = name::Entity::find()
        .filter(N::UnitId.is_in(wanted()))
        .filter(on(day, N::StartDate, N::EndDate));
    let parents = parent::Entity::find()
        .filter(P::UnitId.is_in(wanted()))
        .filter(on(day, P::StartDate, P::EndDate));
    let codes = identifier::Entity::find()
        .filter(I::UnitId.is_in(wanted()))
        .filter(on(day, I::StartDate, I::EndDate))
        .order_by_asc(I::Scheme)
        .order_by_asc(I::Value);
    let names = names.all(db).await?.into_iter();
    let mut names: BTreeMap<_, _> = names.map(|it| (it.unit_id.clone(), it)).collect();
    let parents = parents.all(db).await?.into_iter();
    let mut parents: BTreeMap<_, _> = parents.map(|it| (it.unit_id, it.parent_id)).collect();
    let mut identifiers: BTreeMap<String, Vec<Identifier>> = BTreeMap::new();
    for row in codes.all(db).await? {
        let codes = identifiers.entry(row.unit_id.clone()).or_default();
        codes.push(Identifier::try_from(row)?);
    }
    let mut found = Vec::new();
    for row in units.all(db).await? {
        let Some(names) = names.remove(&row.id) else {
            continue;
        };
        let above = parents.remove(&row.id).flatten();
        found.push(Unit {
            id: read_id(&row.id)?,
            kind: UnitKind::read(&names.kind)?,
            validity: validity(row.start_date, row.end_date)?,
            parent: above.map(|it| read_id(&it)).transpose()?,
            identifiers: identifiers.remove(&row.id).unwrap_or_default(),
            names: UnitNames::from(names),
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        });
    }
    Ok(found)
}

impl From<name::Model> for UnitNames {
    fn from(row: name::Model) -> Self {
        Self {
            display_name: row.display_name,
            short_name: row.short_name,
            symbol: row.symbol,
            place: row.place,
            superior_organ: row.superior_organ,
        }
    }
}

/// Returns on which days units exist.
pub(crate) async fn life_of(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<&UnitId>,
) -> Result<BTreeMap<UnitId, Validity>> {
    let ids: Vec<_> = ids.iter().map(|it| it.as_str()).collect();
    let mut lives = BTreeMap::new();
    for some in ids.chunks(ROWS) {
        let rows = unit::Entity::find()
            .filter(unit::Column::Id.is_in(some.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            lives.insert(read_id(&row.id)?, validity(row.start_date, row.end_date)?);
        }
    }
    Ok(lives)
}
