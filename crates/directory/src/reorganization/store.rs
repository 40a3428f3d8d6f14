//! The reorganisation tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::{ReorganizationId, UnitId};

use super::{
    Content, Correction, Kind, Link, ListReorganizations, Reorganization, State, share::Share,
};
use crate::{
    bulk::{self, Cell, Kind as Column, Table},
    feed::{self, Changed, Told},
    unit::history::Histories,
};

mod links;
mod undo;

pub(crate) use links::in_force;
pub(super) use links::{fact, links_around, links_since, one_naming, replace_links};
pub(super) use undo::{Before, before, begun_with, follow, forget_before, keep_before};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reorganizations")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) kind: String,
        pub(super) decision_number: String,
        pub(super) effective_date: Date,
        pub(super) source: String,
        pub(super) state: String,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
        pub(super) apply_micros: Option<i64>,
        pub(super) revert_micros: Option<i64>,
        pub(super) revert_reason: String,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod correction {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reorganization_corrections")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) reorganization_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) position: i64,
        pub(super) correct_micros: i64,
        pub(super) principal: String,
        pub(super) reason: String,
        #[sea_orm(column_type = "Text")]
        pub(super) removed: String,
        #[sea_orm(column_type = "Text")]
        pub(super) added: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const CORRECTIONS: Table<7> = Table {
    name: "reorganization_corrections",
    columns: [
        ("reorganization_id", Column::Text),
        ("position", Column::Number),
        ("correct_micros", Column::Number),
        ("principal", Column::Text),
        ("reason", Column::Text),
        ("removed", Column::Text),
        ("added", Column::Text),
    ],
};

/// Values of one `IN`: PostgreSQL binds 65535, SQLite 32766.
pub(super) const ROWS: usize = 2_000;

/// Adds one. Says where the feed tells of it when it is in force.
pub(super) async fn insert(
    db: &impl ConnectionTrait,
    new: &Reorganization,
) -> Result<Option<Told>> {
    row::Entity::insert(active(new)?)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("REORGANIZATION", &new.id)))?;
    replace_links(db, new).await?;
    if new.state == State::Applied {
        let told = feed::append(db, [Changed::Act(new.id.clone())]).await?;
        return Ok(Some(told));
    }
    Ok(None)
}

/// Writes state and corrections; what it contains never changes.
pub(super) async fn update(db: &impl ConnectionTrait, it: &Reorganization) -> Result<()> {
    row::Entity::update(active(it)?).exec(db).await?;
    correction::Entity::delete_many()
        .filter(correction::Column::ReorganizationId.eq(it.id.as_str()))
        .exec(db)
        .await?;
    let mut rows: Vec<[Cell; 7]> = Vec::new();
    for (position, correction) in (0_i64..).zip(&it.corrections) {
        rows.push([
            it.id.as_str().into(),
            position.into(),
            correction.time.timestamp_micros().into(),
            correction.principal.as_str().into(),
            correction.reason.as_str().into(),
            json(&correction.removed)?.into(),
            json(&correction.added)?.into(),
        ]);
    }
    bulk::insert(db, &CORRECTIONS, rows.into_iter()).await?;
    // Whatever is changed is in force or was: those who add up have to know.
    feed::append(db, [Changed::Act(it.id.clone())]).await?;
    Ok(())
}

/// Returns one with all it contains.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    id: &ReorganizationId,
) -> Result<Option<Reorganization>> {
    let Some(row) = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?
    else {
        return Ok(None);
    };
    let content = serde_json::from_str(&row.content).map_err(Error::internal)?;
    let corrections = correction::Entity::find()
        .filter(correction::Column::ReorganizationId.eq(id.as_str()))
        .order_by_asc(correction::Column::Position)
        .all(db)
        .await?;
    let corrections = corrections.into_iter().map(Correction::try_from);
    Ok(Some(Reorganization {
        links: links::of(db, id).await?,
        content,
        corrections: corrections.collect::<Result<_>>()?,
        ..Reorganization::try_from(row)?
    }))
}

