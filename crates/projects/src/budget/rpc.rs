//! The methods about money that is granted and asked for: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::projects::{self as pb, budget_service_server::BudgetService};
use tonic::{Request, Response, Status};
use types::money::Money;

use super::{Budgets, SplitAmount};
use crate::{
    allocation::{Allocation, Allocations},
    budget_line::BudgetLines,
    decision::Decisions,
    supplementary_request::SupplementaryRequests,
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    slices: Slices,
}

/// The use cases that the methods call.
#[derive(Debug, Clone)]
pub(crate) struct Slices {
    pub(crate) decisions: Decisions,
    pub(crate) lines: BudgetLines,
    pub(crate) allocations: Allocations,
    pub(crate) requests: SupplementaryRequests,
    pub(crate) budgets: Budgets,
}

impl Rpc {
    pub(crate) fn new(db: &Db, slices: &Slices) -> Self {
        Self {
            db: db.clone(),
            slices: slices.clone(),
        }
    }
}

#[tonic::async_trait]
impl BudgetService for Rpc {
    async fn create_decision(
        &self,
        request: Request<pb::CreateDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.decisions.create(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn get_decision(
        &self,
        request: Request<pb::GetDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, ask) = accept(request)?;
        let answer = self.slices.decisions.get(&actor, ask).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_decisions(
        &self,
        request: Request<pb::ListDecisionsRequest>,
    ) -> Result<Response<pb::ListDecisionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (found, next_page_token) = self.slices.decisions.list(&actor, list).await?;
        Ok(Response::new(pb::ListDecisionsResponse {
            decisions: found.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn update_decision(
        &self,
        request: Request<pb::UpdateDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.decisions.update(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn issue_decision(
        &self,
        request: Request<pb::IssueDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.decisions.issue(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn revoke_decision(
        &self,
        request: Request<pb::RevokeDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.decisions.revoke(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn create_budget_line(
        &self,
        request: Request<pb::CreateBudgetLineRequest>,
    ) -> Result<Response<pb::BudgetLine>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.lines.create(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn get_budget_line(
        &self,
        request: Request<pb::GetBudgetLineRequest>,
    ) -> Result<Response<pb::BudgetLine>, Status> {
        let (actor, ask) = accept(request)?;
        let answer = self.slices.lines.get(&actor, ask).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_budget_lines(
        &self,
        request: Request<pb::ListBudgetLinesRequest>,
    ) -> Result<Response<pb::ListBudgetLinesResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (found, next_page_token) = self.slices.lines.list(&actor, list).await?;
        Ok(Response::new(pb::ListBudgetLinesResponse {
            budget_lines: found.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn update_budget_line(
        &self,
        request: Request<pb::UpdateBudgetLineRequest>,
    ) -> Result<Response<pb::BudgetLine>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.lines.update(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn create_allocation(
        &self,
        request: Request<pb::CreateAllocationRequest>,
    ) -> Result<Response<pb::Allocation>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.allocations.create(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn move_allocation(
        &self,
        request: Request<pb::MoveAllocationRequest>,
    ) -> Result<Response<pb::AllocationPair>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.allocations.move_on(&tx, &actor, ask).await?;
        tx.reply(pair(answer)).await
    }

    async fn cover_allocation(
        &self,
        request: Request<pb::CoverAllocationRequest>,
    ) -> Result<Response<pb::AllocationPair>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.allocations.cover(&tx, &actor, ask).await?;
        tx.reply(pair(answer)).await
    }

    async fn list_allocations(
        &self,
        request: Request<pb::ListAllocationsRequest>,
    ) -> Result<Response<pb::ListAllocationsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (found, next_page_token) = self.slices.allocations.list(&actor, list).await?;
        Ok(Response::new(pb::ListAllocationsResponse {
            allocations: found.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn create_supplementary_request(
        &self,
        request: Request<pb::CreateSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.requests.create(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn get_supplementary_request(
        &self,
        request: Request<pb::GetSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, ask) = accept(request)?;
        let answer = self.slices.requests.get(&actor, ask).await?;
        Ok(Response::new(answer.into()))
    }

    async fn list_supplementary_requests(
        &self,
        request: Request<pb::ListSupplementaryRequestsRequest>,
    ) -> Result<Response<pb::ListSupplementaryRequestsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (found, next_page_token) = self.slices.requests.list(&actor, list).await?;
        Ok(Response::new(pb::ListSupplementaryRequestsResponse {
            supplementary_requests: found.into_iter().map(Into::into).collect(),
            next_page_token,
        }))
    }

    async fn update_supplementary_request(
        &self,
        request: Request<pb::UpdateSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.requests.update(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn submit_supplementary_request(
        &self,
        request: Request<pb::SubmitSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.requests.submit(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn appraise_supplementary_request(
        &self,
        request: Request<pb::AppraiseSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.requests.appraise(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn approve_supplementary_request(
        &self,
        request: Request<pb::ApproveSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.requests.approve(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn reject_supplementary_request(
        &self,
        request: Request<pb::RejectSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, ask) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let answer = self.slices.requests.reject(&tx, &actor, ask).await?;
        tx.reply(answer.into()).await
    }

    async fn summarize_budget(
        &self,
        request: Request<pb::SummarizeBudgetRequest>,
    ) -> Result<Response<pb::SummarizeBudgetResponse>, Status> {
        let (actor, ask) = accept(request)?;
        let summary = self.slices.budgets.summarize(&actor, ask).await?;
        Ok(Response::new(summary.try_into()?))
    }

    async fn split_amount(
        &self,
        request: Request<pb::SplitAmountRequest>,
    ) -> Result<Response<pb::SplitAmountResponse>, Status> {
        let (_, split) = accept::<_, SplitAmount>(request)?;
        let parts = split.split()?.into_iter();
        Ok(Response::new(pb::SplitAmountResponse {
            amounts_vnd: parts.map(Money::vnd).collect(),
        }))
    }
}

fn pair((leaving, arriving): (Allocation, Allocation)) -> pb::AllocationPair {
    pb::AllocationPair {
        leaving: Some(leaving.into()),
        arriving: Some(arriving.into()),
    }
}
