//! The service through its contract, on a real database.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking and speaks for itself"
)]

use std::collections::HashMap;

use kit::Peer;
use proto::projects::{
    self as pb, budget_service_client::BudgetServiceClient, plan_service_client::PlanServiceClient,
    project_service_client::ProjectServiceClient, spending_service_client::SpendingServiceClient,
};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

mod allocations;
mod baselines;
mod before_plans;
mod budget_lines;
mod ceased_units;
mod decisions;
mod ended_units;
mod instruments;
mod lists;
mod measures;
mod migrations;
mod moves;
mod payments_in_bulk;
mod planned_work;
mod progress;
mod projects_of_a_unit;
mod revocations;
mod rows;
mod spending;
mod states;
mod steps;
mod summaries;
mod supplementary_requests;
mod tasks;
mod updates;
mod upsert_progress;

/// The service, and the people who work with it.
struct Office {
    world: World,
    projects: ProjectServiceClient<Peer>,
    budget: BudgetServiceClient<Peer>,
    plans: PlanServiceClient<Peer>,
    spending: SpendingServiceClient<Peer>,
    /// The database, to look at what lies in it.
    db: kit::Db,
    /// Enters projects and progress of the district.
    reporter: Person,
    /// Decides on money for the province.
    receiver: Person,
    /// Approves projects of the district.
    leader: Person,
}

impl Office {
    async fn open() -> Self {
        let world = World::new().await;
        let db = world.db(projects::NAME).await;
        db.migrate::<projects::Migrator>().await.unwrap();
        Self::on(world, db).await
    }

    /// Opens the service on a database that is up to date.
    async fn on(world: World, db: kit::Db) -> Self {
        let service = projects::Projects::open(db.clone(), world.access())
            .await
            .unwrap();
        let peer = world.peer(service.routes());
        Self {
            reporter: world.person("can-bo", "reporter", "huyen-minh-long").await,
            receiver: world
                .person("chuyen-vien", "receiver", "tinh-quang-ngai")
                .await,
            leader: world.person("lanh-dao", "leader", "huyen-minh-long").await,
            projects: ProjectServiceClient::new(peer.clone()),
            plans: PlanServiceClient::new(peer.clone()),
            budget: BudgetServiceClient::new(peer.clone()),
            spending: SpendingServiceClient::new(peer),
            db,
            world,
        }
    }

