//! All four services, and the people of one request: Sở TT&TT asks Minh Long and Ba Tơ.

use indicators::Indicators;
use kit::{Inside, Peer};
use projects::Projects;
use proto::{
    directory::{self as directory, user_service_client::UserServiceClient},
    indicators::{
        self as ind, indicator_service_client::IndicatorServiceClient,
        value_service_client::ValueServiceClient,
    },
    reporting::{
        self as pb, report_service_client::ReportServiceClient,
        request_service_client::RequestServiceClient,
        template_service_client::TemplateServiceClient,
    },
    shared::{Quantity, Validity, quantity::Value},
};
use reporting::{Neighbours, Reporting};
use testkit::{Person, World};
use tonic::{Status, service::Routes};
use tonic_types::StatusExt;

pub(crate) const REQUEST: &str = "reportRequests/yc-847";
pub(crate) const MINH_LONG: &str = "reports/yc-847.huyen-minh-long";

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) reporting: Peer,
    pub(crate) indicators: Peer,
    pub(crate) projects: Peer,
    /// All three past the gate, as the directory reaches them.
    pub(crate) inside: testkit::Neighbours,
    pub(crate) receiver: Person,
    pub(crate) reporter: Person,
    pub(crate) leader: Person,
}

impl Stage {
    /// Opens everything and issues request 847.
    pub(crate) async fn new() -> Self {
        Self::joined(async |world, routes| {
            let locks = Inside::here(Peer::local(routes.clone()));
            (world.peer(routes), locks)
        })
        .await
    }

    /// Opens everything, with another way to the figures and their locks.
    pub(crate) async fn joined(join: impl AsyncFnOnce(&World, Routes) -> (Peer, Inside)) -> Self {
        let world = World::new().await;
        let db = world.db(indicators::NAME).await;
        db.migrate::<indicators::Migrator>().await.unwrap();
        let routes = Indicators::open(db, world.access()).await.unwrap().routes();
        let indicators_inside = Inside::here(Peer::local(routes.clone()));
        let (indicators, locks) = join(&world, routes).await;
        let db = world.db(projects::NAME).await;
        db.migrate::<projects::Migrator>().await.unwrap();
        let routes = Projects::open(db, world.access()).await.unwrap().routes();
        let projects_inside = Inside::here(Peer::local(routes.clone()));
        let projects = world.peer(routes);
        let neighbours = Neighbours {
            directory: world.directory(),
            indicators: indicators.clone(),
            locks,
            projects: projects.clone(),
        };
        let db = world.db(reporting::NAME).await;
        db.migrate::<reporting::Migrator>().await.unwrap();
        let reporting = Reporting::open(db, world.access(), neighbours)
            .await
            .unwrap();
        let stage = Self {
            receiver: world
                .person("tiep-nhan", "receiver", "tinh-quang-ngai")
                .await,
            reporter: world.person("can-bo", "reporter", "huyen-minh-long").await,
            leader: world.person("lanh-dao", "leader", "huyen-minh-long").await,
            reporting: world.peer(reporting.routes()),
            inside: testkit::Neighbours {
                indicators: Some(indicators_inside),
                projects: Some(projects_inside),
                reporting: Some(Inside::here(Peer::local(reporting.routes()))),
            },
            indicators,
            projects,
            world,
        };
        stage.ask_for_reports().await;
        stage
    }

    pub(crate) fn reports(&self) -> ReportServiceClient<Peer> {
        ReportServiceClient::new(self.reporting.clone())
    }

    pub(crate) fn templates(&self) -> TemplateServiceClient<Peer> {
        TemplateServiceClient::new(self.reporting.clone())
    }

    async fn ask_for_reports(&self) {
        let receiver = &self.receiver;
        let count = (ind::ValueKind::Count, ind::Aggregation::Sum, "chứng thư số");
        let ratio = (ind::ValueKind::Ratio, ind::Aggregation::RatioOfSums, "");
        for (id, (kind, aggregation, unit)) in [("chung-thu-so", count), ("ty-le", ratio)] {
            let indicator = ind::Indicator {
                display_name: id.into(),
                value_kind: kind.into(),
                measure_unit: unit.into(),
                accumulation: ind::Accumulation::InPeriod.into(),
                unit_aggregation: aggregation.into(),
                period_aggregation: ind::Aggregation::Latest.into(),
                owner_unit: "units/so-tttt".into(),
                ..Default::default()
            };
            self.define(id, indicator).await;
        }
        let create = pb::CreateReportTemplateRequest {
            owner_unit: "units/so-tttt".into(),
            report_template: Some(template()),
            report_template_id: "mau".into(),
            ..Default::default()
        };
        self.templates()
            .create_report_template(receiver.ask(create))
            .await
            .unwrap();
        self.issue("yc-847").await;
        self.post(
            "huyen-minh-long",
            &self.leader,
            &["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"],
        )
        .await;
    }

