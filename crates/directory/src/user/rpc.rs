//! The methods of people and posts: accept, call, reply.

use kit::{
    Begin, Db, accept, etag,
    mask::{Mask, is_set},
};
use proto::{
    convert::{timestamp, unknown},
    directory::{self as pb, user_service_server::UserService},
};
use tonic::{Request, Response, Status};
use types::{ids::UserId, text::fold, violations::Invalid};

use super::{CreateUser, ListUsers, Reactivate, Suspend, UpdateUser, User, UserState, Users};
use crate::position::{PositionKey, Positions};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    users: Users,
    positions: Positions,
}

impl Rpc {
    pub(crate) fn new(db: &Db, users: &Users, positions: &Positions) -> Self {
        Self {
            db: db.clone(),
            users: users.clone(),
            positions: positions.clone(),
        }
    }
}

/// Names one person.
struct Named(UserId);

#[tonic::async_trait]
impl UserService for Rpc {
    async fn create_user(
        &self,
        request: Request<pb::CreateUserRequest>,
    ) -> Result<Response<pb::User>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let user = self.users.create(&tx, &actor, new).await?;
        tx.reply(user.into()).await
    }

    async fn get_user(
        &self,
        request: Request<pb::GetUserRequest>,
    ) -> Result<Response<pb::User>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let user = self.users.get(&actor, &id).await?;
        Ok(Response::new(user.into()))
    }

    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (users, next_page_token) = self.users.list(&actor, list).await?;
        Ok(Response::new(pb::ListUsersResponse {
            users: users.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn update_user(
        &self,
        request: Request<pb::UpdateUserRequest>,
    ) -> Result<Response<pb::User>, Status> {
        let (actor, update) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let user = self.users.update(&tx, &actor, update).await?;
        tx.reply(user.into()).await
    }

    async fn issue_enrollment(
        &self,
        request: Request<pb::IssueEnrollmentRequest>,
    ) -> Result<Response<pb::IssueEnrollmentResponse>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let (secret, expires) = self.users.enroll(&tx, &actor, &id).await?;
        tx.reply(pb::IssueEnrollmentResponse {
            secret,
            expire_time: Some(timestamp(expires)),
        })
        .await
    }

    async fn suspend_user(
        &self,
        request: Request<pb::SuspendUserRequest>,
    ) -> Result<Response<pb::User>, Status> {
        let (actor, suspend) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let user = self.users.suspend(&tx, &actor, suspend).await?;
        tx.reply(user.into()).await
    }

    async fn reactivate_user(
        &self,
        request: Request<pb::ReactivateUserRequest>,
    ) -> Result<Response<pb::User>, Status> {
        let (actor, reactivate) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let user = self.users.reactivate(&tx, &actor, reactivate).await?;
        tx.reply(user.into()).await
    }

    async fn create_position(
        &self,
        request: Request<pb::CreatePositionRequest>,
    ) -> Result<Response<pb::Position>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let position = self.positions.create(&tx, &actor, new).await?;
        tx.reply(position.into()).await
    }

    async fn end_position(
        &self,
        request: Request<pb::EndPositionRequest>,
    ) -> Result<Response<pb::Position>, Status> {
        let (actor, end) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let position = self.positions.end(&tx, &actor, end).await?;
        tx.reply(position.into()).await
    }

    async fn get_position(
        &self,
        request: Request<pb::GetPositionRequest>,
    ) -> Result<Response<pb::Position>, Status> {
        let (actor, key): (_, PositionKey) = accept(request)?;
        let position = self.positions.get(&actor, &key).await?;
        Ok(Response::new(position.into()))
    }

    async fn list_positions(
        &self,
        request: Request<pb::ListPositionsRequest>,
    ) -> Result<Response<pb::ListPositionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (positions, next_page_token) = self.positions.list(&actor, list).await?;
        let positions = positions.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListPositionsResponse {
            positions,
            next_page_token,
        }))
    }
}

impl TryFrom<pb::CreateUserRequest> for CreateUser {
    type Error = Invalid;

