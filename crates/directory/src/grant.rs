//! Who may do what, where and when.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{
    Access, Actor, Db, Error, Result, Tx,
    access::{Reach, Rights as _},
    db::ledger::Action,
    etag,
    page::Pages,
};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    date::vietnam_date,
    ids::{Principal, RoleGrantId, UnitId, UserId},
    validity::Validity,
};
use uuid::Uuid;

use crate::{
    issuer::Issuers,
    mirror::Mirror,
    principal,
    reason::{
        DUTIES_EXCLUDED, GRANT_TOO_LONG, GRANT_TOO_WIDE, ROLE_NOT_FOR_MACHINES, SELF_GRANT,
        SELF_REVOCATION, STATE_NOT_ALLOWED,
    },
    role::{Role, exclude_each_other},
    unit,
};

pub(crate) mod administrators;
mod console;
mod list;
mod rights;
pub(crate) mod rpc;
pub(crate) mod store;
mod watch;

pub use console::FirstAdministrator;
pub(crate) use console::{first_administrator, recover_administrator};
pub(crate) use rights::OwnRights;
pub(crate) use watch::Watchers;

/// A role given to a person or a machine over a unit for a time. It never changes, but may be revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Grant {
    pub(crate) id: RoleGrantId,
    pub(crate) principal: Principal,
    pub(crate) role: String,
    /// All units when there is none.
    pub(crate) scope: Option<UnitId>,
    pub(crate) include_subtree: bool,
    pub(crate) validity: Validity,
    pub(crate) reason: String,
    pub(crate) granted_by: String,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) revocation: Option<Revocation>,
}

/// The end of a grant before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Revocation {
    pub(crate) time: DateTime<Utc>,
    pub(crate) by: String,
    pub(crate) reason: String,
}

impl Grant {
    /// Says whether it counts now, on this day.
    pub(crate) fn stands(&self, today: NaiveDate) -> bool {
        self.revocation.is_none() && self.validity.contains(today)
    }

    /// Says whether it counted at some moment of a day, as far as is known now.
    fn stood(&self, day: NaiveDate) -> bool {
        let revoked_before = self
            .revocation
            .as_ref()
            .is_some_and(|it| vietnam_date(it.time) < day);
        vietnam_date(self.create_time) <= day && !revoked_before && self.validity.contains(day)
    }

    /// It changes once at most.
    fn version(&self) -> i64 {
        if self.revocation.is_none() { 1 } else { 2 }
    }
}

/// Gives a role.
#[derive(Debug)]
pub(crate) struct CreateGrant {
    pub(crate) id: Option<RoleGrantId>,
    pub(crate) principal: Principal,
    pub(crate) role: &'static Role,
    pub(crate) scope: Option<UnitId>,
    pub(crate) include_subtree: bool,
    pub(crate) validity: Validity,
    pub(crate) reason: String,
}

/// Takes a role back.
#[derive(Debug)]
pub(crate) struct RevokeGrant {
    pub(crate) id: RoleGrantId,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

/// Asks who could do something to a unit on a day; `None` stands for all units.
#[derive(Debug)]
pub(crate) struct ListHolders {
    pub(crate) permission: String,
    pub(crate) unit: Option<UnitId>,
    pub(crate) as_of: Option<NaiveDate>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Somebody who could do it, and by which grants.
#[derive(Debug)]
pub(crate) struct Holder {
    pub(crate) principal: Principal,
    pub(crate) display_name: String,
    pub(crate) grants: Vec<Grant>,
}

/// Asks what somebody holds on a day; none = the caller.
#[derive(Debug)]
pub(crate) struct ResolveGrants {
    pub(crate) principal: Option<Principal>,
    pub(crate) as_of: Option<NaiveDate>,
}

/// What somebody holds, and what that lets him do.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) principal: Principal,
    pub(crate) grants: Vec<Grant>,
    pub(crate) permissions: Vec<&'static str>,
}

/// Asks for the grants on a unit, or of a person.
#[derive(Debug)]
pub(crate) struct ListGrants {
    pub(crate) principal: Option<Principal>,
    pub(crate) scope: Option<UnitId>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Asks where the caller holds a permission; `None` stands for all units.
#[derive(Debug)]
pub(crate) struct CheckAccess {
    pub(crate) permission: String,
    pub(crate) units: Vec<Option<UnitId>>,
    pub(crate) reach: Reach,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Grants {
    access: Access,
    rights: OwnRights,
    mirror: Mirror,
    pages: Pages,
    issuers: Issuers,
    db: Db,
}

impl Grants {
    pub(crate) fn new(
        access: Access,
        pages: Pages,
        issuers: Issuers,
        mirror: Mirror,
        db: Db,
    ) -> Self {
        let rights = OwnRights::new(db.clone(), mirror.clone());
        Self {
            access,
            rights,
            mirror,
            pages,
            issuers,
            db,
        }
    }

