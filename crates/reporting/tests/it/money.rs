//! Money in the project table: Minh Long's two rows as it reported them, and the same rows
//! after 368 million đồng were asked for and granted.

use std::fs;

use proto::{
    projects::{
        self as projects, budget_service_client::BudgetServiceClient,
        project_service_client::ProjectServiceClient,
    },
    reporting::{self as pb, document_service_client::DocumentServiceClient, section_body::Body},
};

use tonic_types::StatusExt;

use crate::{
    stage::{MINH_LONG, Stage},
    text::{assert_in_order, flat, of_docx, of_pdf},
};

const PROJECTS: [(&str, &str); 2] = [
    ("hop-khong-giay", "Triển khai phòng họp không giấy"),
    (
        "hop-truc-tiep",
        "Triển khai phòng họp trực tiếp tại UBND huyện, UBND 5 xã",
    ),
];
const LINE: &str = "projects/hop-khong-giay/budgetLines/2022.province.recurrent.huyen-minh-long";
const IN_FULL: &str = "368.000.000 đồng (bằng chữ: Ba trăm sáu mươi tám triệu đồng chẵn)";

/// Everything done with money here goes through these two.
struct Money<'a> {
    stage: &'a Stage,
    budget: BudgetServiceClient<kit::Peer>,
}