    async fn create_project(&self, id: &str, project: pb::Project) -> Result<pb::Project, Status> {
        let create = pb::CreateProjectRequest {
            project: Some(project),
            project_id: id.into(),
            ..Default::default()
        };
        let answer = self
            .projects
            .clone()
            .create_project(self.reporter.ask(create))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    /// Adds a task of the district to its table.
    async fn task(&self, id: &str, title: &str) -> pb::Project {
        self.create_project(id, task(title)).await.unwrap()
    }

    async fn enter(
        &self,
        project: &str,
        progress_entry: pb::ProgressEntry,
    ) -> Result<pb::ProgressEntry, Status> {
        let create = pb::CreateProgressEntryRequest {
            parent: format!("projects/{project}"),
            progress_entry: Some(progress_entry),
            ..Default::default()
        };
        let answer = self
            .projects
            .clone()
            .create_progress_entry(self.reporter.ask(create))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn rows(&self, period: &str) -> Vec<pb::ProjectRow> {
        let list = pb::ListProjectRowsRequest {
            unit: "units/huyen-minh-long".into(),
            period: period.into(),
        };
        let answer = self
            .projects
            .clone()
            .list_project_rows(self.reporter.ask(list))
            .await;
        answer.unwrap().into_inner().rows
    }

    async fn get_project(&self, name: &str) -> pb::Project {
        let get = pb::GetProjectRequest { name: name.into() };
        let answer = self
            .projects
            .clone()
            .get_project(self.reporter.ask(get))
            .await;
        answer.unwrap().into_inner()
    }

    async fn approve(&self, project: &pb::Project, decision: &str) -> Result<pb::Project, Status> {
        let approve = pb::ApproveProjectRequest {
            name: project.name.clone(),
            decision: decision.into(),
            etag: project.etag.clone(),
            ..Default::default()
        };
        let answer = self
            .projects
            .clone()
            .approve_project(self.leader.ask(approve))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn start(&self, project: &pb::Project, date: &str) -> Result<pb::Project, Status> {
        let start = pb::StartProjectRequest {
            name: project.name.clone(),
            start_date: date.into(),
            etag: project.etag.clone(),
            ..Default::default()
        };
        let answer = self
            .projects
            .clone()
            .start_project(self.reporter.ask(start))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn complete(&self, project: &pb::Project, date: &str) -> Result<pb::Project, Status> {
        let complete = pb::CompleteProjectRequest {
            name: project.name.clone(),
            end_date: date.into(),
            etag: project.etag.clone(),
            ..Default::default()
        };
        let answer = self
            .projects
            .clone()
            .complete_project(self.reporter.ask(complete))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    /// Adds a task of work to a project.
    async fn add_task(&self, project: &str, task: pb::Task) -> Result<pb::Task, Status> {
        let create = pb::CreateTaskRequest {
            parent: format!("projects/{project}"),
            task: Some(task),
            ..Default::default()
        };
        let answer = self
            .plans
            .clone()
            .create_task(self.reporter.ask(create))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn set_task(&self, task: pb::Task) -> Result<pb::Task, Status> {
        let update = pb::UpdateTaskRequest {
            etag: task.etag.clone(),
            task: Some(task),
            ..Default::default()
        };
        let answer = self
            .plans
            .clone()
            .update_task(self.reporter.ask(update))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn steps(&self, project: &str) -> Vec<pb::Step> {
        let list = pb::ListStepsRequest {
            parent: format!("projects/{project}"),
        };
        let answer = self.plans.clone().list_steps(self.reporter.ask(list)).await;
        answer.unwrap().into_inner().steps
    }

    /// Drafts a decision of the province that assigns money.
    async fn draft(&self, id: &str, amount_vnd: i64) -> Result<pb::Decision, Status> {
        let decision = decision(pb::DecisionKind::AssignBudget, amount_vnd);
        self.draft_as(id, decision).await
    }

    async fn draft_as(&self, id: &str, decision: pb::Decision) -> Result<pb::Decision, Status> {
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

    async fn issue(&self, name: &str, number: &str, etag: &str) -> Result<pb::Decision, Status> {
        self.issue_on(name, number, "2022-05-10", etag).await
    }

    async fn issue_on(
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
    async fn decision(&self, id: &str, number: &str, amount_vnd: i64) -> pb::Decision {
        let draft = self.draft(id, amount_vnd).await.unwrap();
        self.issue(&draft.name, number, &draft.etag).await.unwrap()
    }

    /// Drafts and issues a decision of the province of another kind; its number is made of
    /// its id. Returns its name.
    async fn decide(&self, id: &str, kind: pb::DecisionKind, amount_vnd: i64) -> String {
        let draft = self.draft_as(id, decision(kind, amount_vnd)).await.unwrap();
        let number = format!("{id}/QĐ-UBND");
        let issued = self.issue(&draft.name, &number, &draft.etag).await;
        issued.unwrap().name
    }

    async fn get_decision(&self, name: &str) -> pb::Decision {
        let get = pb::GetDecisionRequest { name: name.into() };
        let answer = self
            .budget
            .clone()
            .get_decision(self.receiver.ask(get))
            .await;
        answer.unwrap().into_inner()
    }

    /// Opens the line of a project for money of the province for recurrent spending.
    async fn open_line(
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

    async fn get_line(&self, name: &str) -> pb::BudgetLine {
        let get = pb::GetBudgetLineRequest { name: name.into() };
        let answer = self
            .budget
            .clone()
            .get_budget_line(self.reporter.ask(get))
            .await;
        answer.unwrap().into_inner()
    }

    /// Opens a line and allocates money of a decision to it.
    async fn funded(&self, project: &str, amount_vnd: i64) -> String {
        self.task(project, project).await;
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
    async fn allocate(
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
    async fn enter_allocation(
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

    async fn spend(
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

    async fn pay(&self, line: &str, amount_vnd: i64) -> Result<pb::Disbursement, Status> {
        let kind = pb::DisbursementKind::Payment;
        self.spend(line, kind, amount_vnd, "2022-05-20").await
    }

    async fn disburse(
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

    async fn sign(&self, line: &str, commitment: pb::Commitment) -> Result<pb::Commitment, Status> {
        let create = pb::CreateCommitmentRequest {
            parent: line.into(),
            commitment: Some(commitment),
            ..Default::default()
        };
        let create = self.reporter.ask(create);
        let answer = self.spending.clone().create_commitment(create).await;
        answer.map(tonic::Response::into_inner)
    }

    async fn summary(
        &self,
        ask: pb::SummarizeBudgetRequest,
    ) -> Result<pb::SummarizeBudgetResponse, Status> {
        let ask = self.receiver.ask(ask);
        let answer = self.budget.clone().summarize_budget(ask).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Drafts a request for money and submits it.
    async fn request(
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

    async fn draft_request(
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
const MOST: i64 = 1_000_000_000_000_000;

/// The line of a project that `open_line` opens for 2022.
fn line(project: &str) -> String {
    format!("projects/{project}/budgetLines/2022.province.recurrent.huyen-minh-long")
}

fn decision(kind: pb::DecisionKind, amount_vnd: i64) -> pb::Decision {
    pb::Decision {
        authority_unit: "units/tinh-quang-ngai".into(),
        r#abstract: "Hỗ trợ kinh phí triển khai phòng họp không giấy".into(),
        kind: kind.into(),
        amount_vnd,
        ..Default::default()
    }
}

fn contract(number: &str, amount_vnd: i64) -> pb::Commitment {
    pb::Commitment {
        contract_number: number.into(),
        partner: "Công ty TNHH Giải pháp số".into(),
        amount_vnd,
        sign_date: "2022-05-15".into(),
        ..Default::default()
    }
}

fn task(title: &str) -> pb::Project {
    pb::Project {
        display_name: title.into(),
        kind: pb::ProjectKind::Task.into(),
        owner_unit: "units/huyen-minh-long".into(),
        start_period: "2022-h1".into(),
        ..Default::default()
    }
}

fn work(title: &str, weight: i32) -> pb::Task {
    pb::Task {
        title: title.into(),
        weight,
        ..Default::default()
    }
}

fn progress(period: &str, health: pb::Health) -> pb::ProgressEntry {
    pb::ProgressEntry {
        period: period.into(),
        health: health.into(),
        ..Default::default()
    }
}

fn allocation(project: &str, decision: &str, amount_vnd: i64) -> pb::CreateAllocationRequest {
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

/// Returns code, reason and facts of a refusal.
#[track_caller]
fn refusal<T: std::fmt::Debug>(
    answer: Result<T, Status>,
) -> (Code, String, HashMap<String, String>) {
    let status = answer.unwrap_err();
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    (status.code(), info.reason.clone(), info.metadata.clone())
}

/// Returns the fields a refusal names, each told in Vietnamese as well.
#[track_caller]
fn bad_fields<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    assert!(violations.iter().all(|it| it.localized_message.is_some()));
    violations.iter().map(|it| it.field.clone()).collect()
}
