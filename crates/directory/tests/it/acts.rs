//! Acts of every kind, entered, applied and followed through the contract.

use proto::directory as pb;
use tonic::{Code, Status};

use crate::reorganizations::{Story, link, reason};

/// A unit on a day, by its name and what is above it.
type Seen = Option<(String, String)>;

pub(crate) fn new_commune(id: &str, name: &str, above: &str) -> pb::NewUnit {
    pb::NewUnit {
        unit_id: id.into(),
        display_name: name.into(),
        kind: pb::UnitKind::Commune.into(),
        parent_unit: format!("units/{above}"),
        ..Default::default()
    }
}

pub(crate) fn act(kind: pb::ReorganizationKind, day: &str) -> pb::Reorganization {
    pb::Reorganization {
        kind: kind.into(),
        decision_number: "1677/NQ-UBTVQH15".into(),
        effective_date: day.into(),
        source: "Nghị quyết".into(),
        ..Default::default()
    }
}

impl Story {
    pub(crate) async fn draft(&self, id: &str, act: pb::Reorganization) -> pb::Reorganization {
        let create = pb::CreateReorganizationRequest {
            reorganization: Some(act),
            reorganization_id: id.into(),
            ..Default::default()
        };
        let create = self.world.administrator.ask(create);
        let draft = self.acts().create_reorganization(create).await;
        draft.unwrap().into_inner()
    }

    pub(crate) async fn put_into_force(
        &self,
        draft: &pb::Reorganization,
    ) -> Result<pb::Reorganization, Status> {
        let apply = pb::ApplyReorganizationRequest {
            name: draft.name.clone(),
            etag: draft.etag.clone(),
            ..Default::default()
        };
        let apply = self.world.administrator.ask(apply);
        let applied = self.acts().apply_reorganization(apply).await;
        applied.map(tonic::Response::into_inner)
    }

    pub(crate) async fn enact(
        &self,
        id: &str,
        act: pb::Reorganization,
    ) -> Result<pb::Reorganization, Status> {
        let draft = self.draft(id, act).await;
        self.put_into_force(&draft).await
    }

    pub(crate) async fn take_back(
        &self,
        act: &pb::Reorganization,
    ) -> Result<pb::Reorganization, Status> {
        let revert = pb::RevertReorganizationRequest {
            name: act.name.clone(),
            etag: act.etag.clone(),
            reason: "nhập nhầm".into(),
            ..Default::default()
        };
        let revert = self.world.administrator.ask(revert);
        let reverted = self.acts().revert_reorganization(revert).await;
        reverted.map(tonic::Response::into_inner)
    }

    async fn seen(&self, unit: &str, day: &str) -> Seen {
        let get = pb::GetUnitRequest {
            name: format!("units/{unit}"),
            as_of_date: day.into(),
        };
        let get = self.world.administrator.ask(get);
        match self.units().get_unit(get).await {
            Ok(unit) => {
                let unit = unit.into_inner();
                Some((unit.display_name, unit.parent_unit))
            }
            Err(status) => {
                assert_eq!(status.code(), Code::NotFound);
                None
            }
        }
    }

    async fn trace(
        &self,
        unit: &str,
        direction: pb::LineageDirection,
        day: &str,
    ) -> pb::TraceLineageResponse {
        let trace = pb::TraceLineageRequest {
            name: format!("units/{unit}"),
            direction: direction.into(),
            as_of_date: day.into(),
        };
        let trace = self.world.administrator.ask(trace);
        let trace = self.acts().trace_lineage(trace).await;
        trace.unwrap().into_inner()
    }

    /// Where a unit leads, with shares: `unit share`.
    async fn leads_to(&self, unit: &str, day: &str) -> Vec<String> {
        let direction = pb::LineageDirection::Successors;
        ends(&self.trace(unit, direction, day).await)
    }

    /// What a unit comes from, with shares.
    async fn comes_from(&self, unit: &str, day: &str) -> Vec<String> {
        let direction = pb::LineageDirection::Predecessors;
        ends(&self.trace(unit, direction, day).await)
    }
}

fn ends(trace: &pb::TraceLineageResponse) -> Vec<String> {
    let end = |it: &pb::LineageEnd| format!("{} {}", it.unit, it.share).trim_end().to_owned();
    trace.ends.iter().map(end).collect()
}

fn above(name: &str, parent: &str) -> Seen {
    Some((name.to_owned(), format!("units/{parent}")))
}

