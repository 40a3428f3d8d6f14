//! Signing in the stead of a post: in writing, for a time, never passed on; and who may
//! sign for a unit on a day.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    ids::{UnitId, UserId},
    validity::Validity,
};

use crate::{
    position::{
        self, Position, PositionKey,
        form::{self, SigningForm},
    },
    reason::{
        DELEGATED_ALREADY, GIVER_DOES_NOT_SIGN, GIVER_NOT_HEAD, GIVER_NOT_IN_FORCE, NOT_PASSED_ON,
        SELF_DELEGATION, STATE_NOT_ALLOWED,
    },
    user::{self, suspension},
};

pub(crate) mod rpc;
mod store;

/// The right of a person to sign in the stead of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Delegation {
    pub(crate) key: DelegationKey,
    pub(crate) user: UserId,
    pub(crate) display_name: String,
    pub(crate) title: String,
    pub(crate) form: SigningForm,
    pub(crate) document_number: String,
    pub(crate) document_date: NaiveDate,
    pub(crate) validity: Validity,
    pub(crate) reason: String,
    /// From when on it no longer counts, and why.
    pub(crate) revocation: Option<(NaiveDate, String)>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Identity of a delegation: `units/{unit}/positions/{position}/delegations/{delegation}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DelegationKey {
    pub(crate) giver: PositionKey,
    pub(crate) id: String,
}

/// Lets a person sign.
#[derive(Debug)]
pub(crate) struct CreateDelegation {
    pub(crate) key: DelegationKey,
    pub(crate) user: UserId,
    pub(crate) title: String,
    pub(crate) form: SigningForm,
    pub(crate) document_number: String,
    pub(crate) document_date: NaiveDate,
    pub(crate) validity: Validity,
    pub(crate) reason: String,
}

/// Takes a delegation back.
#[derive(Debug)]
pub(crate) struct RevokeDelegation {
    pub(crate) key: DelegationKey,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

/// Asks for the delegations from a post, or from all posts of a unit, on a day.
#[derive(Debug)]
pub(crate) struct ListDelegations {
    pub(crate) unit: UnitId,
    pub(crate) position: Option<String>,
    pub(crate) as_of: Option<NaiveDate>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Asks who may sign for a unit on a day.
#[derive(Debug)]
pub(crate) struct ListSigners {
    pub(crate) unit: UnitId,
    pub(crate) as_of: Option<NaiveDate>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// A delegation with the lines it is signed under.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) delegation: Delegation,
    pub(crate) signing_lines: Vec<String>,
}

/// Who may sign, by a post or by a delegation.
#[derive(Debug)]
pub(crate) struct Signer {
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) display_name: String,
    pub(crate) title: String,
    pub(crate) form: Option<SigningForm>,
    pub(crate) signing_lines: Vec<String>,
    pub(crate) validity: Validity,
    /// Number and day of the written authorisation.
    pub(crate) document: Option<(String, NaiveDate)>,
}

impl DelegationKey {
    pub(crate) fn name(&self) -> String {
        format!("{}/delegations/{}", self.giver.name(), self.id)
    }
}

impl Delegation {
    /// Returns the days on which the person may sign: not after it was revoked, and only
    /// while the giver holds his post. None when there is no such day.
    fn days(&self, giver: &Position) -> Option<Validity> {
        let end = match (self.validity.end(), &self.revocation) {
            (Some(end), Some((revoked, _))) => Some(end.min(*revoked)),
            (end, _) => end,
        };
        let own = Validity::new(self.validity.start(), end).ok()?;
        own.intersect(&giver.validity)
    }

    fn told(self, giver: &Position) -> Told {
        let signing_lines = form::in_stead(self.form, &giver.signing_lines, &self.title);
        Told {
            delegation: self,
            signing_lines,
        }
    }
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Delegations {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Delegations {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        Self { access, pages, db }
    }

    /// Lets a person sign in the stead of a post.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateDelegation,
    ) -> Result<Told> {
        self.access.require(actor, &new.key.giver.unit).await?;
        let giver = self.locked(tx, &new.key.giver).await?;
        let Some(person) = user::store::find(&tx.db, &new.user).await? else {
            return Err(Error::reference("delegation.user", &new.user));
        };
        may_give(&giver, &new)?;
        let known = store::to_person(&tx.db, &giver.key, &new.user).await?;
        not_twice(&giver, &new, &known)?;
        let delegation = Delegation {
            key: new.key,
            user: new.user,
            display_name: person.display_name,
            title: new.title,
            form: new.form,
            document_number: new.document_number,
            document_date: new.document_date,
            validity: new.validity,
            reason: new.reason,
            revocation: None,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &delegation).await?;
        let name = delegation.key.name();
        tx.record(Action::Created, &name, None, Some(&delegation))
            .await?;
        Ok(delegation.told(&giver))
    }

    /// Reads one delegation.
    pub(crate) async fn get(&self, actor: &Actor, key: &DelegationKey) -> Result<Told> {
        self.access.require(actor, &key.giver.unit).await?;
        let db = self.db.reader();
        let found = store::find(db, key).await?;
        let giver = position::store::find(db, &key.giver).await?;
        match (found, giver) {
            (Some(found), Some(giver)) => Ok(found.told(&giver)),
            _ => Err(Error::not_found("SIGNING_DELEGATION", key.name())),
        }
    }

    /// Lists the delegations that are in force on a day.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListDelegations,
    ) -> Result<(Vec<Told>, String)> {
        self.access.require(actor, &list.unit).await?;
        let day = list.as_of.unwrap_or_else(|| self.db.clock().today());
        let what = format!("delegations {} {:?} {day}", list.unit, list.position);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let mut told = self.in_force(&list.unit, day).await?;
        told.retain(|(it, _)| {
            let giver = &it.delegation.key.giver.id;
            list.position.as_ref().is_none_or(|wanted| wanted == giver)
        });
        let rows = told.into_iter().map(|(it, _)| it);
        let after = page.after().map(str::to_owned);
        let rows = rows.filter(|it| {
            after
                .as_ref()
                .is_none_or(|at| *at < it.delegation.key.name())
        });
        page.close(rows.collect(), |it| it.delegation.key.name())
    }

    /// Takes a delegation back from today on.
    pub(crate) async fn revoke(
        &self,
        tx: &Tx,
        actor: &Actor,
        revoke: RevokeDelegation,
    ) -> Result<Told> {
        self.access.require(actor, &revoke.key.giver.unit).await?;
        let missing = || Error::not_found("SIGNING_DELEGATION", revoke.key.name());
        position::store::lock(&tx.db, &revoke.key.giver).await?;
        let giver = position::store::find(&tx.db, &revoke.key.giver).await?;
        let giver = giver.ok_or_else(missing)?;
        let before = store::find(&tx.db, &revoke.key)
            .await?
            .ok_or_else(missing)?;
        etag::check(&revoke.etag, before.version)?;
        let today = self.db.clock().today();
        still_stands(&before, today)?;
        let after = Delegation {
            revocation: Some((today, revoke.reason)),
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::set_revoked(&tx.db, &after).await?;
        tx.record(
            Action::Moved,
            &after.key.name(),
            Some(&before),
            Some(&after),
        )
        .await?;
        Ok(after.told(&giver))
    }

    /// Says who may sign for a unit on a day and was not suspended then, in order of the names.
    pub(crate) async fn signers(
        &self,
        actor: &Actor,
        list: ListSigners,
    ) -> Result<(Vec<Signer>, String)> {
        self.access.require(actor, &list.unit).await?;
        let day = list.as_of.unwrap_or_else(|| self.db.clock().today());
        let what = format!("signers {} {day}", list.unit);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let posts = position::store::held(self.db.reader(), &list.unit, day, None).await?;
        let delegated = self.in_force(&list.unit, day).await?;
        let mut signers: Vec<Signer> = posts
            .into_iter()
            .filter(|it| it.can_sign)
            .map(Signer::from)
            .chain(delegated.into_iter().map(Signer::from))
            .filter(|it| page.after().is_none_or(|after| after < it.name.as_str()))
            .collect();
        let people = signers
            .iter()
            .map(|it| it.user.as_str().to_owned())
            .collect();
        let today = self.db.clock().today();
        let kept_out = suspension::kept_out(self.db.reader(), &people, day, today).await?;
        signers.retain(|it| !kept_out.contains(it.user.as_str()));
        signers.sort_by(|one, other| one.name.cmp(&other.name));
        page.close(signers, |it| it.name.clone())
    }

    /// Returns the delegations of a unit that are in force on a day, with the days on which
    /// they are, in order of their names. There are few in one unit on one day.
    async fn in_force(&self, unit: &UnitId, day: NaiveDate) -> Result<Vec<(Told, Validity)>> {
        let db = self.db.reader();
        let givers = position::store::held(db, unit, day, None).await?;
        let mut told = Vec::new();
        for delegation in store::of_unit(db, unit, day).await? {
            let giver = givers.iter().find(|it| it.key == delegation.key.giver);
            let Some(giver) = giver else { continue };
            let days = delegation.days(giver).filter(|it| it.contains(day));
            told.extend(days.map(|days| (delegation.told(giver), days)));
        }
        told.sort_by_key(|(it, _)| it.delegation.key.name());
        Ok(told)
    }

    /// Returns the post of the giver, which nobody ends and from which nobody else
    /// delegates until the end of the transaction.
    async fn locked(&self, tx: &Tx, key: &PositionKey) -> Result<Position> {
        position::store::lock(&tx.db, key).await?;
        let found = position::store::find(&tx.db, key).await?;
        found.ok_or_else(|| Error::not_found("POSITION", key.name()))
    }
}

/// Only who signs in his own right delegates, while he holds his post, and not to himself.
/// Standing in as a deputy or on an order is for the head to give (NĐ 30/2020, Điều 13).
fn may_give(giver: &Position, new: &CreateDelegation) -> Result<()> {
    let position = ("position", giver.key.name());
    if !giver.can_sign {
        return Err(Error::rule(&GIVER_DOES_NOT_SIGN, [position]));
    }
    if let Some(form) = giver.form.filter(|it| it.is_for_another()) {
        let form = ("form", form.as_str().to_owned());
        return Err(Error::rule(&NOT_PASSED_ON, [position, form]));
    }
    if new.form != SigningForm::Tuq && !giver.is_head {
        let form = ("form", new.form.as_str().to_owned());
        return Err(Error::rule(&GIVER_NOT_HEAD, [position, form]));
    }
    if giver.user == new.user {
        return Err(Error::rule(&SELF_DELEGATION, []));
    }
    if giver.validity.intersect(&new.validity) != Some(new.validity) {
        let days = |it: &Validity| {
            let end = it.end().map_or_else(|| "…".to_owned(), |it| it.to_string());
            (it.start().to_string(), end)
        };
        let (start, end) = days(&giver.validity);
        let facts = [position, ("start", start), ("end", end)];
        return Err(Error::rule(&GIVER_NOT_IN_FORCE, facts));
    }
    Ok(())
}

/// A post delegates to a person once at a time.
fn not_twice(giver: &Position, new: &CreateDelegation, known: &[Delegation]) -> Result<()> {
    let twice = known.iter().find(|it| {
        let days = it.days(giver);
        days.is_some_and(|it| it.overlaps(&new.validity))
    });
    match twice {
        None => Ok(()),
        Some(twice) => Err(Error::rule(
            &DELEGATED_ALREADY,
            [("user", new.user.name()), ("delegation", twice.key.name())],
        )),
    }
}

/// What is over or revoked is not revoked.
fn still_stands(delegation: &Delegation, today: NaiveDate) -> Result<()> {
    let over = delegation.validity.end().is_some_and(|it| it <= today);
    let state = match &delegation.revocation {
        Some(_) => "REVOKED",
        None if over => "ENDED",
        None => return Ok(()),
    };
    let facts = [
        ("name", delegation.key.name()),
        ("state", state.to_owned()),
        ("allowed_states", "ACTIVE".to_owned()),
    ];
    Err(Error::rule(&STATE_NOT_ALLOWED, facts))
}

impl From<Position> for Signer {
    fn from(post: Position) -> Self {
        Self {
            name: post.key.name(),
            user: post.user,
            display_name: post.holder,
            title: post.title,
            form: post.form,
            signing_lines: post.signing_lines,
            validity: post.validity,
            document: None,
        }
    }
}

impl From<(Told, Validity)> for Signer {
    fn from((told, validity): (Told, Validity)) -> Self {
        let it = told.delegation;
        Self {
            name: it.key.name(),
            user: it.user,
            display_name: it.display_name,
            title: it.title,
            form: Some(it.form),
            signing_lines: told.signing_lines,
            validity,
            document: Some((it.document_number, it.document_date)),
        }
    }
}

#[cfg(test)]
mod tests;
