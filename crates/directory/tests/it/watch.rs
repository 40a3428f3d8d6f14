//! The feed of rights, followed as another service follows it.

use std::collections::BTreeMap;

use kit::Peer;
use proto::directory::{
    self as pb, access_service_client::AccessServiceClient, unit_service_client::UnitServiceClient,
};
use testkit::World;
use tonic::{Code, Streaming};
use tonic_types::StatusExt;

use crate::reorganizations::Story;

/// What a follower knows: units with what is above them, grants, and what leads from
/// units to units.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    units: BTreeMap<String, pb::WatchedUnit>,
    grants: BTreeMap<String, pb::RoleGrant>,
    acts: BTreeMap<String, pb::WatchedReorganization>,
}

/// Somebody who follows the feed and remembers how far.
#[derive(Debug, Default)]
struct Follower {
    known: Known,
    token: String,
    snapshots: usize,
}

impl Follower {
    async fn open(&self, world: &World) -> Streaming<pb::WatchAccessResponse> {
        self.open_at(world.directory_inside()).await
    }

    async fn open_at(&self, directory: Peer) -> Streaming<pb::WatchAccessResponse> {
        let ask = pb::WatchAccessRequest {
            resume_token: self.token.clone(),
        };
        let mut access = AccessServiceClient::new(directory);
        access.watch_access(ask).await.unwrap().into_inner()
    }

    /// Follows until nothing is missing.
    async fn catch_up(&mut self, world: &World) {
        let mut messages = self.open(world).await;
        loop {
            let message = messages.message().await.unwrap().unwrap();
            let is_current = message.caught_up;
            self.take(message);
            if is_current {
                return;
            }
        }
    }

    fn take(&mut self, message: pb::WatchAccessResponse) {
        if message.begins_snapshot {
            self.known = Known::default();
            self.snapshots += 1;
        }
        for unit in message.units {
            self.known.units.insert(unit.unit.clone(), unit);
        }
        for unit in message.removed_units {
            self.known.units.remove(&unit);
        }
        for grant in message.role_grants {
            self.known.grants.insert(grant.name.clone(), grant);
        }
        for grant in message.removed_role_grants {
            self.known.grants.remove(&grant);
        }
        for act in message.reorganizations {
            self.known.acts.insert(act.name.clone(), act);
        }
        for act in message.removed_reorganizations {
            self.known.acts.remove(&act);
        }
        if !message.resume_token.is_empty() {
            self.token = message.resume_token;
        }
    }
}

async fn grants_of(world: &World, principal: &str) -> Vec<pb::RoleGrant> {
    let list = pb::ListRoleGrantsRequest {
        principal: principal.into(),
        ..Default::default()
    };
    let mut access = AccessServiceClient::new(world.directory());
    let listed = access.list_role_grants(world.administrator.ask(list)).await;
    listed.unwrap().into_inner().role_grants
}