    /// Gives a role, never to oneself, and never further than one's own right to give.
    pub(crate) async fn create(&self, tx: &Tx, actor: &Actor, new: CreateGrant) -> Result<Grant> {
        self.access
            .require_any(actor, &[new.scope.as_ref()])
            .await?;
        if new.principal == *actor.principal() {
            return Err(Error::rule(&SELF_GRANT, []));
        }
        if new.principal.user().is_none() && !new.role.is_for_machines() {
            let facts = [("role", new.role.id.to_owned())];
            return Err(Error::rule(&ROLE_NOT_FOR_MACHINES, facts));
        }
        let today = self.db.clock().today();
        self.reaches_as_far(actor, new.role.id, new.scope.as_ref(), new.include_subtree)
            .await?;
        self.lasts_as_long(actor, new.scope.as_ref(), &new.validity)
            .await?;
        // Two grants to one principal wait for each other, so that they see each other.
        principal::lock(&tx.db, &new.principal).await?;
        if principal::find(&tx.db, &new.principal).await?.is_none() {
            return Err(Error::reference("role_grant.principal", &new.principal));
        }
        if let Some(scope) = &new.scope
            && unit::store::hold(&tx.db, scope, today).await?.is_none()
        {
            return Err(Error::reference("role_grant.scope_unit", scope));
        }
        let held = store::of_principal(&tx.db, &new.principal).await?;
        duties_apart(&new, &held)?;
        let id = match new.id {
            Some(id) => id,
            None => made_id()?,
        };
        let grant = Grant {
            id,
            principal: new.principal,
            role: new.role.id.to_owned(),
            scope: new.scope,
            include_subtree: new.include_subtree,
            validity: new.validity,
            reason: new.reason,
            granted_by: actor.principal().name(),
            create_time: tx.now(),
            revocation: None,
        };
        store::insert(&tx.db, &grant).await?;
        tx.record(Action::Created, &grant.id.name(), None, Some(&grant))
            .await?;
        Ok(grant)
    }

