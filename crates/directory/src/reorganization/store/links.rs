//! The links.

use chrono::NaiveDate;
use kit::access::territory::{ActFact, LinkFact};

use super::*;
use crate::reorganization::lineage::{DatedLink, Direction};

mod link {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reorganization_links")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) reorganization_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) position: i64,
        pub(super) predecessor_id: String,
        pub(super) successor_id: Option<String>,
        pub(super) share_millionths: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const LINKS: Table<5> = Table {
    name: "reorganization_links",
    columns: [
        ("reorganization_id", Column::Text),
        ("position", Column::Number),
        ("predecessor_id", Column::Text),
        ("successor_id", Column::Text),
        ("share_millionths", Column::Number),
    ],
};

/// Puts the links in the place of those before.
pub(in crate::reorganization) async fn replace_links(
    db: &impl ConnectionTrait,
    it: &Reorganization,
) -> Result<()> {
    link::Entity::delete_many()
        .filter(link::Column::ReorganizationId.eq(it.id.as_str()))
        .exec(db)
        .await?;
    let rows = (0_i64..).zip(&it.links).map(|(position, link)| {
        [
            it.id.as_str().into(),
            position.into(),
            link.predecessor.as_str().into(),
            link.successor.as_ref().map(UnitId::as_str).into(),
            link.share.map(Share::millionths).into(),
        ]
    });
    bulk::insert(db, &LINKS, rows).await
}

pub(super) async fn of(db: &impl ConnectionTrait, id: &ReorganizationId) -> Result<Vec<Link>> {
    let rows = link::Entity::find()
        .filter(link::Column::ReorganizationId.eq(id.as_str()))
        .order_by_asc(link::Column::Position)
        .all(db)
        .await?;
    rows.into_iter().map(Link::try_from).collect()
}

/// Returns the links of everything applied that counts from a day or from a later one.
pub(in crate::reorganization) async fn links_since(
    db: &impl ConnectionTrait,
    day: NaiveDate,
) -> Result<Vec<DatedLink>> {
    let mut found = Vec::new();
    for (id, date) in applied(db).await? {
        if date >= day {
            let reorganization = read_id(&id)?;
            for link in of(db, &reorganization).await? {
                let reorganization = reorganization.clone();
                found.push(DatedLink {
                    date,
                    reorganization,
                    link,
                });
            }
        }
    }
    Ok(found)
}

/// Returns every applied link that can be reached from a unit, one statement per step of
/// the way and 2000 units.
pub(in crate::reorganization) async fn links_around(
    db: &impl ConnectionTrait,
    start: &UnitId,
    direction: Direction,
) -> Result<Vec<DatedLink>> {
    let (near, far): (_, fn(&Link) -> Option<&UnitId>) = match direction {
        Direction::Successors => (link::Column::PredecessorId, |it| it.successor.as_ref()),
        Direction::Predecessors => (link::Column::SuccessorId, |it| Some(&it.predecessor)),
    };
    let applied = applied(db).await?;
    let mut known = BTreeSet::from([start.clone()]);
    let mut level = vec![start.clone()];
    let mut found = Vec::new();
    while !level.is_empty() {
        let mut next = BTreeSet::new();
        for some in level.chunks(ROWS) {
            let rows = link::Entity::find()
                .filter(near.is_in(some.iter().map(UnitId::as_str)))
                .order_by_asc(link::Column::ReorganizationId)
                .order_by_asc(link::Column::Position)
                .all(db)
                .await?;
            for row in rows {
                let Some(date) = applied.get(&row.reorganization_id).copied() else {
                    continue;
                };
                let reorganization = read_id(&row.reorganization_id)?;
                let link = Link::try_from(row)?;
                next.extend(far(&link).cloned());
                found.push(DatedLink {
                    date,
                    reorganization,
                    link,
                });
            }
        }
        level = next
            .into_iter()
            .filter(|it| known.insert(it.clone()))
            .collect();
    }
    Ok(found)
}

/// Returns what is in force, as far as totals depend on it: of some, or of all when none
/// are named.
pub(crate) async fn in_force(
    db: &impl ConnectionTrait,
    ids: Option<&BTreeSet<ReorganizationId>>,
) -> Result<BTreeMap<ReorganizationId, ActFact>> {
    if ids.is_some_and(BTreeSet::is_empty) {
        return Ok(BTreeMap::new());
    }
    let mut dates = applied(db).await?;
    if let Some(ids) = ids {
        let ids: BTreeSet<_> = ids.iter().map(ReorganizationId::as_str).collect();
        dates.retain(|id, _| ids.contains(id.as_str()));
    }
    let mut found = BTreeMap::new();
    for (id, date) in dates {
        let id = read_id(&id)?;
        let links = of(db, &id).await?;
        found.insert(id, fact(date, links)?);
    }
    Ok(found)
}

/// Returns an act as far as totals depend on it.
pub(in crate::reorganization) fn fact(
    date: NaiveDate,
    links: impl IntoIterator<Item = Link>,
) -> Result<ActFact> {
    let links = links.into_iter().map(LinkFact::try_from);
    let links = links.collect::<Result<_>>()?;
    Ok(ActFact { date, links })
}

impl TryFrom<Link> for LinkFact {
    type Error = Error;

    fn try_from(link: Link) -> Result<Self> {
        let share = |it: Share| it.to_string().parse().map_err(Error::internal);
        Ok(Self {
            predecessor: link.predecessor,
            successor: link.successor,
            share: link.share.map(share).transpose()?,
        })
    }
}

/// Returns the days of all applied reorganisations by id: a few hundred in a century.
async fn applied(db: &impl ConnectionTrait) -> Result<BTreeMap<String, NaiveDate>> {
    let rows: Vec<(String, NaiveDate)> = row::Entity::find()
        .select_only()
        .columns([row::Column::Id, row::Column::EffectiveDate])
        .filter(row::Column::State.eq(State::Applied.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Returns the ids of reorganisations with links from or to some units.
pub(super) async fn naming(db: &impl ConnectionTrait, units: &[UnitId]) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    for column in [link::Column::PredecessorId, link::Column::SuccessorId] {
        let ids: Vec<String> = link::Entity::find()
            .select_only()
            .column(link::Column::ReorganizationId)
            .distinct()
            .filter(column.is_in(units.iter().map(UnitId::as_str)))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(ids);
    }
    Ok(found.into_iter().collect())
}

/// Returns another reorganisation that counts and names one of some units.
pub(in crate::reorganization) async fn one_naming(
    db: &impl ConnectionTrait,
    but: &ReorganizationId,
    units: &[UnitId],
) -> Result<Option<ReorganizationId>> {
    let found = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Id.is_in(naming(db, units).await?))
        .filter(row::Column::Id.ne(but.as_str()))
        .filter(row::Column::State.eq(State::Applied.as_str()))
        .into_tuple::<String>()
        .one(db)
        .await?;
    found.map(|it| read_id(&it)).transpose()
}

impl TryFrom<link::Model> for Link {
    type Error = Error;

    fn try_from(row: link::Model) -> Result<Self> {
        let share = |it| {
            let text = format!("{it} millionths are no share");
            Share::from_millionths(it).ok_or_else(|| Error::internal(text))
        };
        Ok(Self {
            predecessor: read_unit(&row.predecessor_id)?,
            successor: row.successor_id.map(|it| read_unit(&it)).transpose()?,
            share: row.share_millionths.map(share).transpose()?,
        })
    }
}