async fn revoke(world: &World, grant: &pb::RoleGrant) {
    let delete = pb::DeleteRoleGrantRequest {
        name: grant.name.clone(),
        reason: "chuyển công tác".into(),
        etag: grant.etag.clone(),
        ..Default::default()
    };
    AccessServiceClient::new(world.directory())
        .delete_role_grant(world.administrator.ask(delete))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_follower_begins_with_everything_and_goes_on_where_it_was() {
    let world = World::new().await;
    let mut follower = Follower::default();
    follower.catch_up(&world).await;
    assert_eq!(follower.known.units.len(), 5);
    assert_eq!(follower.known.grants.len(), 1);
    let commune = &follower.known.units["units/xa-long-hiep"];
    assert_eq!(commune.parents[0].parent_unit, "units/huyen-minh-long");

    // It was away while a person came, got a role, and lost it again.
    let reporter = world.person("can-bo", "reporter", "huyen-minh-long").await;
    world
        .unit(
            "xa-long-mai",
            "UBND xã Long Mai",
            pb::UnitKind::Commune,
            "units/huyen-minh-long",
        )
        .await;
    follower.catch_up(&world).await;
    assert_eq!(follower.known.units.len(), 6);
    assert_eq!(follower.known.grants.len(), 2);
    let grants = grants_of(&world, &reporter.name).await;
    revoke(&world, &grants[0]).await;
    follower.catch_up(&world).await;
    assert_eq!(follower.known.grants.len(), 1);
    assert_eq!(follower.snapshots, 1);

    // Whoever begins now knows the same.
    let mut fresh = Follower::default();
    fresh.catch_up(&world).await;
    assert_eq!(fresh.known, follower.known);
}

#[tokio::test]
async fn reorganisations_are_told_when_they_count_are_corrected_and_are_taken_back() {
    let story = Story::begin().await;
    let mut follower = Follower::default();
    follower.catch_up(&story.world).await;
    let commune = &follower.known.units["units/xa-long-hiep"];
    assert_eq!(commune.kinds[0].kind(), pb::UnitKind::Commune);
    let days = commune.kinds[0].validity.as_ref().unwrap();
    assert_eq!(days.start_date, "2022-01-01");

    // A draft counts for nothing.
    story.create().await;
    follower.catch_up(&story.world).await;
    assert!(follower.known.acts.is_empty());
    story.apply(false).await.unwrap();
    follower.catch_up(&story.world).await;
    let links = |follower: &Follower| {
        let act = &follower.known.acts["reorganizations/sap-xep"];
        assert_eq!(act.effective_date, "2022-06-01");
        let link = |it: &pb::WatchedLink| {
            let (from, to) = (&it.predecessor_unit, &it.successor_unit);
            format!("{from} {to} {}", it.share).replace("units/", "")
        };
        let mut links: Vec<_> = act.links.iter().map(link).collect();
        links.sort();
        links
    };
    let merged = ["xa-long-hiep xa-minh-long 1", "xa-long-mai xa-minh-long 1"];
    assert_eq!(links(&follower), merged);
    let ended = follower.known.units["units/xa-long-mai"].validity.clone();
    assert_eq!(ended.unwrap().end_date, "2022-06-01");

    story.correct_to_a_half().await;
    follower.catch_up(&story.world).await;
    let corrected = [
        "xa-long-hiep xa-minh-long 1",
        "xa-long-mai huyen-ba-to ",
        "xa-long-mai xa-minh-long 0.5",
    ];
    assert_eq!(links(&follower), corrected);
    assert_eq!(follower.snapshots, 1);
    // Whoever begins now, in whichever process, knows the same.
    let mut fresh = Follower::default();
    let mut messages = fresh.open_at(story.world.another_directory().await).await;
    while fresh.token.is_empty() {
        fresh.take(messages.message().await.unwrap().unwrap());
    }
    assert_eq!(fresh.known, follower.known);

    story.revert().await.unwrap();
    follower.catch_up(&story.world).await;
    assert!(follower.known.acts.is_empty());
    assert!(!follower.known.units.contains_key("units/xa-minh-long"));
}

#[tokio::test]
async fn the_copy_of_another_service_has_the_same_units_and_links_as_the_directory() {
    let story = Story::begin().await;
    let access = story.world.access();
    let before = access.territory().await.unwrap();
    assert_eq!(before.units.len(), 6);
    assert!(before.acts.is_empty());
    story.create().await;
    story.apply(false).await.unwrap();
    let mut after = access.territory().await.unwrap();
    for _ in 0..400 {
        if after.stamp != before.stamp {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        after = access.territory().await.unwrap();
    }
    // Units and links of one act come together.
    assert_eq!((after.units.len(), after.acts.len()), (7, 1));
    let (id, act) = &after.acts[0];
    assert_eq!(id.as_str(), "sap-xep");
    assert_eq!(act.date.to_string(), "2022-06-01");
    assert!(act.links.iter().all(|it| it.share == "1".parse().ok()));
    // Made once as long as nothing changes.
    let again = access.territory().await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&again, &after));
}