/// Returns some without what they contain, ordered by id.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    list: &ListReorganizations,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Reorganization>> {
    let mut query = row::Entity::find()
        .order_by_asc(row::Column::Id)
        .limit(limit);
    if let Some(unit) = &list.unit {
        let named = links::naming(db, std::slice::from_ref(unit)).await?;
        query = query.filter(row::Column::Id.is_in(named));
    }
    if let Some(state) = list.state {
        query = query.filter(row::Column::State.eq(state.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(row::Column::Id.gt(after));
    }
    let rows = query.all(db).await?;
    rows.into_iter().map(Reorganization::try_from).collect()
}

fn active(it: &Reorganization) -> Result<row::ActiveModel> {
    let micros = |time: Option<DateTime<Utc>>| time.map(|it| it.timestamp_micros());
    Ok(row::ActiveModel {
        id: Set(it.id.as_str().into()),
        kind: Set(it.kind.as_str().into()),
        decision_number: Set(it.decision_number.clone()),
        effective_date: Set(it.date),
        source: Set(it.source.clone()),
        state: Set(it.state.as_str().into()),
        content: Set(json(&it.content)?),
        apply_micros: Set(micros(it.apply_time)),
        revert_micros: Set(micros(it.revert_time)),
        revert_reason: Set(it.revert_reason.clone()),
        create_micros: Set(it.create_time.timestamp_micros()),
        update_micros: Set(it.update_time.timestamp_micros()),
        version: Set(it.version),
    })
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn read_id(id: &str) -> Result<ReorganizationId> {
    ReorganizationId::new(id).map_err(Error::internal)
}

fn read_unit(id: &str) -> Result<UnitId> {
    UnitId::new(id).map_err(Error::internal)
}

impl TryFrom<row::Model> for Reorganization {
    type Error = Error;

    /// Reads the row alone; what it contains is left empty.
    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: read_id(&row.id)?,
            kind: Kind::read(&row.kind)?,
            decision_number: row.decision_number,
            date: row.effective_date,
            source: row.source,
            links: Vec::new(),
            content: Content::default(),
            state: State::read(&row.state)?,
            apply_time: row.apply_micros.map(instant).transpose()?,
            revert_time: row.revert_micros.map(instant).transpose()?,
            revert_reason: row.revert_reason,
            corrections: Vec::new(),
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl TryFrom<correction::Model> for Correction {
    type Error = Error;

    fn try_from(row: correction::Model) -> Result<Self> {
        Ok(Self {
            time: instant(row.correct_micros)?,
            principal: row.principal,
            reason: row.reason,
            removed: serde_json::from_str(&row.removed).map_err(Error::internal)?,
            added: serde_json::from_str(&row.added).map_err(Error::internal)?,
        })
    }
}

const KINDS: [(Kind, &str); 6] = [
    (Kind::Merge, "merge"),
    (Kind::Split, "split"),
    (Kind::Rename, "rename"),
    (Kind::Transfer, "transfer"),
    (Kind::AbolishTier, "abolish-tier"),
    (Kind::Dissolve, "dissolve"),
];

impl Kind {
    fn as_str(self) -> &'static str {
        let found = KINDS.iter().find(|(kind, _)| *kind == self);
        found.map_or("", |(_, text)| text)
    }

    fn read(text: &str) -> Result<Self> {
        let found = KINDS.iter().find(|(_, known)| *known == text);
        found
            .map(|(kind, _)| *kind)
            .ok_or_else(|| Error::internal(format!("`{text}` is no kind of reorganisation")))
    }
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Applied => "applied",
            Self::Reverted => "reverted",
        }
    }

    fn read(text: &str) -> Result<Self> {
        Ok(match text {
            "draft" => Self::Draft,
            "applied" => Self::Applied,
            "reverted" => Self::Reverted,
            other => return Err(Error::internal(format!("`{other}` is no such state"))),
        })
    }
}
