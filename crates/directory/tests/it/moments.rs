//! Units as they were on a day: whatever is asked for, the day decides.

use pb::unit_service_client::UnitServiceClient;
use proto::{directory as pb, shared::Validity};
use testkit::World;

fn span(start_date: &str, end_date: &str) -> Option<Validity> {
    Some(Validity {
        start_date: start_date.into(),
        end_date: end_date.into(),
    })
}

/// The district over the reform, seen from after it: two communes until 1 July 2025, one of
/// which is renamed and passes to the province, and one that is new and takes over a code.
struct Reform {
    world: World,
}

impl Reform {
    async fn new() -> Self {
        let mut world = World::new().await;
        world.clock.set("2025-08-01T01:00:00Z".parse().unwrap());
        world.sign_in_again().await;
        let reform = Self { world };
        let until = "2025-07-01";
        let old = [
            ("xa-hoa-binh", "UBND xã Hoà Bình", "21352", until),
            ("xa-long-mai", "UBND xã Long Mai", "21355", ""),
        ];
        for (id, name, code, end) in old {
            reform
                .create(
                    id,
                    name,
                    pb::UnitKind::Commune,
                    "units/huyen-minh-long",
                    ("2022-01-01", end),
                    code,
                )
                .await;
        }
        let province = "units/tinh-quang-ngai";
        reform
            .create(
                "phuong-hoa-an",
                "UBND phường Hòa An",
                pb::UnitKind::Ward,
                province,
                (until, ""),
                "21352",
            )
            .await;
        let change = pb::UnitChange {
            unit: "units/xa-long-mai".into(),
            display_name: "UBND phường Mai Hoa".into(),
            kind: pb::UnitKind::Ward.into(),
            parent_unit: province.into(),
            identifiers: vec![pb::Identifier {
                scheme: "gso".into(),
                value: "21370".into(),
                validity: None,
            }],
            ..Default::default()
        };
        reform.change(until, change).await;
        reform
    }

    async fn create(
        &self,
        id: &str,
        name: &str,
        kind: pb::UnitKind,
        parent: &str,
        days: (&str, &str),
        code: &str,
    ) {
        let validity = span(days.0, days.1);
        let create = pb::CreateUnitRequest {
            unit_id: id.into(),
            unit: Some(pb::Unit {
                display_name: name.into(),
                kind: kind.into(),
                parent_unit: parent.into(),
                validity: validity.clone(),
                identifiers: vec![pb::Identifier {
                    scheme: "gso".into(),
                    value: code.into(),
                    validity,
                }],
                ..Default::default()
            }),
            ..Default::default()
        };
        let create = self.world.administrator.ask(create);
        self.units().create_unit(create).await.unwrap();
    }

    async fn change(&self, day: &str, change: pb::UnitChange) {
        let mut acts = pb::reorganization_service_client::ReorganizationServiceClient::new(
            self.world.directory(),
        );
        let create = pb::CreateReorganizationRequest {
            reorganization: Some(pb::Reorganization {
                kind: pb::ReorganizationKind::Transfer.into(),
                decision_number: "1677/NQ-UBTVQH15".into(),
                effective_date: day.into(),
                source: "Nghị quyết".into(),
                changes: vec![change],
                ..Default::default()
            }),
            reorganization_id: "sap-xep".into(),
            ..Default::default()
        };
        let create = self.world.administrator.ask(create);
        let draft = acts
            .create_reorganization(create)
            .await
            .unwrap()
            .into_inner();
        let apply = pb::ApplyReorganizationRequest {
            name: draft.name,
            etag: draft.etag,
            ..Default::default()
        };
        let apply = self.world.administrator.ask(apply);
        acts.apply_reorganization(apply).await.unwrap();
    }

    fn units(&self) -> UnitServiceClient<kit::Peer> {
        UnitServiceClient::new(self.world.directory())
    }

    async fn list(&self, list: pb::ListUnitsRequest) -> Vec<String> {
        let list = self.world.administrator.ask(list);
        let answer = self.units().list_units(list).await.unwrap().into_inner();
        let names = answer
            .units
            .iter()
            .map(|it| it.name.strip_prefix("units/").unwrap().to_owned());
        names.collect()
    }

