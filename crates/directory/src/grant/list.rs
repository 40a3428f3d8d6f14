//! Reading grants: on a unit, of a person, and who could do what on a day.

use std::collections::{BTreeMap, BTreeSet};

use kit::{
    Actor, Error, Result,
    access::{
        Reach, Rights as _,
        book::{GrantFact, Question},
    },
};
use types::ids::{Principal, UnitId};

use super::{Grant, Grants, Holder, ListGrants, ListHolders, ResolveGrants, Resolved, store};
use crate::{
    principal::{self, Known},
    role::{ROLES, Role},
};

/// The permission to read grants, also asked for where the method declares none.
const READ: &str = "directory.roleGrants.read";

impl Grants {
    /// Lists the grants on one unit, those on all units, or those of a principal.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListGrants,
    ) -> Result<(Vec<Grant>, String)> {
        let what = format!("grants {:?} {:?}", list.scope, list.principal);
        if let Some(principal) = &list.principal {
            let Some((known, mut grants)) = self.held(principal).await? else {
                let missing = Error::not_found("PRINCIPAL", principal);
                return Err(self.access.hide(actor, missing).await);
            };
            grants.retain(|it| list.scope.is_none() || it.scope == list.scope);
            self.access
                .require_any(actor, &units_of(&known, &grants))
                .await?;
            let grants = self.readable(actor, grants).await?;
            let page = self.pages.page(list.page_size, &list.page_token, what)?;
            let rest = grants
                .into_iter()
                .filter(|it| page.after().is_none_or(|after| it.id.as_str() > after));
            let limit = usize::try_from(page.limit()).map_err(Error::internal)?;
            let rest = rest.take(limit).collect();
            return page.close(rest, |it| it.id.as_str().to_owned());
        }
        self.access
            .require_any(actor, &[list.scope.as_ref()])
            .await?;
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let grants = store::list(
            self.db.reader(),
            list.scope.as_ref(),
            page.after(),
            page.limit(),
        )
        .await?;
        page.close(grants, |it| it.id.as_str().to_owned())
    }

    /// Returns what somebody holds on a day and what that lets him do. Everybody may ask
    /// about himself; an unknown principal and one out of reach are refused alike.
    pub(crate) async fn resolve(&self, actor: &Actor, ask: ResolveGrants) -> Result<Resolved> {
        let day = ask.as_of.unwrap_or_else(|| self.db.clock().today());
        let principal = ask.principal.unwrap_or_else(|| actor.principal().clone());
        let held = self.held(&principal).await?;
        let mut grants = if principal == *actor.principal() {
            held.map(|(_, grants)| grants).unwrap_or_default()
        } else {
            let units = match &held {
                Some((known, grants)) => units_of(known, grants),
                None => vec![None],
            };
            let allowed = self
                .rights
                .allowed(actor, READ, &units, Reach::Unit)
                .await?;
            if !allowed.contains(&true) {
                return Err(Error::Denied {
                    permission: READ.to_owned(),
                });
            }
            let Some((_, grants)) = held else {
                return Err(Error::not_found("PRINCIPAL", &principal));
            };
            self.readable(actor, grants).await?
        };
        grants.retain(|it| it.stood(day));
        let roles = grants.iter().filter_map(|it| Role::find(&it.role));
        let permissions: BTreeSet<_> = roles.flat_map(Role::all_permissions).collect();
        Ok(Resolved {
            principal,
            permissions: permissions.into_iter().collect(),
            grants,
        })
    }

    /// Returns somebody with every grant he was ever given.
    async fn held(&self, id: &Principal) -> Result<Option<(Known, Vec<Grant>)>> {
        let db = self.db.reader();
        Ok(match principal::find(db, id).await? {
            Some(known) => Some((known, store::of_principal(db, id).await?)),
            None => None,
        })
    }

    /// Returns the grants on units whose grants the caller may read.
    async fn readable(&self, actor: &Actor, mut grants: Vec<Grant>) -> Result<Vec<Grant>> {
        let units: Vec<_> = grants.iter().map(|it| it.scope.as_ref()).collect();
        let allowed = self
            .rights
            .allowed(actor, READ, &units, Reach::Unit)
            .await?;
        let mut allowed = allowed.into_iter();
        grants.retain(|_| allowed.next().unwrap_or(false));
        Ok(grants)
    }

    /// Lists who could do something to a unit on a day: who holds it then, and was not kept out.
    pub(crate) async fn holders(
        &self,
        actor: &Actor,
        list: ListHolders,
    ) -> Result<(Vec<Holder>, String)> {
        self.access
            .require_any(actor, &[list.unit.as_ref()])
            .await?;
        let db = self.db.reader();
        let day = list.as_of.unwrap_or_else(|| self.db.clock().today());
        let unit = list.unit.as_ref();
        let above = self.mirror.look(|it| match unit {
            Some(unit) => {
                it.forest.on(unit, day)?;
                Some(it.forest.ancestors(unit, day))
            }
            None => Some(Vec::new()),
        });
        let Some(above) = above.await? else {
            return Err(Error::not_found(
                "UNIT",
                unit.map(UnitId::name).unwrap_or_default(),
            ));
        };
        let what = format!("holders {} {:?} {day}", list.permission, list.unit);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;

        let roles = ROLES.iter().filter(|it| it.carries(&list.permission));
        let roles: Vec<_> = roles.map(|it: &Role| it.id).collect();
        let units: Vec<_> = list.unit.iter().chain(&above).cloned().collect();
        let mut given = store::of_roles(db, &roles, &units).await?;
        self.mirror
            .look(|it| {
                given.retain(|grant| {
                    let question = Question {
                        principal: &grant.principal,
                        permission: &list.permission,
                        unit,
                        reach: Reach::Unit,
                        today: day,
                    };
                    grant.stood(day) && it.book.reaches(&GrantFact::from(grant.clone()), &question)
                });
            })
            .await?;
        let mut by_principal: BTreeMap<Principal, Vec<Grant>> = BTreeMap::new();
        for grant in given {
            by_principal
                .entry(grant.principal.clone())
                .or_default()
                .push(grant);
        }
        let now = self.db.clock().now();
        let kept_out = principal::kept_out(db, by_principal.keys(), day, now).await?;
        by_principal.retain(|it, _| !kept_out.contains(it));
        let limit = usize::try_from(page.limit()).map_err(Error::internal)?;
        let mut holders = Vec::new();
        for (holder, grants) in by_principal {
            if holders.len() == limit {
                break;
            }
            if page.after().is_none_or(|after| *holder.name() > *after) {
                let known = principal::find(db, &holder).await?;
                holders.push(Holder {
                    display_name: known.map(|it| it.display_name).unwrap_or_default(),
                    principal: holder,
                    grants,
                });
            }
        }
        page.close(holders, |it| it.principal.name())
    }
}

