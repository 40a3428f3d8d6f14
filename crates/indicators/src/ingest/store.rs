//! The tables of sessions; the only file that knows their columns.

use chrono::{DateTime, Duration, Utc};
use kit::{Error, Result};
use sea_orm::{
    ActiveValue::Set, QueryFilter, QueryOrder, entity::prelude::*, sea_query::OnConflict,
};
use types::ids::Principal;
use uuid::Uuid;

use super::{Counts, Session, record::Record};

/// What was answered is kept this long.
const RECORDS_KEPT: Duration = Duration::days(7);

mod session {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ingest_sessions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) principal: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) session_id: String,
        pub(super) source_system: String,
        pub(super) next_offset: i64,
        pub(super) created_count: i64,
        pub(super) updated_count: i64,
        pub(super) unchanged_count: i64,
        pub(super) rejected_count: i64,
        pub(super) open_micros: i64,
        pub(super) touch_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod batch {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ingest_batches")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) principal: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) session_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) first_offset: i64,
        pub(super) end_offset: i64,
        pub(super) item_hashes: Vec<u8>,
        pub(super) answer: Vec<u8>,
        pub(super) record_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Opens a session, or returns the one there is, and forgets what is older than is kept.
pub(super) async fn open(
    db: &impl ConnectionTrait,
    principal: &Principal,
    fresh: &Session,
    now: DateTime<Utc>,
) -> Result<Session> {
    let forgotten = (now - RECORDS_KEPT).timestamp_micros();
    batch::Entity::delete_many()
        .filter(batch::Column::RecordMicros.lt(forgotten))
        .exec(db)
        .await?;
    let row = session::ActiveModel {
        principal: Set(principal.name()),
        session_id: Set(fresh.id.to_string()),
        source_system: Set(fresh.source_system.clone()),
        next_offset: Set(0),
        created_count: Set(0),
        updated_count: Set(0),
        unchanged_count: Set(0),
        rejected_count: Set(0),
        open_micros: Set(now.timestamp_micros()),
        touch_micros: Set(now.timestamp_micros()),
    };
    let key = [session::Column::Principal, session::Column::SessionId];
    session::Entity::insert(row)
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    find(db, principal, fresh).await
}

/// Waits until no other line of the session writes, and returns where the session stands.
pub(super) async fn take_turn(
    db: &impl ConnectionTrait,
    principal: &Principal,
    session: &Session,
    now: DateTime<Utc>,
) -> Result<Session> {
    session::Entity::update_many()
        .col_expr(
            session::Column::TouchMicros,
            Expr::value(now.timestamp_micros()),
        )
        .filter(session::Column::Principal.eq(principal.name()))
        .filter(session::Column::SessionId.eq(session.id.to_string()))
        .exec(db)
        .await?;
    find(db, principal, session).await
}

async fn find(
    db: &impl ConnectionTrait,
    principal: &Principal,
    session: &Session,
) -> Result<Session> {
    let key = (principal.name(), session.id.to_string());
    let row = session::Entity::find_by_id(key).one(db).await?;
    let row = row.ok_or_else(|| Error::internal("a session of figures is gone"))?;
    Ok(Session {
        id: Uuid::try_parse(&row.session_id).map_err(Error::internal)?,
        source_system: row.source_system,
        validate_only: false,
        next_offset: row.next_offset,
        counts: Counts {
            created: row.created_count,
            updated: row.updated_count,
            unchanged: row.unchanged_count,
            rejected: row.rejected_count,
        },
    })
}

/// Keeps what a batch was answered, and where the session stands after it.
pub(super) async fn keep(
    db: &impl ConnectionTrait,
    principal: &Principal,
    session: &Session,
    record: &Record,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = batch::ActiveModel {
        principal: Set(principal.name()),
        session_id: Set(session.id.to_string()),
        first_offset: Set(record.first_offset),
        end_offset: Set(record.end_offset()),
        item_hashes: Set(record.hashes.clone()),
        answer: Set(record.encode()),
        record_micros: Set(now.timestamp_micros()),
    };
    batch::Entity::insert(row)
        .exec_without_returning(db)
        .await?;
    use session::Column;
    let counts = session.counts;
    session::Entity::update_many()
        .col_expr(Column::NextOffset, Expr::value(session.next_offset))
        .col_expr(Column::CreatedCount, Expr::value(counts.created))
        .col_expr(Column::UpdatedCount, Expr::value(counts.updated))
        .col_expr(Column::UnchangedCount, Expr::value(counts.unchanged))
        .col_expr(Column::RejectedCount, Expr::value(counts.rejected))
        .filter(Column::Principal.eq(principal.name()))
        .filter(Column::SessionId.eq(session.id.to_string()))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns what the items of a session from one place to another were answered.
pub(super) async fn records(
    db: &impl ConnectionTrait,
    principal: &Principal,
    session: &Session,
    from: i64,
    to: i64,
) -> Result<Vec<Record>> {
    let rows = batch::Entity::find()
        .filter(batch::Column::Principal.eq(principal.name()))
        .filter(batch::Column::SessionId.eq(session.id.to_string()))
        .filter(batch::Column::FirstOffset.lt(to))
        .filter(batch::Column::EndOffset.gt(from))
        .order_by_asc(batch::Column::FirstOffset)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|it| Record::decode(it.first_offset, it.item_hashes, &it.answer))
        .collect()
}
