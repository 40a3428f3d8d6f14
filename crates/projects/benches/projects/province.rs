//! A province with its projects and their money.

use kit::{Db, Peer};
use proto::{
    directory::UnitKind,
    projects::{
        self as pb, budget_service_client::BudgetServiceClient,
        project_service_client::ProjectServiceClient,
        spending_service_client::SpendingServiceClient,
    },
};
use testkit::{Person, World};

pub(crate) const UNITS: usize = 300;
pub(crate) const PROJECTS: usize = 2_000;
pub(crate) const DISBURSEMENTS: usize = 100_000;
const ITEMS: usize = 500;
/// What a line is granted: enough for all of its payments.
const GRANTED: i64 = 1_000_000_000;

/// The service on a fresh database, and the people who work with it.
pub(crate) struct Province {
    world: World,
    pub(crate) db: Db,
    pub(crate) budget: BudgetServiceClient<Peer>,
    spending: SpendingServiceClient<Peer>,
    projects: ProjectServiceClient<Peer>,
    reporter: Person,
    leader: Person,
    pub(crate) receiver: Person,
}

impl Province {
    pub(crate) async fn open() -> Self {
        let mut world = World::new().await;
        // The year is over: nothing is paid on a day that has not come.
        world.clock.set("2022-12-31T01:00:00Z".parse().unwrap());
        world.sign_in_again().await;
        let db = world.db(projects::NAME).await;
        db.migrate::<projects::Migrator>().await.unwrap();
        let service = projects::Projects::open(db.clone(), world.access())
            .await
            .unwrap();
        let peer = world.peer(service.routes());
        Self {
            reporter: world.person("can-bo", "reporter", "tinh-quang-ngai").await,
            leader: world.person("lanh-dao", "leader", "tinh-quang-ngai").await,
            receiver: world
                .person("chuyen-vien", "receiver", "tinh-quang-ngai")
                .await,
            budget: BudgetServiceClient::new(peer.clone()),
            spending: SpendingServiceClient::new(peer.clone()),
            projects: ProjectServiceClient::new(peer),
            world,
            db,
        }
    }

    /// Makes the communes, their projects, and a line with money for each.
    pub(crate) async fn fill(&mut self) {
        for index in 0..UNITS {
            let (id, name) = (format!("xa-{index}"), format!("UBND xã {index}"));
            let parent = "units/huyen-minh-long";
            self.world.unit(&id, &name, UnitKind::Commune, parent).await;
        }
        let decision = pb::Decision {
            authority_unit: "units/tinh-quang-ngai".into(),
            r#abstract: "Giao dự toán".into(),
            kind: pb::DecisionKind::AssignBudget.into(),
            amount_vnd: GRANTED * i64::try_from(PROJECTS).unwrap(),
            ..Default::default()
        };
        let create = pb::CreateDecisionRequest {
            decision: Some(decision),
            decision_id: "giao".into(),
            ..Default::default()
        };
        let drafted = self.budget.create_decision(self.receiver.ask(create)).await;
        let drafted = drafted.unwrap().into_inner();
        let issue = pb::IssueDecisionRequest {
            name: drafted.name,
            document_number: "1/QĐ-UBND".into(),
            issue_date: "2022-01-01".into(),
            etag: drafted.etag,
            ..Default::default()
        };
        self.budget
            .issue_decision(self.receiver.ask(issue))
            .await
            .unwrap();
        for index in 0..PROJECTS {
            self.project(index).await;
        }
    }

    async fn project(&mut self, index: usize) {
        let unit = format!("units/xa-{}", index % UNITS);
        let create = pb::CreateProjectRequest {
            project: Some(pb::Project {
                display_name: format!("Dự án {index}"),
                kind: pb::ProjectKind::Project.into(),
                owner_unit: unit,
                start_period: "2022-h1".into(),
                ..Default::default()
            }),
            project_id: format!("du-an-{index}"),
            ..Default::default()
        };
        let created = self.projects.create_project(self.reporter.ask(create));
        let created = created.await.unwrap().into_inner();
        let approve = pb::ApproveProjectRequest {
            name: created.name,
            decision: "decisions/giao".into(),
            etag: created.etag,
            ..Default::default()
        };
        self.projects
            .approve_project(self.leader.ask(approve))
            .await
            .unwrap();
        let create = pb::CreateBudgetLineRequest {
            parent: format!("projects/du-an-{index}"),
            budget_line: Some(pb::BudgetLine {
                fiscal_year: 2022,
                funding_source: pb::FundingSource::Province.into(),
                cost_type: pb::CostType::Recurrent.into(),
                planned_amount_vnd: Some(GRANTED),
                ..Default::default()
            }),
            ..Default::default()
        };
        let opened = self
            .budget
            .create_budget_line(self.reporter.ask(create))
            .await;
        let create = pb::CreateAllocationRequest {
            parent: opened.unwrap().into_inner().name,
            allocation: Some(pb::Allocation {
                decision: "decisions/giao".into(),
                amount_vnd: GRANTED,
                ..Default::default()
            }),
            ..Default::default()
        };
        self.budget
            .create_allocation(self.receiver.ask(create))
            .await
            .unwrap();
    }

    /// Sends all payments as a treasury does, and returns how long each request took, in
    /// seconds.
    pub(crate) async fn pay(&mut self) -> Vec<f64> {
        let mut times = Vec::new();
        for part in 0..DISBURSEMENTS / ITEMS {
            let items = (part * ITEMS..(part + 1) * ITEMS).map(payment);
            let upsert = pb::UpsertDisbursementsRequest {
                disbursements: items.collect(),
                ..Default::default()
            };
            let begun = std::time::Instant::now();
            let answer = self
                .spending
                .upsert_disbursements(self.reporter.ask(upsert))
                .await;
            times.push(begun.elapsed().as_secs_f64());
            for result in answer.unwrap().into_inner().results {
                let is_new = result.disposition() == proto::shared::Disposition::Created;
                assert!(is_new, "{result:?}");
            }
        }
        times
    }
}

fn payment(index: usize) -> pb::Disbursement {
    // A stride that visits all projects in no order.
    let project = index * 7_919 % PROJECTS;
    let unit = project % UNITS;
    let day = 1 + index % 28;
    let month = 1 + index / 28 % 12;
    pb::Disbursement {
        budget_line: format!(
            "projects/du-an-{project}/budgetLines/2022.province.recurrent.xa-{unit}"
        ),
        kind: pb::DisbursementKind::Payment.into(),
        amount_vnd: 1_000_000 + i64::try_from(index % 10_007).unwrap(),
        disburse_date: format!("2022-{month:02}-{day:02}"),
        source_system: "kho-bac".into(),
        external_id: format!("k{index}"),
        ..Default::default()
    }
}
