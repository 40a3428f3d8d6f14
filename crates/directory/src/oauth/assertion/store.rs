//! The table of assertions that were used, until they are over anyhow.

use chrono::{DateTime, Duration, Utc};
use kit::{
    Error, Result,
    actor::hex,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, entity::prelude::*};
use sha2::{Digest, Sha256};
use types::ids::ServiceAccountId;

use super::Assertion;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "used_assertions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) account_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) jti_sha256: String,
        pub(super) expire_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An assertion is remembered this much longer than it lives: clocks may disagree.
const KEPT_AFTER_END: Duration = Duration::minutes(5);

/// Uses an assertion up; false when it was used before. Those that are over are forgotten.
pub(in super::super) async fn use_up(
    db: &impl ConnectionTrait,
    account: &ServiceAccountId,
    assertion: &Assertion,
    now: DateTime<Utc>,
) -> Result<bool> {
    row::Entity::delete_many()
        .filter(row::Column::ExpireMicros.lt((now - KEPT_AFTER_END).timestamp_micros()))
        .exec(db)
        .await?;
    let expires = assertion.exp.saturating_mul(1_000_000);
    // Bounded by `assertion::verify`, but a row must never hold what cannot be read back.
    instant(expires)?;
    let row = row::ActiveModel {
        account_id: Set(account.as_str().into()),
        jti_sha256: Set(hex(&Sha256::digest(&assertion.jti))),
        expire_micros: Set(expires),
    };
    let inserted = row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("ASSERTION", account)));
    match inserted {
        Ok(_) => Ok(true),
        Err(Error::Taken(..)) => Ok(false),
        Err(error) => Err(error),
    }
}
