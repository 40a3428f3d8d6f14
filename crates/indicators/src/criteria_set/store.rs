//! The tables of criteria sets; the only file that knows their columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::{CriteriaSetId, Principal};

use super::{Content, CriteriaSet, Revision, RevisionId};

mod set {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "criteria_sets")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
        pub(super) revision: i64,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "criteria_set_revisions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) criteria_set_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
        pub(super) change_note: String,
        pub(super) publisher: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn active(it: &CriteriaSet) -> Result<set::ActiveModel> {
    Ok(set::ActiveModel {
        id: Set(it.id.as_str().into()),
        content: Set(written(&it.content)?),
        revision: Set(it.revision),
        create_micros: Set(it.create_time.timestamp_micros()),
        update_micros: Set(it.update_time.timestamp_micros()),
        version: Set(it.version),
    })
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &CriteriaSet) -> Result<()> {
    set::Entity::insert(active(it)?)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("CRITERIA_SET", &it.id)))?;
    Ok(())
}

/// Writes a set over; the caller holds its lock.
pub(super) async fn update(db: &impl ConnectionTrait, it: &CriteriaSet) -> Result<()> {
    set::Entity::update_many()
        .set(active(it)?)
        .filter(set::Column::Id.eq(it.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    id: &CriteriaSetId,
) -> Result<Option<CriteriaSet>> {
    let found = set::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    found.map(CriteriaSet::try_from).transpose()
}

/// Returns sets in the order of their ids.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<CriteriaSet>> {
    let mut query = set::Entity::find();
    if let Some(after) = after {
        query = query.filter(set::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(set::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(CriteriaSet::try_from).collect()
}

pub(super) async fn insert_revision(db: &impl ConnectionTrait, it: &Revision) -> Result<()> {
    let row = revision::ActiveModel {
        criteria_set_id: Set(it.id.set.as_str().into()),
        number: Set(it.id.number),
        content: Set(written(&it.content)?),
        change_note: Set(it.change_note.clone()),
        publisher: Set(it.publisher.name()),
        create_micros: Set(it.create_time.timestamp_micros()),
    };
    revision::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

pub(crate) async fn find_revision(
    db: &impl ConnectionTrait,
    id: &RevisionId,
) -> Result<Option<Revision>> {
    let key = (id.set.as_str().to_owned(), id.number);
    let found = revision::Entity::find_by_id(key).one(db).await?;
    found.map(Revision::try_from).transpose()
}

/// Returns the revisions of a set, the newest first.
pub(super) async fn revisions(
    db: &impl ConnectionTrait,
    id: &CriteriaSetId,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Revision>> {
    let mut query =
        revision::Entity::find().filter(revision::Column::CriteriaSetId.eq(id.as_str()));
    if let Some(before) = before {
        query = query.filter(revision::Column::Number.lt(before));
    }
    let rows = query
        .order_by_desc(revision::Column::Number)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Revision::try_from).collect()
}

fn written(content: &Content) -> Result<String> {
    serde_json::to_string(content).map_err(Error::internal)
}

fn read(content: &str) -> Result<Content> {
    serde_json::from_str(content).map_err(Error::internal)
}

impl TryFrom<set::Model> for CriteriaSet {
    type Error = Error;

    fn try_from(row: set::Model) -> Result<Self> {
        Ok(Self {
            id: CriteriaSetId::new(&row.id).map_err(Error::internal)?,
            content: read(&row.content)?,
            revision: row.revision,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl TryFrom<revision::Model> for Revision {
    type Error = Error;

    fn try_from(row: revision::Model) -> Result<Self> {
        Ok(Self {
            id: RevisionId {
                set: CriteriaSetId::new(&row.criteria_set_id).map_err(Error::internal)?,
                number: row.number,
            },
            content: read(&row.content)?,
            change_note: row.change_note,
            publisher: Principal::from_name(&row.publisher).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}