#[tokio::test]
async fn a_commune_is_split_with_its_shares_and_no_more_than_there_is() {
    let story = Story::begin().await;
    let split = |shares: [&str; 2]| pb::Reorganization {
        links: vec![
            link("xa-long-mai", "xa-long-mai-dong", shares[0]),
            link("xa-long-mai", "xa-long-mai-tay", shares[1]),
        ],
        new_units: vec![
            new_commune(
                "xa-long-mai-dong",
                "UBND xã Long Mai Đông",
                "huyen-minh-long",
            ),
            new_commune("xa-long-mai-tay", "UBND xã Long Mai Tây", "huyen-minh-long"),
        ],
        ..act(pb::ReorganizationKind::Split, "2022-06-01")
    };
    let refused = story.enact("chia-nham", split(["0.7", "0.6"])).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "SHARE_ABOVE_ONE");
    assert!(refused.message().contains("units/xa-long-mai"), "{refused}");
    assert!(story.seen("xa-long-mai", "2022-06-01").await.is_some());

    story.enact("chia", split(["0.4", "0.6"])).await.unwrap();
    let district = "huyen-minh-long";
    let east = above("UBND xã Long Mai Đông", district);
    assert_eq!(story.seen("xa-long-mai-dong", "2022-06-01").await, east);
    assert_eq!(story.seen("xa-long-mai-dong", "2022-05-31").await, None);
    assert_eq!(story.seen("xa-long-mai", "2022-06-01").await, None);
    let before = above("UBND xã Long Hoà", district);
    assert_eq!(story.seen("xa-long-mai", "2022-05-31").await, before);
    let parts = ["units/xa-long-mai-dong 0.4", "units/xa-long-mai-tay 0.6"];
    assert_eq!(story.leads_to("xa-long-mai", "").await, parts);
    let whole = ["units/xa-long-mai"];
    assert_eq!(
        story.leads_to("xa-long-mai", "2022-05-31").await,
        ["units/xa-long-mai 1"]
    );
    let east = story.comes_from("xa-long-mai-dong", "").await;
    assert_eq!(east, [format!("{} 0.4", whole[0])]);
}

#[tokio::test]
async fn a_commune_is_transferred_whole_and_a_part_of_one_with_its_share() {
    let story = Story::begin().await;
    let whole = pb::Reorganization {
        changes: vec![pb::UnitChange {
            unit: "units/xa-long-mai".into(),
            parent_unit: "units/huyen-ba-to".into(),
            ..Default::default()
        }],
        ..act(pb::ReorganizationKind::Transfer, "2022-04-01")
    };
    story.enact("dieu-chuyen", whole).await.unwrap();
    let name = "UBND xã Long Hoà";
    let before = story.seen("xa-long-mai", "2022-03-31").await;
    assert_eq!(before, above(name, "huyen-minh-long"));
    let after = story.seen("xa-long-mai", "2022-04-01").await;
    assert_eq!(after, above(name, "huyen-ba-to"));
    assert_eq!(
        story.leads_to("xa-long-mai", "").await,
        ["units/xa-long-mai 1"]
    );

    // A fifth of it passes to Long Hiệp; both live on.
    let part = pb::Reorganization {
        links: vec![
            link("xa-long-mai", "xa-long-mai", "0.8"),
            link("xa-long-mai", "xa-long-hiep", "0.2"),
        ],
        ..act(pb::ReorganizationKind::Transfer, "2022-06-01")
    };
    story.enact("dieu-chuyen-mot-phan", part).await.unwrap();
    assert!(story.seen("xa-long-mai", "2022-06-24").await.is_some());
    let parts = ["units/xa-long-hiep 0.2", "units/xa-long-mai 0.8"];
    assert_eq!(story.leads_to("xa-long-mai", "").await, parts);
    let from = ["units/xa-long-hiep 1", "units/xa-long-mai 0.2"];
    assert_eq!(story.comes_from("xa-long-hiep", "").await, from);

    let circle = pb::Reorganization {
        changes: vec![pb::UnitChange {
            unit: "units/huyen-ba-to".into(),
            parent_unit: "units/xa-long-mai".into(),
            ..Default::default()
        }],
        ..act(pb::ReorganizationKind::Transfer, "2022-06-02")
    };
    let refused = story.enact("vong-tron", circle).await.unwrap_err();
    assert_eq!(reason(&refused), "LINEAGE_CIRCLE");
}

#[tokio::test]
async fn a_department_is_dissolved_and_leads_nowhere() {
    let story = Story::begin().await;
    let dissolved = pb::Reorganization {
        links: vec![pb::LineageLink {
            predecessor_unit: "units/so-tttt".into(),
            ..Default::default()
        }],
        ..act(pb::ReorganizationKind::Dissolve, "2022-06-01")
    };
    let applied = story.enact("giai-the", dissolved).await.unwrap();
    assert!(story.seen("so-tttt", "2022-05-31").await.is_some());
    assert_eq!(story.seen("so-tttt", "2022-06-01").await, None);
    let direction = pb::LineageDirection::Successors;
    let trace = story.trace("so-tttt", direction, "").await;
    assert!(trace.ends.is_empty());
    assert_eq!(trace.steps.len(), 1);
    assert_eq!(trace.steps[0].reorganization, "reorganizations/giai-the");
    assert_eq!(trace.steps[0].link.as_ref().unwrap().successor_unit, "");

    story.take_back(&applied).await.unwrap();
    assert!(story.seen("so-tttt", "2022-06-01").await.is_some());
}

