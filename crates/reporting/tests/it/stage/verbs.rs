//! What people do with a report on the stage.

use proto::reporting as pb;
use testkit::Person;
use tonic::Status;

use super::{MINH_LONG, Stage, block};

impl Stage {
    /// Reads the sections of a report.
    pub(crate) async fn sections(
        &self,
        person: &Person,
        report: &str,
    ) -> pb::ListReportSectionsResponse {
        let list = pb::ListReportSectionsRequest {
            parent: report.into(),
        };
        let sections = self.reports().list_report_sections(person.ask(list)).await;
        sections.unwrap().into_inner()
    }

    /// Writes one sentence into the results of a report.
    pub(crate) async fn say(&self, person: &Person, report: &str, text: &str) {
        let section = self.sections(person, report).await.sections.remove(0);
        let narrative = pb::Narrative {
            blocks: vec![block(text)],
        };
        let body = pb::section_body::Body::Narrative(narrative);
        let update = pb::UpdateReportSectionRequest {
            section: Some(pb::ReportSection {
                body: Some(pb::SectionBody { body: Some(body) }),
                ..section
            }),
            ..Default::default()
        };
        let updated = self
            .reports()
            .update_report_section(person.ask(update))
            .await;
        updated.unwrap();
    }

    pub(crate) async fn report(&self, person: &Person, name: &str) -> pb::Report {
        let get = pb::GetReportRequest { name: name.into() };
        self.reports()
            .get_report(person.ask(get))
            .await
            .unwrap()
            .into_inner()
    }

    /// Fills a draft from data and names who signs.
    pub(crate) async fn write(&self, person: &Person, name: &str, unit: &str) {
        let etag = self.report(person, name).await.etag;
        let prefill = pb::PrefillReportRequest {
            name: name.into(),
            etag,
            ..Default::default()
        };
        let filled = self
            .reports()
            .prefill_report(person.ask(prefill))
            .await
            .unwrap()
            .into_inner();
        let report = pb::Report {
            recipients: vec!["Lưu: VT.".into()],
            signer_position: format!("units/{unit}/positions/nguoi-ky"),
            ..filled.report.unwrap()
        };
        let update = pb::UpdateReportRequest {
            report: Some(report),
            ..Default::default()
        };
        self.reports()
            .update_report(person.ask(update))
            .await
            .unwrap();
    }

    pub(crate) async fn forward(&self, person: &Person, name: &str) -> Result<pb::Report, Status> {
        let etag = self.report(person, name).await.etag;
        let forward = pb::ForwardReportRequest {
            name: name.into(),
            etag,
            ..Default::default()
        };
        self.reports()
            .forward_report(person.ask(forward))
            .await
            .map(tonic::Response::into_inner)
    }

    /// Reads a report and approves what was read.
    pub(crate) async fn approve(&self, person: &Person, name: &str) -> Result<pb::Report, Status> {
        let read = self.sections(person, name).await;
        self.approve_read(person, name, read.content_sha256).await
    }

    /// Approves what was read before.
    pub(crate) async fn approve_read(
        &self,
        person: &Person,
        name: &str,
        content_sha256: String,
    ) -> Result<pb::Report, Status> {
        let etag = self.report(person, name).await.etag;
        let approve = pb::ApproveReportRequest {
            name: name.into(),
            etag,
            content_sha256,
            ..Default::default()
        };
        self.reports()
            .approve_report(person.ask(approve))
            .await
            .map(tonic::Response::into_inner)
    }

    pub(crate) async fn submit(
        &self,
        person: &Person,
        name: &str,
    ) -> Result<pb::ReportSubmission, Status> {
        self.submit_numbered(person, name, "", "").await
    }

    /// Submits a report under a number and with a day of issue.
    pub(crate) async fn submit_numbered(
        &self,
        person: &Person,
        name: &str,
        document_number: &str,
        issue_date: &str,
    ) -> Result<pb::ReportSubmission, Status> {
        let etag = self.report(person, name).await.etag;
        let submit = pb::SubmitReportRequest {
            name: name.into(),
            etag,
            document_number: document_number.into(),
            issue_date: issue_date.into(),
            ..Default::default()
        };
        self.reports()
            .submit_report(person.ask(submit))
            .await
            .map(tonic::Response::into_inner)
    }

    pub(crate) async fn accept(&self, name: &str) -> Result<pb::Report, Status> {
        let etag = self.report(&self.receiver, name).await.etag;
        let accept = pb::AcceptReportRequest {
            name: name.into(),
            etag,
            ..Default::default()
        };
        let accepted = self
            .reports()
            .accept_report(self.receiver.ask(accept))
            .await;
        accepted.map(tonic::Response::into_inner)
    }

    pub(crate) async fn send_back(
        &self,
        person: &Person,
        name: &str,
        reason: &str,
    ) -> Result<pb::Report, Status> {
        let etag = self.report(person, name).await.etag;
        let back = pb::ReturnReportRequest {
            name: name.into(),
            etag,
            reason: reason.into(),
            ..Default::default()
        };
        self.reports()
            .return_report(person.ask(back))
            .await
            .map(tonic::Response::into_inner)
    }

    /// Walks Minh Long's report to its submission.
    pub(crate) async fn sent(&self) -> pb::ReportSubmission {
        self.approved(MINH_LONG).await;
        self.submit(&self.leader, MINH_LONG).await.unwrap()
    }

    /// Walks a report of Minh Long to its approval.
    pub(crate) async fn approved(&self, report: &str) {
        assert_eq!(self.certificates(132).await, "");
        self.write(&self.reporter, report, "huyen-minh-long").await;
        self.forward(&self.reporter, report).await.unwrap();
        self.approve(&self.leader, report).await.unwrap();
    }
}
