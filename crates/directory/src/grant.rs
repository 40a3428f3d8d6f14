//! Who may do what, where and when.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, access::Rights, db::ledger::Action, page::Pages};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use types::{
    ids::{RoleGrantId, UnitId, UserId},
    validity::Validity,
};
use uuid::Uuid;

use crate::{
    reason::{GRANT_TOO_WIDE, SELF_GRANT},
    role::Role,
    unit, user,
};

pub(crate) mod rpc;
pub(crate) mod store;

/// A role given to a person over a unit for a time. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Grant {
    pub(crate) id: RoleGrantId,
    pub(crate) user: UserId,
    pub(crate) role: String,
    /// All units when there is none.
    pub(crate) scope: Option<UnitId>,
    pub(crate) include_subtree: bool,
    pub(crate) validity: Validity,
    pub(crate) reason: String,
    pub(crate) granted_by: String,
    pub(crate) create_time: DateTime<Utc>,
}

/// Gives a role.
#[derive(Debug)]
pub(crate) struct CreateGrant {
    pub(crate) id: Option<RoleGrantId>,
    pub(crate) user: UserId,
    pub(crate) role: &'static Role,
    pub(crate) scope: Option<UnitId>,
    pub(crate) include_subtree: bool,
    pub(crate) validity: Validity,
    pub(crate) reason: String,
}

/// Asks for the grants on a unit.
#[derive(Debug)]
pub(crate) struct ListGrants {
    pub(crate) scope: Option<UnitId>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Asks where the caller holds a permission; `None` stands for all units.
#[derive(Debug)]
pub(crate) struct CheckAccess {
    pub(crate) permission: String,
    pub(crate) units: Vec<Option<UnitId>>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Grants {
    access: Access,
    rights: OwnRights,
    pages: Pages,
    db: Db,
}

impl Grants {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        let rights = OwnRights::new(db.clone());
        Self {
            access,
            rights,
            pages,
            db,
        }
    }

    /// Gives a role, never to oneself, and never further than one's own right to give.
    pub(crate) async fn create(&self, tx: &Tx, actor: &Actor, new: CreateGrant) -> Result<Grant> {
        self.access
            .require_any(actor, &[new.scope.as_ref()])
            .await?;
        if new.user == *actor.user() {
            return Err(Error::rule(&SELF_GRANT, []));
        }
        let today = self.db.clock().today();
        if new.include_subtree || new.role.id == "administrator" {
            let wide = self
                .rights
                .with_subtree(actor, new.scope.as_ref(), today)
                .await?;
            if !wide {
                return Err(Error::rule(
                    &GRANT_TOO_WIDE,
                    [("role", new.role.id.to_owned())],
                ));
            }
        }
        if user::store::find(&tx.db, &new.user).await?.is_none() {
            return Err(Error::reference("role_grant.principal", &new.user));
        }
        if let Some(scope) = &new.scope
            && unit::store::hold(&tx.db, scope, today).await?.is_none()
        {
            return Err(Error::reference("role_grant.scope_unit", scope));
        }
        let id = match new.id {
            Some(id) => id,
            None => made_id()?,
        };
        let grant = Grant {
            id,
            user: new.user,
            role: new.role.id.to_owned(),
            scope: new.scope,
            include_subtree: new.include_subtree,
            validity: new.validity,
            reason: new.reason,
            granted_by: actor.user().name(),
            create_time: tx.now(),
        };
        store::insert(&tx.db, &grant).await?;
        tx.record(Action::Created, &grant.id.name(), None, Some(&grant))
            .await?;
        Ok(grant)
    }

    /// Lists the grants on one unit, or those on all units.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListGrants,
    ) -> Result<(Vec<Grant>, String)> {
        self.access
            .require_any(actor, &[list.scope.as_ref()])
            .await?;
        let page = self.pages.page(
            list.page_size,
            &list.page_token,
            format!("grants {:?}", list.scope),
        )?;
        let grants = store::list(
            self.db.reader(),
            list.scope.as_ref(),
            page.after(),
            page.limit(),
        )
        .await?;
        page.close(grants, |it| it.id.as_str().to_owned())
    }

    /// Says for which units the caller holds a permission now.
    pub(crate) async fn check(&self, actor: &Actor, check: CheckAccess) -> Result<Vec<bool>> {
        let units: Vec<_> = check.units.iter().map(Option::as_ref).collect();
        self.rights.allowed(actor, &check.permission, &units).await
    }
}

/// Rights looked up in the directory's own tables.
#[derive(Debug, Clone)]
pub(crate) struct OwnRights {
    db: Db,
}

impl OwnRights {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    /// Says whether the actor may give roles on a unit and everything below it.
    async fn with_subtree(
        &self,
        actor: &Actor,
        scope: Option<&UnitId>,
        day: NaiveDate,
    ) -> Result<bool> {
        let permission = actor.permission()?;
        let grants = self.standing(actor.user(), permission, day).await?;
        let path = path_to_root(self.db.reader(), scope, day).await?;
        Ok(grants
            .iter()
            .any(|it| it.include_subtree && reaches(it, scope, &path)))
    }

