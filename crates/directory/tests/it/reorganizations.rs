use proto::{
    directory::{
        self as pb, catalogue_service_client::CatalogueServiceClient,
        reorganization_service_client::ReorganizationServiceClient,
        unit_service_client::UnitServiceClient,
    },
    shared::Validity,
};
use testkit::World;
use tonic::Status;
use tonic_types::StatusExt;

pub(crate) fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .unwrap()
        .reason
        .clone()
}

pub(crate) fn link(from: &str, to: &str, share: &str) -> pb::LineageLink {
    pb::LineageLink {
        predecessor_unit: format!("units/{from}"),
        successor_unit: format!("units/{to}"),
        share: share.into(),
    }
}

/// Long Hiệp and Long Mai become xã Minh Long, as a draft.
pub(crate) fn merger() -> pb::CreateReorganizationRequest {
    pb::CreateReorganizationRequest {
        reorganization_id: "sap-xep".into(),
        reorganization: Some(pb::Reorganization {
            kind: pb::ReorganizationKind::Merge.into(),
            decision_number: "1677/NQ-UBTVQH15".into(),
            effective_date: "2022-06-01".into(),
            source: "Nghị quyết".into(),
            links: vec![
                link("xa-long-hiep", "xa-minh-long", "1"),
                link("xa-long-mai", "xa-minh-long", "1"),
            ],
            new_units: vec![pb::NewUnit {
                unit_id: "xa-minh-long".into(),
                display_name: "UBND xã Minh Long".into(),
                kind: pb::UnitKind::Commune.into(),
                parent_unit: "units/huyen-minh-long".into(),
                identifiers: vec![pb::Identifier {
                    scheme: "gso".into(),
                    value: "21352".into(),
                    validity: None,
                }],
                ..Default::default()
            }],
            ..Default::default()
        }),
        ..Default::default()
    }
}

pub(crate) struct Story {
    pub(crate) world: World,
}

impl Story {
    pub(crate) async fn begin() -> Self {
        let world = World::new().await;
        let days = Some(Validity {
            start_date: "2022-01-01".into(),
            end_date: String::new(),
        });
        let create = pb::CreateUnitRequest {
            unit_id: "xa-long-mai".into(),
            unit: Some(pb::Unit {
                display_name: "UBND xã Long Hoà".into(),
                kind: pb::UnitKind::Commune.into(),
                parent_unit: "units/huyen-minh-long".into(),
                validity: days.clone(),
                identifiers: vec![pb::Identifier {
                    scheme: "gso".into(),
                    value: "21352".into(),
                    validity: days,
                }],
                ..Default::default()
            }),
            ..Default::default()
        };
        let story = Self { world };
        story
            .units()
            .create_unit(story.world.administrator.ask(create))
            .await
            .unwrap();
        story
    }

    pub(crate) fn units(&self) -> UnitServiceClient<kit::Peer> {
        UnitServiceClient::new(self.world.directory())
    }

    pub(crate) fn acts(&self) -> ReorganizationServiceClient<kit::Peer> {
        ReorganizationServiceClient::new(self.world.directory())
    }

