//! How people come in: by a one-time secret the first time, by a password from then on.

use kit::{Actor, Error, Result, Tx, db::ledger::Action, error::SIGN_IN_REFUSED};
use types::ids::{UnitId, UserId};

use super::{Session, Sessions, Tokens, device, end_others, strength::words_about, tries};
use crate::{
    network::Source,
    reason::OLD_PASSWORD_REFUSED,
    unit::{self, UnitNames},
    user::{self, hash_secret},
};

/// Units whose names are looked for in a password: more are above none.
const MOST_UNITS: usize = 8;

/// Sets a password with a one-time secret.
pub(crate) struct Enroll {
    pub(crate) user: UserId,
    pub(crate) secret: String,
    pub(crate) password: String,
}

/// Trades a password for a session.
pub(crate) struct SignIn {
    pub(crate) user: UserId,
    pub(crate) password: String,
    pub(crate) device: String,
    /// Proof of an earlier sign-in on the same device; empty without.
    pub(crate) device_token: String,
}

/// What a sign-in gives.
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) tokens: Tokens,
    pub(crate) device_token: String,
}

/// Puts one's own new password in the place of the old one.
pub(crate) struct ChangePassword {
    pub(crate) old: String,
    pub(crate) new: String,
}

/// A new password, checked and hashed, and the hash whose place it takes.
pub(crate) struct Changed {
    old_hash: String,
    new_hash: String,
}

/// What a wrong user, a wrong password, a suspended person and a closed sign-in answer.
fn refused() -> Error {
    Error::Unauthenticated(&SIGN_IN_REFUSED)
}

impl Sessions {
    /// Sets a person's password with the one-time secret, and returns the token that makes
    /// the device known: whoever is enrolled can then not be shut out by guesses of others.
    /// The secret is 128 random bits, so tries to guess it need not be counted.
    pub(crate) async fn enroll(&self, enroll: Enroll, from: Source) -> Result<String> {
        let Enroll { user, .. } = enroll;
        let secret = hash_secret(&enroll.secret);
        let now = self.db.clock().now();
        // Only who has the secret learns anything of a password, or makes us hash one.
        if !user::store::has_enrollment(self.db.reader(), &user, &secret, now).await? {
            return Err(refused());
        }
        let hash = self.fit(&user, "password", enroll.password, from).await?;
        let tx = self
            .db
            .begin_as(&user.name(), "SessionService/Enroll", "enroll")
            .await?;
        user::store::lock(&tx.db, &user).await?;
        let used = user::store::use_enrollment(&tx.db, &user, &secret, tx.now()).await?;
        if !used || !user::store::set_password(&tx.db, &user, &hash, tx.now()).await? {
            return Err(refused());
        }
        let set = "password set";
        tx.record(Action::Updated, &user.name(), None, Some(&set))
            .await?;
        let device_token = device::welcome(&tx, &user, "").await?;
        tx.commit().await?;
        Ok(device_token)
    }

    /// Trades a password for a session. A wrong user, a wrong password, a suspended
    /// person and a try from a closed source answer alike.
    pub(crate) async fn sign_in(&self, sign_in: SignIn, from: Source) -> Result<SignedIn> {
        let user = sign_in.user;
        // Who is turned away because too many wait has not tried.
        let place = self.queue.enter(from)?;
        // Else whoever guesses would shut the whole office out; tries from a known device are
        // counted apart, with the device.
        let db = self.db.reader();
        let known = device::known(db, &user, &sign_in.device_token, self.db.clock().now());
        let counted = match known.await? {
            Some(_) => None,
            None => self.queue.count(from)?,
        };
        let tried = self.tries.sign_in(&user, &sign_in.device_token).await?;
        let kept = user::store::password_hash(self.db.reader(), &user).await?;
        // A closed sign-in is as much work as an open one, or its answer would come sooner and
        // tell that it is closed. The password is looked at by nobody.
        let kept = kept.filter(|_| tried.is_some());
        let against = kept.clone().unwrap_or_else(|| self.nobody.to_string());
        let password = sign_in.password;
        let verified = self.hashing(place, move |hasher| {
            let right = hasher.verify(&password, &against)?;
            let outdated = right && hasher.is_outdated(&against)?;
            let renewed = outdated.then(|| hasher.hash(&password)).transpose()?;
            Ok(right.then_some(renewed))
        });
        let (Some(renewed), Some(kept), Some(tried)) = (verified.await?, kept, tried) else {
            return Err(refused());
        };
        let tx = self
            .db
            .begin_as(user.as_str(), "SessionService/SignIn", "sign-in")
            .await?;
        // Suspending and resetting lock the same row, so no session slips past them.
        user::store::lock(&tx.db, &user).await?;
        let person = user::store::find(&tx.db, &user).await?;
        if person.is_none_or(|it| it.suspended.is_some() || !it.is_enrolled) {
            return Err(refused());
        }
        still_kept(&tx, &user, &kept).await?;
        tries::forgive(&tx, &tried).await?;
        if let Some(hash) = renewed {
            user::store::rehash_password(&tx.db, &user, &hash).await?;
            let rehashed = "password hashed anew";
            tx.record(Action::Updated, &user.name(), None, Some(&rehashed))
                .await?;
        }
        let device_token = device::welcome(&tx, &user, &sign_in.device_token).await?;
        let session = self.begin(&tx, user, sign_in.device).await?;
        let tokens = self.tokens(&tx, &session).await?;
        tx.commit().await?;
        self.queue.give_back(counted);
        Ok(SignedIn {
            session,
            tokens,
            device_token,
        })
    }

