//! Mappings as streams: a rehearsal tells what will be, a wrong row is told by its line, and
//! nothing is half done.

use std::fmt::Write as _;

use pb::{
    reorganization_service_client::ReorganizationServiceClient,
    unit_service_client::UnitServiceClient,
};
use proto::directory as pb;
use testkit::catalogue;

use crate::imports::{Story, country, header, violation, without};

/// What there is, as anybody sees it: units on two days, and acts.
type Seen = (Vec<pb::Unit>, Vec<pb::Unit>, Vec<String>);

impl Story {
    async fn map(
        &self,
        validate_only: bool,
        pairs: &str,
        after: &str,
    ) -> pb::ImportUnitMappingResponse {
        let header = pb::ImportUnitMappingHeader {
            effective_date: "2022-06-01".into(),
            decision_number: "1677/NQ-UBTVQH15".into(),
            source: "thử".into(),
            reorganization_id: "sap-xep".into(),
            validate_only,
            ..Default::default()
        };
        let parts = catalogue::mapping(header, pairs.as_bytes(), after.as_bytes());
        let parts = self.world.administrator.send(parts);
        let answer = self.catalogues().import_unit_mapping(parts).await;
        answer.unwrap().into_inner()
    }

    async fn on(&self, day: &str) -> Vec<pb::Unit> {
        let list = pb::ListUnitsRequest {
            as_of_date: day.into(),
            page_size: 500,
            ..Default::default()
        };
        let list = self.world.administrator.ask(list);
        let mut units = UnitServiceClient::new(self.world.directory());
        units.list_units(list).await.unwrap().into_inner().units
    }

    async fn see(&self) -> Seen {
        let list = pb::ListReorganizationsRequest::default();
        let list = self.world.administrator.ask(list);
        let mut acts = ReorganizationServiceClient::new(self.world.directory());
        let acts = acts.list_reorganizations(list).await.unwrap().into_inner();
        let acts = acts.reorganizations.into_iter().map(|it| it.name);
        (
            self.on("2022-05-31").await,
            self.on("2022-06-01").await,
            acts.collect(),
        )
    }

    async fn ledger(&self) -> usize {
        let db = self.world.directory_db().await;
        let count = "SELECT COUNT(*) AS rows FROM ledger";
        let count = sea_orm::Statement::from_string(
            sea_orm::ConnectionTrait::get_database_backend(db.reader()),
            count,
        );
        let row = sea_orm::ConnectionTrait::query_one_raw(db.reader(), count).await;
        let rows: i64 = row.unwrap().unwrap().try_get("", "rows").unwrap();
        usize::try_from(rows).unwrap()
    }
}

/// Two communes become one, one is divided, one is renamed; a district goes with its tier.
fn reform() -> (String, String) {
    let mut pairs = "old_code,new_code,kind\n\
        53100,53100,commune_merged\n53101,53100,commune_merged\n\
        53102,53103,commune_split\n53102,53104,commune_split\n\
        531,,district_abolished\n\
        51,51,province_unchanged\n62,62,province_unchanged\n610,610,commune_renamed\n"
        .to_owned();
    for code in 3..10 {
        writeln!(pairs, "5310{code},5310{code},commune_unchanged").unwrap();
    }
    let after = without(&country(), &["531", "53101", "53102"]);
    let after = after.replace("Xã 53100,commune,531", "Xã Minh Long,commune,51");
    (pairs, after.replace(",commune,531", ",commune,51"))
}

#[tokio::test]
async fn a_rehearsed_mapping_tells_the_same_rows_and_leaves_nothing() {
    let story = Story::with_country().await;
    let (pairs, after) = reform();
    let (before, ledger) = (story.see().await, story.ledger().await);
    let rehearsed = story.map(true, &pairs, &after).await;
    assert!(rehearsed.accepted, "{:?}", rehearsed.rows);
    assert_eq!(story.see().await, before);
    assert_eq!(story.ledger().await, ledger);

    let taken = story.map(false, &pairs, &after).await;
    assert_eq!(rehearsed, taken);
    assert_eq!(taken.divided_count, 1);
    assert_eq!(taken.reorganization, "reorganizations/sap-xep");
    let counts = taken.counts.unwrap();
    assert_eq!((counts.created_count, counts.closed_count), (1, 4));
    let (old, new, acts) = story.see().await;
    // The day before is as it was, but for what is now known to end.
    let facts = |units: &[pb::Unit]| {
        let facts = units.iter().map(|it| {
            let codes = it.identifiers.iter().map(|it| it.value.clone());
            let codes = codes.collect::<Vec<_>>();
            (
                it.name.clone(),
                it.display_name.clone(),
                it.parent_unit.clone(),
                codes,
            )
        });
        facts.collect::<Vec<_>>()
    };
    assert_eq!(facts(&old), facts(&before.0));
    assert_eq!(new.len(), before.1.len() - 3);
    assert_eq!(acts, ["reorganizations/sap-xep"]);
    assert_eq!(story.ledger().await, ledger + 1);
}