#[tokio::test]
async fn a_change_is_told_while_it_is_waited_for_and_a_silence_is_told_too() {
    let world = World::new().await;
    let mut follower = Follower::default();
    follower.catch_up(&world).await;
    let mut messages = follower.open(&world).await;
    let at_once = messages.message().await.unwrap().unwrap();
    assert!(at_once.caught_up && at_once.role_grants.is_empty());
    world.person("can-bo", "reporter", "huyen-minh-long").await;
    loop {
        let message = messages.message().await.unwrap().unwrap();
        if message
            .role_grants
            .iter()
            .any(|it| it.principal == "users/can-bo")
        {
            break;
        }
    }
    let heartbeat = messages.message().await.unwrap().unwrap();
    assert!(heartbeat.caught_up && heartbeat.role_grants.is_empty());
}

#[tokio::test]
async fn followers_that_break_off_anywhere_all_come_to_know_the_same() {
    let world = World::new().await;
    let mut followers: Vec<Follower> = (0..4).map(|_| Follower::default()).collect();
    for round in 0..12_usize {
        // Writers at the same time; numbers must neither clash nor leave gaps.
        let add = |index: usize| {
            let world = &world;
            async move {
                let (id, name) = (
                    format!("xa-{round}-{index}"),
                    format!("UBND xã {round}.{index}"),
                );
                let kind = pb::UnitKind::Commune;
                world.unit(&id, &name, kind, "units/huyen-ba-to").await;
            }
        };
        tokio::join!(add(0), add(1), add(2));
        for (index, follower) in followers.iter_mut().enumerate() {
            if round % (index + 1) == 0 {
                // Breaks off after the first message, wherever that is.
                let mut messages = follower.open(&world).await;
                let first = messages.message().await.unwrap().unwrap();
                follower.take(first);
            }
        }
    }
    let mut fresh = Follower::default();
    fresh.catch_up(&world).await;
    assert_eq!(fresh.known.units.len(), 5 + 12 * 3);
    for follower in &mut followers {
        follower.catch_up(&world).await;
        assert_eq!(follower.known, fresh.known);
    }
}

#[tokio::test]
async fn the_feed_goes_on_in_another_process_and_tells_what_was_written_here() {
    let world = World::new().await;
    let mut follower = Follower::default();
    follower.catch_up(&world).await;
    let mut messages = follower.open_at(world.another_directory().await).await;
    follower.take(messages.message().await.unwrap().unwrap());
    world.person("can-bo", "reporter", "huyen-minh-long").await;
    while follower.known.grants.len() < 2 {
        follower.take(messages.message().await.unwrap().unwrap());
    }
    assert_eq!(follower.snapshots, 1);
}

#[tokio::test]
async fn a_place_the_feed_does_not_know_is_answered_with_begin_anew() {
    let world = World::new().await;
    let mut follower = Follower::default();
    follower.catch_up(&world).await;
    let (epoch, sequence) = follower.token.split_once('.').unwrap();
    let beyond = sequence.parse::<i64>().unwrap() + 1;
    for token in [
        format!("{epoch}.{beyond}"),
        format!("other.{sequence}"),
        "x".into(),
    ] {
        let ask = pb::WatchAccessRequest {
            resume_token: token.clone(),
        };
        let mut access = AccessServiceClient::new(world.directory_inside());
        let refused = access.watch_access(ask).await.unwrap_err();
        assert_eq!(refused.code(), Code::OutOfRange, "{token}");
        let reason = refused.get_details_error_info().unwrap().reason;
        assert_eq!(reason, "RESUME_TOKEN_EXPIRED");
    }
}

#[tokio::test]
async fn no_person_may_follow_the_feed() {
    let world = World::new().await;
    let mut access = AccessServiceClient::new(world.directory());
    let ask = pb::WatchAccessRequest::default();
    let refused = access
        .watch_access(world.administrator.ask(ask))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_read_after_a_write_sees_it() {
    let world = World::new().await;
    for index in 0..20 {
        let id = format!("xa-{index}");
        world
            .unit(
                &id,
                "UBND xã mới",
                pb::UnitKind::Commune,
                "units/huyen-ba-to",
            )
            .await;
        let get = pb::GetUnitRequest {
            name: format!("units/{id}"),
            ..Default::default()
        };
        let mut units = UnitServiceClient::new(world.directory());
        let unit = units.get_unit(world.administrator.ask(get)).await.unwrap();
        assert_eq!(
            unit.into_inner().ancestors,
            ["units/huyen-ba-to", "units/tinh-quang-ngai"]
        );
    }
}
