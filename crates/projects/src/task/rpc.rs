//! The methods about plans: accept, call, reply.

use kit::{Db, accept};
use proto::projects::{self as pb, plan_service_server::PlanService};
use tonic::{Request, Response, Status};

use super::Tasks;
use crate::{baseline::Baselines, instrument::ListInstruments, once::once, step::Steps};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    tasks: Tasks,
    steps: Steps,
    baselines: Baselines,
}

impl Rpc {
    pub(crate) fn new(db: &Db, tasks: &Tasks, steps: &Steps, baselines: &Baselines) -> Self {
        Self {
            db: db.clone(),
            tasks: tasks.clone(),
            steps: steps.clone(),
            baselines: baselines.clone(),
        }
    }
}

#[tonic::async_trait]
impl PlanService for Rpc {
    async fn create_task(
        &self,
        request: Request<pb::CreateTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        once!(self, request, tasks.create)
    }

    async fn get_task(
        &self,
        request: Request<pb::GetTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        let (actor, get) = accept(request)?;
        let task = self.tasks.get(&actor, get).await?;
        Ok(Response::new(task.into()))
    }

    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (tasks, next_page_token) = self.tasks.list(&actor, list).await?;
        let tasks = tasks.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListTasksResponse {
            tasks,
            next_page_token,
        }))
    }

    async fn update_task(
        &self,
        request: Request<pb::UpdateTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        once!(self, request, tasks.update)
    }

    async fn create_step(
        &self,
        request: Request<pb::CreateStepRequest>,
    ) -> Result<Response<pb::Step>, Status> {
        once!(self, request, steps.create)
    }

    async fn list_steps(
        &self,
        request: Request<pb::ListStepsRequest>,
    ) -> Result<Response<pb::ListStepsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let steps = self.steps.list(&actor, list).await?;
        let steps = steps.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListStepsResponse { steps }))
    }

    async fn update_step(
        &self,
        request: Request<pb::UpdateStepRequest>,
    ) -> Result<Response<pb::Step>, Status> {
        once!(self, request, steps.update)
    }

    async fn skip_step(
        &self,
        request: Request<pb::SkipStepRequest>,
    ) -> Result<Response<pb::Step>, Status> {
        once!(self, request, steps.skip)
    }

    async fn create_baseline(
        &self,
        request: Request<pb::CreateBaselineRequest>,
    ) -> Result<Response<pb::Baseline>, Status> {
        once!(self, request, baselines.create)
    }

    async fn list_baselines(
        &self,
        request: Request<pb::ListBaselinesRequest>,
    ) -> Result<Response<pb::ListBaselinesResponse>, Status> {
        let (actor, list) = accept(request)?;
        let baselines = self.baselines.list(&actor, list).await?;
        let baselines = baselines.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListBaselinesResponse { baselines }))
    }

    async fn list_legal_instruments(
        &self,
        request: Request<pb::ListLegalInstrumentsRequest>,
    ) -> Result<Response<pb::ListLegalInstrumentsResponse>, Status> {
        let (_, list): (_, ListInstruments) = accept(request)?;
        let legal_instruments = list.answer().into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListLegalInstrumentsResponse {
            legal_instruments,
        }))
    }
}