/// Returns where a caller may be asked for the right to read somebody's grants.
fn units_of<'a>(known: &'a Known, grants: &'a [Grant]) -> Vec<Option<&'a UnitId>> {
    let scopes = grants.iter().map(|it| it.scope.as_ref());
    scopes.chain([known.unit.as_ref()]).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};
    use types::{ids::RoleGrantId, validity::Validity};

    use super::*;
    use crate::grant::Revocation;

    fn day(text: &str) -> NaiveDate {
        types::date::parse_iso(text).unwrap()
    }

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_stood_on_a_day_was_given_by_then_in_force_and_not_revoked_before() {
        let mut grant = Grant {
            id: RoleGrantId::new("g1").unwrap(),
            principal: Principal::from_name("users/can-bo").unwrap(),
            role: "reporter".into(),
            scope: None,
            include_subtree: true,
            validity: Validity::new(day("2022-01-01"), Some(day("2022-09-01"))).unwrap(),
            reason: String::new(),
            granted_by: "system".into(),
            // 02:00 of 11 May in Vietnam.
            create_time: instant("2022-05-10T19:00:00Z"),
            revocation: None,
        };
        let on = |grant: &Grant| {
            [
                "2022-05-10",
                "2022-05-11",
                "2022-07-02",
                "2022-07-03",
                "2022-09-01",
            ]
            .map(|it| grant.stood(day(it)))
        };
        assert_eq!(on(&grant), [false, true, true, true, false]);
        grant.revocation = Some(Revocation {
            time: instant("2022-07-02T03:00:00Z"),
            by: "users/administrator".into(),
            reason: "chuyển công tác".into(),
        });
        assert_eq!(on(&grant), [false, true, true, false, false]);
        assert!(!grant.stands(day("2022-07-02")));
    }
}