    /// Issues a request for the reports of the first half of 2022.
    pub(crate) async fn issue(&self, id: &str) {
        self.ask_for(id, request()).await;
    }

    /// Issues one more request, for another period.
    pub(crate) async fn ask_again(&self, id: &str, period: &str) {
        let again = pb::ReportRequest {
            period: period.into(),
            document_number: format!("{id}/STTTT-BCVT&CNTT"),
            ..request()
        };
        self.ask_for(id, again).await;
    }

    /// Issues one more request, to one other unit.
    pub(crate) async fn ask_of(&self, id: &str, unit: &str) {
        let one = pb::ReportRequest {
            units: vec![unit.into()],
            document_number: format!("{id}/STTTT-BCVT&CNTT"),
            ..request()
        };
        self.ask_for(id, one).await;
    }

    async fn ask_for(&self, id: &str, request: pb::ReportRequest) {
        let mut requests = RequestServiceClient::new(self.reporting.clone());
        let create = pb::CreateReportRequestRequest {
            report_request: Some(request),
            report_request_id: id.into(),
            ..Default::default()
        };
        let made = requests
            .create_report_request(self.receiver.ask(create))
            .await
            .unwrap()
            .into_inner();
        let issue = pb::IssueReportRequestRequest {
            name: made.name,
            etag: made.etag,
            ..Default::default()
        };
        requests
            .issue_report_request(self.receiver.ask(issue))
            .await
            .unwrap();
    }

