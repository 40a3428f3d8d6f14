//! What stays of a reorganisation that was taken back.

use proto::{
    directory::{self as pb, service_account_service_client::ServiceAccountServiceClient},
    shared::Validity,
};

use crate::{
    acts::{act, new_commune},
    reorganizations::{Story, link, merger, reason},
};

#[tokio::test]
async fn the_name_of_a_unit_that_was_taken_back_is_never_used_again() {
    let story = Story::begin().await;
    story.create().await;
    story.apply(true).await.unwrap();
    story.apply(false).await.unwrap();
    story.revert().await.unwrap();
    // What was taken back stays so; the same act is entered anew, under a new name.
    let again = story.apply(false).await.unwrap_err();
    assert_eq!(reason(&again), "STATE_NOT_ALLOWED");

    let create = pb::CreateUnitRequest {
        unit_id: "xa-minh-long".into(),
        unit: Some(pb::Unit {
            display_name: "UBND xã Minh Long".into(),
            kind: pb::UnitKind::Commune.into(),
            parent_unit: "units/huyen-minh-long".into(),
            validity: Some(Validity {
                start_date: "2022-06-01".into(),
                end_date: String::new(),
            }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let create = story.world.administrator.ask(create);
    let refused = story.units().create_unit(create).await.unwrap_err();
    assert_eq!(reason(&refused), "UNIT_ID_RETIRED");
    assert!(refused.message().contains("reorganizations/sap-xep"));

    let anew = |id: &str, unit: &str| {
        let mut anew = merger();
        anew.reorganization_id = id.into();
        let act = anew.reorganization.as_mut().unwrap();
        act.new_units[0].unit_id = unit.into();
        for link in &mut act.links {
            link.successor_unit = format!("units/{unit}");
        }
        story.world.administrator.ask(anew)
    };
    let apply = async |anew| {
        let draft = story.acts().create_reorganization(anew).await;
        let draft = draft.unwrap().into_inner();
        let apply = pb::ApplyReorganizationRequest {
            name: draft.name,
            etag: draft.etag,
            ..Default::default()
        };
        let apply = story.world.administrator.ask(apply);
        story.acts().apply_reorganization(apply).await
    };
    let refused = apply(anew("sap-xep-hai", "xa-minh-long")).await;
    assert_eq!(reason(&refused.unwrap_err()), "UNIT_ID_RETIRED");
    apply(anew("sap-xep-ba", "xa-minh-long-moi")).await.unwrap();
    assert_eq!(story.below("2022-06-24").await, ["units/xa-minh-long-moi"]);
}

#[tokio::test]
async fn a_unit_that_a_machine_belongs_to_is_not_taken_back() {
    let story = Story::begin().await;
    story.create().await;
    story.apply(false).await.unwrap();
    let create = pb::CreateServiceAccountRequest {
        service_account: Some(pb::ServiceAccount {
            display_name: "Phần mềm một cửa".into(),
            owner_unit: "units/xa-minh-long".into(),
            ..Default::default()
        }),
        service_account_id: "mot-cua".into(),
        ..Default::default()
    };
    let create = story.world.administrator.ask(create);
    let mut machines = ServiceAccountServiceClient::new(story.world.directory());
    machines.create_service_account(create).await.unwrap();
    let refused = story.revert().await.unwrap_err();
    assert_eq!(reason(&refused), "NEW_UNIT_REFERRED_TO");
    assert!(refused.message().contains("serviceAccounts/mot-cua"));
}

#[tokio::test]
async fn two_acts_on_one_unit_are_taken_back_the_later_one_first() {
    let story = Story::begin().await;
    let mut made = Vec::new();
    for (id, day, name) in [
        ("doi-ten-mot", "2022-05-01", "UBND xã Một"),
        ("doi-ten-hai", "2022-06-01", "UBND xã Hai"),
    ] {
        let act = pb::Reorganization {
            kind: pb::ReorganizationKind::Rename.into(),
            decision_number: "1/NQ".into(),
            effective_date: day.into(),
            source: "Nghị quyết".into(),
            changes: vec![pb::UnitChange {
                unit: "units/xa-long-mai".into(),
                display_name: name.into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let create = pb::CreateReorganizationRequest {
            reorganization: Some(act),
            reorganization_id: id.into(),
            ..Default::default()
        };
        let create = story.world.administrator.ask(create);
        let draft = story.acts().create_reorganization(create).await;
        let draft = draft.unwrap().into_inner();
        let apply = pb::ApplyReorganizationRequest {
            name: draft.name,
            etag: draft.etag,
            ..Default::default()
        };
        let apply = story.world.administrator.ask(apply);
        let applied = story.acts().apply_reorganization(apply).await;
        made.push(applied.unwrap().into_inner());
    }
    let revert = async |act: &pb::Reorganization| {
        let revert = pb::RevertReorganizationRequest {
            name: act.name.clone(),
            etag: act.etag.clone(),
            reason: "nhập nhầm".into(),
            ..Default::default()
        };
        let revert = story.world.administrator.ask(revert);
        story.acts().revert_reorganization(revert).await
    };
    let name = async || {
        let get = pb::GetUnitRequest {
            name: "units/xa-long-mai".into(),
            as_of_date: "2022-06-24".into(),
        };
        let get = story.world.administrator.ask(get);
        let unit = story.units().get_unit(get).await.unwrap().into_inner();
        unit.display_name
    };
    assert_eq!(name().await, "UBND xã Hai");
    let early = revert(&made[0]).await.unwrap_err();
    assert_eq!(reason(&early), "CHANGED_SINCE");
    revert(&made[1]).await.unwrap();
    assert_eq!(name().await, "UBND xã Một");
    revert(&made[0]).await.unwrap();
    assert_eq!(name().await, "UBND xã Long Hoà");
}

#[tokio::test]
async fn a_draft_holds_nobody_up_and_says_that_its_unit_was_taken_back() {
    let story = Story::begin().await;
    let merger = pb::Reorganization {
        links: vec![
            link("xa-long-hiep", "xa-minh-long", "1"),
            link("xa-long-mai", "xa-minh-long", "1"),
        ],
        new_units: vec![new_commune(
            "xa-minh-long",
            "UBND xã Minh Long",
            "huyen-minh-long",
        )],
        ..act(pb::ReorganizationKind::Merge, "2022-03-01")
    };
    let applied = story.enact("sap-xep", merger).await.unwrap();
    let onwards = pb::Reorganization {
        links: vec![link("xa-minh-long", "huyen-ba-to", "")],
        ..act(pb::ReorganizationKind::Dissolve, "2022-06-01")
    };
    let linked = story.draft("ve-sau", onwards).await;
    let below = pb::Reorganization {
        new_units: vec![new_commune("xa-duoi", "UBND xã Dưới", "xa-minh-long")],
        links: vec![link("huyen-ba-to", "huyen-ba-to", "")],
        ..act(pb::ReorganizationKind::Transfer, "2022-06-01")
    };
    let hung = story.draft("ben-duoi", below).await;
    story.take_back(&applied).await.unwrap();
    for draft in [linked, hung] {
        let refused = story.put_into_force(&draft).await.unwrap_err();
        assert_eq!(reason(&refused), "UNIT_TAKEN_BACK");
        assert!(
            refused.message().contains("units/xa-minh-long"),
            "{refused}"
        );
        assert!(
            refused.message().contains("reorganizations/sap-xep"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn what_another_act_in_force_leads_on_is_not_taken_back() {
    let story = Story::begin().await;
    let merger = pb::Reorganization {
        links: vec![
            link("xa-long-hiep", "xa-minh-long", "1"),
            link("xa-long-mai", "xa-minh-long", "1"),
        ],
        new_units: vec![new_commune(
            "xa-minh-long",
            "UBND xã Minh Long",
            "huyen-minh-long",
        )],
        ..act(pb::ReorganizationKind::Merge, "2022-03-01")
    };
    let applied = story.enact("sap-xep", merger).await.unwrap();
    // A part of Ba Tơ passes to the new commune, which itself does not change.
    let part = pb::Reorganization {
        links: vec![
            link("huyen-ba-to", "huyen-ba-to", "0.9"),
            link("huyen-ba-to", "xa-minh-long", "0.1"),
        ],
        ..act(pb::ReorganizationKind::Transfer, "2022-06-01")
    };
    let part = story.enact("mot-phan", part).await.unwrap();
    let refused = story.take_back(&applied).await.unwrap_err();
    assert_eq!(reason(&refused), "NEW_UNIT_REFERRED_TO");
    assert!(
        refused.message().contains("reorganizations/mot-phan"),
        "{refused}"
    );
    story.take_back(&part).await.unwrap();
    story.take_back(&applied).await.unwrap();
}
