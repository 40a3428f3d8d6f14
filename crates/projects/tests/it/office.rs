//! The office that works with projects: what the tests do again and again.

use super::*;

/// The service, and the people who work with it.
pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) projects: ProjectServiceClient<Peer>,
    pub(crate) budget: BudgetServiceClient<Peer>,
    pub(crate) plans: PlanServiceClient<Peer>,
    pub(crate) spending: SpendingServiceClient<Peer>,
    /// The database, to look at what lies in it.
    pub(crate) db: kit::Db,
    /// Enters projects and progress of the district.
    pub(crate) reporter: Person,
    /// Decides on money for the province.
    pub(crate) receiver: Person,
    /// Approves projects of the district.
    pub(crate) leader: Person,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let world = World::new().await;
        let db = world.db(projects::NAME).await;
        db.migrate::<projects::Migrator>().await.unwrap();
        Self::on(world, db).await
    }

    /// Opens it on a later day than 24 June 2022: nothing is dated after today.
    pub(crate) async fn open_on(day: &str) -> Self {
        let mut world = World::new().await;
        world.clock.set(format!("{day}T01:00:00Z").parse().unwrap());
        world.sign_in_again().await;
        let db = world.db(projects::NAME).await;
        db.migrate::<projects::Migrator>().await.unwrap();
        Self::on(world, db).await
    }

    /// Opens the service on a database that is up to date.
    pub(crate) async fn on(world: World, db: kit::Db) -> Self {
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

    pub(crate) async fn create_project(
        &self,
        id: &str,
        project: pb::Project,
    ) -> Result<pb::Project, Status> {
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
    pub(crate) async fn task(&self, id: &str, title: &str) -> pb::Project {
        self.create_project(id, task(title)).await.unwrap()
    }

    pub(crate) async fn enter(
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

    pub(crate) async fn rows(&self, period: &str) -> Vec<pb::ProjectRow> {
        let list = pb::ListProjectRowsRequest {
            unit: "units/huyen-minh-long".into(),
            period: period.into(),
            ..Default::default()
        };
        let answer = self
            .projects
            .clone()
            .list_project_rows(self.reporter.ask(list))
            .await;
        answer.unwrap().into_inner().rows
    }

    pub(crate) async fn get_project(&self, name: &str) -> pb::Project {
        let get = pb::GetProjectRequest { name: name.into() };
        let answer = self
            .projects
            .clone()
            .get_project(self.reporter.ask(get))
            .await;
        answer.unwrap().into_inner()
    }

    pub(crate) async fn approve(
        &self,
        project: &pb::Project,
        decision: &str,
    ) -> Result<pb::Project, Status> {
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

    pub(crate) async fn start(
        &self,
        project: &pb::Project,
        date: &str,
    ) -> Result<pb::Project, Status> {
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

    pub(crate) async fn complete(
        &self,
        project: &pb::Project,
        date: &str,
    ) -> Result<pb::Project, Status> {
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
    pub(crate) async fn add_task(&self, project: &str, task: pb::Task) -> Result<pb::Task, Status> {
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

    pub(crate) async fn set_task(&self, task: pb::Task) -> Result<pb::Task, Status> {
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

    pub(crate) async fn steps(&self, project: &str) -> Vec<pb::Step> {
        let list = pb::ListStepsRequest {
            parent: format!("projects/{project}"),
        };
        let answer = self.plans.clone().list_steps(self.reporter.ask(list)).await;
        answer.unwrap().into_inner().steps
    }
}

pub(crate) fn task(title: &str) -> pb::Project {
    pb::Project {
        display_name: title.into(),
        kind: pb::ProjectKind::Task.into(),
        owner_unit: "units/huyen-minh-long".into(),
        start_period: "2022-h1".into(),
        ..Default::default()
    }
}

pub(crate) fn work(title: &str, weight: i32) -> pb::Task {
    pb::Task {
        title: title.into(),
        weight,
        ..Default::default()
    }
}

pub(crate) fn progress(period: &str, health: pb::Health) -> pb::ProgressEntry {
    pb::ProgressEntry {
        period: period.into(),
        health: health.into(),
        ..Default::default()
    }
}

/// Returns code, reason and facts of a refusal.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(
    answer: Result<T, Status>,
) -> (Code, String, HashMap<String, String>) {
    let status = answer.unwrap_err();
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    (status.code(), info.reason.clone(), info.metadata.clone())
}

/// Returns the fields a refusal names, each told in Vietnamese as well.
#[track_caller]
pub(crate) fn bad_fields<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    assert!(violations.iter().all(|it| it.localized_message.is_some()));
    violations.iter().map(|it| it.field.clone()).collect()
}
