//! Machines: connected systems that prove who they are with a key and get tokens for it.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use ipnet::IpNet;
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    ids::{ServiceAccountId, UnitId},
    violations::Invalid,
};

use crate::{reason::STATE_NOT_ALLOWED, unit};

mod idle;
pub(crate) mod key;
pub(crate) mod rpc;
pub(crate) mod store;

pub(crate) use idle::{is_to_be_noted, switch_all_off, switch_off, watch};

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ServiceAccount {
    pub(crate) id: ServiceAccountId,
    pub(crate) display_name: String,
    pub(crate) owner_unit: UnitId,
    pub(crate) contact: String,
    /// The permissions its tokens may carry at most; all that its grants allow when empty.
    pub(crate) scopes: Vec<String>,
    /// Where it may ask for tokens from; anywhere when empty.
    pub(crate) allowed_networks: Vec<IpNet>,
    pub(crate) expire_time: DateTime<Utc>,
    /// Why it is kept out, if so.
    pub(crate) disabled: Option<String>,
    pub(crate) last_use_time: Option<DateTime<Utc>>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Whether a machine gets tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    Disabled,
    Expired,
}

impl ServiceAccount {
    pub(crate) fn state(&self, now: DateTime<Utc>) -> State {
        if self.disabled.is_some() {
            State::Disabled
        } else if self.expire_time <= now {
            State::Expired
        } else if self.is_idle(now) {
            State::Disabled
        } else {
            State::Active
        }
    }

    /// Returns why it is kept out, if so, be it written down already or not.
    pub(crate) fn disabled_because(&self, now: DateTime<Utc>) -> Option<String> {
        let written = self.disabled.clone();
        written.or_else(|| (self.state(now) == State::Disabled).then(idle::reason))
    }

    /// Refuses a step that the state does not allow.
    fn require(&self, allowed: &[State], now: DateTime<Utc>) -> Result<()> {
        let state = self.state(now);
        if allowed.contains(&state) {
            return Ok(());
        }
        let allowed: Vec<_> = allowed.iter().map(|it| it.text()).collect();
        let facts = [
            ("name", self.id.name()),
            ("state", state.text().to_owned()),
            ("allowed_states", allowed.join(", ")),
        ];
        Err(Error::rule(&STATE_NOT_ALLOWED, facts))
    }
}

impl State {
    fn text(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Expired => "EXPIRED",
        }
    }
}

/// Adds a machine.
#[derive(Debug)]
pub(crate) struct CreateServiceAccount {
    pub(crate) id: ServiceAccountId,
    pub(crate) display_name: String,
    pub(crate) owner_unit: UnitId,
    pub(crate) contact: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) allowed_networks: Vec<IpNet>,
    pub(crate) expire_time: Option<DateTime<Utc>>,
}

/// Asks for the machines of one unit, or all.
#[derive(Debug)]
pub(crate) struct ListServiceAccounts {
    pub(crate) owner_unit: Option<UnitId>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Keeps a machine out.
#[derive(Debug)]
pub(crate) struct Disable {
    pub(crate) id: ServiceAccountId,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

/// Lets a machine in again.
#[derive(Debug)]
pub(crate) struct Enable {
    pub(crate) id: ServiceAccountId,
    pub(crate) expire_time: Option<DateTime<Utc>>,
    pub(crate) etag: String,
}

/// Most permissions a machine or a token is narrowed to: with more, a token would grow past
/// 4 KiB, which is the longest that is read.
pub(crate) const MOST_SCOPES: usize = 50;
/// A machine is renewed once a year (`security.md` §1.2).
const LONGEST_LIFE: Duration = Duration::days(366);

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct ServiceAccounts {
    access: Access,
    pages: Pages,
    db: Db,
}

impl ServiceAccounts {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        Self { access, pages, db }
    }

    /// Adds a machine that a unit answers for.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateServiceAccount,
    ) -> Result<ServiceAccount> {
        self.access.require(actor, &new.owner_unit).await?;
        let today = self.db.clock().today();
        if unit::store::hold(&tx.db, &new.owner_unit, today)
            .await?
            .is_none()
        {
            let field = "service_account.owner_unit";
            return Err(Error::reference(field, &new.owner_unit));
        }
        let field = "service_account.expire_time";
        let account = ServiceAccount {
            expire_time: end(field, new.expire_time, LONGEST_LIFE, tx.now())?,
            id: new.id,
            display_name: new.display_name,
            owner_unit: new.owner_unit,
            contact: new.contact,
            scopes: new.scopes,
            allowed_networks: new.allowed_networks,
            disabled: None,
            last_use_time: None,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &account).await?;
        tx.record(Action::Created, &account.id.name(), None, Some(&account))
            .await?;
        Ok(account)
    }