    /// Gives a person a post that signs.
    pub(crate) async fn post(&self, unit: &str, person: &Person, lines: &[&str]) {
        let create = directory::CreatePositionRequest {
            parent: format!("units/{unit}"),
            position_id: "nguoi-ky".into(),
            position: Some(directory::Position {
                user: person.name.clone(),
                title: "Phó Chủ tịch".into(),
                can_sign: !lines.is_empty(),
                signing_lines: lines.iter().map(|it| (*it).to_owned()).collect(),
                validity: Some(Validity {
                    start_date: "2022-01-01".into(),
                    end_date: String::new(),
                }),
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut users = UserServiceClient::new(self.world.directory());
        users
            .create_position(self.world.administrator.ask(create))
            .await
            .unwrap();
    }

    /// Sets one figure of a unit, and a part of it, which no report cites as the whole.
    pub(crate) async fn set(&self, person: &Person, unit: &str, indicator: &str, value: Value) {
        let result = self.try_set(person, unit, indicator, value).await;
        assert_ne!(
            result.disposition(),
            proto::shared::Disposition::Rejected,
            "{result:?}"
        );
    }

    /// Does the same, and returns what became of the figure.
    pub(crate) async fn try_set(
        &self,
        person: &Person,
        unit: &str,
        indicator: &str,
        value: Value,
    ) -> proto::shared::ItemResult {
        let item = |value, breakdown: &str| ind::ValueItem {
            indicator: format!("indicators/{indicator}"),
            quantity: Some(Quantity {
                value: Some(value),
                ..Default::default()
            }),
            breakdown: breakdown.into(),
            // Only asked for when the figure was submitted once.
            reason: "Rà soát lại với cấp xã".into(),
            ..Default::default()
        };
        let part = match &value {
            Value::Count(_) => Value::Count(1),
            other => other.clone(),
        };
        let upsert = ind::UpsertIndicatorValuesRequest {
            unit: format!("units/{unit}"),
            period: "2022-h1".into(),
            items: vec![item(value, ""), item(part, "gioi-nu")],
            ..Default::default()
        };
        let mut values = ValueServiceClient::new(self.indicators.clone());
        let answer = values
            .upsert_indicator_values(person.ask(upsert))
            .await
            .unwrap();
        answer.into_inner().results.remove(0)
    }

    /// Sets the certificates of Minh Long, and returns why that is refused.
    pub(crate) async fn certificates(&self, count: i64) -> String {
        let value = Value::Count(count);
        let set = self.try_set(&self.reporter, "huyen-minh-long", "chung-thu-so", value);
        let issues = set.await.issues;
        issues
            .first()
            .map_or_else(String::new, |it| it.code.clone())
    }

    /// Reads a figure of Minh Long.
    pub(crate) async fn figure(&self, indicator: &str) -> ind::IndicatorValue {
        let get = ind::GetIndicatorValueRequest {
            name: format!("indicators/{indicator}/values/huyen-minh-long.2022-h1"),
        };
        let mut values = ValueServiceClient::new(self.indicators.clone());
        let answer = values.get_indicator_value(self.reporter.ask(get)).await;
        answer.unwrap().into_inner()
    }

    /// Defines an indicator and publishes it.
    pub(crate) async fn define(&self, id: &str, indicator: ind::Indicator) {
        let mut definitions = IndicatorServiceClient::new(self.indicators.clone());
        let create = ind::CreateIndicatorRequest {
            indicator: Some(indicator),
            indicator_id: id.into(),
            ..Default::default()
        };
        let created = definitions
            .create_indicator(self.receiver.ask(create))
            .await;
        self.publish(created.unwrap().into_inner(), "2022").await;
    }

    /// Publishes what is written of an indicator.
    pub(crate) async fn publish(&self, indicator: ind::Indicator, first_period: &str) {
        let mut definitions = IndicatorServiceClient::new(self.indicators.clone());
        let publish = ind::PublishIndicatorRequest {
            name: indicator.name,
            first_period: first_period.into(),
            change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
            etag: indicator.etag,
            ..Default::default()
        };
        let published = definitions
            .publish_indicator(self.receiver.ask(publish))
            .await;
        published.unwrap();
    }

    /// Writes one sentence into the results of a report.
    pub(crate) async fn say(&self, person: &Person, report: &str, text: &str) {
        let list = pb::ListReportSectionsRequest {
            parent: report.into(),
        };
        let sections = self.reports().list_report_sections(person.ask(list)).await;
        let section = sections.unwrap().into_inner().sections.remove(0);
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

    pub(crate) async fn approve(&self, person: &Person, name: &str) -> Result<pb::Report, Status> {
        let etag = self.report(person, name).await.etag;
        let approve = pb::ApproveReportRequest {
            name: name.into(),
            etag,
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
        let etag = self.report(person, name).await.etag;
        let submit = pb::SubmitReportRequest {
            name: name.into(),
            etag,
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

pub(crate) fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map(|it| it.reason.clone())
        .unwrap_or_default()
}

pub(crate) fn block(text: &str) -> pb::Block {
    pb::Block {
        kind: pb::BlockKind::Bullet.into(),
        text: text.into(),
        ..Default::default()
    }
}

fn template() -> pb::ReportTemplate {
    let section = |key: &str, heading: &str, kind: pb::SectionKind, rule: pb::ConsolidationRule| {
        pb::SectionSpec {
            key: key.into(),
            heading: heading.into(),
            kind: kind.into(),
            consolidation: rule.into(),
            ..Default::default()
        }
    };
    pb::ReportTemplate {
        display_name: "Mẫu".into(),
        subject: "Thực hiện công tác chuyển đổi số {{period.name}}".into(),
        opening:
            "Theo đề nghị của {{issuer.name}} tại Công văn số {{request.document_number}} ngày \
                  {{request.issue_date}}; {{unit.name}} báo cáo như sau:"
                .into(),
        closing: "Trên đây là báo cáo của {{unit.name}}./.".into(),
        sections: vec![
            pb::SectionSpec {
                required: true,
                lists_planned_work: true,
                proposed_blocks: vec![block("Cấp {{value.chung-thu-so}} chứng thư số.")],
                ..section(
                    "ket-qua",
                    "Kết quả",
                    pb::SectionKind::Narrative,
                    pb::ConsolidationRule::AggregateValues,
                )
            },
            section(
                "du-an",
                "Dự án",
                pb::SectionKind::ProjectTable,
                pb::ConsolidationRule::UnionRows,
            ),
            section(
                "kien-nghi",
                "Đề xuất",
                pb::SectionKind::Proposals,
                pb::ConsolidationRule::GroupByAddressee,
            ),
        ],
        ..Default::default()
    }
}

fn request() -> pb::ReportRequest {
    pb::ReportRequest {
        title: "báo cáo rà soát".into(),
        issuer_unit: "units/so-tttt".into(),
        report_template: "reportTemplates/mau".into(),
        period: "2022-h1".into(),
        // 17:00 on 28 June 2022 in Vietnam.
        due_time: Some(prost_types::Timestamp {
            seconds: 1_656_410_400,
            nanos: 0,
        }),
        units: vec!["units/huyen-minh-long".into(), "units/huyen-ba-to".into()],
        document_number: "847/STTTT-BCVT&CNTT".into(),
        issue_date: "2022-06-22".into(),
        ..Default::default()
    }
}
