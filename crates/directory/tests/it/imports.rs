//! Catalogues as streams: what is refused changes nothing, and a part of the country is
//! never taken for the whole.

use std::{fmt::Write as _, time::Duration};

use pb::{
    catalogue_service_client::CatalogueServiceClient,
    reorganization_service_client::ReorganizationServiceClient,
    unit_service_client::UnitServiceClient,
};
use proto::directory as pb;
use testkit::{Person, World, catalogue};
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Two provinces, a district each, and ten communes in each district.
pub(crate) fn country() -> String {
    let mut csv = "code,name,level,parent_code\n".to_owned();
    for (province, district) in [(51, 531), (62, 610)] {
        writeln!(csv, "{province},Tỉnh {province},province,").unwrap();
        writeln!(csv, "{district},Huyện {district},district,{province}").unwrap();
        for number in 0..10 {
            let code = format!("{district}{number:02}");
            writeln!(csv, "{code},Xã {code},commune,{district}").unwrap();
        }
    }
    csv
}

pub(crate) fn without(csv: &str, codes: &[&str]) -> String {
    let gone = |line: &&str| !codes.iter().any(|it| line.starts_with(&format!("{it},")));
    csv.lines().filter(gone).collect::<Vec<_>>().join("\n")
}

pub(crate) fn header(day: &str) -> pb::ImportUnitSnapshotHeader {
    pb::ImportUnitSnapshotHeader {
        as_of_date: day.into(),
        source: "thử".into(),
        ..Default::default()
    }
}

pub(crate) struct Story {
    pub(crate) world: World,
}

impl Story {
    pub(crate) async fn begin() -> Self {
        let world = World::new().await;
        Self { world }
    }

    /// A country as of 1 January 2022.
    pub(crate) async fn with_country() -> Self {
        let story = Self::begin().await;
        let taken = story.take(header("2022-01-01"), &country()).await.unwrap();
        assert_eq!(taken.counts.unwrap().created_count, 24);
        story
    }

    pub(crate) fn catalogues(&self) -> CatalogueServiceClient<kit::Peer> {
        CatalogueServiceClient::new(self.world.directory())
    }

    pub(crate) async fn take(
        &self,
        header: pb::ImportUnitSnapshotHeader,
        csv: &str,
    ) -> Result<pb::ImportUnitSnapshotResponse, Status> {
        self.send(catalogue::snapshot(header, csv.as_bytes())).await
    }

    async fn send(
        &self,
        parts: Vec<pb::ImportUnitSnapshotRequest>,
    ) -> Result<pb::ImportUnitSnapshotResponse, Status> {
        self.send_as(&self.world.administrator, parts).await
    }

