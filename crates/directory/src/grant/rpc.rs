//! The access methods: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{optional_date, read_validity, timestamp, validity},
    directory::{self as pb, access_service_server::AccessService},
};
use tonic::{Request, Response, Status};
use types::{
    ids::{Principal, RoleGrantId, RoleId, UnitId},
    violations::Invalid,
};

use super::{
    CheckAccess, CreateGrant, Grant, Grants, Holder, ListGrants, ListHolders, RevokeGrant,
};
use crate::role::{ROLES, Role};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    grants: Grants,
}

impl Rpc {
    pub(crate) fn new(db: &Db, grants: &Grants) -> Self {
        Self {
            db: db.clone(),
            grants: grants.clone(),
        }
    }
}

/// Asks for all roles.
struct ListRoles;

#[tonic::async_trait]
impl AccessService for Rpc {
    async fn list_roles(
        &self,
        request: Request<pb::ListRolesRequest>,
    ) -> Result<Response<pb::ListRolesResponse>, Status> {
        let (_, ListRoles) = accept(request)?;
        let roles = ROLES.iter().map(Into::into).collect();
        Ok(Response::new(pb::ListRolesResponse { roles }))
    }

    async fn create_role_grant(
        &self,
        request: Request<pb::CreateRoleGrantRequest>,
    ) -> Result<Response<pb::RoleGrant>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let grant = self.grants.create(&tx, &actor, new).await?;
        tx.reply(grant.into()).await
    }

    async fn delete_role_grant(
        &self,
        request: Request<pb::DeleteRoleGrantRequest>,
    ) -> Result<Response<pb::RoleGrant>, Status> {
        let (actor, revoke) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let grant = self.grants.revoke(&tx, &actor, revoke).await?;
        tx.reply(grant.into()).await
    }

    async fn list_principals_with_access(
        &self,
        request: Request<pb::ListPrincipalsWithAccessRequest>,
    ) -> Result<Response<pb::ListPrincipalsWithAccessResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (holders, next_page_token) = self.grants.holders(&actor, list).await?;
        let principals = holders.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListPrincipalsWithAccessResponse {
            principals,
            next_page_token,
        }))
    }

    async fn list_role_grants(
        &self,
        request: Request<pb::ListRoleGrantsRequest>,
    ) -> Result<Response<pb::ListRoleGrantsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (grants, next_page_token) = self.grants.list(&actor, list).await?;
        let role_grants = grants.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListRoleGrantsResponse {
            role_grants,
            next_page_token,
        }))
    }

    async fn check_access(
        &self,
        request: Request<pb::CheckAccessRequest>,
    ) -> Result<Response<pb::CheckAccessResponse>, Status> {
        let (actor, check) = accept(request)?;
        let allowed = self.grants.check(&actor, check).await?;
        Ok(Response::new(pb::CheckAccessResponse { allowed }))
    }
}

impl TryFrom<pb::ListRolesRequest> for ListRoles {
    type Error = Invalid;

    fn try_from(_: pb::ListRolesRequest) -> Result<Self, Invalid> {
        Ok(Self)
    }
}

impl TryFrom<pb::CreateRoleGrantRequest> for CreateGrant {
    type Error = Invalid;

    fn try_from(request: pb::CreateRoleGrantRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let grant = request.role_grant.unwrap_or_default();
        let id = match request.role_grant_id.as_str() {
            "" => Some(None),
            id => bad.take("role_grant_id", RoleGrantId::new(id)).map(Some),
        };
        let principal = bad.required::<Principal>("role_grant.principal", &grant.principal);
        let role = bad.required::<RoleId>("role_grant.role", &grant.role);
        let role = role.and_then(|id| {
            let known = Role::find(id.as_str());
            if known.is_none() {
                bad.add(
                    "role_grant.role",
                    "REFERENCE_NOT_FOUND",
                    format!("there is no role `{}`", id.as_str()),
                    format!("không có vai trò `{}`", id.as_str()),
                );
            }
            known
        });
        let scope = bad.optional("role_grant.scope_unit", &grant.scope_unit);
        let validity = read_validity("role_grant.validity", grant.validity.as_ref(), &mut bad);
        let reason = bad.optional_line("role_grant.reason", &grant.reason, 500);
        let (Some(id), Some(principal), Some(role), Some(scope), Some(validity), Some(reason)) =
            (id, principal, role, scope, validity, reason)
        else {
            return Err(bad);
        };
        Ok(Self {
            id,
            principal,
            role,
            scope,
            include_subtree: grant.include_subtree,
            validity,
            reason,
        })
    }
}

