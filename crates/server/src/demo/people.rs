//! The first administrator settles the directory: units, people, posts, rights; then
//! everybody sets a password and signs in.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use kit::config::Secret;
use proto::{
    directory::{
        CreatePositionRequest, CreateRoleGrantRequest, CreateUnitRequest, CreateUserRequest,
        EnrollRequest, Identifier, IssueEnrollmentRequest, Position, RoleGrant, SignInRequest,
        Unit, User, access_service_client::AccessServiceClient,
        session_service_client::SessionServiceClient, unit_service_client::UnitServiceClient,
        user_service_client::UserServiceClient,
    },
    shared::Validity,
};
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;

use super::{
    Peers,
    ask::{OrRefused, Person},
    sample::{NewPerson, Sample},
    steps::Steps,
};

/// Whom a fresh directory knows.
const FIRST_ADMINISTRATOR: &str = "users/administrator";

/// Everybody who takes part, signed in, by id.
#[derive(Debug)]
pub(super) struct Cast(BTreeMap<String, Person>);

/// A person of the demo who may look around afterwards.
#[derive(Debug)]
pub struct Visitor {
    /// `users/{user}`.
    pub user: String,
    /// Name or work of the person.
    pub display_name: String,
    /// Access token, good for 5 minutes.
    pub token: String,
    /// Password, made for this demo.
    pub password: Secret,
    /// A unit whose figures are worth a look, `units/{unit}`.
    pub example_unit: String,
    /// The period they are of.
    pub example_period: String,
}

impl Cast {
    pub(super) fn person(&self, id: &str) -> Result<&Person> {
        self.0
            .get(id)
            .with_context(|| format!("`people.toml` does not know `{id}`"))
    }

    /// Returns who may look around: the first who only views, else the receiver.
    pub(super) fn visitor(&self, sample: &Sample) -> Result<Visitor> {
        let viewer = sample.people.person.iter().find(|it| it.role == "viewer");
        let id = viewer.map_or(&sample.request.receiver, |it| &it.id);
        let person = self.person(id)?;
        let unit = sample
            .districts
            .first()
            .map(|it| it.unit.as_str())
            .unwrap_or_default();
        Ok(Visitor {
            user: person.name.clone(),
            display_name: person.display_name.clone(),
            token: person.token.expose().to_owned(),
            password: person.password.clone(),
            example_unit: format!("units/{unit}"),
            example_period: sample.request.period.clone(),
        })
    }
}

/// People who come in at the same time.
const SIDE_BY_SIDE: usize = 4;

/// Makes units and people, and lets everybody in.
pub(super) async fn settle(
    peers: &Peers,
    secret: &str,
    sample: &Sample,
    steps: &mut Steps,
) -> Result<Cast> {
    let administrator = let_in(peers, FIRST_ADMINISTRATOR, "Quản trị hệ thống", secret).await?;
    steps.done(
        &administrator.display_name,
        "Đặt mật khẩu quản trị lần đầu bằng mã dùng một lần, đăng nhập",
        "first administrator enrolled with the one-time secret and signed in",
    );

    create_units(peers, &administrator, sample).await?;
    let count = sample.units.unit.len();
    steps.done(
        &administrator.display_name,
        format!("Tạo {count} đơn vị: tỉnh, sở, huyện, xã"),
        format!("created {count} units: province, department, districts, communes"),
    );

    // Passwords are slow to hash by design, so independent people come in side by side, but fewer
    // at once than the directory lets in from one network.
    let side_by_side = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut coming = JoinSet::new();
    for new in &sample.people.person {
        let (peers, administrator) = (peers.clone(), administrator.clone());
        let (new, start_date) = (new.clone(), sample.people.start_date.clone());
        let side_by_side = side_by_side.clone();
        coming.spawn(async move {
            let _turn = side_by_side.acquire_owned().await?;
            let person = invite(&peers, &administrator, &new, &start_date).await?;
            anyhow::Ok((new.id, person))
        });
    }
    let mut cast = BTreeMap::new();
    while let Some(come) = coming.join_next().await {
        let (id, person) = come??;
        cast.insert(id, person);
    }
    let count = cast.len();
    steps.done(
        &administrator.display_name,
        format!("Tạo {count} người dùng, giao chức vụ và phân quyền; mỗi người tự đặt mật khẩu"),
        format!(
            "created {count} people with posts and rights, who set their passwords and signed in"
        ),
    );
    Ok(Cast(cast))
}