    /// Takes a role back, never from oneself, and not when nobody who administers would be left.
    pub(crate) async fn revoke(
        &self,
        tx: &Tx,
        actor: &Actor,
        revoke: RevokeGrant,
    ) -> Result<Grant> {
        store::lock(&tx.db, &revoke.id).await?;
        let Some(before) = store::find(&tx.db, &revoke.id).await? else {
            let missing = Error::not_found("ROLE_GRANT", &revoke.id);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access
            .require_any(actor, &[before.scope.as_ref()])
            .await?;
        if before.principal == *actor.principal() {
            return Err(Error::rule(&SELF_REVOCATION, []));
        }
        let scope = before.scope.as_ref();
        self.reaches_as_far(actor, &before.role, scope, before.include_subtree)
            .await?;
        etag::check(&revoke.etag, before.version())?;
        if before.revocation.is_some() {
            let facts = [
                ("name", before.id.name()),
                ("state", "REVOKED".to_owned()),
                ("allowed_states", "GRANTED".to_owned()),
            ];
            return Err(Error::rule(&STATE_NOT_ALLOWED, facts));
        }
        let revocation = Revocation {
            time: tx.now(),
            by: actor.principal().name(),
            reason: revoke.reason,
        };
        let administered = administrators::watch(tx, self.issuers.names()).await?;
        store::set_revoked(&tx.db, &before.id, &revocation).await?;
        administered.still(tx).await?;
        let after = Grant {
            revocation: Some(revocation),
            ..before.clone()
        };
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        Ok(after)
    }

    /// A role over a subtree is given and taken only by who reaches as far himself. A
    /// role that administers also needs everything it carries to be held by the giver:
    /// nobody hands on what he does not have. Roles that work with data are given by
    /// those who administer, who never hold them.
    async fn reaches_as_far(
        &self,
        actor: &Actor,
        role: &str,
        scope: Option<&UnitId>,
        include_subtree: bool,
    ) -> Result<()> {
        let mut needed = Vec::new();
        if let Some(role) = Role::find(role).filter(|it| it.administers) {
            needed.extend(role.all_permissions());
        } else if include_subtree {
            needed.push(actor.permission()?);
        }
        for permission in needed {
            let deciding = self
                .rights
                .deciding(actor, permission, scope, Reach::Subtree)
                .await?;
            if deciding.is_empty() {
                return Err(Error::rule(&GRANT_TOO_WIDE, [("role", role.to_owned())]));
            }
        }
        Ok(())
    }

    /// Nobody gives a role for longer than he may give roles himself.
    async fn lasts_as_long(
        &self,
        actor: &Actor,
        scope: Option<&UnitId>,
        validity: &Validity,
    ) -> Result<()> {
        let own = self
            .rights
            .deciding(actor, actor.permission()?, scope, Reach::Unit)
            .await?;
        let ends = own.iter().map(|it| it.validity.end());
        // An open end lasts longest.
        let last = ends.max_by_key(|it| it.unwrap_or(NaiveDate::MAX)).flatten();
        match (last, validity.end()) {
            (None, _) => Ok(()),
            (Some(last), Some(end)) if end <= last => Ok(()),
            (Some(last), _) => Err(Error::rule(
                &GRANT_TOO_LONG,
                [("end_date", last.to_string())],
            )),
        }
    }

    /// Says for which units the caller holds a permission now.
    pub(crate) async fn check(&self, actor: &Actor, check: CheckAccess) -> Result<Vec<bool>> {
        if !actor.scope_allows(&check.permission) {
            return Ok(vec![false; check.units.len()]);
        }
        let units: Vec<_> = check.units.iter().map(Option::as_ref).collect();
        self.rights
            .allowed(actor, &check.permission, &units, check.reach)
            .await
    }
}

/// Nobody holds two roles at once that exclude each other.
fn duties_apart(new: &CreateGrant, held: &[Grant]) -> Result<()> {
    let clash = held.iter().find(|it| {
        it.revocation.is_none()
            && it.validity.overlaps(&new.validity)
            && exclude_each_other(&it.role, new.role.id)
    });
    match clash {
        None => Ok(()),
        Some(held) => Err(Error::rule(
            &DUTIES_EXCLUDED,
            [
                ("principal", new.principal.name()),
                ("held", held.role.clone()),
                ("role_grant", held.id.name()),
                ("role", new.role.id.to_owned()),
            ],
        )),
    }
}

/// Says whether a person administers anything on a day.
pub(crate) async fn administers(
    db: &impl ConnectionTrait,
    user: &UserId,
    day: NaiveDate,
) -> Result<bool> {
    let grants = store::of_principal(db, &user.clone().into()).await?;
    Ok(grants
        .iter()
        .any(|it| it.stands(day) && Role::find(&it.role).is_some_and(|role| role.administers)))
}

fn made_id() -> Result<RoleGrantId> {
    RoleGrantId::new(&format!("g{}", Uuid::now_v7().simple())).map_err(Error::internal)
}
