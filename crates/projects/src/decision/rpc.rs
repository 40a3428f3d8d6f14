//! The methods about money: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::timestamp,
    projects::{self as pb, budget_service_server::BudgetService},
};
use tonic::{Request, Response, Status};
use types::{date, ids::DecisionId, money::Money, violations::Invalid};

use super::{CreateDecision, Decision, Decisions, GetDecision, Issue, IssueDecision};
use crate::{allocation::Allocations, supplementary_request::SupplementaryRequests};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    decisions: Decisions,
    allocations: Allocations,
    requests: SupplementaryRequests,
}

impl Rpc {
    pub(crate) fn new(
        db: &Db,
        decisions: &Decisions,
        allocations: &Allocations,
        requests: &SupplementaryRequests,
    ) -> Self {
        Self {
            db: db.clone(),
            decisions: decisions.clone(),
            allocations: allocations.clone(),
            requests: requests.clone(),
        }
    }
}

#[tonic::async_trait]
impl BudgetService for Rpc {
    async fn create_decision(
        &self,
        request: Request<pb::CreateDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let decision = self.decisions.create(&tx, &actor, new).await?;
        tx.reply(decision.into_wire(Money::ZERO)).await
    }

    async fn get_decision(
        &self,
        request: Request<pb::GetDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, get) = accept(request)?;
        let (decision, allocated) = self.decisions.get(&actor, get).await?;
        Ok(Response::new(decision.into_wire(allocated)))
    }

    async fn issue_decision(
        &self,
        request: Request<pb::IssueDecisionRequest>,
    ) -> Result<Response<pb::Decision>, Status> {
        let (actor, issue) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let decision = self.decisions.issue(&tx, &actor, issue).await?;
        // Nothing was allocated by it while it was a draft.
        tx.reply(decision.into_wire(Money::ZERO)).await
    }

    async fn create_allocation(
        &self,
        request: Request<pb::CreateAllocationRequest>,
    ) -> Result<Response<pb::Allocation>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let allocation = self.allocations.create(&tx, &actor, new).await?;
        tx.reply(allocation.into()).await
    }

    async fn list_allocations(
        &self,
        request: Request<pb::ListAllocationsRequest>,
    ) -> Result<Response<pb::ListAllocationsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (allocations, next_page_token) = self.allocations.list(&actor, list).await?;
        let allocations = allocations.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListAllocationsResponse {
            allocations,
            next_page_token,
        }))
    }

    async fn create_supplementary_request(
        &self,
        request: Request<pb::CreateSupplementaryRequestRequest>,
    ) -> Result<Response<pb::SupplementaryRequest>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let asked = self.requests.create(&tx, &actor, new).await?;
        tx.reply(asked.into()).await
    }

    async fn list_supplementary_requests(
        &self,
        request: Request<pb::ListSupplementaryRequestsRequest>,
    ) -> Result<Response<pb::ListSupplementaryRequestsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (asked, next_page_token) = self.requests.list(&actor, list).await?;
        let supplementary_requests = asked.into_iter().map(Into::into).collect();
        let page = pb::ListSupplementaryRequestsResponse {
            supplementary_requests,
            next_page_token,
        };
        Ok(Response::new(page))
    }
}

impl TryFrom<pb::CreateDecisionRequest> for CreateDecision {
    type Error = Invalid;

    fn try_from(request: pb::CreateDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let decision = request.decision.unwrap_or_default();
        let id = bad.take("decision_id", DecisionId::new(&request.decision_id));
        let authority = bad.required("decision.authority_unit", &decision.authority_unit);
        let subject = bad.line("decision.abstract", &decision.r#abstract, 1000);
        let amount = read_positive("decision.amount_vnd", decision.amount_vnd, &mut bad);
        let (Some(id), Some(authority_unit), Some(subject), Some(amount)) =
            (id, authority, subject, amount)
        else {
            return Err(bad);
        };
        Ok(Self {
            id,
            authority_unit,
            subject,
            amount,
        })
    }
}

/// Reads an amount that has to be above 0.
pub(crate) fn read_positive(field: &str, wire: i64, bad: &mut Invalid) -> Option<Money> {
    if wire > 0 {
        return Some(Money::new(wire));
    }
    let (en, vi) = ("has to be above 0 đồng", "phải lớn hơn 0 đồng");
    bad.add(field, "OUT_OF_RANGE", en, vi);
    None
}

impl TryFrom<pb::GetDecisionRequest> for GetDecision {
    type Error = Invalid;

    fn try_from(request: pb::GetDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(|id| Self { id }).ok_or(bad)
    }
}

impl TryFrom<pb::IssueDecisionRequest> for IssueDecision {
    type Error = Invalid;

    fn try_from(request: pb::IssueDecisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let number = bad.required("document_number", &request.document_number);
        let date = match request.issue_date.as_str() {
            "" => {
                bad.missing("issue_date");
                None
            }
            text => bad.take("issue_date", date::parse_iso(text)),
        };
        let (Some(id), Some(number), Some(date)) = (id, number, date) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            issue: Issue { number, date },
            etag: request.etag,
        })
    }
}

impl Decision {
    /// Writes the decision with what was allocated by it.
    fn into_wire(self, allocated: Money) -> pb::Decision {
        let state = match self.issue {
            None => pb::DecisionState::Draft,
            Some(_) => pb::DecisionState::Issued,
        };
        let (document_number, issue_date) = match self.issue {
            None => Default::default(),
            Some(issue) => (issue.number.into(), issue.date.to_string()),
        };
        pb::Decision {
            name: self.id.name(),
            authority_unit: self.authority_unit.name(),
            r#abstract: self.subject,
            amount_vnd: self.amount.vnd(),
            document_number,
            issue_date,
            state: state.into(),
            allocated_amount_vnd: allocated.vnd(),
            create_time: Some(timestamp(self.create_time)),
            update_time: Some(timestamp(self.update_time)),
            etag: etag::of(self.version),
        }
    }
}
