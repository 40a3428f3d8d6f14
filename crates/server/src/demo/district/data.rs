//! What a district enters once: figures, projects, money.

use anyhow::{Result, bail};
use proto::{
    indicators::{
        UpsertIndicatorValuesRequest, ValueItem, value_service_client::ValueServiceClient,
    },
    projects::{
        Allocation, ApproveProjectRequest, BudgetLine, CreateAllocationRequest,
        CreateBudgetLineRequest, CreateDecisionRequest, CreateProgressEntryRequest,
        CreateProjectRequest, CreateSupplementaryRequestRequest, Decision, IssueDecisionRequest,
        ProgressEntry, Project, SubmitSupplementaryRequestRequest, SupplementaryRequest,
        budget_service_client::BudgetServiceClient, project_service_client::ProjectServiceClient,
    },
    shared::{Absence, Disposition, Quantity, Ratio, quantity},
};

use super::Way;
use crate::demo::{ask::OrRefused, sample, steps::Steps};

impl Way<'_> {
    /// Enters the figures.
    pub(super) async fn enter_values(&self, steps: &mut Steps) -> Result<()> {
        let request = UpsertIndicatorValuesRequest {
            unit: self.unit.clone(),
            period: self.sample.request.period.clone(),
            items: self.district.value.iter().map(value_item).collect(),
            ..UpsertIndicatorValuesRequest::default()
        };
        let answer = ValueServiceClient::new(self.peers.indicators.clone())
            .upsert_indicator_values(self.reporter.ask(request)?)
            .await
            .or_refused(|| format!("entering the figures of `{}`", self.unit))?;
        for result in &answer.results {
            if result.disposition() == Disposition::Rejected {
                let why: Vec<_> = result.issues.iter().map(|it| it.message.as_str()).collect();
                bail!(
                    "figure {} of `{}` was refused: {}",
                    result.name,
                    self.unit,
                    why.join("; ")
                );
            }
        }
        let (place, count) = (self.place, answer.results.len());
        let warnings: usize = answer.results.iter().map(|it| it.issues.len()).sum();
        steps.done(
            &self.reporter.display_name,
            format!("{place}: nhập {count} số liệu, {warnings} cảnh báo"),
            format!("figures entered: {count}, warnings: {warnings}"),
        );
        Ok(())
    }

    /// Has the decisions drafted and issued on behalf of the province.
    pub(super) async fn grant_money(&self, steps: &mut Steps) -> Result<()> {
        let mut budget = BudgetServiceClient::new(self.peers.projects.clone());
        for new in &self.district.decision {
            let decision = Decision {
                authority_unit: format!("units/{}", new.authority_unit),
                r#abstract: new.summary.clone(),
                amount_vnd: new.amount_vnd,
                kind: new.kind.into(),
                ..Decision::default()
            };
            let request = CreateDecisionRequest {
                decision: Some(decision),
                decision_id: new.id.clone(),
                ..CreateDecisionRequest::default()
            };
            let drafted = budget
                .create_decision(self.decider.ask(request)?)
                .await
                .or_refused(|| format!("drafting the decision `{}`", new.id))?;
            let request = IssueDecisionRequest {
                name: drafted.name,
                document_number: new.document_number.clone(),
                issue_date: new.issue_date.clone(),
                etag: drafted.etag,
                ..IssueDecisionRequest::default()
            };
            let issued = budget.issue_decision(self.decider.ask(request)?).await;
            issued.or_refused(|| format!("issuing the decision `{}`", new.id))?;
            let (place, number) = (self.place, &new.document_number);
            steps.done(
                &self.decider.display_name,
                format!("{place}: ban hành Quyết định {number} cấp kinh phí"),
                "issued a decision that grants money",
            );
        }
        Ok(())
    }

    /// Enters the projects with their progress and what was granted and asked for.
    pub(super) async fn enter_projects(&self, steps: &mut Steps) -> Result<()> {
        for (ordinal, new) in (1..).zip(&self.district.project) {
            self.enter_project(ordinal, new).await?;
        }
        let (place, count) = (self.place, self.district.project.len());
        steps.done(
            &self.reporter.display_name,
            format!("{place}: nhập {count} dự án, nhiệm vụ và tiến độ"),
            format!("projects entered with their progress: {count}"),
        );
        Ok(())
    }

    async fn enter_project(&self, ordinal: i32, new: &sample::Project) -> Result<()> {
        let period = &self.sample.request.period;
        let what = |step: &'static str| move || format!("{step} the project `{}`", new.id);
        let mut projects = ProjectServiceClient::new(self.peers.projects.clone());
        let mut budget = BudgetServiceClient::new(self.peers.projects.clone());
        let project = Project {
            display_name: new.display_name.clone(),
            kind: new.kind.into(),
            owner_unit: self.unit.clone(),
            start_period: period.clone(),
            ordinal,
            ..Project::default()
        };
        let request = CreateProjectRequest {
            project: Some(project),
            project_id: new.id.clone(),
            ..CreateProjectRequest::default()
        };
        let created = projects.create_project(self.reporter.ask(request)?).await;
        let created = created.or_refused(what("entering"))?;
        let project = created.name;

        let entry = ProgressEntry {
            period: period.clone(),
            health: new.health.into(),
            completion_percent: new.completion_percent.clone(),
            result_text: new.result_text.clone(),
            difficulty_text: new.difficulty_text.clone(),
            note: new.note.clone(),
            ..ProgressEntry::default()
        };
        let request = CreateProgressEntryRequest {
            parent: project.clone(),
            progress_entry: Some(entry),
            ..CreateProgressEntryRequest::default()
        };
        let entered = projects
            .create_progress_entry(self.reporter.ask(request)?)
            .await;
        entered.or_refused(what("entering the progress of"))?;

        if let Some(allocation) = &new.allocation {
            // Money is assigned to what was approved: here by the same decision.
            let request = ApproveProjectRequest {
                name: project.clone(),
                decision: format!("decisions/{}", allocation.decision),
                etag: created.etag,
                ..ApproveProjectRequest::default()
            };
            let approved = projects.approve_project(self.leader.ask(request)?).await;
            approved.or_refused(what("approving"))?;
            let request = CreateBudgetLineRequest {
                parent: project.clone(),
                budget_line: Some(BudgetLine {
                    fiscal_year: allocation.fiscal_year,
                    funding_source: allocation.funding_source.into(),
                    cost_type: allocation.cost_type.into(),
                    ..BudgetLine::default()
                }),
                ..CreateBudgetLineRequest::default()
            };
            let opened = budget.create_budget_line(self.reporter.ask(request)?).await;
            let line = opened.or_refused(what("opening a budget line of"))?;
            let request = CreateAllocationRequest {
                parent: line.name,
                allocation: Some(Allocation {
                    decision: format!("decisions/{}", allocation.decision),
                    amount_vnd: allocation.amount_vnd,
                    ..Allocation::default()
                }),
                ..CreateAllocationRequest::default()
            };
            let allocated = budget.create_allocation(self.decider.ask(request)?).await;
            allocated.or_refused(what("allocating money to"))?;
        }
        if let Some(asked) = &new.supplementary_request {
            let request = CreateSupplementaryRequestRequest {
                parent: project,
                supplementary_request: Some(SupplementaryRequest {
                    period: period.clone(),
                    amount_vnd: asked.amount_vnd,
                    justification: asked.justification.clone(),
                    ..SupplementaryRequest::default()
                }),
                ..CreateSupplementaryRequestRequest::default()
            };
            let requested = budget
                .create_supplementary_request(self.reporter.ask(request)?)
                .await;
            let drafted = requested.or_refused(what("asking for money for"))?;
            let request = SubmitSupplementaryRequestRequest {
                name: drafted.name,
                etag: drafted.etag,
                ..SubmitSupplementaryRequestRequest::default()
            };
            let submitted = budget
                .submit_supplementary_request(self.reporter.ask(request)?)
                .await;
            submitted.or_refused(what("asking for money for"))?;
        }
        Ok(())
    }
}

fn value_item(new: &sample::Value) -> ValueItem {
    let has_share = [&new.percent, &new.numerator, &new.denominator]
        .iter()
        .any(|it| !it.is_empty());
    let share = has_share.then(|| {
        quantity::Value::Ratio(Ratio {
            numerator: new.numerator.clone(),
            denominator: new.denominator.clone(),
            stated_percent: new.percent.clone(),
            ..Ratio::default()
        })
    });
    let quantity = Quantity {
        value: new.count.map(quantity::Value::Count).or(share),
        absence: new.absence.unwrap_or(Absence::Unspecified).into(),
        ..Quantity::default()
    };
    ValueItem {
        indicator: format!("indicators/{}", new.indicator),
        quantity: Some(quantity),
        ..ValueItem::default()
    }
}
