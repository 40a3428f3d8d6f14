//! The people, and how they come to have a password.

use aws_lc_rs::rand;
use chrono::{DateTime, Duration, Utc};
use kit::{
    Access, Actor, Db, Error, Result, Tx, actor::hex, db::ledger::Action, etag, page::Pages,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use sha2::{Digest, Sha256};
use types::ids::{UnitId, UserId};

use crate::{
    grant::{self, administrators},
    issuer::Issuers,
    reason::{SELF_RESET, SELF_SUSPENSION, STATE_NOT_ALLOWED},
    session, unit,
};

pub(crate) mod rpc;
pub(crate) mod store;
pub(crate) mod suspension;

/// A person. The password hash never leaves the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) display_name: String,
    pub(crate) home_unit: Option<UnitId>,
    pub(crate) is_enrolled: bool,
    /// Why the person is kept out, if so.
    pub(crate) suspended: Option<String>,
    /// Whether too many failed sign-ins shut strangers out; no part of the record of a person.
    #[serde(skip)]
    pub(crate) only_known_devices: bool,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Adds a person.
#[derive(Debug)]
pub(crate) struct CreateUser {
    pub(crate) id: UserId,
    pub(crate) display_name: String,
    pub(crate) home_unit: UnitId,
}

/// Keeps a person out.
#[derive(Debug)]
pub(crate) struct Suspend {
    pub(crate) id: UserId,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

/// Lets a person in again.
#[derive(Debug)]
pub(crate) struct Reactivate {
    pub(crate) id: UserId,
    pub(crate) etag: String,
}

/// Asks for the people of a unit, or for all.
#[derive(Debug)]
pub(crate) struct ListUsers {
    pub(crate) home_unit: Option<UnitId>,
    pub(crate) state: Option<UserState>,
    /// Part of the name, folded; empty for all.
    pub(crate) search: String,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Changes what is set.
#[derive(Debug)]
pub(crate) struct UpdateUser {
    pub(crate) id: UserId,
    pub(crate) display_name: Option<String>,
    pub(crate) home_unit: Option<UnitId>,
    pub(crate) etag: String,
}

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserState {
    Invited,
    Active,
    Suspended,
}

/// How many hours a one-time secret of a person works: until Monday when it was given on Friday.
pub(crate) const ENROLLMENT_HOURS: u32 = 72;
/// As many may be set (`directory.enrollment_hours`): a week.
pub(crate) const MOST_ENROLLMENT_HOURS: u32 = 168;
/// Bytes of randomness in a one-time secret.
const SECRET_BYTES: usize = 16;

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    access: Access,
    pages: Pages,
    issuers: Issuers,
    db: Db,
    enrollment_life: Duration,
}

impl Users {
    pub(crate) fn new(
        access: Access,
        pages: Pages,
        issuers: Issuers,
        db: Db,
        enrollment_life: Duration,
    ) -> Self {
        Self {
            access,
            pages,
            issuers,
            db,
            enrollment_life,
        }
    }

    /// Adds a person to a unit.
    pub(crate) async fn create(&self, tx: &Tx, actor: &Actor, new: CreateUser) -> Result<User> {
        self.access.require(actor, &new.home_unit).await?;
        self.unit_exists(tx, "user.home_unit", &new.home_unit)
            .await?;
        invite(tx, &new.id, &new.display_name, Some(new.home_unit)).await
    }

    /// Reads one person.
    pub(crate) async fn get(&self, actor: &Actor, id: &UserId) -> Result<User> {
        let found = store::find(self.db.reader(), id).await?;
        match found {
            Some(user) => {
                self.access
                    .require_any(actor, &[user.home_unit.as_ref()])
                    .await?;
                guarded_one(self.db.reader(), user).await
            }
            None => Err(self.access.hide(actor, Error::not_found("USER", id)).await),
        }
    }

    /// Lists people, by their ids.
    pub(crate) async fn list(&self, actor: &Actor, list: ListUsers) -> Result<(Vec<User>, String)> {
        let unit = list.home_unit.as_ref();
        self.access.require_any(actor, &[unit]).await?;
        let what = format!("users {unit:?} {:?} {}", list.state, list.search);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let db = self.db.reader();
        let users = store::list(db, &list, page.after(), page.limit()).await?;
        let users = guarded(db, users).await?;
        page.close(users, |it| it.id.as_str().to_owned())
    }

    /// Changes the name or the home unit of a person.
    pub(crate) async fn update(&self, tx: &Tx, actor: &Actor, update: UpdateUser) -> Result<User> {
        let before = self.locked(tx, actor, &update.id).await?;
        if let Some(unit) = &update.home_unit {
            self.access.require(actor, unit).await?;
        }
        etag::check(&update.etag, before.version)?;
        if let Some(unit) = &update.home_unit {
            self.unit_exists(tx, "user.home_unit", unit).await?;
        }
        let display_name = update.display_name;
        let after = User {
            display_name: display_name.unwrap_or_else(|| before.display_name.clone()),
            home_unit: update.home_unit.or_else(|| before.home_unit.clone()),
            ..before.clone()
        };
        if after == before {
            return Ok(before);
        }
        let after = User {
            update_time: tx.now(),
            version: before.version + 1,
            ..after
        };
        store::set_profile(&tx.db, &after).await?;
        tx.record(
            Action::Updated,
            &after.id.name(),
            Some(&before),
            Some(&after),
        )
        .await?;
        Ok(after)
    }

    /// Makes a one-time secret. The one before stops working, and so does the password of
    /// a person who has one: nobody has to wait until a forgotten or stolen one is replaced.
    pub(crate) async fn enroll(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &UserId,
    ) -> Result<(String, DateTime<Utc>)> {
        let user = self.locked(tx, actor, id).await?;
        // Who enrolls a person can act as that person, so he needs the right wherever the
        // person already has one.
        for scope in grant::store::scopes_of(&tx.db, &id.clone().into()).await? {
            self.access.require_any(actor, &[scope.as_ref()]).await?;
        }
        // Whoever took over a session must not get a password out of it.
        if actor.principal().user() == Some(id) {
            return Err(Error::rule(&SELF_RESET, []));
        }
        let administered = administrators::watch(tx, self.issuers.names()).await?;
        if user.is_enrolled {
            without_password(tx, user).await?;
        }
        administered.still(tx).await?;
        session::start_over(tx, id).await?;
        new_enrollment(tx, id, self.enrollment_life).await
    }

    /// Keeps a person out and ends his sessions. Nobody suspends himself, nor another one when
    /// nobody who administers would be left; who has rights elsewhere is suspended by those who
    /// may do so there.
    pub(crate) async fn suspend(&self, tx: &Tx, actor: &Actor, suspend: Suspend) -> Result<User> {
        let before = self.locked(tx, actor, &suspend.id).await?;
        for scope in grant::store::scopes_of(&tx.db, &suspend.id.clone().into()).await? {
            self.access.require_any(actor, &[scope.as_ref()]).await?;
        }
        if actor.principal().user() == Some(&suspend.id) {
            return Err(Error::rule(&SELF_SUSPENSION, []));
        }
        etag::check(&suspend.etag, before.version)?;
        if before.suspended.is_some() {
            return Err(not_allowed(&before, "INVITED, ACTIVE"));
        }
        let administered = administrators::watch(tx, self.issuers.names()).await?;
        let after = before.moved(Some(suspend.reason), tx.now());
        store::set_suspended(&tx.db, &after).await?;
        suspension::begin(&tx.db, &suspend.id, tx.now()).await?;
        administered.still(tx).await?;
        session::end_all(tx, &suspend.id, "user suspended").await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        Ok(after)
    }

    /// Lets a suspended person in again; the sessions of before stay ended.
    pub(crate) async fn reactivate(
        &self,
        tx: &Tx,
        actor: &Actor,
        reactivate: Reactivate,
    ) -> Result<User> {
        let before = self.locked(tx, actor, &reactivate.id).await?;
        etag::check(&reactivate.etag, before.version)?;
        if before.suspended.is_none() {
            return Err(not_allowed(&before, "SUSPENDED"));
        }
        reactivated(tx, before).await
    }

    /// Returns a person whom nobody else changes until the end of the transaction.
    async fn locked(&self, tx: &Tx, actor: &Actor, id: &UserId) -> Result<User> {
        store::lock(&tx.db, id).await?;
        let Some(user) = store::find(&tx.db, id).await? else {
            return Err(self.access.hide(actor, Error::not_found("USER", id)).await);
        };
        self.access
            .require_any(actor, &[user.home_unit.as_ref()])
            .await?;
        guarded_one(&tx.db, user).await
    }

    async fn unit_exists(&self, tx: &Tx, field: &str, unit: &UnitId) -> Result<()> {
        let found = unit::store::hold(&tx.db, unit, self.db.clock().today()).await?;
        found
            .map(|_| ())
            .ok_or_else(|| Error::reference(field, unit))
    }
}

impl User {
    fn state(&self) -> UserState {
        match (&self.suspended, self.is_enrolled) {
            (Some(_), _) => UserState::Suspended,
            (None, true) => UserState::Active,
            (None, false) => UserState::Invited,
        }
    }

    fn moved(&self, suspended: Option<String>, now: DateTime<Utc>) -> Self {
        Self {
            suspended,
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

impl UserState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "INVITED",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
        }
    }
}

/// Reads of whom sign-in is closed to strangers.
async fn guarded(db: &impl ConnectionTrait, mut users: Vec<User>) -> Result<Vec<User>> {
    let ids: Vec<_> = users.iter().map(|it| &it.id).collect();
    let closed = session::closed_to_strangers(db, &ids).await?;
    for user in &mut users {
        user.only_known_devices = closed.contains(user.id.as_str());
    }
    Ok(users)
}

async fn guarded_one(db: &impl ConnectionTrait, user: User) -> Result<User> {
    let closed = session::closed_to_strangers(db, &[&user.id]).await?;
    Ok(User {
        only_known_devices: !closed.is_empty(),
        ..user
    })
}

fn not_allowed(user: &User, allowed_states: &str) -> Error {
    let facts = [
        ("name", user.id.name()),
        ("state", user.state().as_str().to_owned()),
        ("allowed_states", allowed_states.to_owned()),
    ];
    Error::rule(&STATE_NOT_ALLOWED, facts)
}

/// Adds the first administrator, who belongs to no unit because there is none yet.
pub(crate) async fn invite_first(tx: &Tx, id: &UserId, display_name: &str) -> Result<User> {
    invite(tx, id, display_name, None).await
}

async fn invite(
    tx: &Tx,
    id: &UserId,
    display_name: &str,
    home_unit: Option<UnitId>,
) -> Result<User> {
    let user = User {
        id: id.clone(),
        display_name: display_name.to_owned(),
        home_unit,
        is_enrolled: false,
        suspended: None,
        only_known_devices: false,
        create_time: tx.now(),
        update_time: tx.now(),
        version: 1,
    };
    store::insert(&tx.db, &user).await?;
    tx.record(Action::Created, &user.id.name(), None, Some(&user))
        .await?;
    Ok(user)
}

/// Takes the suspension of a person and his password away, so that he comes in by a one-time
/// secret and not otherwise.
pub(crate) async fn let_in_again(tx: &Tx, user: User) -> Result<()> {
    let user = match user.suspended {
        Some(_) => reactivated(tx, user).await?,
        None => user,
    };
    if user.is_enrolled {
        without_password(tx, user).await?;
    }
    Ok(())
}

async fn reactivated(tx: &Tx, before: User) -> Result<User> {
    let after = before.moved(None, tx.now());
    store::set_suspended(&tx.db, &after).await?;
    suspension::end(&tx.db, &after.id, tx.now()).await?;
    tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
        .await?;
    Ok(after)
}

async fn without_password(tx: &Tx, before: User) -> Result<()> {
    let after = User {
        is_enrolled: false,
        update_time: tx.now(),
        version: before.version + 1,
        ..before.clone()
    };
    store::replace_password(&tx.db, &after.id, None, tx.now()).await?;
    tx.record(
        Action::Updated,
        &after.id.name(),
        Some(&before),
        Some(&after),
    )
    .await
}

/// Makes a one-time secret that works for some time, of which only the hash is kept.
pub(crate) async fn new_enrollment(
    tx: &Tx,
    user: &UserId,
    life: Duration,
) -> Result<(String, DateTime<Utc>)> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the system gives no randomness"))?;
    let secret = hex(&bytes);
    let expires = tx.now() + life;
    store::put_enrollment(&tx.db, user, &hash_secret(&secret), expires).await?;
    tx.record(
        Action::Updated,
        &format!("{}/enrollment", user.name()),
        None,
        Some(&expires),
    )
    .await?;
    Ok((secret, expires))
}

/// Hashes a one-time secret. It is 128 random bits, so a fast hash is enough.
pub(crate) fn hash_secret(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}
