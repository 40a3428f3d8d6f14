//! A reorganisation is taken back only while no service keeps anything of its new units.

use std::net::SocketAddr;

use kit::{
    Inside, Peer, auth::Verifier, config::Secret, gate::GateLayer, policy::Policy, run::Run,
    server::Port, service_key::ServiceKey,
};
use proto::{
    directory::{self as directory, reorganization_service_client::ReorganizationServiceClient},
    indicators::{
        self as indicators, scorecard_service_client::ScorecardServiceClient,
        validation_rule_service_client::ValidationRuleServiceClient,
    },
    projects::{self as projects, project_service_client::ProjectServiceClient},
    reporting::{self as pb, unit_reference_service_client::UnitReferenceServiceClient},
    shared::quantity::Value,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::stage::{MINH_LONG, Stage};

impl Stage {
    /// Lets a commune become another of the same district by an act.
    async fn succeed(&self, what: &str) -> directory::Reorganization {
        let (old, new) = (format!("xa-{what}-cu"), format!("xa-{what}"));
        let district = "units/huyen-minh-long";
        let kind = directory::UnitKind::Commune;
        self.world.unit(&old, "UBND xã cũ", kind, district).await;
        let act = directory::Reorganization {
            kind: directory::ReorganizationKind::Merge.into(),
            decision_number: "1677/NQ-UBTVQH15".into(),
            effective_date: "2022-06-01".into(),
            source: "Nghị quyết".into(),
            links: vec![directory::LineageLink {
                predecessor_unit: format!("units/{old}"),
                successor_unit: format!("units/{new}"),
                share: "1".into(),
            }],
            new_units: vec![directory::NewUnit {
                unit_id: new,
                display_name: "UBND xã mới".into(),
                kind: kind.into(),
                parent_unit: district.into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let create = directory::CreateReorganizationRequest {
            reorganization: Some(act),
            reorganization_id: format!("sap-xep-{what}"),
            ..Default::default()
        };
        let mut acts = ReorganizationServiceClient::new(self.world.directory());
        let create = self.world.administrator.ask(create);
        let draft = acts
            .create_reorganization(create)
            .await
            .unwrap()
            .into_inner();
        let apply = directory::ApplyReorganizationRequest {
            name: draft.name,
            etag: draft.etag,
            ..Default::default()
        };
        let apply = self.world.administrator.ask(apply);
        acts.apply_reorganization(apply).await.unwrap().into_inner()
    }

    async fn take_back(&self, act: &directory::Reorganization) -> Result<(), Status> {
        let revert = directory::RevertReorganizationRequest {
            name: act.name.clone(),
            etag: act.etag.clone(),
            reason: "nhập nhầm".into(),
            request_id: uuid::Uuid::new_v4().to_string(),
        };
        let mut acts = ReorganizationServiceClient::new(self.world.directory());
        let revert = self.world.administrator.ask(revert);
        acts.revert_reorganization(revert).await.map(|_| ())
    }

    /// Says why an act is not taken back: the reason, and what it names.
    async fn refused(&self, act: &directory::Reorganization) -> (String, [String; 4]) {
        let status = self.take_back(act).await.unwrap_err();
        assert_eq!(status.code(), Code::FailedPrecondition, "{status}");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        let fact = |name: &str| info.metadata.get(name).cloned().unwrap_or_default();
        assert!(!details.localized_message().unwrap().message.is_empty());
        let facts = ["service", "unit", "collection", "count"].map(fact);
        (info.reason.clone(), facts)
    }
}

fn in_use(facts: [&str; 4]) -> (String, [String; 4]) {
    ("NEW_UNIT_IN_USE".to_owned(), facts.map(str::to_owned))
}

fn silent(service: &str) -> (String, [String; 4]) {
    let facts = [service, "", "", ""].map(str::to_owned);
    ("NEIGHBOUR_SILENT".to_owned(), facts)
}

#[tokio::test]
async fn an_act_is_not_taken_back_while_any_service_keeps_something_of_its_new_unit() {
    let stage = Stage::new().await;
    stage.world.join(stage.inside.clone());
    for unused in ["moi", "khac"] {
        let act = stage.succeed(unused).await;
        stage.take_back(&act).await.unwrap();
    }

    let act = stage.succeed("co-so-lieu").await;
    let value = Value::Count(12);
    let (unit, who) = ("xa-co-so-lieu", &stage.reporter);
    stage.set(who, unit, "chung-thu-so", value).await;
    let (reason, facts) = stage.refused(&act).await;
    assert_eq!(reason, "NEW_UNIT_IN_USE");
    let name = format!("units/{unit}");
    assert_eq!(facts[..3], ["indicators", &name, "indicators/-/values"]);

    let act = stage.succeed("co-du-an").await;
    let create = projects::CreateProjectRequest {
        project: Some(projects::Project {
            display_name: "Lắp đặt hệ thống hội nghị truyền hình".into(),
            kind: projects::ProjectKind::Task.into(),
            owner_unit: "units/huyen-minh-long".into(),
            partner_units: vec!["units/xa-co-du-an".into()],
            start_period: "2022-h1".into(),
            ..Default::default()
        }),
        project_id: "hoi-nghi".into(),
        ..Default::default()
    };
    let mut register = ProjectServiceClient::new(stage.projects.clone());
    register.create_project(who.ask(create)).await.unwrap();
    let told = in_use(["projects", "units/xa-co-du-an", "projects", "1"]);
    assert_eq!(stage.refused(&act).await, told);

    let act = stage.succeed("duoc-hoi").await;
    stage.ask_of("yc-xa", "units/xa-duoc-hoi").await;
    let told = in_use(["reporting", "units/xa-duoc-hoi", "reportRequests", "1"]);
    assert_eq!(stage.refused(&act).await, told);
}

#[tokio::test]
async fn a_new_unit_that_is_named_only_inside_of_something_is_in_use_too() {
    let stage = Stage::new().await;
    stage.world.join(stage.inside.clone());
    let receiver = &stage.receiver;

    let act = stage.succeed("co-mau").await;
    let create = pb::CreateReportTemplateRequest {
        owner_unit: "units/xa-co-mau".into(),
        report_template: Some(pb::ReportTemplate {
            display_name: "Mẫu của xã".into(),
            subject: "Kết quả tháng".into(),
            sections: vec![pb::SectionSpec {
                key: "ket-qua".into(),
                heading: "Kết quả".into(),
                kind: pb::SectionKind::Narrative.into(),
                consolidation: pb::ConsolidationRule::Concatenate.into(),
                ..Default::default()
            }],
            ..Default::default()
        }),
        report_template_id: "mau-xa".into(),
        ..Default::default()
    };
    let mut templates = stage.templates();
    let created = templates.create_report_template(receiver.ask(create));
    created.await.unwrap();
    let told = in_use(["reporting", "units/xa-co-mau", "reportTemplates", "1"]);
    assert_eq!(stage.refused(&act).await, told);

    let act = stage.succeed("duoc-kien-nghi").await;
    let sections = stage.sections(&stage.reporter, MINH_LONG).await.sections;
    let section = sections
        .into_iter()
        .find(|it| it.name.ends_with("/kien-nghi"));
    let proposal = pb::Proposal {
        addressee: "UBND xã".into(),
        addressee_unit: "units/xa-duoc-kien-nghi".into(),
        text: "Bố trí cán bộ.".into(),
        ..Default::default()
    };
    let proposals = pb::Proposals {
        proposals: vec![proposal.clone(), proposal],
    };
    let body = pb::section_body::Body::Proposals(proposals);
    let update = pb::UpdateReportSectionRequest {
        section: Some(pb::ReportSection {
            body: Some(pb::SectionBody { body: Some(body) }),
            ..section.unwrap()
        }),
        ..Default::default()
    };
    let mut reports = stage.reports();
    let updated = reports.update_report_section(stage.reporter.ask(update));
    updated.await.unwrap();
    let told = in_use(["reporting", "units/xa-duoc-kien-nghi", "reports", "1"]);
    assert_eq!(stage.refused(&act).await, told);

    let scores = ScorecardServiceClient::new(stage.indicators.clone());
    for (what, issuer, verifier) in [
        ("ban-hanh", "xa-ban-hanh", "so-tttt"),
        ("tham-dinh", "so-tttt", "xa-tham-dinh"),
    ] {
        let act = stage.succeed(what).await;
        let rule = indicators::scoring_rule::Rule::Expert(indicators::ExpertRule {});
        let content =
            indicators::criterion::Content::Rule(indicators::ScoringRule { rule: Some(rule) });
        let create = indicators::CreateCriteriaSetRequest {
            criteria_set: Some(indicators::CriteriaSet {
                display_name: "Đánh giá chuyển đổi số cấp xã".into(),
                issuer_unit: format!("units/{issuer}"),
                criteria: vec![indicators::Criterion {
                    key: "I".into(),
                    title: "Nhận thức số".into(),
                    max_score: "10".into(),
                    verifier_unit: format!("units/{verifier}"),
                    content: Some(content),
                    ..Default::default()
                }],
                ..Default::default()
            }),
            criteria_set_id: format!("bo-{what}"),
            ..Default::default()
        };
        let mut scores = scores.clone();
        let created = scores.create_criteria_set(receiver.ask(create));
        created.await.unwrap();
        let told = in_use([
            "indicators",
            &format!("units/xa-{what}"),
            "criteriaSets",
            "1",
        ]);
        assert_eq!(stage.refused(&act).await, told);
    }

    let rules = ValidationRuleServiceClient::new(stage.indicators.clone());
    for (what, owner, scope) in [
        ("co-quy-tac", "xa-co-quy-tac", ""),
        ("theo-quy-tac", "so-tttt", "units/xa-theo-quy-tac"),
    ] {
        let act = stage.succeed(what).await;
        let create = indicators::CreateValidationRuleRequest {
            validation_rule: Some(indicators::ValidationRule {
                display_name: "Số chứng thư số".into(),
                expression: "[chung-thu-so] <= 100000".into(),
                message: "more than there are people".into(),
                message_vi: "nhiều hơn số người".into(),
                owner_unit: format!("units/{owner}"),
                scope_unit: scope.into(),
                ..Default::default()
            }),
            validation_rule_id: what.into(),
            ..Default::default()
        };
        let mut rules = rules.clone();
        let created = rules.create_validation_rule(receiver.ask(create));
        created.await.unwrap();
        let unit = format!("units/xa-{what}");
        let told = in_use(["indicators", &unit, "validationRules", "1"]);
        assert_eq!(stage.refused(&act).await, told);
    }
}

#[tokio::test]
async fn an_act_is_not_taken_back_when_a_service_cannot_be_asked() {
    let stage = Stage::new().await;
    let act = stage.succeed("moi").await;
    stage.world.join(testkit::Neighbours::default());
    assert_eq!(stage.refused(&act).await, silent("indicators"));
    stage.world.join(testkit::Neighbours {
        reporting: None,
        ..stage.inside.clone()
    });
    assert_eq!(stage.refused(&act).await, silent("reporting"));

    // Projects run apart: first nobody answers there, then somebody with another secret.
    let key = |secret: &str| {
        let secret = Secret::new(secret);
        ServiceKey::new(&secret, stage.world.clock.clone()).unwrap()
    };
    let (ours, others) = (
        "only-for-tests-only-for-tests-only",
        "another-secret-another-secret-another",
    );
    let at = |address: &SocketAddr, secret: &str| {
        let peer = Peer::remote(&format!("http://{address}")).unwrap();
        testkit::Neighbours {
            projects: Some(Inside::apart(peer, key(secret))),
            ..stage.inside.clone()
        }
    };
    let port = Port::take(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = port.address().unwrap();
    drop(port);
    stage.world.join(at(&address, ours));
    assert_eq!(stage.refused(&act).await, silent("projects"));

    let port = Port::take(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    let address = port.address().unwrap();
    let db = stage.world.db("projects_apart").await;
    db.migrate::<::projects::Migrator>().await.unwrap();
    let apart = ::projects::Projects::open(db, stage.world.access());
    let routes = apart.await.unwrap().routes();
    let verifier = Verifier::new(stage.world.directory_inside(), stage.world.clock.clone());
    let gate = GateLayer::new(Policy::read(proto::DESCRIPTORS).unwrap(), verifier)
        .with_services(Some(key(ours)));
    let mut run = Run::new();
    let stop = run.stop();
    run.start("projects", async move {
        let services = ::projects::Projects::services();
        let served = kit::server::serve(port, routes, gate, &services, stop).await;
        served.map_err(|error| format!("{error:?}").into())
    });
    stage.world.join(at(&address, others));
    assert_eq!(stage.refused(&act).await, silent("projects"));
    stage.world.join(at(&address, ours));
    stage.take_back(&act).await.unwrap();
    run.stopper().stop();
    run.until_stopped().await.unwrap();
}

#[tokio::test]
async fn no_person_learns_what_units_are_named_and_a_service_that_asks_badly_is_told_so() {
    let stage = Stage::new().await;
    let find = |units: &[&str]| pb::FindUnitReferencesRequest {
        units: units.iter().map(|it| (*it).to_owned()).collect(),
    };
    let mut outside = UnitReferenceServiceClient::new(stage.reporting.clone());
    let asked = stage
        .world
        .administrator
        .ask(find(&["units/huyen-minh-long"]));
    let refused = outside.find_unit_references(asked).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);

    let mut inside =
        UnitReferenceServiceClient::new(stage.inside.reporting.clone().unwrap().peer());
    let asked = find(&["units/huyen-minh-long", "units/xa-long-hiep"]);
    let found = inside
        .find_unit_references(asked)
        .await
        .unwrap()
        .into_inner();
    let found: Vec<_> = found
        .references
        .iter()
        .map(|it| (it.unit.as_str(), it.collection.as_str(), it.count))
        .collect();
    let unit = "units/huyen-minh-long";
    let assigned = "reportRequests/-/assignments";
    let expected = ["reportRequests", assigned, "reports"].map(|it| (unit, it, 1));
    assert_eq!(found, expected);
    for (units, field) in [(&[][..], "units"), (&["xa-long-hiep"][..], "units[0]")] {
        let refused = inside.find_unit_references(find(units)).await.unwrap_err();
        let details = refused.get_error_details();
        let violations = &details.bad_request().unwrap().field_violations;
        assert_eq!(violations[0].field, field);
    }
}
