//! The reorganisation methods: accept, call, reply. Conversions are in `wire.rs`.

use kit::{Begin, Db, Result as Outcome, accept};
use proto::directory::{self as pb, reorganization_service_server::ReorganizationService};
use tonic::{Request, Response, Status};
use types::{ids::ReorganizationId, violations::Invalid};

use super::{ApplyReorganization, Reorganizations};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    reorganizations: Reorganizations,
}

impl Rpc {
    pub(crate) fn new(db: &Db, reorganizations: &Reorganizations) -> Self {
        Self {
            db: db.clone(),
            reorganizations: reorganizations.clone(),
        }
    }
}

#[tonic::async_trait]
impl ReorganizationService for Rpc {
    async fn create_reorganization(
        &self,
        request: Request<pb::CreateReorganizationRequest>,
    ) -> Result<Response<pb::Reorganization>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let created = self.reorganizations.create(&tx, &actor, new).await?;
        tx.reply(created.into()).await
    }

    async fn get_reorganization(
        &self,
        request: Request<pb::GetReorganizationRequest>,
    ) -> Result<Response<pb::Reorganization>, Status> {
        let (_, GetReorganization(id)) = accept(request)?;
        let found = self.reorganizations.get(&id).await?;
        Ok(Response::new(found.into()))
    }

    async fn list_reorganizations(
        &self,
        request: Request<pb::ListReorganizationsRequest>,
    ) -> Result<Response<pb::ListReorganizationsResponse>, Status> {
        let (_, list) = accept(request)?;
        let (found, next_page_token) = self.reorganizations.list(list).await?;
        Ok(Response::new(pb::ListReorganizationsResponse {
            reorganizations: found.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn apply_reorganization(
        &self,
        request: Request<pb::ApplyReorganizationRequest>,
    ) -> Result<Response<pb::Reorganization>, Status> {
        let (actor, apply) = accept::<_, ApplyReorganization>(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let applied = self.reorganizations.apply(&tx, &actor, &apply).await?;
        if apply.validate_only {
            take_back(tx).await?;
            return Ok(Response::new(applied.into()));
        }
        tx.reply(applied.into()).await
    }

    async fn revert_reorganization(
        &self,
        request: Request<pb::RevertReorganizationRequest>,
    ) -> Result<Response<pb::Reorganization>, Status> {
        let (actor, revert) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let asking = self.reorganizations.nobody_else_refers(&actor, &revert);
        asking.await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let reverted = self.reorganizations.revert(&tx, &actor, &revert).await?;
        tx.reply(reverted.into()).await
    }

    async fn correct_reorganization_links(
        &self,
        request: Request<pb::CorrectReorganizationLinksRequest>,
    ) -> Result<Response<pb::Reorganization>, Status> {
        let (actor, correct) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let corrected = self.reorganizations.correct(&tx, &actor, correct).await?;
        tx.reply(corrected.into()).await
    }

    async fn trace_lineage(
        &self,
        request: Request<pb::TraceLineageRequest>,
    ) -> Result<Response<pb::TraceLineageResponse>, Status> {
        let (actor, ask) = accept(request)?;
        let trace = self.reorganizations.trace(&actor, ask).await?;
        Ok(Response::new(trace.into()))
    }
}

/// Ends a rehearsal: everything was done, and nothing of it stays.
pub(crate) async fn take_back(tx: kit::Tx) -> Outcome<()> {
    Ok(tx.db.rollback().await?)
}

struct GetReorganization(ReorganizationId);

impl TryFrom<pb::GetReorganizationRequest> for GetReorganization {
    type Error = Invalid;

    fn try_from(request: pb::GetReorganizationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(Self).ok_or(bad)
    }
}
