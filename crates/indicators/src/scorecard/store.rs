//! The tables of scorecards; the only file that knows their columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::{CriteriaSetId, Principal, ScorecardId, UnitId};

use super::{Counts, Published, ResultState, Scorecard, State, UnitResult};
use crate::criteria_set::RevisionId;

/// Rows of one statement: 8 columns each stay far below the 32.766 parameters of SQLite.
const ROWS_PER_STATEMENT: usize = 500;

mod scorecard {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "scorecards")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) display_name: String,
        pub(super) owner_unit_id: String,
        pub(super) period: String,
        pub(super) criteria_set_id: String,
        pub(super) criteria_set_revision: i64,
        pub(super) scope_unit_id: Option<String>,
        pub(super) previous_id: Option<String>,
        pub(super) document_number: String,
        pub(super) state: String,
        pub(super) unit_count: i64,
        pub(super) ranked_count: i64,
        pub(super) incomplete_count: i64,
        pub(super) compute_micros: Option<i64>,
        pub(super) publisher: Option<String>,
        pub(super) publish_micros: Option<i64>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod result {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "scorecard_results")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) scorecard_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        pub(super) place: i64,
        pub(super) state: String,
        #[sea_orm(column_type = "Text")]
        pub(super) entries: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) outcome: Option<String>,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn active(it: &Scorecard) -> scorecard::ActiveModel {
    let number = it.document_number.as_ref();
    let published = it.published.as_ref();
    scorecard::ActiveModel {
        id: Set(it.id.as_str().into()),
        display_name: Set(it.display_name.clone()),
        owner_unit_id: Set(it.owner_unit.as_str().into()),
        period: Set(it.period.to_string()),
        criteria_set_id: Set(it.revision.set.as_str().into()),
        criteria_set_revision: Set(it.revision.number),
        scope_unit_id: Set(it.scope_unit.as_ref().map(|it| it.as_str().into())),
        previous_id: Set(it.previous.as_ref().map(|it| it.as_str().into())),
        document_number: Set(number.map(|it| it.as_str().into()).unwrap_or_default()),
        state: Set(state_word(it.state).into()),
        unit_count: Set(it.counts.units),
        ranked_count: Set(it.counts.ranked),
        incomplete_count: Set(it.counts.incomplete),
        compute_micros: Set(it.compute_time.map(|it| it.timestamp_micros())),
        publisher: Set(published.map(|it| it.publisher.name())),
        publish_micros: Set(published.map(|it| it.time.timestamp_micros())),
        create_micros: Set(it.create_time.timestamp_micros()),
        update_micros: Set(it.update_time.timestamp_micros()),
        version: Set(it.version),
    }
}

fn active_result(it: &UnitResult) -> Result<result::ActiveModel> {
    let outcome = it.outcome.as_ref().map(serde_json::to_string).transpose();
    Ok(result::ActiveModel {
        scorecard_id: Set(it.scorecard.as_str().into()),
        unit_id: Set(it.unit.as_str().into()),
        place: Set(it.place),
        state: Set(result_word(it.state).into()),
        entries: Set(serde_json::to_string(&it.entries).map_err(Error::internal)?),
        outcome: Set(outcome.map_err(Error::internal)?),
        update_micros: Set(it.update_time.timestamp_micros()),
        version: Set(it.version),
    })
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &Scorecard) -> Result<()> {
    scorecard::Entity::insert(active(it))
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("SCORECARD", &it.id)))?;
    Ok(())
}