    fn try_from(request: pb::CreateUserRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let user = request.user.unwrap_or_default();
        let id = bad.take("user_id", UserId::new(&request.user_id));
        let display_name = bad.line("user.display_name", &user.display_name, 200);
        let home_unit = bad.required("user.home_unit", &user.home_unit);
        let (Some(id), Some(display_name), Some(home_unit)) = (id, display_name, home_unit) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            display_name,
            home_unit,
        })
    }
}

impl TryFrom<pb::ListUsersRequest> for ListUsers {
    type Error = Invalid;

    fn try_from(request: pb::ListUsersRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let home_unit = bad.optional("home_unit", &request.home_unit);
        let search = bad.optional_line("search", &request.search, 200);
        let state = match pb::UserState::try_from(request.state) {
            Ok(pb::UserState::Unspecified) => Some(None),
            Ok(pb::UserState::Invited) => Some(Some(UserState::Invited)),
            Ok(pb::UserState::Active) => Some(Some(UserState::Active)),
            Ok(pb::UserState::Suspended) => Some(Some(UserState::Suspended)),
            Err(_) => {
                unknown("state", request.state, &mut bad);
                None
            }
        };
        let (Some(home_unit), Some(search), Some(state)) = (home_unit, search, state) else {
            return Err(bad);
        };
        Ok(Self {
            home_unit,
            state,
            search: fold(&search),
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::UpdateUserRequest> for UpdateUser {
    type Error = Invalid;

    fn try_from(request: pb::UpdateUserRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let user = request.user.unwrap_or_default();
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, &FIELDS, &OUTPUT, &mut bad);
        let id = bad.required("user.name", &user.name);
        let mut display_name = None;
        if mask.takes("display_name", is_set(&user.display_name)) {
            display_name = bad.line("user.display_name", &user.display_name, 200);
        }
        let mut home_unit = None;
        if mask.takes("home_unit", is_set(&user.home_unit)) {
            home_unit = bad.required("user.home_unit", &user.home_unit);
        }
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                display_name,
                home_unit,
                etag: user.etag,
            }),
            _ => Err(bad),
        }
    }
}

/// Fields an update may name, and those that it may name in vain (api-guide §4).
const FIELDS: [&str; 2] = ["display_name", "home_unit"];
const OUTPUT: [&str; 7] = [
    "name",
    "state",
    "suspend_reason",
    "only_known_devices",
    "create_time",
    "update_time",
    "etag",
];

impl TryFrom<pb::GetUserRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::GetUserRequest) -> Result<Self, Invalid> {
        named(&request.name)
    }
}

impl TryFrom<pb::IssueEnrollmentRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::IssueEnrollmentRequest) -> Result<Self, Invalid> {
        named(&request.name)
    }
}

fn named(name: &str) -> Result<Named, Invalid> {
    let mut bad = Invalid::default();
    bad.required("name", name).map(Named).ok_or(bad)
}

impl TryFrom<pb::SuspendUserRequest> for Suspend {
    type Error = Invalid;

    fn try_from(request: pb::SuspendUserRequest) -> Result<Self, Invalid> {
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

impl TryFrom<pb::ReactivateUserRequest> for Reactivate {
    type Error = Invalid;

    fn try_from(request: pb::ReactivateUserRequest) -> Result<Self, Invalid> {
        let Named(id) = named(&request.name)?;
        Ok(Self {
            id,
            etag: request.etag,
        })
    }
}

impl From<User> for pb::User {
    fn from(user: User) -> Self {
        let state = match user.state() {
            UserState::Invited => pb::UserState::Invited,
            UserState::Active => pb::UserState::Active,
            UserState::Suspended => pb::UserState::Suspended,
        };
        Self {
            name: user.id.name(),
            display_name: user.display_name,
            home_unit: user.home_unit.map(|it| it.name()).unwrap_or_default(),
            state: state.into(),
            suspend_reason: user.suspended.unwrap_or_default(),
            only_known_devices: user.only_known_devices,
            create_time: Some(timestamp(user.create_time)),
            update_time: Some(timestamp(user.update_time)),
            etag: etag::of(user.version),
        }
    }
}