impl TryFrom<pb::ListRoleGrantsRequest> for ListGrants {
    type Error = Invalid;

    fn try_from(request: pb::ListRoleGrantsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let scope = bad.optional("scope_unit", &request.scope_unit);
        let principal = bad.optional("principal", &request.principal);
        let (Some(scope), Some(principal)) = (scope, principal) else {
            return Err(bad);
        };
        Ok(Self {
            principal,
            scope,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::DeleteRoleGrantRequest> for RevokeGrant {
    type Error = Invalid;

    fn try_from(request: pb::DeleteRoleGrantRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let reason = bad.line("reason", &request.reason, 500);
        let (Some(id), Some(reason)) = (id, reason) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            reason,
            etag: request.etag,
        })
    }
}

impl TryFrom<pb::ListPrincipalsWithAccessRequest> for ListHolders {
    type Error = Invalid;

    fn try_from(request: pb::ListPrincipalsWithAccessRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let permission = bad.line("permission", &request.permission, 100);
        let permission = permission.filter(|it| {
            let known = ROLES.iter().any(|role| role.carries(it));
            if !known {
                bad.add(
                    "permission",
                    "REFERENCE_NOT_FOUND",
                    format!("there is no permission `{it}`"),
                    format!("không có quyền `{it}`"),
                );
            }
            known
        });
        let unit = bad.optional("unit", &request.unit);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let (Some(permission), Some(unit), Some(as_of)) = (permission, unit, as_of) else {
            return Err(bad);
        };
        Ok(Self {
            permission,
            unit,
            as_of,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

/// Most units one question may name.
const MOST_UNITS: usize = 200;

impl TryFrom<pb::CheckAccessRequest> for CheckAccess {
    type Error = Invalid;

    fn try_from(request: pb::CheckAccessRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let permission = bad.line("permission", &request.permission, 100);
        bad.at_most("units", request.units.len(), MOST_UNITS);
        let mut units = Vec::new();
        for (index, unit) in request.units.iter().take(MOST_UNITS).enumerate() {
            units.extend(bad.optional::<UnitId>(format!("units[{index}]"), unit));
        }
        match permission {
            Some(permission) if bad.is_empty() => Ok(Self { permission, units }),
            _ => Err(bad),
        }
    }
}

impl From<&Role> for pb::Role {
    fn from(role: &Role) -> Self {
        Self {
            name: format!("roles/{}", role.id),
            title: role.title.to_owned(),
            title_vi: role.title_vi.to_owned(),
            permissions: role.all_permissions().into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Holder> for pb::PrincipalAccess {
    fn from(holder: Holder) -> Self {
        Self {
            principal: holder.principal.name(),
            display_name: holder.display_name,
            role_grants: holder.grants.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Grant> for pb::RoleGrant {
    fn from(grant: Grant) -> Self {
        let etag = etag::of(grant.version());
        let (revoke_time, revoked_by, revoke_reason) = match grant.revocation {
            Some(it) => (Some(timestamp(it.time)), it.by, it.reason),
            None => Default::default(),
        };
        Self {
            revoke_time,
            revoked_by,
            revoke_reason,
            etag,
            name: grant.id.name(),
            principal: grant.principal.name(),
            role: format!("roles/{}", grant.role),
            scope_unit: grant.scope.map(|it| it.name()).unwrap_or_default(),
            include_subtree: grant.include_subtree,
            validity: Some(validity(&grant.validity)),
            reason: grant.reason,
            granted_by: grant.granted_by,
            create_time: Some(timestamp(grant.create_time)),
        }
    }
}