    /// Reads one machine.
    pub(crate) async fn get(&self, actor: &Actor, id: &ServiceAccountId) -> Result<ServiceAccount> {
        let found = store::find(self.db.reader(), id).await?;
        self.readable(actor, id, found).await
    }

    /// Lists the machines of one unit, or all.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListServiceAccounts,
    ) -> Result<(Vec<ServiceAccount>, String)> {
        let unit = list.owner_unit.as_ref();
        self.access.require_any(actor, &[unit]).await?;
        let what = format!("service accounts {unit:?}");
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let accounts = store::list(self.db.reader(), unit, page.after(), page.limit()).await?;
        page.close(accounts, |it| it.id.as_str().to_owned())
    }

    /// Keeps a machine out. Its tokens stop counting, as their session is asked for.
    pub(crate) async fn disable(
        &self,
        tx: &Tx,
        actor: &Actor,
        disable: Disable,
    ) -> Result<ServiceAccount> {
        let before = self.locked(tx, actor, &disable.id).await?;
        etag::check(&disable.etag, before.version)?;
        before.require(&[State::Active, State::Expired], tx.now())?;
        let after = ServiceAccount {
            disabled: Some(disable.reason),
            ..before.clone()
        };
        moved(tx, before, after).await
    }

    /// Lets a machine in again, or renews it.
    pub(crate) async fn enable(
        &self,
        tx: &Tx,
        actor: &Actor,
        enable: Enable,
    ) -> Result<ServiceAccount> {
        let before = self.locked(tx, actor, &enable.id).await?;
        etag::check(&enable.etag, before.version)?;
        let before = idle::switched_off(tx, before).await?;
        if enable.expire_time.is_none() {
            // With nothing new there must be something to change.
            before.require(&[State::Disabled, State::Expired], tx.now())?;
        }
        let asked = enable.expire_time.unwrap_or(before.expire_time);
        let after = ServiceAccount {
            disabled: None,
            expire_time: end("expire_time", Some(asked), LONGEST_LIFE, tx.now())?,
            ..before.clone()
        };
        moved(tx, before, after).await
    }

    /// Returns a machine that nobody else changes until the end of the transaction.
    async fn locked(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &ServiceAccountId,
    ) -> Result<ServiceAccount> {
        store::lock(&tx.db, id).await?;
        let found = store::find(&tx.db, id).await?;
        self.readable(actor, id, found).await
    }

    /// Returns a machine to who holds the permission on the unit that answers for it.
    async fn readable(
        &self,
        actor: &Actor,
        id: &ServiceAccountId,
        found: Option<ServiceAccount>,
    ) -> Result<ServiceAccount> {
        let Some(account) = found else {
            let missing = Error::not_found("SERVICE_ACCOUNT", id);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access.require(actor, &account.owner_unit).await?;
        Ok(account)
    }
}

/// Writes a machine after a change of its state.
async fn moved(tx: &Tx, before: ServiceAccount, after: ServiceAccount) -> Result<ServiceAccount> {
    let after = ServiceAccount {
        update_time: tx.now(),
        version: before.version + 1,
        ..after
    };
    store::set_state(&tx.db, &after).await?;
    let name = after.id.name();
    tx.record(Action::Moved, &name, Some(&before), Some(&after))
        .await?;
    Ok(after)
}

/// Returns when something ends: as asked, which lies ahead and not too far, or as late as
/// it may.
fn end(
    field: &str,
    asked: Option<DateTime<Utc>>,
    longest: Duration,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    let latest = now + longest;
    let Some(asked) = asked else {
        return Ok(latest);
    };
    if asked <= now {
        let bad = Invalid::field(field, "OUT_OF_RANGE", "lies in the past", "đã qua");
        return Err(bad.into());
    }
    if asked > latest {
        let days = longest.num_days();
        let bad = Invalid::field(
            field,
            "OUT_OF_RANGE",
            format!("is more than {days} days away"),
            format!("cách hiện tại hơn {days} ngày"),
        );
        return Err(bad.into());
    }
    // Both databases keep microseconds.
    Ok(asked.trunc_subsecs(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_lies_ahead_and_not_too_far_and_is_as_late_as_it_may_when_unsaid() {
        let now = DateTime::UNIX_EPOCH;
        let at = |days| Some(now + Duration::days(days));
        let end = |asked| end("expire_time", asked, Duration::days(90), now).ok();
        assert_eq!(end(None), at(90));
        assert_eq!(end(at(1)), at(1));
        assert_eq!(end(at(90)), at(90));
        assert_eq!(end(at(91)), None);
        assert_eq!(end(at(0)), None);
        assert_eq!(end(at(-1)), None);
    }
}
