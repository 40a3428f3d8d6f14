//! Answers kept for 7 days, so that a repeated call changes nothing (api-guide §6).

use sea_orm::{ActiveValue::Set, entity::prelude::*};

use super::{Tx, on_unique};
use crate::{Error, Result, actor::Repeat};

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

pub(super) async fn find(tx: &Tx, repeat: &Repeat) -> Result<Option<Kept>> {
    let key = (
        tx.principal.clone(),
        tx.method.clone(),
        repeat.id.to_string(),
    );
    let found = row::Entity::find_by_id(key).one(&tx.db).await?;
    let since = tx.kept_since().timestamp_micros();
    Ok(found.filter(|it| it.answer_micros >= since).map(|it| Kept {
        content_sha256: it.content_sha256,
        response: it.response,
    }))
}

pub(super) async fn insert(tx: &Tx, repeat: &Repeat, response: &[u8]) -> Result<()> {
    row::Entity::delete_many()
        .filter(row::Column::AnswerMicros.lt(tx.kept_since().timestamp_micros()))
        .exec(&tx.db)
        .await?;
    let answer = row::ActiveModel {
        principal: Set(tx.principal.clone()),
        method: Set(tx.method.clone()),
        request_id: Set(repeat.id.to_string()),
        content_sha256: Set(repeat.content_sha256.clone()),
        response: Set(response.to_vec()),
        answer_micros: Set(tx.now.timestamp_micros()),
    };
    row::Entity::insert(answer)
        .exec_without_returning(&tx.db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}