    pub(crate) async fn apply(&self, validate_only: bool) -> Result<pb::Reorganization, Status> {
        let apply = pb::ApplyReorganizationRequest {
            name: "reorganizations/sap-xep".into(),
            etag: self.act().await.etag,
            validate_only,
            ..Default::default()
        };
        let answer = self
            .acts()
            .apply_reorganization(self.world.administrator.ask(apply))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn act(&self) -> pb::Reorganization {
        let get = pb::GetReorganizationRequest {
            name: "reorganizations/sap-xep".into(),
        };
        let answer = self
            .acts()
            .get_reorganization(self.world.administrator.ask(get))
            .await;
        answer.unwrap().into_inner()
    }

    pub(crate) async fn revert(&self) -> Result<pb::Reorganization, Status> {
        let revert = pb::RevertReorganizationRequest {
            name: "reorganizations/sap-xep".into(),
            reason: "nhập nhầm".into(),
            etag: self.act().await.etag,
            ..Default::default()
        };
        let answer = self
            .acts()
            .revert_reorganization(self.world.administrator.ask(revert))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    /// Lets Long Mai go to xã Minh Long with a half of what it holds.
    pub(crate) async fn correct_to_a_half(&self) {
        let correct = pb::CorrectReorganizationLinksRequest {
            name: "reorganizations/sap-xep".into(),
            removed_links: vec![link("xa-long-mai", "xa-minh-long", "")],
            added_links: vec![
                link("xa-long-mai", "xa-minh-long", "0.5"),
                link("xa-long-mai", "huyen-ba-to", ""),
            ],
            reason: "theo bản đồ sáp nhập".into(),
            etag: self.act().await.etag,
            ..Default::default()
        };
        let correct = self.world.administrator.ask(correct);
        let corrected = self.acts().correct_reorganization_links(correct).await;
        corrected.unwrap();
    }

    pub(crate) async fn create(&self) {
        let create = self.world.administrator.ask(merger());
        self.acts().create_reorganization(create).await.unwrap();
    }

    async fn list(&self, list: pb::ListUnitsRequest) -> Vec<String> {
        let answer = self
            .units()
            .list_units(self.world.administrator.ask(list))
            .await;
        let units = answer.unwrap().into_inner().units;
        units.into_iter().map(|it| it.name).collect()
    }

    pub(crate) async fn below(&self, day: &str) -> Vec<String> {
        let list = pb::ListUnitsRequest {
            ancestor_unit: "units/huyen-minh-long".into(),
            as_of_date: day.into(),
            ..Default::default()
        };
        self.list(list).await
    }
}

#[tokio::test]
async fn a_merger_is_rehearsed_applied_and_taken_back() {
    let story = Story::begin().await;
    story.create().await;
    let before = story.below("2022-06-24").await;
    let rehearsed = story.apply(true).await.unwrap();
    assert_eq!(rehearsed.state(), pb::ReorganizationState::Applied);
    assert_eq!(story.below("2022-06-24").await, before);
    assert_eq!(story.act().await.state(), pb::ReorganizationState::Draft);

    story.apply(false).await.unwrap();
    assert_eq!(story.below("2022-06-24").await, ["units/xa-minh-long"]);
    assert_eq!(story.below("2022-05-31").await, before);
    assert_eq!(
        reason(&story.apply(false).await.unwrap_err()),
        "STATE_NOT_ALLOWED"
    );

    let reverted = story.revert().await.unwrap();
    assert_eq!(reverted.state(), pb::ReorganizationState::Reverted);
    assert_eq!(reverted.revert_reason, "nhập nhầm");
    assert_eq!(story.below("2022-06-24").await, before);
}

#[tokio::test]
async fn what_somebody_was_given_a_role_on_is_not_taken_back() {
    let story = Story::begin().await;
    story.create().await;
    story.apply(false).await.unwrap();
    story
        .world
        .person("can-bo", "reporter", "xa-minh-long")
        .await;
    assert_eq!(
        reason(&story.revert().await.unwrap_err()),
        "NEW_UNIT_REFERRED_TO"
    );
}

#[tokio::test]
async fn a_stale_code_tells_who_bore_it_and_who_bears_it() {
    let story = Story::begin().await;
    story.create().await;
    story.apply(false).await.unwrap();
    let ask = pb::ResolveIdentifierRequest {
        scheme: "gso".into(),
        value: "21352".into(),
        as_of_date: "2022-05-01".into(),
    };
    let ask = story.world.administrator.ask(ask);
    let found = story
        .units()
        .resolve_identifier(ask)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.unit, "units/xa-long-mai");
    assert_eq!(found.current_unit, "units/xa-minh-long");
    let names: Vec<_> = found
        .bearers
        .iter()
        .map(|it| it.display_name.as_str())
        .collect();
    assert_eq!(names, ["UBND xã Long Hoà", "UBND xã Minh Long"]);
    let by_code = pb::ListUnitsRequest {
        identifier_scheme: "gso".into(),
        identifier_value: "21352".into(),
        ..Default::default()
    };
    assert_eq!(story.list(by_code).await, ["units/xa-minh-long"]);
}

#[tokio::test]
async fn a_name_is_found_however_its_marks_are_typed_and_the_way_up_is_told() {
    let story = Story::begin().await;
    for typed in ["long hoà", "Long Hòa", "LONG HOA"] {
        let list = pb::ListUnitsRequest {
            search: typed.into(),
            ..Default::default()
        };
        assert_eq!(story.list(list).await, ["units/xa-long-mai"], "{typed}");
    }
    let get = pb::GetUnitRequest {
        name: "units/xa-long-mai".into(),
        ..Default::default()
    };
    let unit = story
        .units()
        .get_unit(story.world.administrator.ask(get))
        .await
        .unwrap();
    let above = ["units/huyen-minh-long", "units/tinh-quang-ngai"];
    assert_eq!(unit.into_inner().ancestors, above);
}

#[tokio::test]
async fn a_corrected_link_counts_and_the_correction_is_on_record() {
    let story = Story::begin().await;
    story.create().await;
    story.apply(false).await.unwrap();
    let correct =
        |etag: String, added: Vec<pb::LineageLink>| pb::CorrectReorganizationLinksRequest {
            name: "reorganizations/sap-xep".into(),
            removed_links: vec![link("xa-long-mai", "xa-minh-long", "")],
            added_links: added,
            reason: "theo bản đồ sáp nhập".into(),
            etag,
            ..Default::default()
        };
    let etag = story.act().await.etag;
    let nowhere = story
        .world
        .administrator
        .ask(correct(etag.clone(), Vec::new()));
    let refused = story
        .acts()
        .correct_reorganization_links(nowhere)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "LEADS_NOWHERE");
    let half = vec![
        link("xa-long-mai", "xa-minh-long", "0.5"),
        link("xa-long-mai", "huyen-ba-to", ""),
    ];
    let right = story.world.administrator.ask(correct(etag, half));
    let corrected = story
        .acts()
        .correct_reorganization_links(right)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(corrected.corrections.len(), 1);
    assert_eq!(
        corrected.corrections[0].principal,
        story.world.administrator.name
    );
    assert_eq!(corrected.corrections[0].removed_links[0].share, "1");
    assert_eq!(corrected, story.act().await);
    let trace = pb::TraceLineageRequest {
        name: "units/xa-minh-long".into(),
        direction: pb::LineageDirection::Predecessors.into(),
        ..Default::default()
    };
    let trace = story.world.administrator.ask(trace);
    let ends = story
        .acts()
        .trace_lineage(trace)
        .await
        .unwrap()
        .into_inner()
        .ends;
    let ends: Vec<_> = ends
        .iter()
        .map(|it| (it.unit.as_str(), it.share.as_str()))
        .collect();
    assert_eq!(
        ends,
        [("units/xa-long-hiep", "1"), ("units/xa-long-mai", "0.5")]
    );
}

