//! The methods about plans: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::projects::{self as pb, plan_service_server::PlanService};
use tonic::{Request, Response, Status};

use super::Tasks;
use crate::{baseline::Baselines, instrument::ListInstruments, step::Steps};

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

/// Carries out one change of one plan, once.
macro_rules! change {
    ($self:ident, $request:ident, $slice:ident.$verb:ident) => {{
        let (actor, command) = accept($request)?;
        let tx = match $self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = $self.$slice.$verb(&tx, &actor, command).await?;
        tx.reply(answer.into()).await
    }};
}

#[tonic::async_trait]
impl PlanService for Rpc {
    async fn create_task(
        &self,
        request: Request<pb::CreateTaskRequest>,
    ) -> Result<Response<pb::Task>, Status> {
        change!(self, request, tasks.create)
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
        change!(self, request, tasks.update)
    }

    async fn create_step(
        &self,
        request: Request<pb::CreateStepRequest>,
    ) -> Result<Response<pb::Step>, Status> {
        change!(self, request, steps.create)
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
        change!(self, request, steps.update)
    }

    async fn skip_step(
        &self,
        request: Request<pb::SkipStepRequest>,
    ) -> Result<Response<pb::Step>, Status> {
        change!(self, request, steps.skip)
    }

    async fn create_baseline(
        &self,
        request: Request<pb::CreateBaselineRequest>,
    ) -> Result<Response<pb::Baseline>, Status> {
        change!(self, request, baselines.create)
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
