//! What the office does with decisions and money.

use super::*;

impl Office {
    /// Drafts a decision of the province that assigns money.
    pub(crate) async fn draft(&self, id: &str, amount_vnd: i64) -> Result<pb::Decision, Status> {
        let decision = decision(pb::DecisionKind::AssignBudget, amount_vnd);
        self.draft_as(id, decision).await
    }

    pub(crate) async fn draft_as(
        &self,
        id: &str,
        decision: pb::Decision,
    ) -> Result<pb::Decision, Status> {
        let create = pb::CreateDecisionRequest {
            decision: Some(decision),
            decision_id: id.into(),
            ..Default::default()
        };
        let answer = self
            .budget
            .clone()
            .create_decision(self.receiver.ask(create))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn issue(
        &self,
        name: &str,
        number: &str,
        etag: &str,
    ) -> Result<pb::Decision, Status> {
        self.issue_on(name, number, "2022-05-10", etag).await
    }

    pub(crate) async fn issue_on(
        &self,
        name: &str,
        number: &str,
        date: &str,
        etag: &str,
    ) -> Result<pb::Decision, Status> {
        let issue = pb::IssueDecisionRequest {
            name: name.into(),
            document_number: number.into(),
            issue_date: date.into(),
            etag: etag.into(),
            ..Default::default()
        };
        let answer = self
            .budget
            .clone()
            .issue_decision(self.receiver.ask(issue))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    /// Drafts and issues a decision of the province that assigns money.
    pub(crate) async fn decision(&self, id: &str, number: &str, amount_vnd: i64) -> pb::Decision {
        let draft = self.draft(id, amount_vnd).await.unwrap();
        self.issue(&draft.name, number, &draft.etag).await.unwrap()
    }

    /// Drafts and issues a decision of the province of another kind; its number is made of
    /// its id. Returns its name.
    pub(crate) async fn decide(&self, id: &str, kind: pb::DecisionKind, amount_vnd: i64) -> String {
        let draft = self.draft_as(id, decision(kind, amount_vnd)).await.unwrap();
        let number = format!("{id}/QĐ-UBND");
        let issued = self.issue(&draft.name, &number, &draft.etag).await;
        issued.unwrap().name
    }

    pub(crate) async fn get_decision(&self, name: &str) -> pb::Decision {
        let get = pb::GetDecisionRequest { name: name.into() };
        let answer = self
            .budget
            .clone()
            .get_decision(self.receiver.ask(get))
            .await;
        answer.unwrap().into_inner()
    }

    /// Opens the line of a project for money of the province for recurrent spending.
    pub(crate) async fn open_line(
        &self,
        project: &str,
        fiscal_year: i32,
        planned_amount_vnd: Option<i64>,
    ) -> Result<pb::BudgetLine, Status> {
        let budget_line = pb::BudgetLine {
            fiscal_year,
            funding_source: pb::FundingSource::Province.into(),
            cost_type: pb::CostType::Recurrent.into(),
            planned_amount_vnd,
            ..Default::default()
        };
        let create = pb::CreateBudgetLineRequest {
            parent: format!("projects/{project}"),
            budget_line: Some(budget_line),
            ..Default::default()
        };
        let answer = self
            .budget
            .clone()
            .create_budget_line(self.reporter.ask(create))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn get_line(&self, name: &str) -> pb::BudgetLine {
        let get = pb::GetBudgetLineRequest { name: name.into() };
        let answer = self
            .budget
            .clone()
            .get_budget_line(self.reporter.ask(get))
            .await;
        answer.unwrap().into_inner()
    }

    /// Adds a task of the district and has it approved: only then it is given money.
    pub(crate) async fn approved(&self, id: &str, title: &str) -> pb::Project {
        let project = self.task(id, title).await;
        self.approve_for_money(&project).await
    }

    /// Has a project approved by a decision of its own.
    pub(crate) async fn approve_for_money(&self, project: &pb::Project) -> pb::Project {
        let id = project.name.strip_prefix("projects/").unwrap();
        let kind = pb::DecisionKind::ApproveProject;
        let by = self.decide(&format!("duyet-{id}"), kind, 1).await;
        self.approve(project, &by).await.unwrap()
    }

    /// Opens a line and allocates money of a decision to it.
    pub(crate) async fn funded(&self, project: &str, amount_vnd: i64) -> String {
        self.approved(project, project).await;
        self.open_line(project, 2022, None).await.unwrap();
        let id = format!("cap-{project}");
        let decision = self
            .decide(&id, pb::DecisionKind::AssignBudget, amount_vnd)
            .await;
        self.allocate(&self.receiver, project, &decision, amount_vnd)
            .await
            .unwrap();
        line(project)
    }

    /// Allocates money to the line of a project that was opened before.
    pub(crate) async fn allocate(
        &self,
        who: &Person,
        project: &str,
        decision: &str,
        amount_vnd: i64,
    ) -> Result<pb::Allocation, Status> {
        let create = allocation(project, decision, amount_vnd);
        let answer = self.budget.clone().create_allocation(who.ask(create)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Enters an allocation of any form on a line.
    pub(crate) async fn enter_allocation(
        &self,
        line: &str,
        allocation: pb::Allocation,
    ) -> Result<pb::Allocation, Status> {
        let create = pb::CreateAllocationRequest {
            parent: line.into(),
            allocation: Some(allocation),
            ..Default::default()
        };
        let create = self.receiver.ask(create);
        let answer = self.budget.clone().create_allocation(create).await;
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn spend(
        &self,
        line: &str,
        kind: pb::DisbursementKind,
        amount_vnd: i64,
        date: &str,
    ) -> Result<pb::Disbursement, Status> {
        let disbursement = pb::Disbursement {
            kind: kind.into(),
            amount_vnd,
            disburse_date: date.into(),
            ..Default::default()
        };
        self.disburse(line, disbursement).await
    }

    pub(crate) async fn pay(
        &self,
        line: &str,
        amount_vnd: i64,
    ) -> Result<pb::Disbursement, Status> {
        let kind = pb::DisbursementKind::Payment;
        self.spend(line, kind, amount_vnd, "2022-05-20").await
    }

    pub(crate) async fn disburse(
        &self,
        line: &str,
        disbursement: pb::Disbursement,
    ) -> Result<pb::Disbursement, Status> {
        let create = pb::CreateDisbursementRequest {
            parent: line.into(),
            disbursement: Some(disbursement),
            ..Default::default()
        };
        let create = self.reporter.ask(create);
        let answer = self.spending.clone().create_disbursement(create).await;
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn sign(
        &self,
        line: &str,
        commitment: pb::Commitment,
    ) -> Result<pb::Commitment, Status> {
        let create = pb::CreateCommitmentRequest {
            parent: line.into(),
            commitment: Some(commitment),
            ..Default::default()
        };
        let create = self.reporter.ask(create);
        let answer = self.spending.clone().create_commitment(create).await;
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn summary(
        &self,
        ask: pb::SummarizeBudgetRequest,
    ) -> Result<pb::SummarizeBudgetResponse, Status> {
        let ask = self.receiver.ask(ask);
        let answer = self.budget.clone().summarize_budget(ask).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Drafts a request for money and submits it.
    pub(crate) async fn request(
        &self,
        project: &str,
        period: &str,
        amount_vnd: Option<i64>,
    ) -> Result<pb::SupplementaryRequest, Status> {
        let drafted = self.draft_request(project, period, amount_vnd).await?;
        let submit = pb::SubmitSupplementaryRequestRequest {
            name: drafted.name,
            etag: drafted.etag,
            ..Default::default()
        };
        let submit = self.reporter.ask(submit);
        let answer = self
            .budget
            .clone()
            .submit_supplementary_request(submit)
            .await;
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn draft_request(
        &self,
        project: &str,
        period: &str,
        amount_vnd: Option<i64>,
    ) -> Result<pb::SupplementaryRequest, Status> {
        let asked = pb::SupplementaryRequest {
            period: period.into(),
            amount_vnd,
            justification: "Chưa có kinh phí để đầu tư".into(),
            ..Default::default()
        };
        let create = pb::CreateSupplementaryRequestRequest {
            parent: format!("projects/{project}"),
            supplementary_request: Some(asked),
            ..Default::default()
        };
        let create = self.reporter.ask(create);
        let answer = self
            .budget
            .clone()
            .create_supplementary_request(create)
            .await;
        answer.map(tonic::Response::into_inner)
    }
}

/// Most đồng of one amount.
pub(crate) const MOST: i64 = 1_000_000_000_000_000;

/// The line of a project that `open_line` opens for 2022.
pub(crate) fn line(project: &str) -> String {
    format!("projects/{project}/budgetLines/2022.province.recurrent.huyen-minh-long")
}

pub(crate) fn decision(kind: pb::DecisionKind, amount_vnd: i64) -> pb::Decision {
    pb::Decision {
        authority_unit: "units/tinh-quang-ngai".into(),
        r#abstract: "Hỗ trợ kinh phí triển khai phòng họp không giấy".into(),
        kind: kind.into(),
        amount_vnd,
        ..Default::default()
    }
}

pub(crate) fn contract(number: &str, amount_vnd: i64) -> pb::Commitment {
    pb::Commitment {
        contract_number: number.into(),
        partner: "Công ty TNHH Giải pháp số".into(),
        amount_vnd,
        sign_date: "2022-05-15".into(),
        ..Default::default()
    }
}

pub(crate) fn allocation(
    project: &str,
    decision: &str,
    amount_vnd: i64,
) -> pb::CreateAllocationRequest {
    let allocation = pb::Allocation {
        decision: decision.into(),
        amount_vnd,
        ..Default::default()
    };
    pb::CreateAllocationRequest {
        parent: line(project),
        allocation: Some(allocation),
        ..Default::default()
    }
}