#[tokio::test]
async fn wrong_rows_are_told_one_by_one_and_nothing_is_half_done() {
    let story = Story::begin().await;
    let csv = "code,name,level,parent_code\n\
               51,Tỉnh Quảng Ngãi,province,\n\
               531,Huyện Minh Long,district,52\n\
               2136,Xã Long Hiệp,commune,531\n\
               21349,Xã Long Sơn,làng,531\n";
    let import = pb::ImportUnitSnapshotHeader {
        as_of_date: "2022-07-01".into(),
        source: "thử".into(),
        ..Default::default()
    };
    let parts = testkit::catalogue::snapshot(import, csv.as_bytes());
    let import = story.world.administrator.send(parts);
    let mut catalogues = CatalogueServiceClient::new(story.world.directory());
    let answer = catalogues
        .import_unit_snapshot(import)
        .await
        .unwrap()
        .into_inner();
    assert!(!answer.accepted);
    let wrong: Vec<_> = answer
        .rows
        .iter()
        .map(|it| {
            (
                it.line,
                it.issues[0].field.as_str(),
                it.issues[0].code.as_str(),
            )
        })
        .collect();
    assert_eq!(
        wrong,
        [(4, "code", "PATTERN"), (5, "level", "OUT_OF_RANGE")]
    );
    assert!(
        answer
            .rows
            .iter()
            .all(|it| !it.issues[0].message_vi.is_empty())
    );
    let all = pb::ListUnitsRequest {
        as_of_date: "2022-07-01".into(),
        search: "quang ngai".into(),
        ..Default::default()
    };
    let ours = ["units/so-tttt", "units/tinh-quang-ngai"];
    assert_eq!(story.list(all).await, ours);
}
