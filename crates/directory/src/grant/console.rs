//! What only who stands at the console of the server can do: make the first administrator, and
//! let one in again when nobody can. There is no default password.

use chrono::Duration;
use kit::{Db, Error, Result, Tx, db::ledger::Action};
use types::{date::vietnam_date, ids::UserId, validity::Validity};

use super::{CreateGrant, Grant, administrators, duties_apart, made_id, store};
use crate::{
    reason::SOMEBODY_ADMINISTERS,
    role::{ADMINISTRATOR, Role},
    session, user,
};

/// The one-time secret with which an administrator enrolls.
#[derive(Debug)]
pub struct FirstAdministrator {
    /// Who enrolls.
    pub user: UserId,
    /// Secret, to be shown once; only its hash is kept. It works for 15 minutes.
    pub secret: String,
}

const FIRST_ADMINISTRATOR: &str = "administrator";
/// How long a secret works that stands on a console (`security.md` §1.2).
const SECRET_LIFE: Duration = Duration::minutes(15);

/// Makes the first administrator, or a new secret as long as that person has not enrolled and
/// nobody else administers.
pub(crate) async fn first_administrator(
    db: &Db,
    issuers: &[String],
) -> Result<Option<FirstAdministrator>> {
    let user = UserId::new(FIRST_ADMINISTRATOR).map_err(Error::internal)?;
    let tx = db
        .begin_as("system", "first-administrator", "start")
        .await?;
    tx.lock("first-administrator").await?;
    match user::store::find(&tx.db, &user).await? {
        Some(known) if known.is_enrolled => return Ok(None),
        Some(_) => {
            // His secret may be one that somebody who administers has given him.
            let administered = administrators::watch(&tx, issuers).await?;
            if administered.by_somebody(&tx) {
                return Ok(None);
            }
        }
        None if user::store::any(&tx.db).await? => return Ok(None),
        None => {
            make(&tx, &user).await?;
            give(&tx, &user, "first start").await?;
        }
    }
    let secret = secret(&tx, &user).await?;
    tx.commit().await?;
    Ok(Some(FirstAdministrator { user, secret }))
}

/// Lets an administrator in again: he gets a one-time secret, his password, sessions and known
/// devices count no more, and he is neither suspended nor without his right. Nobody has to be
/// named when nobody administers: then it is the first administrator.
///
/// # Errors
/// `SOMEBODY_ADMINISTERS` when nobody is named and somebody could do it over the contract;
/// a missing user; `DUTIES_EXCLUDED` when the person works with data.
pub(crate) async fn recover_administrator(
    db: &Db,
    issuers: &[String],
    named: Option<&UserId>,
) -> Result<FirstAdministrator> {
    let first = UserId::new(FIRST_ADMINISTRATOR).map_err(Error::internal)?;
    let user = named.unwrap_or(&first).clone();
    let tx = db
        .begin_as("system", "recover-administrator", "console")
        .await?;
    tx.lock("first-administrator").await?;
    user::store::lock(&tx.db, &user).await?;
    let administered = administrators::watch(&tx, issuers).await?;
    if named.is_none() && administered.by_somebody(&tx) {
        return Err(Error::rule(&SOMEBODY_ADMINISTERS, []));
    }
    match user::store::find(&tx.db, &user).await? {
        Some(known) => user::let_in_again(&tx, known).await?,
        None if named.is_some() => return Err(Error::not_found("USER", user.name())),
        None => make(&tx, &user).await?,
    }
    session::start_over(&tx, &user).await?;
    give(&tx, &user, "recovered at the console").await?;
    let secret = secret(&tx, &user).await?;
    tx.commit().await?;
    tracing::warn!(
        user = user.name(),
        "an administrator was recovered at the console"
    );
    Ok(FirstAdministrator { user, secret })
}

async fn make(tx: &Tx, user: &UserId) -> Result<()> {
    user::invite_first(tx, user, "Quản trị hệ thống").await?;
    Ok(())
}

async fn secret(tx: &Tx, user: &UserId) -> Result<String> {
    let (secret, _) = user::new_enrollment(tx, user, SECRET_LIFE).await?;
    Ok(secret)
}

/// Gives a person the right to administer everything, unless he has it today and for good: one
/// that ends tomorrow would keep him out again, with nobody to give the next.
async fn give(tx: &Tx, user: &UserId, reason: &str) -> Result<()> {
    let today = vietnam_date(tx.now());
    let held = store::of_principal(&tx.db, &user.clone().into()).await?;
    let has = held.iter().any(|it| {
        it.stands(today)
            && it.validity.end().is_none()
            && it.role == ADMINISTRATOR
            && it.scope.is_none()
            && it.include_subtree
    });
    if has {
        return Ok(());
    }
    let role = Role::find(ADMINISTRATOR).ok_or_else(|| Error::internal("no such role"))?;
    let new = CreateGrant {
        id: None,
        principal: user.clone().into(),
        role,
        scope: None,
        include_subtree: true,
        validity: Validity::starting(today),
        reason: reason.to_owned(),
    };
    duties_apart(&new, &held)?;
    let grant = Grant {
        id: made_id()?,
        principal: new.principal,
        role: role.id.to_owned(),
        scope: new.scope,
        include_subtree: new.include_subtree,
        validity: new.validity,
        reason: new.reason,
        granted_by: "system".to_owned(),
        create_time: tx.now(),
        revocation: None,
    };
    store::insert(&tx.db, &grant).await?;
    tx.record(Action::Created, &grant.id.name(), None, Some(&grant))
        .await
}