#[tokio::test]
async fn units_that_were_forgotten_below_one_that_is_named_are_counted() {
    let story = Story::with_country().await;
    let (pairs, after) = reform();
    let all = story.map(true, &pairs, &after).await;
    assert_eq!((all.accepted, all.untouched_count), (true, 0));
    // Two communes of a district that is named, and a whole province that is not.
    let some = without(&after, &["61003", "61004"]);
    let some = story.map(true, &pairs, &some).await;
    assert_eq!((some.accepted, some.untouched_count), (true, 2));
    let codes = (0..10).map(|it| format!("6100{it}"));
    let codes: Vec<_> = codes.chain(["62".into(), "610".into()]).collect();
    let codes: Vec<_> = codes.iter().map(String::as_str).collect();
    let elsewhere = story
        .map(
            true,
            &without(&pairs, &["62", "610"]),
            &without(&after, &codes),
        )
        .await;
    assert_eq!((elsewhere.accepted, elsewhere.untouched_count), (true, 0));
}

#[tokio::test]
async fn wrong_rows_of_a_mapping_are_told_one_by_one_and_nothing_is_half_done() {
    let story = Story::with_country().await;
    let (pairs, after) = reform();
    let before = story.see().await;
    let wrong = async |pairs: &str, after: &str| {
        let answer = story.map(false, pairs, after).await;
        assert!(!answer.accepted);
        assert_eq!(answer.reorganization, "");
        assert_eq!(story.see().await, before);
        let rejected = answer.counts.as_ref().unwrap().rejected_count;
        assert_eq!(usize::try_from(rejected).unwrap(), answer.rows.len());
        let tell = |it: &pb::ImportRow| {
            assert!(it.effects.is_empty());
            let [issue] = &it.issues[..] else {
                panic!("{it:?}")
            };
            assert!(!issue.message.is_empty() && !issue.message_vi.is_empty());
            assert_ne!(issue.message, issue.message_vi);
            format!("{} {}: {} {}", it.file, it.line, issue.field, issue.code)
        };
        answer.rows.iter().map(tell).collect::<Vec<_>>()
    };

    // What a line alone shows, in both files at once.
    let bad = pairs
        .replace("53101,53100,commune_merged", "53101,53100,sap-nhap")
        .replace("531,,district_abolished", "531,51,district_abolished")
        .replace(
            "53103,53103,commune_unchanged",
            "53103,53104,commune_unchanged",
        );
    let bad_after = after.replace("53109,Xã 53109", "5310,Xã 53109");
    let told = wrong(&bad, &bad_after).await;
    let expected = [
        "units_csv 10: code PATTERN",
        "mapping_csv 3: kind OUT_OF_RANGE",
        "mapping_csv 6: new_code REQUIRED",
        "mapping_csv 10: new_code OUT_OF_RANGE",
    ];
    assert_eq!(told, expected);

    // What only the units show.
    let unknown = format!("{pairs}99999,53103,commune_merged\n53104,88888,commune_merged\n");
    let unknown = unknown.replace("53104,53104,commune_unchanged\n", "");
    let told = wrong(&unknown, &after).await;
    let expected = [
        "mapping_csv 16: old_code REFERENCE_NOT_FOUND",
        "mapping_csv 17: new_code REFERENCE_NOT_FOUND",
    ];
    assert_eq!(told, expected);

    // A new unit that nothing leads to, and one below what is not there.
    let lost = format!("{after}\n77777,Xã Lạc,commune,51\n");
    let lost = lost.replace("53105,Xã 53105,commune,51", "53105,Xã 53105,commune,52");
    let told = wrong(&pairs, &lost).await;
    let expected = [
        "units_csv 6: parent_code REFERENCE_NOT_FOUND",
        "units_csv 23: code REFERENCE_NOT_FOUND",
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_mapping_that_contradicts_the_tree_is_told_at_the_row_that_brings_it_about() {
    let story = Story::with_country().await;
    let (pairs, after) = reform();
    let before = story.see().await;
    // The district goes, but one of its communes is not spoken of.
    let pairs = pairs.replace("53109,53109,commune_unchanged\n", "");
    let answer = story.map(false, &pairs, &without(&after, &["53109"])).await;
    assert!(!answer.accepted);
    let issues: Vec<_> = answer.rows.iter().flat_map(|it| &it.issues).collect();
    assert_eq!(issues.len(), 1, "{:?}", answer.rows);
    assert_eq!(issues[0].code, "LINEAGE_GAP");
    assert_eq!(answer.rows[0].unit, "units/gso-53109-20220101");
    assert_eq!(story.see().await, before);
}

#[tokio::test]
async fn a_province_that_stood_below_something_is_moved_to_the_top() {
    let story = Story::begin().await;
    let taken = story.take(header("2022-01-01"), &country()).await.unwrap();
    assert!(taken.accepted);
    // An act puts a province below another unit; the catalogue knows nothing above it.
    let act = |id: &str, day: &str, change: pb::UnitChange| pb::CreateReorganizationRequest {
        reorganization: Some(pb::Reorganization {
            kind: pb::ReorganizationKind::Transfer.into(),
            decision_number: "1/NQ".into(),
            effective_date: day.into(),
            source: "Nghị quyết".into(),
            changes: vec![change],
            ..Default::default()
        }),
        reorganization_id: id.into(),
        ..Default::default()
    };
    let mut acts = ReorganizationServiceClient::new(story.world.directory());
    let ours = "units/gso-51-20220101";
    let down = act(
        "xuong",
        "2022-02-01",
        pb::UnitChange {
            unit: ours.into(),
            parent_unit: "units/tinh-quang-ngai".into(),
            ..Default::default()
        },
    );
    let draft = acts
        .create_reorganization(story.world.administrator.ask(down))
        .await;
    let draft = draft.unwrap().into_inner();
    let apply = pb::ApplyReorganizationRequest {
        name: draft.name,
        etag: draft.etag,
        ..Default::default()
    };
    acts.apply_reorganization(story.world.administrator.ask(apply))
        .await
        .unwrap();
    let parent = async |day: &str| {
        let units = story.on(day).await;
        let found = units.into_iter().find(|it| it.name == ours);
        found.unwrap().parent_unit
    };
    assert_eq!(parent("2022-03-01").await, "units/tinh-quang-ngai");

    let taken = story.take(header("2022-03-01"), &country()).await.unwrap();
    let moved = taken
        .rows
        .iter()
        .map(|it| (it.code.as_str(), it.effects().next()));
    let moved: Vec<_> = moved.collect();
    assert_eq!(moved, [("51", Some(pb::ImportEffect::Moved))]);
    assert_eq!(parent("2022-03-01").await, "");
    assert_eq!(parent("2022-02-28").await, "units/tinh-quang-ngai");
    // What was said is done: the same catalogue says nothing more.
    let again = story.take(header("2022-03-01"), &country()).await.unwrap();
    assert!(again.rows.is_empty());

    // By hand as well, and told back as it was entered.
    let down = pb::UnitChange {
        unit: "units/gso-62-20220101".into(),
        parent_unit: "units/tinh-quang-ngai".into(),
        moves_to_top: true,
        ..Default::default()
    };
    let both = act("nham", "2022-04-01", down);
    let refused = acts
        .create_reorganization(story.world.administrator.ask(both))
        .await;
    let field = "reorganization.changes[0].parent_unit".to_owned();
    let told = violation(&refused.unwrap_err());
    assert_eq!(told, (field, "MUST_BE_EMPTY".to_owned()));
    let up = pb::UnitChange {
        unit: "units/xa-long-hiep".into(),
        moves_to_top: true,
        ..Default::default()
    };
    let up = act("len", "2022-04-01", up);
    let draft = acts
        .create_reorganization(story.world.administrator.ask(up))
        .await;
    let draft = draft.unwrap().into_inner();
    assert!(draft.changes[0].moves_to_top);
    let apply = pb::ApplyReorganizationRequest {
        name: draft.name,
        etag: draft.etag,
        ..Default::default()
    };
    acts.apply_reorganization(story.world.administrator.ask(apply))
        .await
        .unwrap();
    let units = story.on("2022-04-01").await;
    let found = units.iter().find(|it| it.name == "units/xa-long-hiep");
    assert_eq!(found.unwrap().parent_unit, "");
}

#[tokio::test]
async fn a_wrong_file_is_refused_although_somebody_else_is_writing() {
    let story = Story::with_country().await;
    let db = story.world.directory_db().await;
    // SQLite has one writer, and this one takes its time.
    let writing = db.begin_as("system", "slow", "test").await.unwrap();
    let bad = country().replace("53100,Xã", "5310,Xã");
    let refused = async {
        let snapshot = story.take(header("2022-03-01"), &bad).await.unwrap();
        let mapping = story
            .map(false, "old_code,new_code,kind\n1,2,3\n", &bad)
            .await;
        (snapshot.accepted, mapping.accepted)
    };
    let refused = tokio::time::timeout(std::time::Duration::from_secs(3), refused).await;
    assert_eq!(
        refused.expect("reading a file waits for a writer"),
        (false, false)
    );
    writing.take_back().await.unwrap();
}