    /// Checks the caller's old password and the one to come, before anything is changed:
    /// hashing takes longer than a change may be open. Wrong old passwords are counted.
    pub(crate) async fn check_change(
        &self,
        actor: &Actor,
        change: ChangePassword,
        from: Source,
    ) -> Result<Changed> {
        let user = actor.person()?;
        let wrong = || Error::rule(&OLD_PASSWORD_REFUSED, []);
        let place = self.queue.enter(from)?;
        let tried = self.tries.in_session(user).await?.ok_or_else(wrong)?;
        let kept = user::store::password_hash(self.db.reader(), user).await?;
        let old_hash = kept.ok_or_else(wrong)?;
        let against = old_hash.clone();
        let verified = self.hashing(place, move |hasher| hasher.verify(&change.old, &against));
        if !verified.await? {
            return Err(wrong());
        }
        let tx = self
            .db
            .begin_as(&user.name(), actor.method(), actor.trace_id())
            .await?;
        tries::forgive(&tx, &tried).await?;
        tx.commit().await?;
        let new_hash = self.fit(user, "new_password", change.new, from).await?;
        Ok(Changed { old_hash, new_hash })
    }

    /// Changes the caller's own password, and ends his other sessions.
    pub(crate) async fn change_password(
        &self,
        tx: &Tx,
        actor: &Actor,
        changed: Changed,
    ) -> Result<usize> {
        let user = actor.person()?;
        user::store::lock(&tx.db, user).await?;
        still_kept(tx, user, &changed.old_hash).await?;
        user::store::replace_password(&tx.db, user, Some(&changed.new_hash), tx.now()).await?;
        let set = "password changed";
        tx.record(Action::Updated, &user.name(), None, Some(&set))
            .await?;
        end_others(tx, user, actor.session(), set).await
    }

    /// Hashes a password a person wants to take, if it may be taken.
    async fn fit(
        &self,
        user: &UserId,
        field: &'static str,
        password: String,
        from: Source,
    ) -> Result<String> {
        let place = self.queue.enter(from)?;
        let db = self.db.reader();
        let mut about = Vec::new();
        if let Some(person) = user::store::find(db, user).await? {
            let units = self.units_of(person.home_unit).await?;
            about = words_about(user, &person.display_name, &units);
        }
        let rules = self.rules.clone();
        let hashed = self.hashing(place, move |hasher| {
            rules.check(field, &password, &about)?;
            hasher.hash(&password)
        });
        hashed.await
    }

    /// Returns the names of a unit and of all above it, up to the province.
    async fn units_of(&self, home: Option<UnitId>) -> Result<Vec<UnitNames>> {
        let (db, today) = (self.db.reader(), self.db.clock().today());
        let (mut names, mut next) = (Vec::new(), home);
        while let Some(id) = next.take().filter(|_| names.len() < MOST_UNITS) {
            if let Some(unit) = unit::store::find(db, &id, today).await? {
                names.push(unit.names);
                next = unit.parent;
            }
        }
        Ok(names)
    }
}

/// A password that was checked must not have been replaced meanwhile.
async fn still_kept(tx: &Tx, user: &UserId, hash: &str) -> Result<()> {
    let kept = user::store::password_hash(&tx.db, user).await?;
    if kept.as_deref() == Some(hash) {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}
