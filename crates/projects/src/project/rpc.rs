//! The methods about projects: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::timestamp,
    projects::{self as pb, project_service_server::ProjectService},
};
use tonic::{Request, Response, Status};
use types::{ids::ProjectId, violations::Invalid};

use super::{
    CreateProject, GetProject, ListProjects, MOST_PROJECTS, Project, ProjectKind, Register,
};
use crate::{choice, progress::Progress, row::Tables};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    register: Register,
    progress: Progress,
    tables: Tables,
}

impl Rpc {
    pub(crate) fn new(db: &Db, register: &Register, progress: &Progress, tables: &Tables) -> Self {
        Self {
            db: db.clone(),
            register: register.clone(),
            progress: progress.clone(),
            tables: tables.clone(),
        }
    }
}

#[tonic::async_trait]
impl ProjectService for Rpc {
    async fn create_project(
        &self,
        request: Request<pb::CreateProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let project = self.register.create(&tx, &actor, new).await?;
        tx.reply(project.into()).await
    }

    async fn get_project(
        &self,
        request: Request<pb::GetProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        let (actor, get) = accept(request)?;
        let project = self.register.get(&actor, get).await?;
        Ok(Response::new(project.into()))
    }

    async fn list_projects(
        &self,
        request: Request<pb::ListProjectsRequest>,
    ) -> Result<Response<pb::ListProjectsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (projects, next_page_token) = self.register.list(&actor, list).await?;
        let projects = projects.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListProjectsResponse {
            projects,
            next_page_token,
        }))
    }

    async fn create_progress_entry(
        &self,
        request: Request<pb::CreateProgressEntryRequest>,
    ) -> Result<Response<pb::ProgressEntry>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let entry = self.progress.create(&tx, &actor, new).await?;
        tx.reply(entry.into()).await
    }

    async fn list_progress_entries(
        &self,
        request: Request<pb::ListProgressEntriesRequest>,
    ) -> Result<Response<pb::ListProgressEntriesResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (entries, next_page_token) = self.progress.list(&actor, list).await?;
        let progress_entries = entries.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListProgressEntriesResponse {
            progress_entries,
            next_page_token,
        }))
    }

    async fn list_project_rows(
        &self,
        request: Request<pb::ListProjectRowsRequest>,
    ) -> Result<Response<pb::ListProjectRowsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let rows = self.tables.list(&actor, list).await?;
        let rows = rows.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListProjectRowsResponse { rows }))
    }
}

impl TryFrom<pb::CreateProjectRequest> for CreateProject {
    type Error = Invalid;

    fn try_from(request: pb::CreateProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = request.project.unwrap_or_default();
        let id = bad.take("project_id", ProjectId::new(&request.project_id));
        let display_name = bad.line("project.display_name", &project.display_name, 500);
        let kind = ProjectKind::from_wire("project.kind", project.kind, &mut bad);
        let owner_unit = bad.required("project.owner_unit", &project.owner_unit);
        let start_period = bad.required("project.start_period", &project.start_period);
        let ordinal = read_ordinal("project.ordinal", project.ordinal, &mut bad);
        let objective = bad.lines("project.objective", &project.objective, 4000);
        let (
            (Some(id), Some(display_name), Some(kind), Some(owner_unit)),
            (Some(start_period), Some(ordinal), Some(objective)),
        ) = (
            (id, display_name, kind, owner_unit),
            (start_period, ordinal, objective),
        )
        else {
            return Err(bad);
        };
        Ok(Self {
            id,
            display_name,
            kind,
            owner_unit,
            start_period,
            ordinal,
            objective,
        })
    }
}

/// Reads a place in the table; 0 leaves the choice to us.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_ordinal(field: &str, wire: i32, bad: &mut Invalid) -> Option<Option<i32>> {
    match wire {
        0 => Some(None),
        1..=MOST_PROJECTS => Some(Some(wire)),
        _ => {
            bad.add(
                field,
                "OUT_OF_RANGE",
                format!("{wire} is not between 1 and {MOST_PROJECTS}"),
                format!("{wire} không nằm trong khoảng từ 1 đến {MOST_PROJECTS}"),
            );
            None
        }
    }
}

impl TryFrom<pb::GetProjectRequest> for GetProject {
    type Error = Invalid;

    fn try_from(request: pb::GetProjectRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(|id| Self { id }).ok_or(bad)
    }
}

impl TryFrom<pb::ListProjectsRequest> for ListProjects {
    type Error = Invalid;

    fn try_from(request: pb::ListProjectsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let Some(owner_unit) = bad.required("owner_unit", &request.owner_unit) else {
            return Err(bad);
        };
        Ok(Self {
            owner_unit,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<Project> for pb::Project {
    fn from(project: Project) -> Self {
        Self {
            name: project.id.name(),
            display_name: project.display_name,
            kind: project.kind.to_wire().into(),
            owner_unit: project.owner_unit.name(),
            start_period: project.start_period.to_string(),
            ordinal: project.ordinal,
            objective: project.objective,
            create_time: Some(timestamp(project.create_time)),
            update_time: Some(timestamp(project.update_time)),
            etag: etag::of(project.version),
        }
    }
}

impl ProjectKind {
    fn to_wire(self) -> pb::ProjectKind {
        match self {
            Self::Project => pb::ProjectKind::Project,
            Self::Task => pb::ProjectKind::Task,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
