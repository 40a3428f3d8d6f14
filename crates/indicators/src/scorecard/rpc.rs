//! The methods of criteria sets and scorecards: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::indicators::{self as pb, scorecard_service_server::ScorecardService};
use tonic::{Request, Response, Status};
use types::{ids::CriteriaSetId, violations::Invalid};

use super::{
    Scorecards,
    result_wire::{NamedResult, to_result},
    wire::Named,
};
use crate::criteria_set::{
    CriteriaSets, RevisionId,
    wire::{to_revision, to_set},
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    sets: CriteriaSets,
    scorecards: Scorecards,
}

impl Rpc {
    pub(crate) fn new(db: &Db, sets: &CriteriaSets, scorecards: &Scorecards) -> Self {
        Self {
            db: db.clone(),
            sets: sets.clone(),
            scorecards: scorecards.clone(),
        }
    }
}

/// Names one set.
struct NamedSet(CriteriaSetId);

/// Names one revision of a set.
struct NamedRevision(RevisionId);

#[tonic::async_trait]
impl ScorecardService for Rpc {
    async fn create_criteria_set(
        &self,
        request: Request<pb::CreateCriteriaSetRequest>,
    ) -> Result<Response<pb::CriteriaSet>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.sets.create(&tx, &actor, it).await?;
        tx.reply(to_set(&changed, true)).await
    }

    async fn get_criteria_set(
        &self,
        request: Request<pb::GetCriteriaSetRequest>,
    ) -> Result<Response<pb::CriteriaSet>, Status> {
        let (actor, NamedSet(id)) = accept(request)?;
        let set = self.sets.get(&actor, &id).await?;
        Ok(Response::new(to_set(&set, true)))
    }

    async fn list_criteria_sets(
        &self,
        request: Request<pb::ListCriteriaSetsRequest>,
    ) -> Result<Response<pb::ListCriteriaSetsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (sets, next_page_token) = self.sets.list(&actor, list).await?;
        Ok(Response::new(pb::ListCriteriaSetsResponse {
            criteria_sets: sets.iter().map(|it| to_set(it, false)).collect(),
            next_page_token,
        }))
    }

    async fn update_criteria_set(
        &self,
        request: Request<pb::UpdateCriteriaSetRequest>,
    ) -> Result<Response<pb::CriteriaSet>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.sets.update(&tx, &actor, it).await?;
        tx.reply(to_set(&changed, true)).await
    }

    async fn publish_criteria_set(
        &self,
        request: Request<pb::PublishCriteriaSetRequest>,
    ) -> Result<Response<pb::CriteriaSetRevision>, Status> {
        let (actor, it) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        self.sets.before_publish(&actor, &it).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.sets.publish(&tx, &actor, it).await?;
        tx.reply(to_revision(&changed, true)).await
    }

    async fn get_criteria_set_revision(
        &self,
        request: Request<pb::GetCriteriaSetRevisionRequest>,
    ) -> Result<Response<pb::CriteriaSetRevision>, Status> {
        let (actor, NamedRevision(id)) = accept(request)?;
        let revision = self.sets.get_revision(&actor, &id).await?;
        Ok(Response::new(to_revision(&revision, true)))
    }

    async fn list_criteria_set_revisions(
        &self,
        request: Request<pb::ListCriteriaSetRevisionsRequest>,
    ) -> Result<Response<pb::ListCriteriaSetRevisionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (revisions, next_page_token) = self.sets.list_revisions(&actor, list).await?;
        Ok(Response::new(pb::ListCriteriaSetRevisionsResponse {
            revisions: revisions.iter().map(|it| to_revision(it, false)).collect(),
            next_page_token,
        }))
    }

    async fn create_scorecard(
        &self,
        request: Request<pb::CreateScorecardRequest>,
    ) -> Result<Response<pb::Scorecard>, Status> {
        let (actor, new) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let prepared = self.scorecards.before_create(&actor, &new).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let scorecard = self.scorecards.create(&tx, &actor, new, prepared).await?;
        tx.reply(scorecard.into()).await
    }

    async fn get_scorecard(
        &self,
        request: Request<pb::GetScorecardRequest>,
    ) -> Result<Response<pb::Scorecard>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let scorecard = self.scorecards.get(&actor, &id).await?;
        Ok(Response::new(scorecard.into()))
    }

    async fn list_scorecards(
        &self,
        request: Request<pb::ListScorecardsRequest>,
    ) -> Result<Response<pb::ListScorecardsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (scorecards, next_page_token) = self.scorecards.list(&actor, list).await?;
        Ok(Response::new(pb::ListScorecardsResponse {
            scorecards: scorecards.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn update_scorecard(
        &self,
        request: Request<pb::UpdateScorecardRequest>,
    ) -> Result<Response<pb::Scorecard>, Status> {
        let (actor, update) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let scorecard = self.scorecards.update(&tx, &actor, update).await?;
        tx.reply(scorecard.into()).await
    }

    async fn delete_scorecard(
        &self,
        request: Request<pb::DeleteScorecardRequest>,
    ) -> Result<Response<pb::DeleteScorecardResponse>, Status> {
        let (actor, step) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        self.scorecards.delete(&tx, &actor, step).await?;
        tx.reply(pb::DeleteScorecardResponse {}).await
    }

    async fn compute_scorecard(
        &self,
        request: Request<pb::ComputeScorecardRequest>,
    ) -> Result<Response<pb::Scorecard>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.scorecards.compute(&tx, &actor, it).await?;
        tx.reply(changed.into()).await
    }

    async fn publish_scorecard(
        &self,
        request: Request<pb::PublishScorecardRequest>,
    ) -> Result<Response<pb::Scorecard>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.scorecards.publish(&tx, &actor, it).await?;
        tx.reply(changed.into()).await
    }

    async fn try_scorecard(
        &self,
        request: Request<pb::TryScorecardRequest>,
    ) -> Result<Response<pb::TryScorecardResponse>, Status> {
        let (actor, attempt) = accept(request)?;
        let results = self.scorecards.try_out(&actor, attempt).await?;
        let results = results.into_iter().map(|it| to_result(it, true));
        Ok(Response::new(pb::TryScorecardResponse {
            results: results.collect(),
        }))
    }

    async fn get_scorecard_result(
        &self,
        request: Request<pb::GetScorecardResultRequest>,
    ) -> Result<Response<pb::ScorecardResult>, Status> {
        let (actor, NamedResult(id)) = accept(request)?;
        let result = self.scorecards.get_result(&actor, &id).await?;
        Ok(Response::new(to_result(result, true)))
    }

    async fn list_scorecard_results(
        &self,
        request: Request<pb::ListScorecardResultsRequest>,
    ) -> Result<Response<pb::ListScorecardResultsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (results, next_page_token) = self.scorecards.list_results(&actor, list).await?;
        let results = results.into_iter().map(|it| to_result(it, false));
        Ok(Response::new(pb::ListScorecardResultsResponse {
            results: results.collect(),
            next_page_token,
        }))
    }

    async fn update_scorecard_result(
        &self,
        request: Request<pb::UpdateScorecardResultRequest>,
    ) -> Result<Response<pb::ScorecardResult>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.scorecards.update_result(&tx, &actor, it).await?;
        tx.reply(to_result(changed, true)).await
    }

    async fn submit_scorecard_result(
        &self,
        request: Request<pb::SubmitScorecardResultRequest>,
    ) -> Result<Response<pb::ScorecardResult>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.scorecards.submit_result(&tx, &actor, it).await?;
        tx.reply(to_result(changed, true)).await
    }

    async fn verify_scorecard_result(
        &self,
        request: Request<pb::VerifyScorecardResultRequest>,
    ) -> Result<Response<pb::ScorecardResult>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.scorecards.verify_result(&tx, &actor, it).await?;
        tx.reply(to_result(changed, true)).await
    }

    async fn return_scorecard_result(
        &self,
        request: Request<pb::ReturnScorecardResultRequest>,
    ) -> Result<Response<pb::ScorecardResult>, Status> {
        let (actor, it) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let changed = self.scorecards.return_result(&tx, &actor, it).await?;
        tx.reply(to_result(changed, true)).await
    }
}

impl TryFrom<pb::GetCriteriaSetRequest> for NamedSet {
    type Error = Invalid;

    fn try_from(request: pb::GetCriteriaSetRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::GetCriteriaSetRevisionRequest> for NamedRevision {
    type Error = Invalid;

    fn try_from(request: pb::GetCriteriaSetRevisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("name", RevisionId::from_name(&request.name));
        id.map(Self).ok_or(bad)
    }
}
