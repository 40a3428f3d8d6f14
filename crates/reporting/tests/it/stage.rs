//! All four services, and the people of one request: Sở TT&TT asks Minh Long and Ba Tơ.

use indicators::Indicators;
use kit::{Inside, Peer};
use projects::Projects;
use proto::{
    directory::{self as directory, user_service_client::UserServiceClient},
    indicators as ind,
    reporting::{
        self as pb, report_service_client::ReportServiceClient,
        request_service_client::RequestServiceClient,
        template_service_client::TemplateServiceClient,
    },
    shared::Validity,
};
use reporting::{Neighbours, Reporting};
use testkit::{Person, World};
use tonic::{Status, service::Routes};
use tonic_types::StatusExt;

mod figures;
mod verbs;

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

    /// Issues a request after an outline that proposes one sentence.
    pub(crate) async fn issue_with(&self, sentence: &str) -> Result<(), Status> {
        let mut outline = template();
        outline.sections[0].proposed_blocks = vec![block(sentence)];
        let create = pb::CreateReportTemplateRequest {
            owner_unit: "units/so-tttt".into(),
            report_template: Some(outline),
            report_template_id: "mau-khac".into(),
            ..Default::default()
        };
        let mut templates = self.templates();
        let receiver = &self.receiver;
        templates
            .create_report_template(receiver.ask(create))
            .await?;
        let request = pb::ReportRequest {
            report_template: "reportTemplates/mau-khac".into(),
            ..request()
        };
        self.try_to_ask_for("yc-khac", request).await
    }

    /// Reads a request as its issuer.
    pub(crate) async fn request(&self, person: &Person, name: &str) -> pb::ReportRequest {
        let get = pb::GetReportRequestRequest {
            name: name.into(),
            ..Default::default()
        };
        let mut requests = RequestServiceClient::new(self.reporting.clone());
        let found = requests.get_report_request(person.ask(get)).await;
        found.unwrap().into_inner()
    }

    /// Issues any request.
    pub(crate) async fn ask_for(&self, id: &str, request: pb::ReportRequest) {
        self.try_to_ask_for(id, request).await.unwrap();
    }

    async fn try_to_ask_for(&self, id: &str, request: pb::ReportRequest) -> Result<(), Status> {
        let mut requests = RequestServiceClient::new(self.reporting.clone());
        let create = pb::CreateReportRequestRequest {
            report_request: Some(request),
            report_request_id: id.into(),
            ..Default::default()
        };
        let made = requests
            .create_report_request(self.receiver.ask(create))
            .await?
            .into_inner();
        let issue = pb::IssueReportRequestRequest {
            name: made.name,
            etag: made.etag,
            ..Default::default()
        };
        requests
            .issue_report_request(self.receiver.ask(issue))
            .await?;
        Ok(())
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
