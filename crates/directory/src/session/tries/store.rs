//! The table of failed tries, and the key behind the accounts of nobody.

use std::collections::BTreeSet;

use aws_lc_rs::rand;
use kit::{Db, Error, Result, db::times::instant};
use sea_orm::{
    ActiveValue::Set, QueryFilter, QuerySelect, entity::prelude::*, sea_query::OnConflict,
};
use types::ids::UserId;

use super::{Failures, Try};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_in_tries")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) account: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) source: String,
        pub(super) failures: i64,
        pub(super) closed_until_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The secrets every service has a table for.
mod secret {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "secrets")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) name: String,
        pub(super) secret: Vec<u8>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

const KEY: &str = "sign-in-names";
const KEY_BYTES: usize = 32;

/// Returns the key; whoever comes first makes it.
pub(super) async fn key(db: &Db) -> Result<Vec<u8>> {
    let mut fresh = vec![0; KEY_BYTES];
    rand::fill(&mut fresh).map_err(|_| Error::internal("the system gives no randomness"))?;
    let tx = db.begin_as("system", "open", "start").await?;
    let row = secret::ActiveModel {
        name: Set(KEY.to_owned()),
        secret: Set(fresh),
    };
    let keep_first = OnConflict::column(secret::Column::Name)
        .do_nothing()
        .to_owned();
    secret::Entity::insert(row)
        .on_conflict(keep_first)
        .exec_without_returning(&tx.db)
        .await?;
    let kept = secret::Entity::find_by_id(KEY.to_owned())
        .one(&tx.db)
        .await?;
    tx.commit().await?;
    let kept = kept.ok_or_else(|| Error::internal("the key of sign-in names is gone"))?;
    Ok(kept.secret)
}

/// Returns the failures of a source, which nobody else counts until the end of the
/// transaction.
pub(super) async fn held(db: &impl ConnectionTrait, it: &Try) -> Result<Failures> {
    let none = row::ActiveModel {
        account: Set(it.account.clone()),
        source: Set(it.source.clone()),
        failures: Set(Failures::NONE.count),
        closed_until_micros: Set(Failures::NONE.closed_until.timestamp_micros()),
    };
    let keep = OnConflict::columns([row::Column::Account, row::Column::Source])
        .do_nothing()
        .to_owned();
    row::Entity::insert(none)
        .on_conflict(keep)
        .exec_without_returning(db)
        .await?;
    let failures = row::Column::Failures;
    of(it)
        .col_expr(failures, Expr::col(failures))
        .exec(db)
        .await?;
    let id = (it.account.clone(), it.source.clone());
    let row = row::Entity::find_by_id(id).one(db).await?;
    let row = row.ok_or(Error::Conflict)?;
    Ok(Failures {
        count: row.failures,
        closed_until: instant(row.closed_until_micros)?,
    })
}

pub(super) async fn set(db: &impl ConnectionTrait, it: &Try, failures: Failures) -> Result<()> {
    let closed_until = failures.closed_until.timestamp_micros();
    of(it)
        .col_expr(row::Column::Failures, Expr::value(failures.count))
        .col_expr(row::Column::ClosedUntilMicros, Expr::value(closed_until))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns the ids of those people who have so many failures from a source.
pub(super) async fn with_failures(
    db: &impl ConnectionTrait,
    users: &[&UserId],
    source: &str,
    failures: i64,
) -> Result<BTreeSet<String>> {
    let rows: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::Account)
        .filter(row::Column::Account.is_in(users.iter().map(|it| it.as_str())))
        .filter(row::Column::Source.eq(source))
        .filter(row::Column::Failures.gte(failures))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Forgets the failures of some sources of an account, or of all.
pub(super) async fn remove(
    db: &impl ConnectionTrait,
    account: &str,
    sources: Option<&[String]>,
) -> Result<()> {
    let mut query = row::Entity::delete_many().filter(row::Column::Account.eq(account));
    if let Some(sources) = sources {
        query = query.filter(row::Column::Source.is_in(sources.iter().map(String::as_str)));
    }
    query.exec(db).await?;
    Ok(())
}

fn of(it: &Try) -> sea_orm::UpdateMany<row::Entity> {
    row::Entity::update_many()
        .filter(row::Column::Account.eq(it.account.as_str()))
        .filter(row::Column::Source.eq(it.source.as_str()))
}
