//! The methods of people and posts: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{optional_date, read_validity, timestamp, validity},
    directory::{self as pb, user_service_server::UserService},
};
use tonic::{Request, Response, Status};
use types::{
    ids::{UnitId, UserId},
    invalid::InvalidText,
    violations::Invalid,
};

use super::{
    CreatePosition, CreateUser, ListPositions, Position, PositionKey, Reactivate, Suspend, User,
    Users,
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    users: Users,
}

impl Rpc {
    pub(crate) fn new(db: &Db, users: &Users) -> Self {
        Self {
            db: db.clone(),
            users: users.clone(),
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
        let position = self.users.create_position(&tx, &actor, new).await?;
        tx.reply(position.into()).await
    }

    async fn get_position(
        &self,
        request: Request<pb::GetPositionRequest>,
    ) -> Result<Response<pb::Position>, Status> {
        let (actor, key): (_, PositionKey) = accept(request)?;
        let position = self.users.get_position(&actor, &key).await?;
        Ok(Response::new(position.into()))
    }

    async fn list_positions(
        &self,
        request: Request<pb::ListPositionsRequest>,
    ) -> Result<Response<pb::ListPositionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (positions, next_page_token) = self.users.list_positions(&actor, list).await?;
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

/// Most lines above a signature: on behalf of, for, the post.
const MOST_SIGNING_LINES: usize = 5;

impl TryFrom<pb::CreatePositionRequest> for CreatePosition {
    type Error = Invalid;

    fn try_from(request: pb::CreatePositionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let position = request.position.unwrap_or_default();
        let unit = bad.required("parent", &request.parent);
        // A post's id has the grammar of every id; a unit's stands in for the check.
        let id = bad.take("position_id", UnitId::new(&request.position_id));
        let user = bad.required("position.user", &position.user);
        let title = bad.line("position.title", &position.title, 200);
        bad.at_most(
            "position.signing_lines",
            position.signing_lines.len(),
            MOST_SIGNING_LINES,
        );
        let mut signing_lines = Vec::new();
        for (index, line) in position
            .signing_lines
            .iter()
            .take(MOST_SIGNING_LINES)
            .enumerate()
        {
            signing_lines.extend(bad.line(format!("position.signing_lines[{index}]"), line, 100));
        }
        let validity = read_validity("position.validity", position.validity.as_ref(), &mut bad);
        match (unit, id, user, title, validity, bad.is_empty()) {
            (Some(unit), Some(id), Some(user), Some(title), Some(validity), true) => {
                let key = PositionKey {
                    unit,
                    id: id.as_str().to_owned(),
                };
                Ok(Self {
                    key,
                    user,
                    title,
                    signing_lines,
                    validity,
                })
            }
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::GetPositionRequest> for PositionKey {
    type Error = Invalid;

    fn try_from(request: pb::GetPositionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let read = request.name.split_once("/positions/").ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `units/{unit}/positions/{position}`",
                "không có dạng `units/{unit}/positions/{position}`",
            )
        });
        let read = read.and_then(|(unit, id)| Ok((UnitId::from_name(unit)?, UnitId::new(id)?)));
        match bad.take("name", read) {
            Some((unit, id)) => Ok(Self {
                unit,
                id: id.as_str().to_owned(),
            }),
            None => Err(bad),
        }
    }
}

impl TryFrom<pb::ListPositionsRequest> for ListPositions {
    type Error = Invalid;

    fn try_from(request: pb::ListPositionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("parent", &request.parent);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let (Some(unit), Some(as_of)) = (unit, as_of) else {
            return Err(bad);
        };
        Ok(Self {
            unit,
            as_of,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<User> for pb::User {
    fn from(user: User) -> Self {
        let state = match (&user.suspended, user.is_enrolled) {
            (Some(_), _) => pb::UserState::Suspended,
            (None, true) => pb::UserState::Active,
            (None, false) => pb::UserState::Invited,
        };
        Self {
            name: user.id.name(),
            display_name: user.display_name,
            home_unit: user.home_unit.map(|it| it.name()).unwrap_or_default(),
            state: state.into(),
            suspend_reason: user.suspended.unwrap_or_default(),
            create_time: Some(timestamp(user.create_time)),
            update_time: Some(timestamp(user.update_time)),
            etag: etag::of(user.version),
        }
    }
}

impl From<Position> for pb::Position {
    fn from(position: Position) -> Self {
        Self {
            name: position.key.name(),
            user: position.user.name(),
            title: position.title,
            signing_lines: position.signing_lines,
            validity: Some(validity(&position.validity)),
            holder_display_name: position.holder,
            create_time: Some(timestamp(position.create_time)),
        }
    }
}
