//! Reading grants: on a unit, of a person, and who could do what on a day.

use std::collections::BTreeMap;

use kit::{Actor, Error, Result, access::Rights as _};
use types::ids::{Principal, UnitId};

use super::{
    Grant, Grants, Holder, ListGrants, ListHolders,
    rights::{path_to_root, reaches},
    store,
};
use crate::{
    principal,
    role::{ROLES, Role},
    unit,
};

impl Grants {
    /// Lists the grants on one unit, those on all units, or those of a principal.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListGrants,
    ) -> Result<(Vec<Grant>, String)> {
        let what = format!("grants {:?} {:?}", list.scope, list.principal);
        if let Some(principal) = &list.principal {
            let grants = self
                .of_principal(actor, principal, list.scope.as_ref())
                .await?;
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

    /// Returns the grants of a principal on units whose grants the caller may read.
    async fn of_principal(
        &self,
        actor: &Actor,
        id: &Principal,
        scope: Option<&UnitId>,
    ) -> Result<Vec<Grant>> {
        let Some(known) = principal::find(self.db.reader(), id).await? else {
            let missing = Error::not_found("PRINCIPAL", id);
            return Err(self.access.hide(actor, missing).await);
        };
        let mut grants = store::of_principal(self.db.reader(), id).await?;
        grants.retain(|it| scope.is_none() || it.scope.as_ref() == scope);
        let mut units = vec![known.unit.as_ref()];
        units.extend(grants.iter().map(|it| it.scope.as_ref()));
        self.access.require_any(actor, &units).await?;
        let allowed = self
            .rights
            .allowed(actor, actor.permission()?, &units)
            .await?;
        let mut readable = allowed.into_iter().skip(1);
        grants.retain(|_| readable.next().unwrap_or(false));
        Ok(grants)
    }

    /// Lists who could do something to a unit on a day.
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
        if let Some(unit) = &list.unit
            && unit::store::find(db, unit, day).await?.is_none()
        {
            return Err(Error::not_found("UNIT", unit));
        }
        let what = format!("holders {} {:?} {day}", list.permission, list.unit);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;

        let roles = ROLES.iter().filter(|it| it.carries(&list.permission));
        let roles: Vec<_> = roles.map(|it: &Role| it.id).collect();
        let above = path_to_root(db, list.unit.as_ref(), day).await?;
        let units: Vec<_> = list.unit.iter().chain(&above).cloned().collect();
        let mut by_principal: BTreeMap<Principal, Vec<Grant>> = BTreeMap::new();
        for grant in store::of_roles(db, &roles, &units).await? {
            if grant.stood(day) && reaches(&grant, list.unit.as_ref(), &above) {
                by_principal
                    .entry(grant.principal.clone())
                    .or_default()
                    .push(grant);
            }
        }
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