    async fn on(&self, day: &str, list: pb::ListUnitsRequest) -> Vec<String> {
        let list = pb::ListUnitsRequest {
            as_of_date: day.into(),
            ..list
        };
        self.list(list).await
    }
}

/// Codes, and who bears them before and after the reform.
const CODES: [(&str, &[&str], &[&str]); 4] = [
    ("21352", &["xa-hoa-binh"], &["phuong-hoa-an"]),
    ("21355", &["xa-long-mai"], &[]),
    ("21370", &[], &["xa-long-mai"]),
    ("99999", &[], &[]),
];

const BEFORE: &str = "2025-06-30";
const AFTER: &str = "2025-07-01";

#[tokio::test]
async fn the_subtree_and_the_children_are_those_of_the_day() {
    let reform = Reform::new().await;
    let below = |ancestor: &str, children_only| pb::ListUnitsRequest {
        ancestor_unit: format!("units/{ancestor}"),
        children_only,
        ..Default::default()
    };
    let district = async |day| reform.on(day, below("huyen-minh-long", false)).await;
    assert_eq!(
        district(BEFORE).await,
        ["xa-hoa-binh", "xa-long-hiep", "xa-long-mai"]
    );
    assert_eq!(district(AFTER).await, ["xa-long-hiep"]);
    // No day is today.
    assert_eq!(district("").await, ["xa-long-hiep"]);
    assert!(district("2021-12-31").await.is_empty());
    let children = async |day| reform.on(day, below("tinh-quang-ngai", true)).await;
    let standing = ["huyen-ba-to", "huyen-minh-long"];
    assert_eq!(
        children(BEFORE).await,
        [&standing[..], &["so-tttt"]].concat()
    );
    let after = [
        &standing[..1],
        &["huyen-minh-long", "phuong-hoa-an", "so-tttt", "xa-long-mai"],
    ]
    .concat();
    assert_eq!(children(AFTER).await, after);

    let get = async |day: &str| {
        let get = pb::GetUnitRequest {
            name: "units/xa-long-mai".into(),
            as_of_date: day.into(),
        };
        let get = reform.world.administrator.ask(get);
        reform.units().get_unit(get).await.unwrap().into_inner()
    };
    let (old, new) = (get(BEFORE).await, get(AFTER).await);
    let told = |it: &pb::Unit| {
        (
            it.display_name.clone(),
            it.kind(),
            it.ancestors.clone(),
            it.identifiers[0].value.clone(),
        )
    };
    let (district, province) = ("units/huyen-minh-long", "units/tinh-quang-ngai");
    let above = |units: &[&str]| units.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        told(&old),
        (
            "UBND xã Long Mai".into(),
            pb::UnitKind::Commune,
            above(&[district, province]),
            "21355".into()
        )
    );
    assert_eq!(
        told(&new),
        (
            "UBND phường Mai Hoa".into(),
            pb::UnitKind::Ward,
            above(&[province]),
            "21370".into()
        )
    );
    assert_eq!(get("").await, new);
}

