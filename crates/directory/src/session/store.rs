//! The tables of sessions and their refresh tokens.

use chrono::{DateTime, Utc};
use kit::{Error, Result, db::times::instant};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, entity::prelude::*};
use types::ids::UserId;

use super::Session;

mod session {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) user_id: String,
        pub(super) device: String,
        pub(super) create_micros: i64,
        pub(super) last_use_micros: i64,
        pub(super) refresh_by_micros: i64,
        pub(super) expire_micros: i64,
        pub(super) end_micros: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) end_reason: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod token {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "refresh_tokens")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) token_sha256: String,
        pub(super) session_id: String,
        pub(super) use_micros: Option<i64>,
        pub(super) sealed_answer: Option<Vec<u8>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is known of a refresh token.
pub(super) struct Token {
    /// When it was used, and the sealed answer.
    pub(super) used: Option<(DateTime<Utc>, Vec<u8>)>,
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &Session) -> Result<()> {
    let row = session::ActiveModel {
        id: Set(it.id.clone()),
        user_id: Set(it.user.as_str().into()),
        device: Set(it.device.clone()),
        create_micros: Set(it.create_time.timestamp_micros()),
        last_use_micros: Set(it.last_use_time.timestamp_micros()),
        refresh_by_micros: Set(it.refresh_by.timestamp_micros()),
        expire_micros: Set(it.expire_time.timestamp_micros()),
        end_micros: Set(None),
        end_reason: Set(None),
    };
    session::Entity::insert(row)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Keeps everybody else from changing a session until the end of the transaction.
pub(super) async fn lock(db: &impl ConnectionTrait, id: &str) -> Result<()> {
    let expire = session::Column::ExpireMicros;
    session::Entity::update_many()
        .col_expr(expire, Expr::col(expire))
        .filter(session::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<Session>> {
    let row = session::Entity::find_by_id(id.to_owned()).one(db).await?;
    row.map(Session::try_from).transpose()
}

/// Returns the session that a refresh token belongs to.
pub(super) async fn by_token(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Session>> {
    match token::Entity::find_by_id(hash.to_owned()).one(db).await? {
        Some(token) => find(db, &token.session_id).await,
        None => Ok(None),
    }
}

/// Returns all sessions of a person that are remembered, the newest first.
pub(super) async fn of_user(db: &impl ConnectionTrait, user: &UserId) -> Result<Vec<Session>> {
    let rows = session::Entity::find()
        .filter(session::Column::UserId.eq(user.as_str()))
        .order_by_desc(session::Column::CreateMicros)
        .order_by_desc(session::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Writes a use of a session.
pub(super) async fn set_used(db: &impl ConnectionTrait, it: &Session) -> Result<()> {
    use session::Column::{ExpireMicros, Id, LastUseMicros, RefreshByMicros};
    session::Entity::update_many()
        .col_expr(
            LastUseMicros,
            Expr::value(it.last_use_time.timestamp_micros()),
        )
        .col_expr(
            RefreshByMicros,
            Expr::value(it.refresh_by.timestamp_micros()),
        )
        .col_expr(ExpireMicros, Expr::value(it.expire_time.timestamp_micros()))
        .filter(Id.eq(it.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Ends a session, unless it is ended already.
pub(super) async fn set_end(
    db: &impl ConnectionTrait,
    id: &str,
    now: DateTime<Utc>,
    reason: &str,
) -> Result<()> {
    use session::Column::{EndMicros, EndReason, Id};
    session::Entity::update_many()
        .col_expr(EndMicros, Expr::value(now.timestamp_micros()))
        .col_expr(EndReason, Expr::value(reason))
        .filter(Id.eq(id))
        .filter(EndMicros.is_null())
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn insert_token(
    db: &impl ConnectionTrait,
    hash: &str,
    session: &str,
) -> Result<()> {
    let row = token::ActiveModel {
        token_sha256: Set(hash.to_owned()),
        session_id: Set(session.to_owned()),
        use_micros: Set(None),
        sealed_answer: Set(None),
    };
    token::Entity::insert(row)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(super) async fn token(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Token>> {
    let row = token::Entity::find_by_id(hash.to_owned()).one(db).await?;
    row.map(|row| {
        let used = match row.use_micros {
            Some(micros) => Some((instant(micros)?, row.sealed_answer.unwrap_or_default())),
            None => None,
        };
        Ok(Token { used })
    })
    .transpose()
}

/// Uses a refresh token up, and keeps its answer.
pub(super) async fn use_token(
    db: &impl ConnectionTrait,
    hash: &str,
    now: DateTime<Utc>,
    sealed_answer: &[u8],
) -> Result<()> {
    use token::Column::{SealedAnswer, TokenSha256, UseMicros};
    token::Entity::update_many()
        .col_expr(UseMicros, Expr::value(now.timestamp_micros()))
        .col_expr(SealedAnswer, Expr::value(sealed_answer.to_vec()))
        .filter(TokenSha256.eq(hash))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets the sessions of a person that were over before an instant.
pub(super) async fn forget(
    db: &impl ConnectionTrait,
    user: &UserId,
    before: DateTime<Utc>,
) -> Result<()> {
    let old: Vec<String> = session::Entity::find()
        .filter(session::Column::UserId.eq(user.as_str()))
        .filter(session::Column::ExpireMicros.lt(before.timestamp_micros()))
        .all(db)
        .await?
        .into_iter()
        .map(|it| it.id)
        .collect();
    token::Entity::delete_many()
        .filter(token::Column::SessionId.is_in(old.clone()))
        .exec(db)
        .await?;
    session::Entity::delete_many()
        .filter(session::Column::Id.is_in(old))
        .exec(db)
        .await?;
    Ok(())
}

impl TryFrom<session::Model> for Session {
    type Error = Error;

    fn try_from(row: session::Model) -> Result<Self> {
        let end = match row.end_micros {
            Some(micros) => Some((instant(micros)?, row.end_reason.unwrap_or_default())),
            None => None,
        };
        Ok(Self {
            id: row.id,
            user: UserId::new(&row.user_id).map_err(Error::internal)?,
            device: row.device,
            create_time: instant(row.create_micros)?,
            last_use_time: instant(row.last_use_micros)?,
            refresh_by: instant(row.refresh_by_micros)?,
            expire_time: instant(row.expire_micros)?,
            end,
        })
    }
}
