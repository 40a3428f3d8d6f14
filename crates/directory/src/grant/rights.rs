//! Rights as the directory's own tables give them.

use chrono::NaiveDate;
use kit::{Actor, Db, Error, Result, access::Rights};
use sea_orm::ConnectionTrait;
use types::ids::{Principal, UnitId};

use super::{Grant, store};
use crate::{role::Role, unit};

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
    pub(super) async fn with_subtree(
        &self,
        actor: &Actor,
        scope: Option<&UnitId>,
        day: NaiveDate,
    ) -> Result<bool> {
        let permission = actor.permission()?;
        let grants = self.standing(actor.principal(), permission, day).await?;
        let path = path_to_root(self.db.reader(), scope, day).await?;
        Ok(grants
            .iter()
            .any(|it| it.include_subtree && reaches(it, scope, &path)))
    }

    async fn standing(
        &self,
        principal: &Principal,
        permission: &str,
        day: NaiveDate,
    ) -> Result<Vec<Grant>> {
        let grants = store::of_principal(self.db.reader(), principal).await?;
        let carries =
            |it: &Grant| Role::find(&it.role).is_some_and(|role| role.carries(permission));
        Ok(grants
            .into_iter()
            .filter(|it| it.stands(day) && carries(it))
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
        let grants = self.standing(actor.principal(), permission, day).await?;
        if grants.is_empty() {
            return Ok(vec![false; units.len()]);
        }
        let mut allowed = Vec::with_capacity(units.len());
        for unit in units {
            let path = path_to_root(self.db.reader(), *unit, day).await?;
            allowed.push(grants.iter().any(|it| reaches(it, *unit, &path)));
        }
        Ok(allowed)
    }
}

/// Says whether a grant counts for a unit, given the units above it.
pub(super) fn reaches(grant: &Grant, unit: Option<&UnitId>, above: &[UnitId]) -> bool {
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
pub(super) async fn path_to_root(
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use types::{ids::RoleGrantId, validity::Validity};

    use super::*;

    fn grant(scope: Option<&str>, include_subtree: bool) -> Grant {
        Grant {
            id: RoleGrantId::new("g1").unwrap(),
            principal: Principal::from_name("users/can-bo").unwrap(),
            role: "reporter".into(),
            scope: scope.map(|it| UnitId::new(it).unwrap()),
            include_subtree,
            validity: Validity::starting(types::date::parse_iso("2022-01-01").unwrap()),
            reason: String::new(),
            granted_by: "system".into(),
            create_time: DateTime::UNIX_EPOCH,
            revocation: None,
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