async fn create_units(peers: &Peers, administrator: &Person, sample: &Sample) -> Result<()> {
    let mut units = UnitServiceClient::new(peers.directory.clone());
    let validity = || validity(&sample.units.start_date);
    for new in &sample.units.unit {
        let identifier = |value: &String| Identifier {
            scheme: "gso".into(),
            value: value.clone(),
            validity: Some(validity()),
        };
        let unit = Unit {
            display_name: new.display_name.clone(),
            kind: new.kind.into(),
            validity: Some(validity()),
            parent_unit: new
                .parent
                .as_ref()
                .map(|it| format!("units/{it}"))
                .unwrap_or_default(),
            short_name: new.short_name.clone(),
            symbol: new.symbol.clone(),
            place: new.place.clone(),
            superior_organ: new.superior_organ.clone(),
            identifiers: new.gso.iter().map(identifier).collect(),
            ..Unit::default()
        };
        let request = CreateUnitRequest {
            unit: Some(unit),
            unit_id: new.id.clone(),
            ..CreateUnitRequest::default()
        };
        let created = units.create_unit(administrator.ask(request)?).await;
        created.or_refused(|| format!("creating the unit `{}`", new.id))?;
    }
    Ok(())
}

/// Makes a person with post and right, and lets him in.
async fn invite(
    peers: &Peers,
    administrator: &Person,
    new: &NewPerson,
    start_date: &str,
) -> Result<Person> {
    let mut users = UserServiceClient::new(peers.directory.clone());
    let user = User {
        display_name: new.display_name.clone(),
        home_unit: format!("units/{}", new.home_unit),
        ..User::default()
    };
    let request = CreateUserRequest {
        user: Some(user),
        user_id: new.id.clone(),
        ..CreateUserRequest::default()
    };
    let user = users
        .create_user(administrator.ask(request)?)
        .await
        .or_refused(|| format!("creating the person `{}`", new.id))?;

    if let Some(position) = &new.position {
        let request = CreatePositionRequest {
            parent: user.home_unit.clone(),
            position: Some(Position {
                user: user.name.clone(),
                title: position.title.clone(),
                is_head: position.is_head,
                can_sign: !position.signing_lines.is_empty(),
                signing_lines: position.signing_lines.clone(),
                validity: Some(validity(start_date)),
                ..Position::default()
            }),
            position_id: position.id.clone(),
            ..CreatePositionRequest::default()
        };
        let created = users.create_position(administrator.ask(request)?).await;
        created.or_refused(|| format!("giving `{}` the post `{}`", new.id, position.id))?;
    }

    let grant = RoleGrant {
        principal: user.name.clone(),
        role: format!("roles/{}", new.role),
        scope_unit: format!("units/{}", new.scope_unit),
        include_subtree: true,
        validity: Some(validity(start_date)),
        ..RoleGrant::default()
    };
    let request = CreateRoleGrantRequest {
        role_grant: Some(grant),
        ..Default::default()
    };
    AccessServiceClient::new(peers.directory.clone())
        .create_role_grant(administrator.ask(request)?)
        .await
        .or_refused(|| format!("giving `{}` the role `{}`", new.id, new.role))?;

    let request = IssueEnrollmentRequest {
        name: user.name.clone(),
    };
    let enrollment = users
        .issue_enrollment(administrator.ask(request)?)
        .await
        .or_refused(|| format!("inviting `{}`", new.id))?;
    let_in(peers, &user.name, &new.display_name, &enrollment.secret).await
}

/// Sets a random password with the one-time secret and signs in.
async fn let_in(peers: &Peers, user: &str, display_name: &str, secret: &str) -> Result<Person> {
    let mut sessions = SessionServiceClient::new(peers.directory.clone());
    let password = format!("{}-{}", Uuid::new_v4(), Uuid::new_v4());
    let request = EnrollRequest {
        user: user.to_owned(),
        secret: secret.to_owned(),
        password: password.clone(),
    };
    sessions
        .enroll(request)
        .await
        .or_refused(|| format!("enrolling `{user}`"))?;
    let request = SignInRequest {
        user: user.to_owned(),
        password: password.clone(),
        ..Default::default()
    };
    let session = sessions
        .sign_in(request)
        .await
        .or_refused(|| format!("signing `{user}` in"))?;
    Ok(Person {
        name: user.to_owned(),
        display_name: display_name.to_owned(),
        token: Secret::new(session.access_token),
        password: Secret::new(password),
    })
}

fn validity(start_date: &str) -> Validity {
    Validity {
        start_date: start_date.to_owned(),
        end_date: String::new(),
    }
}