#[tokio::test]
async fn kinds_and_codes_are_those_of_the_day() {
    let reform = Reform::new().await;
    let of_kind = |kind: pb::UnitKind| pb::ListUnitsRequest {
        kind: kind.into(),
        ..Default::default()
    };
    let communes = async |day| reform.on(day, of_kind(pb::UnitKind::Commune)).await;
    assert_eq!(
        communes(BEFORE).await,
        ["xa-hoa-binh", "xa-long-hiep", "xa-long-mai"]
    );
    assert_eq!(communes(AFTER).await, ["xa-long-hiep"]);
    let wards = async |day| reform.on(day, of_kind(pb::UnitKind::Ward)).await;
    assert!(wards(BEFORE).await.is_empty());
    assert_eq!(wards(AFTER).await, ["phuong-hoa-an", "xa-long-mai"]);

    let coded = |value: &str| pb::ListUnitsRequest {
        identifier_scheme: "gso".into(),
        identifier_value: value.into(),
        ..Default::default()
    };
    for (value, before, after) in CODES {
        assert_eq!(reform.on(BEFORE, coded(value)).await, before, "{value}");
        assert_eq!(reform.on(AFTER, coded(value)).await, after, "{value}");
        let resolve = async |day: &str| {
            let ask = pb::ResolveIdentifierRequest {
                scheme: "gso".into(),
                value: value.into(),
                as_of_date: day.into(),
            };
            let ask = reform.world.administrator.ask(ask);
            let answer = reform.units().resolve_identifier(ask).await;
            answer.map(|it| it.into_inner())
        };
        if value == "99999" {
            assert_eq!(
                resolve(BEFORE).await.unwrap_err().code(),
                tonic::Code::NotFound
            );
            continue;
        }
        let name = |units: &[&str]| {
            units
                .first()
                .map(|it| format!("units/{it}"))
                .unwrap_or_default()
        };
        let (then, now) = (
            resolve(BEFORE).await.unwrap(),
            resolve(AFTER).await.unwrap(),
        );
        assert_eq!(
            (then.unit, then.current_unit),
            (name(before), name(after)),
            "{value}"
        );
        assert_eq!(
            (now.unit, now.current_unit),
            (name(after), name(after)),
            "{value}"
        );
    }
    // Together with a place in the tree, too.
    let list = pb::ListUnitsRequest {
        ancestor_unit: "units/huyen-minh-long".into(),
        ..coded("21352")
    };
    assert_eq!(reform.on(BEFORE, list.clone()).await, ["xa-hoa-binh"]);
    assert!(reform.on(AFTER, list).await.is_empty());
}

#[tokio::test]
async fn what_ended_and_what_began_with_the_reform_is_found_by_its_days() {
    let reform = Reform::new().await;
    let ended = pb::ListUnitsRequest {
        ends_by_date: AFTER.into(),
        ..Default::default()
    };
    assert_eq!(reform.on(BEFORE, ended.clone()).await, ["xa-hoa-binh"]);
    assert!(reform.on(AFTER, ended.clone()).await.is_empty());
    let sooner = pb::ListUnitsRequest {
        ends_by_date: BEFORE.into(),
        ..ended
    };
    assert!(reform.on(BEFORE, sooner).await.is_empty());
    let began = pb::ListUnitsRequest {
        began_since_date: AFTER.into(),
        ..Default::default()
    };
    assert_eq!(reform.on(AFTER, began.clone()).await, ["phuong-hoa-an"]);
    assert!(reform.on(BEFORE, began).await.is_empty());
    let later = pb::ListUnitsRequest {
        began_since_date: "2025-07-02".into(),
        ..Default::default()
    };
    assert!(reform.on(AFTER, later).await.is_empty());
}

#[tokio::test]
async fn a_name_is_found_however_it_is_typed_on_the_days_it_was_borne() {
    let reform = Reform::new().await;
    // The tone mark of "hoà" stands on either letter, in one sign or in two.
    let typed = [
        "hoà",
        "hòa",
        "Hòa",
        "HOÀ",
        "hoa",
        "HOA",
        "ho\u{61}\u{300}",
        "ho\u{300}a",
    ];
    for text in typed {
        let search = |it: &str| pb::ListUnitsRequest {
            search: it.into(),
            ..Default::default()
        };
        assert_eq!(
            reform.on(BEFORE, search(text)).await,
            ["xa-hoa-binh"],
            "{text}"
        );
        let after = ["phuong-hoa-an", "xa-long-mai"];
        assert_eq!(reform.on(AFTER, search(text)).await, after, "{text}");
        let within = pb::ListUnitsRequest {
            ancestor_unit: "units/huyen-minh-long".into(),
            kind: pb::UnitKind::Commune.into(),
            ..search(text)
        };
        assert_eq!(reform.on(BEFORE, within).await, ["xa-hoa-binh"], "{text}");
    }
    let other = pb::ListUnitsRequest {
        search: "hoạ mi".into(),
        ..Default::default()
    };
    assert!(reform.on(AFTER, other).await.is_empty());
}
