//! Answers kept for 7 days, so that a repeated call changes nothing (api-guide §6).

use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::OnConflict};

use super::Tx;
use crate::{Result, actor::Repeat};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "answers")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) principal: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) method: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request_id: String,
        pub(super) content_sha256: String,
        pub(super) response: Vec<u8>,
        pub(super) answer_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An answer given before, with what it answered.
pub(super) struct Kept {
    pub(super) content_sha256: String,
    pub(super) response: Vec<u8>,
}

/// Claims the key of a call, or returns the answer it was given before. Two calls with
/// one key at the same time: the second waits here for the first.
pub(super) async fn claim(tx: &Tx, repeat: &Repeat) -> Result<Option<Kept>> {
    row::Entity::delete_many()
        .filter(row::Column::AnswerMicros.lt(tx.kept_since().timestamp_micros()))
        .exec(&tx.db)
        .await?;
    let claim = row::ActiveModel {
        principal: Set(tx.principal.clone()),
        method: Set(tx.method.clone()),
        request_id: Set(repeat.id.to_string()),
        content_sha256: Set(repeat.content_sha256.clone()),
        response: Set(Vec::new()),
        answer_micros: Set(tx.now.timestamp_micros()),
    };
    let columns = [
        row::Column::Principal,
        row::Column::Method,
        row::Column::RequestId,
    ];
    let claimed = row::Entity::insert(claim)
        .on_conflict(OnConflict::columns(columns).do_nothing().to_owned())
        .exec_without_returning(&tx.db)
        .await?;
    if claimed == 1 {
        return Ok(None);
    }
    find(&tx.db, &tx.principal, &tx.method, repeat).await
}

/// Returns the answer a call was given before.
pub(super) async fn find(
    db: &impl ConnectionTrait,
    principal: &str,
    method: &str,
    repeat: &Repeat,
) -> Result<Option<Kept>> {
    let key = (
        principal.to_owned(),
        method.to_owned(),
        repeat.id.to_string(),
    );
    let found = row::Entity::find_by_id(key).one(db).await?;
    Ok(found.map(|it| Kept {
        content_sha256: it.content_sha256,
        response: it.response,
    }))
}

/// Keeps the answer to a call whose key was claimed.
pub(super) async fn keep(tx: &Tx, repeat: &Repeat, response: &[u8]) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::Response, Expr::value(response.to_vec()))
        .filter(row::Column::Principal.eq(tx.principal.as_str()))
        .filter(row::Column::Method.eq(tx.method.as_str()))
        .filter(row::Column::RequestId.eq(repeat.id.to_string()))
        .exec(&tx.db)
        .await?;
    Ok(())
}