/// Writes a scorecard over; the caller holds its lock.
pub(super) async fn update(db: &impl ConnectionTrait, it: &Scorecard) -> Result<()> {
    scorecard::Entity::update_many()
        .set(active(it))
        .filter(scorecard::Column::Id.eq(it.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes a scorecard away with its results; the caller holds its lock.
pub(super) async fn delete(db: &impl ConnectionTrait, id: &ScorecardId) -> Result<()> {
    result::Entity::delete_many()
        .filter(result::Column::ScorecardId.eq(id.as_str()))
        .exec(db)
        .await?;
    scorecard::Entity::delete_by_id(id.as_str().to_owned())
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(db: &impl ConnectionTrait, id: &ScorecardId) -> Result<Option<Scorecard>> {
    let found = scorecard::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    found.map(Scorecard::try_from).transpose()
}

/// Returns the scorecards of a unit in the order of their ids.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    owner: &UnitId,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Scorecard>> {
    let mut query =
        scorecard::Entity::find().filter(scorecard::Column::OwnerUnitId.eq(owner.as_str()));
    if let Some(after) = after {
        query = query.filter(scorecard::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(scorecard::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Scorecard::try_from).collect()
}

pub(super) async fn insert_results(
    db: &impl ConnectionTrait,
    results: &[UnitResult],
) -> Result<()> {
    for some in results.chunks(ROWS_PER_STATEMENT) {
        let rows: Result<Vec<_>> = some.iter().map(active_result).collect();
        result::Entity::insert_many(rows?)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Writes a result over; the caller holds the lock of its scorecard.
pub(super) async fn update_result(db: &impl ConnectionTrait, it: &UnitResult) -> Result<()> {
    result::Entity::update_many()
        .set(active_result(it)?)
        .filter(result::Column::ScorecardId.eq(it.scorecard.as_str()))
        .filter(result::Column::UnitId.eq(it.unit.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find_result(
    db: &impl ConnectionTrait,
    scorecard: &ScorecardId,
    unit: &UnitId,
) -> Result<Option<UnitResult>> {
    let key = (scorecard.as_str().to_owned(), unit.as_str().to_owned());
    let found = result::Entity::find_by_id(key).one(db).await?;
    found.map(UnitResult::try_from).transpose()
}

/// Returns all results of a scorecard, by unit.
pub(super) async fn results(
    db: &impl ConnectionTrait,
    scorecard: &ScorecardId,
) -> Result<Vec<UnitResult>> {
    let rows = result::Entity::find()
        .filter(result::Column::ScorecardId.eq(scorecard.as_str()))
        .order_by_asc(result::Column::UnitId)
        .all(db)
        .await?;
    rows.into_iter().map(UnitResult::try_from).collect()
}

/// Returns results in the order of their places.
pub(super) async fn list_results(
    db: &impl ConnectionTrait,
    scorecard: &ScorecardId,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<UnitResult>> {
    let mut query =
        result::Entity::find().filter(result::Column::ScorecardId.eq(scorecard.as_str()));
    if let Some(after) = after {
        query = query.filter(result::Column::Place.gt(after));
    }
    let rows = query
        .order_by_asc(result::Column::Place)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(UnitResult::try_from).collect()
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Draft => "draft",
        State::Computed => "computed",
        State::Published => "published",
    }
}

fn result_word(state: ResultState) -> &'static str {
    match state {
        ResultState::Draft => "draft",
        ResultState::Submitted => "submitted",
        ResultState::Verified => "verified",
    }
}

fn read_state(word: &str) -> Result<State> {
    let states = [State::Draft, State::Computed, State::Published];
    let found = states.into_iter().find(|it| state_word(*it) == word);
    found.ok_or_else(|| Error::internal(format!("`{word}` is no state of a scorecard")))
}

fn read_result_state(word: &str) -> Result<ResultState> {
    let states = [
        ResultState::Draft,
        ResultState::Submitted,
        ResultState::Verified,
    ];
    let found = states.into_iter().find(|it| result_word(*it) == word);
    found.ok_or_else(|| Error::internal(format!("`{word}` is no state of a result")))
}

impl TryFrom<scorecard::Model> for Scorecard {
    type Error = Error;

    fn try_from(row: scorecard::Model) -> Result<Self> {
        let id = |it: &str| ScorecardId::new(it).map_err(Error::internal);
        let unit = |it: &str| UnitId::new(it).map_err(Error::internal);
        let published = match (&row.publisher, row.publish_micros) {
            (Some(publisher), Some(micros)) => Some(Published {
                publisher: Principal::from_name(publisher).map_err(Error::internal)?,
                time: instant(micros)?,
            }),
            _ => None,
        };
        let number = match row.document_number.as_str() {
            "" => None,
            number => Some(number.parse().map_err(Error::internal)?),
        };
        Ok(Self {
            id: id(&row.id)?,
            display_name: row.display_name,
            owner_unit: unit(&row.owner_unit_id)?,
            period: row.period.parse().map_err(Error::internal)?,
            revision: RevisionId {
                set: CriteriaSetId::new(&row.criteria_set_id).map_err(Error::internal)?,
                number: row.criteria_set_revision,
            },
            scope_unit: row.scope_unit_id.as_deref().map(unit).transpose()?,
            previous: row.previous_id.as_deref().map(id).transpose()?,
            document_number: number,
            state: read_state(&row.state)?,
            counts: Counts {
                units: row.unit_count,
                ranked: row.ranked_count,
                incomplete: row.incomplete_count,
            },
            compute_time: row.compute_micros.map(instant).transpose()?,
            published,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl TryFrom<result::Model> for UnitResult {
    type Error = Error;

    fn try_from(row: result::Model) -> Result<Self> {
        let outcome = row.outcome.as_deref().map(serde_json::from_str).transpose();
        Ok(Self {
            scorecard: ScorecardId::new(&row.scorecard_id).map_err(Error::internal)?,
            unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
            place: row.place,
            state: read_result_state(&row.state)?,
            entries: serde_json::from_str(&row.entries).map_err(Error::internal)?,
            outcome: outcome.map_err(Error::internal)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
