//! The people, the posts they hold, and how they come to have a password.

use aws_lc_rs::rand;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use kit::{
    Access, Actor, Db, Error, Result, Tx, actor::hex, db::ledger::Action, etag, page::Pages,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use types::{
    ids::{UnitId, UserId},
    validity::Validity,
};

use crate::{
    grant,
    reason::{ALREADY_ENROLLED, SELF_SUSPENSION, STATE_NOT_ALLOWED},
    session, unit,
};

pub(crate) mod rpc;
pub(crate) mod store;

/// A person. The password hash never leaves the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) display_name: String,
    pub(crate) home_unit: Option<UnitId>,
    pub(crate) is_enrolled: bool,
    /// Why the person is kept out, if so.
    pub(crate) suspended: Option<String>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// A post a person holds in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Position {
    pub(crate) key: PositionKey,
    pub(crate) user: UserId,
    pub(crate) holder: String,
    pub(crate) title: String,
    pub(crate) signing_lines: Vec<String>,
    pub(crate) validity: Validity,
    pub(crate) create_time: DateTime<Utc>,
}

/// Identity of a post: `units/{unit}/positions/{position}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PositionKey {
    pub(crate) unit: UnitId,
    pub(crate) id: String,
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

/// Gives a person a post.
#[derive(Debug)]
pub(crate) struct CreatePosition {
    pub(crate) key: PositionKey,
    pub(crate) user: UserId,
    pub(crate) title: String,
    pub(crate) signing_lines: Vec<String>,
    pub(crate) validity: Validity,
}

/// Asks for the posts of a unit on a day.
#[derive(Debug)]
pub(crate) struct ListPositions {
    pub(crate) unit: UnitId,
    pub(crate) as_of: Option<NaiveDate>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

impl PositionKey {
    pub(crate) fn name(&self) -> String {
        format!("{}/positions/{}", self.unit.name(), self.id)
    }
}

/// How long a one-time secret works.
const ENROLLMENT_LIFE: Duration = Duration::hours(72);
/// Bytes of randomness in a one-time secret.
const SECRET_BYTES: usize = 16;

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Users {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        Self { access, pages, db }
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
                Ok(user)
            }
            None => Err(self.access.hide(actor, Error::not_found("USER", id)).await),
        }
    }

    /// Makes a one-time secret. The one before stops working.
    pub(crate) async fn enroll(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &UserId,
    ) -> Result<(String, DateTime<Utc>)> {
        let Some(user) = store::find(&tx.db, id).await? else {
            return Err(self.access.hide(actor, Error::not_found("USER", id)).await);
        };
        self.access
            .require_any(actor, &[user.home_unit.as_ref()])
            .await?;
        // Who enrolls a person can act as that person, so he needs the right wherever the
        // person already has one.
        for scope in grant::store::scopes_of(&tx.db, &id.clone().into()).await? {
            self.access.require_any(actor, &[scope.as_ref()]).await?;
        }
        if user.is_enrolled {
            return Err(Error::rule(&ALREADY_ENROLLED, [("user", id.name())]));
        }
        new_enrollment(tx, id).await
    }

    /// Keeps a person out and ends his sessions. As nobody suspends himself, somebody who
    /// administers is always left.
    pub(crate) async fn suspend(&self, tx: &Tx, actor: &Actor, suspend: Suspend) -> Result<User> {
        let before = self.locked(tx, actor, &suspend.id).await?;
        if actor.principal().user() == Some(&suspend.id) {
            return Err(Error::rule(&SELF_SUSPENSION, []));
        }
        etag::check(&suspend.etag, before.version)?;
        if before.suspended.is_some() {
            return Err(not_allowed(&before, "INVITED, ACTIVE"));
        }
        let after = before.moved(Some(suspend.reason), tx.now());
        store::set_suspended(&tx.db, &after).await?;
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
        let after = before.moved(None, tx.now());
        store::set_suspended(&tx.db, &after).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        Ok(after)
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
        Ok(user)
    }

    /// Gives a person a post in a unit.
    pub(crate) async fn create_position(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreatePosition,
    ) -> Result<Position> {
        self.access.require(actor, &new.key.unit).await?;
        self.unit_exists(tx, "parent", &new.key.unit).await?;
        let Some(holder) = store::find(&tx.db, &new.user).await? else {
            return Err(Error::reference("position.user", &new.user));
        };
        let position = Position {
            key: new.key,
            user: new.user,
            holder: holder.display_name,
            title: new.title,
            signing_lines: new.signing_lines,
            validity: new.validity,
            create_time: tx.now(),
        };
        store::insert_position(&tx.db, &position).await?;
        tx.record(Action::Created, &position.key.name(), None, Some(&position))
            .await?;
        Ok(position)
    }

    /// Reads one post.
    pub(crate) async fn get_position(&self, actor: &Actor, key: &PositionKey) -> Result<Position> {
        self.access.require(actor, &key.unit).await?;
        let found = store::find_position(self.db.reader(), key).await?;
        found.ok_or_else(|| Error::not_found("POSITION", key.name()))
    }

    /// Lists the posts of a unit that are held on a day.
    pub(crate) async fn list_positions(
        &self,
        actor: &Actor,
        list: ListPositions,
    ) -> Result<(Vec<Position>, String)> {
        self.access.require(actor, &list.unit).await?;
        let day = list.as_of.unwrap_or_else(|| self.db.clock().today());
        let what = format!("positions {} {day}", list.unit);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let positions = store::list_positions(
            self.db.reader(),
            &list.unit,
            day,
            page.after(),
            page.limit(),
        )
        .await?;
        page.close(positions, |it| it.key.id.clone())
    }

    async fn unit_exists(&self, tx: &Tx, field: &str, unit: &UnitId) -> Result<()> {
        let found = unit::store::hold(&tx.db, unit, self.db.clock().today()).await?;
        found
            .map(|_| ())
            .ok_or_else(|| Error::reference(field, unit))
    }
}

impl User {
    fn state(&self) -> &'static str {
        match (&self.suspended, self.is_enrolled) {
            (Some(_), _) => "SUSPENDED",
            (None, true) => "ACTIVE",
            (None, false) => "INVITED",
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

fn not_allowed(user: &User, allowed_states: &str) -> Error {
    let facts = [
        ("name", user.id.name()),
        ("state", user.state().to_owned()),
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
        create_time: tx.now(),
        update_time: tx.now(),
        version: 1,
    };
    store::insert(&tx.db, &user).await?;
    tx.record(Action::Created, &user.id.name(), None, Some(&user))
        .await?;
    Ok(user)
}

/// Makes a one-time secret, of which only the hash is kept.
pub(crate) async fn new_enrollment(tx: &Tx, user: &UserId) -> Result<(String, DateTime<Utc>)> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the system gives no randomness"))?;
    let secret = hex(&bytes);
    let expires = tx.now() + ENROLLMENT_LIFE;
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