    async fn standing(
        &self,
        user: &UserId,
        permission: &str,
        day: NaiveDate,
    ) -> Result<Vec<Grant>> {
        let grants = store::of_user(self.db.reader(), user).await?;
        let carries =
            |it: &Grant| Role::find(&it.role).is_some_and(|role| role.carries(permission));
        Ok(grants
            .into_iter()
            .filter(|it| it.validity.contains(day) && carries(it))
            .collect())
    }
}

#[tonic::async_trait]
impl Rights for OwnRights {
    async fn allowed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
    ) -> Result<Vec<bool>> {
        let day = self.db.clock().today();
        let grants = self.standing(actor.user(), permission, day).await?;
        let mut allowed = Vec::with_capacity(units.len());
        for unit in units {
            let path = path_to_root(self.db.reader(), *unit, day).await?;
            allowed.push(grants.iter().any(|it| reaches(it, *unit, &path)));
        }
        Ok(allowed)
    }
}

/// Says whether a grant counts for a unit, given the units above it.
fn reaches(grant: &Grant, unit: Option<&UnitId>, above: &[UnitId]) -> bool {
    match (&grant.scope, unit) {
        (None, None) => grant.include_subtree,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (Some(scope), Some(unit)) => {
            scope == unit || grant.include_subtree && above.contains(scope)
        }
    }
}

/// Returns the units above one on a day, nearest first.
async fn path_to_root(
    db: &impl ConnectionTrait,
    unit: Option<&UnitId>,
    day: NaiveDate,
) -> Result<Vec<UnitId>> {
    let mut path = Vec::new();
    let mut next = match unit {
        Some(unit) => unit::store::parent_of(db, unit, day).await?,
        None => None,
    };
    while let Some(parent) = next {
        if path.contains(&parent) {
            return Err(Error::internal(format!(
                "the units above `{parent}` form a circle"
            )));
        }
        next = unit::store::parent_of(db, &parent, day).await?;
        path.push(parent);
    }
    Ok(path)
}

fn made_id() -> Result<RoleGrantId> {
    RoleGrantId::new(&format!("g{}", Uuid::now_v7().simple())).map_err(Error::internal)
}

/// The one-time secret with which the first administrator enrolls.
#[derive(Debug)]
pub struct FirstAdministrator {
    /// Who enrolls.
    pub user: UserId,
    /// Secret, to be shown once; only its hash is kept.
    pub secret: String,
}

const FIRST_ADMINISTRATOR: &str = "administrator";

/// Makes the first administrator, or a new secret as long as that person has not
/// enrolled. There is no default password.
pub(crate) async fn first_administrator(db: &Db) -> Result<Option<FirstAdministrator>> {
    let user = UserId::new(FIRST_ADMINISTRATOR).map_err(Error::internal)?;
    let tx = db
        .begin_as("system", "first-administrator", "start")
        .await?;
    match user::store::find(&tx.db, &user).await? {
        Some(known) if known.is_active => return Ok(None),
        Some(_) => {}
        None if user::store::any(&tx.db).await? => return Ok(None),
        None => {
            user::invite_first(&tx, &user, "Quản trị hệ thống").await?;
            let grant = Grant {
                id: made_id()?,
                user: user.clone(),
                role: FIRST_ADMINISTRATOR.to_owned(),
                scope: None,
                include_subtree: true,
                validity: Validity::starting(db.clock().today()),
                reason: "first start".to_owned(),
                granted_by: "system".to_owned(),
                create_time: tx.now(),
            };
            store::insert(&tx.db, &grant).await?;
            tx.record(Action::Created, &grant.id.name(), None, Some(&grant))
                .await?;
        }
    }
    let (secret, _) = user::new_enrollment(&tx, &user).await?;
    tx.commit().await?;
    Ok(Some(FirstAdministrator { user, secret }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(scope: Option<&str>, include_subtree: bool) -> Grant {
        Grant {
            id: RoleGrantId::new("g1").unwrap(),
            user: UserId::new("can-bo").unwrap(),
            role: "reporter".into(),
            scope: scope.map(|it| UnitId::new(it).unwrap()),
            include_subtree,
            validity: Validity::starting(types::date::parse_iso("2022-01-01").unwrap()),
            reason: String::new(),
            granted_by: "system".into(),
            create_time: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_grant_reaches_its_unit_and_only_with_subtree_the_units_below() {
        let commune = UnitId::new("xa-long-hiep").unwrap();
        let district = UnitId::new("huyen-minh-long").unwrap();
        let above = [district.clone(), UnitId::new("tinh-quang-ngai").unwrap()];
        assert!(reaches(
            &grant(Some("huyen-minh-long"), true),
            Some(&commune),
            &above
        ));
        assert!(!reaches(
            &grant(Some("huyen-minh-long"), false),
            Some(&commune),
            &above
        ));
        assert!(reaches(
            &grant(Some("huyen-minh-long"), false),
            Some(&district),
            &above[1..]
        ));
        assert!(!reaches(
            &grant(Some("huyen-ba-to"), true),
            Some(&commune),
            &above
        ));
        assert!(!reaches(
            &grant(Some("xa-long-hiep"), true),
            Some(&district),
            &above[1..]
        ));
    }

    #[test]
    fn only_a_grant_on_all_units_counts_for_all_units() {
        assert!(reaches(&grant(None, true), None, &[]));
        assert!(!reaches(&grant(Some("tinh-quang-ngai"), true), None, &[]));
    }
}