    async fn send_as(
        &self,
        person: &Person,
        parts: Vec<pb::ImportUnitSnapshotRequest>,
    ) -> Result<pb::ImportUnitSnapshotResponse, Status> {
        let mut catalogues = self.catalogues();
        let answer = catalogues.import_unit_snapshot(person.send(parts)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Names of the units that bear a code on a day.
    async fn coded(&self, day: &str) -> Vec<String> {
        let list = pb::ListUnitsRequest {
            as_of_date: day.into(),
            page_size: 500,
            ..Default::default()
        };
        let list = self.world.administrator.ask(list);
        let mut units = UnitServiceClient::new(self.world.directory());
        let units = units.list_units(list).await.unwrap().into_inner().units;
        let coded = units.into_iter().filter(|it| !it.identifiers.is_empty());
        coded.map(|it| it.name).collect()
    }
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().unwrap().reason.clone()
}

pub(crate) fn violation(status: &Status) -> (String, String) {
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let details = status.get_error_details();
    let first = details.bad_request().unwrap().field_violations[0].clone();
    assert!(first.localized_message.is_some());
    (first.field, first.reason)
}

#[tokio::test]
async fn the_same_call_cut_otherwise_gives_the_same_answer_and_other_content_is_refused() {
    let story = Story::begin().await;
    let csv = country();
    let header = pb::ImportUnitSnapshotHeader {
        request_id: uuid::Uuid::new_v4().to_string(),
        ..header("2022-01-01")
    };
    let cut = |chunk| catalogue::snapshot_cut(header.clone(), csv.as_bytes(), chunk);
    // Seven bytes cut letters of two and three bytes apart.
    let first = story.send(cut(7)).await.unwrap();
    assert_eq!(first.counts.unwrap().created_count, 24);
    assert_eq!(first.rows.len(), 24);
    assert_eq!(story.send(cut(1_000)).await.unwrap(), first);
    let other = csv.replace("Xã 53100", "Xã 531OO");
    let other = story.take(header.clone(), &other).await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");
    // Also when the other file could not be read.
    let other = csv.replace("53100,Xã", "5310,Xã");
    let other = story.take(header.clone(), &other).await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_stream_in_the_wrong_order_is_refused_by_its_field() {
    let story = Story::begin().await;
    let parts = || catalogue::snapshot_cut(header("2022-01-01"), country().as_bytes(), 100);
    let refused = async |parts: Vec<_>| violation(&story.send(parts).await.unwrap_err());
    let told = |field: &str, reason: &str| (field.to_owned(), reason.to_owned());

    assert_eq!(refused(Vec::new()).await, told("header", "REQUIRED"));
    let headless = parts().split_off(1);
    assert_eq!(refused(headless).await, told("header", "REQUIRED"));
    let mut twice = parts();
    twice.insert(2, twice[0].clone());
    assert_eq!(refused(twice).await, told("header", "OUT_OF_ORDER"));
    let mut hollow = parts();
    hollow[3].part = None;
    assert_eq!(refused(hollow).await, told("part", "REQUIRED"));
    let mut short = parts();
    short.pop();
    assert_eq!(refused(short).await, told("units_csv", "SIZE_MISMATCH"));
    let mut long = parts();
    long.push(long[1].clone());
    assert_eq!(refused(long).await, told("units_csv", "SIZE_MISMATCH"));
    let wide = vec![b'x'; 256 * 1024 + 1];
    let wide = catalogue::snapshot_cut(header("2022-01-01"), &wide, wide.len());
    assert_eq!(refused(wide).await, told("units_csv", "TOO_LONG"));

    let mapping = pb::ImportUnitMappingHeader {
        effective_date: "2022-06-01".into(),
        decision_number: "1/NQ".into(),
        source: "thử".into(),
        reorganization_id: "sap-xep".into(),
        ..Default::default()
    };
    let mut parts = catalogue::mapping(mapping, b"old_code,new_code,kind\n", b"code\n");
    parts.swap(1, 2);
    let parts = story.world.administrator.send(parts);
    let refused = story.catalogues().import_unit_mapping(parts).await;
    let refused = violation(&refused.unwrap_err());
    assert_eq!(refused, told("mapping_csv", "SIZE_MISMATCH"));
    assert!(story.coded("2022-06-24").await.is_empty());
}

#[tokio::test]
async fn every_bad_field_of_the_header_is_told_before_a_file_is_sent() {
    let story = Story::begin().await;
    let bad = pb::ImportUnitSnapshotHeader {
        scope_unit: "Quảng Ngãi".into(),
        units_csv_size_bytes: 32 * 1024 * 1024 + 1,
        ..Default::default()
    };
    let bad = pb::ImportUnitSnapshotRequest {
        part: Some(pb::import_unit_snapshot_request::Part::Header(bad)),
    };
    let refused = story.send(vec![bad]).await.unwrap_err();
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let told = violations.iter().map(|it| (&*it.field, &*it.reason));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("header.as_of_date", "PATTERN"),
            ("header.source", "REQUIRED"),
            ("header.scope_unit", "PATTERN"),
            ("header.units_csv_size_bytes", "TOO_LONG"),
        ]
    );
}

#[tokio::test]
async fn more_rows_than_200000_are_refused_whatever_is_in_them() {
    let story = Story::begin().await;
    let mut csv = "code,name,level,parent_code\n".to_owned();
    csv.push_str(&"x\n".repeat(200_001));
    let answer = story.take(header("2022-01-01"), &csv).await.unwrap();
    assert!(!answer.accepted);
    assert_eq!(answer.rows.len(), 1);
    assert_eq!(answer.rows[0].issues[0].code, "TOO_MANY");
}

#[tokio::test]
async fn a_stream_that_breaks_off_changes_nothing_and_holds_nobody_up() {
    let story = Story::begin().await;
    let mut parts = catalogue::snapshot_cut(header("2022-01-01"), country().as_bytes(), 100);
    let last = parts.pop().unwrap();
    let endless = tokio_stream::iter(parts).chain(tokio_stream::pending());
    let endless = story.world.administrator.ask(endless);
    let mut catalogues = story.catalogues();
    let broken = catalogues.import_unit_snapshot(endless);
    let broken = tokio::time::timeout(Duration::from_millis(300), broken).await;
    assert!(broken.is_err(), "it waits for {last:?}");
    assert!(story.coded("2022-06-24").await.is_empty());
    story.take(header("2022-01-01"), &country()).await.unwrap();
    assert_eq!(story.coded("2022-06-24").await.len(), 24);
}

#[tokio::test]
async fn who_may_not_import_is_refused_before_the_file() {
    let story = Story::with_country().await;
    let viewer = story.world.person("nguoi-xem", "viewer", "so-tttt").await;
    let header = pb::ImportUnitSnapshotHeader {
        scope_unit: "units/gso-531-20220101".into(),
        ..header("2022-03-01")
    };
    let mut parts = catalogue::snapshot(header, country().as_bytes());
    // The file never comes, and nobody waits for it.
    parts.truncate(1);
    let endless = tokio_stream::iter(parts).chain(tokio_stream::pending());
    let mut catalogues = story.catalogues();
    let refused = catalogues.import_unit_snapshot(viewer.ask(endless)).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_catalogue_of_a_part_closes_nothing_elsewhere() {
    let story = Story::with_country().await;
    let district = without(&country(), &["53103"]).replace("Xã 53104", "Xã Sơn Mai");
    let part: Vec<_> = district
        .lines()
        .filter(|it| it.starts_with("code,") || it.contains(",531"))
        .filter(|it| !it.contains(",province"))
        .collect();
    let part = format!("{}\n53199,Xã Mới,commune,531\n", part.join("\n"));
    let header = |validate_only| pb::ImportUnitSnapshotHeader {
        scope_unit: "units/gso-531-20220101".into(),
        validate_only,
        ..header("2022-03-01")
    };
    let rehearsed = story.take(header(true), &part).await.unwrap();
    assert_eq!(story.coded("2022-03-01").await.len(), 24);
    let taken = story.take(header(false), &part).await.unwrap();
    assert_eq!(rehearsed, taken);
    assert!(taken.accepted);
    let told: Vec<_> = taken
        .rows
        .iter()
        .map(|it| (it.code.as_str(), it.effects().next().unwrap()))
        .collect();
    let expected = [
        ("53104", pb::ImportEffect::Renamed),
        ("53199", pb::ImportEffect::Created),
        ("53103", pb::ImportEffect::Closed),
    ];
    assert_eq!(told, expected);
    let units = story.coded("2022-03-01").await;
    assert_eq!(units.len(), 24);
    assert!(units.contains(&"units/gso-53199-20220301".into()));
    assert!(!units.contains(&"units/gso-53103-20220101".into()));
}

#[tokio::test]
async fn rows_outside_the_scope_are_wrong_rows() {
    let story = Story::with_country().await;
    let header = |scope: &str| pb::ImportUnitSnapshotHeader {
        scope_unit: format!("units/{scope}"),
        ..header("2022-03-01")
    };
    let csv = "code,name,level,parent_code\n\
               531,Huyện 531,district,62\n\
               53100,Xã 53100,commune,531\n\
               53101,Xã 53101,commune,610\n\
               61000,Xã 61000,commune,531\n\
               99,Tỉnh Mới,province,\n\
               53198,Xã Mới,commune,532\n";
    let answer = story.take(header("gso-531-20220101"), csv).await.unwrap();
    assert!(!answer.accepted);
    let wrong: Vec<_> = answer
        .rows
        .iter()
        .map(|it| (it.line, &*it.issues[0].field, &*it.issues[0].code))
        .collect();
    let expected = [
        (2, "parent_code", "OUT_OF_SCOPE"),
        (4, "parent_code", "OUT_OF_SCOPE"),
        (5, "code", "OUT_OF_SCOPE"),
        (6, "parent_code", "OUT_OF_SCOPE"),
        (7, "parent_code", "REFERENCE_NOT_FOUND"),
    ];
    assert_eq!(wrong, expected);
    assert_eq!(story.coded("2022-03-01").await.len(), 24);

    let nowhere = story.take(header("khong-co"), csv).await.unwrap_err();
    let told = ("header.scope_unit".into(), "REFERENCE_NOT_FOUND".into());
    assert_eq!(violation(&nowhere), told);
}

#[tokio::test]
async fn a_country_that_loses_much_at_once_is_refused_with_the_counts() {
    let story = Story::with_country().await;
    let gone = ["53100", "53101", "53102", "53103", "53104"];
    let header = |allow_mass_closure| pb::ImportUnitSnapshotHeader {
        allow_mass_closure,
        ..header("2022-03-01")
    };
    // Four of twenty communes are 20 %: no more may go unasked.
    let few = pb::ImportUnitSnapshotHeader {
        validate_only: true,
        ..header(false)
    };
    let few = story.take(few, &without(&country(), &gone[1..])).await;
    assert_eq!(few.unwrap().counts.unwrap().closed_count, 4);

    let much = without(&country(), &gone);
    let refused = story.take(header(false), &much).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "MASS_CLOSURE");
    let details = refused.get_error_details();
    let facts = &details.error_info().unwrap().metadata;
    assert_eq!(facts["closed_count"], "5");
    assert_eq!(facts["living_count"], "20");
    assert_eq!(facts["most_percent"], "20");
    let vi = &details.localized_message().unwrap().message;
    assert!(vi.contains("5 trong 20 đơn vị cấp xã"), "{vi}");
    assert_eq!(story.coded("2022-03-01").await.len(), 24);

    let meant = story.take(header(true), &much).await.unwrap();
    assert_eq!(meant.counts.unwrap().closed_count, 5);
    assert_eq!(story.coded("2022-03-01").await.len(), 19);
}

#[tokio::test]
async fn a_mapping_that_was_taken_back_can_be_mended_and_sent_again_under_new_names() {
    let story = Story::with_country().await;
    let after = without(&country(), &["53101"]).replace("Xã 53100", "Xã Minh Long");
    let send = async |id: &str| {
        let header = pb::ImportUnitMappingHeader {
            effective_date: "2022-06-01".into(),
            decision_number: "1677/NQ-UBTVQH15".into(),
            source: "thử".into(),
            reorganization_id: id.into(),
            ..Default::default()
        };
        let pairs = b"old_code,new_code,kind\n\
            53100,53100,commune_merged\n53101,53100,commune_merged\n";
        let parts = catalogue::mapping(header, pairs, after.as_bytes());
        let parts = story.world.administrator.send(parts);
        let answer = story.catalogues().import_unit_mapping(parts).await;
        let answer = answer.unwrap().into_inner();
        assert!(answer.accepted, "{:?}", answer.rows);
        let made = answer.rows.into_iter().find(|it| {
            let created: i32 = pb::ImportEffect::Created.into();
            it.effects.contains(&created)
        });
        (answer.reorganization, made.unwrap().unit)
    };
    let (act, first) = send("sap-xep").await;
    assert_eq!(first, "units/gso-53100-20220601");

    let mut acts = ReorganizationServiceClient::new(story.world.directory());
    let get = pb::GetReorganizationRequest { name: act };
    let act = acts.get_reorganization(story.world.administrator.ask(get));
    let act = act.await.unwrap().into_inner();
    let revert = pb::RevertReorganizationRequest {
        name: act.name,
        etag: act.etag,
        reason: "nhập nhầm".into(),
        ..Default::default()
    };
    let revert = story.world.administrator.ask(revert);
    acts.revert_reorganization(revert).await.unwrap();
    let (_, second) = send("sap-xep-lai").await;
    assert_eq!(second, "units/gso-53100-20220601-2");
    assert_eq!(story.coded("2022-06-24").await.len(), 23);
}
