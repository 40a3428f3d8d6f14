//! The methods about projects: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::projects::{self as pb, project_service_server::ProjectService};
use tonic::{Request, Response, Status};

use super::Register;
use crate::{
    hand_over::HandOvers, once::once, planned::PlannedWork, progress::Progress, row::Tables,
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    register: Register,
    hand_overs: HandOvers,
    progress: Progress,
    planned: PlannedWork,
    tables: Tables,
}

impl Rpc {
    pub(crate) fn new(
        db: &Db,
        register: &Register,
        hand_overs: &HandOvers,
        progress: &Progress,
        planned: &PlannedWork,
        tables: &Tables,
    ) -> Self {
        Self {
            db: db.clone(),
            register: register.clone(),
            hand_overs: hand_overs.clone(),
            progress: progress.clone(),
            planned: planned.clone(),
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
        once!(self, request, register.create)
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

    async fn update_project(
        &self,
        request: Request<pb::UpdateProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        once!(self, request, register.update)
    }

    async fn approve_project(
        &self,
        request: Request<pb::ApproveProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        once!(self, request, register.approve)
    }

    async fn start_project(
        &self,
        request: Request<pb::StartProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        once!(self, request, register.start)
    }

    async fn suspend_project(
        &self,
        request: Request<pb::SuspendProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        once!(self, request, register.suspend)
    }

    async fn resume_project(
        &self,
        request: Request<pb::ResumeProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        once!(self, request, register.resume)
    }

    async fn complete_project(
        &self,
        request: Request<pb::CompleteProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        once!(self, request, register.complete)
    }

    async fn cancel_project(
        &self,
        request: Request<pb::CancelProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        once!(self, request, register.cancel)
    }

    async fn hand_over_project(
        &self,
        request: Request<pb::HandOverProjectRequest>,
    ) -> Result<Response<pb::Project>, Status> {
        let (actor, hand_over) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let project = self.hand_overs.hand_over(&tx, &actor, hand_over).await?;
        let shown = self.register.shown_one(&tx.db, project).await?;
        tx.reply(shown.into()).await
    }

    async fn list_hand_overs(
        &self,
        request: Request<pb::ListHandOversRequest>,
    ) -> Result<Response<pb::ListHandOversResponse>, Status> {
        let (actor, list) = accept(request)?;
        let hand_overs = self.hand_overs.list(&actor, list).await?;
        let hand_overs = hand_overs.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListHandOversResponse { hand_overs }))
    }

    async fn create_progress_entry(
        &self,
        request: Request<pb::CreateProgressEntryRequest>,
    ) -> Result<Response<pb::ProgressEntry>, Status> {
        once!(self, request, progress.create)
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

    async fn upsert_progress(
        &self,
        request: Request<pb::UpsertProgressRequest>,
    ) -> Result<Response<pb::UpsertProgressResponse>, Status> {
        let (actor, batch): (_, crate::progress::batch::UpsertProgress) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let is_dry = batch.validate_only;
        let results = self.progress.upsert(&tx, &actor, batch).await?;
        let results = results.into_iter().map(Into::into).collect();
        let answer = pb::UpsertProgressResponse { results };
        if is_dry {
            tx.take_back().await?;
            return Ok(Response::new(answer));
        }
        tx.reply(answer).await
    }

    async fn list_planned_work(
        &self,
        request: Request<pb::ListPlannedWorkRequest>,
    ) -> Result<Response<pb::ListPlannedWorkResponse>, Status> {
        let (actor, list) = accept(request)?;
        let work = self.planned.list(&actor, list).await?;
        let planned_work = work.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListPlannedWorkResponse { planned_work }))
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