#[tokio::test]
async fn a_tier_is_abolished_and_nobody_is_left_below_it() {
    let story = Story::begin().await;
    let abolished = |communes: &[&str]| {
        let links = communes.iter().map(|it| link(it, "xa-minh-long", "1"));
        let district = link("huyen-minh-long", "xa-minh-long", "1");
        pb::Reorganization {
            links: links.chain([district]).collect(),
            new_units: vec![new_commune(
                "xa-minh-long",
                "UBND xã Minh Long",
                "tinh-quang-ngai",
            )],
            ..act(pb::ReorganizationKind::AbolishTier, "2022-06-01")
        }
    };
    let refused = story.enact("bo-huyen-nham", abolished(&["xa-long-mai"]));
    let refused = refused.await.unwrap_err();
    assert_eq!(reason(&refused), "LINEAGE_GAP");
    assert!(
        refused.message().contains("units/xa-long-hiep"),
        "{refused}"
    );
    assert!(story.seen("huyen-minh-long", "2022-06-01").await.is_some());

    let both = abolished(&["xa-long-hiep", "xa-long-mai"]);
    story.enact("bo-huyen", both).await.unwrap();
    assert_eq!(story.seen("huyen-minh-long", "2022-06-01").await, None);
    let new = above("UBND xã Minh Long", "tinh-quang-ngai");
    assert_eq!(story.seen("xa-minh-long", "2022-06-01").await, new);
    let from = [
        "units/huyen-minh-long 1",
        "units/xa-long-hiep 1",
        "units/xa-long-mai 1",
    ];
    assert_eq!(story.comes_from("xa-minh-long", "").await, from);
    // Who looked after the district still finds what was below it, on the days it was there.
    assert_eq!(story.below("2022-05-31").await.len(), 2);
}

#[tokio::test]
async fn a_way_over_two_acts_is_the_same_in_both_directions() {
    let story = Story::begin().await;
    let first = pb::Reorganization {
        links: vec![
            link("xa-long-hiep", "xa-hai-long", "1"),
            link("xa-long-mai", "xa-hai-long", "0.5"),
            link("xa-long-mai", "huyen-ba-to", "0.5"),
        ],
        new_units: vec![new_commune(
            "xa-hai-long",
            "UBND xã Hai Long",
            "huyen-minh-long",
        )],
        ..act(pb::ReorganizationKind::Merge, "2022-03-01")
    };
    story.enact("sap-xep-mot", first).await.unwrap();
    let second = pb::Reorganization {
        links: vec![
            link("xa-hai-long", "xa-minh-long", "0.4"),
            link("xa-hai-long", "xa-son-mai", "0.6"),
        ],
        new_units: vec![
            new_commune("xa-minh-long", "UBND xã Minh Long", "huyen-minh-long"),
            new_commune("xa-son-mai", "UBND xã Sơn Mai", "huyen-minh-long"),
        ],
        ..act(pb::ReorganizationKind::Split, "2022-06-01")
    };
    story.enact("sap-xep-hai", second).await.unwrap();

    let long_mai = [
        "units/huyen-ba-to 0.5",
        "units/xa-minh-long 0.2",
        "units/xa-son-mai 0.3",
    ];
    assert_eq!(story.leads_to("xa-long-mai", "").await, long_mai);
    let between = ["units/huyen-ba-to 0.5", "units/xa-hai-long 0.5"];
    assert_eq!(story.leads_to("xa-long-mai", "2022-05-31").await, between);
    let from = ["units/xa-long-hiep 0.4", "units/xa-long-mai 0.2"];
    assert_eq!(story.comes_from("xa-minh-long", "").await, from);
    let direction = pb::LineageDirection::Predecessors;
    let back = story.trace("xa-minh-long", direction, "").await;
    let steps: Vec<_> = back
        .steps
        .iter()
        .map(|it| (it.depth, it.reorganization.as_str()))
        .collect();
    let (one, two) = ("reorganizations/sap-xep-mot", "reorganizations/sap-xep-hai");
    assert_eq!(steps, [(1, two), (2, one), (2, one)]);

    // A leads to B exactly when B comes from A, with the same share.
    let old = ["xa-long-hiep", "xa-long-mai"];
    for new in ["xa-minh-long", "xa-son-mai"] {
        let back = story.comes_from(new, "").await;
        for old in old {
            let there = story.leads_to(old, "").await;
            let share = there
                .iter()
                .find_map(|it| it.strip_prefix(&format!("units/{new} ")));
            let again = back
                .iter()
                .find_map(|it| it.strip_prefix(&format!("units/{old} ")));
            assert!(
                share.is_some() && share == again,
                "{old} {new}: {there:?} {back:?}"
            );
        }
    }
}