/// Enters the two projects as they stood in June 2022.
async fn enter_projects(stage: &Stage) {
    let mut client = ProjectServiceClient::new(stage.projects.clone());
    for (id, title) in PROJECTS {
        let project = projects::Project {
            display_name: title.into(),
            kind: projects::ProjectKind::Task.into(),
            owner_unit: "units/huyen-minh-long".into(),
            start_period: "2022-h1".into(),
            ..Default::default()
        };
        let create = projects::CreateProjectRequest {
            project: Some(project),
            project_id: id.into(),
            ..Default::default()
        };
        client
            .create_project(stage.reporter.ask(create))
            .await
            .unwrap();
        let enter = projects::CreateProgressEntryRequest {
            parent: format!("projects/{id}"),
            progress_entry: Some(projects::ProgressEntry {
                period: "2022-h1".into(),
                health: projects::Health::NotStarted.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        client
            .create_progress_entry(stage.reporter.ask(enter))
            .await
            .unwrap();
    }
}

impl Money<'_> {
    /// Asks for 368 million for the first project.
    async fn ask(&mut self) -> projects::SupplementaryRequest {
        let reporter = &self.stage.reporter;
        let open = projects::CreateBudgetLineRequest {
            parent: "projects/hop-khong-giay".into(),
            budget_line: Some(projects::BudgetLine {
                fiscal_year: 2022,
                funding_source: projects::FundingSource::Province.into(),
                cost_type: projects::CostType::Recurrent.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let opened = self.budget.create_budget_line(reporter.ask(open)).await;
        assert_eq!(opened.unwrap().into_inner().name, LINE);
        let draft = projects::CreateSupplementaryRequestRequest {
            parent: "projects/hop-khong-giay".into(),
            supplementary_request: Some(projects::SupplementaryRequest {
                period: "2022-h1".into(),
                amount_vnd: Some(368_000_000),
                justification: "Chưa có kinh phí để đầu tư triển khai Phòng họp không giấy".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let drafted = self
            .budget
            .create_supplementary_request(reporter.ask(draft))
            .await
            .unwrap()
            .into_inner();
        let submit = projects::SubmitSupplementaryRequestRequest {
            name: drafted.name,
            etag: drafted.etag,
            ..Default::default()
        };
        self.budget
            .submit_supplementary_request(reporter.ask(submit))
            .await
            .unwrap()
            .into_inner()
    }

    /// Grants what is asked for by decision 123/QĐ-UBND.
    async fn grant(&mut self, asked: projects::SupplementaryRequest) {
        let receiver = &self.stage.receiver;
        let appraise = projects::AppraiseSupplementaryRequestRequest {
            name: asked.name,
            opinion: "Đề nghị cấp đủ".into(),
            proposed_amount_vnd: 368_000_000,
            etag: asked.etag,
            ..Default::default()
        };
        let appraised = self
            .budget
            .appraise_supplementary_request(receiver.ask(appraise))
            .await
            .unwrap()
            .into_inner();
        let draft = projects::CreateDecisionRequest {
            decision: Some(projects::Decision {
                authority_unit: "units/tinh-quang-ngai".into(),
                r#abstract: "Bổ sung kinh phí triển khai phòng họp không giấy".into(),
                kind: projects::DecisionKind::SupplementBudget.into(),
                amount_vnd: 368_000_000,
                ..Default::default()
            }),
            decision_id: "bo-sung".into(),
            ..Default::default()
        };
        let drafted = self.budget.create_decision(receiver.ask(draft)).await;
        let drafted = drafted.unwrap().into_inner();
        let issue = projects::IssueDecisionRequest {
            name: drafted.name,
            document_number: "123/QĐ-UBND".into(),
            issue_date: "2022-06-23".into(),
            etag: drafted.etag,
            ..Default::default()
        };
        let issued = self.budget.issue_decision(receiver.ask(issue)).await;
        let decision = issued.unwrap().into_inner().name;
        // Only what was approved is given money.
        let mut client = ProjectServiceClient::new(self.stage.projects.clone());
        let get = projects::GetProjectRequest {
            name: "projects/hop-khong-giay".into(),
        };
        let project = client.get_project(self.stage.leader.ask(get)).await;
        let project = project.unwrap().into_inner();
        let approve = projects::ApproveProjectRequest {
            name: project.name,
            decision: decision.clone(),
            etag: project.etag,
            ..Default::default()
        };
        let approved = client.approve_project(self.stage.leader.ask(approve)).await;
        approved.unwrap();
        let approve = projects::ApproveSupplementaryRequestRequest {
            name: appraised.name,
            decision,
            approved_amount_vnd: 368_000_000,
            budget_line: LINE.into(),
            etag: appraised.etag,
            ..Default::default()
        };
        self.budget
            .approve_supplementary_request(receiver.ask(approve))
            .await
            .unwrap();
    }

    /// Returns how many requests are neither approved nor rejected.
    async fn open_requests(&mut self) -> usize {
        let list = projects::ListSupplementaryRequestsRequest {
            parent: "projects/hop-khong-giay".into(),
            ..Default::default()
        };
        let list = self.stage.reporter.ask(list);
        let listed = self.budget.list_supplementary_requests(list).await.unwrap();
        use projects::SupplementaryState::{Approved, Rejected};
        let all = listed.into_inner().supplementary_requests;
        assert_eq!(all.len(), 1);
        all.iter()
            .filter(|it| ![Approved, Rejected].contains(&it.state()))
            .count()
    }
}

/// Prints and returns the bytes, and the words as a reader gets them.
async fn print(
    stage: &Stage,
    source: &str,
    format: pb::DocumentFormat,
) -> (Vec<u8>, Option<String>) {
    let render = pb::RenderDocumentRequest {
        source: source.into(),
        format: format.into(),
    };
    let mut documents = DocumentServiceClient::new(stage.reporting.clone());
    let printed = documents.render_document(stage.leader.ask(render)).await;
    let content = printed.unwrap().into_inner().content;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("bao-cao");
    fs::write(&file, &content).unwrap();
    let text = match format {
        pb::DocumentFormat::Docx => Some(of_docx(&file)),
        _ => of_pdf(&file),
    };
    (content, text.map(|it| flat(&it)))
}

/// Returns the words of the report in every format that can be read here.
async fn words(stage: &Stage, source: &str) -> Vec<String> {
    let (_, docx) = print(stage, source, pb::DocumentFormat::Docx).await;
    let (_, pdf) = print(stage, source, pb::DocumentFormat::Pdf).await;
    [docx, pdf].into_iter().flatten().collect()
}

/// Returns the project table of Minh Long's report.
async fn rows(stage: &Stage) -> Vec<pb::ProjectTableRow> {
    let list = pb::ListReportSectionsRequest {
        parent: MINH_LONG.into(),
    };
    let mut reports = stage.reports();
    let answer = reports.list_report_sections(stage.reporter.ask(list)).await;
    let sections = answer.unwrap().into_inner().sections;
    let tables = sections.into_iter().find_map(|it| match it.body?.body? {
        Body::ProjectTable(table) => Some(table.rows),
        _ => None,
    });
    tables.unwrap()
}

#[tokio::test]
async fn the_368_million_stand_in_the_next_submission_in_words_and_not_in_the_one_before() {
    let stage = Stage::new().await;
    let mut money = Money {
        stage: &stage,
        budget: BudgetServiceClient::new(stage.projects.clone()),
    };
    enter_projects(&stage).await;
    let first = stage.sent().await;
    let [(_, one), (_, two)] = PROJECTS;
    let table = rows(&stage).await;
    let told: Vec<_> = table
        .iter()
        .map(|it| (it.title.as_str(), it.result_text.as_str()))
        .collect();
    assert_eq!(told, [(one, "Chưa thực hiện"), (two, "Chưa thực hiện")]);
    for row in &table {
        assert_eq!(
            (row.allocated_amount_vnd, row.requested_amount_vnd),
            (0, None)
        );
        assert!(row.decision_numbers.is_empty() && !row.requested && row.note.is_empty());
    }
    // Cell by cell as in the seed: money and remark are empty, so the next row follows.
    let as_reported = format!("Ghi chú {one} Chưa thực hiện {two} Chưa thực hiện 3. Đề xuất");
    for text in words(&stage, &first.name).await {
        assert!(!text.contains("bằng chữ"), "{text}");
        assert_in_order(&text, &[one, two].map(|it| format!("{it} Chưa thực hiện")));
    }
    let (_, docx) = print(&stage, &first.name, pb::DocumentFormat::Docx).await;
    let docx = docx.unwrap();
    assert!(docx.contains(&as_reported), "{docx}");
    let (sent, _) = print(&stage, &first.name, pb::DocumentFormat::Pdf).await;

    // The province sends it back, and the district asks for the money it has not.
    let back = stage.send_back(&stage.receiver, MINH_LONG, "Bổ sung nhu cầu kinh phí");
    back.await.unwrap();
    let asked = money.ask().await;
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    for text in words(&stage, MINH_LONG).await {
        let asked = format!("Đề xuất bổ sung {IN_FULL}");
        assert_in_order(&text, &[one.to_owned(), asked, two.to_owned()]);
        assert!(!text.contains("đã cấp theo Quyết định"), "{text}");
    }

    // A decision grants it; the report that is sent again tells so.
    money.grant(asked).await;
    assert_eq!(money.open_requests().await, 0);
    stage
        .write(&stage.reporter, MINH_LONG, "huyen-minh-long")
        .await;
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let second = stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    assert_ne!(second.name, first.name);
    let table = rows(&stage).await;
    assert_eq!(table[0].allocated_amount_vnd, 368_000_000);
    assert_eq!(table[0].decision_numbers, ["123/QĐ-UBND"]);
    assert_eq!(
        (table[0].title.as_str(), table[0].result_text.as_str()),
        (one, "Chưa thực hiện")
    );
    assert_eq!(table[1].allocated_amount_vnd, 0);
    assert!(table[1].decision_numbers.is_empty() && !table[1].requested);
    for text in words(&stage, &second.name).await {
        let granted = format!("{IN_FULL}, đã cấp theo Quyết định số 123/QĐ-UBND");
        let other = format!("{two} Chưa thực hiện");
        assert_in_order(&text, &[one.to_owned(), granted, other]);
    }

    // What was sent first prints as it was.
    let (again, _) = print(&stage, &first.name, pb::DocumentFormat::Pdf).await;
    assert_eq!(sent, again);
    let (_, docx) = print(&stage, &first.name, pb::DocumentFormat::Docx).await;
    assert!(docx.unwrap().contains(&as_reported));
}

#[tokio::test]
async fn a_report_has_no_money_of_its_own_whatever_is_typed_into_it() {
    let stage = Stage::new().await;
    let mut money = Money {
        stage: &stage,
        budget: BudgetServiceClient::new(stage.projects.clone()),
    };
    enter_projects(&stage).await;
    assert_eq!(stage.certificates(132).await, "");
    let unit = "huyen-minh-long";
    stage.write(&stage.reporter, MINH_LONG, unit).await;
    let sections = stage.sections(&stage.reporter, MINH_LONG).await.sections;
    let section = sections.into_iter().find(|it| {
        let body = it.body.as_ref().and_then(|it| it.body.as_ref());
        matches!(body, Some(Body::ProjectTable(_)))
    });
    let section = section.unwrap();
    let update = |rows| pb::UpdateReportSectionRequest {
        section: Some(pb::ReportSection {
            body: Some(pb::SectionBody {
                body: Some(Body::ProjectTable(pb::ProjectTable { rows })),
            }),
            ..section.clone()
        }),
        ..Default::default()
    };
    let mut reports = stage.reports();
    let nobody_s = pb::ProjectTableRow {
        title: "Sửa chữa trụ sở".into(),
        allocated_amount_vnd: 900_000_000,
        ..Default::default()
    };
    let refused = reports
        .update_report_section(stage.reporter.ask(update(vec![nobody_s])))
        .await
        .unwrap_err();
    let details = refused.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.reason, "MONEY_WITHOUT_PROJECT");
    let typed = pb::ProjectTableRow {
        allocated_amount_vnd: 900_000_000,
        decision_numbers: vec!["999/QĐ-UBND".into()],
        ..rows(&stage).await.remove(0)
    };
    let written = reports
        .update_report_section(stage.reporter.ask(update(vec![typed])))
        .await;
    written.unwrap();
    let shown = rows(&stage).await.remove(0);
    assert_eq!(shown.allocated_amount_vnd, 0);
    assert!(shown.decision_numbers.is_empty());
    // What is granted while the report is still written stands in it by itself.
    let asked = money.ask().await;
    money.grant(asked).await;
    let shown = rows(&stage).await.remove(0);
    assert_eq!(shown.allocated_amount_vnd, 368_000_000);
    assert_eq!(shown.decision_numbers, ["123/QĐ-UBND"]);
    let validate = pb::ValidateReportRequest {
        name: MINH_LONG.into(),
    };
    let checked = reports.validate_report(stage.reporter.ask(validate)).await;
    let issues = checked.unwrap().into_inner().issues;
    assert!(issues.iter().any(|it| it.code == "PROJECT_MISSING"));
}
