//! The access methods: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::{
    convert::{read_validity, timestamp, validity},
    directory::{self as pb, access_service_server::AccessService},
};
use tonic::{Request, Response, Status};
use types::{
    ids::{RoleGrantId, RoleId, UnitId},
    violations::Invalid,
};

use super::{CheckAccess, CreateGrant, Grant, Grants, ListGrants};
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
        let user = bad.required("role_grant.principal", &grant.principal);
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
        let (Some(id), Some(user), Some(role), Some(scope), Some(validity), Some(reason)) =
            (id, user, role, scope, validity, reason)
        else {
            return Err(bad);
        };
        Ok(Self {
            id,
            user,
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
        let Some(scope) = bad.optional("scope_unit", &request.scope_unit) else {
            return Err(bad);
        };
        Ok(Self {
            scope,
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

impl From<Grant> for pb::RoleGrant {
    fn from(grant: Grant) -> Self {
        Self {
            name: grant.id.name(),
            principal: grant.user.name(),
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
